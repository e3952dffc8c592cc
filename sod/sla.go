// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones are known on machines that have no list of them

	"github.com/foureyes-iga/foureyes/graph"
)

// An SLA says how soon after somebody left their access must have ended, and how soon
// human resources must have recorded it.
type SLA struct {
	Within   Span
	From     Start
	LastWork bool // the last day worked counts as the day of leaving, before the end date
	Calendar Calendar
	Period   time.Duration // how long ago an end may be for its leaver to be listed
}

// String tells the SLA in words.
func (s *SLA) String() string {
	words := s.Within.String()
	switch s.From {
	case Left:
		words += " from " + s.left()
	case Recorded:
		words += " from the recording of the end"
	default:
		words += " from " + s.left() + " or its recording, whichever is later"
	}
	if s.Within.BusinessDays > 0 {
		words += "; business days are " + s.Calendar.String()
	}
	return words
}

func (s *SLA) left() string {
	if s.LastWork {
		return "the last day worked"
	}
	return "the end"
}

// A Start is when the time of an SLA begins. The zero Start is invalid.
type Start uint8

// The starts.
const (
	_        Start = iota
	Later          // when somebody left, or when that was recorded, whichever is later
	Left           // when somebody left
	Recorded       // when human resources recorded it
)

var startNames = [...]string{"", "later", "left", "recorded"}

// String returns the start's name, such as "later".
func (s Start) String() string {
	if s > Recorded {
		return fmt.Sprintf("Start(%d)", uint8(s))
	}
	return startNames[s]
}

// ParseStart reads what [Start.String] writes. Anything else is an error.
func ParseStart(text string) (Start, error) {
	i := slices.Index(startNames[:], text)
	if i < 1 {
		return 0, fmt.Errorf("%q: want later, left or recorded", text)
	}
	return Start(i), nil
}

// A Span is a number of business days, or else a time. The zero Span is invalid.
type Span struct {
	BusinessDays int
	Time         time.Duration
}

const maxBusinessDays = 1000

// ParseSpan reads "1 business day", "3 business days", or a duration such as 24h or 2d.
func ParseSpan(text string) (Span, error) {
	number, word, _ := strings.Cut(text, " ")
	if word == "business day" || word == "business days" {
		n, err := strconv.Atoi(number)
		if err == nil && n > 0 && n <= maxBusinessDays && strconv.Itoa(n) == number && (n == 1) == (word == "business day") {
			return Span{BusinessDays: n}, nil
		}
	}
	if d, err := graph.ParseDuration(text); err == nil && d > 0 {
		return Span{Time: d}, nil
	}
	return Span{}, fmt.Errorf("%q: want business days such as \"1 business day\" or \"3 business days\", or a duration such as 24h or 2d", text)
}

// String returns what [ParseSpan] reads: "1 business day", "2d", "36h".
func (s Span) String() string {
	const day = 24 * time.Hour
	switch {
	case s.BusinessDays == 1:
		return "1 business day"
	case s.BusinessDays > 0:
		return fmt.Sprintf("%d business days", s.BusinessDays)
	case s.Time%day == 0 && s.Time > day:
		return fmt.Sprintf("%dd", s.Time/day)
	case s.Time%time.Hour == 0:
		return fmt.Sprintf("%dh", s.Time/time.Hour)
	}
	return s.Time.String()
}

// A Calendar says which days are business days, and where their midnight is.
type Calendar struct {
	Zone     string // a name of the time zone database
	Weekend  []time.Weekday
	Holidays []Date
}

// LoadZone returns a zone of the time zone database, by its name.
func LoadZone(name string) (*time.Location, error) {
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, fmt.Errorf("zone %.60q: want a name of the time zone database, such as Europe/Madrid", name)
	}
	return loc, nil
}

// A Deadline returns by when something must have happened whose time begins at a moment.
// What begins later never has to happen sooner.
type Deadline func(from time.Time) time.Time

// Deadline returns how the SLA counts. A span of business days ends with the last moment
// of the last of them; the day on which it begins is not one of them.
func (s *SLA) Deadline() (Deadline, error) {
	if s.Within.BusinessDays == 0 {
		return func(from time.Time) time.Time { return from.Add(s.Within.Time) }, nil
	}
	zone, err := LoadZone(s.Calendar.Zone)
	if err != nil {
		return nil, err
	}
	if len(s.Calendar.working()) == 0 {
		return nil, errors.New("calendar: no day of the week is a business day")
	}
	return func(from time.Time) time.Time {
		return s.Calendar.after(dateIn(from, zone), s.Within.BusinessDays, zone)
	}, nil
}

// after returns the last moment of the nth business day after a day.
func (c Calendar) after(d Date, n int, zone *time.Location) time.Time {
	for n > 0 {
		d = d.next()
		if c.IsBusinessDay(d) {
			n--
		}
	}
	_, last := d.In(zone)
	return last
}

// IsBusinessDay reports whether a day is neither of the weekend nor a holiday.
func (c Calendar) IsBusinessDay(d Date) bool {
	return !slices.Contains(c.Weekend, d.begin().Weekday()) && !slices.Contains(c.Holidays, d)
}

func (c Calendar) working() (days []time.Weekday) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if !slices.Contains(c.Weekend, d) {
			days = append(days, d)
		}
	}
	return days
}

// String tells the calendar in words.
func (c Calendar) String() string {
	var off []string
	for i := range time.Weekday(7) {
		if d := (i + time.Monday) % 7; slices.Contains(c.Weekend, d) {
			off = append(off, d.String()+"s")
		}
	}
	s := "days of " + c.Zone
	if len(off) > 0 {
		s += " but " + strings.Join(off, " and ")
	}
	switch n := len(c.Holidays); n {
	case 0:
		return s + ", no holidays"
	case 1:
		return s + " and 1 holiday"
	default:
		return fmt.Sprintf("%s and %d holidays", s, n)
	}
}

func dateIn(t time.Time, zone *time.Location) Date {
	y, m, d := t.In(zone).Date()
	return Date{y, m, d}
}

func (d Date) next() Date {
	return dateIn(time.Date(d.Year, d.Month, d.Day+1, 12, 0, 0, 0, time.UTC), time.UTC)
}

// In returns the first and the last moment of the day in a zone.
func (d Date) In(zone *time.Location) (first, last time.Time) {
	return d.first(zone).UTC(), d.next().first(zone).Add(-time.Nanosecond).UTC()
}

// first returns the first moment of the day. Where clocks change at midnight, there is
// none, or there are two.
func (d Date) first(zone *time.Location) time.Time {
	noon := time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, zone)
	midnight := func(offset int) time.Time {
		return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.FixedZone("", offset))
	}
	_, now := noon.Zone()
	changed, _ := noon.ZoneBounds()
	if changed.IsZero() {
		return midnight(now)
	}
	_, before := changed.Add(-time.Second).In(zone).Zone()
	switch first := midnight(before); {
	case first.Before(changed):
		return first
	case midnight(now).Before(changed):
		return changed // there was no midnight
	}
	return midnight(now)
}

// Anywhere returns the first and the last moment at which it is this day in some place:
// as much as is known of a day whose zone is not.
func (d Date) Anywhere() (first, last time.Time) {
	return d.begin().Add(-14 * time.Hour), d.end().Add(12*time.Hour - time.Nanosecond)
}
