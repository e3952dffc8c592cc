// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// A Judge adds findings of its own kind, such as those of package sod/check. It
// leaves ID, Status and Acceptance to [Evaluate].
type Judge func(g *graph.Graph, p *Policy, asOf time.Time) ([]Finding, []NotAssessed)

// Evaluate judges g by p at the moment asOf. Equal input gives an equal report.
func Evaluate(g *graph.Graph, p *Policy, asOf time.Time, judges ...Judge) *Report {
	return newEvaluation(g, p, asOf).report(judges)
}

// report judges, and puts what was found in order.
func (e *evaluation) report(judges []Judge) *Report {
	e.unreadSubjects()
	for pass := range e.passes() {
		pass.judge()
		pass.judgePeople()
		pass.judgeGaps()
		if check, ok := e.p.roleCheck(); ok {
			pass.judgeContainers(check)
		}
	}
	for _, judge := range judges {
		findings, unknown := judge(e.g, e.p, e.asOf)
		if len(e.findings) == 0 {
			e.findings = findings // there may be a million: no copy
		} else {
			e.findings = append(e.findings, findings...)
		}
		e.unknown = append(e.unknown, unknown...)
	}
	held := newDigester(e.g, e.p, e.asOf)
	accepting, exercising := newAcceptor(held, e.unnamed), newExercises(held)
	for i := range e.findings {
		f := &e.findings[i]
		f.ID = f.id()
		accepting.settle(f)
		exercising.judge(f)
		if !e.each { // whose owners may not all be there
			f.OwnChanges, f.OwnCount = exercising.ownChanges(f)
		}
	}
	slices.SortStableFunc(e.findings, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Rule, b.Rule), slices.CompareFunc(a.Subjects, b.Subjects, graph.ID.Compare), strings.Compare(a.Same, b.Same))
	})
	slices.SortStableFunc(e.unknown, func(a, b NotAssessed) int {
		return cmp.Or(strings.Compare(a.Rule, b.Rule), cmp.Compare(a.Mode, b.Mode), compareBool(a.Accepted, b.Accepted), slices.Compare(a.Gaps, b.Gaps), strings.Compare(a.Reason, b.Reason))
	})
	holders, byPlane := e.controlPlane()
	return &Report{
		ControlPlane: holders, ByPlane: byPlane,
		AsOf: e.asOf, Mode: e.p.Mode,
		Identities: count(e.g, graph.Identity), Accounts: count(e.g, graph.Account),
		Findings: e.findings, Causes: findCauses(e.findings), NotAssessed: e.unknown,
		Acceptances: accepting.take(),
		Duties:      e.dutyCounts(),
	}
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func count(g *graph.Graph, k graph.Kind) int {
	lo, hi := g.Range(k)
	return int(hi - lo)
}

// Doubts returns what is not assessed for one subject, whom the rows of a
// [Report] may only count.
func Doubts(g *graph.Graph, p *Policy, asOf time.Time, subject graph.ID) []NotAssessed {
	e := newEvaluation(g, p, asOf)
	n, ok := g.Find(subject)
	if !ok || !slices.Contains(e.subjects, n) {
		return nil
	}
	e.subjects = []uint32{n}
	e.unknown = nil
	for pass := range e.passes() {
		pass.judgeGaps()
	}
	return e.unknown
}

// evaluation is the work on one report.
type evaluation struct {
	g          *graph.Graph
	p          *Policy
	asOf       time.Time
	duties     [][]uint32 // by duty: nodes that it matches
	everyone   []uint32   // who is a subject, in ID order
	subjects   []uint32   // who is asked for: everyone, or one
	containers []uint32   // groups and roles that are asked for, as the states of who holds them
	rules      []*Rule    // those that are evaluated
	views      []*reach.View
	stages     []stage
	findings   []Finding
	unknown    []NotAssessed
	unnamed    map[unnamedKey]Lapse
	each       bool // rows name every one of their subjects, not only the first few
}

func newEvaluation(g *graph.Graph, p *Policy, asOf time.Time) *evaluation {
	e := &evaluation{g: g, p: p, asOf: asOf, duties: DutyNodes(g, p), unnamed: map[unnamedKey]Lapse{}}
	e.everyone = e.findSubjects()
	e.subjects = e.everyone
	for i := range p.Rules {
		e.admit(&p.Rules[i])
	}
	for m := reach.Standing; m <= p.Mode; m++ {
		e.views = append(e.views, reach.At(g, asOf, m))
	}
	e.containers = e.findContainers()
	e.findStages()
	return e
}

// idOf names the node of a subject, which may be a state of it.
func (e *evaluation) idOf(subject uint32) graph.ID {
	return e.g.ID(e.views[0].Node(reach.Place(subject)))
}

// admit takes a rule in, or says why it cannot be evaluated: a duty that matches
// nothing is more often a typo than a clean company.
func (e *evaluation) admit(r *Rule) {
	var dead []string
	for _, i := range r.Duties {
		if d := e.p.Duties[i]; len(e.duties[i]) == 0 && !d.mayBeEmpty(e.asOf) {
			dead = append(dead, d.ID)
		}
	}
	if dead == nil {
		e.rules = append(e.rules, r)
		return
	}
	reason := "duty " + dead[0] + " matches nothing"
	if len(dead) > 1 {
		reason = "duties " + strings.Join(dead, ", ") + " match nothing"
	}
	if row, ok := UnreadSubjects(e.g, e.p, e.asOf, graph.Groups, graph.Assignments); ok {
		reason += "; " + row.Reason
	}
	e.unknown = append(e.unknown, NotAssessed{Rule: r.ID, Mode: reach.Standing, Reason: reason})
}

func (d Duty) mayBeEmpty(asOf time.Time) bool {
	return d.MayBeEmpty != nil && (d.MayBeEmpty.Until.IsZero() || d.MayBeEmpty.Until.Includes(asOf))
}

func (e *evaluation) dutyCounts() []DutyCount {
	counts := make([]DutyCount, len(e.p.Duties))
	for i, d := range e.p.Duties {
		counts[i] = DutyCount{d.ID, len(e.duties[i])}
	}
	return counts
}

// findSubjects lists identities, whoever has accounts that belong together, accounts
// that neither owns, and unresolved nodes, which are subjects while they hold something.
func (e *evaluation) findSubjects() []uint32 {
	var all []uint32
	owned := e.owned()
	lo, hi := e.g.Range(graph.Account)
	for n := lo; n < hi; n++ {
		if !owned[n-lo] {
			all = append(all, n)
		}
	}
	all = slices.AppendSeq(all, e.g.Owners())
	lo, hi = e.g.Range(graph.Unresolved)
	for n := lo; n < hi; n++ {
		all = append(all, n)
	}
	return all
}

// owned says of each account whether anybody owns it at the moment, known or not.
func (e *evaluation) owned() []bool {
	accounts, end := e.g.Range(graph.Account)
	owned := make([]bool, end-accounts)
	for n := range e.g.Owners() {
		for _, edge := range e.g.Out(n) {
			if edge.Kind() == graph.Owns && e.g.Terms(edge).Holds(e.asOf) {
				owned[edge.To-accounts] = true
			}
		}
	}
	return owned
}

// id names a finding from quarter to quarter: by the rule and the subjects, and by the
// value of a rule within values. Who makes up a coalition is left out, because it is
// the rule that is broken.
func (f *Finding) id() string {
	rule, subjects := f.Rule, f.Subjects
	if f.Same != "" {
		rule += "\n=" + f.Same
	}
	if f.Kind == kindCollusion || f.Mode == 0 && f.Same != "" { // of a check: about a company, whoever its people are
		subjects = nil
	}
	return FindingID(rule, subjects)
}

// FindingID names a finding from quarter to quarter: it depends on the rule and
// the subjects only.
func FindingID(rule string, subjects []graph.ID) string {
	h := sha256.New()
	h.Write([]byte(rule))
	for _, s := range subjects {
		h.Write([]byte("\n" + s.String()))
	}
	return "F-" + hex.EncodeToString(h.Sum(nil)[:8])
}
