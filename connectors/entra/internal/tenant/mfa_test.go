// SPDX-License-Identifier: Apache-2.0

package tenant_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
	"github.com/foureyes-iga/foureyes/graph"
)

// demanding is a policy that demands a second factor of everybody.
func demanding() tenant.ConditionPolicy {
	return tenant.ConditionPolicy{Name: "P", State: "enabled", Controls: []string{"mfa"}, Any: yes(), IncludeUsers: []string{"All"}, IncludeApps: []string{"All"}}
}

// member is an ordinary user.
func member() tenant.User {
	return tenant.User{UPN: "u@contoso.com", UserType: "Member", Identities: []tenant.UserIdentity{}}
}

// TestMFA is the table of the specification.
func TestMFA(t *testing.T) {
	for _, tt := range []struct {
		registered, capable *bool
		enforced            bool
		want                string
	}{
		{no(), nil, false, "none"}, {no(), no(), true, "none"}, {no(), yes(), true, "none"},
		{yes(), no(), false, "registered"}, {yes(), nil, false, "registered"}, {yes(), no(), true, "enforced"}, {yes(), nil, true, "enforced"},
		{yes(), yes(), false, "capable"}, {yes(), yes(), true, "enforced"},
		{nil, nil, true, "-"}, {nil, nil, false, "-"}, {nil, yes(), false, "-"},
	} {
		x := one(member())
		x.Registrations = map[string]tenant.Registration{"u": {Registered: tt.registered, Capable: tt.capable}}
		if tt.enforced {
			x.Policies = map[string]tenant.ConditionPolicy{"p": demanding()}
		}
		if got := attr(t, tell(t, x), "account:e/u", "mfa"); got != tt.want {
			t.Errorf("%v %v %v: got %s, want %s", tt.registered, tt.capable, tt.enforced, got, tt.want)
		}
	}
}

// TestDemands changes one thing of a policy that demands a second factor.
func TestDemands(t *testing.T) {
	const yesPlease, nobody = "P", "-"
	for _, tt := range []struct {
		name   string
		change func(*tenant.ConditionPolicy)
		want   string
	}{
		{"as it is", func(*tenant.ConditionPolicy) {}, yesPlease},
		{"reported only", func(p *tenant.ConditionPolicy) { p.State = "enabledForReportingButNotEnforced" }, nobody},
		{"disabled", func(p *tenant.ConditionPolicy) { p.State = "disabled" }, nobody},
		{"state unknown", func(p *tenant.ConditionPolicy) { p.State = "" }, nobody},
		{"no controls", func(p *tenant.ConditionPolicy) { p.Controls = nil }, nobody},
		{"strength", func(p *tenant.ConditionPolicy) { p.Controls, p.Strength = nil, "Phishing-resistant" }, yesPlease},
		{"or a device", func(p *tenant.ConditionPolicy) { p.Controls = []string{"mfa", "compliantDevice"} }, nobody},
		{"and a device", func(p *tenant.ConditionPolicy) { p.Controls, p.Any = []string{"mfa", "compliantDevice"}, no() }, yesPlease},
		{"a device, and or or", func(p *tenant.ConditionPolicy) { p.Controls, p.Any = []string{"mfa", "compliantDevice"}, nil }, nobody},
		{"one control, and or or", func(p *tenant.ConditionPolicy) { p.Any = nil }, yesPlease},
		{"strength or mfa", func(p *tenant.ConditionPolicy) { p.Strength = "S" }, yesPlease},
		{"block", func(p *tenant.ConditionPolicy) { p.Controls, p.Any = []string{"mfa", "block"}, no() }, nobody},
		{"one application", func(p *tenant.ConditionPolicy) { p.IncludeApps = []string{"Office365"} }, nobody},
		{"but one application", func(p *tenant.ConditionPolicy) { p.ExcludeApps = []string{"x"} }, nobody},
		{"actions", func(p *tenant.ConditionPolicy) { p.Actions = []string{"urn:user:registersecurityinfo"} }, nobody},
		{"some places", func(p *tenant.ConditionPolicy) { p.Narrowed = []string{"locations"} }, nobody},
		{"nobody", func(p *tenant.ConditionPolicy) { p.IncludeUsers = []string{"None"} }, nobody},
		{"the id", func(p *tenant.ConditionPolicy) { p.IncludeUsers = []string{"U"} }, yesPlease},
		{"but the id", func(p *tenant.ConditionPolicy) { p.ExcludeUsers = []string{"U"} }, nobody},
		{"guests", func(p *tenant.ConditionPolicy) { p.IncludeUsers = []string{"GuestsOrExternalUsers"} }, nobody},
		{"but guests", func(p *tenant.ConditionPolicy) { p.ExcludeUsers = []string{"GuestsOrExternalUsers"} }, yesPlease},
		{"kinds of guests", func(p *tenant.ConditionPolicy) { p.Guests = true }, yesPlease},
	} {
		x := one(member())
		readAll(x)
		p := demanding()
		tt.change(&p)
		x.Policies = map[string]tenant.ConditionPolicy{"p": p}
		if got := attr(t, tell(t, x), "account:e/u", "mfa_enforced_by"); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestGuests asks policies that name guests.
func TestGuests(t *testing.T) {
	invited := tenant.User{UPN: "a#EXT#@b", UserType: "Guest", CreationType: "Invitation"}
	promoted := invited
	promoted.UserType = "Member"
	inside := member()
	inside.UserType = "Guest"
	for _, tt := range []struct {
		name                             string
		user                             tenant.User
		included, excluded, kindsOfGuest string
	}{
		{"member", member(), "-", "P", "P"},
		{"guest", invited, "P", "-", "-"},
		{"promoted guest", promoted, "-", "-", "-"},
		{"guest of one's own", inside, "-", "-", "-"},
		{"bare", tenant.User{Bare: true}, "-", "-", "-"},
	} {
		included, excluded, kinds := demanding(), demanding(), demanding()
		included.IncludeUsers = []string{"GuestsOrExternalUsers"}
		excluded.ExcludeUsers = []string{"guestsOrExternalUsers"}
		kinds.Guests = true
		for i, p := range []tenant.ConditionPolicy{included, excluded, kinds} {
			x := one(tt.user)
			x.Policies = map[string]tenant.ConditionPolicy{"p": p}
			want := []string{tt.included, tt.excluded, tt.kindsOfGuest}[i]
			if got := attr(t, tell(t, x), "account:e/u", "mfa_enforced_by"); got != want {
				t.Errorf("%s, policy %d: got %s, want %s", tt.name, i, got, want)
			}
		}
	}
}

// TestUnknownExclusion calls nobody enforced by a policy of which it is not known
// whom it excludes.
func TestUnknownExclusion(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*tenant.Tenant)
		want   string
	}{
		{"known", func(*tenant.Tenant) {}, "P"},
		{"withheld", func(x *tenant.Tenant) {
			x.Withheld(graph.ID{Kind: graph.Group, Source: "e", Key: "inner"}, graph.Memberships, "denied")
		}, "-"},
		{"withheld altogether", func(x *tenant.Tenant) {
			x.Withheld(graph.ID{Kind: graph.Group, Source: "e", Key: "outer"}, graph.All, "denied")
		}, "-"},
		{"members not read", func(x *tenant.Tenant) { x.Read(tenant.Part{Name: tenant.PartMembers, State: graph.Partial}) }, "-"},
		{"one group not read", func(x *tenant.Tenant) { delete(x.Members, "inner") }, "-"},
		{"a group that is gone", func(x *tenant.Tenant) { x.Members["inner"] = []tenant.Ref{{ID: "x", Type: "group"}} }, "P"},
		{"a group that came late", func(x *tenant.Tenant) {
			x.Members["inner"] = []tenant.Ref{{ID: "X"}}
			x.Late = map[string]string{"x": "group"}
		}, "-"},
		{"a group that nobody looked for", func(x *tenant.Tenant) {
			x.Members["inner"] = []tenant.Ref{{ID: "x", Type: "group"}}
			x.Read(tenant.Part{Name: tenant.PartStrangers, State: graph.Partial})
		}, "-"},
		{"something that nobody looked for", func(x *tenant.Tenant) {
			x.Members["inner"] = []tenant.Ref{{ID: "x"}}
			x.Read(tenant.Part{Name: tenant.PartStrangers, State: graph.Partial})
		}, "-"},
		{"a user whom nobody looked for", func(x *tenant.Tenant) {
			x.Members["inner"] = []tenant.Ref{{ID: "x", Type: "user"}}
			x.Read(tenant.Part{Name: tenant.PartStrangers, State: graph.Partial})
		}, "P"},
		{"a device", func(x *tenant.Tenant) { x.Members["inner"] = []tenant.Ref{{ID: "x", Type: "device"}} }, "P"},
		{"hidden", func(x *tenant.Tenant) {
			x.Groups["inner"] = tenant.Group{Visibility: "HiddenMembership"}
			x.HiddenGroups(false)
		}, "-"},
		{"a member", func(x *tenant.Tenant) { x.Members["inner"] = []tenant.Ref{{ID: "u"}} }, "-"},
		{"may become a member", func(x *tenant.Tenant) {
			x.GroupEligibility = map[string]tenant.GroupInstance{"1": {Group: "inner", Principal: tenant.Ref{ID: "u"}, Access: "member", Member: "Direct"}}
		}, "-"},
	} {
		x := one(member())
		x.Groups = map[string]tenant.Group{"outer": security(), "inner": security()}
		x.Members = tenant.Links{"outer": {{ID: "inner", Type: "group"}}, "inner": {}}
		p := demanding()
		p.ExcludeGroups = []string{"outer"}
		x.Policies = map[string]tenant.ConditionPolicy{"p": p}
		readAll(x)
		tt.change(x)
		if got := attr(t, tell(t, x), "account:e/u", "mfa_enforced_by"); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// A policy that excludes a role counts only when it is known who has that role, now
// or once he has activated it.
func TestExcludedRoles(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(x *tenant.Tenant)
		want   string
	}{
		{"nobody has it", func(*tenant.Tenant) {}, "P"},
		{"no licence to activate", func(x *tenant.Tenant) {
			x.Read(tenant.Part{Name: tenant.PartRoleEligibility, State: graph.Unlicensed})
			x.Read(tenant.Part{Name: tenant.PartGroupEligible, State: graph.Unlicensed})
		}, "P"},
		{"no licence to activate being in a group, but one for roles", func(x *tenant.Tenant) {
			x.Read(tenant.Part{Name: tenant.PartGroupEligible, State: graph.Unlicensed})
		}, "-"},
		{"no licence to activate a role, but one for groups", func(x *tenant.Tenant) {
			x.Read(tenant.Part{Name: tenant.PartRoleEligibility, State: graph.Unlicensed})
		}, "-"},
		{"who could activate it is not known", func(x *tenant.Tenant) {
			x.Read(tenant.Part{Name: tenant.PartRoleEligibility, State: graph.Denied})
		}, "-"},
		{"who could be in a group is not known", func(x *tenant.Tenant) {
			x.Read(tenant.Part{Name: tenant.PartGroupEligible, State: graph.Failed})
		}, "-"},
		{"a group has it", func(x *tenant.Tenant) {
			x.RoleAssignments = map[string]tenant.RoleAssignment{"1": {Role: globalID, Scope: "/", Principal: tenant.Ref{ID: "g", Type: "group"}}}
		}, "P"},
		{"a group has it that hides its members", func(x *tenant.Tenant) {
			x.RoleAssignments = map[string]tenant.RoleAssignment{"1": {Role: globalID, Scope: "/", Principal: tenant.Ref{ID: "g", Type: "group"}}}
			x.Groups["g"] = tenant.Group{Visibility: "HiddenMembership"}
			x.HiddenGroups(false)
		}, "-"},
	} {
		x := one(member())
		x.Groups, x.Members = map[string]tenant.Group{"g": security()}, tenant.Links{"g": {}}
		p := demanding()
		p.ExcludeRoles = []string{globalID}
		x.Policies = map[string]tenant.ConditionPolicy{"p": p}
		readAll(x)
		tt.change(x)
		if got := attr(t, tell(t, x), "account:e/u", "mfa_enforced_by"); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestSecurityDefaults(t *testing.T) {
	for _, tt := range []struct {
		on            *bool
		scope         string
		eligible      bool
		role          string
		assignedToAll bool
		want          string
	}{
		{yes(), "/", false, globalID, true, "security defaults"},
		{no(), "/", false, globalID, true, "-"},
		{nil, "/", false, globalID, true, "-"},
		{yes(), "/x", false, globalID, true, "-"},
		{yes(), "/", true, globalID, true, "-"},
		{yes(), "/", false, "88d8e3e3-8f55-4a1e-953a-9b9898b8876b", true, "-"},
	} {
		x := one(member())
		x.SecurityDefaults = tt.on
		if tt.eligible {
			x.RoleEligibilities = map[string]tenant.RoleInstance{"1": {Role: tt.role, Scope: tt.scope, Principal: tenant.Ref{ID: "u"}, Member: "Direct"}}
		} else {
			x.RoleAssignments = map[string]tenant.RoleAssignment{"1": {Role: tt.role, Scope: tt.scope, Principal: tenant.Ref{ID: "u"}}}
		}
		if got := attr(t, tell(t, x), "account:e/u", "mfa_enforced_by"); got != tt.want {
			t.Errorf("%+v: got %s", tt, got)
		}
	}
}

// TestEnforcementAgainstOracle holds random tenants against the words of the
// specification, followed step by step.
func TestEnforcementAgainstOracle(t *testing.T) {
	enforced, spared := 0, 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 7))
		x := randomTenant(r)
		all := tell(t, x)
		for id := range x.Users {
			got := attr(t, all, "account:e/"+id, "mfa_enforced_by")
			want := oracle{x}.enforcedBy(id)
			if got != want {
				t.Fatalf("seed %d: %s: got %s, want %s\n%+v", seed, id, got, want, x.Policies)
			}
			if got == "-" {
				spared++
			} else {
				enforced++
			}
		}
	}
	if enforced < 100 || spared < 100 {
		t.Errorf("too few of a kind: %d enforced, %d not", enforced, spared)
	}
}

func some(r *rand.Rand, of ...string) []string {
	var all []string
	for _, s := range of {
		if r.IntN(4) == 0 {
			all = append(all, s)
		}
	}
	return all
}

func randomTenant(r *rand.Rand) *tenant.Tenant {
	users, groups, roles := []string{"u0", "u1", "u2", "u3", "u4"}, []string{"g0", "g1", "g2", "g3"}, []string{"r0", "r1", "r2"}
	x := &tenant.Tenant{Source: "e", Users: map[string]tenant.User{}, Groups: map[string]tenant.Group{}, Members: tenant.Links{}, Roles: map[string]tenant.Role{},
		RoleAssignments: map[string]tenant.RoleAssignment{}, RoleEligibilities: map[string]tenant.RoleInstance{}, GroupEligibility: map[string]tenant.GroupInstance{},
		Policies: map[string]tenant.ConditionPolicy{}}
	for _, u := range users {
		x.Users[u] = member()
	}
	for _, g := range groups {
		x.Groups[g] = security()
		var refs []tenant.Ref
		for _, m := range some(r, slices.Concat(users, groups)...) {
			refs = append(refs, tenant.Ref{ID: m})
		}
		x.Members[g] = refs
		if r.IntN(3) == 0 {
			x.GroupEligibility[g] = tenant.GroupInstance{Group: g, Principal: tenant.Ref{ID: slices.Concat(users, groups)[r.IntN(9)]}, Access: "member", Member: "Direct"}
		}
	}
	for i, role := range roles {
		x.Roles[role] = tenant.Role{TemplateID: "t" + role, Actions: []string{}}
		for j, who := range some(r, slices.Concat(users, groups)...) {
			id := fmt.Sprint(i, "-", j)
			scope := []string{"/", "/", "/unit"}[r.IntN(3)]
			if r.IntN(3) > 0 {
				x.RoleAssignments[id] = tenant.RoleAssignment{Role: role, Scope: scope, Principal: tenant.Ref{ID: who}}
			} else {
				x.RoleEligibilities[id] = tenant.RoleInstance{Role: role, Scope: scope, Principal: tenant.Ref{ID: who}, Member: "Direct"}
			}
		}
	}
	for i := range 3 {
		p := demanding()
		p.Name = fmt.Sprint("P", i)
		p.IncludeUsers, p.ExcludeUsers = some(r, append(users, "All")...), some(r, "u0", "u1")
		p.IncludeGroups, p.ExcludeGroups = some(r, groups...), some(r, groups[:2]...)
		p.IncludeRoles, p.ExcludeRoles = some(r, "tr0", "tr1"), some(r, "tr2")
		x.Policies[p.Name] = p
	}
	readAll(x)
	if r.IntN(4) == 0 {
		x.Withheld(graph.ID{Kind: graph.Group, Source: "e", Key: groups[r.IntN(4)]}, graph.Memberships, "denied")
	}
	if r.IntN(6) == 0 {
		x.Read(tenant.Part{Name: tenant.PartRoleAssignments, State: graph.Denied})
	}
	return x
}

// An oracle says slowly what the facts must say. It asks the told graph for
// nothing but gaps and coverage.
type oracle struct{ x *tenant.Tenant }

// in follows every simple way by which somebody may be in a group; with eligible,
// by activating besides.
func (o oracle) in(who, group string, eligible bool, via ...string) bool {
	if slices.Contains(via, group) {
		return false
	}
	refs := slices.Clone(o.x.Members[group])
	for _, i := range o.x.GroupEligibility {
		if eligible && i.Group == group {
			refs = append(refs, i.Principal)
		}
	}
	for _, ref := range refs {
		if ref.ID == who || strings.HasPrefix(ref.ID, "g") && o.in(who, ref.ID, eligible, append(via, group)...) {
			return true
		}
	}
	return false
}

func (o oracle) has(who, template string, perhaps bool) bool {
	for _, a := range o.x.RoleAssignments {
		if "t"+a.Role == template && (perhaps || a.Scope == "/") && (a.Principal.ID == who || o.in(who, a.Principal.ID, perhaps)) {
			return true
		}
	}
	for _, e := range o.x.RoleEligibilities {
		if perhaps && "t"+e.Role == template && (e.Principal.ID == who || o.in(who, e.Principal.ID, true)) {
			return true
		}
	}
	return false
}

// unknown reports whether a group of which members are withheld is the group, or in
// it, or could be.
func (o oracle) unknown(group string) bool {
	for f := range o.x.Facts() {
		if g, ok := f.(graph.Gap); ok && g.Dataset == graph.Memberships && (g.About.Key == group || o.in(g.About.Key, group, true)) {
			return true
		}
	}
	return false
}

func (o oracle) rolesUnread() bool {
	for f := range o.x.Facts() {
		if c, ok := f.(graph.Coverage); ok && c.Dataset == graph.Assignments {
			return !c.State.Whole()
		}
	}
	return true
}

// holdersUnknown reports whether a group has a role, or could, and nobody knows who
// is in it.
func (o oracle) holdersUnknown(template string) bool {
	var groups []string
	for _, a := range o.x.RoleAssignments {
		if "t"+a.Role == template {
			groups = append(groups, a.Principal.ID)
		}
	}
	for _, e := range o.x.RoleEligibilities {
		if "t"+e.Role == template {
			groups = append(groups, e.Principal.ID)
		}
	}
	return slices.ContainsFunc(groups, func(id string) bool { return strings.HasPrefix(id, "g") && o.unknown(id) })
}

func (o oracle) enforcedBy(who string) string {
	var names []string
	for _, p := range o.x.Policies {
		in, out := slices.Contains(p.IncludeUsers, "All") || slices.Contains(p.IncludeUsers, who), slices.Contains(p.ExcludeUsers, who)
		for _, g := range p.IncludeGroups {
			in = in || o.in(who, g, false)
		}
		for _, r := range p.IncludeRoles {
			in = in || o.has(who, r, false)
		}
		for _, g := range p.ExcludeGroups {
			out = out || o.in(who, g, true) || o.unknown(g)
		}
		for _, r := range p.ExcludeRoles {
			out = out || o.has(who, r, true) || o.rolesUnread() || o.holdersUnknown(r)
		}
		if in && !out {
			names = append(names, p.Name)
		}
	}
	if names == nil {
		return "-"
	}
	slices.Sort(names)
	return strings.Join(names, "|")
}

// TestThroughDistributionGroup: a distribution group within a group is in no token, so a
// policy does not demand anything through it; but it may excuse through it.
func TestThroughDistributionGroup(t *testing.T) {
	for _, tt := range []struct {
		inner             tenant.Group
		include, excludes bool
		want              string
	}{
		{security(), true, false, "P"}, {distribution(), true, false, "-"},
		{security(), false, true, "-"}, {distribution(), false, true, "-"},
	} {
		x := one(member())
		x.Groups = map[string]tenant.Group{"g": security(), "in": tt.inner}
		x.Members = tenant.Links{"g": {{ID: "in", Type: "group"}}, "in": {{ID: "u", Type: "user"}}}
		p := demanding()
		if tt.include {
			p.IncludeUsers, p.IncludeGroups = nil, []string{"g"}
		}
		if tt.excludes {
			p.ExcludeGroups = []string{"g"}
		}
		x.Policies = map[string]tenant.ConditionPolicy{"p": p}
		readAll(x)
		if got := attr(t, tell(t, x), "account:e/u", "mfa_enforced_by"); got != tt.want {
			t.Errorf("through a %v group, included %v, excluded %v: got %s, want %s", tt.inner, tt.include, tt.excludes, got, tt.want)
		}
	}
}
