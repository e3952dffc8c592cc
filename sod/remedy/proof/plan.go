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
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// Format names what this package reads.
const Format = "foureyes/plan/1"

// A plan is a file of [Format].
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
	Costs *struct {
		Digest string `json:"digest"`
	} `json:"costs"`
	AsOf  time.Time  `json:"as_of"`
	Mode  reach.Mode `json:"mode"`
	Scope string     `json:"scope"`
	Only  *struct {
		Finding string   `json:"finding"`
		Subject graph.ID `json:"subject"`
	} `json:"only"`
	Cost        int64    `json:"cost"`
	LowerBound  int64    `json:"lower_bound"`
	Optimal     bool     `json:"optimal"`
	Revoke      []step   `json:"revoke"`
	Clears      []string `json:"clears"`
	Reopens     []string `json:"reopens"`
	Stuck       []stuck  `json:"stuck"`
	Certificate struct {
		Grants []priced `json:"grants"`
		Parts  []part   `json:"parts"`
	} `json:"certificate"`
}

type grant struct {
	From graph.ID        `json:"from"`
	To   graph.ID        `json:"to"`
	Kind graph.GrantKind `json:"kind"`
}

type priced struct {
	grant
	Cost int64 `json:"cost"`
}

type step struct {
	priced
	Concerns int      `json:"concerns"`
	Clears   []string `json:"clears"`
}

type stuck struct {
	Finding string  `json:"finding"`
	Kept    []grant `json:"kept"`
	Witness []path  `json:"witness"`
}

type path struct {
	Duty  string            `json:"duty"`
	Nodes []graph.ID        `json:"path"`
	Kinds []graph.GrantKind `json:"kinds"`
}

type part struct {
	Bound  int64   `json:"bound"`
	Pieces []piece `json:"pieces"`
}

type piece struct {
	Clauses []clause `json:"clauses"`
	Shares  []pair   `json:"shares"`
	Dropped []pair   `json:"dropped"`
	Weights [][]pair `json:"weights"`
	Tree    []node   `json:"tree"`
}

// A pair is a list of two numbers, no more and no fewer.
type pair [2]int

// UnmarshalJSON refuses what the standard library fills up or cuts off.
func (p *pair) UnmarshalJSON(text []byte) error {
	var all []int
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	if len(all) != len(p) {
		return fmt.Errorf("%s: want two numbers", text)
	}
	copy(p[:], all)
	return nil
}

type clause struct {
	Finding string `json:"finding"`
	Witness []path `json:"witness"`
}

// A node has one of: a grant with the nodes where it is revoked and where it is kept;
// weights; a clause that is broken.
type node struct {
	Grant   *int `json:"grant"`
	Revoked int  `json:"revoked"`
	Kept    int  `json:"kept"`
	Weights *int `json:"weights"`
	Broken  *int `json:"broken"`
}

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
	return &p, nil
}
