// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"fmt"
	"strings"
)

// A field is one key that an object may have, and what may stand there. want is
//
//	/Name      exactly that name
//	name, number, text
//	numbers    an array of numbers; widths, one that may hold arrays of numbers
//	names      an array of names
//	empty      an empty dictionary
//	place      a place on a page, as an outline names it
//	fonts      a dictionary of references to fonts
//	>kind      a reference to an object of that kind; >>kind, an array of them
//
// A question mark at the end means that the key may be missing.
type field struct {
	key  name
	want string
}

// fieldsOf tells what an object of a kind consists of. This is the whole grammar
// of what our PDFs consist of: no scripts, no annotations, no forms, no layers, no
// pictures, nothing that changes what is shown or that is shown elsewhere.
func fieldsOf(kind string) []field {
	switch kind {
	case "catalog":
		return []field{{"Type", "/Catalog"}, {"Pages", ">pages"}, {"Outlines", ">outlines?"}, {"PageMode", "/UseOutlines?"}}
	case "pages":
		return []field{{"Type", "/Pages"}, {"Kids", ">>page"}, {"Count", "number"}, {"MediaBox", "numbers"}}
	case "page":
		return []field{{"Type", "/Page"}, {"Parent", ">pages"}, {"Resources", ">resources"}, {"Contents", ">data"}, {"MediaBox", "numbers?"}}
	case "resources":
		return []field{{"ProcSet", "names"}, {"Font", "fonts"}, {"XObject", "empty"}, {"ColorSpace", "empty"}}
	case "font":
		return []field{{"Type", "/Font"}, {"Subtype", "/Type0"}, {"BaseFont", "name"}, {"Encoding", "/Identity-H"}, {"DescendantFonts", ">>glyphs"}, {"ToUnicode", ">data"}}
	case "glyphs":
		return []field{
			{"Type", "/Font"}, {"Subtype", "/CIDFontType2"}, {"BaseFont", "name"}, {"CIDSystemInfo", ">system"}, {"FontDescriptor", ">descriptor"},
			{"DW", "number"}, {"W", "widths"}, {"CIDToGIDMap", ">data"},
		}
	case "system":
		return []field{{"Registry", "text"}, {"Ordering", "text"}, {"Supplement", "number"}}
	case "descriptor":
		return []field{
			{"Type", "/FontDescriptor"}, {"FontName", "name"}, {"Ascent", "number"}, {"Descent", "number"}, {"CapHeight", "number"}, {"Flags", "number"},
			{"FontBBox", "numbers"}, {"ItalicAngle", "number"}, {"StemV", "number"}, {"MissingWidth", "number"}, {"FontFile2", ">data"},
		}
	case "data":
		return []field{{"Filter", "/FlateDecode?"}, {"Length1", "number?"}}
	case "outlines":
		return []field{{"Type", "/Outlines"}, {"First", ">outline"}, {"Last", ">outline"}}
	case "outline":
		return []field{
			{"Title", "text"}, {"Parent", ">outlines"}, {"Prev", ">outline?"}, {"Next", ">outline?"}, {"Dest", "place"}, {"Count", "number"},
		}
	case "info":
		return []field{{"Producer", "text"}, {"Title", "text?"}, {"Subject", "text?"}, {"Creator", "text?"}, {"CreationDate", "text"}, {"ModDate", "text"}}
	}
	return nil
}

// A walk goes through everything that a file shows.
type walk struct {
	file  *file
	kinds []string // by object; "" was not reached
	todo  []ref
}

// check proves that every object of f is one that our drawing writes, and is reached.
func (f *file) check() error {
	w := &walk{file: f, kinds: make([]string, len(f.objects))}
	if err := w.reach(f.root, "catalog"); err != nil {
		return err
	}
	if err := w.reach(f.info, "info"); err != nil {
		return err
	}
	for len(w.todo) > 0 {
		r := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		if err := w.object(r); err != nil {
			return fmt.Errorf("object %d: %w", r, err)
		}
	}
	for i, k := range w.kinds {
		if k == "" {
			return fmt.Errorf("object %d belongs to nothing that is shown", i+1)
		}
	}
	return nil
}

// reach notes that r must be of a kind.
func (w *walk) reach(v value, kind string) error {
	r, ok := v.(ref)
	switch {
	case !ok || int(r) > len(w.kinds):
		return fmt.Errorf("no reference to a %s object of the file", kind)
	case w.kinds[r-1] == "":
		w.kinds[r-1] = kind
		w.todo = append(w.todo, r)
	case w.kinds[r-1] != kind:
		return fmt.Errorf("object %d stands for two things", r)
	}
	return nil
}

func (w *walk) object(r ref) error {
	kind := w.kinds[r-1]
	var d dict
	switch v := w.file.objects[r-1].(type) {
	case dict:
		d = v
	case stream:
		d = v.dict
	}
	if _, isStream := w.file.objects[r-1].(stream); d == nil || isStream != (kind == "data") {
		return fmt.Errorf("it is no %s", kind)
	}
	known := 0
	for _, f := range fieldsOf(kind) {
		want, optional := strings.CutSuffix(f.want, "?")
		v, ok := d[f.key]
		if !ok && optional {
			continue
		}
		if err := w.field(v, want); err != nil {
			return fmt.Errorf("%s: %w", f.key, err)
		}
		known++
	}
	if known != len(d) {
		return fmt.Errorf("it has something that a %s of ours has not", kind)
	}
	return nil
}

// field holds a value against what may stand there.
func (w *walk) field(v value, want string) error {
	if kind, ok := strings.CutPrefix(want, ">>"); ok {
		return w.each(v, func(e value) error { return w.reach(e, kind) })
	}
	if kind, ok := strings.CutPrefix(want, ">"); ok {
		return w.reach(v, kind)
	}
	fits := false
	switch want {
	case "name":
		_, fits = v.(name)
	case "number":
		fits = isNumberValue(v)
	case "text":
		_, fits = v.(text)
	case "numbers":
		return w.each(v, mustBe(isNumberValue))
	case "names":
		return w.each(v, mustBe(func(e value) bool { _, ok := e.(name); return ok }))
	case "widths":
		return w.each(v, mustBe(isWidth))
	case "empty":
		d, ok := v.(dict)
		fits = ok && len(d) == 0
	case "fonts":
		return w.fonts(v)
	case "place":
		return w.place(v)
	default:
		fits = v == value(name(want[1:]))
	}
	if !fits {
		return fmt.Errorf("it is no %s", want)
	}
	return nil
}

func mustBe(fits func(value) bool) func(value) error {
	return func(v value) error {
		if !fits(v) {
			return fmt.Errorf("it holds something else")
		}
		return nil
	}
}

func (w *walk) each(v value, do func(value) error) error {
	a, ok := v.(array)
	if !ok || len(a) == 0 {
		return fmt.Errorf("it is no list")
	}
	for _, e := range a {
		if err := do(e); err != nil {
			return err
		}
	}
	return nil
}

func isNumberValue(v value) bool { _, ok := v.(number); return ok }

func isWidth(v value) bool {
	a, ok := v.(array)
	for _, e := range a {
		ok = ok && isNumberValue(e)
	}
	return ok || isNumberValue(v)
}

func (w *walk) fonts(v value) error {
	d, ok := v.(dict)
	if !ok {
		return fmt.Errorf("it is no dictionary")
	}
	for k, e := range d {
		if err := w.reach(e, "font"); err != nil {
			return fmt.Errorf("font %s: %w", k, err)
		}
	}
	return nil
}

// place is [page /XYZ number number null].
func (w *walk) place(v value) error {
	a, ok := v.(array)
	if !ok || len(a) != 5 || a[1] != value(name("XYZ")) || !isNumberValue(a[2]) || !isNumberValue(a[3]) || a[4] != value(keyword("null")) {
		return fmt.Errorf("it is no place on a page")
	}
	return w.reach(a[0], "page")
}
