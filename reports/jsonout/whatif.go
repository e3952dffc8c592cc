// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"io"
	"strings"

	"github.com/foureyes-iga/foureyes/reports"
)

const whatIfFormat = "foureyes/whatif/1"

type whatIf struct {
	Format   string        `json:"format"`
	Snapshot snapshot      `json:"snapshot"`
	Policy   policy        `json:"policy"`
	AsOf     string        `json:"as_of"`
	Mode     string        `json:"mode"`
	Verdict  string        `json:"verdict"`
	Summary  whatIfSummary `json:"summary"`
	Added    []plainFind   `json:"added"`
	Removed  []removed     `json:"removed"`
	Changed  []changed     `json:"changed"`
	Doubts   []plainRow    `json:"newly_not_assessed"`
	Cleared  []plainRow    `json:"no_longer_not_assessed"`
}

type whatIfSummary struct {
	New      int `json:"new"`
	Added    int `json:"added"`
	Removed  int `json:"removed"`
	Unsure   int `json:"removed_not_assessed"`
	Changed  int `json:"changed"`
	Doubts   int `json:"newly_not_assessed"`
	DoubtsOf int `json:"newly_not_assessed_rows"`
	Judged   int `json:"subjects_judged"`
}

// plainFind is a finding without what belongs to a report: its line number and its
// change against a baseline.
type plainFind struct {
	finding
	Line   *int `json:"line,omitempty"` // hides the line of the finding
	Change *int `json:"change,omitempty"`
}

type plainRow struct {
	notAssessed
	Names []string `json:"example_names"`
	Line  *int     `json:"line,omitempty"`
}

type removed struct {
	plainFind
	Unsure string `json:"not_assessed_now,omitempty"`
}

type changed struct {
	ID     string    `json:"id"`
	What   []string  `json:"what"`
	Worse  bool      `json:"worse"`
	Before plainFind `json:"before"`
	After  plainFind `json:"after"`
}

// WhatIf writes what a change does as one JSON object and a line feed.
func WhatIf(w io.Writer, x *reports.WhatIf) error { return encode(w, whatIfOf(x)) }

func whatIfOf(x *reports.WhatIf) whatIf {
	d := whatIf{
		Format:   whatIfFormat,
		Snapshot: snapshotOf(x.Snapshot),
		Policy:   policy{x.Policy.Digest, x.Policy.Name},
		AsOf:     instant(x.AsOf), Mode: reports.ModeName(x.Mode), Verdict: x.Verdict(),
		Summary: whatIfSummary{x.New, len(x.Added), len(x.Removed), x.Unsure(), len(x.Changed), countSubjects(x.Doubts), x.NotAssessed, x.Judged},
		Added:   plainFinds(x.Added), Removed: []removed{}, Changed: []changed{},
		Doubts: plainRows(x.Doubts), Cleared: plainRows(x.Cleared),
	}
	for _, f := range x.Removed {
		d.Removed = append(d.Removed, removed{plainFind{finding: findingOf(f.Finding)}, f.Unsure})
	}
	for _, c := range x.Changed {
		d.Changed = append(d.Changed, changed{c.After.ID, c.What, c.Worse, plainFind{finding: findingOf(c.Before)}, plainFind{finding: findingOf(c.After)}})
	}
	return d
}

// countSubjects adds the subjects of the rows that nobody accepted.
func countSubjects(rows []reports.NotAssessed) int {
	n := 0
	for _, r := range rows {
		if !r.Accepted {
			n += r.Subjects
		}
	}
	return n
}

func plainFinds(all []reports.Finding) []plainFind {
	out := []plainFind{}
	for _, f := range all {
		out = append(out, plainFind{finding: findingOf(f)})
	}
	return out
}

func plainRows(all []reports.NotAssessed) []plainRow {
	out := []plainRow{}
	for _, n := range all {
		out = append(out, plainRow{notAssessed: rowOf(n), Names: names(n.Examples)})
	}
	return out
}

func rowOf(n reports.NotAssessed) notAssessed {
	out := notAssessed{Line: n.Line, Rule: n.Rule, Mode: reports.ModeName(n.Mode), Subjects: n.Subjects, Reason: n.Reason, Gaps: some(n.Gaps), Examples: ids(n.Examples), Accepted: n.Accepted}
	if n.Severity != 0 {
		out.Severity = n.Severity.String()
	}
	return out
}

// WhatIfSARIF writes what a change adds and worsens as SARIF 2.1.0: findings that
// the change removes are results that are absent.
func WhatIfSARIF(w io.Writer, x *reports.WhatIf) error {
	run, index := newRun(x.Rules, map[string]string{"asOf": instant(x.AsOf), "policy": x.Policy.Digest, "snapshot": x.Snapshot.Digest, "verdict": x.Verdict()})
	run.notAssessed(x.Doubts)
	add := func(f reports.Finding, state, note string) {
		r := sarifOf(f, index, x.AsOf)
		r.Baseline = state
		if note != "" {
			r.Message.Text += note
		}
		run.Results = append(run.Results, r)
	}
	for _, f := range x.Added {
		add(f, "new", "")
	}
	for _, c := range x.Changed {
		add(c.After, "updated", ": "+changeNote(c))
	}
	for _, f := range x.Removed {
		if f.Unsure == "" { // else it is told as not assessed
			add(f.Finding, "absent", "")
		}
	}
	return encode(w, logOf(run))
}

// changeNote says what became of a finding that stays: "mode eligible before,
// standing now".
func changeNote(c reports.Changed) string {
	var notes []string
	for _, what := range c.What {
		if was, now := c.Was(what); was != "" {
			notes = append(notes, what+" "+was+" before, "+now+" now")
		} else {
			notes = append(notes, "another "+what)
		}
	}
	return reports.Display(strings.Join(notes, "; "))
}
