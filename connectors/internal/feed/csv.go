// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"bufio"
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
	maxFile    = 8 << 30
	maxRecord  = 1 << 20
	maxCell    = 64 << 10
	maxColumns = 16_384
	maxRecords = 50_000_000
)

var (
	errLongToken   = fmt.Errorf("an element is longer than %d MiB", maxToken>>20)
	errLongRecord  = fmt.Errorf("a record is longer than %d MiB; is a quote missing?", maxRecord>>20)
	errLargeFile   = fmt.Errorf("it is larger than %d GiB", maxFile>>30)
	errManyRecords = fmt.Errorf("more than %d records", maxRecords)
)

// CSV yields the records of a file, the header first. All have as many cells as
// the header. An error is the last value and names the line. After the end of the
// file, and only then, got.SHA256 is set.
func CSV(ctx context.Context, path string, comma rune, e Encoding, got *Reading) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		f, err := Open(path)
		if err != nil {
			yield(Record{}, err)
			return
		}
		defer f.Close()
		hash := sha256.New()
		limit := &limited{io.TeeReader(&capped{f, maxFile}, hash), maxRecord, errLongRecord}
		text, err := newText(limit, e)
		if err != nil {
			yield(Record{}, fmt.Errorf("%s: %w", path, err))
			return
		}
		r := csv.NewReader(bufio.NewReaderSize(text, 64<<10))
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
			err = fmt.Errorf("%s: %w", path, errManyRecords)
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
	if len(cells) > maxColumns {
		return fmt.Errorf("it has %d cells, and %d is the most", len(cells), maxColumns)
	}
	for i, c := range cells {
		if len(c) > maxCell {
			return fmt.Errorf("cell %d is longer than %d KiB", i+1, maxCell>>10)
		}
		if !utf8.ValidString(c) {
			return fmt.Errorf("cell %d is not valid UTF-8; save the file as UTF-8, or say its encoding", i+1)
		}
	}
	return nil
}

// A limited reader refuses to go on once left bytes were read; whoever reads
// records renews it for each.
type limited struct {
	r    io.Reader
	left int
	err  error // that it refuses with
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, l.err
	}
	n, err := l.r.Read(p)
	l.left -= n
	return n, err
}

// A capped reader gives at most left bytes, and then an error.
type capped struct {
	r    io.Reader
	left int64
}

func (c *capped) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, errLargeFile
	}
	return n, err
}
