// SPDX-License-Identifier: Apache-2.0

package graph_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
)

// company makes facts, in the order of a directory: accounts, groups, and the
// members of one group after the other.
func company(accounts, groups, grants int) []graph.Fact {
	r := rand.New(rand.NewPCG(3, 4))
	id := func(k graph.Kind, i int) graph.ID {
		return graph.ID{Kind: k, Source: "corp", Key: fmt.Sprintf("%08x-%d", uint32(i)*2654435761, i)}
	}
	facts := make([]graph.Fact, 0, accounts+groups+grants)
	for i := range accounts {
		facts = append(facts, graph.Node{ID: id(graph.Account, i), Name: fmt.Sprintf("user%d", i), Attrs: graph.Attrs{
			{Key: "employee_id", Values: []string{fmt.Sprint(100_000 + i)}},
			{Key: "status", Values: []string{"enabled"}},
		}})
	}
	for i := range groups {
		facts = append(facts, graph.Node{ID: id(graph.Group, i), Name: fmt.Sprintf("GROUP-%d", i)})
	}
	for i := range grants {
		facts = append(facts, graph.Grant{From: id(graph.Account, r.IntN(accounts)), To: id(graph.Group, i*groups/grants), Kind: graph.Member})
	}
	return facts
}

// TestNothingIsLostBetweenChunks builds a graph that fills many chunks, one of
// them with a single description, out of facts in three orders.
func TestNothingIsLostBetweenChunks(t *testing.T) {
	facts := company(20_000, 500, 200_000)
	long := graph.Node{ID: graph.ID{Kind: graph.Group, Source: "corp", Key: "long"}, Name: strings.Repeat("long ", 200_000)}
	facts = slices.Insert(facts, 7, graph.Fact(long))
	for _, order := range []string{"as a directory tells them", "shuffled", "backwards"} {
		t.Run(order, func(t *testing.T) {
			switch order {
			case "shuffled":
				rand.New(rand.NewPCG(5, 6)).Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
			case "backwards":
				slices.Reverse(facts)
			}
			g := build(t, facts...)
			grants := map[graph.Grant]bool{}
			for _, f := range facts {
				switch f := f.(type) {
				case graph.Node:
					n, ok := g.Find(f.ID)
					if diff := cmp.Diff(f, g.Node(n)); !ok || diff != "" && len(f.Attrs) > 0 || g.Name(n) != f.Name {
						t.Fatalf("%s is found: %v; (-want +got):\n%s", f.ID, ok, diff)
					}
				case graph.Grant:
					grants[f] = true
				}
			}
			if g.NumGrants() != len(grants) || g.NumNodes() != 20_501 {
				t.Errorf("%d grants of %d, %d nodes", g.NumGrants(), len(grants), g.NumNodes())
			}
			for f := range g.Grants() {
				if !grants[f] {
					t.Fatalf("nobody said that %s holds %s", f.From, f.To)
				}
			}
		})
	}
}

func BenchmarkBuildDirectory(b *testing.B) {
	for _, size := range []struct{ accounts, grants int }{{10_000, 100_000}, {100_000, 1_000_000}} {
		b.Run(fmt.Sprintf("accounts=%d/grants=%d", size.accounts, size.grants), func(b *testing.B) {
			facts := company(size.accounts, size.accounts/20, size.grants)
			b.ReportAllocs()
			for b.Loop() {
				build(b, facts...)
			}
			b.ReportMetric(float64(len(facts))*float64(b.N)/b.Elapsed().Seconds(), "facts/s")
		})
	}
}
