// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
)

// groupProperties are what is asked of groups.
// https://learn.microsoft.com/graph/api/resources/group
const groupProperties = "id,displayName,description,mail,securityEnabled,mailEnabled,groupTypes,isAssignableToRole,visibility,membershipRule," +
	"membershipRuleProcessingState,createdDateTime,onPremisesSyncEnabled,onPremisesSecurityIdentifier,onPremisesSamAccountName,onPremisesDomainName"

func groupOf(g models.Groupable) tenant.Group {
	return tenant.Group{
		ID: objectID(g.GetId()), Name: text(g.GetDisplayName()), Description: text(g.GetDescription()), Mail: text(g.GetMail()),
		SecurityEnabled: g.GetSecurityEnabled(), MailEnabled: g.GetMailEnabled(), Types: g.GetGroupTypes(), RoleAssignable: g.GetIsAssignableToRole(),
		Visibility: text(g.GetVisibility()), MembershipRule: text(g.GetMembershipRule()), RuleProcessing: text(g.GetMembershipRuleProcessingState()),
		Created: moment(g.GetCreatedDateTime()),
		OnPremises: tenant.OnPremises{
			Synced: g.GetOnPremisesSyncEnabled(), SID: text(g.GetOnPremisesSecurityIdentifier()),
			SAMAccountName: text(g.GetOnPremisesSamAccountName()), Domain: text(g.GetOnPremisesDomainName()),
		},
		Bare: g.GetDisplayName() == nil && g.GetSecurityEnabled() == nil && g.GetGroupTypes() == nil,
	}
}

func unitOf(u models.AdministrativeUnitable) tenant.Unit {
	return tenant.Unit{ID: objectID(u.GetId()), Name: text(u.GetDisplayName()), Visibility: text(u.GetVisibility()), Restricted: u.GetIsMemberManagementRestricted()}
}
