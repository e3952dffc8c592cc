// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"math"
	"strconv"

	"github.com/jung-kurt/gofpdf"
)

// A canvas is what a pen draws on: the calls of gofpdf that this package makes, and
// no others. A [paper] answers them with the same bytes.
type canvas interface {
	SetFont(family, style string, size float64)
	SetTextColor(r, g, b int)
	SetFillColor(r, g, b int)
	SetDrawColor(r, g, b int)
	SetLineWidth(width float64)
	SetDashPattern(dash []float64, phase float64)
	Text(x, y float64, text string)
	Rect(x, y, w, h float64, how string)
	RoundedRect(x, y, w, h, r float64, corners, how string)
	Line(x1, y1, x2, y2 float64)
	Polygon(points []gofpdf.PointType, how string)
}

// A paper writes what stands on a page, byte by byte as gofpdf writes it, but without
// a document around it and many times faster. Packets are made with gofpdf; that both
// agree shows whenever a sealed packet is drawn again.
type paper struct {
	out    []byte
	height float64
	names  map[string]string // of the fonts, by their keys

	font, size       string // "" is none
	width            float64
	dash             string // "" is none
	draw, fill, text string // colours, as they are set
}

func newPaper(names map[string]string) *paper {
	return &paper{names: names, width: 0.567, draw: tint(0, 0, 0, "G", "RG"), fill: tint(0, 0, 0, "g", "rg"), text: tint(0, 0, 0, "g", "rg")}
}

// turn begins a page with what was set on the one before.
func (s *paper) turn(height float64) {
	s.out, s.height = s.out[:0], height
	s.say("0 J\n0 j\n")
	s.numbers(2, s.width)
	s.say("w\n", s.dash)
	s.setFont()
	s.say(s.draw, "\n", s.fill, "\n")
	s.setFont() // once before the head of a page, which we do not use, and once behind
}

func (s *paper) say(texts ...string) {
	for _, t := range texts {
		s.out = append(s.out, t...)
	}
}

// numbers writes numbers and a space behind each.
func (s *paper) numbers(places int, all ...float64) {
	for _, v := range all {
		s.out = append(decimal(s.out, v, places), ' ')
	}
}

// decimal appends v with places behind the point. Numbers that are not almost half way
// between two such are rounded without big arithmetic.
func decimal(out []byte, v float64, places int) []byte {
	if places == 2 {
		whole, part := math.Modf(math.Abs(v) * 100)
		if whole < 1e9 && math.Abs(part-0.5) > 1e-4 {
			n := int64(whole)
			if part > 0.5 {
				n++
			}
			if math.Signbit(v) {
				out = append(out, '-')
			}
			out = strconv.AppendInt(out, n/100, 10)
			return append(out, '.', byte('0'+n/10%10), byte('0'+n%10))
		}
	}
	return strconv.AppendFloat(out, v, 'f', places, 64)
}

func (s *paper) SetFont(family, _ string, size float64) {
	s.font, s.size = s.names[family], string(decimal(nil, size, 2))
	s.setFont()
}

func (s *paper) setFont() {
	if s.font != "" {
		s.say("BT /", s.font, " ", s.size, " Tf ET\n")
	}
}

// tint is how gofpdf sets a colour.
func tint(r, g, b int, gray, full string) string {
	part := func(v int) string { return strconv.FormatFloat(float64(v)/255, 'f', 3, 64) + " " }
	if r == g && r == b {
		return part(r) + gray
	}
	return part(r) + part(g) + part(b) + full
}

func (s *paper) SetTextColor(r, g, b int) { s.text = tint(r, g, b, "g", "rg") }

func (s *paper) SetFillColor(r, g, b int) {
	s.fill = tint(r, g, b, "g", "rg")
	s.say(s.fill, "\n")
}

func (s *paper) SetDrawColor(r, g, b int) {
	s.draw = tint(r, g, b, "G", "RG")
	s.say(s.draw, "\n")
}

func (s *paper) SetLineWidth(width float64) {
	s.width = width
	s.numbers(2, width)
	s.say("w\n")
}

func (s *paper) SetDashPattern(dash []float64, phase float64) {
	from := len(s.out)
	s.say("[")
	for i, v := range dash {
		if i > 0 {
			s.say(" ")
		}
		s.out = decimal(s.out, v, 2)
	}
	s.say("] ")
	s.numbers(2, phase)
	s.say("d\n")
	s.dash = ""
	if len(dash) > 0 {
		s.dash = string(s.out[from:])
	}
}

// Text sets text in the code of our fonts, which is UTF-16 of the basic plane.
func (s *paper) Text(x, y float64, text string) {
	colored := s.text != s.fill
	if colored {
		s.say("q ", s.text, " ")
	}
	s.say("BT ")
	s.numbers(2, x, s.height-y)
	s.say("Td (")
	for _, r := range text {
		s.out = escaped(escaped(s.out, byte(r>>8)), byte(r))
	}
	s.say(") Tj ET")
	if colored {
		s.say(" Q")
	}
	s.say("\n")
}

func escaped(out []byte, c byte) []byte {
	switch c {
	case '\\', '(', ')':
		return append(out, '\\', c)
	case '\r':
		return append(out, '\\', 'r')
	}
	return append(out, c)
}

func operator(how string) string {
	if how == "FD" {
		return "B\n"
	}
	return "f\n"
}

func (s *paper) Rect(x, y, w, h float64, how string) {
	s.numbers(2, x, s.height-y, w, -h)
	s.say("re ", operator(how))
}

// RoundedRect rounds all corners.
func (s *paper) RoundedRect(x, y, w, h, r float64, _, how string) {
	arc := (4.0 / 3.0) * (math.Sqrt2 - 1.0)
	to := func(x, y float64, op string) {
		s.numbers(5, x, s.height-y)
		s.say(op)
	}
	curve := func(x1, y1, x2, y2, x3, y3 float64) {
		s.numbers(5, x1, s.height-y1, x2, s.height-y2, x3, s.height-y3)
		s.say("c \n")
	}
	s.say("q ")
	to(x+r, y, "m\n")
	cx, cy := x+w-r, y+r
	to(cx, y, "l\n")
	curve(cx+r*arc, cy-r, cx+r, cy-r*arc, cx+r, cy)
	cx, cy = x+w-r, y+h-r
	to(x+w, cy, "l\n")
	curve(cx+r, cy+r*arc, cx+r*arc, cy+r, cx, cy+r)
	cx, cy = x+r, y+h-r
	to(cx, y+h, "l\n")
	curve(cx-r*arc, cy+r, cx-r, cy+r*arc, cx-r, cy)
	cx, cy = x+r, y+r
	to(x, cy, "l\n")
	curve(cx-r, cy-r*arc, cx-r*arc, cy-r, cx, cy-r)
	s.say(operator(how))
}

func (s *paper) Line(x1, y1, x2, y2 float64) {
	s.numbers(2, x1, s.height-y1)
	s.say("m ")
	s.numbers(2, x2, s.height-y2)
	s.say("l S\n")
}

func (s *paper) Polygon(points []gofpdf.PointType, how string) {
	for i, p := range points {
		if i == 0 {
			s.numbers(2, p.X, s.height-p.Y)
			s.say("m\n")
			continue
		}
		s.numbers(5, p.X, s.height-p.Y)
		s.say("l \n")
	}
	s.numbers(5, points[0].X, s.height-points[0].Y)
	s.say("l \n", operator(how))
}
