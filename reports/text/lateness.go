// SPDX-License-Identifier: Apache-2.0

package text

import (
	"fmt"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// lateness tells who left in the period and was not in time.
func (p *printer) lateness(l *reports.Lateness) {
	if l == nil {
		return
	}
	p.head("LEAVERS BY LATENESS")
	p.line(2, fmt.Sprintf("%s to %s: %s", l.Since.Format("2006-01-02"), l.Until.Format("2006-01-02"), l.Headline()))
	p.line(2, "access was to end within "+l.SLA)
	for _, s := range l.Beside() {
		p.line(2, s)
	}
	for i, t := range l.Worst() {
		if i == perRule {
			p.line(2, fmt.Sprintf("… and %s more; --format json lists all", reports.Number(len(l.Worst())-i)))
			break
		}
		p.line(2, "")
		p.lateLeaver(t)
	}
}

func (p *printer) lateLeaver(t reports.LeaverTiming) {
	p.line(2, named(t.Person)+": "+t.Verdicts())
	p.line(5, "left "+reports.ClockText(t.Left)+"; recorded "+reports.ClockText(t.Recorded)+"; access was to end by "+limit(t.EndBy))
	for _, why := range t.Whys() {
		p.line(5, why)
	}
	p.timed(5, t, func(x reports.TimedAccess) bool { return x.IT != check.OnTime })
}

// timed tells of each access when it ended.
func (p *printer) timed(indent int, t reports.LeaverTiming, which func(reports.TimedAccess) bool) {
	told := 0
	for i, x := range t.Accesses {
		if !which(x) {
			continue
		}
		if told == perGroup {
			p.line(indent, fmt.Sprintf("… and more of %s; --format json lists them", reports.Plural(len(t.Accesses)-i, "access")))
			return
		}
		told++
		p.line(indent, x.Name()+name(x.Thing)+", "+x.EndedText()+": "+t.Word(x)+because(x.Why))
		if !x.Outlives.ID.IsZero() {
			p.line(indent+2, fmt.Sprintf("it lives although %s%s has ended", x.Outlives.ID, name(x.Outlives)))
		}
	}
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ", for " + why
}

// clocks tells by when the access of one person had to end, and when it did.
func (p *printer) clocks(l *reports.Leaver) {
	t := l.Timing
	if t == nil {
		return
	}
	p.head("CLOCKS: access ends within " + l.SLA)
	if !t.Over {
		p.line(2, "cannot tell: "+t.ITWhy+"; --effective says it")
		return
	}
	p.line(2, "left: "+reports.ClockText(t.Left)+of(t.Left))
	p.line(2, "recorded: "+reports.ClockText(t.Recorded)+of(t.Recorded))
	p.line(2, "HR, to record it by "+limit(t.RecordBy)+": "+t.HRWord()+because(t.HRWhy))
	p.line(2, "IT, to end access by "+limit(t.EndBy)+": "+t.ITWord()+because(t.ITWhy))
	p.timed(4, *t, func(reports.TimedAccess) bool { return true })
}

func of(c check.Clock) string {
	if c.Of == "" {
		return ""
	}
	return " (" + c.Of + ")"
}

// limit tells by when something had to happen.
func limit(c check.Clock) string {
	switch {
	case c.Earliest.IsZero() && c.Latest.IsZero():
		return "a time that is not known"
	case c.Earliest.IsZero():
		return reports.Minute(c.Latest) + ", or before"
	case c.Latest.IsZero():
		return reports.Minute(c.Earliest) + ", or later"
	}
	return reports.ClockText(c)
}
