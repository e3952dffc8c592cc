// SPDX-License-Identifier: Apache-2.0

// Package correlate finds which identity owns which account: by exact equality of
// immutable keys, in a configured order, and through another account: the main one
// of a second, or the one on premises from which it is synchronised. What matches
// several identities is reported and never picked.
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
	m.learnSIDs()
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
	bySID     map[string][]uint32 // accounts of Active Directory
	windows   []graph.Source      // that have them; nil until somebody asks
	ambiguous []Ambiguity
}

// People are the identities that carry a value: nearly always one.
type people struct {
	first map[string]uint32
	more  map[string][]uint32 // besides the first
}

// A second account has a main account, or one from which it is synchronised.
type second struct {
	account, main uint32
	via           string
}

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

func (m *matching) learnSIDs() {
	m.bySID = map[string][]uint32{}
	for n := range m.nodes(graph.Account) {
		if v, ok := m.Attr(n, "sid"); ok {
			m.bySID[v] = append(m.bySID[v], n)
		}
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

// rememberSecond takes note of the account through which account n may find its
// owner later.
func (m *matching) rememberSecond(n uint32) {
	if parent, ok := m.Attr(n, "parent"); ok {
		if id, err := graph.ParseID(parent); err == nil {
			m.follow(n, id, "second account of ")
		}
		return
	}
	m.rememberTwin(n)
}

func (m *matching) follow(n uint32, id graph.ID, via string) {
	if main, ok := m.Find(id); ok && main != n {
		m.second = append(m.second, second{n, main, via + strings.TrimPrefix(id.String(), "account:")})
	}
}

// rememberTwin takes note of the account of Active Directory that a cloud account
// is synchronised from: it has the security identifier that the cloud shows, or
// else the objectGUID. Names and addresses only look like keys.
func (m *matching) rememberTwin(n uint32) {
	if v, ok := m.Attr(n, "on_premises_sid"); ok {
		switch twins := m.bySID[v]; len(twins) {
		case 0:
		case 1:
			m.follow(n, m.ID(twins[0]), "synchronised from ")
			return
		default:
			return // duplicate identifiers name nobody
		}
	}
	guid, ok := m.Attr(n, "object_guid")
	if !ok {
		return
	}
	for _, s := range m.sources() {
		if s != m.ID(n).Source {
			m.follow(n, graph.ID{Kind: graph.Account, Source: s, Key: guid}, "synchronised from ")
		}
	}
}

// sources lists the sources that have accounts of Active Directory, in order.
func (m *matching) sources() []graph.Source {
	if m.windows == nil {
		m.windows = []graph.Source{}
		for _, twins := range m.bySID {
			for _, n := range twins {
				m.windows = append(m.windows, m.ID(n).Source)
			}
		}
		slices.Sort(m.windows)
		m.windows = slices.Compact(m.windows)
	}
	return m.windows
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
			if err := m.own(who-1, s.account, s.via); err != nil {
				return err
			}
			more = true
		}
	}
	return nil
}
