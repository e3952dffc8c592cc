// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/go-ldap/ldap/v3"
)

// The bounds of one message. A group of a million members takes 60 MB.
const (
	maxEntryBytes  = 128 << 20
	maxResultBytes = 256 << 10 // of anything but an entry; the library decodes controls without bounds
	maxElements    = 2_500_000
	maxDepth       = 16
)

// firstSearch is the number of our first message. Messages with smaller numbers
// are the library's, which counts from one.
const firstSearch = 1 << 30

// A guard is a connection that hands on only whole messages that are within
// bounds: answers to searches to the search that is running, and everything else
// to the library, which reads from it.
type guard struct {
	net.Conn
	in   *bufio.Reader
	own  message // for the library
	rest []byte  // of it, not handed on yet
	err  error   // ends reading; known to the reading goroutine only
	free sync.Pool

	writing sync.Mutex // held for a whole request

	mu      sync.Mutex
	running *running
	taken   bool  // until the last entry was, even if no more answers can come
	broken  error // err, for everybody
	lastID  int64
}

// A message is one LDAP message.
type message struct {
	buf  []byte // all of it
	id   int64
	op   byte
	body packed // the operation and what follows
}

func newGuard(c net.Conn) *guard {
	return &guard{Conn: c, in: bufio.NewReaderSize(c, 32<<10), lastID: firstSearch - 1}
}

// Read implements [io.Reader]. Only one goroutine may call it.
func (g *guard) Read(p []byte) (int, error) {
	for len(g.rest) == 0 {
		if g.err == nil {
			g.err = g.next()
		}
		if g.err != nil {
			g.fail(g.err)
			return 0, g.err
		}
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// Write implements [io.Writer]. Whole requests go out one after the other.
func (g *guard) Write(p []byte) (int, error) {
	g.writing.Lock()
	defer g.writing.Unlock()
	return g.Conn.Write(p)
}

// next reads one message and brings it to whom it is for.
func (g *guard) next() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("what the server sent cannot be decoded: %v", p)
		}
	}()
	m, _ := g.free.Get().(*message)
	if m == nil {
		m = &message{}
	}
	if err := m.read(g.in); err != nil {
		return err
	}
	switch {
	case m.id >= firstSearch:
		if r := g.search(); r != nil {
			return r.deliver(m)
		}
		return errMalformed
	case m.op == opEntry || m.op == opReference || m.op == opDone:
		return errMalformed // the library does not search
	case m.id == 0:
		return farewell(m)
	}
	g.own = *m
	g.rest = m.buf
	return nil
}

// recycle takes back a message that nobody needs any more.
func (g *guard) recycle(m *message) {
	const keep = 64 << 10
	if cap(m.buf) <= keep {
		g.free.Put(m)
	}
}

func (g *guard) search() *running {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.running
}

// begin makes a search the running one.
func (g *guard) begin(r *running) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.broken != nil:
		return lost(g.broken)
	case g.taken:
		return errors.New("the connection is in the middle of a search")
	}
	g.running, g.taken = r, true
	return nil
}

// end says that no more answers to the running search may come.
func (g *guard) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running = nil
}

// release lets another search begin.
func (g *guard) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.taken = false
}

// nextID returns a number for a request.
func (g *guard) nextID() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lastID++
	return g.lastID
}

// fail tells everybody that nothing more will come.
func (g *guard) fail(err error) {
	g.mu.Lock()
	r := g.running
	g.broken, g.running = err, nil
	g.mu.Unlock()
	if r != nil {
		_ = r.queue.put(item{of: r, last: true, err: lost(err)}) // who takes no more need not know
	}
}

// lost is the error of a connection that broke.
func lost(err error) error {
	return &ldap.Error{ResultCode: ldap.ErrorNetwork, Err: fmt.Errorf("the connection is lost: %w", err)}
}

// farewell reads a message that nobody asked for. The only one with a meaning is
// that the server hangs up, and why.
func farewell(m *message) error {
	const disconnection = "1.3.6.1.4.1.1466.20036"
	op, _, err := m.operation()
	if err != nil || m.op != opExtended {
		return errMalformed
	}
	r, err := parseResult(&op)
	if err != nil {
		return err
	}
	if name, _, err := op.optional(tagName); err != nil || string(name) != disconnection {
		return err
	}
	return fmt.Errorf("the server hangs up: result code %d: %s", r.code, r.diagnostic)
}

// read reads one message, and not a byte more. What it holds is in bounds, and in
// order if it is for the library; our own decoder looks for itself.
func (m *message) read(r io.Reader) error {
	buf, length, err := readHeader(r, m.buf[:0])
	m.buf = buf
	if err != nil {
		return err
	}
	start := len(m.buf)
	if m.buf, err = readN(r, m.buf, length); err != nil {
		return err
	}
	m.body = m.buf[start:]
	if m.id, err = m.body.integer(tagInteger); err != nil || len(m.body) == 0 {
		return errMalformed
	}
	m.op = m.body[0]
	if m.op != opEntry && length > maxResultBytes {
		return fmt.Errorf("the server sent an answer of %d bytes, more than %d", length, maxResultBytes)
	}
	if m.id >= firstSearch {
		return nil
	}
	return checkElements(m.buf[start:])
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
		start := len(buf)
		now := min(n, max(step, start))
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
