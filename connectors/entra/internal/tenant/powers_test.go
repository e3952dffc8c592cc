// SPDX-License-Identifier: Apache-2.0

package tenant_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
	"github.com/foureyes-iga/foureyes/graph"
)

// directory are templates of built-in roles by name, written down apart from the
// code under test.
func directory() map[string]string {
	return map[string]string{
		"Authentication Administrator":            "c4e39bd9-1100-46d3-8c65-fb160da0071f",
		"Directory Readers":                       "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
		"Global Administrator":                    "62e90394-69f5-4237-9190-012177145e10",
		"Groups Administrator":                    "fdd7a751-b60b-444a-984c-02652fe8fa1c",
		"Guest Inviter":                           "95e79109-95c0-4d8e-aee3-d01accf2d47b",
		"Helpdesk Administrator":                  "729827e3-9c14-49f7-bb1b-9608f156bbb8",
		"Message Center Reader":                   "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b",
		"Partner Tier1 Support":                   "4ba39ca4-527c-499a-b93d-d9b492c50246",
		"Partner Tier2 Support":                   "e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8",
		"Password Administrator":                  "966707d0-3269-4727-9be2-8c3a10f19b9d",
		"Privileged Authentication Administrator": "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
		"Privileged Role Administrator":           "e8611ab8-c189-46e8-94e1-60213ab1f814",
		"Reports Reader":                          "4a5d8f65-41da-4de4-8968-e035b65339cf",
		"Teams Administrator":                     "69091246-20e8-4a56-aa4d-066075b2a7a8",
		"Usage Summary Reports Reader":            "75934031-6c7e-415a-99d7-48dbd49e875e",
		"User Administrator":                      "fe930be7-5e62-47db-91af-98c3a49a38b1",
		"User Experience Success Manager":         "27460883-1df1-4691-b032-3b79643e5e63",
	}
}

// whoMayReset is the table of Microsoft's page on privileged roles: by the role
// that somebody has, the roles that may reset his password: P, H, A and U are
// Password, Helpdesk, Authentication and User Administrator. Privileged
// Authentication Administrator and Global Administrator may always.
func whoMayReset() map[string]string {
	return map[string]string{
		"Authentication Administrator":    "A",
		"Directory Readers":               "PHAU",
		"Groups Administrator":            "U",
		"Guest Inviter":                   "PHAU",
		"Helpdesk Administrator":          "HU",
		"Message Center Reader":           "HAU",
		"Password Administrator":          "PHAU",
		"Reports Reader":                  "HAU",
		"User Administrator":              "U",
		"User Experience Success Manager": "HAU",
		"Usage Summary Reports Reader":    "HAU",
	}
}

func limitedRoles() map[string]string {
	return map[string]string{
		"P": "Password Administrator", "H": "Helpdesk Administrator", "A": "Authentication Administrator", "U": "User Administrator",
	}
}

// rolesOf defines every role of the directory, with the action that resets.
func rolesOf(x *tenant.Tenant) {
	x.Roles = map[string]tenant.Role{}
	for name, id := range directory() {
		x.Roles[id] = tenant.Role{ID: id, TemplateID: id, Name: name, Actions: []string{}}
	}
}

// reaches says what a node controls, itself or through the roles that it contains
// and controls nothing of besides: one power deep.
func reaches(all []graph.Fact, from string) map[string]bool {
	found := map[string]bool{}
	powers := map[string]bool{from: true}
	for _, f := range all {
		if g, ok := f.(graph.Grant); ok && g.From.String() == from && strings.HasPrefix(g.To.Key, "~") {
			powers[g.To.String()] = true
		}
	}
	for _, f := range all {
		if g, ok := f.(graph.Grant); ok && g.Kind == graph.Controls && powers[g.From.String()] {
			found[g.To.String()] = true
		}
	}
	return found
}

// TestWhoMayReset holds random assignments against Microsoft's table.
func TestWhoMayReset(t *testing.T) {
	names := sortedKeys(directory())
	table := whoMayReset()
	counts := map[bool]int{}
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 11))
		x := &tenant.Tenant{Source: "e", Users: map[string]tenant.User{}, RoleAssignments: map[string]tenant.RoleAssignment{}, RoleEligibilities: map[string]tenant.RoleInstance{},
			Groups:      map[string]tenant.Group{"vip": {RoleAssignable: yes()}, "crew": {RoleAssignable: yes()}},
			Members:     tenant.Links{"vip": {{ID: "u0"}}, "crew": {}},
			GroupOwners: tenant.Links{"vip": {{ID: "u1"}}},
			Units:       map[string]tenant.Unit{"board": {Restricted: yes()}},
			UnitMembers: tenant.Links{"board": {{ID: "u2"}}}}
		rolesOf(x)
		has := map[string][]string{}
		for i := range 12 {
			user := fmt.Sprint("u", i)
			x.Users[user] = member()
			for j := range r.IntN(3) {
				name := names[r.IntN(len(names))]
				id := fmt.Sprint(user, "-", j)
				if r.IntN(4) == 0 { // could activate it only: guarded by nothing
					x.RoleEligibilities[id] = tenant.RoleInstance{Role: directory()[name], Scope: "/", Principal: tenant.Ref{ID: user}, Member: "Direct"}
					continue
				}
				x.RoleAssignments[id] = tenant.RoleAssignment{Role: directory()[name], Scope: []string{"/", "/administrativeUnits/x"}[r.IntN(2)], Principal: tenant.Ref{ID: user}}
				has[user] = append(has[user], name)
			}
		}
		x.RoleAssignments["scoped"] = tenant.RoleAssignment{Role: directory()["Directory Readers"], Scope: "/administrativeUnits/board", Principal: tenant.Ref{ID: "u3"}}
		x.RoleAssignments["crew"] = tenant.RoleAssignment{Role: directory()["Teams Administrator"], Scope: "/", Principal: tenant.Ref{ID: "crew"}}
		all := tell(t, x)
		for letter, limited := range limitedRoles() {
			got := reaches(all, "role:e/"+directory()[limited]+"@/")
			for user := range x.Users {
				want := user != "u0" && user != "u1" && user != "u2" && user != "u3"
				for _, name := range has[user] {
					want = want && strings.Contains(table[name], letter)
				}
				if got["account:e/"+user] != want {
					t.Fatalf("seed %d: %s resets %s, who has %v: got %v", seed, limited, user, has[user], !want)
				}
				counts[want]++
			}
		}
		for _, name := range []string{"Global Administrator", "Privileged Authentication Administrator", "Partner Tier2 Support"} {
			if got := reaches(all, "role:e/"+directory()[name]+"@/"); !got["account:e/u0"] || !got["account:e/u2"] || !got["account:e/u11"] {
				t.Fatalf("seed %d: %s does not reset everybody", seed, name)
			}
		}
	}
	if counts[true] < 100 || counts[false] < 100 {
		t.Errorf("too few of a kind: %v", counts)
	}
}

func sortedKeys(m map[string]string) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

// powersOf returns the powers that a role with these actions contains.
func powersOf(t *testing.T, actions ...string) string {
	t.Helper()
	x := powerful()
	x.Roles = map[string]tenant.Role{"custom": {Actions: append([]string{}, actions...)}}
	return toPowers(tell(t, x), "role:e/custom@/")
}

func toPowers(all []graph.Fact, from string) string {
	var found []string
	for _, f := range all {
		if g, ok := f.(graph.Grant); ok && g.From.String() == from && strings.HasPrefix(g.To.Key, "~") {
			found = append(found, g.To.Key)
		}
	}
	slices.Sort(found)
	return strings.Join(found, " ")
}

// powerful is a tenant in which no power controls nothing.
func powerful() *tenant.Tenant {
	return &tenant.Tenant{Source: "e", ID: "t1",
		Users:   map[string]tenant.User{"u": {UPN: "u@contoso.com"}, "v": {UPN: "v@contoso.com"}},
		Groups:  map[string]tenant.Group{"s": security(), "m": {Types: []string{"Unified"}}, "ra": {RoleAssignable: yes(), Types: []string{}, SecurityEnabled: yes(), MailEnabled: no()}},
		Members: tenant.Links{"s": nil, "m": nil, "ra": {{ID: "v"}}},
		ServicePrincipals: map[string]tenant.ServicePrincipal{
			"graph": {AppID: graphApp, AppRoles: []tenant.AppRole{{ID: "x", Value: "User.Read.All"}}},
			"own":   {AppID: "a", OwnerTenant: "T1", AppRoles: []tenant.AppRole{{ID: "y", Value: "Y"}}},
		},
		Packages: map[string]tenant.AccessPackage{"p": {}},
	}
}

func TestActions(t *testing.T) {
	for action, want := range map[string]string{
		"microsoft.directory/users/password/update":                                                      "~users",
		"microsoft.directory/users/authenticationMethods/create":                                         "~users",
		"microsoft.directory/users/authenticationMethods/basic/update":                                   "~users",
		"microsoft.directory/users/authenticationMethods/delete":                                         "",
		"microsoft.directory/users/basic/update":                                                         "",
		"microsoft.directory/users/allProperties/allTasks":                                               "~users",
		"microsoft.directory/users/allProperties/read":                                                   "",
		"microsoft.directory/groups/members/update":                                                      "~microsoft365-groups ~security-groups",
		"microsoft.directory/groups/owners/update":                                                       "~microsoft365-groups ~security-groups",
		"microsoft.directory/groups.security/members/update":                                             "~security-groups",
		"microsoft.directory/groups.security.assignedMembership/members/update":                          "~security-groups",
		"microsoft.directory/groups.unified/dynamicMembershipRule/update":                                "~microsoft365-groups",
		"microsoft.directory/groups/hiddenMembers/read":                                                  "",
		"microsoft.directory/groupsAssignableToRoles/allProperties/update":                               "~role-assignable-groups",
		"microsoft.directory/roleAssignments/allProperties/allTasks":                                     "~roles",
		"microsoft.directory/privilegedIdentityManagement/allProperties/allTasks":                        "~roles",
		"microsoft.directory/privilegedIdentityManagement/allProperties/read":                            "",
		"microsoft.directory/applications/credentials/update":                                            "~applications",
		"microsoft.directory/applications.myOrganization/owners/update":                                  "~applications",
		"microsoft.directory/applications/basic/update":                                                  "",
		"microsoft.directory/servicePrincipals/credentials/update":                                       "~service-principals",
		"microsoft.directory/servicePrincipals/appRoleAssignedTo/update":                                 "~app-roles",
		"microsoft.directory/servicePrincipals/allProperties/allTasks":                                   "~app-roles ~service-principals",
		"microsoft.directory/servicePrincipals/managePermissionGrantsForAll.microsoft-company-admin":     "~app-roles ~graph-permissions",
		"microsoft.directory/servicePrincipals/managePermissionGrantsForAll.microsoft-application-admin": "~app-roles",
		"microsoft.directory/domains/federation/update":                                                  "~federated-users",
		"microsoft.directory/entitlementManagement/allProperties/allTasks":                               "~access-packages",
		"MICROSOFT.DIRECTORY/USERS/PASSWORD/UPDATE":                                                      "~users",
		"microsoft.intune/allEntities/allTasks":                                                          "",
		"users/password/update":                                                                          "",
	} {
		if got := powersOf(t, action); got != want {
			t.Errorf("%s: got %q, want %q", action, got, want)
		}
	}
}

func TestPermissions(t *testing.T) {
	for value, want := range map[string]string{
		"User-PasswordProfile.ReadWrite.All":      "~administrators ~users",
		"UserAuthenticationMethod.ReadWrite.All":  "~administrators ~users",
		"UserAuthMethod-TAP.ReadWrite.All":        "~administrators ~users",
		"UserAuthMethod-TAP.Read.All":             "",
		"Group.ReadWrite.All":                     "~microsoft365-groups ~security-groups",
		"RoleManagement.ReadWrite.Directory":      "~role-assignable-groups ~roles",
		"RoleManagement.Read.Directory":           "",
		"Application.ReadWrite.All":               "~applications ~service-principals",
		"Application.ReadWrite.OwnedBy":           "",
		"AppRoleAssignment.ReadWrite.All":         "~app-roles ~graph-permissions",
		"Domain.ReadWrite.All":                    "~federated-users",
		"EntitlementManagement.ReadWrite.All":     "~access-packages",
		"PrivilegedAccess.ReadWrite.AzureADGroup": "~microsoft365-groups ~role-assignable-groups ~security-groups",
		"User.Read.All":                           "",
	} {
		x := powerful()
		x.Roles = map[string]tenant.Role{"r": {Actions: []string{}}}
		p := x.ServicePrincipals["graph"]
		p.AppRoles = []tenant.AppRole{{ID: "x", Value: value}}
		x.ServicePrincipals["graph"] = p
		own := x.ServicePrincipals["own"]
		own.AppRoles = []tenant.AppRole{{ID: "y", Value: value}} // of another resource the name means nothing
		x.ServicePrincipals["own"] = own
		all := tell(t, x)
		if got := toPowers(all, "entitlement:e/graph/x"); got != want {
			t.Errorf("%s: got %q, want %q", value, got, want)
		}
		if got := toPowers(all, "entitlement:e/own/y"); got != "" {
			t.Errorf("%s of another resource: got %q", value, got)
		}
		if got := attr(t, all, "entitlement:e/graph/x", "privileged"); (got == "true") != (want != "") {
			t.Errorf("%s: privileged is %s", value, got)
		}
	}
}

// TestSubjects lists whom each power controls.
func TestSubjects(t *testing.T) {
	x := powerful()
	rolesOf(x)
	x.Users["w"] = tenant.User{UPN: "w@contoso.onmicrosoft.com"}
	x.Groups["synced"] = tenant.Group{Types: []string{}, SecurityEnabled: yes(), MailEnabled: no(), OnPremises: tenant.OnPremises{Synced: yes()}}
	x.Groups["bare"] = tenant.Group{Bare: true}
	x.Groups["list"] = distribution()
	x.Groups["locked"] = security()
	x.Units = map[string]tenant.Unit{"r": {Restricted: yes()}}
	x.UnitMembers = tenant.Links{"r": {{ID: "locked"}}}
	got := map[string]string{}
	for _, line := range grants(tell(t, x), graph.Controls) {
		from, to, _ := strings.Cut(line, " ")
		if power, ok := strings.CutPrefix(from, "role:e/~"); ok && power != "roles" {
			got[power] += " " + to
		}
	}
	want := map[string]string{
		"users":                  " account:e/u account:e/w",
		"administrators":         " account:e/v",
		"federated-users":        " account:e/u account:e/v",
		"security-groups":        " group:e/bare group:e/s",
		"microsoft365-groups":    " group:e/bare group:e/m",
		"role-assignable-groups": " group:e/bare group:e/ra",
		"applications":           " account:e/own",
		"service-principals":     " account:e/graph account:e/own",
		"app-roles":              " entitlement:e/own/y",
		"graph-permissions":      " entitlement:e/graph/x",
		"access-packages":        " role:e/access-package/p",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("subjects (-want +got):\n%s", diff)
	}
	roles := reaches(tell(t, x), "role:e/~roles")
	if !roles["group:e/locked"] || !roles["role:e/"+globalID+"@/"] || len(roles) != len(directory())+1 {
		t.Errorf("who assigns roles controls %v", roles)
	}
}

// TestScopes asks roles in narrower scopes.
func TestScopes(t *testing.T) {
	const groups, passwords, apps, principals = "microsoft.directory/groups/members/update", "microsoft.directory/users/password/update", "microsoft.directory/applications/credentials/update", "microsoft.directory/servicePrincipals/credentials/update"
	for _, tt := range []struct {
		name, scope string
		role        tenant.Role
		want        []string
	}{
		{"unit, passwords", "/administrativeUnits/unit", tenant.Role{Actions: []string{passwords}}, []string{"account:e/u"}},
		{"unit, groups", "/administrativeUnits/unit", tenant.Role{Actions: []string{groups}}, []string{"group:e/m", "group:e/s"}},
		{"restricted unit", "/administrativeUnits/board", tenant.Role{Actions: []string{passwords, groups}}, []string{"account:e/boss", "group:e/locked"}},
		{"unit, everybody", "/administrativeUnits/unit", tenant.Role{TemplateID: directory()["Privileged Authentication Administrator"], Actions: []string{}}, []string{"account:e/u", "account:e/v"}},
		{"empty unit", "/administrativeUnits/empty", tenant.Role{Actions: []string{passwords}}, nil},
		{"group", "/s", tenant.Role{Actions: []string{groups}}, []string{"group:e/s"}},
		{"group in a restricted unit", "/locked", tenant.Role{Actions: []string{groups}}, nil},
		{"group, passwords", "/s", tenant.Role{Actions: []string{passwords}}, nil},
		{"application", "/obj", tenant.Role{Actions: []string{apps}}, []string{"account:e/own"}},
		{"application, service principals", "/obj", tenant.Role{Actions: []string{principals}}, nil},
		{"service principal", "/own", tenant.Role{Actions: []string{principals}}, []string{"account:e/own"}},
		{"nothing known", "/what", tenant.Role{Actions: []string{groups, passwords, apps, principals}}, nil},
	} {
		x := powerful()
		x.Users["boss"] = member()
		x.Groups["locked"] = security()
		x.Applications = map[string]tenant.Application{"obj": {AppID: "A"}}
		x.Units = map[string]tenant.Unit{"unit": {Name: "Unit"}, "board": {Restricted: yes()}, "empty": {}}
		x.UnitMembers = tenant.Links{
			"unit":  {{ID: "u"}, {ID: "v"}, {ID: "s"}, {ID: "m"}, {ID: "ra"}, {ID: "boss"}, {ID: "locked"}, {ID: "what"}},
			"board": {{ID: "boss"}, {ID: "locked"}},
			"empty": {},
		}
		x.Roles = map[string]tenant.Role{"r": tt.role}
		x.RoleAssignments = map[string]tenant.RoleAssignment{"1": {Role: "r", Scope: tt.scope, Principal: tenant.Ref{ID: "own"}}}
		var got []string
		for _, line := range grants(tell(t, x), graph.Controls) {
			if from, to, _ := strings.Cut(line, " "); from == "role:e/r@"+tt.scope {
				got = append(got, to)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestUnreachedPowers tells no set that nothing leads to, or that is empty.
func TestUnreachedPowers(t *testing.T) {
	x := powerful()
	x.Roles = map[string]tenant.Role{"r": {Actions: []string{"microsoft.directory/entitlementManagement/allProperties/allTasks"}}}
	x.Packages = nil
	for _, f := range tell(t, x) {
		if n, ok := f.(graph.Node); ok && strings.HasPrefix(n.ID.Key, "~") {
			t.Errorf("told %s", n.ID)
		}
		if g, ok := f.(graph.Grant); ok && strings.HasPrefix(g.To.Key, "~") {
			t.Errorf("told %s → %s", g.From, g.To)
		}
	}
}
