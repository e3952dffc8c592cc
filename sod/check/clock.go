// SPDX-License-Identifier: Apache-2.0

package check

import (
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// A Clock says when something happened: not before Earliest, and not after Latest. A
// bound that is zero is none; the zero Clock knows nothing.
type Clock struct {
	Earliest, Latest time.Time
	Said             string // as its source says it, where that is no moment: "2026-09-30, Europe/Madrid"
	Of               string // what tells it: "end_date of hr"
}

// Known reports whether both bounds are.
func (c Clock) Known() bool { return !c.Earliest.IsZero() && !c.Latest.IsZero() }

// moved returns the clock with its bounds moved by f, which never turns them round.
func (c Clock) moved(f func(time.Time) time.Time) Clock {
	var out Clock
	if !c.Earliest.IsZero() {
		out.Earliest = f(c.Earliest)
	}
	if !c.Latest.IsZero() {
		out.Latest = f(c.Latest)
	}
	return out
}

// until returns the clock with what is known of a moment by which it had happened. A
// clock that says otherwise is not believed.
func (c Clock) until(at time.Time) Clock {
	switch {
	case at.IsZero() || !c.Latest.IsZero() && !c.Latest.After(at):
		return c
	case c.Earliest.After(at):
		return Clock{Latest: at, Of: c.Of}
	}
	c.Latest = at
	return c
}

// since returns the clock with what is known of a moment at which it had not happened. A
// moment that contradicts the clock is not believed.
func (c Clock) since(at time.Time) Clock {
	if at.After(c.Earliest) && (c.Latest.IsZero() || !at.After(c.Latest)) {
		c.Earliest = at
	}
	return c
}

// Later returns the later of two: not before either, and not after both.
func Later(a, b Clock) Clock {
	out := Clock{Earliest: a.Earliest, Latest: a.Latest}
	if b.Earliest.After(out.Earliest) {
		out.Earliest = b.Earliest
	}
	switch {
	case a.Latest.IsZero() || b.Latest.IsZero():
		out.Latest = time.Time{}
	case b.Latest.After(out.Latest):
		out.Latest = b.Latest
	}
	return out
}

// clocks reads the clocks of people and accounts.
type clocks struct {
	*world
	sla      *sod.SLA
	deadline sod.Deadline
	zones    map[string]*time.Location
	reads    map[graph.Source]reading
	before   *clocks // of the snapshot before this one; nil when there is none
}

func newClocks(w *world, sla *sod.SLA, deadline sod.Deadline) *clocks {
	return &clocks{world: w, sla: sla, deadline: deadline, zones: map[string]*time.Location{}, reads: map[graph.Source]reading{}}
}

// A reading is when a source was read. What was read was so at some moment between.
type reading struct{ from, to time.Time }

func (c *clocks) reading(s graph.Source) reading {
	r, ok := c.reads[s]
	if !ok {
		r = reading{begun(c.g, s), Moment(c.g, s)}
		c.reads[s] = r
	}
	return r
}

// left reads when somebody who has left did. By the moment of which the data is, they
// had.
func (c *clocks) left(n uint32) Clock {
	keys := []string{"end_date", "last_day_worked"}
	if c.sla.LastWork {
		keys = []string{"last_day_worked", "end_date"}
	}
	for _, key := range keys {
		if clock := c.personal(n, key); clock.Known() && !clock.Earliest.After(c.asOf) { // what is to come is not told
			return clock
		}
	}
	s := c.g.ID(n).Source
	return Clock{Latest: c.reading(s).to, Of: "the status in " + string(s)}
}

// recorded reads when human resources recorded that somebody has left: by the moment of
// which the data is they had, and not before that of an earlier snapshot that knows of
// no end.
func (c *clocks) recorded(n uint32) Clock {
	s := c.g.ID(n).Source
	out := c.personal(n, "end_recorded").until(c.reading(s).to)
	if out.Of == "" {
		out.Of = "the status in " + string(s)
	}
	if out.Earliest.IsZero() && c.before != nil && c.before.knowsNoEnd(c.g.ID(n)) {
		out = out.since(c.before.reading(s).from)
	}
	return out
}

// knowsNoEnd reports whether somebody was employed, without an end.
func (c *clocks) knowsNoEnd(id graph.ID) bool {
	n, ok := c.g.Find(id)
	if !ok {
		return false
	}
	for _, key := range []string{"end_date", "last_day_worked", "end_recorded"} {
		if _, has := c.g.Attr(n, key); has {
			return false
		}
	}
	status, _ := c.g.Word(n, "status")
	return status == "active" || status == "leave" || status == "pending"
}

// personal reads a day or a time of somebody; days are of their zone.
func (c *clocks) personal(n uint32, key string) Clock {
	text, _ := c.g.Attr(n, key)
	zone, _ := c.g.Attr(n, "zone")
	out := c.read(text, zone)
	if out.Known() {
		out.Of = key + " of " + string(c.g.ID(n).Source)
	}
	return out
}

// read reads a time, or a day as a whole day of a zone, or of all zones when none is
// known.
func (c *clocks) read(text, zone string) Clock {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return Clock{Earliest: at.UTC(), Latest: at.UTC()}
	}
	day, err := sod.ParseDate(text)
	if err != nil {
		return Clock{}
	}
	loc := c.zone(zone)
	if loc == nil {
		first, last := day.Anywhere()
		return Clock{Earliest: first, Latest: last, Said: text + ", in which zone is not known"}
	}
	first, last := day.In(loc)
	return Clock{Earliest: first, Latest: last, Said: text + ", " + zone}
}

func (c *clocks) zone(name string) *time.Location {
	loc, ok := c.zones[name]
	if !ok {
		loc, _ = sod.LoadZone(name) // nil: a zone that nobody knows is not known
		c.zones[name] = loc
	}
	return loc
}

// ended reads when an account that can be used no more ended, as far as it can be told.
func (c *clocks) ended(n uint32) Clock {
	s := c.g.ID(n).Source
	status, _ := c.g.Word(n, "status")
	out := Clock{Of: "what was read of " + string(s)}
	switch status {
	case "disabled":
		out = c.disabled(n)
	case "expired":
		out = c.expired(n)
	}
	out = out.until(c.reading(s).to)
	return out.since(c.livedBefore(c.g.ID(n)))
}

// disabled reads when an account was disabled. Directories tell when the flag, or what
// stands beside it, was changed last: it was no later than that.
func (c *clocks) disabled(n uint32) Clock {
	s := c.g.ID(n).Source
	text, _ := c.g.Attr(n, "disabled_at")
	out := c.read(text, "")
	if !out.Known() {
		return Clock{Of: "the status in " + string(s)}
	}
	out.Of = "disabled_at of " + string(s)
	if off, has := c.g.Attr(n, "disabled_at_uncertainty"); has {
		d, err := graph.ParseDuration(off)
		if err != nil {
			return Clock{Of: "the status in " + string(s)}
		}
		out.Earliest, out.Latest = out.Earliest.Add(-d), out.Latest.Add(d)
	}
	if c.isDirectory(s) {
		out.Earliest, out.Said = time.Time{}, ""
	}
	return out
}

// expired reads when an account expired. Who moves the end of an account into the past
// ends it later than that: only an end that was there before it came is exact.
func (c *clocks) expired(n uint32) Clock {
	s := c.g.ID(n).Source
	text, _ := c.g.Attr(n, "expires")
	out := c.read(text, "")
	if !out.Known() {
		return Clock{Of: "the status in " + string(s)}
	}
	out.Of = "expires of " + string(s)
	if c.before == nil || !c.before.hadEnd(c.g.ID(n), text, out.Earliest) {
		out.Latest, out.Said = time.Time{}, ""
	}
	return out
}

// hadEnd reports whether an account had this end before it came.
func (c *clocks) hadEnd(id graph.ID, expires string, at time.Time) bool {
	n, ok := c.g.Find(id)
	if !ok {
		return false
	}
	text, _ := c.g.Attr(n, "expires")
	seen := c.reading(id.Source).to
	return text == expires && !seen.IsZero() && seen.Before(at)
}

// livedBefore returns when an account was seen to live in the snapshot before; zero when
// it was not.
func (c *clocks) livedBefore(id graph.ID) time.Time {
	if c.before == nil {
		return time.Time{}
	}
	n, ok := c.before.g.Find(id)
	if !ok || !c.before.life(n).Lives() {
		return time.Time{}
	}
	return c.before.reading(id.Source).from
}
