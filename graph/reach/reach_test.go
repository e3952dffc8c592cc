// SPDX-License-Identifier: Apache-2.0

package reach_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

var now = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)

func id(k graph.Kind, key any) graph.ID { return graph.ID{Kind: k, Source: "s", Key: fmt.Sprint(key)} }

func group(n int) graph.ID { return id(graph.Group, fmt.Sprintf("%09d", n)) }

type maker struct {
	t *testing.T
	b graph.Builder
}

func (m *maker) grant(from, to graph.ID, k graph.GrantKind) {
	m.t.Helper()
	if err := m.b.Add(graph.Grant{From: from, To: to, Kind: k}); err != nil {
		m.t.Fatal(err)
	}
}

// closed returns the graph, its closure over one target, and the trails to it.
func closed(t *testing.T, g *graph.Graph, target graph.ID, m reach.Mode) (*reach.Closure, *reach.Trails) {
	t.Helper()
	n, ok := g.Find(target)
	if !ok {
		t.Fatalf("%s is not in the graph", target)
	}
	c := reach.At(g, now, m).Close([][]uint32{{n}})
	return c, c.Maps().To(0)
}

func find(t *testing.T, g *graph.Graph, id graph.ID) uint32 {
	t.Helper()
	n, ok := g.Find(id)
	if !ok {
		t.Fatalf("%s is not in the graph", id)
	}
	return n
}

func TestDeepNesting(t *testing.T) {
	const depth = 100_000
	m := maker{t: t}
	m.grant(id(graph.Account, "a"), group(0), graph.Member)
	for i := range depth {
		m.grant(group(i), group(i+1), graph.Member)
	}
	g := m.b.Graph()
	c, trails := closed(t, g, group(depth), reach.Standing)
	a := find(t, g, id(graph.Account, "a"))
	if !c.Has(a, 0) {
		t.Fatal("the account does not reach the end of the chain")
	}
	p, ok := trails.From(a)
	if !ok || len(p.Kinds) != depth+1 {
		t.Errorf("got a path of %d grants, want %d", len(p.Kinds), depth+1)
	}
}

func TestLargeCycle(t *testing.T) {
	const size = 10_000
	m := maker{t: t}
	for i := range size {
		m.grant(group(i), group((i+1)%size), graph.Member)
	}
	m.grant(group(size/2), group(size/2), graph.Member)
	m.grant(id(graph.Account, "a"), group(1), graph.Member)
	m.grant(id(graph.Account, "outside"), group(size+1), graph.Member)
	g := m.b.Graph()
	c, trails := closed(t, g, group(0), reach.Standing)
	for n := range uint32(g.NumNodes()) {
		want := g.ID(n) != id(graph.Account, "outside") && g.ID(n) != group(size+1)
		if c.Has(n, 0) != want {
			t.Fatalf("%s reaches the cycle: %t, want %t", g.ID(n), c.Has(n, 0), want)
		}
	}
	if p, _ := trails.From(find(t, g, id(graph.Account, "a"))); len(p.Kinds) != size {
		t.Errorf("got a path of %d grants, want %d", len(p.Kinds), size)
	}
}

// Thirty diamonds in a row make 2^30 paths; the work must be by edges.
func TestDiamonds(t *testing.T) {
	m := maker{t: t}
	m.grant(id(graph.Account, "a"), group(0), graph.Member)
	for i := range 30 {
		m.grant(group(3*i), group(3*i+1), graph.Member)
		m.grant(group(3*i), group(3*i+2), graph.Member)
		m.grant(group(3*i+1), group(3*i+3), graph.Member)
		m.grant(group(3*i+2), group(3*i+3), graph.Member)
	}
	g := m.b.Graph()
	_, trails := closed(t, g, group(90), reach.Standing)
	p, ok := trails.From(find(t, g, id(graph.Account, "a")))
	if !ok || len(p.Kinds) != 61 {
		t.Fatalf("got a path of %d grants, want 61", len(p.Kinds))
	}
	for i := range 30 {
		if p.Nodes[2*i+2] != group(3*i+1) {
			t.Fatalf("grant %d goes through %s: of two equal ways the first in ID order is wanted", 2*i, p.Nodes[2*i+2])
		}
	}
}

// A shorter way wins over one that is first in ID order, and the stronger kind of
// two parallel grants is told.
func TestShortest(t *testing.T) {
	m := maker{t: t}
	a, role := id(graph.Account, "a"), id(graph.Role, "r")
	m.grant(a, group(1), graph.Member)
	m.grant(group(1), group(2), graph.Member)
	m.grant(group(2), role, graph.Assigned)
	m.grant(a, group(3), graph.Controls)
	m.grant(a, group(3), graph.Member)
	m.grant(group(3), role, graph.Assigned)
	g := m.b.Graph()
	_, trails := closed(t, g, role, reach.Attainable)
	p, _ := trails.From(find(t, g, a))
	want := reach.Path{Nodes: []graph.ID{a, group(3), role}, Kinds: []graph.GrantKind{graph.Member, graph.Assigned}}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("path (-want +got):\n%s", diff)
	}
}

// A population is a group among the others: of equal ways the first in ID order is
// told, and of a population's grants the strongest.
func TestShortestThroughPopulation(t *testing.T) {
	m := maker{t: t}
	a, all, role := id(graph.Account, "a"), id(graph.Group, "~all"), id(graph.Role, "r")
	m.grant(a, id(graph.Group, "é"), graph.Member) // after ~all
	m.grant(id(graph.Group, "é"), role, graph.Assigned)
	m.grant(a, all, graph.Controls)
	m.grant(all, role, graph.Assigned)
	g := m.b.Graph()
	_, trails := closed(t, g, role, reach.Attainable)
	p, _ := trails.From(find(t, g, a))
	want := reach.Path{Nodes: []graph.ID{a, all, role}, Kinds: []graph.GrantKind{graph.Member, graph.Assigned}}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("path (-want +got):\n%s", diff)
	}
}

// Whoever controls the population reaches what any account holds.
func TestControlOfPopulation(t *testing.T) {
	m := maker{t: t}
	e, all, a, role := id(graph.Identity, "e"), id(graph.Group, "~all"), id(graph.Account, "b"), id(graph.Role, "r")
	m.grant(e, all, graph.Controls)
	m.grant(a, role, graph.Assigned)
	m.grant(id(graph.Account, "a"), role, graph.Eligible)
	g := m.b.Graph()
	_, trails := closed(t, g, role, reach.Attainable)
	p, _ := trails.From(find(t, g, e))
	want := reach.Path{
		Nodes: []graph.ID{e, all, id(graph.Account, "a"), role},
		Kinds: []graph.GrantKind{graph.Controls, graph.Controls, graph.Eligible},
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("path (-want +got):\n%s", diff)
	}
	if c, _ := closed(t, g, role, reach.Eligible); c.Has(find(t, g, e), 0) {
		t.Error("who controls the population has its accounts without control counting")
	}
}

func TestNoWay(t *testing.T) {
	m := maker{t: t}
	m.grant(id(graph.Account, "a"), group(1), graph.Eligible)
	m.grant(id(graph.Account, "b"), group(2), graph.Member)
	g := m.b.Graph()
	c, trails := closed(t, g, group(1), reach.Standing)
	for _, key := range []string{"a", "b"} {
		n := find(t, g, id(graph.Account, key))
		if _, ok := trails.From(n); ok || c.Has(n, 0) {
			t.Errorf("account %s reaches the group in standing mode", key)
		}
	}
}

func BenchmarkClose(b *testing.B) {
	for _, accounts := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("accounts=%d", accounts), func(b *testing.B) {
			g, labels := organisation(b, accounts)
			b.ReportAllocs()
			for b.Loop() {
				reach.At(g, now, reach.Standing).Close(labels)
			}
			b.ReportMetric(float64(g.NumGrants())*float64(b.N)/b.Elapsed().Seconds(), "grants/s")
		})
	}
}

// BenchmarkPopulation closes the same with two population groups that are members of
// a group and that one account controls, and finds the way from there to ten labels.
func BenchmarkPopulation(b *testing.B) {
	for _, accounts := range []int{10_000, 100_000} {
		for _, mode := range []reach.Mode{reach.Standing, reach.Attainable} {
			b.Run(fmt.Sprintf("accounts=%d/%s", accounts, mode), func(b *testing.B) {
				all, authenticated := id(graph.Group, "~all"), id(graph.Group, "~authenticated")
				g, labels := organisation(b, accounts,
					graph.Grant{From: all, To: group(1), Kind: graph.Member},
					graph.Grant{From: authenticated, To: all, Kind: graph.Member},
					graph.Grant{From: id(graph.Account, 0), To: all, Kind: graph.Controls},
					graph.Grant{From: id(graph.Account, 0), To: authenticated, Kind: graph.Controls},
				)
				from, _ := g.Find(id(graph.Account, 0))
				b.ReportAllocs()
				for b.Loop() {
					maps := reach.At(g, now, mode).Close(labels).Maps()
					for label := range 10 {
						maps.To(label).From(from)
					}
				}
			})
		}
	}
}

// organisation makes accounts in ten groups each, a tenth as many groups, nested
// four deep, and 120 labels; and the grants besides.
func organisation(b *testing.B, accounts int, besides ...graph.Grant) (*graph.Graph, [][]uint32) {
	b.Helper()
	var build graph.Builder
	for _, g := range besides {
		if err := build.Add(g); err != nil {
			b.Fatal(err)
		}
	}
	groups := accounts / 10
	add := func(from, to graph.ID) {
		if err := build.Add(graph.Grant{From: from, To: to, Kind: graph.Member}); err != nil {
			b.Fatal(err)
		}
	}
	for i := range groups {
		if i%4 != 0 {
			add(group(i), group((i*7919+1)%groups))
		}
	}
	for i := range accounts {
		for j := range 10 {
			add(id(graph.Account, i), group((i*31+j*104729)%groups))
		}
	}
	g := build.Graph()
	labels := make([][]uint32, 120)
	lo, hi := g.Range(graph.Group)
	for i := range labels {
		labels[i] = []uint32{lo + uint32(i*7)%(hi-lo)}
	}
	return g, labels
}
