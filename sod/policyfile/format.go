// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/foureyes-iga/foureyes/sod"
)

const lineWidth = 120

// Format returns the policy in its canonical form: keys in the order of the
// manual, two spaces of indentation, one way to quote, at most one empty line in
// a row. What stands in brackets stays there when it fits into 120 columns and
// has no comments inside. Comments are kept, and so is the meaning; keys that
// the policy does not know come last. Formatting twice changes nothing more.
//
// It asks for valid YAML of a version that it knows, not for a valid policy. Errors are as [Parse] gives.
func Format(name string, src []byte) ([]byte, error) {
	m := &mistakes{file: name}
	text, node := m.load(src)
	if node == nil || !m.version(node, "policy") {
		return nil, m.err()
	}
	before, header, comments := read(text, node)
	w := &writer{}
	w.header(header)
	w.policy(before)
	out := []byte(w.String())
	text, node, err := load(name, out)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be formatted: %w", name, err)
	}
	after, _, kept := read(text, node)
	if !slices.Equal(texts(comments), texts(kept)) || !same(before, after, policySection) {
		return nil, fmt.Errorf("%s cannot be formatted without changing what it says", name)
	}
	return out, nil
}

func read(text string, node *yaml.Node) (root *part, header []string, comments []comment) {
	l := newLines(text)
	root = newPart(nil, node, nil, l)
	comments = l.comments(root)
	return root, attach(root, comments, l), comments
}

func texts(comments []comment) []string {
	all := make([]string, len(comments))
	for i, c := range comments {
		all[i] = c.text
	}
	slices.Sort(all)
	return all
}

// same reports whether a and b say the same, but for the order of keys.
func same(a, b *part, s section) bool {
	x, y := a.node, b.node
	if x.Kind != y.Kind || len(a.parts) != len(b.parts) {
		return false
	}
	if x.Kind == yaml.ScalarNode {
		return x.ShortTag() == "!!null" && y.ShortTag() == "!!null" ||
			x.Value == y.Value && (x.ShortTag() == y.ShortTag() || isText(x) && isText(y))
	}
	xs, ys := a.sorted(s), b.sorted(s)
	for i := range xs {
		if xs[i].key != nil && xs[i].key.Value != ys[i].key.Value || !same(xs[i], ys[i], below(s, xs[i])) {
			return false
		}
	}
	return true
}

// below returns the section of the mappings at or in an entry of s.
func below(s section, p *part) section {
	if p.key == nil {
		return s
	}
	return s.under(p.key.Value)
}

type writer struct{ strings.Builder }

func (w *writer) line(indent int, text string) {
	if text != "" {
		w.WriteString(strings.Repeat(" ", indent))
		w.WriteString(text)
	}
	w.WriteByte('\n')
}

func (w *writer) header(comments []string) {
	for _, c := range comments {
		w.line(0, c)
	}
	if len(comments) > 0 {
		w.line(0, "")
	}
}

// policy writes the root: sections are set apart by an empty line.
func (w *writer) policy(root *part) {
	parts := root.sorted(policySection)
	if len(parts) == 0 {
		w.line(0, "{}")
	}
	wasBlock := false
	for i, p := range parts {
		var entry writer
		entry.entry(p, below(policySection, p), 0, false)
		isBlock := strings.Count(entry.String(), "\n") > 1
		if i > 0 && (isBlock || wasBlock) {
			w.line(0, "")
		}
		w.WriteString(entry.String())
		wasBlock = isBlock
	}
	if len(root.foot) > 0 {
		w.line(0, "")
	}
	w.foot(root, 0)
}

func (w *writer) foot(p *part, indent int) {
	for _, c := range p.foot {
		w.line(indent, c)
	}
}

// block writes the entries of a collection. When begun is set, the first line
// has its indentation already.
func (w *writer) block(p *part, s section, indent int, begun bool) {
	for i, q := range p.sorted(s) {
		if q.blank && i > 0 && q.key == nil {
			w.line(0, "")
		}
		w.entry(q, below(s, q), indent, begun && i == 0)
	}
	w.foot(p, indent)
}

// entry writes one entry of a collection; s is the section of its value.
func (w *writer) entry(p *part, s section, indent int, begun bool) {
	start, tail := "- ", ""
	if p.key != nil {
		start = keyText(p.key) + ": "
	}
	if p.tail != "" {
		tail = " " + p.tail
	}
	flow, fits := flowText(p, s, lineWidth-indent-utf8.RuneCountInString(start))
	if !begun {
		w.above(p, s, indent)
		w.WriteString(strings.Repeat(" ", indent))
	}
	switch {
	case fits:
		w.line(0, start+flow+tail)
	case p.node.Kind == yaml.ScalarNode:
		w.line(0, start+"|"+chomp(p.node.Value)+tail)
		for line := range strings.Lines(p.node.Value) {
			w.line(indent+2, strings.TrimSuffix(line, "\n"))
		}
	case p.key != nil:
		w.line(0, strings.TrimSuffix(start, " ")+tail)
		w.block(p, s, indent+2, false)
	default:
		w.WriteString(start)
		w.block(p, s, indent+2, true)
	}
}

// above writes the comments above an entry: its own, and those of whatever
// begins on its line.
func (w *writer) above(p *part, s section, indent int) {
	for at := indent + 2; ; at += 2 {
		for _, c := range p.head {
			w.line(indent, c)
		}
		if _, fits := flowText(p, s, lineWidth-at); fits || p.key != nil || len(p.parts) == 0 {
			return
		}
		if p.tail != "" { // its line is taken by the first entry
			w.line(indent, p.tail)
		}
		p = p.sorted(s)[0]
	}
}

// flowText returns the value of p in one line, if it may stand so: scalars that
// are no block of text, empty collections, and brackets that fit.
func flowText(p *part, s section, width int) (string, bool) {
	switch {
	case p.node.Kind == yaml.ScalarNode:
		return scalar(p.node), !isBlockText(p.node)
	case len(p.parts) > 0 && (!p.isFlow() || p.commented()):
		return "", false
	}
	text := inline(p, s)
	return text, len(p.parts) == 0 || utf8.RuneCountInString(text) <= width
}

func inline(p *part, s section) string {
	if p.node.Kind == yaml.ScalarNode {
		return scalar(p.node)
	}
	var items []string
	for _, q := range p.sorted(s) {
		item := inline(q, below(s, q))
		if q.key != nil {
			item = keyText(q.key) + ": " + item
		}
		items = append(items, item)
	}
	if p.node.Kind == yaml.MappingNode {
		return "{" + strings.Join(items, ", ") + "}"
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// isBlockText reports whether n is written as lines of its own, below a |.
func isBlockText(n *yaml.Node) bool {
	s := strings.TrimSuffix(n.Value, "\n")
	if !isText(n) || !strings.Contains(s, "\n") || strings.HasSuffix(s, "\n") {
		return false
	}
	for line := range strings.SplitSeq(s, "\n") {
		if strings.TrimRight(line, " ") != line || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return false
		}
	}
	return s[0] != ' ' && s[0] != '\n'
}

func chomp(s string) string {
	if strings.HasSuffix(s, "\n") {
		return ""
	}
	return "-"
}

// keyText returns a key. That "on" is a key of the grammar decides what it is.
func keyText(n *yaml.Node) string {
	if n.Value == "on" {
		return "on"
	}
	return scalar(n)
}

// scalar returns n in one line: bare when it is made of words, else in double
// quotes.
func scalar(n *yaml.Node) string {
	switch {
	case n.ShortTag() == "!!null":
		return "null"
	case !isText(n) || isBare(n.Value):
		return n.Value
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range n.Value {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unseen(r) || !unicode.IsPrint(r):
			b.WriteString(escape(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}

func escape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\t':
		return `\t`
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// isBare reports whether s, without quotes, is the same text to every reader of
// YAML: words, and the days and spans of time that look like nothing else.
func isBare(s string) bool {
	for i, r := range s {
		word := unicode.IsLetter(r) || i > 0 && unicode.IsDigit(r)
		if !word && (i == 0 || !strings.ContainsRune(" _./()'&+-", r)) {
			return isTime(s)
		}
	}
	switch strings.ToLower(s) {
	case "", "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf":
		return false
	}
	return !strings.HasSuffix(s, " ")
}

func isTime(s string) bool {
	_, day := sod.ParseDate(s)
	_, span := parseSpan(s)
	_, days := sod.ParseSpan(s)
	return day == nil || span == nil || days == nil
}
