// SPDX-License-Identifier: Apache-2.0

package reportstest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/diff"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
)

// AsOf is the day on which the companies of the tests are judged.
func AsOf() time.Time { return time.Date(2026, 9, 30, 23, 59, 59, 0, time.UTC) }

// ID parses an ID.
func ID(t testing.TB, s string) graph.ID {
	t.Helper()
	id, err := graph.ParseID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// Packet makes the packet of an input.
func Packet(t testing.TB, in reports.Input) *reports.Packet {
	t.Helper()
	p, err := reports.New(in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A world builds a graph and a report of it.
type world struct {
	t testing.TB
	b graph.Builder
	r sod.Report
}

func (w *world) add(f graph.Fact) {
	w.t.Helper()
	if err := w.b.Add(f); err != nil {
		w.t.Fatal(err)
	}
}

// node describes a thing; pairs are attributes and their values, in order.
func (w *world) node(id, name string, pairs ...string) {
	w.t.Helper()
	n := graph.Node{ID: ID(w.t, id), Name: name}
	for i := 0; i+1 < len(pairs); i += 2 {
		n.Attrs.Set(pairs[i], pairs[i+1])
	}
	w.add(n)
}

func (w *world) grant(from, kind, to string, terms graph.Terms) {
	w.t.Helper()
	k, err := graph.ParseGrantKind(kind)
	if err != nil {
		w.t.Fatal(err)
	}
	w.add(graph.Grant{From: ID(w.t, from), To: ID(w.t, to), Kind: k, Terms: terms})
}

// path reads "identity:hr/E1 owns account:c/a member group:c/g".
func path(t testing.TB, s string) reach.Path {
	t.Helper()
	var p reach.Path
	for i, f := range strings.Fields(s) {
		if i%2 == 0 {
			p.Nodes = append(p.Nodes, ID(t, f))
			continue
		}
		k, err := graph.ParseGrantKind(f)
		if err != nil {
			t.Fatal(err)
		}
		p.Kinds = append(p.Kinds, k)
	}
	return p
}

func (w *world) finding(rule string, severity sod.Severity, cause string, ways ...string) *sod.Finding {
	w.t.Helper()
	f := sod.Finding{Kind: "sod", Rule: rule, Severity: severity, Status: sod.Open, Mode: reach.Standing, Cause: ID(w.t, cause)}
	for _, s := range ways {
		duty, way, _ := strings.Cut(s, ": ")
		p := path(w.t, way)
		f.Witness = append(f.Witness, sod.Witness{Duty: duty, Path: p})
		f.Mode = max(f.Mode, p.Mode())
		f.Subjects = p.Nodes[:1:1]
	}
	f.ID = fmt.Sprintf("F-%s-%s", rule, f.Subjects[0].Key)
	w.r.Findings = append(w.r.Findings, f)
	return &w.r.Findings[len(w.r.Findings)-1]
}

func (w *world) check(name string, severity sod.Severity, account, detail string) {
	id := ID(w.t, account)
	w.r.Findings = append(w.r.Findings, sod.Finding{
		ID: "F-" + name + "-" + id.Key, Kind: name, Rule: name, Severity: severity, Status: sod.Open, Subjects: []graph.ID{id}, Detail: detail,
	})
}

func attrs(pairs ...string) graph.Attrs {
	var a graph.Attrs
	for i := 0; i+1 < len(pairs); i += 2 {
		a.Set(pairs[i], pairs[i+1])
	}
	return a
}

func day(t testing.TB, s string) sod.Date {
	t.Helper()
	d, err := sod.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func at(t testing.TB, s string) time.Time {
	t.Helper()
	x, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// Company is a small listed company with a little of everything: findings of
// rules and checks, accepted ones, an acceptance that has ended, gaps, hostile
// and foreign names, and secrets of human resources that no packet may tell.
func Company(t testing.TB) reports.Input {
	t.Helper()
	w := &world{t: t}
	w.people()
	w.rights()
	w.coverage()
	policy := companyPolicy(t)
	g := w.b.Graph()
	w.judge(g, policy)
	return reports.Input{
		Graph: g, Policy: policy, Report: &w.r, Entity: "Harbour & Vale plc", Period: "Q3 2026 (1 July to 30 September 2026)",
		PreparedBy: "Ines Albrecht, IT Compliance", PreparedAt: at(t, "2026-10-02T09:30:00Z"),
		Snapshot: reports.SnapshotInfo{
			Digest:  "sha256:3f0c9a7be1d24458a90be6f3172c5dd8c5a6e0b94f2a7719e83d0c6b5f41ad27",
			Content: "sha256:91b7e4c02d6f8a35e7c1904bd83f5a6217ce90d4b8a13f56207ec9d1548ab3f6",
			Tool:    "foureyes 0.1.0", Started: at(t, "2026-09-30T18:00:00Z"), Ended: at(t, "2026-09-30T18:04:12Z"),
		},
	}
}

func (w *world) people() {
	w.node("identity:hr/E1000", "Margarethe Ohlsson", "employee_id", "E1000", "status", "active", "department", "Finance", "title", "Chief Financial Officer")
	w.node("identity:hr/E1001", "Ana Ruiz", "employee_id", "E1001", "status", "active", "department", "Engineering", "title", "Senior Engineer")
	w.node("identity:hr/E1002", "Søren Kjær", "employee_id", "E1002", "status", "leave", "department", "Engineering", "title", "Engineer", "leave_reason", "parental leave SECRET")
	w.node("identity:hr/E1003", "Ελένη Παπαδοπούλου", "employee_id", "E1003", "status", "active", "department", "Platform", "title", "Release Manager")
	w.node("identity:hr/E1004", "山田太郎", "employee_id", "E1004", "status", "active", "department", "Accounts Payable", "title", "Clerk")
	w.node("identity:hr/E1005", "חנה לוי", "employee_id", "E1005", "status", "terminated", "end_date", "2026-12-24", "department", "Accounts Payable", "title", "Accountant")
	w.node("identity:hr/E1006", "Bob \u202eeciruA\u202c Marsh", "employee_id", "E1006", "status", "terminated", "end_date", "2026-06-30", "department", "Treasury")
	w.node("identity:hr/E1007", "Priya Raman", "employee_id", "E1007", "status", "pending", "end_date", "2026-11-30", "department", "Engineering", "title", "Staff Engineer")
	for i := range 7 {
		id := fmt.Sprintf("identity:hr/E100%d", i+1)
		login := []string{"aruiz", "skjaer", "epapad", "tyamada", "hlevi", "bmarsh", "praman"}[i]
		known := []string{"status", "enabled", "type", "person", "created", "2019-02-01T00:00:00Z", "last_sign_in", "2026-09-29T08:00:00Z", "mfa", "enforced"}
		w.node("account:corp/a"+fmt.Sprint(i+1), login, append(known, secrets(i+1)...)...)
		w.grant(id, "owns", "account:corp/a"+fmt.Sprint(i+1), graph.Terms{Via: "correlated by employee_id"})
	}
	w.node("account:erp/TYAMADA", "TYAMADA", "status", "enabled", "type", "person", "created", "2021-04-12T00:00:00Z")
	w.grant("identity:hr/E1004", "owns", "account:erp/TYAMADA", graph.Terms{Via: "correlated by employee_id"})
	w.node("account:erp/HLEVI", "HLEVI", "status", "locked", "type", "person", "last_sign_in", "2026-08-30T00:00:00Z", "last_sign_in_uncertainty", "14d")
	w.grant("identity:hr/E1005", "owns", "account:erp/HLEVI", graph.Terms{Via: "correlated by employee_id"})
	w.node("account:corp/svc1", "svc-backup", "status", "enabled", "type", "service", "created", "2016-11-01T00:00:00Z", "last_sign_in", "2026-02-11T03:00:00Z")
	w.node("account:corp/x9", "=HYPERLINK(\"http://evil.example\")", "status", "enabled")
}

func (w *world) rights() {
	since := graph.Terms{Since: at(w.t, "2024-05-02T00:00:00Z")}
	w.node("group:corp/g1", "ledger-developers", "description", "May push to the ledger's repository", "owner", "identity:hr/E1000")
	w.node("group:corp/g2", "platform-operators", "description", "On-call engineers of the platform", "owner", "identity:hr/E1003")
	w.node("group:corp/g3", "GH-LEDGER-RELEASE-"+strings.Repeat("EMEA-APAC-", 16)+"TEAM")
	w.node("group:corp/g4", "legal-hold")
	w.node("entitlement:forge/ledger.write", "Write to the ledger repository")
	w.node("role:deploy/prod", "Ledger Deployers")
	w.node("entitlement:erp/FK01", "Create vendor (FK01)")
	w.node("entitlement:erp/F110", "Automatic payment run (F110)")
	w.node("role:erp/Z_AP_ALL", "Z_AP_ALL", "description", "Accounts payable, all duties")
	w.grant("account:corp/a1", "member", "group:corp/g1", since)
	w.grant("account:corp/a2", "member", "group:corp/g1", since)
	w.grant("account:corp/a7", "member", "group:corp/g1", since)
	w.grant("group:corp/g1", "assigned", "entitlement:forge/ledger.write", graph.Terms{})
	w.grant("group:corp/g1", "member", "group:corp/g2", graph.Terms{Since: at(w.t, "2025-11-20T00:00:00Z"), Via: "nested by CHG-4471"})
	w.grant("group:corp/g2", "member", "group:corp/g3", graph.Terms{})
	w.grant("group:corp/g3", "assigned", "role:deploy/prod", graph.Terms{})
	w.grant("account:corp/a3", "eligible", "role:deploy/prod", graph.Terms{})
	w.grant("account:corp/a3", "member", "group:corp/g1", since)
	w.grant("account:erp/TYAMADA", "assigned", "role:erp/Z_AP_ALL", graph.Terms{})
	w.grant("account:erp/HLEVI", "assigned", "role:erp/Z_AP_ALL", graph.Terms{})
	w.grant("role:erp/Z_AP_ALL", "contains", "entitlement:erp/FK01", graph.Terms{})
	w.grant("role:erp/Z_AP_ALL", "contains", "entitlement:erp/F110", graph.Terms{})
}

func (w *world) coverage() {
	run := func(s graph.Source, connector string, details graph.Attrs) {
		w.add(graph.SourceRun{Source: s, Connector: connector, Started: at(w.t, "2026-09-30T18:00:00Z"), Ended: at(w.t, "2026-09-30T18:01:30Z"), Details: details})
	}
	cover := func(s graph.Source, d graph.Dataset, state graph.State, received, expected int, method, reason string, details graph.Attrs) {
		c := graph.Coverage{Source: s, Dataset: d, State: state, Method: method, Reason: reason, Details: details}
		if received >= 0 {
			c.Received = graph.CountOf(received)
		}
		if expected >= 0 {
			c.Expected = graph.CountOf(expected)
		}
		w.add(c)
	}
	run("corp", "ldap", directoryRun())
	people := query("(objectClass=inetOrgPerson)", "uid cn employeeNumber userAccountControl msDS-ResultantPSO pwdLastSet lastLogonTimestamp whenCreated", "1", "9")
	groups := query("(objectClass=groupOfNames)", "cn description owner member", "2", "4")
	cover("corp", graph.Accounts, graph.Complete, 9, 9, "second count", "", people)
	cover("corp", graph.Groups, graph.Complete, 4, 4, "second count", "", groups)
	cover("corp", graph.Memberships, graph.Partial, 1234, -1, "", "the members of 1 group could not be read", groups)
	cover("corp", graph.SignIn, graph.Unlicensed, -1, -1, "", "the tenant has no licence for sign-in activity", nil)
	cover("corp", graph.MFA, graph.NotRequested, -1, -1, "", "not configured", nil)
	w.add(graph.Gap{About: ID(w.t, "group:corp/g4"), Dataset: graph.Memberships, Reason: "denied"})
	run("hr", "hr", attrs("file", "hr.csv", "sha256", "5d2c…"))
	cover("hr", graph.Identities, graph.Complete, 8, 8, "rows in the manifest", "", nil)
	run("erp", "table", attrs("extracted_by", "Maria Koch", "extracted_at", "2026-09-30T16:00:00Z", "how", "SUIM, users by complex selection criteria; export to spreadsheet; no filter"))
	cover("erp", graph.All, graph.Partial, 2, 3, "rows in the manifest", "1 row less than the manifest says", nil)
	run("deploy", "facts", nil)
	cover("deploy", graph.All, graph.Complete, 3, 3, "facts in the end record", "", nil)
}

func companyPolicy(t testing.TB) *sod.Policy {
	owner := ID(t, "identity:hr/E1000")
	pattern := func(s string) []sod.Selector {
		p, err := sod.ParseIDPattern(s)
		if err != nil {
			t.Fatal(err)
		}
		return []sod.Selector{{ID: &p}}
	}
	return &sod.Policy{
		Name: "SOX ITGC access policy", Mode: reach.Eligible,
		Digest:   "sha256:c81e728d9d4c2f636f067f89cc14862c65990bd1d5f5a3cf6f2f8f7a1d0b4e93",
		Approved: []sod.Approval{{By: owner, On: day(t, "2026-09-30"), Ref: "GRC-118"}},
		Apps: []sod.Application{
			{ID: "ledger", Title: "General ledger", Owner: owner, InScope: true},
			{ID: "canteen", Title: "Canteen bookings", Owner: owner},
		},
		Controls: []sod.Control{
			{ID: "AC-02", Title: "Accounts have an owner and are in use", Owner: ID(t, "identity:hr/E1003"), Frameworks: []string{"SOX 404", "NIST 800-53 AC-2"}},
			{ID: "AC-07", Title: "Development and deployment are separated", Owner: owner, Frameworks: []string{"SOX 404", "COBIT 2019 DSS06.03", "NIST 800-53 AC-5", "ISO 27001 A.5.3"}},
			{ID: "AP-03", Title: "Vendor maintenance and payment are separated", Owner: owner, Frameworks: []string{"SOX 404"}},
		},
		Duties: []sod.Duty{
			{ID: "develop", Title: "Change the ledger's source", Holds: []sod.Selector{pattern("entitlement:forge/ledger.*")[0], {Source: "corp", Kind: graph.Group, Name: "GH-LEDGER-*", Except: []string{"GH-LEDGER-READ"}}}},
			{ID: "deploy", Title: "Deploy the ledger to production", Holds: pattern("role:deploy/prod")},
			{ID: "vendor", Title: "Create or change vendors", Holds: pattern("entitlement:erp/FK0*")},
			{ID: "pay", Title: "Run payments", Holds: pattern("entitlement:erp/F110")},
			{ID: "root", Title: "Administer production", Holds: pattern("role:prod/root")},
		},
		Rules: []sod.Rule{
			{ID: "DEV-DEPLOY", Title: "No one both writes and deploys the ledger", Risk: "Unreviewed code could change the books", Process: "Change management", Severity: sod.Critical, WhenEligible: sod.High, Control: "AC-07", Kind: sod.ConflictRule, Duties: []int{0, 1}},
			{ID: "PROD-ROOT", Title: "No standing administration of production", Severity: sod.Critical, Control: "AC-07", Kind: sod.CriticalRule, Duties: []int{4}},
			{ID: "VENDOR-PAY", Title: "No one both creates vendors and pays them", Risk: "Payments to invented vendors", Process: "Procure to pay", Severity: sod.High, Control: "AP-03", Kind: sod.ConflictRule, Duties: []int{2, 3}},
		},
		Checks: []sod.Check{
			{Name: "orphaned", Severity: sod.High, Control: "AC-02"},
			{Name: "stale", Severity: sod.Medium, Control: "AC-02", After: 90 * 24 * time.Hour},
			{Name: "uncorrelated", Severity: sod.Low, Control: "AC-02"},
		},
		Compensating: []sod.CompensatingControl{{ID: "CC-1", Title: "Weekly independent review of deployments", Owner: ID(t, "identity:hr/E1003"), Every: 7 * 24 * time.Hour, LastPerformed: day(t, "2026-09-25")}},
		Accepted: []sod.Acceptance{
			{Rule: "DEV-DEPLOY", Subjects: []graph.ID{ID(t, "identity:hr/E1007")}, Reason: "Team of two; releases cannot wait", CompensatingControl: "CC-1", ApprovedBy: owner, ApprovedOn: day(t, "2026-07-02"), Ticket: "GRC-204", Expires: day(t, "2026-12-31")},
			{Rule: "VENDOR-PAY", Subjects: []graph.ID{ID(t, "identity:hr/E1004")}, Reason: "Year-end cover", ApprovedBy: owner, ApprovedOn: day(t, "2026-01-10"), Ticket: "GRC-177", Expires: day(t, "2026-03-31")},
			{Check: "stale", Subjects: []graph.ID{ID(t, "account:corp/gone")}, Reason: "Kept for the regulator", ApprovedBy: owner, Expires: day(t, "2027-01-31")},
		},
		AcceptedGaps: []sod.AcceptedGap{{Source: "corp", Dataset: graph.SignIn, Why: "Licence ordered, PO 88121", By: owner, Until: day(t, "2026-12-31")}},
	}
}

func (w *world) judge(g *graph.Graph, p *sod.Policy) {
	w.r.AsOf, w.r.Mode, w.r.Identities, w.r.Accounts = AsOf(), reach.Eligible, 8, 11
	w.r.Acceptances = sod.JudgeAcceptances(g, p, AsOf())
	for _, n := range []int{1, 2, 3} {
		who := fmt.Sprintf("identity:hr/E100%d owns account:corp/a%[1]d", n)
		deploy := who + " member group:corp/g1 member group:corp/g2 member group:corp/g3 assigned role:deploy/prod"
		if n == 3 {
			deploy = who + " eligible role:deploy/prod"
		}
		severity := map[bool]sod.Severity{false: sod.Critical, true: sod.High}[n == 3] // eligible only
		f := w.finding("DEV-DEPLOY", severity, "group:corp/g1", "develop: "+who+" member group:corp/g1 assigned entitlement:forge/ledger.write", "deploy: "+deploy)
		if n == 1 {
			f.Exercised, f.ExercisedSince = sod.ExercisedOne, at(w.t, "2026-07-01T00:00:00Z")
			f.Exercises = []sod.Exercise{{Duty: "develop", Use: graph.Use{Account: ID(w.t, "account:corp/a1"), Entitlement: ID(w.t, "entitlement:forge/ledger.write"), At: at(w.t, "2026-09-12T10:00:00Z"), Ref: "commit 3f2a"}}}
		}
	}
	w.exercised(&w.r.Findings[1])
	accepted := w.finding("DEV-DEPLOY", sod.Critical, "group:corp/g1",
		"develop: identity:hr/E1007 owns account:corp/a7 member group:corp/g1 assigned entitlement:forge/ledger.write",
		"deploy: identity:hr/E1007 owns account:corp/a7 member group:corp/g1 member group:corp/g2 member group:corp/g3 assigned role:deploy/prod")
	accepted.Status, accepted.Acceptance = sod.Accepted, &p.Accepted[0]
	for i, who := range []string{"identity:hr/E1004 owns account:erp/TYAMADA", "identity:hr/E1005 owns account:erp/HLEVI"} {
		f := w.finding("VENDOR-PAY", sod.High, "role:erp/Z_AP_ALL", "vendor: "+who+" assigned role:erp/Z_AP_ALL contains entitlement:erp/FK01", "pay: "+who+" assigned role:erp/Z_AP_ALL contains entitlement:erp/F110")
		if i == 0 {
			f.Acceptance, f.Lapses = &p.Accepted[1], w.r.Acceptances[1].Lapses
		}
	}
	w.check("orphaned", sod.High, "account:corp/a6", "the owner, Bob \u202eeciruA\u202c Marsh, has left")
	w.check("stale", sod.Medium, "account:corp/svc1", "last signed in 2026-02-11, 231 days before")
	w.check("uncorrelated", sod.Low, "account:corp/x9", "matched to nobody")
	w.r.Causes = []sod.Cause{{ID: ID(w.t, "group:corp/g1"), Findings: 3, Subjects: 3}, {ID: ID(w.t, "role:erp/Z_AP_ALL"), Findings: 2, Subjects: 2}}
	w.r.NotAssessed = []sod.NotAssessed{
		{Rule: "DEV-DEPLOY", Mode: reach.Standing, Subjects: 2, Examples: []graph.ID{ID(w.t, "identity:hr/E1004"), ID(w.t, "identity:hr/E1006")}, Gaps: []string{"group:corp/g4"}, Reason: "the members of a group could not be read"},
		{Rule: "PROD-ROOT", Mode: reach.Standing, Reason: "duty root matches nothing"},
		{Rule: "VENDOR-PAY", Mode: reach.Eligible, Gaps: []string{"erp/*"}, Reason: "accounts may not have been read"},
		{Rule: "stale", Subjects: 7, Gaps: []string{"corp/sign-in"}, Reason: "no sign-in times are known", Accepted: true},
	}
	w.r.Duties = []sod.DutyCount{{Duty: "develop", Matched: 2}, {Duty: "deploy", Matched: 1}, {Duty: "vendor", Matched: 1}, {Duty: "pay", Matched: 1}, {Duty: "root", Matched: 0}}
}

// exercised lets the second engineer have released what he wrote.
func (w *world) exercised(f *sod.Finding) {
	use := func(duty, entitlement, day, ref string) sod.Exercise {
		return sod.Exercise{Duty: duty, Use: graph.Use{Account: ID(w.t, "account:corp/a2"), Entitlement: ID(w.t, entitlement), At: at(w.t, day), Ref: ref}}
	}
	write := use("develop", "entitlement:forge/ledger.write", "2026-09-20T16:02:00Z", "commit 8b1f20c")
	release := use("deploy", "role:deploy/prod", "2026-09-21T18:30:00Z", "deployment 4471, commit 8b1f20c")
	old := sod.OwnChange{Thing: "=commit \u202e77ab", First: write, Second: release}
	old.First.Use.At = time.Time{}
	f.Exercised, f.Exercises = sod.ExercisedBoth, []sod.Exercise{write, release}
	f.OwnChanges, f.OwnCount = []sod.OwnChange{{Thing: "commit 8b1f20c", First: write, Second: release}, old}, 107
}

// Forward carries a company forward from a snapshot of three months before, which held
// nothing but one person and one account that are gone.
func Forward(in reports.Input) *reports.RollForward {
	var b graph.Builder
	for _, n := range []graph.Node{
		{ID: graph.ID{Kind: graph.Identity, Source: "hr", Key: "E0900"}, Name: "Old Hand"},
		{ID: graph.ID{Kind: graph.Account, Source: "corp", Key: "a0"}, Name: "ohand"},
	} {
		if err := b.Add(n); err != nil {
			panic(err) // a mistake in these lines
		}
	}
	was := AsOf().AddDate(0, -3, 0)
	d := diff.Compare(b.Graph(), in.Graph, was, AsOf())
	return reports.RollForwardOf(d, reports.SnapshotInfo{Digest: "sha256:0d1f", Ended: was}, in.Graph, in.Policy)
}

// Earlier is a report of the company three months before.
func Earlier(t testing.TB) *reports.Findings {
	t.Helper()
	past := func(rule, subject, name string) reports.Past {
		id := ID(t, subject)
		return reports.Past{ID: "F-" + rule + "-" + id.Key, Kind: "sod", Rule: rule, Title: rule, Severity: sod.High, Mode: reach.Standing, Subjects: []reports.Thing{{ID: id, Name: name}}, Status: sod.Open}
	}
	return &reports.Findings{
		Snapshot: "sha256:0d1f", Policy: "sha256:c81e728d9d4c2f636f067f89cc14862c65990bd1d5f5a3cf6f2f8f7a1d0b4e93", AsOf: AsOf().AddDate(0, -3, 0),
		Findings: []reports.Past{
			past("DEV-DEPLOY", "identity:hr/E1001", "Ana Ruiz"),
			past("DEV-DEPLOY", "identity:hr/E1004", "山田太郎"),
			past("DEV-DEPLOY", "identity:hr/E0900", "Old Hand"),
			past("VENDOR-PAY", "identity:hr/E1001", "Ana Ruiz"),
			past("orphaned", "account:corp/o1", "tmp-admin"),
		},
	}
}
