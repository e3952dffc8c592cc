// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
)

// A column is how one field of the rows T stands in a file. Values of strings
// that set gets are valid only during the call.
type column[T any] struct {
	name string
	node parquet.Node
	get  func(row *T, s *scratch) parquet.Value
	set  func(row *T, v parquet.Value)
}

// A scratch holds the bytes of strings until their batch is written.
type scratch []byte

func (s *scratch) text(v string) parquet.Value {
	start := len(*s)
	*s = appendValid(*s, v)
	return parquet.ByteArrayValue((*s)[start:len(*s):len(*s)])
}

// appendValid appends s with U+FFFD in place of each byte that is not UTF-8.
func appendValid(b []byte, s string) []byte {
	if utf8.ValidString(s) {
		return append(b, s...)
	}
	for _, r := range s {
		b = utf8.AppendRune(b, r)
	}
	return b
}

// present marks a value of an optional column as not null.
func present(v parquet.Value) parquet.Value { return v.Level(0, 1, 0) }

// number is a node's number or another count.
func number[T any](name string, field func(*T) *uint32) column[T] {
	return column[T]{
		name: name,
		node: parquet.Encoded(parquet.Leaf(parquet.Int32Type), &parquet.DeltaBinaryPacked),
		get:  func(row *T, _ *scratch) parquet.Value { return parquet.Int32Value(int32(*field(row))) },
		set:  func(row *T, v parquet.Value) { *field(row) = uint32(v.Int32()) },
	}
}

func flag[T any](name string, field func(*T) *bool) column[T] {
	return column[T]{
		name: name,
		node: parquet.Leaf(parquet.BooleanType),
		get:  func(row *T, _ *scratch) parquet.Value { return parquet.BooleanValue(*field(row)) },
		set:  func(row *T, v parquet.Value) { *field(row) = v.Boolean() },
	}
}

// text is a string of which few are equal.
func text[T any](name string, field func(*T) *string) column[T] {
	return column[T]{
		name: name,
		node: parquet.String(),
		get:  func(row *T, s *scratch) parquet.Value { return s.text(*field(row)) },
		set:  func(row *T, v parquet.Value) { *field(row) = string(v.ByteArray()) },
	}
}

// repeated is a string of which many are equal.
func repeated[T any](name string, field func(*T) *string) column[T] {
	c := text(name, field)
	c.node = parquet.Encoded(c.node, &parquet.RLEDictionary)
	return c
}

// label is a string of which there are few, each of them often.
func label[T any](name string, field func(*T) *string) column[T] {
	c := repeated(name, field)
	seen := interner{}
	c.set = func(row *T, v parquet.Value) { *field(row) = seen.text(v.ByteArray()) }
	return c
}

// An interner makes equal strings one.
type interner map[string]string

func (in interner) text(b []byte) string {
	if s, ok := in[string(b)]; ok {
		return s
	}
	s := string(b)
	in[s] = s
	return s
}

// known makes c, a string, null when it is empty.
func known[T any](c column[T], field func(*T) *string) column[T] {
	return optional(c, func(row *T) bool { return *field(row) != "" }, func(row *T) {})
}

// optional makes c null when has says no; null sets what a null means.
func optional[T any](c column[T], has func(*T) bool, null func(*T)) column[T] {
	get, set := c.get, c.set
	c.node = parquet.Optional(c.node)
	c.get = func(row *T, s *scratch) parquet.Value {
		if !has(row) {
			return parquet.NullValue()
		}
		return present(get(row, s))
	}
	c.set = func(row *T, v parquet.Value) {
		if v.IsNull() {
			null(row)
			return
		}
		set(row, v)
	}
	return c
}

// moment is a time in two columns: a timestamp in microseconds, which reaches
// past the year 9999 as nanoseconds do not, and the nanoseconds beyond it. An
// unknown time is null and 0.
func moment[T any](name string, field func(*T) *time.Time) []column[T] {
	micros := column[T]{
		name: name,
		node: parquet.Encoded(parquet.Timestamp(parquet.Microsecond), &parquet.RLEDictionary),
		get:  func(row *T, _ *scratch) parquet.Value { return parquet.Int64Value(field(row).UnixMicro()) },
		set:  func(row *T, v parquet.Value) { *field(row) = time.UnixMicro(v.Int64()).UTC() },
	}
	nanos := column[T]{
		name: name + "_ns",
		node: parquet.Encoded(parquet.Leaf(parquet.Int32Type), &parquet.RLEDictionary),
		get:  func(row *T, _ *scratch) parquet.Value { return parquet.Int32Value(int32(beyondMicros(*field(row)))) },
		set: func(row *T, v parquet.Value) {
			if ns := v.Int32(); ns != 0 {
				*field(row) = field(row).Add(time.Duration(ns))
			}
		},
	}
	known := func(row *T) bool { return !field(row).IsZero() }
	return []column[T]{optional(micros, known, func(*T) {}), nanos}
}

func beyondMicros(t time.Time) int { return t.Nanosecond() % 1000 }

// exact reports whether t survives a [moment].
func exact(t time.Time) bool {
	return t.IsZero() || time.UnixMicro(t.UnixMicro()).Add(time.Duration(beyondMicros(t))).Equal(t)
}
