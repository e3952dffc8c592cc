// SPDX-License-Identifier: Apache-2.0

package sod_test

import (
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/sod"
)

func moment(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestDeadline would miss an off-by-one in days, a holiday that counts, a day of UTC
// where one of the zone is meant, and a night that is not 24 hours long.
func TestDeadline(t *testing.T) {
	weekend := []time.Weekday{time.Saturday, time.Sunday}
	christmas := []sod.Date{{Year: 2026, Month: 12, Day: 24}, {Year: 2026, Month: 12, Day: 25}, {Year: 2027, Month: 1, Day: 1}}
	for _, x := range []struct{ name, within, zone, from, want string }{
		{"hours", "24h", "", "2026-10-24T10:00:00Z", "2026-10-25T10:00:00Z"},
		{"days are 24 hours, over a change of clocks too", "2d", "", "2026-10-24T10:00:00Z", "2026-10-26T10:00:00Z"},
		{"the next day", "1 business day", "UTC", "2026-09-29T10:00:00Z", "2026-09-30T23:59:59Z"},
		{"from the first moment of a day", "1 business day", "UTC", "2026-09-29T00:00:00Z", "2026-09-30T23:59:59Z"},
		{"to the last one", "1 business day", "UTC", "2026-09-29T23:59:59Z", "2026-09-30T23:59:59Z"},
		{"over a weekend", "1 business day", "UTC", "2026-10-02T10:00:00Z", "2026-10-05T23:59:59Z"},
		{"on a weekend", "1 business day", "UTC", "2026-10-04T10:00:00Z", "2026-10-05T23:59:59Z"},
		{"several", "5 business days", "UTC", "2026-09-30T10:00:00Z", "2026-10-07T23:59:59Z"},
		{"over holidays and a weekend", "1 business day", "UTC", "2026-12-23T10:00:00Z", "2026-12-28T23:59:59Z"},
		{"over the year", "4 business days", "UTC", "2026-12-28T10:00:00Z", "2027-01-04T23:59:59Z"},
		{"summer in Madrid", "1 business day", "Europe/Madrid", "2026-09-29T10:00:00Z", "2026-09-30T21:59:59Z"},
		{"it is the next day in Madrid already", "1 business day", "Europe/Madrid", "2026-09-29T22:00:00Z", "2026-10-01T21:59:59Z"},
		{"clocks go back on Sunday", "1 business day", "Europe/Madrid", "2026-10-23T10:00:00Z", "2026-10-26T22:59:59Z"},
		{"clocks go forward on Sunday", "1 business day", "Europe/Madrid", "2026-03-27T10:00:00Z", "2026-03-30T21:59:59Z"},
		{"Tokyo is ahead", "1 business day", "Asia/Tokyo", "2026-09-29T14:59:59Z", "2026-09-30T14:59:59Z"},
		{"Tokyo is a day ahead", "1 business day", "Asia/Tokyo", "2026-09-29T15:00:00Z", "2026-10-01T14:59:59Z"},
		{"Friday in Tokyo is Saturday", "1 business day", "Asia/Tokyo", "2026-10-02T16:00:00Z", "2026-10-05T14:59:59Z"},
		{"Los Angeles is behind", "1 business day", "America/Los_Angeles", "2026-09-30T06:59:59Z", "2026-10-01T06:59:59Z"},
		{"Kiritimati is far ahead", "1 business day", "Pacific/Kiritimati", "2026-09-29T10:00:00Z", "2026-10-01T09:59:59Z"},
		{"a quarter of an hour", "1 business day", "Asia/Kathmandu", "2026-09-29T10:00:00Z", "2026-09-30T18:14:59Z"},
		{"a day without a midnight", "1 business day", "Africa/Cairo", "2026-04-23T10:00:00Z", "2026-04-26T20:59:59Z"},
		{"the day before it ends with it", "1 business day", "Africa/Cairo", "2026-04-22T10:00:00Z", "2026-04-23T21:59:59Z"},
	} {
		t.Run(x.name, func(t *testing.T) {
			within, err := sod.ParseSpan(x.within)
			if err != nil {
				t.Fatal(err)
			}
			s := sod.SLA{Within: within, From: sod.Later, Calendar: sod.Calendar{Zone: x.zone, Weekend: weekend, Holidays: christmas}}
			if x.zone == "Africa/Cairo" {
				s.Calendar.Weekend = []time.Weekday{time.Friday, time.Saturday}
			}
			deadline, err := s.Deadline()
			if err != nil {
				t.Fatal(err)
			}
			if got := deadline(moment(t, x.from)).Truncate(time.Second); !got.Equal(moment(t, x.want)) {
				t.Errorf("%s from %s: got %s, want %s", x.within, x.from, got, x.want)
			}
		})
	}
}

// TestDeadlineGrows: what begins later never has to happen sooner. Verdicts on
// intervals rest on it.
func TestDeadlineGrows(t *testing.T) {
	for _, zone := range []string{"UTC", "Europe/Madrid", "America/Santiago", "Africa/Cairo", "Pacific/Apia", "Australia/Lord_Howe", "America/Asuncion"} {
		s := sod.SLA{Within: sod.Span{BusinessDays: 2}, Calendar: sod.Calendar{Zone: zone, Weekend: []time.Weekday{time.Sunday}}}
		deadline, err := s.Deadline()
		if err != nil {
			t.Fatal(err)
		}
		before := time.Time{}
		for at := moment(t, "2026-01-01T00:00:00Z"); at.Year() == 2026; at = at.Add(17 * time.Minute) {
			got := deadline(at)
			if got.Before(before) || got.Before(at) {
				t.Fatalf("%s: from %s it is %s, and before that it was %s", zone, at, got, before)
			}
			before = got
		}
	}
}

// TestDayIn: days follow each other without a hole, and every moment of one has its date.
func TestDayIn(t *testing.T) {
	for _, zone := range []string{"UTC", "Europe/Madrid", "America/Santiago", "Africa/Cairo", "America/Havana", "Atlantic/Azores", "Asia/Beirut", "America/Scoresbysund"} {
		loc, err := sod.LoadZone(zone)
		if err != nil {
			t.Fatal(err)
		}
		end := time.Time{}
		for at := time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC); at.Year() < 2028; at = at.AddDate(0, 0, 1) {
			y, m, d := at.Date()
			first, last := sod.Date{Year: y, Month: m, Day: d}.In(loc)
			if !end.IsZero() && !first.Equal(end.Add(time.Nanosecond)) {
				t.Fatalf("%s: a day ends at %s, and the next begins at %s", zone, end, first)
			}
			if first.In(loc).Day() != d || last.In(loc).Day() != d {
				t.Fatalf("%s: %s is from %s to %s", zone, at.Format(time.DateOnly), first.In(loc), last.In(loc))
			}
			end = last
		}
	}
}

func TestParseSpan(t *testing.T) {
	for _, text := range []string{"1 business day", "3 business days", "24h", "2d", "90m"} {
		s, err := sod.ParseSpan(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if again, err := sod.ParseSpan(s.String()); err != nil || again != s {
			t.Errorf("%s became %s: %v", text, s, err)
		}
	}
	for _, text := range []string{"", "0 business days", "1 business days", "2 business day", "01 business day", "-1 business days", "+1 business day", "1  business day", "1001 business days", "0h", "business day", "1 day", "2 weeks"} {
		if s, err := sod.ParseSpan(text); err == nil {
			t.Errorf("%q was read as %s", text, s)
		}
	}
}

func TestDeadlineRefuses(t *testing.T) {
	all := []time.Weekday{0, 1, 2, 3, 4, 5, 6}
	for _, c := range []sod.Calendar{{}, {Zone: "Local"}, {Zone: "Europe/Nowhere"}, {Zone: "UTC", Weekend: all}} {
		s := sod.SLA{Within: sod.Span{BusinessDays: 1}, Calendar: c}
		if _, err := s.Deadline(); err == nil {
			t.Errorf("%+v has a deadline", c)
		}
	}
}
