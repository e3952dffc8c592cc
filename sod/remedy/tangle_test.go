// SPDX-License-Identifier: Apache-2.0

package remedy_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// A tangle is the recipe of a company whose groups and roles hold each other, so that
// people break rules by many ways at once.
type tangle struct {
	seed                                 uint64
	people, groups, roles, rights, rules int
	joins, nests, assigns, contains      int // at most so many of each
}

// A knot is a tangle that was made.
type knot struct {
	facts  []graph.Fact
	policy *sod.Policy
}

func (c tangle) make() knot {
	r := rand.New(rand.NewPCG(c.seed, 99))
	var k knot
	id := func(kind graph.Kind, source graph.Source, n int) graph.ID {
		return graph.ID{Kind: kind, Source: source, Key: fmt.Sprintf("%05d", n)}
	}
	grant := func(from graph.ID, kind graph.GrantKind, to graph.ID) {
		k.facts = append(k.facts, graph.Grant{From: from, To: to, Kind: kind})
	}
	low := func(n int) int { x := r.Float64(); return int(x * x * float64(n)) }
	for i := range c.people {
		account := id(graph.Account, synth.Corp, i)
		grant(id(graph.Identity, synth.HR, i), graph.Owns, account)
		for range 1 + r.IntN(c.joins) {
			grant(account, graph.Member, id(graph.Group, synth.Corp, low(c.groups)))
		}
		if r.IntN(4) == 0 {
			grant(account, graph.Assigned, id(graph.Role, synth.ERP, low(c.roles)))
		}
	}
	for i := range c.groups {
		for range r.IntN(c.nests + 1) {
			if i > 0 {
				grant(id(graph.Group, synth.Corp, i), graph.Member, id(graph.Group, synth.Corp, r.IntN(i)))
			}
		}
		for range r.IntN(c.assigns + 1) {
			grant(id(graph.Group, synth.Corp, i), graph.Assigned, id(graph.Role, synth.ERP, r.IntN(c.roles)))
		}
	}
	for i := range c.roles {
		for range 1 + r.IntN(c.contains) {
			grant(id(graph.Role, synth.ERP, i), graph.Contains, id(graph.Entitlement, synth.ERP, r.IntN(c.rights)))
		}
		if i > 0 && r.IntN(3) == 0 {
			grant(id(graph.Role, synth.ERP, i), graph.Contains, id(graph.Role, synth.ERP, r.IntN(i)))
		}
	}
	for _, s := range []graph.Source{synth.HR, synth.Corp, synth.ERP} {
		k.facts = append(k.facts, graph.Coverage{Source: s, Dataset: graph.All, State: graph.Complete})
	}
	k.policy = &sod.Policy{Name: "tangle", Mode: reach.Standing}
	for i := range c.rights {
		pattern := sod.IDPattern{Kind: graph.Entitlement, Source: synth.ERP, Key: sod.Glob(fmt.Sprintf("%05d", i))}
		k.policy.Duties = append(k.policy.Duties, sod.Duty{ID: fmt.Sprintf("d%d", i), Holds: []sod.Selector{{ID: &pattern}}, MayBeEmpty: &sod.MayBeEmpty{Why: "chance"}})
	}
	for i := range c.rules {
		a := r.IntN(c.rights)
		b := (a + 1 + r.IntN(c.rights-1)) % c.rights
		k.policy.Rules = append(k.policy.Rules, sod.Rule{ID: fmt.Sprintf("R%03d", i), Severity: sod.High, Kind: sod.ConflictRule, Duties: []int{a, b}})
	}
	return k
}

func (k knot) graph(t *testing.T) *graph.Graph {
	t.Helper()
	var b graph.Builder
	for _, f := range k.facts {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph()
}

// office is a tangle of so many people, as large as people make it.
func office(seed uint64, people int) tangle {
	return tangle{seed: seed, people: people, groups: people / 5, roles: people/10 + 3, rights: 40, rules: 40, joins: 4, nests: 2, assigns: 2, contains: 2}
}
