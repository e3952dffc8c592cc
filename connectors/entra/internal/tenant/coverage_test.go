// SPDX-License-Identifier: Apache-2.0

package tenant_test

import (
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
	"github.com/foureyes-iga/foureyes/graph"
)

// TestEveryPartCounts takes one part away after the other: some dataset must be the
// worse for it, or the part decides nothing.
func TestEveryPartCounts(t *testing.T) {
	decides := map[string][]graph.Dataset{
		tenant.PartUsers:           {graph.Accounts},
		tenant.PartPrincipals:      {graph.Accounts},
		tenant.PartGroups:          {graph.Groups, graph.Memberships},
		tenant.PartMembers:         {graph.Memberships},
		tenant.PartRoles:           {graph.Assignments, graph.Control},
		tenant.PartRoleAssignments: {graph.Assignments},
		tenant.PartAppRoles:        {graph.Assignments},
		tenant.PartConsents:        {graph.Assignments},
		tenant.PartPackages:        nil,
		tenant.PartPackageHolders:  nil,
		tenant.PartRoleEligibility: {graph.Eligibility},
		tenant.PartGroupEligible:   {graph.Eligibility, graph.Control},
		tenant.PartGroupOwners:     {graph.Control},
		tenant.PartAppOwners:       {graph.Control},
		tenant.PartSPOwners:        {graph.Control},
		tenant.PartApplications:    {graph.Control},
		tenant.PartFederated:       {graph.Control},
		tenant.PartUnits:           {graph.Control},
		tenant.PartUnitMembers:     {graph.Control},
		tenant.PartSignIns:         {graph.SignIn},
		tenant.PartRegistrations:   {graph.MFA},
		tenant.PartPolicies:        {graph.MFA},
		tenant.PartDefaults:        {graph.MFA},
		tenant.PartStrangers:       {graph.Accounts, graph.Groups, graph.Memberships},
		tenant.PartGroupInstances:  nil,
		tenant.PartRoleInstances:   nil,
		tenant.PartActivations:     nil,
	}
	whole := func() *tenant.Tenant {
		x := one(tenant.User{})
		x.Packages = map[string]tenant.AccessPackage{"p": {}}
		x.Groups = map[string]tenant.Group{"g": security()}
		x.Members = tenant.Links{"g": {{ID: "stranger"}}}
		x.GroupOwners = tenant.Links{"g": nil}
		readAll(x)
		return x
	}
	for _, d := range graph.Datasets() {
		if c := covered(t, tell(t, whole()), d); !c.State.Whole() || d != graph.Identities && c.Reason != "" {
			t.Fatalf("%s is %s: %s", d, c.State, c.Reason)
		}
	}
	for name, want := range decides {
		x := whole()
		x.Read(tenant.Part{Name: name, State: graph.Denied, Reason: "grant it"})
		all := tell(t, x)
		for _, d := range graph.Datasets() {
			c := covered(t, all, d)
			hurt := false
			for _, w := range want {
				hurt = hurt || w == d
			}
			state := graph.Denied
			if name == tenant.PartStrangers {
				state = graph.Partial
			}
			switch {
			case hurt && c.State != state:
				t.Errorf("without %s, %s is %s", name, d, c.State)
			case hurt && state == graph.Denied && c.Reason != name+": grant it":
				t.Errorf("without %s, the reason of %s is %q", name, d, c.Reason)
			case !hurt && !c.State.Whole():
				t.Errorf("without %s, %s is %s too", name, d, c.State)
			}
		}
	}
}

func TestStatesJoin(t *testing.T) {
	for _, tt := range []struct {
		users, principals tenant.Part
		state             graph.State
		reason            string
	}{
		{tenant.Part{State: graph.Complete}, tenant.Part{State: graph.Complete}, graph.Complete, ""},
		{tenant.Part{State: graph.Complete, Reason: "all is well"}, tenant.Part{State: graph.NotApplicable}, graph.Complete, ""},
		{tenant.Part{State: graph.NotApplicable}, tenant.Part{State: graph.NotApplicable}, graph.NotApplicable, ""},
		{tenant.Part{State: graph.Partial, Reason: "a"}, tenant.Part{State: graph.Failed, Reason: "b"}, graph.Failed, "users: a; service principals: b"},
		{tenant.Part{State: graph.Denied}, tenant.Part{State: graph.Unlicensed, Reason: "P1"}, graph.Denied, "users: denied; service principals: P1"},
		{tenant.Part{State: graph.NotRequested}, tenant.Part{State: graph.Complete}, graph.NotRequested, "users: not-requested"},
		{tenant.Part{State: graph.Complete, Items: 9, Expected: graph.CountOf(10)}, tenant.Part{State: graph.Complete}, graph.Partial, "users: 9 came, 10 were counted; collect again"},
		{tenant.Part{State: graph.Complete, Items: 11, Expected: graph.CountOf(10)}, tenant.Part{State: graph.Complete}, graph.Complete, ""},
		{tenant.Part{State: graph.Complete, Items: 9, Expected: graph.CountOf(10), Drift: 1}, tenant.Part{State: graph.Complete}, graph.Complete, ""},
		{tenant.Part{State: graph.Complete, Items: 8, Expected: graph.CountOf(10), Drift: 1}, tenant.Part{State: graph.Complete}, graph.Partial, "users: 8 came, 10 were counted; collect again"},
		{tenant.Part{State: graph.Denied, Reason: "r", Items: 0, Expected: graph.CountOf(10)}, tenant.Part{State: graph.Complete}, graph.Denied, "users: r"},
		{tenant.Part{}, tenant.Part{State: graph.Complete}, graph.Partial, "users: no state was recorded"},
	} {
		x := &tenant.Tenant{Source: "e"}
		tt.users.Name, tt.principals.Name = tenant.PartUsers, tenant.PartPrincipals
		x.Read(tt.users)
		x.Read(tt.principals)
		c := covered(t, tell(t, x), graph.Accounts)
		if c.State != tt.state || c.Reason != tt.reason {
			t.Errorf("%+v and %+v: got %s, %q", tt.users, tt.principals, c.State, c.Reason)
		}
	}
}

// TestOneByOne tells a gap where a read is complete and nobody says a word of one
// object.
func TestOneByOne(t *testing.T) {
	x := one(tenant.User{})
	x.Groups = map[string]tenant.Group{"g": security(), "h": security()}
	x.Members = tenant.Links{"g": nil}
	x.GroupOwners = tenant.Links{"g": nil}
	x.ServicePrincipals = map[string]tenant.ServicePrincipal{"s": {AppID: "a"}}
	x.Applications = map[string]tenant.Application{"o": {AppID: "a"}}
	x.Units = map[string]tenant.Unit{"n": {}}
	readAll(x)
	x.Withheld(graph.ID{Kind: graph.Group, Source: "e", Key: "h"}, graph.Memberships, "429 after 8 tries")
	all := tell(t, x)
	got := strings.Join(gaps(all), "\n")
	want := "group:e/h control: owners of groups: not read of this one\n" +
		"account:e/s control: the owners of its application were not read\n" +
		"group:e/h memberships: 429 after 8 tries"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if c := covered(t, all, graph.Control); c.State != graph.Partial || c.Reason != "administrative units whose members were not read: 1" {
		t.Errorf("control is %s: %s", c.State, c.Reason)
	}
	if c := covered(t, all, graph.Memberships); c.State != graph.Complete {
		t.Errorf("memberships are %s: %s", c.State, c.Reason)
	}
}

// TestSeenToBeMissing keeps a dataset from looking whole when what was read shows
// that it is not.
func TestSeenToBeMissing(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*tenant.Tenant)
		of     graph.Dataset
		reason string
	}{
		{"bare user", func(x *tenant.Tenant) { x.Users["u"] = tenant.User{Bare: true} }, graph.Accounts, "users of which only the id is shown: 1; grant User.Read.All"},
		{"bare principal", func(x *tenant.Tenant) {
			x.ServicePrincipals = map[string]tenant.ServicePrincipal{"s": {Bare: true}}
			x.SPOwners = tenant.Links{"s": nil}
		}, graph.Accounts, "service principals of which only the id is shown: 1; grant Application.Read.All"},
		{"bare group", func(x *tenant.Tenant) { x.Groups = map[string]tenant.Group{"g": {Bare: true}} }, graph.Groups, "groups of which only the id is shown: 1; grant Group.Read.All"},
		{"role without definition", func(x *tenant.Tenant) {
			x.RoleAssignments = map[string]tenant.RoleAssignment{"1": {Role: "r", Principal: tenant.Ref{ID: "u"}}}
		}, graph.Assignments, "roles that somebody has and that were not listed: 1"},
		{"late", func(x *tenant.Tenant) {
			x.RoleAssignments = map[string]tenant.RoleAssignment{"1": {Role: "r", Principal: tenant.Ref{ID: "late"}}}
			x.Roles = map[string]tenant.Role{"r": {Actions: []string{}}}
			x.Late = map[string]string{"late": "group"}
		}, graph.Memberships, "objects that are there and were not listed: 1; collect again"},
		{"role without actions", func(x *tenant.Tenant) { x.Roles = map[string]tenant.Role{"r": {}} }, graph.Control, "roles whose actions are not shown: 1"},
	} {
		x := one(tenant.User{})
		readAll(x)
		tt.change(x)
		if c := covered(t, tell(t, x), tt.of); c.State != graph.Partial || c.Reason != tt.reason {
			t.Errorf("%s: %s is %s: %q", tt.name, tt.of, c.State, c.Reason)
		}
	}
}
