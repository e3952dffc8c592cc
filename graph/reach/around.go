// SPDX-License-Identifier: Apache-2.0

package reach

import "github.com/foureyes-iga/foureyes/graph"

// A spot is a state, and whether the path to it is still a standing one.
type spot struct {
	state uint32
	weak  bool
}

// ReachesAround reports whether some path leads from a node to one of the label goal
// without giving it the label avoid in standing mode: nothing on the path up to its
// first eligible or controlling grant, nor behind something that the node is proven
// to hold in standing mode, leads there. What is proven is a closure of the same
// labels in standing mode.
func (v *View) ReachesAround(from uint32, proven *Closure, goal, avoid int) bool {
	standing := proven.view.standingFrom(from)
	seen := map[spot]bool{}
	queue := []spot{{from, false}}
	seen[queue[0]] = true
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		found := false
		v.stepsFrom(at.state, func(to uint32, kind graph.GrantKind) {
			next := spot{to, (at.weak || kind != 0 && ModeOf(kind) != Standing) && !standing[to]}
			if n, isNode := v.node(to); isNode {
				if !next.weak && proven.Has(to, avoid) { // as a state: states of nodes are the same
					return
				}
				found = found || proven.in(n, goal)
			}
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		})
		if found {
			return true
		}
	}
	return false
}

// stepsFrom visits what a state leads to, with the kind of grant; a step to a hub,
// which is half a grant, has none.
func (v *View) stepsFrom(s uint32, visit func(to uint32, kind graph.GrantKind)) {
	r := v.row(s)
	for _, e := range r.edges {
		if to, ok := r.edge(e); ok {
			visit(to, e.Kind())
		}
	}
	base := uint32(v.g.NumNodes() + len(v.split))
	implied := graph.Member // of an account in a population
	switch {
	case s >= base:
		implied = v.hubs[s-base].kind
	case r.kind == graph.Group:
		implied = graph.Controls // of who controls a population
	}
	for _, more := range r.more {
		for _, to := range more {
			if to >= base {
				visit(to, 0)
			} else {
				visit(to, implied)
			}
		}
	}
}

// standingFrom returns the states that a node reaches in standing mode.
func (v *View) standingFrom(from uint32) map[uint32]bool {
	seen := map[uint32]bool{from: true}
	for queue := []uint32{from}; len(queue) > 0; queue = queue[1:] {
		v.stepsFrom(queue[0], func(to uint32, kind graph.GrantKind) {
			if !seen[to] && ModeOf(kind) == Standing {
				seen[to] = true
				queue = append(queue, to)
			}
		})
	}
	return seen
}
