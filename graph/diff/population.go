// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"cmp"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Population carries one count of one source forward, from the older graph to the
// newer one. Before and After are counted in each graph by itself, and what lies
// between them thing by thing; [Population.Ties] holds the two against each other.
type Population struct {
	Source graph.Source
	Of     Class
	Before int
	Added  int // in the older graph it is not listed
	Begun  int // it is listed in both, and counts in the newer one only: a re-hire, an account enabled
	Ended  int // it is listed in both, and counts in the older one only: a leaver, an account disabled
	Gone   int // in the newer graph it is not listed
	After  int
	Moved  int    // of people who count in both: how many of them changed
	Unsure string // why what was added or is gone may only not have been read; "" when it is not so
}

// Ties reports whether the count before, with what came and without what went, is the
// count after.
func (p Population) Ties() bool { return p.Before+p.Added+p.Begun-p.Ended-p.Gone == p.After }

// A Class says what a [Population] counts. The zero Class is invalid.
type Class uint8

// The classes.
const (
	_               Class = iota
	People                // who have not left
	Accounts              // all that are listed
	EnabledAccounts       // that are known to be enabled
	NobodysAccounts       // that are linked to nobody
	Groups
	Roles
	Entitlements
)

var classNames = [...]string{"", "people", "accounts", "enabled accounts", "accounts linked to nobody", "groups", "roles", "entitlements"}

// String returns the class's name, such as "enabled accounts".
func (c Class) String() string { return classNames[c] }

func (c Class) kind() graph.Kind {
	switch c {
	case People:
		return graph.Identity
	case Groups:
		return graph.Group
	case Roles:
		return graph.Role
	case Entitlements:
		return graph.Entitlement
	}
	return graph.Account
}

// populations carries every count of every source forward.
func (c *comparison) populations() {
	older, newer := membersOf(c.old, c.oldAt), membersOf(c.new, c.newAt)
	for class := People; class <= Entitlements; class++ {
		c.Populations = append(c.Populations, c.carry(class, older, newer)...)
	}
	slices.SortFunc(c.Populations, func(a, b Population) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Of, b.Of))
	})
	for i := range c.Populations {
		c.Populations[i].Moved = c.moved(c.Populations[i])
	}
}

func (c *comparison) moved(p Population) (n int) {
	for _, m := range c.Movers {
		if p.Of == People && m.ID.Source == p.Source {
			n++
		}
	}
	return n
}

// carry follows one class through both graphs, source by source.
func (c *comparison) carry(class Class, older, newer *members) []Population {
	by := map[graph.Source]*Population{}
	before, now := c.old.Sources(), c.new.Sources()
	of := func(s graph.Source) *Population {
		if by[s] == nil {
			by[s] = &Population{Source: s, Of: class, Unsure: c.unsure(s, class, before, now)}
		}
		return by[s]
	}
	for n := range older.all(class) {
		of(c.old.ID(n).Source).Before++
	}
	for n := range newer.all(class) {
		of(c.new.ID(n).Source).After++
	}
	for n := range older.all(class) {
		p := of(c.old.ID(n).Source)
		switch m, listed := c.new.Find(c.old.ID(n)); {
		case !listed:
			p.Gone++
		case !newer.counts(class, m):
			p.Ended++
		}
	}
	for m := range newer.all(class) {
		p := of(c.new.ID(m).Source)
		switch n, listed := c.old.Find(c.new.ID(m)); {
		case !listed:
			p.Added++
		case !older.counts(class, n):
			p.Begun++
		}
	}
	var all []Population
	for _, p := range by {
		all = append(all, *p)
	}
	return all
}

// unsure says why something of a class may be listed in one graph only. A source that
// one of them does not have at all was not left unread.
func (c *comparison) unsure(s graph.Source, class Class, older, newer []graph.Source) string {
	d, before, now := datasetOf(class.kind()), "", ""
	if slices.Contains(older, s) {
		before = unread(c.old, s, d)
	}
	if slices.Contains(newer, s) {
		now = unread(c.new, s, d)
	}
	switch {
	case before != "" && now != "":
		return now + ", and neither were they before"
	case before != "":
		return before + ", before"
	}
	return now
}

// members tells which nodes of a graph count in which class.
type members struct {
	g     *graph.Graph
	left  []bool // by identity
	owned []bool // by node
}

func membersOf(g *graph.Graph, at time.Time) *members {
	m := &members{g: g, left: make([]bool, g.NumNodes()), owned: make([]bool, g.NumNodes())}
	lo, hi := g.Range(graph.Identity)
	for n := lo; n < hi; n++ {
		m.left[n], _ = Left(g, n, at)
		for _, e := range g.Out(n) {
			if e.Kind() == graph.Owns {
				m.owned[e.To] = true
			}
		}
	}
	return m
}

// all yields the nodes that count in a class.
func (m *members) all(c Class) func(yield func(n uint32) bool) {
	return func(yield func(n uint32) bool) {
		lo, hi := m.g.Range(c.kind())
		for n := lo; n < hi; n++ {
			if m.counts(c, n) && !yield(n) {
				return
			}
		}
	}
}

func (m *members) counts(c Class, n uint32) bool {
	switch c {
	case People:
		return !m.left[n]
	case EnabledAccounts:
		status, _ := m.g.Word(n, "status")
		return status == "enabled"
	case NobodysAccounts:
		return !m.owned[n]
	}
	return true
}
