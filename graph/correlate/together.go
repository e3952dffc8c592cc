// SPDX-License-Identifier: Apache-2.0

package correlate

import (
	"cmp"
	"maps"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// together gives accounts that belong together and that nobody owns to somebody of whom
// nothing else is known: whoever it is has them all. Which accounts belong together is
// what second accounts and synchronised ones say, in whatever direction.
func (m *matching) together() error {
	k := kin{matching: m, next: map[uint32]uint32{}, why: map[uint32]string{}}
	for _, s := range m.second {
		if m.mayBelong(s.account) && m.mayBelong(s.main) {
			k.join(s)
		}
	}
	all := map[uint32][]uint32{} // by the account that stands for them
	for n := range k.next {
		all[k.find(n)] = append(all[k.find(n)], n)
	}
	for _, n := range slices.Sorted(maps.Keys(all)) {
		if err := k.give(all[n]); err != nil {
			return err
		}
	}
	return nil
}

func (m *matching) mayBelong(n uint32) bool {
	kind, _ := m.Attr(n, "type")
	return m.owner[n] == 0 && m.ID(n).Kind == graph.Account && kind != "system"
}

// A kin is who belongs with whom: a forest, in which accounts that belong together
// lead to one.
type kin struct {
	*matching
	next map[uint32]uint32 // of each account that belongs with another; itself where it is the last
	why  map[uint32]string // of each that follows another
}

func (k kin) join(s second) {
	a, b := k.find(s.account), k.find(s.main)
	k.next[a], k.next[b] = b, b
	if _, ok := k.why[s.account]; !ok {
		k.why[s.account] = s.via
	}
}

func (k kin) find(n uint32) uint32 {
	for {
		next, ok := k.next[n]
		if !ok || next == n {
			return n
		}
		if further, ok := k.next[next]; ok { // shorter for who comes next
			k.next[n] = further
		}
		n = next
	}
}

// give makes the owner of accounts that belong together. It is named after the main one,
// which follows no other: of several, and of accounts that follow each other, the one
// whose ID is least.
func (k kin) give(accounts []uint32) error {
	slices.SortFunc(accounts, func(a, b uint32) int { return k.ID(a).Compare(k.ID(b)) })
	main := accounts[0]
	if i := slices.IndexFunc(accounts, func(n uint32) bool { return k.why[n] == "" }); i >= 0 {
		main = accounts[i]
	}
	id := k.ID(main)
	who := graph.Node{ID: graph.ID{Kind: graph.Somebody, Source: id.Source, Key: id.Key}, Name: "whoever is behind " + cmp.Or(k.Name(main), id.Key)}
	if err := k.Add(who); err != nil {
		return err
	}
	n, err := k.Number(who.ID)
	if err != nil {
		return err
	}
	for _, account := range accounts {
		via := cmp.Or(k.why[account], "main account") + ", of nobody known"
		if err := k.AddEdge(n, account, graph.Owns, graph.Terms{Via: via}); err != nil {
			return err
		}
	}
	return nil
}
