// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"fmt"

	"github.com/foureyes-iga/foureyes/fixtures/graphapi"
)

// small makes ids of the small tenant.
func small(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", n) }

// smallTenant has one or two of everything, and more of what comes in pages.
func smallTenant() *graphapi.Tenant {
	t := &graphapi.Tenant{
		ID: tenantID, DisplayName: "Small", Members: map[string][]string{}, GroupOwners: map[string][]string{}, UnitMembers: map[string][]string{}, ApplicationOwners: map[string][]string{},
		ServicePrincipalOwners: map[string][]string{}, Sponsors: map[string][]string{}, Manager: map[string]string{}, SignInActivity: map[string]graphapi.Object{}, MailboxPurposes: map[string]string{},
		SecurityDefaults: graphapi.Object{"id": small(0x999), "isEnabled": false},
	}
	smallPeople(t)
	smallGroups(t)
	smallSoftware(t)
	smallRoles(t)
	return t
}

func smallPeople(t *graphapi.Tenant) {
	for i := 1; i <= 5; i++ {
		id := small(i)
		u := graphapi.Object{"id": id, "userPrincipalName": fmt.Sprintf("p%d@example.com", i), "displayName": fmt.Sprintf("Person %d", i), "accountEnabled": i != 4, "userType": "Member",
			"employeeId": fmt.Sprintf("E%d", i), "createdDateTime": "2024-01-01T00:00:00Z"}
		if i == 5 {
			u["userType"], u["creationType"], u["externalUserState"] = "Guest", "Invitation", "Accepted"
			t.Sponsors[id] = []string{small(1)}
		}
		t.Users = append(t.Users, u)
		t.SignInActivity[id] = graphapi.Object{"lastSuccessfulSignInDateTime": fmt.Sprintf("2026-10-0%dT08:00:00Z", i)}
		t.Registrations = append(t.Registrations, graphapi.Object{"id": id, "userPrincipalName": u["userPrincipalName"], "isMfaRegistered": i != 3, "isMfaCapable": i != 3 && i != 2, "methodsRegistered": []any{}})
	}
	t.Manager[small(2)] = small(1)
	t.DeletedUsers = append(t.DeletedUsers, graphapi.Object{"id": small(9), "userPrincipalName": "gone@example.com", "displayName": "Gone", "accountEnabled": false, "userType": "Member", "deletedDateTime": "2026-10-20T00:00:00Z"})
}

func smallGroups(t *graphapi.Tenant) {
	for i := 0x11; i <= 0x14; i++ {
		t.Groups = append(t.Groups, graphapi.Object{"id": small(i), "displayName": fmt.Sprintf("Group %d", i-0x10), "securityEnabled": true, "mailEnabled": false, "groupTypes": []any{}, "isAssignableToRole": i == 0x14})
	}
	t.Members = map[string][]string{small(0x11): {small(1), small(2), small(3)}, small(0x12): {small(0x11), small(4), small(5)}, small(0x13): {small(5)}, small(0x14): {small(2), small(0x51)}}
	t.GroupOwners = map[string][]string{small(0x11): {small(3)}, small(0x12): {small(1), small(2), small(4)}}
	t.GroupEligibilityScheduleInstances = []graphapi.Object{
		{"id": "e1", "groupId": small(0x13), "principalId": small(1), "accessId": "member", "memberType": "direct", "startDateTime": "2026-01-01T00:00:00Z"},
		{"id": "e2", "groupId": small(0x13), "principalId": small(2), "accessId": "owner", "memberType": "direct", "startDateTime": "2026-01-01T00:00:00Z"},
		{"id": "e3", "groupId": small(0x13), "principalId": small(3), "accessId": "member", "memberType": "direct", "startDateTime": "2026-01-01T00:00:00Z"},
	}
	t.GroupAssignmentScheduleInstances = []graphapi.Object{
		{"id": "a1", "groupId": small(0x13), "principalId": small(5), "accessId": "member", "memberType": "direct", "assignmentType": "activated", "startDateTime": "2026-10-31T00:00:00Z", "endDateTime": "2026-11-02T00:00:00Z"},
	}
	t.AdministrativeUnits = []graphapi.Object{{"id": small(0x21), "displayName": "Unit", "isMemberManagementRestricted": false}}
	t.UnitMembers[small(0x21)] = []string{small(1), small(3), small(4)}
}

func smallSoftware(t *graphapi.Tenant) {
	right := func(n int) any {
		return map[string]any{"id": small(n), "value": fmt.Sprintf("Right.%x", n), "displayName": "Right", "isEnabled": true, "allowedMemberTypes": []any{"User"}}
	}
	for i := 0x51; i <= 0x53; i++ {
		t.ServicePrincipals = append(t.ServicePrincipals, graphapi.Object{"id": small(i), "appId": small(i + 0x10), "displayName": fmt.Sprintf("App %x", i), "servicePrincipalType": "Application",
			"accountEnabled": true, "appRoles": []any{right(i + 0x20), right(i + 0x30)}})
		t.Applications = append(t.Applications, graphapi.Object{"id": small(i + 0x40), "appId": small(i + 0x10), "displayName": fmt.Sprintf("App %x", i)})
	}
	for i, a := range []struct {
		kind            string
		who, what, role int
	}{
		{"User", 1, 0x51, 0x71}, {"Group", 0x11, 0x51, 0x81}, {"User", 2, 0x51, 0x71}, {"ServicePrincipal", 0x52, 0x51, 0x71}, {"Group", 0x12, 0x53, 0x73},
	} {
		t.AppRoleAssignments = append(t.AppRoleAssignments, graphapi.Object{"id": fmt.Sprintf("r%d", i), "principalId": small(a.who), "principalType": a.kind, "resourceId": small(a.what), "appRoleId": small(a.role)})
	}
	t.ApplicationOwners[small(0x92)] = []string{small(1), small(3), small(4)}
	t.ServicePrincipalOwners[small(0x53)] = []string{small(2)}
	t.FederatedCredentials = map[string][]graphapi.Object{small(0x93): {{"id": small(0xa1), "name": "ci", "issuer": "https://ci.example.com", "subject": "repo:x", "audiences": []any{"api"}}}}
	for i, scope := range []string{"Mail.Read", "Files.Read User.Read", "Sites.Read"} {
		t.PermissionGrants = append(t.PermissionGrants, graphapi.Object{"id": fmt.Sprintf("g%d", i), "clientId": small(0x52), "resourceId": small(0x51), "consentType": "AllPrincipals", "scope": scope})
	}
	t.AccessPackages = []graphapi.Object{{"id": small(0xb1), "displayName": "Package", "description": "", "incompatibleAccessPackages": []any{}, "incompatibleGroups": []any{}}}
	t.AccessPackageAssignments = []graphapi.Object{{"id": small(0xb2), "state": "delivered", "target": map[string]any{"id": "s", "objectId": small(4)}, "accessPackage": map[string]any{"id": small(0xb1)}}}
}

func smallRoles(t *graphapi.Tenant) {
	for i := 0xc1; i <= 0xc3; i++ {
		actions := []any{}
		if i == 0xc1 {
			actions = []any{"microsoft.directory/users/password/update", "microsoft.directory/groups/members/update"}
		}
		t.RoleDefinitions = append(t.RoleDefinitions, graphapi.Object{"id": small(i), "templateId": small(i), "displayName": fmt.Sprintf("Role %x", i), "isBuiltIn": true, "isEnabled": true,
			"rolePermissions": []any{map[string]any{"allowedResourceActions": actions}}})
	}
	for i, a := range [][3]string{{small(1), small(0xc1), "/"}, {small(0x14), small(0xc2), "/"}, {small(2), small(0xc1), "/administrativeUnits/" + small(0x21)}, {small(4), small(0xc3), "/"}, {small(3), small(0xc3), "/"}} {
		t.RoleAssignments = append(t.RoleAssignments, graphapi.Object{"id": fmt.Sprintf("ra%d", i), "principalId": a[0], "roleDefinitionId": a[1], "directoryScopeId": a[2]})
	}
	t.RoleAssignmentScheduleInstances = []graphapi.Object{{"id": "ri", "principalId": small(4), "roleDefinitionId": small(0xc3), "directoryScopeId": "/", "memberType": "Direct", "assignmentType": "Activated",
		"roleAssignmentOriginId": "ra3", "startDateTime": "2026-10-31T00:00:00Z", "endDateTime": "2026-11-03T00:00:00Z"}}
	for i, who := range []string{small(3), small(5), small(0x12)} {
		t.RoleEligibilityScheduleInstances = append(t.RoleEligibilityScheduleInstances, graphapi.Object{"id": fmt.Sprintf("re%d", i), "principalId": who, "roleDefinitionId": small(0xc2), "directoryScopeId": "/", "memberType": "Direct"})
	}
	t.ConditionalAccessPolicies = []graphapi.Object{{"id": small(0xd1), "displayName": "Everybody", "state": "enabled",
		"conditions": map[string]any{"clientAppTypes": []any{"all"}, "applications": map[string]any{"includeApplications": []any{"All"}},
			"users": map[string]any{"includeUsers": []any{"All"}, "excludeGroups": []any{small(0x13)}}},
		"grantControls": map[string]any{"operator": "OR", "builtInControls": []any{"mfa"}}}}
}
