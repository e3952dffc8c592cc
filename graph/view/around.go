// SPDX-License-Identifier: Apache-2.0

package view

import (
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// Around cuts out of g every grant on some way from the subject to one of the
// targets that holds at the time and is of the mode or a stronger one.
func Around(g *graph.Graph, at time.Time, weakest reach.Mode, subject graph.ID, targets []graph.ID) (*View, error) {
	c := cutter{g: g, at: at, weakest: weakest, back: map[place][]step{}}
	c.forward(subject)
	name := func(id graph.ID) string {
		if n, ok := g.Find(id); ok {
			return g.Name(n)
		}
		return ""
	}
	return New([]graph.ID{subject}, targets, c.backward(targets), name)
}

// A place is a node as a path came to it: direct says that a direct-only
// assignment may follow.
type place struct {
	node   uint32
	direct bool
}

type step struct {
	from place
	edge graph.Edge
}

type cutter struct {
	g       *graph.Graph
	at      time.Time
	weakest reach.Mode
	back    map[place][]step // how each place was come to
}

func (c *cutter) forward(subject graph.ID) {
	start, ok := c.g.Find(subject)
	if !ok {
		return
	}
	todo := []place{{node: start}}
	c.back[todo[0]] = nil
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, e := range c.g.Out(p.node) {
			if !c.follows(p, e) {
				continue
			}
			q := place{e.To, opensDirect(c.g.ID(p.node).Kind, e.Kind())}
			if _, seen := c.back[q]; !seen {
				todo = append(todo, q)
			}
			c.back[q] = append(c.back[q], step{p, e})
		}
	}
}

func (c *cutter) follows(p place, e graph.Edge) bool {
	if reach.ModeOf(e.Kind()) > c.weakest || !c.g.Terms(e).Holds(c.at) {
		return false
	}
	return !e.DirectOnly() || p.direct || c.g.ID(p.node).Kind != graph.Group
}

// opensDirect reports whether a grant of kind k from a thing of kind from makes
// its holder a direct member, or lets it become one.
func opensDirect(from graph.Kind, k graph.GrantKind) bool {
	return k == graph.Controls || from == graph.Account && (k == graph.Member || k == graph.Eligible)
}

func (c *cutter) backward(targets []graph.ID) []Edge {
	var todo []place
	seen := map[place]bool{}
	visit := func(p place) {
		if _, reached := c.back[p]; reached && !seen[p] {
			seen[p] = true
			todo = append(todo, p)
		}
	}
	for _, id := range targets {
		if n, ok := c.g.Find(id); ok {
			visit(place{n, false})
			visit(place{n, true})
		}
	}
	var edges []Edge
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, s := range c.back[p] {
			edges = append(edges, Edge{c.g.ID(s.from.node), c.g.ID(p.node), s.edge.Kind(), s.edge.DirectOnly()})
			visit(s.from)
		}
	}
	return edges
}
