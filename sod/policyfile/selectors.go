// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"fmt"
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
		if n.Kind == yaml.MappingNode {
			all = append(all, selector(o.mistakes.object(n, selectorSection)))
			continue
		}
		if p, ok := parseNode(o.mistakes, n, key+" of "+o.what, parsePattern); ok {
			all = append(all, sod.Selector{ID: &p})
		}
	}
	return all
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

func attrs(o object) []sod.AttrPattern { return patterns(o, "attr") }

// patterns reads a mapping of attributes to a pattern, or to a list of patterns.
func patterns(o object, key string) []sod.AttrPattern {
	n := o.values[key]
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		o.errorf(n, "%s of %s: want a mapping of attribute to pattern, got %s", key, o.what, describe(n))
		return nil
	}
	if len(n.Content) == 0 {
		o.errorf(n, "%s of %s is empty", key, o.what)
	}
	var all []sod.AttrPattern
	for i := 0; i+1 < len(n.Content); i += 2 {
		attr, values := n.Content[i].Value, []*yaml.Node{n.Content[i+1]}
		if key == "where" && n.Content[i+1].Kind == yaml.SequenceNode {
			values = n.Content[i+1].Content
		}
		for _, v := range values {
			if pattern, ok := parseNode(o.mistakes, v, key+" "+quote(attr)+" of "+o.what, asIs); ok {
				all = append(all, sod.AttrPattern{Key: attr, Pattern: pattern})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b sod.AttrPattern) int { return strings.Compare(a.Key, b.Key) })
	return all
}
