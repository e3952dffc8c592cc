// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"maps"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// maxSteps bounds what one [Without] looks at besides its closure.
const maxSteps = 1 << 23

// A Without answers whether hidden grants could lead a node to a label and still
// leave it without another one in standing mode. It is not safe for concurrent use.
//
// A hidden grant that leads in standing mode to where the other label follows must
// not be held in standing mode. So there are two ways to the label: one that avoids
// those grants altogether, which one closure answers for all nodes; and one that
// takes them only behind a grant that is not standing. The second is searched node by
// node.
type Without struct {
	possible *Maps    // of the view with hidden edges
	trails   *Trails  // to the label
	now      *Closure // of the standing view without hidden edges
	other    int      // the label not to reach, in now
	strict   *Closure // of the view without hidden standing grants to where other follows
	way      *Maps    // of strict
	before   *Closure // of the standing view with hidden edges, without those too: to exits
	start    *Maps    // of before
	next     map[uint32]uint32
	seen     []uint32 // by state: the search that saw it
	search   uint32
	steps    int
}

// Without prepares the question for label, in the view with hidden edges that m is
// of, and for the label other of now, which is a closure of the standing view without
// hidden edges.
func (m *Maps) Without(label int, now *Closure, other int) *Without {
	w := &Without{possible: m, trails: m.To(label), now: now, other: other, next: map[uint32]uint32{}}
	strict := w.sparing(m.c.view)
	w.strict = strict.Close([][]uint32{m.c.labels[label]})
	w.way = w.strict.Maps()
	w.seen = make([]uint32, strict.numStates())
	w.before = w.sparing(now.view.Behind(m.c.view.h)).Close([][]uint32{w.exits()})
	w.start = w.before.Maps()
	return w
}

// sparing returns a view without hidden standing grants to where the other label
// follows.
func (w *Without) sparing(from *View) *View {
	v := *from
	v.hubs = slices.Clone(v.hubs)
	for i := range v.hubs {
		if ModeOf(v.hubs[i].kind) == Standing {
			v.hubs[i].to = slices.DeleteFunc(slices.Clone(v.hubs[i].to), w.gives)
		}
	}
	return &v
}

// exits lists the nodes out of which a grant that is not standing leads on to the
// label, in order: who may hold none of them has no second way.
func (w *Without) exits() []uint32 {
	v := w.possible.c.view
	var all []uint32
	for n := range uint32(v.g.NumNodes()) {
		leads := false
		v.eachState(n, func(s uint32) {
			w.leaves(s, func(to uint32) { leads = leads || w.possible.c.Has(to, w.trails.label) })
		})
		if leads {
			all = append(all, n)
		}
	}
	return all
}

// gives reports whether the other label follows from a state as things stand.
func (w *Without) gives(s uint32) bool { return w.now.Has(s, w.other) }

// Reaches answers the question for node n. Where searching takes too long it says
// yes, because not knowing clears nobody.
func (w *Without) Reaches(n uint32) bool {
	v := w.possible.c.view
	switch {
	case w.gives(n):
		return false
	case v.g.ID(n).Kind == graph.Unresolved && w.possible.c.in(n, w.trails.label):
		return w.now.view.Holds(n) || w.mayHold(n)
	case w.strict.Has(n, 0):
		return true
	case v.mode == Standing || !w.before.Has(n, 0):
		return false
	case w.steps > maxSteps:
		return true
	}
	h := w.hold(held{}, n)
	return w.shortcut(h) || w.detour(n, h) || w.searchFrom(h, maxDetours)
}

// Gaps returns what hides the grants on a way from node n, as a set of the maps that
// the question was put to.
func (w *Without) Gaps(n uint32) GapSet {
	if w.strict.Has(n, 0) {
		return w.possible.sets.intern(w.way.Gaps(w.way.To(0).Gaps(n)))
	}
	return w.trails.Gaps(n)
}

// mayHold reports whether something unresolved may hold anything that does not give
// the other label.
func (w *Without) mayHold(n uint32) bool {
	v := w.possible.c.view
	for _, k := range hideable() {
		if !k.From(graph.Unresolved) {
			continue
		}
		for to := range v.h.into[k] {
			if ModeOf(k) > Standing || !w.gives(v.enter(to, ArrivalBy(k, graph.Unresolved))) {
				return true
			}
		}
	}
	return false
}

// A held is what a subject holds in standing mode.
type held struct {
	states []uint32 // in a fixed order
	has    map[uint32]bool
	nodes  map[uint32]bool // in whatever state
}

// hold adds the states that a state leads to as things stand, itself included, to a
// copy of h.
func (w *Without) hold(h held, s uint32) held {
	w.steps += len(h.states)
	h = held{slices.Clone(h.states), maps.Clone(h.has), maps.Clone(h.nodes)}
	if h.has == nil {
		h.has, h.nodes = map[uint32]bool{}, map[uint32]bool{}
	}
	from := len(h.states)
	add := func(to uint32) {
		w.steps++
		if !h.has[to] {
			h.has[to] = true
			h.states = append(h.states, to)
			n, _ := w.now.view.node(to)
			h.nodes[n] = true
		}
	}
	add(s)
	for ; from < len(h.states); from++ {
		w.now.view.successors(h.states[from], add)
	}
	return h
}

// isHub reports whether a state stands for hidden grants, and of which mode.
func (w *Without) isHub(s uint32) (m Mode, is bool) {
	v := w.possible.c.view
	base := uint32(v.g.NumNodes() + len(v.split))
	if s < base {
		return 0, false
	}
	return ModeOf(v.hubs[s-base].kind), true
}

// leaves yields the states that a state leads to by a grant that is not standing:
// hubs, and what known grants lead to.
func (w *Without) leaves(s uint32, do func(to uint32)) {
	v := w.possible.c.view
	r := v.row(s)
	for _, e := range r.edges {
		if to, ok := r.edge(e); ok && ModeOf(e.Kind()) > Standing {
			do(to)
		}
	}
	for i, more := range r.more {
		for _, to := range more {
			m, hub := w.isHub(to)
			controlled := i == 1 && r.kind == graph.Group // the accounts of a population
			if hub && m > Standing || !hub && controlled {
				do(to)
			}
		}
	}
}

// shortcut tries the best way from each grant that is not standing: it is good when
// it never comes back to what is held in standing mode.
func (w *Without) shortcut(h held) bool {
	found := false
	for _, s := range h.states {
		w.leaves(s, func(to uint32) { found = found || w.goesOn(to, h) })
	}
	return found
}

// detour tries the same after the best way to an exit.
func (w *Without) detour(s uint32, h held) bool {
	way := w.start.To(0)
	for way.at(s) != 0 {
		to, at := way.best(s)
		if at == unreached {
			return false
		}
		if _, hub := w.isHub(to); !hub && !h.has[to] {
			h = w.hold(h, to)
		}
		w.steps++
		s = to
	}
	return w.shortcut(h)
}

func (w *Without) goesOn(s uint32, h held) bool {
	for {
		w.steps++
		n, ok := w.possible.c.view.node(s)
		switch {
		case ok && h.nodes[n]:
			return false
		case ok && w.possible.c.in(n, w.trails.label):
			return true
		}
		to, known := w.next[s]
		if !known {
			best, at := w.trails.best(s)
			if at == unreached {
				best = s
			}
			to = best
			w.next[s] = to
		}
		if to == s {
			return false
		}
		s = to
	}
}

// maxDetours is how many hidden standing grants a way may need before the first grant
// that is not standing: one to be in a group, one to have a role, and the last, which
// only members of groups or roles may hold. Whoever may hold a grant without the
// others needs fewer.
const maxDetours = 3

// searchFrom looks for a way that leaves what is held in standing mode by a grant that
// is not standing, and does not come back. If there is none, it also holds one more
// thing that is hidden and does not give the other label.
func (w *Without) searchFrom(h held, detours int) bool {
	if w.steps > maxSteps || w.outside(h) {
		return true
	}
	if detours == 0 {
		return false
	}
	for _, to := range w.offers(h) {
		if w.searchFrom(w.hold(h, to), detours-1) {
			return true
		}
	}
	return false
}

// outside searches the states that can be reached outside of what is held. A group
// that is held may come in another state: then what is hidden out of it would be held
// in standing mode.
func (w *Without) outside(h held) bool {
	v := w.possible.c.view
	w.search++
	var queue []uint32
	push := func(to uint32) {
		w.steps++
		if w.seen[to] != w.search && !h.has[to] {
			w.seen[to] = w.search
			queue = append(queue, to)
		}
	}
	for _, s := range h.states {
		w.leaves(s, push)
	}
	for ; len(queue) > 0; queue = queue[1:] {
		n, ok := v.node(queue[0])
		if ok && w.possible.c.in(n, w.trails.label) {
			return true
		}
		isHeld := ok && h.nodes[n]
		v.successors(queue[0], func(to uint32) {
			if m, hub := w.isHub(to); !isHeld || !hub || m > Standing {
				push(to)
			}
		})
	}
	return false
}

// offers lists what hidden standing grants may add to what is held without giving the
// other label, in order.
func (w *Without) offers(h held) []uint32 {
	var all []uint32
	asked := map[uint32]bool{}
	for _, s := range h.states {
		w.possible.c.view.successors(s, func(hub uint32) {
			if m, is := w.isHub(hub); !is || m > Standing || asked[hub] {
				return
			}
			asked[hub] = true
			w.strict.view.successors(hub, func(to uint32) {
				w.steps++
				if !h.has[to] {
					all = append(all, to)
				}
			})
		})
	}
	slices.Sort(all)
	return slices.Compact(all)
}
