// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"cmp"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// findCauses gives each finding its cause and counts the open ones. The cause is
// the group or role on the finding's paths that stands behind the most open
// findings; one that is on all of its paths comes first, because it alone carries
// every side of the rule.
func findCauses(findings []Finding) []Cause {
	behind := map[graph.ID]int{}
	for _, f := range findings {
		if f.Status == Open {
			for id := range suspects(f) {
				behind[id]++
			}
		}
	}
	type tally struct {
		findings int
		subjects map[graph.ID]bool
	}
	tallies := map[graph.ID]*tally{}
	for i := range findings {
		f := &findings[i]
		f.Cause = pickCause(*f, behind)
		if f.Status != Open || f.Cause.IsZero() {
			continue
		}
		t := tallies[f.Cause]
		if t == nil {
			t = &tally{subjects: map[graph.ID]bool{}}
			tallies[f.Cause] = t
		}
		t.findings++
		for _, s := range f.Subjects {
			t.subjects[s] = true
		}
	}
	causes := make([]Cause, 0, len(tallies))
	for id, t := range tallies {
		causes = append(causes, Cause{id, t.findings, len(t.subjects)})
	}
	slices.SortFunc(causes, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(b.Findings, a.Findings), a.ID.Compare(b.ID))
	})
	return causes
}

// suspects returns the possible causes of f, each with the number of paths it is
// on.
func suspects(f Finding) map[graph.ID]int {
	on := map[graph.ID]int{}
	for _, w := range f.Witness {
		for _, id := range suspectsOf(w.Path) {
			on[id]++
		}
	}
	return on
}

// suspectsOf returns the groups and roles of a path, or what it ends at when it
// has none.
func suspectsOf(p reach.Path) []graph.ID {
	var ids []graph.ID
	for _, id := range p.Nodes[1:] {
		if (id.Kind == graph.Group || id.Kind == graph.Role) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if ids == nil {
		return []graph.ID{p.End()}
	}
	return ids
}

func pickCause(f Finding, behind map[graph.ID]int) graph.ID {
	var best graph.ID
	bestRank := [2]int{-1, -1}
	for id, paths := range suspects(f) {
		rank := [2]int{0, behind[id]}
		if paths == len(f.Witness) {
			rank[0] = 1
		}
		c := slices.Compare(rank[:], bestRank[:])
		if c > 0 || c == 0 && id.Compare(best) < 0 {
			best, bestRank = id, rank
		}
	}
	return best
}
