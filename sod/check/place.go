// SPDX-License-Identifier: Apache-2.0

package check

import (
	"github.com/foureyes-iga/foureyes/graph"
)

// A Bond is what peers share. The zero Bond is invalid.
type Bond uint8

// The bonds, the narrowest first.
const (
	_       Bond = iota
	SameJob      // a department and a title
	SameDepartment
	SameManager
)

var bondNames = [...]string{"", "department and title", "department", "manager"}

// String returns the bond's name, such as "department and title".
func (b Bond) String() string { return bondNames[b] }

// Bonds lists them all, the narrowest first.
func Bonds() []Bond { return []Bond{SameJob, SameDepartment, SameManager} }

// keys lists the attributes of people that make a bond.
func (b Bond) keys() []string {
	switch b {
	case SameJob:
		return []string{"department", "title"}
	case SameDepartment:
		return []string{"department"}
	}
	return []string{"manager"}
}

// A Place is where somebody works, by one bond. The zero Place is none.
type Place struct {
	Bond
	Value string // the department or the ID of the manager
	Title string // of [SameJob]
}

// Called names a place: "department Treasury".
func (p Place) Called(g *graph.Graph) string {
	switch p.Bond {
	case SameJob:
		return "department " + p.Value + ", title " + p.Title
	case SameDepartment:
		return "department " + p.Value
	}
	if id, err := graph.ParseID(p.Value); err == nil {
		if n, ok := g.Find(id); ok && g.Name(n) != "" {
			return "the team of " + g.Name(n)
		}
	}
	return "the team of " + p.Value
}

// previously is before the name of an attribute that tells of the place before a
// transfer.
const previously = "previous_"

// placeOf returns where a person works by a bond, or worked before; false when that is
// not known, with the zero Place. An empty text is no department.
func placeOf(g *graph.Graph, n uint32, b Bond, before string) (p Place, known bool) {
	keys := b.keys()
	p.Bond = b
	p.Value, _ = g.Attr(n, before+keys[0])
	if len(keys) > 1 {
		p.Title, _ = g.Attr(n, before+keys[1])
	}
	if p.Value == "" || len(keys) > 1 && p.Title == "" {
		return Place{}, false
	}
	return p, true
}
