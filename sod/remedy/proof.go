// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"maps"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// Scale is how many units of a weight one unit of cost is.
const Scale = 1 << 14

// A Proof shows that no plan costs less than the sum of the bounds of its parts. No two
// parts have a grant in common. There is one way to write it: docs/formats/plan.md.
type Proof struct {
	Grants []Named // that clauses name, in order
	Parts  []Part
}

// Named is a grant with its cost and how many clauses name it.
type Named struct {
	Grant
	Cost, Clauses int
}

// A Part bounds what the revocations among some grants cost: what its pieces bound
// together, rounded up to a whole number.
type Part struct {
	Bound  int
	Pieces []Piece
	Spare  [][2]int // a grant, by place in Grants, and what of its cost counts in no piece, in units of 1/[Scale]
}

// A Piece bounds what hitting some clauses costs. Pieces of a part may have grants in
// common: each then counts for the share of its cost that a piece says, and all shares
// come to its cost.
type Piece struct {
	Bound   int64 // in units of 1/[Scale]
	Clauses []Clause
	Shares  [][2]int // a grant, by place in Grants, and units of 1/[Scale]; others count whole
	Steps   []Step
}

// A Clause says that a plan revokes one of some grants, because while they are there a
// finding is, whatever else is revoked.
type Clause struct {
	Finding string
	Subject graph.ID
	Grants  []Grant
}

// A Step of a proof by cases.
type Step struct {
	Kind    StepKind
	Grant   int      // of [Revoked] and [Kept]: by place in Grants
	Weights [][2]int // of [Weighed]: a clause, and its weight in units of 1/[Scale]
	Keeps   []int    // of Weighed: grants that stay from here on; none: the case is closed
	Clause  int      // of [Broken]
}

// A StepKind says what a step does.
type StepKind uint8

// The kinds of steps.
const (
	Revoked StepKind = iota // from here on a grant is revoked, until the step that keeps it
	Kept
	Weighed // weights of clauses bound what is left of a case
	Broken  // the case is none, because all grants of a clause are kept
)

// proof puts together what was proved of all groups.
func (s *search) proof() Proof {
	w := &writer{m: s.m, clauses: map[int32]int{}, at: map[int32]int{}}
	var parts [][]*tidied
	for _, g := range s.groups {
		for _, family := range g.proved {
			if part := w.part(g, family); part != nil {
				parts = append(parts, part)
			}
		}
	}
	w.number()
	for _, part := range parts {
		w.Parts = append(w.Parts, w.tell(part))
	}
	slices.SortFunc(w.Parts, func(a, b Part) int { return w.first(a) - w.first(b) })
	return w.Proof
}

// A writer numbers the grants of a proof.
type writer struct {
	Proof
	m       *model
	clauses map[int32]int // by candidate: clauses that name it
	at      map[int32]int // by candidate: its number
}

// part tidies the pieces of a part; nil when they bound nothing.
func (w *writer) part(g *group, family []*solved) (all []*tidied) {
	for _, x := range family {
		if x.bound == 0 {
			continue
		}
		if t := tidy(w.m, g, x); t.bound > 0 {
			all = append(all, t)
		}
	}
	for _, t := range all {
		for _, clause := range t.clauses {
			for _, i := range clause.grants {
				w.clauses[i]++
			}
		}
	}
	slices.SortFunc(all, func(a, b *tidied) int { return w.m.inClauseOrder(a.clauses[0], b.clauses[0]) })
	return all
}

func (w *writer) number() {
	for n, i := range slices.SortedFunc(maps.Keys(w.clauses), w.m.inGrantOrder) {
		w.at[i] = n
		w.Grants = append(w.Grants, Named{w.m.grantOf(i), w.m.grants[i].cost, w.clauses[i]})
	}
}

func (w *writer) tell(part []*tidied) (out Part) {
	left, units := map[int32]int64{}, int64(0)
	for _, t := range part {
		for n, i := range t.grants {
			if _, ok := left[i]; !ok {
				left[i] = int64(w.m.grants[i].cost) * Scale
			}
			left[i] -= t.cost[n]
		}
		units += t.bound
		out.Pieces = append(out.Pieces, w.piece(t))
	}
	out.Bound = int((units + Scale - 1) / Scale)
	for _, i := range slices.SortedFunc(maps.Keys(left), w.m.inGrantOrder) {
		if left[i] > 0 {
			out.Spare = append(out.Spare, [2]int{w.at[i], int(left[i])})
		}
	}
	return out
}

func (w *writer) piece(t *tidied) Piece {
	out := Piece{Bound: t.bound}
	for _, clause := range t.clauses {
		f := w.m.targets[clause.target].finding
		told := Clause{Finding: f.ID, Subject: f.Subjects[0]}
		for _, i := range clause.grants {
			told.Grants = append(told.Grants, w.m.grantOf(i))
		}
		out.Clauses = append(out.Clauses, told)
	}
	for n, i := range t.grants {
		if t.cost[n] != int64(w.m.grants[i].cost)*Scale {
			out.Shares = append(out.Shares, [2]int{w.at[i], int(t.cost[n])})
		}
	}
	out.Steps = t.steps(func(n int32) int { return w.at[t.grants[n]] })
	return out
}

// first is the first grant of a part.
func (w *writer) first(p Part) int {
	least := len(w.Grants)
	for _, piece := range p.Pieces {
		for _, c := range piece.Clauses {
			for _, g := range c.Grants {
				at, _ := slices.BinarySearchFunc(w.Grants, g, func(x Named, g Grant) int { return compareGrants(x.Grant, g) })
				least = min(least, at)
			}
		}
	}
	return least
}

// inClauseOrder compares clauses by finding and then by grants, which are in order.
func (m *model) inClauseOrder(a, b witness) int {
	if a.target != b.target {
		return int(a.target - b.target)
	}
	return slices.CompareFunc(a.grants, b.grants, m.inGrantOrder)
}

// boundOf returns what pieces bound together.
func boundOf(family []*solved) int64 {
	units := int64(0)
	for _, x := range family {
		units += x.bound
	}
	return (units + Scale - 1) / Scale
}
