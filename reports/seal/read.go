// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// most is how deep values may nest.
const most = 8

// A reader reads values and knows where it is.
type reader struct {
	file []byte
	at   int
}

// A malformed error says where a file stops being one of ours.
type malformed struct {
	at   int
	what string
}

func (e *malformed) Error() string {
	return fmt.Sprintf("the file is not in the form that a seal writes: %s at byte %d", e.what, e.at)
}

func (r *reader) wrong(format string, args ...any) error {
	return &malformed{r.at, fmt.Sprintf(format, args...)}
}

// want reads exactly s.
func (r *reader) want(s string) error {
	if !r.has(s) {
		return r.wrong("%q is missing", s)
	}
	r.at += len(s)
	return nil
}

func (r *reader) has(s string) bool {
	return r.at <= len(r.file) && len(r.file)-r.at >= len(s) && string(r.file[r.at:r.at+len(s)]) == s
}

// peek returns the next byte; 0 is the end of the file.
func (r *reader) peek() byte {
	if r.at < len(r.file) {
		return r.file[r.at]
	}
	return 0
}

func (r *reader) skipSpace() {
	for c := r.peek(); c == ' ' || c == '\n' || c == '\r'; c = r.peek() {
		r.at++
	}
}

// regular reads the characters that names and numbers are made of.
func (r *reader) regular() string {
	from := r.at
	for c := r.peek(); c > ' ' && c < 0x7f && !strings.ContainsRune("()<>[]{}/%", rune(c)); c = r.peek() {
		r.at++
	}
	return string(r.file[from:r.at])
}

func (r *reader) value(depth int) (value, error) {
	r.skipSpace()
	switch c := r.peek(); {
	case depth > most:
		return nil, r.wrong("values nest deeper than %d", most)
	case r.has("<<"):
		return r.dict(depth)
	case c == '<':
		return r.hex()
	case c == '(':
		return r.literal()
	case c == '[':
		return r.array(depth)
	case c == '/':
		r.at++
		if n := r.regular(); n != "" {
			return name(n), nil
		}
		return nil, r.wrong("a name is empty")
	}
	return r.word()
}

// word reads a keyword, a number or a reference.
func (r *reader) word() (value, error) {
	switch w := r.regular(); {
	case w == "true" || w == "false" || w == "null":
		return keyword(w), nil
	case !isNumber(w):
		return nil, r.wrong("%q is no value", w)
	case r.has(" 0 R"):
		n, err := strconv.Atoi(w)
		if err != nil || n < 1 || w[0] == '0' {
			return nil, r.wrong("%q is no object's number", w)
		}
		r.at += len(" 0 R")
		return ref(n), nil
	default:
		return number(w), nil
	}
}

// isNumber knows numbers as 12, -3 and 4.50.
func isNumber(w string) bool {
	whole, part, point := strings.Cut(strings.TrimPrefix(w, "-"), ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return len(w) < 20 && digits(whole) && (!point || digits(part))
}

func (r *reader) array(depth int) (value, error) {
	r.at++
	a := array{}
	for {
		r.skipSpace()
		if r.peek() == ']' {
			r.at++
			return a, nil
		}
		e, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		a = append(a, e)
	}
}

func (r *reader) dict(depth int) (value, error) {
	r.at += len("<<")
	d := dict{}
	for {
		r.skipSpace()
		if r.has(">>") {
			r.at += len(">>")
			return d, nil
		}
		if r.peek() != '/' {
			return nil, r.wrong("a key is missing")
		}
		r.at++
		k := name(r.regular())
		if _, twice := d[k]; twice {
			return nil, r.wrong("the key %s occurs twice", k)
		}
		e, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		d[k] = e
	}
}

func (r *reader) hex() (value, error) {
	from := r.at + 1
	n := bytes.IndexByte(r.file[from:], '>')
	if n < 0 {
		return nil, r.wrong("a string does not end")
	}
	out := make([]byte, n/2)
	if _, err := hex.Decode(out, r.file[from:from+n]); err != nil {
		return nil, r.wrong("a string has something else than pairs of hex digits")
	}
	r.at = from + n + 1
	return text(out), nil
}

// literal reads a string in parentheses, in which a backslash escapes one
// character, the only escapes that our drawing writes.
func (r *reader) literal() (value, error) {
	var out []byte
	for r.at++; ; r.at++ {
		switch c := r.peek(); {
		case r.at >= len(r.file) || c == '(':
			return nil, r.wrong("a string does not end")
		case c == ')':
			r.at++
			return text(out), nil
		case c == '\\':
			r.at++
			i := strings.IndexByte(`\()r`, r.peek())
			if i < 0 {
				return nil, r.wrong("an unknown escape is in a string")
			}
			out = append(out, "\\()\r"[i])
		default:
			out = append(out, c)
		}
	}
}

// stream reads what follows a dictionary that has a Length.
func (r *reader) stream(d dict) (value, error) {
	length, ok := d["Length"].(number)
	n, err := strconv.Atoi(string(length))
	if !ok || err != nil || n < 0 {
		return nil, r.wrong("a stream has no proper length")
	}
	if err := r.want("\nstream\n"); err != nil {
		return nil, err
	}
	if n > len(r.file)-r.at {
		return nil, r.wrong("a stream is longer than the file")
	}
	s := stream{d.without("Length"), r.file[r.at : r.at+n]}
	r.at += n
	return s, r.want("\nendstream")
}
