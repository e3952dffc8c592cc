// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"fmt"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// compare says of each finding what became of it since the baseline, and of each
// finding of the baseline that is gone whether it is resolved.
func (b *builder) compare(base *Findings) {
	if base == nil {
		return
	}
	p := b.packet
	p.Changes = &Changes{AsOf: base.AsOf, Snapshot: base.Snapshot, Policy: base.Policy, SamePolicy: base.Policy == p.Policy.Digest}
	before := knownBefore(base)
	b.followed = b.succeed(base)
	var told []string
	for i := range p.Findings {
		f := &p.Findings[i]
		was, known := before[f.ID]
		for _, id := range b.followed.from[f.ID] {
			if known {
				was = joined(was, before[id])
			} else {
				was, known = before[id], true
			}
			f.Continues = append(f.Continues, id)
		}
		b.carry(f, was, known)
		told = append(append(told, f.ID), f.Continues...)
		switch f.Change {
		case IsNew:
			p.Summary.New++
		case IsRecurred:
			p.Summary.Recurred++
		}
	}
	for _, id := range told {
		delete(before, id)
	}
	for _, f := range base.Findings {
		if was, gone := before[f.ID]; gone {
			b.gone(was.Past, base.AsOf)
		}
	}
	for _, g := range base.Gone {
		switch _, gone := before[g.ID]; {
		case !gone:
		case g.State == CannotTell:
			b.gone(g.Past, base.AsOf)
		default:
			p.Changes.Before = append(p.Changes.Before, g)
		}
	}
}

// knownBefore returns what the baseline tells of each finding: what it has, with
// an empty state, and what it carries on.
func knownBefore(base *Findings) map[string]Gone {
	known := map[string]Gone{}
	for _, g := range base.Gone {
		known[g.ID] = g
	}
	for _, f := range base.Findings {
		if f.FirstSeen.IsZero() {
			f.FirstSeen = base.AsOf
		}
		if f.Since.IsZero() {
			f.Since = base.AsOf
		}
		f.LastSeen = base.AsOf
		known[f.ID] = Gone{Past: f}
	}
	return known
}

// carry takes over from the baseline what it tells of a finding. One that could
// not be told in between counts as there all the time: nobody saw it go.
func (b *builder) carry(f *Finding, was Gone, known bool) {
	now := b.packet.AsOf
	f.FirstSeen, f.Since = now, now
	if known {
		f.FirstSeen = earlier(was.FirstSeen, now)
	}
	if known && was.State != IsResolved {
		f.Since = earlier(was.Since, now)
	}
	switch {
	case f.Status == sod.Accepted:
		f.Change = IsAccepted
	case !known:
		f.Change = IsNew
	case was.State == IsResolved || was.Status == sod.Accepted:
		f.Change = IsRecurred
	default:
		f.Change = IsOpen
	}
}

func earlier(t, limit time.Time) time.Time {
	if t.IsZero() || t.After(limit) {
		return limit
	}
	return t
}

func (b *builder) gone(f Past, then time.Time) {
	g := Gone{Past: f, State: IsResolved, Why: b.doubt(f, then)}
	if g.Why != "" {
		g.State = CannotTell
		b.packet.Summary.Cannot++
	} else {
		g.Resolved = b.packet.AsOf
		b.packet.Summary.Resolved++
	}
	b.packet.Changes.Gone = append(b.packet.Changes.Gone, g)
}

// doubt says why a finding that is gone may not be resolved; "" when it is.
func (b *builder) doubt(f Past, then time.Time) string {
	f.Subjects = append(slices.Clone(f.Subjects), b.things(b.followed.as[f.ID])...) // whoever it would be of now
	dropped := slices.IndexFunc(b.in.Dropped.Findings, func(x sod.Finding) bool {
		return x.ID == f.ID || slices.Contains(b.followed.from[x.ID], f.ID)
	})
	switch {
	case then.After(b.packet.AsOf):
		return "the earlier report is of a later day"
	case !slices.ContainsFunc(b.packet.Rules, func(r Rule) bool { return r.ID == f.Rule }):
		return fmt.Sprintf("%s is not in this policy", f.Rule)
	case slices.Contains(b.in.LeftOut, f.Rule):
		return fmt.Sprintf("%s was left out", f.Rule)
	case dropped >= 0:
		return fmt.Sprintf("it is %s now and was left out", b.in.Dropped.Findings[dropped].Severity)
	case f.Mode > b.packet.Mode:
		return fmt.Sprintf("access that is %s was not judged", f.Mode)
	}
	for _, n := range b.packet.NotAssessed {
		if n.Rule == f.Rule && (f.Kind == "collusion" || mayConcern(n, f.Subjects)) {
			return fmt.Sprintf("line %d, not assessed: %s", n.Line, n.Reason)
		}
	}
	for _, n := range b.in.Dropped.NotAssessed {
		if n.Rule == f.Rule && (f.Kind == "collusion" || mayConcern(NotAssessed{Subjects: n.Subjects, Examples: b.things(n.Examples)}, f.Subjects)) {
			return fmt.Sprintf("in %s mode, which was left out, not assessed: %s", n.Mode, n.Reason)
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
