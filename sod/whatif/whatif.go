// SPDX-License-Identifier: Apache-2.0

package whatif

import (
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// A Result says what is different after a change. A finding that both sides have,
// under the same id, is one that changed.
type Result struct {
	AsOf          time.Time
	Mode          reach.Mode // the weakest mode judged
	Before, After Side
	Judged        int // how many subjects were judged again

	// Doubtful says of findings of Before, by id, why they are not disproved: they are
	// no longer proven, and what was not read may hide them.
	Doubtful map[string]string
}

// A Side is what only one of the two graphs shows, or what it shows otherwise. The
// rows of Report.NotAssessed name every one of their subjects as examples, and only
// those that are not among the rows of the other side.
type Side struct {
	Report *sod.Report
	Graph  *graph.Graph // has everything that the report names
}

// Full compares two graphs by judging both of them whole.
func Full(before, after *graph.Graph, p *sod.Policy, asOf time.Time, judges ...sod.Judge) *Result {
	return Between(before, after, p, asOf, asOf, judges...)
}

// Between is [Full] for two graphs of two moments.
func Between(before, after *graph.Graph, p *sod.Policy, then, now time.Time, judges ...sod.Judge) *Result {
	chosen := newChosen(func(graph.ID) bool { return true })
	return compare(
		Side{sod.EvaluateEach(before, p, then, chosen.take, judges...), before},
		Side{sod.EvaluateEach(after, p, now, chosen.take, judges...), after}, chosen)
}

// chosen are the subjects to be judged, and those that were.
type chosen struct {
	is     func(graph.ID) bool
	judged map[graph.ID]bool
}

func newChosen(is func(graph.ID) bool) *chosen { return &chosen{is, map[graph.ID]bool{}} }

func (c *chosen) take(id graph.ID) bool {
	if !c.is(id) {
		return false
	}
	c.judged[id] = true
	return true
}

// compare leaves of two judgements what is different.
func compare(was, now Side, c *chosen) *Result {
	was.Report = followed(was.Report, now)
	r := &Result{
		AsOf: now.Report.AsOf, Mode: now.Report.Mode, Judged: len(c.judged),
		Before: Side{only(was.Report, now.Report), was.Graph}, After: Side{only(now.Report, was.Report), now.Graph},
	}
	r.Doubtful = doubtful(r, now.Report)
	return r
}

// followed gives the findings of before, whose subject is an account that somebody owns
// by now, the IDs under which they go on. What would go on as a finding that was there
// before is told by that.
func followed(was *sod.Report, now Side) *sod.Report {
	before, after := idsOf(was), idsOf(now.Report)
	var out []sod.Finding
	for i, all := range sod.Followed(now.Graph, now.Report.AsOf, was.Findings) {
		f := was.Findings[i]
		j := slices.IndexFunc(all, func(x sod.Finding) bool { return after[x.ID] })
		switch {
		case after[f.ID] || j < 0:
			out = append(out, f)
		case !before[all[j].ID]:
			f.ID = all[j].ID
			before[f.ID] = true
			out = append(out, f)
		}
	}
	r := *was
	r.Findings = out
	return &r
}

func idsOf(r *sod.Report) map[string]bool {
	all := map[string]bool{}
	for _, f := range r.Findings {
		all[f.ID] = true
	}
	return all
}

// only returns what report a says and b does not say, or says otherwise.
func only(a, b *sod.Report) *sod.Report {
	there := make(map[string]sod.Finding, len(b.Findings))
	for _, f := range b.Findings {
		there[f.ID] = f
	}
	out := &sod.Report{AsOf: a.AsOf, Mode: a.Mode}
	for _, f := range a.Findings {
		if g, ok := there[f.ID]; !ok || len(Differences(g, f)) > 0 {
			out.Findings = append(out.Findings, f)
		}
	}
	out.NotAssessed = onlyRows(a.NotAssessed, b.NotAssessed)
	out.CountCauses() // of what is left
	return out
}

// Differences names what two findings with one id do not have in common: mode,
// severity, status, witness, detail. Their causes depend on what else was found,
// and are not compared.
func Differences(a, b sod.Finding) []string {
	var all []string
	note := func(what string, same bool) {
		if !same {
			all = append(all, what)
		}
	}
	note("mode", a.Mode == b.Mode)
	note("severity", a.Severity == b.Severity)
	note("status", a.Status == b.Status)
	note("subjects", slices.Equal(a.Subjects, b.Subjects))
	note("witness", slices.EqualFunc(a.Witness, b.Witness, sameWitness))
	note("detail", a.Detail == b.Detail)
	return all
}

func sameWitness(a, b sod.Witness) bool {
	return a.Duty == b.Duty && slices.Equal(a.Path.Nodes, b.Path.Nodes) && slices.Equal(a.Path.Kinds, b.Path.Kinds)
}

// New counts what asks for attention after the change and did not before: open
// findings that are new or, as [Worse] has it, worse than they were.
func (r *Result) New() int {
	was := map[string]sod.Finding{}
	for _, f := range r.Before.Report.Findings {
		was[f.ID] = f
	}
	n := 0
	for _, f := range r.After.Report.Findings {
		if b, ok := was[f.ID]; f.Status == sod.Open && (!ok || Worse(b, f)) {
			n++
		}
	}
	return n
}

// Worse reports whether a finding that was there is worse now: open and no longer
// accepted, held more firmly, more severe, with more duties, or broken by fewer people
// together or by more groups of as few.
func Worse(was, now sod.Finding) bool {
	switch {
	case now.Status == sod.Open && was.Status == sod.Accepted, now.Severity > was.Severity:
		return true
	case now.Mode != was.Mode:
		return now.Mode < was.Mode
	case len(now.Subjects) != len(was.Subjects):
		return len(now.Subjects) < len(was.Subjects)
	}
	return now.Coalitions > was.Coalitions || len(now.Witness) > len(was.Witness)
}

// Doubts counts the rows of what is newly not assessed and accepted by nobody.
func (r *Result) Doubts() int {
	n := 0
	for _, row := range r.After.Report.NotAssessed {
		if !row.Accepted {
			n++
		}
	}
	return n
}
