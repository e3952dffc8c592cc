// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"math"
	"slices"
)

// A tidier goes through an argument once.
type tidier struct {
	t       *tidied
	coarse  bool      // weights need not be those that cannot be moved
	clauses [][]int32 // by clause: places of grants that are not dropped
	in      [][]int32
	state   []int8  // by grant; dropped ones stay
	like    []int32 // by grant: the first of those that cost the same and are in the same clauses
	hits    []int32
	spent   int64
	grain   int64
	load    []int64
	look    []bool // by clause: whether weights may be moved to it
	needs   []bool // by grant: what was closed needs that it is kept
	least   int64
	other   bool // the argument is not what it was
}

func newTidier(t *tidied, coarse bool) *tidier {
	n := len(t.grants)
	x := &tidier{t: t, coarse: coarse, clauses: make([][]int32, len(t.clauses)), in: make([][]int32, n), state: make([]int8, n), like: make([]int32, n), hits: make([]int32, len(t.clauses)), load: make([]int64, n), look: make([]bool, len(t.clauses)), needs: make([]bool, n), least: math.MaxInt64}
	at := map[int32]int32{}
	for n, i := range t.grants {
		at[i] = int32(n)
	}
	for i, clause := range t.clauses {
		for _, c := range clause.grants {
			x.clauses[i] = append(x.clauses[i], at[c])
			x.in[at[c]] = append(x.in[at[c]], int32(i))
		}
	}
	x.drop()
	return x
}

// drop takes grants out of clauses for others that are in all of them and cost no more;
// of equal ones the first is left.
func (x *tidier) drop() {
	for g := range x.in {
		x.like[g] = int32(g)
		for _, h := range x.clauses[x.in[g][0]] {
			if h == int32(g) || x.t.cost[h] > x.t.cost[g] || !isPart(x.in[g], x.in[h]) {
				continue
			}
			same := x.t.cost[h] == x.t.cost[g] && len(x.in[h]) == len(x.in[g])
			if same {
				x.like[g] = min(x.like[g], h)
			}
			if !same || h < int32(g) {
				x.state[g] = stays
			}
		}
	}
	for i := range x.clauses {
		x.clauses[i] = slices.DeleteFunc(slices.Clone(x.clauses[i]), func(g int32) bool { return x.state[g] == stays })
	}
	for g := range x.in {
		if x.state[g] == stays {
			x.in[g] = nil
		}
	}
	var left []int64
	for g, in := range x.in {
		if in != nil {
			left = append(left, x.t.cost[g])
		}
	}
	x.grain = grainOf(left)
}

// run returns the argument as it should be, and whether it was otherwise or bounds
// something else.
func (x *tidier) run() (*argument, bool) {
	x.t.bound = x.up(x.t.bound)
	bound := x.t.bound
	a := x.visit(x.t.root)
	if x.coarse {
		return a, x.other
	}
	x.t.bound = x.least
	if x.least == math.MaxInt64 { // no case has a plan: cannot be
		x.t.bound = 0
	}
	return a, x.other || x.t.bound != bound
}

func (x *tidier) up(units int64) int64 {
	if units <= 0 {
		return 0
	}
	return (units + x.grain - 1) / x.grain * x.grain
}

func (x *tidier) visit(a *argument) *argument {
	if i := x.broken(); i >= 0 {
		for _, g := range x.clauses[i] {
			x.needs[g] = true
		}
		x.other = x.other || a.kind != fails || a.clause != i
		return &argument{kind: fails, clause: i}
	}
	switch a.kind {
	case parts:
		return x.part(a)
	case fails: // it is not, and nobody knows why: weigh nothing
		a = &argument{kind: weighs, weights: make([]int64, len(x.clauses))}
	}
	return x.weigh(a)
}

// broken returns the first clause that cannot be hit; -1 when there is none.
func (x *tidier) broken() int {
	return slices.IndexFunc(x.clauses, func(clause []int32) bool {
		return !slices.ContainsFunc(clause, func(g int32) bool { return x.state[g] != stays })
	})
}

func (x *tidier) part(a *argument) *argument {
	g := x.like[a.grant]
	if x.state[g] != free {
		x.other = true
		return x.visit(a.kept)
	}
	x.other = x.other || g != a.grant
	out := &argument{kind: parts, grant: g}
	x.revoke(g, 1)
	out.revoked = x.visit(a.revoked)
	x.revoke(g, -1)
	x.state[g] = stays
	out.kept = x.visit(a.kept)
	x.state[g] = free
	needed := x.needs[g]
	if x.needs[g] = false; !needed {
		x.other = true
		return out.kept
	}
	return out
}

// revoke revokes a grant, or takes that back.
func (x *tidier) revoke(g, by int32) {
	x.state[g] = revoked
	if by < 0 {
		x.state[g] = free
	}
	x.spent += int64(by) * x.t.cost[g]
	for _, i := range x.in[g] {
		x.hits[i] += by
	}
}

// weigh closes a case by weights where they bound enough, or keeps what they say.
func (x *tidier) weigh(a *argument) *argument {
	out := &argument{kind: weighs, weights: x.rigid(a.weights)}
	units := x.spent
	for _, w := range out.weights {
		units += w
	}
	x.other = x.other || !slices.Equal(out.weights, a.weights)
	load := slices.Clone(x.load)
	if bound := x.up(units); bound >= x.t.bound || a.then == nil {
		x.other = x.other || a.then != nil
		x.least = min(x.least, bound)
		x.need(load)
		return out
	}
	keeps := int64(math.MaxInt64)
	for g := range x.state {
		if x.state[g] != free || !x.isOpen(int32(g)) {
			continue
		}
		if bound := x.up(units + x.t.cost[g] - load[g]); bound >= x.t.bound {
			out.keeps = append(out.keeps, int32(g))
			keeps = min(keeps, bound)
		}
	}
	for _, g := range out.keeps {
		x.state[g] = stays
	}
	out.then = x.visit(x.without(a, out.keeps))
	needed := false
	for _, g := range out.keeps {
		x.state[g] = free
		needed = needed || x.needs[g]
		x.needs[g] = false
	}
	if !needed {
		x.other = true
		return out.then
	}
	x.least = min(x.least, keeps)
	x.other = x.other || !slices.Equal(a.keeps, out.keeps)
	x.need(load)
	return out
}

// without is what follows weights. What they kept before, and do not keep any more, it
// keeps by a case for each: weights that were moved when clauses or grants were left out
// may keep less, and what follows may need it.
func (x *tidier) without(a *argument, keeps []int32) *argument {
	then := a.then
	for _, g := range slices.Backward(a.keeps) {
		if x.state[g] == free && !slices.Contains(keeps, g) {
			then = &argument{kind: parts, grant: g, revoked: &argument{kind: weighs, weights: a.weights}, kept: then}
		}
	}
	return then
}

// isOpen reports whether a grant is in a clause that is not hit.
func (x *tidier) isOpen(g int32) bool {
	return slices.ContainsFunc(x.in[g], func(i int32) bool { return x.hits[i] == 0 })
}

// need notes of which grants weights need that they are kept.
func (x *tidier) need(load []int64) {
	for g, l := range load {
		x.needs[g] = x.needs[g] || l > x.t.cost[g]
	}
}

// rigid makes of weights those that no grant that is open pays too much for, none of
// which can be raised, and none of which can be moved to an earlier clause. They bound as
// much at least. What clauses of each grant weigh is left in load.
func (x *tidier) rigid(weights []int64) []int64 {
	w := x.affordable(weights)
	if x.coarse {
		return w
	}
	for i := range x.look {
		x.look[i] = true
	}
	for again := true; again; {
		again = false
		for i := range w {
			if x.look[i] && x.hits[i] == 0 {
				x.look[i] = false
				again = x.gather(w, i) || again
			}
		}
	}
	return w
}

// affordable makes weights lighter until no grant that is open pays too much.
func (x *tidier) affordable(weights []int64) []int64 {
	w := slices.Clone(weights)
	clear(x.load)
	for i := range w {
		if x.hits[i] > 0 {
			w[i] = 0
		}
		x.add(i, w[i])
	}
	for g := range x.load {
		for _, i := range x.in[g] {
			if over := x.load[g] - x.t.cost[g]; over > 0 && x.state[g] == free {
				less := min(over, w[i])
				w[i] -= less
				x.add(int(i), -less)
			}
		}
	}
	return w
}

// add makes a clause heavier.
func (x *tidier) add(i int, by int64) {
	for _, g := range x.clauses[i] {
		x.load[g] += by
	}
}

// lighten makes a clause lighter, and looks again at those for which there is room now.
func (x *tidier) lighten(i int, by int64) {
	for _, g := range x.clauses[i] {
		x.load[g] -= by
		if left := x.t.cost[g] - x.load[g]; left > 0 && left <= by {
			for _, c := range x.in[g] {
				x.look[c] = true
			}
		}
	}
}

// room is how much heavier a clause can become when another one becomes as much lighter;
// and a grant of few clauses that has none left. Without another one it is −1.
func (x *tidier) room(i, than int) (least int64, tight int32) {
	least, tight = math.MaxInt64, -1
	for _, g := range x.clauses[i] {
		if x.state[g] != free {
			continue
		}
		if than >= 0 {
			if _, both := slices.BinarySearch(x.clauses[than], g); both {
				continue
			}
		}
		left := x.t.cost[g] - x.load[g]
		if left < least || left == least && len(x.in[g]) < len(x.in[tight]) {
			least, tight = left, g
		}
	}
	return least, tight
}

// gather makes a clause as heavy as it can be, also by what later ones weigh.
func (x *tidier) gather(w []int64, i int) (any bool) {
	was := w[i]
	for moved := true; moved; {
		moved = false
		more, tight := x.room(i, -1)
		if more > 0 {
			w[i] += more
			x.add(i, more)
			any = true
		}
		for _, j := range x.in[tight] {
			if int(j) <= i || w[j] == 0 {
				continue
			}
			if more, _ := x.room(i, int(j)); more > 0 {
				more = min(more, w[j])
				w[i], w[j] = w[i]+more, w[j]-more
				x.add(i, more)
				x.lighten(int(j), more)
				any, moved = true, true
			}
		}
	}
	if was == 0 && w[i] > 0 {
		x.lookBefore(i)
	}
	return any
}

// lookBefore looks again at the clauses to which the weight of one may be moved.
func (x *tidier) lookBefore(i int) {
	for _, g := range x.clauses[i] {
		for _, c := range x.in[g] {
			if int(c) >= i {
				break
			}
			x.look[c] = true
		}
	}
}
