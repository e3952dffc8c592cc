// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/foureyes-iga/foureyes/graph"
)

// ErrTruncated is yielded (wrapped) when a file has no end line, or another
// number of facts than its end line says. What was read is sound; what is
// missing is unknown.
var ErrTruncated = errors.New("truncated")

// A SyntaxError is a line that is not a fact.
type SyntaxError struct {
	File string
	Line int
	Msg  string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg) }

const maxLine = 16 << 20

// Read yields the facts of a file in their order. An error is the last thing
// yielded: a [*SyntaxError], an error that wraps [ErrTruncated], or one of r.
// The name is for messages.
func Read(r io.Reader, name string) iter.Seq2[graph.Fact, error] {
	return func(yield func(graph.Fact, error) bool) {
		d := decoder{name: name, lines: bufio.NewReaderSize(r, 64<<10)}
		for {
			f, err := d.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

type decoder struct {
	name  string
	lines *bufio.Reader
	line  int
	cut   bool // the line has no end
	facts int
	ended bool
}

// next returns the next fact, or io.EOF after a sound end.
func (d *decoder) next() (graph.Fact, error) {
	for {
		text, err := d.readLine()
		if errors.Is(err, io.EOF) {
			return nil, d.atEOF()
		}
		if err != nil {
			return nil, err
		}
		if len(text) == 0 {
			continue
		}
		if d.ended {
			return nil, d.errorf("a fact after the end")
		}
		f, end, err := parse(text)
		switch {
		case err != nil && d.cut && !json.Valid(text):
			return nil, fmt.Errorf("%s:%d: %w in the middle of a line, after %d facts", d.name, d.line, ErrTruncated, d.facts)
		case err != nil:
			return nil, d.errorf("%v", err)
		case end == nil:
			d.facts++
			return f, nil
		case *end != d.facts:
			return nil, fmt.Errorf("%s:%d: %w: it has %d facts, and its end line says %d", d.name, d.line, ErrTruncated, d.facts, *end)
		}
		d.ended = true
	}
}

func (d *decoder) atEOF() error {
	if !d.ended {
		return fmt.Errorf("%s: %w: no end line after %d facts", d.name, ErrTruncated, d.facts)
	}
	return io.EOF
}

func (d *decoder) errorf(format string, args ...any) error {
	return &SyntaxError{d.name, d.line, fmt.Sprintf(format, args...)}
}

// readLine returns the next line without surrounding white space.
func (d *decoder) readLine() ([]byte, error) {
	d.line++
	var long []byte
	for {
		part, err := d.lines.ReadSlice('\n')
		if len(long)+len(part) > maxLine {
			return nil, d.errorf("the line is longer than %d MiB", maxLine>>20)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			long = append(long, part...)
			continue
		case errors.Is(err, io.EOF) && len(long)+len(part) > 0:
			d.cut = true
		case err != nil:
			return nil, err
		}
		if long != nil {
			part = append(long, part...)
		}
		if d.line == 1 {
			part = bytes.TrimPrefix(part, []byte("\ufeff")) // some editors begin a file with it
		}
		return bytes.TrimSpace(part), nil
	}
}

// Parse reads one line: a fact, or the number of facts of an end line.
func parse(text []byte) (f graph.Fact, end *int, err error) {
	what, err := factName(text)
	if err != nil {
		return nil, nil, err
	}
	switch what {
	case "source":
		f, err = parseAs[wireSource](text)
	case "node":
		f, err = parseAs[wireNode](text)
	case "grant":
		f, err = parseAs[wireGrant](text)
	case "use":
		f, err = parseAs[wireUse](text)
	case "gap":
		f, err = parseAs[wireGap](text)
	case "coverage":
		f, err = parseAs[wireCoverage](text)
	case "end":
		var w struct {
			Fact  string `json:"fact"`
			Facts *int   `json:"facts"`
		}
		if err = strict(text, &w); err == nil && w.Facts == nil {
			err = errors.New(`an end line needs "facts"`)
		}
		return nil, w.Facts, err
	default:
		err = fmt.Errorf("unknown fact %q", what)
	}
	return f, nil, err
}

// factName checks what all lines have in common, and says which fact a line is.
func factName(text []byte) (string, error) {
	if !utf8.Valid(text) {
		return "", errors.New("not valid UTF-8")
	}
	if loneSurrogate(text) {
		return "", errors.New(`half a surrogate pair (\ud800 to \udfff) is no character`)
	}
	var head struct {
		Fact *string `json:"fact"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return "", plain(err)
	}
	if head.Fact == nil {
		return "", errors.New(`a line needs a "fact"`)
	}
	return *head.Fact, checkKeys(text)
}

// wire is a fact as it stands in a line.
type wire interface{ fact() (graph.Fact, error) }

func parseAs[W wire](text []byte) (graph.Fact, error) {
	var w W
	if err := strict(text, &w); err != nil {
		return nil, err
	}
	return w.fact()
}

// strict decodes one JSON object and refuses unknown keys.
func strict(text []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return plain(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one object in the line")
	}
	return nil
}

// plain words an error of encoding/json for people who edit the file.
func plain(err error) error {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) && wrongType.Field == "" {
		return fmt.Errorf("want an object, not %s", wrongType.Value)
	}
	if errors.As(err, &wrongType) {
		return fmt.Errorf("%q: want %s, not %s", wrongType.Field, wrongType.Type, wrongType.Value)
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}

type wireSource struct {
	Fact      string       `json:"fact"`
	Source    graph.Source `json:"source"`
	Connector string       `json:"connector"`
	Started   moment       `json:"started"`
	Ended     moment       `json:"ended"`
	Details   attrs        `json:"details"`
}

func (w wireSource) fact() (graph.Fact, error) {
	_, err := graph.ParseSource(string(w.Source))
	return graph.SourceRun{Source: w.Source, Connector: w.Connector, Started: w.Started.t, Ended: w.Ended.t, Details: w.Details.list}, err
}

type wireNode struct {
	Fact  string   `json:"fact"`
	ID    graph.ID `json:"id"`
	Name  string   `json:"name"`
	Attrs attrs    `json:"attrs"`
}

func (w wireNode) fact() (graph.Fact, error) {
	if w.ID.IsZero() {
		return nil, errors.New(`a node needs an "id"`)
	}
	return graph.Node{ID: w.ID, Name: w.Name, Attrs: w.Attrs.list}, nil
}

type wireGrant struct {
	Fact       string          `json:"fact"`
	From       graph.ID        `json:"from"`
	To         graph.ID        `json:"to"`
	Kind       graph.GrantKind `json:"kind"`
	DirectOnly bool            `json:"direct_only"`
	FromTime   moment          `json:"from_time"`
	UntilTime  moment          `json:"until_time"`
	Since      moment          `json:"since"`
	Via        string          `json:"via"`
}

func (w wireGrant) fact() (graph.Fact, error) {
	if w.From.IsZero() || w.To.IsZero() || w.Kind == 0 {
		return nil, errors.New(`a grant needs "from", "to" and "kind"`)
	}
	g := graph.Grant{From: w.From, To: w.To, Kind: w.Kind, Terms: graph.Terms{
		FromTime: w.FromTime.t, UntilTime: w.UntilTime.t, DirectOnly: w.DirectOnly, Since: w.Since.t, Via: w.Via}}
	return g, g.Check()
}

type wireUse struct {
	Fact        string   `json:"fact"`
	Account     graph.ID `json:"account"`
	Entitlement graph.ID `json:"entitlement"`
	At          moment   `json:"at"`
	Ref         string   `json:"ref"`
}

func (w wireUse) fact() (graph.Fact, error) {
	if w.Account.IsZero() || w.Entitlement.IsZero() {
		return nil, errors.New(`a use needs "account" and "entitlement"`)
	}
	if w.Account.Kind != graph.Account || w.Entitlement.Kind != graph.Entitlement {
		return nil, fmt.Errorf("a use is of an entitlement by an account, not of %s by %s", w.Entitlement, w.Account)
	}
	return graph.Use{Account: w.Account, Entitlement: w.Entitlement, At: w.At.t, Ref: w.Ref}, nil
}

type wireGap struct {
	Fact    string        `json:"fact"`
	About   graph.ID      `json:"about"`
	Dataset graph.Dataset `json:"dataset"`
	Reason  string        `json:"reason"`
}

func (w wireGap) fact() (graph.Fact, error) {
	if w.About.IsZero() {
		return nil, errors.New(`a gap needs "about"`)
	}
	_, err := graph.ParseDataset(string(w.Dataset))
	return graph.Gap{About: w.About, Dataset: w.Dataset, Reason: w.Reason}, err
}

type wireCoverage struct {
	Fact     string        `json:"fact"`
	Source   graph.Source  `json:"source"`
	Dataset  graph.Dataset `json:"dataset"`
	State    graph.State   `json:"state"`
	Received *uint32       `json:"received"`
	Expected *uint32       `json:"expected"`
	Method   string        `json:"method"`
	Reason   string        `json:"reason"`
	Details  attrs         `json:"details"`
}

func (w wireCoverage) fact() (graph.Fact, error) {
	if w.State == 0 {
		return nil, errors.New(`coverage needs a "state"`)
	}
	if _, err := graph.ParseSource(string(w.Source)); err != nil {
		return nil, err
	}
	_, err := graph.ParseDataset(string(w.Dataset))
	return graph.Coverage{Source: w.Source, Dataset: w.Dataset, State: w.State, Received: count(w.Received),
		Expected: count(w.Expected), Method: w.Method, Reason: w.Reason, Details: w.Details.list}, err
}

func count(n *uint32) graph.Count {
	if n == nil {
		return graph.Count{}
	}
	return graph.CountOf(int(*n))
}

// A moment is a time in RFC 3339; absent is unknown.
type moment struct{ t time.Time }

func (m *moment) UnmarshalText(b []byte) error {
	t, err := graph.ParseMoment(string(b))
	if err != nil {
		return fmt.Errorf("time %q: want RFC 3339, such as 2026-10-01T00:00:00Z", b)
	}
	if t.IsZero() {
		return fmt.Errorf("time %q: the first moment of year 1 is not a date; leave the key out when it is unknown", b)
	}
	m.t = writable(t)
	return nil
}

// writable returns the nearest time that has a year of four digits. Elsewhere "never" is
// told as the last moment of the year 9999, and may be one of the year 10000 here.
func writable(t time.Time) time.Time {
	switch {
	case t.Year() > 9999:
		return time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC)
	case t.Year() < 0:
		return time.Date(0, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	return t
}

// attrs are a JSON object of strings and lists of strings.
type attrs struct{ list graph.Attrs }

func (a *attrs) UnmarshalJSON(b []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return errors.New("attributes: want an object")
	}
	if keys, _ := keysOf(b); len(keys) != len(raw) {
		return errors.New("attributes: one is there twice")
	}
	for k, v := range raw {
		if k == "" {
			return errors.New("an attribute has no name")
		}
		values, err := attrValues(v)
		if err != nil {
			return fmt.Errorf("attribute %q: %w", k, err)
		}
		a.list = append(a.list, graph.Attr{Key: k, Values: values})
	}
	slices.SortFunc(a.list, func(x, y graph.Attr) int { return strings.Compare(x.Key, y.Key) })
	return nil
}

func attrValues(raw json.RawMessage) ([]string, error) {
	var one *string
	if json.Unmarshal(raw, &one) == nil && one != nil {
		return []string{*one}, nil
	}
	var many []*string
	if json.Unmarshal(raw, &many) != nil || many == nil || slices.Contains(many, nil) {
		return nil, fmt.Errorf("want a string or a list of strings, not %.40s", raw)
	}
	values := make([]string, len(many))
	for i, v := range many {
		values[i] = *v
	}
	return values, nil
}

// loneSurrogate reports whether an escape is half a character. The library reads
// it as U+FFFD, which would make different keys equal.
func loneSurrogate(text []byte) bool {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		i++
		r, ok := escaped(text[i-1:])
		if !ok || !utf16.IsSurrogate(r) {
			continue
		}
		low, ok := escaped(text[i+5:])
		if !ok || utf16.DecodeRune(r, low) == unicode.ReplacementChar {
			return true
		}
		i += 10
	}
	return false
}

// escaped reads an escape of four hexadecimal digits at the start of text.
func escaped(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(n), err == nil
}
