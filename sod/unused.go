// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// An idleness tells which grants are known not to have been used for a while. What is
// not known was used.
type idleness struct {
	g     *graph.Graph
	asOf  time.Time
	read  map[graph.Source]time.Time // until when a source was read, if it says so
	told  map[graph.Source]time.Time // since when it tells every use
	uses  map[graph.ID][]graph.Use   // by account
	view  *reach.View
	under map[uint32][]uint32
}

func newIdleness(g *graph.Graph, asOf time.Time) *idleness {
	i := &idleness{g: g, asOf: asOf, read: map[graph.Source]time.Time{}, told: map[graph.Source]time.Time{}, uses: map[graph.ID][]graph.Use{}, view: reach.At(g, asOf, reach.Attainable), under: map[uint32][]uint32{}}
	for _, u := range g.Uses() {
		i.uses[u.Account] = append(i.uses[u.Account], u)
	}
	for _, run := range g.Runs() {
		if !run.Ended.IsZero() {
			i.read[run.Source] = run.Ended
		}
		text, ok := run.Details.Get(UsesSince)
		if day, err := ParseDate(text); ok && err == nil && day.begin().After(i.told[run.Source]) {
			i.told[run.Source] = day.begin()
		}
	}
	return i
}

// unused reports whether a grant of an account is known not to have been used for so
// long: nobody signed in with the account, or the rights that the grant leads to were
// not used with it.
func (i *idleness) unused(from, to uint32, long time.Duration) bool {
	account := i.g.ID(from)
	if account.Kind != graph.Account {
		return false
	}
	until := i.asOf
	if read, ok := i.read[account.Source]; ok && read.Before(until) { // what came later nobody knows
		until = read
	}
	since := until.Add(-long)
	return i.isIdle(from, since) || i.isIdleRight(account, to, since)
}

// isIdle reports whether an account is known not to have been used since a moment.
func (i *idleness) isIdle(n uint32, since time.Time) bool {
	id, signIns := i.g.ID(n), i.g.AttrValues(n, "last_sign_in")
	used := slices.ContainsFunc(i.uses[id], func(u graph.Use) bool { return !u.At.Before(since) || u.At.IsZero() })
	if used || signIns == nil || i.g.State(id.Source, graph.SignIn) != graph.Complete {
		return false
	}
	if len(signIns) == 0 { // the source says that there was none
		return true
	}
	at, err := time.Parse(time.RFC3339, signIns[0])
	if err != nil {
		return false
	}
	spread := time.Duration(0)
	if text, ok := i.g.Attr(n, "last_sign_in_uncertainty"); ok {
		if spread, err = graph.ParseDuration(text); err != nil {
			return false
		}
	}
	return at.Add(spread).Before(since)
}

// isIdleRight reports whether all that a grant leads to are rights of the account's own
// source, which tells every use of them, and tells none since a moment. A right of
// another source may be used with another account.
func (i *idleness) isIdleRight(account graph.ID, to uint32, since time.Time) bool {
	told, ok := i.told[account.Source]
	if !ok || told.After(since) {
		return false
	}
	var rights []graph.ID
	for _, n := range i.leadsTo(to) {
		id := i.g.ID(n)
		if id.Source != account.Source || id.Kind == graph.Account {
			return false
		}
		if id.Kind == graph.Entitlement {
			rights = append(rights, id)
		}
	}
	return len(rights) > 0 && !slices.ContainsFunc(i.uses[account], func(u graph.Use) bool {
		return slices.Contains(rights, u.Entitlement) && (!u.At.Before(since) || u.At.IsZero())
	})
}

func (i *idleness) leadsTo(to uint32) []uint32 {
	all, known := i.under[to]
	if !known {
		all = i.view.Under([]uint32{to})
		i.under[to] = all
	}
	return all
}
