// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"slices"
)

// This file makes of what a search leaves the one form in which a proof is accepted:
// without cases that nothing needs, and with the weights that come first of all that
// bound as much and cannot be moved one by one.

// A tidied piece is a proof of what hitting its clauses costs.
type tidied struct {
	clauses []witness // in order, with their grants in order
	grants  []int32   // candidates in the clauses, in order
	cost    []int64   // by place in grants, in units
	root    *argument
	bound   int64
}

// An argument about a case.
type argument struct {
	kind          argumentKind
	grant         int32     // of parts: by place in grants
	revoked, kept *argument // of parts
	weights       []int64   // of weighs: by clause
	keeps         []int32   // of weighs
	then          *argument // of weighs: nil closes the case
	clause        int       // of fails
}

type argumentKind uint8

const (
	parts argumentKind = iota
	weighs
	fails
)

// tidy works until nothing is left to leave out: first what weights as they are make
// superfluous, which is quick and most of it.
func tidy(m *model, g *group, x *solved) *tidied {
	t := &tidied{bound: x.bound}
	for _, n := range x.witnesses {
		clause := g.witnesses[n]
		clause.grants = slices.SortedFunc(slices.Values(clause.grants), m.inGrantOrder)
		t.clauses = append(t.clauses, clause)
	}
	t.root = t.read(m, x)
	for _, coarse := range []bool{true, false} {
		for again := true; again && t.bound > 0; {
			t.root, again = newTidier(t, coarse).run()
			again = t.shrink() || again
		}
	}
	return t
}

// read turns a draft into an argument, with its clauses in order.
func (t *tidied) read(m *model, x *solved) *argument {
	order := make([]int, len(t.clauses))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return m.inClauseOrder(t.clauses[a], t.clauses[b]) })
	place, sorted := make([]int, len(order)), make([]witness, len(order))
	for now, was := range order {
		place[was], sorted[now] = now, t.clauses[was]
	}
	t.clauses = sorted
	t.meetGrants(m, x.piece.shares)
	r := &reader{t: t, d: &x.piece, place: place, at: map[int]int32{}, known: make([][]int64, len(x.piece.weights))}
	for n, i := range t.grants {
		r.at[int(i)] = int32(n)
	}
	return r.read(0, -1)
}

func (t *tidied) meetGrants(m *model, shares map[int32]int64) {
	seen := map[int32]bool{}
	for _, clause := range t.clauses {
		for _, i := range clause.grants {
			if !seen[i] {
				seen[i] = true
				t.grants = append(t.grants, i)
			}
		}
	}
	slices.SortFunc(t.grants, m.inGrantOrder)
	for _, i := range t.grants {
		units, ok := shares[i]
		if !ok {
			units = int64(m.grants[i].cost) * Scale
		}
		t.cost = append(t.cost, units)
	}
}

type reader struct {
	t     *tidied
	d     *draft
	place []int         // by clause of the draft
	at    map[int]int32 // by candidate
	known [][]int64     // weights, by place in the draft's
}

// read reads a node and what is below it. Weights by which one side of it is closed are
// tried before it: they may close that of other grants as well.
func (r *reader) read(at, weighed int) *argument {
	n := r.d.tree[at]
	switch n.kind {
	case bounded:
		return &argument{kind: weighs, weights: r.weights(n.weights)}
	case breaks:
		return &argument{kind: fails, clause: r.place[n.clause]}
	}
	closed := r.d.tree[n.revoked]
	hint := -1
	if closed.kind == bounded {
		hint = closed.weights
	}
	a := &argument{kind: parts, grant: r.at[n.grant], revoked: r.read(n.revoked, -1), kept: r.read(n.kept, hint)}
	if hint >= 0 && hint != weighed {
		return &argument{kind: weighs, weights: r.weights(hint), then: a}
	}
	return a
}

// weights returns weights by clause, which many nodes have in common.
func (r *reader) weights(place int) []int64 {
	if r.known[place] != nil {
		return r.known[place]
	}
	all := make([]int64, len(r.place))
	for _, w := range r.d.weights[place] {
		all[r.place[w.clause]] = int64(w.units)
	}
	r.known[place] = all
	return all
}

// shrink leaves out clauses that the argument does not name, and grants that are in
// none. It reports whether there were any.
func (t *tidied) shrink() bool {
	used := make([]bool, len(t.clauses))
	t.root.mark(used)
	if !slices.Contains(used, false) {
		return false
	}
	place := make([]int, len(used))
	var clauses []witness
	named := map[int32]bool{}
	for i, clause := range t.clauses {
		if !used[i] {
			continue
		}
		place[i] = len(clauses)
		clauses = append(clauses, clause)
		for _, c := range clause.grants {
			named[c] = true
		}
	}
	at := make([]int32, len(t.grants))
	var grants []int32
	var cost []int64
	for n, i := range t.grants {
		if at[n] = -1; named[i] {
			at[n] = int32(len(grants))
			grants, cost = append(grants, i), append(cost, t.cost[n])
		}
	}
	t.root = t.root.renamed(used, place, at)
	t.clauses, t.grants, t.cost = clauses, grants, cost
	return true
}

func (a *argument) mark(used []bool) {
	switch {
	case a == nil:
		return
	case a.kind == fails:
		used[a.clause] = true
	}
	for i, w := range a.weights {
		used[i] = used[i] || w > 0
	}
	for _, below := range []*argument{a.revoked, a.kept, a.then} {
		below.mark(used)
	}
}

// renamed is an argument after clauses and grants got other places. A grant that is in
// no clause any more is kept.
func (a *argument) renamed(used []bool, place []int, at []int32) *argument {
	if a == nil {
		return nil
	}
	if a.kind == parts && at[a.grant] < 0 {
		return a.kept.renamed(used, place, at)
	}
	out := &argument{kind: a.kind, then: a.then.renamed(used, place, at), revoked: a.revoked.renamed(used, place, at), kept: a.kept.renamed(used, place, at)}
	switch a.kind {
	case parts:
		out.grant = at[a.grant]
	case fails:
		out.clause = place[a.clause]
	case weighs:
		for i, w := range a.weights {
			if used[i] {
				out.weights = append(out.weights, w)
			}
		}
		for _, g := range a.keeps {
			if at[g] >= 0 {
				out.keeps = append(out.keeps, at[g])
			}
		}
	}
	return out
}

// steps writes an argument down, with grants by their numbers.
func (t *tidied) steps(number func(n int32) int) (all []Step) {
	var write func(a *argument)
	write = func(a *argument) {
		switch a.kind {
		case fails:
			all = append(all, Step{Kind: Broken, Clause: a.clause})
		case parts:
			all = append(all, Step{Kind: Revoked, Grant: number(a.grant)})
			write(a.revoked)
			all = append(all, Step{Kind: Kept, Grant: number(a.grant)})
			write(a.kept)
		case weighs:
			s := Step{Kind: Weighed}
			for i, w := range a.weights {
				if w > 0 {
					s.Weights = append(s.Weights, [2]int{i, int(w)})
				}
			}
			for _, n := range a.keeps {
				s.Keeps = append(s.Keeps, number(n))
			}
			all = append(all, s)
			if a.then != nil {
				write(a.then)
			}
		}
	}
	write(t.root)
	return all
}
