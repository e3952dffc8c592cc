// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"cmp"
	"fmt"
	"slices"
)

// This file checks what the certificate is made of. What follows from that is in bound.go.

// prices checks what the grants of the certificate cost.
func (c *checker) prices() error {
	all := c.plan.Certificate.Grants
	for i, p := range all {
		cost, _, err := c.price(p.grant)
		switch {
		case err != nil:
			return fmt.Errorf("certificate: grant %d: %w", i, err)
		case cost != p.Cost || cost > limit/unit:
			return fmt.Errorf("certificate: grant %d costs %d, and says %d", i, cost, p.Cost)
		case i > 0 && compare(all[i-1].grant, p.grant) >= 0:
			return fmt.Errorf("certificate: grant %d is not in its place", i)
		}
		c.number[p.grant] = i
	}
	c.clauses = make([]int, len(all))
	return nil
}

// parts checks the parts of the certificate: that they have no grant in common, that
// each grant counts for its cost, and what they bound.
func (c *checker) parts() error {
	of := map[int]bool{}
	last := -1
	for i, p := range c.plan.Certificate.Parts {
		spent, err := c.part(p)
		if err != nil {
			return fmt.Errorf("certificate: part %d: %w", i, err)
		}
		first := len(c.clauses)
		for g := range spent {
			if of[g] {
				return fmt.Errorf("certificate: part %d has grant %d in common with another one", i, g)
			}
			first, of[g] = min(first, g), true
		}
		if first <= last {
			return fmt.Errorf("certificate: part %d is not in its place", i)
		}
		last = first
	}
	for i, g := range c.plan.Certificate.Grants {
		if !of[i] || c.clauses[i] != g.Clauses {
			return fmt.Errorf("certificate: grant %d is in %d clauses, and says %d", i, c.clauses[i], g.Clauses)
		}
	}
	return nil
}

// part checks a part and returns what counts of each grant in it.
func (c *checker) part(p part) (spent map[int]int64, err error) {
	spent = map[int]int64{}
	total := int64(0)
	for j, piece := range p.Pieces {
		if j > 0 && len(piece.Clauses) > 0 && c.compareClauses(p.Pieces[j-1].Clauses[0], piece.Clauses[0]) >= 0 {
			return nil, fmt.Errorf("piece %d is not in its place", j)
		}
		if err := c.piece(piece, spent); err != nil {
			return nil, fmt.Errorf("piece %d: %w", j, err)
		}
		if piece.Bound > limit-total {
			return nil, fmt.Errorf("piece %d bounds more than can be counted", j)
		}
		total += piece.Bound
	}
	if bound := (total + unit - 1) / unit; bound != p.Bound || len(p.Pieces) == 0 {
		return nil, fmt.Errorf("it bounds %d, and says %d", bound, p.Bound)
	}
	before := int64(-1)
	for _, s := range p.Spare {
		if _, is := spent[int(s[0])]; !is || s[0] <= before || s[1] <= 0 || s[1] > limit {
			return nil, fmt.Errorf("grant %d has %d to spare: it is not in its place, or cannot be", s[0], s[1])
		}
		before = s[0]
		spent[int(s[0])] += s[1]
	}
	for g, units := range spent {
		if units != c.plan.Certificate.Grants[g].Cost*unit {
			return nil, fmt.Errorf("grant %d counts for %d units, which is not what it costs", g, units)
		}
	}
	return spent, nil
}

// piece checks a piece, and adds to what is spent what each of its grants counts for.
func (c *checker) piece(p piece, spent map[int]int64) error {
	clauses, err := c.witnesses(p)
	if err != nil {
		return err
	}
	cost := map[int]int64{}
	for _, clause := range clauses {
		for _, g := range clause {
			cost[g] = c.plan.Certificate.Grants[g].Cost * unit
		}
	}
	before := int64(-1)
	for _, s := range p.Shares {
		if whole, ok := cost[int(s[0])]; !ok || s[0] <= before || s[1] < 0 || s[1] >= whole {
			return fmt.Errorf("grant %d has a share that it cannot have", s[0])
		}
		before, cost[int(s[0])] = s[0], s[1]
	}
	for g, units := range cost {
		if spent[g] += units; spent[g] > limit {
			return fmt.Errorf("grant %d counts for more than it costs", g)
		}
	}
	return p.check(clauses, cost)
}

// witnesses checks the clauses of a piece, and returns their grants by number.
func (c *checker) witnesses(p piece) (all [][]int, err error) {
	if len(p.Clauses) == 0 {
		return nil, fmt.Errorf("it has no clauses")
	}
	for i, clause := range p.Clauses {
		if i > 0 && c.compareClauses(p.Clauses[i-1], clause) >= 0 {
			return nil, fmt.Errorf("clause %d is not in its place", i)
		}
		if err := c.witness(clause); err != nil {
			return nil, fmt.Errorf("clause %d: %w", i, err)
		}
		var numbers []int
		for _, g := range clause.Grants {
			n, ok := c.number[g]
			if !ok || len(numbers) > 0 && n <= numbers[len(numbers)-1] {
				return nil, fmt.Errorf("clause %d: %s from %s to %s is not among the grants, or not in its place", i, g.Kind, g.From, g.To)
			}
			numbers = append(numbers, n)
			c.clauses[n]++
		}
		all = append(all, numbers)
	}
	return all, nil
}

// witness checks that the grants of a clause prove its finding with what no plan revokes,
// that all of them are needed, and that it is the first finding of its subject that they
// prove.
func (c *checker) witness(clause clause) error {
	f := c.before[clause.Finding]
	if f == nil || f.Subjects[0] != clause.Subject || !slices.Contains(c.own[clause.Subject], clause.Finding) {
		return fmt.Errorf("%s is no finding of %s that the plan clears", clause.Finding, clause.Subject)
	}
	stays := func(g grant) bool { return !c.mayGo(g) }
	if err := c.isThere(f, stays, clause.Grants); err != nil {
		return err
	}
	if !c.isLeast(f, stays, clause.Grants) {
		return fmt.Errorf("not all of its grants are needed")
	}
	for _, id := range c.own[clause.Subject] {
		if id == clause.Finding {
			break
		}
		if c.isThere(c.before[id], stays, clause.Grants) == nil {
			return fmt.Errorf("its grants prove %s, which comes first", id)
		}
	}
	return nil
}

// compareClauses compares by finding and then by grants.
func (c *checker) compareClauses(a, b clause) int {
	return cmp.Or(cmp.Compare(c.place[a.Finding], c.place[b.Finding]), slices.CompareFunc(a.Grants, b.Grants, compare))
}
