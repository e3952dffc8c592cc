// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"testing"

	"github.com/foureyes-iga/foureyes/fixtures/synth"
)

// TestTidyLosesNothing holds what a proof bounds in its one form against what the search
// found out. It fails when costs of dropped grants make rounding coarser or finer on one
// side only.
func TestTidyLosesNothing(t *testing.T) {
	for seed := range uint64(12) {
		c := synth.Office(100, seed+1)
		m, err := newModel(c.Graph(), c.Policy(), synth.AsOf(), Options{Scope: Structure})
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
						t.Errorf("seed %d: a piece of %d witnesses and %d nodes bounds less than %d", seed+1, len(x.witnesses), len(x.piece.tree), x.bound)
					}
				}
			}
		}
	}
}
