// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Back knows what leads to what in one view: its edges, turned round.
type Back struct {
	v     *View
	first []uint32 // by state: where its holders begin in from
	from  []uint32
}

// Back turns the edges of the view round. It takes four bytes for each.
func (v *View) Back() *Back {
	b := &Back{v: v, first: make([]uint32, v.numStates()+2)}
	each := func(do func(s, to uint32)) {
		for s := range uint32(v.numStates()) {
			v.successors(s, func(to uint32) { do(s, to) })
		}
	}
	each(func(_, to uint32) { b.first[to+2]++ })
	for i := 2; i < len(b.first); i++ {
		b.first[i] += b.first[i-1]
	}
	b.from = make([]uint32, b.first[len(b.first)-1])
	each(func(s, to uint32) { // while a state is filled, the place after its first is its end
		b.from[b.first[to+1]] = s
		b.first[to+1]++
	})
	return b
}

// To returns every node from which a path leads to one of these, in order, and
// these. Whatever way a path comes to them counts.
func (b *Back) To(nodes []uint32) []uint32 {
	return b.v.spread(nodes, func(s uint32, do func(next uint32)) {
		for _, from := range b.from[b.first[s]:b.first[s+1]] {
			do(from)
		}
	})
}

// A Counter counts who arrives at places. It is not safe for concurrent use.
type Counter struct {
	b     *Back
	is    []bool // by node: counts
	seen  []uint32
	round uint32
	queue []uint32
}

// Counter returns a counter of these nodes, as they are at the start of a path.
func (b *Back) Counter(nodes []uint32) *Counter {
	c := &Counter{b: b, is: make([]bool, b.v.g.NumNodes()), seen: make([]uint32, b.v.numStates())}
	for _, n := range nodes {
		c.is[n] = true
	}
	return c
}

// Arrive returns how many of the nodes can begin a path that comes to any of these
// places.
func (c *Counter) Arrive(at []Place) (n int) {
	c.round++
	c.queue = c.queue[:0]
	see := func(s uint32) {
		if c.seen[s] != c.round {
			c.seen[s] = c.round
			c.queue = append(c.queue, s)
		}
	}
	for _, p := range at {
		see(uint32(p))
	}
	for i := 0; i < len(c.queue); i++ {
		s := c.queue[i]
		if int(s) < len(c.is) && c.is[s] { // a path begins at the first state of its node
			n++
		}
		for _, from := range c.b.from[c.b.first[s]:c.b.first[s+1]] {
			see(from)
		}
	}
	return n
}

// From returns every node to which a path leads from one of these, in order, and
// these. The paths begin as if they had come to them in whatever way.
func (v *View) From(nodes []uint32) []uint32 { return v.spread(nodes, v.successors) }

// spread returns the nodes of all states to which next leads from these nodes.
func (v *View) spread(nodes []uint32, next func(s uint32, do func(next uint32))) []uint32 {
	seen := make([]bool, v.numStates())
	var queue []uint32
	see := func(s uint32) {
		if !seen[s] {
			seen[s] = true
			queue = append(queue, s)
		}
	}
	for _, n := range nodes {
		v.eachState(n, see)
	}
	for i := 0; i < len(queue); i++ {
		next(queue[i], see)
	}
	all := make([]uint32, 0, len(queue))
	for _, s := range queue {
		if n, ok := v.node(s); ok {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// MayLeadTo reports whether a hidden grant that counts in mode m could lead to a
// thing that is not in the graph yet.
func (h *Hidden) MayLeadTo(id graph.ID, m Mode) bool {
	for _, k := range hideable() {
		if ModeOf(k) > m || !k.To(id.Kind) {
			continue
		}
		if len(h.outOf[k]) > 0 || slices.ContainsFunc(h.unread, func(u Unread) bool {
			return u.About.IsZero() && u.Source == id.Source && u.Dataset.Hides(k)
		}) {
			return true
		}
	}
	return false
}
