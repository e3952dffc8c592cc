// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

func (s *story) groups(yield teller) bool {
	for _, id := range sorted(s.t.Groups) {
		s.told[graph.Groups]++
		if !yield(s.groupNode(id, s.t.Groups[id])) {
			return false
		}
	}
	return true
}

func (s *story) groupNode(id string, g Group) graph.Node {
	a := attributes{make(graph.Attrs, 0, 16)}
	a.text("description", g.Description)
	a.text("mail", g.Mail)
	a.moment("created", g.Created)
	a.text("group_type", g.kind())
	a.yes("role_assignable", g.RoleAssignable)
	a.text("visibility", g.Visibility)
	a.yes("synced", g.OnPremises.Synced)
	a.text("on_premises_sid", g.OnPremises.SID)
	if g.dynamic() {
		a.Set("dynamic", "true")
		a.text("membership_rule", g.MembershipRule)
		a.text("rule_processing", g.RuleProcessing)
	}
	if owners := s.t.GroupOwners[id]; len(owners) == 1 {
		if owner, ok := s.holder(owners[0]); ok {
			a.Set("owner", owner.String())
		}
	}
	s.tellChanges(&a, id)
	return graph.Node{ID: s.group(id), Name: named(g.Name, id), Attrs: a.Attrs}
}

// Kinds of groups.
const (
	microsoft365 = "microsoft365"
	security     = "security"
	mailSecurity = "mail-security"
	distribution = "distribution"
)

// kind names the kind of a group; empty is unknown.
func (g Group) kind() string {
	switch {
	case hasFold(g.Types, "Unified"):
		return microsoft365
	case g.Types == nil || g.SecurityEnabled == nil || g.MailEnabled == nil:
		return ""
	case *g.SecurityEnabled && *g.MailEnabled:
		return mailSecurity
	case *g.SecurityEnabled:
		return security
	case *g.MailEnabled:
		return distribution
	}
	return ""
}

func (g Group) dynamic() bool {
	return hasFold(g.Types, "DynamicMembership") || g.Types == nil && g.MembershipRule != ""
}

func hasFold(all []string, one string) bool {
	return slices.ContainsFunc(all, func(s string) bool { return strings.EqualFold(s, one) })
}

// members tells who is in each group.
func (s *story) members(yield teller) bool {
	for _, id := range sorted(s.t.Members) {
		to, in := s.group(id), s.t.Groups[id].kind()
		for _, r := range s.t.Members[id] {
			if s.t.leftOut(r, in) {
				continue
			}
			from, ok := s.holder(r)
			if ok && !s.member(yield, from, to) {
				return false
			}
		}
	}
	return s.unread(yield, sorted(s.t.Groups), s.t.Members, graph.Group, graph.Memberships, PartMembers)
}

// member tells one membership; it is more than one where it has several windows.
func (s *story) member(yield teller, from, to graph.ID) bool {
	since := s.history.since(from, to)
	for _, w := range s.windows(s.seen.windows, from, to) {
		w.Since = sinceUnless(w, since)
		if !s.grant(yield, from, to, graph.Member, w) {
			return false
		}
	}
	return true
}

// sinceUnless returns when the audit log says that a grant was made, unless it has a
// window: its latest entry may speak of another.
func sinceUnless(w graph.Terms, since time.Time) time.Time {
	if w.FromTime.IsZero() && w.UntilTime.IsZero() {
		return since
	}
	return time.Time{}
}

// windows returns the terms that instances of PIM for Groups give a grant that
// stands. Where one has no end, or there is none, the grant has no window.
func (s *story) windows(of map[pair][]GroupInstance, from, to graph.ID) []graph.Terms {
	always := []graph.Terms{{}}
	if len(of) == 0 {
		return always
	}
	var all []graph.Terms
	for _, i := range of[pair{to.Key, from.Key}] {
		if i.End.IsZero() {
			return always
		}
		all = append(all, graph.Terms{FromTime: i.Start, UntilTime: i.End})
	}
	return s.standing(all)
}

// leftOut reports whether a member of a group of a kind gets nothing by it: mail
// that is sent on is no access.
func (t *Tenant) leftOut(r Ref, in string) bool {
	if in == distribution || in == "" {
		return false
	}
	g, ok := t.Groups[fold(r.ID)]
	return ok && g.kind() == distribution
}

// changeable reports whether owners of a group may change its members. Those of a
// synced group are mastered on premises, those of a dynamic one follow a rule that
// only administrators write, and a restricted unit shuts owners out.
func (s *story) changeable(id string) bool {
	g := s.t.Groups[id]
	return !is(g.OnPremises.Synced) && !g.dynamic() && !s.seen.restricted[id]
}

// groupOwners tells who may change the members of a group by owning it.
func (s *story) groupOwners(yield teller) bool {
	for _, id := range sorted(s.t.GroupOwners) {
		if !s.changeable(id) {
			continue
		}
		for _, r := range s.t.GroupOwners[id] {
			from, ok := s.holder(r)
			if ok && !s.owner(yield, from, s.group(id)) {
				return false
			}
		}
	}
	return s.unread(yield, sorted(s.t.Groups), s.t.GroupOwners, graph.Group, graph.Control, PartGroupOwners)
}

func (s *story) owner(yield teller, from, to graph.ID) bool {
	for _, w := range s.windows(s.seen.ownership, from, to) {
		w.Via = "owner"
		if !s.grant(yield, from, to, graph.Controls, w) {
			return false
		}
	}
	return true
}

// HiddenGroups records that the members of groups and of administrative units that
// hide them could not be read, unless the permission to read them is known to be
// there.
func (t *Tenant) HiddenGroups(canReadHidden bool) {
	if canReadHidden {
		return
	}
	for _, u := range t.Units {
		t.hiddenUnits += one(strings.EqualFold(u.Visibility, "HiddenMembership"))
	}
	for _, id := range sorted(t.Groups) {
		if strings.EqualFold(t.Groups[id].Visibility, "HiddenMembership") {
			t.Withheld(graph.ID{Kind: graph.Group, Source: t.Source, Key: id}, graph.Memberships,
				"the group hides its members; grant Member.Read.Hidden")
		}
	}
}
