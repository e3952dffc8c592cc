// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"cmp"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// A Receipt shows of one person what lived when it was first asked, what when it was
// last, and between which two rounds each access was seen gone.
type Receipt struct {
	By     string    // who asked; empty is not stated
	Made   time.Time // when
	Before *Leaver   // the first answer
	After  *Leaver   // the last one
	Rounds []Round
	Items  []ReceiptItem // by account, and of each the account itself first
	Digest string        // of the receipt as JSON, where one cites the other
}

// A Round is one time of asking.
type Round struct {
	From, To time.Time // of the reading; of a round that could not run both are its end
	Verdict  string
	Missed   string // why it could not run; empty when it did
}

// A ReceiptItem is an account, or something that an account reached.
type ReceiptItem struct {
	Account   Thing // the person, for what is held without an account
	What      Thing // zero: the account itself
	State     ItemState
	FirstSeen int // the round in which it was first seen to live, from 1
	LastSeen  int // that in which it was last
	SeenGone  int // the first round after it in which it was gone; 0 in none
}

// An ItemState says how an access was left. The zero ItemState is invalid.
type ItemState uint8

// The states.
const (
	_          ItemState = iota
	ItemLives            // it lived in the last round that could tell
	ItemGone             // it was seen gone, and not seen since
	ItemUntold           // the last round could not tell
)

// String returns the state's name, such as "gone".
func (s ItemState) String() string { return [...]string{"", "lives", "gone", "cannot-tell"}[s] }

// A ReceiptBook notes what is answered, round by round.
type ReceiptBook struct {
	receipt Receipt
	items   map[itemKey]*noted
}

type itemKey struct{ account, what graph.ID }

type noted struct {
	ReceiptItem
	sources []graph.Source // of all that leads to it
}

// Missed notes a round that could not run.
func (b *ReceiptBook) Missed(at time.Time, why string) {
	b.receipt.Rounds = append(b.receipt.Rounds, Round{From: at.UTC(), To: at.UTC(), Missed: why})
}

// Saw notes an answer.
func (b *ReceiptBook) Saw(l *Leaver) {
	r := &b.receipt
	r.Rounds = append(r.Rounds, Round{From: l.Started, To: l.Ended, Verdict: l.Verdict()})
	if r.Before == nil {
		r.Before, b.items = l, map[itemKey]*noted{}
	}
	r.After = l
	round := len(r.Rounds)
	here := b.living(l, round)
	for key, item := range b.items {
		switch {
		case here[key] || item.State == ItemGone:
		case goneIn(l, key, item.sources):
			item.State, item.SeenGone = ItemGone, round
		default:
			item.State = ItemUntold
		}
	}
}

// living notes what lives in an answer, and returns it.
func (b *ReceiptBook) living(l *Leaver, round int) map[itemKey]bool {
	here := map[itemKey]bool{}
	see := func(account, what Thing, path []Thing) {
		key := itemKey{account.ID, what.ID}
		here[key] = true
		item := b.items[key]
		if item == nil {
			item = &noted{ReceiptItem: ReceiptItem{Account: account, What: what, FirstSeen: round}}
			b.items[key] = item
		}
		item.State, item.LastSeen, item.SeenGone = ItemLives, round, 0
		for _, t := range slices.Concat(path, []Thing{account}) {
			if !slices.Contains(item.sources, t.ID.Source) {
				item.sources = append(item.sources, t.ID.Source)
			}
		}
	}
	for _, x := range l.Logins {
		if !x.Life.Lives() {
			continue
		}
		see(x.Thing, Thing{}, nil)
		for _, row := range rowsOf(x.Access) {
			see(x.Thing, row.Thing, row.Path)
		}
	}
	for _, row := range rowsOf(l.Held) {
		see(l.Person, row.Thing, row.Path)
	}
	return here
}

// goneIn reports whether an answer shows that what it does not list is gone: its account
// has ended, or everything was read of all that led to it.
func goneIn(l *Leaver, key itemKey, sources []graph.Source) bool {
	more := l.HeldMore
	for _, x := range l.Logins {
		if x.ID != key.account {
			continue
		}
		if x.Life == check.Ended || x.Life == check.Unknown {
			return x.Life == check.Ended
		}
		more = x.More
	}
	doubted := slices.ContainsFunc(l.CannotTell, func(d LeaverDoubt) bool {
		return d.Dataset != graph.SignIn && slices.Contains(sources, d.Source)
	})
	return !doubted && (more == 0 || key.what.IsZero())
}

// Receipt returns what was noted; nil when no round answered.
func (b *ReceiptBook) Receipt(by string, made time.Time) *Receipt {
	if b.receipt.After == nil {
		return nil
	}
	r := b.receipt
	r.By, r.Made = by, made.UTC()
	for _, item := range b.items {
		r.Items = append(r.Items, item.ReceiptItem)
	}
	slices.SortFunc(r.Items, func(x, y ReceiptItem) int {
		return cmp.Or(x.Account.ID.Compare(y.Account.ID), x.What.ID.Compare(y.What.ID))
	})
	return &r
}

// A ReceiptAccount is an account before and after.
type ReceiptAccount struct {
	Thing
	Before, After string // whether it lived
	Reached       int    // things that it reached in any round
	Left          int    // of these, what was not seen gone
	Gone          string // between which rounds it was seen gone; empty when it was not
}

// Accounts sums the items up by account: what is still there first.
func (r *Receipt) Accounts() (all []ReceiptAccount) {
	at := map[graph.ID]int{}
	for _, x := range r.Items {
		i, known := at[x.Account.ID]
		if !known {
			i = len(all)
			at[x.Account.ID] = i
			all = append(all, ReceiptAccount{Thing: x.Account, Before: lifeIn(r.Before, x.Account.ID), After: lifeIn(r.After, x.Account.ID)})
		}
		if x.What.ID.IsZero() {
			all[i].Gone = r.GoneText(x)
			continue
		}
		all[i].Reached++
		if x.State != ItemGone {
			all[i].Left++
		}
	}
	for _, x := range r.Before.Logins { // of those that never lived
		if _, known := at[x.ID]; !known {
			all = append(all, ReceiptAccount{Thing: x.Thing, Before: lifeIn(r.Before, x.ID), After: lifeIn(r.After, x.ID)})
		}
	}
	slices.SortStableFunc(all, func(x, y ReceiptAccount) int {
		return cmp.Or(cmp.Compare(lifeRank(x.After), lifeRank(y.After)), cmp.Compare(lifeRank(x.Before), lifeRank(y.Before)), x.ID.Compare(y.ID))
	})
	return all
}

func lifeRank(word string) int {
	return slices.Index([]string{"LIVES", "held without an account", "cannot tell", "not there", "has ended"}, word)
}

// lifeIn says whether an account lives by an answer.
func lifeIn(l *Leaver, id graph.ID) string {
	for _, x := range l.Logins {
		switch {
		case x.ID != id:
		case x.Life.Lives():
			return "LIVES"
		case x.Life == check.Ended:
			return "has ended"
		default:
			return "cannot tell"
		}
	}
	if id == l.Person.ID && len(l.Held) > 0 {
		return "held without an account"
	}
	if slices.ContainsFunc(l.CannotTell, func(d LeaverDoubt) bool { return d.Source == id.Source && d.Dataset != graph.SignIn }) {
		return "cannot tell"
	}
	return "not there"
}

// GoneText says between which two rounds something was seen gone.
func (r *Receipt) GoneText(x ReceiptItem) string {
	if x.State != ItemGone || x.SeenGone == 0 {
		return ""
	}
	last, gone := r.Rounds[x.LastSeen-1], r.Rounds[x.SeenGone-1]
	return "between " + Minute(last.From) + " and " + Minute(gone.To)
}

// Missed counts the rounds that could not run.
func (r *Receipt) Missed() int {
	n := 0
	for _, x := range r.Rounds {
		if x.Missed != "" {
			n++
		}
	}
	return n
}
