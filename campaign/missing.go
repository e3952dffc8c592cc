// SPDX-License-Identifier: Apache-2.0

package campaign

import (
	"fmt"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// Missing is something in scope that was not read: access may be hidden there.
type Missing struct {
	About string // "corp/memberships", or an ID
	Why   string
}

// incomplete lists what of a scope was not read, in order.
func incomplete(s Subject, scope Scope) ([]Missing, error) {
	f, err := newFilter(s, scope)
	if err != nil {
		return nil, err
	}
	var all []Missing
	sources := f.sources()
	for _, source := range s.Graph.Sources() {
		for _, d := range datasets(source, sources, s.Graph) {
			if st := s.Graph.State(source, d); !st.Whole() {
				all = append(all, Missing{fmt.Sprintf("%s/%s", source, d), reach.StateReason(s.Graph, source, d)})
			}
		}
	}
	for _, gap := range s.Graph.Gaps() {
		if f.concerns(gap, sources) {
			all = append(all, Missing{gap.About.String(), fmt.Sprintf("%s were not read: %s", gap.Dataset, gap.Reason)})
		}
	}
	slices.SortStableFunc(all, func(a, b Missing) int { return strings.Compare(a.About, b.About) })
	return slices.Compact(all), nil
}

// datasets lists what must be whole of a source: who there is where people come from,
// and who has what where access in scope lies or comes through.
func datasets(s graph.Source, inScope map[graph.Source]bool, g *graph.Graph) (all []graph.Dataset) {
	if hasPeople(g, s) {
		all = append(all, graph.Identities)
	}
	if inScope[s] {
		all = append(all, graph.Accounts, graph.Groups, graph.Memberships, graph.Assignments, graph.Eligibility)
	}
	return all
}

func hasPeople(g *graph.Graph, s graph.Source) bool {
	lo, hi := g.Range(graph.Identity)
	for n := lo; n < hi; n++ {
		if g.ID(n).Source == s {
			return true
		}
	}
	return false
}

// sources are those in which access of the scope lies, or through which it comes.
func (f *filter) sources() map[graph.Source]bool {
	all := map[graph.Source]bool{}
	for n := range uint32(f.Graph.NumNodes()) {
		id := f.Graph.ID(n)
		if id.Kind != graph.Identity && f.inPlay(n) {
			all[id.Source] = true
		}
	}
	for _, s := range f.scope.Sources {
		all[s] = true
	}
	return all
}

// inPlay reports whether something leads to what the scope is about.
func (f *filter) inPlay(n uint32) bool {
	return (f.leads == nil || f.leads[n]) && (f.powerful == nil || f.powerful[n]) &&
		(len(f.scope.Sources) == 0 || slices.Contains(f.scope.Sources, f.Graph.ID(n).Source))
}

func (f *filter) concerns(gap graph.Gap, sources map[graph.Source]bool) bool {
	n, ok := f.Graph.Find(gap.About)
	hides := slices.ContainsFunc([]graph.GrantKind{graph.Member, graph.Assigned, graph.Eligible}, gap.Dataset.Hides)
	switch {
	case !ok:
		return true
	case gap.About.Kind == graph.Identity || gap.About.Kind == graph.Account:
		return hides // of somebody whose access may lead anywhere
	}
	return hides && sources[gap.About.Source] && f.inPlay(n)
}
