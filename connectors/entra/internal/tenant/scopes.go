// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// scopedPowers tells what roles in narrower scopes may change there: the members
// of an administrative unit, or the one object that the scope is.
func (s *story) scopedPowers(yield teller) bool {
	for _, id := range inOrder(s.roles) {
		r := s.roles[id]
		if r.scope == everywhere {
			continue
		}
		for _, to := range s.within(r) {
			if !derived(yield, id, to, graph.Controls) {
				return false
			}
		}
	}
	return true
}

// within returns what a role in a narrower scope controls, each once.
func (s *story) within(r scopedRole) []graph.ID {
	keys := s.powers.ofRole[r]
	also := mayReset(s.t.template(r.role))
	object := scopeObject(r.scope)
	var all []graph.ID
	if refs, isUnit := s.t.UnitMembers[object]; isUnit {
		here := s.t.Units[object].Restricted
		for _, ref := range refs {
			if to, ok := s.inUnit(keys, also, fold(ref.ID), is(here)); ok {
				all = append(all, to)
			}
		}
	} else {
		all = s.object(keys, object)
	}
	slices.SortFunc(all, graph.ID.Compare)
	return slices.Compact(all)
}

// inUnit returns a member of an administrative unit when one of the powers changes
// it. What is in a restricted unit is changed only by who has a role in it.
func (s *story) inUnit(keys, also []string, id string, restricted bool) (graph.ID, bool) {
	if s.seen.restricted[id] && !restricted {
		return graph.ID{}, false
	}
	if _, ok := s.t.Users[id]; ok {
		ordinary := slices.Contains(keys, powerUsers) && s.powers.resettableIn(id, also)
		return s.account(id), ordinary || slices.Contains(keys, powerAdministrators)
	}
	if _, ok := s.t.Groups[id]; ok {
		for _, key := range []string{powerSecurity, powerMicrosoft365} {
			if slices.Contains(keys, key) && s.groupIn(key, id) {
				return s.group(id), true
			}
		}
	}
	return graph.ID{}, false
}

// object returns what a role changes whose scope is one object: a group, an
// application or a service principal.
func (s *story) object(keys []string, id string) []graph.ID {
	var all []graph.ID
	for _, key := range keys {
		switch _, isGroup := s.t.Groups[id]; {
		case isGroup && (key == powerSecurity || key == powerMicrosoft365 || key == powerRoleGroups):
			if s.groupIn(key, id) && !s.seen.restricted[id] {
				all = append(all, s.group(id))
			}
		case key == powerApplications:
			for _, p := range s.seen.principals[fold(s.t.Applications[id].AppID)] {
				all = append(all, s.account(p))
			}
		case key == powerPrincipals:
			if _, ok := s.t.ServicePrincipals[id]; ok {
				all = append(all, s.account(id))
			}
		case key == powerAppRoles:
			all = append(all, s.appRolesOf(id)...)
		}
	}
	return all
}
