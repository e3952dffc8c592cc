// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"testing"

	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// TestTidyLosesNothing holds what a proof bounds in its one form against what the search
// found out. It fails when costs of dropped grants make rounding coarser or finer on one
// side only, and when weights that were moved keep less than what follows them needs.
func TestTidyLosesNothing(t *testing.T) {
	flat := &sod.Costs{Digest: "sha256:0", Rules: []sod.CostRule{
		{From: []sod.Selector{{Source: synth.Corp, Kind: graph.Group}}, Cost: 4}, {Kind: graph.Contains, Cost: 9},
	}}
	for seed := range uint64(12) {
		tidyLosesNothing(t, synth.Office(100, seed+1), nil)
	}
	for _, seed := range []uint64{30, 54, 56, 63, 66, 70, 81} {
		for _, n := range []int{40, 60} {
			knot := synth.Tangle{Seed: seed, People: n, Groups: n, Roles: n/2 + 1, Rights: n/4 + 2, Rules: n/4 + 1, Joins: 3, Nests: 3, Assigns: 2, Contains: 3}
			tidyLosesNothing(t, knot, flat)
		}
	}
}

func tidyLosesNothing(t *testing.T, c synth.Tangle, costs *sod.Costs) {
	t.Helper()
	m, err := newModel(c.Graph(), c.Policy(), synth.AsOf(), Options{Scope: Structure, Costs: costs})
	if err != nil {
		t.Fatal(err)
	}
	m.setStuckAside()
	s := newSearch(t.Context(), m)
	s.run()
	for _, g := range s.groups {
		for _, family := range g.proved {
			for _, x := range family {
				if x.bound > 0 && tidy(m, g, x).bound < x.bound {
					t.Errorf("%d people, seed %d: a piece of %d witnesses and %d nodes bounds less than %d", c.People, c.Seed, len(x.witnesses), len(x.piece.tree), x.bound)
				}
			}
		}
	}
}
