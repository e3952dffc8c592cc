// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// Followed tells of earlier findings as what they may go on: of each whose one subject was
// an account that g knows owners of by asOf, or whoever is behind an account, the same
// finding of each owner, with its ID. Whoever links an account to its person, or to the
// accounts that belong with it, has not mended anything, and neither has it who parts them.
func Followed(g *graph.Graph, asOf time.Time, earlier []Finding) [][]Finding {
	owners := map[uint32][]graph.ID{}
	at := func(f Finding) (uint32, bool) {
		if len(f.Subjects) != 1 || f.Kind == kindCollusion {
			return 0, false
		}
		switch id := f.Subjects[0]; id.Kind {
		case graph.Account:
			return g.Find(id)
		case graph.Somebody: // who is named after the main account
			return g.Find(graph.ID{Kind: graph.Account, Source: id.Source, Key: id.Key})
		}
		return 0, false
	}
	for _, f := range earlier {
		if n, ok := at(f); ok {
			owners[n] = nil
		}
	}
	if len(owners) == 0 {
		return make([][]Finding, len(earlier))
	}
	for n := range g.Owners() {
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
		was := f.Subjects[0]
		if _, there := g.Find(was); !there && len(owners[n]) == 0 { // nothing belongs with it any more
			owners[n] = []graph.ID{g.ID(n)}
		}
		for _, who := range owners[n] {
			if who == was {
				continue
			}
			f.Subjects = []graph.ID{who}
			f.ID = f.id()
			all[i] = append(all[i], f)
		}
	}
	return all
}
