// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// A walker looks for witnesses while some grants are revoked. It is not safe for
// concurrent use.
type walker struct {
	m     *model
	gone  []bool // by candidate
	extra []bool // by candidate: gone besides, to find another witness
	free  []bool // by candidate: on a path of the witness already
	seen  []uint32
	cost  []int32 // by state: grants that the best way there needs and the witness has not
	via   []int32 // by state: the arc that the best way comes by; -1 at the start
	from  []int32 // by state: where that arc begins
	round uint32
	now   []int32
	later []int32

	reached []int32 // by spread, in order
	ends    []int32 // by place in labels: the nearest state of it; -1: none
}

func newWalker(m *model) *walker {
	n := len(m.net.places)
	return &walker{
		m: m, gone: make([]bool, len(m.grants)), extra: make([]bool, len(m.grants)), free: make([]bool, len(m.grants)),
		seen: make([]uint32, n), cost: make([]int32, n), via: make([]int32, n), from: make([]int32, n),
	}
}

// A witness proves a target: the arcs of a path for each of some of its labels.
type witness struct {
	target int32
	labels []int32 // places in the target's labels; -1 is that it exists
	paths  [][]hop
	grants []int32 // that a plan may revoke, on any of the paths, in order
}

// A hop is an arc and where it begins.
type hop struct{ from, arc int32 }

// kept reports whether an arc stays, whatever the plan.
func (m *model) kept(a arc) bool { return a.grant < 0 || m.grants[a.grant].keep }

// spread finds the best way from a state to every other one.
func (w *walker) spread(start int32) {
	w.round++
	w.now = append(w.now[:0], start)
	w.later = w.later[:0]
	w.reached = append(w.reached[:0], start)
	w.seen[start], w.cost[start], w.via[start] = w.round, 0, -1
	for level := int32(0); len(w.now) > 0; level++ {
		for i := 0; i < len(w.now); i++ {
			if s := w.now[i]; w.cost[s] == level {
				w.step(s, level)
			}
		}
		w.now, w.later = w.later, w.now[:0]
	}
}

// step goes on from a state that is level grants away.
func (w *walker) step(s, level int32) {
	net := w.m.net
	for i := net.first[s]; i < net.first[s+1]; i++ {
		a, at := net.arcs[i], level
		if !w.m.kept(a) {
			if w.gone[a.grant] || w.extra[a.grant] {
				continue
			}
			if !w.free[a.grant] {
				at++
			}
		}
		if w.seen[a.to] == w.round && w.cost[a.to] <= at {
			continue
		}
		if w.seen[a.to] != w.round {
			w.reached = append(w.reached, a.to)
		}
		w.seen[a.to], w.cost[a.to], w.via[a.to], w.from[a.to] = w.round, at, i, s
		if at == level {
			w.now = append(w.now, a.to)
		} else {
			w.later = append(w.later, a.to)
		}
	}
}

// nearest finds the best state of each label that is wanted.
func (w *walker) nearest(want []int32) {
	w.ends = w.ends[:0]
	for range want {
		w.ends = append(w.ends, -1)
	}
	for _, s := range w.reached {
		for _, l := range w.m.net.labels[s] {
			if at := slices.Index(want, l); at >= 0 && (w.ends[at] < 0 || w.cost[s] < w.cost[w.ends[at]]) {
				w.ends[at] = s
			}
		}
	}
}

// find returns a witness of a target with few grants; false when nothing proves it.
func (w *walker) find(at int32) (x witness, ok bool) {
	t := &w.m.targets[at]
	want := slices.Clone(t.labels)
	need := t.allowed + 1
	if t.exists >= 0 {
		want = append(want, t.exists)
		need++
	}
	x.target = at
	defer func() {
		for _, g := range x.grants {
			w.free[g] = false
		}
	}()
	for ; need > 0; need-- {
		w.spread(t.start)
		w.nearest(want)
		if w.held(t, want) < need {
			return x, false
		}
		place := w.choose(want, need == 1 && t.exists >= 0 && slices.Contains(want, t.exists), t)
		w.take(&x, t, want, place)
	}
	slices.Sort(x.grants)
	return x, true
}

// held counts the labels that are still wanted and reached; none where what is needed
// besides is not.
func (w *walker) held(t *target, want []int32) (n int) {
	for i, l := range want {
		switch {
		case w.ends[i] >= 0:
			n++
		case l >= 0 && l == t.exists:
			return 0
		}
	}
	return n
}

// choose returns the place of the label that is nearest of those wanted.
func (w *walker) choose(want []int32, existence bool, t *target) int {
	best := -1
	for i, l := range want {
		switch {
		case w.ends[i] < 0 || l < 0, existence && l != t.exists, !existence && l == t.exists:
		case best < 0 || w.cost[w.ends[i]] < w.cost[w.ends[best]]:
			best = i
		}
	}
	return best
}

// take adds the way to a label to a witness, and wants the label no more.
func (w *walker) take(x *witness, t *target, want []int32, place int) {
	var path []hop
	for s := w.ends[place]; w.via[s] >= 0; s = w.from[s] {
		path = append(path, hop{w.from[s], w.via[s]})
		a := w.m.net.arcs[w.via[s]]
		if !w.m.kept(a) && !w.free[a.grant] {
			w.free[a.grant] = true
			x.grants = append(x.grants, a.grant)
		}
	}
	slices.Reverse(path)
	x.paths = append(x.paths, path)
	if want[place] == t.exists {
		x.labels = append(x.labels, -1)
	} else {
		x.labels = append(x.labels, int32(place))
	}
	want[place] = -1
}

// all returns witnesses of a target of which no two have a grant in common, so that
// revoking one grant of each is needed. It stops at so many.
func (w *walker) all(at int32, most int) (found []witness) {
	for len(found) < most {
		x, ok := w.find(at)
		if !ok {
			break
		}
		found = append(found, x)
		if len(x.grants) == 0 {
			break
		}
		for _, g := range x.grants {
			w.extra[g] = true
		}
	}
	for _, x := range found {
		for _, g := range x.grants {
			w.extra[g] = false
		}
	}
	return found
}

// tell resolves a witness.
func (m *model) tell(x witness) (paths []sod.Witness) {
	t := &m.targets[x.target]
	for i, label := range x.labels {
		told := sod.Witness{Path: reach.Path{Nodes: []graph.ID{m.g.ID(m.view.Node(m.net.places[t.start]))}}}
		if label >= 0 {
			told.Duty = t.duties[label]
		}
		for _, h := range x.paths[i] {
			a := m.net.arcs[h.arc]
			told.Path.Kinds = append(told.Path.Kinds, a.kind)
			told.Path.Nodes = append(told.Path.Nodes, m.endOf(a))
		}
		paths = append(paths, told)
	}
	return paths
}

func (m *model) endOf(a arc) graph.ID {
	if p := m.net.places[a.to]; p != nowhere {
		return m.g.ID(m.view.Node(p))
	}
	return m.g.ID(m.grants[a.grant].to)
}
