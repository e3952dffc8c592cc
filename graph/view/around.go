// SPDX-License-Identifier: Apache-2.0

package view

import (
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// Around cuts out of g every grant on some way from the subject to one of the
// targets that holds at the time and is of the mode or a stronger one, and what
// population groups imply there. The ways are those of [reach.View].
//
// An account that only a population group leads to does not lead back into it:
// whoever came through the group knows what it opens. What a grant says and a
// population implies too is there twice.
//
// The view may be too large for a picture; its paths can be told all the same.
func Around(g *graph.Graph, at time.Time, weakest reach.Mode, subject graph.ID, targets []graph.ID) *View {
	c := cutter{g: g, reach: reach.At(g, at, weakest), back: map[reach.Place][]step{}}
	if n, ok := g.Find(subject); ok {
		c.start = c.reach.Start(n)
		c.forward()
	}
	name := func(id graph.ID) string {
		if n, ok := g.Find(id); ok {
			return g.Name(n)
		}
		return ""
	}
	edges := c.backward(targets)
	slices.SortFunc(edges, compareEdges)
	return of([]graph.ID{subject}, targets, slices.Compact(edges), name)
}

// A step back: where a place was come to from, and how.
type step struct {
	from reach.Place
	reach.Step
}

type cutter struct {
	g     *graph.Graph
	reach *reach.View
	start reach.Place
	back  map[reach.Place][]step // how each place was come to
}

func (c *cutter) forward() {
	todo := []reach.Place{c.start}
	c.back[c.start] = nil
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for s := range c.reach.Steps(p) {
			if _, seen := c.back[s.To]; !seen {
				todo = append(todo, s.To)
			}
			c.back[s.To] = append(c.back[s.To], step{p, s})
		}
	}
}

func (c *cutter) backward(targets []graph.ID) []Edge {
	var todo []reach.Place
	seen := map[reach.Place]bool{}
	visit := func(p reach.Place) {
		if _, reached := c.back[p]; reached && !seen[p] {
			seen[p] = true
			todo = append(todo, p)
		}
	}
	for _, id := range targets {
		if n, ok := c.g.Find(id); ok {
			for _, p := range c.reach.Places(n) {
				visit(p)
			}
		}
	}
	var edges []Edge
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, s := range c.back[p] {
			if c.returns(s) {
				continue
			}
			edges = append(edges, Edge{c.id(s.from), c.id(p), s.Kind, s.DirectOnly, s.Implied})
			visit(s.from)
		}
	}
	return edges
}

func (c *cutter) id(p reach.Place) graph.ID { return c.g.ID(c.reach.Node(p)) }

// returns reports whether a step leads from an account into the population group
// that alone led to it.
func (c *cutter) returns(s step) bool {
	group := c.reach.Node(s.To)
	if !reach.IsPopulation(c.g.ID(group)) || s.from == c.start {
		return false
	}
	return !slices.ContainsFunc(c.back[s.from], func(b step) bool { return !b.Implied || c.reach.Node(b.from) != group })
}
