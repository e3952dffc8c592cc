// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"encoding/binary"
	"slices"
)

// pieces solves the pieces of some witnesses at some price. Grants of which shares is
// true count for a share of their cost.
func (s *search) pieces(g *group, of []int, price func(i int32) int64, shares func(i int32) bool) (all []*solved) {
	grants, cost, clauses := s.cover(g, of, price)
	c := newCover(cost, clauses)
	c.reduce()
	for _, p := range c.pieces() {
		all = append(all, s.piece(g, of, c, p, grants, shares))
	}
	return all
}

// piece solves one piece, or knows it from an earlier round.
func (s *search) piece(g *group, of []int, c *cover, p piece, grants []int32, shares func(i int32) bool) *solved {
	x := &solved{}
	key := ""
	for _, i := range p.clauses {
		x.witnesses = append(x.witnesses, of[i])
		key += string(binary.LittleEndian.AppendUint32(nil, uint32(of[i]))) + "/" + keyOf(globalOf(grants, c.clauses[i])) // what is left of one depends on the others, too
	}
	if old, ok := g.pieces[key]; ok && shares == nil && old.bound == old.cost {
		return old
	}
	t, local := s.treeOf(c, p)
	t.limit = s.limit
	if shares != nil {
		t.limit = splitNodes
	}
	t.solve()
	for _, i := range t.plan {
		x.plan = append(x.plan, grants[local[i]])
	}
	x.cost, x.bound = t.best, min(t.least, t.best)
	x.piece = draft{weights: t.weights, tree: t.nodes}
	for _, d := range p.dropped {
		x.share(grants[d[0]], c.cost[d[0]], shares)
	}
	for _, i := range local {
		x.share(grants[i], c.cost[i], shares)
	}
	for i := range x.piece.tree {
		if n := &x.piece.tree[i]; n.kind == branches {
			n.grant = int(grants[local[n.grant]])
		}
	}
	if shares == nil {
		g.pieces[key] = x
	}
	return x
}

func (x *solved) share(grant int32, units int64, shares func(i int32) bool) {
	if shares != nil && shares(grant) {
		if x.piece.shares == nil {
			x.piece.shares = map[int32]int64{}
		}
		x.piece.shares[grant] = units
	}
}

// treeOf numbers the grants of a piece from 0.
func (s *search) treeOf(c *cover, p piece) (t *tree, grants []int32) {
	at := make(map[int32]int32, len(p.grants))
	var cost []int64
	for n, i := range p.grants {
		at[i] = int32(n)
		cost = append(cost, c.cost[i])
	}
	var clauses [][]int32
	for _, i := range p.clauses {
		clause := make([]int32, len(c.clauses[i]))
		for n, grant := range c.clauses[i] {
			clause[n] = at[grant]
		}
		clauses = append(clauses, clause)
	}
	return newTree(s.ctx, cost, clauses), p.grants
}

// cover numbers the grants of some of a group's witnesses from 0.
func (s *search) cover(g *group, of []int, price func(i int32) int64) (grants []int32, cost []int64, clauses [][]int32) {
	for _, x := range of {
		grants = append(grants, g.witnesses[x].grants...)
	}
	local := make([]int32, 0, len(grants))
	slices.Sort(grants)
	grants = slices.Compact(grants)
	for n, i := range grants {
		s.place[i] = int32(n)
		cost = append(cost, price(i))
	}
	for _, x := range of {
		from := len(local)
		for _, i := range g.witnesses[x].grants {
			local = append(local, s.place[i])
		}
		clauses = append(clauses, local[from:len(local):len(local)])
	}
	return grants, cost, clauses
}

func globalOf(grants, plan []int32) []int32 {
	out := make([]int32, len(plan))
	for n, i := range plan {
		out[n] = grants[i]
	}
	slices.Sort(out)
	return out
}
