// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
)

// Shows says where a sealed file shows something else than a drawing does. Nil means
// that it shows the same. A drawing is a frame, whose every part must be equal, and
// what stands on each of its pages, in order; what the frame itself has on them counts
// for nothing. Data are compared inflated: how tightly they are packed is the only
// thing that may differ.
func (s *Sealed) Shows(frame []byte, marks iter.Seq[[]byte]) error {
	f, err := readDrawn(frame)
	if err != nil {
		return err
	}
	mine := s.document.drawn
	if f.root != mine.root || f.info != mine.info || len(f.objects) != len(mine.objects) {
		return fmt.Errorf("it has %d pages and %d parts, and the drawing %d and %d", len(mine.pages()), len(mine.objects), len(f.pages()), len(f.objects))
	}
	if err := mine.shows(marks); err != nil {
		return err
	}
	contents := f.contents()
	for i := range f.objects {
		if contents[ref(i+1)] {
			continue
		}
		if same, err := equal(f.objects[i], mine.objects[i]); err != nil || !same {
			return errors.Join(fmt.Errorf("%s differs", mine.partName(i+1)), err)
		}
	}
	return nil
}

// contents returns the objects that hold the marks of pages.
func (f *file) contents() map[ref]bool {
	out := map[ref]bool{}
	for _, p := range f.pages() {
		if n, ok := p["Contents"].(ref); ok {
			out[n] = true
		}
	}
	return out
}

// shows compares what stands on each page.
func (f *file) shows(marks iter.Seq[[]byte]) error {
	pages, n := f.pages(), 0
	var z inflater
	for want := range marks {
		if n == len(pages) {
			return fmt.Errorf("it has %d pages, and the drawing more", n)
		}
		s, ok := f.stream(pages[n]["Contents"])
		n++
		if same, err := z.same(s, want); err != nil || !ok || !same {
			return errors.Join(fmt.Errorf("page %d differs", n), err)
		}
	}
	if n != len(pages) {
		return fmt.Errorf("it has %d pages, and the drawing %d", len(pages), n)
	}
	return nil
}

// An inflater keeps what it needs from one stream to the next.
type inflater struct {
	from io.ReadCloser
	out  []byte
}

// same reports whether s is want, once inflated.
func (z *inflater) same(s stream, want []byte) (bool, error) {
	switch {
	case len(s.dict.without("Filter")) > 0:
		return false, nil
	case s.dict["Filter"] == nil:
		return bytes.Equal(s.data, want), nil
	}
	in := bytes.NewReader(s.data)
	if err := z.reset(in); err != nil {
		return false, errors.New("data are not compressed in the way of PDF")
	}
	z.out = slices.Grow(z.out[:0], len(want)+1)[:len(want)+1]
	n := 0
	for n <= len(want) {
		k, err := z.from.Read(z.out[n:])
		n += k
		if err == io.EOF && in.Len() == 0 {
			return bytes.Equal(z.out[:n], want), nil
		}
		if err != nil {
			return false, errors.New("compressed data are damaged")
		}
	}
	return false, nil // there is more of it
}

func (z *inflater) reset(in io.Reader) (err error) {
	if again, ok := z.from.(zlib.Resetter); ok {
		return again.Reset(in, nil)
	}
	z.from, err = zlib.NewReader(in)
	return err
}

// pages returns the pages in order.
func (f *file) pages() []dict {
	var out []dict
	kids, _ := f.dict(f.dict(f.root)["Pages"])["Kids"].(array)
	for _, k := range kids {
		out = append(out, f.dict(k))
	}
	return out
}

// partName tells a reader what object n is.
func (f *file) partName(n int) string {
	for i, p := range f.pages() {
		if p["Contents"] == value(ref(n)) {
			return fmt.Sprintf("page %d", i+1)
		}
	}
	switch n {
	case int(f.info):
		return "what the file says of itself"
	case int(f.root):
		return "the catalog"
	}
	return fmt.Sprintf("part %d", n)
}

func equal(a, b value) (bool, error) {
	s, isStream := a.(stream)
	t, both := b.(stream)
	if !isStream || !both {
		return isStream == both && bytes.Equal(written(a), written(b)), nil
	}
	if !bytes.Equal(written(s.dict.without("Filter")), written(t.dict.without("Filter"))) {
		return false, nil
	}
	x, err := s.inflated()
	if err != nil {
		return false, err
	}
	y, err := t.inflated()
	return bytes.Equal(x, y), err
}

func written(v value) []byte {
	var b bytes.Buffer
	v.write(&b)
	return b.Bytes()
}

// most bytes that one stream may inflate to.
const mostInflated = 1 << 28

// inflated returns the data of s without compression.
func (s stream) inflated() ([]byte, error) {
	if s.dict["Filter"] == nil {
		return s.data, nil
	}
	in := bytes.NewReader(s.data)
	z, err := zlib.NewReader(in)
	if err != nil {
		return nil, errors.New("data are not compressed in the way of PDF")
	}
	out, err := io.ReadAll(io.LimitReader(z, mostInflated))
	if err != nil || len(out) == mostInflated || in.Len() != 0 {
		return nil, errors.New("compressed data are damaged")
	}
	return slices.Clip(out), nil
}
