// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
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

func (v name) write(b *bytes.Buffer)    { b.WriteString("/" + string(v)) }
func (v number) write(b *bytes.Buffer)  { b.WriteString(string(v)) }
func (v keyword) write(b *bytes.Buffer) { b.WriteString(string(v)) }
func (v ref) write(b *bytes.Buffer)     { fmt.Fprintf(b, "%d 0 R", int(v)) }

func (v text) write(b *bytes.Buffer) {
	b.WriteString("<" + strings.ToUpper(hex.EncodeToString([]byte(v))) + ">")
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
	for _, k := range slices.Sorted(maps.Keys(v)) {
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

func numberOf(n int) number { return number(fmt.Sprint(n)) }

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
