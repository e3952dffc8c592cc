// SPDX-License-Identifier: Apache-2.0

package reportstest

import (
	"fmt"
	"testing"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
)

// Clean is a company in which everything was read and nothing was found.
func Clean(t testing.TB) reports.Input {
	t.Helper()
	w := &world{t: t}
	w.node("identity:hr/E1", "Ana Ruiz", "status", "active")
	w.node("account:corp/a1", "aruiz", "status", "enabled")
	w.grant("identity:hr/E1", "owns", "account:corp/a1", graph.Terms{})
	for _, s := range []graph.Source{"corp", "hr"} {
		w.add(graph.SourceRun{Source: s, Connector: "facts"})
		w.add(graph.Coverage{Source: s, Dataset: graph.All, State: graph.Complete, Received: graph.CountOf(1), Expected: graph.CountOf(1), Method: "second count"})
	}
	w.r = sod.Report{AsOf: AsOf(), Mode: reach.Attainable, Identities: 1, Accounts: 1}
	policy := companyPolicy(t)
	policy.Accepted, policy.AcceptedGaps, policy.Apps = nil, nil, nil
	return reports.Input{Graph: w.b.Graph(), Policy: policy, Report: &w.r}
}

// Many is a company with n findings, a hundred of each cause. Five times as many people
// have none; without them it would be a flaw of design.
func Many(t testing.TB, n int) reports.Input {
	t.Helper()
	w := &world{t: t}
	w.node("entitlement:forge/ledger.write", "Write to the ledger repository")
	w.node("role:deploy/prod", "Ledger Deployers")
	w.r = sod.Report{AsOf: AsOf(), Mode: reach.Standing, Identities: 6 * n, Accounts: n}
	for i := range (n + 99) / 100 {
		g := fmt.Sprintf("group:corp/g%04d", i)
		w.node(g, fmt.Sprintf("team-%04d-engineers", i))
		w.grant(g, "assigned", "entitlement:forge/ledger.write", graph.Terms{})
		w.grant(g, "assigned", "role:deploy/prod", graph.Terms{})
		w.r.Causes = append(w.r.Causes, sod.Cause{ID: ID(t, g), Findings: min(100, n-100*i), Subjects: min(100, n-100*i)})
	}
	for i := range n {
		who, login, g := fmt.Sprintf("identity:hr/E%06d", i), fmt.Sprintf("account:corp/a%06d", i), fmt.Sprintf("group:corp/g%04d", i/100)
		w.node(who, fmt.Sprintf("Person Number %d", i), "status", "active", "department", "Engineering", "title", "Engineer")
		w.node(login, fmt.Sprintf("p%06d", i), "status", "enabled", "type", "person")
		w.grant(who, "owns", login, graph.Terms{})
		w.grant(login, "member", g, graph.Terms{})
		way := who + " owns " + login + " member " + g + " assigned "
		w.finding("DEV-DEPLOY", sod.Critical, g, "develop: "+way+"entitlement:forge/ledger.write", "deploy: "+way+"role:deploy/prod")
	}
	return reports.Input{Graph: w.b.Graph(), Policy: companyPolicy(t), Report: &w.r, Entity: "Many plc", PreparedBy: "Ines Albrecht"}
}
