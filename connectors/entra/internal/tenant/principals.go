// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

func (s *story) servicePrincipals(yield teller) bool {
	registered := map[string][]Credential{} // by app id
	s.applications = map[string][]string{}
	for _, id := range sorted(s.t.Applications) {
		app := s.t.Applications[id]
		registered[fold(app.AppID)] = append(registered[fold(app.AppID)], app.Credentials...)
		s.applications[fold(app.AppID)] = append(s.applications[fold(app.AppID)], id)
	}
	for _, id := range sorted(s.t.ServicePrincipals) {
		p := s.t.ServicePrincipals[id]
		s.told[graph.Accounts]++
		if !yield(s.servicePrincipal(id, p, registered[fold(p.AppID)])) {
			return false
		}
	}
	return true
}

func (s *story) servicePrincipal(id string, p ServicePrincipal, more []Credential) graph.Node {
	a := attributes{make(graph.Attrs, 0, 12)}
	a.Set("type", kindOfPrincipal(p))
	a.Set("mfa", "not-applicable")
	if owners := s.ownersOf(id, p); len(owners) > 0 {
		a.Set("owner", owners...)
	}
	s.tellStatus(&a, p.Enabled, false)
	a.text("app_id", p.AppID)
	a.text("service_principal_type", p.Type)
	a.text("owner_tenant", p.OwnerTenant)
	a.moment("created", p.Created)
	if p.Credentials != nil || more != nil {
		a.Set("credentials", credentials(p.Credentials, more)...)
	}
	s.tellChanges(&a, id)
	return graph.Node{ID: s.account(id), Name: named(p.Name, id), Attrs: a.Attrs}
}

// microsoft is the tenant that owns the services of Microsoft itself, which every
// tenant has and nobody in it owns.
const microsoft = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"

func kindOfPrincipal(p ServicePrincipal) string {
	if fold(p.OwnerTenant) == microsoft {
		return "system"
	}
	return "service"
}

// ownersOf lists who owns a service principal, or its application in this tenant.
func (s *story) ownersOf(id string, p ServicePrincipal) []string {
	refs := slices.Clone(s.t.SPOwners[id])
	for _, app := range s.applications[fold(p.AppID)] {
		refs = append(refs, s.t.AppOwners[app]...)
	}
	var owners []string
	for _, r := range refs {
		if s.t.kind(fold(r.ID)) == graph.Account {
			owners = append(owners, s.account(fold(r.ID)).String())
		}
	}
	slices.Sort(owners)
	return slices.Compact(owners)
}

// credentials lists secrets and certificates, each once.
func credentials(lists ...[]Credential) []string {
	lines := []string{}
	for _, c := range slices.Concat(lists...) {
		end := "without end"
		if !c.Until.IsZero() {
			end = "until " + c.Until.UTC().Format(time.DateOnly)
		}
		lines = append(lines, text(c.Kind)+" "+end)
	}
	slices.Sort(lines)
	return lines
}

// An appRole is a right that a resource offers, as it is told.
type appRole struct {
	name, description, application string
	resource                       string // object id
	delegated, graph               bool
	powers                         []string // that it gives
}

// offers gathers every app role and delegated permission that has a node: those
// that are enabled, and those that somebody has.
func (s *story) offers() map[graph.ID]appRole {
	all := map[graph.ID]appRole{}
	for _, id := range sorted(s.t.ServicePrincipals) {
		for _, r := range s.t.ServicePrincipals[id].AppRoles {
			if !isNot(r.Enabled) && fold(r.ID) != none {
				all[s.appRoleID(id, r.ID)] = s.appRole(id, r)
			}
		}
	}
	for _, id := range sorted(s.t.AppRoleAssignment) {
		x := s.t.AppRoleAssignment[id]
		at := s.appRoleID(x.Resource, x.Role)
		if _, known := all[at]; !known {
			all[at] = s.assignedAppRole(x)
		}
	}
	for _, c := range s.t.Consents {
		app := s.resourceName(c.Resource, "")
		for _, scope := range c.Scopes {
			value := s.spelling(c.Resource, scope)
			all[s.delegatedID(c.Resource, value)] = appRole{name: app + ": " + text(value) + " (delegated)", application: s.application(c.Resource, ""), resource: fold(c.Resource), delegated: true}
		}
	}
	return all
}

// appRoleID names an app role: of a resource by its object id, by the role's id.
func (s *story) appRoleID(resource, role string) graph.ID {
	return s.id(graph.Entitlement, fold(resource)+"/"+fold(cmp.Or(role, none)))
}

func (s *story) delegatedID(resource, value string) graph.ID {
	return s.id(graph.Entitlement, fit(fold(resource)+"/delegated/", escape(value)))
}

// spelling returns a delegated permission as the resource that offers it spells it:
// consents may name it in another letter case.
func (s *story) spelling(resource, value string) string {
	for _, p := range s.t.ServicePrincipals[fold(resource)].Scopes {
		if strings.EqualFold(p.Value, value) {
			return p.Value
		}
	}
	return value
}

func (s *story) appRole(resource string, r AppRole) appRole {
	app := s.resourceName(resource, "")
	told := appRole{
		name:        app + ": " + text(cmp.Or(r.Value, r.Name, r.ID)),
		description: r.Description,
		application: s.application(resource, ""),
		resource:    resource,
		graph:       s.isGraph(resource),
	}
	if told.graph {
		told.powers = powersOfPermission(r.Value)
	}
	return told
}

// assignedAppRole describes an app role that somebody has and that its resource
// does not offer, or not any more.
func (s *story) assignedAppRole(x AppRoleAssignment) appRole {
	app := s.resourceName(x.Resource, x.ResourceName)
	role := fold(cmp.Or(x.Role, none))
	told := appRole{application: s.application(x.Resource, x.ResourceName), resource: fold(x.Resource), graph: s.isGraph(x.Resource)}
	if role == none {
		told.name = app + ": assigned"
		return told
	}
	for _, r := range s.t.ServicePrincipals[fold(x.Resource)].AppRoles {
		if fold(r.ID) == role {
			return s.appRole(fold(x.Resource), r)
		}
	}
	told.name = app + ": " + role
	return told
}

// application returns what a resource is called; empty when it was not shown.
func (s *story) application(resource, fallback string) string {
	return cmp.Or(s.t.ServicePrincipals[fold(resource)].Name, fallback)
}

func (s *story) resourceName(resource, fallback string) string {
	return named(s.application(resource, fallback), fold(resource))
}

// offerNodes tells app roles and delegated permissions.
func (s *story) offerNodes(yield teller) bool {
	for _, id := range inOrder(s.offered) {
		r := s.offered[id]
		var a attributes
		a.text("description", r.description)
		a.text("application", r.application)
		if r.delegated {
			a.Set("delegated", "true")
		}
		if len(r.powers) > 0 {
			a.Set("privileged", "true")
		}
		if !yield(graph.Node{ID: id, Name: r.name, Attrs: a.Attrs}) {
			return false
		}
	}
	return true
}

// appRoleAssignments tells who has which app role. What a group has reaches its
// direct members only.
func (s *story) appRoleAssignments(yield teller) bool {
	for _, id := range sorted(s.t.AppRoleAssignment) {
		x := s.t.AppRoleAssignment[id]
		from, ok := s.holder(x.Principal)
		if !ok {
			continue
		}
		since := x.Created
		to := s.appRoleID(x.Resource, x.Role)
		if since.IsZero() {
			since = s.history.since(from, s.account(fold(x.Resource)))
		}
		terms := graph.Terms{DirectOnly: from.Kind == graph.Group, Since: since}
		if !s.grant(yield, from, to, graph.Assigned, terms) {
			return false
		}
	}
	return true
}

// A reach is for whom a client has a delegated permission.
type reach struct {
	everyone bool
	people   map[string]bool
}

func (r reach) via() string {
	switch {
	case r.everyone:
		return "for everyone"
	case len(r.people) == 1:
		return "for one person"
	case len(r.people) > 1:
		return fmt.Sprintf("for %d people", len(r.people))
	}
	return "for whom is not known"
}

// consents tells which delegated permissions each client has.
func (s *story) consents(yield teller) bool {
	type key struct{ client, permission graph.ID }
	all := map[key]*reach{}
	var order []key
	for _, id := range sorted(s.t.Consents) {
		c := s.t.Consents[id]
		client, ok := s.holder(Ref{c.Client, "servicePrincipal"})
		if !ok || client.Kind == graph.Group {
			continue
		}
		for _, scope := range c.Scopes {
			k := key{client, s.delegatedID(c.Resource, s.spelling(c.Resource, scope))}
			if all[k] == nil {
				all[k] = &reach{people: map[string]bool{}}
				order = append(order, k)
			}
			all[k].add(c)
		}
	}
	for _, k := range order {
		if !s.grant(yield, k.client, k.permission, graph.Assigned, graph.Terms{Via: all[k].via()}) {
			return false
		}
	}
	return true
}

func (r *reach) add(c Consent) {
	if is(c.Everyone) {
		r.everyone = true
	} else if c.Principal != "" {
		r.people[fold(c.Principal)] = true
	}
}

// owners tells who may add credentials to an application by owning it, or its
// service principal, whose owners also assign its app roles.
func (s *story) owners(yield teller) bool {
	for _, id := range sorted(s.t.AppOwners) {
		for _, p := range s.seen.principals[fold(s.t.Applications[id].AppID)] {
			if !s.controllers(yield, s.t.AppOwners[id], s.account(p), "owner of the application") {
				return false
			}
		}
	}
	for _, id := range sorted(s.t.SPOwners) {
		for _, to := range append([]graph.ID{s.account(id)}, s.appRolesOf(id)...) {
			if !s.controllers(yield, s.t.SPOwners[id], to, "owner") {
				return false
			}
		}
	}
	return s.unreadOwners(yield)
}

// appRolesOf returns the app roles that a resource offers. Those of Graph are not
// assigned by its owners.
func (s *story) appRolesOf(resource string) []graph.ID {
	if s.isGraph(resource) {
		return nil
	}
	return s.offeredBy[resource]
}

// byResource returns the app roles of each resource, in order.
func byResource(offered map[graph.ID]appRole) map[string][]graph.ID {
	all := map[string][]graph.ID{}
	for _, id := range inOrder(offered) {
		if r := offered[id]; !r.delegated {
			all[r.resource] = append(all[r.resource], id)
		}
	}
	return all
}

func (s *story) controllers(yield teller, refs []Ref, to graph.ID, via string) bool {
	for _, r := range refs {
		from, ok := s.holder(r)
		if ok && !s.grant(yield, from, to, graph.Controls, graph.Terms{Via: via}) {
			return false
		}
	}
	return true
}

// unreadOwners tells gaps where the owners of one application were not read.
func (s *story) unreadOwners(yield teller) bool {
	if s.t.whole(PartAppOwners) {
		for _, id := range sorted(s.t.Applications) {
			if _, read := s.t.AppOwners[id]; read {
				continue
			}
			for _, p := range s.seen.principals[fold(s.t.Applications[id].AppID)] {
				if !s.gap(yield, s.account(p), graph.Control, "the owners of its application were not read") {
					return false
				}
			}
		}
	}
	return s.unread(yield, sorted(s.t.ServicePrincipals), s.t.SPOwners, graph.Account, graph.Control, PartSPOwners)
}

// federated tells which subjects of other issuers may be an application.
func (s *story) federated(yield teller) bool {
	for _, id := range sorted(s.t.Applications) {
		app := s.t.Applications[id]
		for _, f := range app.Federated {
			n := graph.Node{ID: s.federatedID(f), Name: text(f.Subject + " of " + f.Issuer)}
			principals := s.seen.principals[fold(app.AppID)]
			if len(principals) > 0 && !yield(n) {
				return false
			}
			for _, p := range principals {
				if !s.grant(yield, n.ID, s.account(p), graph.Controls, graph.Terms{Via: "federated credential"}) {
					return false
				}
			}
		}
	}
	return true
}

// federatedID names a subject of an issuer. Both are free text: the blank between
// them is the first, because an issuer's own are escaped.
func (s *story) federatedID(f Federated) graph.ID {
	issuer := strings.ReplaceAll(escape(f.Issuer), " ", `\u0020`)
	return s.id(graph.Unresolved, fit("federated/", issuer+" "+escape(f.Subject)))
}

// isGraph reports whether a resource is Microsoft Graph, or the older Azure AD Graph,
// whose permissions have the same names and the same guard.
func (s *story) isGraph(resource string) bool {
	app := fold(s.t.ServicePrincipals[fold(resource)].AppID)
	return app == "00000003-0000-0000-c000-000000000000" || app == "00000002-0000-0000-c000-000000000000"
}
