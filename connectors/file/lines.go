// SPDX-License-Identifier: Apache-2.0

package file

import (
	"bufio"
	"errors"
	"io"
)

// A lineReader hands out at most one line a call and counts them. Whoever reads
// it through a buffer that is filled only when it has no whole line, as package
// facts does, is at line number line.
type lineReader struct {
	from *bufio.Reader
	line int
	open bool   // the last line has not ended yet
	rest []byte // of the part read last
	err  error  // after rest
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{from: bufio.NewReaderSize(r, 64<<10)}
}

func (l *lineReader) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		if l.err != nil {
			return 0, l.err
		}
		l.next()
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

func (l *lineReader) next() {
	l.rest, l.err = l.from.ReadSlice('\n')
	if errors.Is(l.err, bufio.ErrBufferFull) {
		l.err = nil
	}
	if len(l.rest) == 0 {
		return
	}
	if !l.open {
		l.line++
	}
	l.open = l.rest[len(l.rest)-1] != '\n'
}
