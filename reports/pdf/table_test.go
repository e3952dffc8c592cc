// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"strings"
	"testing"
)

// TestHeadStays begins a section with a table at every height: its title never stands
// alone at the foot of a page.
func TestHeadStays(t *testing.T) {
	for y := 400.0; y < paperLong-bottom; y += 12 {
		d, err := newDoc(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		d.y = y
		d.head("Title", firstRow)
		on := len(d.pages)
		d.table(column{"A head of two lines", 8, false}, column{"Text", 50, false}).row(cell{{"1", d.small()}}, cell{{strings.Repeat("some words ", 33), d.small()}})
		if len(d.pages) != on {
			t.Fatalf("at %v the title is on page %d and its table on page %d", y, on, len(d.pages))
		}
	}
}

// TestWhole draws a table at every height: it is on one page, for it fits on one.
func TestWhole(t *testing.T) {
	for y := top + 10.0; y < paperLong-bottom; y += 12 {
		d, err := newDoc(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		d.y = y
		var rows [][]cell
		for range 8 {
			rows = append(rows, []cell{{{"some words that take three lines in a column", d.small()}}, {{"1", d.small()}}})
		}
		d.table(column{"A", 10, false}, column{"B", 50, true}).whole("Title", rows)
		marks := 0
		for _, p := range d.pages {
			if len(p.marks) > 0 {
				marks++
			}
		}
		if marks != 1 {
			t.Fatalf("at %v the table is on %d pages", y, marks)
		}
	}
}
