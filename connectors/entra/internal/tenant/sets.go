// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"fmt"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// powers are who may change whom.
type powers struct {
	held       held
	guarded    map[string]bool            // users whose credentials few may reset
	restricted map[string]bool            // what is in restricted units
	ofRole     map[scopedRole][]string    // keys of powers
	ofApp      map[graph.ID][]string      // the same, of permissions of Graph
	reached    map[string]bool            // powers that something leads to
	templates  map[string]map[string]bool // user → templates of the roles that he has
}

// sets works out who has which power, and who is in no ordinary set.
func (s *story) sets() *powers {
	p := &powers{
		held:       s.holders(),
		guarded:    map[string]bool{},
		restricted: s.seen.restricted,
		ofRole:     map[scopedRole][]string{},
		ofApp:      map[graph.ID][]string{},
		reached:    map[string]bool{},
		templates:  map[string]map[string]bool{},
	}
	s.guard(p)
	for _, r := range s.roles {
		if keys := powersOfRole(s.t.template(r.role), s.t.Roles[r.role].Actions); len(keys) > 0 {
			p.ofRole[r] = keys
			for _, k := range keys {
				p.reached[k] = p.reached[k] || r.scope == everywhere
			}
		}
	}
	for id, r := range s.offered {
		if len(r.powers) > 0 {
			p.ofApp[id] = r.powers
			for _, k := range r.powers {
				p.reached[k] = true
			}
		}
	}
	return p
}

// guard notes whose credentials few may reset: members and owners of role-assignable
// groups, and who has a role in a restricted unit; and which roles everybody has.
// Who could only activate a role is guarded by nothing that Microsoft documents.
func (s *story) guard(p *powers) {
	for who, roles := range p.held {
		for r, how := range roles {
			if !how.active {
				continue
			}
			template := s.t.template(r.role)
			if p.templates[who] == nil {
				p.templates[who] = map[string]bool{}
			}
			p.templates[who][template] = true
			if s.restrictedScope(r.scope) {
				p.guarded[who] = true
			}
		}
	}
	for who := range s.roleGroups() {
		p.guarded[who] = true
	}
}

func (s *story) restrictedScope(scope string) bool {
	return is(s.t.Units[scopeObject(scope)].Restricted)
}

// resettable reports whether somebody who may reset credentials of these roles may
// reset those of a user.
func (p *powers) resettable(user string, roles []string) bool {
	return !p.restricted[user] && p.resettableIn(user, roles)
}

// resettableIn is [powers.resettable] for who has his role in the restricted unit
// that the user is in.
func (p *powers) resettableIn(user string, roles []string) bool {
	if p.guarded[user] {
		return false
	}
	for template := range p.templates[user] {
		if !harmless(template) && !slices.Contains(roles, template) {
			return false
		}
	}
	return true
}

func (s *story) powerID(key string) graph.ID { return s.id(graph.Role, "~"+key) }

// powerNodes tells the sets that something leads to and that hold something.
func (s *story) powerNodes(yield teller) bool {
	for _, p := range allPowers() {
		if !s.powers.reached[p.key] {
			continue
		}
		empty := true
		s.subjects(p.key, func(graph.ID) bool { empty = false; return false })
		s.powers.reached[p.key] = !empty
		n := graph.Node{ID: s.powerID(p.key), Name: p.name}
		n.Attrs.Set("derived", "true")
		if !empty && !yield(n) {
			return false
		}
	}
	return true
}

// powerGrants tells who has the powers, and whom they change.
func (s *story) powerGrants(yield teller) bool {
	undefined := 0
	for _, id := range inOrder(s.roles) {
		r := s.roles[id]
		if r.scope != everywhere {
			continue
		}
		if def, ok := s.t.Roles[r.role]; ok && def.Actions == nil {
			undefined++
		}
		for _, k := range s.powers.ofRole[r] {
			if s.powers.reached[k] && !derived(yield, id, s.powerID(k), graph.Contains) {
				return false
			}
		}
		if !s.limited(yield, id, r) {
			return false
		}
	}
	if undefined > 0 {
		s.shortfall(graph.Partial, fmt.Sprintf("roles whose actions are not shown: %d", undefined), graph.Assignments, graph.Control)
	}
	return s.permissionGrants(yield) && s.setGrants(yield)
}

// limited tells which administrators a role may reset that may not reset all.
func (s *story) limited(yield teller, id graph.ID, r scopedRole) bool {
	also := mayReset(s.t.template(r.role))
	if also == nil {
		return true
	}
	for _, user := range sorted(s.powers.templates) {
		_, isUser := s.t.Users[user]
		if !isUser || s.powers.resettable(user, nil) || !s.powers.resettable(user, also) {
			continue
		}
		if !derived(yield, id, s.account(user), graph.Controls) {
			return false
		}
	}
	return true
}

func (s *story) permissionGrants(yield teller) bool {
	for _, id := range inOrder(s.powers.ofApp) {
		for _, k := range s.powers.ofApp[id] {
			if s.powers.reached[k] && !derived(yield, id, s.powerID(k), graph.Controls) {
				return false
			}
		}
	}
	return true
}

func (s *story) setGrants(yield teller) bool {
	for _, p := range allPowers() {
		going := true
		if s.powers.reached[p.key] {
			s.subjects(p.key, func(id graph.ID) bool {
				going = derived(yield, s.powerID(p.key), id, graph.Controls)
				return going
			})
		}
		if !going {
			return false
		}
	}
	return true
}

// subjects visits everything that a power in the whole tenant changes, in order,
// until visit returns false.
func (s *story) subjects(key string, visit func(graph.ID) bool) {
	switch key {
	case powerUsers, powerAdministrators, powerFederated:
		for _, id := range s.seen.users {
			deleted := !s.t.Users[id].Deleted.IsZero() // nobody signs in as him
			if !deleted && s.userIn(key, id) && !visit(s.account(id)) {
				return
			}
		}
	case powerSecurity, powerMicrosoft365, powerRoleGroups:
		for _, id := range s.seen.groups {
			if s.groupIn(key, id) && !s.seen.restricted[id] && !visit(s.group(id)) {
				return
			}
		}
	case powerApplications, powerPrincipals:
		for _, id := range sorted(s.t.ServicePrincipals) {
			if s.principalIn(key, id) && !visit(s.account(id)) {
				return
			}
		}
	case powerRoles:
		s.everyRole(visit)
	case powerAppRoles, powerGraph:
		s.everyAppRole(key == powerGraph, visit)
	case powerPackages:
		for _, id := range sorted(s.t.Packages) {
			if !visit(s.packageID(id)) {
				return
			}
		}
	}
}

func (s *story) userIn(key, id string) bool {
	switch key {
	case powerUsers:
		return s.powers.resettable(id, nil)
	case powerAdministrators:
		return !s.powers.resettable(id, nil)
	}
	// The domain with which a tenant begins cannot be federated.
	_, domain, _ := strings.Cut(s.t.Users[id].UPN, "@")
	return !strings.HasSuffix(strings.ToLower(domain), ".onmicrosoft.com")
}

// groupIn reports whether a power over groups is one over this group. One of
// unknown kind is in all sets.
func (s *story) groupIn(key, id string) bool {
	g := s.t.Groups[id]
	if is(g.OnPremises.Synced) {
		return false
	}
	if is(g.RoleAssignable) {
		return key == powerRoleGroups
	}
	switch g.kind() {
	case microsoft365:
		return key == powerMicrosoft365
	case security, mailSecurity:
		return key == powerSecurity
	case distribution:
		return false
	}
	return key != powerRoleGroups || g.Bare
}

func (s *story) principalIn(key, id string) bool {
	if key == powerPrincipals {
		return true
	}
	p := s.t.ServicePrincipals[id]
	return strings.EqualFold(p.OwnerTenant, s.t.ID) && s.t.ID != "" || s.registered(p.AppID)
}

// registered reports whether an application is one of this tenant.
func (s *story) registered(app string) bool {
	return s.seen.registered[fold(app)]
}

// everyRole visits every directory role, and the groups in restricted units: who
// may assign roles may assign one there.
func (s *story) everyRole(visit func(graph.ID) bool) {
	for _, id := range sorted(s.seen.restricted) {
		if _, ok := s.t.Groups[id]; ok && !is(s.t.Groups[id].OnPremises.Synced) && !visit(s.group(id)) {
			return
		}
	}
	for _, id := range inOrder(s.roles) {
		if !visit(id) {
			return
		}
	}
}

func (s *story) everyAppRole(ofGraph bool, visit func(graph.ID) bool) {
	for _, id := range inOrder(s.offered) {
		if r := s.offered[id]; !r.delegated && r.graph == ofGraph && !visit(id) {
			return
		}
	}
}
