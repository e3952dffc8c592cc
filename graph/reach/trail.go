// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"cmp"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/foureyes-iga/foureyes/graph"
)

// Maps makes trails over one closure. It is not safe for concurrent use.
type Maps struct {
	c      *Closure
	rev    *reverse
	trails map[int]*Trails
	sets   gapSets
}

// Maps returns a maker of trails.
func (c *Closure) Maps() *Maps { return &Maps{c: c, trails: map[int]*Trails{}, sets: newGapSets()} }

// To returns the trails to a label.
func (m *Maps) To(label int) *Trails {
	if t, ok := m.trails[label]; ok {
		return t
	}
	if m.rev == nil {
		m.rev = m.c.view.reverse(m.c.inner)
	}
	t := m.newTrails()
	t.label = label
	t.measure()
	m.trails[label] = t
	return t
}

// Each makes the trails to several labels, several at a time, and shows each to do,
// which must be safe for concurrent use and not keep them: their memory serves the next.
func (m *Maps) Each(labels []int, do func(label int, t *Trails)) {
	if len(labels) == 0 {
		return
	}
	if m.rev == nil {
		m.rev = m.c.view.reverse(m.c.inner)
	}
	next := make(chan int, len(labels))
	for _, label := range labels {
		next <- label
	}
	close(next)
	var workers sync.WaitGroup
	for range min(len(labels), runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			t := m.newTrails()
			for t.label = range next {
				t.measure()
				do(t.label, t)
			}
		})
	}
	workers.Wait()
}

func (m *Maps) newTrails() *Trails {
	return &Trails{m: m, v: m.c.view, cost: make([]cost, m.rev.count)}
}

// Trails find the ways to one label: the ones with the fewest hidden grants, of
// those the shortest, of those the first in ID order.
type Trails struct {
	m     *Maps
	v     *View
	label int
	cost  []cost // by inner state
	gaps  []int  // by inner state: its set of gaps plus one; 0 is not worked out
}

// A cost counts hidden grants in the upper half and edges in the lower one.
type cost uint64

const (
	unreached cost = math.MaxUint64
	oneHidden cost = 1 << 32
)

// A reverse holds, for each inner state, the inner states that lead to it. A state is
// inner when something may lead to it, other than an identity to its account: most
// accounts and all identities are not, so this is small.
type reverse struct {
	inner []uint32 // by state: its number among the inner ones plus one; 0 is none
	state []uint32 // the inner ones
	count int
	first []uint32 // by inner number
	from  []uint32 // states
}

func (v *View) reverse(inner []uint32) *reverse {
	r := &reverse{inner: make([]uint32, v.numStates()), state: inner}
	for i, s := range r.state {
		r.inner[s] = uint32(i) + 1
	}
	r.count = len(r.state)
	r.first = make([]uint32, r.count+1)
	v.innerEdges(r, func(_, to uint32) { r.first[r.inner[to]]++ })
	for i := range r.count {
		r.first[i+1] += r.first[i]
	}
	r.from = make([]uint32, r.first[r.count])
	next := slices.Clone(r.first)
	v.innerEdges(r, func(s, to uint32) {
		i := r.inner[to] - 1
		r.from[next[i]] = s
		next[i]++
	})
	return r
}

// innerStates lists the inner states in order. Only who controls an account leads to
// it besides who owns it.
func (v *View) innerStates() (all []uint32) {
	var controlled []bool
	if v.mode >= ModeOf(graph.Controls) {
		controlled = make([]bool, v.numStates())
		for s := range uint32(v.numStates()) {
			if !graph.Owns.From(v.kindOf(s)) {
				v.successors(s, func(to uint32) { controlled[to] = true })
			}
		}
	}
	for s := range uint32(v.numStates()) {
		if k := v.kindOf(s); k != graph.Account && !graph.Owns.From(k) || k == graph.Account && controlled != nil && controlled[s] {
			all = append(all, s)
		}
	}
	return all
}

// leadsTo returns the inner states that lead to an inner state.
func (r *reverse) leadsTo(s uint32) []uint32 {
	i := r.inner[s] - 1
	return r.from[r.first[i]:r.first[i+1]]
}

// kindOf returns the kind of a state's node; zero for a hub.
func (v *View) kindOf(s uint32) graph.Kind {
	n, ok := v.node(s)
	if !ok {
		return 0
	}
	return v.g.ID(n).Kind
}

func (v *View) innerEdges(r *reverse, do func(s, to uint32)) {
	for _, s := range r.state {
		v.successors(s, func(to uint32) { do(s, to) })
	}
}

func (v *View) successors(s uint32, do func(to uint32)) {
	r := v.row(s)
	for i := range r.len() {
		if to, ok := r.at(i); ok {
			do(to)
		}
	}
}

// at returns the cost of a state: stored for inner ones; another one costs
// nothing when it is of the label, and is unreached as far as is stored.
func (t *Trails) at(s uint32) cost {
	if i := t.m.rev.inner[s]; i != 0 {
		return t.cost[i-1]
	}
	if n, ok := t.v.node(s); ok && t.m.c.in(n, t.label) {
		return 0
	}
	return unreached
}

func (t *Trails) set(s uint32, c cost) { t.cost[t.m.rev.inner[s]-1] = c }

// measure fills the costs of inner states: breadth first for each number of
// hidden grants, merging the states that one more hidden grant led to.
func (t *Trails) measure() {
	for i := range t.cost {
		t.cost[i] = unreached
	}
	var seeds []uint32
	for _, n := range t.m.c.labels[t.label] {
		t.v.eachState(n, func(s uint32) { seeds = append(seeds, s) })
	}
	seeds = slices.DeleteFunc(seeds, func(s uint32) bool { return t.m.rev.inner[s] == 0 })
	for _, s := range seeds {
		t.set(s, 0)
	}
	for level := cost(0); len(seeds) > 0; level += oneHidden {
		seeds = t.spread(seeds, level)
	}
}

// spread settles the states of one number of hidden grants and returns those of
// the next.
func (t *Trails) spread(seeds []uint32, level cost) (next []uint32) {
	slices.SortFunc(seeds, func(a, b uint32) int { return cmp.Or(cmp.Compare(t.at(a), t.at(b)), cmp.Compare(a, b)) })
	var queue []uint32
	for len(seeds) > 0 || len(queue) > 0 {
		var s uint32
		if len(queue) == 0 || len(seeds) > 0 && t.at(seeds[0]) <= t.at(queue[0]) {
			s, seeds = seeds[0], seeds[1:]
		} else {
			s, queue = queue[0], queue[1:]
		}
		if t.at(s) >= level+oneHidden {
			continue
		}
		for _, p := range t.m.rev.leadsTo(s) {
			at := t.step(p, s, t.at(s))
			if at >= t.at(p) {
				continue
			}
			t.set(p, at)
			if at >= level+oneHidden {
				next = append(next, p)
			} else {
				queue = append(queue, p)
			}
		}
	}
	slices.Sort(next)
	next = slices.Compact(next)
	return slices.DeleteFunc(next, func(s uint32) bool { return t.at(s) < level+oneHidden })
}

// step returns the cost of s by way of its successor to, which costs c.
func (t *Trails) step(s, to uint32, c cost) cost {
	if c == unreached {
		return unreached
	}
	c++
	if _, hidden := t.v.hides(s, to); hidden {
		c += oneHidden
	}
	return c
}

// best returns the successor of s on the best way, and its cost from s. A state
// that is not inner is looked at through its own successors: that is an account
// of an identity, and no other state comes between.
func (t *Trails) best(s uint32) (to uint32, at cost) {
	at = unreached
	t.v.successors(s, func(next uint32) {
		c := t.at(next)
		if c == unreached && t.m.rev.inner[next] == 0 {
			_, c = t.bestStored(next)
		}
		if c = t.step(s, next, c); c < at || c == at && c != unreached && t.v.before(next, to) {
			to, at = next, c
		}
	})
	return to, at
}

// before reports whether of two ways that cost the same the one through state a
// is told, not the one through b: by the first node in ID order, and of one node's
// states by the first, because a controls grant leads to the later one.
func (v *View) before(a, b uint32) bool {
	n, ok := v.node(a)
	m, ok2 := v.node(b)
	return ok && ok2 && cmp.Or(cmp.Compare(n, m), cmp.Compare(a, b)) < 0
}

func (t *Trails) bestStored(s uint32) (to uint32, at cost) {
	at = unreached
	t.v.successors(s, func(next uint32) {
		if c := t.step(s, next, t.at(next)); c < at || c == at && c != unreached && t.v.before(next, to) {
			to, at = next, c
		}
	})
	return to, at
}

// From returns the best way from node n, in a view without hidden edges.
func (t *Trails) From(n uint32) (Path, bool) {
	p := Path{Nodes: []graph.ID{t.v.g.ID(t.v.Node(Place(n)))}}
	for s := n; t.at(s) != 0; {
		to, at := t.best(s)
		if at == unreached {
			return Path{}, false
		}
		node, _ := t.v.node(to)
		p.Nodes = append(p.Nodes, t.v.g.ID(node))
		p.Kinds = append(p.Kinds, t.v.kindBetween(s, to))
		s = to
	}
	return p, true
}

// kindBetween returns the strongest kind of grant that joins two states.
func (v *View) kindBetween(s, to uint32) graph.GrantKind {
	var best graph.GrantKind
	for step := range v.Steps(Place(s)) {
		if step.To == Place(to) && (best == 0 || ModeOf(step.Kind) < ModeOf(best)) {
			best = step.Kind
		}
	}
	return best
}
