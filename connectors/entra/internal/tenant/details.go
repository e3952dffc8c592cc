// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// Details tells what belongs to the run of the source: which tenant it is, what
// was left out, how far the audit log reaches back, and the policies by which
// accounts prove who they are.
func (t *Tenant) Details() graph.Attrs {
	var a attributes
	a.text("tenant", t.ID)
	a.text("tenant name", t.Name)
	if t.LicencesRead {
		licences := texts(t.Licences)
		slices.Sort(licences)
		a.Set("licences", licences...)
	}
	t.tellLeftOut(&a)
	t.tellReach(&a)
	t.tellPolicies(&a)
	return a.Attrs
}

func (t *Tenant) tellLeftOut(a *attributes) {
	contacts, lists := map[string]bool{}, 0
	for id, refs := range t.Members {
		in := t.Groups[id].kind()
		for _, r := range refs {
			if isContact(r) {
				contacts[fold(r.ID)] = true
			} else if t.leftOut(r, in) {
				lists++
			}
		}
	}
	if n := len(contacts); n > 0 {
		a.Set("contacts left out", strconv.Itoa(n))
	}
	if lists > 0 {
		a.Set("left out: distribution groups in other groups", strconv.Itoa(lists))
	}
}

func (t *Tenant) tellReach(a *attributes) {
	var first time.Time
	for _, x := range t.Audits {
		if !x.At.IsZero() && (first.IsZero() || x.At.Before(first)) {
			first = x.At
		}
	}
	a.moment("audit log reaches back to", first)
}

// tellPolicies tells conditional access and security defaults as the packet prints
// policies: a detail for each, with lines of the form "label: value".
func (t *Tenant) tellPolicies(a *attributes) {
	var unread []string
	for _, name := range []string{PartPolicies, PartDefaults} {
		switch p := t.parts[name]; {
		case p == nil:
			unread = append(unread, name+": no word about it")
		case !p.judge().Whole():
			unread = append(unread, p.why())
		}
	}
	if unread != nil {
		a.Set("authentication", unread...)
	}
	t.tellDefaults(a) // first, so that no policy of that name takes its place
	apps := t.appNames()
	for _, id := range sorted(t.Policies) {
		p := t.Policies[id]
		key := "authentication: " + named(p.Name, id)
		for a.Values(key) != nil {
			key += " (" + text(id) + ")"
		}
		a.Set(key, texts(t.policyLines(p, apps))...)
	}
}

func (t *Tenant) tellDefaults(a *attributes) {
	switch {
	case is(t.SecurityDefaults):
		a.Set("authentication: "+securityDefaults, "state: on")
	case isNot(t.SecurityDefaults):
		a.Set("authentication: "+securityDefaults, "state: off")
	}
}

func (t *Tenant) policyLines(p ConditionPolicy, apps map[string]string) []string {
	var lines []string
	add := func(label string, values []string) {
		for _, v := range values {
			lines = append(lines, label+": "+v)
		}
	}
	if p.State != "" {
		add("state", []string{p.State})
	}
	demands := slices.Clone(p.Controls)
	if p.Strength != "" {
		demands = append(demands, "strength "+p.Strength)
	}
	if len(demands) > 0 {
		and := " and "
		if is(p.Any) {
			and = " or "
		}
		add("demands", []string{strings.Join(demands, and)})
	}
	add("for", t.policyThings(p.IncludeUsers, p.IncludeGroups, p.IncludeRoles))
	add("not for", t.policyThings(p.ExcludeUsers, p.ExcludeGroups, p.ExcludeRoles))
	add("applications", withNames(p.IncludeApps, apps))
	add("not applications", withNames(p.ExcludeApps, apps))
	add("actions", p.Actions)
	if p.Guests {
		add("guests", []string{"some kinds by themselves"})
	}
	add("only by", p.Narrowed)
	return lines
}

// policyThings returns the IDs of whom a policy names; the packet prints what they
// are called.
func (t *Tenant) policyThings(users, groups, roles []string) []string {
	id := func(k graph.Kind, key string) string {
		return graph.ID{Kind: k, Source: t.Source, Key: key}.String()
	}
	var all []string
	for _, u := range users {
		if k := t.kind(fold(u)); k != 0 {
			u = id(k, fold(u))
		}
		all = append(all, u)
	}
	for _, g := range groups {
		all = append(all, id(graph.Group, fold(g)))
	}
	for _, r := range roles {
		all = append(all, id(graph.Role, fold(r)+"@"+everywhere))
	}
	return all
}

// appNames returns what applications are called here, by their app ids.
func (t *Tenant) appNames() map[string]string {
	names := map[string]string{}
	for _, p := range t.ServicePrincipals {
		if was, known := names[fold(p.AppID)]; !known || p.Name < was {
			names[fold(p.AppID)] = p.Name
		}
	}
	return names
}

// withNames puts what applications are called before their ids.
func withNames(apps []string, names map[string]string) []string {
	var all []string
	for _, app := range apps {
		if name := names[fold(app)]; name != "" {
			app = name + " (" + app + ")"
		}
		all = append(all, app)
	}
	return all
}
