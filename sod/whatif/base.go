// SPDX-License-Identifier: Apache-2.0

package whatif

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// A Base is a graph that is ready to be asked what a change would do. It costs one
// look at every grant, and then each change costs what it reaches.
type Base struct {
	g       *graph.Graph
	p       *sod.Policy // the rules that are judged for each subject by itself
	joint   *sod.Policy // the others; nil when there are none
	asOf    time.Time
	judges  []sod.Judge
	hidden  *reach.Hidden
	view    *reach.View // everything that may count: the weakest mode, and what is hidden
	back    *reach.Back
	matched []int             // by duty: how many nodes it matches
	sample  map[source]uint32 // a node of each source and kind

	approvers []uint32 // on whom acceptances rest: see findPeople
}

type source struct {
	name graph.Source
	kind graph.Kind
}

// Prepare makes g ready to be judged by p as of a moment.
func Prepare(g *graph.Graph, p *sod.Policy, asOf time.Time, judges ...sod.Judge) *Base {
	b := &Base{g: g, asOf: asOf, judges: judges, sample: map[source]uint32{}}
	b.p, b.joint = split(p)
	b.hidden = reach.Hide(g, reach.UnreadGrants(g))
	b.view = reach.At(g, asOf, p.Mode).Behind(b.hidden)
	b.back = b.view.Back()
	for _, nodes := range sod.DutyNodes(g, p) {
		b.matched = append(b.matched, len(nodes))
	}
	last := source{}
	for n := range uint32(g.NumNodes()) {
		if id := g.ID(n); id.Source != last.name || id.Kind != last.kind {
			last = source{id.Source, id.Kind}
			b.sample[last] = n
		}
	}
	b.approvers = b.findPeople()
	return b
}

// split parts the rules that what a subject reaches decides from those that the rest
// of the graph has a say in: how few people hold all duties, and which values of an
// attribute there are.
func split(p *sod.Policy) (each, joint *sod.Policy) {
	e, j := *p, *p
	e.Rules, j.Rules, j.Checks = nil, nil, roleChecks(p)
	for _, r := range p.Rules {
		if r.Kind == sod.PeopleRule || r.Same != "" {
			j.Rules = append(j.Rules, r)
		} else {
			e.Rules = append(e.Rules, r)
		}
	}
	if j.Rules == nil {
		return &e, nil
	}
	return &e, &j
}

// roleChecks returns the checks of groups and roles: what one reaches decides about
// it, as about a subject.
func roleChecks(p *sod.Policy) []sod.Check {
	return slices.DeleteFunc(slices.Clone(p.Checks), func(c sod.Check) bool { return c.Name != sod.RoleConflict })
}

// Try says what the change would do. The answer is that of [Full] for the graph
// and [Apply], but only what the change reaches is judged.
func (b *Base) Try(c Change) (*Result, error) {
	p, err := patchOf(b.g, c)
	if err != nil {
		return nil, err
	}
	t := &trial{Base: b, patch: p, whole: !b.blind(p)}
	if t.mayReachAll() {
		return t.full()
	}
	return t.part()
}

// readsDuties reports whether a check looks at duties, or at who holds what in which
// mode. The others need neither.
func readsDuties(c sod.Check) bool { return !looksAtOwners(c) && c.Name != sod.RoleConflict }

// looksAtOwners reports whether a check is known to look at nothing but accounts,
// identities and who owns what.
func looksAtOwners(c sod.Check) bool {
	switch c.Name {
	case "breakglass", "control-owner", "duplicate-identity", "guest", "leaver", "never-used", "orphaned", "prehire", "service", "shared", "stale", "uncorrelated", "vendor":
		return true
	}
	return false
}

// blind reports whether no check of accounts can see the change: those that look at
// owners only see neither other grants nor things that grants only name.
func (b *Base) blind(p *patch) bool {
	accountChecks := 0
	for _, c := range b.p.Checks {
		switch {
		case c.Name == sod.RoleConflict && len(c.Where) == 0:
		case looksAtOwners(c):
			accountChecks++
		default:
			return false
		}
	}
	if accountChecks == 0 {
		return true
	}
	owns := func(k graph.GrantKind) bool { return k == graph.Owns }
	for l := range p.cut {
		if owns(l.kind) {
			return false
		}
	}
	return len(p.nodes)+len(p.gone) == 0 && !slices.ContainsFunc(p.added, func(a addition) bool { return owns(a.Kind) })
}

// full judges everything.
func (t *trial) full() (*Result, error) {
	after, err := t.everything()
	if err != nil {
		return nil, err
	}
	p := *t.p
	if t.joint != nil {
		p.Rules = slices.Concat(p.Rules, t.joint.Rules)
	}
	return Full(t.Base.g, after, &p, t.asOf, t.judges...), nil
}

// merge adds to r what another judgement of the same change found.
func (r *Result) merge(more *Result) {
	r.Judged = max(r.Judged, more.Judged)
	maps.Copy(r.Doubtful, more.Doubtful)
	r.Before.add(more.Before)
	r.After.add(more.After)
}

func (s *Side) add(more Side) {
	s.Graph = more.Graph // of everything
	f, n := append(s.Report.Findings, more.Report.Findings...), append(s.Report.NotAssessed, more.Report.NotAssessed...)
	slices.SortStableFunc(f, func(a, b sod.Finding) int {
		return cmp.Or(strings.Compare(a.Rule, b.Rule), slices.CompareFunc(a.Subjects, b.Subjects, graph.ID.Compare))
	})
	slices.SortStableFunc(n, func(a, b sod.NotAssessed) int {
		return cmp.Or(strings.Compare(a.Rule, b.Rule), cmp.Compare(a.Mode, b.Mode))
	})
	s.Report.Findings, s.Report.NotAssessed = f, n
	s.Report.CountCauses() // over all
}
