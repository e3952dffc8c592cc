// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"math/bits"
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
	held := newDigester(e.g, e.p, e.asOf)
	accepting, exercising := newAcceptor(held), newExercises(held)
	for i := range e.findings {
		f := &e.findings[i]
		f.ID = f.id()
		accepting.settle(f)
		exercising.judge(f)
	}
	slices.SortStableFunc(e.findings, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Rule, b.Rule), slices.CompareFunc(a.Subjects, b.Subjects, graph.ID.Compare), strings.Compare(a.Same, b.Same))
	})
	slices.SortStableFunc(e.unknown, func(a, b NotAssessed) int {
		return cmp.Or(strings.Compare(a.Rule, b.Rule), cmp.Compare(a.Mode, b.Mode), compareBool(a.Accepted, b.Accepted), slices.Compare(a.Gaps, b.Gaps), strings.Compare(a.Reason, b.Reason))
	})
	return &Report{
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
	e.judgeGaps()
	return slices.DeleteFunc(e.unknown, func(u NotAssessed) bool { return u.Subjects == 0 })
}

// evaluation is the work on one report.
type evaluation struct {
	g        *graph.Graph
	p        *Policy
	asOf     time.Time
	duties   [][]uint32 // by label: nodes that give it; the first labels are the policy's duties
	names    []string   // by label: the duty's ID
	subjects []uint32
	rules    []rule  // those that are evaluated
	proven   []level // by mode from Standing
	findings []Finding
	unknown  []NotAssessed
	each     bool // rows name every one of their subjects, not only the first few
}

// A rule that is evaluated, with its duties as labels of a closure, and these as
// bits of its rows. A rule that counts within each value of an attribute is one for
// each value.
type rule struct {
	*Rule
	labels []int
	bits   []uint64
	value  string
}

// A level is what one view shows: what is proven in a mode, or what is possible
// behind gaps.
type level struct {
	view     *reach.View
	closure  *reach.Closure
	maps     *reach.Maps
	standing *reach.Closure // what is proven in standing mode
}

func (e *evaluation) level(v *reach.View) level {
	c := v.Close(e.duties)
	l := level{v, c, c.Maps(), c}
	if len(e.proven) > 0 {
		l.standing = e.proven[0].closure
	}
	return l
}

func newEvaluation(g *graph.Graph, p *Policy, asOf time.Time) *evaluation {
	e := &evaluation{g: g, p: p, asOf: asOf, duties: DutyNodes(g, p)}
	e.subjects = e.findSubjects()
	for _, d := range p.Duties {
		e.names = append(e.names, d.ID)
	}
	for i := range p.Rules {
		e.admit(&p.Rules[i])
	}
	for i := range e.rules {
		e.rules[i].bits = e.bitsOf(e.rules[i].labels)
	}
	for m := reach.Standing; m <= p.Mode; m++ {
		e.proven = append(e.proven, e.level(reach.At(g, asOf, m)))
	}
	return e
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
		e.rules = append(e.rules, e.instances(r)...)
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

func (e *evaluation) bitsOf(labels []int) []uint64 {
	bits := make([]uint64, (len(e.duties)+63)/64)
	for _, i := range labels {
		bits[i/64] |= 1 << (i % 64)
	}
	return bits
}

// instances returns a rule as it is evaluated: once, or once for each value of the
// attribute within which it counts.
func (e *evaluation) instances(r *Rule) []rule {
	if r.Same == "" {
		return []rule{{Rule: r, labels: r.Duties}}
	}
	var all []rule
	for _, value := range e.values(r) {
		one := rule{Rule: r, value: value}
		for _, duty := range r.Duties {
			one.labels = append(one.labels, e.label(duty, r.Same, value))
		}
		all = append(all, one)
	}
	return all
}

// values lists what an attribute is at the nodes of a rule's duties, in order.
func (e *evaluation) values(r *Rule) []string {
	values := map[string]bool{}
	for _, duty := range r.Duties {
		for _, n := range e.duties[duty] {
			for _, v := range e.g.AttrValues(n, r.Same) {
				values[v] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(values))
}

// label makes a label of the nodes of a duty that have a value, or of which it is
// not known that they have another one.
func (e *evaluation) label(duty int, key, value string) int {
	var nodes []uint32
	for _, n := range e.duties[duty] {
		if vs := e.g.AttrValues(n, key); len(vs) == 0 || slices.Contains(vs, value) {
			nodes = append(nodes, n)
		}
	}
	e.duties, e.names = append(e.duties, nodes), append(e.names, e.p.Duties[duty].ID)
	return len(e.duties) - 1
}

// leavesOut reports whether a rule is not for a subject: an attribute of his is
// known and is not what the rule asks for.
func (e *evaluation) leavesOut(r *Rule, subject uint32) bool {
	return slices.ContainsFunc(r.Where, func(w AttrPattern) bool {
		values := e.g.AttrValues(subject, w.Key)
		fits := func(v string) bool {
			return slices.ContainsFunc(r.Where, func(x AttrPattern) bool { return x.Key == w.Key && Glob(x.Pattern).Match(v) })
		}
		return len(values) > 0 && !slices.ContainsFunc(values, fits)
	})
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

// breaks is the only place that decides the rules about one subject. Something
// unresolved is a subject only while it holds anything.
func (l level) breaks(r rule, subject uint32, kind graph.Kind) bool {
	return l.forbidden(r, subject) && (kind != graph.Unresolved || l.view.Holds(subject))
}

func (l level) forbidden(r rule, subject uint32) bool {
	switch r.Kind {
	case AtMostRule:
		return l.held(r, subject) > r.Limit
	case RequiresRule:
		return l.closure.Has(subject, r.labels[0]) && !l.standing.Has(subject, r.labels[1])
	case PeopleRule:
		return false // it is about several: see coalitions
	}
	return l.holdsAll(r, subject)
}

func (l level) holdsAll(r rule, subject uint32) bool {
	row := l.closure.Row(subject)
	for i, want := range r.bits {
		if row[i]&want != want {
			return false
		}
	}
	return true
}

// held counts the duties of a rule that a subject holds.
func (l level) held(r rule, subject uint32) int {
	row, n := l.closure.Row(subject), 0
	for i, want := range r.bits {
		n += bits.OnesCount64(row[i] & want)
	}
	return n
}

// judgeRules finds, for each subject and rule, the strongest mode in which the
// rule is broken.
func (e *evaluation) judgeRules() {
	weakest := e.proven[len(e.proven)-1]
	for _, s := range e.subjects {
		kind := e.g.ID(s).Kind
		for _, r := range e.rules {
			if !weakest.breaks(r, s, kind) || e.leavesOut(r.Rule, s) {
				continue
			}
			at := slices.IndexFunc(e.proven, func(l level) bool { return l.breaks(r, s, kind) })
			e.findings = append(e.findings, e.finding(r, s, at))
		}
	}
	e.judgeCoalitions()
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
	f := Finding{Kind: r.finds(), Rule: r.ID, Same: r.value, Severity: r.Severity, Mode: e.proven[at].view.Mode(), Subjects: []graph.ID{e.g.ID(subject)}}
	for _, duty := range r.proved() {
		if w, ok := e.witness(subject, duty, at); ok {
			f.Witness = append(f.Witness, w)
		}
	}
	return f
}

// finds names the kind of findings of a rule.
func (r *Rule) finds() string {
	switch r.Kind {
	case CriticalRule:
		return "critical"
	case RequiresRule:
		return "requires"
	case PeopleRule:
		return "collusion"
	}
	return "sod"
}

// proved lists the duties of a rule that a finding has to prove to be held, as far
// as they are: that a duty is lacking has no path.
func (r rule) proved() []int {
	if r.Kind == RequiresRule {
		return r.labels[:1]
	}
	return r.labels
}

// witness finds how a subject holds a duty in the strongest mode in which he does,
// down to that of a level.
func (e *evaluation) witness(subject uint32, duty, at int) (Witness, bool) {
	for _, l := range e.proven[:at+1] {
		if path, ok := e.path(l, subject, duty); ok {
			return Witness{Duty: e.names[duty], Path: path}, true
		}
	}
	return Witness{}, false
}

func (e *evaluation) path(l level, subject uint32, duty int) (reach.Path, bool) {
	if !l.closure.Has(subject, duty) {
		return reach.Path{}, false
	}
	return l.maps.To(duty).From(subject)
}

// id names a finding. A collusion keeps its name when other people do it.
func (f *Finding) id() string {
	rule, subjects := f.Rule, f.Subjects
	if f.Same != "" {
		rule += "\n=" + f.Same
	}
	if f.Kind == "collusion" {
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
