// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"cmp"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// IsPopulation reports whether id names a population group of its source: every
// account of the source is its direct member without a grant that says so.
func IsPopulation(id graph.ID) bool {
	return id.Kind == graph.Group && (id.Key == "~all" || id.Key == "~authenticated")
}

// A crowd is the accounts of a source that has population groups. Accounts of one
// source are numbered in a row, so a crowd costs no more than its accounts.
type crowd struct {
	lo, hi   uint32   // the accounts: [lo, hi)
	leads    []uint32 // states that each account leads to: the populations, then hubs
	held     []uint32 // states of the populations for who controls them
	accounts []uint32 // what those lead to; nil where controls grants do not count
}

// gatherCrowds makes the crowds of the populations, which come first in split.
func (v *View) gatherCrowds() {
	bySource := map[graph.Source]int{}
	for i, n := range v.split {
		direct := uint32(v.g.NumNodes() + i)
		if v.after[n] != direct || !v.paired(direct) {
			continue
		}
		source := v.g.ID(n).Source
		at, ok := bySource[source]
		if !ok {
			at = len(v.crowds)
			bySource[source] = at
			v.crowds = append(v.crowds, v.newCrowd(source))
		}
		c := &v.crowds[at]
		c.leads = append(c.leads, direct)
		c.held = append(c.held, direct+1)
	}
}

func (v *View) newCrowd(source graph.Source) crowd {
	var c crowd
	c.lo, _ = v.g.Find(graph.ID{Kind: graph.Account, Source: source}) // before its first account
	_, end := v.g.Range(graph.Account)
	for c.hi = c.lo; c.hi < end && v.g.ID(c.hi).Source == source; c.hi++ {
		if v.mode >= ModeOf(graph.Controls) {
			c.accounts = append(c.accounts, c.hi)
		}
	}
	return c
}

// more returns what a state of node n leads to besides the edges of the graph.
func (v *View) more(s, n uint32, kind graph.Kind) [2][]uint32 {
	if kind == graph.Account {
		if c, ok := v.crowdOf(n); ok {
			return [2][]uint32{c.leads, v.leads.byNode[n]}
		}
	}
	if s != n {
		if c, ok := v.crowdHeld(s); ok {
			return [2][]uint32{v.leads.byKind[kind], c.accounts} // gaps hide nothing out of a group
		}
	}
	return [2][]uint32{v.leads.byKind[kind], v.leads.byNode[n]}
}

// crowdOf returns the crowd that account n belongs to. Crowds are in the order of
// their sources, and so are nodes.
func (v *View) crowdOf(n uint32) (*crowd, bool) {
	i, _ := slices.BinarySearchFunc(v.crowds, n, func(c crowd, n uint32) int { return cmp.Compare(c.hi, n+1) })
	if i == len(v.crowds) || n < v.crowds[i].lo {
		return nil, false
	}
	return &v.crowds[i], true
}

// crowdHeld returns the crowd that is held in state s.
func (v *View) crowdHeld(s uint32) (*crowd, bool) {
	i, _ := slices.BinarySearchFunc(v.crowds, s, func(c crowd, s uint32) int { return cmp.Compare(c.held[len(c.held)-1], s) })
	if i == len(v.crowds) || !slices.Contains(v.crowds[i].held, s) {
		return nil, false
	}
	return &v.crowds[i], true
}
