// SPDX-License-Identifier: Apache-2.0

package policysheet

import (
	"fmt"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// Impact returns, for each duty of either policy whose matches in g differ, what it
// matches now and no longer, and how many hold it. Holders are counted in the mode
// that the policy judges.
func Impact(before, after *sod.Policy, g *graph.Graph, asOf time.Time) []Change {
	x, y := population(before, g, asOf), population(after, g, asOf)
	var all []Change
	for _, d := range before.Duties {
		if c, differs := x.against(y, g, d.ID); differs {
			all = append(all, c)
		}
	}
	for _, d := range after.Duties {
		if _, told := x.place[d.ID]; told {
			continue
		}
		if c, differs := x.against(y, g, d.ID); differs {
			all = append(all, c)
		}
	}
	return all
}

// A reached policy is what each duty matches, and who holds it.
type reached struct {
	place   map[string]int // of duties
	matches [][]uint32
	people  []int // identities
	logins  []int // accounts
}

func population(p *sod.Policy, g *graph.Graph, asOf time.Time) reached {
	r := reached{place: map[string]int{}, matches: sod.DutyNodes(g, p)}
	c := reach.At(g, asOf, p.Mode).Close(r.matches)
	for i, d := range p.Duties {
		r.place[d.ID] = i
		r.people = append(r.people, holders(g, c, graph.Identity, i))
		r.logins = append(r.logins, holders(g, c, graph.Account, i))
	}
	return r
}

func holders(g *graph.Graph, c *reach.Closure, kind graph.Kind, duty int) int {
	n := 0
	lo, hi := g.Range(kind)
	for i := lo; i < hi; i++ {
		if c.Has(i, duty) {
			n++
		}
	}
	return n
}

// of returns what the duty matches and who holds it: nothing and nobody when the
// policy has it not.
func (r reached) of(duty string) (matches []uint32, people, logins int) {
	i, ok := r.place[duty]
	if !ok {
		return nil, 0, 0
	}
	return r.matches[i], r.people[i], r.logins[i]
}

const namedMatches = 10

func (r reached) against(after reached, g *graph.Graph, duty string) (Change, bool) {
	x, people, logins := r.of(duty)
	y, peopleNow, loginsNow := after.of(duty)
	if slices.Equal(x, y) {
		return Change{}, false
	}
	c := Change{Sign: Changed, What: "duty " + duty, Details: []string{
		fmt.Sprintf("matches: %d → %d", len(x), len(y)),
		fmt.Sprintf("held by: %d → %d people, %d → %d accounts", people, peopleNow, logins, loginsNow),
	}}
	c.Details = append(c.Details, missing(g, "-", x, y)...)
	c.Details = append(c.Details, missing(g, "+", y, x)...)
	return c, true
}

// missing names those of x that are not in y.
func missing(g *graph.Graph, sign string, x, y []uint32) []string {
	var lines []string
	n := 0
	for _, m := range x {
		if _, ok := slices.BinarySearch(y, m); ok {
			continue
		}
		if n++; n <= namedMatches {
			lines = append(lines, fmt.Sprintf("matches: %s %s (%s)", sign, g.ID(m), g.Name(m)))
		}
	}
	if n > namedMatches {
		lines = append(lines, fmt.Sprintf("matches: %s %d more", sign, n-namedMatches))
	}
	return lines
}
