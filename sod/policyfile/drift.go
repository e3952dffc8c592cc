// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"cmp"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// A ChangeKind says how a duty differs from what was approved.
type ChangeKind string

// The kinds of changes, in the order in which they are told.
const (
	Edited   ChangeKind = "edited"   // the selectors are others, and its pins do not count: pin again
	Unpinned ChangeKind = "unpinned" // the lock does not know the duty
	Dropped  ChangeKind = "dropped"  // the policy does not know the duty any more
	New      ChangeKind = "new"      // the duty matches what it did not
	Vanished ChangeKind = "vanished" // it is not in the snapshot any more
	Renamed  ChangeKind = "renamed"  // it has another name
	Moved    ChangeKind = "moved"    // it has its name, and the selectors do not match it
	Left     ChangeKind = "left"     // the selectors of an edited duty do not match it: it is out
)

// A Change is one difference between a lock and now. Match is zero when the
// change is about the duty; its name is that of now, or the last one known.
type Change struct {
	Duty  string
	Kind  ChangeKind
	Match Match
	Was   string // the name as approved, of what is renamed
}

// Compare returns what is not as approved, by duty, then by kind and id. Matches
// are those of p as written, not of what [Lock.Apply] returns.
func (l *Lock) Compare(p *sod.Policy, g *graph.Graph, matches [][]uint32) []Change {
	var all []Change
	known := map[string]bool{}
	for i, d := range p.Duties {
		known[d.ID] = true
		locked, ok := l.duty(d.ID)
		if !ok {
			all = append(all, Change{Duty: d.ID, Kind: Unpinned})
			continue
		}
		edited := locked.Holds != holdsDigest(d)
		if edited {
			all = append(all, Change{Duty: d.ID, Kind: Edited})
		}
		all = append(all, locked.compare(g, matches[i], edited)...)
	}
	for _, d := range l.Duties {
		if !known[d.Duty] {
			all = append(all, Change{Duty: d.Duty, Kind: Dropped})
		}
	}
	slices.SortStableFunc(all, func(a, b Change) int { return strings.Compare(a.Duty, b.Duty) })
	return all
}

func (d LockedDuty) compare(g *graph.Graph, now []uint32, edited bool) []Change {
	var added, changed []Change
	for _, n := range now {
		m := Match{g.ID(n), g.Name(n)}
		if _, pinned := slices.BinarySearchFunc(d.Matches, m, compareMatches); !pinned {
			added = append(added, Change{Duty: d.Duty, Kind: New, Match: m})
		}
	}
	for _, m := range d.Matches {
		if c, ok := d.fate(g, now, m, edited); ok {
			changed = append(changed, c)
		}
	}
	order := []ChangeKind{Vanished, Left, Renamed, Moved}
	slices.SortStableFunc(changed, func(a, b Change) int {
		return cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind))
	})
	return append(added, changed...)
}

// fate returns what became of a pinned match. A node that is only named by
// others now has no known name: that is no new name. What is pinned in a duty that
// was edited since does not stay there by its pin.
func (d LockedDuty) fate(g *graph.Graph, now []uint32, m Match, edited bool) (Change, bool) {
	n, ok := g.Find(m.ID)
	_, matchesNow := slices.BinarySearch(now, n)
	switch {
	case !ok:
		return Change{Duty: d.Duty, Kind: Vanished, Match: m}, true
	case edited && !matchesNow:
		return Change{Duty: d.Duty, Kind: Left, Match: m}, true
	case g.Described(n) && g.Name(n) != m.Name:
		return Change{Duty: d.Duty, Kind: Renamed, Match: Match{m.ID, g.Name(n)}, Was: m.Name}, true
	case !matchesNow:
		return Change{Duty: d.Duty, Kind: Moved, Match: m}, true
	}
	return Change{}, false
}
