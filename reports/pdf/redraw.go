// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"bytes"
	"fmt"
	"iter"
	"regexp"

	"github.com/foureyes-iga/foureyes/reports"
)

// A Redrawing is a packet that is drawn again, to be held against what is sealed. Its
// frame and its marks together are what [Render] writes.
type Redrawing struct {
	doc   *doc
	frame []byte
	names map[string]string // of the fonts, in the frame
}

// Redraw lays a packet out.
func Redraw(p *reports.Packet) (*Redrawing, error) { return redraw(p, nil) }

func redraw(p *reports.Packet, font *Font) (*Redrawing, error) {
	d, err := layOutWith(p, font)
	if err != nil {
		return nil, fmt.Errorf("pdf: %w", err)
	}
	r := &Redrawing{doc: d}
	if err := r.draw(titleOf(p), p); err != nil {
		return nil, fmt.Errorf("pdf: %w", err)
	}
	return r, nil
}

// draw makes the frame. Which characters of a font are in it follows from what was
// set: page 1 shows each of them, instead of its marks.
func (r *Redrawing) draw(title string, p *reports.Packet) error {
	pdf, err := r.doc.begin(title, p.Policy.Name, p.AsOf)
	if err != nil {
		return err
	}
	pdf.SetCompression(false)
	faces := r.doc.fonts.drawn()
	for i := range r.doc.pages {
		r.doc.turnTo(pdf, i)
		if i > 0 {
			continue
		}
		for _, f := range faces {
			pdf.SetFont(f.key, "", 1)
			pdf.Text(0, 0, f.set())
		}
	}
	var b bytes.Buffer
	if err := pdf.Output(&b); err != nil {
		return err
	}
	r.frame, r.names = b.Bytes(), map[string]string{}
	found := regexp.MustCompile(`BT /(F[0-9a-f]{40}) 1\.00 Tf ET\n`).FindAllSubmatch(r.frame, len(faces))
	for i, f := range faces {
		r.names[f.key] = string(found[i][1])
	}
	return nil
}

// Frame returns the document without its marks: what stands on its pages means nothing.
func (r *Redrawing) Frame() []byte { return r.frame }

// Marks yields what stands on each page. It is overwritten by the next.
func (r *Redrawing) Marks() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		s := newPaper(r.names)
		for _, p := range r.doc.pages {
			_, height := p.size()
			s.turn(height)
			p.draw(s)
			if !yield(s.out) {
				return
			}
		}
	}
}
