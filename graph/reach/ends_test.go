// SPDX-License-Identifier: Apache-2.0

package reach_test

import (
	"slices"
	"testing"

	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// What one walk reaches is what the closure says, node for node.
func TestReachedAgreesWithTheClosure(t *testing.T) {
	reached := 0
	for seed := range uint64(100) {
		facts, _, asOf := synth.Small(seed)
		var b graph.Builder
		for _, f := range facts {
			if err := b.Add(f); err != nil {
				t.Fatal(err)
			}
		}
		g := b.Graph()
		each := make([][]uint32, g.NumNodes())
		for n := range each {
			each[n] = []uint32{uint32(n)}
		}
		for m := reach.Standing; m <= reach.Attainable; m++ {
			v := reach.At(g, asOf, m)
			c := v.Close(each)
			for n := range uint32(g.NumNodes()) {
				var want []uint32
				for label := range each {
					if c.Has(n, label) {
						want = append(want, uint32(label))
					}
				}
				if got := v.Reached(n); !slices.Equal(got, want) {
					t.Fatalf("seed %d, %s: %s reaches %v, the closure says %v", seed, m, g.ID(n), got, want)
				}
				reached += len(want) - 1
			}
		}
	}
	if reached < 1000 {
		t.Errorf("only %d nodes are reached by others: these worlds prove little", reached)
	}
}
