// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// outlines are the shapes of a TrueType font, by glyph.
type outlines struct {
	head, hhea, hmtx []byte
	metrics          int
	glyf             []byte
	at               []int // where each glyph begins; one more for the end
}

// Limits on one glyph. They are several times what large fonts have.
const (
	mostGlyph  = 1 << 16 // bytes
	mostParts  = 64
	deepest    = 5 // parts of parts
	mostGlyphs = 1<<16 - 1
)

func outlinesOf(tables map[string][]byte) (*outlines, error) {
	o := &outlines{head: tables["head"], hhea: tables["hhea"], hmtx: tables["hmtx"], glyf: tables["glyf"]}
	maxp, loca := tables["maxp"], tables["loca"]
	if len(o.head) < 54 || len(o.hhea) < 36 || len(maxp) < 6 || len(o.glyf) == 0 {
		return nil, fmt.Errorf("%w: want tables head, hhea, hmtx, maxp, loca and glyf", errFont)
	}
	o.metrics = int(binary.BigEndian.Uint16(o.hhea[34:]))
	n, long := int(binary.BigEndian.Uint16(maxp[4:])), binary.BigEndian.Uint16(o.head[50:]) == 1
	wide := 2
	if long {
		wide = 4
	}
	if len(loca) < wide*(n+1) || len(o.hmtx) < 4*o.metrics+2*max(0, n-o.metrics) {
		return nil, fmt.Errorf("%w: it has less than its %d glyphs", errFont, n)
	}
	for i := range n + 1 {
		at := 2 * int(binary.BigEndian.Uint16(loca[2*i:]))
		if long {
			at = int(binary.BigEndian.Uint32(loca[4*i:]))
		}
		if at > len(o.glyf) || i > 0 && (at < o.at[i-1] || at-o.at[i-1] > mostGlyph) {
			return nil, fmt.Errorf("%w: glyph %d is out of place", errFont, i)
		}
		o.at = append(o.at, at)
	}
	return o, nil
}

// shows reports whether glyph g puts anything on paper, as each character but spaces
// must.
func (o *outlines) shows(r rune, g int) bool {
	return g > 0 && g+1 < len(o.at) && (o.at[g+1] > o.at[g] || r == '\u3000')
}

func (o *outlines) data(g int) []byte { return o.glyf[o.at[g]:o.at[g+1]] }

// metric returns the width of a glyph and its left bearing.
func (o *outlines) metric(g int) []byte {
	if g < o.metrics {
		return o.hmtx[4*g : 4*g+4]
	}
	last, bearing := 4*(o.metrics-1), 4*o.metrics+2*(g-o.metrics)
	return append(o.hmtx[last:last+2:last+2], o.hmtx[bearing:bearing+2]...)
}

var errGlyph = errors.New("a shape of the font is damaged")

// simple returns a glyph made of contours without its program, and without anything
// behind its points.
func simple(g []byte) ([]byte, error) {
	if len(g) < 10 {
		return nil, errGlyph
	}
	contours := int(binary.BigEndian.Uint16(g))
	ends := 10 + 2*contours
	if contours == 0 {
		return nil, nil
	}
	if len(g) < ends+2 {
		return nil, errGlyph
	}
	points := 0
	for i := range contours {
		end := int(binary.BigEndian.Uint16(g[10+2*i:]))
		if end < points {
			return nil, errGlyph
		}
		points = end + 1
	}
	rest := ends + 2 + int(binary.BigEndian.Uint16(g[ends:]))
	if rest > len(g) {
		return nil, errGlyph
	}
	n, ok := pointsOf(g[rest:], points)
	if !ok {
		return nil, errGlyph
	}
	out := append(g[:ends:ends], 0, 0)
	return append(out, g[rest:rest+n]...), nil
}

// pointsOf returns how many bytes so many points take: flags, which may be repeated,
// and then numbers of a length that the flags tell.
func pointsOf(b []byte, points int) (n int, ok bool) {
	const xShort, yShort, repeat, xSame, ySame = 0x02, 0x04, 0x08, 0x10, 0x20
	numbers := 0
	long := func(flag, short, same byte) int {
		switch {
		case flag&short != 0:
			return 1
		case flag&same != 0:
			return 0
		}
		return 2
	}
	for points > 0 {
		if n >= len(b) {
			return 0, false
		}
		flag, times := b[n], 1
		n++
		if flag&repeat != 0 {
			if n >= len(b) {
				return 0, false
			}
			times += int(b[n])
			n++
		}
		if times > points {
			return 0, false
		}
		points -= times
		numbers += times * (long(flag, xShort, xSame) + long(flag, yShort, ySame))
	}
	return n + numbers, n+numbers <= len(b)
}

// A component is a glyph within another.
type component struct{ at, glyph int } // at is where its number stands

// composite returns a glyph made of others without its program, and which they are.
func composite(g []byte) (out []byte, parts []component, err error) {
	const words, scale, more, xyScale, twoByTwo, program = 0x1, 0x8, 0x20, 0x40, 0x80, 0x100
	if len(g) < 10 {
		return nil, nil, errGlyph
	}
	out = append([]byte{}, g...)
	for at := 10; ; {
		if len(parts) == mostParts || at+4 > len(g) {
			return nil, nil, errGlyph
		}
		flags := binary.BigEndian.Uint16(g[at:])
		binary.BigEndian.PutUint16(out[at:], flags&^program)
		parts = append(parts, component{at + 2, int(binary.BigEndian.Uint16(g[at+2:]))})
		at += 6
		if flags&words != 0 {
			at += 2
		}
		switch {
		case flags&scale != 0:
			at += 2
		case flags&xyScale != 0:
			at += 4
		case flags&twoByTwo != 0:
			at += 8
		}
		if at > len(g) {
			return nil, nil, errGlyph
		}
		if flags&more == 0 {
			return out[:at], parts, nil
		}
	}
}
