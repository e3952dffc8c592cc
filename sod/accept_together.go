// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"fmt"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// The finding of a people rule names one coalition, and others may break the rule as
// well. So an acceptance has to name everybody who is needed in any of them: what
// nobody accepted must not pass as accepted.

// Involved lists whom an acceptance of a collusion has to name: everybody who is needed
// in any coalition that breaks the rule, in any mode that is judged, in order. It is
// false when that takes too long to find out.
func Involved(g *graph.Graph, p *Policy, asOf time.Time, f *Finding) (who []graph.ID, ok bool) {
	e := newEvaluation(g, p, asOf)
	for pass := range e.passes() {
		for _, in := range pass.together() {
			if in.ID == f.Rule && in.value == f.Same {
				return pass.involved(in)
			}
		}
	}
	return nil, false
}

func (p *pass) involved(in *instance) (who []graph.ID, ok bool) {
	is := map[uint32]bool{}
	for _, l := range p.proven {
		c := p.cover(l, in)
		needed, ok := c.needed(in.Limit)
		if !ok {
			return nil, false
		}
		crews := map[string]bool{}
		for i, m := range c.crews {
			crews[m.holds.key()] = needed[i]
		}
		for s, holds := range p.holders(l, in) {
			if crews[holds.key()] {
				is[s] = true
			}
		}
	}
	for _, s := range p.everyone {
		if is[s] {
			who = append(who, p.g.ID(s))
		}
	}
	return who, true
}

// noteInvolved remembers of the acceptances that cover a collusion whom they do not
// name.
func (p *pass) noteInvolved(in *instance, f *Finding) {
	covers := func(a Acceptance) bool { return a.covers(f) }
	if !slices.ContainsFunc(p.p.Accepted, covers) {
		return
	}
	who, ok := p.involved(in)
	for i := range p.p.Accepted {
		if a := &p.p.Accepted[i]; a.covers(f) {
			if lapse, is := a.lapseOfOthers(who, ok, f); is {
				p.unnamed[unnamedKey{f.id(), i}] = lapse
			}
		}
	}
}

// An unnamedKey is a finding by its id, and an acceptance by its place in the policy.
type unnamedKey struct {
	finding    string
	acceptance int
}

func (a *Acceptance) lapseOfOthers(who []graph.ID, ok bool, f *Finding) (Lapse, bool) {
	if !ok {
		return Lapse{LapseOthers, fmt.Sprintf("it takes too long to find out who else together breaks rule %s, and whom it does not name", f.Rule)}, true
	}
	others := slices.DeleteFunc(slices.Clone(who), func(id graph.ID) bool { return slices.Contains(a.Subjects, id) })
	switch n := len(others); n {
	case 0:
		return Lapse{}, false
	case 1:
		return Lapse{LapseOthers, fmt.Sprintf("with others %s breaks the rule too, and it does not name them", others[0])}, true
	default:
		return Lapse{LapseOthers, fmt.Sprintf("%s and %d more break the rule together or with others too, and it does not name them", others[0], n-1)}, true
	}
}
