// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// JSONLines yields the objects of a file of JSON Lines as records: first a header
// of the names that columns maps to, then for each line that is not empty the
// values of these names. A name that a line lacks is an empty cell; one that all
// lines lack is an error. An error is the last value. After the end of the file, and
// only then, got.SHA256 is set.
func JSONLines(ctx context.Context, path string, e Encoding, columns map[string]string, got *Reading) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		f, err := Open(path)
		if err != nil {
			yield(Record{}, err)
			return
		}
		defer f.Close()
		hash := sha256.New()
		text, err := newText(io.TeeReader(&capped{f, maxFile}, hash), e)
		if err != nil {
			yield(Record{}, fmt.Errorf("%s: %w", path, err))
			return
		}
		o := newObjects(text, columns)
		if !yield(Record{Line: 1, Cells: slices.Clone(o.names)}, nil) {
			return
		}
		for o.scan() {
			if ctx.Err() != nil {
				yield(Record{}, context.Cause(ctx))
				return
			}
			if o.err != nil {
				yield(Record{}, fmt.Errorf("%s:%d: %w", path, o.line, o.err))
				return
			}
			if !yield(Record{o.line, o.cells}, nil) {
				return
			}
		}
		if err := o.end(); err != nil {
			yield(Record{}, fmt.Errorf("%s: %w", path, err))
			return
		}
		got.SHA256 = hex.EncodeToString(hash.Sum(nil))
	}
}

// objects reads one object after the other.
type objects struct {
	lines *bufio.Scanner
	names []string
	seen  []bool // by name: some line has it
	read  int
	line  int
	cells []string
	err   error // of this line
}

func newObjects(text io.Reader, columns map[string]string) *objects {
	names := slices.Compact(slices.Sorted(maps.Values(columns)))
	o := &objects{lines: bufio.NewScanner(text), names: names, seen: make([]bool, len(names)), cells: make([]string, len(names))}
	o.lines.Buffer(nil, maxRecord)
	return o
}

// scan goes to the next line that is not empty.
func (o *objects) scan() bool {
	for o.lines.Scan() {
		o.line++
		if text := bytes.TrimSpace(o.lines.Bytes()); len(text) > 0 {
			o.read++
			o.err = o.take(text)
			return true
		}
	}
	return false
}

// end tells what is wrong with the file as a whole.
func (o *objects) end() error {
	err := o.lines.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("line %d is longer than %d MiB", o.line+1, maxRecord>>20)
	}
	if i := slices.Index(o.seen, false); err == nil && i >= 0 && o.read > 0 {
		return fmt.Errorf("no line has the key %q, which columns maps", o.names[i])
	}
	return err
}

// take fills the cells from one object. A key that comes twice is an error: of two
// values, none is the right one.
func (o *objects) take(text []byte) error {
	if o.read > maxRecords {
		return errManyRecords
	}
	if !utf8.Valid(text) {
		return errors.New("it is not valid UTF-8")
	}
	clear(o.cells)
	dec := json.NewDecoder(bytes.NewReader(text))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return errors.New("want one JSON object")
	}
	keys := map[string]bool{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return brokenJSON(err)
		}
		name, _ := key.(string)
		if keys[name] {
			return fmt.Errorf("the key %.60q comes twice", name)
		}
		if keys[name] = true; len(keys) > maxColumns {
			return fmt.Errorf("it has more than %d keys", maxColumns)
		}
		if err := o.value(dec, name); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil { // the closing brace
		return brokenJSON(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the object; want one in a line")
	}
	return checkCells(o.cells)
}

func (o *objects) value(dec *json.Decoder, name string) error {
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return brokenJSON(err)
	}
	i, mapped := slices.BinarySearch(o.names, name)
	if !mapped {
		return nil
	}
	o.seen[i] = true
	cell, err := scalar(raw)
	if err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	o.cells[i] = cell
	return nil
}

// scalar returns a JSON value as a cell: numbers as they are written.
func scalar(raw json.RawMessage) (string, error) {
	switch raw[0] {
	case '{', '[':
		return "", errors.New("want a text, a number, true, false or null, not a list or an object")
	case 'n':
		return "", nil
	case '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return "", brokenJSON(err)
		}
		if strings.ContainsRune(s, utf8.RuneError) && !writesReplacement(raw) {
			return "", errors.New("half a surrogate pair")
		}
		return s, nil
	}
	if bytes.ContainsAny(raw, "eE") && raw[0] != 't' && raw[0] != 'f' {
		return "", errors.New("a number with an exponent has lost its digits; write it as text")
	}
	return string(raw), nil
}

// writesReplacement reports whether a text itself holds U+FFFD, which the decoder
// also writes for what it cannot read.
func writesReplacement(raw []byte) bool {
	return bytes.ContainsRune(raw, utf8.RuneError) || bytes.Contains(bytes.ToLower(raw), []byte(`\ufffd`))
}

func brokenJSON(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the object breaks off")
	}
	return err
}
