// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/whatif"
)

// A WhatIf says what a change does to the findings, resolved for readers. Its lists
// are sorted by rule, then subjects.
type WhatIf struct {
	AsOf     time.Time
	Mode     reach.Mode // the weakest that was judged
	Snapshot SnapshotInfo
	Policy   PolicyInfo
	Rules    []Rule // and checks

	Added   []Finding
	Removed []Removed
	Changed []Changed
	Doubts  []NotAssessed // newly not assessed
	Cleared []NotAssessed // no longer not assessed

	New         int // of Added and Changed: open, and new or worse than before
	NotAssessed int // of Doubts: rows that nobody accepted
	Judged      int // subjects that were judged again
}

// Removed is a finding that is no longer proven.
type Removed struct {
	Finding
	Unsure string // why it is not assessed now; "" when it is disproved
}

// Changed is a finding that is there before and after, and not the same.
type Changed struct {
	Before, After Finding
	What          []string // what differs: mode, severity, status, witness, …
	Worse         bool     // see [whatif.Worse]
}

// Was tells one of the differences in words: what it was before, and what it is now.
// Both are empty for what is more than a word, such as a witness.
func (c Changed) Was(what string) (before, after string) {
	switch what {
	case "mode":
		return ModeName(c.Before.Mode), ModeName(c.After.Mode)
	case "severity":
		return c.Before.Severity.String(), c.After.Severity.String()
	case "status":
		return string(c.Before.Status), string(c.After.Status)
	case "detail":
		return c.Before.Detail, c.After.Detail
	}
	return "", ""
}

// NewWhatIf resolves what a change does. It needs policy, snapshot and result.
func NewWhatIf(p *sod.Policy, s SnapshotInfo, r *whatif.Result) (*WhatIf, error) {
	if p == nil || r == nil {
		return nil, errors.New("what if: policy and result are both needed")
	}
	before, err := New(Input{Graph: r.Before.Graph, Policy: p, Report: r.Before.Report, Snapshot: s})
	if err != nil {
		return nil, fmt.Errorf("before the change: %w", err)
	}
	after, err := New(Input{Graph: r.After.Graph, Policy: p, Report: r.After.Report, Snapshot: s})
	if err != nil {
		return nil, fmt.Errorf("after the change: %w", err)
	}
	x := &WhatIf{
		AsOf: after.AsOf, Mode: after.Mode, Snapshot: s, Policy: after.Policy, Rules: after.Rules,
		Doubts: after.NotAssessed, Cleared: before.NotAssessed,
		New: r.New(), NotAssessed: r.Doubts(), Judged: r.Judged,
	}
	x.pair(r, before.Findings, after.Findings)
	return x, nil
}

// pair sorts the findings of both sides, whose packets have them in the order of
// the reports.
func (x *WhatIf) pair(r *whatif.Result, before, after []Finding) {
	was := map[string]int{}
	for i, f := range before {
		was[f.ID] = i
	}
	paired := map[string]bool{}
	for i, f := range after {
		j, ok := was[f.ID]
		if !ok {
			x.Added = append(x.Added, f)
			continue
		}
		paired[f.ID] = true
		a, b := r.Before.Report.Findings[j], r.After.Report.Findings[i]
		x.Changed = append(x.Changed, Changed{before[j], f, whatif.Differences(a, b), whatif.Worse(a, b)})
	}
	for _, f := range before {
		if !paired[f.ID] {
			x.Removed = append(x.Removed, Removed{f, r.Doubtful[f.ID]})
		}
	}
}

// Unsure counts the findings of Removed that are not disproved.
func (x *WhatIf) Unsure() int {
	n := 0
	for _, f := range x.Removed {
		if f.Unsure != "" {
			n++
		}
	}
	return n
}

// Verdict says in one sentence what the change does.
func (x *WhatIf) Verdict() string {
	var parts []string
	tell := func(n int, what string) {
		if n > 0 {
			parts = append(parts, Plural(n, "finding")+" "+what)
		}
	}
	tell(len(x.Added), "added")
	tell(len(x.Removed)-x.Unsure(), "removed")
	tell(x.Unsure(), "no longer proven, and NOT ASSESSED now")
	tell(len(x.Changed), "changed")
	if len(parts) == 0 {
		parts = append(parts, "no finding added, removed or changed")
	}
	if n := len(x.Doubts); n > 0 {
		parts = append(parts, "newly NOT ASSESSED: "+Plural(n, "row"))
	}
	if n := len(x.Cleared); n > 0 {
		parts = append(parts, "no longer not assessed: "+Plural(n, "row"))
	}
	return strings.Join(parts, "; ")
}
