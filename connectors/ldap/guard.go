// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
)

// The bounds of one message. A group of a million members takes 60 MB.
const (
	maxEntryBytes  = 128 << 20
	maxResultBytes = 256 << 10 // of anything but an entry; the library decodes controls without bounds
	maxElements    = 2_500_000
	maxDepth       = 16
)

// The operations of LDAP that concern us: the identifiers in the messages.
const (
	opEntry      = 0x64 // searchResEntry
	opReference  = 0x73 // searchResRef
	opExtended   = 0x78 // extendedResp
	tagSequence  = 0x30
	tagInteger   = 0x02
	constructed  = 0x20
	manyOctets   = 0x1f
	longFormMask = 0x80
)

// A guard is a connection that hands on only whole messages that are within
// bounds, and counts the entries and references among them. The library may then
// decode what it likes and drop what it likes: the counts tell.
type guard struct {
	net.Conn
	in   *bufio.Reader
	buf  []byte // of the message at hand
	rest []byte // not handed on yet
	err  error

	entries, references atomic.Int64
}

func newGuard(c net.Conn) *guard {
	return &guard{Conn: c, in: bufio.NewReaderSize(c, 32<<10)}
}

// Read implements [io.Reader].
func (g *guard) Read(p []byte) (int, error) {
	if len(g.rest) == 0 {
		if g.err != nil {
			return 0, g.err
		}
		g.next()
		if g.err != nil {
			return 0, g.err
		}
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

func (g *guard) next() {
	const keep = 1 << 20
	if cap(g.buf) > keep {
		g.buf = nil
	}
	var op byte
	g.buf, op, g.err = readMessage(g.in, g.buf[:0])
	if g.err != nil {
		return
	}
	g.rest = g.buf
	switch op {
	case opEntry:
		g.entries.Add(1)
	case opReference:
		g.references.Add(1)
	}
}

// readMessage appends one LDAP message to buf, reading not a byte more, and
// returns the identifier of its operation.
func readMessage(r io.Reader, buf []byte) ([]byte, byte, error) {
	buf, length, err := readHeader(r, buf)
	if err != nil {
		return buf, 0, err
	}
	start := len(buf)
	if buf, err = readN(r, buf, length); err != nil {
		return buf, 0, err
	}
	op, err := operation(buf[start:])
	if err != nil {
		return buf, 0, err
	}
	if op != opEntry && length > maxResultBytes {
		return buf, 0, fmt.Errorf("the server sent an answer of %d bytes, more than %d", length, maxResultBytes)
	}
	return buf, op, checkElements(buf[start:])
}

func readHeader(r io.Reader, buf []byte) ([]byte, int, error) {
	var head [6]byte
	if _, err := io.ReadFull(r, head[:2]); err != nil {
		return buf, 0, err
	}
	n := 2
	if head[1]&longFormMask != 0 {
		n += int(head[1] &^ longFormMask)
		if n == 2 || n > len(head) {
			return buf, 0, errors.New("the server sent a message of no definite length")
		}
		if _, err := io.ReadFull(r, head[2:n]); err != nil {
			return buf, 0, cutOff(err)
		}
	}
	if head[0] != tagSequence {
		return buf, 0, fmt.Errorf("the server does not speak LDAP: a message begins with %#02x", head[0])
	}
	length, _, err := berLength(head[1:n])
	if err == nil && length > maxEntryBytes {
		err = fmt.Errorf("the server sent a message of %d bytes, more than %d", length, maxEntryBytes)
	}
	return append(buf, head[:n]...), length, err
}

// readN appends n bytes, and asks for memory only as they come.
func readN(r io.Reader, buf []byte, n int) ([]byte, error) {
	const step = 64 << 10
	for n > 0 {
		now := min(n, step)
		start := len(buf)
		buf = append(buf, make([]byte, now)...)
		if _, err := io.ReadFull(r, buf[start:]); err != nil {
			return buf, cutOff(err)
		}
		n -= now
	}
	return buf, nil
}

func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

var errMalformed = errors.New("the server sent a malformed message")

// operation returns the identifier after the number of a message.
func operation(b []byte) (byte, error) {
	if len(b) < 3 || b[0] != tagInteger {
		return 0, errMalformed
	}
	length, n, err := berLength(b[1:])
	if err != nil || length < 1 || length > 4 || len(b) <= 1+n+length {
		return 0, errMalformed
	}
	return b[1+n+length], nil
}

// berLength reads a definite length, and how many bytes it takes.
func berLength(b []byte) (length, n int, err error) {
	if len(b) == 0 {
		return 0, 0, errMalformed
	}
	if b[0]&longFormMask == 0 {
		return int(b[0]), 1, nil
	}
	count := int(b[0] &^ longFormMask)
	if count == 0 || count > 4 || len(b) < 1+count {
		return 0, 0, errMalformed
	}
	for _, c := range b[1 : 1+count] {
		length = length<<8 | int(c)
	}
	if length < 0 { // where an int has 32 bits
		return 0, 0, errMalformed
	}
	return length, 1 + count, nil
}

// checkElements walks through the elements of a message: each lies within the one
// that holds it, and they are neither too deep nor too many.
func checkElements(b []byte) error {
	var ends [maxDepth]int
	depth, at := 0, 0
	ends[0] = len(b)
	for elements := 0; ; elements++ {
		for at == ends[depth] {
			if depth == 0 {
				return nil
			}
			depth--
		}
		if elements >= maxElements {
			return fmt.Errorf("the server sent a message of more than %d elements", maxElements)
		}
		tag := b[at]
		length, n, err := berLength(b[at+1:])
		if err != nil || tag&manyOctets == manyOctets || length > ends[depth]-at-1-n {
			return errMalformed
		}
		at += 1 + n
		if tag&constructed == 0 {
			at += length
			continue
		}
		if depth+1 == maxDepth {
			return errMalformed
		}
		depth++
		ends[depth] = at + length
	}
}
