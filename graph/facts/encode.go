// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Writer writes facts as lines. Close adds the end line.
type Writer struct {
	w    *bufio.Writer
	line []byte
	n    int
}

// NewWriter returns a writer on w.
func NewWriter(w io.Writer) *Writer {
	return &Writer{w: bufio.NewWriterSize(w, 64<<10)}
}

// Write adds one fact.
func (w *Writer) Write(f graph.Fact) error {
	w.line = append(Append(w.line[:0], f), '\n')
	w.n++
	_, err := w.w.Write(w.line)
	return err
}

// Close writes the end line and flushes. It does not close the underlying writer.
func (w *Writer) Close() error {
	if _, err := fmt.Fprintf(w.w, "{\"fact\":\"end\",\"facts\":%d}\n", w.n); err != nil {
		return err
	}
	return w.w.Flush()
}

// Export writes all of g in canonical order: sources, nodes, grants, uses, gaps,
// coverage, end.
func Export(w io.Writer, g *graph.Graph) error {
	fw := NewWriter(w)
	for _, r := range g.Runs() {
		if err := fw.Write(r); err != nil {
			return err
		}
	}
	n, err := writeContent(fw.w, g)
	if err != nil {
		return err
	}
	fw.n += n
	for _, c := range g.Coverage() {
		if err := fw.Write(c); err != nil {
			return err
		}
	}
	return fw.Close()
}

// Content returns the fingerprint of the data of g: "sha256:" and the digest of
// its canonical export without source, coverage and end lines. Equal data has an
// equal fingerprint, whenever and by whatever version it was collected.
func Content(g *graph.Graph) string {
	h := sha256.New()
	_, _ = writeContent(h, g) // a hash does not fail
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// writeContent writes the lines of the nodes, grants, uses and gaps of g and
// returns how many there were.
func writeContent(w io.Writer, g *graph.Graph) (int, error) {
	b := block{w: w}
	nodes := uint32(g.NumNodes())
	for n := uint32(0); n < nodes && b.err == nil; n++ {
		if g.Described(n) {
			b.end(appendNode(b.lines, g.Node(n)))
		}
	}
	var from []byte
	terms := g.AllTerms()
	for n := uint32(0); n < nodes && b.err == nil; n++ {
		from = appendHolder(from[:0], g.ID(n))
		for _, e := range g.Out(n) {
			b.end(appendHeld(append(b.lines, from...), g.ID(e.To), e.Kind(), &terms[e.TermsIndex()]))
		}
	}
	for _, u := range g.Uses() {
		b.end(Append(b.lines, u))
	}
	for _, gap := range g.Gaps() {
		b.end(Append(b.lines, gap))
	}
	b.flush()
	return b.n, b.err
}

// A block gathers lines, to write many at once.
type block struct {
	w     io.Writer
	lines []byte
	n     int
	err   error // the first; nothing is written after it
}

// end takes the lines with one more at their end, which lacks only its newline.
func (b *block) end(lines []byte) {
	b.lines = append(lines, '\n')
	b.n++
	if len(b.lines) >= 32<<10 {
		b.flush()
	}
}

func (b *block) flush() {
	if b.err == nil {
		_, b.err = b.w.Write(b.lines)
	}
	b.lines = b.lines[:0]
}

// Append appends the canonical line of f, without the newline.
func Append(b []byte, f graph.Fact) []byte {
	o := object{b: append(b, '{')}
	switch f := f.(type) {
	case graph.Node:
		return appendNode(b, f)
	case graph.Grant:
		return appendHeld(appendHolder(b, f.From), f.To, f.Kind, &f.Terms)
	case graph.SourceRun:
		o.text("fact", "source")
		o.text("source", string(f.Source))
		o.optional("connector", f.Connector)
		o.time("started", f.Started)
		o.time("ended", f.Ended)
		o.attrs("details", f.Details)
	case graph.Use:
		o.text("fact", "use")
		o.id("account", f.Account)
		o.id("entitlement", f.Entitlement)
		o.time("at", f.At)
		o.optional("ref", f.Ref)
	case graph.Gap:
		o.text("fact", "gap")
		o.id("about", f.About)
		o.text("dataset", string(f.Dataset))
		o.optional("reason", f.Reason)
	case graph.Coverage:
		o.text("fact", "coverage")
		o.text("source", string(f.Source))
		o.text("dataset", string(f.Dataset))
		o.text("state", f.State.String())
		o.count("received", f.Received)
		o.count("expected", f.Expected)
		o.optional("method", f.Method)
		o.optional("reason", f.Reason)
		o.attrs("details", f.Details)
	default:
		panic(fmt.Sprintf("facts: unknown fact %T", f)) // a bug in us
	}
	return append(o.b, '}')
}

func appendNode(b []byte, n graph.Node) []byte {
	o := object{b: append(b, `{"fact":"node"`...)}
	o.id("id", n.ID)
	o.optional("name", n.Name)
	o.attrs("attrs", n.Attrs)
	return append(o.b, '}')
}

// appendHolder begins the line of a grant, and appendHeld ends it.
func appendHolder(b []byte, from graph.ID) []byte {
	o := object{b: append(b, `{"fact":"grant"`...)}
	o.id("from", from)
	return o.b
}

func appendHeld(b []byte, to graph.ID, k graph.GrantKind, t *graph.Terms) []byte {
	o := object{b: b}
	o.id("to", to)
	o.text("kind", k.String())
	if t.DirectOnly {
		o.raw("direct_only", "true")
	}
	o.time("from_time", t.FromTime)
	o.time("until_time", t.UntilTime)
	o.time("since", t.Since)
	o.optional("via", t.Via)
	return append(o.b, '}')
}

// An object appends the members of one JSON object.
type object struct{ b []byte }

func (o *object) key(k string) {
	if o.b[len(o.b)-1] != '{' {
		o.b = append(o.b, ',')
	}
	o.b = append(appendEscaped(append(o.b, '"'), k), '"', ':')
}

func (o *object) text(k, v string) {
	o.key(k)
	o.b = appendString(o.b, v)
}

func (o *object) optional(k, v string) {
	if v != "" {
		o.text(k, v)
	}
}

func (o *object) raw(k, v string) {
	o.key(k)
	o.b = append(o.b, v...)
}

func (o *object) id(k string, id graph.ID) {
	o.key(k)
	b := append(o.b, '"')
	b = append(b, id.Kind.String()...)
	b = append(b, ':')
	b = append(b, id.Source...)
	b = append(b, '/')
	o.b = append(appendEscaped(b, id.Key), '"')
}

func (o *object) time(k string, t time.Time) {
	if !t.IsZero() {
		o.key(k)
		o.b = append(t.UTC().AppendFormat(append(o.b, '"'), time.RFC3339Nano), '"')
	}
}

func (o *object) count(k string, c graph.Count) {
	if n, known := c.Get(); known {
		o.raw(k, strconv.FormatInt(n, 10))
	}
}

func (o *object) attrs(k string, as graph.Attrs) {
	if len(as) == 0 {
		return
	}
	o.key(k)
	in := object{b: append(o.b, '{')}
	for _, a := range as {
		if len(a.Values) == 1 {
			in.text(a.Key, a.Values[0])
			continue
		}
		in.key(a.Key)
		in.b = append(in.b, '[')
		for i, v := range a.Values {
			if i > 0 {
				in.b = append(in.b, ',')
			}
			in.b = appendString(in.b, v)
		}
		in.b = append(in.b, ']')
	}
	o.b = append(in.b, '}')
}

// appendString appends s as a JSON string.
func appendString(b []byte, s string) []byte {
	return append(appendEscaped(append(b, '"'), s), '"')
}

// appendEscaped escapes as little as RFC 8259 asks for, and besides what a
// terminal or a text viewer would obey or not show: DEL, C1 controls, line
// separators, bidirectional controls and characters without width.
func appendEscaped(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c-0x20 >= 0x7f-0x20 || c == '"' || c == '\\' { // below 0x20 it wraps around
			return appendRunes(append(b, s[:i]...), s[i:])
		}
	}
	return append(b, s...)
}

func appendRunes(b []byte, s string) []byte {
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\t':
			b = append(b, '\\', 't')
		case r == '\r':
			b = append(b, '\\', 'r')
		case obeyed(r):
			b = fmt.Appendf(b, "\\u%04x", r)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return b
}

func obeyed(r rune) bool {
	return r < 0x20 || r >= 0x7f && r <= 0x9f || r == 0x061c || r >= 0x200b && r <= 0x200f ||
		r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x206f || r == 0xfeff
}
