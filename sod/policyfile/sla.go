// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/sod"
)

const slaPeriod = 90 * 24 * time.Hour // when the policy does not say

// sla reads how soon access of leavers must end; nil when the check does not say.
func (o object) sla() *sod.SLA {
	if !o.has("sla") {
		return nil
	}
	x := o.object(o.values["sla"], slaSection)
	x.need("within")
	s := &sod.SLA{
		Within:   parsed(x, "within", sod.ParseSpan),
		From:     cmp.Or(parsed(x, "from", sod.ParseStart), sod.Later),
		LastWork: parsed(x, "left", oneOf("end-date", "last-day-worked")) == "last-day-worked",
		Period:   cmp.Or(x.span("period"), slaPeriod),
	}
	switch counted := s.Within.BusinessDays > 0; {
	case counted && !x.has("calendar"):
		x.errorf(x.node, "%s needs calendar: where midnight is, and which days are no business days", x.what)
	case !counted && x.has("calendar") && s.Within.Time > 0:
		x.errorf(x.values["calendar"], "calendar of %s: only business days need one, and within is %s", x.what, s.Within)
	case x.has("calendar"):
		s.Calendar = x.calendar()
	}
	return s
}

func (o object) calendar() (c sod.Calendar) {
	x := o.object(o.values["calendar"], calendarSection)
	x.need("zone")
	c.Zone = parsed(x, "zone", func(s string) (string, error) {
		_, err := sod.LoadZone(s)
		return s, err
	})
	c.Weekend = []time.Weekday{time.Saturday, time.Sunday}
	if x.has("weekend") {
		c.Weekend = parsedList(x, "weekend", false, parseWeekday)
	}
	slices.Sort(c.Weekend)
	if len(c.Weekend) > 6 {
		x.errorf(x.values["weekend"], "weekend of %s: no day is left for business", x.what)
	}
	c.Holidays = parsedList(x, "holidays", false, sod.ParseDate)
	return c
}

func weekdays() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

func parseWeekday(s string) (time.Weekday, error) {
	i := slices.Index(weekdays(), s)
	if i < 0 {
		return 0, fmt.Errorf("%s: want %s", quote(s), strings.Join(weekdays(), ", "))
	}
	return time.Weekday(i), nil
}
