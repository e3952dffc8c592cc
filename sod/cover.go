// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// What a search for a coalition may cost, in crews looked at: work and not time, so
// that the same input gives the same answer.
const (
	maxSearch = 1 << 26
	maxCount  = 1 << 22
)

// A dutySet is a set of a rule's duties by place.
type dutySet []uint64

func newDutySet(n int) dutySet { return make(dutySet, (n+63)/64) }

func (s dutySet) add(i int) { s[i/64] |= 1 << (i % 64) }

func (s dutySet) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

func (s dutySet) size() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// in reports whether every duty of s is in t.
func (s dutySet) in(t dutySet) bool {
	for i := range s {
		if s[i]&^t[i] != 0 {
			return false
		}
	}
	return true
}

func (s dutySet) without(t dutySet) dutySet {
	rest := make(dutySet, len(s))
	for i := range s {
		rest[i] = s[i] &^ t[i]
	}
	return rest
}

func (s dutySet) key() string {
	var b []byte
	for _, w := range s {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return string(b)
}

// A crew is all subjects who hold exactly the same of a rule's duties.
type crew struct {
	holds dutySet
	first uint32 // in ID order
	size  int
}

// A cover looks for the fewest subjects who hold all duties together: exactly, by
// branching over who holds the duty that the fewest hold.
type cover struct {
	duties int
	crews  []crew  // by their first subject
	able   [][]int // by duty: crews that hold it and no crew holds more than, the largest first
	all    [][]int // by duty: every crew that holds it
	most   int     // duties that one crew holds
	fails  map[string]int
	works  map[string]int
	steps  int
	limit  int
}

// newCover takes crews whose sets are not empty and differ.
func newCover(duties int, crews []crew) *cover {
	slices.SortFunc(crews, func(a, b crew) int { return cmp.Compare(a.first, b.first) })
	c := &cover{duties: duties, crews: crews, fails: map[string]int{}, works: map[string]int{}, limit: maxSearch}
	c.able, c.all = make([][]int, duties), make([][]int, duties)
	for i := range crews {
		c.most = max(c.most, crews[i].holds.size())
		c.list(c.all, i)
	}
	for _, i := range c.largest() {
		c.list(c.able, i)
	}
	return c
}

func (c *cover) list(by [][]int, i int) {
	for d := range by {
		if c.crews[i].holds.has(d) {
			by[d] = append(by[d], i)
		}
	}
}

// largest returns the crews that no other makes superfluous, the largest sets first.
// Where comparing all would take too long it keeps some that are superfluous.
func (c *cover) largest() []int {
	order := make([]int, len(c.crews))
	sizes := make([]int, len(c.crews))
	for i := range order {
		order[i], sizes[i] = i, c.crews[i].holds.size()
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(sizes[b], sizes[a]), cmp.Compare(a, b)) })
	var kept []int
	compared := 0
	for _, i := range order {
		inAnother := func(k int) bool { return c.crews[i].holds.in(c.crews[k].holds) }
		if compared += len(kept); compared > maxSearch || !slices.ContainsFunc(kept, inAnother) {
			kept = append(kept, i)
		}
	}
	return kept
}

func (c *cover) everything() dutySet {
	s := newDutySet(c.duties)
	for d := range c.duties {
		s.add(d)
	}
	return s
}

// exhausted reports whether the search was given up: it then knows no answer.
func (c *cover) exhausted() bool { return c.steps > c.limit }

// smallest returns how many subjects hold all duties together at the least, or 0 when
// fewer than limit never do.
func (c *cover) smallest(limit int) int {
	for n := 1; n < limit && !c.exhausted(); n++ {
		if c.can(c.everything(), n) {
			return n
		}
	}
	return 0
}

// can reports whether n crews hold what is left.
func (c *cover) can(left dutySet, n int) bool {
	size := left.size()
	switch {
	case size == 0:
		return true
	case size > n*c.most:
		return false
	}
	key := left.key()
	if enough, known := c.works[key]; known && enough <= n {
		return true
	}
	if few, known := c.fails[key]; known && few >= n {
		return false
	}
	for _, i := range c.able[c.rarest(left, c.able)] {
		if c.steps++; c.exhausted() {
			return false
		}
		if n == 1 && left.in(c.crews[i].holds) || n > 1 && c.can(left.without(c.crews[i].holds), n-1) {
			c.works[key] = n
			return true
		}
	}
	if !c.exhausted() {
		c.fails[key] = n
	}
	return false
}

// rarest returns the duty of a set that the fewest of the listed crews hold.
func (c *cover) rarest(left dutySet, by [][]int) int {
	best := -1
	for d := range c.duties {
		if left.has(d) && (best < 0 || len(by[d]) < len(by[best])) {
			best = d
		}
	}
	return best
}

// first returns the coalition of n subjects that comes first in ID order, where n is
// the smallest size. So everybody in it is needed: the first is whoever comes first of
// all who are in any, and so on. Where finding it takes too long it is the coalition
// that was found first.
func (c *cover) first(n int) []uint32 {
	c.limit += maxSearch
	who := c.pick(n, func(left dutySet, n int) bool { return c.can(left, n) })
	if c.exhausted() {
		who = c.pick(n, func(left dutySet, n int) bool {
			enough, known := c.works[left.key()]
			return left.size() == 0 || known && enough <= n
		})
	}
	slices.Sort(who)
	return who
}

// pick takes the first crew after which the rest can still be held, n times.
func (c *cover) pick(n int, can func(left dutySet, n int) bool) (who []uint32) {
	left := c.everything()
	for n--; n >= 0; n-- {
		for _, m := range c.crews {
			rest := left.without(m.holds)
			if rest.size() < left.size() && can(rest, n) {
				who = append(who, m.first)
				left = rest
				break
			}
		}
	}
	return who
}

// needed tells which crews are in any coalition of fewer than limit that cannot do
// without them, because nobody else in it holds one of its duties; false when that
// takes too long to find out.
func (c *cover) needed(limit int) (crews []bool, ok bool) {
	crews = make([]bool, len(c.crews))
	for d := range c.duties {
		holds := func(m crew) bool { return m.holds.has(d) }
		others := newCover(c.duties, slices.DeleteFunc(slices.Clone(c.crews), holds))
		others.limit = maxCount
		for i, m := range c.crews {
			if crews[i] || !holds(m) {
				continue
			}
			crews[i] = others.can(c.everything().without(m.holds), limit-2)
			if others.exhausted() {
				return nil, false
			}
		}
	}
	return crews, true
}

// count returns how many coalitions of n subjects there are, where n is the smallest
// size; or how many it came to when it gave up.
func (c *cover) count(n int) (coalitions int, all bool) {
	t := tally{cover: c, banned: make([]bool, len(c.crews))}
	got := t.count(c.everything(), n)
	return max(got, 1), t.steps <= maxCount && got < math.MaxInt
}

// A tally counts coalitions. A crew is banned when all coalitions with it are counted.
type tally struct {
	*cover
	banned []bool
	steps  int
}

func (t *tally) count(left dutySet, n int) int {
	if left.size() > n*t.most {
		return 0
	}
	total := 0
	var tried []int
	for _, i := range t.all[t.rarest(left, t.all)] {
		if t.banned[i] {
			continue
		}
		if t.steps++; t.steps > maxCount {
			break
		}
		rest := left.without(t.crews[i].holds)
		switch {
		case rest.size() == 0:
			total = sum(total, t.crews[i].size)
		case n > 1:
			total = sum(total, times(t.crews[i].size, t.count(rest, n-1)))
			t.banned[i] = true
			tried = append(tried, i)
		}
	}
	for _, i := range tried {
		t.banned[i] = false
	}
	return total
}

// sum and times stop at the largest number.
func sum(a, b int) int { return a + min(b, math.MaxInt-a) }

func times(a, b int) int {
	if a != 0 && b > math.MaxInt/a {
		return math.MaxInt
	}
	return a * b
}
