// SPDX-License-Identifier: Apache-2.0

package view

import (
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/foureyes-iga/foureyes/graph/reach"
)

// The ink of pictures.
const (
	ink      = "#1f2933"
	faint    = "#66727f"
	line     = "#9aa5b1"
	boxFill  = "#ffffff"
	personal = "#e8eff5" // behind subjects
	reached  = "#f6eee3" // behind targets
)

// SVG writes the layout as one SVG picture that needs nothing from elsewhere.
func (l Layout) SVG(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="%s" height="%s" viewBox="0 0 %[1]s %[2]s" font-family="DejaVu Sans Condensed, Arial, sans-serif" font-size="%v">`+"\n", number(l.Width), number(l.Height), TextSize)
	fmt.Fprintf(&b, "<title>%s</title>\n", html.EscapeString(l.title()))
	fmt.Fprintf(&b, `<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0.8 L8,4 L0,7.2 z" fill="%s"/></marker></defs>`+"\n", faint)
	for _, a := range l.Arrows {
		a.svg(&b)
	}
	for _, x := range l.Boxes {
		x.svg(&b)
	}
	for _, a := range l.Arrows {
		fmt.Fprintf(&b, `<text x="%s" y="%s" text-anchor="middle" font-size="7.5" fill="%s" stroke="#fff" stroke-width="3" paint-order="stroke">%s</text>`+"\n", number(a.At.X), number(a.At.Y+2.5), faint, html.EscapeString(a.Label))
	}
	if l.Note != "" {
		fmt.Fprintf(&b, `<text x="%s" y="%s" fill="%s" unicode-bidi="isolate">%s</text>`+"\n", number(margin), number(l.Height-margin), ink, html.EscapeString(l.Note))
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (l Layout) title() string {
	var names []string
	for _, x := range l.Boxes {
		if x.Part == Subject {
			names = append(names, strings.Join(x.Lines, " "))
		}
	}
	return "Access of " + strings.Join(names, ", ")
}

func (a Arrow) svg(b *strings.Builder) {
	fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="1"%s marker-end="url(#head)" points="`, faint, dashes(a.Mode))
	for i, p := range a.Points {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(number(p.X) + "," + number(p.Y))
	}
	b.WriteString("\"/>\n")
}

func dashes(m reach.Mode) string {
	switch m {
	case reach.Eligible:
		return ` stroke-dasharray="6 4"`
	case reach.Attainable:
		return ` stroke-dasharray="1.5 3"`
	}
	return ""
}

func (x Box) svg(b *strings.Builder) {
	fmt.Fprintf(b, `<rect x="%s" y="%s" width="%s" height="%s" rx="3" fill="%s" stroke="%s" stroke-width="0.8"/>`+"\n", number(x.X), number(x.Y), number(x.W), number(x.H), x.fill(), line)
	fmt.Fprintf(b, `<text x="%s" y="%s" font-size="7" fill="%s">%s</text>`+"\n", number(x.X+7), number(x.Y+11), faint, html.EscapeString(x.Kind))
	for i, s := range x.Lines {
		fmt.Fprintf(b, `<text x="%s" y="%s" fill="%s" unicode-bidi="isolate">%s</text>`+"\n", number(x.X+7), number(x.Y+boxHead+LineHeight*float64(i)+6), ink, html.EscapeString(s))
	}
}

func (x Box) fill() string {
	switch x.Part {
	case Subject:
		return personal
	case Target:
		return reached
	}
	return boxFill
}

// number prints a coordinate without needless digits.
func number(x float64) string { return fmt.Sprint(round(x)) }
