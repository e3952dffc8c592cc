// SPDX-License-Identifier: Apache-2.0

package tenant

import "maps"

// A hold says how somebody has a role.
type hold struct{ active, eligible bool }

// held says who has which directory role, by the id of an account: himself or
// through groups. Groups are not in it.
type held map[string]map[scopedRole]hold

// held works out who has which role, by what is a grant of its own.
func (s *story) holders() held {
	h := held{}
	crowds := map[bool]map[string]map[string]bool{false: {}, true: {}}
	add := func(r Ref, role scopedRole, how hold) {
		id := fold(r.ID)
		if _, ok := s.t.Groups[id]; !ok {
			h.add(id, role, how)
			return
		}
		for _, eligible := range []bool{false, true} {
			if crowds[eligible][id] == nil {
				crowds[eligible][id] = s.everybodyIn(id, eligible)
			}
			for who := range crowds[eligible][id] {
				h.add(who, role, hold{how.active && !eligible, how.eligible || eligible})
			}
		}
	}
	for _, x := range s.t.RoleAssignments {
		add(x.Principal, scoped(x.Role, x.Scope), hold{active: true})
	}
	for _, x := range s.t.RoleInstances {
		if direct(x.Member) {
			add(x.Principal, scoped(x.Role, x.Scope), hold{active: true})
		}
	}
	for _, x := range s.t.RoleEligibilities {
		if direct(x.Member) {
			add(x.Principal, scoped(x.Role, x.Scope), hold{eligible: true})
		}
	}
	return h
}

func (h held) add(who string, role scopedRole, how hold) {
	if h[who] == nil {
		h[who] = map[scopedRole]hold{}
	}
	was := h[who][role]
	h[who][role] = hold{was.active || how.active, was.eligible || how.eligible}
}

// template returns what a role is in all tenants. The definition of a built-in role
// has the id of its template.
func (t *Tenant) template(role string) string {
	if id := fold(t.Roles[role].TemplateID); id != "" {
		return id
	}
	return role
}

// roleGroups returns the ids of all that are members or owners of a group to which
// roles may be assigned.
func (s *story) roleGroups() map[string]bool {
	all := map[string]bool{}
	for id, g := range s.t.Groups {
		if !is(g.RoleAssignable) {
			continue
		}
		maps.Copy(all, s.everybodyIn(id, false))
		for _, r := range s.t.GroupOwners[id] {
			all[fold(r.ID)] = true
		}
	}
	return all
}
