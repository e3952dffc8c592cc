// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"math"
	"math/bits"
	"slices"
)

// setStuckAside takes out the targets that nothing that may be revoked clears.
func (m *model) setStuckAside() {
	w := newWalker(m)
	for i := range w.gone {
		w.gone[i] = true
	}
	var left []target
	for i := range m.targets {
		t := &m.targets[i]
		x, stuck := w.find(int32(i))
		if !stuck {
			left = append(left, *t)
			continue
		}
		m.stuck = append(m.stuck, Stuck{Finding: *t.finding, Kept: m.why(w, int32(i), m.fewestKept(x))})
	}
	m.targets = left
	m.same = map[int32][]int32{}
	for i := range m.targets {
		start := m.targets[i].start
		m.same[start] = append(m.same[start], int32(i))
	}
}

// why lists the grants of the scope that a witness has, and that must stay. Of those
// lists that are as good it is the first: no grant can be left out of it, and none can
// stand in for a later one.
func (m *model) why(w *walker, at int32, x witness) (kept []Grant) {
	var by []int32
	for _, path := range x.paths {
		for _, h := range path {
			if i := m.net.arcs[h.arc].grant; i >= 0 && !slices.Contains(by, i) {
				by = append(by, i)
			}
		}
	}
	others := m.keptFrom(m.targets[at].start)
	for again := true; again; {
		slices.SortFunc(by, m.inGrantOrder)
		by = w.needed(at, by, true)
		by, again = m.exchanged(w, at, by, others)
	}
	for _, i := range by {
		kept = append(kept, m.grantOf(i))
	}
	return kept
}

// exchanged puts an earlier grant in the place of one; false when none can be.
func (m *model) exchanged(w *walker, at int32, by, others []int32) ([]int32, bool) {
	for place := range by {
		for _, other := range others {
			if m.inGrantOrder(other, by[place]) >= 0 {
				break
			}
			if slices.Contains(by, other) {
				continue
			}
			next := slices.Clone(by)
			if next[place] = other; w.proves(at, next, true) {
				return next, true
			}
		}
	}
	return by, false
}

func (m *model) inGrantOrder(a, b int32) int { return compareGrants(m.grantOf(a), m.grantOf(b)) }

// keptFrom lists the candidates that must stay, of those that a state comes to without
// any that need not.
func (m *model) keptFrom(start int32) (all []int32) {
	seen := map[int32]bool{start: true}
	for queue := []int32{start}; len(queue) > 0; queue = queue[1:] {
		for _, a := range m.net.out(queue[0]) {
			if !m.kept(a) {
				continue
			}
			if a.grant >= 0 && !slices.Contains(all, a.grant) {
				all = append(all, a.grant)
			}
			if !seen[a.to] {
				seen[a.to] = true
				queue = append(queue, a.to)
			}
		}
	}
	slices.SortFunc(all, m.inGrantOrder)
	return all
}

// maxTerminals bounds the labels for which the fewest kept grants are looked for: the
// work doubles more than once with each.
const maxTerminals = 8

// fewestKept returns a witness with the fewest kept grants of all that have nothing
// else: a smallest tree from the subject to its labels (Dreyfus and Wagner, 1971).
func (m *model) fewestKept(x witness) witness {
	t := &m.targets[x.target]
	labels := slices.Clone(t.labels)
	if t.exists >= 0 {
		labels = append(labels, t.exists)
	}
	if len(labels) > maxTerminals {
		return x
	}
	s := newSteiner(m, t.start, labels)
	best, least := 0, int32(math.MaxInt32)
	for mask := 1; mask < 1<<len(labels); mask++ {
		exists := t.exists < 0 || mask>>(len(labels)-1) == 1
		want := t.allowed + 1
		if t.exists >= 0 {
			want++
		}
		if c := s.cost[mask][0]; exists && bits.OnesCount(uint(mask)) == want && c < least {
			best, least = mask, c
		}
	}
	if best == 0 {
		return x
	}
	out := witness{target: x.target}
	for place, path := range s.paths(best) {
		if path == nil {
			continue
		}
		if t.exists >= 0 && place == len(labels)-1 {
			place = -1
		}
		out.labels, out.paths = append(out.labels, int32(place)), append(out.paths, *path)
	}
	return out
}

// A steiner is the cheapest trees of kept arcs, by their root and the labels that they
// lead to.
type steiner struct {
	m      *model
	states []int32 // that kept arcs lead to, the start first
	at     map[int32]int
	labels []int32
	cost   [][]int32 // by set of labels, then by place in states
	how    [][]branching
}

// A branching says how a tree goes on from its root: by an arc, or as two trees.
type branching struct {
	arc, to int32 // arc is −1 where there is none
	part    int   // a set of labels; 0 where there is none
}

const noTree = math.MaxInt32 / 2

func newSteiner(m *model, start int32, labels []int32) *steiner {
	s := &steiner{m: m, at: map[int32]int{start: 0}, states: []int32{start}, labels: labels}
	for i := 0; i < len(s.states); i++ {
		for _, a := range m.net.out(s.states[i]) {
			if _, ok := s.at[a.to]; !ok && m.kept(a) {
				s.at[a.to] = len(s.states)
				s.states = append(s.states, a.to)
			}
		}
	}
	s.cost, s.how = make([][]int32, 1<<len(labels)), make([][]branching, 1<<len(labels))
	for mask := 1; mask < len(s.cost); mask++ {
		s.root(mask)
		s.grow(mask)
	}
	return s
}

// root finds the trees that end or part at their root.
func (s *steiner) root(mask int) {
	cost, how := make([]int32, len(s.states)), make([]branching, len(s.states))
	for i, state := range s.states {
		cost[i], how[i] = noTree, branching{arc: -1}
		if mask&(mask-1) == 0 && slices.Contains(s.m.net.labels[state], s.labels[bits.TrailingZeros(uint(mask))]) {
			cost[i] = 0
		}
		for part := (mask - 1) & mask; part > mask-part; part = (part - 1) & mask {
			if c := s.cost[part][i] + s.cost[mask-part][i]; c < cost[i] {
				cost[i], how[i] = c, branching{arc: -1, part: part}
			}
		}
	}
	s.cost[mask], s.how[mask] = cost, how
}

// grow finds the trees that begin with an arc, until none is cheaper.
func (s *steiner) grow(mask int) {
	cost := s.cost[mask]
	for again := true; again; {
		again = false
		for i := len(s.states) - 1; i >= 0; i-- {
			net := s.m.net
			for at := net.first[s.states[i]]; at < net.first[s.states[i]+1]; at++ {
				a := net.arcs[at]
				to, ok := s.at[a.to]
				if !ok || !s.m.kept(a) {
					continue
				}
				c := cost[to]
				if a.grant >= 0 {
					c++
				}
				if c < cost[i] {
					cost[i], s.how[mask][i] = c, branching{arc: at, to: int32(to)}
					again = true
				}
			}
		}
	}
}

// paths returns the way from the start to each label of a set in its cheapest tree.
func (s *steiner) paths(mask int) []*[]hop {
	out := make([]*[]hop, len(s.labels))
	var follow func(mask, at int, so []hop)
	follow = func(mask, at int, so []hop) {
		switch b := s.how[mask][at]; {
		case b.part != 0:
			follow(b.part, at, so)
			follow(mask-b.part, at, so)
		case b.arc >= 0:
			follow(mask, int(b.to), append(slices.Clone(so), hop{s.states[at], b.arc}))
		default:
			out[bits.TrailingZeros(uint(mask))] = &so
		}
	}
	follow(mask, 0, nil)
	return out
}
