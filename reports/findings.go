// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"fmt"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// What became of a finding since the baseline.
const (
	IsNew      = "new"         // the baseline does not have it
	IsStill    = "still"       // the baseline has it too
	IsResolved = "resolved"    // the baseline has it, and it was assessed and not found again
	CannotTell = "cannot tell" // the baseline has it, and it could not be assessed now
)

// Findings are what an earlier report said. Package reports/jsonout reads them.
type Findings struct {
	Snapshot, Policy string // their digests
	AsOf             time.Time
	Findings         []Past
}

// A Past finding is one of an earlier report. The zero Severity and Mode are
// unknown.
type Past struct {
	ID, Kind, Rule, Title string
	Severity              sod.Severity
	Mode                  reach.Mode
	Subjects              []Thing
	Same                  string
	Status                sod.Status
}

// Changes compare the packet with a baseline.
type Changes struct {
	AsOf             time.Time
	Snapshot, Policy string
	SamePolicy       bool
	Gone             []Gone // resolved or not, in the order of the baseline
}

// A Gone finding is in the baseline and not in the packet.
type Gone struct {
	Past
	State string // [IsResolved] or [CannotTell]
	Why   string // for [CannotTell]
}

func (b *builder) compare(base *Findings) {
	if base == nil {
		return
	}
	p := b.packet
	before := map[string]bool{}
	for _, f := range base.Findings {
		before[f.ID] = true
	}
	now := map[string]bool{}
	for i := range p.Findings {
		f := &p.Findings[i]
		now[f.ID] = true
		f.Change = IsNew
		if before[f.ID] {
			f.Change = IsStill
		}
		if f.Change == IsNew && f.Status == sod.Open {
			p.Summary.New++
		}
	}
	p.Changes = &Changes{AsOf: base.AsOf, Snapshot: base.Snapshot, Policy: base.Policy, SamePolicy: base.Policy == p.Policy.Digest}
	for _, f := range base.Findings {
		if !now[f.ID] {
			b.gone(f, base.AsOf)
		}
	}
}

func (b *builder) gone(f Past, then time.Time) {
	g := Gone{Past: f, State: IsResolved, Why: b.doubt(f, then)}
	if g.Why != "" {
		g.State = CannotTell
		b.packet.Summary.Cannot++
	} else {
		b.packet.Summary.Resolved++
	}
	b.packet.Changes.Gone = append(b.packet.Changes.Gone, g)
}

// doubt says why a finding that is gone may not be resolved; "" when it is.
func (b *builder) doubt(f Past, then time.Time) string {
	if then.After(b.packet.AsOf) {
		return "the earlier report is of a later day"
	}
	if !slices.ContainsFunc(b.packet.Rules, func(r Rule) bool { return r.ID == f.Rule }) {
		return fmt.Sprintf("%s is not in this policy", f.Rule)
	}
	if f.Mode > b.packet.Mode {
		return fmt.Sprintf("access that is %s was not judged", f.Mode)
	}
	for _, n := range b.packet.NotAssessed {
		if n.Rule == f.Rule && (f.Kind == "collusion" || mayConcern(n, f.Subjects)) {
			return fmt.Sprintf("line %d, not assessed: %s", n.Line, n.Reason)
		}
	}
	return ""
}

// mayConcern reports whether one of the subjects is, or could be, among those of
// the row.
func mayConcern(n NotAssessed, subjects []Thing) bool {
	if n.Subjects == 0 || n.Subjects > len(n.Examples) {
		return true
	}
	return slices.ContainsFunc(n.Examples, func(x Thing) bool {
		return slices.ContainsFunc(subjects, func(s Thing) bool { return s.ID == x.ID })
	})
}

// ids returns the IDs of things.
func ids(things []Thing) []graph.ID {
	var out []graph.ID
	for _, t := range things {
		out = append(out, t.ID)
	}
	return out
}
