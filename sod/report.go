// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// A Report is everything an evaluation can honestly say.
type Report struct {
	AsOf                 time.Time
	Mode                 reach.Mode // the weakest mode judged
	Identities, Accounts int        // the population
	Findings             []Finding  // open and accepted, sorted by rule, then subjects
	Causes               []Cause    // of open findings, the largest first
	NotAssessed          []NotAssessed
	Acceptances          []JudgedAcceptance // of the policy, in its order
	Duties               []DutyCount

	// ControlPlane is who holds any of the policy's control plane, in ID order, and
	// ByPlane the findings of which a path leads through it: reports tell them once for
	// each holder, because who controls everything breaks every rule.
	ControlPlane []Holder
	ByPlane      map[string]bool // by the finding's ID
}

// A Holder is a subject that holds something, in the strongest mode in which it does.
type Holder struct {
	Subject graph.ID
	Mode    reach.Mode
	Path    reach.Path
}

// Clean reports whether the evaluation proved that nothing is open. "No
// findings, some not assessed" is not clean.
func (r *Report) Clean() bool { return r.Open() == 0 && !r.Incomplete() }

// Open counts the findings that nobody has accepted.
func (r *Report) Open() int {
	n := 0
	for _, f := range r.Findings {
		if f.Status == Open {
			n++
		}
	}
	return n
}

// Incomplete reports whether something was not assessed that nobody accepted.
func (r *Report) Incomplete() bool {
	for _, n := range r.NotAssessed {
		if !n.Accepted {
			return true
		}
	}
	return false
}

// A Status says whether a finding still asks for something.
type Status string

// The statuses of a finding.
const (
	Open     Status = "open"
	Accepted Status = "accepted"
)

// A Finding is a proven breach.
type Finding struct {
	ID         string // depends on rule and subjects only, of a collusion on the rule; and on Same
	Kind       string // "sod", "critical", "collusion", "requires", or a check's name
	Rule       string // the rule's ID, or the check's name
	Severity   Severity
	Mode       reach.Mode // the strongest in which it arises; zero for a check
	Subjects   []graph.ID // one; of a collusion, all who together break the rule, in ID order
	Same       string     // the value within which a rule with Same is broken; "" without one
	Status     Status
	Acceptance *Acceptance // what accepts it; for an open finding, what has lapsed
	Lapses     []Lapse     // of an open finding: why its acceptance does not count
	Unknown    []string    // what its acceptance rests on and nobody could tell
	Cause      graph.ID    // zero for a check
	Witness    []Witness
	Detail     string // what was found, where subjects and duties do not say it all
	Coalitions int    // of a collusion: how many groups of so many subjects break the rule
	AtLeast    bool   // Coalitions is where counting was given up

	Exercised      Exercised  // whether the subjects did what they can
	Exercises      []Exercise // the latest use for each duty that has one
	ExercisedSince time.Time  // for one and none: since when every use is told; zero: it does not matter

	OwnChanges []OwnChange // the latest first, at most [MaxOwnChanges]; none in [EvaluateEach]
	OwnCount   int         // how many there are in all
}

// A Witness proves that the subject, or one of them, holds one duty.
type Witness struct {
	Duty string // the duty's ID, or the pattern of an unnamed one
	Path reach.Path
}

// A Cause is a grant's holder (a group or role, or the entitlement itself) behind
// findings.
type Cause struct {
	ID       graph.ID
	Findings int // open findings
	Subjects int // different subjects of them
}

// A NotAssessed row says what could not be judged, and why.
type NotAssessed struct {
	Rule     string     // the rule's ID, or the check's name
	Mode     reach.Mode // zero for a check
	Subjects int        // how many; 0 when it is not known of whom
	Examples []graph.ID // the first few
	Gaps     []string   // IDs, or source/dataset, in order
	Reason   string
	Accepted bool   // every gap is accepted: told, but no reason to fail
	Together bool   // of a people rule: the examples are who may break it together
	Same     string // of one with Same: the value within which
}

// A DutyCount says how much of the graph a duty matched.
type DutyCount struct {
	Duty    string
	Matched int
}

// Drop leaves out the findings and rows that it is told to, and counts the causes
// again. It returns what was left out.
func (r *Report) Drop(finding func(Finding) bool, row func(NotAssessed) bool) (findings []Finding, rows []NotAssessed) {
	r.Findings, findings = parted(r.Findings, finding)
	r.NotAssessed, rows = parted(r.NotAssessed, row)
	r.CountCauses()
	return findings, rows
}

// CountCauses finds the causes again, of the findings that there are.
func (r *Report) CountCauses() { r.Causes = findCauses(r.Findings) }

// parted divides all into what stays and what is dropped, both in order.
func parted[T any](all []T, drop func(T) bool) (stays, dropped []T) {
	for _, x := range all {
		if drop(x) {
			dropped = append(dropped, x)
		} else {
			stays = append(stays, x)
		}
	}
	return stays, dropped
}
