// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/connectortest"
	"github.com/foureyes-iga/foureyes/fixtures/graphapi"
	"github.com/foureyes-iga/foureyes/graph"
)

// TestContract puts the connector and the server for tests through the contract
// of connectors.
func TestContract(t *testing.T) {
	connectortest.Run(t, connectortest.Subject{
		Open: func(t *testing.T, w connectortest.World) connectors.Collector {
			c, _ := serve(t, tenantOf(w), graphapi.Options{PageSize: map[string]int{"": 2}})
			return c
		},
		Lacks: []connectortest.Feature{
			connectortest.Identities, connectortest.Status, connectortest.Uses, connectortest.UnresolvedMembers,
			connectortest.NestedRoles, connectortest.BundledRights,
		},
		Key:  worldKey(),
		Name: func(n graph.Node) string { return strings.TrimPrefix(n.Name, "app: ") },
	})
}

// guid makes an object id of an ID of the world.
func guid(id graph.ID) string {
	h := sha256.Sum256([]byte(id.Kind.String() + id.Key))
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// rightOf splits an entitlement into its application and its role, which have one
// id each.
func rightOf(id graph.ID) (resource, role string) {
	return guid(id), guid(graph.ID{Kind: graph.Entitlement, Key: id.Key + " role"})
}

// worldKey finds the world's key of what the connector told.
func worldKey() func(graph.ID) string {
	keys := map[graph.ID]string{}
	for _, f := range connectortest.Standard().Facts {
		n, ok := f.(graph.Node)
		if !ok {
			continue
		}
		told := n.ID
		switch n.ID.Kind {
		case graph.Role:
			told.Key = guid(n.ID) + "@/"
		case graph.Entitlement:
			resource, role := rightOf(n.ID)
			told.Key = resource + "/" + role
		default:
			told.Key = guid(n.ID)
		}
		keys[told] = n.ID.Key
	}
	return func(id graph.ID) string { return keys[id] }
}

// tenantOf describes a tenant that holds a world.
func tenantOf(w connectortest.World) *graphapi.Tenant {
	t := &graphapi.Tenant{
		Members: map[string][]string{}, GroupOwners: map[string][]string{}, SignInActivity: map[string]graphapi.Object{},
		SecurityDefaults: graphapi.Object{"id": "00000000-0000-0000-0000-000000000005", "isEnabled": false},
		Permissions: []string{
			"User.Read.All", "AuditLog.Read.All", "Group.Read.All", "Application.Read.All", "AdministrativeUnit.Read.All", "RoleManagement.Read.Directory",
			"RoleAssignmentSchedule.Read.Directory", "RoleEligibilitySchedule.Read.Directory", "RoleManagementPolicy.Read.Directory", "Directory.Read.All",
			"PrivilegedEligibilitySchedule.Read.AzureADGroup", "PrivilegedAssignmentSchedule.Read.AzureADGroup", "DelegatedPermissionGrant.Read.All",
			"EntitlementManagement.Read.All", "Policy.Read.All", "LicenseAssignment.Read.All", "Organization.Read.All",
		},
	}
	for _, f := range w.Facts {
		if n, ok := f.(graph.Node); ok {
			addNode(t, n)
		}
	}
	for i, f := range w.Facts {
		switch f := f.(type) {
		case graph.Grant:
			addGrant(t, fmt.Sprintf("grant-%d", i), f)
		case graph.Gap:
			for _, g := range t.Groups {
				if g["id"] == guid(f.About) {
					g["visibility"] = "HiddenMembership"
				}
			}
		}
	}
	return t
}

func addNode(t *graphapi.Tenant, n graph.Node) {
	id := guid(n.ID)
	description, _ := n.Attrs.Get("description")
	switch n.ID.Kind {
	case graph.Account:
		u := graphapi.Object{"id": id, "userPrincipalName": n.Name, "displayName": n.Name, "userType": "Member"}
		if e, ok := n.Attrs.Get("employee_id"); ok {
			u["employeeId"] = e
		}
		if at, ok := n.Attrs.Get("last_sign_in"); ok {
			t.SignInActivity[id] = graphapi.Object{"lastSuccessfulSignInDateTime": at}
		}
		if mfa, ok := n.Attrs.Get("mfa"); ok {
			t.Registrations = append(t.Registrations, graphapi.Object{"id": id, "userPrincipalName": n.Name, "isMfaRegistered": mfa != "none", "isMfaCapable": mfa == "capable"})
		}
		t.Users = append(t.Users, u)
	case graph.Group:
		g := graphapi.Object{"id": id, "displayName": n.Name, "securityEnabled": true, "mailEnabled": false, "groupTypes": []any{}}
		if description != "" {
			g["description"] = description
		}
		t.Groups = append(t.Groups, g)
	case graph.Role:
		t.RoleDefinitions = append(t.RoleDefinitions, graphapi.Object{"id": id, "displayName": n.Name, "description": description, "isBuiltIn": false, "isEnabled": true, "rolePermissions": []any{}})
	case graph.Entitlement:
		resource, role := rightOf(n.ID)
		t.ServicePrincipals = append(t.ServicePrincipals, graphapi.Object{"id": resource, "appId": resource, "displayName": "app", "accountEnabled": true,
			"appRoles": []any{map[string]any{"id": role, "value": n.Name, "displayName": n.Name, "isEnabled": true, "allowedMemberTypes": []any{"User"}}}})
	}
}

func addGrant(t *graphapi.Tenant, id string, g graph.Grant) {
	from, to := guid(g.From), guid(g.To)
	switch {
	case g.Kind == graph.Member:
		t.Members[to] = append(t.Members[to], from)
	case g.Kind == graph.Controls:
		t.GroupOwners[to] = append(t.GroupOwners[to], from)
	case g.Kind == graph.Eligible:
		t.RoleEligibilityScheduleInstances = append(t.RoleEligibilityScheduleInstances, graphapi.Object{"id": id, "principalId": from, "roleDefinitionId": to, "directoryScopeId": "/", "memberType": "Direct"})
	case g.To.Kind == graph.Role:
		t.RoleAssignments = append(t.RoleAssignments, graphapi.Object{"id": id, "principalId": from, "roleDefinitionId": to, "directoryScopeId": "/"})
		if !g.FromTime.IsZero() {
			t.RoleAssignmentScheduleInstances = append(t.RoleAssignmentScheduleInstances, graphapi.Object{"id": id + "-instance", "principalId": from, "roleDefinitionId": to, "directoryScopeId": "/",
				"memberType": "Direct", "assignmentType": "Assigned", "roleAssignmentOriginId": id, "startDateTime": g.FromTime.Format(time.RFC3339), "endDateTime": g.UntilTime.Format(time.RFC3339)})
		}
	default:
		kind := "User"
		if g.From.Kind == graph.Group {
			kind = "Group"
		}
		resource, role := rightOf(g.To)
		t.AppRoleAssignments = append(t.AppRoleAssignments, graphapi.Object{"id": id, "principalId": from, "principalType": kind, "resourceId": resource, "appRoleId": role})
	}
}

// A tenant that is read in pages of two is the same as in pages of a thousand.
func TestPagesMakeNoDifference(t *testing.T) {
	w := connectortest.Standard().Without([]connectortest.Feature{connectortest.Identities, connectortest.UnresolvedMembers, connectortest.NestedRoles, connectortest.BundledRights})
	var first []string
	for _, size := range []int{1, 2, 3, 1000} {
		c, _ := serve(t, tenantOf(w), graphapi.Options{PageSize: map[string]int{"": size}})
		var got []graph.Fact
		for _, f := range readAll(t, c) {
			switch f.(type) {
			case graph.Node, graph.Grant, graph.Gap:
				got = append(got, f)
			}
		}
		if first == nil {
			first = lines(got)
		} else if !slices.Equal(first, lines(got)) {
			t.Errorf("pages of %d tell something else", size)
		}
	}
}
