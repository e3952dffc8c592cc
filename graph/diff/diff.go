// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Diff is what is different between two graphs. Lists are in the order of IDs.
type Diff struct {
	Joiners, Leavers []Thing // people
	Movers           []Mover

	Accounts          Pair // came and went
	Enabled, Disabled []Status
	Things            Pair // groups, roles and entitlements

	Grants [graph.Owns + 1]Grants // by kind

	GapsAdded, GapsRemoved []graph.Gap
	Coverage               []Coverage

	Populations []Population // by source and class
	Places      []Place      // that are new, by source, kind and name
}

// A Thing is a node that only one of the graphs has, or that went out of use.
type Thing struct {
	ID     graph.ID
	Name   string
	Unsure string // why it may be in both, such as "accounts of corp were not completely read: partial"; "" when it is not
}

// A Pair is what came and what went.
type Pair struct{ Added, Removed []Thing }

// A Mover is a person of whom something changed.
type Mover struct {
	ID     graph.ID
	Name   string
	Fields []Field
}

// A Field is an attribute that both graphs know, and not alike.
type Field struct{ Key, Before, After string }

// A Status is an account that was enabled, or no longer is.
type Status struct {
	ID            graph.ID
	Name          string
	Before, After string
}

// Coverage is how much of a dataset was read, before and after. The zero State is
// that of a source that was not there.
type Coverage struct {
	Source        graph.Source
	Dataset       graph.Dataset
	Before, After graph.State
}

// A comparison is the work on one Diff.
type comparison struct {
	old, new     *graph.Graph
	oldAt, newAt time.Time
	Diff
}

// Compare says what is different in newer, as of newAt, from older, as of oldAt.
func Compare(older, newer *graph.Graph, oldAt, newAt time.Time) *Diff {
	c := &comparison{old: older, new: newer, oldAt: oldAt, newAt: newAt}
	c.nodes()
	c.grants()
	c.GapsAdded, c.GapsRemoved = missing(newer.Gaps(), older.Gaps()), missing(older.Gaps(), newer.Gaps())
	c.coverage()
	c.populations()
	c.places()
	return &c.Diff
}

// nodes walks through the nodes of both graphs, which are in order.
func (c *comparison) nodes() {
	i, j := uint32(0), uint32(0)
	for int(i) < c.old.NumNodes() || int(j) < c.new.NumNodes() {
		switch order(c.old, i, c.new, j) {
		case -1:
			c.went(i)
			i++
		case 1:
			c.came(j)
			j++
		default:
			c.stayed(i, j)
			i++
			j++
		}
	}
}

// order compares two nodes; what is past the last of its graph comes last.
func order(a *graph.Graph, i uint32, b *graph.Graph, j uint32) int {
	switch {
	case int(i) >= a.NumNodes():
		return 1
	case int(j) >= b.NumNodes():
		return -1
	}
	return a.ID(i).Compare(b.ID(j))
}

func (c *comparison) went(i uint32) {
	t := Thing{ID: c.old.ID(i), Name: c.old.Name(i)}
	t.Unsure = unread(c.new, t.ID.Source, datasetOf(t.ID.Kind))
	switch t.ID.Kind {
	case graph.Identity:
		if left, _ := Left(c.old, i, c.oldAt); !left {
			c.Leavers = append(c.Leavers, t)
		}
	case graph.Account:
		c.Accounts.Removed = append(c.Accounts.Removed, t)
	case graph.Group, graph.Role, graph.Entitlement:
		c.Things.Removed = append(c.Things.Removed, t)
	}
}

func (c *comparison) came(j uint32) {
	t := Thing{ID: c.new.ID(j), Name: c.new.Name(j)}
	t.Unsure = unread(c.old, t.ID.Source, datasetOf(t.ID.Kind))
	switch t.ID.Kind {
	case graph.Identity:
		if left, _ := Left(c.new, j, c.newAt); !left {
			c.Joiners = append(c.Joiners, t)
		}
	case graph.Account:
		c.Accounts.Added = append(c.Accounts.Added, t)
	case graph.Group, graph.Role, graph.Entitlement:
		c.Things.Added = append(c.Things.Added, t)
	}
}

func (c *comparison) stayed(i, j uint32) {
	switch id := c.new.ID(j); id.Kind {
	case graph.Identity:
		c.person(i, j)
	case graph.Account:
		before, ok := c.old.Attr(i, "status")
		after, ok2 := c.new.Attr(j, "status")
		s := Status{id, c.new.Name(j), before, after}
		switch {
		case !ok || !ok2 || before == after:
		case after == "enabled":
			c.Enabled = append(c.Enabled, s)
		case before == "enabled":
			c.Disabled = append(c.Disabled, s)
		}
	}
}

// person tells somebody who left or came back, or who moved.
func (c *comparison) person(i, j uint32) {
	id, name := c.new.ID(j), c.new.Name(j)
	was, _ := Left(c.old, i, c.oldAt)
	is, _ := Left(c.new, j, c.newAt)
	switch {
	case is && !was:
		c.Leavers = append(c.Leavers, Thing{ID: id, Name: name})
	case was && !is:
		c.Joiners = append(c.Joiners, Thing{ID: id, Name: name})
	}
	if is {
		return
	}
	m := Mover{ID: id, Name: name}
	for _, key := range []string{"department", "manager", "title"} {
		before, ok := c.old.Attr(i, key)
		after, ok2 := c.new.Attr(j, key)
		if ok && ok2 && before != after {
			m.Fields = append(m.Fields, Field{key, before, after})
		}
	}
	if m.Fields != nil {
		c.Movers = append(c.Movers, m)
	}
}

// Left reports whether a person has left by then, and whether that can be told.
// Somebody who is on leave, or who will leave, has not.
func Left(g *graph.Graph, n uint32, at time.Time) (left, known bool) {
	switch status, _ := g.Word(n, "status"); status {
	case "active", "leave", "pending":
		return false, true
	case "terminated":
		end, ok := LastDay(g, n)
		return !ok || !end.After(at), true
	}
	return false, false
}

// LastDay returns when a person ends or ended, as far as human resources say: the end
// date, or else the last day worked. One that is still to come is theirs to know.
func LastDay(g *graph.Graph, n uint32) (time.Time, bool) {
	for _, key := range []string{"end_date", "last_day_worked"} {
		text, _ := g.Attr(n, key)
		for _, layout := range []string{time.DateOnly, time.RFC3339} {
			if end, err := time.Parse(layout, text); err == nil {
				return end.UTC(), true
			}
		}
	}
	return time.Time{}, false
}
