// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
)

type review struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Period      string          `json:"period,omitempty"`
	Snapshot    string          `json:"snapshot"`
	Policy      string          `json:"policy"`
	AsOf        string          `json:"as_of"`
	Begun       string          `json:"begun"`
	By          leaverThing     `json:"by"`
	Closed      string          `json:"closed,omitempty"`
	Reviewer    *leaverThing    `json:"reviewer,omitempty"`
	Independent bool            `json:"independent"`
	Stages      []reviewStage   `json:"stages"`
	Accepted    []reviewGap     `json:"accepted_gaps"`
	Counts      campaign.Closed `json:"counts"`
	Lines       []reviewLine    `json:"lines"`
	SignOffs    []reviewSignOff `json:"sign_offs"`
}

type reviewStage struct {
	Name string   `json:"name"`
	By   []string `json:"by"`
	Due  string   `json:"due"`
}

type reviewGap struct {
	About string      `json:"about"`
	Why   string      `json:"why"`
	By    leaverThing `json:"by"`
}

type reviewLine struct {
	Line        int             `json:"line"`
	Item        string          `json:"item"`
	People      []leaverThing   `json:"people"`
	From        leaverThing     `json:"from"`
	Verb        string          `json:"verb"`
	To          leaverThing     `json:"to"`
	Description string          `json:"description,omitempty"`
	Opens       []string        `json:"opens"`
	Ways        []reviewWay     `json:"ways"`
	Peers       string          `json:"peers,omitempty"`
	Removes     []string        `json:"would_be_gone"`
	Remains     []string        `json:"would_stay"`
	Findings    []string        `json:"findings"`
	LastUse     string          `json:"last_sign_in,omitempty"`
	Before      campaign.Answer `json:"before,omitempty"`
	Stage       int             `json:"stage"`
	Reviewer    *leaverThing    `json:"reviewer,omitempty"`
	Obstacle    string          `json:"obstacle,omitempty"`
	Trail       []reviewStep    `json:"trail"`
	Answer      string          `json:"answer"`
	Reason      string          `json:"reason,omitempty"`
	Decided     string          `json:"decided,omitempty"`
	Source      *reviewSource   `json:"source,omitempty"`
	Bulk        int             `json:"bulk,omitempty"`
	Superseded  int             `json:"superseded,omitempty"`
	Result      string          `json:"result,omitempty"`
	ResultPath  []graph.ID      `json:"result_path,omitempty"`
	ResultWhy   string          `json:"result_why,omitempty"`

	Birthright campaign.Everybody `json:"birthright,omitzero"`
}

// A reviewWay leads from what a line is about to something that it opens.
type reviewWay struct {
	Opens string     `json:"opens"`
	Path  []graph.ID `json:"path"`
}

type reviewStep struct {
	How    string      `json:"how"`
	By     leaverThing `json:"by"`
	To     leaverThing `json:"to"`
	At     string      `json:"at"`
	Reason string      `json:"reason,omitempty"`
}

type reviewSource struct {
	Kind   string `json:"kind"`
	Of     string `json:"of"`
	Object string `json:"object,omitempty"`
}

type reviewSignOff struct {
	By        leaverThing     `json:"by"`
	At        string          `json:"at"`
	Stage     string          `json:"stage"`
	Statement string          `json:"statement"`
	Counts    campaign.Closed `json:"counts"`
	Source    reviewSource    `json:"source"`
}

func reviewOf(r *reports.Review) *review {
	if r == nil {
		return nil
	}
	out := &review{
		ID: r.ID, Name: r.Name, Period: r.Period, Snapshot: r.Snapshot, Policy: r.Policy, AsOf: instant(r.AsOf), Begun: stamp(r.Begun), By: leaverThing(r.By),
		Closed: stamp(r.Closed), Reviewer: known(r.Reviewer), Independent: r.Independent, Counts: r.Counts,
		Stages: []reviewStage{}, Accepted: []reviewGap{}, Lines: []reviewLine{}, SignOffs: []reviewSignOff{},
	}
	for _, s := range r.Stages {
		out.Stages = append(out.Stages, reviewStage{s.Name, some(s.By), stamp(s.Due)})
	}
	for _, g := range r.Accepted {
		out.Accepted = append(out.Accepted, reviewGap{g.About, g.Why, leaverThing(g.By)})
	}
	for _, l := range r.Lines {
		out.Lines = append(out.Lines, reviewLineOf(l))
	}
	for _, s := range r.SignOffs {
		out.SignOffs = append(out.SignOffs, reviewSignOff{leaverThing(s.By), stamp(s.At), s.Stage, s.Statement, s.Counts, reviewSource(s.Source)})
	}
	return out
}

func reviewLineOf(l reports.ReviewLine) reviewLine {
	out := reviewLine{
		Line: l.Number, Item: l.Item, People: []leaverThing{}, From: leaverThing(l.Holder.Thing), Verb: l.Verb, To: leaverThing(l.Holds), Description: l.Description, Birthright: l.Everybody,
		Opens: some(l.Opens), Ways: []reviewWay{}, Peers: l.Peers, Removes: some(l.Removes), Remains: some(l.Remains), Findings: []string{}, LastUse: l.LastUse, Before: l.Before, Stage: l.Stage,
		Reviewer: known(l.Reviewer), Obstacle: l.Obstacle, Trail: []reviewStep{}, Answer: string(l.Answer), Reason: l.Reason, Decided: stamp(l.Decided),
		Bulk: l.Bulk, Superseded: l.Superseded, Result: string(l.Result), ResultPath: ids(l.ResultPath), ResultWhy: l.ResultWhy,
	}
	for _, p := range l.People {
		out.People = append(out.People, leaverThing(p.Thing))
	}
	for _, w := range l.Ways {
		out.Ways = append(out.Ways, reviewWay{w.Opens, ids(w.Path)})
	}
	for _, f := range l.Findings {
		out.Findings = append(out.Findings, f.ID)
	}
	for _, s := range l.Trail {
		out.Trail = append(out.Trail, reviewStep{string(s.How), leaverThing(s.By), leaverThing(s.To), stamp(s.At), s.Reason})
	}
	if out.Answer == "" {
		out.Answer = "undecided"
	} else {
		out.Source = &reviewSource{l.Source.Kind, l.Source.Of, l.Source.Object}
	}
	return out
}

type ledger struct {
	Origin string   `json:"origin"`
	Size   int64    `json:"size"`
	Root   string   `json:"root"`
	Record int64    `json:"record"`
	Keys   []string `json:"keys"`
}

func ledgerOf(l *reports.Ledger) *ledger {
	if l == nil {
		return nil
	}
	return &ledger{l.Origin, l.Size, l.Root, l.Record, l.Keys}
}
