// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"iter"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A part is an entry of a mapping or a list, with the comments that belong to
// it; the root is the policy itself. Parts nest no deeper than maxDepth, so they
// are walked by recursion.
type part struct {
	key   *yaml.Node // nil for an item of a list
	node  *yaml.Node
	up    *part
	parts []*part
	at    int      // where it begins: the key, or the value of an item
	blank bool     // an empty line goes before it
	head  []string // comments above; "" is an empty line
	tail  string   // the comment at the end of its first line
	foot  []string // comments after the last of its parts
}

func newPart(key, node *yaml.Node, up *part, l *lines) *part {
	p := &part{key: key, node: node, up: up}
	if key != nil {
		p.at = l.offset(key)
	} else {
		p.at = l.offset(node)
	}
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			p.parts = append(p.parts, newPart(node.Content[i], node.Content[i+1], p, l))
		}
	case yaml.SequenceNode:
		for _, item := range node.Content {
			p.parts = append(p.parts, newPart(nil, item, p, l))
		}
	}
	return p
}

// all yields p and every part below it, in the order of the file.
func (p *part) all() iter.Seq[*part] {
	return func(yield func(*part) bool) { p.each(yield) }
}

func (p *part) each(yield func(*part) bool) bool {
	if !yield(p) {
		return false
	}
	for _, c := range p.parts {
		if !c.each(yield) {
			return false
		}
	}
	return true
}

// column returns the column, from 0, of the collection that p is an entry of.
func (p *part) column() int {
	if p.up == nil {
		return -1
	}
	return p.up.node.Column - 1
}

// isFlow reports whether p was written in brackets.
func (p *part) isFlow() bool { return p.node.Style&yaml.FlowStyle != 0 }

// isBlock reports whether p has parts on lines of their own.
func (p *part) isBlock() bool { return len(p.parts) > 0 && !p.isFlow() }

// inFlow reports whether p stands between brackets.
func (p *part) inFlow() bool { return p.up != nil && p.up.isFlow() }

func (p *part) inside(q *part) bool {
	for p != nil && p != q {
		p = p.up
	}
	return p != nil
}

// commented reports whether anything below p has a comment.
func (p *part) commented() bool {
	for q := range p.all() {
		if q != p && (len(q.head) > 0 || q.tail != "") || len(q.foot) > 0 {
			return true
		}
	}
	return false
}

// attach gives every comment to a part.
//
// A comment after something on its line stays with that. One on a line of its
// own belongs to what follows, unless it is indented as the entries of a
// collection that has ended: then it ends that collection. The comments on top
// of the file, down to the last one with an empty line after it, stay on top.
func attach(root *part, comments []comment, l *lines) (header []string) {
	parts := slices.Collect(root.all())[1:]
	next := 0
	top := headerLength(comments, root)
	for i, c := range comments {
		for next < len(parts) && parts[next].at < c.at {
			next++
		}
		switch {
		case i < top:
			appendComment(&header, c)
		case !c.own && next > 0:
			tailOwner(parts[:next], c, l).addTail(c)
		default:
			ownLine(root, parts, next, c)
		}
	}
	for _, p := range parts {
		if len(p.head) == 0 {
			p.blank = l.blank(l.number(p.at) - 1)
		}
	}
	return header
}

func headerLength(comments []comment, root *part) int {
	n := 0
	for i, c := range comments {
		if c.at > root.at {
			break
		}
		if c.blankNext {
			n = i + 1
		}
	}
	return n
}

func ownLine(root *part, parts []*part, next int, c comment) {
	within := root
	if next > 0 {
		within = parts[next-1]
	}
	for within != root && (!within.isBlock() || within.inFlow() || within.node.Column-1 > c.col) {
		within = within.up
	}
	follows := func(p *part) bool { return next < len(parts) && parts[next].inside(p) }
	if within.key != nil && within.node.Column == within.up.node.Column && !follows(within) {
		within = within.up // a list that is not indented: the comment stands with both
	}
	if !follows(within) {
		appendComment(&within.foot, c)
		return
	}
	p := parts[next]
	if len(p.head) == 0 {
		p.blank = c.blank
	}
	appendComment(&p.head, c)
}

// tailOwner returns the part that a comment at the end of a line is about; the
// last of before is the nearest.
func tailOwner(before []*part, c comment, l *lines) *part {
	var best *part
	for i := len(before) - 1; i >= 0 && l.number(before[i].at) == c.line; i-- {
		p := before[i]
		if !p.inFlow() {
			return p
		}
		if best == nil || p.depth() < best.depth() {
			best = p
		}
	}
	if best != nil {
		return best
	}
	p := before[len(before)-1]
	for p.inFlow() && p.up.up != nil {
		p = p.up
	}
	return p
}

func (p *part) depth() int {
	n := 0
	for ; p != nil; p = p.up {
		n++
	}
	return n
}

func (p *part) addTail(c comment) {
	if p.tail == "" {
		p.tail = c.text
		return
	}
	p.head = append(p.head, c.text)
}

func appendComment(to *[]string, c comment) {
	if c.blank && len(*to) > 0 {
		*to = append(*to, "")
	}
	*to = append(*to, c.text)
}

// sorted returns the parts in the order in which they are written.
func (p *part) sorted(s section) []*part {
	if p.node.Kind != yaml.MappingNode || s == noSection {
		return p.parts
	}
	order := s.keys()
	rank := func(q *part) int {
		if i := slices.Index(order, q.key.Value); i >= 0 {
			return i
		}
		return len(order)
	}
	parts := slices.Clone(p.parts)
	slices.SortStableFunc(parts, func(a, b *part) int {
		if s == sortedSection {
			return strings.Compare(a.key.Value, b.key.Value)
		}
		return rank(a) - rank(b)
	})
	return parts
}
