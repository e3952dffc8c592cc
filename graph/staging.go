// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"encoding/binary"
	"iter"
)

// A staging holds grants in the order of arrival, in few bytes each: what is as
// in the grant before is not said again. A grant is a byte that says what is new,
// and then that.
type staging struct {
	chunks [][]byte
	n      int
	from   uint32 // of the grant last put
	last   Edge
}

const (
	newHolder = 1 << iota
	newTarget
	newMeta

	maxStaged = 1 + 3*binary.MaxVarintLen32
)

func (s *staging) put(from uint32, e Edge) {
	s.chunks = room(s.chunks, maxStaged)
	last := &s.chunks[len(s.chunks)-1]
	head := len(*last)
	b := append(*last, 0)
	if from != s.from {
		b[head] |= newHolder
		b = binary.AppendUvarint(b, uint64(from))
	}
	if e.To != s.last.To {
		b[head] |= newTarget
		b = binary.AppendUvarint(b, uint64(e.To))
	}
	if e.meta != s.last.meta {
		b[head] |= newMeta
		b = binary.AppendUvarint(b, uint64(e.meta))
	}
	*last = b
	s.from, s.last = from, e
	s.n++
}

// all yields holders and what they hold.
func (s *staging) all() iter.Seq2[uint32, Edge] {
	return func(yield func(uint32, Edge) bool) {
		var from uint32
		var e Edge
		for _, chunk := range s.chunks {
			for r := reader(chunk); len(r) > 0; {
				head := r[0]
				r = r[1:]
				if head&newHolder != 0 {
					from = uint32(r.number())
				}
				if head&newTarget != 0 {
					e.To = uint32(r.number())
				}
				if head&newMeta != 0 {
					e.meta = uint32(r.number())
				}
				if !yield(from, e) {
					return
				}
			}
		}
	}
}
