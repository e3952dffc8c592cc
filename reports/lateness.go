// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// A Lateness lists who left in a period, by how late that was recorded and their access
// ended.
type Lateness struct {
	SLA          string // in words
	Since, Until time.Time
	OnTime       int            // people of whom everything was in time
	Due          int            // whose time is not over
	HRLate       int            // whose end was recorded too late
	ITLate       int            // whose access ended too late: they may be of the former, too
	CannotTell   int            // of whom neither is known, and not all was in time for sure
	People       []LeaverTiming // the worst first
	Undated      int
	Unsure       int
	Unread       []string
}

// A LeaverTiming is by when the access of one person had to end, and when it did.
type LeaverTiming struct {
	check.Timing
	Person   Thing
	Accesses []TimedAccess // of all that the person had, in the order of their IDs
}

// A TimedAccess is one of them.
type TimedAccess struct {
	check.Timed
	Thing    Thing
	By       Thing
	Outlives Thing
}

// newLateness resolves what was judged.
func newLateness(g *graph.Graph, l *check.Lates) *Lateness {
	out := &Lateness{SLA: l.SLA.String(), Since: l.Since.UTC(), Until: l.Until.UTC(), Undated: l.Undated, Unsure: l.Unsure, Unread: l.Unread}
	for _, t := range l.People {
		out.People = append(out.People, timingOf(g, t))
		out.count(t)
	}
	return out
}

func (l *Lateness) count(t check.Timing) {
	if t.HR == check.Late {
		l.HRLate++
	}
	if t.IT == check.Late {
		l.ITLate++
	}
	switch t.Verdict() {
	case check.OnTime:
		l.OnTime++
	case check.Due:
		l.Due++
	case check.CannotTell:
		l.CannotTell++
	}
}

func timingOf(g *graph.Graph, t check.Timing) LeaverTiming {
	thing := func(id graph.ID) Thing {
		if n, ok := g.Find(id); ok {
			return Thing{id, g.Name(n)}
		}
		return Thing{ID: id}
	}
	out := LeaverTiming{Timing: t, Person: thing(t.Identity)}
	for _, x := range t.Accesses {
		out.Accesses = append(out.Accesses, TimedAccess{x, thing(x.ID), thing(x.By), thing(x.Outlives)})
	}
	return out
}

// A LatenessCount is one bar of the picture.
type LatenessCount struct {
	Name  string
	Count int
	Late  bool
}

// Counts lists the counts in the order in which they are told.
func (l *Lateness) Counts() []LatenessCount {
	return []LatenessCount{
		{"on time", l.OnTime, false}, {"not yet due", l.Due, false}, {"HR LATE", l.HRLate, true}, {"IT LATE", l.ITLate, true}, {"cannot tell", l.CannotTell, false},
	}
}

// Headline counts in one sentence.
func (l *Lateness) Headline() string {
	var parts []string
	for _, c := range l.Counts() {
		parts = append(parts, Number(c.Count)+" "+c.Name)
	}
	both := 0
	for _, p := range l.People {
		if p.HR == check.Late && p.IT == check.Late {
			both++
		}
	}
	s := people(len(l.People)) + " left: " + strings.Join(parts, ", ")
	if both > 0 {
		s += fmt.Sprintf("; %s both HR LATE and IT LATE", Number(both))
	}
	return s
}

// Beside says of whom the list does not tell; empty when of nobody.
func (l *Lateness) Beside() (all []string) {
	if l.Undated > 0 {
		all = append(all, people(l.Undated)+" left on a day that is not known, and "+agree(l.Undated, "is", "are")+" not listed")
	}
	if l.Unsure > 0 {
		all = append(all, "of "+people(l.Unsure)+" it cannot be told whether they have left")
	}
	for _, s := range l.Unread {
		all = append(all, "people may be missing: "+s)
	}
	return all
}

// Worst lists the people of whom not everything was in time.
func (l *Lateness) Worst() []LeaverTiming {
	return slices.DeleteFunc(slices.Clone(l.People), func(t LeaverTiming) bool { return t.Verdict() == check.OnTime })
}

// HRLateBy returns by how much at the least the end was recorded too late; else 0.
func (t LeaverTiming) HRLateBy() time.Duration { return check.LateBy(t.Recorded, t.RecordBy) }

// ITLateBy returns by how much at the least an access ended too late; else 0.
func (t LeaverTiming) ITLateBy(x TimedAccess) time.Duration {
	if x.IT != check.Late {
		return 0
	}
	return check.LateBy(x.Ended, t.EndBy)
}

// HRWord says how the recording was: "on time", "HR LATE by 2 days", "cannot tell".
func (t LeaverTiming) HRWord() string { return word("HR", t.HR, t.HRLateBy()) }

// ITWord says the same of the access, by that which ended last.
func (t LeaverTiming) ITWord() string {
	var by time.Duration
	for _, x := range t.Accesses {
		by = max(by, t.ITLateBy(x))
	}
	return word("IT", t.IT, by)
}

// Word says how one access was.
func (t LeaverTiming) Word(x TimedAccess) string { return word("IT", x.IT, t.ITLateBy(x)) }

// Verdicts says both in one phrase: "HR on time, IT LATE by 6 days".
func (t LeaverTiming) Verdicts() string {
	hr, it := t.HRWord(), t.ITWord()
	switch {
	case !t.Over:
		return "the SLA: cannot tell"
	case hr == it:
		return "HR and IT " + hr
	}
	if t.HR != check.Late {
		hr = "HR " + hr
	}
	if t.IT != check.Late {
		it = "IT " + it
	}
	return hr + ", " + it
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return Number(n) + " people"
}

func word(who string, l check.Lateness, by time.Duration) string {
	switch l {
	case check.OnTime:
		return "on time"
	case check.Due:
		return "not yet due"
	case check.Late:
		return who + " LATE by " + roughly(by)
	}
	return "cannot tell"
}

// roughly tells how long something was at the least, as people say it.
func roughly(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return Plural(int(d/(24*time.Hour)), "day")
	case d >= time.Hour:
		return Plural(int(d/time.Hour), "hour")
	case d >= time.Minute:
		return Plural(int(d/time.Minute), "minute")
	}
	return "less than a minute"
}

// ClockText tells a clock: "2026-09-23, Europe/Madrid", "not later than …".
func ClockText(c check.Clock) string {
	switch {
	case c.Said != "":
		return c.Said
	case c.Earliest.IsZero() && c.Latest.IsZero():
		return "not known"
	case c.Earliest.IsZero():
		return "not later than " + Minute(c.Latest)
	case c.Latest.IsZero():
		return "after " + Minute(c.Earliest)
	case c.Latest.Sub(c.Earliest) < time.Minute:
		return Minute(c.Latest)
	}
	return "between " + Minute(c.Earliest) + " and " + Minute(c.Latest)
}

// Minute prints a time as far as readers need it.
func Minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// Lived reports whether it is an access that lived when it was last read.
func (x TimedAccess) Lived() bool { return x.Life.Lives() && !x.Gone }

// EndedText tells when an access ended.
func (x TimedAccess) EndedText() string {
	switch {
	case x.Lived() && x.Ended.Earliest.IsZero():
		return "lives"
	case x.Lived():
		return "still lived at " + Minute(x.Ended.Earliest)
	case x.Gone:
		return "gone, " + ClockText(x.Ended)
	}
	return ClockText(x.Ended)
}

// LastText tells when the last access of a person ended.
func (t LeaverTiming) LastText() string {
	var last check.Clock
	for i, x := range t.Accesses {
		switch {
		case x.Lived():
			return x.EndedText()
		case i == 0:
			last = x.Ended
		default:
			last = check.Later(last, x.Ended)
		}
	}
	if len(t.Accesses) == 0 {
		return "no access was found"
	}
	return ClockText(last)
}

// Whys says why it cannot be told whether all was in time.
func (t LeaverTiming) Whys() (all []string) {
	if t.HRWhy != "" {
		all = append(all, "HR: "+t.HRWhy)
	}
	if t.ITWhy != "" {
		all = append(all, "IT: "+t.ITWhy)
	}
	return all
}

// Open lists the accesses that did not end in time for sure.
func (t LeaverTiming) Open() []TimedAccess {
	return slices.DeleteFunc(slices.Clone(t.Accesses), func(x TimedAccess) bool { return x.IT == check.OnTime })
}

// Reason says why it cannot be told whether an access ended in time, and what else
// stands out.
func (x TimedAccess) Reason() string {
	switch {
	case x.Outlives.ID.IsZero():
		return x.Why
	case x.Why == "":
		return "it lives although " + x.Outlives.Label() + " has ended"
	}
	return x.Why + "; it lives although " + x.Outlives.Label() + " has ended"
}

// Name says what an access is.
func (x TimedAccess) Name() string {
	if x.Tie == 0 {
		return "what they hold without an account"
	}
	return x.Thing.ID.String()
}

// lateness judges the leavers of a packet, when its policy has an SLA.
func (b *builder) lateness() error {
	sla := b.in.Policy.LeaverSLA()
	if sla == nil {
		return nil
	}
	all, err := check.LatesOf(b.in.Graph, b.in.Previous, sla, b.in.Report.AsOf)
	if err != nil {
		return fmt.Errorf("sla of check leaver: %w", err)
	}
	b.packet.Lateness = newLateness(b.in.Graph, all)
	return nil
}
