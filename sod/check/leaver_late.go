// SPDX-License-Identifier: Apache-2.0

package check

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// A Lateness says whether something happened in time. The zero Lateness is invalid.
type Lateness uint8

// The latenesses.
const (
	_          Lateness = iota
	OnTime              // it happened by then, whatever is not exactly known
	Late                // it did not, whatever is not exactly known
	Due                 // it has not happened, or may not have, and the time is not over
	CannotTell          // it depends on what is not known
)

var latenessNames = [...]string{"", "on-time", "late", "due", "cannot-tell"}

// String returns the lateness's name, such as "on-time".
func (l Lateness) String() string { return latenessNames[l] }

// judgeLate compares what happened with by when it had to.
func judgeLate(done, by Clock) Lateness {
	switch {
	case !done.Earliest.IsZero() && !by.Latest.IsZero() && done.Earliest.After(by.Latest):
		return Late
	case !done.Latest.IsZero() && !by.Earliest.IsZero() && !done.Latest.After(by.Earliest):
		return OnTime
	}
	return CannotTell
}

// A Timing is by when the access of somebody who left had to end, and when it did.
type Timing struct {
	Identity       graph.ID
	Over           bool // it is known that somebody left, or their end was asked about
	Left, Recorded Clock
	RecordBy       Clock // by when the end had to be recorded
	EndBy          Clock // by when access had to end
	HR, IT         Lateness
	HRWhy, ITWhy   string // why that cannot be told
	Accesses       []Timed
}

// A Timed is one access of somebody who left: an account, or what is held by none.
type Timed struct {
	ID       graph.ID // of the person, for what is held without an account
	Tie      Tie      // zero for that
	By       graph.ID // as of a [Login]
	Life     Life
	Gone     bool  // it was in the snapshot before and is not there any more
	Ended    Clock // of what lives: after the moment of its data
	Outlives graph.ID
	IT       Lateness
	Why      string // why it cannot be told
	Use      Use
}

// LateBy returns by how much at the least something was late; 0 when it was not, or
// when that is not known.
func LateBy(done, by Clock) time.Duration {
	if judgeLate(done, by) != Late {
		return 0
	}
	return done.Earliest.Sub(by.Latest)
}

// A timer judges the times of one person.
type timer struct {
	*leaving
	clocks *clocks
	out    *Timing
	blind  string // why an account of anybody may be unseen; empty when none is
}

// time answers by when what had to end.
func (l *leaving) time() error {
	deadline, err := l.SLA.Deadline()
	if err != nil {
		return err
	}
	c := newClocks(l.world, l.SLA, deadline)
	if l.Previous != nil {
		c.before = newClocks(newWorld(l.Previous, l.AsOf), l.SLA, deadline)
	}
	t := timer{clocks: c, leaving: l, out: &Timing{Identity: l.answer.Identity}, blind: l.blindness()}
	t.judge(t.goneSince(nil))
	l.answer.Timing = t.out
	return nil
}

// blindness says why an account of the person may be unseen.
func (l *leaving) blindness() string {
	for _, d := range l.answer.CannotTell {
		if d.Source != "" && d.Dataset.Includes(graph.Accounts) {
			return d.Why
		}
	}
	return ""
}

// judge fills the timing. The gone accounts are those that the snapshot before tied to
// the person, with what it says of them.
func (t *timer) judge(gone []Timed) {
	t.people()
	for _, x := range t.answer.Logins {
		t.add(t.timed(x))
	}
	if at, held := t.heldAt(); held {
		t.add(Timed{ID: t.out.Identity, Life: Live, Ended: after(at, "what the person holds without an account")})
	}
	for _, x := range gone {
		t.add(x)
	}
	slices.SortFunc(t.out.Accesses, func(a, b Timed) int { return a.ID.Compare(b.ID) })
	t.join()
}

// people reads the clocks of the person, and when what had to be done.
func (t *timer) people() {
	o := t.out
	over := t.tenure(t.who).state == departed
	switch {
	case !t.Effective.IsZero():
		o.Left = Clock{Earliest: t.Effective, Latest: t.Effective, Of: "as it was asked"}
	case over:
		o.Left = t.clocks.left(t.who)
	}
	if over {
		o.Recorded = t.clocks.recorded(t.who)
	}
	if o.Over = over || !t.Effective.IsZero(); !o.Over {
		o.HR, o.IT = CannotTell, CannotTell
		o.HRWhy = "human resources do not say that the employment is over"
		o.ITWhy = o.HRWhy
		return
	}
	o.RecordBy = o.Left.moved(t.clocks.deadline)
	o.EndBy = t.begins().moved(t.clocks.deadline)
	if o.HR = judgeLate(o.Recorded, o.RecordBy); o.HR == CannotTell {
		o.HRWhy = t.whyHR(over)
	}
}

// begins returns when the time begins in which access had to end.
func (t *timer) begins() Clock {
	switch t.clocks.sla.From {
	case sod.Left:
		return t.out.Left
	case sod.Recorded:
		return t.out.Recorded
	}
	return Later(t.out.Left, t.out.Recorded)
}

func (t *timer) whyHR(over bool) string {
	switch {
	case !over:
		return "human resources do not say that the employment is over"
	case !t.out.Left.Known():
		return "when the person left is not known"
	case !t.out.Recorded.Known():
		return "when it was recorded is not known"
	}
	return "what is known of the two times is not exact enough"
}

// after is the clock of what still lived at a moment.
func after(at time.Time, of string) Clock {
	if at.IsZero() {
		return Clock{Of: of}
	}
	return Clock{Earliest: at.Add(time.Nanosecond), Of: of}
}

// timed tells when an account ended.
func (t *timer) timed(x Login) Timed {
	s := x.ID.Source
	out := Timed{ID: x.ID, Tie: x.Tie, By: x.By, Life: x.Life, Outlives: x.Outlives, Use: x.Use}
	n, _ := t.g.Find(x.ID)
	switch {
	case x.Life.Lives():
		out.Ended = after(t.clocks.reading(s).from, "what was read of "+string(s))
	case x.Life == Ended:
		out.Ended = t.clocks.ended(n)
	default:
		out.Ended = Clock{Of: "what was read of " + string(s)}
	}
	if x.Tie.Own() {
		out.Why = t.notAlone(n)
	}
	return out
}

// notAlone says why an account may have to live on: it is somebody else's, too, or may
// be.
func (t *timer) notAlone(n uint32) string {
	for _, o := range t.owners[n] {
		if o != t.who && t.tenure(o).state != departed {
			return "somebody else owns it, too"
		}
	}
	if len(t.owners[n]) == 0 && len(t.carriers[t.EmployeeID]) > 1 {
		return "several people carry its employee id"
	}
	return ""
}

// heldAt returns the latest moment at which the person held something by no account.
func (t *timer) heldAt() (at time.Time, held bool) {
	for _, e := range t.g.Out(t.who) {
		if e.Kind() == graph.Owns || !t.g.Terms(e).Holds(t.AsOf) {
			continue
		}
		held = true
		if from := t.clocks.reading(t.g.ID(e.To).Source).from; from.After(at) {
			at = from
		}
	}
	return at, held
}

// add judges one access.
func (t *timer) add(x Timed) {
	x.IT = judgeLate(x.Ended, t.out.EndBy)
	if x.Why == "" {
		x.Why = t.why(x)
	}
	switch {
	case !t.out.Over:
		x.IT, x.Why = CannotTell, t.out.ITWhy
	case x.IT == Late && x.Why == "", x.IT == OnTime && x.Why == "":
	case t.inTime():
		x.IT, x.Why = Due, ""
	default:
		x.IT = CannotTell
	}
	t.out.Accesses = append(t.out.Accesses, x)
}

// inTime reports whether nothing can be late yet.
func (t *timer) inTime() bool {
	return !t.out.EndBy.Earliest.IsZero() && !t.AsOf.After(t.out.EndBy.Earliest)
}

// why says why it cannot be told whether an access ended in time; empty when it can.
func (t *timer) why(x Timed) string {
	switch {
	case x.IT == Late:
		return ""
	case x.Tie == 0:
		return "when it was last read, the time was not over"
	}
	if old := t.old(x.ID.Source); old != "" {
		return old
	}
	switch by := t.out.EndBy; {
	case x.IT == OnTime:
		return ""
	case x.Life == Unknown:
		return "it is not known whether it is enabled"
	case by.Latest.IsZero():
		return "by when it had to end is not known"
	case x.Life.Lives() && !x.Gone:
		return "when it was last read, the time was not over"
	case x.Ended.Earliest.IsZero() || x.Ended.Latest.IsZero():
		return "when it ended is not known"
	}
	return "when it ended is not known exactly enough"
}

// old says why what was read of a source is nothing to go by; empty when it is.
func (t *timer) old(s graph.Source) string {
	switch from := t.clocks.reading(s).from; {
	case from.IsZero():
		return "when " + string(s) + " was read is not known"
	case t.out.Left.Latest.IsZero():
		return "when the person left is not known"
	case !from.After(t.out.Left.Latest):
		return fmt.Sprintf("what was read of %s is of %s, from before the end", s, stamp(from))
	}
	return ""
}

// join makes one verdict of those on all access.
func (t *timer) join() {
	o := t.out
	if !o.Over {
		return
	}
	worst := OnTime
	for _, x := range o.Accesses {
		if rankOf(x.IT) > rankOf(worst) {
			worst, o.ITWhy = x.IT, x.Why
		}
	}
	if worst == OnTime || worst == Due {
		if why := t.unseen(); why != "" && !t.inTime() {
			worst, o.ITWhy = CannotTell, why
		}
	}
	o.IT = worst
}

// unseen says why an account of the person may be unseen that did not end in time.
func (t *timer) unseen() string {
	if t.blind != "" {
		return t.blind
	}
	for _, s := range t.g.Sources() {
		if t.state(s, graph.Accounts) != graph.NotApplicable {
			if old := t.old(s); old != "" {
				return old
			}
		}
	}
	return ""
}

func rankOf(l Lateness) int { return slices.Index([]Lateness{OnTime, Due, CannotTell, Late}, l) }

// goneSince returns the own accounts that the snapshot before tied to the person, and
// that are there no more; only are those that may be, nil is all.
func (t *timer) goneSince(only map[uint32][]uint32) (all []Timed) {
	if t.clocks.before == nil {
		return nil
	}
	who, ok := t.clocks.before.g.Find(t.out.Identity)
	if !ok {
		return nil
	}
	was := leaving{world: t.clocks.before.world, Question: Question{EmployeeID: t.EmployeeID, AsOf: t.AsOf}, answer: &Leaver{}, ties: map[uint32]tied{}, who: who}
	if only != nil {
		was.looked, was.only = true, only[who]
	}
	was.tieAccounts()
	for _, n := range was.tiedNodes() {
		id := was.g.ID(n)
		if m, found := t.g.Find(id); !was.ties[n].tie.Own() || found && t.g.Described(m) {
			continue
		}
		all = append(all, t.goneOf(n, was.ties[n].tie))
	}
	return all
}

// goneOf tells of an account that is there no more when it ended: between the two
// readings, unless it had ended before.
func (t *timer) goneOf(n uint32, tie Tie) Timed {
	id := t.clocks.before.g.ID(n)
	x := Timed{ID: id, Tie: tie, Life: Ended, Gone: true}
	switch life := t.clocks.before.life(n); {
	case life == Ended:
		x.Ended = t.clocks.before.ended(n)
	case !t.state(id.Source, graph.Accounts).Whole():
		x.Ended = after(t.clocks.before.reading(id.Source).from, "the snapshot before")
		x.Why = fmt.Sprintf("it was not read again: accounts of %s are not completely read", id.Source)
	default:
		x.Ended = Clock{Of: "that it is gone since the snapshot before"}
		if life.Lives() {
			x.Ended.Earliest = t.clocks.before.reading(id.Source).from
		}
		x.Ended = x.Ended.until(t.clocks.reading(id.Source).to)
	}
	return x
}

// Verdict returns how the person is counted: the worse of the two counts.
func (t *Timing) Verdict() Lateness {
	return slices.MaxFunc([]Lateness{t.HR, t.IT}, func(a, b Lateness) int { return cmp.Compare(rankOf(a), rankOf(b)) })
}
