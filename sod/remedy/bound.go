// SPDX-License-Identifier: Apache-2.0

package remedy

import "math"

// A bounder bounds from below what it costs to hit all clauses of a piece, when some
// grants are revoked or kept already. It puts a weight on each clause. Whatever the
// weights are, a plan costs at least their sum, less what the clauses of a grant weigh
// more than it costs. The weights that bound best are looked for by following the
// subgradient (Held and Karp, 1971).
type bounder struct {
	*tree
	weight  []float64 // by clause
	reduced []float64 // by grant that is open: its cost less the weights of its clauses

	// What is open while weights are looked for, side by side in memory: clauses that are
	// not hit, and grants in them that may be revoked.
	clause []int32
	first  []int32 // by place in clause: where its grants begin in member; one more at the end
	member []int32 // places in grant
	grant  []int32
	place  []int32   // by grant: its place, plus 1; 0: none
	price  []float64 // by place in grant
	left   []float64 // by place in grant: its price less the weights of its clauses
	now    []float64 // by place in clause: its weight
	best   []float64
	excess []float64 // by place in clause: 1 less the grants in it that a relaxed plan revokes
}

func newBounder(t *tree) *bounder {
	b := &bounder{tree: t, weight: make([]float64, len(t.clauses)), reduced: make([]float64, len(t.cost)), place: make([]int32, len(t.cost))}
	b.ascend()
	return b
}

// ascend begins with weights that no grant pays too much for: each clause gets what is
// left of the cheapest of its grants.
func (b *bounder) ascend() {
	for g, c := range b.cost {
		b.reduced[g] = float64(c)
	}
	for i, clause := range b.tree.clauses {
		least := math.Inf(1)
		for _, g := range clause {
			least = min(least, b.reduced[g])
		}
		b.weight[i] = least
		for _, g := range clause {
			b.reduced[g] -= least
		}
	}
}

// gather puts side by side what is open.
func (b *bounder) gather() {
	for _, g := range b.grant {
		b.place[g] = 0
	}
	b.clause, b.first, b.member, b.grant, b.price, b.now = b.clause[:0], b.first[:0], b.member[:0], b.grant[:0], b.price[:0], b.now[:0]
	for i, clause := range b.tree.clauses {
		if b.hits[i] > 0 {
			continue
		}
		b.clause, b.first, b.now = append(b.clause, int32(i)), append(b.first, int32(len(b.member))), append(b.now, b.weight[i])
		for _, g := range clause {
			if b.state[g] != free {
				continue
			}
			if b.place[g] == 0 {
				b.grant, b.price = append(b.grant, g), append(b.price, float64(b.cost[g]))
				b.place[g] = int32(len(b.grant))
			}
			b.member = append(b.member, b.place[g]-1)
		}
	}
	b.first = append(b.first, int32(len(b.member)))
	b.left = append(b.left[:0], b.price...)
	b.best = append(b.best[:0], b.now...)
	b.excess = append(b.excess[:0], b.now...)
}

// scatter puts the best weights, and what grants have left by them, in their places.
func (b *bounder) scatter() {
	copy(b.now, b.best)
	b.value()
	for n, i := range b.clause {
		b.weight[i] = b.now[n]
	}
	for n, g := range b.grant {
		b.reduced[g] = b.left[n]
	}
}

// value works out what the weights bound, and what each grant has left.
func (b *bounder) value() float64 {
	total := float64(b.spent)
	copy(b.left, b.price)
	for n, w := range b.now {
		total += w
		for _, g := range b.member[b.first[n]:b.first[n+1]] {
			b.left[g] -= w
		}
	}
	for _, r := range b.left {
		if r < 0 {
			total += r
		}
	}
	return total
}

// improve looks for better weights, for so many steps at most, until they bound more
// than enough.
func (b *bounder) improve(steps int, enough float64) {
	b.gather()
	most := math.Inf(-1)
	pace, stale := 1.5, 0
	for range steps {
		now := b.value()
		if now > most+1e-9 {
			if now > most+float64(1e-4*math.Abs(most)) {
				stale = 0
			}
			most = now
			copy(b.best, b.now)
			if most > enough {
				break
			}
		}
		if stale++; stale > 15 {
			pace, stale = pace/2, 0
			copy(b.now, b.best)
			b.value()
			if pace < 0.005 {
				break
			}
		}
		if !b.move(pace, enough+float64(b.grain)-now) {
			break
		}
	}
	b.scatter()
}

// move takes one step; false when there is none to take.
func (b *bounder) move(pace, gap float64) bool {
	norm := 0.0
	for n, w := range b.now {
		over := uint64(0)
		for _, g := range b.member[b.first[n]:b.first[n+1]] {
			over += math.Float64bits(b.left[g]) >> 63 // its sign: this loop is most of the work
		}
		excess := 1 - float64(over)
		b.excess[n] = excess
		if excess > 0 || w > 0 {
			norm += float64(excess * excess)
		}
	}
	if norm == 0 {
		return false
	}
	length := pace * max(gap, float64(b.grain)/2) / norm
	for n, excess := range b.excess {
		b.now[n] = max(0, b.now[n]+float64(length*excess))
	}
	return true
}

// whole returns the weights of clauses that are not hit as whole numbers.
func (b *bounder) whole() (all []weight) {
	for i, w := range b.weight {
		if n := int(math.Round(w)); n > 0 && b.hits[i] == 0 {
			all = append(all, weight{i, n})
		}
	}
	return all
}

// weigh returns what weights bound where things stand, as the checker counts. It leaves in load what the clauses of each grant weigh.
func (t *tree) weigh(weights []weight) (units int64) {
	clear(t.load)
	units = t.spent
	for _, w := range weights {
		if t.hits[w.clause] > 0 {
			continue
		}
		units += int64(w.units)
		for _, g := range t.clauses[w.clause] {
			t.load[g] += int64(w.units)
		}
	}
	for g, load := range t.load {
		if over := load - t.cost[g]; over > 0 && t.state[g] == free {
			units -= over
		}
	}
	return units
}

// bounds returns what no plan costs less than, by weights.
func (t *tree) bounds(weights []weight) int64 { return t.up(t.weigh(weights)) }

// up returns the least that a plan can cost when it costs so much at least: a multiple
// of the grain, as all costs are.
func (t *tree) up(units int64) int64 {
	if units <= 0 {
		return 0
	}
	return (units + t.grain - 1) / t.grain * t.grain
}

// grainOf returns the largest number of which all costs are multiples.
func grainOf(cost []int64) (grain int64) {
	for _, c := range cost {
		for c != 0 {
			grain, c = c, grain%c
		}
	}
	return max(grain, 1)
}
