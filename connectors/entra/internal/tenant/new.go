// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"maps"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// New returns a tenant of which nothing has been read.
func New(s graph.Source, now time.Time) *Tenant {
	return &Tenant{
		Source: s, Now: now,
		Users: map[string]User{}, SignIns: map[string]SignIn{}, Registrations: map[string]Registration{}, Sponsors: map[string][]string{}, Mailboxes: map[string]string{},
		Groups: map[string]Group{}, ServicePrincipals: map[string]ServicePrincipal{}, Applications: map[string]Application{}, Units: map[string]Unit{}, Devices: map[string]Device{},
		Roles: map[string]Role{}, RoleAssignments: map[string]RoleAssignment{}, RoleInstances: map[string]RoleInstance{}, RoleEligibilities: map[string]RoleInstance{},
		GroupInstances: map[string]GroupInstance{}, GroupEligibility: map[string]GroupInstance{}, AppRoleAssignment: map[string]AppRoleAssignment{},
		Consents: map[string]Consent{}, Activations: map[string]Activation{}, Packages: map[string]AccessPackage{}, PackageHolders: map[string]PackageHolder{},
		Policies: map[string]ConditionPolicy{}, Audits: map[string]Audit{}, Late: map[string]string{},
		Members: Links{}, GroupOwners: Links{}, AppOwners: Links{}, SPOwners: Links{}, UnitMembers: Links{},
	}
}

// Part returns what was recorded of a part, and whether anything was.
func (t *Tenant) Part(name string) (Part, bool) {
	p := t.parts[name]
	if p == nil {
		return Part{}, false
	}
	return p.Part, true
}

// Strangers returns who is named and was not listed, in the order of ids, each once.
// What cannot be listed, such as contacts and devices, is no stranger.
func (t *Tenant) Strangers() []Ref {
	types := map[string]string{}
	for r := range t.refs() {
		if r.ID == "" || r.Type == "orgContact" || r.Type == "device" || t.isListed(r.ID) {
			continue
		}
		types[r.ID] = max(types[r.ID], r.Type) // some name him with his type, some without
	}
	var all []Ref
	for _, id := range slices.Sorted(maps.Keys(types)) {
		all = append(all, Ref{ID: id, Type: types[id]})
	}
	return all
}

func (t *Tenant) isListed(id string) bool {
	_, user := t.Users[id]
	_, group := t.Groups[id]
	_, principal := t.ServicePrincipals[id]
	_, application := t.Applications[id]
	return user || group || principal || application
}

// refs yields everybody who is named by anything.
func (t *Tenant) refs() func(yield func(Ref) bool) {
	return func(yield func(Ref) bool) {
		for _, links := range []Links{t.Members, t.GroupOwners, t.AppOwners, t.SPOwners, t.UnitMembers} {
			for _, refs := range links {
				for _, r := range refs {
					if !yield(r) {
						return
					}
				}
			}
		}
		for _, c := range t.Consents {
			if !yield(Ref{ID: c.Client, Type: "servicePrincipal"}) {
				return
			}
		}
		for _, h := range t.PackageHolders {
			if !yield(Ref{ID: h.Holder}) {
				return
			}
		}
		for _, a := range t.RoleAssignments {
			if !yield(a.Principal) {
				return
			}
		}
		for _, a := range t.AppRoleAssignment {
			if !yield(a.Principal) {
				return
			}
		}
		for _, of := range []map[string]RoleInstance{t.RoleInstances, t.RoleEligibilities} {
			for _, i := range of {
				if !yield(i.Principal) {
					return
				}
			}
		}
		for _, of := range []map[string]GroupInstance{t.GroupInstances, t.GroupEligibility} {
			for _, i := range of {
				if !yield(i.Principal) {
					return
				}
			}
		}
	}
}

// HasDevices reports whether groups name devices.
func (t *Tenant) HasDevices() bool {
	for _, refs := range t.Members {
		if slices.ContainsFunc(refs, func(r Ref) bool { return r.Type == "device" }) {
			return true
		}
	}
	return false
}
