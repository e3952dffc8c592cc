// SPDX-License-Identifier: Apache-2.0

package campaign

import (
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// A Crowd knows who is who: which identities are one person, and which accounts are, or
// may be, whose. Doubt counts as "may be": it keeps people from deciding about access
// that may be their own.
type Crowd struct {
	g       *graph.Graph
	asOf    time.Time
	parent  map[uint32]uint32   // identity → another of the same person
	people  map[uint32][]uint32 // account → people whose it is or may be, in order
	own     map[uint32][]uint32 // person → their identities and accounts, in order
	view    *reach.View         // standing and eligible
	reached map[uint32][]uint32 // person → what they hold or can activate, in order
}

// NewCrowd looks up everybody of a graph as of a moment.
func NewCrowd(g *graph.Graph, asOf time.Time) *Crowd {
	c := &Crowd{g: g, asOf: asOf, parent: map[uint32]uint32{}, people: map[uint32][]uint32{}, own: map[uint32][]uint32{},
		view: reach.At(g, asOf, reach.Eligible), reached: map[uint32][]uint32{}}
	c.uniteCarriers()
	owners := c.owners()
	for account, all := range owners {
		for _, n := range all {
			c.people[account] = append(c.people[account], c.root(n))
		}
	}
	c.guess()
	c.gather()
	return c
}

// owners lists the identities that own each account, and takes those for one person of
// whom a grant says so: see the rules of correlation.
func (c *Crowd) owners() map[uint32][]uint32 {
	all := map[uint32][]uint32{}
	lo, hi := c.g.Range(graph.Identity)
	for n := lo; n < hi; n++ {
		for _, e := range c.g.Out(n) {
			terms := c.g.Terms(e)
			if other, ok := strings.CutPrefix(terms.Via, "same person as "); ok {
				c.uniteWith(n, "identity:"+other)
			}
			if e.Kind() == graph.Owns && terms.Holds(c.asOf) {
				all[e.To] = append(all[e.To], n)
			}
		}
	}
	return all
}

func (c *Crowd) uniteWith(n uint32, other string) {
	id, err := graph.ParseID(other)
	if err != nil {
		return
	}
	if m, ok := c.g.Find(id); ok {
		c.unite(n, m)
	}
}

// uniteCarriers takes identities with one employee id for one person.
func (c *Crowd) uniteCarriers() {
	first := map[string]uint32{}
	lo, hi := c.g.Range(graph.Identity)
	for n := lo; n < hi; n++ {
		id, ok := c.g.Attr(n, "employee_id")
		if !ok {
			continue
		}
		if m, known := first[id]; known {
			c.unite(m, n)
		} else {
			first[id] = n
		}
	}
}

// unite makes two identities one person, who is called by the smaller ID.
func (c *Crowd) unite(a, b uint32) {
	a, b = c.root(a), c.root(b)
	if a != b {
		c.parent[max(a, b)] = min(a, b)
	}
}

func (c *Crowd) root(n uint32) uint32 {
	for {
		p, ok := c.parent[n]
		if !ok {
			return n
		}
		n = p
	}
}

// guess tells of accounts that nobody owns, by what they say of themselves: an employee
// id, an owner, a main account.
func (c *Crowd) guess() {
	carriers := map[string]uint32{}
	lo, hi := c.g.Range(graph.Identity)
	for n := lo; n < hi; n++ {
		if id, ok := c.g.Attr(n, "employee_id"); ok {
			carriers[id] = c.root(n)
		}
	}
	lo, hi = c.g.Range(graph.Account)
	for n := lo; n < hi; n++ {
		if id, ok := c.g.Attr(n, "employee_id"); ok {
			if who, known := carriers[id]; known {
				c.people[n] = append(c.people[n], who)
			}
		}
		c.people[n] = append(c.people[n], c.named(n, "owner")...)
	}
	for n := lo; n < hi; n++ { // a second account is whose the main one is, and so on
		for main, steps := c.main(n), 0; main != n && steps < 8; main, steps = c.main(main), steps+1 {
			c.people[n] = append(c.people[n], c.people[main]...)
			if c.main(main) == main {
				break
			}
		}
	}
	for n, all := range c.people {
		slices.Sort(all)
		c.people[n] = slices.Compact(all)
	}
}

func (c *Crowd) main(account uint32) uint32 {
	text, ok := c.g.Attr(account, "parent")
	if !ok {
		return account
	}
	id, err := graph.ParseID(text)
	if err != nil {
		return account
	}
	if n, found := c.g.Find(id); found && id.Kind == graph.Account {
		return n
	}
	return account
}

// named returns the people that an attribute names: by themselves or by an account.
func (c *Crowd) named(n uint32, key string) (all []uint32) {
	for _, text := range c.g.AttrValues(n, key) {
		id, err := graph.ParseID(text)
		if err != nil {
			continue
		}
		all = append(all, c.peopleAt(id)...)
	}
	return all
}

func (c *Crowd) peopleAt(id graph.ID) []uint32 {
	n, ok := c.g.Find(id)
	switch {
	case !ok:
		return nil
	case id.Kind == graph.Identity:
		return []uint32{c.root(n)}
	case id.Kind == graph.Account:
		return c.people[n]
	}
	return nil
}

func (c *Crowd) gather() {
	lo, hi := c.g.Range(graph.Identity)
	for n := lo; n < hi; n++ {
		c.own[c.root(n)] = append(c.own[c.root(n)], n)
	}
	lo, hi = c.g.Range(graph.Account)
	for n := lo; n < hi; n++ {
		for _, who := range c.people[n] {
			c.own[who] = append(c.own[who], n)
		}
	}
}

// Person returns the one ID by which a person is called, of whatever identity of
// theirs; any other ID is returned as it is.
func (c *Crowd) Person(id graph.ID) graph.ID {
	if n, ok := c.g.Find(id); ok && id.Kind == graph.Identity {
		return c.g.ID(c.root(n))
	}
	return id
}

// Own lists the identities and accounts that are or may be a person's, in order.
func (c *Crowd) Own(person graph.ID) (all []graph.ID) {
	n, ok := c.g.Find(person)
	if !ok {
		return nil
	}
	for _, m := range c.own[c.root(n)] {
		all = append(all, c.g.ID(m))
	}
	return all
}

// PeopleOf returns the people whose a holder is or may be, in order.
func (c *Crowd) PeopleOf(n uint32) (all []graph.ID) {
	who := c.people[n]
	if c.g.ID(n).Kind == graph.Identity {
		who = []uint32{c.root(n)}
	}
	for _, n := range who {
		all = append(all, c.g.ID(n))
	}
	return all
}

// Holds reports whether a person holds something, or can activate it: a group, a role,
// or an account of their own.
func (c *Crowd) Holds(person, thing graph.ID) bool {
	n, m, ok := c.find(person, thing)
	if !ok {
		return false
	}
	_, held := slices.BinarySearch(c.all(n), m)
	return held
}

func (c *Crowd) find(person, thing graph.ID) (n, m uint32, ok bool) {
	n, known := c.g.Find(person)
	m, there := c.g.Find(thing)
	return n, m, known && there
}

// all tells what a person holds, themselves included.
func (c *Crowd) all(n uint32) []uint32 {
	n = c.root(n)
	all, known := c.reached[n]
	if !known {
		for _, m := range c.own[n] {
			all = append(append(all, m), c.view.Reached(m)...)
		}
		slices.Sort(all)
		all = slices.Compact(all)
		c.reached[n] = all
	}
	return all
}

// Controls reports whether a person could give something to themselves: they hold what
// controls it.
func (c *Crowd) Controls(person, thing graph.ID) bool {
	n, m, ok := c.find(person, thing)
	if !ok {
		return false
	}
	for _, from := range c.all(n) {
		for _, e := range c.g.Out(from) {
			if e.To == m && e.Kind() == graph.Controls && c.g.Terms(e).Holds(c.asOf) {
				return true
			}
		}
	}
	return false
}
