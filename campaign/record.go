// SPDX-License-Identifier: Apache-2.0

package campaign

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Recorder keeps records where they cannot be changed unseen. Records exist, in this
// order, once Append has returned without an error; after an error none of them does.
type Recorder interface {
	Append(ctx context.Context, records ...[]byte) error
}

// A Record is something that happened in a campaign. Its text form is one JSON object;
// equal records have equal bytes.
type Record struct {
	Campaign string    `json:"campaign"`
	At       time.Time `json:"at"`
	By       graph.ID  `json:"by"` // who did it: a person

	Opened    *Opened   `json:"opened,omitempty"`
	Assigned  *Assigned `json:"assigned,omitempty"`
	Decided   *Decided  `json:"decided,omitempty"`
	SignedOff *SignOff  `json:"signed_off,omitempty"`
	Sent      *Sent     `json:"sent,omitempty"`
	Enrolled  *Enrolled `json:"enrolled,omitempty"`
	Closed    *Ended    `json:"closed,omitempty"`
	Followed  *Followed `json:"followed,omitempty"`
}

// Opened begins a campaign.
type Opened struct {
	Terms    Terms     `json:"terms"`
	Snapshot string    `json:"snapshot"` // digest
	Policy   string    `json:"policy"`   // digest
	AsOf     time.Time `json:"as_of"`
	Items    []Item    `json:"items"`
	Nobody   []Nobody  `json:"nobody,omitempty"` // lines that nobody may decide, in the order of the items
	Kept     []Kept    `json:"kept,omitempty"`   // where what it was begun with is kept
}

// Kept is a file that a campaign was begun with, and the object that holds it.
type Kept struct {
	Name   string `json:"name"`
	Object string `json:"object"` // digest
}

// Nobody is a line without a reviewer, and the smallest obstacle.
type Nobody struct {
	Item string `json:"item"`
	Why  string `json:"why"`
}

// Assigned gives lines to somebody.
type Assigned struct {
	Items  []string `json:"items"`
	To     graph.ID `json:"to"`
	Stage  int      `json:"stage"`
	How    How      `json:"how"`
	Reason string   `json:"reason,omitempty"`
}

// Decided is one answer to one line.
type Decided struct {
	Item     string   `json:"item"`
	Stage    int      `json:"stage"`
	Answer   Answer   `json:"answer"`
	To       graph.ID `json:"to,omitzero"` // of not-mine: who should decide, when the reviewer knows
	Reason   string   `json:"reason,omitempty"`
	Source   Source   `json:"source"`
	Bulk     int      `json:"bulk,omitempty"` // how many lines got the same answer in one go; 0 is this one alone
	Replaces int      `json:"replaces"`       // how many answers the line had before

	Signature string `json:"signature,omitempty"` // by the key of the source, in base64: see [Campaign.SignedText]
}

// A Source says how an answer came in, which is what it can prove.
type Source struct {
	Kind   string `json:"kind"`             // key, address or operator
	Of     string `json:"of"`               // the key's id, the address, or who entered it
	Object string `json:"object,omitempty"` // the file in which it came, as it came: a digest
}

// The kinds of sources.
const (
	ByKey      = "key"      // signed by an enrolled key
	ByAddress  = "address"  // returned from an enrolled address
	ByOperator = "operator" // entered by somebody else
)

// SignOff is a reviewer's statement about all lines that they have in a stage. Lines
// that they kept go to the next one.
type SignOff struct {
	Stage      int    `json:"stage"`
	Statement  string `json:"statement"`
	Kept       int    `json:"kept"`
	Revoked    int    `json:"revoked"`
	CannotTell int    `json:"cannot_tell"`
	Undecided  int    `json:"undecided"`
	Source     Source `json:"source"`
	Signature  string `json:"signature,omitempty"` // see [Campaign.SignOffText]
}

// Sent says that a reviewer was asked by mail. Answers by mail count when they come from
// the address that was written to last.
type Sent struct {
	To      graph.ID `json:"to"`
	Stage   int      `json:"stage"`
	Address string   `json:"address"`
	Object  string   `json:"object"` // the message: a digest
}

// Ended ends a campaign: what is undecided then stays so.
type Ended struct {
	Closed
	Answers map[string]Answer `json:"answers"` // by line: what it ended with, "" when undecided
}

// Closed counts lines by what they ended with.
type Closed struct {
	Kept       int `json:"kept"`
	Revoked    int `json:"revoked"`
	CannotTell int `json:"cannot_tell"`
	Undecided  int `json:"undecided"`
}

// Followed is what a later snapshot shows of revoked lines.
type Followed struct {
	Snapshot string    `json:"snapshot"`
	AsOf     time.Time `json:"as_of"`
	Results  []Result  `json:"results"`
}

// Bytes returns the text form.
func (r Record) Bytes() ([]byte, error) {
	text, err := plainJSON(r)
	if err != nil {
		return nil, fmt.Errorf("record of campaign %s: %w", r.Campaign, err)
	}
	return text, nil
}

// ParseRecord reads what [Record.Bytes] wrote. Anything else is an error, also what
// means the same and is written otherwise.
func ParseRecord(text []byte) (Record, error) {
	var r Record
	if err := strictJSON(text, &r); err != nil {
		return r, fmt.Errorf("campaign record: %w", err)
	}
	again, err := r.Bytes()
	if err != nil {
		return r, err
	}
	if !bytes.Equal(again, text) {
		return r, errors.New("campaign record: it is not written as foureyes writes it")
	}
	return r, nil
}

// plainJSON writes one object and a line feed.
func plainJSON(x any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(x)
	return b.Bytes(), err
}

// strictJSON reads one object with no key that is not known, and nothing behind it.
func strictJSON(text []byte, x any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(x); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the object")
	}
	return nil
}

// what counts the events of a record and names the first.
func (r Record) what() (name string, n int) {
	for _, x := range []struct {
		name string
		is   bool
	}{
		{"opened", r.Opened != nil}, {"assigned", r.Assigned != nil}, {"decided", r.Decided != nil},
		{"signed_off", r.SignedOff != nil}, {"sent", r.Sent != nil}, {"enrolled", r.Enrolled != nil}, {"closed", r.Closed != nil}, {"followed", r.Followed != nil},
	} {
		if x.is {
			n++
			name = x.name
		}
	}
	return name, n
}

// Objects returns the digests of the files that the record names, in the order of its text.
func (r Record) Objects() (all []string) {
	add := func(digest string) {
		if digest != "" {
			all = append(all, digest)
		}
	}
	switch {
	case r.Opened != nil:
		for _, k := range r.Opened.Kept {
			add(k.Object)
		}
	case r.Decided != nil:
		add(r.Decided.Source.Object)
	case r.SignedOff != nil:
		add(r.SignedOff.Source.Object)
	case r.Sent != nil:
		add(r.Sent.Object)
	}
	return all
}
