// SPDX-License-Identifier: Apache-2.0

package reach

import "slices"

// Reached returns node n and every node that a path of this view leads to from
// it, in order. It walks what the node reaches and nothing else, so it suits one
// question about one node; [View.Close] answers for all.
func (v *View) Reached(n uint32) []uint32 {
	seen := map[uint32]bool{n: true}
	nodes := []uint32{n}
	for todo := []uint32{n}; len(todo) > 0; {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		v.successors(s, func(to uint32) {
			if seen[to] {
				return
			}
			seen[to] = true
			todo = append(todo, to)
			if n, ok := v.node(to); ok {
				nodes = append(nodes, n)
			}
		})
	}
	slices.Sort(nodes)
	return slices.Compact(nodes)
}
