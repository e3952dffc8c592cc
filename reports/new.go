// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// An Input is what a packet is made from. Graph, Policy and Report are needed;
// the report is that policy's judgement of that graph.
type Input struct {
	Graph    *graph.Graph
	Policy   *sod.Policy
	Report   *sod.Report
	Snapshot SnapshotInfo

	Baseline   *Findings    // an earlier report to compare with; nil: none
	Forward    *RollForward // from an earlier snapshot; nil: none
	Previous   *graph.Graph // of the same, which bounds what has no time; nil: none
	PolicyWas  *sod.Policy  // of the baseline; nil: it is not known
	Plan       *Plan        // the least-cost way out; nil: nobody asked
	Review     *Review      // of a campaign on this snapshot; nil: none
	Standing   *Standing    // of the campaign, with its Review; nil: not known
	Ledger     *Ledger      // where the records of Review are; nil: nowhere
	LeftOut    []string     // rules and checks of which nothing is in the report, because they are less severe than was asked for
	Dropped    Dropped      // what else was dropped from the report for that reason
	Entity     string       // "" is not stated, here and below
	Period     string
	PreparedBy string
	PreparedAt time.Time
}

// Dropped is what a report has no more: it is less severe than was asked for, and its
// rule is not in every mode.
type Dropped struct {
	Below       sod.Severity // what was asked for; zero is everything
	Findings    []sod.Finding
	NotAssessed []sod.NotAssessed
}

func (d Dropped) count() *LeftOut {
	if d.Below == 0 {
		return nil
	}
	l := &LeftOut{Below: d.Below, Rows: len(d.NotAssessed)}
	for _, f := range d.Findings {
		if f.Status == sod.Accepted {
			l.Accepted++
		} else {
			l.Open++
		}
	}
	return l
}

// New makes the packet. The same input gives the same packet. An error names a
// finding without a proper path.
func New(in Input) (*Packet, error) {
	if in.Graph == nil || in.Policy == nil || in.Report == nil {
		return nil, errors.New("packet: graph, policy and report are all needed")
	}
	about := ""
	if in.Review != nil {
		about = in.Review.Only()
	}
	if about != "" {
		in = in.narrowed()
	}
	b := &builder{in: in, packet: &Packet{
		About: about, Ledger: in.Ledger,
		Entity: in.Entity, Period: in.Period, PreparedBy: in.PreparedBy, PreparedAt: in.PreparedAt.UTC(),
		Draft: true, RollForward: in.Forward, Review: in.Review, AsOf: in.Report.AsOf.UTC(), Mode: in.Report.Mode, Snapshot: in.Snapshot, Words: words(),
	}}
	if in.Standing != nil && about == "" {
		b.packet.NotReviewed, b.packet.Performed = in.Standing.NotReviewed, in.Standing.Controls
	}
	b.packet.LeftOut = in.Dropped.count()
	b.policy()
	b.rules()
	if err := b.findings(); err != nil {
		return nil, fmt.Errorf("packet: %w", err)
	}
	if in.Plan != nil && about == "" {
		b.packet.Remediation = RemediationOf(in.Plan, b.lineNumbers())
	}
	b.notAssessed()
	if about == "" {
		if err := b.lateness(); err != nil {
			return nil, fmt.Errorf("packet: %w", err)
		}
	}
	b.causes()
	b.acceptances()
	b.controls()
	b.sources()
	b.exclusions()
	b.accounts()
	if about == "" { // what is about everybody
		b.authentication()
		b.figures()
	}
	b.compare(in.Baseline)
	if b.packet.Changes != nil && in.PolicyWas != nil && about == "" {
		b.packet.Changes.ToPolicy = PolicyChanges(in.PolicyWas, in.Policy)
	}
	b.fold()
	return b.packet, nil
}

type builder struct {
	in       Input
	packet   *Packet
	followed succession // of the baseline
}

// thing names an ID as the snapshot does.
func (b *builder) thing(id graph.ID) Thing {
	t := Thing{ID: id}
	if n, ok := b.in.Graph.Find(id); ok {
		t.Name = b.in.Graph.Name(n)
	}
	return t
}

func (b *builder) things(all []graph.ID) []Thing {
	var out []Thing
	for _, id := range all {
		out = append(out, b.thing(id))
	}
	return out
}

// attr returns an attribute, or "" when it is unknown.
func (b *builder) attr(id graph.ID, key string) string {
	n, ok := b.in.Graph.Find(id)
	if !ok {
		return ""
	}
	v, _ := b.in.Graph.Attr(n, key)
	return v
}

func (b *builder) findings() error {
	p := b.packet
	p.Summary.Identities, p.Summary.Accounts = b.in.Report.Identities, b.in.Report.Accounts
	for i, f := range b.in.Report.Findings {
		out, err := b.finding(f)
		if err != nil {
			return fmt.Errorf("finding %s: %w", f.ID, err)
		}
		out.Line = i + 1
		p.Findings = append(p.Findings, out)
		if f.Status == sod.Accepted {
			p.Summary.Accepted++
		} else {
			p.Summary.Open++
		}
	}
	b.peers()
	for s := sod.Critical; s >= sod.Low; s-- {
		p.Summary.Severities = append(p.Summary.Severities, SeverityCount{s, b.count(func(f Finding) bool {
			return f.Status == sod.Open && f.Severity == s
		})})
	}
	return nil
}

// lineNumbers are the lines of the findings, by their ids.
func (b *builder) lineNumbers() map[string]int {
	lines := map[string]int{}
	for _, f := range b.packet.Findings {
		lines[f.ID] = f.Line
	}
	return lines
}

// peers asks for all findings at once, so that everybody is looked at once.
func (b *builder) peers() {
	var paths []reach.Path
	for _, f := range b.packet.Findings {
		for _, w := range f.Witness {
			paths = append(paths, w.Path())
		}
	}
	all := check.PeersOn(b.in.Graph, b.packet.AsOf, paths)
	for i := range b.packet.Findings {
		witness := b.packet.Findings[i].Witness
		for j := range witness {
			witness[j].Peers, all = all[0], all[1:]
		}
	}
}

func (b *builder) count(is func(Finding) bool) int {
	n := 0
	for _, f := range b.packet.Findings {
		if is(f) {
			n++
		}
	}
	return n
}

func (b *builder) finding(f sod.Finding) (Finding, error) {
	r := b.rule(f.Rule)
	out := Finding{
		ID: f.ID, Kind: f.Kind, Rule: f.Rule, Title: r.Title, Risk: r.Risk, Severity: f.Severity, Mode: f.Mode,
		Control: r.Control, Status: f.Status, Exercised: orUnknown(string(f.Exercised)), ExercisedSince: f.ExercisedSince, Detail: f.Detail,
		Same: f.Same, Coalitions: f.Coalitions, AtLeast: f.AtLeast,
	}
	for _, x := range f.Exercises {
		out.Exercises = append(out.Exercises, b.exercise(x))
	}
	for _, c := range f.OwnChanges {
		out.OwnChanges = append(out.OwnChanges, OwnChange{c.Thing, b.exercise(c.First), b.exercise(c.Second)})
	}
	out.OwnCount = f.OwnCount
	if !f.Cause.IsZero() {
		out.Cause = b.thing(f.Cause)
	}
	for _, id := range f.Subjects {
		out.Subjects = append(out.Subjects, b.subject(id))
	}
	for _, w := range f.Witness {
		resolved, err := b.witness(w)
		if err != nil {
			return out, err
		}
		out.Witness = append(out.Witness, resolved)
	}
	if f.Acceptance != nil {
		a := b.acceptance(sod.JudgedAcceptance{Acceptance: f.Acceptance, Lapses: f.Lapses, Unknown: f.Unknown})
		out.Acceptance = &a
	}
	return out, nil
}

func (b *builder) exercise(x sod.Exercise) Exercise {
	return Exercise{Duty: x.Duty, Title: b.dutyTitle(x.Duty), Account: b.thing(x.Use.Account), Entitlement: b.thing(x.Use.Entitlement), At: x.Use.At, Ref: x.Use.Ref}
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// rule returns the resolved rule or check of a finding; one that the policy does
// not have is known by its ID alone.
func (b *builder) rule(id string) Rule {
	i := slices.IndexFunc(b.packet.Rules, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Rule{ID: id, Title: id}
	}
	return b.packet.Rules[i]
}

func (b *builder) witness(w sod.Witness) (Witness, error) {
	p := w.Path
	if len(p.Nodes) == 0 || len(p.Kinds) != len(p.Nodes)-1 {
		return Witness{}, fmt.Errorf("the path to duty %s has %d nodes and %d kinds", w.Duty, len(p.Nodes), len(p.Kinds))
	}
	out := Witness{Duty: w.Duty, Title: b.dutyTitle(w.Duty), Nodes: b.things(p.Nodes)}
	for i, k := range p.Kinds {
		out.Grants = append(out.Grants, b.grant(p.Nodes[i], p.Nodes[i+1], k))
	}
	return out, nil
}

func (b *builder) dutyTitle(id string) string {
	for _, d := range b.in.Policy.Duties {
		if d.ID == id && d.Title != "" {
			return d.Title
		}
	}
	return id
}

// grant looks up what is known of the first grant that holds.
func (b *builder) grant(from, to graph.ID, k graph.GrantKind) Grant {
	g := b.in.Graph
	out := Grant{Kind: k}
	n, ok := g.Find(from)
	m, ok2 := g.Find(to)
	if !ok || !ok2 {
		return out
	}
	row := g.Out(n)
	i, _ := slices.BinarySearchFunc(row, m, func(e graph.Edge, to uint32) int { return cmp.Compare(e.To, to) })
	for ; i < len(row) && row[i].To == m; i++ {
		if t := g.Terms(row[i]); row[i].Kind() == k && t.Holds(b.packet.AsOf) {
			out.Via = t.Via
			if !t.Since.After(b.packet.AsOf) {
				out.Since = t.Since
			}
			break
		}
	}
	return out
}

func (b *builder) notAssessed() {
	p := b.packet
	for i, n := range b.in.Report.NotAssessed {
		r := b.rule(n.Rule)
		row := NotAssessed{
			Line: len(p.Findings) + i + 1, Rule: n.Rule, Title: r.Title, Severity: b.severity(r, n.Mode), Control: r.Control, Mode: n.Mode,
			Subjects: n.Subjects, Examples: b.things(n.Examples), Gaps: n.Gaps, Reason: n.Reason, Accepted: n.Accepted,
		}
		for _, gap := range n.Gaps {
			row.GapNames = append(row.GapNames, b.gapName(gap))
		}
		p.NotAssessed = append(p.NotAssessed, row)
	}
	for _, u := range p.Unassessed() {
		if u.Accepted {
			p.Summary.AcceptedRows++
			continue
		}
		p.Summary.NotAssessedRows++
		p.Summary.NotAssessed += u.Subjects
	}
}

// gapName puts the name before an ID; source/dataset stays as it is.
func (b *builder) gapName(gap string) string {
	id, err := graph.ParseID(gap)
	if err != nil {
		return gap
	}
	if t := b.thing(id); t.Name != "" {
		return t.Name + " (" + gap + ")"
	}
	return gap
}

func (b *builder) causes() {
	p := b.packet
	lines := map[graph.ID][]int{}
	for _, f := range p.Findings {
		if f.Status == sod.Open && !f.Cause.ID.IsZero() {
			lines[f.Cause.ID] = append(lines[f.Cause.ID], f.Line)
		}
	}
	for _, c := range b.in.Report.Causes {
		p.Causes = append(p.Causes, Cause{
			Thing: b.thing(c.ID), Description: b.attr(c.ID, "description"), Owner: b.owner(c.ID),
			Findings: c.Findings, Subjects: c.Subjects, Lines: lines[c.ID],
		})
	}
	p.Summary.Causes = len(p.Causes)
}

// owner names the owner that a node's attribute tells; "" when it is unknown.
func (b *builder) owner(of graph.ID) string {
	v := b.attr(of, "owner")
	if id, err := graph.ParseID(v); err == nil {
		return b.thing(id).Label()
	}
	return v
}
