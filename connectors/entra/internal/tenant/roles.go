// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// everywhere is the scope of the whole tenant.
const everywhere = "/"

// A scopedRole is a directory role in a scope.
type scopedRole struct{ role, scope string }

// scopedRoles are the roles that have a node.
type scopedRoles map[graph.ID]scopedRole

// scoped returns a role in a scope. An unknown scope is taken for the widest.
func scoped(role, scope string) scopedRole {
	return scopedRole{fold(role), cmp.Or(scope, everywhere)}
}

func (s *story) roleID(r scopedRole) graph.ID {
	return s.id(graph.Role, fit(r.role+"@", escape(r.scope)))
}

// scopedRoles gathers every definition in the whole tenant, and every scope in
// which somebody has one.
func (s *story) scopedRoles() scopedRoles {
	all := scopedRoles{}
	add := func(r scopedRole) { all[s.roleID(r)] = r }
	for id := range s.t.Roles {
		add(scoped(id, everywhere))
	}
	for _, x := range s.t.RoleAssignments {
		add(scoped(x.Role, x.Scope))
	}
	for _, all := range []map[string]RoleInstance{s.t.RoleInstances, s.t.RoleEligibilities} {
		for _, x := range all {
			if direct(x.Member) {
				add(scoped(x.Role, x.Scope))
			}
		}
	}
	return all
}

// roleNodes tells directory roles. One that somebody has and that no definition
// describes may contain anything.
func (s *story) roleNodes(yield teller) bool {
	undefined := 0
	for _, id := range inOrder(s.roles) {
		r := s.roles[id]
		if _, ok := s.t.Roles[r.role]; !ok {
			undefined++
		}
		if !yield(s.roleNode(id, r)) {
			return false
		}
	}
	if undefined > 0 {
		s.shortfall(graph.Partial, fmt.Sprintf("roles that somebody has and that were not listed: %d", undefined), graph.Assignments, graph.Control)
	}
	return true
}

func (s *story) roleNode(id graph.ID, r scopedRole) graph.Node {
	def := s.t.Roles[r.role]
	var a attributes
	a.text("description", def.Description)
	a.text("template_id", def.TemplateID)
	a.yes("built_in", def.BuiltIn)
	a.yes("enabled", def.Enabled)
	a.yes("privileged", def.Privileged)
	a.text("scope", r.scope)
	s.tellActivation(&a, r.role)
	name := named(def.Name, r.role)
	if r.scope == everywhere {
		s.tellChanges(&a, r.role)
	} else {
		name += " @ " + s.scopeName(r.scope)
	}
	return graph.Node{ID: id, Name: name, Attrs: a.Attrs}
}

func (s *story) tellActivation(a *attributes, id string) {
	rules, ok := s.t.Activations[id]
	if !ok {
		return
	}
	a.yes("activation_approval", rules.Approval)
	a.yes("activation_mfa", rules.MFA)
	a.yes("activation_justification", rules.Justification)
	if rules.Longest > 0 {
		a.Set("activation_hours", fmt.Sprintf("%g", float64(rules.Longest)/float64(time.Hour)))
	}
}

// scopeName returns what is called like that: an administrative unit, or the
// object whose id the scope is.
func (s *story) scopeName(scope string) string {
	id := scopeObject(scope)
	name := cmp.Or(s.t.Units[id].Name, s.t.Groups[id].Name, s.t.Applications[id].Name, s.t.ServicePrincipals[id].Name, s.t.Users[id].UPN)
	return named(name, text(scope))
}

// scopeObject returns the id of what a scope is: "/administrativeUnits/<id>", or
// "/<id>".
func scopeObject(scope string) string {
	return fold(scope[strings.LastIndexByte(scope, '/')+1:])
}

// roleAssignments tells who has which role, since and until when as far as
// schedule instances say so, and what only they show.
func (s *story) roleAssignments(yield teller) bool {
	instances := s.instances()
	for _, id := range sorted(s.t.RoleAssignments) {
		x := s.t.RoleAssignments[id]
		from, ok := s.holder(x.Principal)
		if !ok {
			continue
		}
		to := s.roleID(scoped(x.Role, x.Scope))
		for _, terms := range s.standing(instances.of(id, holding{from.Key, scoped(x.Role, x.Scope)})) {
			terms.Since = sinceUnless(terms, s.history.since(from, to))
			if !s.grant(yield, from, to, graph.Assigned, terms) {
				return false
			}
		}
	}
	for _, x := range instances.left() {
		from, ok := s.holder(x.Principal)
		if ok && !s.grant(yield, from, s.roleID(scoped(x.Role, x.Scope)), graph.Assigned, termsOf(x)) {
			return false
		}
	}
	return true
}

// standing returns the terms of a grant that was read as one that stands. Windows
// of which none is open now contradict that: a clock is wrong, or a list late. Then
// they limit nothing.
func (s *story) standing(all []graph.Terms) []graph.Terms {
	if len(all) > 0 && s.t.Now.IsZero() || slices.ContainsFunc(all, func(w graph.Terms) bool { return w.Holds(s.t.Now) }) {
		return all
	}
	return []graph.Terms{{}}
}

// A holding is who has a role in a scope.
type holding struct {
	who string
	scopedRole
}

// instances are the schedule instances of active roles that are grants.
type instances struct {
	all       []RoleInstance
	byOrigin  map[string][]int
	byHolding map[holding][]int // of unknown origin
	used      []bool
}

func (s *story) instances() *instances {
	n := &instances{byOrigin: map[string][]int{}, byHolding: map[holding][]int{}}
	for _, id := range sorted(s.t.RoleInstances) {
		x := s.t.RoleInstances[id]
		if !direct(x.Member) {
			continue
		}
		if x.Origin != "" {
			n.byOrigin[x.Origin] = append(n.byOrigin[x.Origin], len(n.all))
		} else {
			at := holding{fold(x.Principal.ID), scoped(x.Role, x.Scope)}
			n.byHolding[at] = append(n.byHolding[at], len(n.all))
		}
		n.all = append(n.all, x)
	}
	n.used = make([]bool, len(n.all))
	return n
}

// of returns the terms of an assignment, which are none where no instance speaks
// of it.
func (n *instances) of(assignment string, at holding) []graph.Terms {
	found := n.byOrigin[assignment]
	if len(found) == 0 {
		found = n.byHolding[at]
	}
	if len(found) == 0 {
		return []graph.Terms{{}}
	}
	var all []graph.Terms
	for _, i := range found {
		n.used[i] = true
		all = append(all, termsOf(n.all[i]))
	}
	return all
}

// left returns the instances of which no assignment was read.
func (n *instances) left() []RoleInstance {
	var all []RoleInstance
	for i, x := range n.all {
		if !n.used[i] {
			all = append(all, x)
		}
	}
	return all
}

func termsOf(x RoleInstance) graph.Terms {
	terms := graph.Terms{FromTime: x.Start, UntilTime: x.End}
	if strings.EqualFold(x.Assignment, "Activated") {
		terms.Via = "activated"
	}
	return terms
}
