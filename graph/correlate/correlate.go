// SPDX-License-Identifier: Apache-2.0

// Package correlate finds which identity owns which account: by exact equality of
// immutable keys, in a configured order, and through the main account of a second
// one. What matches several identities is reported and never picked.
//
// Limitations: keys are compared as they are; whatever a source treats as equal
// it must fold before.
package correlate

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// DefaultKeys are the attributes compared when the configuration names none.
func DefaultKeys() []string { return []string{"employee_id"} }

// An Ambiguity is an account whose key several identities carry.
type Ambiguity struct {
	Account    graph.ID
	Key, Value string
	Identities []graph.ID // in order
}

// Match adds to b who owns which account, by all that b has been told. It compares
// these attributes, the first that matches anybody deciding; no keys means
// [DefaultKeys]. It returns what is ambiguous, in the order of accounts. Accounts
// that a grant owns already are left alone.
func Match(b *graph.Builder, keys []string) ([]Ambiguity, error) {
	if len(keys) == 0 {
		keys = DefaultKeys()
	}
	m := matching{Builder: b, keys: keys, owner: make([]uint32, b.NumNodes())}
	m.learnOwners()
	m.learnPeople()
	if err := m.matchAccounts(); err != nil {
		return nil, fmt.Errorf("correlation: %w", err)
	}
	slices.SortFunc(m.ambiguous, func(x, y Ambiguity) int { return x.Account.Compare(y.Account) })
	return m.ambiguous, nil
}

// A matching is the work of one Match. Nodes are numbers of the builder.
type matching struct {
	*graph.Builder
	keys      []string
	people    []people // by key
	owner     []uint32 // of each node: the number of an identity plus one; 0 is nobody
	second    []second
	ambiguous []Ambiguity
}

// People are the identities that carry a value: nearly always one.
type people struct {
	first map[string]uint32
	more  map[string][]uint32 // besides the first
}

// A second account has a main account.
type second struct{ account, main uint32 }

// learnOwners takes note of explicit ownership. Of several owners the one whose ID
// is least counts, in whatever order they came.
func (m *matching) learnOwners() {
	for from, e := range m.Edges() {
		if e.Kind() != graph.Owns {
			continue
		}
		if was := m.owner[e.To]; was == 0 || m.ID(from).Compare(m.ID(was-1)) < 0 {
			m.owner[e.To] = from + 1
		}
	}
}

func (m *matching) learnPeople() {
	m.people = make([]people, len(m.keys))
	for i, key := range m.keys {
		p := people{map[string]uint32{}, map[string][]uint32{}}
		for n := range m.nodes(graph.Identity) {
			v, _ := m.Attr(n, key)
			if _, taken := p.first[v]; taken {
				p.more[v] = append(p.more[v], n)
			} else if v != "" {
				p.first[v] = n
			}
		}
		m.people[i] = p
	}
}

func (m *matching) nodes(k graph.Kind) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for n := range uint32(m.NumNodes()) {
			if m.ID(n).Kind == k && !yield(n) {
				return
			}
		}
	}
}

func (m *matching) matchAccounts() error {
	for n := range m.nodes(graph.Account) {
		if kind, _ := m.Attr(n, "type"); kind == "system" || m.owner[n] != 0 {
			continue
		}
		if err := m.byKeys(n); err != nil {
			return err
		}
		if m.owner[n] == 0 {
			m.rememberSecond(n)
		}
	}
	return m.throughParents()
}

// byKeys looks for the owner of account n.
func (m *matching) byKeys(n uint32) error {
	for i, key := range m.keys {
		v, _ := m.Attr(n, key)
		who, found := m.people[i].first[v]
		if !found {
			continue
		}
		if others := m.people[i].more[v]; len(others) > 0 {
			m.doubt(n, key, v, append([]uint32{who}, others...))
			return nil
		}
		return m.own(who, n, "correlated by "+key)
	}
	return nil
}

func (m *matching) doubt(n uint32, key, value string, who []uint32) {
	a := Ambiguity{Account: m.ID(n), Key: key, Value: value}
	for _, w := range who {
		a.Identities = append(a.Identities, m.ID(w))
	}
	slices.SortFunc(a.Identities, graph.ID.Compare)
	m.ambiguous = append(m.ambiguous, a)
}

func (m *matching) own(who, what uint32, via string) error {
	m.owner[what] = who + 1
	return m.AddEdge(who, what, graph.Owns, graph.Terms{Via: via})
}

func (m *matching) rememberSecond(n uint32) {
	parent, ok := m.Attr(n, "parent")
	if !ok {
		return
	}
	id, err := graph.ParseID(parent)
	if err != nil {
		return // no ID, so nobody's
	}
	if main, ok := m.Find(id); ok {
		m.second = append(m.second, second{n, main})
	}
}

// throughParents gives second accounts to the owner of the main account, as long
// as that finds any: a second account may itself be a parent.
func (m *matching) throughParents() error {
	for more := true; more; {
		more = false
		for _, s := range m.second {
			who := m.owner[s.main]
			if who == 0 || m.owner[s.account] != 0 {
				continue
			}
			via := "second account of " + strings.TrimPrefix(m.ID(s.main).String(), "account:")
			if err := m.own(who-1, s.account, via); err != nil {
				return err
			}
			more = true
		}
	}
	return nil
}
