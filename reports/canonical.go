// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

const packetFormat = "foureyes/packet/1"

// A record is a packet as it is kept: with the number of the drawing that shows it.
type record struct {
	Drawing int
	Format  string
	Packet  *Packet
}

// Canonical writes everything that is in p as JSON, in the one way that there is:
// keys in order, no spaces, nothing that is zero. [ReadCanonical] gives it back.
// Drawing numbers the way in which the packet is drawn.
func (p *Packet) Canonical(drawing int) ([]byte, error) {
	w := &canonicalWriter{keys: newKeyring()}
	err := w.record(record{drawing, packetFormat, p})
	return w.Bytes(), err
}

// ReadCanonical reads what [Packet.Canonical] has written, and nothing else. It returns
// the number of the drawing also when a newer version has written something that this
// one does not know.
func ReadCanonical(b []byte) (p *Packet, drawing int, err error) {
	var r record
	d := &canonicalReader{text: b, keys: newKeyring(), strings: map[string]string{}, ids: map[string]graph.ID{}}
	if err := d.value(reflect.ValueOf(&r).Elem()); err != nil {
		return nil, r.Drawing, fmt.Errorf("packet: byte %d: %w", d.at, err)
	}
	if r.Format != packetFormat {
		return nil, 0, fmt.Errorf("packet: the format is %q, want %s", r.Format, packetFormat)
	}
	if r.Packet == nil {
		return nil, 0, errors.New("packet: there is none")
	}
	w := &canonicalWriter{keys: newKeyring(), rest: b, compares: true}
	if err := w.record(r); err != nil {
		return nil, 0, err
	}
	if w.compare(); w.differs || len(w.rest) > 0 {
		return nil, 0, errors.New("packet: it is written in another way than foureyes does")
	}
	return r.Packet, r.Drawing, nil
}

// A canonicalField is a field of a struct and its key, as it stands in front of the
// value.
type canonicalField struct {
	key   string
	index int
}

// A keyring remembers the fields of structs, and which types are written as text.
type keyring struct {
	fields map[reflect.Type][]canonicalField
	texts  map[reflect.Type]bool
}

func newKeyring() keyring {
	return keyring{map[reflect.Type][]canonicalField{}, map[reflect.Type]bool{}}
}

// isText reports whether values of a type are written by what they say of themselves.
func (k keyring) isText(t reflect.Type) bool {
	is, known := k.texts[t]
	if !known {
		is = t.Kind() != reflect.Pointer && t.Implements(reflect.TypeFor[encoding.TextMarshaler]()) ||
			t == reflect.TypeFor[time.Time]() || t == reflect.TypeFor[sod.Date]() || t == reflect.TypeFor[graph.Count]()
		k.texts[t] = is
	}
	return is
}

// of returns the fields of a struct in the order of their keys.
func (k keyring) of(t reflect.Type) []canonicalField {
	if known, ok := k.fields[t]; ok {
		return known
	}
	out := make([]canonicalField, 0, t.NumField())
	for i := range t.NumField() {
		out = append(out, canonicalField{`"` + snake(t.Field(i).Name) + `":`, i})
	}
	slices.SortFunc(out, func(a, b canonicalField) int { return strings.Compare(a.key, b.key) })
	k.fields[t] = out
	return out
}

// A canonicalWriter writes values in their one form, or compares them with it.
type canonicalWriter struct {
	bytes.Buffer
	keys keyring

	compares bool   // nothing is kept
	rest     []byte // what must still come
	differs  bool
}

func (b *canonicalWriter) record(r record) error {
	if err := b.value(reflect.ValueOf(r)); err != nil {
		return fmt.Errorf("packet: %w", err)
	}
	b.WriteByte('\n')
	return nil
}

// compare holds what was written against what must come, and forgets it.
func (b *canonicalWriter) compare() {
	rest, ok := bytes.CutPrefix(b.rest, b.Bytes())
	b.rest, b.differs = rest, b.differs || !ok
	b.Reset()
}

// snake turns PreparedBy into prepared_by.
func snake(name string) string {
	var out strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

func (b *canonicalWriter) value(v reflect.Value) error {
	if b.keys.isText(v.Type()) {
		return b.text(v)
	}
	switch v.Kind() {
	case reflect.Struct:
		return b.structure(v)
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := b.value(v.Index(i)); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case reflect.Pointer:
		return b.value(v.Elem())
	case reflect.String:
		b.inQuotes(v.String())
	case reflect.Bool:
		b.WriteString(strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int64:
		b.WriteString(strconv.FormatInt(v.Int(), 10))
	case reflect.Uint8:
		b.WriteString(strconv.FormatUint(v.Uint(), 10))
	default:
		return fmt.Errorf("a value of type %s cannot be kept", v.Type())
	}
	return nil
}

func (b *canonicalWriter) structure(v reflect.Value) error {
	b.WriteByte('{')
	first := true
	for _, f := range b.keys.of(v.Type()) {
		e := v.Field(f.index)
		if e.IsZero() {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.WriteString(f.key)
		if err := b.value(e); err != nil {
			return fmt.Errorf("%s: %w", f.key, err)
		}
	}
	b.WriteByte('}')
	if b.compares && b.Len() > 1<<16 {
		b.compare()
	}
	return nil
}

// text writes values that have a text, and counts as what they are.
func (b *canonicalWriter) text(v reflect.Value) error {
	switch x := v.Interface().(type) {
	case graph.Count:
		b.WriteString(x.String())
	case time.Time:
		b.inQuotes(x.UTC().Format(time.RFC3339Nano))
	case sod.Date:
		b.inQuotes(x.String())
	case encoding.TextMarshaler:
		text, err := x.MarshalText()
		b.inQuotes(string(text))
		return err
	}
	return nil
}

// inQuotes escapes what JSON wants escaped, and what cannot be seen.
func (b *canonicalWriter) inQuotes(s string) {
	b.WriteByte('"')
	plain := 0 // where what needs no escape begins
	s = strings.ToValidUTF8(s, "\ufffd")
	for i, r := range s {
		if r >= ' ' && r < 0x7f && r != '"' && r != '\\' || r > 0x7f && !Hidden(r) {
			continue
		}
		b.WriteString(s[plain:i])
		plain = i + utf8.RuneLen(r)
		if r == '"' || r == '\\' {
			b.WriteByte('\\')
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b.Buffer, `\u%04x`, unit)
		}
	}
	b.WriteString(s[plain:])
	b.WriteByte('"')
}

// A canonicalReader reads values into what they must be.
type canonicalReader struct {
	text []byte
	at   int
	keys keyring

	// most strings stand in a packet many times: each is kept once
	strings map[string]string
	ids     map[string]graph.ID
}

// next reads exactly this, if it is there.
func (d *canonicalReader) next(s string) bool {
	if len(d.text)-d.at < len(s) || string(d.text[d.at:d.at+len(s)]) != s {
		return false
	}
	d.at += len(s)
	return true
}

func (d *canonicalReader) value(v reflect.Value) error {
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		return d.inQuotes(func(s []byte) (err error) { *x, err = time.Parse(time.RFC3339Nano, string(s)); return err })
	case *sod.Date:
		return d.inQuotes(func(s []byte) (err error) { *x, err = sod.ParseDate(string(s)); return err })
	case *graph.ID:
		return d.inQuotes(func(s []byte) error { return d.id(x, s) })
	case *graph.Count:
		n, err := d.number()
		*x = graph.CountOf(int(n))
		return err
	case encoding.TextUnmarshaler:
		return d.inQuotes(x.UnmarshalText)
	}
	switch v.Kind() {
	case reflect.Struct:
		return d.structure(v)
	case reflect.Slice:
		return d.list(v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return d.value(v.Elem())
	case reflect.String:
		return d.inQuotes(func(s []byte) error { v.SetString(d.once(s)); return nil })
	case reflect.Bool:
		v.SetBool(d.next("true"))
		return nil
	case reflect.Int, reflect.Int64:
		n, err := d.number()
		v.SetInt(n)
		return err
	case reflect.Uint8:
		n, err := d.number()
		if n < 0 || n > 255 {
			return fmt.Errorf("%d is none of the values that are known", n)
		}
		v.SetUint(uint64(n))
		return err
	}
	return fmt.Errorf("a value of type %s cannot be read", v.Type())
}

func (d *canonicalReader) structure(v reflect.Value) error {
	if !d.next("{") {
		return errors.New("want an object")
	}
	first := true
	for _, f := range d.keys.of(v.Type()) {
		from := d.at
		if !first && !d.next(",") || !d.next(f.key) {
			d.at = from
			continue
		}
		first = false
		if err := d.value(v.Field(f.index)); err != nil {
			return err
		}
	}
	if !d.next("}") {
		return errors.New("want the end of an object: a newer version may have written it")
	}
	return nil
}

func (d *canonicalReader) list(v reflect.Value) error {
	if !d.next("[") {
		return errors.New("want a list")
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	for !d.next("]") {
		if v.Len() > 0 && !d.next(",") {
			return errors.New("want a comma in a list")
		}
		v.Grow(1)
		v.SetLen(v.Len() + 1)
		if err := d.value(v.Index(v.Len() - 1)); err != nil {
			return err
		}
	}
	return nil
}

func (d *canonicalReader) number() (int64, error) {
	from := d.at
	for d.at < len(d.text) && (d.text[d.at] == '-' || d.text[d.at] >= '0' && d.text[d.at] <= '9') {
		d.at++
	}
	return strconv.ParseInt(string(d.text[from:d.at]), 10, 64)
}

// once returns s as a string that is kept once.
func (d *canonicalReader) once(s []byte) string {
	known, ok := d.strings[string(s)]
	if !ok {
		known = string(s)
		d.strings[known] = known
	}
	return known
}

func (d *canonicalReader) id(x *graph.ID, s []byte) (err error) {
	known, ok := d.ids[string(s)]
	if !ok {
		text := string(s)
		if known, err = graph.ParseID(text); err != nil {
			return err
		}
		d.ids[text] = known
	}
	*x = known
	return nil
}

// inQuotes reads a string and hands it over.
func (d *canonicalReader) inQuotes(take func([]byte) error) error {
	if !d.next(`"`) {
		return errors.New("want a string")
	}
	from, plain := d.at, true
	for d.at < len(d.text) && d.text[d.at] != '"' {
		if d.text[d.at] == '\\' {
			d.at++
			plain = false
		}
		d.at++
	}
	if d.at >= len(d.text) {
		d.at = len(d.text)
		return errors.New("a string does not end")
	}
	d.at++
	if plain {
		return take(d.text[from : d.at-1])
	}
	var s string
	if err := json.Unmarshal(d.text[from-1:d.at], &s); err != nil {
		return errors.New("a string is damaged")
	}
	return take([]byte(s))
}
