// SPDX-License-Identifier: Apache-2.0

package remedy

import "github.com/foureyes-iga/foureyes/sod"

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

// A Part bounds what the revocations among some grants cost.
type Part struct {
	Bound   int
	Clauses []Clause
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
