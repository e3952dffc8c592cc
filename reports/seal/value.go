// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
)

// A value is something of PDF. Each has one way to be written, so that a file is
// what was read from it or is refused.
//
//sumtype:decl
type value interface{ write(*bytes.Buffer) }

type (
	name    string // without the slash, as it stands in the file
	number  string // as it stands in the file
	text    string // the bytes, written as hex digits
	ref     int    // the number of an object
	keyword string // true, false or null
	array   []value
	dict    map[name]value
)

// A stream is an object with data. Its Length is not kept: it is that of the data.
type stream struct {
	dict dict
	data []byte
}

func (v name) write(b *bytes.Buffer) {
	b.WriteByte('/')
	b.WriteString(string(v))
}

func (v number) write(b *bytes.Buffer)  { b.WriteString(string(v)) }
func (v keyword) write(b *bytes.Buffer) { b.WriteString(string(v)) }

func (v ref) write(b *bytes.Buffer) {
	b.Write(strconv.AppendInt(b.AvailableBuffer(), int64(v), 10))
	b.WriteString(" 0 R")
}

func (v text) write(b *bytes.Buffer) {
	const figures = "0123456789ABCDEF"
	out := append(b.AvailableBuffer(), '<')
	for _, c := range []byte(v) {
		out = append(out, figures[c>>4], figures[c&15])
	}
	b.Write(append(out, '>'))
}

func (v array) write(b *bytes.Buffer) {
	b.WriteByte('[')
	for i, e := range v {
		if i > 0 {
			b.WriteByte(' ')
		}
		e.write(b)
	}
	b.WriteByte(']')
}

// write puts the keys in order.
func (v dict) write(b *bytes.Buffer) {
	b.WriteString("<<")
	keys := make([]name, 0, len(v))
	for k := range v {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		b.WriteByte(' ')
		k.write(b)
		b.WriteByte(' ')
		v[k].write(b)
	}
	b.WriteString(" >>")
}

func (v stream) write(b *bytes.Buffer) {
	d := maps.Clone(v.dict)
	d["Length"] = numberOf(len(v.data))
	d.write(b)
	b.WriteString("\nstream\n")
	b.Write(v.data)
	b.WriteString("\nendstream")
}

func numberOf(n int) number { return number(strconv.Itoa(n)) }

// with returns a copy of d with one more entry.
func (v dict) with(key name, e value) dict {
	d := maps.Clone(v)
	d[key] = e
	return d
}

// without returns a copy of d that lacks keys.
func (v dict) without(keys ...name) dict {
	d := maps.Clone(v)
	for _, k := range keys {
		delete(d, k)
	}
	return d
}
