// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Quarantine says that so much less came than the time before that somebody has to
// look into it: a source that suddenly tells half of its accounts makes the other half
// look as if they were gone.
type Quarantine struct {
	Previous string   `json:"previous"` // the digest of the snapshot it was held against
	Shrunk   []Shrink `json:"shrunk"`
}

// A Shrink is a class of things of a source of which less came: a kind of node, or of
// grants into the source.
type Shrink struct {
	Source graph.Source `json:"source"`
	Class  string       `json:"class"` // such as "account" or "member grants"
	Before int          `json:"before"`
	Now    int          `json:"now"`
}

// String says it in words.
func (s Shrink) String() string {
	return fmt.Sprintf("source %s has %d of %d %s", s.Source, s.Now, s.Before, s.Class)
}

// String lists what shrank.
func (q Quarantine) String() string {
	var all []string
	for _, s := range q.Shrunk {
		all = append(all, s.String())
	}
	return strings.Join(all, "; ")
}

// An Acknowledgement is somebody's word that less is right. It stands in the folder of
// the snapshot and is no part of it.
type Acknowledgement struct {
	Format   string    `json:"format"` // [AcknowledgementFormat]
	Snapshot string    `json:"snapshot"`
	By       string    `json:"by"`
	Reason   string    `json:"reason"`
	At       time.Time `json:"at"`
}

// AcknowledgementFormat is what an acknowledgement of this version calls itself.
const AcknowledgementFormat = "foureyes/acknowledgement/1"

const (
	acknowledgementFile = "acknowledgement.json"
	maxAcknowledgement  = 1 << 20
)

// ErrNotQuarantined is returned (wrapped) when there is nothing to acknowledge.
var ErrNotQuarantined = errors.New("it is not quarantined")

// Acknowledge writes down who lets a quarantined snapshot be used, and why. It fails
// with [fs.ErrExist] when somebody has: nothing is overwritten.
func (s *Snapshot) Acknowledge(by, reason string, at time.Time) error {
	switch {
	case s.manifest.Quarantine == nil:
		return fmt.Errorf("%s: %w", s.dir, ErrNotQuarantined)
	case strings.TrimSpace(by) == "" || strings.TrimSpace(reason) == "":
		return errors.New("an acknowledgement needs a name and a reason")
	}
	text, err := json.MarshalIndent(Acknowledgement{AcknowledgementFormat, s.manifest.Digest, by, reason, at.UTC()}, "", "  ")
	if err != nil {
		return err
	}
	_, err = writeFile(s.dir, acknowledgementFile, func(w io.Writer) (int, error) { return w.Write(append(text, '\n')) })
	switch {
	case errors.Is(err, fs.ErrExist):
		return err
	case err != nil:
		return errors.Join(err, os.Remove(filepath.Join(s.dir, acknowledgementFile)))
	}
	return syncDir(s.dir)
}

// Acknowledgement returns who let the snapshot be used; nil when nobody did. One of
// another snapshot, or one that says nothing, is an error.
func (s *Snapshot) Acknowledgement() (*Acknowledgement, error) {
	text, err := s.read(acknowledgementFile, maxAcknowledgement)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var a Acknowledgement
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	name := filepath.Join(s.dir, acknowledgementFile)
	switch err := dec.Decode(&a); {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case dec.Decode(new(json.RawMessage)) != io.EOF:
		return nil, fmt.Errorf("%s: something follows the object", name)
	case a.Format != AcknowledgementFormat:
		return nil, fmt.Errorf("%s: format %q: want %s", name, a.Format, AcknowledgementFormat)
	case a.Snapshot != s.manifest.Digest:
		return nil, fmt.Errorf("%s: it is about %s, and this is %s", name, a.Snapshot, s.manifest.Digest)
	case strings.TrimSpace(a.By) == "" || strings.TrimSpace(a.Reason) == "":
		return nil, fmt.Errorf("%s: it says not by whom or not why", name)
	}
	return &a, nil
}
