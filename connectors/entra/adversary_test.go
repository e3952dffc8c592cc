// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
	"github.com/foureyes-iga/foureyes/fixtures/graphapi"
	"github.com/foureyes-iga/foureyes/graph"
)

func id(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// manyGroups is a tenant of groups, each with an owner.
func manyGroups(n int) *graphapi.Tenant {
	d := &graphapi.Tenant{GroupOwners: map[string][]string{}}
	owner := id(9000)
	d.Users = []graphapi.Object{{"id": owner, "userPrincipalName": "owner@example.com", "accountEnabled": true}}
	for i := range n {
		d.Groups = append(d.Groups, graphapi.Object{"id": id(i), "displayName": fmt.Sprint("g", i), "securityEnabled": true, "mailEnabled": false, "groupTypes": []any{}})
		d.GroupOwners[id(i)] = []string{owner}
	}
	return d
}

// The first twenty refusals come while other questions are under way, which are
// then answered: what was not asked must not count as read and empty.
func TestRefusalsAtTheBeginning(t *testing.T) {
	c, api := serve(t, manyGroups(400), graphapi.Options{})
	for i := range 20 {
		api.Inject(graphapi.Fault{Name: "403", Path: "/groups/" + id(i) + "/owners", Times: graphapi.Forever})
	}
	g := graphOf(t, readAll(t, c))
	if g.State("world", graph.Control).Whole() {
		owned := 0
		for e := range g.Grants() {
			if e.Kind == graph.Controls {
				owned++
			}
		}
		if owned < 380 {
			t.Errorf("control is complete, and %d of 380 owners are told", owned)
		}
	}
}

// Types of Entra Agent ID are derived from those of users, service principals and
// applications, and come in their lists.
func TestAgentsAreInTheListsOfTheirBaseTypes(t *testing.T) {
	for _, tt := range []struct {
		types    []string
		of, kind string
	}{
		{typed(typeUser), "agentUser", "user"},
		{typed(typePrincipal), "agentIdentity", "servicePrincipal"},
		{typed(typePrincipal), "agentIdentityBlueprintPrincipal", "servicePrincipal"},
		{typed(typeApp), "agentIdentityBlueprint", "application"},
	} {
		q := query{path: "/things", factory: models.CreateDirectoryObjectCollectionResponseFromDiscriminatorValue, types: tt.types}
		s := newStage(t, play(t, reply{body: `{"value":[{"@odata.type":"#microsoft.graph.` + tt.of + `","id":"1"}]}`}))
		if ids, _, err := s.lists(t, q); err != nil || len(ids) != 1 {
			t.Errorf("%s: took %q, %v", tt.of, ids, err)
		}
		name := "#microsoft.graph." + tt.of
		if got := kindOf(&name); got != tt.kind {
			t.Errorf("%s is a %s", tt.of, got)
		}
	}
}

// v1.0 leaves service principals out of the members and owners of groups, as its
// documentation says.
func TestServicePrincipalsInGroups(t *testing.T) {
	d := manyGroups(2)
	robot := id(500)
	d.ServicePrincipals = []graphapi.Object{{"id": robot, "appId": id(501), "displayName": "robot", "accountEnabled": true}}
	d.Members = map[string][]string{id(0): {id(9000), robot}}
	d.GroupOwners[id(1)] = []string{robot}
	c, api := serve(t, d, graphapi.Options{OmitServicePrincipals: true})
	g := graphOf(t, readAll(t, c))
	for _, want := range []string{
		"account:world/" + robot + " member group:world/" + id(0),
		"account:world/" + robot + " controls group:world/" + id(1),
		"account:world/" + id(9000) + " member group:world/" + id(0),
	} {
		if !tells(g, want) {
			t.Errorf("nobody tells that %s", want)
		}
	}
	if len(g.Gaps()) > 0 || !g.State("world", graph.Memberships).Whole() {
		t.Errorf("gaps: %v", g.Gaps())
	}
	if v := api.Violations(); len(v) > 0 {
		t.Errorf("asked for what Graph does not have: %v", v)
	}
}

func tells(g *graph.Graph, grant string) bool {
	for e := range g.Grants() {
		if fmt.Sprintf("%s %s %s", e.From, e.Kind, e.To) == grant {
			return true
		}
	}
	return false
}

// Units may hide their members, as groups do; Graph then shows an empty list.
func TestHiddenMembersOfAnAdministrativeUnit(t *testing.T) {
	d := &graphapi.Tenant{
		Users:               []graphapi.Object{{"id": id(1), "userPrincipalName": "a@example.com"}, {"id": id(2), "userPrincipalName": "b@example.com"}},
		AdministrativeUnits: []graphapi.Object{{"id": id(3), "displayName": "board", "visibility": "HiddenMembership"}},
		RoleDefinitions: []graphapi.Object{{"id": helpdeskRole, "templateId": helpdeskRole, "displayName": "Helpdesk", "isBuiltIn": true, "isEnabled": true,
			"rolePermissions": []any{map[string]any{"allowedResourceActions": []any{"microsoft.directory/users/password/update"}}}}},
		RoleAssignments: []graphapi.Object{{"id": "x", "principalId": id(1), "roleDefinitionId": helpdeskRole, "directoryScopeId": "/administrativeUnits/" + id(3)}},
		UnitMembers:     map[string][]string{id(3): {id(2)}},
		Permissions:     []string{"Directory.Read.All", "RoleManagement.Read.Directory", "AdministrativeUnit.Read.All"},
	}
	c, _ := serve(t, d, graphapi.Options{})
	g := graphOf(t, readAll(t, c))
	if tells(g, "role:world/"+helpdeskRole+"@/administrativeUnits/"+id(3)+" controls account:world/"+id(2)) {
		t.Fatal("the server shows what is hidden")
	}
	for _, cov := range g.Coverage() {
		if cov.Dataset == graph.Control && !strings.Contains(cov.Reason, "Member.Read.Hidden") {
			t.Errorf("control is %s: %q", cov.State, cov.Reason)
		}
	}
}

const helpdeskRole = "729827e3-9c14-49f7-bb1b-9608f156bbb8"

// Members that come and go make no group: they explain no missing one.
func TestChangesOfMembersExplainNoMissingGroups(t *testing.T) {
	d := manyGroups(40)
	change := func(s *graphapi.Server) {
		for i := range 30 {
			if err := s.AddMember(id(i), id(9000)); err != nil {
				t.Error(err)
			}
		}
	}
	c, api := serve(t, d, graphapi.Options{After: map[int]func(*graphapi.Server){20: change}})
	api.Inject(graphapi.Fault{Name: "shortened page", Path: "/groups"})
	g := graphOf(t, readAll(t, c))
	if api.Struck("shortened page") != 1 {
		t.Fatal("no page was shortened")
	}
	if g.State("world", graph.Groups).Whole() {
		t.Error("half of the groups are missing, and groups are complete")
	}
}

// Who was deleted or made while lists were read explains a difference.
func TestChangesOfUsersExplainTheirNumber(t *testing.T) {
	d := manyGroups(3)
	for i := range 20 {
		d.Users = append(d.Users, graphapi.Object{"id": id(100 + i), "userPrincipalName": fmt.Sprint("u", i, "@example.com")})
	}
	for name, change := range map[string]func(*graphapi.Server) error{
		"deleted": func(s *graphapi.Server) error { return s.DeleteUser(id(101)) },
		"made": func(s *graphapi.Server) error {
			return s.AddUser(graphapi.Object{"id": id(200), "userPrincipalName": "new@example.com"})
		},
	} {
		c, _ := serve(t, d, graphapi.Options{After: map[int]func(*graphapi.Server){30: func(s *graphapi.Server) {
			if err := change(s); err != nil {
				t.Error(err)
			}
		}}})
		g := graphOf(t, readAll(t, c))
		for _, cov := range g.Coverage() {
			if cov.Dataset == graph.Accounts && (!cov.State.Whole() || !strings.Contains(fmt.Sprint(cov.Details), "while this was read: 1")) {
				t.Errorf("%s: accounts are %s: %s %v", name, cov.State, cov.Reason, cov.Details)
			}
		}
	}
}

// Who is in the recycle bin and in the list of users lives: he was restored, or is
// deleted only now.
func TestTheLivingAreNotDeleted(t *testing.T) {
	d := manyGroups(1)
	d.DeletedUsers = []graphapi.Object{{"id": id(7), "userPrincipalName": "x@example.com", "deletedDateTime": "2026-10-30T00:00:00Z"}}
	d.Users = append(d.Users, graphapi.Object{"id": id(7), "userPrincipalName": "x@example.com", "accountEnabled": true})
	for _, order := range [][]string{{tenant.PartUsers, tenant.PartDeleted}, {tenant.PartDeleted, tenant.PartUsers}} {
		c, _ := serve(t, d, graphapi.Options{})
		r := c.newReading()
		for _, part := range order {
			for _, l := range r.peopleLists() {
				if l.part != part {
					continue
				}
				if err := r.readList(t.Context(), l); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !r.isLive(id(7)) {
			t.Errorf("after %v he is deleted", order)
		}
	}
}

// A managed identity has the token of its own tenant, whatever domain is
// configured.
func TestAnotherTenantThanThatOfTheDomain(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"value":[{"id":%q,"displayName":"Fabrikam","verifiedDomains":[{"name":"fabrikam.com"},{"name":"Fabrikam.onmicrosoft.com"}]}]}`, tenantID)
	}))
	defer web.Close()
	for domain, want := range map[string]string{"fabrikam.onmicrosoft.com": "", "FABRIKAM.com": "", "contoso.com": "has no such domain"} {
		err := collectorOf(t, web.URL, "token", domain).newReading().identify(t.Context())
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", domain, err)
		}
	}
}

// A tenant may make an authentication strength of a password alone.
func TestAStrengthOfOneFactorEnforcesNone(t *testing.T) {
	for _, tt := range []struct {
		strength graphapi.Object
		enforced bool
	}{
		{graphapi.Object{"id": id(8), "displayName": "Frontline", "policyType": "custom", "requirementsSatisfied": "none", "allowedCombinations": []any{"password"}}, false},
		{graphapi.Object{"id": id(8), "displayName": "Unclear"}, false},
		{graphapi.Object{"id": id(8), "displayName": "Keys", "requirementsSatisfied": "mfa"}, true},
		{graphapi.Object{"id": "00000000-0000-0000-0000-000000000004", "displayName": "Phishing-resistant MFA"}, true},
	} {
		d := manyGroups(0)
		d.ConditionalAccessPolicies = []graphapi.Object{{"id": id(9), "displayName": "P", "state": "enabled",
			"conditions":    map[string]any{"clientAppTypes": []any{"all"}, "users": map[string]any{"includeUsers": []any{"All"}}, "applications": map[string]any{"includeApplications": []any{"All"}}},
			"grantControls": map[string]any{"operator": "OR", "builtInControls": []any{}, "authenticationStrength": map[string]any(tt.strength)}}}
		c, _ := serve(t, d, graphapi.Options{})
		g := graphOf(t, readAll(t, c))
		n, _ := g.Find(graph.ID{Kind: graph.Account, Source: "world", Key: id(9000)})
		if state, _ := g.Attr(n, "mfa"); (state == "enforced") != tt.enforced {
			t.Errorf("%v: mfa is %q", tt.strength, state)
		}
	}
}

// PIM logs what is asked for, too; and an owner is no member.
func TestWhatTheAuditLogDoesNotSay(t *testing.T) {
	for activity, known := range map[string]bool{
		"Add member to role completed (PIM activation)":                 true,
		"Add member to role in PIM completed (permanent)":               true,
		"Add eligible member to role in PIM completed (timebound)":      true,
		"Remove member from role (PIM activation expired)":              true,
		"Add member to role requested (PIM activation)":                 false,
		"Add member to role approval requested (PIM activation)":        false,
		"Add member to role request denied (PIM activation)":            false,
		"Add member to role canceled (PIM activation)":                  false,
		"Add eligible member to role in PIM requested (timebound)":      false,
		"Remove member from role requested (PIM deactivate)":            false,
		"Remove eligible member from role in PIM canceled (permanent)":  false,
		"Remove eligible member from role in PIM completed (permanent)": true,
		"Remove permanent direct role assignment":                       false,
	} {
		if _, got := changes(activity); got != known {
			t.Errorf("%s: known is %t", activity, got)
		}
	}
	x := tenant.New("e", testNow())
	x.Users["u"], x.Groups["g"], x.Members["g"] = tenant.User{ID: "u"}, tenant.Group{ID: "g"}, []tenant.Ref{{ID: "u"}}
	at, who, what := testNow().AddDate(0, 0, -3), tenant.Ref{ID: "u", Type: "user"}, tenant.Ref{ID: "g", Type: "group"}
	x.Audits["1"] = tenant.Audit{ID: "1", Activity: "Add member to group", At: at, Holder: who, Target: what}
	x.Audits["2"] = tenant.Audit{ID: "2", Activity: "Add owner to group", At: at.AddDate(0, 0, 1), Holder: who, Target: what}
	for f := range x.Facts() {
		if m, ok := f.(graph.Grant); ok && m.Kind == graph.Member && !m.Since.Equal(at) {
			t.Errorf("a member since %v, want %v", m.Since, at)
		}
	}
}

// Windows limit a grant that stands only when one of them is open.
func TestWindowsThatContradictTheLists(t *testing.T) {
	hour := func(n int) time.Time { return testNow().Add(time.Duration(n) * time.Hour) }
	for _, tt := range []struct {
		name    string
		windows [][2]time.Time
		holds   map[int]bool // by the hour from now
	}{
		{"open", [][2]time.Time{{hour(-1), hour(1)}}, map[int]bool{0: true, 2: false}},
		{"over, by our clock", [][2]time.Time{{hour(-9), hour(-1)}}, map[int]bool{0: true}},
		{"begun while this was read", [][2]time.Time{{hour(1), hour(9)}}, map[int]bool{0: true}},
		{"over, and one without end", [][2]time.Time{{hour(-9), hour(-1)}, {hour(-20), {}}}, map[int]bool{0: true, 900: true}},
		{"open, and one without end", [][2]time.Time{{hour(-1), hour(1)}, {}}, map[int]bool{0: true, 900: true}},
	} {
		x := tenant.New("e", testNow())
		x.Users["u"], x.Groups["g"], x.Members["g"] = tenant.User{ID: "u"}, tenant.Group{ID: "g"}, []tenant.Ref{{ID: "u"}}
		x.RoleAssignments["a"] = tenant.RoleAssignment{ID: "a", Role: "r", Scope: "/", Principal: tenant.Ref{ID: "u"}}
		for i, w := range tt.windows {
			key := fmt.Sprint(i)
			x.GroupInstances[key] = tenant.GroupInstance{ID: key, Group: "g", Principal: tenant.Ref{ID: "u"}, Access: "member", Member: "Direct", Start: w[0], End: w[1]}
			x.RoleInstances[key] = tenant.RoleInstance{ID: key, Role: "r", Scope: "/", Principal: tenant.Ref{ID: "u"}, Member: "Direct", Origin: "a", Start: w[0], End: w[1]}
		}
		for h, want := range tt.holds {
			got := map[graph.GrantKind]bool{}
			for f := range x.Facts() {
				if m, ok := f.(graph.Grant); ok && m.Holds(hour(h)) {
					got[m.Kind] = true
				}
			}
			if got[graph.Member] != want || got[graph.Assigned] != want {
				t.Errorf("%s: in %d hours %v, want %t", tt.name, h, got, want)
			}
		}
	}
}

// The rights of the guide are enough to tell strangers that are gone from those
// that were not listed.
func TestStrangersTakeNoRightToTheWholeDirectory(t *testing.T) {
	d := manyGroups(2)
	d.Permissions = []string{"User.Read.All", "GroupMember.Read.All", "Application.Read.All", "RoleManagement.Read.Directory", "AuditLog.Read.All"}
	d.ServicePrincipals = []graphapi.Object{{"id": id(500), "appId": id(501), "displayName": "app"}}
	d.AppRoleAssignments = []graphapi.Object{{"id": "x", "principalId": id(404), "principalType": "User", "resourceId": id(500), "appRoleId": id(502)}}
	c, _ := serve(t, d, graphapi.Options{})
	g := graphOf(t, readAll(t, c))
	for _, ds := range []graph.Dataset{graph.Accounts, graph.Groups, graph.Memberships} {
		if !g.State("world", ds).Whole() {
			t.Errorf("%s is %s", ds, g.State("world", ds))
		}
	}
}

// A group that was made while lists were read, and has a role already, has members
// of whom nothing is known.
func TestAGroupMadeMeanwhileThatHasARole(t *testing.T) {
	d := manyGroups(3)
	d.RoleDefinitions = []graphapi.Object{{"id": helpdeskRole, "displayName": "Helpdesk", "rolePermissions": []any{}}}
	d.RoleAssignments = []graphapi.Object{{"id": "x", "principalId": id(777), "roleDefinitionId": helpdeskRole, "directoryScopeId": "/"}}
	made := func(s *graphapi.Server) {
		if err := s.Add("groups", graphapi.Object{"id": id(777), "displayName": "new", "securityEnabled": true, "groupTypes": []any{}}); err != nil {
			t.Error(err)
		}
	}
	c, api := serve(t, d, graphapi.Options{After: map[int]func(*graphapi.Server){30: made}})
	g := graphOf(t, readAll(t, c))
	if g.State("world", graph.Memberships).Whole() {
		t.Errorf("memberships are complete after %d requests", len(api.Requests()))
	}
}

// A role in a unit that nobody listed controls its members, whoever they are.
func TestARoleInAUnitThatWasNotListed(t *testing.T) {
	d := manyGroups(1)
	d.RoleDefinitions = []graphapi.Object{{"id": helpdeskRole, "displayName": "Helpdesk", "rolePermissions": []any{}}}
	d.RoleAssignments = []graphapi.Object{{"id": "x", "principalId": id(9000), "roleDefinitionId": helpdeskRole, "directoryScopeId": "/administrativeUnits/" + id(66)}}
	c, _ := serve(t, d, graphapi.Options{})
	if g := graphOf(t, readAll(t, c)); g.State("world", graph.Control).Whole() {
		t.Error("control is complete")
	}
}

// PIM wraps its errors twice, and refuses $select within $expand.
// https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/9157
func TestWhatPIMRefuses(t *testing.T) {
	body, err := parseJSON([]byte(`{"error":{"error":{"code":"AadPremiumLicenseRequired","message":"The tenant needs a license."}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if f := saying(400, func(string) string { return "" }, body, testNow()); f.kind != unlicensed {
		t.Errorf("a licence is missing: %v", f.Error())
	}
	c, _ := serve(t, manyGroups(0), graphapi.Options{})
	for _, l := range c.newReading().roleLists() {
		if strings.Contains(l.q.String(), "principal(") {
			t.Errorf("refused: %s", l.q)
		}
	}
}
