// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
)

// Format is what a manifest calls itself, and QuarantineFormat one with a quarantine,
// which readers of the first version must not overlook.
const (
	Format           = "foureyes/snapshot/1"
	QuarantineFormat = "foureyes/snapshot/2"
)

const (
	formatName    = "foureyes/snapshot/"
	formatVersion = 2
)

// A Tool is the program that wrote a snapshot.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Meta is what the writer of a snapshot knows besides the graph.
type Meta struct {
	Tool Tool

	// Started and Ended are the time of the collection. Ended is the date at
	// which the snapshot is evaluated unless another is asked for.
	Started, Ended time.Time

	Quarantine *Quarantine // nil: none
}

func (m Meta) check() error {
	switch {
	case m.Quarantine != nil && len(m.Quarantine.Shrunk) == 0:
		return errors.New("a quarantine for nothing")
	case m.Tool.Name == "":
		return errors.New("the tool has no name")
	case !utf8.ValidString(m.Tool.Name + m.Tool.Version):
		return errors.New("the tool's name and version are not valid UTF-8")
	case m.Started.IsZero() || m.Ended.IsZero():
		return errors.New("the start or the end of the collection is not known")
	case m.Ended.Before(m.Started):
		return fmt.Errorf("the collection ended %s, before it started %s", m.Ended, m.Started)
	}
	return nil
}

// A Manifest says what is in a snapshot. Its digest covers all of it, and through
// the files' SHA-256 every byte of the snapshot.
type Manifest struct {
	Format         string
	Tool           Tool
	Started, Ended time.Time
	Sources        []graph.SourceRun
	Coverage       []graph.Coverage
	Counts         Counts
	Files          []File
	Content        string // the fingerprint of the data: see facts.Content
	Quarantine     *Quarantine
	Digest         string // the fingerprint of this very snapshot
}

// Counts say how much is in a snapshot. The maps hold every kind that occurs.
type Counts struct {
	Nodes      int                     `json:"nodes"`
	Described  int                     `json:"described"`
	Grants     int                     `json:"grants"`
	Gaps       int                     `json:"gaps"`
	Uses       int                     `json:"uses"`
	Kinds      map[graph.Kind]int      `json:"kinds"`
	GrantKinds map[graph.GrantKind]int `json:"grant_kinds"`
}

func countsOf(g *graph.Graph) Counts {
	c := Counts{Nodes: g.NumNodes(), Grants: g.NumGrants(), Gaps: len(g.Gaps()), Uses: len(g.Uses())}
	var kinds, grantKinds tally
	for n := range uint32(g.NumNodes()) {
		kinds[g.ID(n).Kind]++
		if g.Described(n) {
			c.Described++
		}
		for _, e := range g.Out(n) {
			grantKinds[e.Kind()]++
		}
	}
	c.Kinds, c.GrantKinds = occurring[graph.Kind](kinds), occurring[graph.GrantKind](grantKinds)
	return c
}

// A tally counts each kind. A map would take longer than all the rest.
type tally [1 << 8]int

func occurring[K ~uint8](t tally) map[K]int {
	m := map[K]int{}
	for k, n := range t {
		if n > 0 {
			m[K(k)] = n
		}
	}
	return m
}

// A File is one data file of a snapshot.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	Rows   int    `json:"rows"`
	SHA256 string `json:"sha256"` // in hexadecimal
}

// manifestText is a manifest as it stands in the file. Digest is the last member,
// so that the digested bytes are those of the file without it.
type manifestText struct {
	Format   string            `json:"format"`
	Tool     Tool              `json:"tool"`
	Started  time.Time         `json:"started"`
	Ended    time.Time         `json:"ended"`
	Sources  []json.RawMessage `json:"sources"`  // facts
	Coverage []json.RawMessage `json:"coverage"` // facts
	Counts   Counts            `json:"counts"`
	Files    []File            `json:"files"`
	Content  string            `json:"content"`

	Quarantine *Quarantine `json:"quarantine,omitempty"`
	Digest     string      `json:"digest,omitempty"`
}

// encode returns the one canonical text of m.
func (m Manifest) encode() ([]byte, error) {
	text := manifestText{m.Format, m.Tool, m.Started.UTC(), m.Ended.UTC(), lines(m.Sources), lines(m.Coverage), m.Counts, m.Files, m.Content, m.Quarantine, m.Digest}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(text)
	return b.Bytes(), err
}

func lines[F graph.Fact](fs []F) []json.RawMessage {
	ls := make([]json.RawMessage, len(fs))
	for i, f := range fs {
		ls[i] = facts.Append(nil, f)
	}
	return ls
}

// digest returns the SHA-256 of the text of m without its digest.
func (m Manifest) digest() (string, error) {
	m.Digest = ""
	text, err := m.encode()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}

// sealed returns m with its digest, and its text.
func (m Manifest) sealed() (Manifest, []byte, error) {
	digest, err := m.digest()
	if err != nil {
		return Manifest{}, nil, err
	}
	m.Digest = digest
	text, err := m.encode()
	return m, text, err
}

// parseManifest reads what encode writes and nothing else: a text that says the
// same in other bytes is refused.
func parseManifest(text []byte) (Manifest, error) {
	if err := checkFormat(text); err != nil {
		return Manifest{}, err
	}
	var w manifestText
	if err := json.Unmarshal(text, &w); err != nil {
		return Manifest{}, err
	}
	m := Manifest{Format: w.Format, Tool: w.Tool, Started: w.Started, Ended: w.Ended, Counts: w.Counts, Files: w.Files, Content: w.Content, Quarantine: w.Quarantine, Digest: w.Digest}
	var err error
	if m.Sources, err = unlines[graph.SourceRun](w.Sources); err != nil {
		return Manifest{}, fmt.Errorf("sources: %w", err)
	}
	if m.Coverage, err = unlines[graph.Coverage](w.Coverage); err != nil {
		return Manifest{}, fmt.Errorf("coverage: %w", err)
	}
	return m, m.check(text)
}

// check compares m with the text it was read from.
func (m Manifest) check(text []byte) error {
	again, err := m.encode()
	if err != nil {
		return err
	}
	if !bytes.Equal(text, again) {
		return errors.New("it is not in canonical form: something was added, left out or put differently")
	}
	digest, err := m.digest()
	if err != nil {
		return err
	}
	if m.Digest != digest {
		return fmt.Errorf("its digest should be %s", digest)
	}
	names := make([]string, len(m.Files))
	for i, f := range m.Files {
		names[i] = f.Name
	}
	if !slices.Equal(names, dataFiles()) {
		return fmt.Errorf("it lists the files %q: want %q", names, dataFiles())
	}
	if want := formatOf(m.Quarantine); m.Format != want {
		return fmt.Errorf("it calls itself %s and is %s", m.Format, want)
	}
	return Meta{m.Tool, m.Started, m.Ended, m.Quarantine}.check()
}

func formatOf(q *Quarantine) string {
	if q != nil {
		return QuarantineFormat
	}
	return Format
}

// checkFormat looks at the format alone, because a newer manifest may look
// different in everything else.
func checkFormat(text []byte) error {
	var w struct {
		Format string `json:"format"`
	}
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	version, ok := strings.CutPrefix(w.Format, formatName)
	n, err := strconv.Atoi(version)
	switch {
	case !ok || err != nil || n < 1:
		return fmt.Errorf("unknown format %q: want %s", w.Format, Format)
	case n > formatVersion:
		return fmt.Errorf("%w: %s; this program reads up to %s", ErrNewer, w.Format, QuarantineFormat)
	}
	return nil
}

// unlines reads facts of one kind with the reader of facts files.
func unlines[F graph.Fact](ls []json.RawMessage) ([]F, error) {
	var b bytes.Buffer
	for _, l := range ls {
		if err := json.Compact(&b, l); err != nil {
			return nil, err
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "{\"fact\":\"end\",\"facts\":%d}\n", len(ls))
	fs := make([]F, 0, len(ls))
	for f, err := range facts.Read(&b, "record") {
		if err != nil {
			return nil, err
		}
		one, ok := f.(F)
		if !ok {
			return nil, fmt.Errorf("a %T does not belong here", f)
		}
		fs = append(fs, one)
	}
	return fs, nil
}

func (c Counts) equal(d Counts) bool { return reflect.DeepEqual(c, d) }
