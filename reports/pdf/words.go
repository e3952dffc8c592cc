// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

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

// A letter is a character to be set, and where it stands.
type letter struct {
	r     rune
	span  int32
	at    int32 // in the text of the span, as it is shown
	width float64
}

// shown makes text safe, and writes out what neither the face nor the next one can show.
func shown(f *face, s string) string {
	s = reports.Display(s)
	if !strings.ContainsFunc(s, func(r rune) bool { return f.of(r) == nil }) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case f.of(r) != nil:
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
	var room [200]letter // most texts need no other
	letters, texts := lettersOf(room[:0], spans)
	var lines []line
	for len(letters) > 0 {
		n, skip := fit(letters, width)
		lines = append(lines, lineOf(spans, texts, letters[:n]))
		letters = letters[n+skip:]
	}
	if len(lines) == 0 {
		lines = append(lines, line{})
	}
	return lines
}

// lettersOf appends letters to room, and returns the text of each span as it is shown.
func lettersOf(room []letter, spans []span) ([]letter, []string) {
	n, texts := 0, make([]string, len(spans))
	for i, s := range spans {
		texts[i] = shown(s.face, s.text)
		if !utf8.ValidString(texts[i]) {
			texts[i] = string([]rune(texts[i]))
		}
		n += len(texts[i])
	}
	out := slices.Grow(room, n)
	for i, s := range spans {
		for at, r := range texts[i] {
			out = append(out, letter{r, int32(i), int32(at), s.face.of(r).width(r, s.size)})
		}
	}
	return out, texts
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

func lineOf(spans []span, texts []string, letters []letter) line {
	out := line{runs: make([]run, 0, 1)}
	for i := 0; i < len(letters); {
		first, j := letters[i], i
		for ; j < len(letters) && letters[j].span == first.span; j++ {
		}
		last := letters[j-1]
		text := texts[first.span][first.at : int(last.at)+utf8.RuneLen(last.r)]
		out.add(seen(text), spans[first.span].style)
		i = j
	}
	return out
}

// add puts text at the end of a line, each part of it in the face that has it.
func (l *line) add(text string, s style) {
	from, width, face := 0, 0.0, (*face)(nil)
	part := func(to int) {
		if to > from {
			l.runs = append(l.runs, run{text[from:to], l.width, style{face, s.size, s.ink}})
			l.width += width
		}
		from, width = to, 0
	}
	for i, r := range text {
		f := s.face.of(r)
		if f != face {
			part(i)
			face = f
		}
		width += f.width(r, s.size)
	}
	part(len(text))
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
