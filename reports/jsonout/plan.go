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
// package: the order of format and digest is part of the format.
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
	Cost        int             `json:"cost"`
	LowerBound  int             `json:"lower_bound"`
	Optimal     bool            `json:"optimal"`
	Revoke      []planStep      `json:"revoke"`
	Clears      []string        `json:"clears"`
	Reopens     []string        `json:"reopens"`
	Stuck       []planStuck     `json:"stuck"`
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

type planPriced struct {
	planGrant
	Cost int `json:"cost"`
}

type planStep struct {
	planPriced
	Concerns int      `json:"concerns"`
	Clears   []string `json:"clears"`
}

type planStuck struct {
	Finding string      `json:"finding"`
	Kept    []planGrant `json:"kept"`
	Witness []planPath  `json:"witness"`
}

type planPath struct {
	Duty  string            `json:"duty"`
	Path  []graph.ID        `json:"path"`
	Kinds []graph.GrantKind `json:"kinds"`
}

type planCertificate struct {
	Grants []planPriced `json:"grants"`
	Parts  []planPart   `json:"parts"`
}

type planPart struct {
	Bound  int         `json:"bound"`
	Pieces []planPiece `json:"pieces"`
}

type planPiece struct {
	Clauses []planClause `json:"clauses"`
	Shares  [][2]int     `json:"shares"`
	Dropped [][2]int     `json:"dropped"`
	Weights [][][2]int   `json:"weights"`
	Tree    []planNode   `json:"tree"`
}

type planClause struct {
	Finding string     `json:"finding"`
	Witness []planPath `json:"witness"`
}

type planNode struct {
	Grant   *int `json:"grant,omitempty"`
	Revoked int  `json:"revoked,omitempty"`
	Kept    int  `json:"kept,omitempty"`
	Weights *int `json:"weights,omitempty"`
	Broken  *int `json:"broken,omitempty"`
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
		AsOf: p.AsOf.UTC().Format(time.RFC3339Nano), Mode: p.Mode.String(), Scope: p.Options.Scope.String(),
		Cost: p.Cost, LowerBound: p.Bound, Optimal: p.Optimal(), Revoke: []planStep{}, Clears: []string{}, Reopens: some(p.Reopens), Stuck: []planStuck{},
		Certificate: certificateOf(p.Proof),
	}
	if p.Options.Costs != nil {
		out.Costs = &planCosts{p.Options.Costs.Digest}
	}
	switch o := p.Options; {
	case o.Finding != "":
		out.Only = &planOnly{Finding: o.Finding}
	case !o.Subject.IsZero():
		out.Only = &planOnly{Subject: &o.Subject}
	}
	for _, r := range p.Revoke {
		out.Revoke = append(out.Revoke, planStep{planPriced{planGrantOf(r.Grant), r.Cost}, r.Concern, some(r.Clears)})
	}
	for _, f := range p.Targets {
		out.Clears = append(out.Clears, f.ID)
	}
	for _, s := range p.Stuck {
		kept := []planGrant{}
		for _, g := range s.Kept {
			kept = append(kept, planGrantOf(g))
		}
		out.Stuck = append(out.Stuck, planStuck{s.Finding.ID, kept, pathsOf(s.Paths)})
	}
	return out
}

func planGrantOf(g remedy.Grant) planGrant { return planGrant{g.From, g.To, g.Kind} }

func pathsOf(all []sod.Witness) []planPath {
	out := []planPath{}
	for _, w := range all {
		out = append(out, planPath{w.Duty, w.Path.Nodes, some(w.Path.Kinds)})
	}
	return out
}

func certificateOf(p remedy.Proof) planCertificate {
	out := planCertificate{Grants: []planPriced{}, Parts: []planPart{}}
	for _, g := range p.Grants {
		out.Grants = append(out.Grants, planPriced{planGrantOf(g.Grant), g.Cost})
	}
	for _, part := range p.Parts {
		pieces := []planPiece{}
		for _, p := range part.Pieces {
			pieces = append(pieces, pieceOf(p))
		}
		out.Parts = append(out.Parts, planPart{part.Bound, pieces})
	}
	return out
}

func pieceOf(p remedy.Piece) planPiece {
	out := planPiece{Clauses: []planClause{}, Shares: some(p.Shares), Dropped: some(p.Dropped), Weights: [][][2]int{}, Tree: []planNode{}}
	for _, c := range p.Clauses {
		out.Clauses = append(out.Clauses, planClause{c.Finding, pathsOf(c.Paths)})
	}
	for _, list := range p.Weights {
		pairs := [][2]int{}
		for _, w := range list {
			pairs = append(pairs, [2]int{w.Clause, w.Weight})
		}
		out.Weights = append(out.Weights, pairs)
	}
	for _, n := range p.Tree {
		switch n.Kind {
		case remedy.Branch:
			out.Tree = append(out.Tree, planNode{Grant: &n.Grant, Revoked: n.Revoked, Kept: n.Kept})
		case remedy.Bounded:
			out.Tree = append(out.Tree, planNode{Weights: &n.Weights})
		case remedy.Broken:
			out.Tree = append(out.Tree, planNode{Broken: &n.Clause})
		}
	}
	return out
}
