// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"slices"
	"strings"
)

// A power is a right to change others. It stands for a set of them.
type power struct {
	key, name string

	// permissions are application permissions of Microsoft Graph that give it.
	permissions []string

	// actions are those of directory roles that give it, below
	// microsoft.directory/.
	actions []string
}

// Keys of powers.
const (
	powerUsers          = "users"
	powerAdministrators = "administrators"
	powerFederated      = "federated-users"
	powerSecurity       = "security-groups"
	powerMicrosoft365   = "microsoft365-groups"
	powerRoleGroups     = "role-assignable-groups"
	powerRoles          = "roles"
	powerApplications   = "applications"
	powerPrincipals     = "service-principals"
	powerAppRoles       = "app-roles"
	powerGraph          = "graph-permissions"
	powerPackages       = "access-packages"
)

// allPowers lists every power. Actions and permissions are those of Microsoft's
// references of built-in roles and of Graph's permissions.
func allPowers() []power {
	credentials := []string{"User-PasswordProfile.ReadWrite.All", "UserAuthenticationMethod.ReadWrite.All"}
	groups := []string{"Directory.ReadWrite.All", "Group.ReadWrite.All", "GroupMember.ReadWrite.All"}
	pim := []string{"PrivilegedAccess.ReadWrite.AzureADGroup", "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup", "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup"}
	changes := []string{"members/update", "owners/update", "dynamicMembershipRule/update", "allProperties/update", "allProperties/allTasks"}
	secrets := []string{"credentials/update", "owners/update", "allProperties/update", "allProperties/allTasks"}
	return []power{
		{powerAdministrators, "may reset credentials of administrators", credentials, nil},
		{powerPackages, "may assign access packages", []string{"EntitlementManagement.ReadWrite.All"},
			on([]string{"entitlementManagement"}, []string{"allProperties/update", "allProperties/allTasks"})},
		{powerAppRoles, "may assign app roles", []string{"AppRoleAssignment.ReadWrite.All"},
			on([]string{"servicePrincipals"}, []string{"appRoleAssignedTo/update", "allProperties/update", "allProperties/allTasks"})},
		{powerApplications, "may add credentials to applications", []string{"Application.ReadWrite.All"},
			on([]string{"applications", "applications.myOrganization"}, secrets)},
		{powerFederated, "may sign in as users of a domain by federating it", []string{"Domain.ReadWrite.All", "Domain-InternalFederation.ReadWrite.All"},
			on([]string{"domains"}, []string{"federation/update", "federationConfiguration/create", "federationConfiguration/basic/update", "allProperties/update", "allProperties/allTasks"})},
		{powerGraph, "may consent to permissions of Microsoft Graph", []string{"AppRoleAssignment.ReadWrite.All"}, nil},
		{powerMicrosoft365, "may change members of Microsoft 365 groups", slices.Concat(groups, pim),
			on([]string{"groups", "groups.unified", "groups.unified.assignedMembership"}, changes)},
		{powerRoleGroups, "may change members of role-assignable groups", append(slices.Clip(pim), "RoleManagement.ReadWrite.Directory"),
			on([]string{"groupsAssignableToRoles"}, changes)},
		{powerRoles, "may assign directory roles",
			[]string{"PrivilegedAccess.ReadWrite.AzureAD", "RoleAssignmentSchedule.ReadWrite.Directory", "RoleEligibilitySchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory"},
			on([]string{"roleAssignments", "privilegedIdentityManagement"}, []string{"allProperties/update", "allProperties/allTasks"})},
		{powerSecurity, "may change members of security groups", slices.Concat(groups, pim),
			on([]string{"groups", "groups.security", "groups.security.assignedMembership"}, changes)},
		{powerPrincipals, "may add credentials to service principals", []string{"Application.ReadWrite.All"},
			on([]string{"servicePrincipals"}, secrets)},
		{powerUsers, "may reset credentials of users", credentials,
			on([]string{"users"}, []string{"password/update", "authenticationMethods/create", "authenticationMethods/basic/update", "allProperties/update", "allProperties/allTasks"})},
	}
}

// on returns the actions upon each kind of thing.
func on(things, actions []string) []string {
	var all []string
	for _, t := range things {
		for _, a := range actions {
			all = append(all, t+"/"+a)
		}
	}
	return all
}

// Templates of built-in roles: their ids in every tenant.
const (
	globalAdministrator         = "62e90394-69f5-4237-9190-012177145e10"
	privilegedAuthentication    = "7be44c8a-adaf-4e2a-84d6-ab2649e08a13"
	privilegedRole              = "e8611ab8-c189-46e8-94e1-60213ab1f814"
	partnerTier1                = "4ba39ca4-527c-499a-b93d-d9b492c50246"
	partnerTier2                = "e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8"
	authenticationAdministrator = "c4e39bd9-1100-46d3-8c65-fb160da0071f"
	helpdeskAdministrator       = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
	passwordAdministrator       = "966707d0-3269-4727-9be2-8c3a10f19b9d"
	userAdministrator           = "fe930be7-5e62-47db-91af-98c3a49a38b1"
	groupsAdministrator         = "fdd7a751-b60b-444a-984c-02652fe8fa1c"
	directoryReaders            = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
	guestInviter                = "95e79109-95c0-4d8e-aee3-d01accf2d47b"
	messageCenterReader         = "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b"
	reportsReader               = "4a5d8f65-41da-4de4-8968-e035b65339cf"
	userExperienceManager       = "27460883-1df1-4691-b032-3b79643e5e63"
	usageSummaryReader          = "75934031-6c7e-415a-99d7-48dbd49e875e"
)

// powersOfTemplate returns the powers that a built-in role has whatever its actions
// say: that it may reset credentials of everybody stands only in its description.
func powersOfTemplate(template string) []string {
	switch template {
	case globalAdministrator:
		var all []string
		for _, p := range allPowers() {
			all = append(all, p.key)
		}
		return all
	case privilegedAuthentication, partnerTier2:
		return []string{powerAdministrators, powerUsers}
	case privilegedRole:
		return []string{powerAppRoles, powerGraph, powerRoleGroups, powerRoles}
	case authenticationAdministrator, helpdeskAdministrator, partnerTier1, passwordAdministrator, userAdministrator:
		return []string{powerUsers}
	}
	return nil
}

// mayReset returns the roles whose holders may have their credentials reset by
// holders of a role, besides those of Directory Readers and Guest Inviter, whom
// everybody with [powerUsers] may reset. Microsoft's page on privileged roles has
// the table.
func mayReset(template string) []string {
	switch template {
	case passwordAdministrator:
		return []string{passwordAdministrator}
	case helpdeskAdministrator:
		return []string{helpdeskAdministrator, messageCenterReader, passwordAdministrator, reportsReader, usageSummaryReader, userExperienceManager}
	case authenticationAdministrator:
		return []string{authenticationAdministrator, messageCenterReader, passwordAdministrator, reportsReader, usageSummaryReader, userExperienceManager}
	case userAdministrator:
		return []string{groupsAdministrator, helpdeskAdministrator, messageCenterReader, passwordAdministrator, reportsReader, usageSummaryReader, userAdministrator, userExperienceManager}
	}
	return nil
}

// harmless reports whether holders of a role are no administrators to those who
// reset credentials.
func harmless(template string) bool { return template == directoryReaders || template == guestInviter }

// powersOfRole returns the powers of a role, by its template and its actions, in
// order.
func powersOfRole(template string, actions []string) []string {
	all := slices.Clone(powersOfTemplate(template))
	for _, p := range allPowers() {
		if slices.ContainsFunc(actions, p.givenBy) {
			all = append(all, p.key)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// givenBy reports whether an action gives the power.
func (p power) givenBy(action string) bool {
	below, ok := strings.CutPrefix(strings.ToLower(action), "microsoft.directory/")
	if !ok {
		return false
	}
	if policy, ok := strings.CutPrefix(below, "serviceprincipals/managepermissiongrantsforall."); ok {
		return p.key == powerAppRoles || p.key == powerGraph && policy != "microsoft-application-admin"
	}
	return strings.HasPrefix(below, "allentities/") && (strings.HasSuffix(below, "/alltasks") || strings.HasSuffix(below, "/update")) ||
		hasFold(p.actions, below)
}

// powersOfPermission returns the powers of an application permission of Microsoft
// Graph, in order.
func powersOfPermission(value string) []string {
	if strings.HasPrefix(value, "UserAuthMethod-") && strings.HasSuffix(value, ".ReadWrite.All") {
		value = "UserAuthenticationMethod.ReadWrite.All" // one method is enough
	}
	var all []string
	for _, p := range allPowers() {
		if slices.Contains(p.permissions, value) {
			all = append(all, p.key)
		}
	}
	slices.Sort(all)
	return all
}
