// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"cmp"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Place is where accounts and things lie: a whole source, an application, or an
// organisational unit of a directory.
type Place struct {
	Source   graph.Source
	Kind     PlaceKind
	Name     string   // of an application, or the distinguished name of a unit; "" of a source
	Accounts int      // that lie directly in it
	Things   []uint32 // groups, roles and entitlements that do: nodes of the newer graph, in order
	Unsure   string   // why it may not be new; "" when it is
}

// A PlaceKind says what a [Place] is. The zero PlaceKind is invalid.
type PlaceKind uint8

// The kinds of places.
const (
	_ PlaceKind = iota
	SourcePlace
	ApplicationPlace
	UnitPlace
)

var placeNames = [...]string{"", "source", "application", "organisational unit"}

// String returns the kind's name, such as "organisational unit".
func (k PlaceKind) String() string { return placeNames[k] }

type placeKey struct {
	source graph.Source
	kind   PlaceKind
	folded string
}

// places finds where something lies that had nothing before. Of a source that is new
// altogether only the source is told.
func (c *comparison) places() {
	before := map[placeKey]bool{}
	for n := range uint32(c.old.NumNodes()) {
		for key := range placesOf(c.old, n) {
			before[key] = true
		}
	}
	fresh := map[placeKey]*Place{}
	for n := range uint32(c.new.NumNodes()) {
		for key, name := range placesOf(c.new, n) {
			whole := placeKey{source: key.source, kind: SourcePlace}
			if before[key] || key != whole && !before[whole] {
				continue
			}
			if fresh[key] == nil {
				fresh[key] = &Place{Source: key.source, Kind: key.kind, Name: name, Unsure: c.unsurePlace(key)}
			}
			fresh[key].take(c.new, n)
		}
	}
	for _, p := range fresh {
		c.Places = append(c.Places, *p)
	}
	slices.SortFunc(c.Places, func(a, b Place) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
}

func (p *Place) take(g *graph.Graph, n uint32) {
	if g.ID(n).Kind == graph.Account {
		p.Accounts++
		return
	}
	p.Things = append(p.Things, n)
}

// unsurePlace says why a place may have been there before, unread.
func (c *comparison) unsurePlace(key placeKey) string {
	if key.kind == SourcePlace {
		return ""
	}
	for _, d := range []graph.Dataset{graph.Accounts, graph.Groups, graph.Assignments} {
		if why := unread(c.old, key.source, d); why != "" {
			return why + ", before"
		}
	}
	return ""
}

// placesOf yields where a node lies, with the name of each place. People and what was
// only named lie nowhere.
func placesOf(g *graph.Graph, n uint32) func(yield func(placeKey, string) bool) {
	return func(yield func(placeKey, string) bool) {
		id := g.ID(n)
		if id.Kind == graph.Identity || id.Kind == graph.Somebody || id.Kind == graph.Unresolved || !g.Described(n) {
			return
		}
		if !yield(placeKey{source: id.Source, kind: SourcePlace}, "") {
			return
		}
		for _, app := range applicationsOf(g, n) {
			if !yield(placeKey{id.Source, ApplicationPlace, app.key}, app.name) {
				return
			}
		}
		if dn, ok := g.Attr(n, "dn"); ok {
			if unit := parentOf(dn); unit != "" {
				yield(placeKey{id.Source, UnitPlace, strings.ToLower(unit)}, unit)
			}
		}
	}
}

// An application is one that a node belongs to: what tells it from others, and what it
// is called.
type application struct{ key, name string }

// applicationsOf tells to which applications a node belongs: by its attribute, or an
// app role of Entra ID by the service principal that its ID begins with.
func applicationsOf(g *graph.Graph, n uint32) (all []application) {
	for _, name := range g.AttrValues(n, "application") {
		all = append(all, application{name, name})
	}
	id := g.ID(n)
	resource, _, ok := strings.Cut(id.Key, "/")
	if id.Kind != graph.Entitlement || !ok {
		return all
	}
	if m, known := g.Find(graph.ID{Kind: graph.Account, Source: id.Source, Key: resource}); known {
		all = append(all, application{resource, cmp.Or(g.Name(m), resource)})
	}
	return all
}

// parentOf returns the distinguished name above dn: what follows the first separator
// that is not escaped (RFC 4514).
func parentOf(dn string) string {
	for i := 0; i < len(dn); i++ {
		switch dn[i] {
		case '\\':
			i++
		case ',':
			return strings.TrimSpace(dn[i+1:])
		}
	}
	return ""
}
