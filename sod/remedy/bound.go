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
	best    []float64
	reduced []float64 // by grant: its cost less the weights of its clauses
	excess  []float64 // by clause: 1 less the grants in it that a relaxed plan revokes
}

func newBounder(t *tree) *bounder {
	b := &bounder{tree: t, weight: make([]float64, len(t.clauses)), best: make([]float64, len(t.clauses)), reduced: make([]float64, len(t.cost)), excess: make([]float64, len(t.clauses))}
	b.ascend()
	return b
}

// ascend begins with weights that no grant pays too much for: each clause gets what is
// left of the cheapest of its grants.
func (b *bounder) ascend() {
	for g, c := range b.cost {
		b.reduced[g] = float64(c)
	}
	for i, clause := range b.clauses {
		least := math.Inf(1)
		for _, g := range clause {
			least = min(least, b.reduced[g])
		}
		b.weight[i] = least
		for _, g := range clause {
			b.reduced[g] -= least
		}
	}
	copy(b.best, b.weight)
}

// value works out what the weights bound, and what each grant has left.
func (b *bounder) value() float64 {
	total := float64(b.spent)
	for g, c := range b.cost {
		b.reduced[g] = float64(c)
	}
	for i, clause := range b.clauses {
		if b.hits[i] > 0 {
			continue
		}
		total += b.weight[i]
		for _, g := range clause {
			b.reduced[g] -= b.weight[i]
		}
	}
	for g, r := range b.reduced {
		if b.state[g] == free && r < 0 {
			total += r
		}
	}
	return total
}

// improve looks for better weights, for so many steps at most, until they bound more
// than enough. It leaves the best in weight and returns what they bound.
func (b *bounder) improve(steps int, enough float64) float64 {
	copy(b.best, b.weight)
	most := math.Inf(-1)
	pace, stale := 1.5, 0
	for range steps {
		now := b.value()
		if now > most+1e-9 {
			if now > most+float64(1e-4*math.Abs(most)) {
				stale = 0
			}
			most = now
			copy(b.best, b.weight)
			if most > enough {
				break
			}
		}
		if stale++; stale > 15 {
			pace, stale = pace/2, 0
			copy(b.weight, b.best)
			b.value()
			if pace < 0.005 {
				break
			}
		}
		if !b.move(pace, enough+float64(b.grain)-now) {
			break
		}
	}
	copy(b.weight, b.best)
	b.value()
	return most
}

// move takes one step; false when there is none to take.
func (b *bounder) move(pace, gap float64) bool {
	norm := 0.0
	for i, clause := range b.clauses {
		if b.hits[i] > 0 {
			continue
		}
		b.excess[i] = 1
		for _, g := range clause {
			if b.state[g] == free && b.reduced[g] < 0 {
				b.excess[i]--
			}
		}
		if b.excess[i] > 0 || b.weight[i] > 0 {
			norm += float64(b.excess[i] * b.excess[i])
		}
	}
	if norm == 0 {
		return false
	}
	length := pace * max(gap, float64(b.grain)/2) / norm
	for i := range b.clauses {
		if b.hits[i] == 0 {
			b.weight[i] = max(0, b.weight[i]+float64(length*b.excess[i]))
		}
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
