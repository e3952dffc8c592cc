// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"errors"
	"fmt"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
	"github.com/foureyes-iga/foureyes/graph"
)

// A right is what reading a part needs: the least application permission, and the
// licence of the tenant if it takes one.
// https://learn.microsoft.com/graph/permissions-reference
type right struct{ permission, licence string }

const (
	licenceP1 = "Entra ID P1"
	licenceP2 = "Entra ID P2"
)

// rights returns what each part needs.
func rights(part string) right {
	switch part {
	case tenant.PartUsers, tenant.PartDeleted, tenant.PartSponsors:
		return right{"User.Read.All", ""}
	case tenant.PartSignIns, tenant.PartRegistrations:
		return right{"AuditLog.Read.All", licenceP1}
	case tenant.PartGroups, tenant.PartMembers, tenant.PartGroupOwners:
		return right{"GroupMember.Read.All", ""}
	case tenant.PartPrincipals, tenant.PartApplications, tenant.PartAppRoles, tenant.PartAppOwners, tenant.PartSPOwners, tenant.PartSPOwned, tenant.PartFederated, tenant.PartPrincipalGroups:
		return right{"Application.Read.All", ""}
	case tenant.PartUnits, tenant.PartUnitMembers:
		return right{"AdministrativeUnit.Read.All", ""}
	case tenant.PartRoles, tenant.PartRoleAssignments:
		return right{"RoleManagement.Read.Directory", ""}
	case tenant.PartRoleInstances:
		return right{"RoleAssignmentSchedule.Read.Directory", licenceP2}
	case tenant.PartRoleEligibility:
		return right{"RoleEligibilitySchedule.Read.Directory", licenceP2}
	case tenant.PartActivations:
		return right{"RoleManagementPolicy.Read.Directory", licenceP2}
	case tenant.PartGroupEligible:
		return right{"PrivilegedEligibilitySchedule.Read.AzureADGroup", licenceP2}
	case tenant.PartGroupInstances:
		return right{"PrivilegedAssignmentSchedule.Read.AzureADGroup", licenceP2}
	case tenant.PartConsents:
		return right{"DelegatedPermissionGrant.Read.All", ""}
	case tenant.PartPackages, tenant.PartPackageHolders:
		return right{"EntitlementManagement.Read.All", licenceP2}
	case tenant.PartPolicies, tenant.PartDefaults:
		return right{"Policy.Read.All", ""}
	case tenant.PartAudits:
		return right{"AuditLog.Read.All", ""}
	case tenant.PartMailboxes:
		return right{"MailboxSettings.Read", ""}
	case tenant.PartLicences:
		return right{"LicenseAssignment.Read.All", ""}
	}
	return right{"User.Read.All", ""}
}

// stateOf says what an error means for a part, and how to cure it. Nothing but a
// refusal may be lived with.
func stateOf(part string, err error) (graph.State, string, bool) {
	var r *refusal
	if !errors.As(err, &r) {
		return graph.Failed, "", false
	}
	need := rights(part)
	switch r.kind {
	case denied:
		return graph.Denied, fmt.Sprintf("not allowed (%s); grant the application permission %s, or consent to it", r.code, need.permission), true
	case unlicensed:
		return graph.Unlicensed, fmt.Sprintf("the tenant has no licence for it (%s); it takes %s", r.code, need.licence), true
	case expired:
		return graph.Failed, "", false
	}
	return graph.Failed, r.Error(), true
}
