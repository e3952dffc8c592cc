// SPDX-License-Identifier: Apache-2.0

package view

import (
	"cmp"
	"slices"
)

// A plan is a layered drawing being made. Its spots are the nodes of the view,
// followed by the places where long arrows pass through a column.
type plan struct {
	boxes   []Box
	bundles [][]Edge
	joins   []join  // one per bundle
	layer   []int   // of each spot
	columns [][]int // the spots of each layer, from the top
	in, out [][]int // neighbours of each spot in the layers beside it
	height  []float64
	y       []float64 // the top of each spot
}

// A join is a bundle as the layers see it: from left to right.
type join struct {
	left, right int
	turned      bool  // the arrow points to the left
	way         []int // the spots it passes through, from the left
}

func (j join) loop() bool { return j.left == j.right }

func newPlan(v *View) *plan {
	p := &plan{bundles: v.bundles(), layer: make([]int, len(v.nodes))}
	for _, n := range v.nodes {
		b := boxOf(n)
		p.boxes = append(p.boxes, b)
		p.height = append(p.height, b.H)
	}
	for _, run := range p.bundles {
		p.joins = append(p.joins, join{left: v.at[run[0].From], right: v.at[run[0].To]})
	}
	p.turnBack(v)
	return p
}

// turnBack turns the joins that close a cycle, so that the rest has none. It
// starts from the subjects, so that it is the ways back that are turned.
func (p *plan) turnBack(v *View) {
	from := make([][]int, len(v.nodes))
	for i, j := range p.joins {
		from[j.left] = append(from[j.left], i)
	}
	starts := make([]int, len(v.nodes))
	for i := range starts {
		starts[i] = i
	}
	slices.SortStableFunc(starts, func(a, b int) int {
		return compareBool(v.nodes[a].Part != Subject, v.nodes[b].Part != Subject)
	})
	state := make([]byte, len(v.nodes)) // 0 new, 1 on the way, 2 done
	for _, s := range starts {
		p.visit(s, from, state)
	}
}

func (p *plan) visit(start int, from [][]int, state []byte) {
	if state[start] != 0 {
		return
	}
	way := []turn{{node: start}}
	state[start] = 1
	for len(way) > 0 {
		here := &way[len(way)-1]
		if here.next == len(from[here.node]) {
			state[here.node] = 2
			way = way[:len(way)-1]
			continue
		}
		j := &p.joins[from[here.node][here.next]]
		here.next++
		switch to := j.right; {
		case j.loop():
		case state[to] == 1:
			j.left, j.right, j.turned = j.right, j.left, true
		case state[to] == 0:
			state[to] = 1
			way = append(way, turn{node: to})
		}
	}
}

// rank puts each node one layer right of the last that leads to it.
func (p *plan) rank() {
	waits := make([]int, len(p.boxes))
	next := make([][]int, len(p.boxes))
	for _, j := range p.joins {
		if !j.loop() {
			waits[j.right]++
			next[j.left] = append(next[j.left], j.right)
		}
	}
	var todo []int
	for i, n := range waits {
		if n == 0 {
			todo = append(todo, i)
		}
	}
	for ; len(todo) > 0; todo = todo[1:] {
		i := todo[0]
		for _, k := range next[i] {
			p.layer[k] = max(p.layer[k], p.layer[i]+1)
			if waits[k]--; waits[k] == 0 {
				todo = append(todo, k)
			}
		}
	}
	p.alignTargets(next)
}

// alignTargets moves the targets that lead nowhere to the last layer.
func (p *plan) alignTargets(next [][]int) {
	last := 0
	for _, l := range p.layer {
		last = max(last, l)
	}
	for i, b := range p.boxes {
		if b.Part == Target && len(next[i]) == 0 {
			p.layer[i] = last
		}
	}
}

// stretch gives every long join a spot in each layer it passes, and fills the
// columns.
func (p *plan) stretch() {
	for i := range p.joins {
		j := &p.joins[i]
		for l := p.layer[j.left] + 1; l < p.layer[j.right]; l++ {
			j.way = append(j.way, len(p.layer))
			p.layer = append(p.layer, l)
			p.height = append(p.height, wayHeight)
		}
	}
	p.in, p.out = make([][]int, len(p.layer)), make([][]int, len(p.layer))
	for _, j := range p.joins {
		if j.loop() {
			continue
		}
		at := j.left
		for _, to := range append(slices.Clone(j.way), j.right) {
			p.out[at] = append(p.out[at], to)
			p.in[to] = append(p.in[to], at)
			at = to
		}
	}
	p.columns = make([][]int, slices.Max(append(slices.Clone(p.layer), 0))+1)
	for spot, l := range p.layer {
		p.columns[l] = append(p.columns[l], spot)
	}
}

// order sorts each column by the middle of its neighbours, to and fro.
func (p *plan) order() {
	rank := make([]float64, len(p.layer))
	number := func() {
		for _, c := range p.columns {
			for i, spot := range c {
				rank[spot] = float64(i) - float64(len(c)-1)/2
			}
		}
	}
	number()
	for round := range 8 {
		beside, columns := p.in, p.columns
		if round%2 == 1 {
			beside, columns = p.out, slices.Clone(p.columns)
			slices.Reverse(columns)
		}
		for _, c := range columns {
			want := map[int]float64{}
			for _, spot := range c {
				want[spot] = mean(beside[spot], rank, rank[spot])
			}
			slices.SortStableFunc(c, func(a, b int) int { return cmp.Compare(want[a], want[b]) })
			for i, spot := range c {
				rank[spot] = float64(i) - float64(len(c)-1)/2
			}
		}
	}
}

// mean returns the mean value of the spots, or other when there are none.
func mean(spots []int, value []float64, other float64) float64 {
	if len(spots) == 0 {
		return other
	}
	sum := 0.0
	for _, s := range spots {
		sum += value[s]
	}
	return sum / float64(len(spots))
}
