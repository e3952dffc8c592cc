// SPDX-License-Identifier: Apache-2.0

package remedy

import "slices"

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

	strict bool // no candidate may be used but those of alone, and what must stay unless bare
	bare   bool
	alone  []bool // by candidate

	reached []int32 // by spread, in order
	ends    []int32 // by place in labels: the nearest state of it; -1: none
}

func newWalker(m *model) *walker {
	n := len(m.net.places)
	return &walker{
		m: m, gone: make([]bool, len(m.grants)), extra: make([]bool, len(m.grants)), free: make([]bool, len(m.grants)), alone: make([]bool, len(m.grants)),
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
		switch {
		case w.strict && !w.passes(a):
			continue
		case !w.strict && !w.m.kept(a):
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

// passes reports whether an arc is there when only some candidates are.
func (w *walker) passes(a arc) bool {
	return a.grant < 0 || w.alone[a.grant] || !w.bare && w.m.grants[a.grant].keep
}

// proves reports whether a target is there when of all candidates only some exist, and
// what must stay unless bare.
func (w *walker) proves(at int32, by []int32, bare bool) bool {
	t := &w.m.targets[at]
	for _, g := range by {
		w.alone[g] = true
	}
	w.strict, w.bare = true, bare
	w.spread(t.start)
	w.strict = false
	for _, g := range by {
		w.alone[g] = false
	}
	want, need := t.labels, t.allowed+1
	if t.exists >= 0 {
		want, need = append(slices.Clone(want), t.exists), need+1
	}
	w.nearest(want)
	return w.held(t, want) >= need
}

// needed leaves of grants that prove a target those without any of which they do not.
func (w *walker) needed(at int32, by []int32, bare bool) []int32 {
	for i := 0; i < len(by); {
		if less := slices.Delete(slices.Clone(by), i, i+1); w.proves(at, less, bare) {
			by = less
		} else {
			i++
		}
	}
	return by
}

// tighten leaves out of a witness what it does not need, and makes it one of the first
// target of its subject that it proves.
func (w *walker) tighten(x witness) witness {
	for again := true; again; {
		again = false
		x.grants = w.needed(x.target, x.grants, false)
		for _, t := range w.m.same[w.m.targets[x.target].start] {
			if t < x.target && w.proves(t, x.grants, false) {
				x.target, again = t, true
				break
			}
		}
	}
	return x
}
