// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
	"github.com/foureyes-iga/foureyes/graph"
)

// A listing is one list of Graph and where its items go.
type listing struct {
	part  string
	q     query
	take  func(t *tenant.Tenant, item serialization.Parsable) error
	begin func(t *tenant.Tenant) // drops what an earlier try brought; may be nil
	frill bool                   // the parameters bring more than is needed, and may be refused
}

// as makes a function that takes items of one type of the SDK.
func as[M any](take func(t *tenant.Tenant, m M)) func(*tenant.Tenant, serialization.Parsable) error {
	return func(t *tenant.Tenant, item serialization.Parsable) error {
		m, ok := item.(M)
		if !ok {
			return fmt.Errorf("an item is a %T", item)
		}
		take(t, m)
		return nil
	}
}

func top(n string) param                 { return param{"$top", n} }
func fields(s string) param              { return param{"$select", s} }
func filtered(s string) param            { return param{"$filter", s} }
func expanded(s string) param            { return param{"$expand", s} }
func typed(names ...string) (t []string) { return append(t, names...) }

const (
	typeUser      = "#microsoft.graph.user"
	typeGroup     = "#microsoft.graph.group"
	typePrincipal = "#microsoft.graph.servicePrincipal"
	typeApp       = "#microsoft.graph.application"
	typeUnit      = "#microsoft.graph.administrativeUnit"
)

// listings are all lists that are read side by side.
func (r *reading) listings() []listing {
	all := append(r.peopleLists(), r.objectLists()...)
	all = append(all, r.roleLists()...)
	return append(all, r.policyLists()...)
}

func (r *reading) peopleLists() []listing {
	properties := userProperties
	if r.may("User-LifeCycleInfo.Read.All") || r.may("User-LifeCycleInfo.ReadWrite.All") {
		properties += ",employeeLeaveDateTime"
	}
	return []listing{
		{part: tenant.PartUsers,
			q: query{path: "/users", params: []param{fields(properties), expanded("manager($select=id)"), top("999")}, factory: models.CreateUserCollectionResponseFromDiscriminatorValue, types: typed(typeUser)},
			begin: func(t *tenant.Tenant) {
				maps.DeleteFunc(t.Users, func(_ string, u tenant.User) bool { return u.Deleted.IsZero() })
			},
			take: as(func(t *tenant.Tenant, u models.Userable) { t.Users[objectID(u.GetId())] = userOf(u) })},
		{part: tenant.PartSignIns,
			q:     query{path: "/users", params: []param{fields("id,signInActivity"), top("500")}, class: classReports, factory: models.CreateUserCollectionResponseFromDiscriminatorValue, types: typed(typeUser)},
			begin: func(t *tenant.Tenant) { clear(t.SignIns) },
			take: as(func(t *tenant.Tenant, u models.Userable) {
				if s, ok := signInOf(u); ok {
					t.SignIns[objectID(u.GetId())] = s
				}
			})},
		{part: tenant.PartRegistrations,
			q:     query{path: "/reports/authenticationMethods/userRegistrationDetails", params: []param{top("999")}, class: classReports, factory: models.CreateUserRegistrationDetailsCollectionResponseFromDiscriminatorValue},
			begin: func(t *tenant.Tenant) { clear(t.Registrations) },
			take: as(func(t *tenant.Tenant, d models.UserRegistrationDetailsable) {
				t.Registrations[objectID(d.GetId())] = registrationOf(d)
			})},
		{part: tenant.PartSponsors,
			q: query{path: "/users", params: []param{filtered("userType eq 'Guest'"), fields("id"), expanded("sponsors($select=id)"), top("999")}, factory: models.CreateUserCollectionResponseFromDiscriminatorValue, types: typed(typeUser)},
			take: as(func(t *tenant.Tenant, u models.Userable) {
				if s := sponsorsOf(u); s != nil {
					t.Sponsors[objectID(u.GetId())] = s
				}
			})},
	}
}

// deletedUsers reads the recycle bin, after the users: so nobody who is deleted
// meanwhile is in neither list.
func (r *reading) deletedUsers(ctx context.Context) error {
	return r.readList(ctx, listing{part: tenant.PartDeleted,
		q: query{path: "/directory/deletedItems/microsoft.graph.user", params: []param{fields(userProperties), top("999")}, factory: models.CreateUserCollectionResponseFromDiscriminatorValue, types: typed(typeUser)},
		take: as(func(t *tenant.Tenant, u models.Userable) {
			// One who is also alive was restored, or deleted just now.
			if id := objectID(u.GetId()); !in(t.Users)(id) || !t.Users[id].Deleted.IsZero() {
				t.Users[id] = deletedUserOf(u)
			}
		})})
}

func (r *reading) objectLists() []listing {
	return []listing{
		{part: tenant.PartGroups,
			q:     query{path: "/groups", params: []param{fields(groupProperties), top("999")}, factory: models.CreateGroupCollectionResponseFromDiscriminatorValue, types: typed(typeGroup)},
			begin: func(t *tenant.Tenant) { clear(t.Groups) },
			take:  as(func(t *tenant.Tenant, g models.Groupable) { t.Groups[objectID(g.GetId())] = groupOf(g) })},
		{part: tenant.PartPrincipals,
			q:     query{path: "/servicePrincipals", params: []param{fields(principalProperties), top("999")}, factory: models.CreateServicePrincipalCollectionResponseFromDiscriminatorValue, types: typed(typePrincipal)},
			begin: func(t *tenant.Tenant) { clear(t.ServicePrincipals) },
			take: as(func(t *tenant.Tenant, s models.ServicePrincipalable) {
				t.ServicePrincipals[objectID(s.GetId())] = servicePrincipalOf(s)
			})},
		{part: tenant.PartApplications,
			q:     query{path: "/applications", params: []param{fields(applicationProperties), top("999")}, factory: models.CreateApplicationCollectionResponseFromDiscriminatorValue, types: typed(typeApp)},
			begin: func(t *tenant.Tenant) { clear(t.Applications) },
			take: as(func(t *tenant.Tenant, a models.Applicationable) {
				t.Applications[objectID(a.GetId())] = applicationOf(a)
			})},
		{part: tenant.PartUnits,
			q:    query{path: "/directory/administrativeUnits", params: []param{fields("id,displayName,visibility,isMemberManagementRestricted"), top("999")}, factory: models.CreateAdministrativeUnitCollectionResponseFromDiscriminatorValue, types: typed(typeUnit)},
			take: as(func(t *tenant.Tenant, u models.AdministrativeUnitable) { t.Units[objectID(u.GetId())] = unitOf(u) })},
		{part: tenant.PartConsents,
			q:    query{path: "/oauth2PermissionGrants", params: []param{top("999")}, factory: models.CreateOAuth2PermissionGrantCollectionResponseFromDiscriminatorValue},
			take: as(func(t *tenant.Tenant, g models.OAuth2PermissionGrantable) { t.Consents[text(g.GetId())] = consentOf(g) })},
	}
}

// roleLists expand principals whole: PIM refuses to select within them.
func (r *reading) roleLists() []listing {
	const at = "/roleManagement/directory"
	return []listing{
		{part: tenant.PartRoles,
			q:    query{path: at + "/roleDefinitions", factory: models.CreateUnifiedRoleDefinitionCollectionResponseFromDiscriminatorValue},
			take: as(func(t *tenant.Tenant, d models.UnifiedRoleDefinitionable) { t.Roles[objectID(d.GetId())] = roleOf(d) })},
		{part: tenant.PartRoleAssignments,
			q: query{path: at + "/roleAssignments", params: []param{expanded("principal")}, factory: models.CreateUnifiedRoleAssignmentCollectionResponseFromDiscriminatorValue},
			take: as(func(t *tenant.Tenant, a models.UnifiedRoleAssignmentable) {
				t.RoleAssignments[text(a.GetId())] = roleAssignmentOf(a)
			})},
		{part: tenant.PartRoleInstances,
			q: query{path: at + "/roleAssignmentScheduleInstances", factory: models.CreateUnifiedRoleAssignmentScheduleInstanceCollectionResponseFromDiscriminatorValue},
			take: as(func(t *tenant.Tenant, i models.UnifiedRoleAssignmentScheduleInstanceable) {
				t.RoleInstances[text(i.GetId())] = roleInstanceOf(i)
			})},
		{part: tenant.PartRoleEligibility,
			q: query{path: at + "/roleEligibilityScheduleInstances", params: []param{expanded("principal")}, factory: models.CreateUnifiedRoleEligibilityScheduleInstanceCollectionResponseFromDiscriminatorValue},
			take: as(func(t *tenant.Tenant, i models.UnifiedRoleEligibilityScheduleInstanceable) {
				t.RoleEligibilities[text(i.GetId())] = roleEligibilityOf(i)
			})},
		{part: tenant.PartActivations,
			q: query{path: "/policies/roleManagementPolicyAssignments", params: []param{filtered("scopeId eq '/' and scopeType eq 'DirectoryRole'"), expanded("policy($expand=rules)")}, factory: models.CreateUnifiedRoleManagementPolicyAssignmentCollectionResponseFromDiscriminatorValue},
			take: as(func(t *tenant.Tenant, a models.UnifiedRoleManagementPolicyAssignmentable) {
				if activation, ok := activationOf(a); ok {
					t.Activations[objectID(a.GetRoleDefinitionId())] = activation
				}
			})},
	}
}

func (r *reading) policyLists() []listing {
	const packages = "/identityGovernance/entitlementManagement"
	since := r.opts.Now.UTC().Add(-30 * day).Format("2006-01-02T15:04:05Z")
	return []listing{
		{part: tenant.PartPolicies,
			q: query{path: "/identity/conditionalAccess/policies", class: classPolicies, factory: models.CreateConditionalAccessPolicyCollectionResponseFromDiscriminatorValue},
			take: as(func(t *tenant.Tenant, p models.ConditionalAccessPolicyable) {
				t.Policies[objectID(p.GetId())] = policyOf(p)
			})},
		{part: tenant.PartPackages, frill: true,
			q:    query{path: packages + "/accessPackages", params: []param{expanded("incompatibleAccessPackages,incompatibleGroups")}, factory: models.CreateAccessPackageCollectionResponseFromDiscriminatorValue},
			take: as(func(t *tenant.Tenant, p models.AccessPackageable) { t.Packages[objectID(p.GetId())] = packageOf(p) })},
		{part: tenant.PartPackageHolders,
			q: query{path: packages + "/assignments", params: []param{expanded("target,accessPackage")}, factory: models.CreateAccessPackageAssignmentCollectionResponseFromDiscriminatorValue},
			take: as(func(t *tenant.Tenant, a models.AccessPackageAssignmentable) {
				if h, ok := holderOf(a); ok {
					t.PackageHolders[h.ID] = h
				}
			})},
		{part: tenant.PartAudits,
			q: query{path: "/auditLogs/directoryAudits", params: []param{filtered("activityDateTime ge " + since), top("999")}, class: classReports, factory: models.CreateDirectoryAuditCollectionResponseFromDiscriminatorValue},
			take: as(func(t *tenant.Tenant, d models.DirectoryAuditable) {
				if a, ok := auditOf(d); ok {
					t.Audits[a.ID] = a
				}
			})},
		{part: tenant.PartLicences,
			q: query{path: "/subscribedSkus", factory: models.CreateSubscribedSkuCollectionResponseFromDiscriminatorValue},
			take: as(func(t *tenant.Tenant, s models.SubscribedSkuable) {
				t.LicencesRead = true
				for _, p := range s.GetServicePlans() {
					if p != nil && text(p.GetProvisioningStatus()) == "Success" {
						t.Licences = append(t.Licences, text(p.GetServicePlanName()))
					}
				}
			})},
	}
}

// lists reads all lists, several at a time.
func (r *reading) lists(ctx context.Context) error {
	var tasks []func(context.Context) error
	for _, l := range r.listings() {
		if r.leaveOut(l.part) {
			continue
		}
		tasks = append(tasks, func(ctx context.Context) error { return r.readList(ctx, l) })
	}
	if !r.leaveOut(tenant.PartDefaults) {
		tasks = append(tasks, r.securityDefaults)
	}
	return together(ctx, tasks)
}

// readList reads one list and records how that went.
func (r *reading) readList(ctx context.Context, l listing) error {
	begin := func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if l.begin != nil {
			l.begin(r.tenant)
		}
	}
	take := func(item serialization.Parsable) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		return l.take(r.tenant, item)
	}
	took, err := r.client.list(ctx, l.q, begin, take)
	if smaller, ok := l.q.smaller(err); ok {
		l.q = smaller
		took, err = r.client.list(ctx, l.q, begin, take)
	}
	var refused *refusal
	if l.frill && errors.As(err, &refused) && refused.kind == rejected {
		l.frill, l.q.params = false, nil
		return r.readList(ctx, l)
	}
	return r.record(l.part, l.q, took, err)
}

// smaller returns the query without a page size, when Graph refused it: how many
// items a page may have has changed before, and differs between lists.
func (q query) smaller(err error) (query, bool) {
	var refused *refusal
	if !errors.As(err, &refused) || refused.kind != rejected {
		return q, false
	}
	n := len(q.params)
	q.params = slices.DeleteFunc(slices.Clone(q.params), func(p param) bool { return p.name == "$top" })
	return q, len(q.params) < n
}

// record keeps how much of a part was read. It returns what cannot be lived with.
func (r *reading) record(part string, q query, took tally, err error) error {
	p := tenant.Part{Name: part, Query: q.String(), State: graph.Complete, Requests: took.requests, Pages: took.pages, Items: took.items - took.duplicates, Bytes: took.bytes}
	if took.restarts > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("read from the start again: %d times", took.restarts))
	}
	if took.duplicates > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("items that came twice: %d", took.duplicates))
	}
	if err != nil {
		state, reason, bearable := stateOf(part, err)
		if !bearable {
			return err
		}
		p.State, p.Reason = state, reason
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tenant.Read(p)
	return nil
}

// securityDefaults reads whether the tenant has them switched on.
func (r *reading) securityDefaults(ctx context.Context) error {
	q := query{path: "/policies/identitySecurityDefaultsEnforcementPolicy", class: classPolicies, factory: models.CreateIdentitySecurityDefaultsEnforcementPolicyFromDiscriminatorValue}
	got, err := r.client.one(ctx, q)
	if p, ok := got.(models.IdentitySecurityDefaultsEnforcementPolicyable); ok && err == nil {
		r.mu.Lock()
		r.tenant.SecurityDefaults = p.GetIsEnabled()
		r.mu.Unlock()
	}
	return r.record(tenant.PartDefaults, q, tally{requests: 1, pages: 1, items: 1}, err)
}

// together runs tasks side by side. The first error ends the others.
func together(ctx context.Context, tasks []func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	for _, task := range tasks {
		wait.Go(func() {
			if err := task(ctx); err != nil {
				cancel(err)
			}
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}
