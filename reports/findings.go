// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"fmt"
	"time"

	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// What became of a finding since the baseline.
const (
	IsNew      = "new"         // open, and no earlier report that is known of has it
	IsOpen     = "open"        // open, and it was open
	IsRecurred = "recurred"    // open again: it was resolved or accepted before
	IsAccepted = "accepted"    // accepted now, whatever it was
	IsResolved = "resolved"    // an earlier report has it, and it was assessed and not found again
	CannotTell = "cannot tell" // an earlier report has it, and it could not be assessed now
)

// Findings are what an earlier report said. Package reports/jsonout reads them.
type Findings struct {
	Snapshot, Policy string // their digests
	AsOf             time.Time
	Findings         []Past
	Gone             []Gone // what it carries on of the reports before it
}

// A Past finding is one of an earlier report. The zero Severity, Mode and times
// are unknown.
type Past struct {
	ID, Kind, Rule, Title string
	Severity              sod.Severity
	Mode                  reach.Mode
	Subjects              []Thing
	Same                  string
	Status                sod.Status
	FirstSeen             time.Time // the moment of the first report that has it
	Since                 time.Time // that of the report from which on it was there without a break
	LastSeen              time.Time // that of the last report that has it
}

// Changes compare the packet with a baseline.
type Changes struct {
	AsOf             time.Time
	Snapshot, Policy string
	SamePolicy       bool
	ToPolicy         []PolicyChange // where the earlier policy is known
	Gone             []Gone         // resolved or not, in the order of the baseline
	Before           []Gone         // resolved in earlier reports and not back
}

// A Gone finding is in an earlier report and not in the packet.
type Gone struct {
	Past
	State    string    // [IsResolved] or [CannotTell]
	Why      string    // for [CannotTell]
	Resolved time.Time // the moment of the report that did not find it again; zero for [CannotTell]
}

// IsFresh reports whether the finding is open and was not open in the baseline:
// new, or recurred.
func (f Finding) IsFresh() bool { return f.Change == IsNew || f.Change == IsRecurred }

// Exposure says for how long a finding was seen by asOf, as far as the reports tell:
// "since 2026-07-01, 92 days". It is empty for a finding that was seen once only.
func (f Finding) Exposure(asOf time.Time) string {
	switch {
	case f.FirstSeen.IsZero() || f.FirstSeen.Equal(asOf):
		return ""
	case f.Since.Equal(asOf):
		return "first seen " + f.FirstSeen.Format(time.DateOnly)
	}
	s := "since " + f.Since.Format(time.DateOnly) + ", " + Plural(int(asOf.Sub(f.Since)/(24*time.Hour)), "day")
	if !f.FirstSeen.Equal(f.Since) {
		s += "; first seen " + f.FirstSeen.Format(time.DateOnly)
	}
	return s
}

// Seen says when a finding that is gone was seen: "seen from 2026-04-01 to
// 2026-07-01". It is empty when that is not known.
func (g Gone) Seen() string {
	from, to := g.Since.Format(time.DateOnly), g.LastSeen.Format(time.DateOnly)
	switch {
	case g.Since.IsZero() || g.LastSeen.IsZero():
		return ""
	case from == to:
		return "seen on " + from
	}
	return "seen from " + from + " to " + to
}

// maxOwn is how many own changes are told in words.
const maxOwn = 5

// Uses says in words what is known of how the rights were used: one entry for each
// duty that was exercised, one that says of how much more nothing is known, and one
// for each of the latest own changes. It is empty when nothing is known.
func (f Finding) Uses() []string {
	var said []string
	for _, x := range f.Exercises {
		s := "exercised: " + x.Title + " by " + x.Account.Label() + ", " + x.Entitlement.Label()
		if !x.At.IsZero() {
			s += " on " + x.At.UTC().Format(time.DateOnly)
		}
		if x.Ref != "" {
			s += " (" + x.Ref + ")"
		}
		said = append(said, s)
	}
	since := f.ExercisedSince.Format(time.DateOnly)
	switch {
	case f.Exercised == "none":
		said = append(said, "none of it was exercised since "+since)
	case f.Exercised == "one" && !f.ExercisedSince.IsZero():
		said = append(said, "its other duties were not exercised since "+since)
	case f.Exercised == "unknown" && len(said) > 0:
		said = append(said, "whether its other duties were exercised is not known")
	}
	for _, c := range f.OwnChanges[:min(len(f.OwnChanges), maxOwn)] {
		said = append(said, fmt.Sprintf("did both to: %s (%s; %s)", c.Thing, c.First.step(), c.Second.step()))
	}
	if more := f.OwnCount - maxOwn; more > 0 {
		said = append(said, "and "+Plural(more, "more own change"))
	}
	return said
}

// step says when and by which account a duty was exercised.
func (x Exercise) step() string {
	s := x.Title
	if !x.At.IsZero() {
		s += " " + x.At.UTC().Format(time.DateOnly)
	}
	return s + " by " + x.Account.Label()
}
