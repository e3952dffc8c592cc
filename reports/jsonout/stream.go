// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// A stream writes JSON as encode does, but list element by list element: a report with
// many lines is never in memory as a whole.
type stream struct {
	w    io.Writer
	part bytes.Buffer
	json *json.Encoder
}

// encodeLong writes v, of which the long lists are lists of structs in v or in structs
// in v.
func encodeLong(w io.Writer, v any) error {
	s := &stream{w: w}
	s.json = json.NewEncoder(&s.part)
	s.json.SetEscapeHTML(false)
	if err := s.value(reflect.ValueOf(v), ""); err != nil {
		return fmt.Errorf("findings: %w", err)
	}
	return s.say("\n")
}

func (s *stream) say(text string) error {
	_, err := io.WriteString(s.w, text)
	return err
}

// value writes v, whose lines behind the first begin with indent.
func (s *stream) value(v reflect.Value, indent string) error {
	if v.Kind() == reflect.Pointer && !v.IsNil() && isLong(v.Type().Elem()) {
		v = v.Elem()
	}
	switch {
	case isLong(v.Type()):
		return s.object(v, indent)
	case isRows(v.Type()) && v.Len() > 0:
		return s.list(v, indent)
	}
	return s.whole(v, indent)
}

// whole writes v at once.
func (s *stream) whole(v reflect.Value, indent string) error {
	s.part.Reset()
	s.json.SetIndent(indent, "  ")
	if err := s.json.Encode(v.Interface()); err != nil {
		return err
	}
	_, err := s.w.Write(escapeHidden(bytes.TrimSuffix(s.part.Bytes(), []byte("\n"))))
	return err
}

// isRows reports whether a type is a list of structs.
func isRows(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct && !saysItself(t) && !saysItself(t.Elem())
}

// isLong reports whether a type is a struct with lists of structs in it.
func isLong(t reflect.Type) bool {
	if t.Kind() != reflect.Struct || saysItself(t) {
		return false
	}
	long := false
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous || !f.IsExported() {
			return false
		}
		long = long || isRows(f.Type)
	}
	return long
}

// saysItself reports whether values of a type write their own JSON.
func saysItself(t reflect.Type) bool {
	for _, own := range []reflect.Type{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()} {
		if t.Implements(own) || reflect.PointerTo(t).Implements(own) {
			return true
		}
	}
	return false
}

func (s *stream) object(v reflect.Value, indent string) error {
	between := "{\n"
	for i := range v.NumField() {
		key, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if options == "omitempty" && isEmpty(v.Field(i)) {
			continue
		}
		if err := s.say(between + indent + `  "` + key + `": `); err != nil {
			return err
		}
		if err := s.value(v.Field(i), indent+"  "); err != nil {
			return err
		}
		between = ",\n"
	}
	return s.say("\n" + indent + "}")
}

// isEmpty is what omitempty means.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.Array:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func (s *stream) list(v reflect.Value, indent string) error {
	between := "[\n"
	for i := range v.Len() {
		if err := s.say(between + indent + "  "); err != nil {
			return err
		}
		if err := s.whole(v.Index(i), indent+"  "); err != nil {
			return err
		}
		between = ",\n"
	}
	return s.say("\n" + indent + "]")
}
