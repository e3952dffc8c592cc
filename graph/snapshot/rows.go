// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// The data files, in the order in which they are written and listed.
const (
	nodesFile      = "nodes.parquet"
	attributesFile = "attributes.parquet"
	grantsFile     = "grants.parquet"
	gapsFile       = "gaps.parquet"
	usesFile       = "uses.parquet"
)

func dataFiles() []string {
	return []string{nodesFile, attributesFile, grantsFile, gapsFile, usesFile}
}

// A nodeRow is one node. Kind, source and key are parts of the ID, once more for
// those who query.
type nodeRow struct {
	node        uint32
	id          string
	kind        graph.Kind
	source, key string
	name        string
	described   bool
}

func nodeColumns() []column[nodeRow] {
	name := func(r *nodeRow) *string { return &r.name }
	return []column[nodeRow]{
		number("node", func(r *nodeRow) *uint32 { return &r.node }),
		text("id", func(r *nodeRow) *string { return &r.id }),
		named("kind", func(r *nodeRow) *graph.Kind { return &r.kind }, graph.Kind.String, graph.ParseKind),
		label("source", func(r *nodeRow) *string { return &r.source }),
		text("key", func(r *nodeRow) *string { return &r.key }),
		known(text("name", name), name),
		flag("described", func(r *nodeRow) *bool { return &r.described }),
	}
}

func nodeRows(g *graph.Graph) iter.Seq[*nodeRow] {
	return func(yield func(*nodeRow) bool) {
		for n := range uint32(g.NumNodes()) {
			id := g.ID(n)
			row := nodeRow{n, id.String(), id.Kind, string(id.Source), id.Key, valid(g.Name(n)), g.Described(n)}
			if !yield(&row) {
				return
			}
		}
	}
}

// An attributeRow is one value of an attribute, or, when it has no value, an
// attribute that the source says is empty.
type attributeRow struct {
	node     uint32
	name     string
	position uint32
	value    string
	empty    bool
}

func attributeColumns() []column[attributeRow] {
	return []column[attributeRow]{
		number("node", func(r *attributeRow) *uint32 { return &r.node }),
		label("name", func(r *attributeRow) *string { return &r.name }),
		number("position", func(r *attributeRow) *uint32 { return &r.position }),
		optional(repeated("value", func(r *attributeRow) *string { return &r.value }),
			func(r *attributeRow) bool { return !r.empty }, func(r *attributeRow) { r.empty = true }),
	}
}

func attributeRows(g *graph.Graph) iter.Seq[*attributeRow] {
	return func(yield func(*attributeRow) bool) {
		for n := range uint32(g.NumNodes()) {
			for _, a := range g.Node(n).Attrs {
				if !yieldAttribute(n, a, yield) {
					return
				}
			}
		}
	}
}

func yieldAttribute(n uint32, a graph.Attr, yield func(*attributeRow) bool) bool {
	row := attributeRow{node: n, name: valid(a.Key)}
	if len(a.Values) == 0 {
		row.empty = true
		return yield(&row)
	}
	for i, v := range a.Values {
		row.position, row.value = uint32(i), valid(v)
		if !yield(&row) {
			return false
		}
	}
	return true
}

// A grantRow is one grant.
type grantRow struct {
	from, to uint32
	kind     graph.GrantKind
	graph.Terms
}

func grantColumns() []column[grantRow] {
	via := func(r *grantRow) *string { return &r.Via }
	return slices.Concat(
		[]column[grantRow]{
			number("from_node", func(r *grantRow) *uint32 { return &r.from }),
			number("to_node", func(r *grantRow) *uint32 { return &r.to }),
			named("kind", func(r *grantRow) *graph.GrantKind { return &r.kind }, graph.GrantKind.String, graph.ParseGrantKind),
			flag("direct_only", func(r *grantRow) *bool { return &r.DirectOnly }),
		},
		moment("from_time", func(r *grantRow) *time.Time { return &r.FromTime }),
		moment("until_time", func(r *grantRow) *time.Time { return &r.UntilTime }),
		moment("since", func(r *grantRow) *time.Time { return &r.Since }),
		[]column[grantRow]{known(label("via", via), via)},
	)
}

func grantRows(g *graph.Graph) iter.Seq[*grantRow] {
	return func(yield func(*grantRow) bool) {
		var row grantRow
		terms := slices.Clone(g.AllTerms())
		for i := range terms {
			terms[i].Via = valid(terms[i].Via)
		}
		for n := range uint32(g.NumNodes()) {
			for _, e := range g.Out(n) {
				row = grantRow{n, e.To, e.Kind(), terms[e.TermsIndex()]}
				if !yield(&row) {
					return
				}
			}
		}
	}
}

// A gapRow is one gap.
type gapRow struct {
	node            uint32
	dataset, reason string
}

func gapColumns() []column[gapRow] {
	reason := func(r *gapRow) *string { return &r.reason }
	return []column[gapRow]{
		number("node", func(r *gapRow) *uint32 { return &r.node }),
		label("dataset", func(r *gapRow) *string { return &r.dataset }),
		known(label("reason", reason), reason),
	}
}

func gapRows(g *graph.Graph) iter.Seq[*gapRow] {
	return func(yield func(*gapRow) bool) {
		for _, gap := range g.Gaps() {
			n, _ := g.Find(gap.About) // a gap's thing is a node
			if !yield(&gapRow{n, string(gap.Dataset), valid(gap.Reason)}) {
				return
			}
		}
	}
}

// A useRow is one use. It carries IDs, because what was used need not be a node.
type useRow struct {
	account, entitlement string
	at                   time.Time
	ref                  string
}

func useColumns() []column[useRow] {
	ref := func(r *useRow) *string { return &r.ref }
	return slices.Concat(
		[]column[useRow]{
			label("account", func(r *useRow) *string { return &r.account }),
			label("entitlement", func(r *useRow) *string { return &r.entitlement }),
		},
		moment("at", func(r *useRow) *time.Time { return &r.at }),
		[]column[useRow]{known(text("ref", ref), ref)},
	)
}

func useRows(g *graph.Graph) iter.Seq[*useRow] {
	return func(yield func(*useRow) bool) {
		for _, u := range g.Uses() {
			if !yield(&useRow{u.Account.String(), u.Entitlement.String(), u.At, valid(u.Ref)}) {
				return
			}
		}
	}
}

// tableName is a file's name without its ending: the name of its schema.
func tableName(file string) string { return strings.TrimSuffix(file, ".parquet") }
