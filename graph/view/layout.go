// SPDX-License-Identifier: Apache-2.0

package view

import (
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// A Layout is a picture of a view: boxes and arrows on a plane whose origin is
// the upper left corner. Subjects stand left, targets right. One unit is one
// point of a text of size [TextSize].
type Layout struct {
	Width, Height float64
	Boxes         []Box
	Arrows        []Arrow
	Note          string // safe to show, at the foot; "" is none
}

// A Box is a node. X and Y are its upper left corner. Kind and Lines are safe to
// show: see [Visible].
type Box struct {
	ID         graph.ID
	Part       Part
	Kind       string   // "group · corp"
	Lines      []string // the name, or the key of a thing without one
	X, Y, W, H float64
}

// An Arrow is a grant, or several between the same two things. Its head is at
// the last point. It is drawn whole for [reach.Standing], dashed for
// [reach.Eligible] and dotted for [reach.Attainable].
type Arrow struct {
	From, To graph.ID
	Mode     reach.Mode
	Points   []Point
	Label    string
	At       Point // the middle of the label
}

// A Point is a place in a layout.
type Point struct{ X, Y float64 }

// The measures of a layout.
const (
	TextSize   = 8.5
	LineHeight = 11

	boxWidth   = 128
	boxHead    = 17 // room for the kind
	boxFoot    = 7
	columnGap  = 74
	rowGap     = 16
	wayHeight  = 6 // of an arrow that passes through a column
	margin     = 6
	maxLines   = 3
	lineRunes  = 21 // of ordinary letters, in a box
	loopHeight = 12
	wayShift   = 11
	rounds     = 60 // of moving boxes to where they would like to be
)

// Layout draws the view. The same view always gives the same picture.
func (v *View) Layout() Layout {
	p := newPlan(v)
	p.rank()
	p.stretch()
	p.order()
	p.place()
	l := p.draw()
	if v.note != "" {
		l.Note = Visible(v.note)
		l.Height += LineHeight + margin
		l.Width = max(l.Width, 2*margin+0.6*TextSize*float64(len([]rune(l.Note))))
	}
	return l
}

func boxOf(n Node) Box {
	name := n.Name
	if name == "" {
		name = n.ID.Key
	}
	b := Box{ID: n.ID, Part: n.Part, W: boxWidth}
	b.Kind = n.ID.Kind.String() + " · " + string(n.ID.Source)
	b.Lines = wrap(Visible(name))
	b.H = boxHead + boxFoot + LineHeight*float64(len(b.Lines))
	return b
}

// wrap breaks a name into at most [maxLines] lines; what does not fit is left
// out, and … says so.
func wrap(s string) []string {
	var lines []string
	rest := []rune(strings.TrimSpace(s))
	for len(rest) > lineRunes && len(lines) < maxLines-1 {
		cut := breakAt(rest)
		lines = append(lines, strings.TrimSpace(string(rest[:cut])))
		rest = []rune(strings.TrimSpace(string(rest[cut:])))
	}
	if len(rest) > lineRunes {
		rest = append(rest[:lineRunes-1], '…')
	}
	return append(lines, string(rest))
}

// breakAt returns where to break runes that are longer than a line: after the
// last space, hyphen or the like in it, if that is not too near its beginning.
func breakAt(rest []rune) int {
	for i := lineRunes; i > lineRunes/3; i-- {
		if strings.ContainsRune(" -_./,:@\\", rest[i-1]) {
			return i
		}
	}
	return lineRunes
}
