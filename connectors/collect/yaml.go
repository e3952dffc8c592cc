// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// document parses the one mapping of a file.
func document(file string, src []byte) (*yaml.Node, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(src))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var doc, more yaml.Node
	if err := loader.Load(&doc); err != nil && !errors.Is(err, io.EOF) {
		return nil, placed(file, err)
	}
	if err := loader.Load(&more); err == nil {
		return nil, fmt.Errorf("%s:%d: a second document; a configuration is one", file, more.Line)
	}
	if len(doc.Content) == 0 {
		return &yaml.Node{Kind: yaml.MappingNode}, nil
	}
	if doc.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s:%d: want a mapping with the key sources", file, doc.Content[0].Line)
	}
	if line, ok := mergeKey(doc.Content[0]); ok {
		return nil, fmt.Errorf("%s:%d: merge keys (<<) are not supported; write the keys out", file, line)
	}
	return doc.Content[0], nil
}

// mergeKey returns the line of the first merge key: it would bring in keys that nobody
// sees where they count.
func mergeKey(n *yaml.Node) (line int, ok bool) {
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && c.ShortTag() == "!!merge" {
			return c.Line, true
		}
		if line, ok := mergeKey(c); ok {
			return line, true
		}
	}
	return 0, false
}

// decode fills into, a pointer to a struct, and refuses keys that it does not
// know or that come twice.
func decode(file string, n *yaml.Node, into any) error {
	if err := checkKeys(file, n, reflect.TypeOf(into).Elem()); err != nil {
		return err
	}
	if err := n.Load(into); err != nil {
		return placed(file, err)
	}
	return nil
}

// checkKeys compares the keys of a mapping with the fields of a struct, and goes
// down where both have structure. It ends with the type, which is ours.
func checkKeys(file string, n *yaml.Node, t reflect.Type) error {
	switch {
	case n.Kind == yaml.SequenceNode && t.Kind() == reflect.Slice:
		for _, item := range n.Content {
			if err := checkKeys(file, item, t.Elem()); err != nil {
				return err
			}
		}
		return nil
	case n.Kind != yaml.MappingNode || t == reflect.TypeFor[yaml.Node]():
		return nil
	}
	fields := fieldsOf(t)
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		field, ok := fields[key.Value]
		switch {
		case seen[key.Value]:
			return fmt.Errorf("%s:%d: the key %q comes twice", file, key.Line, key.Value)
		case t.Kind() == reflect.Struct && !ok:
			return fmt.Errorf("%s:%d: unknown key %q: want one of %s", file, key.Line, key.Value, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		}
		seen[key.Value] = true
		if ok {
			if err := checkKeys(file, n.Content[i+1], field); err != nil {
				return err
			}
		}
	}
	return nil
}

// fieldsOf returns the keys of a struct and what they hold; of anything else none.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	if t.Kind() != reflect.Struct {
		return fields
	}
	for f := range t.Fields() {
		key, how, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case how == "inline":
			maps.Copy(fields, fieldsOf(f.Type))
		case key != "":
			fields[key] = f.Type
		}
	}
	return fields
}

// placed words an error of the library with its place.
func placed(file string, err error) error {
	var one *yaml.LoadError
	var many *yaml.LoadErrors
	switch {
	case errors.As(err, &many) && len(many.Errors) > 0:
		one = many.Errors[0]
	case !errors.As(err, &one):
		return fmt.Errorf("%s: %w", file, err)
	}
	msg := one.Message
	if msg == "" && one.Unwrap() != nil {
		msg = one.Unwrap().Error()
	}
	return fmt.Errorf("%s:%d: %s", file, max(1, one.Mark.Line), msg)
}
