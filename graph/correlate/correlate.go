// SPDX-License-Identifier: Apache-2.0

// Package correlate finds which identity owns which account: by exact equality of
// immutable keys, in a configured order, and through the main account of a second
// one. What matches several identities is reported and never picked.
//
// Limitations: keys are compared as they are; whatever a source treats as equal
// it must fold before.
package correlate

import (
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// DefaultKeys are the attributes compared when the configuration names none.
func DefaultKeys() []string { return []string{"employee_id"} }

// A Correlator sees facts as they pass and proposes ownership at the end. It keeps
// only keys, not nodes.
type Correlator struct {
	keys     []string
	people   []map[string][]graph.ID // by key: value → identities
	accounts []account
	owned    map[graph.ID]graph.ID // by explicit grants
}

type account struct {
	id     graph.ID
	values []string // by key; "" is unknown
	parent string
}

// New returns a correlator that compares these attributes, the first that matches
// anybody deciding. No keys means [DefaultKeys].
func New(keys []string) *Correlator {
	if len(keys) == 0 {
		keys = DefaultKeys()
	}
	c := &Correlator{keys: keys, owned: map[graph.ID]graph.ID{}}
	for range keys {
		c.people = append(c.people, map[string][]graph.ID{})
	}
	return c
}

// Observe takes note of an identity, an account or an ownership; other facts do
// not matter.
func (c *Correlator) Observe(f graph.Fact) {
	switch f := f.(type) {
	case graph.Grant:
		if f.Kind == graph.Owns {
			c.owned[f.To] = f.From
		}
	case graph.Node:
		switch f.ID.Kind {
		case graph.Identity:
			c.observeIdentity(f)
		case graph.Account:
			c.observeAccount(f)
		}
	}
}

func (c *Correlator) observeIdentity(n graph.Node) {
	for i, key := range c.keys {
		v, _ := n.Attrs.Get(key)
		if v != "" && !slices.Contains(c.people[i][v], n.ID) {
			c.people[i][v] = append(c.people[i][v], n.ID)
		}
	}
}

func (c *Correlator) observeAccount(n graph.Node) {
	if kind, _ := n.Attrs.Get("type"); kind == "system" {
		return
	}
	a := account{id: n.ID, values: make([]string, len(c.keys))}
	a.parent, _ = n.Attrs.Get("parent")
	useful := a.parent != ""
	for i, key := range c.keys {
		a.values[i], _ = n.Attrs.Get(key)
		useful = useful || a.values[i] != ""
	}
	if useful {
		c.accounts = append(c.accounts, a)
	}
}

// An Ambiguity is an account whose key several identities carry.
type Ambiguity struct {
	Account    graph.ID
	Key, Value string
	Identities []graph.ID // in order
}

// Match returns the ownerships found, and what is ambiguous, both in the order of
// accounts. Accounts that an explicit grant owns are left alone.
func (c *Correlator) Match() (owns []graph.Grant, ambiguous []Ambiguity) {
	slices.SortFunc(c.accounts, func(a, b account) int { return a.id.Compare(b.id) })
	c.accounts = slices.CompactFunc(c.accounts, func(a, b account) bool { return a.id == b.id })
	for _, a := range c.accounts {
		if _, ok := c.owned[a.id]; ok {
			continue
		}
		who, key, doubt := c.byKeys(a)
		switch {
		case doubt != nil:
			ambiguous = append(ambiguous, *doubt)
		case !who.IsZero():
			owns = append(owns, c.own(who, a.id, "correlated by "+key))
		}
	}
	return append(owns, c.throughParents()...), ambiguous
}

func (c *Correlator) own(who, what graph.ID, via string) graph.Grant {
	c.owned[what] = who
	return graph.Grant{From: who, To: what, Kind: graph.Owns, Terms: graph.Terms{Via: via}}
}

func (c *Correlator) byKeys(a account) (who graph.ID, key string, doubt *Ambiguity) {
	for i, v := range a.values {
		if v == "" {
			continue
		}
		switch found := c.people[i][v]; len(found) {
		case 0:
		case 1:
			return found[0], c.keys[i], nil
		default:
			ids := slices.SortedFunc(slices.Values(found), graph.ID.Compare)
			return graph.ID{}, "", &Ambiguity{a.id, c.keys[i], v, ids}
		}
	}
	return graph.ID{}, "", nil
}

// throughParents gives second accounts to the owner of the main account, as long
// as that finds any: a second account may itself be a parent.
func (c *Correlator) throughParents() (owns []graph.Grant) {
	for more := true; more; {
		more = false
		for _, a := range c.accounts {
			if _, ok := c.owned[a.id]; ok || a.parent == "" {
				continue
			}
			parent, err := graph.ParseID(a.parent)
			if err != nil {
				continue
			}
			if who, ok := c.owned[parent]; ok {
				owns = append(owns, c.own(who, a.id, "second account of "+strings.TrimPrefix(a.parent, "account:")))
				more = true
			}
		}
	}
	return owns
}
