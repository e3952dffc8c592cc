// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A face is what layout needs of a font: which characters of the basic plane it
// has, and how wide they are.
type face struct {
	key     string
	ttf     []byte
	advance []uint16 // by character; 0 is none
	glyph   []uint16 // by character
	units   float64
	next    *face  // for what this one lacks; nil is none
	used    []bool // by character: it is set somewhere
}

// of returns the face that shows r: this one or the next, or nil.
func (f *face) of(r rune) *face {
	for ; f != nil && !f.has(r); f = f.next {
	}
	return f
}

// use notes which characters are set.
func (f *face) use(text string) {
	for _, r := range text {
		f.used[r] = true
	}
}

// isUsed reports whether any character is set.
func (f *face) isUsed() bool { return slices.Contains(f.used, true) }

// set returns the characters that are set, in their order.
func (f *face) set() string {
	var out strings.Builder
	for r, is := range f.used {
		if is {
			out.WriteRune(rune(r))
		}
	}
	return out.String()
}

// has reports whether the font can show r.
func (f *face) has(r rune) bool {
	return r > 0 && int(r) < len(f.advance) && f.advance[r] != 0
}

// width returns how wide r is at a size.
func (f *face) width(r rune, size float64) float64 {
	if !f.has(r) {
		return 0
	}
	return float64(f.advance[r]) * size / f.units
}

var errFont = errors.New("the font is damaged")

// mostTables is more than any font has.
const mostTables = 64

// newFace reads the tables head, hhea, hmtx and cmap of a TrueType font.
func newFace(key string, ttf []byte) (*face, error) {
	tables, err := tablesOf(ttf)
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", key, err)
	}
	head, hhea, hmtx := tables["head"], tables["hhea"], tables["hmtx"]
	if len(head) < 20 || len(hhea) < 36 {
		return nil, fmt.Errorf("font %s: %w", key, errFont)
	}
	f := &face{key: key, ttf: ttf, units: float64(binary.BigEndian.Uint16(head[18:]))}
	metrics := int(binary.BigEndian.Uint16(hhea[34:]))
	if metrics == 0 || len(hmtx) < 4*metrics || f.units < 16 || f.units > 1<<14 {
		return nil, fmt.Errorf("font %s: %w", key, errFont)
	}
	glyphs, err := glyphsOf(tables["cmap"])
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", key, err)
	}
	f.glyph, f.advance, f.used = glyphs, make([]uint16, len(glyphs)), make([]bool, len(glyphs))
	for r, g := range glyphs {
		if g != 0 {
			f.advance[r] = binary.BigEndian.Uint16(hmtx[4*min(int(g), metrics-1):])
		}
	}
	return f, nil
}

func tablesOf(ttf []byte) (map[string][]byte, error) {
	if len(ttf) < 12 || binary.BigEndian.Uint16(ttf[4:]) > mostTables {
		return nil, errFont
	}
	tables := map[string][]byte{}
	for i := range int(binary.BigEndian.Uint16(ttf[4:])) {
		entry := 12 + 16*i
		if len(ttf) < entry+16 {
			return nil, errFont
		}
		from, n := binary.BigEndian.Uint32(ttf[entry+8:]), binary.BigEndian.Uint32(ttf[entry+12:])
		if uint64(from)+uint64(n) > uint64(len(ttf)) {
			return nil, errFont
		}
		tables[string(ttf[entry:entry+4])] = ttf[from : from+n]
	}
	return tables, nil
}

// glyphsOf returns the glyph of each character of the basic plane, from the
// subtable of format 4, which is the one that gofpdf uses.
func glyphsOf(cmap []byte) ([]uint16, error) {
	if len(cmap) < 4 {
		return nil, errFont
	}
	for i := range min(int(binary.BigEndian.Uint16(cmap[2:])), mostTables) {
		entry := 4 + 8*i
		if len(cmap) < entry+8 {
			return nil, errFont
		}
		at := int(binary.BigEndian.Uint32(cmap[entry+4:]))
		if at+14 <= len(cmap) && binary.BigEndian.Uint16(cmap[at:]) == 4 {
			return segments(cmap[at:])
		}
	}
	return nil, fmt.Errorf("%w: no character map of format 4", errFont)
}

func segments(t []byte) ([]uint16, error) {
	n := int(binary.BigEndian.Uint16(t[6:])) / 2
	if len(t) < 16+8*n {
		return nil, errFont
	}
	word := func(array, i int) int { return int(binary.BigEndian.Uint16(t[array+2*i:])) }
	ends, starts, deltas, offsets := 14, 16+2*n, 16+4*n, 16+6*n
	glyphs := make([]uint16, 1<<16)
	for s := range n {
		if s > 0 && word(starts, s) <= word(ends, s-1) {
			return nil, fmt.Errorf("%w: its character map is not in order", errFont)
		}
		for c := word(starts, s); c <= word(ends, s) && c < 0xffff; c++ {
			g := c
			if o := word(offsets, s); o != 0 {
				at := offsets + 2*s + o + 2*(c-word(starts, s))
				if at+2 > len(t) {
					return nil, errFont
				}
				if g = word(at, 0); g == 0 {
					continue
				}
			}
			glyphs[c] = uint16(g + word(deltas, s))
		}
	}
	return glyphs, nil
}
