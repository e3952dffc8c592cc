// SPDX-License-Identifier: Apache-2.0

package reportstest

import (
	"testing"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// Planted is the company with ways through control over things, all of which are called
// something with WAY, and with an account WEAK whose second factor is missing. No open
// packet may have these words; the annex has those of Plants.
func Planted(t testing.TB) reports.Input {
	t.Helper()
	in := Company(t)
	w := &world{t: t}
	w.people()
	w.rights()
	w.coverage()
	w.plant()
	in.Policy.Mode = reach.Attainable
	in.Policy.Checks = append(in.Policy.Checks, sod.Check{Name: "mfa", Severity: sod.Critical, Control: "AC-02", AtLeast: "capable"})
	in.Policy.Accepted = append(in.Policy.Accepted, sod.Acceptance{
		Check: "mfa", Subjects: []graph.ID{ID(t, "account:corp/WEAK2")}, Reason: "WEAK until the token comes", ApprovedBy: ID(t, "identity:hr/E1000"), ApprovedOn: day(t, "2026-09-01"), Expires: day(t, "2026-12-31"),
	})
	in.Graph = w.b.Graph()
	w.judge(in.Graph, in.Policy)
	w.plantFindings(in.Policy)
	in.Report = &w.r
	return in
}

// Plants are words of each thing that was planted.
func Plants() []string {
	return []string{"WAY-vault", "WAY-robot", "group:corp/WAY1", "account:corp/WEAK1", "WEAK-adm", "WEAK-second", "second factor: none", "WEAK until", "account:corp/WEAK3"}
}

func (w *world) plant() {
	w.node("group:corp/WAY1", "WAY-vault")
	w.node("account:corp/WAY2", "WAY-robot", "status", "enabled", "type", "service")
	w.grant("account:corp/a1", "controls", "group:corp/WAY1", graph.Terms{})
	w.grant("account:corp/a2", "controls", "account:corp/WAY2", graph.Terms{})
	w.grant("group:corp/WAY1", "assigned", "role:erp/Z_AP_ALL", graph.Terms{})
	for id, name := range map[string]string{"WEAK1": "WEAK-adm", "WEAK2": "WEAK-second", "WEAK3": "WEAK-unread"} {
		w.node("account:corp/"+id, name, "status", "enabled", "type", "person", "mfa", "none", "password_expires", "never")
	}
	w.add(graph.SourceRun{Source: "corp", Connector: "ldap", Details: attrs("authentication: everybody", "not for: account:corp/WEAK1")})
	w.add(graph.Gap{About: ID(w.t, "account:corp/WEAK3"), Dataset: graph.MFA, Reason: "denied"})
}

func (w *world) plantFindings(p *sod.Policy) {
	const erp = " assigned role:erp/Z_AP_ALL contains entitlement:erp/"
	for _, way := range []string{
		"identity:hr/E1001 owns account:corp/a1 controls group:corp/WAY1",
		"identity:hr/E1002 owns account:corp/a2 controls account:corp/WAY2 member group:corp/WAY1",
	} {
		f := w.finding("VENDOR-PAY", sod.High, "group:corp/WAY1", "vendor: "+way+erp+"FK01", "pay: "+way+erp+"F110")
		f.Detail = "over WAY-vault"
	}
	mixed := w.finding("VENDOR-PAY", sod.High, "role:erp/Z_AP_ALL",
		"vendor: identity:hr/E1003 owns account:corp/a3 controls group:corp/WAY1"+erp+"FK01", "pay: identity:hr/E1003 owns account:corp/a3"+erp+"F110")
	mixed.ID = "F-mixed"
	w.r.Causes = []sod.Cause{
		{ID: ID(w.t, "group:corp/g1"), Findings: 3, Subjects: 3}, {ID: ID(w.t, "role:erp/Z_AP_ALL"), Findings: 3, Subjects: 3}, {ID: ID(w.t, "group:corp/WAY1"), Findings: 2, Subjects: 2},
	}
	w.check("mfa", sod.Critical, "account:corp/WEAK1", "second factor: none, and capable is wanted, for it holds group:corp/WAY1 (WAY-vault), attainable")
	w.check("mfa", sod.Critical, "account:corp/WEAK2", "second factor: none, and capable is wanted, for it is enabled")
	last := &w.r.Findings[len(w.r.Findings)-1]
	last.Status, last.Acceptance = sod.Accepted, &p.Accepted[len(p.Accepted)-1]
	w.r.NotAssessed = append(w.r.NotAssessed,
		sod.NotAssessed{Rule: "mfa", Subjects: 1, Examples: []graph.ID{ID(w.t, "account:corp/WEAK3")}, Gaps: []string{"account:corp/WEAK3"}, Reason: "WEAK-unread: denied"},
		sod.NotAssessed{Rule: "mfa", Subjects: 1, Examples: []graph.ID{ID(w.t, "account:corp/WEAK2")}, Gaps: []string{"corp/mfa"}, Reason: "its second factors are not known"})
	w.r.Accounts += 5
	w.r.ControlPlane = []sod.Holder{{Subject: ID(w.t, "identity:hr/E1001"), Mode: reach.Attainable, Path: path(w.t, "identity:hr/E1001 owns account:corp/a1 controls group:corp/WAY1")}}
}

// Obtained lists somebody who left and had an account by control over it.
func Obtained(t testing.TB) *reports.Lateness {
	robot, by := ID(t, "account:corp/WAY2"), ID(t, "account:corp/a2")
	timed := check.Timed{ID: robot, Tie: check.Obtained, By: by, Life: check.Live, IT: check.CannotTell, Why: "WAY-robot lives"}
	return &reports.Lateness{SLA: "24 hours", Since: AsOf().AddDate(0, -3, 0), Until: AsOf(), CannotTell: 1, People: []reports.LeaverTiming{{
		Timing:   check.Timing{Identity: ID(t, "identity:hr/E1006"), Over: true, HR: check.OnTime, IT: check.CannotTell, ITWhy: "WAY-robot lives", Accesses: []check.Timed{timed}},
		Person:   reports.Thing{ID: ID(t, "identity:hr/E1006"), Name: "Bob Marsh"},
		Accesses: []reports.TimedAccess{{Timed: timed, Thing: reports.Thing{ID: robot, Name: "WAY-robot"}, By: reports.Thing{ID: by, Name: "skjaer"}}},
	}}}
}
