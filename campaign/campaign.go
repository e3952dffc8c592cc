// SPDX-License-Identifier: Apache-2.0

package campaign

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Campaign is the state that its records lead to. Any number of goroutines may change it
// at once; what it tells is read when none does, or in [Campaign.Look].
type Campaign struct {
	Opened
	By    graph.ID // who began it
	Begun time.Time

	unchanged []Item
	lines     []*Line
	byID      map[string]*Line
	signed    map[round]Record
	sent      map[round]Record
	keys      map[string]ownedKey // by [KeyID]
	closed    *Record
	followed  []Record
	last      time.Time

	rule *rule
	log  Recorder // nil while records are replayed

	turn  sync.Mutex // of who writes, for all who wait
	state sync.Mutex // of what is above
	queue []*job
}

// A round is one stage for one person.
type round struct {
	who   graph.ID
	stage int
}

// A Line is an item and what became of it.
type Line struct {
	Item
	Stage     int        // the round that it is in, from 0
	Holder    graph.ID   // who has to decide; zero is nobody
	Obstacle  string     // why nobody does; "" when somebody does
	Trail     []Record   // how it came to whom
	Decisions []Record   // all of them, the superseded too
	Settled   bool       // no stage is left
	Passed    []graph.ID // who kept it in earlier stages

	halfway bool // the campaign ended before a later stage was asked
}

// Final returns what the line ended with so far: the last answer of the last stage that
// it reached, none when that stage has not decided. When the campaign is closed, that of
// a stage that is not the last counts only when it revokes: nobody asked the later ones.
func (l *Line) Final() Answer {
	n := len(l.Decisions)
	if n == 0 {
		return ""
	}
	d := l.Decisions[n-1].Decided
	if d.Answer == NotMine || !l.Settled && d.Stage != l.Stage || l.halfway && d.Answer != Revoke {
		return ""
	}
	return d.Answer
}

// Lines lists the lines, in the order of the items.
func (c *Campaign) Lines() []*Line { return c.lines }

// Line returns one line.
func (c *Campaign) Line(item string) (*Line, bool) {
	l, ok := c.byID[item]
	return l, ok
}

// HeldBy lists the lines that somebody has in a stage, decided or not.
func (c *Campaign) HeldBy(person graph.ID, stage int) (all []*Line) {
	person = c.rule.crowd.Person(person)
	for _, l := range c.lines {
		if l.Holder == person && l.Stage == stage {
			all = append(all, l)
		}
	}
	return all
}

// Closing returns the record that ended the campaign; false while it runs.
func (c *Campaign) Closing() (Record, bool) {
	if c.closed == nil {
		return Record{}, false
	}
	return *c.closed, true
}

// Crowd knows who is who in the campaign.
func (c *Campaign) Crowd() *Crowd { return c.rule.crowd }

// WrittenTo returns the address to which somebody was last written about a stage; "" when
// nobody wrote.
func (c *Campaign) WrittenTo(person graph.ID, stage int) string {
	r, ok := c.sent[round{c.rule.crowd.Person(person), stage}]
	if !ok {
		return ""
	}
	return r.Sent.Address
}

// Reviewers lists who has lines in a stage, in order.
func (c *Campaign) Reviewers(stage int) (all []graph.ID) {
	for _, l := range c.lines {
		if !l.Holder.IsZero() && l.Stage == stage {
			all = append(all, l.Holder)
		}
	}
	slices.SortFunc(all, graph.ID.Compare)
	return slices.Compact(all)
}

// HasSignedOff reports whether somebody has signed off a stage.
func (c *Campaign) HasSignedOff(person graph.ID, stage int) bool { return c.hasSigned(person, stage) }

// SignOffs lists the statements, in the order of stages and then of people.
func (c *Campaign) SignOffs() (all []Record) {
	for _, r := range c.signed {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.SignedOff.Stage, b.SignedOff.Stage), a.By.Compare(b.By))
	})
	return all
}

// FollowUps lists what later snapshots showed, in order.
func (c *Campaign) FollowUps() []Record { return c.followed }

// NotReviewed lists what is in scope of a campaign about what changed, and nobody was asked
// about, because the last campaign kept it.
func (c *Campaign) NotReviewed() []Item { return c.unchanged }

// ended is how the campaign ends when it ends now.
func (c *Campaign) ended() Ended {
	x := Ended{Answers: map[string]Answer{}}
	lines := make([]*Line, len(c.lines))
	for i, l := range c.lines {
		end := *l
		end.halfway = c.isHalfway(l)
		lines[i] = &end
		x.Answers[l.ID] = end.Final()
	}
	x.Closed = count(lines)
	return x
}

func (c *Campaign) isHalfway(l *Line) bool { return !l.Settled && l.Stage+1 < len(c.Terms.Stages) }

// Counts counts lines by what they ended with.
func (c *Campaign) Counts() Closed { return count(c.lines) }

func count(lines []*Line) (n Closed) {
	for _, l := range lines {
		switch l.Final() {
		case Keep:
			n.Kept++
		case Revoke:
			n.Revoked++
		case CannotTell:
			n.CannotTell++
		default:
			n.Undecided++
		}
	}
	return n
}

// Replay reads a campaign back. The subject is what it was begun with; a record that
// should not have been written is an error that says which and why.
func Replay(s Subject, records iter.Seq[Record]) (*Campaign, error) {
	c := &Campaign{}
	i := 0
	for r := range records {
		if err := c.take(s, r); err != nil {
			what, _ := r.what()
			return nil, fmt.Errorf("record %d (%s): %w", i, what, err)
		}
		i++
	}
	if c.rule == nil {
		return nil, fmt.Errorf("no record begins the campaign")
	}
	return c, nil
}

// Continue lets further records be written.
func (c *Campaign) Continue(log Recorder) { c.log = log }

// take admits a record and applies it.
func (c *Campaign) take(s Subject, r Record) error {
	if _, n := r.what(); n != 1 {
		return fmt.Errorf("it tells %d events, want one", n)
	}
	if r.Opened != nil {
		return c.begin(s, r)
	}
	if err := c.admit(r); err != nil {
		return err
	}
	c.apply(r)
	return nil
}
