// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"errors"
	"fmt"
	"math"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/graph/view"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
)

const (
	maxPictures = 20   // causes that are drawn
	maxSteps    = 16   // of a path that is drawn
	minScale    = 0.45 // a smaller picture cannot be read
)

// pictures draws the first open finding of each cause, the largest causes first.
func (d *doc) pictures() error {
	first := map[graph.ID]reports.Finding{}
	for _, f := range d.packet.Findings {
		if _, ok := first[f.Cause.ID]; !ok && f.Status == sod.Open && len(f.Witness) > 0 {
			first[f.Cause.ID] = f
		}
	}
	var drawn int
	for _, c := range d.packet.Causes {
		f, ok := first[c.ID]
		if !ok || c.Annexed() || drawn == maxPictures {
			continue
		}
		if drawn == 0 {
			d.chapter("Pictures of access paths", true)
			d.flow(0, span{fmt.Sprintf("One finding of each cause, of at most %d causes. Whole lines are standing access; dashed lines can be activated; dotted lines can be obtained by who controls something. The cause has a heavy frame.", maxPictures), d.note()})
		}
		if err := d.picture(c, f); err != nil {
			return err
		}
		drawn++
	}
	return nil
}

func (d *doc) picture(c reports.Cause, f reports.Finding) error {
	names := map[graph.ID]string{}
	var paths []reach.Path
	longest := 0
	for _, w := range f.Witness {
		paths = append(paths, w.Path())
		longest = max(longest, len(w.Grants))
		for _, n := range w.Nodes {
			names[n.ID] = n.Name
		}
	}
	v, err := view.OfPaths(paths, func(id graph.ID) string { return names[id] })
	if err != nil && !errors.Is(err, view.ErrTooLarge) {
		return fmt.Errorf("finding %s: %w", f.ID, err)
	}
	var l view.Layout
	scale := 0.0
	if err == nil && longest <= maxSteps {
		l = v.Layout()
		scale = min(1, d.width()/l.Width, (d.floor()-top-80)/l.Height)
	}
	if scale < minScale {
		l, scale = view.Layout{}, 0
	}
	d.skip(14)
	d.need(l.Height*scale + 40)
	d.flow(0, span{fmt.Sprintf("Line %d  ", f.Line), d.body().bold(d).in(d.inks.accent)}, span{f.Rule + ", " + f.Subjects[0].Label(), d.body().bold(d)},
		span{fmt.Sprintf("    cause %s, behind %s", c.Label(), reports.Plural(c.Findings, "open finding")), d.note()})
	d.y += 4
	if scale == 0 {
		d.flow(0, span{"The paths are too long for a picture; they are told in chapter Findings.", d.small()})
		return nil
	}
	d.drawing(l, left, d.y, scale, c.ID)
	d.y += l.Height*scale + 8
	return nil
}

// drawing draws a layout with its upper left corner at x, y.
func (d *doc) drawing(l view.Layout, x, y, scale float64, cause graph.ID) {
	at := func(p view.Point) view.Point { return view.Point{X: x + p.X*scale, Y: y + p.Y*scale} }
	for _, a := range l.Arrows {
		var points []view.Point
		for _, p := range a.Points {
			points = append(points, at(p))
		}
		dash := dashes(a.Mode, scale)
		tip := arrowHead(points, scale)
		d.mark(func(p *pen) { p.way(points, 0.9*scale, dash, d.inks.soft); p.shape(tip, d.inks.soft) })
	}
	for _, b := range l.Boxes {
		d.box(b, at(view.Point{X: b.X, Y: b.Y}), scale, b.ID == cause)
	}
	for _, a := range l.Arrows {
		d.arrowLabel(a.Label, at(a.At), scale)
	}
}

func (d *doc) box(b view.Box, at view.Point, scale float64, heavy bool) {
	fill, frame, thick := d.inks.paper, d.inks.soft, 0.6
	switch b.Part {
	case view.Subject:
		fill = d.inks.subject
	case view.Target:
		fill = d.inks.target
	}
	if heavy {
		frame, thick = d.inks.accent, 1.8
	}
	d.mark(func(p *pen) { p.box(at.X, at.Y, b.W*scale, b.H*scale, 3*scale, thick, fill, frame) })
	x := at.X + 7*scale
	d.put(x, at.Y+4*scale, style{d.fonts.plain, 6.8 * scale, d.inks.soft}, b.Kind)
	for i, s := range b.Lines {
		size := view.TextSize * scale
		room := (b.W - 12) * scale
		if w := set([]span{{s, style{d.fonts.plain, size, d.inks.ink}}}, 1e9)[0].width; w > room {
			size *= room / w
		}
		d.put(x, at.Y+(14+float64(i)*view.LineHeight)*scale, style{d.fonts.plain, size, d.inks.ink}, s)
	}
}

func (d *doc) arrowLabel(text string, at view.Point, scale float64) {
	s := style{d.fonts.plain, 7 * scale, d.inks.soft}
	w := set([]span{{text, s}}, 1e9)[0].width
	x, y := at.X-w/2, at.Y-s.leading()/2
	d.mark(func(p *pen) { p.fill(x-2*scale, y, w+4*scale, s.leading(), d.inks.paper) })
	d.put(x, y, s, text)
}

func dashes(m reach.Mode, scale float64) []float64 {
	switch m {
	case reach.Eligible:
		return []float64{6 * scale, 4 * scale}
	case reach.Attainable:
		return []float64{1.5 * scale, 3 * scale}
	}
	return nil
}

// arrowHead returns the triangle at the end of a way.
func arrowHead(points []view.Point, scale float64) []view.Point {
	end, before := points[len(points)-1], points[len(points)-2]
	dx, dy := end.X-before.X, end.Y-before.Y
	n := math.Hypot(dx, dy)
	if n == 0 {
		return []view.Point{end, end, end}
	}
	dx, dy = dx/n*6*scale, dy/n*6*scale
	return []view.Point{end, {X: end.X - dx - dy/2.4, Y: end.Y - dy + dx/2.4}, {X: end.X - dx + dy/2.4, Y: end.Y - dy - dx/2.4}}
}
