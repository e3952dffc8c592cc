// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// deadSelectors warns of those that match nothing in a duty that others fill.
func (l *linter) deadSelectors(where string, d sod.Duty) {
	for _, s := range d.Holds {
		if len(d.Holds) > 1 && len(sod.Match(l.g, []sod.Selector{s})) == 0 {
			l.add(Warning, where, "its selector %s matches nothing in the snapshot", SelectorText(s))
		}
	}
}

// SelectorText names a selector in one line.
func SelectorText(s sod.Selector) string {
	if s.ID != nil {
		return s.ID.String()
	}
	var parts []string
	part := func(key, value string) {
		if value != "" {
			parts = append(parts, key+": "+value)
		}
	}
	part("source", string(s.Source))
	if s.Kind != 0 {
		part("kind", s.Kind.String())
	}
	part("name", s.Name)
	part("under", s.Under)
	for _, a := range s.Attrs {
		part(a.Key, a.Pattern)
	}
	part("except", strings.Join(s.Except, ", "))
	return "{" + strings.Join(parts, ", ") + "}"
}

// controlPlane warns of one that nothing stands behind: reports would tell the same
// people under every rule.
func (l *linter) controlPlane() {
	if l.g != nil && len(l.p.ControlPlane) > 0 && len(sod.Match(l.g, l.p.ControlPlane)) == 0 {
		l.add(Warning, "control_plane", "it matches nothing in the snapshot")
	}
}

// idle warns of rules that nobody could break, going by what was read: in any mode,
// some duty that a breach needs has no holder.
func (l *linter) idle() {
	if l.g == nil {
		return
	}
	closure := reach.At(l.g, l.asOf, reach.Attainable).Close(l.matches)
	held := make([]bool, len(l.p.Duties))
	for _, kind := range []graph.Kind{graph.Identity, graph.Somebody, graph.Account, graph.Unresolved} {
		lo, hi := l.g.Range(kind)
		for n := lo; n < hi; n++ {
			for i := range held {
				held[i] = held[i] || closure.Has(n, i)
			}
		}
	}
	for i := range l.p.Rules {
		l.idleRule(&l.p.Rules[i], held)
		l.scope(&l.p.Rules[i])
	}
}

func (l *linter) idleRule(r *sod.Rule, held []bool) {
	var without []int
	for _, d := range r.Duties {
		if len(l.matches[d]) == 0 {
			return // told already, or on purpose
		}
		if !held[d] {
			without = append(without, d)
		}
	}
	needed := len(r.Duties) - len(without)
	switch {
	case len(without) == 0,
		r.Kind == sod.AtMostRule && needed > r.Limit,
		r.Kind == sod.RequiresRule && held[r.Duties[0]]:
		return
	}
	l.add(Warning, "rule "+r.ID, "going by what was read nobody can break it: no holder, in any mode, of %s", strings.Join(l.ids(without), ", "))
}

// scope warns of conditions that nothing in the snapshot answers.
func (l *linter) scope(r *sod.Rule) {
	where := "rule " + r.ID
	if r.Same != "" && !slices.ContainsFunc(r.Duties, func(d int) bool {
		return slices.ContainsFunc(l.matches[d], func(n uint32) bool { return len(l.g.AttrValues(n, r.Same)) > 0 })
	}) {
		l.add(Warning, where, "nothing in its duties has the attribute %s, so same has no effect", r.Same)
	}
	for i, a := range r.Where {
		if i > 0 && r.Where[i-1].Key == a.Key {
			continue
		}
		switch {
		case !l.subjectsHave(a.Key, func(string) bool { return true }):
			l.add(Warning, where, "no subject has the attribute %s, so where leaves nobody out for it", a.Key)
		case !l.subjectsHave(a.Key, letIn(r.Where, a.Key)):
			l.add(Warning, where, "where %s matches no subject of the snapshot, so the rule judges nobody of whom it is known", a.Key)
		}
	}
}

// letIn returns what a where lets in by one attribute.
func letIn(where []sod.AttrPattern, key string) func(value string) bool {
	return func(value string) bool {
		return slices.ContainsFunc(where, func(a sod.AttrPattern) bool { return a.Key == key && sod.Glob(a.Pattern).Match(value) })
	}
}

// checkScopes warns of a check whose where lets nothing in.
func (l *linter) checkScopes() {
	if l.g == nil {
		return
	}
	for _, c := range l.p.Checks {
		for i, a := range c.Where {
			if (i == 0 || c.Where[i-1].Key != a.Key) && !sod.AnyMatches(l.g, c.Where, a.Key) {
				l.add(Warning, "check "+c.Name, "where %s matches nothing in the snapshot, so the check judges nobody of whom it is known", a.Key)
			}
		}
	}
}

// subjectsHave reports whether a subject has a value of an attribute that is like. A blank
// one is unknown.
func (l *linter) subjectsHave(key string, like func(value string) bool) bool {
	for _, kind := range []graph.Kind{graph.Identity, graph.Somebody, graph.Account, graph.Unresolved} {
		lo, hi := l.g.Range(kind)
		for n := lo; n < hi; n++ {
			if slices.ContainsFunc(l.g.AttrValues(n, key), func(v string) bool { return v != "" && like(v) }) {
				return true
			}
		}
	}
	return false
}

// officer is person for those who answer for something: they must not have left.
func (l *linter) officer(where, role string, id graph.ID) {
	l.person(where, role, id)
	if l.g == nil || id.IsZero() {
		return
	}
	n, ok := l.g.Find(id)
	if !ok {
		return
	}
	if status, _ := l.g.Word(n, "status"); id.Kind == graph.Identity && status == "terminated" {
		l.add(Warning, where, "%s %s has left", role, id)
	}
}

const namedUncovered = 5

// Coverage tells which groups, roles and entitlements of g stand in no duty of p and
// lead to none, by source and kind: what the policy does not speak of. What is known
// already, since it was there before or somebody judged it, is left out; nil is
// nothing.
func Coverage(p *sod.Policy, g *graph.Graph, matches [][]uint32, asOf time.Time, known func(graph.ID) bool) []Problem {
	closure := reach.At(g, asOf, reach.Attainable).Close(matches)
	covered := func(n uint32) bool {
		return slices.ContainsFunc(closure.Row(n), func(word uint64) bool { return word != 0 })
	}
	l := &linter{p: p, g: g}
	for _, source := range g.Sources() {
		for _, kind := range []graph.Kind{graph.Group, graph.Role, graph.Entitlement} {
			all := l.nodesOf(source, kind)
			out := slices.DeleteFunc(slices.Clone(all), func(n uint32) bool {
				return covered(n) || known != nil && known(g.ID(n))
			})
			if len(out) > 0 {
				l.uncovered(source, kind, len(all), out)
			}
		}
	}
	return l.problems
}

func (l *linter) nodesOf(source graph.Source, kind graph.Kind) []uint32 {
	var all []uint32
	lo, hi := l.g.Range(kind)
	for n := lo; n < hi; n++ {
		if l.g.ID(n).Source == source {
			all = append(all, n)
		}
	}
	return all
}

func (l *linter) uncovered(source graph.Source, kind graph.Kind, all int, out []uint32) {
	var names []string
	for _, n := range out[:min(len(out), namedUncovered)] {
		names = append(names, l.g.ID(n).Key+" ("+l.g.Name(n)+")")
	}
	l.add(Note, "source "+string(source), "%d of %d in no duty, nor on the way to one (kind %s): %s%s", len(out), all, kind, strings.Join(names, ", "), more(len(out)-len(names)))
}

// lasting warns of acceptances that nobody has to look at again for long.
func (l *linter) lasting() {
	for i, a := range l.p.Accepted {
		from := l.asOf
		if !a.ApprovedOn.IsZero() {
			from = time.Date(a.ApprovedOn.Year, a.ApprovedOn.Month, a.ApprovedOn.Day, 0, 0, 0, 0, time.UTC)
		}
		if !from.IsZero() && a.Expires.Includes(from.AddDate(1, 0, 1)) {
			l.add(Warning, fmt.Sprintf("acceptance %d of %s", i+1, a.Rule+a.Check), "it holds until %s, for more than a year: let somebody look at it again before", a.Expires)
		}
	}
}
