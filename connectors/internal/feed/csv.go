// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"unicode/utf8"
)

// A Record is one row of a file. Line is where it starts. The cells are only
// valid until the next record is asked for.
type Record struct {
	Line  int
	Cells []string
}

const (
	maxRecord  = 1 << 20
	maxCell    = 64 << 10
	maxRecords = 50_000_000
)

var errLongRecord = fmt.Errorf("a record is longer than %d MiB; is a quote missing?", maxRecord>>20)

// CSV yields the records of a file, the header first. All have as many cells as
// the header. An error is the last value and names the line. After the end of the
// file, and only then, got.SHA256 is set.
func CSV(ctx context.Context, path string, comma rune, got *Reading) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		f, err := Open(path)
		if err != nil {
			yield(Record{}, err)
			return
		}
		defer f.Close()
		hash := sha256.New()
		limit := &limited{r: io.TeeReader(f, hash)}
		text, err := newText(limit)
		if err != nil {
			yield(Record{}, fmt.Errorf("%s: %w", path, err))
			return
		}
		r := csv.NewReader(text)
		r.Comma, r.ReuseRecord = comma, true
		if readRecords(ctx, path, r, limit, yield) {
			got.SHA256 = hex.EncodeToString(hash.Sum(nil))
		}
	}
}

// readRecords reports whether it came to the end of the file.
func readRecords(ctx context.Context, path string, r *csv.Reader, limit *limited, yield func(Record, error) bool) (ended bool) {
	for n := 0; ; n++ {
		limit.left = maxRecord
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return true
		}
		switch {
		case ctx.Err() != nil:
			err = context.Cause(ctx)
		case err != nil:
			err = worded(path, len(cells), r.FieldsPerRecord, err)
		case n > maxRecords:
			err = fmt.Errorf("%s: more than %d records", path, maxRecords)
		}
		if err != nil {
			yield(Record{}, err)
			return false
		}
		line, _ := r.FieldPos(0)
		if err := checkCells(cells); err != nil {
			yield(Record{}, fmt.Errorf("%s:%d: %w", path, line, err))
			return false
		}
		if !yield(Record{line, cells}, nil) {
			return false
		}
	}
}

// worded says what is wrong with a record for people who edit the file.
func worded(path string, cells, want int, err error) error {
	var at *csv.ParseError
	switch {
	case !errors.As(err, &at):
		return fmt.Errorf("%s: %w", path, err)
	case errors.Is(err, csv.ErrFieldCount):
		return fmt.Errorf("%s:%d: it has %d cells and the header has %d", path, at.StartLine, cells, want)
	}
	return fmt.Errorf("%s:%d:%d: %w", path, at.Line, at.Column, at.Err)
}

func checkCells(cells []string) error {
	for i, c := range cells {
		if len(c) > maxCell {
			return fmt.Errorf("cell %d is longer than %d KiB", i+1, maxCell>>10)
		}
		if !utf8.ValidString(c) {
			return fmt.Errorf("cell %d is not valid UTF-8; save the file as UTF-8", i+1)
		}
	}
	return nil
}

// newText returns r without a byte order mark.
func newText(r *limited) (*bufio.Reader, error) {
	r.left = maxRecord
	text := bufio.NewReaderSize(r, 64<<10)
	head, err := text.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, err = text.Discard(3)
		return text, err
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return nil, errors.New("it is UTF-16; save the file as UTF-8")
	}
	return text, nil
}

// A limited reader refuses to go on once left bytes were read; whoever reads
// records renews it for each.
type limited struct {
	r    io.Reader
	left int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errLongRecord
	}
	n, err := l.r.Read(p)
	l.left -= n
	return n, err
}
