// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// A succession knows which findings of the baseline go on under another subject: an
// account that nobody owned then, and somebody owns now.
type succession struct {
	from map[string][]string   // of a finding by its ID now: the earlier ones
	as   map[string][]graph.ID // of an earlier finding: who owns its subject now
}

// succeed works it out for all that the baseline tells.
func (b *builder) succeed(base *Findings) succession {
	s := succession{map[string][]string{}, map[string][]graph.ID{}}
	here := map[string]bool{}
	for _, f := range b.packet.Findings {
		here[f.ID] = true
	}
	var earlier []sod.Finding
	for _, f := range base.all() {
		if !here[f.ID] {
			earlier = append(earlier, sod.Finding{ID: f.ID, Kind: f.Kind, Rule: f.Rule, Same: f.Same, Subjects: ids(f.Subjects)})
		}
	}
	for i, all := range sod.Followed(b.in.Graph, b.packet.AsOf, earlier) {
		for _, f := range all {
			s.from[f.ID] = append(s.from[f.ID], earlier[i].ID)
			s.as[earlier[i].ID] = append(s.as[earlier[i].ID], f.Subjects...)
		}
	}
	return s
}

// all are the findings of a report and those that it carries on.
func (base *Findings) all() []Past {
	all := slices.Clone(base.Findings)
	for _, g := range base.Gone {
		all = append(all, g.Past)
	}
	return all
}

// joined is what is known of two earlier findings that go on as one: that which was
// there, from when the first of them was.
func joined(a, b Gone) Gone {
	if a.State == IsResolved && b.State != IsResolved || a.Status == sod.Accepted && b.Status != sod.Accepted && b.State != IsResolved {
		a, b = b, a
	}
	a.FirstSeen = first(a.FirstSeen, b.FirstSeen)
	if b.State != IsResolved {
		a.Since = first(a.Since, b.Since)
	}
	return a
}

// first is the earlier of two times; zero is unknown.
func first(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
