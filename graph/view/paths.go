// SPDX-License-Identifier: Apache-2.0

package view

import (
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// maxSteps bounds the work of [View.Paths]: a small graph can hold more paths
// than there are atoms.
const maxSteps = 500_000

// Paths returns the paths from subjects to targets that come to no node twice,
// the shortest first and else in the order of their IDs, at most limit of them.
// Cut says that there may be more: the limit was reached, or the search was given
// up. A direct-only assignment is followed only by who is a direct member or can
// become one, and what a population group implies only by who controls it: a path
// comes to a group again when that opens more of it than before.
func (v *View) Paths(limit int) (paths []reach.Path, cut bool) {
	w := walker{view: v, limit: limit, out: v.rows(), dist: v.distances()}
	w.opened = opened(w.out)
	for length := 0; ; length++ {
		w.longer = false
		for i, n := range v.nodes {
			if n.Part == Subject {
				w.walk(i, length)
			}
			if w.cut {
				return w.found, true
			}
		}
		if !w.longer {
			return w.found, false
		}
	}
}

// rows returns, for each node, the edges it holds. A direct-only edge beside one
// that is not says nothing more.
func (v *View) rows() [][]Edge {
	rows := make([][]Edge, len(v.nodes))
	var last Edge
	for _, e := range v.edges {
		if e.DirectOnly && last == (Edge{From: e.From, To: e.To, Kind: e.Kind}) {
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
	found  []reach.Path
	steps  int
	cut    bool
	longer bool // some path was left because it would be too long
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
	way := []turn{{node: start}}
	var taken []Edge
	on := make([]reach.Arrival, len(w.out)) // how far the way has opened each node, plus one; 0 is not on it
	on[start] = 1
	w.arrive(start, taken, length)
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
		way = append(way, turn{node: to, was: on[to]})
		taken = append(taken, e)
		if on[to] == 0 {
			w.arrive(to, taken, length)
		}
		on[to] = open
	}
}

// arrival returns how the edges taken so far came to where they end.
func arrival(taken []Edge) reach.Arrival {
	if len(taken) == 0 {
		return reach.Nested
	}
	last := taken[len(taken)-1]
	return reach.ArrivalBy(last.Kind, last.From.Kind)
}

// arrive records the path that ends here, if it is one of this length.
func (w *walker) arrive(node int, taken []Edge, length int) {
	if len(taken) != length || !w.view.ends[w.view.nodes[node].ID] {
		return
	}
	if len(w.found) == w.limit {
		w.cut = true
		return
	}
	p := reach.Path{Nodes: []graph.ID{w.view.nodes[node].ID}}
	if len(taken) > 0 {
		p.Nodes = []graph.ID{taken[0].From}
	}
	for _, e := range taken {
		p.Nodes = append(p.Nodes, e.To)
		p.Kinds = append(p.Kinds, e.Kind)
	}
	w.found = append(w.found, p)
}
