// SPDX-License-Identifier: Apache-2.0

package check

import (
	"cmp"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// A crowd is who works at a place, and what they hold.
type crowd struct {
	people  []uint32  // who are known to be there, in order
	perhaps int       // how many more of those who were read may be there
	clouded int       // of people: of how many not every grant was read
	held    []holding // what people hold, in order
}

// A holding says how many of some people hold a thing.
type holding struct {
	thing  uint32
	people int32
}

// count returns how many hold a thing.
func count(held []holding, thing uint32) int {
	i, ok := slices.BinarySearchFunc(held, thing, func(h holding, t uint32) int { return cmp.Compare(h.thing, t) })
	if !ok {
		return 0
	}
	return int(held[i].people)
}

// A census says who works where, for some places, and what may hide from it.
type census struct {
	*world
	crowds    map[Place]*crowd
	strangers [SameManager + 1]int // by bond: people who were not read well enough to tell where they are
	roster    *gap                 // a list of people that is not whole; nil when all are
	blind     []gap                // what hides who holds any thing of a source
	opened    map[uint32]gap       // things of which it is hidden who holds them
	only      map[uint32]bool      // the things that are asked about; nil is all
}

// newCensus makes an empty census; its places are to be asked for before it is taken.
func newCensus(w *world) *census {
	c := &census{world: w, crowds: map[Place]*crowd{}, opened: map[uint32]gap{}}
	kinds := c.kinds()
	for _, s := range w.g.Sources() {
		if c.roster == nil && !w.state(s, graph.Identities).Whole() {
			c.roster = &gap{Source: s, Dataset: graph.Identities}
		}
		for _, d := range []graph.Dataset{graph.Accounts, graph.Memberships, graph.Assignments, graph.Eligibility} {
			if !w.state(s, d).Whole() && hidesIn(d, kinds[s]) {
				c.blind = append(c.blind, gap{Source: s, Dataset: d})
			}
		}
	}
	for _, x := range w.g.Gaps() {
		c.learn(x)
	}
	return c
}

// kinds tells of each source whether it has groups, roles and entitlements.
func (c *census) kinds() map[graph.Source][]graph.Kind {
	kinds := map[graph.Source][]graph.Kind{}
	for _, k := range []graph.Kind{graph.Group, graph.Role, graph.Entitlement} {
		lo, hi := c.g.Range(k)
		for n := lo; n < hi; n++ {
			if s := c.g.ID(n).Source; !slices.Contains(kinds[s], k) {
				kinds[s] = append(kinds[s], k)
			}
		}
	}
	return kinds
}

// hidesIn reports whether a dataset that is not whole hides who holds things of some
// kinds. Accounts that were not read are in groups, and nobody's.
func hidesIn(d graph.Dataset, kinds []graph.Kind) bool {
	return slices.ContainsFunc(kinds, func(k graph.Kind) bool {
		return d == graph.Accounts || slices.ContainsFunc(holds(), func(by graph.GrantKind) bool { return by.To(k) && d.Hides(by) })
	})
}

// holds lists the kinds of grants by which people hold things themselves.
func holds() []graph.GrantKind {
	return []graph.GrantKind{graph.Member, graph.Assigned, graph.Eligible}
}

func hidesHolding(d graph.Dataset) bool { return slices.ContainsFunc(holds(), d.Hides) }

// learn notes what a gap at one thing hides: who holds it or, at an account that was not
// read and is nobody's, that it may be anybody's who holds what it holds.
func (c *census) learn(x graph.Gap) {
	n, ok := c.g.Find(x.About)
	if !ok {
		return
	}
	unread := gap{About: x.About, Dataset: x.Dataset, Reason: x.Reason}
	switch x.About.Kind {
	case graph.Group, graph.Role, graph.Entitlement:
		if hidesHolding(x.Dataset) {
			c.opened[n] = unread
		}
	case graph.Account:
		if !x.Dataset.Includes(graph.Accounts) || len(c.owners[n]) > 0 {
			return
		}
		for _, e := range c.g.Out(n) {
			if _, known := c.opened[e.To]; !known && slices.Contains(holds(), e.Kind()) {
				c.opened[e.To] = unread
			}
		}
	case graph.Identity:
		if !x.Dataset.Includes(graph.Identities) {
			return
		}
		for _, b := range Bonds() {
			if _, known := placeOf(c.g, n, b, ""); !known {
				c.strangers[b]++
			}
		}
	}
}

// ask adds a place to the census.
func (c *census) ask(p Place) {
	if c.crowds[p] == nil {
		c.crowds[p] = &crowd{}
	}
}

// take goes through all people once, and then through what those hold who are at the
// places that were asked for.
func (c *census) take() {
	if len(c.crowds) == 0 {
		return
	}
	lo, hi := c.g.Range(graph.Identity)
	var at []*crowd
	for n := lo; n < hi; n++ {
		at = at[:0]
		for _, b := range Bonds() {
			p, known := placeOf(c.g, n, b, "")
			if crowd := c.crowds[p]; known && crowd != nil {
				at = append(at, crowd)
			}
		}
		if len(at) > 0 {
			c.place(n, at)
		}
	}
	var room []uint32
	for _, crowd := range c.crowds {
		room = c.gather(crowd, room[:0])
	}
}

// place puts a person into crowds, when the person works here now: those who have left or
// have not begun do not.
func (c *census) place(n uint32, at []*crowd) {
	t := c.tenure(n)
	here := t.state == employed && !c.yetToBegin(n)
	for _, to := range at {
		switch {
		case t.unsure != "":
			to.perhaps++
		case here:
			to.people = append(to.people, n)
		}
	}
}

// yetToBegin reports whether the first day of a person is still to come.
func (c *census) yetToBegin(n uint32) bool {
	status, _ := c.g.Word(n, "status")
	start, dated := c.moment(n, "start_date")
	return dated && start.After(c.asOf) || !dated && status == "pending"
}

// gather counts what a crowd holds, in room that it gives back to be used again.
func (c *census) gather(to *crowd, room []uint32) []uint32 {
	for _, n := range to.people {
		room = c.addThings(room, n)
		if len(c.cloud(n)) > 0 {
			to.clouded++
		}
	}
	to.held = tally(room)
	return room
}

// tally counts things, each of which stands there once for everybody who holds it.
func tally(all []uint32) (held []holding) {
	slices.Sort(all)
	for i, thing := range all {
		if i == 0 || thing != all[i-1] {
			held = append(held, holding{thing, 0})
		}
		held[len(held)-1].people++
	}
	return held
}

// things lists what a person holds, by an account of the person or without one, each
// once and in order. What that leads to is not followed.
func (c *census) things(n uint32) []uint32 { return c.addThings(nil, n) }

// addThings appends what a person holds.
func (c *census) addThings(all []uint32, n uint32) []uint32 {
	old := len(all)
	for e := range c.grants(n) {
		if c.only == nil || c.only[e.To] {
			all = append(all, e.To)
		}
	}
	slices.Sort(all[old:])
	return all[:old+len(slices.Compact(all[old:]))]
}

// grants yields the grants by which a person holds things now.
func (c *census) grants(n uint32) func(yield func(graph.Edge) bool) {
	return func(yield func(graph.Edge) bool) {
		for _, holder := range c.holders(n) {
			for _, e := range c.g.Out(holder) {
				if isHolding(e.Kind()) && c.g.Terms(e).Holds(c.asOf) && !yield(e) {
					return
				}
			}
		}
	}
}

func isHolding(k graph.GrantKind) bool {
	return k == graph.Member || k == graph.Assigned || k == graph.Eligible
}

// holders lists a person and the accounts that the person owns now.
func (c *census) holders(n uint32) []uint32 {
	all := []uint32{n}
	for _, e := range c.g.Out(n) {
		if e.Kind() == graph.Owns && c.g.Terms(e).Holds(c.asOf) {
			all = append(all, e.To)
		}
	}
	return all
}

// cloud lists the gaps that hide what a person holds.
func (c *census) cloud(n uint32) (all []gap) {
	if len(c.gaps) == 0 {
		return nil
	}
	for _, holder := range c.holders(n) {
		for _, x := range c.gaps[c.g.ID(holder)] {
			if hidesHolding(x.Dataset) {
				all = append(all, gap{About: x.About, Dataset: x.Dataset, Reason: x.Reason})
			}
		}
	}
	return all
}

// hiders returns what hides who else holds a thing.
func (c *census) hiders(thing uint32) (all []gap) {
	if x, ok := c.opened[thing]; ok {
		all = append(all, x)
	}
	id := c.g.ID(thing)
	for _, x := range c.blind {
		if x.Source == id.Source && hidesIn(x.Dataset, []graph.Kind{id.Kind}) {
			all = append(all, x)
		}
	}
	return all
}
