// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"fmt"
	"math"
	"slices"
)

// This file checks the lower bound of a piece. It needs only the clauses, each of which is
// a set of grants of which every plan revokes one, and what grants cost.
//
// A grant is dropped when another one is in all of its clauses and costs no more, of equal
// ones all but the first: a plan that revokes it is no worse when it revokes the other one
// instead. Then the steps part the plans by whether they revoke a grant:
//
//	{"revoked":g}  what follows is about plans that revoke g,
//	{"kept":g}     and what follows this, about those that do not.
//
// A case is closed by one of
//
//	{"broken":c}   all grants of clause c are kept, so there is no plan
//	{"weights":…}  where w(c) is the weight of clause c, and no grant that is neither
//	               revoked nor kept is in clauses that weigh more than it costs: then
//	               such grants pay at least Σ w(c) for the clauses that are not hit, and
//	               what is revoked comes on top.
//
// Weights with "keeps" do not close the case: a plan that revokes one of these grants
// costs at least as much as the piece bounds, because the grant's cost comes on top and
// the weight of its clauses drops out. So they are kept from there on.
//
// What plans cost is a multiple of the greatest number of which the costs of all grants
// are that are not dropped, so bounds are rounded up to one.
//
// There is one way to write an argument. A clause is named by the first weights that can
// be, so that weights cannot be moved or raised; a broken clause is the first; what is
// kept is all that can be; and no step is there that nothing needs.

// unit is how many units of a weight one unit of cost is.
const unit = 1 << 14

// limit keeps sums of weights and costs far from where numbers wrap.
const limit = 1 << 61

// An argument is a piece with its clauses by numbers of grants.
type argument struct {
	piece
	next    int // step
	clauses [][]int
	in      map[int][]int // by grant: its clauses
	cost    map[int]int64 // by grant, in units
	grain   int64
	kept    map[int]bool
	revoked map[int]bool
	needed  map[int]bool // grants of which something needs that they are kept
	used    []bool       // by clause
	least   int64        // of all that is bounded
}

// check works out whether a piece bounds what it says. Clauses and their grants are in
// order.
func (p piece) check(clauses [][]int, cost map[int]int64) error {
	a := &argument{piece: p, cost: cost, in: map[int][]int{}, kept: map[int]bool{}, revoked: map[int]bool{}, needed: map[int]bool{}, used: make([]bool, len(clauses)), least: math.MaxInt64}
	total := int64(0)
	for _, c := range cost {
		if total += c; total > limit {
			return fmt.Errorf("its grants cost more than can be counted")
		}
	}
	a.drop(clauses)
	for g := range a.in {
		a.grain = gcd(a.grain, cost[g])
	}
	if err := a.prove(); err != nil {
		return fmt.Errorf("step %d: %w", a.next-1, err)
	}
	switch {
	case a.next != len(p.Steps):
		return fmt.Errorf("step %d proves nothing", a.next)
	case slices.Contains(a.used, false):
		return fmt.Errorf("clause %d proves nothing", slices.Index(a.used, false))
	case a.least != p.Bound:
		return fmt.Errorf("it bounds %d, and says %d", a.least, p.Bound)
	}
	return nil
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// drop takes grants out of the clauses.
func (a *argument) drop(clauses [][]int) {
	in := map[int][]int{}
	for i, clause := range clauses {
		for _, g := range clause {
			in[g] = append(in[g], i)
		}
	}
	for i, clause := range clauses {
		a.clauses = append(a.clauses, slices.DeleteFunc(slices.Clone(clause), func(g int) bool {
			return slices.ContainsFunc(clause, func(h int) bool {
				better := a.cost[h] < a.cost[g] || len(in[h]) > len(in[g]) || h < g
				return h != g && better && a.cost[h] <= a.cost[g] && contains(in[h], in[g])
			})
		}))
		for _, g := range a.clauses[i] {
			a.in[g] = append(a.in[g], i)
		}
	}
}

// contains reports whether one ordered list has all elements of another.
func contains(all, some []int) bool {
	return !slices.ContainsFunc(some, func(x int) bool { _, is := slices.BinarySearch(all, x); return !is })
}

// prove checks the steps about one case, from the next one on.
func (a *argument) prove() error {
	if a.next++; a.next > len(a.Steps) {
		return fmt.Errorf("it is missing")
	}
	s := a.Steps[a.next-1]
	switch {
	case s.Revoked != nil && s.Kept == nil && s.Broken == nil && s.Weights == nil && s.Keeps == nil:
		return a.cases(*s.Revoked)
	case s.Revoked == nil && s.Kept == nil && s.Broken != nil && s.Weights == nil && s.Keeps == nil:
		return a.closeBroken(*s.Broken)
	case s.Revoked == nil && s.Kept == nil && s.Broken == nil && s.Weights != nil:
		return a.weigh(*s.Weights, s.Keeps)
	}
	return fmt.Errorf("it neither begins nor closes a case")
}

func (a *argument) isOpen(g int) bool { return a.in[g] != nil && !a.kept[g] && !a.revoked[g] }

func (a *argument) isHit(c int) bool {
	return slices.ContainsFunc(a.clauses[c], func(g int) bool { return a.revoked[g] })
}

// cases checks both cases of a grant.
func (a *argument) cases(g int) error {
	if !a.isOpen(g) {
		return fmt.Errorf("grant %d is in no clause, or decided already", g)
	}
	a.revoked[g] = true
	if err := a.prove(); err != nil {
		return err
	}
	delete(a.revoked, g)
	if a.next++; a.next > len(a.Steps) || a.Steps[a.next-1].Kept == nil || *a.Steps[a.next-1].Kept != g {
		return fmt.Errorf("the case in which grant %d is kept is missing", g)
	}
	if s := a.Steps[a.next-1]; s.Revoked != nil || s.Broken != nil || s.Weights != nil || s.Keeps != nil {
		return fmt.Errorf("it says more than one thing")
	}
	return a.keeping([]int{g})
}

// keeping checks a case in which more grants are kept, and that something needs it.
func (a *argument) keeping(all []int) error {
	for _, g := range all {
		a.kept[g] = true
	}
	at := a.next - 1
	if err := a.prove(); err != nil {
		return err
	}
	needed := false
	for _, g := range all {
		needed = needed || a.needed[g]
		delete(a.needed, g)
		delete(a.kept, g)
	}
	if !needed {
		return fmt.Errorf("nothing needs what step %d keeps", at)
	}
	return nil
}

// firstBroken returns the first clause of which all grants are kept; -1 when there is none.
func (a *argument) firstBroken() int {
	return slices.IndexFunc(a.clauses, func(c []int) bool { return !slices.ContainsFunc(c, func(g int) bool { return !a.kept[g] }) })
}

func (a *argument) closeBroken(c int) error {
	if c != a.firstBroken() {
		return fmt.Errorf("clause %d is not the first that is broken", c)
	}
	a.used[c] = true
	for _, g := range a.clauses[c] {
		a.needed[g] = true
	}
	return nil
}

// weigh works out what weights bound, and what they keep.
func (a *argument) weigh(weights []pair, keeps []int) error {
	if a.firstBroken() >= 0 {
		return fmt.Errorf("a clause is broken")
	}
	units, load := int64(0), map[int]int64{}
	for g := range a.revoked {
		units += a.cost[g]
	}
	heavy := make([]bool, len(a.clauses))
	before := int64(-1)
	for _, w := range weights {
		if w[0] <= before || w[0] >= int64(len(a.clauses)) || w[1] <= 0 || a.isHit(int(w[0])) {
			return fmt.Errorf("clause %d with weight %d is out of order, out of bounds or hit", w[0], w[1])
		}
		before, a.used[w[0]], heavy[w[0]] = w[0], true, true
		for _, g := range a.clauses[w[0]] {
			if !a.kept[g] && w[1] > a.cost[g]-load[g] {
				return fmt.Errorf("the clauses of grant %d weigh more than it costs", g)
			}
			load[g] += w[1]
		}
		units += w[1]
	}
	for g, l := range load {
		if l > a.cost[g] {
			a.needed[g] = true
		}
	}
	if err := a.rigid(heavy, load); err != nil {
		return err
	}
	if keeps == nil {
		return a.bounds(units)
	}
	return a.keepBy(units, load, keeps)
}

// rigid checks that no weight can be raised, and none be moved to an earlier clause:
// either would make clauses of an open grant weigh more than it costs.
func (a *argument) rigid(heavy []bool, load map[int]int64) error {
	for c, clause := range a.clauses {
		if a.isHit(c) {
			continue
		}
		tight := slices.DeleteFunc(slices.Clone(clause), func(g int) bool { return a.kept[g] || load[g] < a.cost[g] })
		if len(tight) == 0 {
			return fmt.Errorf("clause %d could weigh more", c)
		}
		few := slices.MinFunc(tight, func(g, h int) int { return len(a.in[g]) - len(a.in[h]) })
		for _, d := range a.in[few] {
			if d > c && heavy[d] && contains(a.clauses[d], tight) {
				return fmt.Errorf("weight of clause %d belongs to clause %d", d, c)
			}
		}
	}
	return nil
}

func (a *argument) up(units int64) int64 {
	grain := max(a.grain, 1)
	return (units + grain - 1) / grain * grain
}

// bounds takes what is bounded.
func (a *argument) bounds(units int64) error {
	if a.up(units) < a.Bound {
		return fmt.Errorf("it bounds %d, and not %d", a.up(units), a.Bound)
	}
	a.least = min(a.least, a.up(units))
	return nil
}

// keepBy goes on without grants that cost too much by what was weighed.
func (a *argument) keepBy(units int64, load map[int]int64, keeps []int) error {
	var all []int
	for g, clauses := range a.in {
		isHit := !slices.ContainsFunc(clauses, func(c int) bool { return !a.isHit(c) })
		if a.isOpen(g) && !isHit && a.up(units+a.cost[g]-load[g]) >= a.Bound {
			all = append(all, g)
		}
	}
	slices.Sort(all)
	if a.up(units) >= a.Bound || len(all) == 0 || !slices.Equal(all, keeps) {
		return fmt.Errorf("the weights keep %d, or close the case, and it says %d", all, keeps)
	}
	for _, g := range all {
		if err := a.bounds(units + a.cost[g] - load[g]); err != nil {
			return err
		}
	}
	return a.keeping(all)
}
