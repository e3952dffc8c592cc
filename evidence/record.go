// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
)

const recordHead = "foureyes/record/1"

// MaxRecord is how many bytes a record may have: its length fits 16 bits, as in
// the entry bundles of C2SP tlog-tiles. What is longer is an object.
const MaxRecord = 1<<16 - 1

// A Record is one leaf of the ledger.
type Record struct {
	// Kind says what the body is. Small letters, digits and hyphens.
	Kind string
	// Time is when it happened as the writer's clock had it: UTC, whole seconds.
	// It orders nothing; the index does.
	Time time.Time
	// Class decides how long the objects are kept; one of the ledger's classes.
	Class string
	// Series names what the record belongs to, such as "campaign/2026-q3". The years of
	// its class count from the end of the series; without one, from Time.
	Series string
	// Objects are named by the record, in an order that means something to the writer.
	Objects []Digest
	// Body is opaque here and must not hold personal data: it can never be erased.
	Body []byte
}

// Encode returns the bytes of the leaf. There is one way to write a record.
func (r Record) Encode() ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nkind %s\ntime %s\nclass %s\n", recordHead, r.Kind, r.Time.UTC().Format(time.RFC3339), r.Class)
	if r.Series != "" {
		fmt.Fprintf(&b, "series %s\n", r.Series)
	}
	for _, d := range r.Objects {
		fmt.Fprintf(&b, "object %s\n", d)
	}
	b.WriteByte('\n')
	b.Write(r.Body)
	if b.Len() > MaxRecord {
		return nil, fmt.Errorf("record %s: %d bytes are more than %d: put what is long into an object", r.Kind, b.Len(), MaxRecord)
	}
	return b.Bytes(), nil
}

func (r Record) check() error {
	switch {
	case !isName(r.Kind):
		return fmt.Errorf("record: kind %q: want small letters, digits and hyphens", r.Kind)
	case !isName(r.Class):
		return fmt.Errorf("record %s: class %q: want small letters, digits and hyphens", r.Kind, r.Class)
	case r.Series != "" && !isSeries(r.Series):
		return fmt.Errorf("record %s: series %q: want letters, digits and . _ / -", r.Kind, r.Series)
	case r.Time.Year() < 1970 || r.Time.Year() > 9999:
		return fmt.Errorf("record %s: no time, or one outside of 1970 to 9999: %v", r.Kind, r.Time)
	case r.Time.Nanosecond() != 0:
		return fmt.Errorf("record %s: time %v has parts of a second", r.Kind, r.Time)
	}
	return nil
}

// isName and isSeries are asked of every record, twice: no regular expressions here.
func isName(s string) bool {
	return len(s) <= 64 && made(s, func(c byte) bool { return c == '-' })
}

func isSeries(s string) bool {
	return len(s) <= 128 && made(s, func(c byte) bool { return 'A' <= c && c <= 'Z' || strings.IndexByte("._/-", c) >= 0 })
}

// made reports whether s is of small letters, digits and what else is allowed, and
// does not begin with punctuation.
func made(s string, allowed func(byte) bool) bool {
	for i := range len(s) {
		c := s[i]
		plain := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		if !plain && (!allowed(c) || i == 0 && strings.IndexByte("._/-", c) >= 0) {
			return false
		}
	}
	return s != ""
}

// ParseRecord reads what [Record.Encode] wrote, and nothing else: a leaf that says
// the same in other bytes is refused.
func ParseRecord(leaf []byte) (Record, error) {
	head, body, ok := bytes.Cut(leaf, []byte("\n\n"))
	if !ok {
		return Record{}, errors.New("no empty line ends the header")
	}
	lines := strings.Split(string(head), "\n")
	if lines[0] != recordHead {
		return Record{}, fmt.Errorf("it begins with %q, want %q; a newer version of foureyes may have written it", lines[0], recordHead)
	}
	r := Record{Body: body}
	for _, line := range lines[1:] {
		if err := r.setField(line); err != nil {
			return Record{}, err
		}
	}
	if again, err := r.Encode(); err != nil {
		return Record{}, err
	} else if !bytes.Equal(again, leaf) {
		return Record{}, errors.New("it is not in the one form of a record")
	}
	return r, nil
}

func (r *Record) setField(line string) (err error) {
	name, value, _ := strings.Cut(line, " ")
	switch name {
	case "kind":
		r.Kind = value
	case "time":
		r.Time, err = time.Parse(time.RFC3339, value)
	case "class":
		r.Class = value
	case "series":
		r.Series = value
	case "object":
		var d Digest
		d, err = ParseDigest(value)
		r.Objects = append(r.Objects, d)
	default:
		return fmt.Errorf("unknown header %q", name)
	}
	return err
}

// An Entry is a record in its place.
type Entry struct {
	Index int64
	Record
}
