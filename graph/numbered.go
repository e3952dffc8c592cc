// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"fmt"
	"iter"
	"slices"
)

// This file is the way in for facts that are numbered already. It is [Builder.Add]
// without looking IDs up: the same facts make the same graph either way. At its end
// is what a builder tells of the facts that it has.

// Number returns the number of id in this builder. Things are numbered from 0, in
// the order in which a node, an end of a grant, a gap or Number first names them.
// It makes id a node of the graph. A wrong ID is an error and gets no number.
//
// Numbers hold until [Builder.Graph], which numbers nodes in the order of their
// IDs. What came in that order keeps its number, and takes least time and memory.
func (b *Builder) Number(id ID) (uint32, error) {
	if err := id.Check(); err != nil {
		return 0, err
	}
	return b.intern(id), nil
}

// AddEdge is [Builder.Add] of a grant whose ends have numbers.
func (b *Builder) AddEdge(from, to uint32, k GrantKind, t Terms) error {
	if n := uint64(len(b.ids)); uint64(from) >= n || uint64(to) >= n {
		return fmt.Errorf("a grant joins nodes %d and %d of %d", from, to, n)
	}
	if !k.joins(b.ids[from].Kind, b.ids[to].Kind, t.DirectOnly) {
		return Grant{From: b.ids[from], To: b.ids[to], Kind: k, Terms: t}.Check()
	}
	terms, err := b.internTerms(t)
	if err != nil {
		return err
	}
	b.grants.put(from, newEdge(to, k, t.DirectOnly, terms))
	return nil
}

// AddGap is [Builder.Add] of a gap about a thing that has a number.
func (b *Builder) AddGap(about uint32, d Dataset, reason string) error {
	if n := uint64(len(b.ids)); uint64(about) >= n {
		return fmt.Errorf("a gap is about node %d of %d", about, n)
	}
	return b.addGap(Gap{About: b.ids[about], Dataset: d, Reason: reason})
}

// Grow makes room for so many more nodes, to take no more memory than they need.
// It is never necessary.
func (b *Builder) Grow(nodes int) {
	b.ids = slices.Grow(b.ids, nodes)
	b.at = slices.Grow(b.at, nodes)
}

// NumNodes returns how many things have a number.
func (b *Builder) NumNodes() int { return len(b.ids) }

// ID returns the ID of thing n.
func (b *Builder) ID(n uint32) ID { return b.ids[n] }

// Find returns the number of id, and whether it has one.
func (b *Builder) Find(id ID) (n uint32, ok bool) { return b.lookUp(id) }

// Name returns the name of node n; empty when it is unknown.
func (b *Builder) Name(n uint32) string {
	if b.at[n] == 0 {
		return ""
	}
	return b.text.name(b.at[n])
}

// Attr returns the first value of an attribute of thing n, and whether it is known
// by now.
func (b *Builder) Attr(n uint32, key string) (string, bool) {
	if b.at[n] == 0 {
		return "", false
	}
	return b.text.value(b.at[n], key)
}

// Edges yields the grants that came so far, with their holders, in the order in
// which they came.
func (b *Builder) Edges() iter.Seq2[uint32, Edge] { return b.grants.all() }

// Terms returns the terms of a grant that b was told.
func (b *Builder) Terms(e Edge) Terms { return b.terms[e.terms()] }
