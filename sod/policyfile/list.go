// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/lint"
)

// A Listing says in which duties a thing is to stand by its ID, and in which not.
type Listing struct {
	ID      graph.ID
	Name    string // becomes a comment
	Into    []string
	OutOf   []string
	Because string // where that is said, for errors: such as "sheet.csv:7"
}

// List writes things into the duties of a policy and takes them out, by ID. What it
// is told to put in and a pattern of IDs covers already is left as it is; a
// placeholder goes when something takes its place, and comes back when nothing is
// left. The rest of the file stays as it is, comments included, in canonical form.
//
// It is an error when a duty is not declared in this file, or when something is to be
// taken out that stands there not by its ID alone.
func List(name string, src []byte, listed []Listing) ([]byte, error) {
	text, node, err := load(name, src)
	if err != nil {
		return nil, err
	}
	root, header, _ := read(text, node)
	duties := dutyParts(root)
	var errs []error
	for _, l := range listed {
		errs = append(errs, l.apply(duties))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	w := &writer{}
	w.header(header)
	w.policy(root)
	out, err := Format(name, []byte(w.String()))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be changed: %w", name, err)
	}
	return out, nil
}

// dutyParts finds the selectors of each duty, by its id.
func dutyParts(root *part) map[string]*part {
	found := map[string]*part{}
	for _, section := range root.parts {
		if section.key.Value != "duties" {
			continue
		}
		for _, duty := range section.parts {
			id, holds := duty.value("id"), duty.value("holds")
			if id != nil && holds != nil && holds.node.Kind == yaml.SequenceNode {
				found[id.node.Value] = holds
			}
		}
	}
	return found
}

// value returns the entry of a mapping with a key; nil when there is none.
func (p *part) value(key string) *part {
	i := slices.IndexFunc(p.parts, func(q *part) bool { return q.key != nil && q.key.Value == key })
	if i < 0 {
		return nil
	}
	return p.parts[i]
}

func (l Listing) apply(duties map[string]*part) error {
	var errs []error
	for _, duty := range l.Into {
		holds := duties[duty]
		if holds == nil {
			errs = append(errs, fmt.Errorf("%s: duty %s is not declared in this file", l.Because, quote(duty)))
			continue
		}
		l.put(holds)
	}
	for _, duty := range l.OutOf {
		if holds := duties[duty]; holds != nil {
			errs = append(errs, l.take(holds, duty))
		}
	}
	return errors.Join(errs...)
}

func (l Listing) put(holds *part) {
	for _, item := range holds.parts {
		if s, ok := item.selector(); ok && s.ID.Match(l.ID) {
			return
		}
	}
	holds.parts = slices.DeleteFunc(holds.parts, func(item *part) bool {
		s, ok := item.selector()
		return ok && lint.IsPlaceholder(s)
	})
	holds.parts = append(holds.parts, textPart(holds, literal(l.ID), remark(l.Name)))
}

// take removes the ID; the duty keeps a placeholder when it was the last.
func (l Listing) take(holds *part, duty string) error {
	own := literal(l.ID)
	i := slices.IndexFunc(holds.parts, func(item *part) bool { return item.node.Kind == yaml.ScalarNode && item.node.Value == own })
	if i < 0 {
		return fmt.Errorf("%s: %s is in duty %s by a pattern, name, place or attribute: change the selector, or add an except there", l.Because, l.ID, quote(duty))
	}
	holds.parts = slices.Delete(holds.parts, i, i+1)
	if len(holds.parts) == 0 {
		holds.parts = append(holds.parts, textPart(holds, lint.Placeholder(duty), ""))
	}
	return nil
}

// selector reads an item that is an ID pattern.
func (p *part) selector() (sod.Selector, bool) {
	if p.node.Kind != yaml.ScalarNode {
		return sod.Selector{}, false
	}
	pattern, err := sod.ParseIDPattern(p.node.Value)
	return sod.Selector{ID: &pattern}, err == nil
}

// literal returns the pattern that only id matches.
func literal(id graph.ID) string {
	id.Key = strings.ReplaceAll(id.Key, "*", `\*`)
	return id.String()
}

func textPart(list *part, text, tail string) *part {
	return &part{node: &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}, up: list, tail: tail}
}

const maxComment = 80

// remark makes a comment of one line; "" of what has nothing to say.
func remark(text string) string {
	text = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unseen(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text)), " ")
	if r := []rune(text); len(r) > maxComment {
		text = string(r[:maxComment]) + "…"
	}
	if text == "" {
		return ""
	}
	return "# " + text
}
