// SPDX-License-Identifier: Apache-2.0

package file

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
	"github.com/foureyes-iga/foureyes/connectors/internal/feed"
	"github.com/foureyes-iga/foureyes/graph"
)

// LDIFConfig is the configuration of a source of type ldif: an export of a
// directory, as RFC 2849 has it. Attributes and values are those of an LDAP
// source.
type LDIFConfig struct {
	Path       string                       `yaml:"path"`
	MaxAge     string                       `yaml:"max_age"`
	Dialect    string                       `yaml:"dialect"` // empty: Active Directory's if the entries are its, else openldap
	Attributes map[string]string            `yaml:"attributes"`
	Values     map[string]map[string]string `yaml:"values"`
}

// An LDIF collects from one export. It reads the file three times and holds none
// of it; a file that changes meanwhile is an error.
type LDIF struct {
	path    string
	maxAge  time.Duration
	dialect string
	mapping directory.Mapping
	opts    connectors.Options
}

var _ connectors.Collector = (*LDIF)(nil)

// NewLDIF checks the configuration. It does not open the file.
func NewLDIF(cfg LDIFConfig, opts connectors.Options) (*LDIF, error) {
	c := &LDIF{path: cfg.Path, dialect: cfg.Dialect, mapping: directory.Mapping{Attributes: cfg.Attributes, Values: cfg.Values}, opts: opts}
	if cfg.Path == "" {
		return nil, errors.New("an ldif source needs a path")
	}
	var errs [3]error
	_, errs[0] = graph.ParseSource(string(opts.Source))
	c.maxAge, errs[1] = feed.ParseAge(cfg.MaxAge)
	_, errs[2] = c.reading(c.dialect)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *LDIF) reading(dialect string) (*directory.Reading, error) {
	if dialect == "" {
		dialect = "openldap"
	}
	d, err := directory.DialectNamed(dialect)
	if err != nil {
		return nil, err
	}
	return directory.New(c.opts.Source, d, c.mapping, nil, c.opts.Now)
}

// Collect implements [connectors.Collector]. It tells the whole file, whatever is
// wanted.
func (c *LDIF) Collect(ctx context.Context, _ connectors.Want) iter.Seq2[graph.Fact, error] {
	return func(yield func(graph.Fact, error) bool) {
		yield = feed.Guard(ctx, yield)
		r := &ldifRun{LDIF: c, file: feed.Reading{Path: c.path}, yield: yield}
		err := r.read(ctx, c.dialect)
		if errors.Is(err, directory.ErrActiveDirectory) && c.dialect == "" {
			err = r.read(ctx, "ad") // nothing was told yet
		}
		if err != nil && !r.stopped {
			yield(nil, err)
		}
	}
}

// An ldifRun is one collection.
type ldifRun struct {
	*LDIF
	*directory.Reading
	file    feed.Reading
	yield   func(graph.Fact, error) bool
	came    int // machines
	stopped bool
}

func (r *ldifRun) tell(f graph.Fact) bool {
	if !r.stopped {
		r.stopped = !r.yield(f, nil)
	}
	return !r.stopped
}

func (r *ldifRun) read(ctx context.Context, dialect string) (err error) {
	if r.Reading, err = r.reading(dialect); err != nil {
		return err
	}
	for _, take := range []func(directory.Entry) error{r.Register, r.account, r.groupOrRole} {
		if err := r.pass(ctx, take); err != nil || r.stopped {
			return err
		}
	}
	r.Rest(r.tell)
	if err := r.machines(ctx); err != nil || r.stopped {
		return err
	}
	if r.PrimaryGroups(r.tell) {
		r.finish()
	}
	return nil
}

// machines reads machines until none that is named is new: the access list of one
// may name another.
func (r *ldifRun) machines(ctx context.Context) error {
	for before := -1; r.came > before && r.WantedMachines() > 0 && !r.stopped; {
		before = r.came
		if err := r.pass(ctx, r.machine); err != nil {
			return err
		}
	}
	return nil
}

func (r *ldifRun) account(e directory.Entry) error {
	r.Belongs(e)
	n, ok, err := r.Account(e)
	if ok && r.tell(n) && r.Control(e, n.ID, r.tell) {
		r.Held(e, n.ID, r.tell)
	}
	return err
}

func (r *ldifRun) groupOrRole(e directory.Entry) error {
	n, ok, err := r.Role(e)
	if ok {
		r.tell(n)
	}
	if err != nil {
		return err
	}
	_, err = r.Group(e, r.tell)
	return err
}

func (r *ldifRun) machine(e directory.Entry) error {
	n, ok, err := r.Machine(e)
	if ok {
		r.came++
	}
	if ok && r.tell(n) {
		r.Control(e, n.ID, r.tell)
	}
	return err
}

// pass reads the file once and makes sure that it is still the same.
func (r *ldifRun) pass(ctx context.Context, take func(directory.Entry) error) error {
	f, err := feed.Open(r.path)
	if err != nil {
		return err
	}
	defer f.Close()
	hash := sha256.New()
	in := newLDIFReader(io.TeeReader(f, hash))
	n := 0
	for ; ; n++ {
		e, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = take(e)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", r.path, in.at, err)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if r.stopped {
			return nil
		}
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	if r.file.SHA256 != "" && r.file.SHA256 != sum {
		return fmt.Errorf("%s: changed while it was read; collect again", r.path)
	}
	r.file.SHA256, r.file.Rows = sum, n
	return nil
}

// finish tells how the reading went.
func (r *ldifRun) finish() {
	v := r.file.Verify(r.opts.Now, r.maxAge)
	if v.State != graph.Complete {
		r.Shortfall(graph.All, v.State, v.Reason)
	}
	details := func(d graph.Dataset) graph.Attrs {
		var a graph.Attrs
		a.Set("file", filepath.Base(r.path))
		a.Set("sha256", r.file.SHA256)
		a.Set("entries", strconv.Itoa(r.file.Rows))
		a.Set("entries by the manifest", v.Expected.String())
		if !v.AsOf.IsZero() {
			a.Set("as_of", v.AsOf.UTC().Format(time.RFC3339))
		}
		return a
	}
	for _, c := range r.Coverage("another reading of the file, whose rows and SHA-256 are compared with the manifest", details) {
		r.tell(c)
	}
	run := graph.SourceRun{Source: r.opts.Source, Connector: "ldif", Started: r.opts.Now.UTC(), Ended: r.opts.Ended()}
	run.Details.Set("file", filepath.Base(r.path))
	run.Details.Set("sha256", r.file.SHA256)
	for _, p := range r.Policies() {
		run.Details.Set("authentication: "+p.Name, p.Settings...)
	}
	r.tell(run)
}

// The bounds of an LDIF file.
const (
	maxLDIFLine  = 16 << 20  // unfolded
	maxLDIFEntry = 256 << 20 // all its lines
)

// An ldifReader reads entries one by one. It wants what RFC 2849 wants, but lets
// values hold bytes beyond ASCII as they are, which many tools write.
type ldifReader struct {
	in    *bufio.Reader
	line  int // the last physical line that was read
	at    int // where the logical line or the entry at hand begins
	began bool
}

func newLDIFReader(r io.Reader) *ldifReader {
	return &ldifReader{in: bufio.NewReaderSize(r, 64<<10)}
}

// next returns the next entry, or [io.EOF]. After an error, at is its line.
func (r *ldifReader) next() (directory.Entry, error) {
	var e directory.Entry
	line, err := r.first()
	if err != nil {
		return e, err
	}
	name, value, err := ldifPair(line)
	if err != nil {
		return e, err
	}
	if !strings.EqualFold(name, "dn") {
		return e, fmt.Errorf("an entry begins with dn:, not with %.40q (ldapsearch writes plain entries with -LLL)", name)
	}
	e.DN = string(value)
	begins := r.at
	for size := len(line); ; {
		line, err = r.logical()
		if errors.Is(err, io.EOF) || err == nil && len(line) == 0 {
			r.at = begins
			return e, nil
		}
		if err != nil {
			return e, err
		}
		if size += len(line); size > maxLDIFEntry {
			return e, fmt.Errorf("the entry is longer than %d MiB", maxLDIFEntry>>20)
		}
		if err := addPair(&e, line); err != nil {
			return e, err
		}
	}
}

// first returns the first line of the next entry, past blank lines and the
// version.
func (r *ldifReader) first() ([]byte, error) {
	for {
		line, err := r.logical()
		if err != nil {
			return nil, err
		}
		if len(line) == 0 {
			continue
		}
		rest, ok := bytes.CutPrefix(line, []byte("version:"))
		if !ok || r.began {
			r.began = true
			return line, nil
		}
		r.began = true
		if string(bytes.TrimSpace(rest)) != "1" {
			return nil, fmt.Errorf("version %.40q: only version 1 is known", rest)
		}
	}
}

func addPair(e *directory.Entry, line []byte) error {
	name, value, err := ldifPair(line)
	if err != nil {
		return err
	}
	switch strings.ToLower(name) {
	case "changetype", "control":
		return fmt.Errorf("%s: this is a list of changes, not an export", name)
	case "dn":
		return errors.New("a second dn: in one entry; is a blank line missing?")
	}
	same := func(a directory.Attr) bool { return strings.EqualFold(a.Name, name) }
	i := len(e.Attrs) - 1 // most often the one before
	if i < 0 || !same(e.Attrs[i]) {
		i = slices.IndexFunc(e.Attrs, same)
	}
	if i < 0 {
		e.Attrs = append(e.Attrs, directory.Attr{Name: name, Values: [][]byte{value}})
		return nil
	}
	e.Attrs[i].Values = append(e.Attrs[i].Values, value)
	return nil
}

// ldifPair takes a logical line apart.
func ldifPair(line []byte) (name string, value []byte, err error) {
	before, value, ok := bytes.Cut(line, []byte(":"))
	if !ok || len(before) == 0 || bytes.ContainsFunc(before, notInName) {
		return "", nil, fmt.Errorf("%.60q: want name: value", line)
	}
	name = string(before)
	switch {
	case bytes.HasPrefix(value, []byte("<")):
		return "", nil, fmt.Errorf("%s: values in other files are not read", name)
	case bytes.HasPrefix(value, []byte(":")):
		text := bytes.Trim(value[1:], " ")
		value, err = base64.StdEncoding.Strict().AppendDecode(nil, text)
		if err != nil {
			return "", nil, fmt.Errorf("%s: not base64", name)
		}
		return name, value, nil
	}
	value = bytes.TrimLeft(value, " ")
	if i := bytes.IndexAny(value, "\x00\r"); i >= 0 {
		return "", nil, fmt.Errorf("%s: the value holds a NUL or a carriage return; such values are written in base64", name)
	}
	return name, value, nil
}

func notInName(r rune) bool {
	return (r|0x20 < 'a' || r|0x20 > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("-.;=*_", r)
}

// logical returns the next unfolded line that is no comment; empty for a blank
// one. The line belongs to the caller.
func (r *ldifReader) logical() ([]byte, error) {
	for {
		r.at = r.line + 1
		line, err := r.physical(nil)
		if err != nil {
			return nil, err
		}
		for len(line) > 0 && r.folded() {
			if line, err = r.physical(line); err != nil {
				return nil, err
			}
		}
		switch {
		case len(line) > 0 && line[0] == '#':
			continue
		case len(line) > 0 && line[0] == ' ':
			return nil, errors.New("this line continues a line that is not there")
		}
		return line, nil
	}
}

// folded reports whether the next line continues the one before, and eats the
// space that says so.
func (r *ldifReader) folded() bool {
	next, err := r.in.Peek(1)
	if err != nil || next[0] != ' ' {
		return false
	}
	_, _ = r.in.Discard(1)
	return true
}

var bom = []byte("\xef\xbb\xbf")

// physical appends the next line without its end.
func (r *ldifReader) physical(line []byte) ([]byte, error) {
	start := len(line)
	for {
		part, err := r.in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLDIFLine {
			return nil, fmt.Errorf("the line is longer than %d MiB", maxLDIFLine>>20)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(line) == start && start == 0:
			return nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		}
		break
	}
	r.line++
	if r.line == 1 {
		line = bytes.TrimPrefix(line, bom)
	}
	line = bytes.TrimSuffix(line, []byte("\n"))
	if len(line) > start {
		line = bytes.TrimSuffix(line, []byte("\r"))
	}
	return line, nil
}
