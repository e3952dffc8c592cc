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

// A suspect is a possible cause of one finding.
type suspect struct {
	paths int // how many of the finding's paths it is on
	steps int // from the subject, on the path where it is nearest
}

// suspects returns the possible causes of f: the groups and roles of each path, or
// what the path ends at when it has none. Of a role conflict, one is what it is about.
func suspects(f Finding) map[graph.ID]suspect {
	all := map[graph.ID]suspect{}
	for _, w := range f.Witness {
		for id, steps := range suspectsOf(w.Path) {
			s, known := all[id]
			if !known || steps < s.steps {
				s.steps = steps
			}
			s.paths++
			all[id] = s
		}
	}
	return all
}

func suspectsOf(p reach.Path) map[graph.ID]int {
	on := map[graph.ID]int{}
	for i, id := range p.Nodes {
		if _, known := on[id]; !known && (id.Kind == graph.Group || id.Kind == graph.Role) {
			on[id] = i
		}
	}
	if len(on) == 0 {
		on[p.End()] = len(p.Nodes) - 1
	}
	return on
}

// pickCause prefers what is on all paths, then what stands behind the most
// findings, then what is nearest the subject, then the first ID.
func pickCause(f Finding, behind map[graph.ID]int) graph.ID {
	var best graph.ID
	var bestRank [3]int
	for id, s := range suspects(f) {
		rank := [3]int{0, behind[id], -s.steps}
		if s.paths == len(f.Witness) {
			rank[0] = 1
		}
		c := slices.Compare(rank[:], bestRank[:])
		if best.IsZero() || c > 0 || c == 0 && id.Compare(best) < 0 {
			best, bestRank = id, rank
		}
	}
	return best
}
