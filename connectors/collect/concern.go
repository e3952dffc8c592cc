// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/correlate"
)

// inTurn returns the sources as they are to be read.
func inTurn(p Plan) []Job {
	if len(p.Want.EmployeeIDs) == 0 {
		return p.Jobs
	}
	early := slices.DeleteFunc(slices.Clone(p.Jobs), func(j Job) bool { return j.Last })
	late := slices.DeleteFunc(slices.Clone(p.Jobs), func(j Job) bool { return !j.Last })
	return append(early, late...)
}

// A concern tells what may be of the people who are asked about, before anybody is
// matched with anything. It errs towards yes: whatever could let an account be linked
// to one of them, or lead on from what is theirs in another source, counts.
type concern struct {
	plan     Plan
	keys     []string
	people   map[graph.ID]bool
	values   []map[string]bool // by key: what these people carry
	accounts map[graph.ID]bool // that were read
	own      map[graph.ID]bool // accounts that may be theirs
	sids     map[string]bool   // of these
	guids    map[string]bool
	targets  map[graph.ID]bool // what grants of other sources lead to
}

// memory is what a concern is made of: what was told by now.
type memory struct {
	nodes []graph.Node  // identities and accounts, as classified
	cross []graph.Grant // from one source into another
}

// remember keeps what a concern needs, when people are asked about.
func (g *gathering) remember(f graph.Fact) {
	if len(g.plan.Want.EmployeeIDs) == 0 {
		return
	}
	switch f := f.(type) {
	case graph.Node:
		if f.ID.Kind == graph.Identity || f.ID.Kind == graph.Account {
			g.told.nodes = append(g.told.nodes, f)
		}
	case graph.Grant:
		if f.From.Source != f.To.Source {
			g.told.cross = append(g.told.cross, f)
		}
	}
}

// concerns returns what to ask about things of a source that is read after others;
// nil when everything may concern these people, because not all others were read.
func (g *gathering) concerns() func(graph.Node) bool {
	if len(g.plan.Want.EmployeeIDs) == 0 || len(g.result.Failed) > 0 {
		return nil
	}
	c := &concern{
		plan: g.plan, keys: g.plan.Link.Keys, people: map[graph.ID]bool{}, accounts: map[graph.ID]bool{}, own: map[graph.ID]bool{},
		sids: map[string]bool{}, guids: map[string]bool{}, targets: map[graph.ID]bool{},
	}
	if len(c.keys) == 0 {
		c.keys = correlate.DefaultKeys()
	}
	c.findPeople(g.told.nodes)
	c.findTargets(g.told.cross)
	c.findAccounts(g.told.nodes)
	return c.mayBe
}

// findPeople takes the identities that carry the employee ids, and those that are the
// same persons.
func (c *concern) findPeople(all []graph.Node) {
	for _, n := range all {
		if n.ID.Kind == graph.Identity && slices.ContainsFunc(n.Attrs.Values("employee_id"), c.isWanted) {
			c.people[n.ID] = true
		}
	}
	for _, s := range c.plan.Link.Same {
		if them := append([]graph.ID{s.Person}, s.Also...); slices.ContainsFunc(them, func(id graph.ID) bool { return c.people[id] }) {
			for _, id := range them {
				c.people[id] = true
			}
		}
	}
	c.values = make([]map[string]bool, len(c.keys))
	for i, key := range c.keys {
		c.values[i] = map[string]bool{}
		for _, n := range all {
			for _, v := range n.Attrs.Values(key) {
				c.values[i][v] = c.values[i][v] || c.people[n.ID]
			}
		}
	}
}

func (c *concern) isWanted(id string) bool { return slices.Contains(c.plan.Want.EmployeeIDs, id) }

// findTargets takes what grants from other sources lead to: of ownership only that of
// these people, of everything else all, for it may be on the way.
func (c *concern) findTargets(cross []graph.Grant) {
	for _, g := range cross {
		if g.Kind != graph.Owns || c.people[g.From] {
			c.targets[g.To] = true
		}
	}
}

// findAccounts finds the accounts of sources that were read, until none is added.
func (c *concern) findAccounts(all []graph.Node) {
	for _, n := range all {
		if n.ID.Kind == graph.Account {
			c.accounts[n.ID] = true
		}
	}
	for grown := -1; grown != len(c.own); {
		grown = len(c.own)
		for _, n := range all {
			if n.ID.Kind == graph.Account {
				c.mayBe(n)
			}
		}
	}
}

// mayBe reports whether a thing may be of these people, or on the way from what is.
// Accounts of which it is true decide about others.
func (c *concern) mayBe(n graph.Node) bool {
	if n.ID.Kind != graph.Account || c.own[n.ID] {
		return c.own[n.ID] || c.targets[n.ID]
	}
	n.Attrs = slices.Clone(n.Attrs)
	classify(c.plan.Classify, &n)
	if !c.targets[n.ID] && !c.carries(n) && !c.names(n) {
		return false
	}
	c.own[n.ID] = true
	for _, v := range n.Attrs.Values("sid") {
		c.sids[v] = true
	}
	c.guids[n.ID.Key] = true
	return true
}

// carries reports whether an account could be matched with one of these people.
func (c *concern) carries(n graph.Node) bool {
	if slices.ContainsFunc(n.Attrs.Values("employee_id"), c.isWanted) {
		return true
	}
	if slices.ContainsFunc(c.plan.Link.Confirmed, func(l correlate.Link) bool { return l.Account == n.ID && c.people[l.Identity] }) {
		return true
	}
	for i, key := range c.keys {
		if slices.ContainsFunc(n.Attrs.Values(key), func(v string) bool { return c.values[i][v] }) {
			return true
		}
	}
	return slices.ContainsFunc(n.Attrs.Values("on_premises_sid"), func(v string) bool { return c.sids[v] }) ||
		slices.ContainsFunc(n.Attrs.Values("object_guid"), func(v string) bool { return c.guids[v] })
}

// names reports whether an account names one of these people or of their accounts as
// its owner or main account. One that was not read yet may be theirs, and so may one
// that is named by a login.
func (c *concern) names(n graph.Node) bool {
	for _, key := range []string{"owner", "parent"} {
		for _, text := range n.Attrs.Values(key) {
			id, err := graph.ParseID(text)
			switch {
			case err != nil:
				return true
			case c.people[id], c.own[id]:
				return true
			case id.Kind == graph.Account && id.Source != n.ID.Source && !c.accounts[id]:
				return true
			}
		}
	}
	return false
}
