// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// Text returns the words that each page shows, as they were written: one line for
// each piece of text that was set by itself. It reads exactly what reports/pdf
// writes, and refuses pages with anything else on them.
func (s *Sealed) Text() ([]string, error) {
	f := s.document.drawn
	var out []string
	for i, p := range f.pages() {
		c, _ := f.stream(p["Contents"])
		data, err := c.inflated()
		if err != nil {
			return nil, fmt.Errorf("page %d: %w", i+1, err)
		}
		text, err := words(data)
		if err != nil {
			return nil, fmt.Errorf("page %d: %w", i+1, err)
		}
		out = append(out, text)
	}
	return out, nil
}

// operators are those of PDF with which pages are drawn, and how many operands each
// takes: lines and areas, their colours, and text in a font. None of them can hide
// text or show it elsewhere.
func operators() map[string]int {
	return map[string]int{
		"q": 0, "Q": 0, "BT": 0, "ET": 0, "Tf": 2, "Td": 2, "Tj": 1, "g": 1, "G": 1, "rg": 3, "RG": 3, "w": 1, "J": 1, "j": 1, "d": 2,
		"m": 2, "l": 2, "c": 6, "h": 0, "re": 4, "f": 0, "F": 0, "S": 0, "s": 0, "B": 0, "b": 0,
	}
}

// words reads a page. Fonts are of the kind whose codes are those of Unicode.
func words(page []byte) (string, error) {
	var out strings.Builder
	r := &reader{file: page}
	known := operators()
	var operands []value
	for {
		r.skipSpace()
		if r.at == len(page) {
			return out.String(), nil
		}
		if c := r.peek(); c == '(' || c == '[' || c == '/' || c == '-' || c == '.' || c >= '0' && c <= '9' {
			v, err := r.value(0)
			if err != nil {
				return "", err
			}
			operands = append(operands, v)
			continue
		}
		op := r.regular()
		if n, ok := known[op]; !ok || n != len(operands) {
			return "", r.wrong("%q with %d operands is not drawn by us", op, len(operands))
		}
		if op == "Tj" {
			t, ok := operands[0].(text)
			if !ok || len(t)%2 != 0 {
				return "", r.wrong("a text is in another code than ours")
			}
			out.WriteString(t.unicode() + "\n")
		}
		operands = nil
	}
}

// unicode decodes UTF-16, the higher byte first.
func (v text) unicode() string {
	units := make([]uint16, 0, len(v)/2)
	for i := 0; i+1 < len(v); i += 2 {
		units = append(units, uint16(v[i])<<8|uint16(v[i+1]))
	}
	return string(utf16.Decode(units))
}
