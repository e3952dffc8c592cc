// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"strings"

	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
)

// What is asked of service principals and of applications.
// https://learn.microsoft.com/graph/api/resources/serviceprincipal
// https://learn.microsoft.com/graph/api/resources/application
const (
	principalProperties   = "id,appId,displayName,servicePrincipalType,appOwnerOrganizationId,accountEnabled,appRoles,oauth2PermissionScopes,passwordCredentials,keyCredentials"
	applicationProperties = "id,appId,displayName,passwordCredentials,keyCredentials"
)

func servicePrincipalOf(s models.ServicePrincipalable) tenant.ServicePrincipal {
	sp := tenant.ServicePrincipal{
		ID: objectID(s.GetId()), AppID: objectID(s.GetAppId()), Name: text(s.GetDisplayName()), Type: text(s.GetServicePrincipalType()),
		OwnerTenant: uuidText(s.GetAppOwnerOrganizationId()), Enabled: s.GetAccountEnabled(),
		Credentials: credentialsOf(s.GetPasswordCredentials(), s.GetKeyCredentials()),
		Bare:        s.GetAppId() == nil && s.GetDisplayName() == nil && s.GetAccountEnabled() == nil,
	}
	for _, r := range s.GetAppRoles() {
		if r != nil {
			sp.AppRoles = append(sp.AppRoles, tenant.AppRole{ID: uuidText(r.GetId()), Value: text(r.GetValue()), Name: text(r.GetDisplayName()), Description: text(r.GetDescription()), Enabled: r.GetIsEnabled()})
		}
	}
	for _, p := range s.GetOauth2PermissionScopes() {
		if p != nil {
			sp.Scopes = append(sp.Scopes, tenant.Permission{ID: uuidText(p.GetId()), Value: text(p.GetValue()), Name: text(p.GetAdminConsentDisplayName())})
		}
	}
	return sp
}

func applicationOf(a models.Applicationable) tenant.Application {
	return tenant.Application{ID: objectID(a.GetId()), AppID: objectID(a.GetAppId()), Name: text(a.GetDisplayName()), Credentials: credentialsOf(a.GetPasswordCredentials(), a.GetKeyCredentials())}
}

func credentialsOf(secrets []models.PasswordCredentialable, keys []models.KeyCredentialable) []tenant.Credential {
	var all []tenant.Credential
	for _, s := range secrets {
		if s != nil {
			all = append(all, tenant.Credential{Kind: "secret", KeyID: uuidText(s.GetKeyId()), Until: moment(s.GetEndDateTime())})
		}
	}
	for _, k := range keys {
		if k != nil {
			all = append(all, tenant.Credential{Kind: "certificate", KeyID: uuidText(k.GetKeyId()), Until: moment(k.GetEndDateTime())})
		}
	}
	return all
}

func federatedOf(f models.FederatedIdentityCredentialable) tenant.Federated {
	return tenant.Federated{Issuer: text(f.GetIssuer()), Subject: text(f.GetSubject()), Name: text(f.GetName())}
}

// appRoleAssignmentOf reads an assignment. Graph calls the types of principals User,
// Group and ServicePrincipal here, and in no other place.
func appRoleAssignmentOf(a models.AppRoleAssignmentable) tenant.AppRoleAssignment {
	kind := text(a.GetPrincipalType())
	if kind != "" {
		kind = strings.ToLower(kind[:1]) + kind[1:]
	}
	return tenant.AppRoleAssignment{
		ID: text(a.GetId()), Role: uuidText(a.GetAppRoleId()), Resource: uuidText(a.GetResourceId()), ResourceName: text(a.GetResourceDisplayName()),
		Principal: tenant.Ref{ID: uuidText(a.GetPrincipalId()), Type: kind}, Created: moment(a.GetCreatedDateTime()),
	}
}

func consentOf(g models.OAuth2PermissionGrantable) tenant.Consent {
	c := tenant.Consent{
		ID: text(g.GetId()), Client: objectID(g.GetClientId()), Resource: objectID(g.GetResourceId()), Principal: objectID(g.GetPrincipalId()),
		Scopes: strings.Fields(text(g.GetScope())),
	}
	switch text(g.GetConsentType()) {
	case "AllPrincipals":
		everyone := true
		c.Everyone = &everyone
	case "Principal":
		everyone := false
		c.Everyone = &everyone
	}
	return c
}
