// SPDX-License-Identifier: Apache-2.0

// Package lint says what is odd in a policy that can be read: what nothing uses,
// what matches nothing, which rules say the same or contradict each other, who is
// not there, what has expired.
//
// Limitations: it judges the policy, not the access; what the policy finds is the
// business of package sod.
package lint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// A Severity says whether a problem makes the policy say something else than it
// seems to.
type Severity string

// The severities of problems.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Note    Severity = "note" // nothing is wrong; see [Coverage]
)

// A Problem is one thing to look at.
type Problem struct {
	Severity Severity
	Where    string // such as "duty develop"
	Msg      string
}

// String returns "severity: where: message".
func (p Problem) String() string {
	return string(p.Severity) + ": " + p.Where + ": " + p.Msg
}

// Lint returns the problems of p in the order of its sections. Matches are the
// numbers of nodes of g for each duty, as [sod.DutyNodes] returns them. Without a
// graph, when g is nil, only the policy itself is judged. AsOf decides what has
// expired; the zero time means that nothing has.
func Lint(p *sod.Policy, g *graph.Graph, matches [][]uint32, asOf time.Time) []Problem {
	l := &linter{p: p, g: g, matches: matches, asOf: asOf}
	for i, a := range p.Approved {
		l.officer(fmt.Sprintf("approval %d", i+1), "approver", a.By)
	}
	for _, a := range p.Apps {
		l.officer("application "+a.ID, "owner", a.Owner)
	}
	if len(p.Rules)+len(p.Checks) == 0 {
		l.add(Warning, "policy", "it has no rule and no check: nothing is assessed by it")
	}
	l.vendors()
	l.controls()
	l.duties()
	l.rules()
	l.overlaps()
	l.idle()
	l.controlPlane()
	l.checkScopes()
	for _, c := range p.Compensating {
		l.officer("compensating control "+c.ID, "owner", c.Owner)
	}
	l.acceptances()
	l.lasting()
	l.gaps()
	return l.problems
}

type linter struct {
	p        *sod.Policy
	g        *graph.Graph
	matches  [][]uint32
	asOf     time.Time
	problems []Problem
}

func (l *linter) add(s Severity, where, format string, args ...any) {
	l.problems = append(l.problems, Problem{s, where, fmt.Sprintf(format, args...)})
}

// absent reports whether id is one that the snapshot does not know.
func (l *linter) absent(id graph.ID) bool {
	if l.g == nil || id.IsZero() {
		return false
	}
	_, ok := l.g.Find(id)
	return !ok
}

func (l *linter) person(where, role string, id graph.ID) {
	if l.absent(id) {
		l.add(Warning, where, "%s %s is not in the snapshot", role, id)
	}
}

func (l *linter) controls() {
	defined := map[string]bool{"": true}
	for _, c := range l.p.Controls {
		defined[c.ID] = true
	}
	used := map[string]bool{}
	use := func(where, control string) {
		used[control] = true
		if !defined[control] {
			l.add(Warning, where, "control %s is not among the controls: nobody is told to own it", control)
		}
	}
	for _, r := range l.p.Rules {
		use("rule "+r.ID, r.Control)
	}
	for _, c := range l.p.Checks {
		use("check "+c.Name, c.Control)
	}
	for _, c := range l.p.Controls {
		where := "control " + c.ID
		if !used[c.ID] {
			l.add(Warning, where, "no rule and no check tests it")
		}
		if c.Owner.IsZero() {
			l.add(Warning, where, "it has no owner")
		}
		l.officer(where, "owner", c.Owner)
	}
}

func (l *linter) duties() {
	used := make([]bool, len(l.p.Duties))
	for _, r := range l.p.Rules {
		for _, i := range r.Duties {
			used[i] = true
		}
	}
	for i, d := range l.p.Duties {
		where := "duty " + d.ID
		if !used[i] {
			l.add(Warning, where, "no rule uses it")
		}
		if slices.ContainsFunc(d.Holds, IsPlaceholder) {
			l.add(Error, where, "it holds %s, a placeholder of the template: put your own groups, roles or rights there, or take the duty and its rules out", placeholderOf(d))
			continue
		}
		if l.g == nil {
			continue
		}
		if len(l.matches[i]) == 0 {
			l.empty(where, d)
		} else {
			l.deadSelectors(where, d)
		}
		for _, s := range d.Holds {
			l.letterCase(where, s)
		}
	}
}

func (l *linter) empty(where string, d sod.Duty) {
	switch may := d.MayBeEmpty; {
	case may == nil:
		l.add(Error, where, "it matches nothing in the snapshot, so its rules are not assessed; correct it, or say may_be_empty")
	case !may.Until.IsZero() && !may.Until.Includes(l.asOf):
		l.add(Error, where, "it matches nothing in the snapshot, and might only until %s", may.Until)
	}
}

// letterCase warns of names that s would match if letters matched in either case.
func (l *linter) letterCase(where string, s sod.Selector) {
	if s.Name == "" {
		return
	}
	loose := s
	loose.Name = "*"
	exact, folded := sod.Glob(s.Name), sod.Glob(strings.ToLower(s.Name))
	var missed []string
	for _, n := range sod.Match(l.g, []sod.Selector{loose}) {
		name := l.g.Name(n)
		if !exact.Match(name) && folded.Match(strings.ToLower(name)) {
			missed = append(missed, name)
		}
	}
	if len(missed) > 0 {
		l.add(Warning, where, "name %q would also match %q%s if the case of letters did not matter", s.Name, missed[0], more(len(missed)-1))
	}
}

func more(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}

// rules warns of conflicts that one node alone fulfils, and of people rules that
// nothing enforces.
func (l *linter) rules() {
	for _, r := range l.p.Rules {
		l.together(&r)
		if r.Kind != sod.ConflictRule || l.g == nil {
			continue
		}
		both := slices.Clone(l.matches[r.Duties[0]])
		for _, i := range r.Duties[1:] {
			both = slices.DeleteFunc(both, func(n uint32) bool {
				_, ok := slices.BinarySearch(l.matches[i], n)
				return !ok
			})
		}
		if len(both) > 0 {
			l.add(Warning, "rule "+r.ID, "every holder of these is a finding, since each gives all its duties: %s%s", l.g.ID(both[0]), more(len(both)-1))
		}
	}
}

// acceptances tells why those that do not count do not, as package sod decides it.
func (l *linter) acceptances() {
	for i, a := range sod.JudgeAcceptances(l.g, l.p, l.asOf) {
		where := fmt.Sprintf("acceptance %d of %s", i+1, a.Rule+a.Check)
		for _, lapse := range a.Lapses {
			severity := Warning
			if lapse.Reason == sod.LapseSelfApproved {
				severity = Error
			}
			l.add(severity, where, "%s", lapse.Why)
		}
		if !a.ApprovedOn.IsZero() && a.ApprovedOn.End().After(a.Expires.End()) {
			l.add(Warning, where, "it was approved on %s, after the last day on which it holds, %s", a.ApprovedOn, a.Expires)
		}
		l.person(where, "approver", a.ApprovedBy)
		for _, s := range a.Subjects {
			l.person(where, "subject", s)
		}
	}
}

func (l *linter) gaps() {
	for i, a := range l.p.AcceptedGaps {
		where := fmt.Sprintf("accepted gap %d", i+1)
		if !a.Until.Includes(l.asOf) {
			l.add(Warning, where, "it expired on %s", a.Until)
		}
		if a.Source != "" && l.g != nil && !slices.Contains(l.g.Sources(), a.Source) {
			l.add(Warning, where, "it is about source %s, which is not in the snapshot", a.Source)
		}
		l.officer(where, "approver", a.By)
	}
}
