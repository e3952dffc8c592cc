// SPDX-License-Identifier: Apache-2.0

package check

import (
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// maxReached is how much of what one account reaches is told: who may reset all users
// reaches a million accounts. Grants of the account itself are all told: they are what
// is taken away.
const maxReached = 1000

// reached lists what an account reaches: groups, roles, entitlements and others'
// accounts, the strongest first and then the nearest. What another account holds is
// not followed: that it can be obtained says it all. Accounts that concern the person
// are told by themselves. Of a person it lists what is held by no account.
func (l *leaving) reached(start uint32) (all []Access, more int) {
	told := map[uint32]bool{start: true}
	for _, v := range l.viewsOf() {
		w := walk{leaving: l, view: v, start: start, came: map[reach.Place]arrival{}}
		w.all()
		for _, p := range w.order {
			n := v.Node(p)
			if _, tied := l.ties[n]; told[n] || tied || n == l.who {
				continue
			}
			told[n] = true
			if direct := w.came[p].from == v.Start(start); len(all) >= maxReached && !direct {
				more++
				continue
			}
			all = append(all, w.access(p))
		}
	}
	return all, more
}

func (l *leaving) viewsOf() []*reach.View {
	if l.views == nil {
		for m := reach.Standing; m <= l.Mode; m++ {
			l.views = append(l.views, reach.At(l.g, l.AsOf, m))
		}
	}
	return l.views
}

// A walk goes breadth first through one view.
type walk struct {
	*leaving
	view  *reach.View
	start uint32
	came  map[reach.Place]arrival
	order []reach.Place // all places but the start, the nearest first
}

// An arrival is how a place was come to.
type arrival struct {
	from reach.Place
	step reach.Step
}

func (w *walk) all() {
	start := w.view.Start(w.start)
	w.came[start] = arrival{}
	w.follow(start)
	for i := 0; i < len(w.order); i++ {
		if w.g.ID(w.view.Node(w.order[i])).Kind != graph.Account {
			w.follow(w.order[i])
		}
	}
}

func (w *walk) follow(p reach.Place) {
	for s := range w.view.Steps(p) {
		if _, seen := w.came[s.To]; seen || s.Kind == graph.Owns {
			continue
		}
		w.came[s.To] = arrival{p, s}
		w.order = append(w.order, s.To)
	}
}

// access tells the way to a place.
func (w *walk) access(p reach.Place) Access {
	a := Access{Path: reach.Path{Nodes: []graph.ID{w.g.ID(w.view.Node(p))}}}
	start := w.view.Start(w.start)
	for p != start {
		came := w.came[p]
		a.Nodes = append(a.Nodes, w.g.ID(w.view.Node(came.from)))
		a.Kinds = append(a.Kinds, came.step.Kind)
		a.Implied = came.step.Implied
		if came.from == start && !came.step.Implied {
			a.First = w.terms(w.view.Node(p), came.step)
		}
		p = came.from
	}
	slices.Reverse(a.Nodes)
	slices.Reverse(a.Kinds)
	return a
}

// terms returns the circumstances of the grant behind the first step.
func (w *walk) terms(to uint32, s reach.Step) graph.Terms {
	for _, e := range w.g.Out(w.start) {
		if e.To == to && e.Kind() == s.Kind && w.g.Terms(e).Holds(w.AsOf) {
			return w.g.Terms(e)
		}
	}
	return graph.Terms{}
}
