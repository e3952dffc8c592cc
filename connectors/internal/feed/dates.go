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
	layout string
}

// ParseDates reads a layout of the tokens YYYY, MM and DD, such as "DD.MM.YYYY";
// empty is "YYYY-MM-DD".
func ParseDates(tokens string) (Dates, error) {
	if tokens == "" {
		tokens = "YYYY-MM-DD"
	}
	rest := tokens
	for _, token := range []string{"YYYY", "MM", "DD"} {
		if strings.Count(tokens, token) != 1 {
			rest = "?"
			break
		}
		rest = strings.Replace(rest, token, "", 1)
	}
	if strings.Trim(rest, "-./ ") != "" {
		return Dates{}, fmt.Errorf("dates %q: want YYYY, MM and DD, each once, and between them - . / or blanks", tokens)
	}
	layout := strings.NewReplacer("YYYY", "2006", "MM", "01", "DD", "02").Replace(tokens)
	return Dates{tokens, layout}, nil
}

// A Moment is a date or a time.
type Moment struct {
	time.Time      // of a date: its first instant in UTC
	DateOnly  bool // the cell names a day
}

// Parse reads a date in the layout, or a time in RFC 3339. An empty cell and
// 00000000 are the zero Moment.
func (d Dates) Parse(cell string) (Moment, error) {
	if cell == "" || cell == "00000000" {
		return Moment{}, nil
	}
	if t, err := time.Parse(d.layout, cell); err == nil && !t.IsZero() {
		return Moment{t, true}, nil
	}
	if t, err := time.Parse(time.RFC3339, cell); err == nil && !t.IsZero() {
		return Moment{t.UTC(), false}, nil
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
