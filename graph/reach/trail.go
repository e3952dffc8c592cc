// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"math"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// Trails find the ways to one label: the ones with the fewest hidden grants, of
// those the shortest, of those the first in ID order.
type Trails struct {
	c     *Closure
	label int
	cost  []cost // by state; of states that something leads to
	rev   *reverse
}

// A cost counts hidden grants in the upper half and edges in the lower one.
type cost uint64

const (
	unreached cost = math.MaxUint64
	oneHidden cost = 1 << 32
)

// Maps builds trails of several labels over one closure.
type Maps struct {
	c      *Closure
	rev    *reverse
	trails map[int]*Trails
}

// Maps returns a maker of trails. It is not safe for concurrent use.
func (c *Closure) Maps() *Maps { return &Maps{c: c, trails: map[int]*Trails{}} }

// To returns the trails to a label.
func (m *Maps) To(label int) *Trails {
	if t, ok := m.trails[label]; ok {
		return t
	}
	if m.rev == nil {
		m.rev = m.c.view.reverse()
	}
	t := &Trails{c: m.c, label: label, rev: m.rev}
	t.measure()
	m.trails[label] = t
	return t
}

// A reverse holds, for each inner state, the inner states that lead to it. A
// state is inner when something but ownership leads to it: most accounts and all
// identities are not, so this is small.
type reverse struct {
	inner []bool
	first []uint32
	from  []uint32
}

func (v *View) reverse() *reverse {
	n := v.numStates()
	r := &reverse{inner: make([]bool, n), first: make([]uint32, n+1)}
	for s := range uint32(n) {
		v.successors(s, func(to uint32) {
			r.inner[to] = r.inner[to] || v.kindOf(s) != graph.Identity || v.kindOf(to) != graph.Account
		})
	}
	v.innerEdges(r, func(_, to uint32) { r.first[to+1]++ })
	for i := range n {
		r.first[i+1] += r.first[i]
	}
	r.from = make([]uint32, r.first[n])
	next := slices.Clone(r.first)
	v.innerEdges(r, func(s, to uint32) {
		r.from[next[to]] = s
		next[to]++
	})
	return r
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
	for s := range uint32(v.numStates()) {
		if r.inner[s] {
			v.successors(s, func(to uint32) { do(s, to) })
		}
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

// measure fills the costs of inner states: breadth first for each number of
// hidden grants, merging the states that one more hidden grant led to.
func (t *Trails) measure() {
	v := t.c.view
	t.cost = make([]cost, v.numStates())
	for i := range t.cost {
		t.cost[i] = unreached
	}
	var seeds []uint32
	for s := range uint32(v.numStates()) {
		if n, ok := v.node(s); ok && t.c.in(n, t.label) {
			t.cost[s] = 0
			seeds = append(seeds, s)
		}
	}
	for level := cost(0); len(seeds) > 0; level += oneHidden {
		seeds = t.spread(seeds, level)
	}
}

// spread settles the states of one number of hidden grants and returns those of
// the next.
func (t *Trails) spread(seeds []uint32, level cost) (next []uint32) {
	slices.SortFunc(seeds, func(a, b uint32) int {
		if t.cost[a] != t.cost[b] {
			if t.cost[a] < t.cost[b] {
				return -1
			}
			return 1
		}
		return int(a) - int(b)
	})
	var queue []uint32
	for len(seeds) > 0 || len(queue) > 0 {
		var s uint32
		if len(queue) == 0 || len(seeds) > 0 && t.cost[seeds[0]] <= t.cost[queue[0]] {
			s, seeds = seeds[0], seeds[1:]
		} else {
			s, queue = queue[0], queue[1:]
		}
		if t.cost[s] >= level+oneHidden {
			continue
		}
		for _, p := range t.rev.from[t.rev.first[s]:t.rev.first[s+1]] {
			at := t.step(p, s)
			if at >= t.cost[p] {
				continue
			}
			t.cost[p] = at
			if at >= level+oneHidden {
				next = append(next, p)
			} else {
				queue = append(queue, p)
			}
		}
	}
	slices.Sort(next)
	next = slices.Compact(next)
	return slices.DeleteFunc(next, func(s uint32) bool { return t.cost[s] < level+oneHidden })
}

// step returns the cost of s by way of its successor to.
func (t *Trails) step(s, to uint32) cost {
	c := t.cost[to]
	if c == unreached {
		return unreached
	}
	c++
	if _, hidden := t.c.view.hides(s, to); hidden {
		c += oneHidden
	}
	return c
}

// best returns the successor of s on the best way, and its cost from s. States
// that are not inner have no stored cost; it is found through their successors,
// which takes two rounds at the most (identity, account).
func (t *Trails) best(s uint32) (to uint32, at cost) {
	at = unreached
	t.c.view.successors(s, func(next uint32) {
		through := t.step(s, next)
		if !t.rev.inner[next] && t.cost[next] != 0 {
			_, c := t.bestInner(next)
			through = unreached
			if c != unreached {
				through = c + 1
			}
		}
		if through < at {
			to, at = next, through
		}
	})
	return to, at
}

func (t *Trails) bestInner(s uint32) (to uint32, at cost) {
	at = unreached
	t.c.view.successors(s, func(next uint32) {
		if c := t.step(s, next); c < at {
			to, at = next, c
		}
	})
	return to, at
}

// states returns the best way from node n to the label, both included.
func (t *Trails) states(n uint32) ([]uint32, bool) {
	way := []uint32{n}
	for s := n; t.cost[s] != 0; {
		to, at := t.best(s)
		if at == unreached {
			return nil, false
		}
		way = append(way, to)
		s = to
	}
	return way, true
}

// From returns the best way from node n, in a view without hidden edges.
func (t *Trails) From(n uint32) (Path, bool) {
	way, ok := t.states(n)
	if !ok {
		return Path{}, false
	}
	v := t.c.view
	p := Path{Nodes: []graph.ID{v.g.ID(n)}}
	for i := 1; i < len(way); i++ {
		to, _ := v.node(way[i])
		p.Nodes = append(p.Nodes, v.g.ID(to))
		p.Kinds = append(p.Kinds, v.kindBetween(way[i-1], way[i]))
	}
	return p, true
}

// kindBetween returns the strongest kind of grant that joins two states.
func (v *View) kindBetween(s, to uint32) graph.GrantKind {
	r := v.row(s)
	var best graph.GrantKind
	for _, e := range r.edges {
		if got, ok := r.edge(e); ok && got == to && (best == 0 || ModeOf(e.Kind()) < ModeOf(best)) {
			best = e.Kind()
		}
	}
	return best
}

// Gaps returns what hides the grants on the best way from node n: indexes into
// the list that was given to [Hide], in order, each once.
func (t *Trails) Gaps(n uint32) []uint32 {
	way, ok := t.states(n)
	if !ok {
		return nil
	}
	var gaps []uint32
	for i := 1; i < len(way); i++ {
		if gap, hidden := t.c.view.hides(way[i-1], way[i]); hidden {
			gaps = append(gaps, gap)
		}
	}
	slices.Sort(gaps)
	return slices.Compact(gaps)
}
