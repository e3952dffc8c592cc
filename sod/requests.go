// SPDX-License-Identifier: Apache-2.0

package sod

import "time"

// A Request is a request for access that was approved, as an export tells it.
type Request struct {
	Beneficiary string // who was to get it: an ID, a login, an employee id, a mail address
	Access      string // what: an ID, a pattern of IDs, a name or a pattern of names
	Approver    string // who said yes, written as the beneficiary is
	Approved    time.Time
	DayOnly     bool // Approved is a day: its first moment, UTC
	Ref         string
	Place       string // where it stands, such as "requests.csv:7"
}

// After reports whether a request was approved only after a moment: when either is told
// as a day, on a later day.
func (q Request) After(t time.Time) bool {
	if q.DayOnly || t.Equal(t.Truncate(24*time.Hour)) {
		return q.Approved.Truncate(24 * time.Hour).After(t)
	}
	return q.Approved.After(t)
}
