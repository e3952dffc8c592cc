// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// An Exercised says whether somebody did what they could.
type Exercised string

// How far the duties of a finding were exercised. The zero value is for the
// finding of a check.
const (
	ExercisedBoth    Exercised = "both"    // every one of two or more
	ExercisedOne     Exercised = "one"     // not all, or the only one
	ExercisedNone    Exercised = "none"    // none since a day that is told
	ExercisedUnknown Exercised = "unknown" // uses that are not told may tell otherwise
)

// UsesSince is the detail of a source's run by which the source says that it tells
// every use of its entitlements since a day. Without it a use that is not told may
// still have been.
const UsesSince = "uses_since"

// An Exercise is the latest use by which a subject of a finding exercised a duty.
type Exercise struct {
	Duty string
	Use  graph.Use
}

// exercises judges findings by the uses that sources tell.
type exercises struct {
	*digester
	uses   map[graph.ID][]graph.Use // by account, up to the moment of evaluation
	since  map[graph.Source]time.Time
	under  map[labelKey][]uint32 // by what counts of a duty: what its holders come to
	tells  map[uint32]time.Time  // by thing: see toldOf
	owners map[uint32][]owner    // by account; nil until it is asked for
}

func newExercises(d *digester) *exercises {
	e := &exercises{digester: d, uses: map[graph.ID][]graph.Use{}, since: map[graph.Source]time.Time{}, under: map[labelKey][]uint32{}, tells: map[uint32]time.Time{}}
	for _, u := range d.g.Uses() {
		if !u.At.After(d.asOf) {
			e.uses[u.Account] = append(e.uses[u.Account], u)
		}
	}
	for _, run := range d.g.Runs() {
		text, ok := run.Details.Get(UsesSince)
		if day, err := ParseDate(text); ok && err == nil && !day.begin().After(d.asOf) && day.begin().After(e.since[run.Source]) {
			e.since[run.Source] = day.begin()
		}
	}
	return e
}

// judge says how far the duties that a finding proves were exercised, by which
// uses, and since when uses are told where that matters.
func (e *exercises) judge(f *Finding) {
	if f.Mode == 0 || f.Kind == RoleConflict {
		return
	}
	f.Exercised = ExercisedUnknown
	if len(e.uses)+len(e.since) == 0 {
		return
	}
	whole := true // every use of the duties without one is told
	for _, w := range f.Witness {
		counts, ok := e.counts(f, w.Duty)
		if !ok {
			return
		}
		if use, ok := e.latest(f.Subjects, counts); ok {
			f.Exercises = append(f.Exercises, Exercise{w.Duty, use})
			continue
		}
		since, told := e.told(f.Subjects, counts, f.Mode)
		whole = whole && told
		if since.After(f.ExercisedSince) {
			f.ExercisedSince = since
		}
	}
	switch n := len(f.Exercises); {
	case n == len(f.Witness) && n > 1:
		f.Exercised = ExercisedBoth
	case n == len(f.Witness):
		f.Exercised = ExercisedOne
	case !whole:
		f.ExercisedSince = time.Time{}
	case n > 0:
		f.Exercised = ExercisedOne
	default:
		f.Exercised = ExercisedNone
	}
}

// counts says what of a duty counts for a finding: of a rule with same only what has
// the finding's value of it, or none.
func (e *exercises) counts(f *Finding, duty string) (labelKey, bool) {
	var k labelKey
	k.duty = slices.IndexFunc(e.p.Duties, func(d Duty) bool { return d.ID == duty })
	if f.Same != "" {
		if i := slices.IndexFunc(e.p.Rules, func(r Rule) bool { return r.ID == f.Rule }); i >= 0 {
			k.same, k.value = e.p.Rules[i].Same, f.Same
		}
	}
	return k, k.duty >= 0
}

// latest returns the latest use of what counts of a duty by an account of these
// subjects. One at an unknown time comes before all others.
func (e *exercises) latest(subjects []graph.ID, counts labelKey) (latest graph.Use, found bool) {
	for _, s := range subjects {
		for _, u := range e.usesOf(s, counts) {
			if !found || u.At.After(latest.At) {
				latest, found = u, true
			}
		}
	}
	return latest, found
}

// usesOf returns the uses of what counts of a duty by the accounts of a subject.
func (e *exercises) usesOf(subject graph.ID, counts labelKey) (all []graph.Use) {
	under := e.underDuty(counts)
	for _, account := range e.accountsOf(subject) {
		for _, u := range e.uses[account] {
			n, known := e.g.Find(u.Entitlement)
			if _, ok := slices.BinarySearch(under, n); known && ok {
				all = append(all, u)
			}
		}
	}
	return all
}

// told reports since when every use of what the subjects hold of a duty, and counts,
// is told.
func (e *exercises) told(subjects []graph.ID, counts labelKey, m reach.Mode) (since time.Time, ok bool) {
	for _, s := range subjects {
		n, known := e.g.Find(s)
		if !known {
			return since, false
		}
		reached := e.view(m).Reached(n)
		for _, holds := range e.nodesOf(counts) {
			if _, is := slices.BinarySearch(reached, holds); !is {
				continue
			}
			day := e.toldOf(holds)
			if day.IsZero() {
				return since, false
			}
			if ok = true; day.After(since) {
				since = day
			}
		}
	}
	return since, ok
}

// toldOf returns since when every use of a thing is told; zero when that is not
// known. The thing must come to entitlements, and their sources must say so.
func (e *exercises) toldOf(thing uint32) (since time.Time) {
	if day, known := e.tells[thing]; known {
		return day
	}
	defer func() { e.tells[thing] = since }()
	for _, end := range e.view(reach.Standing).Under([]uint32{thing}) {
		id := e.g.ID(end)
		if id.Kind != graph.Entitlement {
			continue
		}
		day, ok := e.since[id.Source]
		if !ok {
			return time.Time{}
		}
		if day.After(since) {
			since = day
		}
	}
	return since
}

func (e *exercises) underDuty(counts labelKey) []uint32 {
	if _, ok := e.under[counts]; !ok {
		e.under[counts] = e.view(reach.Standing).Under(e.nodesOf(counts))
	}
	return e.under[counts]
}

// accountsOf returns the accounts with which a subject acts.
func (e *exercises) accountsOf(subject graph.ID) []graph.ID {
	if subject.Kind == graph.Account {
		return []graph.ID{subject}
	}
	n, ok := e.g.Find(subject)
	if !ok {
		return nil
	}
	var all []graph.ID
	for _, edge := range e.g.Out(n) {
		if edge.Kind() == graph.Owns && e.g.Terms(edge).Holds(e.asOf) {
			all = append(all, e.g.ID(edge.To))
		}
	}
	return all
}
