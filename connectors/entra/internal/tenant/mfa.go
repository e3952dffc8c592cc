// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// securityDefaults is what the policy is called that a tenant has for free.
const securityDefaults = "security defaults"

// Kinds of users that policies of conditional access name instead of ids.
const (
	everyUser   = "All"
	everyGuest  = "GuestsOrExternalUsers"
	allApps     = "All"
	stateActive = "enabled"
)

// A demand is a policy that demands a second factor at every sign-in, with the
// groups that it names taken apart.
type demand struct {
	ConditionPolicy
	included, excluded map[string]bool // ids of users and the like, by groups
}

// demand returns the policies that count. One of which it is not known whom it
// excludes counts for nobody.
func (s *story) demand() []demand {
	var all []demand
	for _, id := range sorted(s.t.Policies) {
		p := s.t.Policies[id]
		if !p.alwaysDemands() {
			continue
		}
		p.Name = named(p.Name, id)
		switch {
		case !s.exclusionKnown(p):
			s.shortfall(graph.Partial, fmt.Sprintf("whom the policy %q leaves out is not known, so it counts for nobody", p.Name), graph.MFA)
			continue
		case !s.inclusionKnown(p):
			s.shortfall(graph.Partial, fmt.Sprintf("not all whom the policy %q is for are known", p.Name), graph.MFA)
		}
		all = append(all, demand{p, s.crowd(p.IncludeGroups, through{}), s.crowd(p.ExcludeGroups, through{eligible: true, mail: true})})
	}
	return all
}

// alwaysDemands reports whether a policy demands a second factor of whom it is for,
// whenever and wherever he signs in.
func (p ConditionPolicy) alwaysDemands() bool {
	return strings.EqualFold(p.State, stateActive) && p.grantsOnlyWithFactor() &&
		hasFold(p.IncludeApps, allApps) && len(p.ExcludeApps) == 0 &&
		len(p.Actions) == 0 && len(p.Narrowed) == 0
}

// grantsOnlyWithFactor reports whether nobody gets past the policy without a second
// factor. Where it is not known whether one of several controls is enough, it is.
func (p ConditionPolicy) grantsOnlyWithFactor() bool {
	factors, others := 0, 0
	if p.Strength != "" {
		factors++
	}
	for _, c := range p.Controls {
		switch {
		case strings.EqualFold(c, "mfa"):
			factors++
		case strings.EqualFold(c, "block"):
			return false
		default:
			others++
		}
	}
	return factors > 0 && (others == 0 || isNot(p.Any))
}

// inclusionKnown reports whether all are known for whom a policy is.
func (s *story) inclusionKnown(p ConditionPolicy) bool {
	for _, g := range p.IncludeGroups {
		if !s.known(fold(g)) {
			return false
		}
	}
	return len(p.IncludeRoles) == 0 || s.t.whole(PartRoleAssignments)
}

// exclusionKnown reports whether all are known whom a policy excludes, now or once
// they have activated something.
func (s *story) exclusionKnown(p ConditionPolicy) bool {
	for _, g := range p.ExcludeGroups {
		if !s.known(fold(g)) {
			return false
		}
	}
	if len(p.ExcludeGroups)+len(p.ExcludeRoles) > 0 && !s.groupEligibilityKnown() {
		return false
	}
	return len(p.ExcludeRoles) == 0 ||
		s.t.whole(PartRoles) && s.t.whole(PartRoleAssignments) && s.t.settled(PartRoleEligibility) && s.holdersKnown(p.ExcludeRoles)
}

// groupEligibilityKnown reports whether it is known of every group who could
// activate being in it.
func (s *story) groupEligibilityKnown() bool {
	for at := range s.gapsAt {
		if at.dataset == graph.Eligibility {
			return false
		}
	}
	return s.t.settled(PartGroupEligible)
}

// settled reports whether all of one kind of eligibility was read, or the tenant has no
// licence for it: without one nobody activates anything. Both kinds take the same
// licence, so who is refused one for want of it and gets the other was told wrong.
func (t *Tenant) settled(name string) bool {
	p := t.parts[name]
	return t.whole(name) || p != nil && p.State == graph.Unlicensed && !t.whole(PartRoleEligibility) && !t.whole(PartGroupEligible)
}

// holdersKnown reports whether everybody is known who has one of the roles, or
// could activate it, by a group.
func (s *story) holdersKnown(templates []string) bool {
	for _, of := range []iter.Seq[RoleInstance]{maps.Values(s.t.RoleInstances), maps.Values(s.t.RoleEligibilities), s.assigned()} {
		for x := range of {
			role := fold(x.Role)
			if !hasFold(templates, s.t.template(role)) && !hasFold(templates, role) {
				continue
			}
			id := fold(x.Principal.ID)
			if k := s.t.kind(id); k == graph.Group && !s.known(id) || k == 0 && !s.alone(x.Principal) {
				return false
			}
		}
	}
	return true
}

// assigned yields the role assignments in the form of instances.
func (s *story) assigned() iter.Seq[RoleInstance] {
	return func(yield func(RoleInstance) bool) {
		for _, x := range s.t.RoleAssignments {
			if !yield(RoleInstance{Role: x.Role, Principal: x.Principal}) {
				return
			}
		}
	}
}

func (s *story) crowd(groups []string, by through) map[string]bool {
	all := map[string]bool{}
	for _, g := range groups {
		for who := range s.everybodyBy(fold(g), by) {
			all[who] = true
		}
	}
	return all
}

// enforcedBy returns the names of the policies that demand a second factor of a
// user at every sign-in.
func (s *story) enforcedBy(id string, u User) []string {
	var names []string
	for _, d := range s.demands {
		if s.includes(d, id, u) && !s.excludes(d, id, u) {
			names = append(names, d.Name)
		}
	}
	if is(s.t.SecurityDefaults) && s.holdsAny(id, namedByDefaults(), false) {
		names = append(names, securityDefaults)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// includes reports whether a policy is certainly for a user.
func (s *story) includes(d demand, id string, u User) bool {
	return hasFold(d.IncludeUsers, everyUser) || hasFold(d.IncludeUsers, id) || d.included[id] ||
		s.holdsAny(id, d.IncludeRoles, false) ||
		hasFold(d.IncludeUsers, everyGuest) && strings.EqualFold(u.UserType, "Guest") && is(s.t.external(u))
}

// excludes reports whether a policy may leave a user out, now or once he has
// activated something.
func (s *story) excludes(d demand, id string, u User) bool {
	return hasFold(d.ExcludeUsers, everyUser) || hasFold(d.ExcludeUsers, id) || d.excluded[id] ||
		s.holdsAny(id, d.ExcludeRoles, true) ||
		(d.Guests || hasFold(d.ExcludeUsers, everyGuest)) && s.maybeGuest(u)
}

func (s *story) maybeGuest(u User) bool {
	return !isNot(s.t.external(u)) || !strings.EqualFold(u.UserType, "Member")
}

// holdsAny reports whether somebody has one of the roles, by their templates. For
// certain he has it when he has it now and in the whole tenant; perhaps, too, when
// he could activate it, or has it in a narrower scope.
func (s *story) holdsAny(id string, templates []string, perhaps bool) bool {
	if len(templates) == 0 {
		return false
	}
	for r, how := range s.powers.held[id] {
		certain := how.active && r.scope == everywhere
		if (certain || perhaps) && (hasFold(templates, s.t.template(r.role)) || hasFold(templates, r.role)) {
			return true
		}
	}
	return false
}

// namedByDefaults lists the roles of whose holders security defaults demand a
// second factor every time, as far as all versions of their page agree.
func namedByDefaults() []string {
	return []string{
		globalAdministrator, authenticationAdministrator, helpdeskAdministrator, passwordAdministrator,
		privilegedAuthentication, privilegedRole, userAdministrator,
		"9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", // Application Administrator
		"0526716b-113d-4c15-b2c8-68e3c22b9f80", // Authentication Policy Administrator
		"b0f54661-2d74-4c50-afa3-1ec803f12efe", // Billing Administrator
		"158c047a-c907-4556-b7ef-446551a6b5f7", // Cloud Application Administrator
		"b1be1c3e-b65d-4f19-8427-f6fa0d97feb9", // Conditional Access Administrator
		"29232cdf-9323-42fd-ade2-1d097af3e4de", // Exchange Administrator
		"45d8d3c5-c802-45c6-b32a-1d70b5e1e86e", // Identity Governance Administrator
		"194ae4cb-b126-40b2-bd5b-6091b380977d", // Security Administrator
		"f28a1f50-f6e7-4571-818b-6a12f2af6b6c", // SharePoint Administrator
	}
}

// tellMFA tells which second factors somebody has and what demands one of him.
func (s *story) tellMFA(a *attributes, id string, u User) {
	r := s.t.Registrations[id]
	a.yes("mfa_registered", r.Registered)
	a.yes("mfa_capable", r.Capable)
	a.list("mfa_methods", r.Methods)
	a.moment("mfa_as_of", r.Updated)
	by := s.enforcedBy(id, u)
	if len(by) > 0 {
		a.Set("mfa_enforced_by", by...)
	}
	if state := mfaOf(r, len(by) > 0); state != "" {
		s.told[graph.MFA]++
		a.Set("mfa", state)
	}
}

// mfaOf says how firmly somebody must use a second factor; empty is unknown. One
// who has not registered any may be asked to when he signs in the next time, which
// may be somebody else.
func mfaOf(r Registration, enforced bool) string {
	switch {
	case r.Registered == nil:
		return ""
	case isNot(r.Registered):
		return "none"
	case enforced:
		return "enforced"
	case is(r.Capable):
		return "capable"
	}
	return "registered"
}
