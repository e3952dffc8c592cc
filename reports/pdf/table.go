// SPDX-License-Identifier: Apache-2.0

package pdf

// A column of a table. Its share is of the width that the table has.
type column struct {
	title string
	share float64
	right bool // numbers stand right
}

// A cell is spans in a column.
type cell []span

const (
	cellGap = 8 // between columns
	cellPad = 3 // above and below the text of a row

	firstRow = 84 // what a section needs that begins with a table: its head and most rows
)

// A table breaks over pages; its head is told again on each.
type table struct {
	doc     *doc
	columns []column
	drawn   bool
}

// table begins a table with its head at the cursor.
func (d *doc) table(columns ...column) *table {
	return &table{doc: d, columns: columns}
}

func (t *table) span(i int) (x, w float64) {
	total := 0.0
	for _, c := range t.columns {
		total += c.share
	}
	free := t.doc.width() - cellGap*float64(len(t.columns)-1)
	x = left
	for _, c := range t.columns[:i] {
		x += c.share/total*free + cellGap
	}
	return x, t.columns[i].share / total * free
}

// titles sets the head and returns the number of its lines.
func (t *table) titles() (lines [][]line, n int) {
	var cells []cell
	for _, c := range t.columns {
		cells = append(cells, cell{{c.title, t.doc.label()}})
	}
	return t.set(cells)
}

func (t *table) headHeight() float64 {
	_, n := t.titles()
	return t.doc.label().leading()*float64(n) + 4
}

func (t *table) head() {
	d := t.doc
	lines, n := t.titles()
	leading := d.label().leading()
	for i, l := range lines {
		t.drawCell(i, l, leading)
	}
	d.y += leading*float64(n) + 3
	y, w := d.y, d.width()
	d.mark(func(p *pen) { p.line(left, y, left+w, y, 0.9, d.inks.soft) })
	d.y += 1
}

// set breaks the cells and returns the number of lines of the highest.
func (t *table) set(cells []cell) (lines [][]line, n int) {
	for i, c := range cells {
		_, w := t.span(i)
		lines = append(lines, set(c, w))
		n = max(n, len(lines[i]))
	}
	return lines, n
}

func (t *table) drawCell(i int, lines []line, leading float64) {
	x, w := t.span(i)
	for k, l := range lines {
		at := x
		if t.columns[i].right {
			at = x + w - l.width
		}
		t.doc.lines(at, t.doc.y+leading*float64(k), []line{l}, leading)
	}
}

// row adds a row. It stays whole unless it is higher than a page.
func (t *table) row(cells ...cell) {
	d := t.doc
	lines, n := t.set(cells)
	leading := rowLeading(cells)
	headHeight := t.headHeight()
	height := leading*float64(n) + 2*cellPad + 1
	if !t.drawn {
		d.need(headHeight + min(height, 60))
		t.head()
		t.drawn = true
	} else if d.y+height > d.floor() && height < d.floor()-top-headHeight {
		d.turn(d.page().wide)
		t.head()
	}
	for n > 0 {
		fits := int((d.floor() - d.y - 2*cellPad) / leading)
		if fits < 1 {
			d.turn(d.page().wide)
			t.head()
			continue
		}
		n = t.part(lines, min(fits, n), n, leading)
	}
	d.rule()
}

// whole draws a section with its table on one page, when there is one that it fits on.
func (t *table) whole(title string, rows [][]cell) {
	height := t.headHeight()
	for _, r := range rows {
		_, n := t.set(r)
		height += rowLeading(r)*float64(n) + 2*cellPad + 1
	}
	if height > t.doc.floor()-top-40 {
		height = 60
	}
	t.doc.head(title, height)
	for _, r := range rows {
		t.row(r...)
	}
}

// part draws the next lines of a row, takes them away, and returns how many are
// left.
func (t *table) part(lines [][]line, fits, n int, leading float64) int {
	d := t.doc
	d.y += cellPad
	for i := range lines {
		k := min(fits, len(lines[i]))
		t.drawCell(i, lines[i][:k], leading)
		lines[i] = lines[i][k:]
	}
	d.y += leading*float64(fits) + cellPad
	return n - fits
}

func rowLeading(cells []cell) float64 {
	leading := 0.0
	for _, c := range cells {
		for _, s := range c {
			leading = max(leading, s.leading())
		}
	}
	return max(leading, 1)
}
