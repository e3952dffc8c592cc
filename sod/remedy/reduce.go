// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"cmp"
	"slices"
)

// A cover is clauses of which each must be hit by a grant. Grants are numbered from 0.
type cover struct {
	cost    []int64 // by grant
	clauses [][]int32
	alive   []bool    // by clause
	in      [][]int32 // by grant: clauses that name it
	gone    []bool    // by grant
	dropped [][2]int32
}

// newCover makes a cover of clauses, which it changes.
func newCover(cost []int64, clauses [][]int32) *cover {
	c := &cover{cost: cost, clauses: clauses, alive: make([]bool, len(clauses)), in: make([][]int32, len(cost)), gone: make([]bool, len(cost))}
	count, total := make([]int32, len(cost)), 0
	for i, clause := range clauses {
		c.alive[i] = true
		total += len(clause)
		for _, g := range clause {
			count[g]++
		}
	}
	all := make([]int32, 0, total)
	for g, n := range count {
		c.in[g] = all[len(all) : len(all) : len(all)+int(n)]
		all = all[:len(all)+int(n)]
	}
	for i, clause := range clauses {
		for _, g := range clause {
			c.in[g] = append(c.in[g], int32(i))
		}
	}
	return c
}

// reduce leaves out clauses that another one implies, and grants that another one makes
// superfluous, until neither is left.
func (c *cover) reduce() {
	for {
		clauses := c.leaveOutClauses()
		grants := c.leaveOutGrants()
		if !grants || !clauses && !grants {
			return
		}
	}
}

// leaveOutClauses leaves out clauses of which another one is a part.
func (c *cover) leaveOutClauses() (any bool) {
	order := c.living()
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(len(c.clauses[a]), len(c.clauses[b])), cmp.Compare(a, b))
	})
	for _, i := range order {
		if !c.alive[i] || len(c.clauses[i]) == 0 {
			continue
		}
		rare := slices.MinFunc(c.clauses[i], func(a, b int32) int { return cmp.Compare(len(c.in[a]), len(c.in[b])) })
		for _, j := range c.in[rare] {
			if j != i && c.alive[j] && len(c.clauses[j]) >= len(c.clauses[i]) && isPart(c.clauses[i], c.clauses[j]) {
				c.alive[j], any = false, true
			}
		}
	}
	for g := range c.in {
		c.in[g] = slices.DeleteFunc(c.in[g], func(i int32) bool { return !c.alive[i] })
	}
	return any
}

func (c *cover) living() (all []int32) {
	for i := range c.clauses {
		if c.alive[i] {
			all = append(all, int32(i))
		}
	}
	return all
}

// isPart reports whether every grant of a is in b; both are in order.
func isPart(a, b []int32) bool {
	for _, g := range a {
		i, ok := slices.BinarySearch(b, g)
		if !ok {
			return false
		}
		b = b[i+1:]
	}
	return true
}

// leaveOutGrants leaves out grants in all of whose clauses there is another one that
// costs no more.
func (c *cover) leaveOutGrants() (any bool) {
	for g := range c.in {
		if c.gone[g] || len(c.in[g]) == 0 {
			continue
		}
		shortest := slices.MinFunc(c.in[g], func(a, b int32) int { return cmp.Compare(len(c.clauses[a]), len(c.clauses[b])) })
		for _, h := range c.clauses[shortest] {
			if h != int32(g) && c.replaces(h, int32(g)) {
				c.drop(int32(g), h)
				any = true
				break
			}
		}
	}
	return any
}

// replaces reports whether h is as good as g wherever g is named.
func (c *cover) replaces(h, g int32) bool {
	if c.cost[h] > c.cost[g] || len(c.in[h]) < len(c.in[g]) {
		return false
	}
	return !slices.ContainsFunc(c.in[g], func(i int32) bool {
		_, ok := slices.BinarySearch(c.clauses[i], h)
		return !ok
	})
}

func (c *cover) drop(g, by int32) {
	c.gone[g] = true
	c.dropped = append(c.dropped, [2]int32{g, by})
	for _, i := range c.in[g] {
		at, _ := slices.BinarySearch(c.clauses[i], g)
		c.clauses[i] = slices.Delete(c.clauses[i], at, at+1)
	}
	c.in[g] = nil
}

// A piece is clauses that have grants in common with each other, and with no other
// clause.
type piece struct {
	clauses []int32 // places in the cover
	grants  []int32 // of these, which are left
	dropped [][2]int32
}

// pieces parts what is left.
func (c *cover) pieces() []piece {
	u := newUnion(len(c.cost))
	for _, i := range c.living() {
		for _, g := range c.clauses[i] {
			u.join(c.clauses[i][0], g)
		}
	}
	var all []piece
	at := map[int32]int{}
	for _, i := range c.living() {
		root := u.root(c.clauses[i][0])
		if _, ok := at[root]; !ok {
			at[root] = len(all)
			all = append(all, piece{})
		}
		all[at[root]].clauses = append(all[at[root]].clauses, i)
	}
	for g := range c.cost {
		if i, ok := at[u.root(int32(g))]; ok && !c.gone[g] && len(c.in[g]) > 0 {
			all[i].grants = append(all[i].grants, int32(g))
		}
	}
	by := map[int32]int32{}
	for _, d := range slices.Backward(c.dropped) { // who makes another superfluous may be superfluous later
		to := d[1]
		if last, ok := by[to]; ok {
			to = last
		}
		by[d[0]] = to
	}
	for _, d := range c.dropped {
		if i, ok := at[u.root(by[d[0]])]; ok {
			all[i].dropped = append(all[i].dropped, d)
		}
	}
	return all
}

// A union finds what belongs together.
type union []int32

func newUnion(n int) union {
	u := make(union, n)
	for i := range u {
		u[i] = int32(i)
	}
	return u
}

func (u union) root(i int32) int32 {
	for u[i] != i {
		u[i] = u[u[i]]
		i = u[i]
	}
	return i
}

// join makes two belong together, under the first in order.
func (u union) join(a, b int32) {
	a, b = u.root(a), u.root(b)
	u[max(a, b)] = min(a, b)
}
