// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"cmp"
	"slices"
)

func compareGrants(a, b Grant) int {
	return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To), cmp.Compare(a.Kind, b.Kind))
}

// inOrder puts a plan into the order in which it clears most for what it costs: each
// step is the grant that clears most findings by itself for its price, or belongs to
// those grants that together clear one for the least.
func (m *model) inOrder(plan []bool) []Revocation {
	o := newOrdering(m, plan)
	var all []Revocation
	for {
		next := o.next()
		if next == nil {
			return all
		}
		for _, i := range next {
			c := m.grants[i]
			all = append(all, Revocation{Grant: m.grantOf(i), Cost: c.cost, Concern: c.concern, Clears: o.revoke(i), For: o.names(o.about[i])})
		}
	}
}

// An ordering knows which findings the steps that were taken leave.
type ordering struct {
	m     *model
	w     *walker
	plan  []int32           // in the order of grants
	place map[int32]int32   // by candidate of the plan: its place there
	about map[int32][]int32 // by candidate of the plan: targets that come to it
	needs [][]int32         // by target: the plan's grants that it comes to
	open  []bool            // by target

	single *queue    // grants by what they clear by themselves for their cost, by place
	worth  []float64 // by place: as it stands in single; what else is there of it does not count
	stale  []int32   // candidates of which it is not known what they clear now
	joint  *queue    // targets by what is left to pay; nil until somebody asks
}

func newOrdering(m *model, plan []bool) *ordering {
	o := &ordering{m: m, w: newWalker(m), place: map[int32]int32{}, about: map[int32][]int32{}, needs: make([][]int32, len(m.targets)), open: make([]bool, len(m.targets))}
	for t := range m.targets {
		o.open[t] = true
		seen := map[int32]bool{}
		o.w.spread(m.targets[t].start)
		for _, at := range o.w.reached {
			for _, a := range m.net.out(at) {
				if a.grant >= 0 && plan[a.grant] && !seen[a.grant] {
					seen[a.grant] = true
					o.needs[t] = append(o.needs[t], a.grant)
					o.about[a.grant] = append(o.about[a.grant], int32(t))
				}
			}
		}
	}
	for i, is := range plan {
		if is {
			o.plan = append(o.plan, int32(i))
		}
	}
	slices.SortFunc(o.plan, func(a, b int32) int { return compareGrants(m.grantOf(a), m.grantOf(b)) })
	for n, i := range o.plan {
		o.place[i] = int32(n)
	}
	o.single, o.worth, o.stale = newQueue(len(o.plan)), make([]float64, len(o.plan)), slices.Clone(o.plan)
	return o
}

// next returns the grants to revoke next; nil when none is left.
func (o *ordering) next() []int32 {
	for _, i := range o.stale {
		at := o.place[i]
		if o.worth[at] = 0; o.w.gone[i] {
			continue
		}
		if n := o.clearedBy(i); n > 0 {
			o.worth[at] = -float64(n) / float64(o.m.grants[i].cost)
			o.single.put(at, o.worth[at])
		}
	}
	o.stale = o.stale[:0]
	for !o.single.empty() {
		if at, worth := o.single.take(); worth == o.worth[at] && !o.w.gone[o.plan[at]] {
			return []int32{o.plan[at]}
		}
	}
	return o.together()
}

// clearedBy counts the findings that one more grant clears by itself.
func (o *ordering) clearedBy(i int32) (n int) {
	o.w.gone[i] = true
	for _, t := range o.about[i] {
		if o.open[t] {
			if _, breaks := o.w.find(t); !breaks {
				n++
			}
		}
	}
	o.w.gone[i] = false
	return n
}

// together returns the grants that clear the finding for which the least is left to pay.
func (o *ordering) together() []int32 {
	if o.joint == nil {
		o.joint = newQueue(len(o.open))
		for t := range o.open {
			o.due(int32(t))
		}
	}
	for !o.joint.empty() {
		t, price := o.joint.take()
		if left, now := o.left(t); o.open[t] && price == float64(now) {
			o.due(t) // it stays what it is until one of them is revoked
			return left
		}
	}
	for _, i := range o.plan {
		if !o.w.gone[i] {
			return []int32{i}
		}
	}
	return nil
}

// due puts what is left to pay for a target into its place.
func (o *ordering) due(t int32) {
	if _, price := o.left(t); o.joint != nil && o.open[t] {
		o.joint.put(t, float64(price))
	}
}

// left lists the grants that are left of those that a target comes to, and what they cost.
func (o *ordering) left(t int32) (left []int32, price int) {
	for _, i := range o.needs[t] {
		if !o.w.gone[i] {
			left, price = append(left, i), price+o.m.grants[i].cost
		}
	}
	return left, price
}

// revoke takes a step and returns the findings that it clears.
func (o *ordering) revoke(i int32) (clears []string) {
	o.w.gone[i] = true
	var cleared []int32
	for _, t := range o.about[i] {
		o.stale = append(o.stale, o.needs[t]...)
		if !o.open[t] {
			continue
		}
		if _, breaks := o.w.find(t); !breaks {
			o.open[t] = false
			cleared = append(cleared, t)
		}
		o.due(t)
	}
	slices.Sort(o.stale)
	o.stale = slices.Compact(o.stale)
	return o.names(cleared)
}

func (o *ordering) names(targets []int32) (ids []string) {
	for _, t := range targets {
		ids = append(ids, o.m.targets[t].finding.ID)
	}
	return ids
}
