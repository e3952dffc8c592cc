// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Reading is what came of a file that was read to its end.
type Reading struct {
	Path   string
	Rows   int    // data rows: CSV and XLSX without the header, objects of JSON Lines, LDIF entries
	SHA256 string // of the file's bytes, in hexadecimal
	Total  *Total // of the employee ids; nil where there are none
}

// A Total is a control total without meaning: the sum of the numbers that the digits
// of ids make.
type Total struct{ sum big.Int }

// Add counts one id.
func (t *Total) Add(id string) {
	digits := strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, id)
	var n big.Int
	if _, ok := n.SetString(digits, 10); ok {
		t.sum.Add(&t.sum, &n)
	}
}

// A Verdict says whether a reading was all that was exported.
type Verdict struct {
	State    graph.State // Complete or Partial
	Expected graph.Count // rows by the manifest
	AsOf     time.Time   // of the manifest; zero is unknown
	Reason   string      // why it is not complete
}

// Verify compares a reading with the manifest beside its file. A manifest that is
// absent, not readable, of the future, older than maxAge or of other content makes
// the reading partial; it is never an error.
func (r Reading) Verify(now time.Time, maxAge time.Duration) Verdict {
	m, err := readManifest(r.Path)
	v := Verdict{State: graph.Partial, AsOf: m.AsOf}
	if m.Rows != nil {
		v.Expected = graph.CountOf(*m.Rows)
	}
	if err == nil {
		err = m.check(r, now, maxAge)
	}
	if err != nil {
		v.Reason = err.Error()
		return v
	}
	v.State = graph.Complete
	return v
}

// AsOf returns the moment that a file shows: what its manifest says, else now. A
// moment after now is no answer.
func AsOf(path string, now time.Time) time.Time {
	if m, err := readManifest(path); err == nil && !m.AsOf.After(now) {
		return m.AsOf
	}
	return now
}

// Less returns v as partial for one more reason.
func (v Verdict) Less(reason string) Verdict {
	v.State = graph.Partial
	if v.Reason != "" {
		reason = v.Reason + "; " + reason
	}
	v.Reason = reason
	return v
}

// Coverage returns the record of one dataset that r was read for.
func (v Verdict) Coverage(s graph.Source, d graph.Dataset, r Reading) graph.Coverage {
	c := graph.Coverage{Source: s, Dataset: d, State: v.State, Received: graph.CountOf(r.Rows), Expected: v.Expected, Reason: v.Reason}
	c.Details.Set("file", filepath.Base(r.Path))
	c.Details.Set("sha256", r.SHA256)
	if _, known := v.Expected.Get(); known {
		c.Method = "rows and SHA-256 of " + manifestName(r.Path)
	}
	if !v.AsOf.IsZero() {
		c.Details.Set("as_of", v.AsOf.UTC().Format(time.RFC3339))
	}
	return c
}

func manifestName(path string) string { return filepath.Base(path) + ".manifest.json" }

type manifest struct {
	Rows   *int      `json:"rows"`
	SHA256 string    `json:"sha256"`
	AsOf   time.Time `json:"as_of"`
	Total  *total    `json:"hash_total"`
}

// A total in a manifest is a whole number, written as a number or as a text.
type total struct{ big.Int }

const maxTotal = 1000 // digits

func (t *total) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	if _, ok := t.SetString(text, 10); !ok || len(text) > maxTotal || t.Sign() < 0 {
		return errors.New("hash_total: want a whole number")
	}
	return nil
}

const maxManifest = 1 << 20

func readManifest(path string) (manifest, error) {
	name := manifestName(path)
	text, err := readSmall(path + ".manifest.json")
	var broken *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return manifest{}, fmt.Errorf("there is no manifest %s to compare with", name)
	case errors.As(err, &broken):
		return manifest{}, fmt.Errorf("manifest %s: %w", name, broken.Err)
	case err != nil:
		return manifest{}, fmt.Errorf("manifest %s: %w", name, err)
	}
	m, err := parseManifest(text)
	if err != nil {
		return manifest{}, fmt.Errorf("manifest %s: %w", name, err)
	}
	return m, nil
}

func readSmall(path string) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err == nil && len(text) > maxManifest {
		err = errors.New("larger than 1 MiB")
	}
	return text, err
}

func parseManifest(text []byte) (manifest, error) {
	var m manifest
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return manifest{}, errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return manifest{}, errors.New("more than one object")
	}
	sum, err := hex.DecodeString(m.SHA256)
	if m.Rows == nil || *m.Rows < 0 || err != nil || len(sum) != 32 || m.AsOf.IsZero() {
		return manifest{}, errors.New(`want "rows" (a count), "sha256" (64 hexadecimal digits) and "as_of" (a time in RFC 3339)`)
	}
	return m, nil
}

func (m manifest) check(r Reading, now time.Time, maxAge time.Duration) error {
	name, asOf := manifestName(r.Path), m.AsOf.UTC().Format(time.RFC3339)
	switch {
	case *m.Rows != r.Rows:
		return fmt.Errorf("%d rows came and %s says %d", r.Rows, name, *m.Rows)
	case !strings.EqualFold(m.SHA256, r.SHA256):
		return fmt.Errorf("the content is not what %s was made for: SHA-256 differs", name)
	case m.Total != nil && r.Total == nil:
		return fmt.Errorf("%s has a hash_total, which only feeds of people are held against", name)
	case m.Total != nil && m.Total.Cmp(&r.Total.sum) != 0:
		return fmt.Errorf("the hash total of the employee ids is %s and %s says %s", &r.Total.sum, name, m.Total)
	case m.AsOf.After(now):
		return fmt.Errorf("%s is of %s, after the collection", name, asOf)
	case now.Sub(m.AsOf) > maxAge:
		return fmt.Errorf("%s is of %s, older than the allowed %s", name, asOf, formatAge(maxAge))
	}
	return nil
}

// DefaultMaxAge is how old a feed may be when its configuration does not say.
const DefaultMaxAge = 7 * 24 * time.Hour

// ParseAge reads a duration such as "7d" or "36h"; empty is [DefaultMaxAge].
func ParseAge(s string) (time.Duration, error) {
	if s == "" {
		return DefaultMaxAge, nil
	}
	d, err := graph.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("max_age %q: want a duration such as 7d or 36h", s)
	}
	return d, nil
}

func formatAge(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
	return d.String()
}

// Open opens a regular file. A directory or a device is an error that says so.
func Open(path string) (*os.File, error) {
	st, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case st.IsDir():
		return nil, fmt.Errorf("%s: is a directory, want a file", path)
	case !st.Mode().IsRegular():
		return nil, fmt.Errorf("%s: is not a regular file", path)
	}
	return os.Open(path)
}
