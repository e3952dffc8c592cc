// SPDX-License-Identifier: Apache-2.0

package view

import (
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// maxSteps bounds the work of [View.Paths]: a small graph can hold more paths
// than there are atoms.
const maxSteps = 500_000

// A Way is a path through a view, and its edges.
type Way struct {
	reach.Path
	Edges []Edge
}

// Takes reports whether a step of the way is of this kind and between these two.
func (w Way) Takes(e Edge) bool {
	return slices.ContainsFunc(w.Edges, func(x Edge) bool { return x.step() == e.step() })
}

// step is an edge as it is told, and as it is revoked: in all its windows, direct only
// or not.
func (e Edge) step() Edge { return Edge{From: e.From, To: e.To, Kind: e.Kind} }

// Paths returns every way from subjects to targets that is minimal: no other has only
// some of its steps. The shortest come first, and else they are in the order of their
// IDs; there are at most limit of them. Cut says that there may be more: the limit was
// reached, or the search was given up.
//
// A way comes to no node twice, and ends at the first target. A direct-only
// assignment is followed only by who is a direct member or can become one, and what a
// population group implies only by who controls it: a way comes to a group again when
// that opens more of it than before.
func (v *View) Paths(limit int) (ways []Way, cut bool) {
	w := newWalker(v, limit)
	for length := 0; ; length++ {
		w.longer = false
		for i, n := range v.nodes {
			if n.Part == Subject {
				w.walk(i, length)
			}
			if w.cut {
				return w.ways(), true
			}
		}
		if !w.longer {
			return w.ways(), false
		}
	}
}

// rows returns, for each node, the edges it holds. A direct-only edge beside one
// that is not says nothing more.
func (v *View) rows() [][]Edge {
	rows := make([][]Edge, len(v.nodes))
	var last Edge
	for _, e := range v.edges {
		if e.DirectOnly && last == e.step() {
			continue
		}
		last = e
		i := v.at[e.From]
		rows[i] = append(rows[i], e)
	}
	return rows
}

// opened says, for each node and each way to arrive there, how far that opens what
// it holds: by the most demanding edge that may follow.
func opened(rows [][]Edge) [][reach.Controlling + 1]reach.Arrival {
	all := make([][reach.Controlling + 1]reach.Arrival, len(rows))
	for i, row := range rows {
		for _, e := range row {
			for a := needs(e); a <= reach.Controlling; a++ {
				all[i][a] = max(all[i][a], needs(e))
			}
		}
	}
	return all
}

// needs returns how a path must have come to the holder of e to follow it.
func needs(e Edge) reach.Arrival {
	switch {
	case e.From.Kind != graph.Group:
		return reach.Nested
	case e.Implied:
		return reach.Controlling
	case e.DirectOnly:
		return reach.Direct
	}
	return reach.Nested
}

// distances returns how many edges lie between each node and the nearest target,
// or -1 when none can be come to. A target's own distance counts as zero.
func (v *View) distances() []int {
	into := make([][]int, len(v.nodes))
	for _, e := range v.edges {
		into[v.at[e.To]] = append(into[v.at[e.To]], v.at[e.From])
	}
	dist := make([]int, len(v.nodes))
	var todo []int
	for i, n := range v.nodes {
		dist[i] = -1
		if v.ends[n.ID] {
			dist[i] = 0
			todo = append(todo, i)
		}
	}
	for ; len(todo) > 0; todo = todo[1:] {
		for _, i := range into[todo[0]] {
			if dist[i] < 0 {
				dist[i] = dist[todo[0]] + 1
				todo = append(todo, i)
			}
		}
	}
	return dist
}

// A walker goes through the view depth first, without recursion, once for each
// length.
type walker struct {
	view   *View
	limit  int
	out    [][]Edge
	opened [][reach.Controlling + 1]reach.Arrival
	dist   []int
	number map[Edge]int // of steps
	found  []minimal
	steps  int
	cut    bool
	longer bool // some path was left because it would be too long
}

// A minimal way is one of which none that is found has only some steps.
type minimal struct {
	Way
	steps []int // their numbers, in order
}

func newWalker(v *View, limit int) *walker {
	w := &walker{view: v, limit: limit, out: v.rows(), dist: v.distances(), number: map[Edge]int{}}
	w.opened = opened(w.out)
	for i, e := range v.edges {
		if _, known := w.number[e.step()]; !known {
			w.number[e.step()] = i
		}
	}
	return w
}

func (w *walker) ways() (all []Way) {
	for _, m := range w.found {
		all = append(all, m.Way)
	}
	return all
}

// A turn is a node on the way and the next edge to try there.
type turn struct {
	node, next int
	was        reach.Arrival // how far the way had opened the node before, plus one
}

func (w *walker) walk(start, length int) {
	if w.dist[start] < 0 {
		return
	}
	if w.dist[start] > length {
		w.longer = true
		return
	}
	if w.ends(start) {
		w.arrive(start, nil, length)
		return
	}
	way := []turn{{node: start}}
	var taken []Edge
	on := make([]reach.Arrival, len(w.out)) // how far the way has opened each node, plus one; 0 is not on it
	on[start] = 1
	for len(way) > 0 && !w.cut {
		here := &way[len(way)-1]
		if here.next == len(w.out[here.node]) {
			on[here.node] = here.was
			way = way[:len(way)-1]
			taken = taken[:max(0, len(taken)-1)]
			continue
		}
		e := w.out[here.node][here.next]
		here.next++
		to := w.view.at[e.To]
		open := w.opened[to][reach.ArrivalBy(e.Kind, e.From.Kind)] + 1
		if on[to] >= open || w.dist[to] < 0 || arrival(taken) < needs(e) {
			continue
		}
		if len(taken)+1+w.dist[to] > length {
			w.longer = true
			continue
		}
		if w.steps++; w.steps > maxSteps {
			w.cut = true
			return
		}
		if w.ends(to) {
			w.arrive(to, append(taken, e), length)
			continue
		}
		way = append(way, turn{node: to, was: on[to]})
		taken = append(taken, e)
		on[to] = open
	}
}

func (w *walker) ends(node int) bool { return w.view.ends[w.view.nodes[node].ID] }

// arrival returns how the edges taken so far came to where they end.
func arrival(taken []Edge) reach.Arrival {
	if len(taken) == 0 {
		return reach.Nested
	}
	last := taken[len(taken)-1]
	return reach.ArrivalBy(last.Kind, last.From.Kind)
}

// arrive records the way that ends here, if it is one of this length, and minimal:
// whatever has only some of its steps is shorter, and found already.
func (w *walker) arrive(node int, taken []Edge, length int) {
	if len(taken) != length {
		return
	}
	m := minimal{Way: Way{Path: reach.Path{Nodes: []graph.ID{w.view.nodes[node].ID}}, Edges: slices.Clone(taken)}}
	if len(taken) > 0 {
		m.Nodes = []graph.ID{taken[0].From}
	}
	for _, e := range taken {
		m.Nodes = append(m.Nodes, e.To)
		m.Kinds = append(m.Kinds, e.Kind)
		m.steps = append(m.steps, w.number[e.step()])
	}
	slices.Sort(m.steps)
	if slices.ContainsFunc(w.found, func(x minimal) bool { return subset(x.steps, m.steps) }) {
		return
	}
	if len(w.found) == w.limit {
		w.cut = true
		return
	}
	w.found = append(w.found, m)
}

// subset reports whether every number of a is in b; both are in order.
func subset(a, b []int) bool {
	for _, x := range a {
		i, found := slices.BinarySearch(b, x)
		if !found {
			return false
		}
		b = b[i+1:]
	}
	return true
}

// Without returns the shortest way that is left without a grant, however many ways
// there are; false when there is none. What a population group implies stays.
func (v *View) Without(grant Edge) (Way, bool) {
	kept := *v
	kept.edges = slices.DeleteFunc(slices.Clone(v.edges), func(e Edge) bool { return !e.Implied && e.step() == grant.step() })
	return kept.shortest()
}

// shortest looks breadth first: a node as it was come to is a place of its own.
func (v *View) shortest() (Way, bool) {
	type place struct {
		node int
		by   reach.Arrival
	}
	type back struct {
		from place
		edge Edge
	}
	rows := v.rows()
	came := map[place]back{}
	var todo []place
	start := back{from: place{node: -1}}
	for i, n := range v.nodes {
		if n.Part == Subject {
			came[place{i, reach.Nested}] = start
			todo = append(todo, place{i, reach.Nested})
		}
	}
	for ; len(todo) > 0; todo = todo[1:] {
		p := todo[0]
		if v.ends[v.nodes[p.node].ID] {
			var w Way
			for ; came[p] != start; p = came[p].from {
				w.Edges = append(w.Edges, came[p].edge)
			}
			slices.Reverse(w.Edges)
			w.Nodes = []graph.ID{v.nodes[p.node].ID}
			for _, e := range w.Edges {
				w.Nodes, w.Kinds = append(w.Nodes, e.To), append(w.Kinds, e.Kind)
			}
			return w, true
		}
		for _, e := range rows[p.node] {
			to := place{v.at[e.To], reach.ArrivalBy(e.Kind, e.From.Kind)}
			if _, seen := came[to]; !seen && p.by >= needs(e) {
				came[to] = back{p, e}
				todo = append(todo, to)
			}
		}
	}
	return Way{}, false
}
