// SPDX-License-Identifier: Apache-2.0

package file

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
	"github.com/foureyes-iga/foureyes/graph"
)

// add brings a new entry in. Its key is its entryUUID, or its DN, since a server
// gives it another only when it is really added.
func (d *Directory) add(c changeRecord) error {
	folded, err := directory.FoldDN(c.dn)
	if err != nil {
		return &lineError{c.line, err}
	}
	if len(d.entries[folded]) > 0 {
		return &lineError{c.line, fmt.Errorf("%q is in the snapshot already", c.dn)}
	}
	kind, err := kindOf(c.values("objectclass"))
	if err != nil {
		return &lineError{c.line, err}
	}
	source, err := d.sourceOf(folded)
	if err != nil {
		return &lineError{c.line, err}
	}
	n := graph.Node{ID: graph.ID{Kind: kind, Source: source, Key: folded}, Name: c.login()}
	n.Attrs.Set("dn", c.dn)
	for _, m := range c.mods {
		if err := describe(&n, m); err != nil {
			return &lineError{m.line, err}
		}
	}
	if err := sound(n); err != nil {
		return &lineError{c.line, err}
	}
	if _, ok := d.g.Find(n.ID); ok {
		return &lineError{c.line, fmt.Errorf("%s is in the snapshot already", n.ID)}
	}
	d.tell(c.line, false, n)
	d.enter(c.dn, n)
	for _, m := range c.mods {
		if isMember(m.attr) {
			if err := d.modify(n, m); err != nil {
				return &lineError{m.line, err}
			}
		}
	}
	d.touched[n.ID] = true
	return nil
}

// sound reports what would keep a node out of a graph.
func sound(n graph.Node) error {
	var b graph.Builder
	return b.Add(n)
}

func (c changeRecord) values(attr string) []string {
	for _, m := range c.mods {
		if m.attr == attr {
			return m.values
		}
	}
	return nil
}

// login is what a connector would call the entry.
func (c changeRecord) login() string {
	for _, attr := range []string{"samaccountname", "uid", "cn"} {
		if v := c.values(attr); len(v) > 0 {
			return v[0]
		}
	}
	return ""
}

// kindOf tells groups from accounts.
func kindOf(classes []string) (graph.Kind, error) {
	is := func(names ...string) bool {
		return slices.ContainsFunc(classes, func(c string) bool {
			return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(c, n) })
		})
	}
	group := is("group", "groupOfNames", "groupOfUniqueNames", "posixGroup", "groupOfMembers")
	account := is("user", "person", "inetOrgPerson", "posixAccount", "account")
	switch {
	case group == account:
		return 0, errors.New("an entry is added whose objectClass says neither group nor account: that is not understood")
	case group:
		return graph.Group, nil
	}
	return graph.Account, nil
}

// sourceOf returns the source whose entries are nearest to a DN.
func (d *Directory) sourceOf(folded string) (graph.Source, error) {
	for above := folded; ; {
		i := len(firstRDN(above)) + 1
		if i > len(above) {
			return "", fmt.Errorf("no source of the snapshot has an entry near %q", folded)
		}
		above = above[i:]
		found := map[graph.Source]bool{}
		var last graph.Source
		for dn, all := range d.entries {
			if dn == above || strings.HasSuffix(dn, ","+above) {
				last = all[0].ID.Source
				found[last] = true
			}
		}
		switch {
		case len(found) == 1:
			return last, nil
		case len(found) > 1:
			return "", fmt.Errorf("several sources of the snapshot have entries near %q", folded)
		}
	}
}

// describe takes one attribute of an added entry. One that could grant or decide
// something, and is not understood, is an error.
func describe(n *graph.Node, m mod) error {
	switch m.attr {
	case "objectclass", "cn", "sn", "uid", "samaccountname", "givenname", "userpassword", "unicodepwd", "uidnumber", "homedirectory", "loginshell", "gecos", "member", "uniquemember", "memberuid":
	case "gidnumber":
		if n.ID.Kind == graph.Account {
			return errors.New("gidNumber of an account, which makes it a member of a group, is not understood: add it to the group by member or memberUid")
		}
	case "entryuuid":
		n.ID.Key = strings.ToLower(m.values[0])
	case "employeenumber", "employeeid":
		n.Attrs.Set("employee_id", m.values...)
	case "userprincipalname":
		n.Attrs.Set("upn", m.values...)
	case "displayname":
		n.Attrs.Set("display_name", m.values...)
	case "description", "mail", "title", "department":
		n.Attrs.Set(m.attr, m.values...)
	default:
		return fmt.Errorf("%s of an added entry is not understood; leave it out when it grants nothing", m.attr)
	}
	return nil
}
