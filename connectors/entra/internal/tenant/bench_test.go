// SPDX-License-Identifier: Apache-2.0

package tenant_test

import (
	"fmt"
	"testing"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
	"github.com/foureyes-iga/foureyes/graph"
)

// crowd is a tenant with so many users, a fifth as many groups and ten memberships
// for each user.
func crowd(users int) *tenant.Tenant {
	id := func(kind, i int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", kind, i) }
	x := &tenant.Tenant{Source: "entra", ID: "tenant-1", Users: map[string]tenant.User{}, Groups: map[string]tenant.Group{}, Members: tenant.Links{}, GroupOwners: tenant.Links{},
		SignIns: map[string]tenant.SignIn{}, Registrations: map[string]tenant.Registration{}}
	for i := range users {
		u := id(1, i)
		x.Users[u] = tenant.User{ID: u, UPN: fmt.Sprintf("user%d@contoso.com", i), Name: fmt.Sprint("User ", i), Enabled: yes(), UserType: "Member",
			Identities: []tenant.UserIdentity{{SignInType: "userPrincipalName"}}, EmployeeID: fmt.Sprint("E", i), Created: at("2020-01-01T00:00:00Z"), Department: "Sales"}
		x.SignIns[u] = tenant.SignIn{LastSuccessful: at("2026-11-01T00:00:00Z")}
		x.Registrations[u] = tenant.Registration{Registered: yes(), Capable: yes(), Methods: []string{"fido2"}}
	}
	groups := users / 5
	for g := range groups {
		key := id(2, g)
		x.Groups[key] = tenant.Group{ID: key, Name: fmt.Sprint("Group ", g), SecurityEnabled: yes(), MailEnabled: no(), Types: []string{}}
		refs := make([]tenant.Ref, 50)
		for i := range refs {
			refs[i] = tenant.Ref{ID: id(1, (g*31+i*977)%users), Type: "user"}
		}
		x.Members[key] = refs
		x.GroupOwners[key] = []tenant.Ref{{ID: id(1, g), Type: "user"}}
	}
	x.Roles = map[string]tenant.Role{globalID: {ID: globalID, Name: "Global Administrator", Actions: []string{}}}
	x.RoleAssignments = map[string]tenant.RoleAssignment{"r": {ID: "r", Role: globalID, Scope: "/", Principal: tenant.Ref{ID: id(1, 0)}}}
	x.Policies = map[string]tenant.ConditionPolicy{"p": {ID: "p", Name: "P", State: "enabled", Controls: []string{"mfa"}, IncludeUsers: []string{"All"}, ExcludeGroups: []string{id(2, 0)}, IncludeApps: []string{"All"}}}
	readAll(x)
	return x
}

func BenchmarkFacts(b *testing.B) {
	for _, users := range []int{1_000, 50_000} {
		b.Run(fmt.Sprintf("users=%d", users), func(b *testing.B) {
			x := crowd(users)
			b.ReportAllocs()
			grants := 0
			for b.Loop() {
				grants = 0
				for f := range x.Facts() {
					if _, ok := f.(graph.Grant); ok {
						grants++
					}
				}
			}
			b.ReportMetric(float64(grants), "grants")
		})
	}
}
