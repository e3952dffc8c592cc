// SPDX-License-Identifier: Apache-2.0

package remedy_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/remedy"
	"github.com/foureyes-iga/foureyes/sod/whatif"
)

// The oracle knows nothing of witnesses: it tries sets of grants, the cheapest first,
// and judges the graph without each of them.

// priced is a candidate of the oracle.
type priced struct {
	remedy.Grant
	cost int
}

// candidates lists what may be revoked, by going over all facts.
func candidates(g *graph.Graph, asOf time.Time, scope remedy.Scope, costs *sod.Costs) (all []priced) {
	seen := map[remedy.Grant]bool{}
	for n := range uint32(g.NumNodes()) {
		for _, e := range g.Out(n) {
			grant := remedy.Grant{From: g.ID(n), To: g.ID(e.To), Kind: e.Kind()}
			structure := grant.From.Kind == graph.Group || grant.From.Kind == graph.Role || grant.From.Kind == graph.Entitlement
			if seen[grant] || !g.Terms(e).Holds(asOf) || e.Kind() == graph.Owns || structure && scope == remedy.Assignments {
				continue
			}
			seen[grant] = true
			rule := costs.Tariff(g, asOf).Rule(n, e.To, e.Kind())
			if rule == nil || !rule.Keep {
				all = append(all, priced{grant, rule.Price(max(len(arriving(g, asOf, n, e)), 1))})
			}
		}
	}
	return all
}

// arriving lists the subjects that have a path to node n on which they may use the
// grant of an edge: it walks over (node, how it was entered) from each subject.
func arriving(g *graph.Graph, asOf time.Time, n uint32, e graph.Edge) (all []uint32) {
	direct := g.ID(n).Kind == graph.Group // only a direct member may use it
	for _, other := range g.Out(n) {
		if other.To == e.To && other.Kind() == e.Kind() && g.Terms(other).Holds(asOf) && !other.DirectOnly() {
			direct = false
		}
	}
	for s := range uint32(g.NumNodes()) {
		if isSubject(g, asOf, s) && slices.ContainsFunc(walk(g, asOf, s), func(p place) bool { return p.node == n && (!direct || p.how > 0) }) {
			all = append(all, s)
		}
	}
	return all
}

func isSubject(g *graph.Graph, asOf time.Time, s uint32) bool {
	switch g.ID(s).Kind {
	case graph.Identity, graph.Somebody:
		return true
	case graph.Unresolved:
		return slices.ContainsFunc(g.Out(s), func(e graph.Edge) bool { return g.Terms(e).Holds(asOf) })
	case graph.Account:
		for n := range uint32(g.NumNodes()) {
			if slices.ContainsFunc(g.Out(n), func(e graph.Edge) bool { return e.To == s && e.Kind() == graph.Owns && g.Terms(e).Holds(asOf) }) {
				return false
			}
		}
		return true
	}
	return false
}

// A place is a node and how it was entered: 0 through another group, 1 as a direct
// member, 2 by control.
type place struct {
	node uint32
	how  int
}

func walk(g *graph.Graph, asOf time.Time, s uint32) (all []place) {
	all = []place{{s, 0}}
	add := func(p place) {
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	for i := 0; i < len(all); i++ {
		p := all[i]
		id := g.ID(p.node)
		for _, e := range g.Out(p.node) {
			if !g.Terms(e).Holds(asOf) || e.DirectOnly() && id.Kind == graph.Group && p.how == 0 {
				continue
			}
			to := place{e.To, 0}
			if g.ID(e.To).Kind == graph.Group {
				switch {
				case e.Kind() == graph.Controls:
					to.how = 2
				case id.Kind == graph.Account && (e.Kind() == graph.Member || e.Kind() == graph.Eligible):
					to.how = 1
				}
			}
			add(to)
		}
		for n := range uint32(g.NumNodes()) {
			other := g.ID(n)
			switch {
			case id.Kind == graph.Account && reach.IsPopulation(other) && other.Source == id.Source:
				add(place{n, 1})
			case reach.IsPopulation(id) && p.how == 2 && other.Kind == graph.Account && other.Source == id.Source:
				add(place{n, 0})
			}
		}
	}
	return all
}

// open lists the findings that a plan is to clear, without a set of grants.
func open(t *testing.T, g *graph.Graph, p *sod.Policy, asOf time.Time, without []remedy.Grant) (ids []string) {
	var c whatif.Change
	for _, grant := range without {
		c = append(c, whatif.Step{Remove: true, Fact: graph.Grant{From: grant.From, To: grant.To, Kind: grant.Kind}})
	}
	after, err := whatif.Apply(g, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range sod.Evaluate(after, p, asOf).Findings {
		if f.Status == sod.Open && (f.Kind == "sod" || f.Kind == "critical") {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

// cheapest returns the least cost after which none of these findings is left, trying
// sets of candidates by their cost. Whoever has a right has it with more grants, too: a
// set that leaves a finding is made as large as it can be while it leaves one, and no part
// of that is tried again.
func cheapest(t *testing.T, g *graph.Graph, p *sod.Policy, asOf time.Time, all []priced, targets []string) (cost int) {
	type set struct {
		bits uint32
		cost int
	}
	var sets []set
	for bits := range uint32(1) << len(all) {
		s := set{bits: bits}
		for i, c := range all {
			if bits>>i&1 == 1 {
				s.cost += c.cost
			}
		}
		sets = append(sets, s)
	}
	slices.SortFunc(sets, func(a, b set) int { return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.bits, b.bits)) })
	leaves := func(bits uint32) bool {
		var without []remedy.Grant
		for i, c := range all {
			if bits>>i&1 == 1 {
				without = append(without, c.Grant)
			}
		}
		left := open(t, g, p, asOf, without)
		return slices.ContainsFunc(left, func(id string) bool { return slices.Contains(targets, id) })
	}
	var fail []uint32
	for _, s := range sets {
		if slices.ContainsFunc(fail, func(f uint32) bool { return s.bits&^f == 0 }) {
			continue
		}
		if !leaves(s.bits) {
			return s.cost
		}
		for i := range all {
			if more := s.bits | 1<<i; leaves(more) {
				s.bits = more
			}
		}
		fail = append(fail, s.bits)
	}
	t.Error("nothing clears the findings, and they are not stuck")
	return -1
}

// costsOf makes a cost file out of a seed.
func costsOf(seed uint64, g *graph.Graph) *sod.Costs {
	r := rand.New(rand.NewPCG(seed, 77))
	if r.IntN(2) == 0 {
		return nil
	}
	c := &sod.Costs{}
	for range 1 + r.IntN(4) {
		var rule sod.CostRule
		pattern := func() []sod.Selector {
			if r.IntN(2) == 0 {
				return nil
			}
			id := g.ID(uint32(r.IntN(g.NumNodes())))
			return []sod.Selector{{ID: &sod.IDPattern{Kind: id.Kind, Source: id.Source, Key: sod.Glob(id.Key[:1] + "*")}}}
		}
		rule.From, rule.To = pattern(), pattern()
		if r.IntN(2) == 0 {
			rule.Kind = graph.GrantKinds()[r.IntN(5)]
		}
		switch r.IntN(4) {
		case 0:
			rule.Keep = true
		case 1:
			rule.Times = 1 + r.IntN(4)
		default:
			rule.Cost = 1 + r.IntN(6)
		}
		if r.IntN(5) == 0 {
			rule.Via = "r*"
		}
		c.Rules = append(c.Rules, rule)
	}
	return c
}

// widen makes more of a small world's rules of kinds that count otherwise.
func widen(seed uint64, p *sod.Policy) {
	r := rand.New(rand.NewPCG(seed, 78))
	for i := range p.Rules {
		rule := &p.Rules[i]
		if rule.Kind == sod.ConflictRule && r.IntN(4) == 0 {
			rule.Kind, rule.Limit = sod.AtMostRule, r.IntN(len(rule.Duties))
		}
		if r.IntN(6) == 0 {
			rule.Same = "application"
		}
	}
}

// readWhole builds a graph of which everything was read: what is unknown is no finding,
// and looking for it takes most of the time.
func readWhole(t *testing.T, facts []graph.Fact) *graph.Graph {
	t.Helper()
	var b graph.Builder
	sources := map[graph.Source]bool{}
	add := func(f graph.Fact) {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range facts {
		switch f := f.(type) {
		case graph.Gap, graph.Coverage:
			continue
		case graph.Grant:
			sources[f.From.Source], sources[f.To.Source] = true, true
		}
		add(f)
	}
	for s := range sources {
		add(graph.Coverage{Source: s, Dataset: graph.All, State: graph.Complete})
	}
	return b.Graph()
}

// TestCheapest holds plans against the oracle: their cost is the least, the graph
// without them has none of their findings, and what is stuck no plan clears.
func TestCheapest(t *testing.T) {
	instances := 500
	if os.Getenv("FOUREYES_NIGHTLY") != "" {
		instances = 10_000
	}
	judged, stuck, several := 0, 0, 0
	for seed := uint64(1); judged < instances; seed++ {
		facts, p, asOf := synth.Small(seed)
		if seed%5 == 0 {
			facts = synth.Strangers(facts)
		}
		g := readWhole(t, facts)
		widen(seed, p)
		p.AcceptedGaps = nil
		costs := costsOf(seed, g)
		scope := remedy.Scope(seed % 2)
		all := candidates(g, asOf, scope, costs)
		if len(all) > 11 || len(open(t, g, p, asOf, nil)) == 0 {
			continue
		}
		o := remedy.Options{Scope: scope, Costs: costs}
		plan, err := remedy.Solve(t.Context(), g, p, asOf, o)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		checkPlan(t, seed, g, p, asOf, all, plan)
		judged++
		if len(plan.Stuck) > 0 {
			stuck++
		}
		if len(plan.Revoke) > 1 {
			several++
		}
	}
	t.Logf("%d instances; %d with findings that nothing clears, %d of several steps", judged, stuck, several)
	if stuck < instances/20 || several < instances/20 {
		t.Error("the instances are too easy")
	}
}

// checkPlan holds a plan against the oracle.
func checkPlan(t *testing.T, seed uint64, g *graph.Graph, p *sod.Policy, asOf time.Time, all []priced, plan *remedy.Plan) {
	t.Helper()
	var everything, revoked []remedy.Grant
	for _, c := range all {
		everything = append(everything, c.Grant)
	}
	cost := 0
	for _, r := range plan.Revoke {
		revoked = append(revoked, r.Grant)
		if i := slices.IndexFunc(all, func(c priced) bool { return c.Grant == r.Grant && c.cost == r.Cost }); i < 0 {
			t.Errorf("seed %d: %v for %d is no candidate", seed, r.Grant, r.Cost)
		}
		cost += r.Cost
	}
	var targets, stuck []string
	for _, f := range plan.Targets {
		targets = append(targets, f.ID)
	}
	for _, x := range plan.Stuck {
		stuck = append(stuck, x.Finding.ID)
	}
	before := open(t, g, p, asOf, nil)
	slices.Sort(before)
	if mine := slices.Sorted(slices.Values(slices.Concat(targets, stuck))); !slices.Equal(mine, before) {
		t.Errorf("seed %d: the plan is about %v, and open are %v", seed, mine, before)
	}
	if left := open(t, g, p, asOf, everything); !slices.Equal(slices.Sorted(slices.Values(left)), slices.Sorted(slices.Values(stuck))) {
		t.Errorf("seed %d: without all candidates %v are left, and stuck are %v", seed, left, stuck)
	}
	if left := open(t, g, p, asOf, revoked); slices.ContainsFunc(left, func(id string) bool { return slices.Contains(targets, id) }) {
		t.Errorf("seed %d: the plan leaves %v", seed, left)
	}
	want := cheapest(t, g, p, asOf, all, targets)
	if cost != plan.Cost || plan.Cost != want || plan.Bound != want {
		t.Errorf("seed %d: the plan costs %d (%d), at least %d; the least is %d\n%s", seed, plan.Cost, cost, plan.Bound, want, fmt.Sprint(plan.Revoke))
	}
}
