// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

type shortfall struct {
	dataset graph.Dataset
	state   graph.State
	reason  string
}

type part struct{ Part }

// Read records how much of a part was read. A part that is recorded twice has the
// later record.
func (t *Tenant) Read(p Part) {
	if p.State < graph.NotApplicable || p.State > graph.Failed {
		p.State, p.Reason = graph.Partial, "no state was recorded"
	}
	if t.parts == nil {
		t.parts = map[string]*part{}
	}
	t.parts[p.Name] = &part{p}
}

// Withheld records that of one object the grants of a dataset could not be read.
func (t *Tenant) Withheld(about graph.ID, d graph.Dataset, reason string) {
	t.gaps = append(t.gaps, graph.Gap{About: about, Dataset: d, Reason: reason})
}

// restsOn lists the parts of which a dataset is made.
func (s *story) restsOn(d graph.Dataset) []string {
	switch d {
	case graph.Accounts:
		return []string{PartUsers, PartPrincipals}
	case graph.Groups:
		return []string{PartGroups}
	case graph.Memberships:
		return []string{PartGroups, PartMembers}
	case graph.Assignments:
		return []string{PartRoles, PartRoleAssignments, PartAppRoles, PartConsents}
	case graph.Eligibility:
		return []string{PartRoleEligibility, PartGroupEligible}
	case graph.Control:
		return []string{PartGroupOwners, PartAppOwners, PartSPOwners, PartSPOwned, PartApplications, PartFederated, PartUnits, PartUnitMembers, PartRoles, PartGroupEligible}
	case graph.SignIn:
		return []string{PartSignIns}
	case graph.MFA:
		return []string{PartRegistrations, PartPolicies, PartDefaults}
	}
	return nil
}

// besides lists parts that a dataset does not rest on, and that say more of it.
func besides(d graph.Dataset) []string {
	switch d {
	case graph.Accounts:
		return []string{PartDeleted, PartSponsors, PartMailboxes, PartStrangers, PartLicences}
	case graph.Memberships:
		return []string{PartGroupInstances, PartPrincipalGroups, PartAudits}
	case graph.Assignments:
		return []string{PartRoleInstances, PartPackages, PartPackageHolders}
	case graph.Eligibility:
		return []string{PartActivations}
	}
	return nil
}

// Whole reports whether all of a part was read and its counts agree.
func (t *Tenant) Whole(name string) bool { return t.whole(name) }

// whole reports whether all of a part was read.
func (t *Tenant) whole(name string) bool {
	p := t.parts[name]
	return p != nil && p.judge().Whole()
}

// judge returns the state of a part, with its counts considered.
func (p *part) judge() graph.State {
	if p.State == graph.Complete && p.unbalanced() {
		return graph.Partial
	}
	return p.State
}

// unbalanced reports whether less came than was counted, by more than what changed
// meanwhile. That more came is the lag of the index that counts.
func (p *part) unbalanced() bool {
	n, known := p.Expected.Get()
	return known && n-int64(p.Items) > int64(p.Drift)
}

// why says what is wrong with a part; empty when nothing is.
func (p *part) why() string {
	switch {
	case p.State == graph.Complete && p.unbalanced():
		return fmt.Sprintf("%s: %d came, %s were counted; collect again", p.Name, p.Items, p.Expected)
	case p.State.Whole() && p.Reason == "":
		return ""
	case p.Reason == "":
		return p.Name + ": " + p.State.String()
	}
	return p.Name + ": " + text(p.Reason)
}

// coverage ends the story: one record per dataset.
func (s *story) coverage(yield teller) bool {
	s.lookAtStrangers()
	s.lookAtBare()
	s.lookAtUnits()
	for _, d := range graph.Datasets() {
		if !yield(s.record(d)) {
			return false
		}
	}
	return true
}

// lookAtStrangers tells that somebody who is named and was not listed is there, or
// may be.
func (s *story) lookAtStrangers() {
	late := 0
	for id := range s.unresolved {
		_, isThere := s.t.Late[id]
		late += one(isThere)
	}
	if late > 0 {
		s.shortfall(graph.Partial, fmt.Sprintf("objects that are there and were not listed: %d; collect again", late), graph.Accounts, graph.Groups, graph.Memberships)
	}
	if n := len(s.unresolved); n > 0 && !s.t.whole(PartStrangers) {
		s.shortfall(graph.Partial, fmt.Sprintf("objects that were named and not listed, and not looked for once more: %d", n), graph.Accounts, graph.Groups, graph.Memberships)
	}
}

// lookAtUnits tells units whose members nobody recorded: a role in one changes them.
func (s *story) lookAtUnits() {
	missing := 0
	for id := range s.t.Units {
		_, read := s.t.UnitMembers[id]
		missing += one(!read)
	}
	if missing > 0 && s.t.whole(PartUnitMembers) {
		s.shortfall(graph.Partial, fmt.Sprintf("administrative units whose members were not read: %d", missing), graph.Control)
	}
	unlisted := map[string]bool{}
	for _, r := range s.roles {
		if id, ok := strings.CutPrefix(strings.ToLower(r.scope), "/administrativeunits/"); ok {
			if _, known := s.t.Units[fold(id)]; !known {
				unlisted[id] = true
			}
		}
	}
	if len(unlisted) > 0 {
		s.shortfall(graph.Partial, fmt.Sprintf("administrative units in which somebody has a role, and that were not listed: %d; collect again", len(unlisted)), graph.Control)
	}
	if s.t.hiddenUnits > 0 {
		s.shortfall(graph.Partial, fmt.Sprintf("administrative units that hide their members: %d; grant Member.Read.Hidden", s.t.hiddenUnits), graph.Control)
	}
}

// lookAtBare tells objects of which Graph showed only that they are there.
func (s *story) lookAtBare() {
	users, principals, groups := 0, 0, 0
	for _, u := range s.t.Users {
		users += one(u.Bare)
	}
	for _, p := range s.t.ServicePrincipals {
		principals += one(p.Bare)
	}
	for _, g := range s.t.Groups {
		groups += one(g.Bare)
	}
	s.bare(users, "users", "User.Read.All", graph.Accounts)
	s.bare(principals, "service principals", "Application.Read.All", graph.Accounts)
	s.bare(groups, "groups", "Group.Read.All", graph.Groups)
}

func (s *story) bare(n int, of, cure string, d graph.Dataset) {
	if n > 0 {
		s.shortfall(graph.Partial, fmt.Sprintf("%s of which only the id is shown: %d; grant %s", of, n, cure), d)
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (s *story) record(d graph.Dataset) graph.Coverage {
	c := graph.Coverage{Source: s.t.Source, Dataset: d}
	if d == graph.Identities {
		c.State, c.Reason = graph.NotApplicable, "the directory holds accounts; people come from an HR source"
		return c
	}
	c.Received = graph.CountOf(s.told[d])
	if people := s.concerning(d); people != nil {
		c.Details.Set(graph.Concerning, texts(people)...)
	}
	var reasons []string
	for _, name := range s.restsOn(d) {
		p := s.t.parts[name]
		if p == nil {
			p = &part{Part{Name: name, State: graph.Partial, Reason: "no word about it"}}
		}
		c.State = max(c.State, p.judge())
		if why := p.why(); why != "" && !p.judge().Whole() {
			reasons = append(reasons, why)
		}
		c.Details.Set(name, p.evidence()...)
	}
	for _, name := range besides(d) {
		if p := s.t.parts[name]; p != nil {
			c.Details.Set(name, p.evidence()...)
		}
	}
	for _, f := range s.short {
		if f.dataset.Includes(d) {
			c.State = max(c.State, f.state)
			reasons = append(reasons, f.reason)
		}
	}
	if d == graph.Eligibility && s.lost > 0 {
		c.Details.Set("eligible, and nothing answers to their ids", strconv.Itoa(s.lost))
	}
	s.count(&c)
	c.Reason = strings.Join(once(reasons), "; ")
	return c
}

// concerning returns the people about whom all of a dataset was read, when it was not
// read about others: every part of it is whole, or was asked about exactly them.
func (s *story) concerning(d graph.Dataset) (people []string) {
	for _, name := range s.restsOn(d) {
		p := s.t.parts[name]
		switch {
		case p == nil:
			return nil
		case p.judge().Whole():
		case p.State != graph.NotRequested || len(p.Concerning) == 0 || people != nil && !slices.Equal(people, p.Concerning):
			return nil
		default:
			people = p.Concerning
		}
	}
	return people
}

// once drops what was said before.
func once(all []string) []string {
	var kept []string
	for _, s := range all {
		if !slices.Contains(kept, s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// count says how many there should be, where all parts of a dataset were counted
// besides, and only things that were counted are told.
func (s *story) count(c *graph.Coverage) {
	if p := s.t.parts[PartMembers]; c.Dataset == graph.Memberships && p != nil && p.Method != "" {
		c.Received, c.Expected, c.Method = graph.CountOf(p.Items), p.Expected, text(p.Method)
		return
	}
	if c.Dataset != graph.Accounts && c.Dataset != graph.Groups {
		c.Method = "every page of every request; there is no second count"
		return
	}
	sum := 0
	if c.Dataset == graph.Accounts {
		sum = len(s.devices) + s.deleted()
	}
	var methods []string
	for _, name := range s.restsOn(c.Dataset) {
		p := s.t.parts[name]
		if p == nil {
			return
		}
		n, known := p.Expected.Get()
		if !known {
			return
		}
		sum += int(n)
		methods = append(methods, text(p.Method))
	}
	c.Expected, c.Method = graph.CountOf(sum), strings.Join(once(methods), "; ")
}

// deleted counts users in the recycle bin, which no count of users includes.
func (s *story) deleted() (n int) {
	for _, u := range s.t.Users {
		n += one(!u.Deleted.IsZero())
	}
	return n
}

// evidence tells how a part was read.
func (p *part) evidence() []string {
	lines := []string{}
	if p.Query != "" {
		lines = append(lines, text(p.Query))
	}
	lines = append(lines, p.State.String())
	if p.Requests > 0 {
		lines = append(lines, strings.Join([]string{plural(p.Requests, "request"), plural(p.Pages, "page"), plural(p.Items, "item"), plural(int(p.Bytes), "byte")}, ", "))
	}
	if n, known := p.Expected.Get(); known {
		lines = append(lines, fmt.Sprintf("counted besides: %d", n))
	}
	if p.Drift > 0 {
		lines = append(lines, fmt.Sprintf("made or deleted while this was read: %d", p.Drift))
	}
	return append(lines, texts(p.Notes)...)
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// unread tells a gap at every object whose links nobody recorded, though the part
// is said to be whole.
func (s *story) unread(yield teller, ids []string, links Links, k graph.Kind, d graph.Dataset, part string) bool {
	if !s.t.whole(part) {
		return true
	}
	for _, id := range ids {
		if _, read := links[id]; !read && !s.gap(yield, s.id(k, id), d, part+": not read of this one") {
			return false
		}
	}
	return true
}
