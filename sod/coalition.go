// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"cmp"
	"maps"
	"math"
	"math/bits"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// judgeCoalitions finds, for each rule about people, the strongest mode in which
// fewer than so many subjects hold all duties together.
func (e *evaluation) judgeCoalitions() {
	for _, r := range e.rules {
		if r.Kind != PeopleRule {
			continue
		}
		for at, l := range e.proven {
			if c := e.crowd(r, l); c.smallest(r.Limit-1) != nil {
				e.findings = append(e.findings, e.collusion(r, at, c))
				break
			}
		}
	}
}

func (e *evaluation) collusion(r rule, at int, c *crowd) Finding {
	members := c.smallest(r.Limit - 1)
	f := Finding{Kind: r.finds(), Rule: r.ID, Severity: r.Severity, Same: r.value, Mode: e.proven[at].view.Mode(), Coalitions: c.count(len(members))}
	for _, m := range members {
		f.Subjects = append(f.Subjects, e.g.ID(m))
	}
	for _, duty := range r.labels {
		for _, m := range members {
			if w, ok := e.witness(m, duty, at); ok {
				f.Witness = append(f.Witness, w)
				break
			}
		}
	}
	return f
}

// A crowd is who holds what of one rule: subjects with equal duties stand together.
// Numbers of nodes are in the order of IDs.
type crowd struct {
	all    uint64              // the duties of the rule, as bits of their places in it
	who    map[uint64][]uint32 // by the duties that they hold, in order
	masks  []uint64            // the different sets of duties, in order
	byDuty [][]uint64          // of them, those with the duty: the most duties first
}

func (e *evaluation) crowd(r rule, l level) *crowd {
	c := &crowd{all: uint64(1)<<len(r.labels) - 1, who: map[uint64][]uint32{}, byDuty: make([][]uint64, len(r.labels))}
	for _, s := range e.subjects {
		if e.leavesOut(r.Rule, s) {
			continue
		}
		var mask uint64
		for i, duty := range r.labels {
			if l.closure.Has(s, duty) {
				mask |= 1 << i
			}
		}
		if mask != 0 && (e.g.ID(s).Kind != graph.Unresolved || l.view.Holds(s)) {
			c.who[mask] = append(c.who[mask], s)
		}
	}
	c.masks = slices.Sorted(maps.Keys(c.who))
	for mask := range c.who {
		slices.Sort(c.who[mask])
	}
	for i := range c.byDuty {
		for _, mask := range c.masks {
			if mask&(1<<i) != 0 {
				c.byDuty[i] = append(c.byDuty[i], mask)
			}
		}
		slices.SortStableFunc(c.byDuty[i], func(a, b uint64) int { return bits.OnesCount64(b) - bits.OnesCount64(a) })
	}
	return c
}

// nobody is below every node.
const nobody = -1

// smallest returns the smallest coalition of at most so many subjects, and of those
// the first in the order of their IDs; nil when there is none.
func (c *crowd) smallest(most int) []uint32 {
	anyone := c.search(nobody)
	for size := 1; size <= most; size++ {
		if anyone.covers(c.all, size) {
			return c.first(anyone, size)
		}
	}
	return nil
}

// first builds the first coalition of a size member by member: each is the least
// one that leaves enough for those behind him.
func (c *crowd) first(anyone *search, size int) []uint32 {
	var members []uint32
	left, last := c.all, int64(nobody)
	for more := size - 1; more >= 0; more-- {
		next, mask := c.next(anyone, left, last, more)
		members, left, last = append(members, next), left&^mask, int64(next)
	}
	return members
}

// next returns the least subject behind another one with whom so many more behind
// him hold what is left.
func (c *crowd) next(anyone *search, left uint64, last int64, more int) (who uint32, mask uint64) {
	best := int64(1) << 40
	for _, m := range c.masks {
		i, _ := slices.BinarySearchFunc(c.who[m], last, func(n uint32, last int64) int { return cmp.Compare(int64(n), last+1) })
		if m&left == 0 || i == len(c.who[m]) || int64(c.who[m][i]) >= best || !anyone.covers(left&^m, more) {
			continue
		}
		if at := int64(c.who[m][i]); c.search(at).covers(left&^m, more) {
			best, mask = at, m
		}
	}
	return uint32(best), mask
}

// A search asks whether a few subjects behind a number hold some duties.
type search struct {
	*crowd
	after int64
	known map[question]bool
}

type question struct {
	left uint64
	size int
}

func (c *crowd) search(after int64) *search {
	return &search{c, after, map[question]bool{}}
}

// covers branches by the duty that the fewest have.
func (s *search) covers(left uint64, size int) bool {
	switch {
	case left == 0:
		return true
	case size == 0:
		return false
	}
	q := question{left, size}
	if known, ok := s.known[q]; ok {
		return known
	}
	found := slices.ContainsFunc(s.byDuty[s.rarest(left)], func(m uint64) bool {
		who := s.who[m]
		return int64(who[len(who)-1]) > s.after && s.covers(left&^m, size-1)
	})
	s.known[q] = found
	return found
}

// rarest returns the duty of those left that the fewest sets have.
func (c *crowd) rarest(left uint64) int {
	best := bits.TrailingZeros64(left)
	for rest := left; rest != 0; rest &= rest - 1 {
		if i := bits.TrailingZeros64(rest); len(c.byDuty[i]) < len(c.byDuty[best]) {
			best = i
		}
	}
	return best
}

// maxCounted bounds the work of counting coalitions.
const maxCounted = 1 << 20

// count says how many coalitions of the smallest size there are. Without a smaller
// one, the members of each hold different sets of duties.
func (c *crowd) count(size int) Coalitions {
	k := counter{crowd: c, left: maxCounted, out: map[uint64]bool{}}
	n := k.count(c.all, size, 1)
	return Coalitions{Count: n, AtLeast: k.left <= 0}
}

type counter struct {
	*crowd
	left int             // of the work that it may do
	out  map[uint64]bool // sets that are not to be used: those with them are counted
}

// count counts the ways to hold what is left with so many sets, times the ways in
// which the sets until now may be taken.
func (k *counter) count(left uint64, size, ways int) int {
	k.left--
	switch {
	case left == 0 && size == 0:
		return ways
	case left == 0 || size == 0 || k.left <= 0:
		return 0
	}
	total := 0
	var used []uint64
	for _, m := range k.byDuty[k.rarest(left)] {
		if k.out[m] {
			continue
		}
		total = saturating(total, k.count(left&^m, size-1, product(ways, len(k.who[m]))))
		k.out[m], used = true, append(used, m)
	}
	for _, m := range used {
		delete(k.out, m)
	}
	return total
}

const huge = math.MaxInt32

func saturating(a, b int) int { return min(a+b, huge) }

func product(a, b int) int {
	if a > huge/max(b, 1) {
		return huge
	}
	return a * b
}

// judgeCoalitions adds a row for each rule about people that only hidden grants
// break.
func (g *gapRows) judgeCoalitions() {
	for i, r := range g.e.rules {
		if r.Kind != PeopleRule || slices.ContainsFunc(g.known, func(l level) bool { return g.e.crowd(r, l).smallest(r.Limit-1) != nil }) {
			continue
		}
		members := g.e.crowd(r, g.possible).smallest(r.Limit - 1)
		if members == nil {
			continue
		}
		row := &NotAssessed{Rule: r.ID, Mode: g.possible.view.Mode(), Subjects: len(members)}
		key := rowKey{rule: i}
		for _, m := range members {
			row.Examples = append(row.Examples, g.e.g.ID(m))
			for _, duty := range r.labels {
				if g.gains(m, duty) {
					key.gaps = g.possible.maps.Join(key.gaps, g.possible.maps.To(duty).Gaps(m))
				}
			}
		}
		row.Examples = row.Examples[:min(len(row.Examples), maxExamples)]
		g.rows[key] = row
	}
}
