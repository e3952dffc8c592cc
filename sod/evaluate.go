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
	e.judgeRules()
	e.judgeGaps()
	for _, judge := range judges {
		findings, unknown := judge(e.g, e.p, e.asOf)
		e.findings = append(e.findings, findings...)
		e.unknown = append(e.unknown, unknown...)
	}
	for i := range e.findings {
		e.settle(&e.findings[i])
	}
	slices.SortStableFunc(e.findings, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Rule, b.Rule), slices.CompareFunc(a.Subjects, b.Subjects, graph.ID.Compare))
	})
	slices.SortStableFunc(e.unknown, func(a, b NotAssessed) int {
		return cmp.Or(strings.Compare(a.Rule, b.Rule), cmp.Compare(a.Mode, b.Mode), compareBool(a.Accepted, b.Accepted), slices.Compare(a.Gaps, b.Gaps), strings.Compare(a.Reason, b.Reason))
	})
	return &Report{
		AsOf: e.asOf, Mode: e.p.Mode,
		Identities: count(e.g, graph.Identity), Accounts: count(e.g, graph.Account),
		Findings: e.findings, Causes: findCauses(e.findings), NotAssessed: e.unknown,
		Duties: e.dutyCounts(),
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
	e.judgeGaps()
	return slices.DeleteFunc(e.unknown, func(u NotAssessed) bool { return u.Subjects == 0 })
}

// evaluation is the work on one report.
type evaluation struct {
	g        *graph.Graph
	p        *Policy
	asOf     time.Time
	duties   [][]uint32 // by duty: nodes that it matches
	subjects []uint32
	rules    []rule  // those that are evaluated
	proven   []level // by mode from Standing
	findings []Finding
	unknown  []NotAssessed
	each     bool // rows name every one of their subjects, not only the first few
}

// A rule that is evaluated, with its duties as bits of a closure's rows.
type rule struct {
	*Rule
	bits []uint64
}

// A level is what one view shows: what is proven in a mode, or what is possible
// behind gaps.
type level struct {
	view    *reach.View
	closure *reach.Closure
	maps    *reach.Maps
}

func (e *evaluation) level(v *reach.View) level {
	c := v.Close(e.duties)
	return level{v, c, c.Maps()}
}

func newEvaluation(g *graph.Graph, p *Policy, asOf time.Time) *evaluation {
	e := &evaluation{g: g, p: p, asOf: asOf, duties: DutyNodes(g, p)}
	e.subjects = e.findSubjects()
	for i := range p.Rules {
		e.admit(&p.Rules[i])
	}
	for m := reach.Standing; m <= p.Mode; m++ {
		e.proven = append(e.proven, e.level(reach.At(g, asOf, m)))
	}
	return e
}

// admit takes a rule in, or says why it cannot be evaluated: a duty that matches
// nothing is more often a typo than a clean company.
func (e *evaluation) admit(r *Rule) {
	bits := make([]uint64, (len(e.p.Duties)+63)/64)
	var dead []string
	for _, i := range r.Duties {
		bits[i/64] |= 1 << (i % 64)
		if d := e.p.Duties[i]; len(e.duties[i]) == 0 && !d.mayBeEmpty(e.asOf) {
			dead = append(dead, d.ID)
		}
	}
	if dead == nil {
		e.rules = append(e.rules, rule{r, bits})
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

// breaks is the only place that decides conflict and critical rules: the subject
// reaches every duty. Something unresolved is a subject only while it holds
// anything.
func (l level) breaks(r rule, subject uint32, kind graph.Kind) bool {
	row := l.closure.Row(subject)
	for i, want := range r.bits {
		if row[i]&want != want {
			return false
		}
	}
	return kind != graph.Unresolved || l.view.Holds(subject)
}

// judgeRules finds, for each subject and rule, the strongest mode in which the
// rule is broken.
func (e *evaluation) judgeRules() {
	weakest := e.proven[len(e.proven)-1]
	for _, s := range e.subjects {
		kind := e.g.ID(s).Kind
		for _, r := range e.rules {
			if !weakest.breaks(r, s, kind) {
				continue
			}
			at := slices.IndexFunc(e.proven, func(l level) bool { return l.breaks(r, s, kind) })
			e.findings = append(e.findings, e.finding(r, s, at))
		}
	}
}

// findSubjects lists identities, accounts that no identity owns, and unresolved
// nodes, which are subjects while they hold something.
func (e *evaluation) findSubjects() []uint32 {
	var all []uint32
	owned := e.owned()
	lo, hi := e.g.Range(graph.Account)
	for n := lo; n < hi; n++ {
		if !owned[n-lo] {
			all = append(all, n)
		}
	}
	lo, hi = e.g.Range(graph.Identity)
	for n := lo; n < hi; n++ {
		all = append(all, n)
	}
	lo, hi = e.g.Range(graph.Unresolved)
	for n := lo; n < hi; n++ {
		all = append(all, n)
	}
	return all
}

// owned says of each account whether an identity owns it at the moment.
func (e *evaluation) owned() []bool {
	accounts, end := e.g.Range(graph.Account)
	owned := make([]bool, end-accounts)
	lo, hi := e.g.Range(graph.Identity)
	for n := lo; n < hi; n++ {
		for _, edge := range e.g.Out(n) {
			if edge.Kind() == graph.Owns && e.g.Terms(edge).Holds(e.asOf) {
				owned[edge.To-accounts] = true
			}
		}
	}
	return owned
}

// finding proves that a subject breaks a rule at a level: for each duty the
// shortest path in the strongest mode in which it is held.
func (e *evaluation) finding(r rule, subject uint32, at int) Finding {
	kind := "sod"
	if r.Kind == CriticalRule {
		kind = "critical"
	}
	f := Finding{Kind: kind, Rule: r.ID, Severity: r.Severity, Mode: e.proven[at].view.Mode(), Subjects: []graph.ID{e.g.ID(subject)}}
	for _, duty := range r.Duties {
		for _, l := range e.proven[:at+1] {
			if path, ok := e.path(l, subject, duty); ok {
				f.Witness = append(f.Witness, Witness{Duty: e.p.Duties[duty].ID, Path: path})
				break
			}
		}
	}
	return f
}

func (e *evaluation) path(l level, subject uint32, duty int) (reach.Path, bool) {
	if !l.closure.Has(subject, duty) {
		return reach.Path{}, false
	}
	return l.maps.To(duty).From(subject)
}

// settle gives a finding its id and its status.
func (e *evaluation) settle(f *Finding) {
	f.ID = FindingID(f.Rule, f.Subjects)
	f.Status = Open
	for i := range e.p.Accepted {
		a := &e.p.Accepted[i]
		if !a.covers(f) {
			continue
		}
		if a.Expires.Includes(e.asOf) {
			f.Status, f.Acceptance = Accepted, a
			return
		}
		f.Acceptance = a // told as expired
	}
}

func (a *Acceptance) covers(f *Finding) bool {
	if a.Rule != f.Rule && a.Check != f.Rule {
		return false
	}
	for _, s := range f.Subjects {
		if !slices.Contains(a.Subjects, s) {
			return false
		}
	}
	return true
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
