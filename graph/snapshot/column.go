// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
)

// A column is how one field of the rows T stands in a file. Get may put strings
// into s. Set gives values to as many rows, which are zero before; strings among
// the values are valid only during the call.
type column[T any] struct {
	name string
	node parquet.Node
	get  func(row *T, s *scratch) parquet.Value
	set  func(rows []T, vs []parquet.Value) error
}

// A scratch holds the bytes of strings until they are written.
type scratch []byte

func (s *scratch) text(v string) parquet.Value {
	start := len(*s)
	*s = append(*s, v...)
	return parquet.ByteArrayValue((*s)[start:len(*s):len(*s)])
}

// valid returns s with U+FFFD in place of each byte that is not UTF-8.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b []byte
	for _, r := range s {
		b = utf8.AppendRune(b, r)
	}
	return string(b)
}

// present marks a value of an optional column as not null.
func present(v parquet.Value) parquet.Value { return v.Level(0, 1, 0) }

// number is a node's number or another count.
func number[T any](name string, field func(*T) *uint32) column[T] {
	return column[T]{
		name: name,
		node: parquet.Encoded(parquet.Leaf(parquet.Int32Type), &parquet.DeltaBinaryPacked),
		get:  func(row *T, _ *scratch) parquet.Value { return parquet.Int32Value(int32(*field(row))) },
		set: func(rows []T, vs []parquet.Value) error {
			for i := range vs {
				*field(&rows[i]) = uint32(vs[i].Int32())
			}
			return nil
		},
	}
}

func flag[T any](name string, field func(*T) *bool) column[T] {
	return column[T]{
		name: name,
		node: parquet.Leaf(parquet.BooleanType),
		get:  func(row *T, _ *scratch) parquet.Value { return parquet.BooleanValue(*field(row)) },
		set: func(rows []T, vs []parquet.Value) error {
			for i := range vs {
				*field(&rows[i]) = vs[i].Boolean()
			}
			return nil
		},
	}
}

// text is a string of which few are equal.
func text[T any](name string, field func(*T) *string) column[T] {
	return column[T]{
		name: name,
		node: parquet.String(),
		get:  func(row *T, s *scratch) parquet.Value { return s.text(*field(row)) },
		set: func(rows []T, vs []parquet.Value) error {
			all := join(vs)
			for i, v := range vs {
				n := len(v.ByteArray())
				*field(&rows[i]), all = all[:n], all[n:]
			}
			return nil
		},
	}
}

// join puts the strings into one, because one is made much faster than many.
func join(vs []parquet.Value) string {
	size := 0
	for _, v := range vs {
		size += len(v.ByteArray())
	}
	var b strings.Builder
	b.Grow(size)
	for _, v := range vs {
		b.Write(v.ByteArray())
	}
	return b.String()
}

// repeated is a string of which many are equal.
func repeated[T any](name string, field func(*T) *string) column[T] {
	c := text(name, field)
	c.node = parquet.Encoded(c.node, &parquet.RLEDictionary)
	return c
}

// label is a string of which there are few, each of them often.
func label[T any](name string, field func(*T) *string) column[T] {
	return named(name, field, func(s string) string { return s }, func(s string) (string, error) { return s, nil })
}

// named is a value of which there are few, each of them often, by its name.
func named[T, V any](name string, field func(*T) *V, format func(V) string, parse func(string) (V, error)) column[T] {
	c := repeated[T](name, nil)
	c.get = func(row *T, s *scratch) parquet.Value { return s.text(format(*field(row))) }
	seen := map[string]V{}
	c.set = func(rows []T, vs []parquet.Value) error {
		for i, v := range vs {
			known, ok := seen[string(v.ByteArray())]
			if !ok {
				var err error
				if known, err = parse(v.String()); err != nil {
					return err
				}
				seen[v.String()] = known
			}
			*field(&rows[i]) = known
		}
		return nil
	}
	return c
}

// known makes c, a string, null when it is empty.
func known[T any](c column[T], field func(*T) *string) column[T] {
	return optional(c, func(row *T) bool { return *field(row) != "" }, func(*T) {})
}

// optional makes c null when has says no; null tells a row of it.
func optional[T any](c column[T], has func(*T) bool, null func(*T)) column[T] {
	get, set := c.get, c.set
	c.node = parquet.Optional(c.node)
	c.get = func(row *T, s *scratch) parquet.Value {
		if !has(row) {
			return parquet.NullValue()
		}
		return present(get(row, s))
	}
	c.set = func(rows []T, vs []parquet.Value) error {
		for len(vs) > 0 {
			n := runOf(vs, true)
			for i := range rows[:n] {
				null(&rows[i])
			}
			rows, vs = rows[n:], vs[n:]
			n = runOf(vs, false)
			if err := set(rows[:n], vs[:n]); err != nil {
				return err
			}
			rows, vs = rows[n:], vs[n:]
		}
		return nil
	}
	return c
}

// runOf returns how many values at the beginning are null, or are not.
func runOf(vs []parquet.Value, null bool) (n int) {
	for n < len(vs) && vs[n].IsNull() == null {
		n++
	}
	return n
}

// moment is a time in two columns: a timestamp in microseconds, which reaches
// past the year 9999 as nanoseconds do not, and the nanoseconds beyond it. An
// unknown time is null and 0.
func moment[T any](name string, field func(*T) *time.Time) []column[T] {
	micros := column[T]{
		name: name,
		node: parquet.Encoded(parquet.Timestamp(parquet.Microsecond), &parquet.RLEDictionary),
		get:  func(row *T, _ *scratch) parquet.Value { return parquet.Int64Value(field(row).UnixMicro()) },
		set: func(rows []T, vs []parquet.Value) error {
			for i := range vs {
				*field(&rows[i]) = time.UnixMicro(vs[i].Int64()).UTC()
			}
			return nil
		},
	}
	nanos := column[T]{
		name: name + "_ns",
		node: parquet.Encoded(parquet.Leaf(parquet.Int32Type), &parquet.RLEDictionary),
		get:  func(row *T, _ *scratch) parquet.Value { return parquet.Int32Value(int32(beyondMicros(*field(row)))) },
		set: func(rows []T, vs []parquet.Value) error {
			for i := range vs {
				if ns := vs[i].Int32(); ns != 0 {
					*field(&rows[i]) = field(&rows[i]).Add(time.Duration(ns))
				}
			}
			return nil
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
