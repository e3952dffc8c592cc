// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// MaxBytes is the size of the largest file that is read.
const MaxBytes = 1 << 20

const (
	maxDepth = 16 // the grammar needs 6; every recursion below relies on this
	maxKey   = 128
)

// load reads the one mapping of a file. Whatever YAML allows and a policy has no
// use for is refused here, so that the rest sees mappings, lists and scalars
// only. The text returned has no byte order mark and no carriage returns.
func load(name string, src []byte) (text string, root *yaml.Node, err error) {
	m := &mistakes{file: name}
	text, root = m.load(src)
	return text, root, m.err()
}

// load is load with its mistakes noted; the root is nil when there are any.
func (m *mistakes) load(src []byte) (text string, root *yaml.Node) {
	text, ok := m.clean(src)
	if !ok {
		return "", nil
	}
	root = m.document(text)
	if root != nil {
		m.structure(root)
	}
	if len(m.list) > 0 {
		return "", nil
	}
	return text, root
}

// clean checks size, encoding and characters.
func (m *mistakes) clean(src []byte) (string, bool) {
	if len(src) > MaxBytes {
		m.at(1, 1, "the policy is larger than %d bytes", MaxBytes)
		return "", false
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	text := strings.ReplaceAll(string(src), "\r\n", "\n")
	line, col := 1, 1
	for i, r := range text {
		if _, size := utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && size == 1 {
			m.at(line, col, "the policy is not valid UTF-8 here")
			return "", false
		}
		if unseen(r) && r != '\n' && r != '\t' {
			m.at(line, col, "character U+%04X is not allowed here; in double quotes it can be written as %s", r, escape(r))
			return "", false
		}
		col++
		if r == '\n' {
			line, col = line+1, 1
		}
	}
	return text, true
}

// unseen reports whether r could make a policy look like what it is not:
// controls, other line ends, and what turns the direction of writing.
func unseen(r rune) bool {
	switch r {
	case '\u2028', '\u2029', '\ufeff', '\u061c', '\u200e', '\u200f':
		return true
	}
	return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// document parses the one document of text; nil when there is none.
func (m *mistakes) document(text string) *yaml.Node {
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "%") {
			m.at(i+1, 1, "directives (%s) are not supported", quote(line))
			return nil
		}
		if line != "" && line[0] != '#' {
			break
		}
	}
	limits := loaderlimits.New(loaderlimits.DepthFunc(func(depth int, _ *yaml.DepthContext) error {
		if depth > maxDepth {
			return fmt.Errorf("nested deeper than %d levels", maxDepth)
		}
		return nil
	}))
	loader, err := yaml.NewLoader(strings.NewReader(text), yaml.WithPlugin(limits))
	if err != nil {
		m.at(1, 1, "not valid YAML: %v", err)
		return nil
	}
	var doc, second yaml.Node
	if err := loader.Load(&doc); err != nil {
		m.yamlError(err)
		return nil
	}
	switch err := loader.Load(&second); {
	case err == nil:
		m.errorf(&second, "a second document begins here; a policy is one document")
	case !errors.Is(err, io.EOF):
		m.yamlError(err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		m.errorf(&doc, "the policy is not a mapping; it begins with version: 1")
		return nil
	}
	return doc.Content[0]
}

func (m *mistakes) yamlError(err error) {
	var load *yaml.LoadError
	switch {
	case errors.Is(err, io.EOF):
		m.at(1, 1, "the policy is empty; it begins with version: 1")
	case errors.As(err, &load):
		msg := load.Message
		if load.ContextMsg != "" {
			msg += " " + load.ContextMsg
		}
		m.at(max(1, load.Mark.Line), max(1, load.Mark.Column), "not valid YAML: %s", msg)
	default:
		m.at(1, 1, "not valid YAML: %v", err)
	}
}

// structure refuses anchors, aliases, tags, and keys that merge, are not plain words or
// come twice.
func (m *mistakes) structure(root *yaml.Node) {
	todo := []*yaml.Node{root}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = append(todo[:len(todo)-1], n.Content...)
		switch {
		case n.Kind == yaml.AliasNode:
			m.errorf(n, "aliases (*%s) are not supported; write the value out", n.Value)
		case n.Anchor != "":
			m.errorf(n, "anchors (&%s) are not supported; write the value out where it is needed", n.Anchor)
		case n.Style&yaml.TaggedStyle != 0 || n.Tag == "!":
			m.errorf(n, "tags (%s) are not supported", n.Tag)
		case n.Kind == yaml.MappingNode:
			m.keys(n)
		}
	}
}

func (m *mistakes) keys(n *yaml.Node) {
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		switch {
		case k.ShortTag() == "!!merge":
			m.errorf(k, "merge keys (<<) are not supported; write the keys out")
		case !isText(k) || k.Value == "":
			m.errorf(k, "a key must be a word; put it in quotes if it looks like something else")
		case len(k.Value) > maxKey:
			m.errorf(k, "a key is longer than %d bytes", maxKey)
		case first[k.Value] > 0:
			m.errorf(k, "duplicate key %s; it is first at line %d", quote(k.Value), first[k.Value])
		default:
			first[k.Value] = k.Line
		}
	}
}

// quote makes hostile or endless text printable.
func quote(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
