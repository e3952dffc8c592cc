// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// crewsOf groups subjects, numbered from 0, by what they hold.
func crewsOf(holds []dutySet) []crew {
	var all []crew
	for s, set := range holds {
		i := slices.IndexFunc(all, func(c crew) bool { return slices.Equal(c.holds, set) })
		if i < 0 && set.size() > 0 {
			i = len(all)
			all = append(all, crew{holds: set, first: uint32(s)})
		}
		if i >= 0 {
			all[i].size++
		}
	}
	return all
}

// bruteForce tries every set of subjects, by size and then in order.
func bruteForce(holds []dutySet, duties, limit int) (first []uint32, count int) {
	for size := 1; size < limit && first == nil; size++ {
		for set := range 1 << len(holds) {
			var who []uint32
			left := newCover(duties, nil).everything()
			for s := range holds {
				if set>>s&1 == 1 {
					who = append(who, uint32(s))
					left = left.without(holds[s])
				}
			}
			if len(who) != size || left.size() > 0 {
				continue
			}
			count++
			if first == nil || slices.Compare(who, first) < 0 {
				first = who
			}
		}
	}
	return first, count
}

func randomHolds(r *rand.Rand, subjects, duties, most int) []dutySet {
	holds := make([]dutySet, subjects)
	for s := range holds {
		holds[s] = newDutySet(duties)
		for range r.IntN(most + 1) {
			holds[s].add(r.IntN(duties))
		}
	}
	return holds
}

func TestCoverEqualsBruteForce(t *testing.T) {
	sizes := map[int]int{}
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 3))
		duties := 1 + r.IntN(8)
		holds := randomHolds(r, 1+r.IntN(9), duties, 1+r.IntN(4))
		limit := 2 + r.IntN(5)
		first, count := bruteForce(holds, duties, limit)
		c := newCover(duties, crewsOf(holds))
		size := c.smallest(limit)
		sizes[size]++
		if size != len(first) {
			t.Fatalf("seed %d: smallest of %v: %d, want %d", seed, holds, size, len(first))
		}
		if size == 0 {
			continue
		}
		got, all := c.count(size)
		if who := c.first(size); !slices.Equal(who, first) || got != count || !all {
			t.Fatalf("seed %d: %v, %d of them (all: %t), want %v, %d of them; held %v", seed, who, got, all, first, count, holds)
		}
	}
	for size := range 5 {
		if sizes[size] < 10 {
			t.Errorf("only %d worlds with a coalition of %d: %v", sizes[size], size, sizes)
		}
	}
}

// neededBy tries every set of subjects: who is in one that holds all duties and cannot
// do without him.
func neededBy(holds []dutySet, duties, limit int) []bool {
	together := func(set int) bool {
		left := newCover(duties, nil).everything()
		for s := range holds {
			if set>>s&1 == 1 {
				left = left.without(holds[s])
			}
		}
		return left.size() == 0
	}
	needed := make([]bool, len(holds))
	for set := range 1 << len(holds) {
		if bits.OnesCount(uint(set)) >= limit || !together(set) {
			continue
		}
		for s := range holds {
			needed[s] = needed[s] || set>>s&1 == 1 && !together(set&^(1<<s))
		}
	}
	return needed
}

func TestNeededEqualsBruteForce(t *testing.T) {
	some, none := 0, 0
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 4))
		duties := 1 + r.IntN(6)
		holds := randomHolds(r, 1+r.IntN(8), duties, 1+r.IntN(4))
		limit := 2 + r.IntN(4)
		c := newCover(duties, crewsOf(holds))
		crews, ok := c.needed(limit)
		if !ok {
			t.Fatalf("seed %d: given up", seed)
		}
		for s, want := range neededBy(holds, duties, limit) {
			i := slices.IndexFunc(c.crews, func(m crew) bool { return slices.Equal(m.holds, holds[s]) })
			if got := i >= 0 && crews[i]; got != want {
				t.Fatalf("seed %d: %d is needed: %t, want %t; held %v, fewer than %d", seed, s, got, want, holds, limit)
			}
			if want {
				some++
			} else {
				none++
			}
		}
	}
	if some < 500 || none < 500 {
		t.Errorf("%d needed and %d not: the worlds are too tame to show anything", some, none)
	}
}

// TestCoverOfManyDuties needs more than one word of bits.
func TestCoverOfManyDuties(t *testing.T) {
	const duties = 150
	holds := []dutySet{newDutySet(duties), newDutySet(duties), newDutySet(duties)}
	for d := range duties {
		holds[d%3].add(d)
	}
	c := newCover(duties, crewsOf(holds))
	if n := c.smallest(3); n != 0 {
		t.Errorf("%d hold all, want none of fewer than 3", n)
	}
	if who := c.first(c.smallest(4)); !slices.Equal(who, []uint32{0, 1, 2}) {
		t.Errorf("%v hold all, want all three", who)
	}
}

// TestCoverIsFast finds or excludes a coalition of five among 10,000 people.
func TestCoverIsFast(t *testing.T) {
	for _, duties := range []int{12, 14, 40} {
		for most := 2; most <= 4; most++ {
			t.Run(fmt.Sprintf("%d duties, at most %d each", duties, most), func(t *testing.T) {
				c := newCover(duties, crewsOf(randomHolds(rand.New(rand.NewPCG(1, 1)), 10_000, duties, most)))
				begun := time.Now()
				size := c.smallest(6)
				want := (duties + most - 1) / most // by far enough people hold any most of them
				if duties > 5*most {
					want = 0
				}
				if size != want || c.exhausted() {
					t.Errorf("smallest: %d, want %d", size, want)
				}
				if size > 0 {
					who := c.first(size)
					count, all := c.count(size)
					t.Logf("%v, %d of them, all counted: %t", who, count, all)
				}
				if took := time.Since(begun); took > 10*time.Second {
					t.Errorf("took %s", took)
				}
			})
		}
	}
}

// TestCoverGivesUp shows that a search ends, and says that it knows no answer.
func TestCoverGivesUp(t *testing.T) {
	c := newCover(60, crewsOf(randomHolds(rand.New(rand.NewPCG(1, 2)), 2000, 60, 14)))
	c.limit = 10_000
	if size := c.smallest(7); size != 0 || !c.exhausted() {
		t.Errorf("smallest: %d, exhausted %t", size, c.exhausted())
	}
}
