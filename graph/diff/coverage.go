// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// datasetOf names the dataset that lists things of a kind; "" when none does.
func datasetOf(k graph.Kind) graph.Dataset {
	switch k {
	case graph.Identity:
		return graph.Identities
	case graph.Account:
		return graph.Accounts
	case graph.Group:
		return graph.Groups
	case graph.Role, graph.Entitlement:
		return graph.Assignments
	}
	return ""
}

// unread says why something may be missing in g though it exists; "" when a whole
// dataset says that it does not.
func unread(g *graph.Graph, s graph.Source, d graph.Dataset) string {
	if d == "" {
		return ""
	}
	if st := g.State(s, d); !st.Whole() {
		return fmt.Sprintf("%s of %s not completely read: %s", d, s, st)
	}
	return ""
}

// unreadGrants says why a grant may be missing in a graph though it exists.
type unreadGrants struct {
	g     *graph.Graph
	gaps  map[graph.ID][]graph.Gap
	known map[place]string
}

// A place is where grants of a kind may be hidden all together.
type place struct {
	source graph.Source
	kind   graph.GrantKind
}

func newUnread(g *graph.Graph) *unreadGrants {
	u := &unreadGrants{g: g, gaps: map[graph.ID][]graph.Gap{}, known: map[place]string{}}
	for _, gap := range g.Gaps() {
		u.gaps[gap.About] = append(u.gaps[gap.About], gap)
	}
	return u
}

func (u *unreadGrants) grant(g graph.Grant) string {
	for _, id := range [2]graph.ID{g.To, g.From} {
		for _, gap := range u.gaps[id] {
			if gap.Dataset.Hides(g.Kind) {
				return fmt.Sprintf("%s of %s not read", gap.Dataset, id)
			}
		}
	}
	at := place{g.To.Source, g.Kind}
	why, ok := u.known[at]
	if !ok {
		for _, d := range []graph.Dataset{graph.Memberships, graph.Assignments, graph.Eligibility, graph.Control} {
			if d.Hides(g.Kind) {
				why = unread(u.g, at.source, d)
			}
		}
		u.known[at] = why
	}
	return why
}

func missing(these, in []graph.Gap) (out []graph.Gap) {
	there := make(map[graph.Gap]bool, len(in))
	for _, g := range in {
		there[g] = true
	}
	for _, g := range these {
		if !there[g] {
			out = append(out, g)
		}
	}
	return out
}

// coverage compares how much of each dataset of each source was read.
func (c *comparison) coverage() {
	older, newer := c.old.Sources(), c.new.Sources()
	all := slices.Concat(older, newer)
	slices.SortFunc(all, func(a, b graph.Source) int { return strings.Compare(string(a), string(b)) })
	for _, s := range slices.Compact(all) {
		for _, d := range graph.Datasets() {
			x := Coverage{Source: s, Dataset: d}
			if slices.Contains(older, s) {
				x.Before = c.old.State(s, d)
			}
			if slices.Contains(newer, s) {
				x.After = c.new.State(s, d)
			}
			if x.Before != x.After {
				c.Coverage = append(c.Coverage, x)
			}
		}
	}
}
