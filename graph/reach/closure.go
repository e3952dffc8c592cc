// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"runtime"
	"slices"
	"sync"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Closure says of every node which labels it can reach in one view. A label is
// a set of nodes, such as those of a duty; a node of a label reaches it.
type Closure struct {
	view   *View
	labels [][]uint32 // sorted node numbers
	width  int        // words per row
	rows   []uint64
	inner  []uint32 // the inner states: see [View.innerStates]
}

// Close computes which of the labels each node reaches: one pass over all edges
// in the order of Tarjan's algorithm (1972), joining rows of bits.
func (v *View) Close(labels [][]uint32) *Closure { return CloseModes([]*View{v}, labels)[0] }

// CloseModes closes views of one graph that differ in nothing but their modes, the
// strongest first, as [View.Close] does each. What a weaker mode adds is worked out
// only for who reaches anything that grants of that mode lead on from: one more label
// tells who does.
func CloseModes(views []*View, labels [][]uint32) []*Closure {
	var all []*Closure
	for i, v := range views {
		c := &Closure{view: v, labels: labels, width: (len(labels) + len(views) - 1 + 63) / 64, inner: v.innerStates()}
		if i == 0 {
			c.rows = make([]uint64, v.numStates()*c.width)
			c.markLabels()
			c.markTails(views)
			c.fill(newTarjan(c))
		} else {
			c.rows = slices.Clone(all[i-1].rows)
			t := newTarjan(c)
			t.keep(all[i-1], len(labels)+i-1)
			c.fill(t)
		}
		all = append(all, c)
	}
	for _, c := range all {
		c.clearFrom(len(labels))
	}
	return all
}

func (c *Closure) markLabels() {
	for i, label := range c.labels {
		for _, n := range label {
			c.view.eachState(n, func(s uint32) { c.mark(s, i) })
		}
	}
}

// markTails gives the states from which each weaker view leads on a label of its own.
func (c *Closure) markTails(views []*View) {
	for i := 1; i < len(views); i++ {
		v, label := views[i], len(c.labels)+i-1
		for n := range uint32(v.g.NumNodes()) {
			adds := func(e graph.Edge) bool {
				m := ModeOf(e.Kind())
				return m > views[i-1].mode && m <= v.mode && v.holds[e.TermsIndex()]
			}
			if slices.ContainsFunc(v.g.Out(n), adds) {
				v.eachState(n, func(s uint32) { c.mark(s, label) })
			}
		}
		for _, crowd := range v.crowds { // who controls a population obtains its accounts in weak modes only
			for _, s := range crowd.held {
				c.mark(s, label)
			}
		}
	}
}

// clearFrom takes all labels from one on out of the rows.
func (c *Closure) clearFrom(label int) {
	for i := range c.rows {
		if word := i % c.width; word == label/64 {
			c.rows[i] &= 1<<(label%64) - 1
		} else if word > label/64 {
			c.rows[i] = 0
		}
	}
}

// fill closes the rows of all states that are not done: first the inner states, then
// those to which nothing but what comes after them leads, side by side.
func (c *Closure) fill(t *tarjan) {
	for _, s := range c.inner {
		if t.number[s] == 0 && t.low[s] != done {
			t.walk(s)
		}
	}
	for _, kind := range []graph.Kind{graph.Account, graph.Identity, graph.Somebody} {
		lo, hi := c.view.g.Range(kind)
		share := max((hi-lo)/uint32(runtime.GOMAXPROCS(0))+1, minShare)
		var all sync.WaitGroup
		for ; lo < hi; lo += min(share, hi-lo) {
			from, to := lo, min(lo+share, hi)
			all.Go(func() { c.gather(t, from, to) })
		}
		all.Wait()
	}
}

// minShare is how many nodes are worth a thread.
const minShare = 1 << 13

// gather joins into each node of a range what it leads to, which is done.
func (c *Closure) gather(t *tarjan, from, to uint32) {
	for s := from; s < to; s++ {
		if t.number[s] != 0 || t.low[s] == done {
			continue
		}
		r := c.view.row(s)
		for _, e := range r.edges {
			if to, ok := r.edge(e); ok {
				c.join(s, to)
			}
		}
		for _, more := range r.more {
			for _, to := range more {
				c.join(s, to)
			}
		}
	}
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

// keep takes the rows of the states that do not reach a label in another closure as
// done.
func (t *tarjan) keep(other *Closure, label int) {
	for s := range uint32(len(t.low)) {
		if !other.Has(s, label) {
			t.low[s] = done
		}
	}
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
		if to, isNew := t.advance(f); isNew {
			t.enter(to)
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

// advance follows what a state leads to, up to a state that is new. Most of it leads
// to what is done: this is where the time goes.
func (t *tarjan) advance(f *frame) (to uint32, isNew bool) {
	for f.next < f.row.len() {
		to, ok := f.row.at(f.next)
		f.next++
		switch {
		case !ok:
		case t.low[to] == done:
			t.c.join(f.state, to)
		case t.number[to] == 0:
			return to, true
		default:
			t.low[f.state] = min(t.low[f.state], t.low[to])
		}
	}
	return 0, false
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
