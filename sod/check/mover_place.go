// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// samePlace is why there are no two sides of a transfer that changed no place that is
// told of.
const samePlace = "the place is the same"

// sides returns the two places of a transfer that are held against each other: the
// narrowest by which they differ, and at which there are enough peers. Else it says why
// there are none.
func (m *movers) sides(t transfer) (here, before side, why string) {
	told, differ, open := false, false, false
	for _, b := range Bonds() {
		at, known := placeOf(m.g, t.who, b, "")
		from, knownBefore := m.before(t.who, b)
		told = told || knownBefore
		if !known {
			open = open || knownBefore
			continue
		}
		open = open || !knownBefore // it may differ
		if !knownBefore || at == from {
			continue
		}
		differ = true
		here, before = m.side(at, m.with(at, from)), m.side(from, nil)
		if m.enough(here) && m.enough(before) {
			return here, before, ""
		}
		if m.mayBeEnough(here) && m.mayBeEnough(before) {
			break
		}
	}
	switch {
	case differ:
		return here, before, fmt.Sprintf("fewer than %d peers are known where people work now, or where they worked before", m.check.Peers)
	case told && !open:
		return here, before, samePlace
	case told:
		return here, before, "what changed with a transfer is not known"
	}
	return here, before, "where people worked before is not known"
}

// hereHasAll reports whether nothing of the things is lacked by the new place, by any bond
// by which it may be new and has enough peers.
func (m *movers) hereHasAll(who uint32, things []uint32) bool {
	if len(things) == 0 {
		return true
	}
	asked := false
	for _, b := range Bonds() {
		at, known := placeOf(m.g, who, b, "")
		from, _ := m.before(who, b)
		if !known || at == from {
			continue
		}
		here := m.side(at, m.with(at, from))
		if !m.enough(here) {
			continue
		}
		asked = true
		if slices.ContainsFunc(things, func(x uint32) bool { return m.lacks(here, x, false) }) {
			return false
		}
	}
	return asked
}

func (m *movers) enough(s side) bool { return s.of >= m.check.Peers }

// mayBeEnough reports whether there would be enough peers at a side if those of whom it
// is not known worked there.
func (m *movers) mayBeEnough(s side) bool { return s.of+s.perhaps >= m.check.Peers }

// side is a place without those who moved there together, and who may have.
func (m *movers) side(at Place, without *company) side {
	crowd := m.crowds[at]
	s := side{Place: at, of: len(crowd.people), perhaps: crowd.perhaps + m.strangers[at.Bond], clouded: crowd.clouded, held: crowd.held}
	if without == nil {
		return s
	}
	if !without.ready {
		m.settle(at, without)
	}
	s.of -= without.counted
	s.perhaps += without.drifters
	s.less = without.held
	return s
}

// settle tallies what those hold who are not counted at a place: who moved along, and
// who may have.
func (m *movers) settle(at Place, c *company) {
	c.ready = true
	var all []uint32
	without := func(n uint32) {
		if _, there := slices.BinarySearch(m.crowds[at].people, n); there {
			c.counted++
			all = append(all, m.things(n)...)
		}
	}
	for _, n := range c.people {
		without(n)
	}
	along, drift := c.counted, m.with(at, Place{})
	switch c {
	case drift: // from nobody knows where: they may have come with anybody
		already := map[uint32]bool{}
		for _, n := range c.people {
			already[n] = true
		}
		for _, n := range m.came[at] {
			if !already[n] {
				without(n)
			}
		}
	default:
		for _, n := range drift.people {
			without(n)
		}
	}
	c.drifters = c.counted - along
	c.held = tally(all)
}

// unlinked returns the accounts that are linked to nobody and say whose they are.
func (m *movers) unlinked() map[uint32][]uint32 {
	if m.loose != nil {
		return m.loose
	}
	m.loose = map[uint32][]uint32{}
	lo, hi := m.g.Range(graph.Account)
	for n := lo; n < hi; n++ {
		if len(m.owners[m.main(n)]) > 0 {
			continue
		}
		people, _, _ := m.whose(n)
		for _, p := range people {
			m.loose[p] = append(m.loose[p], n)
		}
	}
	return m.loose
}
