// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// lateness withholds what somebody who left had by control over it.
func (w *withholding) lateness() {
	if w.Lateness == nil {
		return
	}
	l := *w.Lateness
	l.People = each(l.People, func(t *LeaverTiming) {
		hidden := false
		t.Accesses = each(t.Accesses, func(x *TimedAccess) {
			if x.Tie == check.Obtained {
				w.any, hidden = true, true
				w.access(x)
			}
		})
		t.Timing.Accesses = each(t.Timing.Accesses, func(x *check.Timed) {
			if x.Tie == check.Obtained {
				w.timed(x)
			}
		})
		if hidden {
			t.ITWhy = w.text(t.ITWhy)
		}
	})
	w.Lateness = &l
}

func (w *withholding) access(x *TimedAccess) {
	w.timed(&x.Timed)
	x.Thing = annexed("control")
	x.By, x.Outlives = instead(x.By), instead(x.Outlives)
}

func (w *withholding) timed(x *check.Timed) {
	x.ID, x.Why, x.Ended.Of = annexed("control").ID, w.text(x.Why), ""
	x.By, x.Outlives = instead(Thing{ID: x.By}).ID, instead(Thing{ID: x.Outlives}).ID
}

// instead stands for a thing, if there is one.
func instead(t Thing) Thing {
	if t.ID.IsZero() {
		return t
	}
	return annexed("control")
}

// review withholds second factors, findings whose paths are withheld, and what lines of
// control are about.
func (w *withholding) review() {
	if w.Review == nil {
		return
	}
	r := *w.Review
	known := slices.ContainsFunc(r.Lines, func(l ReviewLine) bool { return l.MFA != "" })
	r.Lines = each(r.Lines, func(l *ReviewLine) {
		if known && l.Holder.ID.Kind == graph.Account {
			l.MFA = w.text("known or not")
		}
		l.Findings = each(l.Findings, func(f *ReviewFinding) {
			if !w.told[f.ID] {
				f.ID, f.Title = "F-annex", w.text(f.Title)
			}
		})
		if l.Verb == verb(graph.Controls) {
			w.control(l)
		}
	})
	w.Review = &r
}

// control withholds over what a line gives control. Its item would tell: it is a digest
// of that.
func (w *withholding) control(l *ReviewLine) {
	l.Item, l.Holds = fmt.Sprintf("I-annex-%d", l.Number), annexedLine(l.Number)
	w.any = true
	l.Description, l.Reason, l.ResultWhy = w.text(l.Description), w.text(l.Reason), w.text(l.ResultWhy)
	l.Peers, l.Ways = w.text(l.Peers), nil
	for _, list := range []*[]string{&l.Opens, &l.Removes, &l.Remains} {
		if len(*list) > 0 {
			*list = []string{inAnnex}
		}
	}
	if len(l.ResultPath) > 0 {
		l.ResultPath = []Thing{annexedLine(l.Number)}
	}
	l.Trail = each(l.Trail, func(s *ReviewStep) { s.Reason = w.text(s.Reason) })
}

// notReviewed withholds lines of control of which nobody was asked.
func (w *withholding) notReviewed() {
	w.NotReviewed = each(w.NotReviewed, func(n *NotReviewed) {
		if strings.Contains(n.Sentence, " "+verb(graph.Controls)+" ") {
			n.Item, n.Sentence = "I-annex", w.text(n.Sentence)
		}
	})
}

// remediation withholds steps that are about control over something, or clear findings
// whose paths are withheld, and what keeps those.
func (w *withholding) remediation() {
	if w.Remediation == nil {
		return
	}
	r := *w.Remediation
	r.Steps = each(r.Steps, func(s *RemediationStep) {
		if s.Verb == verb(graph.Controls) || slices.ContainsFunc(s.Clears, w.withheld) {
			w.any = true
			s.From, s.To = annexed("step"), annexed("step")
			s.Owners = each(s.Owners, func(t *Thing) { *t = annexed("step") })
		}
	})
	r.Blocked = each(r.Blocked, func(b *PlanBlock) {
		b.Kept = each(b.Kept, func(g *PlanGrant) {
			if g.Kind == graph.Controls || !w.told[b.ID] {
				w.any, g.From, g.To = true, annexed("kept"), annexed("kept")
			}
		})
	})
	w.Remediation = &r
}
