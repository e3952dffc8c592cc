// SPDX-License-Identifier: Apache-2.0

package reach

import "slices"

// Reached returns node n and every node that a path of this view leads to from
// it, in order. It walks what the node reaches and nothing else, so it suits one
// question about one node; [View.Close] answers for all.
func (v *View) Reached(n uint32) []uint32 { return v.walk([]uint32{n}) }

// Under returns these nodes and every node that whoever holds one of them comes
// to, in whatever way they hold it, in order.
func (v *View) Under(nodes []uint32) []uint32 {
	var states []uint32
	for _, n := range nodes {
		v.eachState(n, func(s uint32) { states = append(states, s) })
	}
	return v.walk(states)
}

func (v *View) walk(todo []uint32) []uint32 {
	seen := map[uint32]bool{}
	var nodes []uint32
	visit := func(s uint32) {
		if seen[s] {
			return
		}
		seen[s] = true
		todo = append(todo, s)
		if n, ok := v.node(s); ok {
			nodes = append(nodes, n)
		}
	}
	starts := todo
	todo = nil
	for _, s := range starts {
		visit(s)
	}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		v.successors(s, visit)
	}
	slices.Sort(nodes)
	return slices.Compact(nodes)
}
