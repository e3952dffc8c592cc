// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/fixtures/graphapi"
	"github.com/foureyes-iga/foureyes/graph"
)

// An expectation is what docs/formats/entra.md makes of a described tenant, worked
// out from the description alone: one line for each node with the attributes that
// verdicts rest on, and for each grant but those of powers.
type expectation struct {
	d     *graphapi.Tenant
	names map[string]string
	lines []string
}

func (e *expectation) say(format string, args ...any) {
	e.lines = append(e.lines, fmt.Sprintf(format, args...))
}

func str(o graphapi.Object, key string) string {
	s, _ := o[key].(string)
	return s
}

// Every fact of a tenant of a thousand users comes, and no other.
func TestThousandUsers(t *testing.T) {
	d := graphapi.Synthetic(7, 1000, 300, 8000)
	for _, u := range d.Users[:500] { // of the others their identities are not shown
		if u["identities"] == nil {
			u["identities"] = []any{map[string]any{"signInType": "userPrincipalName", "issuer": "synthetic.example", "issuerAssignedId": u["userPrincipalName"]}}
		}
	}
	d.Groups[5]["displayName"], d.Users[3]["accountEnabled"] = "  \u202egroup\x01 ", nil // hostile, and not known
	c, api := serve(t, d, graphapi.Options{PageSize: map[string]int{"members": 100}})
	all := readAll(t, c)
	if v := api.Violations(); len(v) > 0 {
		t.Errorf("asked for what Graph does not have: %q", v)
	}
	want, got := expect(d), describe(all)
	for _, l := range firstDifferences(want, got) {
		t.Error(l)
	}
	if len(want) < 9_000 {
		t.Errorf("only %d facts are expected", len(want))
	}
	g := graphOf(t, all)
	for _, set := range graph.Datasets() {
		if s := g.State("world", set); !s.Whole() && set != graph.Assignments && set != graph.Control { // the roles of this tenant do not show their actions
			t.Errorf("%s is %s", set, s)
		}
	}
}

func firstDifferences(want, got []string) []string {
	var all []string
	for _, l := range want {
		if _, ok := slices.BinarySearch(got, l); !ok {
			all = append(all, "missing  "+l)
		}
	}
	for _, l := range got {
		if _, ok := slices.BinarySearch(want, l); !ok {
			all = append(all, "too much "+l)
		}
	}
	return all[:min(len(all), 20)]
}

// describe writes the facts in the same way.
func describe(all []graph.Fact) []string {
	e := expectation{}
	for _, f := range all {
		switch f := f.(type) {
		case graph.Node:
			if strings.HasPrefix(f.ID.Key, "~") {
				continue
			}
			line := fmt.Sprintf("node %s %q", f.ID, f.Name)
			for _, key := range []string{"employee_id", "status", "type", "external", "last_sign_in", "mfa", "manager", "sponsor", "role_assignable", "membership_rule", "synced"} {
				if v, ok := f.Attrs.Get(key); ok {
					line += " " + key + "=" + v
				}
			}
			e.say("%s", line)
		case graph.Grant:
			if strings.HasPrefix(f.From.Key, "~") || strings.HasPrefix(f.To.Key, "~") || f.From.Kind == graph.Role {
				continue
			}
			e.say("%s %s %s %v %s..%s", f.From, f.Kind, f.To, f.DirectOnly, stamp(f.FromTime.Unix(), f.FromTime.IsZero()), stamp(f.UntilTime.Unix(), f.UntilTime.IsZero()))
		}
	}
	slices.Sort(e.lines)
	return e.lines
}

func stamp(unix int64, open bool) string {
	if open {
		return ""
	}
	return fmt.Sprint(unix)
}

func expect(d *graphapi.Tenant) []string {
	e := &expectation{d: d, names: map[string]string{}}
	for _, u := range append(slices.Clone(d.Users), d.DeletedUsers...) {
		e.names[str(u, "id")] = "account:world/" + str(u, "id")
	}
	for _, g := range d.Groups {
		e.names[str(g, "id")] = "group:world/" + str(g, "id")
	}
	for _, p := range d.ServicePrincipals {
		e.names[str(p, "id")] = "account:world/" + str(p, "id")
	}
	e.people()
	e.groups()
	e.software()
	e.roles()
	slices.Sort(e.lines)
	return slices.Compact(e.lines)
}

func (e *expectation) people() {
	mfa := map[string]string{}
	for _, r := range e.d.Registrations { // one policy demands a second factor of everybody, always
		mfa[str(r, "id")] = map[bool]string{true: "enforced", false: "none"}[r["isMfaRegistered"] == true]
	}
	for _, u := range append(slices.Clone(e.d.Users), e.d.DeletedUsers...) {
		id := str(u, "id")
		name := str(u, "userPrincipalName")
		if name == "" {
			name = id
		}
		line := fmt.Sprintf("node %s %q", e.names[id], name)
		add := func(key, value string) {
			if value != "" {
				line += " " + key + "=" + value
			}
		}
		guest := str(u, "creationType") == "Invitation"
		add("employee_id", str(u, "employeeId"))
		add("status", map[any]string{true: "enabled", false: "disabled"}[u["accountEnabled"]])
		add("type", e.kind(u, guest))
		add("external", map[bool]string{true: "true", false: e.internal(u)}[guest])
		add("last_sign_in", str(e.d.SignInActivity[id], "lastSuccessfulSignInDateTime"))
		add("mfa", mfa[id])
		add("manager", e.names[e.d.Manager[id]])
		if sponsors := e.d.Sponsors[id]; len(sponsors) > 0 {
			add("sponsor", e.names[sponsors[0]])
		}
		add("synced", map[any]string{true: "true", false: "false"}[u["onPremisesSyncEnabled"]])
		e.say("%s", line)
	}
}

func (e *expectation) kind(u graphapi.Object, guest bool) string {
	switch {
	case guest:
		return "guest"
	case e.internal(u) == "":
		return "" // he may be a guest
	}
	return "person"
}

// internal says of a user who was not invited whether he is known not to be from
// outside: his identities must be shown for that.
func (e *expectation) internal(u graphapi.Object) string {
	if u["identities"] == nil {
		return ""
	}
	return "false"
}

func (e *expectation) groups() {
	for _, g := range e.d.Groups {
		id := str(g, "id")
		line := fmt.Sprintf("node %s %q", e.names[id], str(g, "displayName"))
		line += fmt.Sprintf(" role_assignable=%v", g["isAssignableToRole"])
		if rule := str(g, "membershipRule"); rule != "" {
			line += " membership_rule=" + rule
		}
		if g["onPremisesSyncEnabled"] == true {
			line += " synced=true"
		}
		e.say("%s", line)
		for _, m := range e.d.Members[id] {
			e.say("%s member %s false ..", e.names[m], e.names[id])
		}
		if str(g, "membershipRule") == "" && g["onPremisesSyncEnabled"] != true {
			for _, o := range e.d.GroupOwners[id] {
				e.say("%s controls %s false ..", e.names[o], e.names[id])
			}
		}
	}
	for _, i := range e.d.GroupEligibilityScheduleInstances {
		e.say("%s eligible %s false %s", e.names[str(i, "principalId")], e.names[str(i, "groupId")], window(i))
	}
}

func window(o graphapi.Object) string {
	at := func(key string) string {
		t := testNow()
		if err := t.UnmarshalText([]byte(str(o, key))); err != nil {
			return ""
		}
		return fmt.Sprint(t.Unix())
	}
	return at("startDateTime") + ".." + at("endDateTime")
}

func (e *expectation) software() {
	byApp := map[string]string{}
	for _, p := range e.d.ServicePrincipals {
		id := str(p, "id")
		byApp[str(p, "appId")] = id
		e.say("node %s %q status=enabled type=service mfa=not-applicable", e.names[id], str(p, "displayName"))
		roles, _ := p["appRoles"].([]any)
		for _, r := range roles {
			role := graphapi.Object(r.(map[string]any))
			e.say("node entitlement:world/%s/%s %q", id, str(role, "id"), str(p, "displayName")+": "+str(role, "value"))
		}
	}
	for _, a := range e.d.Applications {
		sp := e.names[byApp[str(a, "appId")]]
		for _, o := range e.d.ApplicationOwners[str(a, "id")] {
			e.say("%s controls %s false ..", e.names[o], sp)
		}
		for _, f := range e.d.FederatedCredentials[str(a, "id")] {
			id := "unresolved:world/federated/" + str(f, "issuer") + " " + str(f, "subject")
			e.say("node %s %q", id, str(f, "subject")+" of "+str(f, "issuer"))
			e.say("%s controls %s false ..", id, sp)
		}
	}
	for _, a := range e.d.AppRoleAssignments {
		e.say("%s assigned entitlement:world/%s/%s %v ..", e.names[str(a, "principalId")], str(a, "resourceId"), str(a, "appRoleId"), str(a, "principalType") == "Group")
	}
	for _, g := range e.d.PermissionGrants {
		for _, scope := range strings.Fields(str(g, "scope")) {
			right := "entitlement:world/" + str(g, "resourceId") + "/delegated/" + scope
			e.say("node %s %q", right, "Robot 0: "+scope+" (delegated)")
			e.say("%s assigned %s false ..", e.names[str(g, "clientId")], right)
		}
	}
}

func (e *expectation) roles() {
	for _, r := range e.d.RoleDefinitions {
		e.say("node role:world/%s@/ %q", str(r, "id"), str(r, "displayName"))
	}
	windows := map[string]string{}
	for _, i := range e.d.RoleAssignmentScheduleInstances {
		windows[str(i, "roleAssignmentOriginId")] = window(i)
	}
	for _, a := range e.d.RoleAssignments {
		e.say("%s assigned role:world/%s@/ false %s", e.names[str(a, "principalId")], str(a, "roleDefinitionId"), windows[str(a, "id")])
	}
	for _, i := range e.d.RoleEligibilityScheduleInstances {
		e.say("%s eligible role:world/%s@/ false %s", e.names[str(i, "principalId")], str(i, "roleDefinitionId"), window(i))
	}
}
