// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// selectors returns the list at key.
func selectors(o object, key string, full bool) []sod.Selector {
	var all []sod.Selector
	for _, n := range o.list(key, full) {
		if s, ok := selectorAt(o, n, key); ok {
			all = append(all, s)
		}
	}
	return all
}

// selectorAt reads one of the list at key.
func selectorAt(o object, n *yaml.Node, key string) (sod.Selector, bool) {
	if n.Kind == yaml.MappingNode {
		return selector(o.mistakes.object(n, selectorSection)), true
	}
	p, ok := parseNode(o.mistakes, n, key+" of "+o.what, parsePattern)
	return sod.Selector{ID: &p}, ok
}

func parsePattern(s string) (sod.IDPattern, error) {
	if !strings.Contains(s, ":") {
		return sod.IDPattern{}, fmt.Errorf("%s is not an ID pattern such as group:corp/g1; a name is selected by {source: corp, name: %s}", quote(s), quote(s))
	}
	return sod.ParseIDPattern(s)
}

// selector reads a mapping. It must narrow: a whole source, or a whole kind, is
// no selection.
func selector(o object) sod.Selector {
	if !o.has("name") && !o.has("under") && !o.has("attr") && !(o.has("kind") && o.has("source")) {
		o.errorf(o.node, "a selector needs at least one of name, under or attr, or both source and kind")
	}
	return sod.Selector{
		Source: parsed(o, "source", graph.ParseSource),
		Kind:   parsed(o, "kind", graph.ParseKind),
		Name:   o.text("name"),
		Under:  parsed(o, "under", parseDN),
		Attrs:  attrs(o),
		Except: parsedList(o, "except", true, asIs),
	}
}

// parseDN refuses what cannot be a distinguished name.
func parseDN(s string) (string, error) {
	if !strings.Contains(s, "=") {
		return "", fmt.Errorf("%s is not a distinguished name such as OU=Finance,DC=example,DC=com", quote(s))
	}
	return s, nil
}

// attrs reads the attributes of a selector: one pattern for each.
func attrs(o object) []sod.AttrPattern {
	var all []sod.AttrPattern
	for attr, n := range o.byAttr("attr") {
		if p, ok := o.attrPattern("attr", attr, n); ok {
			all = append(all, p)
		}
	}
	return byKey(all)
}

// where reads whom a rule judges: for each attribute one pattern, or a list of
// which any may match. Patterns of one attribute follow each other.
func where(o object) []sod.AttrPattern {
	var all []sod.AttrPattern
	for attr, n := range o.byAttr("where") {
		values := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			values = n.Content
		}
		if len(values) == 0 {
			o.errorf(n, "where %s of %s is an empty list", quote(attr), o.what)
		}
		for _, v := range values {
			p, ok := o.attrPattern("where", attr, v)
			switch {
			case ok && slices.Contains(all, p):
				o.errorf(v, "where %s of %s names %s twice", quote(attr), o.what, quote(v.Value))
			case ok:
				all = append(all, p)
			}
		}
	}
	return byKey(all)
}

// byAttr yields the entries of a mapping of attributes, which must not be empty.
func (o object) byAttr(key string) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		n := o.values[key]
		switch {
		case n == nil:
			return
		case n.Kind != yaml.MappingNode:
			o.errorf(n, "%s of %s: want a mapping of attribute to pattern, got %s", key, o.what, describe(n))
			return
		case len(n.Content) == 0:
			o.errorf(n, "%s of %s is empty", key, o.what)
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i].Value, n.Content[i+1]) {
				return
			}
		}
	}
}

func (o object) attrPattern(key, attr string, n *yaml.Node) (sod.AttrPattern, bool) {
	pattern, ok := parseNode(o.mistakes, n, key+" "+quote(attr)+" of "+o.what, asIs)
	return sod.AttrPattern{Key: attr, Pattern: pattern}, ok
}

func byKey(all []sod.AttrPattern) []sod.AttrPattern {
	slices.SortStableFunc(all, func(a, b sod.AttrPattern) int { return strings.Compare(a.Key, b.Key) })
	return all
}

// parseAttr reads the name of an attribute.
func parseAttr(s string) (string, error) {
	if len(s) > maxKey {
		return "", fmt.Errorf("attribute %s is longer than %d bytes", quote(s), maxKey)
	}
	return s, nil
}
