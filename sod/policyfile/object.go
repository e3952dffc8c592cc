// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v4"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// An object is one mapping of the policy, with the keys that its section knows.
type object struct {
	*mistakes
	node   *yaml.Node
	what   string // "a duty"
	values map[string]*yaml.Node
}

// object opens a mapping. When it is none, that is reported and the object is
// empty.
func (m *mistakes) object(n *yaml.Node, s section) object {
	o := object{m, n, s.called(), map[string]*yaml.Node{}}
	if n.Kind != yaml.MappingNode {
		m.errorf(n, "%s: want a mapping, got %s", o.what, describe(n))
		return o
	}
	known := s.keys()
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case slices.Contains(known, key.Value):
			o.values[key.Value] = value
		case !m.later(s, key):
			m.unknown(key, fmt.Sprintf("unknown key %s in %s", quote(key.Value), o.what), known, "; it knows "+enumerate(known))
		}
	}
	return o
}

func enumerate(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// describe says what kind of value n is.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isText(n) && strings.TrimSpace(n.Value) == "":
		return "blank text"
	case isText(n):
		return "text"
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!bool":
		return n.Value
	}
	return "a number (put it in quotes if it is text)"
}

// isText reports whether n is text. A bare date is: it only looks like something
// else to YAML.
func isText(n *yaml.Node) bool {
	tag := n.ShortTag()
	return n.Kind == yaml.ScalarNode && (tag == "!!str" || tag == "!!timestamp")
}

func (o object) has(key string) bool { return o.values[key] != nil }

// need reports every key that is missing.
func (o object) need(keys ...string) {
	if o.node.Kind != yaml.MappingNode {
		return // already told
	}
	for _, k := range keys {
		if !o.has(k) {
			o.errorf(o.node, "%s needs %s", o.what, k)
		}
	}
}

// text returns a text that is not blank; "" when it is missing.
func (o object) text(key string) string {
	return parsed(o, key, func(s string) (string, error) { return s, nil })
}

// parsed returns what parse makes of a text; the zero T when it is missing.
func parsed[T any](o object, key string, parse func(string) (T, error)) T {
	var zero T
	if !o.has(key) {
		return zero
	}
	v, _ := parseNode(o.mistakes, o.values[key], key+" of "+o.what, parse)
	return v
}

func parseNode[T any](m *mistakes, n *yaml.Node, what string, parse func(string) (T, error)) (T, bool) {
	var zero T
	if !isText(n) || strings.TrimSpace(n.Value) == "" {
		m.errorf(n, "%s: want text, got %s", what, describe(n))
		return zero, false
	}
	v, err := parse(n.Value)
	if err != nil {
		m.errorf(n, "%s: %v", what, err)
		return zero, false
	}
	return v, true
}

func (o object) id(key string) graph.ID        { return parsed(o, key, graph.ParseID) }
func (o object) person(key string) graph.ID    { return parsed(o, key, sod.ParsePerson) }
func (o object) date(key string) sod.Date      { return parsed(o, key, sod.ParseDate) }
func (o object) word(key string) string        { return parsed(o, key, parseWord) }
func (o object) severity() sod.Severity        { return parsed(o, "severity", sod.ParseSeverity) }
func (o object) span(key string) time.Duration { return parsed(o, key, parseSpan) }

// flag returns true or false; otherwise when it is missing.
func (o object) flag(key string, otherwise bool) bool {
	n := o.values[key]
	if n == nil {
		return otherwise
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
		o.errorf(n, "%s of %s: want true or false, got %s", key, o.what, describe(n))
		return otherwise
	}
	return strings.EqualFold(n.Value, "true")
}

// number returns a whole number from lo to hi; why follows what is wrong with
// another one. 0 when it is missing.
func (o object) number(key string, lo, hi int, why string) int {
	n := o.values[key]
	if n == nil {
		return 0
	}
	v, err := strconv.Atoi(n.Value)
	switch {
	case n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" || err != nil || strconv.Itoa(v) != n.Value:
		o.errorf(n, "%s of %s: want a whole number from %d, got %s", key, o.what, lo, describe(n))
	case v < lo || v > hi:
		o.errorf(n, "%s of %s: want a number from %d to %d, got %d%s", key, o.what, lo, hi, v, why)
	}
	return v
}

// list returns the items of a list, which must not be empty when it is there and
// full is set.
func (o object) list(key string, full bool) []*yaml.Node {
	n := o.values[key]
	switch {
	case n == nil:
		return nil
	case n.Kind != yaml.SequenceNode:
		o.errorf(n, "%s of %s: want a list, got %s", key, o.what, describe(n))
	case full && len(n.Content) == 0:
		o.errorf(n, "%s of %s is an empty list", key, o.what)
	}
	if n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// objects returns the mappings of a list.
func (o object) objects(key string, s section) []object {
	var all []object
	for _, n := range o.list(key, false) {
		all = append(all, o.mistakes.object(n, s))
	}
	return all
}

// parsedList returns the items of a list of different texts.
func parsedList[T comparable](o object, key string, full bool, parse func(string) (T, error)) []T {
	var all []T
	for _, n := range o.list(key, full) {
		v, ok := parseNode(o.mistakes, n, key+" of "+o.what, parse)
		switch {
		case ok && slices.Contains(all, v):
			o.errorf(n, "%s of %s names %s twice", key, o.what, quote(n.Value))
		case ok:
			all = append(all, v)
		}
	}
	return all
}

const maxWord = 100

// parseWord reads the id of something in the policy.
func parseWord(s string) (string, error) {
	if len(s) > maxWord {
		return "", fmt.Errorf("id %s is longer than %d bytes", quote(s), maxWord)
	}
	bad := func(r rune) bool { return r == ':' || unicode.IsSpace(r) || unseen(r) }
	if strings.ContainsFunc(s, bad) {
		return "", fmt.Errorf("id %s: spaces, colons and control characters are not allowed", quote(s))
	}
	return s, nil
}

// parseSpan reads a duration that is not nothing.
func parseSpan(s string) (time.Duration, error) {
	d, err := graph.ParseDuration(s)
	if err != nil || d == 0 {
		return 0, fmt.Errorf("duration %s: want one such as 90d or 36h", quote(s))
	}
	return d, nil
}
