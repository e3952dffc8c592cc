// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/foureyes-iga/foureyes/reports"
)

// A Font has shapes for characters that the faces of the document lack. Nil is none:
// such characters are written out then, as ⟨U+5C71⟩.
type Font struct {
	info     reports.Font
	face     *face
	outlines *outlines
}

// MaxFont is how large the file of a font may be.
const MaxFont = 32 << 20

// ReadFont reads a TrueType font. Everything that is taken over from it is checked
// and written anew: no reader of a packet, nor gofpdf, sees a byte that was not.
func ReadFont(file []byte) (*Font, error) {
	if err := trueType(file); err != nil {
		return nil, err
	}
	f, err := newFace("fallback", file)
	if err != nil {
		return nil, err
	}
	tables, err := tablesOf(file)
	if err != nil {
		return nil, err
	}
	if err := embeddable(tables["OS/2"]); err != nil {
		return nil, err
	}
	o, err := outlinesOf(tables)
	if err != nil {
		return nil, err
	}
	for r, g := range f.glyph {
		if !o.shows(rune(r), int(g)) || f.advance[r] > 1<<14 || reports.Hidden(rune(r)) {
			f.advance[r] = 0 // an empty shape would hide the character
		}
	}
	f.ttf = nil
	return &Font{reports.Font{Name: fontName(tables["name"]), Digest: fmt.Sprintf("sha256:%x", sha256.Sum256(file))}, f, o}, nil
}

// trueType tells apart what looks like a font.
func trueType(file []byte) error {
	if len(file) > MaxFont {
		return fmt.Errorf("the font has more than %d MiB", MaxFont>>20)
	}
	kind := string(file[:min(4, len(file))])
	switch kind {
	case "\x00\x01\x00\x00", "true":
		return nil
	case "OTTO":
		return errors.New("the font has outlines of PostScript (CFF); want TrueType, with outlines in a table glyf")
	case "ttcf":
		return errors.New("the file is a collection of fonts; want a single one")
	case "wOFF", "wOF2":
		return errors.New("the font is packed for the web; want it unpacked, as TrueType")
	}
	return errors.New("the file is no TrueType font")
}

// embeddable refuses fonts whose maker does not let parts of them be put into
// documents, or does not say so.
func embeddable(os2 []byte) error {
	if len(os2) < 10 {
		return errors.New("the font does not say whether it may be embedded (table OS/2)")
	}
	const restricted, kinds, noSubset, bitmaps = 0x2, 0xf, 0x100, 0x200
	if t := binary.BigEndian.Uint16(os2[8:]); t&kinds == restricted || t&(noSubset|bitmaps) != 0 {
		return fmt.Errorf("the font may not be embedded, or not in part (fsType %#04x of table OS/2)", t)
	}
	return nil
}

// fontName reads the full name, for people; the digest is what counts.
func fontName(t []byte) string {
	const full, microsoft = 4, 3
	if len(t) >= 6 {
		texts := int(binary.BigEndian.Uint16(t[4:]))
		for i := range int(binary.BigEndian.Uint16(t[2:])) {
			at := 6 + 12*i
			if at+12 > len(t) {
				break
			}
			word := func(k int) int { return int(binary.BigEndian.Uint16(t[at+2*k:])) }
			from, n := texts+word(5), word(4)
			if word(0) != microsoft || word(3) != full || from+n > len(t) || n == 0 || n > 200 {
				continue
			}
			var units []uint16
			for k := from; k+1 < from+n; k += 2 {
				units = append(units, binary.BigEndian.Uint16(t[k:]))
			}
			if name := strings.TrimSpace(reports.Display(string(utf16.Decode(units)))); name != "" {
				return name
			}
		}
	}
	return "a font without a name"
}

// For returns what a packet says of the font that it is drawn with: nothing when its
// text, as data, has no character that needs the font.
func (f *Font) For(data []byte) (*reports.Font, error) {
	own, err := newFonts(nil)
	if err != nil {
		return nil, fmt.Errorf("pdf: %w", err)
	}
	for _, r := range string(data) {
		for _, face := range own.all() {
			if f.face.has(r) && !face.has(r) {
				return &reports.Font{Name: f.info.Name, Digest: f.info.Digest}, nil
			}
		}
	}
	return nil, nil
}

// Info tells which font it is.
func (f *Font) Info() reports.Font { return f.info }

// check reports whether f is the font that a packet names.
func (f *Font) check(want *reports.Font) error {
	switch {
	case want == nil:
		return nil
	case f == nil:
		return fmt.Errorf("it is drawn with the font %s, %s, which is not given", want.Name, want.Digest)
	case f.info.Digest != want.Digest:
		return fmt.Errorf("it is drawn with the font %s, %s, and %s, %s, is given", want.Name, want.Digest, f.info.Name, f.info.Digest)
	}
	return nil
}

// loaded returns a face for one document, which notes what is set in it.
func (f *Font) loaded() *face {
	if f == nil {
		return nil
	}
	own := *f.face
	own.used = make([]bool, len(own.advance))
	return &own
}

// cut returns a font with these characters, in order, and nothing else.
func (f *Font) cut(used []rune) ([]byte, error) { return f.outlines.cut(f.face, used) }

// Render is [Render] with this font. It is used only where the packet names it.
func (f *Font) Render(w io.Writer, p *reports.Packet) error { return render(w, p, f) }

// Redraw is [Redraw] with this font.
func (f *Font) Redraw(p *reports.Packet) (*Redrawing, error) { return redraw(p, f) }
