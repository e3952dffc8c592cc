// SPDX-License-Identifier: Apache-2.0

package view_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/graph/view"
)

var now = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)

// build makes a graph of lines such as "account:c/a member group:c/g".
func build(t *testing.T, lines ...string) *graph.Graph {
	t.Helper()
	var b graph.Builder
	for _, e := range edges(t, lines...) {
		if err := b.Add(graph.Grant{From: e.From, To: e.To, Kind: e.Kind, Terms: graph.Terms{DirectOnly: e.DirectOnly}}); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph()
}

// randomGraph has two sources with populations, direct-only assignments, control
// and circles on few nodes.
func randomGraph(t *testing.T, seed uint64) *graph.Graph {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 11))
	all := ids(t, "identity:h/e", "account:c/a", "account:c/b", "account:d/a", "group:c/~all", "group:c/~authenticated", "group:c/g", "group:d/~all", "role:c/r", "entitlement:c/x")
	var b graph.Builder
	for range 90 {
		g := graph.Grant{From: all[r.IntN(len(all))], To: all[r.IntN(len(all))], Kind: graph.GrantKinds()[r.IntN(6)]}
		g.DirectOnly = g.Kind == graph.Assigned && r.IntN(2) == 0
		if g.Check() != nil || r.IntN(3) > 0 {
			continue
		}
		if err := b.Add(g); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph()
}

// Paths tells a way exactly where the closure says that there is one, the shortest
// is as long as the closure's, and every grant of the closure's way is in the view.
func TestPathsAgreesWithReach(t *testing.T) {
	joined, implied, again := 0, 0, 0
	for seed := range uint64(150) {
		g := randomGraph(t, seed)
		for mode := reach.Standing; mode <= reach.Attainable; mode++ {
			labels := make([][]uint32, g.NumNodes())
			for n := range labels {
				labels[n] = []uint32{uint32(n)}
			}
			closure := reach.At(g, now, mode).Close(labels)
			maps := closure.Maps()
			for from := range uint32(g.NumNodes()) {
				for to := range labels {
					v := view.Around(g, now, mode, g.ID(from), []graph.ID{g.ID(uint32(to))})
					paths, cut := v.Paths(1)
					if closure.Has(from, to) != (len(paths) > 0) || cut && len(paths) == 0 {
						t.Fatalf("seed %d, %s: %s to %s: reached %t, paths %v", seed, mode, g.ID(from), g.ID(uint32(to)), closure.Has(from, to), paths)
					}
					if len(paths) == 0 {
						continue
					}
					want, _ := maps.To(to).From(from)
					if len(want.Kinds) != len(paths[0].Kinds) || !holdsPath(v, want) {
						t.Fatalf("seed %d, %s: the closure tells %v, the view %v", seed, mode, want, paths[0])
					}
					joined++
					implied += countImplied(v)
					again += len(want.Nodes) - len(slices.Compact(slices.SortedFunc(slices.Values(want.Nodes), graph.ID.Compare)))
				}
			}
		}
	}
	if joined < 1000 || implied < 1000 || again < 10 {
		t.Errorf("%d pairs joined, %d implied edges, %d nodes come to again: the graphs are too tame", joined, implied, again)
	}
}

// Paths tells exactly the minimal ways of all that a naive search finds, to several
// targets at once.
func TestPathsIsMinimal(t *testing.T) {
	minimal, needless := 0, 0
	for seed := range uint64(300) {
		g := randomGraph(t, seed)
		r := rand.New(rand.NewPCG(seed, 5))
		subject := g.ID(uint32(r.IntN(g.NumNodes())))
		targets := []graph.ID{g.ID(uint32(r.IntN(g.NumNodes()))), g.ID(uint32(r.IntN(g.NumNodes())))}
		v := view.Around(g, now, reach.Attainable, subject, targets)
		all := map[string]map[string]bool{} // the steps of every way
		naiveWays(v, targets, subject, nil, map[string]bool{}, all)
		want := map[string]bool{}
		for key, steps := range all {
			if !someSubset(all, key, steps) {
				want[key] = true
			}
		}
		ways, cut := v.Paths(1 << 20)
		got := map[string]bool{}
		for _, w := range ways {
			got[stepsKey(stepSet(w.Edges))] = true
		}
		if diff := cmp.Diff(want, got); diff != "" || cut || len(got) != len(ways) {
			t.Fatalf("seed %d, %s to %s: %d ways, cut %t (-want +got):\n%s", seed, subject, targets, len(ways), cut, diff)
		}
		minimal, needless = minimal+len(want), needless+len(all)-len(want)
		for _, e := range v.Edges() {
			someLeft := slices.ContainsFunc(ways, func(w view.Way) bool { return !w.Takes(e) })
			if left, ok := v.Without(e); someLeft && !ok || ok && slices.ContainsFunc(left.Edges, func(x view.Edge) bool { return x == e && !e.Implied }) {
				t.Fatalf("seed %d: without %v: %v, %t", seed, e, left, ok)
			}
		}
	}
	if minimal < 300 || needless < 300 {
		t.Errorf("%d minimal ways, %d needless ones: the graphs are too tame", minimal, needless)
	}
}

// naiveWays goes on from a node in every way that it may be gone on from it, to no
// node twice by the same kind of arrival.
func naiveWays(v *view.View, targets []graph.ID, at graph.ID, taken []view.Edge, been map[string]bool, all map[string]map[string]bool) {
	arrived := "nested"
	if n := len(taken); n > 0 {
		switch last := taken[n-1]; {
		case last.Kind == graph.Controls:
			arrived = "controlling"
		case last.From.Kind == graph.Account && (last.Kind == graph.Member || last.Kind == graph.Eligible):
			arrived = "direct"
		}
	}
	place := at.String() + " " + arrived
	if been[place] {
		return
	}
	been[place] = true
	defer delete(been, place)
	if slices.Contains(targets, at) {
		steps := stepSet(taken)
		all[stepsKey(steps)] = steps
	}
	for _, e := range v.Edges() {
		group := e.From.Kind == graph.Group
		if e.From != at || group && e.DirectOnly && arrived == "nested" || group && e.Implied && arrived != "controlling" {
			continue
		}
		naiveWays(v, targets, e.To, append(slices.Clone(taken), e), been, all)
	}
}

func stepSet(edges []view.Edge) map[string]bool {
	steps := map[string]bool{}
	for _, e := range edges {
		steps[fmt.Sprintf("%s %s %s", e.From, e.Kind, e.To)] = true
	}
	return steps
}

func stepsKey(steps map[string]bool) string { return fmt.Sprint(steps) }

func someSubset(all map[string]map[string]bool, key string, steps map[string]bool) bool {
	for other, fewer := range all {
		if other == key {
			continue
		}
		inside := true
		for s := range fewer {
			inside = inside && steps[s]
		}
		if inside {
			return true
		}
	}
	return false
}

func holdsPath(v *view.View, p reach.Path) bool {
	for i, k := range p.Kinds {
		if !slices.ContainsFunc(v.Edges(), func(e view.Edge) bool { return e.From == p.Nodes[i] && e.To == p.Nodes[i+1] && e.Kind == k }) {
			return false
		}
	}
	return true
}

func countImplied(v *view.View) (n int) {
	for _, e := range v.Edges() {
		if e.Implied {
			n++
		}
	}
	return n
}

func TestAroundPopulation(t *testing.T) {
	tests := []struct {
		name    string
		lines   []string
		subject string
		want    []string
	}{
		{"an account is a member", []string{"group:c/~all assigned role:c/r"}, "account:c/a", []string{"a ~all r"}},
		{"directly", []string{"group:c/~authenticated assigned! role:c/r"}, "account:c/a", []string{"a ~authenticated r"}},
		{"not one of another source", []string{"group:c/~all assigned role:c/r"}, "account:d/a", nil},
		{"a grant that says so is not told twice", []string{"account:c/a member group:c/~all", "group:c/~all assigned role:c/r"}, "account:c/a", []string{"a ~all r"}},
		{"control opens the accounts", []string{"identity:h/e controls group:c/~all", "account:c/a assigned role:c/r"}, "identity:h/e", []string{"e ~all a r"}},
		{"membership does not", []string{"group:c/g member group:c/~all", "account:c/a assigned role:c/r"}, "group:c/g", nil},
		{"nor does what a member of it controls", []string{"group:c/~all controls group:c/g", "account:c/b assigned role:c/r"}, "account:c/a", nil},
		{"everyone controls everyone", []string{"group:c/~all controls group:c/~all", "account:c/b assigned role:c/r"}, "account:c/a", []string{"a ~all ~all b r"}},
		{"the way back into the population is left out", []string{"identity:h/e controls group:c/~all", "group:c/~all assigned role:c/r"}, "identity:h/e", []string{"e ~all r"}},
		{"but not the subject's own way", []string{"account:c/a controls group:c/~authenticated", "group:c/~authenticated assigned role:c/r"}, "account:c/a",
			[]string{"a ~authenticated r", "a ~authenticated r"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			others := []string{"account:c/a member group:c/other", "account:c/b member group:c/other", "account:d/a member group:d/other", "group:c/g member group:c/other"}
			v := view.Around(build(t, append(others, tt.lines...)...), now, reach.Attainable, id(t, tt.subject), ids(t, "role:c/r"))
			var got []string
			paths, _ := v.Paths(9)
			for _, p := range paths {
				var keys []string
				for _, n := range p.Nodes {
					keys = append(keys, n.Key)
				}
				got = append(got, strings.Join(keys, " "))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("paths (-want +got):\n%s", diff)
			}
		})
	}
}

// Everybody's account leads from and to the population, and none of them is on the
// way: the picture stays small.
func TestAroundLargePopulation(t *testing.T) {
	lines := []string{"identity:h/e controls group:c/~all", "group:c/~all assigned role:c/r", "account:c/a7 assigned role:c/r"}
	for i := range view.MaxEdges {
		lines = append(lines, fmt.Sprintf("account:c/a%d member group:c/g", i))
	}
	v := view.Around(build(t, lines...), now, reach.Attainable, id(t, "identity:h/e"), ids(t, "role:c/r"))
	want := edges(t, "account:c/a7 assigned role:c/r", "group:c/~all controls account:c/a7", "group:c/~all assigned role:c/r", "identity:h/e controls group:c/~all")
	want[1].Implied = true
	if diff := cmp.Diff(want, v.Edges()); diff != "" {
		t.Errorf("edges (-want +got):\n%s", diff)
	}
}
