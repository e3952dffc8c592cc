// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"encoding/binary"
	"slices"
)

// A GapSet numbers a set of gaps: see [Maps.Gaps]. Zero is the empty set.
type GapSet int

// gapSets keeps each set of gaps once, so that sets can be compared and joined as
// numbers.
type gapSets struct {
	sets  [][]uint32
	index map[string]GapSet
	joins map[[2]GapSet]GapSet
}

func newGapSets() gapSets {
	return gapSets{sets: [][]uint32{nil}, index: map[string]GapSet{"": 0}, joins: map[[2]GapSet]GapSet{}}
}

// intern numbers a set, which is sorted.
func (g *gapSets) intern(set []uint32) GapSet {
	var key []byte
	for _, i := range set {
		key = binary.BigEndian.AppendUint32(key, i)
	}
	if n, ok := g.index[string(key)]; ok {
		return n
	}
	n := GapSet(len(g.sets))
	g.sets = append(g.sets, set)
	g.index[string(key)] = n
	return n
}

// Gaps returns the gaps of a set: indexes into the list that was given to [Hide],
// in order.
func (m *Maps) Gaps(s GapSet) []uint32 { return m.sets.sets[s] }

// Join returns the union of two sets.
func (m *Maps) Join(a, b GapSet) GapSet {
	if a == b || b == 0 {
		return a
	}
	if a == 0 {
		return b
	}
	if n, ok := m.sets.joins[[2]GapSet{a, b}]; ok {
		return n
	}
	all := slices.Concat(m.sets.sets[a], m.sets.sets[b])
	slices.Sort(all)
	n := m.sets.intern(slices.Compact(all))
	m.sets.joins[[2]GapSet{a, b}] = n
	return n
}

// Gaps returns what hides the grants on the best way from node n.
func (t *Trails) Gaps(n uint32) GapSet {
	if t.gaps == nil {
		t.gaps = make([]int, t.m.rev.count)
	}
	type hop struct{ from, to uint32 }
	var hops []hop
	known := GapSet(0)
	for s := n; t.at(s) != 0; {
		if i := t.m.rev.inner[s]; i != 0 && t.gaps[i-1] != 0 {
			known = GapSet(t.gaps[i-1] - 1)
			break
		}
		to, at := t.best(s)
		if at == unreached {
			return 0
		}
		hops = append(hops, hop{s, to})
		s = to
	}
	for _, h := range slices.Backward(hops) {
		if gap, hidden := t.v.hides(h.from, h.to); hidden {
			known = t.m.Join(known, t.m.sets.intern([]uint32{gap}))
		}
		if i := t.m.rev.inner[h.from]; i != 0 {
			t.gaps[i-1] = int(known) + 1
		}
	}
	return known
}
