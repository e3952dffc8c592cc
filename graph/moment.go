// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"fmt"
	"strings"
	"time"
)

// ParseMoment reads a time as RFC 3339 writes it, in UTC. [time.Parse] takes more for one:
// an hour of one digit, a comma before the fraction, an offset of a day.
func ParseMoment(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	n := len(s)
	switch {
	case err != nil, s[len("2006-01-02T15")] != ':', strings.Contains(s, ","),
		s[n-1] != 'Z' && (s[n-len("07:00"):n-len(":00")] > "23" || s[n-len("00"):] > "59"):
		return time.Time{}, fmt.Errorf("time %q: want one such as 2026-09-30T14:05:00Z", s)
	}
	return t.UTC(), nil
}
