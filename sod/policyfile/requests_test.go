// SPDX-License-Identifier: Apache-2.0

package policyfile_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

const (
	asking  = "version: 1\nchecks: {unapproved-grant: {requests: ../q/r.csv, severity: low}}\n"
	columns = "beneficiary,access,approver,approved_at,ref\n"
)

func load(export string) (*sod.Policy, error) {
	return policyfile.Load("sox/policy.yaml", files{"sox/policy.yaml": asking, "q/r.csv": export}.read)
}

func TestLoadRequests(t *testing.T) {
	for name, export := range map[string]string{
		"commas":             columns + "ana,\"Ledger, all\",ben,2026-09-01,=1+1\n\ncleo,x,dora,2026-09-01T10:00:00+02:00,\n",
		"semicolons, a mark": "\ufeffRef;Approved_At;Approver;Access;Beneficiary\r\n=1+1;2026-09-01;ben;Ledger, all;ana\r\n;2026-09-01T10:00:00+02:00;dora;x;cleo\r\n",
	} {
		p, err := load(export)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		line := map[bool]int{true: 4, false: 3}[strings.Contains(export, "\n\n")]
		want := []sod.Request{
			{Beneficiary: "ana", Access: "Ledger, all", Approver: "ben", Approved: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), DayOnly: true, Ref: "=1+1", Place: "r.csv:2"},
			{Beneficiary: "cleo", Access: "x", Approver: "dora", Approved: time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC), Place: fmt.Sprint("r.csv:", line)},
		}
		if diff := cmp.Diff(want, p.Checks[0].Requests); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		lines := fmt.Sprintf("sha256:%x\nsha256:%x\n", sha256.Sum256([]byte(asking)), sha256.Sum256([]byte(export)))
		if want := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(lines))); p.Digest != want {
			t.Errorf("%s: digest %s, want %s: what was approved is part of the policy", name, p.Digest, want)
		}
	}
}

func TestLoadRequestsRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ export, want string }{
		"empty":            {"", "1:1: the export of requests is empty; its first line names the columns: beneficiary, access, approver, approved_at, ref"},
		"no column":        {"beneficiary,access,approver\n", "1:1: there is no column approved_at"},
		"a column twice":   {"beneficiary,access,approver,approved_at,Access\n", "1:1: column \"access\" is there twice"},
		"a near column":    {"beneficiary,acess,approver,approved_at\n", "1:1: unknown column \"acess\"; did you mean \"access\"?\nq/r.csv:1:1: there is no column access"},
		"another column":   {"beneficiary,access,approver,approved_at,comment\n", "1:1: unknown column \"comment\"; it knows beneficiary, access, approver, approved_at and ref"},
		"a cell missing":   {columns + "a,b,c,2026-09-01\n", "2:1: it has 4 cells and the header has 5"},
		"a cell more":      {columns + "a,b,c,2026-09-01,,\n", "2:1: it has 6 cells and the header has 5"},
		"blank cells":      {columns + " ,,\t,,\n", "2:4: control characters and such that turn the direction of writing are not allowed"},
		"blanks":           {columns + " ,,b,,\n", "2:1: beneficiary: it is blank\nq/r.csv:2:3: access: it is blank\nq/r.csv:2:6: approved_at: it is blank"},
		"a bare quote":     {columns + "a,b\"c,d,2026-09-01,\n", "2:4: not valid CSV: bare \" in non-quoted-field"},
		"a quote left":     {columns + "a,\"b,c,2026-09-01,\nd\n", "3:3: not valid CSV: extraneous or missing \" in quoted-field"},
		"a line in a cell": {columns + "a,\"b\nc\",d,2026-09-01,\n", "2:3: control characters and such that turn the direction of writing are not allowed"},
		"turned":           {columns + "a,b,c\u202e,2026-09-01,\n", "2:5: control characters and such that turn the direction of writing are not allowed"},
		"not UTF-8":        {columns + "a,b,\xff,2026-09-01,\n", "2:5: the cell is not valid UTF-8; save the export as UTF-8"},
		"UTF-16":           {"\xff\xfeb\x00e\x00", "1:1: unknown column \"\\xff\\xfeb\\x00e\\x00\"; it knows beneficiary, access, approver, approved_at and ref\nq/r.csv:1:1: there is no column beneficiary\nq/r.csv:1:1: there is no column access\nq/r.csv:1:1: there is no column approver\nq/r.csv:1:1: there is no column approved_at"},
		"another date":     {columns + "a,b,c,01.09.2026,\n", "2:7: approved_at: \"01.09.2026\": want a day such as 2026-09-30, or a time such as 2026-09-30T14:05:00Z"},
		"a short hour":     {columns + "a,b,c,2026-09-01T0:00:00Z,\n", "2:7: approved_at: \"2026-09-01T0:00:00Z\": want a day such as 2026-09-30, or a time such as 2026-09-30T14:05:00Z"},
		"a comma":          {columns + "a,b,c,\"2026-09-01T00:00:00,5Z\",\n", "2:7: approved_at: \"2026-09-01T00:00:00,5Z\": want a day such as 2026-09-30, or a time such as 2026-09-30T14:05:00Z"},
		"everything":       {columns + "a,**,c,2026-09-01,\n", "2:3: access: \"**\" would approve of everything"},
		"a long cell":      {columns + "a," + strings.Repeat("b", 1025) + ",c,2026-09-01,\n", "2:3: the cell is longer than 1024 bytes; is a quote missing?"},
		"too large":        {columns + strings.Repeat("a,b,c,2026-09-01,\n", 500_000), "1:1: the export of requests is larger than 8388608 bytes; leave out what was approved long ago"},
	} {
		_, err := load(tt.export)
		if err == nil || err.Error() != "q/r.csv:"+tt.want {
			t.Errorf("%s: got %v\nwant q/r.csv:%s", name, err, tt.want)
		}
	}
	for text, want := range map[string]string{
		"no.csv":            `sox/policy.yaml:2:39: requests "no.csv": open sox/no.csv: file does not exist`,
		"/etc/passwd":       `sox/policy.yaml:2:39: requests of check unapproved-grant: "/etc/passwd": want the place of a file relative to this one, with / between folders`,
		"\"builtin:entra\"": `sox/policy.yaml:2:39: requests "builtin:entra": no export ships with the program; name a file relative to this one`,
	} {
		_, err := policyfile.Load("sox/policy.yaml", files{"sox/policy.yaml": strings.Replace(asking, "../q/r.csv", text, 1)}.read)
		if err == nil || err.Error() != want {
			t.Errorf("%s: got %v\nwant %s", text, err, want)
		}
	}
	if _, err := policyfile.Parse("p.yaml", []byte(asking)); err == nil || !strings.Contains(err.Error(), "2:39: requests: other files are not read here") {
		t.Errorf("one file alone: got %v", err)
	}
	many, err := load(columns + strings.Repeat("a\n", 100_000))
	if many != nil || strings.Count(err.Error(), "\n") > 20 {
		t.Errorf("a hundred thousand mistakes: %d bytes", len(fmt.Sprint(err)))
	}
}
