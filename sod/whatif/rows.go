// SPDX-License-Identifier: Apache-2.0

package whatif

import (
	"cmp"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// A doubt is one subject that is not assessed for one rule in one mode. Which gaps
// are to blame does not matter: another gap is no new doubt.
type doubt struct {
	rule     string
	mode     reach.Mode
	accepted bool
	subject  graph.ID // zero: of everybody together, or it is not known of whom
	text     string   // tells such rows apart
}

// doubtsOf takes a row apart.
func doubtsOf(n sod.NotAssessed) []doubt {
	d := doubt{rule: n.Rule, mode: n.Mode, accepted: n.Accepted}
	switch {
	case n.Together:
		d.text = "within " + n.Same
		return []doubt{d}
	case n.Subjects == 0:
		d.text = strings.Join(append([]string{n.Reason}, n.Gaps...), "\n")
		return []doubt{d}
	}
	all := make([]doubt, len(n.Examples))
	for i, s := range n.Examples {
		all[i] = d
		all[i].subject = s
	}
	return all
}

// onlyRows returns the rows of a without the doubts that b has too.
func onlyRows(a, b []sod.NotAssessed) []sod.NotAssessed {
	there := map[doubt]bool{}
	for _, row := range b {
		for _, d := range doubtsOf(row) {
			there[d] = true
		}
	}
	var out []sod.NotAssessed
	for _, row := range a {
		var left []graph.ID
		any := false
		for _, d := range doubtsOf(row) {
			if there[d] {
				continue
			}
			any = true
			if !d.subject.IsZero() {
				left = append(left, d.subject)
			}
		}
		if any {
			if !row.Together {
				row.Subjects, row.Examples = len(left), left
			}
			out = append(out, row)
		}
	}
	return out
}

// doubtful says which findings that are gone are not assessed now: by a row of
// their subjects, or of a people rule by any within their value; by one of the whole rule that is new; or, when a subject is not
// there any more, by one that says that subjects may be missing.
func doubtful(r *Result, now *sod.Report) map[string]string {
	type about struct {
		rule    string
		subject graph.ID // zero: of everybody
		within  string
	}
	why := map[about]string{}
	note := func(a about, reason string) { why[a] = cmp.Or(why[a], reason) }
	for _, row := range r.After.Report.NotAssessed {
		if row.Subjects == 0 {
			note(about{rule: row.Rule}, row.Reason)
		}
	}
	missing := map[string]string{}
	for _, row := range now.NotAssessed {
		if row.Together {
			note(about{rule: row.Rule, within: row.Same}, row.Reason)
			continue
		}
		for _, s := range row.Examples {
			note(about{rule: row.Rule, subject: s}, row.Reason)
		}
		if row.Subjects == 0 {
			missing[row.Rule] = row.Reason
		}
	}
	still := map[string]bool{}
	for _, f := range r.After.Report.Findings {
		still[f.ID] = true
	}
	out := map[string]string{}
	goesOn := sod.Followed(r.After.Graph, now.AsOf, r.Before.Report.Findings)
	for i, f := range r.Before.Report.Findings {
		if still[f.ID] {
			continue
		}
		reason := cmp.Or(why[about{rule: f.Rule}], why[about{rule: f.Rule, within: f.Same}])
		subjects := slices.Clone(f.Subjects)
		for _, x := range goesOn[i] { // of whoever owns the account by now
			subjects = append(subjects, x.Subjects...)
		}
		for _, s := range subjects {
			reason = cmp.Or(reason, why[about{rule: f.Rule, subject: s}])
			if _, there := r.After.Graph.Find(s); !there {
				reason = cmp.Or(reason, missing[f.Rule])
			}
		}
		if reason != "" {
			out[f.ID] = reason
		}
	}
	return out
}
