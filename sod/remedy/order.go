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
	plan  []int32           // what is not revoked yet, in the order of grants
	about map[int32][]int32 // by candidate of the plan: targets that come to it
	needs [][]int32         // by target: the plan's grants that it comes to
	open  []bool            // by target
	gain  map[int32]int     // by candidate: targets that it clears next; absent is not known
}

func newOrdering(m *model, plan []bool) *ordering {
	o := &ordering{m: m, w: newWalker(m), about: map[int32][]int32{}, needs: make([][]int32, len(m.targets)), open: make([]bool, len(m.targets)), gain: map[int32]int{}}
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
	return o
}

// next returns the grants to revoke next; nil when none is left.
func (o *ordering) next() []int32 {
	best, most := int32(-1), 0.0
	for _, i := range o.plan {
		if n := o.clearedBy(i); float64(n)/float64(o.m.grants[i].cost) > most {
			best, most = i, float64(n)/float64(o.m.grants[i].cost)
		}
	}
	if best >= 0 {
		return []int32{best}
	}
	return o.together()
}

// clearedBy counts the findings that one more grant clears by itself.
func (o *ordering) clearedBy(i int32) int {
	if n, ok := o.gain[i]; ok {
		return n
	}
	o.w.gone[i] = true
	n := 0
	for _, t := range o.about[i] {
		if o.open[t] {
			if _, breaks := o.w.find(t); !breaks {
				n++
			}
		}
	}
	o.w.gone[i] = false
	o.gain[i] = n
	return n
}

// together returns the grants that clear the finding for which the least is left to pay.
func (o *ordering) together() (best []int32) {
	least := -1
	for t, open := range o.open {
		if !open {
			continue
		}
		price := 0
		var left []int32
		for _, i := range o.needs[t] {
			if !o.w.gone[i] {
				left, price = append(left, i), price+o.m.grants[i].cost
			}
		}
		if least < 0 || price < least {
			best, least = left, price
		}
	}
	if best == nil && len(o.plan) > 0 {
		best = slices.Clone(o.plan[:1])
	}
	return best
}

// revoke takes a step and returns the findings that it clears.
func (o *ordering) revoke(i int32) (clears []string) {
	o.w.gone[i] = true
	o.plan = slices.DeleteFunc(o.plan, func(j int32) bool { return i == j })
	var cleared []int32
	for _, t := range o.about[i] {
		for _, j := range o.needs[t] {
			delete(o.gain, j)
		}
		if !o.open[t] {
			continue
		}
		if _, breaks := o.w.find(t); !breaks {
			o.open[t] = false
			cleared = append(cleared, t)
		}
	}
	return o.names(cleared)
}

func (o *ordering) names(targets []int32) (ids []string) {
	for _, t := range targets {
		ids = append(ids, o.m.targets[t].finding.ID)
	}
	return ids
}
