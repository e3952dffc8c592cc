// SPDX-License-Identifier: Apache-2.0

// Package correlate finds which identity owns which account: by what a named person
// decided, by exact equality of immutable keys, in a configured order, and through
// another account: the main one of a second, or the one on premises from which it is
// synchronised. What matches several identities is reported and never picked. Accounts
// that belong together so and that nobody owns get somebody of whom nothing else is known.
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

// Rules say how accounts find who owns them. The zero Rules compare [DefaultKeys].
type Rules struct {
	Keys      []string // attributes, the first that matches anybody deciding
	Confirmed []Link   // decided by somebody, before any key
	Same      []Same   // identities that are one person
}

// A Link is an account and whose it is.
type Link struct{ Account, Identity graph.ID }

// A Same says that other identities are the same person as one: an employee who was a
// contractor, somebody who was hired again.
type Same struct {
	Person graph.ID
	Also   []graph.ID
}

// A Result is what matching leaves to be looked at, in order.
type Result struct {
	Ambiguous []Ambiguity
	Loose     []Link // confirmed, and the account or the identity is not there
	Against   []Link // confirmed, and a source or a key says that the account is somebody else's
	Unlinked  int    // accounts that nobody owns, without those of the system
}

// Match adds to b who owns which account, by all that b has been told. Accounts that a
// grant owns already are left alone. What other identities of a person hold and own, the
// person does too. Accounts that belong together and that nobody owns are somebody's, who
// has them all; they still count as nobody's.
func Match(b *graph.Builder, r Rules) (Result, error) {
	keys := r.Keys
	if len(keys) == 0 {
		keys = DefaultKeys()
	}
	m := matching{Builder: b, keys: keys, owner: make([]uint32, b.NumNodes()), person: map[uint32]uint32{}}
	for _, step := range []func() error{func() error { return m.unite(r.Same) }, m.learn, func() error { return m.confirm(r.Confirmed) }, m.matchAccounts, m.together} {
		if err := step(); err != nil {
			return Result{}, fmt.Errorf("correlation: %w", err)
		}
	}
	m.countUnlinked()
	slices.SortFunc(m.result.Ambiguous, func(x, y Ambiguity) int { return x.Account.Compare(y.Account) })
	return m.result, nil
}

func (m *matching) learn() error {
	m.learnOwners()
	m.learnPeople()
	m.learnSIDs()
	return nil
}

// unite notes who is the same person, and gives the person what the other identities
// hold and own by the sources' own word.
func (m *matching) unite(all []Same) error {
	for _, s := range all {
		person, ok := m.Find(s.Person)
		if !ok {
			continue // left, perhaps with all identities
		}
		for _, id := range s.Also {
			if also, ok := m.Find(id); ok {
				m.person[also] = person
			}
		}
	}
	if len(m.person) == 0 {
		return nil
	}
	type more struct {
		edge graph.Edge
		from uint32
	}
	var held []more
	for from, e := range m.Edges() {
		if _, ok := m.person[from]; ok {
			held = append(held, more{e, from})
		}
	}
	for _, x := range held {
		t := m.Terms(x.edge)
		t.Via = "same person as " + strings.TrimPrefix(m.ID(x.from).String(), "identity:")
		if err := m.AddEdge(m.person[x.from], x.edge.To, x.edge.Kind(), t); err != nil {
			return err
		}
	}
	return nil
}

// confirm links accounts as somebody decided.
func (m *matching) confirm(all []Link) error {
	for _, l := range all {
		account, ok := m.Find(l.Account)
		who, ok2 := m.Find(l.Identity)
		if !ok || !ok2 {
			m.result.Loose = append(m.result.Loose, l)
			continue
		}
		who = m.personOf(who)
		if was := m.owner[account]; was != 0 {
			if was != who+1 {
				m.result.Against = append(m.result.Against, l)
			}
			continue // the source's own word stands
		}
		if others := m.named(account); len(others) > 0 && !slices.Contains(others, who) {
			m.result.Against = append(m.result.Against, l)
		}
		if err := m.own(who, account, "confirmed match"); err != nil {
			return err
		}
	}
	return nil
}

// named returns the people whom the first key of an account that matches anybody names.
func (m *matching) named(account uint32) []uint32 {
	for i, key := range m.keys {
		v, _ := m.Attr(account, key)
		if who := m.people[i].of(v); who != nil {
			return who
		}
	}
	return nil
}

func (m *matching) personOf(identity uint32) uint32 {
	if p, ok := m.person[identity]; ok {
		return p
	}
	return identity
}

// A matching is the work of one Match. Nodes are numbers of the builder.
type matching struct {
	*graph.Builder
	keys    []string
	people  []people          // by key
	person  map[uint32]uint32 // of an identity that is another one, too: the one that counts
	owner   []uint32          // of each node: the number of an identity plus one; 0 is nobody
	second  []second
	bySID   map[string][]uint32 // accounts of Active Directory
	windows []graph.Source      // that have them; nil until somebody asks
	result  Result
}

// People are the identities that carry a value: nearly always one.
type people struct {
	first map[string]uint32
	more  map[string][]uint32 // besides the first
}

func (p *people) add(value string, who uint32) {
	was, taken := p.first[value]
	switch {
	case !taken:
		p.first[value] = who
	case was != who && !slices.Contains(p.more[value], who):
		p.more[value] = append(p.more[value], who)
	}
}

// of returns who carries a value; nil is nobody.
func (p *people) of(value string) []uint32 {
	who, ok := p.first[value]
	if !ok {
		return nil
	}
	return append([]uint32{who}, p.more[value]...)
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
		if e.Kind() != graph.Owns || m.ID(from).Kind != graph.Identity {
			continue
		}
		who := m.personOf(from)
		if was := m.owner[e.To]; was == 0 || m.ID(who).Compare(m.ID(was-1)) < 0 {
			m.owner[e.To] = who + 1
		}
	}
}

func (m *matching) learnPeople() {
	m.people = make([]people, len(m.keys))
	for i, key := range m.keys {
		p := people{map[string]uint32{}, map[string][]uint32{}}
		for n := range m.nodes(graph.Identity) {
			if v, _ := m.Attr(n, key); v != "" {
				p.add(v, m.personOf(n))
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

func (m *matching) countUnlinked() {
	for n := range m.nodes(graph.Account) {
		if kind, _ := m.Attr(n, "type"); m.owner[n] == 0 && kind != "system" {
			m.result.Unlinked++
		}
	}
}

// byKeys looks for the owner of account n.
func (m *matching) byKeys(n uint32) error {
	for i, key := range m.keys {
		v, _ := m.Attr(n, key)
		switch who := m.people[i].of(v); len(who) {
		case 0:
		case 1:
			return m.own(who[0], n, "correlated by "+key)
		default:
			m.doubt(n, key, v, who)
			return nil
		}
	}
	return nil
}

func (m *matching) doubt(n uint32, key, value string, who []uint32) {
	a := Ambiguity{Account: m.ID(n), Key: key, Value: value}
	for _, w := range who {
		a.Identities = append(a.Identities, m.ID(w))
	}
	slices.SortFunc(a.Identities, graph.ID.Compare)
	m.result.Ambiguous = append(m.result.Ambiguous, a)
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
