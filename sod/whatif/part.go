// SPDX-License-Identifier: Apache-2.0

package whatif

import (
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// A trial is one change to a base. Its subjects are those that lead to anything
// that changes: no other can be judged otherwise after it. They are judged twice,
// in two small graphs: of what they reach, before and after.
type trial struct {
	*Base
	*patch
	whole    bool            // checks have to look at everything
	changed  []uint32        // nodes of which something changes: what they hold, or they themselves
	ends     []uint32        // nodes to which something new leads
	subjects map[uint32]bool // and nodes between
}

// mayReachAll reports whether the change is of a kind whose reach is not followed:
// when a source, a population or the meaning of a rule comes or goes, or something
// comes that hidden grants may lead to.
func (t *trial) mayReachAll() bool {
	for id := range t.gone {
		if reach.IsPopulation(id) || !t.spoken(id.Source) {
			return true
		}
	}
	for _, id := range t.arrivals() {
		if _, known := t.Base.g.Find(id); known {
			continue // named before, and described now
		}
		if reach.IsPopulation(id) || t.hidden.MayLeadTo(id, t.p.Mode) || t.crowded(id) {
			return true
		}
		if _, ok := t.sample[source{id.Source, id.Kind}]; !ok {
			return true
		}
	}
	return t.comesOrGoes()
}

// spoken reports whether a source stays a source of the graph without any node.
func (t *trial) spoken(s graph.Source) bool {
	return slices.ContainsFunc(t.Base.g.Coverage(), func(c graph.Coverage) bool { return c.Source == s }) ||
		slices.ContainsFunc(t.Base.g.Runs(), func(r graph.SourceRun) bool { return r.Source == s })
}

// crowded reports whether who controls a population obtains a new account.
func (t *trial) crowded(id graph.ID) bool {
	if id.Kind != graph.Account || t.p.Mode < reach.ModeOf(graph.Controls) {
		return false
	}
	for _, key := range []string{"~all", "~authenticated"} {
		if _, ok := t.Base.g.Find(graph.ID{Kind: graph.Group, Source: id.Source, Key: key}); ok {
			return true
		}
	}
	return false
}

// arrivals lists what is described anew, and what is unresolved and named anew.
func (t *trial) arrivals() []graph.ID {
	var all []graph.ID
	for id := range t.nodes {
		all = append(all, id)
	}
	for _, a := range t.added {
		for _, id := range []graph.ID{a.From, a.To} {
			if _, ok := t.nodes[id]; !ok && id.Kind == graph.Unresolved {
				all = append(all, id)
			}
		}
	}
	return all
}

// comesOrGoes reports whether a duty matched nothing before and matches something
// now, or the other way round: that decides for everybody whether a rule is
// assessed.
func (t *trial) comesOrGoes() bool {
	before, after := t.matches(t.wasThere), t.matches(t.isThere)
	for i, n := range t.matched {
		if (n == 0) != (n-before[i]+after[i] == 0) {
			return true
		}
	}
	return false
}

// wasThere and isThere put what the change brings, takes or describes into a graph
// of nothing else, as it was before and as it is after.
func (t *trial) wasThere(b *graph.Builder) {
	put := func(id graph.ID) {
		if n, ok := t.Base.g.Find(id); ok {
			_ = (&patch{g: t.Base.g}).copyNode(b, n) // it was in a graph before
		}
	}
	for id := range t.gone {
		put(id)
	}
	for id := range t.nodes {
		put(id)
	}
}

func (t *trial) isThere(b *graph.Builder) {
	for _, id := range t.arrivals() {
		if n, ok := t.nodes[id]; ok {
			_ = b.Add(n) // it was checked
		} else if at, ok := t.Base.g.Find(id); !ok || t.gone[t.Base.g.ID(at)] {
			_, _ = b.Number(id)
		}
	}
}

// matches counts what each duty matches in a graph.
func (t *trial) matches(fill func(*graph.Builder)) []int {
	var b graph.Builder
	fill(&b)
	counts := make([]int, len(t.p.Duties))
	if b.NumNodes() == 0 {
		return counts
	}
	for i, nodes := range sod.DutyNodes(b.Graph(), t.p) {
		counts[i] = len(nodes)
	}
	return counts
}

// part judges only what the change reaches.
func (t *trial) part() (*Result, error) {
	t.find()
	inside := t.inside()
	has := func(n uint32) bool { _, ok := slices.BinarySearch(inside, n); return ok }
	before, err := (&patch{g: t.Base.g}).graph(slices.Values(inside), has)
	if err != nil {
		return nil, err
	}
	after, err := t.graph(slices.Values(inside), has)
	if err != nil {
		return nil, err
	}
	chosen := newChosen(func(id graph.ID) bool {
		n, known := t.Base.g.Find(id)
		return !known && t.patch.has(id) || known && t.subjects[n]
	})
	p := t.living()
	r := compare(
		Side{sod.EvaluateEach(before, p, t.asOf, chosen.take), before},
		Side{sod.EvaluateEach(after, p, t.asOf, chosen.take), after}, chosen)
	if t.joint == nil && !t.whole {
		return r, nil
	}
	return r, t.rest(r)
}

// rest judges what has to look at everything.
func (t *trial) rest(r *Result) error {
	after, err := t.everything()
	if err != nil {
		return err
	}
	if t.joint != nil {
		r.merge(Full(t.Base.g, after, t.joint, t.asOf))
	}
	if t.whole {
		checks := *t.p
		checks.Rules = nil
		if !slices.ContainsFunc(checks.Checks, readsDuties) {
			checks.Duties, checks.Mode = nil, reach.Standing
		}
		r.merge(Full(t.Base.g, after, &checks, t.asOf, t.judges...))
	}
	return nil
}

// living returns the policy for small graphs, in which a duty may match nothing
// that matches something in the whole one.
func (t *trial) living() *sod.Policy {
	p := *t.p
	p.Checks = roleChecks(t.p)
	p.Duties = slices.Clone(p.Duties)
	for i := range p.Duties {
		if t.matched[i] > 0 {
			p.Duties[i].MayBeEmpty = &sod.MayBeEmpty{Why: "it matches something elsewhere"}
		}
	}
	return &p
}

// find works out what changes, and who leads to it.
func (t *trial) find() {
	for id := range t.gone {
		t.note(id)
		t.changed = append(t.changed, t.ownedBy(id)...)
	}
	for id := range t.nodes {
		t.note(id)
	}
	for l := range t.cut {
		t.noteLink(l)
	}
	for _, a := range t.added {
		t.noteLink(linkOf(a.Grant))
		if n, ok := t.Base.g.Find(a.To); ok {
			t.ends = append(t.ends, n)
		}
	}
	for _, id := range t.arrivals() { // it leads to what others of its kind may lead to unseen
		if n, ok := t.sample[source{id.Source, id.Kind}]; ok {
			t.ends = append(t.ends, n)
		}
	}
	if len(t.gone) > 0 {
		t.noteUnresolved()
	}
	t.noteAccepted()
	t.subjects = map[uint32]bool{}
	for _, n := range t.back.To(t.changed) {
		t.subjects[n] = true
	}
}

func (t *trial) note(id graph.ID) {
	if n, ok := t.Base.g.Find(id); ok {
		t.changed = append(t.changed, n)
	}
}

func (t *trial) noteLink(l link) {
	t.note(l.from)
	if l.kind == graph.Owns { // whether an account is a subject of its own
		t.note(l.to)
	}
}

// ownedBy returns the accounts that somebody owned before.
func (t *trial) ownedBy(id graph.ID) (accounts []uint32) {
	n, ok := t.Base.g.Find(id)
	if !ok || !graph.Owns.From(id.Kind) {
		return nil
	}
	for _, e := range t.Base.g.Out(n) {
		if e.Kind() == graph.Owns {
			accounts = append(accounts, e.To)
		}
	}
	return accounts
}

// noteUnresolved notes what is unresolved and holds, or may hold unseen, something
// that goes, in whatever mode: it is a subject only while it holds anything.
func (t *trial) noteUnresolved() {
	unseen := false
	for id := range t.gone {
		unseen = unseen || t.hidden.MayLeadTo(id, reach.Attainable) ||
			slices.ContainsFunc(t.Base.g.Gaps(), func(g graph.Gap) bool { return g.About == id })
	}
	lo, hi := t.Base.g.Range(graph.Unresolved)
	for n := lo; n < hi; n++ {
		if unseen || slices.ContainsFunc(t.Base.g.Out(n), func(e graph.Edge) bool { return t.gone[t.Base.g.ID(e.To)] }) {
			t.changed = append(t.changed, n)
		}
	}
}

// inside lists the nodes of the small graphs: all that the subjects reach, before
// the change or after it, and all that those reach on whom acceptances rest.
func (t *trial) inside() []uint32 {
	start := slices.Concat(t.ends, t.approvers)
	unresolved := slices.ContainsFunc(t.arrivals(), func(id graph.ID) bool { return id.Kind == graph.Unresolved })
	for n := range t.subjects {
		start = append(start, n)
		unresolved = unresolved || t.Base.g.ID(n).Kind == graph.Unresolved
	}
	view := t.view
	if unresolved && t.p.Mode < reach.Attainable {
		// It is a subject when it may hold anything, in whatever mode.
		view = reach.At(t.Base.g, t.asOf, reach.Attainable).Behind(t.hidden)
	}
	all := view.From(start)
	for _, n := range t.sample { // so that every source is one
		all = append(all, n)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
