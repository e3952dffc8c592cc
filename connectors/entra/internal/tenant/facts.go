// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// Facts tells what the tenant means: nodes, grants, gaps, and one coverage record
// per dataset, but not the run of the source. The order depends on nothing but
// what was read. The tenant must not change meanwhile.
func (t *Tenant) Facts() iter.Seq[graph.Fact] {
	return func(yield func(graph.Fact) bool) {
		s := newStory(t)
		for _, chapter := range s.chapters() {
			if !chapter(yield) {
				return
			}
		}
	}
}

// A teller takes facts until it returns false.
type teller = func(graph.Fact) bool

// A story is one telling of a tenant: what is looked up while it is told, and what
// is only known at its end.
type story struct {
	t            *Tenant
	seen         index
	powers       *powers
	applications map[string][]string // of this tenant: object ids by app id
	demands      []demand            // policies that demand a second factor
	history      history

	told       map[graph.Dataset]int // facts of each dataset
	roles      scopedRoles           // roles that have a node
	offered    map[graph.ID]appRole  // app roles and permissions that have a node
	offeredBy  map[string][]graph.ID // app roles, by the id of their resource
	unresolved map[string]string     // key → the type that Graph gave
	devices    map[string]bool       // by id
	lost       int                   // eligible, and nothing answers to them
	gapsAt     map[gapAt]bool
	short      []shortfall
}

type gapAt struct {
	about   graph.ID
	dataset graph.Dataset
}

func newStory(t *Tenant) *story {
	s := &story{
		t:          t,
		told:       map[graph.Dataset]int{},
		unresolved: map[string]string{},
		devices:    map[string]bool{},
		gapsAt:     map[gapAt]bool{},
	}
	for _, g := range t.gaps {
		s.gapsAt[gapAt{g.About, g.Dataset}] = true
	}
	s.seen = s.index()
	s.roles = s.scopedRoles()
	s.offered = s.offers()
	s.offeredBy = byResource(s.offered)
	s.powers = s.sets()
	s.demands = s.demand()
	s.history = s.past()
	return s
}

// chapters lists what is told, in order. What names somebody comes before the
// strangers, and everything before the coverage.
func (s *story) chapters() []func(teller) bool {
	return []func(teller) bool{
		s.users, s.servicePrincipals, s.groups, s.roleNodes, s.offerNodes, s.packageNodes, s.powerNodes,
		s.members, s.groupEligible, s.groupOwners,
		s.roleAssignments, s.roleEligible, s.appRoleAssignments, s.consents, s.packageHolders,
		s.owners, s.federated, s.powerGrants, s.scopedPowers,
		s.strangers, s.gaps, s.coverage,
	}
}

// derived tells a grant that follows from others; nobody reads such.
func derived(yield teller, from, to graph.ID, k graph.GrantKind) bool {
	return yield(graph.Grant{From: from, To: to, Kind: k})
}

// grant tells a grant and counts it.
func (s *story) grant(yield teller, from, to graph.ID, k graph.GrantKind, terms graph.Terms) bool {
	s.told[datasetOf(k)]++
	return yield(graph.Grant{From: from, To: to, Kind: k, Terms: terms})
}

func datasetOf(k graph.GrantKind) graph.Dataset {
	switch k {
	case graph.Member:
		return graph.Memberships
	case graph.Eligible:
		return graph.Eligibility
	case graph.Controls:
		return graph.Control
	}
	return graph.Assignments
}

// shortfall records why a dataset is not complete, as seen in what was read.
func (s *story) shortfall(state graph.State, reason string, of ...graph.Dataset) {
	for _, d := range of {
		s.short = append(s.short, shortfall{d, state, reason})
	}
}

// gap adds a gap that nobody has told yet.
func (s *story) gap(yield teller, about graph.ID, d graph.Dataset, reason string) bool {
	at := gapAt{about, d}
	if s.gapsAt[at] {
		return true
	}
	s.gapsAt[at] = true
	return yield(graph.Gap{About: about, Dataset: d, Reason: reason})
}

// gaps tells what was withheld, in order.
func (s *story) gaps(yield teller) bool {
	all := slices.Clone(s.t.gaps)
	slices.SortFunc(all, func(a, b graph.Gap) int {
		if c := a.About.Compare(b.About); c != 0 {
			return c
		}
		if c := strings.Compare(string(a.Dataset), string(b.Dataset)); c != 0 {
			return c
		}
		return strings.Compare(a.Reason, b.Reason)
	})
	for _, g := range slices.Compact(all) {
		if !yield(g) {
			return false
		}
	}
	return true
}

// strangers tells who is named and was not read: devices, and what nothing
// answers to.
func (s *story) strangers(yield teller) bool {
	for _, id := range sorted(s.devices) {
		n := graph.Node{ID: s.account(id), Name: named(s.t.Devices[id].Name, id)}
		n.Attrs.Set("object", "device")
		n.Attrs.Set("type", "system")
		s.told[graph.Accounts]++
		if !yield(n) {
			return false
		}
	}
	for _, id := range sorted(s.unresolved) {
		n := graph.Node{ID: s.id(graph.Unresolved, id), Name: id}
		if kind := s.unresolved[id]; kind != "" {
			n.Attrs.Set("object", text(kind))
		}
		if !yield(n) {
			return false
		}
	}
	return true
}

// inOrder returns the IDs of m in order.
func inOrder[V any](m map[graph.ID]V) []graph.ID {
	return slices.SortedFunc(maps.Keys(m), graph.ID.Compare)
}

// sorted returns the keys of m in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
