// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"fmt"
	"strings"
	"time"
)

// Dates reads dates as a feed writes them.
type Dates struct {
	tokens string // as configured, for messages
	day    string // layout of a date
	full   string // layout of a date and a time of day; empty when there is none
}

// ParseDates reads a layout such as "DD.MM.YYYY" or "MM/DD/YYYY hh:mm"; empty is
// "YYYY-MM-DD". A layout with a time of day reads dates without one too.
func ParseDates(tokens string) (Dates, error) {
	if tokens == "" {
		tokens = "YYYY-MM-DD"
	}
	date, clock, timed := strings.Cut(tokens, "hh:")
	between := ""
	if timed && date != "" {
		date, between = date[:len(date)-1], date[len(date)-1:]
	}
	d := Dates{tokens: tokens, day: layoutOf(date)}
	switch {
	case d.day == "":
		return Dates{}, fmt.Errorf("dates %q: want YYYY, MM (or M, or MMM for Jan) and DD (or D), each once, and between them - . / or blanks", tokens)
	case !timed:
		return d, nil
	case between != " " && between != "T" || clock != "mm" && clock != "mm:ss":
		return Dates{}, fmt.Errorf("dates %q: want hh:mm or hh:mm:ss after the date and a blank or T", tokens)
	}
	d.full = d.day + between + strings.NewReplacer("mm", "04", "ss", "05").Replace("15:"+clock)
	return d, nil
}

// layoutOf returns the layout of package time for a date; empty when it makes no
// sense. Parts of no fixed length need something between them and the next.
func layoutOf(tokens string) string {
	var layout strings.Builder
	seen := map[byte]int{}
	loose := false // the part before has no fixed length, or this one has none
	for after := byte(0); tokens != ""; {
		part, means := firstToken(tokens)
		if means == "" {
			if !strings.ContainsRune("-./ ", rune(tokens[0])) {
				return ""
			}
			layout.WriteByte(tokens[0])
			after, tokens = tokens[0], tokens[1:]
			continue
		}
		variable := len(part) == 1
		if (loose || variable) && (after == 'Y' || after == 'M' || after == 'D') {
			return ""
		}
		seen[part[0]]++
		loose, after, tokens = variable, part[0], tokens[len(part):]
		layout.WriteString(means)
	}
	if seen['Y'] != 1 || seen['M'] != 1 || seen['D'] != 1 {
		return ""
	}
	return layout.String()
}

func firstToken(s string) (part, means string) {
	for _, t := range [][2]string{{"YYYY", "2006"}, {"MMM", "Jan"}, {"MM", "01"}, {"M", "1"}, {"DD", "02"}, {"D", "2"}} {
		if strings.HasPrefix(s, t[0]) {
			return t[0], t[1]
		}
	}
	return "", ""
}

// String returns the layout as it was configured.
func (d Dates) String() string { return d.tokens }

// A Moment is a date or a time.
type Moment struct {
	time.Time      // of a date: its first instant in UTC
	DateOnly  bool // the cell names a day
	Local     bool // the cell names a time of day, and not of which zone
}

// Parse reads a date in the layout, or a time in RFC 3339. An empty cell and
// 00000000 are the zero Moment. Local times are taken for UTC.
func (d Dates) Parse(cell string) (Moment, error) { return d.ParseIn(cell, time.UTC) }

// ParseIn is Parse with the zone of local times. A local time of exactly midnight is
// a date: exports write dates so.
func (d Dates) ParseIn(cell string, zone *time.Location) (Moment, error) {
	if cell == "" || cell == "00000000" {
		return Moment{}, nil
	}
	for _, layout := range []string{d.day, d.full, "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		t, err := time.Parse(layout, cell)
		switch {
		case layout == "" || err != nil || t.IsZero():
			continue
		case layout == d.day || t.Equal(t.Truncate(24*time.Hour)):
			return Moment{t, true, false}, nil
		}
		t, err = time.ParseInLocation(layout, cell, zone)
		return Moment{t, false, true}, err
	}
	if t, err := time.Parse(time.RFC3339, cell); err == nil && !t.IsZero() {
		return Moment{t.UTC(), false, false}, nil
	}
	return Moment{}, fmt.Errorf("%q: want a date as %s or a time in RFC 3339", cell, d.tokens)
}

// Until returns the exclusive end that a cell names: a date holds to the end of
// its day. Zero is an open end: an empty cell, 00000000, 99991231 and whatever
// else is in the year 9999.
func (d Dates) Until(cell string) (time.Time, error) {
	if cell == "99991231" || cell == "9999-12-31" {
		return time.Time{}, nil
	}
	m, err := d.Parse(cell)
	switch {
	case err != nil || m.IsZero() || m.Year() >= 9999:
		return time.Time{}, err
	case m.DateOnly:
		return m.AddDate(0, 0, 1), nil
	}
	return m.Time, nil
}
