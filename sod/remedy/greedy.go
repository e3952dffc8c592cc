// SPDX-License-Identifier: Apache-2.0

package remedy

import "slices"

// round makes a plan of the weights.
func (t *tree) round() {
	t.offer(t.greedy(func(g int32) float64 { return max(t.bounder.reduced[g], 0) + float64(1e-3*float64(t.cost[g])) }))
}

// trailPlan is what is revoked.
func (t *tree) trailPlan() (plan []int32) {
	for g, s := range t.state {
		if s == revoked {
			plan = append(plan, int32(g))
		}
	}
	return plan
}

// greedy hits all clauses by what looks best for its price, after what is revoked; nil
// when what stays does not let it.
func (t *tree) greedy(price func(g int32) float64) []int32 {
	hit := make([]int32, len(t.clauses))
	copy(hit, t.hits)
	left := make([]int32, len(t.cost))
	for i, clause := range t.clauses {
		if hit[i] == 0 {
			for _, g := range clause {
				left[g]++
			}
		}
	}
	plan := t.trailPlan()
	q := newQueue(len(t.cost))
	for g, n := range left {
		if n > 0 && t.state[g] == free {
			q.put(int32(g), price(int32(g))/float64(n))
		}
	}
	for i := range t.clauses {
		if hit[i] == 0 && t.open[i] == 0 {
			return nil
		}
	}
	for !q.empty() {
		g, at := q.take()
		if left[g] == 0 {
			continue
		}
		if now := price(g) / float64(left[g]); now > at+1e-12 {
			q.put(g, now)
			continue
		}
		plan = append(plan, g)
		for _, i := range t.in[g] {
			if hit[i]++; hit[i] == 1 {
				for _, h := range t.clauses[i] {
					left[h]--
				}
			}
		}
	}
	return t.spare(plan, hit)
}

// spare leaves out of a plan what it does not need, the dearest first.
func (t *tree) spare(plan, hit []int32) []int32 {
	slices.SortStableFunc(plan, func(a, b int32) int { return int(min(1, max(-1, t.cost[b]-t.cost[a]))) })
	return slices.DeleteFunc(plan, func(g int32) bool {
		if slices.ContainsFunc(t.in[g], func(i int32) bool { return hit[i] == 1 }) {
			return false
		}
		for _, i := range t.in[g] {
			hit[i]--
		}
		return true
	})
}

// offer takes a plan that is better.
func (t *tree) offer(plan []int32) {
	if plan == nil {
		return
	}
	cost := int64(0)
	for _, g := range plan {
		cost += t.cost[g]
	}
	if cost < t.best {
		t.best, t.plan = cost, slices.Clone(plan)
		slices.Sort(t.plan)
	}
}
