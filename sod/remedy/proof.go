// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"slices"

	"github.com/foureyes-iga/foureyes/sod"
)

// Scale is how many units of a weight one unit of cost is.
const Scale = 1 << 14

// A Proof shows that no plan costs less than the sum of the bounds of its parts. No two
// parts have a grant in common.
type Proof struct {
	Grants []Priced // that clauses name
	Parts  []Part
}

// Priced is a grant with its cost.
type Priced struct {
	Grant
	Cost int
}

// A Part bounds what the revocations among some grants cost: what its pieces bound
// together, rounded up to a whole number.
type Part struct {
	Bound  int
	Pieces []Piece
}

// A Piece bounds what hitting some clauses costs. Pieces of a part may have grants in
// common: each then counts for the share of its cost that a piece says, and all shares
// come to its cost at most.
type Piece struct {
	Clauses []Clause
	Shares  [][2]int // a grant, by place in Grants, and units of 1/[Scale]; others count whole
	Dropped [][2]int // a grant, and one that is in all its clauses and costs no more: by place in Grants
	Weights [][]Weight
	Tree    []Node // the first is the root
}

// A Clause says that a plan revokes a grant on one of the paths, because they prove a
// finding.
type Clause struct {
	Finding string
	Paths   []sod.Witness // one with an empty duty proves that something unresolved is a subject
}

// A Weight of a clause, in units of 1/[Scale].
type Weight struct{ Clause, Weight int }

// A Node of the tree parts the plans by whether they revoke a grant, or bounds their
// cost.
type Node struct {
	Kind          NodeKind
	Grant         int // of [Branch]: by place in Grants
	Revoked, Kept int // of Branch: the nodes of plans that do and do not revoke it
	Weights       int // of [Bounded]: by place in Weights
	Clause        int // of [Broken]: a clause of which every grant is kept
}

// A NodeKind says what a node of a proof does.
type NodeKind uint8

// The kinds of nodes.
const (
	Branch NodeKind = iota
	Bounded
	Broken
)

// proof puts together what was proved of all groups.
func (s *search) proof() Proof {
	w := &writer{m: s.m, at: map[int]int{}}
	for _, g := range s.groups {
		for _, family := range g.proved {
			w.part(g, family)
		}
	}
	return w.Proof
}

// A writer numbers the grants of a proof.
type writer struct {
	Proof
	m  *model
	at map[int]int
}

func (w *writer) number(i int) int {
	if _, ok := w.at[i]; !ok {
		w.at[i] = len(w.Grants)
		w.Grants = append(w.Grants, Priced{w.m.grantOf(int32(i)), w.m.grants[i].cost})
	}
	return w.at[i]
}

func (w *writer) part(g *group, family []*solved) {
	out := Part{Bound: int(boundOf(family))}
	for _, x := range family {
		if x.bound > 0 {
			out.Pieces = append(out.Pieces, w.piece(g, x))
		}
	}
	if out.Pieces != nil {
		w.Parts = append(w.Parts, out)
	}
}

// piece writes a piece with the clauses that its tree needs, and no others.
func (w *writer) piece(g *group, x *solved) (out Piece) {
	used := neededClauses(x.piece)
	place := make([]int, len(x.witnesses))
	named := map[int]bool{}
	for i, n := range x.witnesses {
		if !used[i] {
			continue
		}
		place[i] = len(out.Clauses)
		of := &g.witnesses[n]
		for _, grant := range of.grants {
			named[int(grant)] = true
			w.number(int(grant))
		}
		out.Clauses = append(out.Clauses, Clause{Finding: w.m.targets[of.target].finding.ID, Paths: w.m.tell(*of)})
	}
	for _, n := range x.piece.Tree {
		if n.Kind == Branch {
			named[n.Grant] = true
		}
	}
	for _, d := range x.piece.Dropped {
		if named[d[0]] {
			out.Dropped = append(out.Dropped, [2]int{w.number(d[0]), w.number(d[1])})
			named[d[1]] = true
		}
	}
	for _, share := range x.piece.Shares {
		if named[share[0]] {
			out.Shares = append(out.Shares, [2]int{w.number(share[0]), share[1]})
		}
	}
	for _, list := range x.piece.Weights {
		list = slices.Clone(list)
		for i := range list {
			list[i].Clause = place[list[i].Clause]
		}
		out.Weights = append(out.Weights, list)
	}
	for _, n := range x.piece.Tree {
		switch n.Kind {
		case Branch:
			n.Grant = w.number(n.Grant)
		case Broken:
			n.Clause = place[n.Clause]
		}
		out.Tree = append(out.Tree, n)
	}
	return out
}

// neededClauses tells which clauses a weight or a broken node names.
func neededClauses(p Piece) map[int]bool {
	used := map[int]bool{}
	for _, list := range p.Weights {
		for _, w := range list {
			used[w.Clause] = true
		}
	}
	for _, n := range p.Tree {
		if n.Kind == Broken {
			used[n.Clause] = true
		}
	}
	return used
}

// boundOf returns what pieces bound together.
func boundOf(family []*solved) int64 {
	units := int64(0)
	for _, x := range family {
		units += x.bound
	}
	return (units + Scale - 1) / Scale
}
