// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
)

// Render writes the packet's findings as one JSON object and a line feed.
func Render(w io.Writer, p *reports.Packet) error { return encode(w, documentOf(p)) }

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

// ErrNewer is returned (wrapped) for findings in a version of the format that
// this program does not know.
var ErrNewer = errors.New("written by a newer foureyes: use that version to read it")

// Read reads findings that [Render] wrote, of this version of the format or an
// older one. It does not check what it does not need to compare with.
func Read(r io.Reader) (*reports.Findings, error) {
	var d document
	dec := json.NewDecoder(r)
	if err := dec.Decode(&d); err != nil {
		return nil, fmt.Errorf("findings: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("findings: something follows the object")
	}
	if err := checkFormat(d.Format); err != nil {
		return nil, fmt.Errorf("findings: %w", err)
	}
	asOf, err := time.Parse(time.RFC3339, d.AsOf)
	if err != nil {
		return nil, fmt.Errorf("findings: as_of %q: want a time such as 2026-10-01T23:59:59Z", d.AsOf)
	}
	out := &reports.Findings{Snapshot: d.Snapshot.Digest, Policy: d.Policy.Digest, AsOf: asOf}
	for i, f := range d.Findings {
		p, err := past(f)
		if err != nil {
			return nil, fmt.Errorf("findings[%d]: %w", i, err)
		}
		out.Findings = append(out.Findings, p)
	}
	return out, nil
}

func checkFormat(s string) error {
	version, ok := strings.CutPrefix(s, "foureyes/findings/")
	n, err := strconv.Atoi(version)
	switch {
	case !ok || err != nil || n < 1:
		return fmt.Errorf("format %q: want %s, as analyze --format json writes it", s, format)
	case n > 1:
		return fmt.Errorf("format %q: %w", s, ErrNewer)
	}
	return nil
}

func past(f finding) (reports.Past, error) {
	if f.ID == "" || f.Rule == "" {
		return reports.Past{}, errors.New("no id or no rule")
	}
	p := reports.Past{ID: f.ID, Kind: f.Kind, Rule: f.Rule, Title: f.Title, Severity: severity(f.Severity), Same: f.Same, Status: sod.Status(f.Status)}
	if p.Status != sod.Open && p.Status != sod.Accepted {
		return p, fmt.Errorf("%s: status %q: want open or accepted", f.ID, f.Status)
	}
	if f.Mode != "" {
		m, err := reach.ParseMode(f.Mode)
		if err != nil {
			return p, fmt.Errorf("%s: %w", f.ID, err)
		}
		p.Mode = m
	}
	for i, id := range f.Subjects {
		p.Subjects = append(p.Subjects, thing(id, f.Names, i))
	}
	return p, nil
}

func thing(id graph.ID, names []string, i int) reports.Thing {
	t := reports.Thing{ID: id}
	if i < len(names) {
		t.Name = names[i]
	}
	return t
}
