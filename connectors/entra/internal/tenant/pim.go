// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"fmt"

	"github.com/foureyes-iga/foureyes/graph"
)

// activation says what makes an eligible grant an active one.
func (s *story) activation(of string) string {
	rules, ok := s.t.Activations[of]
	switch {
	case !ok || rules.Approval == nil:
		return "activation rules not read"
	case *rules.Approval:
		return "activated with approval"
	}
	return "activated by oneself"
}

// groupEligible tells who may become a member or an owner of a group by activating
// it, and who is one now as only PIM for Groups shows.
func (s *story) groupEligible(yield teller) bool {
	for _, id := range sorted(s.t.GroupEligibility) {
		x := s.t.GroupEligibility[id]
		from, ok := s.holder(x.Principal)
		if !ok || !direct(x.Member) {
			continue
		}
		group := fold(x.Group)
		told := false
		if isOwner(x.Access) {
			told = !s.changeable(group) ||
				s.grant(yield, from, s.group(group), graph.Controls, graph.Terms{FromTime: x.Start, UntilTime: x.End, Via: "eligible owner"})
		} else {
			told = s.eligible(yield, x.Principal, from, s.group(group), graph.Terms{FromTime: x.Start, UntilTime: x.End, Via: s.activation(group)})
		}
		if !told {
			return false
		}
	}
	return s.beyondLists(yield)
}

// eligible tells an eligible grant. Somebody unresolved can have none: he is counted.
// Where it may be a group that was not listed, its members are eligible, and that is
// a gap at what they may activate.
func (s *story) eligible(yield teller, who Ref, from, to graph.ID, terms graph.Terms) bool {
	if from.Kind != graph.Unresolved {
		return s.grant(yield, from, to, graph.Eligible, terms)
	}
	s.lost++
	if s.alone(who) {
		return true
	}
	return s.gap(yield, to, graph.Eligibility, "what answers to "+from.Key+", which is eligible, was not looked for")
}

// beyondLists tells members and owners that only PIM for Groups shows. The lists
// should show them too: where they were read, they are not complete.
func (s *story) beyondLists(yield teller) bool {
	listed := map[pair]bool{}
	for at := range s.seen.windows {
		for _, r := range s.t.Members[at.in] {
			listed[pair{at.in, fold(r.ID)}] = true
		}
	}
	owned := map[pair]bool{}
	for at := range s.seen.ownership {
		for _, r := range s.t.GroupOwners[at.in] {
			owned[pair{at.in, fold(r.ID)}] = true
		}
	}
	missing := 0
	for _, id := range sorted(s.t.GroupInstances) {
		x := s.t.GroupInstances[id]
		at := pair{fold(x.Group), fold(x.Principal.ID)}
		owner := isOwner(x.Access)
		from, ok := s.holder(x.Principal)
		if !ok || !direct(x.Member) || owner && owned[at] || !owner && listed[at] {
			continue
		}
		kind, terms := graph.Member, graph.Terms{FromTime: x.Start, UntilTime: x.End, Via: "PIM for Groups"}
		if owner && !s.changeable(at.in) {
			continue
		}
		if owner {
			kind, terms.Via = graph.Controls, "owner"
		} else {
			missing++
		}
		if !s.grant(yield, from, s.group(at.in), kind, terms) {
			return false
		}
	}
	if missing > 0 {
		s.shortfall(graph.Partial, fmt.Sprintf("members that PIM for Groups shows and the lists of members do not: %d; collect again", missing), graph.Memberships)
	}
	return true
}

// roleEligible tells who may have a role by activating it, and holds what follows
// from groups against the groups.
func (s *story) roleEligible(yield teller) bool {
	for _, id := range sorted(s.t.RoleEligibilities) {
		x := s.t.RoleEligibilities[id]
		from, ok := s.holder(x.Principal)
		if !ok || !direct(x.Member) {
			continue
		}
		terms := graph.Terms{FromTime: x.Start, UntilTime: x.End, Via: s.activation(fold(x.Role))}
		if !s.eligible(yield, x.Principal, from, s.roleID(scoped(x.Role, x.Scope)), terms) {
			return false
		}
	}
	s.crossCheck()
	return true
}

// crossCheck holds the instances that follow from groups against the groups.
func (s *story) crossCheck() {
	astray := 0
	for _, x := range s.t.RoleInstances {
		if !direct(x.Member) && !s.powers.held[fold(x.Principal.ID)][scoped(x.Role, x.Scope)].active {
			astray++
		}
	}
	for _, x := range s.t.RoleEligibilities {
		if h := s.powers.held[fold(x.Principal.ID)][scoped(x.Role, x.Scope)]; !direct(x.Member) && !h.active && !h.eligible {
			astray++
		}
	}
	if astray > 0 {
		s.shortfall(graph.Partial, fmt.Sprintf("people who have a role through a group that does not lead to them: %d; its members are not complete", astray), graph.Memberships)
	}
}
