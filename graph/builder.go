// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrConflict is returned (wrapped, with the ID) when one thing is described
// twice and not alike. The first description stands.
var ErrConflict = errors.New("described twice with different content")

// A Builder collects facts and freezes them into a [Graph]. Facts may come in
// any order and more than once; a grant may come before its ends, or without
// them. The zero Builder is ready to use.
type Builder struct {
	index    map[ID]uint32
	ids      []ID
	at       []uint64 // place of each node's description in text; 0 is none
	text     arena
	grants   []staged
	lastFrom uint32 // holder of the last grant
	terms    []Terms
	termsAt  map[Terms]uint32
	gaps     []Gap
	uses     []Use
	coverage []Coverage
	runs     []SourceRun
}

// A staged grant, in the order of arrival.
type staged struct {
	from uint32
	edge Edge
}

const (
	maxNodes = 1<<32 - 2
	maxTerms = 1<<termsBits - 1
)

// Add records f. An error names what is wrong with f and leaves the builder as
// it was.
func (b *Builder) Add(f Fact) error {
	switch f := f.(type) {
	case Node:
		return b.addNode(f)
	case Grant:
		return b.addGrant(f)
	case Gap:
		if err := f.About.Check(); err != nil {
			return fmt.Errorf("gap about: %w", err)
		}
		if _, err := ParseDataset(string(f.Dataset)); err != nil {
			return fmt.Errorf("gap about %s: %w", f.About, err)
		}
		b.intern(f.About)
		b.gaps = append(b.gaps, f)
		return nil
	case Use:
		if err := errors.Join(f.Account.Check(), f.Entitlement.Check()); err != nil {
			return fmt.Errorf("use: %w", err)
		}
		f.At = utc(f.At)
		b.uses = append(b.uses, f)
		return nil
	case Coverage:
		if err := checkRecord(f.Source, f.Details); err != nil {
			return fmt.Errorf("coverage: %w", err)
		}
		if _, err := ParseDataset(string(f.Dataset)); err != nil {
			return fmt.Errorf("coverage of %s: %w", f.Source, err)
		}
		b.coverage = append(b.coverage, f)
		return nil
	case SourceRun:
		if err := checkRecord(f.Source, f.Details); err != nil {
			return fmt.Errorf("source: %w", err)
		}
		f.Started, f.Ended = utc(f.Started), utc(f.Ended)
		b.runs = append(b.runs, f)
		return nil
	default:
		panic(fmt.Sprintf("graph: unknown fact %T", f)) // a bug in us, not in the input
	}
}

func checkRecord(s Source, details Attrs) error {
	if _, err := ParseSource(string(s)); err != nil {
		return err
	}
	return details.check()
}

func (a Attrs) check() error {
	for i, x := range a {
		if x.Key == "" {
			return errors.New("an attribute has no name")
		}
		if i > 0 && a[i-1].Key >= x.Key {
			return fmt.Errorf("attributes are not sorted at %q", x.Key)
		}
	}
	return nil
}

func (b *Builder) addNode(n Node) error {
	if err := n.ID.Check(); err != nil {
		return err
	}
	if err := n.Attrs.check(); err != nil {
		return fmt.Errorf("%s: %w", n.ID, err)
	}
	i := b.intern(n.ID)
	at := b.text.put(n)
	if was := b.at[i]; was != 0 {
		same := bytes.Equal(b.text.raw(was), b.text.raw(at))
		b.text.cut(at)
		if !same {
			return fmt.Errorf("%s: %w: %s", n.ID, ErrConflict, b.text.node(n.ID, was).differs(n))
		}
		return nil
	}
	b.at[i] = at
	return nil
}

// differs names what n and m, which are not equal, disagree about.
func (n Node) differs(m Node) string {
	if n.Name != m.Name {
		return fmt.Sprintf("name %q and %q", n.Name, m.Name)
	}
	for _, pair := range [2][2]Attrs{{n.Attrs, m.Attrs}, {m.Attrs, n.Attrs}} {
		for _, x := range pair[0] {
			if !slices.Equal(x.Values, pair[1].Values(x.Key)) {
				return fmt.Sprintf("attribute %s %q and %q", x.Key, n.Attrs.Values(x.Key), m.Attrs.Values(x.Key))
			}
		}
	}
	return "an attribute that is empty in one"
}

func (b *Builder) addGrant(g Grant) error {
	from, known := b.find(g.From)
	to, knownTo := b.find(g.To)
	// Checking text costs more than all the rest; what is known was checked.
	if !known || !knownTo || !g.joins() {
		if err := g.Check(); err != nil {
			return err
		}
	}
	t := g.Terms
	t.FromTime, t.UntilTime, t.Since = utc(t.FromTime), utc(t.UntilTime), utc(t.Since)
	terms, err := b.internTerms(t)
	if err != nil {
		return err
	}
	if !known {
		from = b.intern(g.From)
	}
	if !knownTo {
		to = b.intern(g.To)
	}
	b.lastFrom = from
	b.grants = append(b.grants, staged{from, newEdge(to, g.Kind, t.DirectOnly, terms)})
	return nil
}

// find looks an ID up. Grants come in runs of one holder, so that is tried first.
func (b *Builder) find(id ID) (n uint32, ok bool) {
	if len(b.grants) > 0 && b.ids[b.lastFrom] == id {
		return b.lastFrom, true
	}
	n, ok = b.index[id]
	return n, ok
}

// utc drops the location and the monotonic clock, so that equal times are equal
// values.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Round(0)
}

func (b *Builder) intern(id ID) uint32 {
	if i, ok := b.index[id]; ok {
		return i
	}
	if b.index == nil {
		b.index = make(map[ID]uint32)
	}
	if len(b.ids) >= maxNodes {
		panic("graph: more than 2^32 nodes") // no machine of today gets here
	}
	i := uint32(len(b.ids))
	b.index[id] = i
	b.ids = append(b.ids, id)
	b.at = append(b.at, 0)
	return i
}

func (b *Builder) internTerms(t Terms) (uint32, error) {
	if t == (Terms{}) && b.termsAt != nil {
		return 0, nil
	}
	if b.termsAt == nil {
		b.termsAt = map[Terms]uint32{{}: 0}
		b.terms = []Terms{{}}
	}
	if i, ok := b.termsAt[t]; ok {
		return i, nil
	}
	if len(b.terms) > maxTerms {
		return 0, fmt.Errorf("more than %d different windows and dates of grants", maxTerms)
	}
	i := uint32(len(b.terms))
	b.termsAt[t] = i
	b.terms = append(b.terms, t)
	return i, nil
}

// Graph freezes what was added. The builder is empty afterwards.
func (b *Builder) Graph() *Graph {
	if b.terms == nil {
		b.terms = []Terms{{}}
	}
	g := &Graph{text: b.text}
	newOf := g.takeNodes(b)
	b.index = nil // no longer needed, and large
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

// takeNodes puts the nodes in the order of their IDs and returns the new place
// of each old one.
func (g *Graph) takeNodes(b *Builder) (newOf []uint32) {
	order := make([]uint32, len(b.ids))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(x, y uint32) int { return b.ids[x].Compare(b.ids[y]) })
	newOf = make([]uint32, len(order))
	g.ids = make([]ID, len(order))
	g.at = make([]uint64, len(order))
	for now, was := range order {
		newOf[was] = uint32(now)
		g.ids[now], g.at[now] = b.ids[was], b.at[was]
	}
	return newOf
}

// takeGrants sorts the grants into rows, one per holder, and stores equal ones
// once.
func (g *Graph) takeGrants(b *Builder, newOf []uint32) {
	rank := rankTerms(b.terms)
	first := make([]uint32, len(g.ids)+1)
	for _, s := range b.grants {
		first[newOf[s.from]+1]++
	}
	for i := 1; i < len(first); i++ {
		first[i] += first[i-1]
	}
	out := make([]Edge, len(b.grants))
	next := slices.Clone(first)
	for _, s := range b.grants {
		from := newOf[s.from]
		out[next[from]] = newEdge(newOf[s.edge.To], s.edge.Kind(), s.edge.DirectOnly(), rank.of[s.edge.terms()])
		next[from]++
	}
	b.grants = nil
	g.terms = rank.sorted
	g.out, g.first = g.mergeRows(out, first)
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
	a, b := g.Terms(x), g.Terms(y)
	return x.To == y.To && x.Kind() == y.Kind() && x.DirectOnly() == y.DirectOnly() &&
		a.FromTime.Equal(b.FromTime) && a.UntilTime.Equal(b.UntilTime)
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
