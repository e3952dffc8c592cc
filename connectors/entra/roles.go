// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
)

func roleOf(d models.UnifiedRoleDefinitionable) tenant.Role {
	r := tenant.Role{
		ID: objectID(d.GetId()), TemplateID: objectID(d.GetTemplateId()), Name: text(d.GetDisplayName()), Description: text(d.GetDescription()),
		BuiltIn: d.GetIsBuiltIn(), Enabled: d.GetIsEnabled(),
	}
	if d.GetRolePermissions() != nil {
		r.Actions = []string{} // shown, and maybe none
	}
	for _, p := range d.GetRolePermissions() {
		if p != nil {
			r.Actions = append(r.Actions, p.GetAllowedResourceActions()...)
		}
	}
	return r
}

// scopeOf returns where a role counts: the scope in the directory, or else that
// within an application.
func scopeOf(directory, app *string) string { return cmp.Or(objectID(directory), objectID(app)) }

func roleAssignmentOf(a models.UnifiedRoleAssignmentable) tenant.RoleAssignment {
	return tenant.RoleAssignment{
		ID: text(a.GetId()), Role: objectID(a.GetRoleDefinitionId()), Scope: scopeOf(a.GetDirectoryScopeId(), a.GetAppScopeId()),
		Principal: principalOf(a.GetPrincipalId(), a.GetPrincipal()),
	}
}

func roleInstanceOf(i models.UnifiedRoleAssignmentScheduleInstanceable) tenant.RoleInstance {
	r := baseInstanceOf(i)
	r.Member, r.Assignment, r.Origin = text(i.GetMemberType()), text(i.GetAssignmentType()), text(i.GetRoleAssignmentOriginId())
	r.Start, r.End = moment(i.GetStartDateTime()), moment(i.GetEndDateTime())
	return r
}

func roleEligibilityOf(i models.UnifiedRoleEligibilityScheduleInstanceable) tenant.RoleInstance {
	r := baseInstanceOf(i)
	r.Member, r.Start, r.End = text(i.GetMemberType()), moment(i.GetStartDateTime()), moment(i.GetEndDateTime())
	return r
}

func baseInstanceOf(i models.UnifiedRoleScheduleInstanceBaseable) tenant.RoleInstance {
	return tenant.RoleInstance{
		ID: text(i.GetId()), Role: objectID(i.GetRoleDefinitionId()), Scope: scopeOf(i.GetDirectoryScopeId(), i.GetAppScopeId()),
		Principal: principalOf(i.GetPrincipalId(), i.GetPrincipal()),
	}
}

func groupEligibilityOf(group string, i models.PrivilegedAccessGroupEligibilityScheduleInstanceable) tenant.GroupInstance {
	return tenant.GroupInstance{
		ID: text(i.GetId()), Group: cmp.Or(objectID(i.GetGroupId()), group), Principal: principalOf(i.GetPrincipalId(), i.GetPrincipal()),
		Access: word(i.GetAccessId()), Member: memberWord(word(i.GetMemberType())), Start: moment(i.GetStartDateTime()), End: moment(i.GetEndDateTime()),
	}
}

func groupInstanceOf(group string, i models.PrivilegedAccessGroupAssignmentScheduleInstanceable) tenant.GroupInstance {
	return tenant.GroupInstance{
		ID: text(i.GetId()), Group: cmp.Or(objectID(i.GetGroupId()), group), Principal: principalOf(i.GetPrincipalId(), i.GetPrincipal()),
		Access: word(i.GetAccessId()), Member: memberWord(word(i.GetMemberType())), Assignment: memberWord(word(i.GetAssignmentType())),
		Start: moment(i.GetStartDateTime()), End: moment(i.GetEndDateTime()),
	}
}

// memberWord writes the words of PIM for Groups as those of directory roles are
// written: direct as Direct.
func memberWord(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// activationOf reads what the rules of PIM demand of whoever activates a role: those
// whose target is the end user's assignment.
// https://learn.microsoft.com/graph/identity-governance-pim-rules-overview
func activationOf(a models.UnifiedRoleManagementPolicyAssignmentable) (tenant.Activation, bool) {
	p := a.GetPolicy()
	if p == nil || p.GetRules() == nil {
		return tenant.Activation{}, false
	}
	var out tenant.Activation
	for _, rule := range p.GetRules() {
		if rule != nil && strings.HasSuffix(text(rule.GetId()), "_EndUser_Assignment") {
			addRule(&out, rule)
		}
	}
	return out, true
}

func addRule(a *tenant.Activation, rule models.UnifiedRoleManagementPolicyRuleable) {
	switch r := rule.(type) {
	case models.UnifiedRoleManagementPolicyApprovalRuleable:
		if s := r.GetSetting(); s != nil {
			a.Approval = s.GetIsApprovalRequired()
		}
	case models.UnifiedRoleManagementPolicyEnablementRuleable:
		a.MFA = contains(r.GetEnabledRules(), "MultiFactorAuthentication")
		a.Justification = contains(r.GetEnabledRules(), "Justification")
		a.Ticket = contains(r.GetEnabledRules(), "Ticketing")
	case models.UnifiedRoleManagementPolicyAuthenticationContextRuleable:
		a.AuthenticationContext = r.GetIsEnabled()
	case models.UnifiedRoleManagementPolicyExpirationRuleable:
		if d := r.GetMaximumDuration(); d != nil {
			if longest, err := d.ToDuration(); err == nil {
				a.Longest = longest
			}
		}
	}
}

// contains says whether a list names a word; without a list nothing is known.
func contains(all []string, s string) *bool {
	if all == nil {
		return nil
	}
	has := slices.Contains(all, s)
	return &has
}

// day is the shortest unit in which the audit log is asked.
const day = 24 * time.Hour
