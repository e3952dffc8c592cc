// SPDX-License-Identifier: Apache-2.0

package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// What a place has and what it lacks. Half of the old place hold what comes with it;
// what not one in ten of the new place holds does not.
const (
	oldShare = 2  // one in so many of the old place hold what it has
	newShare = 10 // fewer than one in so many of the new place hold what it lacks
)

// MinPeers is how many peers there must be at either place, unless more are asked for.
const MinPeers = 5

// maxKept is how much of what is kept a finding names.
const maxKept = 5

// A transfer is somebody who moved.
type transfer struct {
	who uint32
	at  time.Time // the first moment of the day
}

// A side is one of the two places of a transfer, without those who came along.
type side struct {
	Place
	of      int       // people who are known to be there
	perhaps int       // how many more may be
	clouded int       // of how many not every grant was read
	held    []holding // what those who are there hold
	less    []holding // what those of them hold who are not counted
}

// holding returns how many of a side hold a thing.
func (s side) holding(thing uint32) int { return count(s.held, thing) - count(s.less, thing) }

// movers judges those who moved of late.
type movers struct {
	*census
	check sod.Check
	along map[[2]Place]*company // by where they are, and where they were; the zero Place is not known
	came  map[Place][]uint32    // who is there since of late
	was   map[uint32]earlier    // of whom an earlier graph tells where they worked
	loose map[uint32][]uint32   // see unlinked; nil until it is asked for
}

// A company is who moved from one place to another of late.
type company struct {
	people   []uint32
	counted  int       // of them and of the drifters: how many are known to be there
	drifters int       // who came from nobody knows where, and may have come along
	held     []holding // by those who are counted
	ready    bool
}

// movers finds people who keep access of the place that they left.
func (r *run) movers() {
	m := newMovers(r.world, r.check)
	m.find()
	if !m.told() {
		r.rows["\n"] = &sod.NotAssessed{Rule: r.check.Name, Reason: "nothing says who moved: no source tells the day of a transfer (transfer_date) of anybody"}
	}
	m.take()
	r.each(graph.Identity, m.judge)
	r.unread(graph.Identities, graph.Accounts, graph.Groups)
}

func newMovers(w *world, c sod.Check) *movers {
	m := &movers{census: newCensus(w), check: c, along: map[[2]Place]*company{}, came: map[Place][]uint32{}}
	m.check.Peers = cmp.Or(c.Peers, MinPeers)
	return m
}

// find looks for everybody who moved of late.
func (m *movers) find() {
	lo, hi := m.g.Range(graph.Identity)
	for n := lo; n < hi; n++ {
		if m.ofLate(n) {
			m.add(n)
		}
	}
}

// ofLate reports whether somebody moved within the time, be it yesterday.
func (m *movers) ofLate(n uint32) bool {
	at, ok := m.moment(n, "transfer_date")
	return ok && !at.After(m.asOf) && !at.Before(m.asOf.Add(-m.check.Within))
}

// before returns where a person worked before a transfer.
func (m *movers) before(n uint32, b Bond) (Place, bool) {
	if was, ok := m.was[n]; ok {
		return placeOf(was.g, was.n, b, "")
	}
	return placeOf(m.g, n, b, previously)
}

// earlier is a person in an earlier graph.
type earlier struct {
	g *graph.Graph
	n uint32
}

// told reports whether any source tells of anybody when they moved.
func (m *movers) told() bool {
	lo, hi := m.g.Range(graph.Identity)
	for n := lo; n < hi; n++ {
		if _, ok := m.g.Attr(n, "transfer_date"); ok {
			return true
		}
	}
	return false
}

// add takes somebody who moved into account: of the place where they are they are no
// witnesses to who came along, for they may have kept the same things.
func (m *movers) add(who uint32) {
	for _, b := range Bonds() {
		here, ok := placeOf(m.g, who, b, "")
		if !ok {
			continue
		}
		m.ask(here)
		before, known := m.before(who, b)
		if known {
			m.ask(before)
		}
		c := m.with(here, before)
		c.people = append(c.people, who)
		m.came[here] = append(m.came[here], who)
	}
}

// with returns who moved from a place to another of late.
func (m *movers) with(here, before Place) *company {
	key := [2]Place{here, before}
	if m.along[key] == nil {
		m.along[key] = &company{}
	}
	return m.along[key]
}

// judge tells whether a person keeps access of the place that they left. Transfers that
// are to come, of late or long ago are nobody's matter.
func (m *movers) judge(n uint32) verdict {
	t := transfer{who: n}
	_, dated := m.g.Attr(n, "transfer_date")
	at, readable := m.moment(n, "transfer_date")
	t.at = at
	people, unread := m.g.ID(n).Source, m.unreadPerson(n)
	switch {
	case readable && (at.After(m.asOf.Add(-m.check.After)) || at.Before(m.asOf.Add(-m.check.Within))):
		return clear()
	case !dated && unread == nil && !m.cameFromElsewhere(n):
		return clear()
	case m.gone(n) || !m.holdsAny(n): // "leaver" finds what is left behind
		return clear()
	case unread != nil:
		return verdict{unsure: "not everything was read of a person who may have moved", gaps: unread}
	case readable:
		return m.keeps(t)
	case dated:
		return unsure(people, graph.Identities, "the day of a transfer cannot be read")
	}
	return unsure(people, graph.Identities, "where people worked before is known, and when they moved is not")
}

// unreadPerson lists what of a person was not read.
func (m *movers) unreadPerson(n uint32) (all []gap) {
	for _, x := range m.gaps[m.g.ID(n)] {
		if x.Dataset.Includes(graph.Identities) {
			all = append(all, gap{About: x.About, Dataset: x.Dataset, Reason: x.Reason})
		}
	}
	return all
}

// gone reports whether somebody is known to have left or not to have begun.
func (m *movers) gone(n uint32) bool {
	t := m.tenure(n)
	return t.unsure == "" && (t.state != employed || m.yetToBegin(n))
}

// holdsAny reports whether a person holds anything, or may do so.
func (m *movers) holdsAny(n uint32) bool {
	return len(m.things(n)) > 0 || len(m.doubts(n)) > 0 || len(m.opened) > 0 || len(m.blind) > 0
}

// cameFromElsewhere reports whether a place is told at which the person worked before,
// and which is another one.
func (m *movers) cameFromElsewhere(n uint32) bool {
	return slices.ContainsFunc([]string{"department", "title", "manager"}, func(key string) bool {
		here, _ := m.g.Attr(n, key)
		before, _ := m.g.Attr(n, previously+key)
		return before != "" && before != here
	})
}

// keeps judges a transfer that is neither too near nor too far.
func (m *movers) keeps(t transfer) verdict {
	here, before, why := m.sides(t)
	held := m.from(t)
	if why != "" {
		if why == samePlace || m.hereHasAll(t.who, held) && len(m.doubts(t.who))+len(m.opened)+len(m.blind) == 0 {
			return clear()
		}
		return unsure(m.g.ID(t.who).Source, graph.Identities, "%s", why)
	}
	kept, doubtful := m.part(here, before, held)
	v := m.hidden(t.who, here, before, held)
	switch {
	case len(kept) > 0 && m.tenure(t.who).unsure != "":
		return unsure(m.g.ID(t.who).Source, graph.Identities, "whether people still work here is not known")
	case len(kept) > 0:
		return found("%s", m.tell(t, here, before, kept))
	case len(doubtful) > 0:
		v.gaps = append(v.gaps, m.behind(here, before, doubtful)...)
		v.unsure = "whether it comes from where they worked before"
	case v.gaps != nil:
		v.unsure = "whether they hold something that comes from where they worked before"
	default:
		return clear()
	}
	return verdict{unsure: v.unsure + " is not known", gaps: v.gaps}
}

// from lists what a person holds that is not known to have come after the transfer.
func (m *movers) from(t transfer) (all []uint32) {
	for e := range m.grants(t.who) {
		if since := m.g.Terms(e).Since; since.IsZero() || since.Before(t.at) {
			all = append(all, e.To)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// part tells what of the things comes from the old place, and of what it cannot be told.
func (m *movers) part(here, before side, things []uint32) (kept, doubtful []uint32) {
	for _, x := range things {
		switch {
		case m.lacks(here, x, true) && m.has(before, x, true):
			kept = append(kept, x)
		case m.lacks(here, x, false) && m.has(before, x, false):
			doubtful = append(doubtful, x)
		}
	}
	return kept, doubtful
}

// lacks reports whether those of a side do not hold a thing: surely, or perhaps.
func (m *movers) lacks(s side, thing uint32, surely bool) bool {
	n, of := s.holding(thing), s.of+s.perhaps
	switch {
	case !surely:
		return m.roster != nil || n*newShare < of
	case m.roster != nil:
		return false
	}
	return m.most(s, thing)*newShare < of
}

// has reports whether those of a side hold a thing: surely, or perhaps.
func (m *movers) has(s side, thing uint32, surely bool) bool {
	n, of := s.holding(thing), s.of+s.perhaps
	switch {
	case surely:
		return m.roster == nil && n*oldShare >= of
	case m.roster != nil:
		return true
	}
	return m.most(s, thing)*oldShare >= of
}

// most returns how many of a side hold a thing at the most.
func (m *movers) most(s side, thing uint32) int {
	if len(m.hiders(thing)) > 0 {
		return s.of + s.perhaps
	}
	return min(s.of, s.holding(thing)+s.clouded) + s.perhaps
}

// hidden tells what may hide that a person holds something of the old place.
func (m *movers) hidden(who uint32, here, before side, held []uint32) (v verdict) {
	may := func(x uint32) bool {
		_, holds := slices.BinarySearch(held, x)
		return !holds && m.lacks(here, x, false) && m.has(before, x, false)
	}
	v.gaps = slices.Clone(m.blind)
	for x, unread := range m.opened {
		if may(x) {
			v.gaps = append(v.gaps, unread)
		}
	}
	if own := m.doubts(who); len(own) > 0 && slices.ContainsFunc(before.held, func(h holding) bool { return may(h.thing) }) {
		v.gaps = append(v.gaps, own...)
	}
	return v
}

// doubts lists what hides what a person holds: gaps of their own, and accounts that say
// that they are theirs and were not linked to anybody.
func (m *movers) doubts(n uint32) []gap {
	all := m.cloud(n)
	for _, a := range m.unlinked()[n] {
		if slices.ContainsFunc(m.g.Out(a), func(e graph.Edge) bool { return slices.Contains(holds(), e.Kind()) && m.g.Terms(e).Holds(m.asOf) }) {
			all = append(all, gap{About: m.g.ID(a), Dataset: graph.Accounts, Reason: "it is linked to nobody"})
		}
	}
	return all
}

// behind lists the gaps for which it cannot be told where things come from.
func (m *movers) behind(here, before side, things []uint32) (all []gap) {
	if m.roster != nil {
		all = append(all, *m.roster)
	}
	for _, s := range []side{here, before} {
		if s.perhaps > 0 {
			all = append(all, gap{Source: m.source(s), Dataset: graph.Identities})
		}
		if s.clouded == 0 {
			continue
		}
		for _, n := range m.crowds[s.Place].people {
			all = append(all, m.cloud(n)...)
		}
	}
	for _, x := range things {
		all = append(all, m.hiders(x)...)
	}
	return all
}

// source names the source of the people of a side.
func (m *movers) source(s side) graph.Source {
	if all := m.crowds[s.Place].people; len(all) > 0 {
		return m.g.ID(all[0]).Source
	}
	return m.unread
}

func (m *movers) tell(t transfer, here, before side, kept []uint32) string {
	var words []string
	for _, x := range kept[:min(len(kept), maxKept)] {
		id := m.g.ID(x)
		words = append(words, fmt.Sprintf("%s (%s), held by %d of %d peers there and %s here", id, m.g.Name(x), before.holding(x), before.of, m.few(here, x)))
	}
	if more := len(kept) - maxKept; more > 0 {
		words = append(words, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("moved on %s from %s to %s and keeps %s", t.at.Format(time.DateOnly), before.Called(m.g), here.Called(m.g), strings.Join(words, "; "))
}

// few says how many of the new place hold a thing.
func (m *movers) few(s side, thing uint32) string {
	n := s.holding(thing)
	if most := m.most(s, thing); most > n {
		return fmt.Sprintf("%d to %d of %d", n, most, s.of+s.perhaps)
	}
	return fmt.Sprintf("%d of %d", n, s.of)
}
