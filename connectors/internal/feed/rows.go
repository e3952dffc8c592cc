// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Row is one data row, seen through the mapped columns.
type Row struct {
	Line  int
	cells []string
	at    map[string]int
}

// Cell returns the cell that is mapped to key, without surrounding white space;
// empty when it is empty or nothing is mapped.
func (r Row) Cell(key string) string {
	i, ok := r.at[key]
	if !ok {
		return ""
	}
	return r.cells[i]
}

// blanks are dropped around a cell. Others, such as the no-break space, are part of what
// was written: two employee ids that only look alike are two.
const blanks = " \t\r\n\v\f"

// rowsOf yields the data rows below the header, counting them in got. A mapped
// column that the header lacks is an error that lists the header.
func rowsOf(records iter.Seq2[Record, error], columns map[string]string, got *Reading) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		var at map[string]int
		for rec, err := range records {
			for i, c := range rec.Cells {
				rec.Cells[i] = strings.Trim(c, blanks)
			}
			if at == nil && err == nil {
				if at, err = locate(columns, rec.Cells); err == nil {
					continue
				}
				err = fmt.Errorf("%s:%d: %w", got.Path, rec.Line, err)
			}
			if err != nil {
				yield(Row{}, err)
				return
			}
			got.Rows++
			if !yield(Row{rec.Line, rec.Cells, at}, nil) {
				return
			}
		}
		if at == nil {
			yield(Row{}, fmt.Errorf("%s: it is empty, want a header line", got.Path))
		}
	}
}

// locate finds the mapped columns in a header.
func locate(columns map[string]string, header []string) (map[string]int, error) {
	at := make(map[string]int, len(columns))
	for _, key := range slices.Sorted(maps.Keys(columns)) {
		name := columns[key]
		i := slices.Index(header, name)
		if i < 0 {
			return nil, fmt.Errorf("there is no column %q (for %s)%s", name, key, shown(columns, header))
		}
		if slices.Contains(header[i+1:], name) {
			return nil, fmt.Errorf("the column %q (for %s) is there twice", name, key)
		}
		at[key] = i
	}
	return at, nil
}

// shown lists a header in a message, when it looks like one: the first row of a file
// without a header is somebody's data.
func shown(columns map[string]string, header []string) string {
	found := 0
	for _, name := range columns {
		if strings.Contains(strings.Join(header, "\n"), name) {
			found++
		}
	}
	if 2*found < len(columns) {
		return fmt.Sprintf("; nor most of the others, of %d cells: is this line the header?", len(header))
	}
	return fmt.Sprintf("; the header has %q", header)
}

// Keys returns the keys of a mapping of keys to column names, in order.
func Keys(columns map[string]string) ([]string, error) {
	keys := slices.Sorted(maps.Keys(columns))
	for _, key := range keys {
		if key == "" || columns[key] == "" || columns[key] != strings.TrimSpace(columns[key]) {
			return nil, fmt.Errorf("columns: %q: want the name of a column, not %q", key, columns[key])
		}
	}
	return keys, nil
}

// Comma reads a delimiter; empty is a comma.
func Comma(s string) (rune, error) {
	if s == "" {
		return ',', nil
	}
	c, n := utf8.DecodeRuneInString(s)
	if n != len(s) || c == utf8.RuneError || strings.ContainsRune("\"\r\n\x00", c) {
		return 0, fmt.Errorf("delimiter %q: want one character, such as \";\" or a tab", s)
	}
	return c, nil
}

// An Enum is a closed list of legal values, and what the source's own values mean.
type Enum struct {
	legal  []string
	values map[string]string
}

// Enums joins the legal values of some keys with the configured meaning of the
// source's own.
func Enums(legal map[string][]string, values map[string]map[string]string) (map[string]Enum, error) {
	enums := make(map[string]Enum, len(legal))
	for key, list := range legal {
		enums[key] = Enum{list, values[key]}
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		e, ok := enums[key]
		if !ok {
			return nil, fmt.Errorf("values: %q has no list of legal values; want one of %s", key, strings.Join(slices.Sorted(maps.Keys(legal)), ", "))
		}
		for _, own := range slices.Sorted(maps.Keys(e.values)) {
			if !slices.Contains(e.legal, e.values[own]) {
				return nil, fmt.Errorf("values: %s: %q means %q; want one of %s", key, own, e.values[own], strings.Join(e.legal, ", "))
			}
		}
	}
	return enums, nil
}

// Value returns the legal value that a cell means; empty is unknown, unless the
// configuration says what an empty cell means.
func (e Enum) Value(cell string) (string, error) {
	if v, ok := e.values[cell]; ok {
		return v, nil
	}
	if cell == "" || slices.Contains(e.legal, cell) {
		return cell, nil
	}
	return "", fmt.Errorf("%q: want one of %s, or say under values what it means", cell, strings.Join(e.legal, ", "))
}
