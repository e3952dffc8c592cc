// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"cmp"
	"slices"
	"strings"
)

// Graph freezes what was added. The builder is empty afterwards.
func (b *Builder) Graph() *Graph {
	if b.terms == nil {
		b.terms = []Terms{{}}
	}
	g := &Graph{text: b.text}
	b.index = nil // no longer needed, and large
	newOf := g.takeNodes(b)
	g.takeGrants(b, newOf)
	g.gaps = sortedSet(b.gaps, compareGaps)
	g.uses = sortedSet(b.uses, compareUses)
	g.coverage = b.coverage
	slices.SortStableFunc(g.coverage, func(x, y Coverage) int {
		return cmp.Or(strings.Compare(string(x.Source), string(y.Source)), strings.Compare(string(x.Dataset), string(y.Dataset)), cmp.Compare(x.State, y.State), strings.Compare(x.Reason, y.Reason))
	})
	g.runs = b.runs
	slices.SortStableFunc(g.runs, func(x, y SourceRun) int {
		return cmp.Or(strings.Compare(string(x.Source), string(y.Source)), strings.Compare(x.Connector, y.Connector), x.Started.Compare(y.Started))
	})
	*b = Builder{}
	return g
}

func compareGaps(x, y Gap) int {
	return cmp.Or(x.About.Compare(y.About), strings.Compare(string(x.Dataset), string(y.Dataset)), strings.Compare(x.Reason, y.Reason))
}

func compareUses(x, y Use) int {
	return cmp.Or(x.Account.Compare(y.Account), x.Entitlement.Compare(y.Entitlement), x.At.Compare(y.At), strings.Compare(x.Ref, y.Ref))
}

func sortedSet[T comparable](s []T, compare func(a, b T) int) []T {
	slices.SortFunc(s, compare)
	return slices.Compact(s)
}

// takeNodes puts the nodes in the order of their IDs, where they are, and returns
// the new place of each old one.
func (g *Graph) takeNodes(b *Builder) (newOf []uint32) {
	g.ids, g.at = b.ids, b.at
	order := make([]uint32, len(b.ids))
	for i := range order {
		order[i] = uint32(i)
	}
	if slices.IsSortedFunc(b.ids, ID.Compare) {
		return order
	}
	slices.SortFunc(order, func(x, y uint32) int { return b.ids[x].Compare(b.ids[y]) })
	newOf = make([]uint32, len(order))
	for now, was := range order {
		newOf[was] = uint32(now)
	}
	for i := range order {
		g.fill(uint32(i), order)
	}
	return newOf
}

// fill moves to place i the node that belongs there, to where that was the one
// that belongs there, and so on, until a place takes the node that was at i.
func (g *Graph) fill(i uint32, order []uint32) {
	id, at := g.ids[i], g.at[i]
	to := i
	for order[to] != i {
		from := order[to]
		g.ids[to], g.at[to] = g.ids[from], g.at[from]
		order[to] = to
		to = from
	}
	g.ids[to], g.at[to] = id, at
	order[to] = to
}

// takeGrants sorts the grants into rows, one per holder, and stores equal ones
// once.
func (g *Graph) takeGrants(b *Builder, newOf []uint32) {
	rank := rankTerms(b.terms)
	// While a row is filled, the place after the one where it begins is its end.
	first := make([]uint32, len(g.ids)+2)
	for h := range b.grants.all() {
		first[newOf[h]+2]++
	}
	for i := 1; i < len(first); i++ {
		first[i] += first[i-1]
	}
	out := make([]Edge, b.grants.n)
	for h, e := range b.grants.all() {
		end := &first[newOf[h]+1]
		out[*end] = newEdge(newOf[e.To], e.Kind(), e.DirectOnly(), rank.of[e.terms()])
		*end++
	}
	b.grants = staging{}
	g.terms = rank.sorted
	g.out, g.first = g.mergeRows(out, first[:len(g.ids)+1])
}

// mergeRows sorts each row and unites facts that differ only in their provenance.
func (g *Graph) mergeRows(out []Edge, first []uint32) ([]Edge, []uint32) {
	united := map[Terms]uint32{}
	kept := uint32(0)
	for n := range len(first) - 1 {
		row := out[first[n]:first[n+1]]
		slices.SortFunc(row, compareEdges)
		first[n] = kept
		for i, e := range row {
			if i > 0 && kept > first[n] && g.sameFact(out[kept-1], e) {
				out[kept-1] = g.unite(out[kept-1], e, united)
				continue
			}
			out[kept] = e
			kept++
		}
	}
	first[len(first)-1] = kept
	return out[:kept:kept], first
}

// sameFact reports whether two edges of one row differ at most in provenance.
func (g *Graph) sameFact(x, y Edge) bool {
	if x.To != y.To || x.Kind() != y.Kind() || x.DirectOnly() != y.DirectOnly() {
		return false
	}
	a, b := &g.terms[x.terms()], &g.terms[y.terms()]
	return a.FromTime.Equal(b.FromTime) && a.UntilTime.Equal(b.UntilTime)
}

// unite returns the edge with the earliest Since that is known and every Via.
func (g *Graph) unite(x, y Edge, united map[Terms]uint32) Edge {
	a, b := g.Terms(x), g.Terms(y)
	if a == b {
		return x
	}
	if a.Since.IsZero() || !b.Since.IsZero() && b.Since.Before(a.Since) {
		a.Since = b.Since
	}
	a.Via = uniteVia(a.Via, b.Via)
	i, ok := united[a]
	if !ok {
		i = uint32(len(g.terms))
		g.terms = append(g.terms, a)
		united[a] = i
	}
	return newEdge(x.To, x.Kind(), x.DirectOnly(), i)
}

const viaSeparator = "; "

func uniteVia(a, b string) string {
	if a == b || b == "" {
		return a
	}
	if a == "" {
		return b
	}
	all := append(strings.Split(a, viaSeparator), strings.Split(b, viaSeparator)...)
	slices.Sort(all)
	return strings.Join(slices.Compact(all), viaSeparator)
}

type termsRank struct {
	sorted []Terms
	of     []uint32 // the place of each old one
}

func rankTerms(terms []Terms) termsRank {
	order := make([]uint32, len(terms))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(x, y uint32) int { return terms[x].compare(terms[y]) })
	r := termsRank{make([]Terms, len(terms)), make([]uint32, len(terms))}
	for now, was := range order {
		r.sorted[now], r.of[was] = terms[was], uint32(now)
	}
	return r
}

func (w Terms) compare(v Terms) int {
	return cmp.Or(w.FromTime.Compare(v.FromTime), w.UntilTime.Compare(v.UntilTime), compareBool(w.DirectOnly, v.DirectOnly), w.Since.Compare(v.Since), strings.Compare(w.Via, v.Via))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
