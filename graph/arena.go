// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"bytes"
	"encoding/binary"
)

// An arena holds the descriptions of all nodes in chunks of bytes without
// pointers: for each its length, name and attributes. A place is a chunk's number
// above an offset plus one, so that zero means none.
type arena struct {
	chunks [][]byte
	body   []byte // of the description last put
	keys   []string
	keysAt map[string]uint64
}

// put appends the description of n and returns its place.
func (a *arena) put(n Node) uint64 {
	body := appendText(a.body[:0], n.Name)
	body = binary.AppendUvarint(body, uint64(len(n.Attrs)))
	body = binary.AppendUvarint(body, uint64(n.Attrs.numValues()))
	for _, x := range n.Attrs {
		body = binary.AppendUvarint(body, uint64(len(x.Values)))
		body = binary.AppendUvarint(body, a.key(x.Key))
		for _, v := range x.Values {
			body = appendText(body, v)
		}
	}
	a.body = body
	a.chunks = room(a.chunks, binary.MaxVarintLen64+len(body))
	last := len(a.chunks) - 1
	start := len(a.chunks[last])
	a.chunks[last] = append(binary.AppendUvarint(a.chunks[last], uint64(len(body))), body...)
	return uint64(last)<<32 | uint64(start) + 1
}

func (a Attrs) numValues() (n int) {
	for _, x := range a {
		n += len(x.Values)
	}
	return n
}

// cut forgets the last description, which is at place at.
func (a *arena) cut(at uint64) {
	last := len(a.chunks) - 1
	a.chunks[last] = a.chunks[last][:uint32(at)-1]
}

// raw returns the encoded description at a place.
func (a *arena) raw(at uint64) []byte {
	r := reader(a.chunks[at>>32][uint32(at)-1:])
	return r.text()
}

func (a *arena) key(k string) uint64 {
	if i, ok := a.keysAt[k]; ok {
		return i
	}
	if a.keysAt == nil {
		a.keysAt = make(map[string]uint64)
	}
	i := uint64(len(a.keys))
	a.keys = append(a.keys, k)
	a.keysAt[k] = i
	return i
}

// node decodes the description at a place. All its strings are parts of one.
func (a *arena) node(id ID, at uint64) Node {
	raw := a.raw(at)
	all, r := string(raw), reader(raw)
	text := func() string {
		n := r.number()
		start := uint64(len(raw) - len(r))
		r = r[n:]
		return all[start : start+n]
	}
	n := Node{ID: id, Name: text(), Attrs: make(Attrs, r.number())}
	values := make([]string, r.number())
	for i := range n.Attrs {
		count := r.number()
		n.Attrs[i], values = Attr{a.keys[r.number()], values[:count:count]}, values[count:]
		for j := range n.Attrs[i].Values {
			n.Attrs[i].Values[j] = text()
		}
	}
	return n
}

// name decodes only the name at a place.
func (a *arena) name(at uint64) string {
	r := reader(a.raw(at))
	return string(r.text())
}

// value decodes only the first value of one attribute at a place.
func (a *arena) value(at uint64, key string) (string, bool) {
	r, count := a.find(at, key)
	if count == 0 {
		return "", false
	}
	return string(r.text()), true
}

// only decodes the one value of an attribute at a place; one says that there is one, and
// no other that differs.
func (a *arena) only(at uint64, key string) (value string, one bool) {
	r, count := a.find(at, key)
	if count == 0 {
		return "", false
	}
	first := r.text()
	for range count - 1 {
		if !bytes.Equal(r.text(), first) {
			return "", false
		}
	}
	return string(first), true
}

// values decodes only one attribute at a place.
func (a *arena) values(at uint64, key string) []string {
	r, count := a.find(at, key)
	if r == nil {
		return nil
	}
	vs := make([]string, count)
	for i := range vs {
		vs[i] = string(r.text())
	}
	return vs
}

// find returns where the values of an attribute begin, and how many there are; nil
// when it is not known.
func (a *arena) find(at uint64, key string) (values reader, count uint64) {
	want, ok := a.keysAt[key]
	if !ok {
		return nil, 0
	}
	r := reader(a.raw(at))
	r.text()
	attrs := r.number()
	r.number()
	for range attrs {
		count := r.number()
		if r.number() == want {
			return r, count
		}
		for range count {
			r.text()
		}
	}
	return nil, 0
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// A reader takes apart what an arena wrote.
type reader []byte

func (r *reader) number() uint64 {
	n, w := binary.Uvarint(*r)
	*r = (*r)[w:]
	return n
}

func (r *reader) text() []byte {
	n := r.number()
	s := (*r)[:n]
	*r = (*r)[n:]
	return s
}
