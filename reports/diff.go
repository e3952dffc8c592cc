// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/diff"
	"github.com/foureyes-iga/foureyes/sod"
)

// A Diff says what is different between two snapshots.
type Diff struct {
	Old, New SnapshotInfo
	*diff.Diff
	Forward  *RollForward
	Findings *WhatIf // nil: no policy was given

	names func(graph.ID) string
}

// NewDiff resolves d, a comparison of these graphs. Policy may be nil.
func NewDiff(d *diff.Diff, older, newer *graph.Graph, was, is SnapshotInfo, p *sod.Policy) *Diff {
	return &Diff{Old: was, New: is, Diff: d, Forward: RollForwardOf(d, was, newer, p), names: func(id graph.ID) string {
		for _, g := range []*graph.Graph{newer, older} {
			if n, ok := g.Find(id); ok && g.Name(n) != "" {
				return g.Name(n)
			}
		}
		return ""
	}}
}

// Thing names an ID as one of the snapshots does.
func (d *Diff) Thing(id graph.ID) Thing { return Thing{id, d.names(id)} }

// Value is the value of an attribute for readers: the name of a thing whose ID the
// value is.
func (d *Diff) Value(v string) string {
	id, err := graph.ParseID(v)
	if err != nil {
		return v
	}
	return d.Thing(id).Label()
}

// NumGrants counts the grants that came and went.
func (d *Diff) NumGrants() (added, removed int) {
	for _, g := range d.Grants {
		added += g.Added.Len()
		removed += g.Removed.Len()
	}
	return added, removed
}

// StateName is a state of coverage in words; the zero State is that of a source
// that is not there.
func StateName(s graph.State) string {
	if s == 0 {
		return "no such source"
	}
	return s.String()
}

// Verdict counts what is different, in one sentence.
func (d *Diff) Verdict() string {
	var parts []string
	tell := func(n int, noun, what string) {
		if n > 0 {
			parts = append(parts, strings.TrimSpace(Plural(n, noun)+" "+what))
		}
	}
	added, removed := d.NumGrants()
	tell(len(d.Joiners), "joiner", "")
	tell(len(d.Leavers), "leaver", "")
	tell(len(d.Movers), "mover", "")
	tell(len(d.Accounts.Added), "account", "added")
	tell(len(d.Accounts.Removed), "account", "removed")
	tell(added, "grant", "added")
	tell(removed, "grant", "removed")
	tell(len(d.Forward.Uncovered()), "new place", "of which NOTHING is in the policy")
	if parts == nil {
		parts = append(parts, "no person, account or grant is different")
	}
	if d.Findings != nil {
		parts = append(parts, d.Findings.Verdict())
	}
	return strings.Join(parts, "; ")
}
