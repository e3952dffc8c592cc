// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"codeberg.org/go-fonts/dejavu/dejavusanscondensed"
	"codeberg.org/go-fonts/dejavu/dejavusanscondensedbold"
	"codeberg.org/go-fonts/dejavu/dejavusansmono"
)

// fonts are the faces of the document.
type fonts struct {
	plain, bold, mono *face
	fallback          *face // nil: none
	font              *Font // of fallback
}

// newFonts reads the faces; what they lack is looked for in font, unless it is nil.
func newFonts(font *Font) (f fonts, err error) {
	if f.plain, err = newFace("plain", dejavusanscondensed.TTF); err != nil {
		return f, err
	}
	if f.bold, err = newFace("bold", dejavusanscondensedbold.TTF); err != nil {
		return f, err
	}
	if f.mono, err = newFace("mono", dejavusansmono.TTF); err != nil {
		return f, err
	}
	f.font, f.fallback = font, font.loaded()
	for _, own := range f.all() {
		own.next = f.fallback
	}
	return f, nil
}

func (f fonts) all() []*face { return []*face{f.plain, f.bold, f.mono} }

// drawn lists the faces that a document has.
func (f fonts) drawn() []*face {
	if f.fallback != nil && f.fallback.isUsed() {
		return append(f.all(), f.fallback)
	}
	return f.all()
}

// A color is red, green and blue.
type color struct{ r, g, b uint8 }

func (c color) parts() (r, g, b int) { return int(c.r), int(c.g), int(c.b) }

// palette are the colours of the document. They are few, and none carries a
// meaning that words do not carry too.
type palette struct{ ink, soft, rule, panel, accent, paper, subject, target color }

func inks() palette {
	return palette{
		ink: color{31, 41, 51}, soft: color{97, 110, 124}, rule: color{213, 218, 224}, panel: color{245, 247, 249},
		accent: color{31, 78, 121}, paper: color{255, 255, 255}, subject: color{232, 239, 245}, target: color{246, 238, 227},
	}
}
