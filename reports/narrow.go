// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"slices"

	"github.com/foureyes-iga/foureyes/sod"
)

// Only says what part of a campaign a review is; "" is all of it.
func (r *Review) Only() string {
	switch {
	case !r.Reviewer.ID.IsZero():
		return "the lines of " + r.Reviewer.Label()
	case r.Application != "":
		return "access that leads to " + r.Application
	}
	return ""
}

// ToApplication returns what of a review leads to an application. Statements stay those
// of everybody who decided about a line of it.
func (r *Review) ToApplication(a sod.Application) *Review {
	out := *r
	out.Application = labelled(a.ID, a.Title)
	out.Lines, out.SignOffs = nil, nil
	deciders := map[string]bool{}
	for _, l := range r.Lines {
		if slices.Contains(l.Opens, applicationLabel(a)) {
			out.Lines = append(out.Lines, l)
			deciders[l.Reviewer.ID.String()] = true
		}
	}
	for _, s := range r.SignOffs {
		if deciders[s.By.ID.String()] {
			out.SignOffs = append(out.SignOffs, s)
		}
	}
	out.Counts = countAnswers(out.Lines)
	return &out
}

// applicationLabel is how lines name an application that they lead to.
func applicationLabel(a sod.Application) string { return "application " + labelled(a.ID, a.Title) }

// narrowed leaves in the input what the lines of its review are about. What could not be
// read stays: it may hide something of them.
func (in Input) narrowed() Input {
	about := map[string]bool{}
	for _, l := range in.Review.Lines {
		for _, f := range l.Findings {
			about[f.ID] = true
		}
	}
	report := *in.Report
	report.Findings = slices.Clone(report.Findings)
	report.Drop(func(f sod.Finding) bool { return !about[f.ID] }, func(sod.NotAssessed) bool { return false })
	report.ControlPlane, report.ByPlane = nil, nil
	in.Report, in.Forward, in.Dropped, in.LeftOut = &report, nil, Dropped{}, nil
	in.Baseline = in.Baseline.narrowed(about)
	return in
}

// narrowed leaves the findings of these ids.
func (f *Findings) narrowed(about map[string]bool) *Findings {
	if f == nil {
		return nil
	}
	out := *f
	out.Findings = slices.DeleteFunc(slices.Clone(f.Findings), func(p Past) bool { return !about[p.ID] })
	out.Gone = slices.DeleteFunc(slices.Clone(f.Gone), func(g Gone) bool { return !about[g.ID] })
	return &out
}
