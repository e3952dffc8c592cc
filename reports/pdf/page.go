// SPDX-License-Identifier: Apache-2.0

package pdf

import "github.com/foureyes-iga/foureyes/reports"

// Measures of the page, in points.
const (
	paperShort = 595.28
	paperLong  = 841.89
	left       = 54
	top        = 82
	bottom     = 62 // below the text
)

// A mark is one thing on a page, ready to draw: a text at a place, of which there are
// very many, or anything else.
type mark struct {
	draw  func(*pen) // nil: a text
	x, y  float64
	style style
	text  string
}

// A page is marks in order.
type page struct {
	marks []mark
	wide  bool // landscape
}

func (p *page) size() (w, h float64) {
	if p.wide {
		return paperLong, paperShort
	}
	return paperShort, paperLong
}

// A chapter is a place in the document that the contents name.
type chapter struct {
	title string
	page  int
	y     float64
}

// A doc lays out a packet. Its cursor y is the upper edge of what comes next.
type doc struct {
	packet   *reports.Packet
	fonts    fonts
	inks     palette
	pages    []*page
	y        float64
	fresh    float64 // the cursor after the head of a chapter
	chapters []chapter
}

func newDoc(p *reports.Packet, font *Font) (*doc, error) {
	f, err := newFonts(font)
	if err != nil {
		return nil, err
	}
	d := &doc{packet: p, fonts: f, inks: inks()}
	d.turn(false)
	return d, nil
}

// turn begins a page.
func (d *doc) turn(wide bool) {
	most := 16 // marks: most likely as many as on the page before, and those of the frame
	if len(d.pages) > 0 {
		most += len(d.page().marks)
	}
	d.pages = append(d.pages, &page{wide: wide, marks: make([]mark, 0, most)})
	d.y = top
}

func (d *doc) page() *page { return d.pages[len(d.pages)-1] }

// width of the text.
func (d *doc) width() float64 {
	w, _ := d.page().size()
	return w - 2*left
}

// floor is the lower edge of the text.
func (d *doc) floor() float64 {
	_, h := d.page().size()
	return h - bottom
}

// need begins a page unless h still fits, and reports whether it did.
func (d *doc) need(h float64) bool {
	if d.y+h <= d.floor() || d.y == top {
		return false
	}
	d.turn(d.page().wide)
	return true
}

func (d *doc) mark(draw func(*pen)) { d.add(mark{draw: draw}) }

func (d *doc) add(m mark) { d.page().marks = append(d.page().marks, m) }

// skip leaves room, but not at the top of a page or below a head.
func (d *doc) skip(h float64) {
	if d.y > top && d.y != d.fresh {
		d.y += h
	}
}

// Styles.
func (d *doc) body() style  { return style{d.fonts.plain, 9, d.inks.ink} }
func (d *doc) small() style { return style{d.fonts.plain, 8, d.inks.ink} }
func (d *doc) note() style  { return style{d.fonts.plain, 7.6, d.inks.soft} }
func (d *doc) label() style { return style{d.fonts.bold, 7, d.inks.soft} }
func (d *doc) code() style  { return style{d.fonts.mono, 6.8, d.inks.soft} }

func (s style) bold(d *doc) style { s.face = d.fonts.bold; return s }

func (s style) in(c color) style { s.ink = c; return s }

// lines puts lines at x, from y down, and returns the height they take.
func (d *doc) lines(x, y float64, lines []line, leading float64) float64 {
	for i, l := range lines {
		base := y + leading*float64(i) + leading*0.74
		for _, r := range l.runs {
			r.style.face.use(r.text)
			d.add(mark{x: x + r.x, y: base, style: r.style, text: r.text})
		}
	}
	return leading * float64(len(lines))
}

// put sets one line at a place; its upper edge is y.
func (d *doc) put(x, y float64, s style, text string) float64 {
	l := set([]span{{text, s}}, 1e9)
	d.lines(x, y, l, s.leading())
	return l[0].width
}

// putRight sets one line that ends at x, and returns its width.
func (d *doc) putRight(x, y float64, s style, text string) float64 {
	l := set([]span{{text, s}}, 1e9)
	d.lines(x-l[0].width, y, l, s.leading())
	return l[0].width
}

// flow sets a paragraph at the cursor, over pages where it must.
func (d *doc) flow(indent float64, spans ...span) { d.flowWithin(indent, 0, spans...) }

// flowWithin is flow that leaves room at the right.
func (d *doc) flowWithin(indent, room float64, spans ...span) {
	leading := 0.0
	for _, s := range spans {
		leading = max(leading, s.leading())
	}
	for _, l := range set(spans, d.width()-indent-room) {
		d.need(leading)
		d.lines(left+indent, d.y, []line{l}, leading)
		d.y += leading
	}
}

// say sets a paragraph of the body.
func (d *doc) say(text string) { d.flow(0, span{text, d.body()}) }

// chapter begins a chapter: on this page when half of it is free, else on a new one.
func (d *doc) chapter(title string, wide bool) {
	if d.page().wide != wide || d.y > (top+d.floor())/2 {
		d.turn(wide)
	}
	d.skip(30)
	d.chapters = append(d.chapters, chapter{title, len(d.pages), d.y})
	d.y += d.put0(title, style{d.fonts.bold, 17, d.inks.ink}) + 4
	y, w := d.y, 30.0
	d.mark(func(p *pen) { p.fill(left, y, w, 2, d.inks.accent) })
	d.y += 16
	d.fresh = d.y
}

func (d *doc) put0(text string, s style) float64 {
	lines := set([]span{{text, s}}, d.width())
	return d.lines(left, d.y, lines, s.leading())
}

// head begins a section that stays with at least h of what follows.
func (d *doc) head(title string, h float64) {
	d.skip(14)
	d.need(h + 24)
	d.y += d.put0(title, style{d.fonts.bold, 11, d.inks.ink}) + 5
}

// rule draws a thin line over the width of the text.
func (d *doc) rule() {
	y, w := d.y, d.width()
	d.mark(func(p *pen) { p.line(left, y, left+w, y, 0.5, d.inks.rule) })
}
