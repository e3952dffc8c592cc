// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"fmt"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// This file checks what subjects lose, and what they keep by other ways.

// losses works out the losses of everybody who can use what is revoked.
func (c *checker) losses() error {
	cut := map[grant]bool{}
	for _, s := range c.plan.Revoke {
		cut[s.grant] = true
	}
	meant := map[graph.ID][]uint32{}
	for _, id := range c.plan.Clears {
		f := c.before[id]
		duties, _, _ := c.counting(f)
		for _, d := range duties {
			meant[f.Subjects[0]] = append(meant[f.Subjects[0]], d.Nodes...)
		}
	}
	var all []loss
	for _, n := range c.concerned(cut) {
		if l := c.lossOf(n, cut, meant[c.g.ID(n)]); len(l.Meant)+len(l.Besides)+len(l.Remains) > 0 {
			all = append(all, l)
		}
	}
	if len(all) != len(c.plan.Losses) {
		return fmt.Errorf("%d subjects lose something, and it says %d", len(all), len(c.plan.Losses))
	}
	for i, is := range all {
		said := c.plan.Losses[i]
		if is.Subject != said.Subject || !slices.Equal(is.Meant, said.Meant) || !slices.Equal(is.Besides, said.Besides) || !slices.Equal(is.Remains, said.Remains) {
			return fmt.Errorf("loss %d: %v loses %v and %v besides, and keeps %v; it says %v", i, is.Subject, is.Meant, is.Besides, is.Remains, said)
		}
	}
	return nil
}

// concerned lists the subjects that come to the holder of a grant that is cut, in order.
func (c *checker) concerned(cut map[grant]bool) (all []uint32) {
	seen := map[spot]bool{}
	var queue []spot
	see := func(s spot) {
		if !seen[s] {
			seen[s] = true
			queue = append(queue, s)
		}
	}
	for g := range cut {
		from, _ := c.g.Find(g.From)
		c.back.ways(from, true, see)
	}
	for i := 0; i < len(queue); i++ {
		if c.back.subject[queue[i].node] {
			all = append(all, queue[i].node)
		}
		c.back.before(queue[i], see)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (c *checker) lossOf(n uint32, cut map[grant]bool, meant []uint32) (l loss) {
	f := &sod.Finding{Subjects: []graph.ID{c.g.ID(n)}}
	l.Subject = c.g.ID(n)
	before, _ := c.walk(f, func(grant) bool { return true }, func(grant) {})
	after, _ := c.walk(f, func(g grant) bool { return !cut[g] }, func(grant) {})
	behind := c.behind(n, cut)
	var nodes []uint32
	for node := range before {
		if k := c.g.ID(node).Kind; k == graph.Group || k == graph.Role || k == graph.Entitlement {
			nodes = append(nodes, node)
		}
	}
	slices.Sort(nodes)
	for _, node := range nodes {
		switch id := c.g.ID(node); {
		case after[node] && behind[node]:
			l.Remains = append(l.Remains, id)
		case after[node]:
		case slices.Contains(meant, node):
			l.Meant = append(l.Meant, id)
		default:
			l.Besides = append(l.Besides, id)
		}
	}
	return l
}

// behind tells what a subject comes to past a grant that is cut.
func (c *checker) behind(n uint32, cut map[grant]bool) map[uint32]bool {
	type passage struct {
		spot
		past bool
	}
	start := passage{spot{n, nested}, false}
	seen, behind := map[passage]bool{start: true}, map[uint32]bool{}
	for queue := []passage{start}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		from := c.g.ID(at.node)
		if at.past {
			behind[at.node] = true
		}
		c.onward(at.spot, func(to uint32, k graph.GrantKind, isImplied bool) {
			g := grant{from, c.g.ID(to), k}
			next := passage{spot{to, entryBy(k, from, g.To)}, at.past || cut[g] && !isImplied}
			if weakness(k) <= int(c.policy.Mode) && !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		})
	}
	return behind
}
