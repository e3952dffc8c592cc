// SPDX-License-Identifier: Apache-2.0

package hr_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/connectortest"
	"github.com/foureyes-iga/foureyes/connectors/hr"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
	"github.com/google/go-cmp/cmp"
)

var now = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)

// feedFile writes a feed and a manifest that fits it.
func feedFile(t testing.TB, text string, rows int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hr.csv")
	put(t, path, text)
	put(t, path+".manifest.json", manifestOf(text, rows, now.Add(-24*time.Hour)))
	return path
}

func put(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func manifestOf(text string, rows int, asOf time.Time) string {
	sum := sha256.Sum256([]byte(text))
	return fmt.Sprintf(`{"rows": %d, "sha256": %q, "as_of": %q}`, rows, hex.EncodeToString(sum[:]), asOf.Format(time.RFC3339))
}

func config(path string) hr.Config {
	return hr.Config{Feed: hr.Feed{Path: path, Columns: map[string]string{"employee_id": "No", "name": "Name", "status": "Status"}}}
}

func collector(t testing.TB, cfg hr.Config) *hr.Collector {
	t.Helper()
	c, err := hr.New(cfg, connectors.Options{Source: "hr", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func collect(c connectors.Collector) (all []graph.Fact, err error) {
	for f, err := range c.Collect(context.Background(), connectors.Want{}) {
		if err != nil {
			return all, err
		}
		all = append(all, f)
	}
	return all, nil
}

func nodesOf(all []graph.Fact) (lines []string) {
	for _, f := range all {
		if n, ok := f.(graph.Node); ok {
			lines = append(lines, string(facts.Append(nil, n)))
		}
	}
	return lines
}

// identities returns the coverage of identities; there is exactly one.
func identities(t testing.TB, all []graph.Fact) graph.Coverage {
	t.Helper()
	var found []graph.Coverage
	for _, f := range all {
		if c, ok := f.(graph.Coverage); ok && c.Dataset == graph.Identities {
			found = append(found, c)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d coverage records of identities", len(found))
	}
	return found[0]
}

func TestContract(t *testing.T) {
	open := func(t *testing.T, w connectortest.World, tail string) connectors.Collector {
		var b bytes.Buffer
		out := csv.NewWriter(&b)
		_ = out.Write([]string{"No", "Name", "Status", "Dept"})
		rows := 0
		for _, f := range w.Facts {
			if n, ok := f.(graph.Node); ok {
				rows++
				status, _ := n.Attrs.Get("status")
				dept, _ := n.Attrs.Get("department")
				_ = out.Write([]string{n.ID.Key, n.Name, status, dept})
			}
		}
		out.Flush()
		cfg := config(feedFile(t, b.String()+tail, rows))
		cfg.Columns["department"] = "Dept"
		c, err := hr.New(cfg, connectors.Options{Source: w.Source, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	connectortest.Run(t, connectortest.Subject{
		Open:   func(t *testing.T, w connectortest.World) connectors.Collector { return open(t, w, "") },
		Broken: func(t *testing.T, w connectortest.World) connectors.Collector { return open(t, w, "too,few\n") },
		Lacks: []connectortest.Feature{
			connectortest.Accounts, connectortest.Groups, connectortest.Memberships, connectortest.Assignments,
			connectortest.Eligibility, connectortest.Control, connectortest.SignIn, connectortest.MFA,
			connectortest.UnresolvedMembers,
		},
	})
}

func TestMappedColumns(t *testing.T) {
	text := "\xef\xbb\xbfEmpNo;Name;Status;Mgr EmpNo;Start;End;Type;Cost Centre;Ignored\r\n" +
		"00017; Ana Ruiz ;A;E1000;01.02.2019;31.12.9999;E;\"4711;B\";secret\r\n" +
		"E1002;=cmd();L;;2020-01-02T23:00:00-05:00;00000000;;;\r\n" +
		"00017;Ana Ruiz;A;E1000;01.02.2019;31.12.9999;E;4711;B\r\n"
	text = strings.Replace(text, "4711;B\r\n", "\"4711;B\";other\r\n", 1)
	cfg := hr.Config{Feed: hr.Feed{
		Path: feedFile(t, text, 3), Delimiter: ";", Dates: "DD.MM.YYYY",
		Columns: map[string]string{"employee_id": "EmpNo", "name": "Name", "status": "Status", "manager": "Mgr EmpNo", "start_date": "Start", "end_date": "End", "worker_type": "Type", "cost_centre": "Cost Centre"},
		Values:  map[string]map[string]string{"status": {"A": "active", "L": "leave"}, "worker_type": {"E": "employee", "": "contractor"}},
	}}
	all, err := collect(collector(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"fact":"node","id":"identity:hr/00017","name":"Ana Ruiz","attrs":{"cost_centre":"4711;B","employee_id":"00017","end_date":"9999-12-31","manager":"identity:hr/E1000","start_date":"2019-02-01","status":"active","worker_type":"employee"}}`,
		`{"fact":"node","id":"identity:hr/E1002","name":"=cmd()","attrs":{"employee_id":"E1002","start_date":"2020-01-03","status":"leave","worker_type":"contractor"}}`,
	}
	if diff := cmp.Diff(want, nodesOf(all)); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	c := identities(t, all)
	got := string(facts.Append(nil, c))
	for _, part := range []string{`"state":"complete"`, `"received":3`, `"expected":3`, `"repeated_rows":"1"`, `"people":"2"`, `"as_of":"2026-09-30T00:00:00Z"`, `"file":"hr.csv"`} {
		if !strings.Contains(got, part) {
			t.Errorf("coverage %s lacks %s", got, part)
		}
	}
}

func TestBadRows(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"empty file":          {"", "hr.csv: it is empty, want a header line"},
		"missing column":      {"No,Name\n1,x\n", `hr.csv:1: there is no column "Status" (for status); the header has ["No" "Name"]`},
		"column twice":        {"No,Name,Status,No\n", `hr.csv:1: the column "No" (for employee_id) is there twice`},
		"other delimiter":     {"No;Name;Status\n1;x;active\n", `the header has ["No;Name;Status"]`},
		"short row":           {"No,Name,Status\n1,x,active\n2,y\n", "hr.csv:3: it has 2 cells and the header has 3"},
		"open quote":          {"No,Name,Status\n1,\"x,active\n", "hr.csv:2:13: extraneous or missing"},
		"bare quote":          {"No,Name,Status\n1,x\"y,active\n", `hr.csv:2:4: bare " in non-quoted-field`},
		"unknown status":      {"No,Name,Status\n1,x,gone\n", `hr.csv:2: status has a word that is not known: want one of active, leave, pending, terminated, or say under values what it means`},
		"two contents":        {"No,Name,Status\n1,x,active\n\n1,x,leave\n", "hr.csv:4: identity:hr/1: described twice with different content; see line 2"},
		"control character":   {"No,Name,Status\n1\x01,x,active\n", "hr.csv:2: id"},
		"latin 1":             {"No,Name,Status\n1,Zo\xeb,active\n", "hr.csv:2: cell 2 is not valid UTF-8"},
		"utf-16":              {"N\x00o\x00", "hr.csv: it looks like UTF-16 without a byte order mark; say which with encoding: utf-16le or utf-16be"},
		"long cell":           {"No,Name,Status\n1," + strings.Repeat("x", 70<<10) + ",active\n", "hr.csv:2: cell 2 is longer than 64 KiB"},
		"record without end":  {"No,Name,Status\n1,\"" + strings.Repeat("x\n", 2<<20), "a record is longer than 1 MiB"},
		"a line after quotes": {"No,Name,Status\n1,\"a\nb\",active\n2,y,no\n", "hr.csv:4: status"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := collect(collector(t, config(feedFile(t, tt.text, 1))))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}

func TestRowWithoutEmployeeIDMakesPartial(t *testing.T) {
	all, err := collect(collector(t, config(feedFile(t, "No,Name,Status\n1,x,active\n ,y,active\n", 2))))
	if err != nil {
		t.Fatal(err)
	}
	c := identities(t, all)
	if c.State != graph.Partial || c.Reason != "rows without an employee id were left out: 1, the first in line 3" {
		t.Errorf("coverage is %s: %s", c.State, c.Reason)
	}
	if got := len(nodesOf(all)); got != 1 {
		t.Errorf("%d identities, want 1", got)
	}
}

func TestManifest(t *testing.T) {
	const text = "No,Name,Status\n1,x,active\n"
	tests := map[string]struct {
		manifest string // "-" is none
		maxAge   string
		want     string // reason; empty is complete
	}{
		"fits":         {manifestOf(text, 1, now), "", ""},
		"seven days":   {manifestOf(text, 1, now.AddDate(0, 0, -7)), "", ""},
		"older":        {manifestOf(text, 1, now.AddDate(0, 0, -7).Add(-time.Second)), "", "hr.csv.manifest.json is of 2026-09-23T23:59:59Z, older than the allowed 7d"},
		"older, hours": {manifestOf(text, 1, now.Add(-37*time.Hour)), "36h", "hr.csv.manifest.json is of 2026-09-29T11:00:00Z, older than the allowed 36h0m0s"},
		"allowed":      {manifestOf(text, 1, now.AddDate(0, 0, -30)), "30d", ""},
		"future":       {manifestOf(text, 1, now.Add(time.Second)), "", "hr.csv.manifest.json is of 2026-10-01T00:00:01Z, after the collection"},
		"rows":         {manifestOf(text, 2, now), "", "1 rows came and hr.csv.manifest.json says 2"},
		"content":      {manifestOf("other", 1, now), "", "the content is not what hr.csv.manifest.json was made for: SHA-256 differs"},
		"none":         {"-", "", "there is no manifest hr.csv.manifest.json to compare with"},
		"empty":        {"", "", "manifest hr.csv.manifest.json: EOF"},
		"half":         {`{"rows":1}`, "", `manifest hr.csv.manifest.json: want "rows" (a count), "sha256" (64 hexadecimal digits) and "as_of" (a time in RFC 3339)`},
		"unknown key":  {`{"rows":1,"row":1}`, "", `manifest hr.csv.manifest.json: unknown field "row"`},
		"two":          {manifestOf(text, 1, now) + "{}", "", "manifest hr.csv.manifest.json: more than one object"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "hr.csv")
			put(t, path, text)
			if tt.manifest != "-" {
				put(t, path+".manifest.json", tt.manifest)
			}
			cfg := config(path)
			cfg.MaxAge = tt.maxAge
			all, err := collect(collector(t, cfg))
			if err != nil {
				t.Fatal(err)
			}
			c := identities(t, all)
			if (c.State == graph.Complete) != (tt.want == "") || c.Reason != tt.want {
				t.Errorf("coverage is %s: %s, want %q", c.State, c.Reason, tt.want)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	columns := map[string]string{"employee_id": "No"}
	for want, cfg := range map[string]hr.Feed{
		"needs a path":                {Columns: columns},
		"employee_id is not mapped":   {Path: "x"},
		`delimiter ";;"`:              {Path: "x", Columns: columns, Delimiter: ";;"},
		`dates "YYYY-YYYY"`:           {Path: "x", Columns: columns, Dates: "YYYY-YYYY"},
		`dates "YYYY-MM-DDT"`:         {Path: "x", Columns: columns, Dates: "YYYY-MM-DDT"},
		`max_age "soon"`:              {Path: "x", Columns: columns, MaxAge: "soon"},
		`max_age "0d"`:                {Path: "x", Columns: columns, MaxAge: "0d"},
		`status: "A" means "aktiv"`:   {Path: "x", Columns: columns, Values: map[string]map[string]string{"status": {"A": "aktiv"}}},
		`values: "title" has no list`: {Path: "x", Columns: columns, Values: map[string]map[string]string{"title": {"A": "B"}}},
		`columns: "name"`:             {Path: "x", Columns: map[string]string{"employee_id": "No", "name": ""}},
	} {
		if _, err := hr.New(hr.Config{Feed: cfg}, connectors.Options{Source: "hr"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// TestCutFeedIsNeverComplete cuts a feed at every byte: what is left is an error or
// partial, with its manifest and without.
func TestCutFeedIsNeverComplete(t *testing.T) {
	const text = "No,Name,Status\n1,Ana,active\n2,\"Ben \"\"B\"\"\nOde\",leave\n3,Zoë,\n"
	path := feedFile(t, text, 3)
	c := collector(t, config(path))
	for cut := range len(text) + 1 {
		put(t, path, text[:cut])
		all, err := collect(c)
		if complete := err == nil && identities(t, all).State == graph.Complete; complete != (cut == len(text)) {
			t.Errorf("cut at %d of %d: complete %v, error %v", cut, len(text), complete, err)
		}
	}
	if err := os.Remove(path + ".manifest.json"); err != nil {
		t.Fatal(err)
	}
	for cut := range len(text) + 1 {
		put(t, path, text[:cut])
		if all, err := collect(c); err == nil && identities(t, all).State == graph.Complete {
			t.Errorf("cut at %d without a manifest: complete", cut)
		}
	}
}

// FuzzFeed: whatever the bytes, a feed is complete only when every row became a
// person under a manifest that fits, and a manifest of other content never fits.
func FuzzFeed(f *testing.F) {
	f.Add("No,Name,Status\n1,x,active\n")
	f.Add("No,Name,Status\r\n\"0\n1\",x,active\r\n0,y,leave\r\n,,\r\n")
	f.Add("\xef\xbb\xbfNo,Name,Status\n1,x,active\n1,x,active\n")
	f.Add("No,Name,Status\n1,\"x,active\n")
	dir := f.TempDir()
	path := filepath.Join(dir, "hr.csv")
	f.Fuzz(func(t *testing.T, text string) {
		put(t, path, text)
		put(t, path+".manifest.json", manifestOf(text+" ", 1, now))
		c := collector(t, config(path))
		all, err := collect(c)
		if err != nil {
			return
		}
		cov := identities(t, all)
		if cov.State == graph.Complete {
			t.Fatal("complete with the manifest of another file")
		}
		rows, _ := cov.Received.Get()
		put(t, path+".manifest.json", manifestOf(text, int(rows), now))
		all, err = collect(c)
		if err != nil {
			t.Fatalf("the second time: %v", err)
		}
		cov = identities(t, all)
		without, _ := cov.Details.Get("rows_without_id")
		if (cov.State == graph.Complete) != (without == "0") {
			t.Fatalf("%s with %s rows without an id: %s", cov.State, without, cov.Reason)
		}
	})
}
