// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// An Encoding is how a file writes characters. The zero Encoding is what the byte
// order mark says, and UTF-8 without one.
type Encoding string

// The encodings that a configuration may name.
const (
	UTF8        Encoding = "utf-8"
	UTF16       Encoding = "utf-16" // of the order that its mark says
	UTF16LE     Encoding = "utf-16le"
	UTF16BE     Encoding = "utf-16be"
	Windows1252 Encoding = "windows-1252"
)

// ParseEncoding reads the name of an encoding; empty is the zero Encoding.
func ParseEncoding(s string) (Encoding, error) {
	all := []Encoding{"", UTF8, UTF16, UTF16LE, UTF16BE, Windows1252}
	e := Encoding(strings.ToLower(s))
	if !slices.Contains(all, e) {
		return "", fmt.Errorf("encoding %q: want utf-8, utf-16, utf-16le, utf-16be or windows-1252", s)
	}
	return e, nil
}

// newText returns what r says in UTF-8, without a byte order mark. Bytes that mean
// no character are an error, never another character.
func newText(r io.Reader, e Encoding) (io.Reader, error) {
	raw := bufio.NewReaderSize(r, 64<<10)
	head, err := raw.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	marked, length := mark(head)
	if e, err = e.settle(marked, head); err != nil {
		return nil, err
	}
	if _, err := raw.Discard(length); err != nil {
		return nil, err
	}
	switch e {
	case UTF16LE:
		return &decoder{next: utf16From(raw, binary.LittleEndian)}, nil
	case UTF16BE:
		return &decoder{next: utf16From(raw, binary.BigEndian)}, nil
	case Windows1252:
		return &decoder{next: windows1252From(raw)}, nil
	}
	return raw, nil
}

// mark returns the encoding that a byte order mark says, and the mark's length.
func mark(head []byte) (Encoding, int) {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return UTF8, 3
	case bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")):
		return "utf-32", 0
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return UTF16LE, 2
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return UTF16BE, 2
	}
	return "", 0
}

// settle holds what was configured against what the file begins with.
func (e Encoding) settle(marked Encoding, head []byte) (Encoding, error) {
	wide := e == UTF16 && (marked == UTF16LE || marked == UTF16BE)
	switch {
	case marked == "utf-32":
		return "", errors.New("it is UTF-32; save the file as UTF-8")
	case marked != "" && e != "" && e != marked && !wide:
		return "", fmt.Errorf("it begins with the mark of %s, and encoding says %s", marked, e)
	case marked != "":
		return marked, nil
	case e == UTF16:
		return "", errors.New("it has no byte order mark; say which encoding: utf-16le or utf-16be")
	case e == "" && bytes.IndexByte(head, 0) >= 0:
		return "", errors.New("it looks like UTF-16 without a byte order mark; say which with encoding: utf-16le or utf-16be")
	case e == "":
		return UTF8, nil
	}
	return e, nil
}

// A decoder turns characters into UTF-8, until next ends with an error.
type decoder struct {
	next  func() (rune, error)
	ready []byte
	buf   [4096]byte
	err   error
}

func (d *decoder) Read(p []byte) (int, error) {
	if len(d.ready) == 0 {
		d.ready = d.fill()
	}
	if len(d.ready) == 0 {
		return 0, d.err
	}
	n := copy(p, d.ready)
	d.ready = d.ready[n:]
	return n, nil
}

func (d *decoder) fill() []byte {
	b := d.buf[:0]
	for d.err == nil && len(b) <= len(d.buf)-utf8.UTFMax {
		var c rune
		if c, d.err = d.next(); d.err == nil {
			b = utf8.AppendRune(b, c)
		}
	}
	return b
}

func utf16From(r io.Reader, order binary.ByteOrder) func() (rune, error) {
	at := 0
	unit := func() (rune, error) {
		var b [2]byte
		n, err := io.ReadFull(r, b[:])
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = fmt.Errorf("byte %d: half a character of UTF-16; the file is cut off", at+1)
		}
		at += n
		return rune(order.Uint16(b[:])), err
	}
	return func() (rune, error) {
		c, err := unit()
		if err != nil || !utf16.IsSurrogate(c) {
			return c, err
		}
		low, err := unit()
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if c = utf16.DecodeRune(c, low); c == unicode.ReplacementChar {
			return 0, fmt.Errorf("byte %d: half a pair of UTF-16", at-1)
		}
		return c, nil
	}
}

func windows1252From(r io.ByteReader) func() (rune, error) {
	at := 0
	return func() (rune, error) {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		at++
		c := charmap.Windows1252.DecodeByte(b)
		if c == unicode.ReplacementChar || b >= 0x80 && unicode.IsControl(c) {
			return 0, fmt.Errorf("byte %d: %#x is no character of windows-1252", at, b)
		}
		return c, nil
	}
}
