// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"fmt"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// eachFact gives the facts of the data files to do, in the order of the content
// fingerprint. An error of do is an error of the file that the fact came from.
func (s *Snapshot) eachFact(do func(graph.Fact) error) error {
	ids, err := s.nodes(do)
	if err != nil {
		return err
	}
	if err := eachRow(s, grantsFile, grantColumns(), func(r *grantRow) error {
		f, err := r.fact(ids)
		if err != nil {
			return err
		}
		return do(f)
	}); err != nil {
		return err
	}
	if err := eachRow(s, usesFile, useColumns(), func(r *useRow) error {
		f, err := r.fact()
		if err != nil {
			return err
		}
		return do(f)
	}); err != nil {
		return err
	}
	return eachRow(s, gapsFile, gapColumns(), func(r *gapRow) error {
		f, err := r.fact(ids)
		if err != nil {
			return err
		}
		return do(f)
	})
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

// nodes gives every described node to do and returns the IDs of all by number.
func (s *Snapshot) nodes(do func(graph.Fact) error) ([]graph.ID, error) {
	t, err := openRows(s, attributesFile, attributeColumns())
	if err != nil {
		return nil, err
	}
	attributes := attributeReader{rows: t}
	if err := attributes.turn(); err != nil {
		return nil, s.corrupt(attributesFile, err)
	}
	ids := make([]graph.ID, 0, s.file(nodesFile).Rows)
	err = eachRow(s, nodesFile, nodeColumns(), func(r *nodeRow) error {
		id, err := r.check(ids)
		if err != nil {
			return err
		}
		ids = append(ids, id)
		if !r.described {
			return nil
		}
		attrs, err := attributes.of(r.node)
		if err != nil {
			return fmt.Errorf("%s: %w", attributesFile, err)
		}
		return do(graph.Node{ID: id, Name: r.name, Attrs: attrs})
	})
	if err != nil {
		return nil, err
	}
	if row := attributes.row; row != nil {
		return nil, s.corrupt(attributesFile, fmt.Errorf("it has attributes of node %d, which is not described", row.node))
	}
	return ids, nil
}

// check returns the ID of the node that follows those in ids.
func (r *nodeRow) check(ids []graph.ID) (graph.ID, error) {
	if r.node != uint32(len(ids)) {
		return graph.ID{}, fmt.Errorf("node %d stands in row %d", r.node, len(ids))
	}
	id, err := graph.ParseID(r.id)
	if err != nil {
		return graph.ID{}, err
	}
	if r.kind != id.Kind.String() || r.source != string(id.Source) || r.key != id.Key {
		return graph.ID{}, fmt.Errorf("kind, source or key of %s are another's", id)
	}
	if len(ids) > 0 && ids[len(ids)-1].Compare(id) >= 0 {
		return graph.ID{}, fmt.Errorf("%s is not in the order of IDs", id)
	}
	return id, nil
}

// An attributeReader collects the rows of one node after the other.
type attributeReader struct {
	rows *tableReader[attributeRow]
	row  *attributeRow // not yet used; nil at the end
}

func (a *attributeReader) turn() (err error) {
	a.row, err = a.rows.next()
	return err
}

// of returns the attributes of a node. Nodes are asked for in their order.
func (a *attributeReader) of(node uint32) (graph.Attrs, error) {
	var attrs graph.Attrs
	for a.row != nil && a.row.node == node {
		n := len(attrs)
		switch {
		case a.row.position == 0:
			attrs = append(attrs, graph.Attr{Key: a.row.name})
			n++
		case n == 0 || attrs[n-1].Key != a.row.name || uint32(len(attrs[n-1].Values)) != a.row.position || a.row.empty:
			return nil, fmt.Errorf("value %d of %q of node %d is out of place", a.row.position, a.row.name, node)
		}
		if !a.row.empty {
			attrs[n-1].Values = append(attrs[n-1].Values, a.row.value)
		}
		if err := a.turn(); err != nil {
			return nil, err
		}
	}
	return attrs, nil
}

func (r *grantRow) fact(ids []graph.ID) (graph.Grant, error) {
	kind, err := graph.ParseGrantKind(r.kind)
	if err != nil {
		return graph.Grant{}, err
	}
	if r.from >= uint32(len(ids)) || r.to >= uint32(len(ids)) {
		return graph.Grant{}, fmt.Errorf("a grant joins nodes %d and %d of %d", r.from, r.to, len(ids))
	}
	return graph.Grant{From: ids[r.from], To: ids[r.to], Kind: kind, Terms: r.Terms}, nil
}

func (r *gapRow) fact(ids []graph.ID) (graph.Gap, error) {
	if r.node >= uint32(len(ids)) {
		return graph.Gap{}, fmt.Errorf("a gap is about node %d of %d", r.node, len(ids))
	}
	return graph.Gap{About: ids[r.node], Dataset: graph.Dataset(r.dataset), Reason: r.reason}, nil
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
