// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"fmt"
	"strings"
	"time"

	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
)

// userProperties are what is asked of users.
// https://learn.microsoft.com/graph/api/resources/user
const userProperties = "id,userPrincipalName,displayName,mail,accountEnabled,userType,creationType,externalUserState,externalUserStateChangeDateTime," +
	"identities,employeeId,employeeType,employeeHireDate,companyName,department,jobTitle,createdDateTime,deletedDateTime," +
	"lastPasswordChangeDateTime,assignedLicenses,onPremisesSyncEnabled,onPremisesSecurityIdentifier,onPremisesImmutableId," +
	"onPremisesSamAccountName,onPremisesDomainName,onPremisesExtensionAttributes"

func userOf(u models.Userable) tenant.User {
	return tenant.User{
		ID: objectID(u.GetId()), UPN: text(u.GetUserPrincipalName()), Name: text(u.GetDisplayName()), Mail: text(u.GetMail()),
		Enabled: u.GetAccountEnabled(), UserType: text(u.GetUserType()), CreationType: text(u.GetCreationType()),
		ExternalState: text(u.GetExternalUserState()), ExternalStateChanged: moment(u.GetExternalUserStateChangeDateTime()),
		Identities: identitiesOf(u), EmployeeID: text(u.GetEmployeeId()), EmployeeType: text(u.GetEmployeeType()),
		HireDate: moment(u.GetEmployeeHireDate()), LeaveDate: moment(u.GetEmployeeLeaveDateTime()),
		Company: text(u.GetCompanyName()), Department: text(u.GetDepartment()), Title: text(u.GetJobTitle()),
		Manager: managerOf(u), Created: moment(u.GetCreatedDateTime()), Deleted: moment(u.GetDeletedDateTime()),
		PasswordChanged: moment(u.GetLastPasswordChangeDateTime()), Licensed: licensed(u),
		OnPremises: tenant.OnPremises{
			Synced: u.GetOnPremisesSyncEnabled(), SID: text(u.GetOnPremisesSecurityIdentifier()), ImmutableID: text(u.GetOnPremisesImmutableId()),
			SAMAccountName: text(u.GetOnPremisesSamAccountName()), Domain: text(u.GetOnPremisesDomainName()),
		},
		Extensions: extensionsOf(u.GetOnPremisesExtensionAttributes()),
		Bare:       u.GetUserPrincipalName() == nil && u.GetAccountEnabled() == nil && u.GetDisplayName() == nil,
	}
}

// deletedUserOf reads a user in the recycle bin; one whose day is not shown is told
// apart from the living by the beginning of time.
func deletedUserOf(u models.Userable) tenant.User {
	d := userOf(u)
	if d.Deleted.IsZero() {
		d.Deleted = time.Unix(0, 0).UTC()
	}
	return d
}

func identitiesOf(u models.Userable) []tenant.UserIdentity {
	var all []tenant.UserIdentity
	for _, i := range u.GetIdentities() {
		if i != nil {
			all = append(all, tenant.UserIdentity{SignInType: text(i.GetSignInType()), Issuer: text(i.GetIssuer()), AssignedID: text(i.GetIssuerAssignedId())})
		}
	}
	return all
}

func managerOf(u models.Userable) string {
	if m := u.GetManager(); m != nil {
		return objectID(m.GetId())
	}
	return ""
}

// licensed says whether a user has licences; a list that was not shown is unknown.
func licensed(u models.Userable) *bool {
	licences := u.GetAssignedLicenses()
	if licences == nil {
		return nil
	}
	has := len(licences) > 0
	return &has
}

func extensionsOf(e models.OnPremisesExtensionAttributesable) map[string]string {
	if e == nil {
		return nil
	}
	all := map[string]string{}
	for i, p := range []*string{
		e.GetExtensionAttribute1(), e.GetExtensionAttribute2(), e.GetExtensionAttribute3(), e.GetExtensionAttribute4(), e.GetExtensionAttribute5(),
		e.GetExtensionAttribute6(), e.GetExtensionAttribute7(), e.GetExtensionAttribute8(), e.GetExtensionAttribute9(), e.GetExtensionAttribute10(),
		e.GetExtensionAttribute11(), e.GetExtensionAttribute12(), e.GetExtensionAttribute13(), e.GetExtensionAttribute14(), e.GetExtensionAttribute15(),
	} {
		if text(p) != "" {
			all[fmt.Sprintf("extensionAttribute%d", i+1)] = text(p)
		}
	}
	return all
}

func signInOf(u models.Userable) (tenant.SignIn, bool) {
	a := u.GetSignInActivity()
	if a == nil {
		return tenant.SignIn{}, false
	}
	return tenant.SignIn{
		LastSuccessful: moment(a.GetLastSuccessfulSignInDateTime()), LastInteractive: moment(a.GetLastSignInDateTime()),
		LastNonInteractive: moment(a.GetLastNonInteractiveSignInDateTime()),
	}, true
}

func registrationOf(d models.UserRegistrationDetailsable) tenant.Registration {
	return tenant.Registration{
		Registered: d.GetIsMfaRegistered(), Capable: d.GetIsMfaCapable(), Methods: d.GetMethodsRegistered(), Updated: moment(d.GetLastUpdatedDateTime()),
	}
}

// sponsorsOf returns the sponsors of a guest: an empty list when there is none, and nil
// when Graph did not show them.
func sponsorsOf(u models.Userable) []string {
	if u.GetSponsors() == nil {
		return nil
	}
	all := []string{}
	for _, s := range u.GetSponsors() {
		if s != nil {
			all = append(all, objectID(s.GetId()))
		}
	}
	return all
}

// purposeOf returns the purpose of a mailbox, such as shared or room.
func purposeOf(m models.MailboxSettingsable) string {
	return strings.ToLower(word(m.GetUserPurpose()))
}
