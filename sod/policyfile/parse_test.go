// SPDX-License-Identifier: Apache-2.0

package policyfile_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

func id(t *testing.T, s string) graph.ID {
	t.Helper()
	v, err := graph.ParseID(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func byID(t *testing.T, s string) sod.Selector {
	t.Helper()
	p, err := sod.ParseIDPattern(s)
	if err != nil {
		t.Fatal(err)
	}
	return sod.Selector{ID: &p}
}

func fullPolicy(t *testing.T) *sod.Policy {
	boss := id(t, "identity:hr/E1000")
	endOfYear := sod.Date{Year: 2026, Month: 12, Day: 31}
	return &sod.Policy{
		Name:     "SOX ITGC access policy",
		Approved: []sod.Approval{{By: boss, On: sod.Date{Year: 2026, Month: 9, Day: 30}, Ref: "GRC-118"}},
		Mode:     reach.Attainable,
		Apps: []sod.Application{
			{ID: "ledger", Title: "General ledger", Owner: boss, InScope: true, Entitlements: []sod.Selector{
				byID(t, "entitlement:forge/ledger.*"), {Source: "corp", Name: "FI-LEDGER-*"}}},
			{ID: "wiki"},
		},
		Controls: []sod.Control{
			{ID: "AC-07", Title: "Development and deployment are separated", Owner: boss, Frameworks: []string{"SOX 404", "COBIT 2019 DSS06.03"}},
			{ID: "AC-02", Title: "Accounts are reviewed"},
		},
		Duties: []sod.Duty{
			{ID: "develop", Title: "Change the ledger's source", Holds: []sod.Selector{
				byID(t, "group:corp/g1"), byID(t, "entitlement:forge/ledger.*"),
				{Source: "corp", Kind: graph.Group, Name: "GH-LEDGER-*", Except: []string{"GH-LEDGER-READ", "group:corp/g9"}},
				{Under: "OU=Ledger,DC=example,DC=com", Attrs: []sod.AttrPattern{{Key: "application", Pattern: "ledger"}, {Key: "team", Pattern: "fin*"}}},
			}},
			{ID: "deploy", Holds: []sod.Selector{{Source: "entra", Kind: graph.Role}}},
			{ID: "root", Holds: []sod.Selector{byID(t, "role:prod/root")}, MayBeEmpty: &sod.MayBeEmpty{Why: "Break glass only", Until: endOfYear}},
			{ID: `role:erp/pay\*`, Holds: []sod.Selector{byID(t, `role:erp/pay\*`)}},
			{ID: "role:erp/vendor", Holds: []sod.Selector{byID(t, "role:erp/vendor")}},
			{ID: "group:corp/trained", Holds: []sod.Selector{byID(t, "group:corp/trained")}},
		},
		Rules: []sod.Rule{
			{ID: "DEV-DEPLOY", Title: "No one both writes and deploys the ledger", Risk: "Unreviewed code could change the books", Process: "Change management", Severity: sod.Critical, Control: "AC-07", Kind: sod.ConflictRule, Duties: []int{0, 1}},
			{ID: "PROD-ROOT", Severity: sod.High, WhenAttainable: sod.Low, Kind: sod.CriticalRule, Duties: []int{2}},
			{ID: "PAY", Severity: sod.Low, Kind: sod.ConflictRule, Duties: []int{0, 3, 4}},
			{ID: "VENDOR", Severity: sod.Medium, Kind: sod.CriticalRule, Duties: []int{4}},
			{ID: "P2P", Severity: sod.High, Kind: sod.AtMostRule, Duties: []int{0, 1}, Same: "company_code"},
			{ID: "P2P-COLLUDE", Severity: sod.High, Kind: sod.PeopleRule, Duties: []int{0, 1, 4}, Limit: 3},
			{ID: "TRAINED", Severity: sod.Medium, Kind: sod.RequiresRule, Duties: []int{1, 5}, Where: []sod.AttrPattern{
				{Key: "country", Pattern: "DE"}, {Key: "country", Pattern: "FR"}, {Key: "country", Pattern: "AT"}, {Key: "department", Pattern: "IT*"}}},
		},
		Compensating: []sod.CompensatingControl{{ID: "CC-1", Title: "Weekly independent review of deployments", Owner: id(t, "identity:hr/E1003"),
			Every: 7 * 24 * time.Hour, LastPerformed: sod.Date{Year: 2026, Month: 11, Day: 16}}},
		Accepted: []sod.Acceptance{
			{Rule: "DEV-DEPLOY", Subjects: []graph.ID{id(t, "identity:hr/E1007")}, Reason: "Team of two", CompensatingControl: "CC-1",
				ApprovedBy: boss, ApprovedOn: sod.Date{Year: 2026, Month: 10, Day: 2}, Ticket: "GRC-204", Expires: endOfYear, Digest: "sha256:" + strings.Repeat("0a", 32)},
			{Check: "stale", Subjects: []graph.ID{id(t, "account:corp/a1"), id(t, "account:corp/a2")}, Reason: "Seasonal", ApprovedBy: id(t, "account:corp/ciso"), Expires: endOfYear},
		},
		AcceptedGaps: []sod.AcceptedGap{
			{About: id(t, "group:corp/g2"), Why: "Legal hold", By: boss, Until: endOfYear},
			{Source: "hr", Dataset: graph.Identities, Why: "Feed is weekly", By: boss, Until: endOfYear},
			{Source: "corp", Dataset: graph.All, Why: "New directory", By: boss, Until: endOfYear},
		},
		Checks: []sod.Check{
			{Name: "orphaned", Severity: sod.High, Control: "AC-02"},
			{Name: "stale", Severity: sod.Medium, Control: "AC-02", After: 90 * 24 * time.Hour},
		},
	}
}

func TestParse(t *testing.T) {
	src := corpus(t, "good/full.yaml")["testdata/good/full.yaml"]
	for name, in := range map[string][]byte{
		"as it is":             src,
		"with byte order mark": append([]byte("\ufeff"), src...),
		"with CRLF":            []byte(strings.ReplaceAll(string(src), "\n", "\r\n")),
	} {
		got, err := policyfile.Parse("full.yaml", in)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := fullPolicy(t)
		want.Digest = fmt.Sprintf("sha256:%x", sha256.Sum256(in))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: policy (-want +got):\n%s", name, diff)
		}
	}
}

func TestParseDefaults(t *testing.T) {
	got, err := policyfile.Parse("p", []byte("version: 1\napplications: [{id: a}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	got.Digest = ""
	want := &sod.Policy{Mode: reach.Eligible, Apps: []sod.Application{{ID: "a", InScope: true}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
}

func TestModes(t *testing.T) {
	for text, want := range map[string]reach.Mode{
		"[standing]": reach.Standing, "[eligible, standing]": reach.Eligible, "[attainable]": reach.Attainable,
	} {
		p, err := policyfile.Parse("p", []byte("version: 1\nmodes: "+text+"\n"))
		if err != nil || p.Mode != want {
			t.Errorf("modes %s: got %v, %v; want %v", text, p, err, want)
		}
	}
}

// TestChecksAreThoseThatRun holds the reader to the engine.
func TestChecksAreThoseThatRun(t *testing.T) {
	src := "version: 1\nchecks:\n"
	for _, name := range check.Names() {
		src += "  " + name + ": {severity: low"
		switch name {
		case "stale":
			src += ", after: 1d"
		case "unapproved-grant":
			src += ", requests: r.csv"
		}
		src += "}\n"
	}
	p, err := policyfile.Load("p", files{"p": src, "r.csv": columns}.read)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range p.Checks {
		got = append(got, c.Name)
	}
	if diff := cmp.Diff(check.Names(), got); diff != "" {
		t.Errorf("checks (-run +read):\n%s", diff)
	}
	every, err := policyfile.Load("p", files{"p": string(corpus(t, "good/checks.yaml")["testdata/good/checks.yaml"]), "r.csv": columns}.read)
	if err != nil || len(every.Checks) != len(check.Names()) {
		t.Errorf("testdata/good/checks.yaml has %d checks (%v), want all %d with all their keys, for the schema to be held to", len(every.Checks), err, len(check.Names()))
	}
	_, err = policyfile.Parse("p", []byte("version: 1\nchecks: {zzz: {}}\n"))
	if err == nil || !strings.Contains(err.Error(), strings.Join(slices.Concat(check.Names()[:len(check.Names())-1]), ", ")) {
		t.Errorf("an unknown check: got %v, want the checks that exist", err)
	}
}

func TestErrors(t *testing.T) {
	_, err := policyfile.Parse("p.yaml", []byte("version: 1\nmodes: [x]\n"+strings.Repeat("zz: 1\n", 1)+"duties: ["+strings.Repeat("1, ", 30)+"]\n"))
	var list *policyfile.Errors
	if !errors.As(err, &list) || len(list.List) != 20 || list.Omitted != 12 {
		t.Fatalf("got %v, want 20 errors and 12 omitted", err)
	}
	if !strings.HasSuffix(err.Error(), "\np.yaml: and 12 more") {
		t.Errorf("got %v, want the omitted ones counted", err)
	}
	var first *policyfile.SyntaxError
	if !errors.As(err, &first) || first.Line != 2 || first.Col != 9 || first.File != "p.yaml" {
		t.Errorf("first error: got %+v, want the one at 2:9", first)
	}
}
