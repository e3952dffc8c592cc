// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"
	"strings"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
)

const title = "Segregation of duties and accounts"

// layOut draws every chapter, then what needs the number of pages.
func layOut(p *reports.Packet, font *Font) (*doc, error) {
	d, err := newDoc(p, font)
	if err != nil {
		return nil, err
	}
	d.cover()
	contents := d.contentsPage()
	whole := p.About == "" // else what is about everybody is not in the packet
	d.scope()
	d.completeness()
	if whole {
		d.rollForward()
	}
	d.review()
	d.causes()
	if whole {
		d.controlPlane()
	}
	d.findings()
	d.attainable()
	if err := d.pictures(); err != nil {
		return nil, err
	}
	d.remediation()
	d.notAssessed()
	d.acceptances()
	d.changes()
	if whole {
		d.lateness()
	}
	d.accounts()
	if whole {
		d.accountsInFigures()
		d.authentication()
	}
	d.controls()
	d.annex()
	d.contents(contents)
	for i := range d.pages {
		d.frame(i)
	}
	return d, nil
}

// frame draws the head and the foot of a page.
func (d *doc) frame(i int) {
	pg := d.pages[i]
	w, h := pg.size()
	last := len(d.pages)
	d.pages = append(d.pages, pg) // marks go to the last page
	p := d.packet
	about := []span{{cut(head(p), 60) + "  ", d.note().bold(d).in(d.inks.ink)}, {title, d.note()}}
	d.lines(left, 36, clip(about, w-2*left-stampRoom, 1), d.note().leading())
	d.put(left, 48, d.note(), "Controls "+d.list(controlIDs(p), w-2*left-150))
	if p.Draft {
		d.stamp(w-left, 36)
	}
	d.mark(func(q *pen) { q.line(left, 64, w-left, 64, 0.5, d.inks.rule) })
	d.mark(func(q *pen) { q.line(left, h-44, w-left, h-44, 0.5, d.inks.rule) })
	foot := "snapshot " + short(p.Snapshot.Digest) + "  policy " + short(p.Policy.Digest)
	x := d.put(left, h-39, d.code(), foot) + left + 10
	if p.Draft {
		d.put(x, h-39.5, d.note().bold(d), "DRAFT")
	}
	d.putRight(w-left, h-39.5, d.note(), fmt.Sprintf("Page %d of %d", i+1, last))
	d.pages = d.pages[:last]
}

func head(p *reports.Packet) string {
	if p.Entity == "" {
		return "Entity not stated"
	}
	return p.Entity
}

// cut shortens a text to n characters, and … says so.
func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// stampRoom is what a stamp takes of the head of a page.
const stampRoom = 110

// stamp says DRAFT in a frame whose right edge is x.
func (d *doc) stamp(x, y float64) {
	s := d.label().in(d.inks.accent)
	const text = "DRAFT · not sealed"
	w := set([]span{{text, s}}, 1e9)[0].width + 12
	d.mark(func(q *pen) { q.box(x-w, y-2, w, 14, 3, 0.8, d.inks.paper, d.inks.accent) })
	d.put(x-w+6, y+0.2, s, text)
}

// list joins names as far as they fit and counts the rest.
func (d *doc) list(names []string, width float64) string {
	s := ""
	for i, n := range names {
		next := s + n
		if i > 0 {
			next = s + ", " + n
		}
		if set([]span{{next, d.note()}}, 1e9)[0].width > width {
			return fmt.Sprintf("%s and %d more", s, len(names)-i)
		}
		s = next
	}
	return s
}

func controlIDs(p *reports.Packet) []string {
	var out []string
	for _, c := range p.Controls {
		if c.ID != "" {
			out = append(out, c.ID)
		}
	}
	if len(out) == 0 {
		return []string{"not stated"}
	}
	return out
}

// short shows the beginning of a digest.
func short(digest string) string {
	_, hex, ok := strings.Cut(digest, ":")
	if !ok {
		hex = digest
	}
	if hex == "" {
		return "not stated"
	}
	return hex[:min(12, len(hex))]
}

func stated(s string) string {
	if s == "" {
		return "not stated"
	}
	return s
}

func known(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// severity returns the colour of a severity's word.
func (d *doc) severity(s sod.Severity) style {
	c := d.inks.soft
	switch s {
	case sod.Critical:
		c = color{155, 28, 28}
	case sod.High:
		c = color{180, 83, 9}
	case sod.Medium:
		c = color{138, 109, 27}
	}
	return d.small().bold(d).in(c)
}

// lineNumbers joins line numbers, runs of them as 3–7, and counts what is left.
func lineNumbers(lines []int, most int) string {
	var parts []string
	for i := 0; i < len(lines); {
		j := i
		for j+1 < len(lines) && lines[j+1] == lines[j]+1 {
			j++
		}
		if len(parts) == most {
			return fmt.Sprintf("%s and %d more", strings.Join(parts, ", "), len(lines)-i)
		}
		if part := fmt.Sprint(lines[i]); j == i {
			parts = append(parts, part)
		} else {
			parts = append(parts, fmt.Sprintf("%s–%d", part, lines[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}
