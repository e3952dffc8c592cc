// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"fmt"
	"strconv"
)

// The first bytes of what we draw, and of what we seal.
const (
	drawnHead  = "%PDF-1.3\n"
	sealedHead = "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
)

// A file is a whole PDF: object n is objects[n-1].
type file struct {
	objects    []value
	root, info ref
}

// readFile reads one revision that begins with head and has one table of its
// objects. Nothing may stand before, between or behind.
func readFile(pdf []byte, head string) (*file, error) {
	r := &reader{file: pdf}
	if err := r.want(head); err != nil {
		return nil, err
	}
	found, places := map[int]value{}, map[int]int{}
	for !r.has("xref\n") {
		place := r.at
		n, v, err := r.object()
		if err != nil {
			return nil, err
		}
		if _, twice := found[n]; twice {
			return nil, r.wrong("object %d occurs twice", n)
		}
		found[n], places[n] = v, place
	}
	f := &file{objects: make([]value, len(found))}
	for n, v := range found {
		if n > len(found) {
			return nil, r.wrong("objects are missing before object %d", n)
		}
		f.objects[n-1] = v
	}
	return f, f.readEnd(r, places)
}

// object reads "7 0 obj … endobj".
func (r *reader) object() (int, value, error) {
	w := r.regular()
	n, err := strconv.Atoi(w)
	if err != nil || n < 1 || strconv.Itoa(n) != w {
		return 0, nil, r.wrong("an object is missing")
	}
	if err := r.want(" 0 obj\n"); err != nil {
		return 0, nil, err
	}
	v, err := r.value(0)
	if err != nil {
		return 0, nil, err
	}
	if d, ok := v.(dict); ok && r.has("\nstream\n") {
		if v, err = r.stream(d); err != nil {
			return 0, nil, err
		}
	}
	return n, v, r.want("\nendobj\n")
}

// readEnd reads the table of objects, the trailer and the end of the file.
func (f *file) readEnd(r *reader, places map[int]int) error {
	start := r.at
	if err := r.want(tableOf(len(f.objects), places)); err != nil {
		return &malformed{start, "the table of objects does not tell where they are"}
	}
	if err := r.want("trailer\n"); err != nil {
		return err
	}
	v, err := r.value(0)
	if err != nil {
		return err
	}
	t, ok := v.(dict)
	if !ok || len(t) != 3 || t["Size"] != value(numberOf(len(f.objects)+1)) {
		return r.wrong("the trailer is not one of a single revision")
	}
	root, ok := t["Root"].(ref)
	info, ok2 := t["Info"].(ref)
	if !ok || !ok2 {
		return r.wrong("the trailer names no catalog")
	}
	f.root, f.info = root, info
	if err := r.want(fmt.Sprintf("\nstartxref\n%d\n%%%%EOF\n", start)); err != nil {
		return err
	}
	if r.at != len(r.file) {
		return r.wrong("something stands behind the end")
	}
	return nil
}

func tableOf(n int, places map[int]int) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", n+1)
	for i := 1; i <= n; i++ {
		place := strconv.Itoa(places[i])
		b.WriteString("0000000000"[min(len(place), 10):])
		b.WriteString(place)
		b.WriteString(" 00000 n \n")
	}
	return b.String()
}

// write returns the one form of f.
func (f *file) write() []byte {
	var b bytes.Buffer
	b.Grow(f.size())
	b.WriteString(sealedHead)
	places := map[int]int{}
	for i, v := range f.objects {
		places[i+1] = b.Len()
		b.WriteString(strconv.Itoa(i + 1))
		b.WriteString(" 0 obj\n")
		v.write(&b)
		b.WriteString("\nendobj\n")
	}
	start := b.Len()
	b.WriteString(tableOf(len(f.objects), places) + "trailer\n")
	dict{"Info": f.info, "Root": f.root, "Size": numberOf(len(f.objects) + 1)}.write(&b)
	fmt.Fprintf(&b, "\nstartxref\n%d\n%%%%EOF\n", start)
	return b.Bytes()
}

// size guesses how long the file is, from what is long in it.
func (f *file) size() int {
	n := 4096
	for _, v := range f.objects {
		n += 256
		if s, ok := v.(stream); ok {
			n += len(s.data)
		}
		if d, ok := v.(dict); ok {
			contents, _ := d["Contents"].(text)
			n += 2 * len(contents)
		}
	}
	return n
}

// dict returns the dictionary at r, or nil.
func (f *file) dict(r value) dict {
	n, ok := r.(ref)
	if !ok || int(n) > len(f.objects) {
		return nil
	}
	d, _ := f.objects[n-1].(dict)
	return d
}

// stream returns the stream at r.
func (f *file) stream(r value) (stream, bool) {
	n, ok := r.(ref)
	if !ok || int(n) > len(f.objects) {
		return stream{}, false
	}
	s, ok := f.objects[n-1].(stream)
	return s, ok
}
