// SPDX-License-Identifier: Apache-2.0

package policysheet_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports/policysheet"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

func parse(t *testing.T, src string) *sod.Policy {
	t.Helper()
	p, err := policyfile.Parse("policy.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const four = `version: 1
name: P
duties:
  - {id: vendor, title: "=Vendors", holds: ["role:erp/vendor"]}
  - {id: invoice, holds: ["role:erp/invoice"]}
  - {id: pay, holds: ["role:erp/pay"]}
  - {id: trained, holds: ["role:erp/trained"]}
rules:
  - {id: VENDOR-PAY, title: Nobody does both, severity: critical, conflict: [vendor, pay]}
  - {id: CHAIN, severity: high, at_most: 1, of: [vendor, invoice, pay], same: company}
  - {id: COLLUDE, severity: medium, people: 2, of: [vendor, invoice]}
  - {id: PAY, severity: low, critical: pay}
  - {id: TRAINED, severity: medium, holds: pay, requires: trained, where: {country: [DE, FR], dept: "IT*"}}
  - {id: NONE, severity: low, at_most: 0, of: [vendor, trained]}
`

func TestMatrix(t *testing.T) {
	m := policysheet.NewMatrix(parse(t, four))
	var text, csv bytes.Buffer
	if err := m.Text(&text); err != nil {
		t.Fatal(err)
	}
	if err := m.CSV(&csv); err != nil {
		t.Fatal(err)
	}
	grid, rules, _ := strings.Cut(text.String(), "\nC critical")
	wantGrid := `               1   2   3   4
   1 vendor    L  h+  C+   L
   2 invoice  h+   .   h   .
   3 pay      C+   h   L  >M
   4 trained   L   .   .   L
`
	if diff := cmp.Diff(wantGrid, grid); diff != "" {
		t.Errorf("grid (-want +got):\n%s", diff)
	}
	for _, want := range []string{
		"\nVENDOR-PAY: critical, conflict, duties 1, 3: Nobody does both\n",
		"\nCHAIN: high, at most 1 of 3, duties 1, 2, 3, within the same company\n",
		"\nCOLLUDE: medium, 2 people for 2, duties 1, 2\n",
		"\nPAY: low, any holder, duties 3\n",
		"\nTRAINED: medium, requires trained, duties 3, 4, where country is DE or FR and dept is IT*\n",
		"\nNONE: low, at most 0 of 2, duties 1, 4\n",
	} {
		if !strings.Contains(rules, want) {
			t.Errorf("rules lack %q:\n%s", want, rules)
		}
	}
	wantCSV := strings.ReplaceAll(`duty,title,vendor,invoice,pay,trained
vendor,'=Vendors,"NONE (at most 0 of 2, low)","CHAIN (at most 1 of 3, high); COLLUDE (2 people for 2, medium)","VENDOR-PAY (conflict, critical); CHAIN (at most 1 of 3, high)","NONE (at most 0 of 2, low)"
invoice,,"CHAIN (at most 1 of 3, high); COLLUDE (2 people for 2, medium)",,"CHAIN (at most 1 of 3, high)",
pay,,"VENDOR-PAY (conflict, critical); CHAIN (at most 1 of 3, high)","CHAIN (at most 1 of 3, high)","PAY (any holder, low)","TRAINED (requires trained, medium)"
trained,,"NONE (at most 0 of 2, low)",,,"NONE (at most 0 of 2, low)"
`, "\n", "\r\n")
	if diff := cmp.Diff(wantCSV, csv.String()); diff != "" {
		t.Errorf("csv (-want +got):\n%s", diff)
	}
}

func TestDiff(t *testing.T) {
	before := `version: 1
name: Old
approved: [{by: "identity:hr/1", on: 2026-01-01}]
applications: [{id: erp, title: ERP}]
controls: [{id: AC-1, title: One, frameworks: [SOX]}]
duties:
  - {id: pay, title: Pay, holds: ["role:erp/pay", {source: corp, name: "PAY-*", except: [PAY-READ]}]}
  - {id: gone, holds: ["role:erp/gone"]}
rules:
  - {id: R, severity: high, conflict: [pay, gone]}
compensating_controls: [{id: CC-1, every: 7d}]
accepted: [{rule: R, subjects: ["identity:hr/2"], reason: Small team, approved_by: "identity:hr/1", expires: 2026-12-31}]
accepted_gaps: [{about: hr/identities, why: Weekly, by: "identity:hr/1", until: 2026-12-31}]
checks: {stale: {after: 90d, severity: low}}
`
	after := `version: 1
name: New
modes: [standing]
approved: [{by: "identity:hr/1", on: 2026-01-01}]
applications: [{id: erp, title: ERP, in_scope: false}]
controls: [{id: AC-1, title: One, owner: "identity:hr/1", frameworks: [SOX, ISO]}]
duties:
  - {id: new, title: New one, holds: ["role:erp/new"]}
  - {id: pay, title: Pay, holds: [{source: corp, name: "PAY-*"}, "role:erp/pay"]}
rules:
  - {id: R, severity: high, at_most: 1, of: [pay, new], where: {country: DE}, same: company}
compensating_controls: [{id: CC-1, every: 14d}]
accepted: [{rule: R, subjects: ["identity:hr/2"], reason: Small team, approved_by: "identity:hr/1", expires: 2027-12-31}]
accepted_gaps: [{about: "corp/*", why: Weekly, by: "identity:hr/1", until: 2026-12-31}]
checks: {stale: {after: 30d, severity: low}, orphaned: {severity: high}}
`
	want := `~ the policy
    name: Old → New
    mode: eligible → standing
~ application erp
    in_scope: true → false
~ control AC-1
    owner: none → identity:hr/1
    frameworks: + ISO
~ duty pay
    holds: - {source: corp, name: PAY-*, except: PAY-READ}
    holds: + {source: corp, name: PAY-*}
- duty gone
+ duty new
    title: New one
    holds: role:erp/new
~ rule R
    kind: conflict → at most 1 of 2
    duties: - gone
    duties: + new
    where: none → country is DE
    same: none → company
~ compensating control CC-1
    every: 7d → 14d
~ acceptance R of identity:hr/2
    expires: 2026-12-31 → 2027-12-31
- accepted gap hr/identities
+ accepted gap corp/*
    why: Weekly
    by: identity:hr/1
    until: 2026-12-31
~ check stale
    after: 90d → 30d
+ check orphaned
    severity: high
`
	x, y := parse(t, before), parse(t, after)
	var got bytes.Buffer
	if err := policysheet.WriteChanges(&got, policysheet.Diff(x, y)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if changes := policysheet.Diff(x, x); changes != nil {
		t.Errorf("a policy differs from itself: %+v", changes)
	}
}

func TestImpact(t *testing.T) {
	id := func(s string) graph.ID {
		v, err := graph.ParseID(s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	var b graph.Builder
	for _, f := range []graph.Fact{
		graph.Node{ID: id("role:erp/vendor"), Name: "Vendor"}, graph.Node{ID: id("role:erp/pay"), Name: "Pay"}, graph.Node{ID: id("role:erp/pay2"), Name: "Pay\nmore"},
		graph.Node{ID: id("identity:hr/1")}, graph.Node{ID: id("account:erp/1")}, graph.Node{ID: id("account:erp/2")},
		graph.Grant{From: id("identity:hr/1"), To: id("account:erp/1"), Kind: graph.Owns},
		graph.Grant{From: id("account:erp/1"), To: id("role:erp/pay"), Kind: graph.Assigned},
		graph.Grant{From: id("account:erp/2"), To: id("role:erp/pay2"), Kind: graph.Assigned},
	} {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	before := parse(t, "version: 1\nduties:\n  - {id: vendor, holds: [\"role:erp/vendor\"]}\n  - {id: pay, holds: [\"role:erp/pay\"]}\n")
	after := parse(t, "version: 1\nduties:\n  - {id: vendor, holds: [\"role:erp/vend*\"]}\n  - {id: pay, holds: [\"role:erp/pay2\"]}\n  - {id: new, holds: [\"role:erp/pay*\"]}\n")
	var got bytes.Buffer
	if err := policysheet.WriteChanges(&got, policysheet.Impact(before, after, b.Graph(), time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC))); err != nil {
		t.Fatal(err)
	}
	want := `~ duty pay
    matches: 1 → 1
    held by: 1 → 0 people, 1 → 1 accounts
    matches: - role:erp/pay (Pay)
    matches: + role:erp/pay2 (Pay⟨U+000A⟩more)
~ duty new
    matches: 0 → 2
    held by: 0 → 1 people, 0 → 2 accounts
    matches: + role:erp/pay (Pay)
    matches: + role:erp/pay2 (Pay⟨U+000A⟩more)
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("impact (-want +got):\n%s", diff)
	}
}
