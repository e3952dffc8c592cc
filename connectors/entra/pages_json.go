// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/microsoft/kiota-abstractions-go/serialization"
	jsonserialization "github.com/microsoft/kiota-serialization-json-go"
)

// maxNesting is how deep an answer may nest; Graph's nest less than ten deep.
const maxNesting = 64

// A form is what a node is written as. JSON's null is a nil node.
type form uint8

const (
	scalarForm form = iota
	objectForm
	arrayForm
)

// A node is a parsed answer, from which the SDK's models read themselves.
//
// Kiota's own node serves for scalars. Objects and arrays are ours, because
// Kiota's would let pass in silence what the answer does not say: of two equal
// keys it takes the last, a text where an object belongs becomes an empty object,
// a null or an unknown word in a list of enums becomes the first enum there is,
// and a time without a zone is taken for one in the zone of this machine.
type node struct {
	*jsonserialization.JsonParseNode // the scalar; its methods refuse other forms

	form   form
	keys   []string // of object, in the answer's order
	object map[string]*node
	array  []*node
}

var _ serialization.ParseNode = (*node)(nil)

// parseJSON reads a text that is one JSON value and nothing more.
func parseJSON(text []byte) (*node, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	n, err := parseValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows its end")
	}
	return n, nil
}

func parseValue(d *json.Decoder, depth int) (*node, error) {
	token, err := d.Token()
	switch {
	case errors.Is(err, io.EOF):
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	case depth > maxNesting:
		return nil, errors.New("nested too deep")
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			return parseObject(d, depth)
		}
		return parseArray(d, depth)
	case string:
		return leaf(&v), nil
	case bool:
		return leaf(&v), nil
	case json.Number:
		return parseNumber(v)
	}
	return nil, nil // null
}

func leaf(pointer any) *node {
	n := &node{JsonParseNode: &jsonserialization.JsonParseNode{}}
	n.JsonParseNode.SetValue(pointer)
	return n
}

// branch makes a node whose scalar is of no scalar's type, so that it is refused
// where a scalar is wanted.
func branch(f form) *node {
	n := leaf(f)
	n.form = f
	return n
}

func parseNumber(v json.Number) (*node, error) {
	if i, err := v.Int64(); err == nil {
		return leaf(&i), nil
	}
	f, err := v.Float64()
	return leaf(&f), err
}

func parseObject(d *json.Decoder, depth int) (*node, error) {
	n := branch(objectForm)
	n.object = map[string]*node{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, ok := token.(string)
		if !ok {
			return nil, errors.New("a key that is no text")
		}
		if _, twice := n.object[key]; twice {
			return nil, fmt.Errorf("key %q twice in one object", key)
		}
		child, err := parseValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		n.keys, n.object[key] = append(n.keys, key), child
	}
	_, err := d.Token()
	return n, unexpected(err)
}

func parseArray(d *json.Decoder, depth int) (*node, error) {
	n := branch(arrayForm)
	n.array = []*node{}
	for d.More() {
		child, err := parseValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		n.array = append(n.array, child)
	}
	_, err := d.Token()
	return n, unexpected(err)
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (n *node) is(f form) bool { return n != nil && n.form == f }

// child returns what an object holds under a key; nil when it is null or not there.
func (n *node) child(key string) *node {
	if !n.is(objectForm) {
		return nil
	}
	return n.object[key]
}

// text returns a node's text, and whether it is one.
func (n *node) text() (string, bool) {
	if !n.is(scalarForm) {
		return "", false
	}
	s, err := n.GetStringValue()
	if err != nil || s == nil {
		return "", false
	}
	return *s, true
}

// number returns a node's whole number, and whether it is one.
func (n *node) number() (int, bool) {
	if !n.is(scalarForm) {
		return 0, false
	}
	raw, err := n.JsonParseNode.GetRawValue()
	i, ok := raw.(*int64)
	if err != nil || !ok {
		return 0, false
	}
	return int(*i), true
}

// GetChildNode implements [serialization.ParseNode].
func (n *node) GetChildNode(key string) (serialization.ParseNode, error) {
	if c := n.child(key); c != nil {
		return c, nil
	}
	return nil, nil
}

// GetObjectValue implements [serialization.ParseNode].
func (n *node) GetObjectValue(make serialization.ParsableFactory) (serialization.Parsable, error) {
	if n == nil {
		return nil, nil
	}
	result, err := make(n)
	if err != nil {
		return nil, err
	}
	if _, untyped := result.(serialization.UntypedNodeable); untyped {
		raw, err := n.GetRawValue()
		return serialization.NewUntypedNode(raw), err
	}
	if !n.is(objectForm) {
		return nil, errors.New("not an object")
	}
	return result, n.fill(result)
}

func (n *node) fill(result serialization.Parsable) error {
	fields := result.GetFieldDeserializers()
	for _, key := range n.keys {
		child := n.object[key]
		if child == nil {
			continue
		}
		if set := fields[key]; set != nil {
			if err := set(child); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
			continue
		}
		if err := keep(result, key, child); err != nil {
			return err
		}
	}
	return nil
}

// keep stores what the model has no property for.
func keep(result serialization.Parsable, key string, child *node) error {
	holder, ok := result.(serialization.AdditionalDataHolder)
	if !ok {
		return nil
	}
	raw, err := child.GetRawValue()
	if err != nil {
		return err
	}
	more := holder.GetAdditionalData()
	if more == nil {
		more = map[string]any{}
		holder.SetAdditionalData(more)
	}
	more[key] = raw
	return nil
}

// GetCollectionOfObjectValues implements [serialization.ParseNode].
func (n *node) GetCollectionOfObjectValues(make serialization.ParsableFactory) ([]serialization.Parsable, error) {
	return collect(n, func(c *node) (serialization.Parsable, error) { return c.GetObjectValue(make) })
}

// GetCollectionOfPrimitiveValues implements [serialization.ParseNode].
func (n *node) GetCollectionOfPrimitiveValues(target string) ([]any, error) {
	return collect(n, func(c *node) (any, error) { return c.primitive(target) })
}

// GetCollectionOfEnumValues implements [serialization.ParseNode].
func (n *node) GetCollectionOfEnumValues(parse serialization.EnumFactory) ([]any, error) {
	return collect(n, func(c *node) (any, error) { return c.GetEnumValue(parse) })
}

func collect[T any](n *node, read func(*node) (T, error)) ([]T, error) {
	if n == nil {
		return nil, nil
	}
	if !n.is(arrayForm) {
		return nil, errors.New("not a list")
	}
	all := make([]T, 0, len(n.array))
	for _, c := range n.array {
		if c == nil {
			return nil, errors.New("null in a list")
		}
		v, err := read(c)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// primitive lets Kiota read one element of a list, by a list of its own.
func (n *node) primitive(target string) (any, error) {
	if target == "time" {
		return n.GetTimeValue()
	}
	list := &jsonserialization.JsonParseNode{}
	list.SetValue([]*jsonserialization.JsonParseNode{n.JsonParseNode})
	values, err := list.GetCollectionOfPrimitiveValues(target)
	if err != nil {
		return nil, err
	}
	return values[0], nil
}

// GetEnumValue implements [serialization.ParseNode]. Words begin with a small letter
// in the models, and Microsoft's own examples write some with a large one. A word
// that the enum does not know is its unknownFutureValue, where it has one.
func (n *node) GetEnumValue(parse serialization.EnumFactory) (any, error) {
	word, ok := n.text()
	if !ok {
		return nil, errors.New("not a word of an enum")
	}
	for _, w := range []string{word, uncapitalised(word), "unknownFutureValue"} {
		if v, err := parse(w); err == nil && v != nil {
			return v, nil
		}
	}
	return nil, fmt.Errorf("unknown word %q", word)
}

func uncapitalised(word string) string {
	if word == "" {
		return word
	}
	return strings.ToLower(word[:1]) + word[1:]
}

// GetTimeValue implements [serialization.ParseNode]. An empty text is no time, as
// Microsoft shows it where there has been none.
func (n *node) GetTimeValue() (*time.Time, error) {
	s, ok := n.text()
	switch {
	case !ok:
		return nil, errors.New("not a time")
	case s == "":
		return nil, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return nil, fmt.Errorf("%q is not a time with a zone", s)
	}
	return &t, nil
}

// GetRawValue implements [serialization.ParseNode]. Scalars are pointers, as
// Kiota's are.
func (n *node) GetRawValue() (any, error) {
	switch {
	case n == nil:
		return nil, nil
	case n.form == arrayForm:
		all := make([]any, len(n.array))
		for i, c := range n.array {
			all[i], _ = c.GetRawValue() // never fails
		}
		return all, nil
	case n.form == objectForm:
		all := make(map[string]any, len(n.keys))
		for key, c := range n.object {
			all[key], _ = c.GetRawValue()
		}
		return all, nil
	}
	return n.JsonParseNode.GetRawValue()
}
