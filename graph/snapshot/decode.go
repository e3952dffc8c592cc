// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"fmt"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// decode puts the facts of the data files into b, which is empty.
func (s *Snapshot) decode(b *graph.Builder) error {
	b.Grow(s.roomFor(nodesFile))
	if err := s.nodes(b); err != nil {
		return err
	}
	if err := eachRow(s, grantsFile, grantColumns(), func(r *grantRow) error {
		return b.AddEdge(r.from, r.to, r.kind, r.Terms)
	}); err != nil {
		return err
	}
	if err := eachRow(s, usesFile, useColumns(), func(r *useRow) error {
		f, err := r.fact()
		if err != nil {
			return err
		}
		return b.Add(f)
	}); err != nil {
		return err
	}
	return eachRow(s, gapsFile, gapColumns(), func(r *gapRow) error {
		return b.AddGap(r.node, graph.Dataset(r.dataset), r.reason)
	})
}

// roomFor returns the rows of a file, but no more than its size makes likely: the
// number alone may be forged.
func (s *Snapshot) roomFor(name string) int {
	const rowsPerByte = 16
	f := s.file(name)
	return int(max(0, min(int64(f.Rows), rowsPerByte*f.Bytes)))
}

func (s *Snapshot) file(name string) File {
	i := slices.IndexFunc(s.manifest.Files, func(f File) bool { return f.Name == name })
	return s.manifest.Files[i] // parseManifest checked that all are listed
}

func openRows[T any](s *Snapshot, name string, columns []column[T]) (*tableReader[T], error) {
	f := s.file(name)
	data, err := s.load(f)
	if err != nil {
		return nil, err
	}
	t, err := openTable(data, tableName(name), columns, f.Rows)
	if err != nil {
		return nil, s.corrupt(name, err)
	}
	return t, nil
}

func eachRow[T any](s *Snapshot, name string, columns []column[T], do func(*T) error) error {
	t, err := openRows(s, name, columns)
	if err != nil {
		return err
	}
	for {
		row, err := t.next()
		if err != nil {
			return s.corrupt(name, err)
		}
		if row == nil {
			return nil
		}
		if err := do(row); err != nil {
			return s.corrupt(name, err)
		}
	}
}

// nodes puts every node into b, where it gets the number that it has in the file.
func (s *Snapshot) nodes(b *graph.Builder) error {
	t, err := openRows(s, attributesFile, attributeColumns())
	if err != nil {
		return err
	}
	attributes := attributeReader{rows: t}
	if err := attributes.turn(); err != nil {
		return s.corrupt(attributesFile, err)
	}
	var before nodeRow
	rows := uint32(0)
	err = eachRow(s, nodesFile, nodeColumns(), func(r *nodeRow) error {
		if err := r.check(rows, before.graphID()); err != nil {
			return err
		}
		before = *r
		rows++
		if !r.described {
			_, err := b.Number(r.graphID())
			return err
		}
		attrs, err := attributes.of(r.node)
		if err != nil {
			return fmt.Errorf("%s: %w", attributesFile, err)
		}
		return b.Add(graph.Node{ID: r.graphID(), Name: r.name, Attrs: attrs})
	})
	if err != nil {
		return err
	}
	if row := attributes.row; row != nil {
		return s.corrupt(attributesFile, fmt.Errorf("it has attributes of node %d, which is not described", row.node))
	}
	return nil
}

func (r *nodeRow) graphID() graph.ID {
	return graph.ID{Kind: r.kind, Source: graph.Source(r.source), Key: r.key}
}

// check compares the columns with each other, with the number of the row and with
// the ID of the row before.
func (r *nodeRow) check(row uint32, before graph.ID) error {
	id := r.graphID()
	switch {
	case r.node != row:
		return fmt.Errorf("node %d stands in row %d", r.node, row)
	case !isText(r.id, id):
		return fmt.Errorf("kind, source or key of %s are another's", r.id)
	case before.Compare(id) >= 0:
		return fmt.Errorf("%s is not in the order of IDs", r.id)
	}
	return nil
}

// isText reports whether s is the text of id.
func isText(s string, id graph.ID) bool {
	for _, part := range [...]string{id.Kind.String(), ":", string(id.Source), "/", id.Key} {
		var ok bool
		if s, ok = strings.CutPrefix(s, part); !ok {
			return false
		}
	}
	return s == ""
}

// An attributeReader collects the rows of one node after the other.
type attributeReader struct {
	rows   *tableReader[attributeRow]
	row    *attributeRow // not yet used; nil at the end
	attrs  graph.Attrs   // of the node at hand
	values []string      // of its attributes, one after the other
	first  int           // of the last attribute's
}

func (a *attributeReader) turn() (err error) {
	a.row, err = a.rows.next()
	return err
}

// of returns the attributes of a node, valid until the next call. Nodes are asked
// for in their order.
func (a *attributeReader) of(node uint32) (graph.Attrs, error) {
	a.attrs, a.values = a.attrs[:0], a.values[:0]
	for a.row != nil && a.row.node == node {
		if err := a.take(); err != nil {
			return nil, err
		}
		if err := a.turn(); err != nil {
			return nil, err
		}
	}
	return a.attrs, nil
}

// take adds the row at hand to the attributes.
func (a *attributeReader) take() error {
	r, last := a.row, len(a.attrs)-1
	switch {
	case r.position == 0:
		a.attrs = append(a.attrs, graph.Attr{Key: r.name})
		a.first = len(a.values)
		last++
	case last < 0 || a.attrs[last].Key != r.name || uint32(len(a.values)-a.first) != r.position || r.empty:
		return fmt.Errorf("value %d of %q of node %d is out of place", r.position, r.name, r.node)
	}
	if !r.empty {
		a.values = append(a.values, r.value)
		a.attrs[last].Values = a.values[a.first:]
	}
	return nil
}

func (r *useRow) fact() (graph.Use, error) {
	account, err := graph.ParseID(r.account)
	if err != nil {
		return graph.Use{}, err
	}
	entitlement, err := graph.ParseID(r.entitlement)
	if err != nil {
		return graph.Use{}, err
	}
	return graph.Use{Account: account, Entitlement: entitlement, At: r.at, Ref: r.ref}, nil
}
