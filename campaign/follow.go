// SPDX-License-Identifier: Apache-2.0

package campaign

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// A Result says what a later snapshot shows of a line that was revoked.
type Result struct {
	Item  string     `json:"item"`
	State State      `json:"state"`
	Path  []graph.ID `json:"path,omitempty"` // of what remains
	Why   string     `json:"why,omitempty"`  // it cannot be told
}

// A State is what became of revoked access. The zero State is invalid.
type State string

// The states.
const (
	Gone     State = "gone"    // no path leads there any more
	Remains  State = "remains" // a path does, the same or another
	NotKnown State = "cannot-tell"
)

// FollowUp holds every revoked line against a later graph and writes down what it shows.
// That the grant is not there is not enough: no path may lead to what was held, from any
// account of whose it was, and nothing may hide one.
func (c *Campaign) FollowUp(ctx context.Context, later *graph.Graph, asOf time.Time, snapshot string, by graph.ID, at time.Time) ([]Result, error) {
	f := follower{g: later, before: c.rule.crowd, crowd: NewCrowd(later, asOf), view: reach.At(later, asOf, reach.Eligible)}
	f.behind = f.view.Behind(reach.Hide(later, reach.UnreadGrants(later)))
	f.all = reach.At(later, asOf, reach.Attainable)
	var results []Result
	c.Look(func() {
		for _, l := range c.lines {
			if l.Final() == Revoke {
				results = append(results, f.result(l.Item))
			}
		}
	})
	return results, c.write(ctx, Record{By: by, At: at, Followed: &Followed{Snapshot: snapshot, AsOf: asOf.UTC(), Results: results}})
}

type follower struct {
	g             *graph.Graph
	before, crowd *Crowd      // who was who when the campaign began, and who is now
	view, behind  *reach.View // eligible and stronger, and with all that gaps may hide
	all           *reach.View // attainable
}

func (f *follower) result(item Item) Result {
	r := Result{Item: item.ID}
	to, ok := f.g.Find(item.To)
	if !ok {
		return f.vanished(item, r)
	}
	if item.IsBirthright() {
		return f.ofEverybody(to, r)
	}
	view, starts := f.view, f.starts(item)
	if item.Kind == graph.Controls {
		view = f.all
	}
	for _, n := range starts {
		if path := f.path(view, n, to); path != nil {
			r.State, r.Path = Remains, path
			return r
		}
	}
	if why := f.hidden(item, starts, to); why != "" {
		r.State, r.Why = NotKnown, why
		return r
	}
	r.State = Gone
	return r
}

// vanished: what is not in the snapshot may not have been read.
func (f *follower) vanished(item Item, r Result) Result {
	d := graph.Groups
	if item.To.Kind != graph.Group {
		d = graph.Assignments
	}
	if item.To.Kind == graph.Account {
		d = graph.Accounts
	}
	if st := f.g.State(item.To.Source, d); !st.Whole() {
		r.State, r.Why = NotKnown, fmt.Sprintf("%s is not in the snapshot, and %s of %s were not completely read (%s)", item.To, d, item.To.Source, st)
		return r
	}
	r.State = Gone
	return r
}

// starts are the holder and, of a person's account, all that is theirs or was.
func (f *follower) starts(item Item) (all []uint32) {
	take := func(id graph.ID) {
		if n, ok := f.g.Find(id); ok {
			all = append(all, n)
		}
	}
	take(item.From)
	for _, who := range item.People {
		for _, id := range append(f.before.Own(who), f.crowd.Own(who)...) {
			take(id)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// path finds a way; nil is none.
func (f *follower) path(v *reach.View, from, to uint32) []graph.ID {
	came := map[reach.Place]reach.Place{v.Start(from): v.Start(from)}
	queue := []reach.Place{v.Start(from)}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		if v.Node(p) == to && p != v.Start(from) {
			return f.back(v, came, p)
		}
		for s := range v.Steps(p) {
			if _, seen := came[s.To]; !seen {
				came[s.To] = p
				queue = append(queue, s.To)
			}
		}
	}
	return nil
}

func (f *follower) back(v *reach.View, came map[reach.Place]reach.Place, p reach.Place) []graph.ID {
	path := []graph.ID{f.g.ID(v.Node(p))}
	for came[p] != p {
		p = came[p]
		path = append([]graph.ID{f.g.ID(v.Node(p))}, path...)
	}
	return path
}

// hidden says what may hide a way; "" when nothing does.
func (f *follower) hidden(item Item, starts []uint32, to uint32) string {
	if len(starts) == 0 {
		if st := f.g.State(item.From.Source, graph.Accounts); !st.Whole() {
			return fmt.Sprintf("%s is not in the snapshot, and accounts of %s were not completely read (%s)", item.From, item.From.Source, st)
		}
		return ""
	}
	for _, n := range starts {
		for _, m := range f.behind.Reached(n) {
			if m == to {
				return "a grant that was not read may lead there still"
			}
		}
	}
	return f.unread()
}

// unread says where there may be people or accounts that the snapshot does not have; "" is
// nowhere.
func (f *follower) unread() string {
	for _, s := range f.g.Sources() {
		if hasPeople(f.g, s) && !f.g.State(s, graph.Identities).Whole() || !f.g.State(s, graph.Accounts).Whole() {
			return fmt.Sprintf("people or accounts of %s were not completely read: there may be another account", s)
		}
	}
	return ""
}
