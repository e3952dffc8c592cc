// SPDX-License-Identifier: Apache-2.0

package view

import "math"

// place finds the height of every spot: first stacked, then drawn towards the
// spots beside it.
func (p *plan) place() {
	p.y = make([]float64, len(p.layer))
	for _, c := range p.columns {
		y := 0.0
		for _, spot := range c {
			p.y[spot] = y
			y += p.height[spot] + rowGap
		}
	}
	for range rounds {
		for _, c := range p.columns {
			p.settle(c)
		}
	}
	top := math.Inf(1)
	for _, y := range p.y {
		top = min(top, y)
	}
	for i := range p.y {
		p.y[i] = round(p.y[i] + margin + loopHeight - top)
	}
}

// settle moves the spots of a column to the middle of the spots beside them, keeps
// their order and distance, and then moves the whole column to make up for what
// that shifted.
func (p *plan) settle(column []int) {
	floor, off := math.Inf(-1), 0.0
	for _, spot := range column {
		want := p.wish(spot)
		p.y[spot] = max(want, floor)
		floor = p.y[spot] + p.height[spot] + rowGap
		off += p.y[spot] - want
	}
	for _, spot := range column {
		p.y[spot] -= off / float64(len(column))
	}
}

// wish returns where the top of a spot would be, were it alone in its column.
func (p *plan) wish(spot int) float64 {
	sum, n := 0.0, 0
	for _, beside := range [2][]int{p.in[spot], p.out[spot]} {
		for _, s := range beside {
			sum += p.y[s] + p.height[s]/2
			n++
		}
	}
	if n == 0 {
		return p.y[spot]
	}
	return sum/float64(n) - p.height[spot]/2
}

// draw turns the plan into boxes and arrows.
func (p *plan) draw() Layout {
	var l Layout
	for i, b := range p.boxes {
		b.X, b.Y = p.x(i), p.y[i]
		l.Boxes = append(l.Boxes, b)
	}
	for i, j := range p.joins {
		l.Arrows = append(l.Arrows, p.arrow(j, p.bundles[i]))
	}
	l.Width = float64(len(p.columns))*(boxWidth+columnGap) - columnGap + 2*margin
	for i := range p.y {
		l.Height = max(l.Height, p.y[i]+p.height[i]+margin)
	}
	return l
}

func (p *plan) x(spot int) float64 {
	return margin + float64(p.layer[spot])*(boxWidth+columnGap)
}

func (p *plan) arrow(j join, run []Edge) Arrow {
	a := Arrow{From: run[0].From, To: run[0].To, Mode: mode(run), Label: label(run)}
	shift := 0.0
	if j.turned {
		shift = wayShift // beside the arrow that it answers
	}
	middle := func(spot int) float64 { return round(p.y[spot] + p.height[spot]/2 + shift) }
	if j.loop() {
		x, y := p.x(j.left)+boxWidth, round(p.y[j.left])
		a.Points = []Point{{x - 40, y}, {x - 40, y - loopHeight}, {x - 14, y - loopHeight}, {x - 14, y}}
		a.At = Point{x - 27, y - loopHeight}
		return a
	}
	a.Points = []Point{{p.x(j.left) + boxWidth, middle(j.left)}}
	for _, spot := range j.way {
		a.Points = append(a.Points, Point{p.x(spot), middle(spot)}, Point{p.x(spot) + boxWidth, middle(spot)})
	}
	a.Points = append(a.Points, Point{p.x(j.right), middle(j.right)})
	first, second := a.Points[0], a.Points[1]
	a.At = Point{(first.X + second.X) / 2, round((first.Y + second.Y) / 2)}
	if j.turned {
		for i, k := 0, len(a.Points)-1; i < k; i, k = i+1, k-1 {
			a.Points[i], a.Points[k] = a.Points[k], a.Points[i]
		}
	}
	return a
}

// round keeps a hundredth of a unit, so that the text of a picture is short and
// the same on every machine.
func round(x float64) float64 { return math.Round(x*100) / 100 }
