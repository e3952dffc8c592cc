// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"cmp"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Shrink is a class of things of a source of which much less came than before.
type Shrink struct {
	Source graph.Source
	Class  string // such as "accounts" or "member grants"
	Before int
	Now    int

	Dataset graph.Dataset // of which the class is
}

// From how much on a loss is not taken for granted: more than so many things, or more
// than so many and so many hundredths of what there was. The first is what directory
// synchronisation takes for an accident by default.
const (
	manyLost      = 500
	someLost      = 50
	hundredthLost = 2
)

func (s Shrink) alarming() bool {
	lost := s.Before - s.Now
	return lost > manyLost || lost > someLost && lost*100 > s.Before*hundredthLost
}

// A Guard holds collections against an earlier one. It keeps counts only.
type Guard struct{ was map[class]int }

// NewGuard remembers how much there was.
func NewGuard(before *graph.Graph) *Guard { return &Guard{tally(before)} }

// Shrunk tells what is whole by its own word now, or not there at all, and shrank more
// than leavers explain. Of what was not read to the end it is told anyway that something
// is missing.
func (g *Guard) Shrunk(now *graph.Graph) []Shrink {
	is := tally(now)
	var all []Shrink
	for c, n := range g.was {
		s := Shrink{c.source, c.name, n, is[c], c.dataset}
		gone := !slices.Contains(now.Sources(), c.source)
		if s.alarming() && (gone || now.State(c.source, c.dataset).Whole()) {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b Shrink) int {
		return cmp.Or(strings.Compare(string(a.Source), string(b.Source)), strings.Compare(a.Class, b.Class))
	})
	return all
}

// A class is what is counted together, and the dataset that it is of.
type class struct {
	source  graph.Source
	name    string
	dataset graph.Dataset
}

func tally(g *graph.Graph) map[class]int {
	counts := map[class]int{}
	for n := range uint32(g.NumNodes()) {
		id := g.ID(n)
		if g.Described(n) && id.Kind != graph.Somebody { // that is our own finding
			counts[nodeClass(id)]++
		}
		for _, e := range g.Out(n) {
			if c, ok := grantClass(g.ID(e.To).Source, e.Kind()); ok {
				counts[c]++
			}
		}
	}
	return counts
}

func nodeClass(id graph.ID) class {
	switch id.Kind {
	case graph.Identity:
		return class{id.Source, "identities", graph.Identities}
	case graph.Account:
		return class{id.Source, "accounts", graph.Accounts}
	case graph.Group:
		return class{id.Source, "groups", graph.Groups}
	}
	return class{id.Source, "roles, entitlements and the like", graph.Assignments}
}

// grantClass leaves out who owns an account: that is our own finding.
func grantClass(s graph.Source, k graph.GrantKind) (class, bool) {
	datasets := map[graph.GrantKind]graph.Dataset{
		graph.Member: graph.Memberships, graph.Assigned: graph.Assignments, graph.Contains: graph.Assignments,
		graph.Eligible: graph.Eligibility, graph.Controls: graph.Control,
	}
	d, ok := datasets[k]
	return class{s, k.String() + " grants", d}, ok
}
