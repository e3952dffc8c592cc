// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// A Graph is who holds what, as collected. It never changes, so any number of
// goroutines may read it.
//
// Nodes are numbered in the order of their IDs, from 0 to NumNodes−1. A thing
// that grants or gaps name but nobody described is a node too, with Described
// false: its name and attributes are unknown.
//
// Invariants, made by [Builder.Graph]:
//   - both ends of every grant are nodes of the graph
//   - out[first[n]:first[n+1]] are the grants of node n, sorted by target, kind
//     and terms
//   - equal facts are stored once, with the union of their provenance
type Graph struct {
	ids      []ID
	at       []uint64
	text     arena
	first    []uint32
	out      []Edge
	terms    []Terms
	gaps     []Gap
	uses     []Use
	coverage []Coverage
	runs     []SourceRun
}

// An Edge is a grant seen from its holder, in eight bytes.
type Edge struct {
	To   uint32 // the number of the node held
	meta uint32 // terms, kind and direct_only
}

const termsBits = 28

func newEdge(to uint32, k GrantKind, directOnly bool, terms uint32) Edge {
	meta := terms<<4 | uint32(k)<<1
	if directOnly {
		meta |= 1
	}
	return Edge{to, meta}
}

// Kind returns the grant's kind.
func (e Edge) Kind() GrantKind { return GrantKind(e.meta >> 1 & 7) }

// DirectOnly reports whether the assignment reaches only direct members.
func (e Edge) DirectOnly() bool { return e.meta&1 != 0 }

// TermsIndex numbers the grant's terms among all terms of its graph: see
// [Graph.AllTerms].
func (e Edge) TermsIndex() uint32 { return e.terms() }

func (e Edge) terms() uint32 { return e.meta >> 4 }

func compareEdges(x, y Edge) int { return cmp.Compare(x.rank(), y.rank()) }

// rank orders edges by target, kind and terms.
func (e Edge) rank() uint64 {
	return uint64(e.To)<<32 | uint64(e.Kind())<<termsBits | uint64(e.terms())
}

// NumNodes returns how many nodes there are.
func (g *Graph) NumNodes() int { return len(g.ids) }

// NumGrants returns how many grants there are.
func (g *Graph) NumGrants() int { return len(g.out) }

// ID returns the ID of node n.
func (g *Graph) ID(n uint32) ID { return g.ids[n] }

// Find returns the number of the node with this ID.
func (g *Graph) Find(id ID) (n uint32, ok bool) {
	i, ok := slices.BinarySearchFunc(g.ids, id, ID.Compare)
	return uint32(i), ok
}

// Range returns the numbers [lo, hi) of all nodes of kind k.
func (g *Graph) Range(k Kind) (lo, hi uint32) {
	find := func(k Kind) uint32 {
		i, _ := slices.BinarySearchFunc(g.ids, k, func(id ID, k Kind) int { return cmp.Compare(id.Kind, k) })
		return uint32(i)
	}
	return find(k), find(k + 1)
}

// Owners yields the numbers of all nodes that may own accounts, in order: identities,
// and [Somebody]. Who asks for people asks for identities only, because nobody is known
// to stand behind the others.
func (g *Graph) Owners() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for _, k := range []Kind{Identity, Somebody} {
			lo, hi := g.Range(k)
			for n := lo; n < hi; n++ {
				if !yield(n) {
					return
				}
			}
		}
	}
}

// Described reports whether a source described node n, rather than only named it.
func (g *Graph) Described(n uint32) bool { return g.at[n] != 0 }

// Name returns the name of node n; empty when it is unknown.
func (g *Graph) Name(n uint32) string {
	if g.at[n] == 0 {
		return ""
	}
	return g.text.name(g.at[n])
}

// Attr returns the first value of an attribute of node n, and whether it is known.
func (g *Graph) Attr(n uint32, key string) (string, bool) {
	if g.at[n] == 0 {
		return "", false
	}
	return g.text.value(g.at[n], key)
}

// AttrValues returns all values of an attribute of node n; nil when unknown.
func (g *Graph) AttrValues(n uint32, key string) []string {
	if g.at[n] == 0 {
		return nil
	}
	return g.text.values(g.at[n], key)
}

// Node returns what is known of node n.
func (g *Graph) Node(n uint32) Node {
	if g.at[n] == 0 {
		return Node{ID: g.ids[n]}
	}
	return g.text.node(g.ids[n], g.at[n])
}

// Out returns the grants that node n holds, sorted by target and kind. The caller
// must not change them.
func (g *Graph) Out(n uint32) []Edge { return g.out[g.first[n]:g.first[n+1]] }

// Terms returns the circumstances of an edge.
func (g *Graph) Terms(e Edge) Terms { return g.terms[e.terms()] }

// AllTerms returns every circumstance that edges refer to by [Edge.TermsIndex].
// The caller must not change them.
func (g *Graph) AllTerms() []Terms { return g.terms }

// Grant returns the fact behind edge e of node n.
func (g *Graph) Grant(n uint32, e Edge) Grant {
	return Grant{From: g.ids[n], To: g.ids[e.To], Kind: e.Kind(), Terms: g.Terms(e)}
}

// Grants yields every grant, ordered by holder, target, kind and terms.
func (g *Graph) Grants() iter.Seq[Grant] {
	return func(yield func(Grant) bool) {
		for n := range uint32(len(g.ids)) {
			for _, e := range g.Out(n) {
				if !yield(g.Grant(n, e)) {
					return
				}
			}
		}
	}
}

// Gaps returns what could not be read, in order. The caller must not change it.
func (g *Graph) Gaps() []Gap { return g.gaps }

// Uses returns the recorded uses of rights, in order. The caller must not change
// them.
func (g *Graph) Uses() []Use { return g.uses }

// Coverage returns the records of what was read, in order of source and dataset.
// The caller must not change them.
func (g *Graph) Coverage() []Coverage { return g.coverage }

// Runs returns when and how each source was read. The caller must not change it.
func (g *Graph) Runs() []SourceRun { return g.runs }

// State returns how much of a dataset was read: the worst that any record says
// of it, and [Partial] when no record speaks of it.
func (g *Graph) State(s Source, d Dataset) State {
	var worst State
	for _, c := range g.coverage {
		if c.Source == s && c.Dataset.Includes(d) {
			worst = max(worst, c.State)
		}
	}
	if worst == 0 {
		return Partial
	}
	return worst
}

// Sources returns every source that a node, a run or a coverage record names, in
// order.
func (g *Graph) Sources() []Source {
	seen := map[Source]bool{}
	last := Source("")
	for _, id := range g.ids { // sorted: long runs of the same
		if id.Source != last {
			last = id.Source
			seen[last] = true
		}
	}
	for _, c := range g.coverage {
		seen[c.Source] = true
	}
	for _, r := range g.runs {
		seen[r.Source] = true
	}
	all := make([]Source, 0, len(seen))
	for s := range seen {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Source) int { return strings.Compare(string(a), string(b)) })
	return all
}
