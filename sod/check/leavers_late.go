// SPDX-License-Identifier: Apache-2.0

package check

import (
	"cmp"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// Lates are the people who left in a period, by how late their access ended.
type Lates struct {
	SLA          *sod.SLA
	Since, Until time.Time
	People       []Timing // the worst first, and of those in the order of their IDs
	Undated      int      // people who left, on a day that is not known: they are not listed
	Unsure       int      // people of whom it cannot be told whether they left
	Unread       []string // the sources of people that were not completely read, and why
}

// LatesOf judges everybody who left in the period of the SLA. Previous is the graph of an
// earlier snapshot, which bounds what has no time; nil is none.
func LatesOf(g, previous *graph.Graph, sla *sod.SLA, asOf time.Time) (*Lates, error) {
	deadline, err := sla.Deadline()
	if err != nil {
		return nil, err
	}
	c := newClocks(newWorld(g, asOf), sla, deadline)
	if previous != nil {
		c.before = newClocks(newWorld(previous, asOf), sla, deadline)
	}
	a := latest{clocks: c, asOf: asOf, out: &Lates{SLA: sla, Since: asOf.Add(-sla.Period), Until: asOf}}
	a.unread()
	people := a.people()
	a.only, a.loose = c.concerning(people), c.looseMarks()
	a.blind = c.unreadAccounts()
	if c.before != nil {
		a.was = c.before.concerning(a.sameBefore(people))
	}
	for _, n := range people {
		a.judge(n)
	}
	slices.SortFunc(a.out.People, func(x, y Timing) int {
		return cmp.Or(cmp.Compare(rankOf(y.Verdict()), rankOf(x.Verdict())), x.Identity.Compare(y.Identity))
	})
	return a.out, nil
}

// A latest is the work of one LatesOf.
type latest struct {
	*clocks
	asOf  time.Time
	out   *Lates
	only  map[uint32][]uint32 // person → accounts that may concern them
	was   map[uint32][]uint32 // the same in the snapshot before
	loose map[mark][]uint32   // accounts that are linked to nobody, by what they look like
	blind string
}

// unread tells where people may be missing.
func (a *latest) unread() {
	for _, s := range a.g.Sources() {
		if !a.state(s, graph.Identities).Whole() {
			a.out.Unread = append(a.out.Unread, "identities of "+string(s)+" ("+reach.StateReason(a.g, s, graph.Identities)+")")
		}
	}
}

// people lists who left in the period, and counts those of whom that is not known.
func (a *latest) people() (all []uint32) {
	lo, hi := a.g.Range(graph.Identity)
	for n := lo; n < hi; n++ {
		switch t := a.tenure(n); {
		case t.unsure != "":
			a.out.Unsure++
		case t.state != departed:
		case t.end.IsZero():
			a.out.Undated++
		case !a.left(n).Latest.Before(a.out.Since):
			all = append(all, n)
		}
	}
	return all
}

// sameBefore finds people in the snapshot before.
func (a *latest) sameBefore(people []uint32) (all []uint32) {
	for _, n := range people {
		if m, ok := a.before.g.Find(a.g.ID(n)); ok {
			all = append(all, m)
		}
	}
	return all
}

// judge judges one person.
func (a *latest) judge(n uint32) {
	id, _ := a.g.Attr(n, "employee_id")
	l := &leaving{
		world: a.world, Question: Question{EmployeeID: id, AsOf: a.asOf, SLA: a.sla}, answer: &Leaver{Identity: a.g.ID(n)},
		ties: map[uint32]tied{}, who: n, looked: true, only: a.only[n],
	}
	l.tieAccounts()
	for _, m := range l.tiedNodes() {
		l.answer.Logins = append(l.answer.Logins, l.login(m))
	}
	l.outlive()
	t := timer{leaving: l, clocks: a.clocks, out: &Timing{Identity: a.g.ID(n)}, blind: a.blind}
	if t.blind == "" {
		t.blind = a.looksLike(l)
	}
	was := a.was
	if was == nil {
		was = map[uint32][]uint32{}
	}
	t.judge(t.goneSince(was))
	a.out.People = append(a.out.People, *t.out)
}

// looksLike says that an account which is linked to nobody may be the person's.
func (a *latest) looksLike(l *leaving) string {
	for m := range l.looks() {
		for _, n := range a.loose[m] {
			if _, tied := l.ties[n]; !tied {
				return "an account that is linked to nobody may be this person's"
			}
		}
	}
	return ""
}

// unreadAccounts says where an account of anybody may be missing; empty when nowhere.
func (w *world) unreadAccounts() string {
	for _, s := range w.g.Sources() {
		if !w.state(s, graph.Accounts).Whole() {
			return "accounts of " + string(s) + " are not completely read (" + reach.StateReason(w.g, s, graph.Accounts) + ")"
		}
	}
	for _, gap := range w.g.Gaps() {
		if gap.About.Kind == graph.Account && gap.Dataset.Includes(graph.Accounts) {
			return "an account of " + string(gap.About.Source) + " could not be read (" + gap.Reason + ")"
		}
	}
	return ""
}

// looseMarks lists the accounts that may be used and that nobody owns, by what makes
// them look like somebody's.
func (w *world) looseMarks() map[mark][]uint32 {
	all := map[mark][]uint32{}
	lo, hi := w.g.Range(graph.Account)
	for n := lo; n < hi; n++ {
		if !w.isLoose(n) {
			continue
		}
		for _, m := range w.marks(n) {
			all[m] = append(all[m], n)
		}
	}
	return all
}

// concerning lists for each of some people, in order, the accounts that may concern them
// for what they say or who owns them. What really ties them is for a leaving to tell.
func (w *world) concerning(people []uint32) map[uint32][]uint32 {
	c := concern{world: w, wanted: map[uint32]bool{}, of: map[uint32][]uint32{}}
	for _, n := range people {
		c.wanted[n] = true
	}
	lo, hi := w.g.Range(graph.Account)
	for _, pass := range []func(uint32){c.byItself, c.byMain, c.byOwner} {
		for n := lo; n < hi; n++ {
			pass(n)
		}
	}
	all := map[uint32][]uint32{}
	for n := lo; n < hi; n++ {
		for _, p := range c.of[n] {
			all[p] = append(all[p], n)
		}
	}
	return all
}

type concern struct {
	*world
	wanted map[uint32]bool
	of     map[uint32][]uint32 // account → people
}

func (c *concern) add(n uint32, people ...uint32) {
	for _, p := range people {
		if c.wanted[p] && !slices.Contains(c.of[n], p) {
			c.of[n] = append(c.of[n], p)
		}
	}
}

// byItself: who owns it, whose employee id it carries, whom it names as its owner.
func (c *concern) byItself(n uint32) {
	c.add(n, c.owners[n]...)
	if id, ok := c.g.Attr(n, "employee_id"); ok {
		c.add(n, c.carriers[id]...)
	}
	for _, o := range c.ownersNamed(n) {
		c.add(n, o)
	}
}

// byMain: whom its main account concerns.
func (c *concern) byMain(n uint32) {
	if main := c.main(n); main != n {
		c.add(n, slices.Clone(c.of[main])...)
	}
}

// byOwner: whom the account concerns that it names as its owner.
func (c *concern) byOwner(n uint32) {
	for _, o := range c.ownersNamed(n) {
		c.add(n, slices.Clone(c.of[o])...)
	}
}

func (c *concern) ownersNamed(n uint32) (all []uint32) {
	for _, text := range c.g.AttrValues(n, "owner") {
		if id, err := graph.ParseID(text); err == nil {
			if o, ok := c.g.Find(id); ok {
				all = append(all, o)
			}
		}
	}
	return all
}
