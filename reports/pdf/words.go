// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/bidi"

	"github.com/foureyes-iga/foureyes/reports"
)

// A style is how text looks.
type style struct {
	face *face
	size float64
	ink  color
}

// leading is the distance of lines of a style.
func (s style) leading() float64 { return s.size * 1.38 }

// A span is text of one style.
type span struct {
	text string
	style
}

// A run is a part of a span on a line, in the order in which it is seen.
type run struct {
	text  string
	x     float64
	style style
}

// A line is runs side by side.
type line struct {
	runs  []run
	width float64
}

// A letter is a character to be set.
type letter struct {
	r     rune
	span  int
	width float64
}

// shown makes text safe, and writes out what the face cannot show.
func shown(f *face, s string) string {
	s = reports.Display(s)
	if !strings.ContainsFunc(s, func(r rune) bool { return !f.has(r) }) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case f.has(r):
			b.WriteRune(r)
		case unicode.Is(unicode.Zs, r):
			b.WriteByte(' ')
		default:
			fmt.Fprintf(&b, "⟨U+%04X⟩", r)
		}
	}
	return b.String()
}

// set breaks spans into lines no wider than width. It breaks at spaces, else
// after signs such as hyphens, else anywhere.
func set(spans []span, width float64) []line {
	letters := lettersOf(spans)
	var lines []line
	for len(letters) > 0 {
		n, skip := fit(letters, width)
		lines = append(lines, lineOf(spans, letters[:n]))
		letters = letters[n+skip:]
	}
	if len(lines) == 0 {
		lines = append(lines, line{})
	}
	return lines
}

func lettersOf(spans []span) []letter {
	n := 0
	for _, s := range spans {
		n += len(s.text)
	}
	out := make([]letter, 0, n)
	for i, s := range spans {
		for _, r := range shown(s.face, s.text) {
			out = append(out, letter{r, i, s.face.width(r, s.size)})
		}
	}
	return out
}

// fit returns how many letters make the first line, and how many spaces after
// them fall away.
func fit(letters []letter, width float64) (n, skip int) {
	used, space, sign := 0.0, -1, -1
	for i, l := range letters {
		if l.r == ' ' {
			space = i
		} else if used+l.width > width+0.01 && i > 0 {
			switch {
			case space > 0:
				return space, 1
			case sign > 0:
				return sign, 0
			}
			return i, 0
		}
		used += l.width
		if used > width/3 && isSign(l.r) {
			sign = i + 1
		}
	}
	return len(letters), 0
}

// isSign reports whether a line may break behind r.
func isSign(r rune) bool {
	switch r {
	case '-', '_', '/', '.', ',', ':', ';', '@', '\\', '|', '⟩':
		return true
	}
	return false
}

func lineOf(spans []span, letters []letter) line {
	var out line
	for i := 0; i < len(letters); {
		j := i
		var text strings.Builder
		width := 0.0
		for ; j < len(letters) && letters[j].span == letters[i].span; j++ {
			text.WriteRune(letters[j].r)
			width += letters[j].width
		}
		out.runs = append(out.runs, run{seen(text.String()), out.width, spans[letters[i].span].style})
		out.width += width
		i = j
	}
	return out
}

// leftToRight begins a line as what it is: a line of a document that runs from
// left to right. No shown text holds it.
const leftToRight = "\u200e"

// seen puts a line into the order in which it is seen, where some of it runs from
// right to left.
func seen(s string) string {
	if !strings.ContainsFunc(s, rightToLeft) {
		return s
	}
	var p bidi.Paragraph
	if _, err := p.SetString(leftToRight + s); err != nil {
		return s
	}
	order, err := p.Order()
	if err != nil {
		return s
	}
	var b strings.Builder
	var back []string // runs that go from right to left, and numbers within them
	flush := func() {
		slices.Reverse(back)
		b.WriteString(strings.Join(back, ""))
		back = nil
	}
	for i := range order.NumRuns() {
		r := order.Run(i)
		if r.Direction() == bidi.RightToLeft {
			back = append(back, bidi.ReverseString(r.String()))
			continue
		}
		rest := r.String()
		if len(back) > 0 {
			rest = strings.TrimLeftFunc(rest, unicode.IsDigit)
			back = append(back, strings.TrimSuffix(r.String(), rest))
		}
		if rest != "" {
			flush()
			b.WriteString(strings.TrimPrefix(rest, leftToRight))
		}
	}
	flush()
	return b.String()
}

func rightToLeft(r rune) bool {
	p, _ := bidi.LookupRune(r)
	return p.Class() == bidi.R || p.Class() == bidi.AL
}
