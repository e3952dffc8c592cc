// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// A cutting is a font that is put together from shapes of another.
type cutting struct {
	*outlines
	shapes  [][]byte
	metrics []byte
	parts   map[int]int // the new number of glyphs that others are made of
}

// cut writes a font with these characters, in order, and with nothing else of the font
// that they are from: no programs, and only the tables that a PDF needs.
func (o *outlines) cut(f *face, characters []rune) ([]byte, error) {
	c := &cutting{outlines: o, parts: map[int]int{}, metrics: []byte{o.head[18], o.head[19], 0, 0}, shapes: [][]byte{nil}}
	for _, r := range characters {
		c.take(int(f.glyph[r]), nil)
	}
	for i, r := range characters {
		shape, err := c.shape(int(f.glyph[r]), 0)
		if err != nil {
			return nil, fmt.Errorf("U+%04X: %w", r, err)
		}
		c.shapes[i+1] = shape
	}
	return c.write(characters)
}

// take adds a glyph and returns its number.
func (c *cutting) take(g int, shape []byte) int {
	c.shapes = append(c.shapes, shape)
	c.metrics = append(c.metrics, c.metric(g)...)
	return len(c.shapes) - 1
}

// shape returns a glyph whose parts are taken too.
func (c *cutting) shape(g, depth int) ([]byte, error) {
	if depth > deepest || g+1 >= len(c.at) {
		return nil, errGlyph
	}
	data := c.data(g)
	switch {
	case len(data) == 0:
		return nil, nil
	case len(data) < 10:
		return nil, errGlyph
	case data[0] < 0x80:
		return simple(data)
	}
	out, parts, err := composite(data)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		n, known := c.parts[p.glyph]
		if !known {
			shape, err := c.shape(p.glyph, depth+1)
			if err != nil {
				return nil, err
			}
			if len(c.shapes) > mostGlyphs {
				return nil, fmt.Errorf("%w: it has too many parts", errGlyph)
			}
			n = c.take(p.glyph, shape)
			c.parts[p.glyph] = n
		}
		binary.BigEndian.PutUint16(out[p.at:], uint16(n))
	}
	return out, nil
}

func (c *cutting) write(characters []rune) ([]byte, error) {
	if len(c.shapes) > mostGlyphs {
		return nil, fmt.Errorf("%w: it has too many shapes", errGlyph)
	}
	var glyf, loca []byte
	for _, s := range c.shapes {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		glyf = append(glyf, s...)
		glyf = append(glyf, make([]byte, -len(glyf)&3)...)
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	head, hhea, maxp := slices.Clone(c.head[:54]), slices.Clone(c.hhea[:36]), make([]byte, 32)
	binary.BigEndian.PutUint16(head[50:], 1) // loca has long numbers
	binary.BigEndian.PutUint16(head[52:], 0)
	copy(hhea[24:], make([]byte, 10))
	binary.BigEndian.PutUint16(hhea[34:], uint16(len(c.shapes)))
	copy(maxp, []byte{0, 1, 0, 0})
	binary.BigEndian.PutUint16(maxp[4:], uint16(len(c.shapes)))
	for i, most := range map[int]uint16{6: 1<<16 - 1, 8: 1<<16 - 1, 10: 1<<16 - 1, 12: 1<<16 - 1, 14: 2, 28: mostParts, 30: deepest + 1} {
		binary.BigEndian.PutUint16(maxp[i:], most)
	}
	return sfnt([]sfntTable{
		{"cmap", characterMap(characters)}, {"glyf", glyf}, {"head", head}, {"hhea", hhea}, {"hmtx", c.metrics}, {"loca", loca}, {"maxp", maxp},
		{"name", []byte{0, 0, 0, 0, 0, 6}}, {"post", append([]byte{0, 3, 0, 0}, make([]byte, 28)...)},
	}), nil
}

// characterMap gives the characters, which are in order, the glyphs from 1 on.
func characterMap(characters []rune) []byte {
	type segment struct{ first, last, glyph int }
	var all []segment
	for i, r := range characters {
		if n := len(all); n > 0 && all[n-1].last+1 == int(r) {
			all[n-1].last++
			continue
		}
		all = append(all, segment{int(r), int(r), i + 1})
	}
	all = append(all, segment{0xffff, 0xffff, 0})
	n := len(all)
	out := []byte{0, 0, 0, 1, 0, 3, 0, 1, 0, 0, 0, 12}
	add := func(v int) { out = binary.BigEndian.AppendUint16(out, uint16(v)) }
	add(4)
	add(min(16+8*n, 0xffff))
	add(0)
	add(2 * n)
	add(0) // for a search by halves, which nobody makes
	add(0)
	add(0)
	for _, s := range all {
		add(s.last)
	}
	add(0)
	for _, s := range all {
		add(s.first)
	}
	for _, s := range all {
		add(s.glyph - s.first)
	}
	for range all {
		add(0)
	}
	return out
}

// An sfntTable is a part of a font. They stand in the order of their names.
type sfntTable struct {
	name string
	data []byte
}

func sfnt(tables []sfntTable) []byte {
	out := []byte{0, 1, 0, 0, 0, byte(len(tables)), 0, 0, 0, 0, 0, 0}
	at := 12 + 16*len(tables)
	for _, t := range tables {
		out = append(out, t.name...)
		out = append(out, 0, 0, 0, 0) // a checksum, which gofpdf makes
		out = binary.BigEndian.AppendUint32(out, uint32(at))
		out = binary.BigEndian.AppendUint32(out, uint32(len(t.data)))
		at += len(t.data) + -len(t.data)&3
	}
	for _, t := range tables {
		out = append(out, t.data...)
		out = append(out, make([]byte, -len(out)&3)...)
	}
	return out
}
