// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/remedy"
)

const planFormat = "foureyes/plan/1"

// A plan is the file that "foureyes remedy verify" reads, which knows nothing of this
// package: the order of keys is part of the format.
type plan struct {
	Format      string          `json:"format"`
	Digest      string          `json:"digest"`
	Snapshot    snapshot        `json:"snapshot"`
	Policy      policy          `json:"policy"`
	Costs       *planCosts      `json:"costs,omitempty"`
	AsOf        string          `json:"as_of"`
	Mode        string          `json:"mode"`
	Scope       string          `json:"scope"`
	Only        *planOnly       `json:"only,omitempty"`
	Revocable   int             `json:"revocable"`
	Kept        int             `json:"kept"`
	Cost        int             `json:"cost"`
	LowerBound  int             `json:"lower_bound"`
	Optimal     bool            `json:"optimal"`
	Revoke      []planStep      `json:"revoke"`
	Clears      []string        `json:"clears"`
	Reopens     []string        `json:"reopens"`
	Stuck       []planStuck     `json:"stuck"`
	Losses      []planLoss      `json:"losses"`
	Creates     []planFinding   `json:"creates"`
	Besides     []planFinding   `json:"clears_besides"`
	Certificate planCertificate `json:"certificate"`
}

type planCosts struct {
	Digest string `json:"digest"`
}

type planOnly struct {
	Finding string    `json:"finding,omitempty"`
	Subject *graph.ID `json:"subject,omitempty"`
}

type planGrant struct {
	From graph.ID        `json:"from"`
	To   graph.ID        `json:"to"`
	Kind graph.GrantKind `json:"kind"`
}

type planStep struct {
	Step int `json:"step"`
	planGrant
	Cost     int       `json:"cost"`
	Concerns int       `json:"concerns"`
	Clears   []string  `json:"clears"`
	SoFar    planSoFar `json:"so_far"`
}

type planSoFar struct {
	Cost     int `json:"cost"`
	Findings int `json:"findings"`
}

type planStuck struct {
	Finding string      `json:"finding"`
	Kept    []planGrant `json:"kept"`
}

type planLoss struct {
	Subject graph.ID   `json:"subject"`
	Meant   []graph.ID `json:"meant"`
	Besides []graph.ID `json:"besides"`
	Remains []graph.ID `json:"remains"`
}

type planFinding struct {
	Finding  string     `json:"finding"`
	Kind     string     `json:"kind"`
	Rule     string     `json:"rule"`
	Status   sod.Status `json:"status"`
	Subjects []graph.ID `json:"subjects"`
}

type planCertificate struct {
	Grants []planNamed `json:"grants"`
	Parts  []planPart  `json:"parts"`
}

type planNamed struct {
	planGrant
	Cost    int `json:"cost"`
	Clauses int `json:"clauses"`
}

type planPart struct {
	Bound  int         `json:"bound"`
	Spare  [][2]int    `json:"spare"`
	Pieces []planPiece `json:"pieces"`
}

type planPiece struct {
	Bound   int64           `json:"bound"`
	Clauses []planClause    `json:"clauses"`
	Shares  [][2]int        `json:"shares"`
	Steps   []planProofStep `json:"steps"`
}

type planClause struct {
	Finding string      `json:"finding"`
	Subject graph.ID    `json:"subject"`
	Grants  []planGrant `json:"grants"`
}

type planProofStep struct {
	Revoked *int      `json:"revoked,omitempty"`
	Kept    *int      `json:"kept,omitempty"`
	Broken  *int      `json:"broken,omitempty"`
	Weights *[][2]int `json:"weights,omitempty"`
	Keeps   []int     `json:"keeps,omitempty"`
}

// Plan writes a plan with its certificate, in one line: the digest is over every byte.
func Plan(w io.Writer, p *reports.Plan) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(planOf(p)); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	text := escapeHidden(b.Bytes())
	sum := sha256.Sum256(text)
	empty := []byte(`"digest":""`)
	text = bytes.Replace(text, empty, []byte(`"digest":"sha256:`+hex.EncodeToString(sum[:])+`"`), 1)
	_, err := w.Write(text)
	return err
}

func planOf(p *reports.Plan) plan {
	out := plan{
		Format: planFormat, Snapshot: snapshot{Digest: p.Snapshot.Digest, Content: p.Snapshot.Content}, Policy: policy{p.Policy.Digest, p.Policy.Name},
		AsOf: p.AsOf.UTC().Format(time.RFC3339Nano), Mode: p.Mode.String(), Scope: p.Options.Scope.String(), Only: onlyOf(p), Revocable: p.Revocable, Kept: p.Kept,
		Cost: p.Cost, LowerBound: p.Bound, Optimal: p.Optimal(), Revoke: []planStep{}, Clears: []string{}, Reopens: some(p.Reopens), Stuck: []planStuck{},
		Losses: []planLoss{}, Creates: planFindings(p.Plan.Creates()), Besides: planFindings(p.Plan.ClearsBesides()),
		Certificate: certificateOf(p.Proof),
	}
	if p.Options.Costs != nil {
		out.Costs = &planCosts{p.Options.Costs.Digest}
	}
	for i, so := range p.Curve()[1:] {
		r := p.Revoke[i]
		out.Revoke = append(out.Revoke, planStep{so.Steps, planGrantOf(r.Grant), r.Cost, r.Concern, some(r.Clears), planSoFar{so.Cost, so.Findings}})
	}
	for _, f := range p.Targets {
		out.Clears = append(out.Clears, f.ID)
	}
	for _, s := range p.Stuck {
		out.Stuck = append(out.Stuck, planStuck{s.Finding.ID, planGrantsOf(s.Kept)})
	}
	for _, l := range p.Losses {
		out.Losses = append(out.Losses, planLoss{l.Who.ID, idsOf(l.Meant), idsOf(l.Lost), idsOf(l.Remains)})
	}
	return out
}

// onlyOf says what was asked for, where that is not everything.
func onlyOf(p *reports.Plan) *planOnly {
	switch o := p.Options; {
	case p.IsForAll():
	case o.Finding != "":
		return &planOnly{Finding: o.Finding}
	case !o.Subject.IsZero():
		return &planOnly{Subject: &o.Subject}
	}
	return nil
}

func idsOf(all []reports.Thing) []graph.ID {
	out := []graph.ID{}
	for _, t := range all {
		out = append(out, t.ID)
	}
	return out
}

func planFindings(all []sod.Finding) []planFinding {
	out := []planFinding{}
	for _, f := range all {
		out = append(out, planFinding{f.ID, f.Kind, f.Rule, f.Status, f.Subjects})
	}
	return out
}

func planGrantOf(g remedy.Grant) planGrant { return planGrant{g.From, g.To, g.Kind} }

func planGrantsOf(all []remedy.Grant) []planGrant {
	out := []planGrant{}
	for _, g := range all {
		out = append(out, planGrantOf(g))
	}
	return out
}

func certificateOf(p remedy.Proof) planCertificate {
	out := planCertificate{Grants: []planNamed{}, Parts: []planPart{}}
	for _, g := range p.Grants {
		out.Grants = append(out.Grants, planNamed{planGrantOf(g.Grant), g.Cost, g.Clauses})
	}
	for _, part := range p.Parts {
		pieces := []planPiece{}
		for _, p := range part.Pieces {
			pieces = append(pieces, pieceOf(p))
		}
		out.Parts = append(out.Parts, planPart{part.Bound, some(part.Spare), pieces})
	}
	return out
}

func pieceOf(p remedy.Piece) planPiece {
	out := planPiece{Bound: p.Bound, Clauses: []planClause{}, Shares: some(p.Shares), Steps: []planProofStep{}}
	for _, c := range p.Clauses {
		out.Clauses = append(out.Clauses, planClause{c.Finding, c.Subject, planGrantsOf(c.Grants)})
	}
	for _, s := range p.Steps {
		switch s.Kind {
		case remedy.Revoked:
			out.Steps = append(out.Steps, planProofStep{Revoked: &s.Grant})
		case remedy.Kept:
			out.Steps = append(out.Steps, planProofStep{Kept: &s.Grant})
		case remedy.Broken:
			out.Steps = append(out.Steps, planProofStep{Broken: &s.Clause})
		case remedy.Weighed:
			weights := some(s.Weights)
			out.Steps = append(out.Steps, planProofStep{Weights: &weights, Keeps: s.Keeps})
		}
	}
	return out
}
