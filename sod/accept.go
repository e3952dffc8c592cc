// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"fmt"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// A LapseReason is why an acceptance does not count, in a word for programs.
type LapseReason string

// The reasons why an acceptance does not count.
const (
	LapseExpired      LapseReason = "expired"            // its last day is over
	LapseSelfApproved LapseReason = "self-approved"      // the approver is one of the subjects
	LapseApproverLeft LapseReason = "approver-left"      // the approver is not there any more
	LapseOwnerLeft    LapseReason = "control-owner-left" // nor who owns the compensating control
	LapseOverdue      LapseReason = "control-overdue"    // the compensating control was not performed in time
	LapseChanged      LapseReason = "changed"            // the access is not what was approved
	LapseOthers       LapseReason = "others"             // others together break the rule as well
)

// A Lapse says why an acceptance does not count.
type Lapse struct {
	Reason LapseReason
	Why    string
}

// A JudgedAcceptance is one acceptance of the policy at the moment of evaluation.
type JudgedAcceptance struct {
	*Acceptance
	Lapses  []Lapse  // why it does not count; none: it does
	Unknown []string // what it rests on and nobody could tell
}

// JudgeAcceptances judges each acceptance of p by itself, in the order of the
// policy, whatever it covers. Without a graph, when g is nil, nobody is known to
// have left.
func JudgeAcceptances(g *graph.Graph, p *Policy, asOf time.Time) []JudgedAcceptance {
	people := newPeople(g, asOf)
	all := make([]JudgedAcceptance, len(p.Accepted))
	for i := range p.Accepted {
		all[i] = JudgedAcceptance{Acceptance: &p.Accepted[i]}
		all[i].judge(p, people, asOf)
	}
	return all
}

// judge is the only place that decides whether an acceptance counts, but for what it
// is held against; see [acceptor.against].
func (j *JudgedAcceptance) judge(p *Policy, people *people, asOf time.Time) {
	if !j.Expires.Includes(asOf) {
		j.lapse(LapseExpired, "it expired on %s", j.Expires)
	}
	for _, s := range j.Subjects {
		if people.same(j.ApprovedBy, s) {
			j.lapse(LapseSelfApproved, "%s approved an acceptance for %s: nobody accepts their own risk", j.ApprovedBy, s)
			break
		}
	}
	j.presence(people, LapseApproverLeft, "its approver", j.ApprovedBy)
	if j.CompensatingControl == "" {
		return
	}
	i := slices.IndexFunc(p.Compensating, func(c CompensatingControl) bool { return c.ID == j.CompensatingControl })
	if i < 0 {
		j.lapse(LapseOverdue, "compensating control %s is not in the policy", j.CompensatingControl)
		return
	}
	j.compensated(p.Compensating[i], people, asOf)
}

func (j *JudgedAcceptance) compensated(c CompensatingControl, people *people, asOf time.Time) {
	if c.Owner.IsZero() {
		j.unknown("who owns compensating control %s is not stated", c.ID)
	} else {
		j.presence(people, LapseOwnerLeft, "the owner of compensating control "+c.ID, c.Owner)
	}
	switch {
	case c.Every == 0:
		j.unknown("how often compensating control %s is due is not stated", c.ID)
	case c.LastPerformed.IsZero():
		j.lapse(LapseOverdue, "compensating control %s is overdue: it is not known to have been performed", c.ID)
	case !c.LastPerformed.begin().Before(asOf) && !asOf.IsZero():
		j.unknown("compensating control %s was last performed on %s, after the moment that is judged", c.ID, c.LastPerformed)
	case !asOf.Before(c.LastPerformed.end().Add(c.Every)):
		j.lapse(LapseOverdue, "compensating control %s is overdue: it was last performed on %s and is due every %s", c.ID, c.LastPerformed, days(c.Every))
	}
}

// presence lapses an acceptance on somebody who left.
func (j *JudgedAcceptance) presence(people *people, reason LapseReason, role string, id graph.ID) {
	switch is, why := people.presence(id); is {
	case left:
		j.lapse(reason, "%s, %s, %s", role, people.label(id), why)
	case unsure:
		j.unknown("%s, %s: %s", role, people.label(id), why)
	}
}

func (j *JudgedAcceptance) lapse(r LapseReason, format string, args ...any) {
	j.Lapses = append(j.Lapses, Lapse{r, fmt.Sprintf(format, args...)})
}

func (j *JudgedAcceptance) unknown(format string, args ...any) {
	j.Unknown = append(j.Unknown, fmt.Sprintf(format, args...))
}

// days prints a span in days where it is whole days.
func days(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d == day:
		return "day"
	case d%day == 0:
		return fmt.Sprintf("%d days", d/day)
	}
	return d.String()
}

// An acceptor finds what accepts each finding.
type acceptor struct {
	judged  []JudgedAcceptance
	of      map[string][]int // by rule or check: indexes into judged
	digest  func(*Finding) string
	unnamed map[unnamedKey]Lapse
	against []map[LapseReason]bool // by acceptance: why it does not count for findings that it covers
	counts  []int                  // by acceptance: findings that it accepts
}

func newAcceptor(d *digester, unnamed map[unnamedKey]Lapse) *acceptor {
	p := d.p
	a := &acceptor{
		judged: JudgeAcceptances(d.g, p, d.asOf), of: map[string][]int{}, digest: d.digest, unnamed: unnamed,
		against: make([]map[LapseReason]bool, len(p.Accepted)), counts: make([]int, len(p.Accepted)),
	}
	for i, j := range a.judged {
		name := j.Rule + j.Check // one of the two
		a.of[name] = append(a.of[name], i)
		a.against[i] = map[LapseReason]bool{}
	}
	return a
}

// settle gives a finding its status, and the acceptance that accepts it, or the
// last one that would if it had not lapsed.
func (a *acceptor) settle(f *Finding) {
	f.Status = Open
	for _, i := range a.about(f) {
		j := &a.judged[i]
		if !j.covers(f) {
			continue
		}
		f.Acceptance, f.Unknown = j.Acceptance, j.Unknown
		f.Lapses = slices.Concat(j.Lapses, a.lapseOfChange(i, f), a.lapseOfOthers(i, f))
		if len(f.Lapses) == 0 {
			f.Status = Accepted
			a.counts[i]++
			return
		}
	}
}

// about lists the acceptances of a finding's rule, and of its check.
func (a *acceptor) about(f *Finding) []int {
	if f.Kind == RoleConflict {
		return slices.Concat(a.of[f.Rule], a.of[RoleConflict])
	}
	return a.of[f.Rule]
}

// lapseOfChange reopens a finding whose access is not what was approved: an
// acceptance that states no digest approves of whatever its subjects hold.
func (a *acceptor) lapseOfChange(i int, f *Finding) []Lapse {
	want := a.judged[i].Digest
	if want == "" || want == a.digest(f) {
		return nil
	}
	a.against[i][LapseChanged] = true
	return []Lapse{{LapseChanged, "the access is not what was approved: other rights, or held in another mode"}}
}

// lapseOfOthers reopens a collusion when others together break the rule too.
func (a *acceptor) lapseOfOthers(i int, f *Finding) []Lapse {
	lapse, is := a.unnamed[unnamedKey{f.ID, i}]
	if !is {
		return nil
	}
	a.against[i][LapseOthers] = true
	return []Lapse{lapse}
}

// take returns the acceptances of the policy. One that covers findings and
// matches none of them has lapsed as a whole.
func (a *acceptor) take() []JudgedAcceptance {
	for i := range a.judged {
		if a.counts[i] > 0 {
			continue
		}
		if a.against[i][LapseChanged] {
			a.judged[i].lapse(LapseChanged, "no finding is what was approved: other rights, or held in another mode")
		}
		if a.against[i][LapseOthers] {
			a.judged[i].lapse(LapseOthers, "others together break the rule too, and it does not name them")
		}
	}
	return a.judged
}

func (a *Acceptance) covers(f *Finding) bool {
	of := a.Rule
	if f.Mode == 0 {
		of = a.Check
	}
	if of != f.Rule && !(f.Kind == RoleConflict && a.Check == RoleConflict) {
		return false
	}
	for _, s := range f.Subjects {
		if !slices.Contains(a.Subjects, s) {
			return false
		}
	}
	return true
}
