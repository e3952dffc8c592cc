// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"fmt"
	"slices"

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
	told := map[string]bool{}
	for _, f := range w.Findings {
		told[f.ID] = !w.paths[f.Line]
	}
	r := *w.Review
	known := slices.ContainsFunc(r.Lines, func(l ReviewLine) bool { return l.MFA != "" })
	r.Lines = each(r.Lines, func(l *ReviewLine) {
		if known && l.Holder.ID.Kind == graph.Account {
			l.MFA = w.text("known or not")
		}
		l.Findings = each(l.Findings, func(f *ReviewFinding) {
			if !told[f.ID] {
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
