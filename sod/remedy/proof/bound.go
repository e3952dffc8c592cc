// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"errors"
	"fmt"
	"slices"
)

// This file checks the lower bound. It needs only the clauses, each of which is a set of
// grants of which every plan revokes one, and what grants cost.
//
// Parts have no grant in common, so what plans cost at least in each adds up, and is a
// whole number in each. Pieces of one part may share grants: a piece then counts only a
// share of a grant's cost, and all shares of a grant come to its cost at most, so what
// plans cost at least in each piece adds up, too.
//
// Within a piece a grant may be dropped when another one is in all of its clauses and
// costs no more: a plan that revokes the first is no worse when it revokes the second
// instead. The tree parts the plans by whether they revoke a grant. A leaf names weights:
// let w(c) be the weight of clause c, and let a plan revoke of the grants that are still
// open the set X. Each clause that is not hit above the leaf holds one of X at least, so
//
//	cost(X) ≥ Σ w(c) + Σ over g in X of (cost(g) − Σ of w(c) over the clauses c of g)
//	        ≥ Σ w(c) − Σ over open g of max(0, Σ of w(c) over the clauses c of g − cost(g)).
//
// What was revoked above the leaf comes on top. All that is a multiple of the greatest
// number of which the costs of all grants in the piece are multiples. A leaf may also
// name a clause that is broken, because all of its grants are kept: no plan is there. The
// piece bounds what the weakest of its leaves does.

// unit is how many units of a weight one unit of cost is.
const unit = 1 << 14

// limit keeps sums of weights and costs far from where numbers wrap.
const limit = 1 << 61

// A tree is a piece whose clauses are known by their grants.
type tree struct {
	piece
	cost    map[int]int64 // by grant, in units
	grain   int64
	clauses []map[int]bool
	kept    map[int]bool
	revoked map[int]bool
	visited []bool
	used    []bool // by clause
	weighed []bool // by weights
	least   int64
}

// checkPiece works out what a piece bounds, in units, by the grants of its clauses and by
// what each grant of the piece counts.
func checkPiece(p piece, clauses []map[int]bool, cost map[int]int64) (int64, error) {
	t := &tree{
		piece: p, cost: cost, clauses: clauses, kept: map[int]bool{}, revoked: map[int]bool{},
		visited: make([]bool, len(p.Tree)), used: make([]bool, len(clauses)), weighed: make([]bool, len(p.Weights)), least: limit,
	}
	for _, c := range cost {
		t.grain = gcd(t.grain, c)
	}
	if err := t.drop(); err != nil {
		return 0, err
	}
	if err := t.visit(0); err != nil {
		return 0, err
	}
	switch {
	case slices.Contains(t.visited, false):
		return 0, fmt.Errorf("node %d is not in the tree", slices.Index(t.visited, false))
	case slices.Contains(t.used, false):
		return 0, fmt.Errorf("clause %d proves nothing", slices.Index(t.used, false))
	case slices.Contains(t.weighed, false):
		return 0, fmt.Errorf("weights %d prove nothing", slices.Index(t.weighed, false))
	case t.least == limit:
		return 0, errors.New("no plan is anywhere in the tree")
	}
	return t.least, nil
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// drop takes grants out of the clauses.
func (t *tree) drop() error {
	for _, d := range t.Dropped {
		g, by := d[0], d[1]
		if !t.has(g) || !t.has(by) || g == by || t.cost[by] > t.cost[g] {
			return fmt.Errorf("grant %d cannot be dropped for %d", g, by)
		}
		in := 0
		for _, c := range t.clauses {
			if c[g] && !c[by] {
				return fmt.Errorf("grant %d cannot be dropped: grant %d is not in all of its clauses", g, by)
			}
			if c[g] {
				in++
				delete(c, g)
			}
		}
		if in == 0 {
			return fmt.Errorf("grant %d is dropped and in no clause", g)
		}
	}
	return nil
}

// visit checks a node and what is below it. Deep trees are mostly chains: only one side
// of a branch is visited by a call.
func (t *tree) visit(at int) error {
	var decided []int
	defer func() {
		for _, g := range decided {
			delete(t.kept, g)
		}
	}()
	for {
		if at < 0 || at >= len(t.Tree) || t.visited[at] {
			return fmt.Errorf("node %d: there is none, or it is in the tree twice", at)
		}
		t.visited[at] = true
		n := t.Tree[at]
		if n.Grant == nil {
			return t.leaf(at, n)
		}
		g := *n.Grant
		if n.Weights != nil || n.Broken != nil || !t.has(g) || t.kept[g] || t.revoked[g] {
			return fmt.Errorf("node %d: grant %d is no grant, or decided above", at, g)
		}
		down, on := n.Revoked, n.Kept
		if t.isLeaf(n.Kept) && !t.isLeaf(n.Revoked) { // the chain goes on where it is revoked
			t.kept[g] = true
			if err := t.visit(n.Kept); err != nil {
				return err
			}
			delete(t.kept, g)
			t.revoked[g] = true
			defer delete(t.revoked, g)
			at = n.Revoked
			continue
		}
		t.revoked[g] = true
		err := t.visit(down)
		delete(t.revoked, g)
		if err != nil {
			return err
		}
		t.kept[g] = true
		decided = append(decided, g)
		at = on
	}
}

func (t *tree) has(g int) bool { _, ok := t.cost[g]; return ok }

func (t *tree) isLeaf(at int) bool { return at >= 0 && at < len(t.Tree) && t.Tree[at].Grant == nil }

// leaf works out what a leaf bounds.
func (t *tree) leaf(at int, n node) error {
	switch {
	case n.Revoked != 0 || n.Kept != 0 || (n.Weights == nil) == (n.Broken == nil):
		return fmt.Errorf("node %d is neither a branch nor a leaf", at)
	case n.Broken != nil && (*n.Broken < 0 || *n.Broken >= len(t.clauses)):
		return fmt.Errorf("node %d: there is no clause %d", at, *n.Broken)
	case n.Broken != nil:
		t.used[*n.Broken] = true
		for g := range t.clauses[*n.Broken] {
			if !t.kept[g] {
				return fmt.Errorf("node %d: clause %d is not broken", at, *n.Broken)
			}
		}
		return nil
	case *n.Weights < 0 || *n.Weights >= len(t.Weights):
		return fmt.Errorf("node %d: there are no weights %d", at, *n.Weights)
	}
	units, err := t.weigh(t.Weights[*n.Weights])
	if err != nil {
		return fmt.Errorf("weights %d: %w", *n.Weights, err)
	}
	t.weighed[*n.Weights] = true
	grain := max(t.grain, 1)
	t.least = min(t.least, (max(units, 0)+grain-1)/grain*grain)
	return nil
}

func (t *tree) weigh(weights []pair) (units int64, err error) {
	for g := range t.revoked {
		units += t.cost[g]
	}
	load, sum := map[int]int64{}, units
	before := -1
	for _, w := range weights {
		c, weight := w[0], int64(w[1])
		if c <= before || c >= len(t.clauses) || weight <= 0 || weight > (limit-sum)/int64(len(t.clauses[c])+1) {
			return 0, fmt.Errorf("clause %d with weight %d is out of order or out of bounds", c, weight)
		}
		sum += weight * int64(len(t.clauses[c])+1)
		before, t.used[c] = c, true
		if t.hit(c) {
			continue
		}
		units += weight
		for g := range t.clauses[c] {
			if !t.kept[g] {
				load[g] += weight
			}
		}
	}
	for g, load := range load {
		units -= max(0, load-t.cost[g])
	}
	return units, nil
}

// hit reports whether a grant of a clause is revoked.
func (t *tree) hit(c int) bool {
	for g := range t.clauses[c] {
		if t.revoked[g] {
			return true
		}
	}
	return false
}
