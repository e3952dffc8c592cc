// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Shows says where a sealed file shows something else than a drawing does. Nil means
// that it shows the same: every object is equal, and so are all data once they are
// inflated; how tightly they are packed is the only thing that may differ.
func (s *Sealed) Shows(drawn []byte) error {
	f, err := readDrawn(drawn)
	if err != nil {
		return err
	}
	mine := s.document.drawn
	if f.root != mine.root || f.info != mine.info || len(f.objects) != len(mine.objects) {
		return fmt.Errorf("it has %d pages and %d parts, and the drawing %d and %d", len(mine.pages()), len(mine.objects), len(f.pages()), len(f.objects))
	}
	for i := range f.objects {
		if same, err := equal(f.objects[i], mine.objects[i]); err != nil || !same {
			return errors.Join(fmt.Errorf("%s differs", mine.partName(i+1)), err)
		}
	}
	return nil
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
