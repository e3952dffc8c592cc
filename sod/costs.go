// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// Costs say what it costs to revoke grants, where that is not how many people it
// concerns. Package sod/policyfile reads them.
type Costs struct {
	Rules  []CostRule // the first that matches a grant decides
	Digest string     // of the file they were read from, "sha256:…"
}

// A CostRule gives the grants that it matches a price, or keeps them. Of what is not
// said any matches.
type CostRule struct {
	From, To []Selector // any one of each list
	Kind     graph.GrantKind
	Via      string        // a pattern; of a grant that is told several times any one may match
	Unused   time.Duration // of accounts that are known not to have used it for so long; 0: any
	Keep     bool          // such a grant must stay
	Cost     int           // the price; 0: what it would be without the rule
	Times    int           // the price without the rule so many times; 0: once
	Why      string
}

// A Tariff is costs that are ready for one graph at one moment. It is not safe for
// concurrent use.
type Tariff struct {
	g     *graph.Graph
	asOf  time.Time
	rules []priced
	idle  *idleness // nil: no rule asks
}

type priced struct {
	*CostRule
	from, to map[uint32]bool // nil: any
}

// Tariff makes costs ready for a graph. Nil costs match nothing.
func (c *Costs) Tariff(g *graph.Graph, asOf time.Time) *Tariff {
	t := &Tariff{g: g, asOf: asOf}
	if c == nil {
		return t
	}
	for i := range c.Rules {
		r := &c.Rules[i]
		t.rules = append(t.rules, priced{r, matching(g, r.From), matching(g, r.To)})
		if r.Unused > 0 && t.idle == nil {
			t.idle = newIdleness(g, asOf)
		}
	}
	return t
}

func matching(g *graph.Graph, selectors []Selector) map[uint32]bool {
	if len(selectors) == 0 {
		return nil
	}
	is := map[uint32]bool{}
	for _, n := range Match(g, selectors) {
		is[n] = true
	}
	return is
}

// Rule returns the rule that decides about a grant; nil when none does.
func (t *Tariff) Rule(from, to uint32, k graph.GrantKind) *CostRule {
	for _, r := range t.rules {
		if (r.Kind == 0 || r.Kind == k) && (r.from == nil || r.from[from]) && (r.to == nil || r.to[to]) && t.via(r.Via, from, to, k) && (r.Unused == 0 || t.idle.unused(from, to, r.Unused)) {
			return r.CostRule
		}
	}
	return nil
}

// via reports whether a grant that exists is known through what a pattern matches.
func (t *Tariff) via(pattern string, from, to uint32, k graph.GrantKind) bool {
	return pattern == "" || slices.ContainsFunc(t.g.Out(from), func(e graph.Edge) bool {
		terms := t.g.Terms(e)
		return e.To == to && e.Kind() == k && terms.Holds(t.asOf) && Glob(pattern).Match(terms.Via)
	})
}

// Price is what a grant costs by a rule, where it costs so much without one.
func (r *CostRule) Price(without int) int {
	switch {
	case r == nil:
		return without
	case r.Cost > 0:
		return r.Cost
	}
	return without * max(r.Times, 1)
}

// Subjects lists whom rules judge at a moment, in ID order: identities, accounts that
// no identity owns, and what is unresolved, which is a subject while it holds anything.
func Subjects(g *graph.Graph, asOf time.Time) []uint32 {
	all := (&evaluation{g: g, asOf: asOf}).findSubjects()
	slices.Sort(all)
	return all
}

// Counting returns, for each duty that a finding's rule asks for, its ID and the nodes
// that count for the finding, in the order of the rule; and how many of them a subject
// may hold without breaking the rule. It is false for what no rule of p found.
func Counting(g *graph.Graph, p *Policy, asOf time.Time) func(f *Finding) (duties []Counted, allowed int, ok bool) {
	d := newDigester(g, p, asOf)
	return func(f *Finding) (duties []Counted, allowed int, ok bool) {
		i := slices.IndexFunc(p.Rules, func(r Rule) bool { return r.ID == f.Rule })
		if i < 0 || f.Mode == 0 {
			return nil, 0, false
		}
		r := &p.Rules[i]
		for i, duty := range r.Duties[:r.asked()] {
			if !slices.Contains(r.Duties[:i], duty) {
				duties = append(duties, Counted{p.Duties[duty].ID, d.nodesOf(labelKey{sideKey{duty, r.Same}, f.Same})})
			}
		}
		for n := 1; n <= len(duties) && !r.brokenBy(n, true); n++ {
			allowed = n
		}
		return duties, allowed, true
	}
}

// Counted is a duty, and the nodes of it that count for a finding.
type Counted struct {
	Duty  string
	Nodes []uint32 // in order
}
