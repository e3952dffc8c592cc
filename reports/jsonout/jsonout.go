// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"

	"github.com/foureyes-iga/foureyes/reports"
)

// Render writes the packet's findings as one JSON object and a line feed.
func Render(w io.Writer, p *reports.Packet) error { return encodeLong(w, documentOf(p)) }

func encode(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("findings: %w", err)
	}
	_, err := w.Write(escapeHidden(b.Bytes()))
	return err
}

// escapeHidden writes hidden characters as JSON escapes. Outside strings the
// encoder writes none but line feeds, which stay.
func escapeHidden(text []byte) []byte {
	hidden := func(r rune) bool { return r != '\n' && reports.Hidden(r) }
	if !bytes.ContainsFunc(text, hidden) {
		return text
	}
	var out bytes.Buffer
	for _, r := range string(text) {
		if !hidden(r) {
			out.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&out, `\u%04x`, unit)
		}
	}
	return out.Bytes()
}
