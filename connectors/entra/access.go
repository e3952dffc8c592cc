// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"cmp"
	"slices"
	"strings"

	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
)

// policyOf reads a policy of conditional access.
// https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy
func policyOf(p models.ConditionalAccessPolicyable) tenant.ConditionPolicy {
	out := tenant.ConditionPolicy{ID: objectID(p.GetId()), Name: text(p.GetDisplayName()), State: word(p.GetState())}
	if g := p.GetGrantControls(); g != nil {
		for _, c := range g.GetBuiltInControls() {
			out.Controls = append(out.Controls, c.String())
		}
		for _, f := range g.GetCustomAuthenticationFactors() {
			out.Controls = append(out.Controls, "custom factor "+f)
		}
		if len(g.GetTermsOfUse()) > 0 {
			out.Controls = append(out.Controls, "terms of use")
		}
		if s := g.GetAuthenticationStrength(); s != nil {
			addStrength(&out, s)
		}
		if op := text(g.GetOperator()); op != "" {
			any := op == "OR"
			out.Any = &any
		}
	}
	if c := p.GetConditions(); c != nil {
		addUsers(&out, c.GetUsers())
		addApplications(&out, c.GetApplications())
		out.Narrowed = narrowed(c)
	} else {
		out.Narrowed = []string{"conditions that were not shown"}
	}
	return out
}

// addStrength takes an authentication strength for a second factor only when Graph
// says that it is one, or Microsoft made it: a tenant may make one of single factors.
// https://learn.microsoft.com/graph/api/resources/authenticationstrengthpolicy
func addStrength(p *tenant.ConditionPolicy, s models.AuthenticationStrengthPolicyable) {
	name := cmp.Or(text(s.GetDisplayName()), objectID(s.GetId()))
	builtIn := []string{"00000000-0000-0000-0000-000000000002", "00000000-0000-0000-0000-000000000003", "00000000-0000-0000-0000-000000000004"}
	switch satisfied := word(s.GetRequirementsSatisfied()); {
	case strings.EqualFold(satisfied, "mfa"), satisfied == "" && slices.Contains(builtIn, objectID(s.GetId())):
		p.Strength = name
	case satisfied == "":
		p.Controls = append(p.Controls, "strength "+name+", of which it is not shown whether it takes two factors")
	default:
		p.Controls = append(p.Controls, "strength "+name+", which one factor satisfies")
	}
}

func addUsers(p *tenant.ConditionPolicy, u models.ConditionalAccessUsersable) {
	if u == nil {
		return
	}
	p.IncludeUsers, p.ExcludeUsers = u.GetIncludeUsers(), u.GetExcludeUsers()
	p.IncludeGroups, p.ExcludeGroups = u.GetIncludeGroups(), u.GetExcludeGroups()
	p.IncludeRoles, p.ExcludeRoles = u.GetIncludeRoles(), u.GetExcludeRoles()
	p.Guests = u.GetIncludeGuestsOrExternalUsers() != nil || u.GetExcludeGuestsOrExternalUsers() != nil
}

func addApplications(p *tenant.ConditionPolicy, a models.ConditionalAccessApplicationsable) {
	if a == nil {
		return
	}
	p.IncludeApps, p.ExcludeApps = a.GetIncludeApplications(), a.GetExcludeApplications()
	p.Actions = slices.Concat(a.GetIncludeUserActions(), a.GetIncludeAuthenticationContextClassReferences())
}

// narrowed names the conditions under which alone a policy counts.
func narrowed(c models.ConditionalAccessConditionSetable) []string {
	var all []string
	add := func(is bool, what string) {
		if is {
			all = append(all, what)
		}
	}
	if a := c.GetApplications(); a != nil {
		add(a.GetApplicationFilter() != nil, "a filter of applications")
	}
	if l := c.GetLocations(); l != nil {
		add(len(l.GetExcludeLocations()) > 0 || !slices.Equal(l.GetIncludeLocations(), []string{"All"}), "locations")
	}
	if p := c.GetPlatforms(); p != nil {
		all := len(p.GetIncludePlatforms()) == 1 && p.GetIncludePlatforms()[0] == models.ALL_CONDITIONALACCESSDEVICEPLATFORM
		add(len(p.GetExcludePlatforms()) > 0 || !all, "platforms")
	}
	add(!everyClient(c.GetClientAppTypes()), "client applications")
	add(c.GetDevices() != nil, "devices")
	add(c.GetClientApplications() != nil, "workload identities")
	add(c.GetAuthenticationFlows() != nil, "authentication flows")
	add(c.GetInsiderRiskLevels() != nil, "insider risk")
	add(len(c.GetServicePrincipalRiskLevels()) > 0, "service principal risk")
	add(len(c.GetSignInRiskLevels()) > 0, "sign-in risk")
	add(len(c.GetUserRiskLevels()) > 0, "user risk")
	return all
}

func everyClient(types []models.ConditionalAccessClientApp) bool {
	return slices.Equal(types, []models.ConditionalAccessClientApp{models.ALL_CONDITIONALACCESSCLIENTAPP})
}

func packageOf(p models.AccessPackageable) tenant.AccessPackage {
	out := tenant.AccessPackage{ID: objectID(p.GetId()), Name: text(p.GetDisplayName()), Description: text(p.GetDescription())}
	if p.GetIncompatibleAccessPackages() != nil {
		out.Incompatible = []string{} // shown, and maybe none
	}
	for _, other := range p.GetIncompatibleAccessPackages() {
		if other != nil {
			out.Incompatible = append(out.Incompatible, objectID(other.GetId()))
		}
	}
	for _, g := range p.GetIncompatibleGroups() {
		if g != nil {
			out.IncompatibleGroups = append(out.IncompatibleGroups, objectID(g.GetId()))
		}
	}
	return out
}

// holderOf reads an assignment of an access package; not ok is one that is not
// delivered.
func holderOf(a models.AccessPackageAssignmentable) (tenant.PackageHolder, bool) {
	switch word(a.GetState()) {
	case "delivered", "partiallyDelivered", "": // a state that is not shown may be these
	default:
		return tenant.PackageHolder{}, false
	}
	h := tenant.PackageHolder{ID: text(a.GetId())}
	if p := a.GetAccessPackage(); p != nil {
		h.Package = objectID(p.GetId())
	}
	if t := a.GetTarget(); t != nil {
		h.Holder, h.Name = objectID(t.GetObjectId()), text(t.GetDisplayName())
	}
	return h, true
}
