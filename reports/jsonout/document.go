// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

const format = "foureyes/findings/1"

type document struct {
	Format      string        `json:"format"`
	Snapshot    snapshot      `json:"snapshot"`
	Policy      policy        `json:"policy"`
	AsOf        string        `json:"as_of"`
	Mode        string        `json:"mode"`
	Verdict     string        `json:"verdict,omitempty"`
	Summary     summary       `json:"summary"`
	Findings    []finding     `json:"findings"`
	Causes      []cause       `json:"causes"`
	NotAssessed []notAssessed `json:"not_assessed"`
	Baseline    *baseline     `json:"baseline,omitempty"`

	RollForward    *rollForward      `json:"roll_forward,omitempty"`
	Review         *review           `json:"review,omitempty"`
	Remediation    *remediation      `json:"remediation,omitempty"`
	NotReviewed    []notReviewed     `json:"not_reviewed,omitempty"`
	Performed      []controlStanding `json:"controls_performed,omitempty"`
	About          string            `json:"about,omitempty"`
	Annex          reports.Annex     `json:"annex,omitempty"`
	Ledger         *ledger           `json:"ledger,omitempty"`
	ControlPlane   []holder          `json:"control_plane,omitempty"`
	Authentication []authentication  `json:"authentication,omitempty"`
	Leavers        *lateness         `json:"leavers,omitempty"`
	Figures        []figure          `json:"figures,omitempty"`
}

type figure struct {
	Title string `json:"title"`
	Note  string `json:"note"`
	Bars  []bar  `json:"bars"`
}

type bar struct {
	Label string `json:"label"`
	Count int    `json:"count"`
}

type holder struct {
	Subject graph.ID          `json:"subject"`
	Name    string            `json:"name"`
	Mode    string            `json:"mode"`
	Path    []graph.ID        `json:"path"`
	Kinds   []graph.GrantKind `json:"kinds"`
	Lines   []int             `json:"lines"`
}

type snapshot struct {
	Digest  string `json:"digest"`
	Content string `json:"content"`
	Tool    string `json:"tool,omitempty"`
	Started string `json:"started,omitempty"`
	Ended   string `json:"ended,omitempty"`
}

type policy struct {
	Digest string `json:"digest"`
	Name   string `json:"name"`
}

type summary struct {
	Identities      int `json:"identities"`
	Accounts        int `json:"accounts"`
	Open            int `json:"open"`
	Accepted        int `json:"accepted"`
	NotAssessed     int `json:"not_assessed"`
	NotAssessedRows int `json:"not_assessed_rows"`
	AcceptedRows    int `json:"not_assessed_accepted_rows"`

	New        *int `json:"new,omitempty"`
	Recurred   *int `json:"recurred,omitempty"`
	Resolved   *int `json:"resolved,omitempty"`
	CannotTell *int `json:"cannot_tell,omitempty"`

	LeftOut *leftOut `json:"left_out,omitempty"`
}

type leftOut struct {
	Below    string `json:"below"`
	Open     int    `json:"open"`
	Accepted int    `json:"accepted"`
	Rows     int    `json:"not_assessed_rows"`
}

type finding struct {
	ID         string      `json:"id"`
	Line       int         `json:"line"`
	Kind       string      `json:"kind"`
	Rule       string      `json:"rule"`
	Title      string      `json:"title,omitempty"`
	Severity   string      `json:"severity"`
	Control    string      `json:"control,omitempty"`
	Mode       string      `json:"mode,omitempty"`
	Subjects   []graph.ID  `json:"subjects"`
	Names      []string    `json:"names"`
	Same       string      `json:"same,omitempty"`
	Coalitions int         `json:"coalitions,omitempty"`
	AtLeast    bool        `json:"coalitions_at_least,omitempty"`
	Status     string      `json:"status"`
	Change     string      `json:"change,omitempty"`
	FirstSeen  string      `json:"first_seen,omitempty"`
	Since      string      `json:"since,omitempty"`
	Continues  []string    `json:"continues,omitempty"`
	Exercised  string      `json:"exercised"`
	Cause      string      `json:"cause,omitempty"`
	CauseName  string      `json:"cause_name,omitempty"`
	Detail     string      `json:"detail,omitempty"`
	Witness    []witness   `json:"witness"`
	Acceptance *acceptance `json:"acceptance,omitempty"`

	Exercises      []exercise `json:"exercises,omitempty"`
	ExercisedSince string     `json:"exercised_since,omitempty"`

	OwnChanges []ownChange `json:"own_changes,omitempty"`
	OwnCount   int         `json:"own_changes_count,omitempty"`
}

type ownChange struct {
	Thing string      `json:"thing"`
	Steps [2]exercise `json:"steps"`
}

type exercise struct {
	Duty        string   `json:"duty"`
	Account     graph.ID `json:"account"`
	Entitlement graph.ID `json:"entitlement"`
	At          string   `json:"at,omitempty"`
	Ref         string   `json:"ref,omitempty"`
}

type witness struct {
	Duty  string            `json:"duty"`
	Title string            `json:"title,omitempty"`
	Path  []graph.ID        `json:"path"`
	Names []string          `json:"names"`
	Kinds []graph.GrantKind `json:"kinds"`
	Peers []peers           `json:"peers,omitempty"`
}

type peers struct {
	Share       string `json:"share"`
	Place       string `json:"place"`
	Held        int    `json:"held"`
	Of          int    `json:"of"`
	HeldAtLeast bool   `json:"held_at_least"`
	OfAtLeast   bool   `json:"of_at_least"`
}

type acceptance struct {
	Reason       string `json:"reason"`
	ApprovedBy   string `json:"approved_by"`
	ApprovedOn   string `json:"approved_on,omitempty"`
	Ticket       string `json:"ticket,omitempty"`
	Expires      string `json:"expires,omitempty"`
	InForce      bool   `json:"in_force"`
	Compensating string `json:"compensating_control,omitempty"`

	Lapsed  []lapse  `json:"lapsed,omitempty"`
	Unknown []string `json:"unknown,omitempty"`
}

type lapse struct {
	Reason string `json:"reason"`
	Why    string `json:"why"`
}

type cause struct {
	ID       string `json:"id"`
	Name     string `json:"name,omitempty"`
	Findings int    `json:"findings"`
	Subjects int    `json:"subjects"`
	Lines    []int  `json:"lines"`
}

type notAssessed struct {
	Line     int        `json:"line"`
	Rule     string     `json:"rule"`
	Severity string     `json:"severity,omitempty"`
	Mode     string     `json:"mode,omitempty"`
	Subjects int        `json:"subjects"`
	Reason   string     `json:"reason"`
	Gaps     []string   `json:"gaps"`
	Examples []graph.ID `json:"examples"`
	Accepted bool       `json:"accepted"`
}

type baseline struct {
	AsOf       string `json:"as_of"`
	Snapshot   string `json:"snapshot"`
	Policy     string `json:"policy"`
	SamePolicy bool   `json:"same_policy"`

	ToPolicy []policyChange `json:"policy_changes,omitempty"`
	Gone     []gone         `json:"gone"`
	Before   []gone         `json:"before,omitempty"`
}

type policyChange struct {
	What string `json:"what"`
	Name string `json:"name"`
	How  string `json:"how"`
}

type gone struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind"`
	Rule     string     `json:"rule"`
	Title    string     `json:"title,omitempty"`
	Severity string     `json:"severity,omitempty"`
	Mode     string     `json:"mode,omitempty"`
	Subjects []graph.ID `json:"subjects"`
	Names    []string   `json:"names"`
	Same     string     `json:"same,omitempty"`
	Was      string     `json:"was"`
	State    string     `json:"state"`
	Why      string     `json:"why,omitempty"`

	FirstSeen string `json:"first_seen,omitempty"`
	Since     string `json:"since,omitempty"`
	LastSeen  string `json:"last_seen,omitempty"`
	Resolved  string `json:"resolved,omitempty"`
}

func documentOf(p *reports.Packet) document {
	d := document{
		Format:   format,
		Snapshot: snapshot{p.Snapshot.Digest, p.Snapshot.Content, p.Snapshot.Tool, stamp(p.Snapshot.Started), stamp(p.Snapshot.Ended)},
		Policy:   policy{p.Policy.Digest, p.Policy.Name},
		AsOf:     instant(p.AsOf), Mode: reports.ModeName(p.Mode), Verdict: p.Verdict(),
		Summary:  summaryOf(p),
		Findings: []finding{}, Causes: []cause{}, NotAssessed: []notAssessed{}, RollForward: rollForwardOf(p.RollForward), Review: reviewOf(p.Review), About: p.About, Annex: p.Annex, Ledger: ledgerOf(p.Ledger),
	}
	d.Remediation = remediationOf(p.Remediation)
	if len(p.NotReviewed) > 0 {
		d.NotReviewed = notReviewedOf(p.NotReviewed)
	}
	if len(p.Performed) > 0 {
		d.Performed = controlsOf(p.Performed)
	}
	for _, f := range p.Findings {
		d.Findings = append(d.Findings, findingOf(f))
	}
	for _, c := range p.Causes {
		d.Causes = append(d.Causes, cause{c.ID.String(), c.Name, c.Findings, c.Subjects, some(c.Lines)})
	}
	for _, n := range p.NotAssessed {
		d.NotAssessed = append(d.NotAssessed, rowOf(n))
	}
	if p.Changes != nil {
		d.Baseline = baselineOf(p.Changes)
	}
	for _, h := range p.ControlPlane {
		path := h.Path.Path()
		d.ControlPlane = append(d.ControlPlane, holder{h.ID, h.Name, reports.ModeName(h.Mode), path.Nodes, some(path.Kinds), some(h.Lines)})
	}
	d.Leavers = latenessOf(p.Lateness)
	for _, a := range p.Authentication {
		d.Authentication = append(d.Authentication, authenticationOf(a))
	}
	for _, f := range p.Figures {
		out := figure{f.Title, f.Note, []bar{}}
		for _, b := range f.Bars {
			out.Bars = append(out.Bars, bar{b.Label, b.Count})
		}
		d.Figures = append(d.Figures, out)
	}
	return d
}

func summaryOf(p *reports.Packet) summary {
	m := p.Summary
	open, subjects := 0, 0
	for _, n := range p.NotAssessed {
		if !n.Accepted {
			open++
			subjects += n.Subjects
		}
	}
	s := summary{
		Identities: m.Identities, Accounts: m.Accounts, Open: m.Open, Accepted: m.Accepted,
		NotAssessed: subjects, NotAssessedRows: open, AcceptedRows: len(p.NotAssessed) - open,
	}
	if l := p.LeftOut; l != nil {
		s.LeftOut = &leftOut{l.Below.String(), l.Open, l.Accepted, l.Rows}
	}
	if p.Changes != nil {
		s.New, s.Recurred, s.Resolved, s.CannotTell = &m.New, &m.Recurred, &m.Resolved, &m.Cannot
	}
	return s
}

func findingOf(f reports.Finding) finding {
	out := finding{
		ID: f.ID, Line: f.Line, Kind: f.Kind, Rule: f.Rule, Title: f.Title, Severity: f.Severity.String(), Control: f.Control,
		Mode: reports.ModeName(f.Mode), Status: string(f.Status), Change: f.Change, Continues: f.Continues, Exercised: f.Exercised,
		FirstSeen: stamp(f.FirstSeen), Since: stamp(f.Since), ExercisedSince: stamp(f.ExercisedSince),
		CauseName: f.Cause.Name, Detail: f.Detail, Same: f.Same, Coalitions: f.Coalitions, AtLeast: f.AtLeast, Subjects: []graph.ID{}, Names: []string{}, Witness: []witness{},
	}
	if !f.Cause.ID.IsZero() {
		out.Cause = f.Cause.ID.String()
	}
	for _, s := range f.Subjects {
		out.Subjects = append(out.Subjects, s.ID)
		out.Names = append(out.Names, s.Name)
	}
	for _, w := range f.Witness {
		path := w.Path()
		out.Witness = append(out.Witness, witness{w.Duty, w.Title, path.Nodes, names(w.Nodes), some(path.Kinds), peersOf(w.Peers)})
	}
	for _, x := range f.Exercises {
		out.Exercises = append(out.Exercises, exerciseOf(x))
	}
	for _, c := range f.OwnChanges {
		out.OwnChanges = append(out.OwnChanges, ownChange{c.Thing, [2]exercise{exerciseOf(c.First), exerciseOf(c.Second)}})
	}
	out.OwnCount = f.OwnCount
	if f.Acceptance != nil {
		out.Acceptance = acceptanceOf(*f.Acceptance)
	}
	return out
}

func peersOf(all []check.Peers) (out []peers) {
	for _, p := range all {
		out = append(out, peers{p.Bond.String(), p.Where, p.Held, p.Of, p.HeldAtLeast, p.OfAtLeast})
	}
	return out
}

func exerciseOf(x reports.Exercise) exercise {
	return exercise{x.Duty, x.Account.ID, x.Entitlement.ID, stamp(x.At), x.Ref}
}

func acceptanceOf(a reports.Acceptance) *acceptance {
	out := acceptance{Reason: a.Reason, ApprovedOn: a.ApprovedOn.String(), Ticket: a.Ticket, Expires: a.Expires.String(), InForce: a.InForce, Unknown: a.Unknown}
	if !a.ApprovedBy.ID.IsZero() {
		out.ApprovedBy = a.ApprovedBy.ID.String()
	}
	if a.Compensating != nil {
		out.Compensating = a.Compensating.ID
	}
	for _, l := range a.Lapses {
		out.Lapsed = append(out.Lapsed, lapse{string(l.Reason), l.Why})
	}
	return &out
}

func baselineOf(c *reports.Changes) *baseline {
	b := baseline{AsOf: stamp(c.AsOf), Snapshot: c.Snapshot, Policy: c.Policy, SamePolicy: c.SamePolicy, Gone: []gone{}}
	for _, x := range c.ToPolicy {
		b.ToPolicy = append(b.ToPolicy, policyChange(x))
	}
	for _, g := range c.Gone {
		b.Gone = append(b.Gone, goneOf(g))
	}
	for _, g := range c.Before {
		b.Before = append(b.Before, goneOf(g))
	}
	return &b
}

func goneOf(g reports.Gone) gone {
	out := gone{
		ID: g.ID, Kind: g.Kind, Rule: g.Rule, Title: g.Title, Mode: reports.ModeName(g.Mode), Subjects: ids(g.Subjects), Names: names(g.Subjects), Same: g.Same,
		Was: string(g.Status), State: g.State, Why: g.Why,
		FirstSeen: stamp(g.FirstSeen), Since: stamp(g.Since), LastSeen: stamp(g.LastSeen), Resolved: stamp(g.Resolved),
	}
	if g.Severity != 0 {
		out.Severity = g.Severity.String()
	}
	return out
}

func ids(things []reports.Thing) []graph.ID {
	out := []graph.ID{}
	for _, t := range things {
		out = append(out, t.ID)
	}
	return out
}

func names(things []reports.Thing) []string {
	out := []string{}
	for _, t := range things {
		out = append(out, t.Name)
	}
	return out
}

// some returns s, or an empty list for none: JSON tells them apart.
func some[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// stamp prints a time, or "" for an unknown one.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// instant prints the time of which a report is, with its fraction of a second: who asks for
// that time again gets the same.
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func severity(s string) sod.Severity {
	x, err := sod.ParseSeverity(s)
	if err != nil {
		return 0 // a later report may know more; it is not needed to compare
	}
	return x
}
