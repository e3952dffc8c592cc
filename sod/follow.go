// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// Followed tells of earlier findings as what they may go on: of each whose one subject was
// an account that g knows owners of by asOf, the same finding of each owner, with its ID.
// Whoever links an account to its person has not mended anything.
func Followed(g *graph.Graph, asOf time.Time, earlier []Finding) [][]Finding {
	owners := map[uint32][]graph.ID{}
	at := func(f Finding) (uint32, bool) {
		if len(f.Subjects) != 1 || f.Kind == kindCollusion || f.Subjects[0].Kind != graph.Account {
			return 0, false
		}
		return g.Find(f.Subjects[0])
	}
	for _, f := range earlier {
		if n, ok := at(f); ok {
			owners[n] = nil
		}
	}
	lo, hi := g.Range(graph.Identity)
	for n := lo; n < hi && len(owners) > 0; n++ {
		for _, e := range g.Out(n) {
			if _, asked := owners[e.To]; asked && e.Kind() == graph.Owns && g.Terms(e).Holds(asOf) {
				owners[e.To] = append(owners[e.To], g.ID(n))
			}
		}
	}
	all := make([][]Finding, len(earlier))
	for i, f := range earlier {
		n, ok := at(f)
		if !ok {
			continue
		}
		for _, who := range owners[n] {
			f.Subjects = []graph.ID{who}
			f.ID = f.id()
			all[i] = append(all[i], f)
		}
	}
	return all
}
