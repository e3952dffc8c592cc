// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// A dialect says how a source is changed: by which connector it was read, and which
// family of directories it is of, when that is known.
type dialect struct{ connector, family string }

func dialectsOf(g *graph.Graph) map[graph.Source]dialect {
	all := map[graph.Source]dialect{}
	for _, r := range g.Runs() {
		family, _ := r.Details.Get("dialect")
		all[r.Source] = dialect{r.Connector, family}
	}
	return all
}

func (d dialect) isLDAP() bool { return d.connector == "ldap" || d.connector == "ldif" }

// A changer suggests how things are changed in the sources that they are of, and whom to
// ask.
type changer struct {
	graph    *graph.Graph
	policy   *sod.Policy // may be nil
	dialects map[graph.Source]dialect
	apps     map[uint32]int // node → index of the policy's application
}

func newChanger(g *graph.Graph, p *sod.Policy) changer {
	c := changer{graph: g, policy: p, dialects: dialectsOf(g), apps: map[uint32]int{}}
	if p == nil {
		return c
	}
	for i, a := range p.Apps {
		for _, n := range sod.Match(g, a.Entitlements) {
			if _, taken := c.apps[n]; !taken {
				c.apps[n] = i
			}
		}
	}
	return c
}

func (b changer) owners(id graph.ID) (all []graph.ID) {
	n, ok := b.graph.Find(id)
	if !ok {
		return nil
	}
	for _, text := range b.graph.AttrValues(n, "owner") {
		if owner, err := graph.ParseID(text); err == nil {
			all = append(all, owner)
		}
	}
	return all
}

func (b changer) appOwner(id graph.ID) []graph.ID {
	n, ok := b.graph.Find(id)
	if !ok {
		return nil
	}
	if i, ok := b.apps[n]; ok {
		return []graph.ID{b.policy.Apps[i].Owner}
	}
	return nil
}

func (b changer) thing(id graph.ID) Thing {
	if n, ok := b.graph.Find(id); ok {
		return Thing{id, b.graph.Name(n)}
	}
	return Thing{ID: id}
}

func (b changer) things(all []graph.ID) (out []Thing) {
	for _, id := range all {
		out = append(out, b.thing(id))
	}
	return out
}

func (b changer) attr(id graph.ID, key string) string {
	n, ok := b.graph.Find(id)
	if !ok {
		return ""
	}
	v, _ := b.graph.Attr(n, key)
	return v
}

// end suggests how an account ends. One that is not the person's own is needed by
// others: it gets another owner and another secret.
func (b *leaverBuilder) end(x check.Login) Remedy {
	if !x.Tie.Own() {
		return Remedy{Text: "name somebody else as its owner, and change its password or secret, which the person may know"}
	}
	dn, d := b.attr(x.ID, "dn"), b.dialects[x.ID.Source]
	switch {
	case d.isLDAP() && dn != "":
		return b.endLDAP(x.ID, dn, d.family)
	case d.connector == "entra":
		return Remedy{Text: b.endEntra(x.ID)}
	}
	return Remedy{Text: fmt.Sprintf("disable %s in %s", b.thing(x.ID).Label(), x.ID.Source)}
}

func (b *leaverBuilder) endLDAP(id graph.ID, dn, family string) Remedy {
	text := fmt.Sprintf("disable %s in %s", dn, id.Source)
	switch family {
	case "389ds":
		return Remedy{text, modify(dn, "replace", "nsAccountLock", "TRUE")}
	case "openldap":
		return Remedy{text + " (the record needs the password policy overlay)", modify(dn, "replace", "pwdAccountLockedTime", "000001010000Z")}
	case "ad":
		return Remedy{Text: text + ": Disable-ADAccount -Identity " + id.Key + ", which adds 2 to userAccountControl and leaves its other flags alone"}
	}
	return Remedy{Text: text}
}

func (b *leaverBuilder) endEntra(id graph.ID) string {
	set := "/users/"
	if b.attr(id, "type") == "service" {
		set = "/servicePrincipals/"
	}
	path := set + url.PathEscape(id.Key)
	if b.attr(id, "synced") == "true" {
		return "it is mastered on premises: disable the account that it is synchronised from, then Graph: POST " + path + "/revokeSignInSessions"
	}
	text := "Graph: PATCH " + path + ` with {"accountEnabled": false}`
	if set == "/users/" {
		text += ", then POST " + path + "/revokeSignInSessions"
	}
	return text
}

// remove suggests how a grant goes.
func (b changer) remove(g graph.Grant) Remedy {
	from, to, kind := g.From, g.To, g.Kind
	d := b.dialects[to.Source]
	switch {
	case d.isLDAP() && kind == graph.Member && from.Source == to.Source:
		return b.leaveLDAP(from, to, g.Via)
	case d.connector == "entra" && from.Source == to.Source:
		if text := b.removeEntra(from, to, kind, g.Via); text != "" {
			return Remedy{Text: text}
		}
	}
	return Remedy{Text: b.removeByHand(from, to, kind, g.Via)}
}

func (b changer) removeByHand(from, to graph.ID, kind graph.GrantKind, via string) string {
	who, what := b.thing(from).Label(), b.thing(to).Label()
	text := ""
	switch kind {
	case graph.Member:
		text = fmt.Sprintf("take %s out of %s in %s", who, what, to.Source)
	case graph.Eligible:
		text = fmt.Sprintf("end the eligibility of %s for %s in %s", who, what, to.Source)
	case graph.Controls:
		text = fmt.Sprintf("take the control over %s from %s in %s", what, who, to.Source)
	default:
		text = fmt.Sprintf("take %s from %s in %s", what, who, to.Source)
	}
	if via != "" {
		text += " (it has it by: " + via + ")"
	}
	return text
}

// leaveLDAP suggests a change record where the member is a value of the group; a
// primary group and a rule are changed elsewhere.
func (b changer) leaveLDAP(from, to graph.ID, via string) Remedy {
	dn, group := b.attr(from, "dn"), b.attr(to, "dn")
	text := b.removeByHand(from, to, graph.Member, via)
	switch {
	case dn == "" || group == "":
	case via == "":
		return Remedy{text + " (uniqueMember for member, where the group has that)", modify(group, "delete", "member", dn)}
	case via == "memberUid":
		return Remedy{text, modify(group, "delete", "memberUid", b.thing(from).Label())}
	}
	return Remedy{Text: text}
}

// removeEntra names the call of Graph; "" when none is known.
func (b changer) removeEntra(from, to graph.ID, kind graph.GrantKind, via string) string {
	who, what := url.PathEscape(from.Key), url.PathEscape(to.Key)
	ofGroup := to.Kind == graph.Group && b.attr(to, "synced") != "true" && b.attr(to, "dynamic") != "true"
	definition, scope, isRole := strings.Cut(to.Key, "@")
	isRole = isRole && to.Kind == graph.Role
	switch {
	case kind == graph.Member && ofGroup && via == "":
		return "Graph: DELETE /groups/" + what + "/members/" + who + "/$ref"
	case kind == graph.Eligible && to.Kind == graph.Group:
		return fmt.Sprintf("Graph: POST /identityGovernance/privilegedAccess/group/eligibilityScheduleRequests with action adminRemove, accessId member, groupId %s, principalId %s", to.Key, from.Key)
	case kind == graph.Eligible && isRole:
		return fmt.Sprintf("Graph: POST /roleManagement/directory/roleEligibilityScheduleRequests with action adminRemove, roleDefinitionId %s, directoryScopeId %s, principalId %s", definition, scope, from.Key)
	case kind == graph.Assigned && isRole:
		return fmt.Sprintf("Graph: DELETE /roleManagement/directory/roleAssignments/{id}, the id of roleDefinitionId %s from GET /roleManagement/directory/roleAssignments?$filter=principalId eq '%s'", definition, from.Key)
	case kind == graph.Assigned && to.Kind == graph.Entitlement && !strings.Contains(to.Key, "/delegated/"):
		return fmt.Sprintf("Graph: DELETE /users/%s/appRoleAssignments/{id}, the id of %s from GET /users/%s/appRoleAssignments", who, to.Key, who)
	case kind == graph.Controls && via == "owner" && ofGroup:
		return "Graph: DELETE /groups/" + what + "/owners/" + who + "/$ref"
	case kind == graph.Controls && via == "owner" && to.Kind == graph.Account:
		return "Graph: DELETE /servicePrincipals/" + what + "/owners/" + who + "/$ref"
	case kind == graph.Controls && via == "owner of the application" && b.attr(to, "app_id") != "":
		return "Graph: DELETE /applications(appId='" + url.PathEscape(b.attr(to, "app_id")) + "')/owners/" + who + "/$ref"
	}
	return ""
}

// modify writes a change record of RFC 2849 that changes one value.
func modify(dn, op, attribute, value string) string {
	return ldifLine("dn", dn) + "changetype: modify\n" + op + ": " + attribute + "\n" + ldifLine(attribute, value) + "-\n"
}

// ldifLine writes one value: in base64 unless it is a safe string of RFC 2849, which
// also keeps a name with a line feed from adding a record of its own.
func ldifLine(attribute, value string) string {
	safe := !strings.HasPrefix(value, " ") && !strings.HasPrefix(value, ":") && !strings.HasPrefix(value, "<") && !strings.HasSuffix(value, " ") &&
		!strings.ContainsFunc(value, func(r rune) bool { return r < 0x20 || r > 0x7e })
	if safe {
		return attribute + ": " + value + "\n"
	}
	return attribute + ":: " + base64.StdEncoding.EncodeToString([]byte(value)) + "\n"
}
