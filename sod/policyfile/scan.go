// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// A comment is one comment of a file, from its # to the end of the line.
type comment struct {
	text      string
	at        int // byte offset
	line, col int // from 0; col counts bytes, which before a comment of its own line are spaces
	own       bool
	blank     bool // the line before is blank
	blankNext bool // the line after is blank
}

// A lines knows where the lines of a text begin.
type lines struct {
	text   string
	starts []int
	cursor struct{ line, col, at int } // the place last asked for
}

func newLines(text string) *lines {
	l := &lines{text: text, starts: []int{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			l.starts = append(l.starts, i+1)
		}
	}
	return l
}

// offset returns where the node begins. Columns are characters: they are counted
// on from the last place on the same line, so that asking in order is cheap.
func (l *lines) offset(n *yaml.Node) int {
	c := &l.cursor
	if line := min(max(n.Line, 1), len(l.starts)); c.line != line || n.Column < c.col {
		c.line, c.col, c.at = line, 1, l.starts[line-1]
	}
	for ; c.col < n.Column && c.at < len(l.text); c.col++ {
		_, size := utf8.DecodeRuneInString(l.text[c.at:])
		c.at += size
	}
	return c.at
}

// number returns the line of an offset, from 0.
func (l *lines) number(at int) int {
	i, found := slices.BinarySearch(l.starts, at)
	if !found {
		i--
	}
	return i
}

// line returns line i without its end; lines outside are empty.
func (l *lines) line(i int) string {
	if i < 0 || i >= len(l.starts) {
		return ""
	}
	s, _, _ := strings.Cut(l.text[l.starts[i]:], "\n")
	return s
}

// blank reports whether line i is there and holds nothing.
func (l *lines) blank(i int) bool {
	return i >= 0 && i < len(l.starts) && strings.TrimSpace(l.line(i)) == ""
}

// A span is a part of the text in which # begins no comment.
type span struct{ from, to int }

// comments finds every comment: what begins with # outside every scalar.
func (l *lines) comments(root *part) []comment {
	var found []comment
	scalars := l.scalars(root)
	for i := 0; i < len(l.text); i++ {
		for len(scalars) > 0 && i >= scalars[0].to {
			scalars = scalars[1:]
		}
		if len(scalars) > 0 && i >= scalars[0].from {
			i = scalars[0].to - 1
			continue
		}
		if l.text[i] == '#' {
			c := l.comment(i)
			found = append(found, c)
			i = l.starts[c.line] + len(l.line(c.line))
		}
	}
	return found
}

func (l *lines) comment(at int) comment {
	n := l.number(at)
	before := l.text[l.starts[n]:at]
	return comment{
		text: strings.TrimRight(l.text[at:l.starts[n]+len(l.line(n))], " \t"),
		at:   at, line: n, col: len(before),
		own:   strings.Trim(before, " \t-?") == "",
		blank: l.blank(n - 1), blankNext: l.blank(n + 1),
	}
}

// scalars returns the spans of all scalars, in order. That of a block of text
// begins on the line after its | or >, which may have a comment of its own.
func (l *lines) scalars(root *part) []span {
	var spans []span
	for p := range root.all() {
		for _, n := range [2]*yaml.Node{p.key, p.node} {
			if n != nil && n.Kind == yaml.ScalarNode {
				spans = append(spans, l.scalar(p, n))
			}
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	return spans
}

func (l *lines) scalar(p *part, n *yaml.Node) span {
	at := l.offset(n)
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return span{at, at + doubleQuoted(l.text[at:])}
	case n.Style&yaml.SingleQuotedStyle != 0:
		return span{at, at + singleQuoted(l.text[at:])}
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return l.block(p, at)
	}
	return span{at, at + plain(l.text[at:], n.Value)}
}

// plain returns the length of the scalar that s begins with: its value, with
// breaks of lines where the value has a space.
func plain(s, value string) int {
	i := 0
	for j := 0; j < len(value) && i < len(s); {
		if !isSpace(value[j]) {
			i, j = i+1, j+1
			continue
		}
		for j < len(value) && isSpace(value[j]) {
			j++
		}
		for i < len(s) && isSpace(s[i]) {
			i++
		}
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }

// doubleQuoted returns the length of the scalar that s begins with.
func doubleQuoted(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

func singleQuoted(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			continue
		}
		if i+1 == len(s) || s[i+1] != '\'' {
			return i + 1
		}
		i++
	}
	return len(s)
}

// block returns the lines of a block of text, below its | or > and that line's
// comment. It ends at the first line that is indented less than the first one.
func (l *lines) block(p *part, at int) span {
	first := l.number(at) + 1
	indent := p.column() + 1 // the least there can be
	header, _, _ := strings.Cut(l.line(first - 1)[at-l.starts[first-1]:], "#")
	if i := strings.IndexAny(header, "123456789"); i >= 0 {
		indent += int(header[i]-'0') - 1
	} else {
		next := first
		for l.blank(next) {
			next++
		}
		indent = max(indent, leading(l.line(next)))
	}
	last := first
	for last < len(l.starts) && (l.blank(last) || leading(l.line(last)) >= indent) {
		last++
	}
	if last >= len(l.starts) {
		return span{l.starts[min(first, len(l.starts)-1)], len(l.text)}
	}
	return span{l.starts[first], l.starts[last]}
}

func leading(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
