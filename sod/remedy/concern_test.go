// SPDX-License-Identifier: Apache-2.0

package remedy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/remedy"
)

// world builds a graph of lines such as "account:corp/a member group:corp/g direct".
func world(t *testing.T, lines ...string) *graph.Graph {
	t.Helper()
	id := func(text string) graph.ID {
		x, err := graph.ParseID(text)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	var b graph.Builder
	for _, line := range lines {
		words := strings.Fields(line)
		kind, err := graph.ParseGrantKind(words[1])
		if err != nil {
			t.Fatal(err)
		}
		g := graph.Grant{From: id(words[0]), To: id(words[2]), Kind: kind}
		g.DirectOnly = len(words) > 3
		if err := b.Add(g); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph()
}

// root is a policy by which nobody may hold one right.
func root(t *testing.T, m reach.Mode) *sod.Policy {
	t.Helper()
	p, err := sod.ParseIDPattern("entitlement:erp/root")
	if err != nil {
		t.Fatal(err)
	}
	return &sod.Policy{Mode: m, Duties: []sod.Duty{{ID: "root", Holds: []sod.Selector{{ID: &p}}}}, Rules: []sod.Rule{{ID: "ROOT", Severity: sod.High, Kind: sod.CriticalRule, Duties: []int{0}}}}
}

// TestConcern counts whom the last grant before a right concerns: whoever can arrive there
// so that he may use it, in whatever mode.
func TestConcern(t *testing.T) {
	for name, tt := range map[string]struct {
		lines []string
		want  int
	}{
		"everybody": {[]string{"account:corp/a member group:corp/g", "account:corp/b member group:corp/h", "group:corp/h member group:corp/g", "group:corp/g assigned entitlement:erp/root"}, 2},
		"direct members only": {[]string{"account:corp/a member group:corp/g", "account:corp/b member group:corp/h", "group:corp/h member group:corp/g",
			"group:corp/g assigned entitlement:erp/root direct"}, 1},
		"told twice, once for all": {[]string{"account:corp/a member group:corp/g", "account:corp/b member group:corp/h", "group:corp/h member group:corp/g",
			"group:corp/g assigned entitlement:erp/root direct", "group:corp/g assigned entitlement:erp/root"}, 2},
		"two owners, one of whom controls": {[]string{"identity:hr/1 owns account:corp/a", "identity:hr/2 owns account:corp/a", "identity:hr/3 controls account:corp/a",
			"account:corp/a member group:corp/g", "group:corp/g assigned entitlement:erp/root"}, 3},
		"a population": {[]string{"account:corp/a member group:corp/x", "account:corp/b member group:corp/x", "account:erp/c member group:erp/x",
			"group:corp/~all assigned entitlement:erp/root"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			flat := &sod.Costs{Rules: []sod.CostRule{{Kind: graph.Member, Keep: true}, {Kind: graph.Owns, Keep: true}}}
			plan, err := remedy.Solve(t.Context(), world(t, tt.lines...), root(t, reach.Standing), time.Time{}, remedy.Options{Scope: remedy.Structure, Costs: flat})
			if err != nil {
				t.Fatal(err)
			}
			if len(plan.Revoke) != 1 || plan.Revoke[0].Concern != tt.want || plan.Cost != tt.want {
				t.Errorf("it costs %d: %+v, want one step that concerns %d", plan.Cost, plan.Revoke, tt.want)
			}
		})
	}
}

// TestNothingClears tells why: no grant when nothing on the paths may ever be revoked. A
// membership of a population that a grant tells as well is no reason: without it everybody
// is a member all the same.
func TestNothingClears(t *testing.T) {
	keep := &sod.Costs{Rules: []sod.CostRule{{Keep: true}}}
	for name, tt := range map[string]struct {
		lines []string
		scope remedy.Scope
		want  int
	}{
		"out of scope":       {[]string{"account:corp/a member group:corp/~all", "group:corp/~all assigned entitlement:erp/root"}, remedy.Assignments, 0},
		"kept":               {[]string{"account:corp/a member group:corp/~all", "group:corp/~all assigned entitlement:erp/root"}, remedy.Structure, 1},
		"fewest of two ways": {[]string{"account:corp/a member group:corp/g", "group:corp/g assigned entitlement:erp/root", "account:corp/a assigned entitlement:erp/root"}, remedy.Structure, 1},
	} {
		t.Run(name, func(t *testing.T) {
			plan, err := remedy.Solve(t.Context(), world(t, tt.lines...), root(t, reach.Standing), time.Time{}, remedy.Options{Scope: tt.scope, Costs: keep})
			if err != nil {
				t.Fatal(err)
			}
			if len(plan.Stuck) != 1 || len(plan.Stuck[0].Kept) != tt.want {
				t.Errorf("%+v, want one finding and %d grants", plan.Stuck, tt.want)
			}
		})
	}
}
