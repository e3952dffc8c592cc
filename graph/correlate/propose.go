// SPDX-License-Identifier: Apache-2.0

package correlate

import (
	"cmp"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Queue is what a person can work through: accounts that nobody owns, and whose they may
// be. Nothing in it decides anything.
type Queue struct {
	Entries  []Entry // the best reasons first, then in ID order
	Unlinked int     // accounts that nobody owns, without those of the system
	Left     int     // entries that Limits left out
}

// An Entry is an account that nobody owns and the people whose it may be.
type Entry struct {
	Account   graph.ID
	Proposals []Proposal // the best first
	More      int        // people besides
	Common    []string   // marks that too many people share to propose them, such as "login"
}

// A Proposal is somebody whose an account may be.
type Proposal struct {
	Identity graph.ID
	Reasons  []Reason // the best first
}

// A Rank says how good a reason is. The least is the best.
type Rank uint8

const (
	_             Rank = iota
	SameKey            // several people carry the account's key
	LikeKey            // a key looks the same and is not
	SameAddress        // an address is the same
	LikeAddress        // an address looks the same
	SameHandle         // the local part of the person's address is the account's login
	SameName           // the names have the same words
	LoginFromName      // the login is made from the name
)

// String returns a word for JSON: "same-key".
func (r Rank) String() string {
	return [...]string{"", "same-key", "like-key", "same-address", "like-address", "same-handle", "same-name", "login-from-name"}[r]
}

// A Reason is why an account may be somebody's: what it has and what they have. Both are
// never anything of an employment.
type Reason struct {
	Rank         Rank
	What, Whose  string // what is compared: an attribute, "login", "display name"; of the account and of the person
	Value, Other string // of the account, of the person
	Differ       string // in what they differ, such as "letter case"; "" for the same text
}

// Limits bound a [Queue]. Accounts whose keys are ambiguous or look like others' are always
// in it. The zero Limits are the default.
type Limits struct {
	People int // proposals for each account; zero is 3
	Hints  int // accounts with other reasons only; zero is 1000
}

const (
	defaultPeople = 3
	defaultHints  = 1000

	// usualMarks is how many marks a person has, more or less.
	usualMarks = 18

	// maxCommon is how many people may share a mark that proposes them.
	maxCommon = 20
)

// Propose finds whose the accounts may be that nobody owns in g. The work grows with the
// accounts and the people, not with their product: what both are known by goes through
// an index. The keys are those of [Rules].
func Propose(g *graph.Graph, keys []string, limits Limits) *Queue {
	if len(keys) == 0 {
		keys = DefaultKeys()
	}
	p := proposing{g: g, marker: newMarker(g, keys), limits: limits.withDefaults()}
	p.learnOwned()
	p.learnPeople()
	lo, hi := g.Range(graph.Account)
	for n := lo; n < hi; n++ {
		if kind, _ := g.Attr(n, "type"); kind == "system" || p.owned[n-lo] {
			continue
		}
		p.queue.Unlinked++
		if e := p.entry(n); e != nil {
			p.queue.Entries = append(p.queue.Entries, *e)
		}
	}
	p.finish()
	return &p.queue
}

func (l Limits) withDefaults() Limits {
	if l.People == 0 {
		l.People = defaultPeople
	}
	if l.Hints == 0 {
		l.Hints = defaultHints
	}
	return l
}

type proposing struct {
	g      *graph.Graph
	marker *marker
	limits Limits
	owned  []bool // by account
	people index
	queue  Queue

	mine, theirs []mark   // of the account and the person in work
	who          []uint32 // people whom its marks name
}

func (p *proposing) learnOwned() {
	accounts, end := p.g.Range(graph.Account)
	p.owned = make([]bool, end-accounts)
	lo, hi := p.g.Range(graph.Identity)
	for n := lo; n < hi; n++ {
		for _, e := range p.g.Out(n) {
			if e.Kind() == graph.Owns && e.To >= accounts && e.To < end {
				p.owned[e.To-accounts] = true
			}
		}
	}
}

func (p *proposing) learnPeople() {
	lo, hi := p.g.Range(graph.Identity)
	p.people.all = make([]posting, 0, usualMarks*int(hi-lo))
	for n := lo; n < hi; n++ {
		p.theirs = p.marker.person(p.theirs[:0], n)
		for _, m := range p.theirs {
			p.people.add(m.block, n)
		}
	}
	p.people.sort()
}

// entry returns what is proposed for an account; nil is nothing.
func (p *proposing) entry(n uint32) *Entry {
	p.mine, p.who = p.marker.account(p.mine[:0], n), p.who[:0]
	e := Entry{Account: p.g.ID(n)}
	for _, m := range p.mine {
		who := p.people.of(m.block)
		if len(who) > maxCommon && !m.always() {
			e.Common = append(e.Common, m.what)
			continue
		}
		for _, x := range who {
			p.who = append(p.who, x.who)
		}
	}
	slices.Sort(p.who)
	for _, who := range slices.Compact(p.who) {
		p.theirs = p.marker.person(p.theirs[:0], who)
		if reasons := p.marker.reasons(p.mine, p.theirs); len(reasons) > 0 {
			e.Proposals = append(e.Proposals, Proposal{p.g.ID(who), reasons})
		}
	}
	if len(e.Proposals) == 0 {
		return nil // that many people share something proposes none of them
	}
	slices.SortStableFunc(e.Proposals, func(x, y Proposal) int {
		return cmp.Or(cmp.Compare(x.Reasons[0].Rank, y.Reasons[0].Rank), cmp.Compare(len(y.Reasons), len(x.Reasons)))
	})
	if more := len(e.Proposals) - p.limits.People; more > 0 {
		e.Proposals, e.More = slices.Clone(e.Proposals[:p.limits.People]), more
	}
	slices.Sort(e.Common)
	e.Common = slices.Compact(e.Common)
	return &e
}

// Rank is that of the best reason.
func (e Entry) Rank() Rank { return e.Proposals[0].Reasons[0].Rank }

// finish puts the entries in order and leaves out what is too much.
func (p *proposing) finish() {
	q := &p.queue
	slices.SortStableFunc(q.Entries, func(x, y Entry) int { return cmp.Compare(x.Rank(), y.Rank()) })
	keys := 0
	for keys < len(q.Entries) && q.Entries[keys].Rank() <= LikeKey {
		keys++
	}
	if most := keys + p.limits.Hints; len(q.Entries) > most {
		q.Left = len(q.Entries) - most
		q.Entries = q.Entries[:most]
	}
}

// An index finds the people who carry a mark.
type index struct{ all []posting }

type posting struct {
	block uint64
	who   uint32
}

func (x *index) add(block uint64, who uint32) { x.all = append(x.all, posting{block, who}) }

func (x *index) sort() {
	slices.SortFunc(x.all, func(a, b posting) int { return cmp.Or(cmp.Compare(a.block, b.block), cmp.Compare(a.who, b.who)) })
	x.all = slices.Compact(x.all)
}

func (x *index) of(block uint64) []posting {
	lo, _ := slices.BinarySearchFunc(x.all, block, func(a posting, b uint64) int { return cmp.Compare(a.block, b) })
	hi := lo
	for hi < len(x.all) && x.all[hi].block == block {
		hi++
	}
	return x.all[lo:hi]
}
