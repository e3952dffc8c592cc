// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jung-kurt/gofpdf"

	"github.com/foureyes-iga/foureyes/graph/view"
	"github.com/foureyes-iga/foureyes/reports"
)

// A pen draws marks. It changes font and colour only when it must.
type pen struct {
	pdf   canvas
	style style
}

// Drawing is the number of the way in which packets are drawn here, and written by
// jsonout and table. The same data give the same bytes under the same number: whoever
// changes what comes out counts it up, for sealed packets are made again to check them.
const Drawing = 4

// Render writes the document. A packet that is a draft says so on each page.
func Render(w io.Writer, p *reports.Packet) error { return render(w, p, nil) }

func render(w io.Writer, p *reports.Packet, font *Font) error {
	d, err := layOutWith(p, font)
	if err != nil {
		return fmt.Errorf("pdf: %w", err)
	}
	if err := d.draw(w, titleOf(p), p.Policy.Name, p.AsOf); err != nil {
		return fmt.Errorf("pdf: %w", err)
	}
	return nil
}

// layOutWith lays a packet out with the font that it names, if any.
func layOutWith(p *reports.Packet, font *Font) (*doc, error) {
	if err := font.check(p.Font); err != nil {
		return nil, err
	}
	if p.Font == nil {
		font = nil // so that the packet alone tells what is drawn
	}
	return layOut(p, font)
}

func titleOf(p *reports.Packet) string {
	s := title + ", " + p.AsOf.Format("2006-01-02")
	if p.Annex == reports.Restricted {
		s += ", RESTRICTED ANNEX"
	}
	return s
}

// draw puts every mark on paper.
func (d *doc) draw(w io.Writer, title, subject string, at time.Time) error {
	pdf, err := d.begin(title, subject, at)
	if err != nil {
		return err
	}
	for i, pg := range d.pages {
		d.turnTo(pdf, i)
		pg.draw(pdf)
	}
	return pdf.Output(w)
}

// begin makes a document without pages.
func (d *doc) begin(title, subject string, at time.Time) (*gofpdf.Fpdf, error) {
	pdf := gofpdf.New("P", "pt", "A4", "")
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(0, 0, 0)
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(at)
	pdf.SetModificationDate(at)
	pdf.SetTitle(reports.Display(title), true)
	pdf.SetSubject(reports.Display(subject), true)
	pdf.SetCreator("foureyes", true)
	pdf.SetProducer("foureyes", true)
	for _, f := range d.fonts.all() {
		pdf.AddUTF8FontFromBytes(f.key, "", slices.Clone(f.ttf))
	}
	if f := d.fonts.fallback; f != nil && f.isUsed() {
		ttf, err := d.fonts.font.cut([]rune(f.set()))
		if err != nil {
			return nil, fmt.Errorf("font %s: %w", d.fonts.font.info.Name, err)
		}
		pdf.AddUTF8FontFromBytes(f.key, "", ttf)
	}
	return pdf, nil
}

// turnTo adds page i, with nothing on it, and its entries in the outline.
func (d *doc) turnTo(pdf *gofpdf.Fpdf, i int) {
	orientation := "P"
	if d.pages[i].wide {
		orientation = "L"
	}
	pdf.AddPageFormat(orientation, gofpdf.SizeType{Wd: paperShort, Ht: paperLong})
	for _, c := range d.chapters {
		if c.page == i+1 {
			pdf.Bookmark(shown(d.fonts.plain, c.title), 0, c.y)
		}
	}
}

// draw draws what is on a page.
func (p *page) draw(on canvas) {
	q := &pen{pdf: on}
	for _, m := range p.marks {
		if m.draw != nil {
			m.draw(q)
		} else {
			q.text(m.x, m.y, m.style, m.text)
		}
	}
}

func (p *pen) text(x, y float64, s style, text string) {
	if p.style.face != s.face || p.style.size != s.size {
		p.pdf.SetFont(s.face.key, "", s.size)
	}
	if p.style.face == nil || p.style.ink != s.ink {
		p.pdf.SetTextColor(s.ink.parts())
	}
	p.style = s
	p.pdf.Text(x, y, text)
}

func (p *pen) fill(x, y, w, h float64, c color) {
	p.pdf.SetFillColor(c.parts())
	p.pdf.Rect(x, y, w, h, "F")
}

// box draws a frame with round corners, filled.
func (p *pen) box(x, y, w, h, radius, thick float64, fill, frame color) {
	p.pdf.SetFillColor(fill.parts())
	p.pdf.SetDrawColor(frame.parts())
	p.pdf.SetLineWidth(thick)
	p.pdf.RoundedRect(x, y, w, h, radius, "1234", "FD")
}

func (p *pen) line(x1, y1, x2, y2, thick float64, c color) {
	p.pdf.SetDrawColor(c.parts())
	p.pdf.SetLineWidth(thick)
	p.pdf.Line(x1, y1, x2, y2)
}

// way draws a broken line; dash is empty for a whole one.
func (p *pen) way(points []view.Point, thick float64, dash []float64, c color) {
	p.pdf.SetDrawColor(c.parts())
	p.pdf.SetLineWidth(thick)
	p.pdf.SetDashPattern(dash, 0)
	for i := 1; i < len(points); i++ {
		p.pdf.Line(points[i-1].X, points[i-1].Y, points[i].X, points[i].Y)
	}
	p.pdf.SetDashPattern(nil, 0)
}

func (p *pen) shape(points []view.Point, c color) {
	p.pdf.SetFillColor(c.parts())
	var at []gofpdf.PointType
	for _, q := range points {
		at = append(at, gofpdf.PointType{X: q.X, Y: q.Y})
	}
	p.pdf.Polygon(at, "F")
}
