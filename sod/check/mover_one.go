// SPDX-License-Identifier: Apache-2.0

package check

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// A MoverQuestion asks what one person kept of the place that they left. Of the question
// Effective is when they moved: zero is the day that human resources tell, when it is
// over.
type MoverQuestion struct {
	Question
	Earlier *graph.Graph // in which the person still works at the old place; nil is none
	First   bool         // the earlier graph says where that was, whatever the attributes say
}

// A Mover is what one person holds after a transfer, and what could not be told.
type Mover struct {
	Identity     graph.ID
	Own          []graph.ID // the person's accounts, in order
	Moved        time.Time  // zero is unknown, or still to come
	Before, Here Place      // zero when there are none to hold against each other
	By           string     // what tells where they worked before: "attributes", "snapshot" or ""
	Why          string     // why there are no two places; "" when there are
	Stays        []Stay     // what they hold by themselves, in the order of holders and things
	CannotTell   []Doubt
	Unlinked     int // accounts that may be used and that nobody owns, and nothing says they are this person's
}

// A Fate says how what somebody holds stands after a transfer. The zero Fate is invalid.
type Fate uint8

// The fates.
const (
	_           Fate = iota
	Kept             // the old place has it, and the new one does not
	InBoth           // both have it
	InNew            // the new place has it
	InNeither        // neither has it, as a rule
	Since            // it came with the transfer or after it
	Undecidable      // it cannot be told
)

var fateNames = [...]string{"", "kept", "both", "new", "neither", "later", "cannot-tell"}

// String returns the fate's name, such as "kept".
func (f Fate) String() string { return fateNames[f] }

// A Stay is one grant that a person holds by an account of theirs, or without one, and
// what follows from it.
type Stay struct {
	Access
	Fate        Fate
	There, Here Share // of the peers; zero where there is no place
	Gives       []Access
	More        int // of Gives: how much is left out
}

// A Share says how many of some people hold a thing: Held for sure, Most at the most.
type Share struct{ Held, Most, Of int }

// MoverOf answers a question. An error says that the person cannot be found, or that
// several carry the employee id.
func MoverOf(g *graph.Graph, q MoverQuestion) (*Mover, error) {
	const day = 24 * time.Hour
	moved := q.Effective
	q.Effective = time.Time{} // what a leaver's end asks is not asked here
	q.Mode = cmp.Or(q.Mode, reach.Eligible)
	l := leaving{world: newWorld(g, q.AsOf), Question: q.Question, answer: &Leaver{}, ties: map[uint32]tied{}}
	if err := l.find(); err != nil {
		return nil, err
	}
	l.tieAccounts()
	m := newMovers(l.world, sod.Check{After: 0, Within: 180 * day})
	one := moving{leaving: &l, movers: m, asked: q, answer: &Mover{Identity: g.ID(l.who), Moved: moved}}
	one.remember()
	one.hold()
	one.doubt()
	return one.answer, nil
}

// A moving is the work of one MoverOf.
type moving struct {
	*leaving
	movers *movers
	asked  MoverQuestion
	answer *Mover
}

// remember finds out when the person moved, and from where.
func (o *moving) remember() {
	m, who, a := o.movers, o.who, o.answer
	if at, ok := o.moment(who, "transfer_date"); ok && a.Moved.IsZero() && !at.After(m.asOf) {
		a.Moved = at
	}
	told := slices.ContainsFunc(Bonds(), func(b Bond) bool { _, ok := m.before(who, b); return ok })
	if told {
		a.By = "attributes"
	}
	if n, ok := o.then(); ok && (o.asked.First || !told) {
		m.was = map[uint32]earlier{who: {o.asked.Earlier, n}}
		a.By = "snapshot"
	}
	m.find()
	if !m.ofLate(who) {
		m.add(who)
	}
	m.take()
}

// then finds the person in the earlier graph.
func (o *moving) then() (uint32, bool) {
	if o.asked.Earlier == nil {
		return 0, false
	}
	n, ok := o.asked.Earlier.Find(o.answer.Identity)
	return n, ok && o.asked.Earlier.Described(n)
}

// hold tells of each thing that the person holds how it stands.
func (o *moving) hold() {
	m, a, who := o.movers, o.answer, o.who
	here, before, why := m.sides(transfer{who, a.Moved})
	if a.Why = why; why == "" {
		a.Here, a.Before = here.Place, before.Place
	}
	for _, n := range append(o.tiedNodes(), who) {
		if n != who {
			if !o.ties[n].tie.Own() {
				continue
			}
			a.Own = append(a.Own, o.g.ID(n))
		}
		reached, more := o.reached(n)
		for _, grant := range o.grants(n) {
			if grant.Kind == graph.Owns {
				continue
			}
			s := Stay{Access: Access{Path: reach.Path{Nodes: []graph.ID{grant.From, grant.To}, Kinds: []graph.GrantKind{grant.Kind}}, First: grant.Terms}, More: more}
			for _, x := range reached {
				if len(x.Nodes) > 2 && x.Nodes[1] == grant.To {
					s.Gives = append(s.Gives, x)
				}
			}
			o.decide(&s, here, before)
			a.Stays = append(a.Stays, s)
		}
	}
}

// decide tells how one grant stands.
func (o *moving) decide(s *Stay, here, before side) {
	m, a := o.movers, o.answer
	thing, _ := m.g.Find(s.End())
	since, both := s.First.Since, a.Why == ""
	if both {
		s.Here, s.There = m.share(here, thing), m.share(before, thing)
	}
	switch {
	case !a.Moved.IsZero() && !since.IsZero() && !since.Before(a.Moved):
		s.Fate = Since
	case !slices.Contains(holds(), s.Kinds[0]):
		s.Fate = InNeither // control is nobody's by their place
	case a.Why == samePlace:
		s.Fate = InBoth
	case !both && m.hereHasAll(o.who, []uint32{thing}):
		s.Fate = InNew
	case !both:
		s.Fate = Undecidable
	case !m.lacks(here, thing, false) && m.has(before, thing, true):
		s.Fate = InBoth
	case !m.lacks(here, thing, false):
		s.Fate = InNew
	case m.lacks(here, thing, true) && m.has(before, thing, true):
		s.Fate = Kept
	case !m.has(before, thing, false):
		s.Fate = InNeither
	default:
		s.Fate = Undecidable
	}
}

func (m *movers) share(s side, thing uint32) Share {
	return Share{s.holding(thing), m.most(s, thing), s.of + s.perhaps}
}

// doubt gathers what could not be told: what a leaver is asked too, but for control and
// sign-ins, and the places.
func (o *moving) doubt() {
	d := doubts{leaving: o.leaving, at: map[string]int{}}
	for _, s := range d.g.Sources() {
		for _, set := range mayHide() {
			if set != graph.Control && !d.g.State(s, set).Whole() {
				d.add(s, set, reach.StateReason(d.g, s, set))
			}
		}
	}
	for _, x := range o.Shrunk {
		d.add(x.Source, x.Dataset, x.Why)
	}
	for _, gap := range d.g.Gaps() {
		if o.concernsMover(gap) {
			d.add(gap.About.Source, gap.Dataset, gap.Reason, gap.About)
		}
	}
	if people := o.answer.Identity.Source; o.answer.Why != "" && o.answer.Why != samePlace && slices.ContainsFunc(o.answer.Stays, func(s Stay) bool { return s.Fate == Undecidable }) {
		d.add(people, graph.Identities, o.answer.Why)
	}
	d.undecided()
	d.unlinked()
	slices.SortFunc(d.all, func(a, b Doubt) int {
		return cmp.Or(strings.Compare(string(a.Source), string(b.Source)), cmp.Compare(rank(a.Dataset), rank(b.Dataset)), slices.CompareFunc(a.About, b.About, graph.ID.Compare), strings.Compare(a.Why, b.Why))
	})
	o.answer.CannotTell, o.answer.Unlinked = d.all, o.leaving.answer.Unlinked
}

// concernsMover reports whether a gap may hide what the person holds, or who else does.
func (o *moving) concernsMover(gap graph.Gap) bool {
	people := gap.About.Kind == graph.Identity || gap.About.Kind == graph.Account
	switch n, ok := o.g.Find(gap.About); {
	case ok && people && (n == o.who || o.own(n)):
		return gap.Dataset.Includes(graph.Identities) || gap.Dataset.Includes(graph.Accounts) || hidesHolding(gap.Dataset)
	case people:
		return false // it counts where it matters: see Share
	}
	return hidesHolding(gap.Dataset)
}
