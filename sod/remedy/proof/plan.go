// SPDX-License-Identifier: Apache-2.0

// Package proof checks a plan of package sod/remedy, and shares no code with it. It
// takes from the engine what a policy says and what is found, and works out the rest by
// itself: that paths are paths, what grants cost, and what the witnesses bound. The
// argument is in docs/formats/plan.md; bound.go is all there is to the lower bound.
package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// Format names what this package reads.
const Format = "foureyes/plan/1"

// A plan is a file of [Format]. The order of keys is part of the format.
type plan struct {
	Format   string `json:"format"`
	Digest   string `json:"digest"`
	Snapshot struct {
		Digest  string `json:"digest"`
		Content string `json:"content"`
	} `json:"snapshot"`
	Policy struct {
		Digest string `json:"digest"`
		Name   string `json:"name"`
	} `json:"policy"`
	Costs       *costs      `json:"costs,omitempty"`
	AsOf        string      `json:"as_of"`
	Mode        string      `json:"mode"`
	Scope       string      `json:"scope"`
	Only        *only       `json:"only,omitempty"`
	Revocable   int         `json:"revocable"`
	Kept        int         `json:"kept"`
	Cost        int64       `json:"cost"`
	LowerBound  int64       `json:"lower_bound"`
	Optimal     bool        `json:"optimal"`
	Revoke      []step      `json:"revoke"`
	Clears      []string    `json:"clears"`
	Reopens     []string    `json:"reopens"`
	Stuck       []stuck     `json:"stuck"`
	Losses      []loss      `json:"losses"`
	Creates     []finding   `json:"creates"`
	Besides     []finding   `json:"clears_besides"`
	Certificate certificate `json:"certificate"`
}

type costs struct {
	Digest string `json:"digest"`
}

type only struct {
	Finding string    `json:"finding,omitempty"`
	Subject *graph.ID `json:"subject,omitempty"`
}

type grant struct {
	From graph.ID        `json:"from"`
	To   graph.ID        `json:"to"`
	Kind graph.GrantKind `json:"kind"`
}

type step struct {
	Step int `json:"step"`
	grant
	Cost     int64    `json:"cost"`
	Concerns int      `json:"concerns"`
	Clears   []string `json:"clears"`
	SoFar    struct {
		Cost     int64 `json:"cost"`
		Findings int   `json:"findings"`
	} `json:"so_far"`
}

type stuck struct {
	Finding string  `json:"finding"`
	Kept    []grant `json:"kept"`
}

// A loss is what a subject no longer comes to, and what it still does of what is behind
// the grants that are revoked.
type loss struct {
	Subject graph.ID   `json:"subject"`
	Meant   []graph.ID `json:"meant"`
	Besides []graph.ID `json:"besides"`
	Remains []graph.ID `json:"remains"`
}

type finding struct {
	Finding  string     `json:"finding"`
	Kind     string     `json:"kind"`
	Rule     string     `json:"rule"`
	Status   sod.Status `json:"status"`
	Subjects []graph.ID `json:"subjects"`
}

type certificate struct {
	Grants []named `json:"grants"`
	Parts  []part  `json:"parts"`
}

type named struct {
	grant
	Cost    int64 `json:"cost"`
	Clauses int   `json:"clauses"`
}

type part struct {
	Bound  int64   `json:"bound"`
	Spare  []pair  `json:"spare"`
	Pieces []piece `json:"pieces"`
}

type piece struct {
	Bound   int64       `json:"bound"`
	Clauses []clause    `json:"clauses"`
	Shares  []pair      `json:"shares"`
	Steps   []proofStep `json:"steps"`
}

type clause struct {
	Finding string   `json:"finding"`
	Subject graph.ID `json:"subject"`
	Grants  []grant  `json:"grants"`
}

// A proofStep has one of the first four. See bound.go.
type proofStep struct {
	Revoked *int    `json:"revoked,omitempty"`
	Kept    *int    `json:"kept,omitempty"`
	Broken  *int    `json:"broken,omitempty"`
	Weights *[]pair `json:"weights,omitempty"`
	Keeps   []int   `json:"keeps,omitempty"`
}

// A pair is two numbers. [read] refuses what the standard library fills up or cuts off.
type pair [2]int64

// Digest is what a plan's digest must be: SHA-256 over the file with an empty text in
// the place of the digest.
func Digest(file []byte) string {
	at := bytes.Index(file, []byte(digestKey))
	if at < 0 {
		return ""
	}
	at += len(digestKey)
	end := at + bytes.IndexByte(file[at:], '"')
	if end < at {
		return ""
	}
	h := sha256.New()
	h.Write(file[:at])
	h.Write(file[end:])
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

const digestKey = `"digest":"`

// read decodes a plan, and refuses what it does not know.
func read(file []byte) (*plan, error) {
	d := json.NewDecoder(bytes.NewReader(file))
	d.DisallowUnknownFields()
	var p plan
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("it is no plan: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the plan")
	}
	switch {
	case p.Format != Format && strings.HasPrefix(p.Format, "foureyes/plan/"):
		return nil, fmt.Errorf("format %q is newer than this program reads, which is %s", p.Format, Format)
	case p.Format != Format:
		return nil, fmt.Errorf("format %q: want %s", p.Format, Format)
	case p.Digest != Digest(file):
		return nil, fmt.Errorf("digest %q: that of the file is %s", p.Digest, Digest(file))
	}
	return &p, plain(file, &p)
}

// plain refuses a file that says the same otherwise: with keys in other letters, in
// another order or twice, without some that may be empty, or with other numerals.
func plain(file []byte, p *plan) error {
	again, err := json.Marshal(p)
	if err != nil {
		return err
	}
	is, should := json.NewDecoder(bytes.NewReader(file)), json.NewDecoder(bytes.NewReader(again))
	is.UseNumber()
	should.UseNumber()
	for {
		a, err := is.Token()
		b, err2 := should.Token()
		switch {
		case errors.Is(err, io.EOF) && errors.Is(err2, io.EOF):
			return nil
		case err != nil || err2 != nil || a != b || a == nil: // nothing in a plan is null
			return fmt.Errorf("byte %d: it is written otherwise than plans are: %v stands where %v should", is.InputOffset(), a, b)
		}
	}
}
