// SPDX-License-Identifier: Apache-2.0

package tenant_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
	"github.com/foureyes-iga/foureyes/fixtures/fixturetest"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

func yes() *bool { v := true; return &v }
func no() *bool  { v := false; return &v }

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err) // a mistake in a test
	}
	return t
}

// tell returns every fact, and fails when a graph refuses one.
func tell(t testing.TB, x *tenant.Tenant) []graph.Fact {
	t.Helper()
	var all []graph.Fact
	var b graph.Builder
	for f := range x.Facts() {
		if err := b.Add(f); err != nil {
			t.Errorf("%v: %v", f, err)
		}
		all = append(all, f)
	}
	return all
}

func build(t testing.TB, x *tenant.Tenant) *graph.Graph {
	t.Helper()
	var b graph.Builder
	for _, f := range tell(t, x) {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph()
}

func lines(all []graph.Fact) []byte {
	var b []byte
	for _, f := range all {
		b = append(facts.Append(b, f), '\n')
	}
	return b
}

// readAll says that everything was read.
func readAll(x *tenant.Tenant) {
	for _, name := range []string{
		tenant.PartUsers, tenant.PartPrincipals, tenant.PartGroups, tenant.PartMembers, tenant.PartRoles, tenant.PartRoleAssignments,
		tenant.PartRoleInstances, tenant.PartAppRoles, tenant.PartConsents, tenant.PartPackages, tenant.PartPackageHolders,
		tenant.PartRoleEligibility, tenant.PartGroupEligible, tenant.PartGroupInstances, tenant.PartActivations, tenant.PartGroupOwners,
		tenant.PartAppOwners, tenant.PartSPOwners, tenant.PartSPOwned, tenant.PartApplications, tenant.PartFederated, tenant.PartUnits, tenant.PartUnitMembers,
		tenant.PartSignIns, tenant.PartRegistrations, tenant.PartPolicies, tenant.PartDefaults, tenant.PartStrangers,
	} {
		x.Read(tenant.Part{Name: name, State: graph.Complete, Query: "GET /" + name})
	}
}

// Ids of the world, short so that the golden file can be read.
const (
	graphApp = "00000003-0000-0000-c000-000000000000"
	globalID = "62e90394-69f5-4237-9190-012177145e10"
	helpdesk = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
)

// contoso is a tenant in which everything happens once.
func contoso() *tenant.Tenant {
	x := &tenant.Tenant{
		Source: "entra", Now: at("2026-11-26T12:00:00Z"), ID: "tenant-1", Name: "Contoso",
		Licences: []string{"AAD_PREMIUM_P2"}, LicencesRead: true,
		SecurityDefaults: no(),
	}
	contosoPeople(x)
	contosoGroups(x)
	contosoRoles(x)
	contosoApps(x)
	contosoPolicies(x)
	readAll(x)
	x.Read(tenant.Part{Name: tenant.PartUsers, State: graph.Complete, Query: "GET /users", Requests: 1, Pages: 1, Items: 6, Bytes: 2048,
		Expected: graph.CountOf(7), Method: "$count", Drift: 1, Notes: []string{"one user was made meanwhile"}})
	x.Read(tenant.Part{Name: tenant.PartPrincipals, State: graph.Complete, Items: 3, Expected: graph.CountOf(3), Method: "$count"})
	x.Read(tenant.Part{Name: tenant.PartRegistrations, State: graph.Unlicensed, Reason: "needs Entra ID P1"})
	x.Read(tenant.Part{Name: tenant.PartConsents, State: graph.Denied, Reason: "grant Directory.Read.All"})
	x.HiddenGroups(false)
	return x
}

func contosoPeople(x *tenant.Tenant) {
	internal := []tenant.UserIdentity{{SignInType: "userPrincipalName", Issuer: "contoso.onmicrosoft.com"}}
	x.Users = map[string]tenant.User{
		"ana": {ID: "ana", UPN: "ana@contoso.com", Name: "Ana Ruiz", Enabled: yes(), UserType: "Member", Identities: internal, EmployeeID: "E1", Manager: "ben",
			Created: at("2020-01-02T03:04:05Z"), HireDate: at("2020-01-01T00:00:00Z"),
			OnPremises: tenant.OnPremises{Synced: yes(), SID: "S-1-5-21-1-2-3-1104", ImmutableID: "Gvk7nkzjO0W8LCdsTqCFTQ=="}},
		"ben": {ID: "ben", UPN: "ben@contoso.onmicrosoft.com", Name: "Ben", Enabled: no(), UserType: "Member", Identities: internal},
		"gus": {ID: "gus", UPN: "gus_fabrikam.com#EXT#@contoso.onmicrosoft.com", Enabled: yes(), UserType: "Member", CreationType: "Invitation", ExternalState: "Accepted", Identities: internal},
		"del": {ID: "del", UPN: "del@contoso.com", Enabled: yes(), UserType: "Member", Identities: internal, Deleted: at("2026-11-20T00:00:00Z")},
		"box": {ID: "box", UPN: "box@contoso.com", Enabled: yes(), UserType: "Member", Identities: internal},
		"dim": {ID: "dim", Bare: true},
	}
	x.Sponsors = map[string][]string{"gus": {"ANA"}}
	x.Mailboxes = map[string]string{"box": "shared"}
	x.SignIns = map[string]tenant.SignIn{
		"ana": {LastSuccessful: at("2026-11-25T08:00:00Z"), LastInteractive: at("2026-11-25T09:00:00Z")},
		"ben": {LastInteractive: at("2024-01-01T00:00:00Z"), LastNonInteractive: at("2024-02-01T00:00:00Z")},
	}
	x.Registrations = map[string]tenant.Registration{
		"ana": {Registered: yes(), Capable: yes(), Methods: []string{"passKeyDeviceBound"}, Updated: at("2026-11-24T00:00:00Z")},
		"ben": {Registered: no(), Capable: no(), Methods: []string{}},
	}
}

func contosoGroups(x *tenant.Tenant) {
	x.Groups = map[string]tenant.Group{
		"sales":  {ID: "sales", Name: "Sales\x1b[31m", SecurityEnabled: yes(), MailEnabled: no(), Types: []string{}},
		"team":   {ID: "team", Name: "Team", SecurityEnabled: no(), MailEnabled: yes(), Types: []string{"Unified"}, Visibility: "HiddenMembership"},
		"list":   {ID: "list", Name: "List", SecurityEnabled: no(), MailEnabled: yes(), Types: []string{}},
		"rule":   {ID: "rule", Name: "Rule", SecurityEnabled: yes(), MailEnabled: no(), Types: []string{"DynamicMembership"}, MembershipRule: "user.department -eq \"x\"", RuleProcessing: "Paused"},
		"synced": {ID: "synced", Name: "Synced", SecurityEnabled: yes(), MailEnabled: no(), Types: []string{}, OnPremises: tenant.OnPremises{Synced: yes(), SID: "S-1-5-21-1-2-3-513"}},
		"admins": {ID: "admins", Name: "Admins", SecurityEnabled: yes(), MailEnabled: no(), Types: []string{}, RoleAssignable: yes()},
	}
	x.Members = tenant.Links{
		"sales":  {{ID: "ANA", Type: "user"}, {ID: "list", Type: "group"}, {ID: "pc", Type: "device"}, {ID: "card", Type: "orgContact"}, {ID: "ghost", Type: "user"}, {ID: "robot", Type: "servicePrincipal"}},
		"team":   {{ID: "gus", Type: "user"}},
		"list":   {{ID: "ben", Type: "user"}},
		"rule":   {{ID: "ana", Type: "user"}},
		"synced": {{ID: "sales", Type: "group"}},
		"admins": {{ID: "ben", Type: "user"}},
	}
	x.Devices = map[string]tenant.Device{"pc": {ID: "pc", Name: "PC-1"}}
	x.GroupOwners = tenant.Links{"sales": {{ID: "ben", Type: "user"}}, "team": {}, "list": {}, "rule": {{ID: "ben", Type: "user"}}, "synced": {{ID: "ben", Type: "user"}}, "admins": {{ID: "box", Type: "user"}}}
	x.GroupInstances = map[string]tenant.GroupInstance{
		"i1": {ID: "i1", Group: "admins", Principal: tenant.Ref{ID: "ben"}, Access: "member", Member: "Direct", Assignment: "Activated", Start: at("2026-11-26T10:00:00Z"), End: at("2026-11-26T18:00:00Z")},
	}
	x.GroupEligibility = map[string]tenant.GroupInstance{
		"e1": {ID: "e1", Group: "admins", Principal: tenant.Ref{ID: "ben"}, Access: "member", Member: "Direct", Start: at("2026-01-01T00:00:00Z"), End: at("2027-01-01T00:00:00Z")},
		"e2": {ID: "e2", Group: "admins", Principal: tenant.Ref{ID: "gone"}, Access: "member", Member: "Direct"},
		"e3": {ID: "e3", Group: "admins", Principal: tenant.Ref{ID: "gus"}, Access: "owner", Member: "Direct"},
	}
	x.Audits = map[string]tenant.Audit{
		"a1": {ID: "a1", At: at("2026-11-02T10:00:00Z"), By: "ben@contoso.com", Holder: tenant.Ref{ID: "ana"}, Target: tenant.Ref{ID: "sales"}, Succeeded: yes()},
		"a2": {ID: "a2", At: at("2026-11-03T10:00:00Z"), By: "ben@contoso.com", Holder: tenant.Ref{ID: "gus"}, Target: tenant.Ref{ID: "sales"}, Succeeded: yes(), Removed: true},
		"a3": {ID: "a3", At: at("2026-11-04T10:00:00Z"), Holder: tenant.Ref{ID: "gus"}, Target: tenant.Ref{ID: "sales"}, Succeeded: no()},
	}
}

func contosoRoles(x *tenant.Tenant) {
	x.Units = map[string]tenant.Unit{"emea": {ID: "emea", Name: "EMEA", Restricted: no()}, "board": {ID: "board", Name: "Board", Restricted: yes()}}
	x.UnitMembers = tenant.Links{"emea": {{ID: "ana", Type: "user"}, {ID: "ben", Type: "user"}, {ID: "box", Type: "user"}}, "board": {{ID: "box", Type: "user"}}}
	x.Roles = map[string]tenant.Role{
		globalID: {ID: globalID, TemplateID: globalID, Name: "Global Administrator", BuiltIn: yes(), Enabled: yes(), Privileged: yes(), Actions: []string{"microsoft.directory/users/allProperties/allTasks"}},
		helpdesk: {ID: helpdesk, TemplateID: helpdesk, Name: "Helpdesk Administrator", BuiltIn: yes(), Enabled: yes(), Privileged: yes(), Actions: []string{"microsoft.directory/users/password/update"}},
	}
	x.RoleAssignments = map[string]tenant.RoleAssignment{
		"r1": {ID: "r1", Role: globalID, Scope: "/", Principal: tenant.Ref{ID: "admins"}},
		"r2": {ID: "r2", Role: helpdesk, Scope: "/administrativeUnits/emea", Principal: tenant.Ref{ID: "gus"}},
		"r3": {ID: "r3", Role: helpdesk, Scope: "/", Principal: tenant.Ref{ID: "robot"}},
	}
	x.RoleInstances = map[string]tenant.RoleInstance{
		"s1": {ID: "s1", Role: helpdesk, Scope: "/", Principal: tenant.Ref{ID: "robot"}, Member: "Direct", Assignment: "Activated", Origin: "r3", Start: at("2026-11-26T11:00:00Z"), End: at("2026-11-26T19:00:00Z")},
		"s2": {ID: "s2", Role: globalID, Scope: "/", Principal: tenant.Ref{ID: "ben"}, Member: "Group"},
	}
	x.RoleEligibilities = map[string]tenant.RoleInstance{"l1": {ID: "l1", Role: helpdesk, Scope: "/", Principal: tenant.Ref{ID: "ana"}, Member: "Direct", End: at("2027-01-01T00:00:00Z")}}
	x.Activations = map[string]tenant.Activation{helpdesk: {Approval: no(), MFA: yes(), Longest: 8 * time.Hour}}
	x.Packages = map[string]tenant.AccessPackage{"kit": {ID: "kit", Name: "Kit", Incompatible: []string{"anti"}, IncompatibleGroups: []string{"sales"}}}
	x.PackageHolders = map[string]tenant.PackageHolder{"h1": {ID: "h1", Package: "kit", Holder: "ana"}, "h2": {ID: "h2", Package: "kit", Name: "Somebody"}}
}

func contosoApps(x *tenant.Tenant) {
	x.ServicePrincipals = map[string]tenant.ServicePrincipal{
		"msgraph": {ID: "msgraph", AppID: graphApp, Name: "Microsoft Graph", Type: "Application", OwnerTenant: "microsoft", Enabled: yes(),
			AppRoles: []tenant.AppRole{{ID: "p1", Value: "Application.ReadWrite.All", Enabled: yes()}, {ID: "p2", Value: "User.Read.All", Enabled: no()}},
			Scopes:   []tenant.Permission{{ID: "d1", Value: "Mail.Read"}}},
		"robot": {ID: "robot", AppID: "app-1", Name: "Robot", Type: "Application", OwnerTenant: "tenant-1", Enabled: yes(),
			Credentials: []tenant.Credential{{Kind: "certificate", Until: at("2027-02-01T00:00:00Z")}}},
		"shop": {ID: "shop", AppID: "app-2", Name: "Shop", Type: "Application", OwnerTenant: "vendor", Enabled: yes(),
			AppRoles: []tenant.AppRole{{ID: "q1", Value: "Orders.Approve", Description: "Approve orders", Enabled: yes()}}},
	}
	x.Applications = map[string]tenant.Application{"obj-1": {ID: "obj-1", AppID: "APP-1", Name: "Robot", Credentials: []tenant.Credential{{Kind: "secret"}},
		Federated: []tenant.Federated{{Issuer: "https://token.example/a b", Subject: "repo:contoso/x\n:main"}}}}
	x.AppOwners = tenant.Links{"obj-1": {{ID: "ana", Type: "user"}}}
	x.SPOwners = tenant.Links{"msgraph": {}, "robot": {}, "shop": {{ID: "ben", Type: "user"}}}
	x.AppRoleAssignment = map[string]tenant.AppRoleAssignment{
		"x1": {ID: "x1", Role: "p1", Resource: "msgraph", ResourceName: "Microsoft Graph", Principal: tenant.Ref{ID: "robot", Type: "ServicePrincipal"}, Created: at("2025-05-05T00:00:00Z")},
		"x2": {ID: "x2", Role: "q1", Resource: "shop", ResourceName: "Shop", Principal: tenant.Ref{ID: "sales", Type: "Group"}},
		"x3": {ID: "x3", Role: "00000000-0000-0000-0000-000000000000", Resource: "shop", ResourceName: "Shop", Principal: tenant.Ref{ID: "gus", Type: "User"}},
		"x4": {ID: "x4", Role: "old", Resource: "away", ResourceName: "Away", Principal: tenant.Ref{ID: "ana", Type: "User"}},
	}
	x.Consents = map[string]tenant.Consent{
		"c1": {ID: "c1", Client: "shop", Resource: "msgraph", Everyone: yes(), Scopes: []string{"mail.read"}},
		"c2": {ID: "c2", Client: "robot", Resource: "msgraph", Everyone: no(), Principal: "ana", Scopes: []string{"Mail.Read"}},
		"c3": {ID: "c3", Client: "robot", Resource: "msgraph", Everyone: no(), Principal: "ben", Scopes: []string{"Mail.Read"}},
	}
}

func contosoPolicies(x *tenant.Tenant) {
	x.Policies = map[string]tenant.ConditionPolicy{
		"p1": {ID: "p1", Name: "Everybody", State: "enabled", Controls: []string{"mfa"}, Any: yes(), IncludeUsers: []string{"All"}, ExcludeGroups: []string{"admins"}, IncludeApps: []string{"All"}},
		"p2": {ID: "p2", Name: "Everybody", State: "disabled", Controls: []string{"mfa", "compliantDevice"}, Any: yes(), IncludeUsers: []string{"gus"}, ExcludeRoles: []string{globalID}, IncludeApps: []string{graphApp}, Narrowed: []string{"locations"}, Guests: true},
	}
}

// TestContoso keeps what a tenant becomes, as lines of a facts file.
func TestContoso(t *testing.T) {
	fixturetest.Golden(t, "contoso.jsonl", lines(tell(t, contoso())))
	run := graph.SourceRun{Source: "entra", Connector: "entra", Details: contoso().Details()}
	fixturetest.Golden(t, "contoso-run.jsonl", lines([]graph.Fact{run}))
}

// TestWhoAttainsWhat follows the facts as an evaluation does.
func TestWhoAttainsWhat(t *testing.T) {
	g := build(t, contoso())
	for _, tt := range []struct {
		who, what string
		want      reach.Mode // zero: not at all
	}{
		{"account:entra/ben", "role:entra/" + globalID + "@/", reach.Standing},   // by an active membership with an end
		{"account:entra/box", "role:entra/" + globalID + "@/", reach.Attainable}, // owns the group that has it
		{"account:entra/gus", "role:entra/" + globalID + "@/", reach.Attainable}, // may become an owner
		{"account:entra/ana", "role:entra/" + helpdesk + "@/", reach.Eligible},   // may activate it
		{"account:entra/ana", "account:entra/shop", reach.Attainable},            // owns an application that writes credentials
		{"account:entra/ana", "entitlement:entra/shop/q1", reach.Standing},       // by a direct membership
		{"account:entra/ben", "entitlement:entra/shop/q1", reach.Attainable},     // owns the resource
		{"account:entra/robot", "role:entra/~users", reach.Standing},             // has activated a role that resets
		{"account:entra/del", "role:entra/" + globalID + "@/", 0},                // has nothing
		{"account:entra/pc", "entitlement:entra/msgraph/p1", 0},                  // a device has nothing either
		{"unresolved:entra/ghost", "group:entra/sales", reach.Standing},          // whoever that is
	} {
		if got := strongest(t, g, tt.who, tt.what); got != tt.want {
			t.Errorf("%s to %s: got %v, want %v", tt.who, tt.what, got, tt.want)
		}
	}
}

// strongest returns the strongest mode in which one thing leads to another at noon.
func strongest(t *testing.T, g *graph.Graph, who, what string) reach.Mode {
	t.Helper()
	find := func(s string) uint32 {
		id, err := graph.ParseID(s)
		if err != nil {
			t.Fatal(err)
		}
		n, ok := g.Find(id)
		if !ok {
			t.Fatalf("no %s", s)
		}
		return n
	}
	for _, m := range []reach.Mode{reach.Standing, reach.Eligible, reach.Attainable} {
		if reach.At(g, at("2026-11-26T12:00:00Z"), m).Close([][]uint32{{find(what)}}).Has(find(who), 0) {
			return m
		}
	}
	return 0
}

// TestSameFacts holds two tellings against each other: maps have no order.
func TestSameFacts(t *testing.T) {
	want := lines(tell(t, contoso()))
	for range 20 {
		if got := lines(tell(t, contoso())); !bytes.Equal(got, want) {
			t.Fatal("two tellings differ")
		}
	}
}

// TestStops asks for a few facts only.
func TestStops(t *testing.T) {
	all := len(tell(t, contoso()))
	for want := range all {
		got := 0
		for range contoso().Facts() {
			got++
			if got > want {
				break
			}
		}
		if got != want+1 {
			t.Fatalf("stopped after %d facts, want %d", got, want+1)
		}
	}
}

// TestNothing tells a tenant of which nothing was read: no dataset may look whole.
func TestNothing(t *testing.T) {
	for _, f := range tell(t, &tenant.Tenant{Source: "entra"}) {
		c, ok := f.(graph.Coverage)
		if !ok {
			t.Errorf("got %v of nothing", f)
		} else if c.State.Whole() != (c.Dataset == graph.Identities) {
			t.Errorf("%s is %s", c.Dataset, c.State)
		}
	}
}
