// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"fmt"
	"hash/maphash"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
)

// Described remembers in which line each thing was first described, and what was
// said of it, in about 30 bytes a thing.
type Described struct {
	seeds [3]maphash.Seed
	seen  map[[2]uint64]said
	line  []byte
}

type said struct{ line, content uint32 }

// NewDescribed returns an empty memory.
func NewDescribed() *Described {
	return &Described{
		seeds: [3]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed(), maphash.MakeSeed()},
		seen:  map[[2]uint64]said{},
	}
}

// First reports whether n was not described before. When it was, with other
// content, the error names both lines and wraps [graph.ErrConflict].
func (d *Described) First(n graph.Node, path string, line int) (bool, error) {
	id := [2]uint64{maphash.Comparable(d.seeds[0], n.ID), maphash.Comparable(d.seeds[1], n.ID)}
	d.line = facts.Append(d.line[:0], n)
	content := uint32(maphash.Bytes(d.seeds[2], d.line))
	was, ok := d.seen[id]
	switch {
	case !ok:
		d.seen[id] = said{uint32(line), content}
		return true, nil
	case was.content != content:
		return false, fmt.Errorf("%s:%d: %s: %w; see line %d", path, line, n.ID, graph.ErrConflict, was.line)
	}
	return false, nil
}
