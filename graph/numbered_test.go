// SPDX-License-Identifier: Apache-2.0

package graph_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	gocmp "github.com/google/go-cmp/cmp"
)

// randomFacts has nodes of all kinds, most of them described, grants of all kinds
// between them with few and with many terms, and gaps. Some come twice.
func randomFacts(r *rand.Rand) []graph.Fact {
	var ids []graph.ID
	var all []graph.Fact
	for i := range 40 {
		x := graph.ID{Kind: graph.Account + graph.Kind(i%6), Source: []graph.Source{"a", "a-b", "a0"}[r.IntN(3)], Key: fmt.Sprint(r.IntN(60))}
		ids = append(ids, x)
		if r.IntN(4) > 0 && !slices.Contains(ids[:i], x) {
			all = append(all, graph.Node{ID: x, Name: fmt.Sprint("n", i), Attrs: graph.Attrs{{Key: "k", Values: []string{"v", fmt.Sprint(i)}}}})
		}
	}
	for len(all) < 300 {
		g := graph.Grant{From: ids[r.IntN(len(ids))], To: ids[r.IntN(len(ids))], Kind: graph.GrantKinds()[r.IntN(6)]}
		switch r.IntN(4) {
		case 0:
			g.Terms = graph.Terms{FromTime: day("2026-01-01"), Via: []string{"", "rule", "nested"}[r.IntN(3)]}
		case 1:
			g.Since = day("2026-01-01").Add(time.Duration(r.IntN(20)) * time.Hour).In(time.FixedZone("east", 3600))
		case 2:
			g.DirectOnly = g.Kind == graph.Assigned
		}
		if g.Check() == nil {
			all = append(all, g)
		}
	}
	for range 5 {
		all = append(all, graph.Gap{About: ids[r.IntN(len(ids))], Dataset: graph.Memberships, Reason: fmt.Sprint(r.IntN(3))})
	}
	return append(all, all[:50]...)
}

// addNumbered adds f by the numbers of the things it names.
func addNumbered(b *graph.Builder, f graph.Fact) error {
	switch f := f.(type) {
	case graph.Grant:
		from, err := b.Number(f.From)
		if err != nil {
			return err
		}
		to, err := b.Number(f.To)
		if err != nil {
			return err
		}
		return b.AddEdge(from, to, f.Kind, f.Terms)
	case graph.Gap:
		about, err := b.Number(f.About)
		if err != nil {
			return err
		}
		return b.AddGap(about, f.Dataset, f.Reason)
	}
	return b.Add(f)
}

// TestNumberedIsTheSame: Number, AddEdge and AddGap make the graph that Add makes,
// in whatever order facts come, and whether they come in the order of the graph.
func TestNumberedIsTheSame(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 5))
		all := randomFacts(r)
		one := build(t, all...)
		want := export(t, one)
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for name, in := range map[string]struct {
			numbers []graph.ID // given first
			facts   []graph.Fact
		}{
			"shuffled":        {nil, all},
			"numbered before": {idsOf(one, r.Perm(one.NumNodes())), all},
			"in order":        {idsOf(one, nil), inOrder(one)},
			"nodes in order":  {idsOf(one, nil), all},
		} {
			var b graph.Builder
			b.Grow(r.IntN(100))
			for i, id := range in.numbers {
				if n, err := b.Number(id); err != nil || n != uint32(i) {
					t.Fatalf("seed %d: %s: %s has number %d, %v; want %d", seed, name, id, n, err, i)
				}
			}
			for _, f := range in.facts {
				if err := addNumbered(&b, f); err != nil {
					t.Fatal(err)
				}
			}
			g := b.Graph()
			if diff := gocmp.Diff(want, export(t, g)); diff != "" || g.NumNodes() != one.NumNodes() {
				t.Fatalf("seed %d: %s: %d nodes, want %d; facts (-added +numbered):\n%s", seed, name, g.NumNodes(), one.NumNodes(), diff)
			}
			for n := range uint32(g.NumNodes()) {
				if g.ID(n) != one.ID(n) {
					t.Fatalf("seed %d: %s: node %d is %s, want %s", seed, name, n, g.ID(n), one.ID(n))
				}
			}
		}
	}
}

// idsOf returns the IDs of a graph in an order; nil is their own.
func idsOf(g *graph.Graph, order []int) []graph.ID {
	ids := make([]graph.ID, g.NumNodes())
	for i := range ids {
		ids[i] = g.ID(uint32(i))
		if order != nil {
			ids[i] = g.ID(uint32(order[i]))
		}
	}
	return ids
}

// inOrder returns the facts of a graph in its own order.
func inOrder(g *graph.Graph) (all []graph.Fact) {
	for n := range uint32(g.NumNodes()) {
		if g.Described(n) {
			all = append(all, g.Node(n))
		}
	}
	for grant := range g.Grants() {
		all = append(all, grant)
	}
	for _, gap := range g.Gaps() {
		all = append(all, gap)
	}
	return all
}

func TestNumberedRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		add  func(b *graph.Builder) error
		want string
	}{
		"id":          {func(b *graph.Builder) error { _, err := b.Number(graph.ID{Kind: graph.Group, Source: "c"}); return err }, "the key is empty"},
		"from":        {func(b *graph.Builder) error { return b.AddEdge(2, 1, graph.Member, graph.Terms{}) }, "nodes 2 and 1 of 2"},
		"to":          {func(b *graph.Builder) error { return b.AddEdge(0, 1<<32-1, graph.Member, graph.Terms{}) }, "nodes 0 and 4294967295 of 2"},
		"kind":        {func(b *graph.Builder) error { return b.AddEdge(0, 1, 0, graph.Terms{}) }, "invalid kind"},
		"large kind":  {func(b *graph.Builder) error { return b.AddEdge(0, 1, 255, graph.Terms{}) }, "invalid kind"},
		"ends":        {func(b *graph.Builder) error { return b.AddEdge(1, 0, graph.Member, graph.Terms{}) }, "cannot lead from a group to an account"},
		"direct only": {func(b *graph.Builder) error { return b.AddEdge(0, 1, graph.Member, graph.Terms{DirectOnly: true}) }, "direct_only is for assigned"},
		"gap":         {func(b *graph.Builder) error { return b.AddGap(2, graph.All, "") }, "about node 2 of 2"},
		"dataset":     {func(b *graph.Builder) error { return b.AddGap(1, "x", "") }, `gap about group:corp/g: unknown dataset "x"`},
	} {
		t.Run(name, func(t *testing.T) {
			var b graph.Builder
			for _, s := range []string{"account:corp/a", "group:corp/g"} {
				if _, err := b.Number(id(s)); err != nil {
					t.Fatal(err)
				}
			}
			if err := tt.add(&b); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if g := b.Graph(); g.NumNodes() != 2 || g.NumGrants() != 0 || len(g.Gaps()) != 0 {
				t.Errorf("it was refused and left %d nodes, %d grants, %d gaps", g.NumNodes(), g.NumGrants(), len(g.Gaps()))
			}
		})
	}
}
