// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// This file follows paths by docs/formats/closure.md, without the engine.

// An entry says how a path came into a group: through another one, as a direct member,
// or by controlling it. Nothing else is entered in more than one way.
type entry uint8

const (
	nested entry = iota
	direct
	controlling
)

func entryBy(k graph.GrantKind, from, to graph.ID) entry {
	switch {
	case to.Kind != graph.Group:
		return nested
	case k == graph.Controls:
		return controlling
	case from.Kind == graph.Account && (k == graph.Member || k == graph.Eligible):
		return direct
	}
	return nested
}

// opens reports whether whoever came to a holder so may use a grant of it.
func opens(from graph.ID, how entry, directOnly bool) bool {
	return !directOnly || from.Kind != graph.Group || how != nested
}

func isPopulation(id graph.ID) bool {
	return id.Kind == graph.Group && (id.Key == "~all" || id.Key == "~authenticated")
}

// exists reports whether a grant exists at the moment, and whether a path that came to
// its holder so may use it.
func (c *checker) exists(g grant, how entry) (is, usable bool) {
	from, ok := c.g.Find(g.From)
	to, ok2 := c.g.Find(g.To)
	if !ok || !ok2 {
		return false, false
	}
	for _, e := range c.g.Out(from) {
		if e.To == to && e.Kind() == g.Kind && c.g.Terms(e).Holds(c.asOf) {
			is = true
			usable = usable || opens(g.From, how, e.DirectOnly())
		}
	}
	return is, usable
}

// onward yields the steps that a path may take from a spot.
func (c *checker) onward(s spot, do func(to uint32, k graph.GrantKind, implied bool)) {
	from := c.g.ID(s.node)
	for _, e := range c.g.Out(s.node) {
		if c.g.Terms(e).Holds(c.asOf) && opens(from, s.how, e.DirectOnly()) {
			do(e.To, e.Kind(), false)
		}
	}
	switch {
	case from.Kind == graph.Account:
		for _, n := range c.back.crowds[from.Source] {
			do(n, graph.Member, true)
		}
	case isPopulation(from) && s.how == controlling:
		for _, n := range c.back.accounts[from.Source] {
			do(n, graph.Controls, true)
		}
	}
}

// A backward graph counts who arrives at grants.
type backward struct {
	g        *graph.Graph
	asOf     time.Time
	subject  []bool
	first    []uint32 // by node: where what leads to it begins
	holder   []uint32
	kind     []graph.GrantKind
	direct   []bool
	accounts map[graph.Source][]uint32
	crowds   map[graph.Source][]uint32 // populations
	known    map[arrival]int
}

// An arrival is at a node: in any way, or as a direct member or more.
type arrival struct {
	node   uint32
	direct bool
}

func newBackward(g *graph.Graph, asOf time.Time) *backward {
	b := &backward{g: g, asOf: asOf, subject: make([]bool, g.NumNodes()), first: make([]uint32, g.NumNodes()+2), accounts: map[graph.Source][]uint32{}, crowds: map[graph.Source][]uint32{}, known: map[arrival]int{}}
	owned := make([]bool, g.NumNodes())
	b.each(func(from uint32, e graph.Edge) {
		b.first[e.To+2]++
		owned[e.To] = owned[e.To] || e.Kind() == graph.Owns
		b.subject[from] = b.subject[from] || g.ID(from).Kind == graph.Unresolved
	})
	for i := 2; i < len(b.first); i++ {
		b.first[i] += b.first[i-1]
	}
	edges := b.first[len(b.first)-1]
	b.holder, b.kind, b.direct = make([]uint32, edges), make([]graph.GrantKind, edges), make([]bool, edges)
	b.each(func(from uint32, e graph.Edge) {
		at := b.first[e.To+1]
		b.holder[at], b.kind[at], b.direct[at] = from, e.Kind(), e.DirectOnly()
		b.first[e.To+1]++
	})
	for n := range uint32(g.NumNodes()) {
		switch id := g.ID(n); {
		case id.Kind == graph.Identity, id.Kind == graph.Somebody:
			b.subject[n] = true
		case id.Kind == graph.Account:
			b.subject[n] = !owned[n]
			b.accounts[id.Source] = append(b.accounts[id.Source], n)
		case isPopulation(id):
			b.crowds[id.Source] = append(b.crowds[id.Source], n)
		}
	}
	return b
}

// each calls do with every grant that exists.
func (b *backward) each(do func(from uint32, e graph.Edge)) {
	for n := range uint32(b.g.NumNodes()) {
		for _, e := range b.g.Out(n) {
			if b.g.Terms(e).Holds(b.asOf) {
				do(n, e)
			}
		}
	}
}

// A spot is a node and how a path came to it.
type spot struct {
	node uint32
	how  entry
}

// arrive counts the subjects that have a path to where a grant may be used.
func (b *backward) arrive(g grant, usableNested bool) int {
	from, _ := b.g.Find(g.From)
	key := arrival{from, !usableNested}
	if n, ok := b.known[key]; ok {
		return n
	}
	seen := map[spot]bool{}
	var queue []spot
	see := func(s spot) {
		if !seen[s] {
			seen[s] = true
			queue = append(queue, s)
		}
	}
	b.ways(from, usableNested, see)
	count := 0
	for i := 0; i < len(queue); i++ {
		s := queue[i]
		if b.subject[s.node] { // none is a group, so there is one spot of it
			count++
		}
		b.before(s, see)
	}
	b.known[key] = count
	return count
}

// ways yields the spots of a holder at which its grants may be used.
func (b *backward) ways(n uint32, anyhow bool, do func(spot)) {
	if b.g.ID(n).Kind != graph.Group {
		do(spot{n, nested})
		return
	}
	if anyhow {
		do(spot{n, nested})
	}
	do(spot{n, direct})
	do(spot{n, controlling})
}

// before yields the spots from which one step leads to a spot.
func (b *backward) before(s spot, do func(spot)) {
	to := b.g.ID(s.node)
	for i := b.first[s.node]; i < b.first[s.node+1]; i++ {
		from := b.g.ID(b.holder[i])
		if entryBy(b.kind[i], from, to) == s.how {
			b.ways(b.holder[i], opens(from, nested, b.direct[i]), do)
		}
	}
	switch {
	case isPopulation(to) && s.how == direct:
		for _, n := range b.accounts[to.Source] {
			do(spot{n, nested})
		}
	case to.Kind == graph.Account:
		for _, n := range b.crowds[to.Source] {
			do(spot{n, controlling})
		}
	}
}

// weakness is the place of the mode that a grant allows, from 1.
func weakness(k graph.GrantKind) int {
	switch k {
	case graph.Eligible:
		return 2
	case graph.Controls:
		return 3
	}
	return 1
}
