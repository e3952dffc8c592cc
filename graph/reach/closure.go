// SPDX-License-Identifier: Apache-2.0

package reach

import "slices"

// A Closure says of every node which labels it can reach in one view. A label is
// a set of nodes, such as those of a duty; a node of a label reaches it.
type Closure struct {
	view   *View
	labels [][]uint32 // sorted node numbers
	width  int        // words per row
	rows   []uint64
}

// Close computes which of the labels each node reaches: one pass over all edges
// in the order of Tarjan's algorithm (1972), joining rows of bits.
func (v *View) Close(labels [][]uint32) *Closure {
	c := &Closure{view: v, labels: labels, width: (len(labels) + 63) / 64}
	c.rows = make([]uint64, v.numStates()*c.width)
	for i, label := range labels {
		for _, n := range label {
			v.eachState(n, func(s uint32) { c.mark(s, i) })
		}
	}
	t := newTarjan(c)
	for s := range uint32(v.numStates()) {
		if t.number[s] == 0 {
			t.walk(s)
		}
	}
	return c
}

func (c *Closure) mark(s uint32, label int) {
	c.rows[int(s)*c.width+label/64] |= 1 << (label % 64)
}

// Row returns the labels that node n reaches, as bits: label i is bit i%64 of word
// i/64. The caller must not change it.
func (c *Closure) Row(n uint32) []uint64 {
	at := int(n) * c.width
	return c.rows[at : at+c.width]
}

// Has reports whether node n reaches a label.
func (c *Closure) Has(n uint32, label int) bool {
	return c.Row(n)[label/64]&(1<<(label%64)) != 0
}

// In reports whether node n is of a label itself.
func (c *Closure) In(n uint32, label int) bool { return c.in(n, label) }

func (c *Closure) join(into, from uint32) {
	a, b := c.Row(into), c.Row(from)
	for i := range a {
		a[i] |= b[i]
	}
}

func (c *Closure) in(n uint32, label int) bool {
	_, ok := slices.BinarySearch(c.labels[label], n)
	return ok
}

// tarjan finds the strongly connected components, successors first, and joins
// rows on the way. It keeps its own stack, so depth costs memory, not a crash.
type tarjan struct {
	c      *Closure
	number []uint32 // by state: order of discovery from 1; 0 is not seen
	low    []uint32 // the smallest number reachable; done when finished
	last   uint32
	stack  []uint32 // states whose component is open
	path   []frame
}

type frame struct {
	state uint32
	next  int
	row   row
}

const done = 1<<32 - 1

func newTarjan(c *Closure) *tarjan {
	n := c.view.numStates()
	return &tarjan{c: c, number: make([]uint32, n), low: make([]uint32, n)}
}

func (t *tarjan) enter(s uint32) {
	t.last++
	t.number[s], t.low[s] = t.last, t.last
	t.stack = append(t.stack, s)
	t.path = append(t.path, frame{state: s, row: t.c.view.row(s)})
}

func (t *tarjan) walk(root uint32) {
	t.enter(root)
	for len(t.path) > 0 {
		f := &t.path[len(t.path)-1]
		if f.next < f.row.len() {
			to, ok := f.row.at(f.next)
			f.next++
			if ok {
				t.follow(f.state, to)
			}
			continue
		}
		s := f.state
		t.path = t.path[:len(t.path)-1]
		if t.low[s] == t.number[s] {
			t.finish(s)
		}
		if len(t.path) > 0 {
			t.back(t.path[len(t.path)-1].state, s)
		}
	}
}

// follow handles the edge from s to a state that may be new.
func (t *tarjan) follow(s, to uint32) {
	if t.number[to] == 0 {
		t.enter(to)
		return
	}
	t.back(s, to)
}

// back handles the edge from s to a state that was seen.
func (t *tarjan) back(s, to uint32) {
	if t.low[to] == done {
		t.c.join(s, to)
		return
	}
	t.low[s] = min(t.low[s], t.low[to])
}

// finish closes the component of its root: all its states reach the same.
func (t *tarjan) finish(root uint32) {
	at := len(t.stack) - 1
	for t.stack[at] != root {
		t.c.join(root, t.stack[at])
		at--
	}
	for _, s := range t.stack[at:] {
		copy(t.c.Row(s), t.c.Row(root))
		t.low[s] = done
	}
	t.stack = t.stack[:at]
}
