// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"
)

// A search looks for the cheapest plan of a model.
type search struct {
	ctx    context.Context
	m      *model
	w      *walker
	groups []*group
	best   []bool  // by candidate: is revoked by the best plan so far
	limit  int     // of the nodes of a tree
	set    []int32 // what is gone while a plan is completed
	place  []int32 // by candidate: its number in the cover that is made
}

// A group is targets that have grants in common, and none with other targets.
type group struct {
	targets   []int32
	witnesses []witness
	known     map[string]bool // witnesses by their grants
	pieces    map[string]*solved
	plan      []int32 // the cheapest that is known, in order
	cost      int64
	bound     int64
	proved    [][]*solved // what bounds: families of pieces, which have no grant in common with each other
}

// A solved piece is one of a proof. Costs and bounds are in units of 1/[Scale].
type solved struct {
	witnesses   []int // places in the group's
	plan        []int32
	cost, bound int64
	piece       draft // grants in it are candidates, and clauses places in witnesses
}

func newSearch(ctx context.Context, m *model) *search {
	s := &search{ctx: ctx, m: m, w: newWalker(m), best: make([]bool, len(m.grants)), place: make([]int32, len(m.grants))}
	s.part()
	return s
}

// part parts the targets into groups, the small ones first: each is searched by itself.
func (s *search) part() {
	u := newUnion(len(s.m.targets) + len(s.m.grants))
	for i := range s.m.targets {
		s.w.spread(s.m.targets[i].start)
		for _, at := range s.w.reached {
			for _, a := range s.m.net.out(at) {
				if !s.m.kept(a) {
					u.join(int32(i), int32(len(s.m.targets))+a.grant)
				}
			}
		}
	}
	by := map[int32]*group{}
	for i := range s.m.targets {
		root := u.root(int32(i))
		if by[root] == nil {
			by[root] = &group{known: map[string]bool{}, pieces: map[string]*solved{}}
			s.groups = append(s.groups, by[root])
		}
		by[root].targets = append(by[root].targets, int32(i))
	}
	slices.SortStableFunc(s.groups, func(a, b *group) int { return cmp.Compare(len(a.targets), len(b.targets)) })
}

// run finds a plan for every group, and then the cheapest one for each, until it has or
// is stopped.
func (s *search) run() {
	for _, g := range s.groups {
		s.start(g)
	}
	for _, g := range s.groups {
		s.close(g)
	}
	for _, g := range s.groups {
		for _, i := range g.plan {
			s.best[i] = true
		}
	}
}

// close finds the cheapest plan of a group. Where subjects have little to do with each
// other, they are looked at by themselves first. Otherwise that bounds little, and all
// witnesses are looked at together, until that takes long.
func (s *search) close(g *group) {
	s.limit = firstNodes
	x := newSplit(s, g)
	x.solve()
	apart := 4*x.value > 3*g.cost*Scale
	if apart {
		x.run()
	}
	for more := true; more && s.limit <= manyNodes && s.isOpen(g); {
		more = s.round(g)
	}
	if !apart && s.isOpen(g) {
		x.run()
	}
	for more := g.bound < g.cost; more; { // once also when there is no time, for some bound
		more = s.round(g) && s.isOpen(g)
	}
}

// isOpen reports whether a group is worth more work.
func (s *search) isOpen(g *group) bool { return g.bound < g.cost && s.ctx.Err() == nil }

// How many nodes a tree has
const (
	firstNodes = 64      // while witnesses are still found
	splitNodes = 256     // while shares are looked for
	manyNodes  = 1 << 18 // before that is tried where it bounds little
)

// start finds a first plan of a group, and some witnesses.
func (s *search) start(g *group) {
	for _, t := range g.targets {
		for _, x := range s.w.all(t, 1<<20) {
			s.add(g, x)
		}
	}
	s.complete(g, s.cheap(g))
}

// add takes a witness that is not known.
func (s *search) add(g *group, x witness) bool {
	x = s.w.tighten(x)
	key := keyOf(x.grants)
	if g.known[key] {
		return false
	}
	g.known[key] = true
	g.witnesses = append(g.witnesses, x)
	return true
}

func keyOf(all []int32) string {
	b := make([]byte, 0, 4*len(all))
	for _, i := range all {
		b = binary.LittleEndian.AppendUint32(b, uint32(i))
	}
	return string(b)
}

// cheap hits the witnesses that are known, greedily.
func (s *search) cheap(g *group) []int32 {
	grants, cost, clauses := s.cover(g, g.everything(), s.whole)
	t := newTree(s.ctx, cost, clauses)
	return globalOf(grants, t.greedy(func(i int32) float64 { return float64(cost[i]) }))
}

// everything lists the places of all witnesses.
func (g *group) everything() []int {
	all := make([]int, len(g.witnesses))
	for i := range all {
		all[i] = i
	}
	return all
}

// whole is what a grant costs.
func (s *search) whole(i int32) int64 { return int64(s.m.grants[i].cost) * Scale }

// complete makes a plan of a set of grants: whatever it does not clear it revokes more
// for, and what it does not need it leaves out. What it meets on the way it adds to the
// witnesses, and it tells how many are new.
func (s *search) complete(g *group, set []int32) (fresh int) {
	for _, i := range set {
		s.revoke(i)
	}
	fresh = s.meet(g, true)
	for more := fresh; more > 0; {
		more = s.meet(g, false)
		fresh += more
	}
	plan := slices.Sorted(slices.Values(s.set))
	if fresh > 0 {
		plan = s.spare(g, plan)
	}
	for _, i := range s.set {
		s.w.gone[i] = false
	}
	s.set = s.set[:0]
	s.offer(g, plan)
	return fresh
}

// revoke adds a grant to the set that is completed.
func (s *search) revoke(i int32) {
	if !s.w.gone[i] {
		s.w.gone[i] = true
		s.set = append(s.set, i)
	}
}

// meet looks for witnesses that what is gone does not hit, and revokes the cheapest
// grant of each. At first it looks for all that have nothing in common before it
// revokes anything.
func (s *search) meet(g *group, first bool) (fresh int) {
	var cut []int32
	for _, t := range g.targets {
		most := 1
		if first {
			most = 1 << 20
		}
		for _, x := range s.w.all(t, most) {
			if s.add(g, x) {
				fresh++
			}
			cheapest := slices.MinFunc(x.grants, func(a, b int32) int {
				return cmp.Or(cmp.Compare(s.m.grants[a].cost, s.m.grants[b].cost), cmp.Compare(a, b))
			})
			if first {
				cut = append(cut, cheapest)
			} else {
				s.revoke(cheapest)
			}
		}
	}
	for _, i := range cut {
		s.revoke(i)
	}
	return fresh
}

// spare leaves out of a plan what it clears everything without, the dearest first.
func (s *search) spare(g *group, plan []int32) []int32 {
	about := s.about(g)
	order := slices.Clone(plan)
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(s.m.grants[b].cost, s.m.grants[a].cost), cmp.Compare(a, b))
	})
	for _, i := range order {
		s.w.gone[i] = false
		if slices.ContainsFunc(about[i], func(t int32) bool { _, breaks := s.w.find(t); return breaks }) {
			s.w.gone[i] = true
		}
	}
	return slices.DeleteFunc(plan, func(i int32) bool { return !s.w.gone[i] })
}

// about lists, by grant, the targets of a group whose subjects can come to it.
func (s *search) about(g *group) map[int32][]int32 {
	about := make(map[int32][]int32, len(s.set))
	for _, i := range s.set {
		about[i], s.w.gone[i] = nil, false
	}
	for _, t := range g.targets {
		s.w.spread(s.m.targets[t].start)
		for _, at := range s.w.reached {
			for _, a := range s.m.net.out(at) {
				if all, asked := about[a.grant]; asked && (len(all) == 0 || all[len(all)-1] != t) {
					about[a.grant] = append(all, t)
				}
			}
		}
	}
	for _, i := range s.set {
		s.w.gone[i] = true
	}
	return about
}

// offer takes a plan of a group that is cheaper.
func (s *search) offer(g *group, plan []int32) {
	cost := int64(0)
	for _, i := range plan {
		cost += int64(s.m.grants[i].cost)
	}
	if g.plan == nil || cost < g.cost {
		g.plan, g.cost = plan, cost
	}
}

// round finds the cheapest set of grants that hits the witnesses that are known, and
// tries it. It reports whether there is more to do: false when the set is a plan. As
// long as sets do not hit all that there is, they need not be the cheapest.
func (s *search) round(g *group) bool {
	set, exact := s.hit(g)
	fresh := s.complete(g, set)
	if fresh == 0 && !exact {
		s.limit *= 8
	}
	return fresh > 0 || !exact
}

// hit solves the pieces of a group's witnesses.
func (s *search) hit(g *group) (set []int32, exact bool) {
	var families [][]*solved
	bound := int64(0)
	exact = true
	for _, x := range s.pieces(g, g.everything(), s.whole, nil) {
		families = append(families, []*solved{x})
		set = append(set, x.plan...)
		bound += boundOf([]*solved{x})
		exact = exact && x.bound == x.cost
	}
	g.prove(bound, families)
	slices.Sort(set)
	return set, exact
}

// prove takes a bound that is better.
func (g *group) prove(bound int64, families [][]*solved) {
	if bound > g.bound || g.proved == nil {
		g.bound, g.proved = bound, families
	}
}
