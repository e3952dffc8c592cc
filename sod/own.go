// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// MaxOwnChanges is how many own changes a finding lists.
const MaxOwnChanges = 100

// An OwnChange is a thing to which one subject of a finding did two of its steps: the
// records of a use of one duty and of a use of another name it. Both are the latest
// that do.
type OwnChange struct {
	Thing         string
	First, Second Exercise // in the order of the finding's duties
}

// when is the later of the two times, or the one that is known.
func (c OwnChange) when() time.Time {
	if c.First.Use.At.After(c.Second.Use.At) {
		return c.First.Use.At
	}
	return c.Second.Use.At
}

// A trace is what is told of one thing: the uses that name it, by place of the duty.
type trace map[string][][]graph.Use

// ownChanges lists the things to which a subject of a finding did two steps, the
// latest first, and counts all.
func (e *exercises) ownChanges(f *Finding) (all []OwnChange, count int) {
	if len(f.Exercises) < 2 {
		return nil, 0
	}
	for _, s := range f.Subjects {
		for thing, steps := range e.traces(f, s) {
			for i := range steps {
				for j := range steps[:i] {
					if first, second, ok := latestPair(steps[j], steps[i]); ok {
						all = append(all, OwnChange{thing, Exercise{f.Witness[j].Duty, first}, Exercise{f.Witness[i].Duty, second}})
					}
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b OwnChange) int {
		return cmp.Or(b.when().Compare(a.when()), strings.Compare(a.Thing, b.Thing),
			strings.Compare(a.First.Duty, b.First.Duty), strings.Compare(a.Second.Duty, b.Second.Duty),
			a.First.Use.Account.Compare(b.First.Use.Account), a.Second.Use.Account.Compare(b.Second.Use.Account))
	})
	return all[:min(len(all), MaxOwnChanges)], len(all)
}

// traces returns what the uses of a subject name. Uses of which nobody can tell that
// the subject made them are left out.
func (e *exercises) traces(f *Finding, subject graph.ID) trace {
	found := trace{}
	for place, w := range f.Witness {
		counts, _ := e.counts(f, w.Duty)
		for _, u := range e.usesOf(subject, counts) {
			if u.Ref == "" || !e.actedAs(subject, u) {
				continue
			}
			for thing := range strings.SplitSeq(u.Ref, ", ") {
				if strings.TrimSpace(thing) == "" {
					continue
				}
				if found[thing] == nil {
					found[thing] = make([][]graph.Use, len(f.Witness))
				}
				found[thing][place] = append(found[thing][place], u)
			}
		}
	}
	return found
}

// latestPair returns the latest use of each of two duties. They are of different
// rights: one right that is in both duties tells of one step.
func latestPair(first, second []graph.Use) (a, b graph.Use, ok bool) {
	latest := func(all []graph.Use, but graph.ID) (graph.Use, bool) {
		found, any := graph.Use{}, false
		for _, u := range all {
			if u.Entitlement != but && (!any || u.At.After(found.At)) {
				found, any = u, true
			}
		}
		return found, any
	}
	a, ok = latest(first, graph.ID{})
	if !ok {
		return a, b, false
	}
	if b, ok = latest(second, a.Entitlement); ok {
		return a, b, true
	}
	if b, ok = latest(second, graph.ID{}); !ok { // all of them are of that right
		return a, b, false
	}
	a, ok = latest(first, b.Entitlement)
	return a, b, ok
}

// actedAs reports whether a use by an account was made by the subject, as far as data
// can tell: the account is its own, at that time too, and neither shared nor owned by
// somebody else besides.
func (e *exercises) actedAs(subject graph.ID, u graph.Use) bool {
	if u.Account == subject {
		return true
	}
	n, ok := e.g.Find(u.Account)
	if !ok || e.mayBeShared(n) {
		return false
	}
	own := false
	for _, o := range e.ownersOf(n) {
		always := o.terms.FromTime.IsZero() && o.terms.UntilTime.IsZero()
		switch {
		case !u.At.IsZero() && !o.terms.Holds(u.At):
		case o.id != subject:
			return false
		default:
			own = own || always || !u.At.IsZero()
		}
	}
	return own
}

// mayBeShared reports whether an account is told to be shared, or to be something that
// nobody knows.
func (e *exercises) mayBeShared(n uint32) bool {
	kind, _ := e.g.Word(n, "type")
	return kind == "shared" || e.g.OddWord(n, "type") != ""
}

// An owner of an account, at whatever time.
type owner struct {
	id    graph.ID
	terms graph.Terms
}

func (e *exercises) ownersOf(account uint32) []owner {
	if e.owners == nil {
		e.owners = map[uint32][]owner{}
		for n := range e.g.Owners() {
			for _, edge := range e.g.Out(n) {
				if edge.Kind() == graph.Owns {
					e.owners[edge.To] = append(e.owners[edge.To], owner{e.g.ID(n), e.g.Terms(edge)})
				}
			}
		}
	}
	return e.owners[account]
}
