// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"fmt"

	"github.com/foureyes-iga/foureyes/graph"
)

// Role returns the role that an entry is: one of 389 Directory Server, managed,
// filtered or nested. It is false for an entry that is none or came before.
func (r *Reading) Role(e Entry) (graph.Node, bool, error) {
	i, ok, err := r.record(e, isRole, readGroup, r.group)
	if err != nil || !ok {
		return graph.Node{}, false, err
	}
	r.count.gotRoles++
	n := graph.Node{ID: r.id(graph.Role, i), Name: r.name(e, []string{"cn"})}
	n.Attrs.Set("dn", dnText([]byte(e.DN)))
	for _, t := range [...][2]string{{"nsManagedRoleDefinition", "managed"}, {"nsFilteredRoleDefinition", "filtered"}, {"nsNestedRoleDefinition", "nested"}} {
		if e.isOf(t[:1]) {
			n.Attrs.Set("role_type", t[1])
		}
	}
	r.tell(&n.Attrs, e, r.group)
	return n, true, nil
}

// Held yields the roles that an account has, as the server works them out: by an
// attribute of the account, by a filter, or through another role. It is false
// when yield was.
func (r *Reading) Held(e Entry, id graph.ID, yield func(graph.Fact) bool) bool {
	if r.dialect.Roles == "" {
		return true
	}
	if e.has("nsRoleDN") && !e.has(r.dialect.Roles) {
		r.count.unseenRoles++
		r.Shortfall(graph.Assignments, graph.Partial, "accounts that were given a role do not show it in "+r.dialect.Roles+"; not readable, or the server has only just started")
	}
	for _, v := range e.values(r.dialect.Roles) {
		folded, err := r.index.fold(v)
		if err != nil {
			r.unread[r.dialect.Roles]++
			continue
		}
		rec, ok := r.index.at(digestOf(folded))
		if !ok || rec.class&isRole == 0 {
			r.count.unseenRoles++
			r.Shortfall(graph.Assignments, graph.Partial, fmt.Sprintf("accounts have roles that cannot be seen, such as %.200s", folded))
			continue
		}
		r.count.rolesHeld++
		if !yield(graph.Grant{From: id, To: graph.ID{Kind: graph.Role, Source: r.source, Key: rec.key}, Kind: graph.Assigned}) {
			return false
		}
	}
	return true
}
