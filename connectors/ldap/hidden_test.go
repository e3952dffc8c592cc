// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/connectors/ldap/dirsrvtest"
	"github.com/foureyes-iga/foureyes/connectors/ldap/slapdtest"
	"github.com/foureyes-iga/foureyes/graph"

	"github.com/foureyes-iga/foureyes/connectors/ldap"
)

const hidingLDIF = `dn: uid=ana,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: ana
cn: Ana
sn: Ana
title: clerk

dn: uid=ben,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: ben
cn: Ben
sn: Ben
title: clerk

dn: cn=pay,ou=groups,dc=example,dc=com
objectClass: groupOfMembers
objectClass: posixGroup
cn: pay
gidNumber: 7
member: uid=ana,ou=people,dc=example,dc=com
memberUid: ben

dn: cn=dyn,ou=groups,dc=example,dc=com
objectClass: groupOfURLs
cn: dyn
memberURL: ldap:///ou=people,dc=example,dc=com??sub?(title=clerk)

`

// hidesNothing reports whether memberships are told to be whole.
func hidesNothing(g *graph.Graph) bool {
	return g.State("corp", graph.Memberships).Whole() && len(g.Gaps()) == 0
}

// TestHiddenAttributes hides one attribute from the reader. What it would have told
// must not look as if it were not there.
func TestHiddenAttributes(t *testing.T) {
	ldif := strings.Replace(hidingLDIF, "objectClass: groupOfMembers\nobjectClass: posixGroup", "objectClass: posixGroup\nobjectClass: extensibleObject", 1)
	for name, access := range map[string]string{
		"":          "access to * by * read",
		"memberUid": "access to attrs=memberUid by * none\naccess to * by * read",
		"title":     "access to attrs=title by * none\naccess to * by * read",
	} {
		t.Run("slapd hides "+name, func(t *testing.T) {
			s := slapdtest.Start(t, slapdtest.Options{LDIF: ldif, Access: access, Loose: true})
			g, err := collect(t.Context(), t, newCollector(t, configFor(t, s)))
			if err != nil {
				t.Fatal(err)
			}
			if got := hidesNothing(g); got != (name == "") {
				t.Errorf("memberships %s, %d gaps", g.State("corp", graph.Memberships), len(g.Gaps()))
			}
		})
	}
}

// TestHiddenInDirectoryServer does the same with 389 Directory Server: a sibling, a
// filter's attribute, and roles altogether.
func TestHiddenInDirectoryServer(t *testing.T) {
	ldif := strings.Replace(hidingLDIF, "objectClass: groupOfMembers\n", "objectClass: groupOfNames\n", 1)
	read := func(t *testing.T, config string) *graph.Graph {
		t.Helper()
		s := dirsrvtest.Start(t, dirsrvtest.Options{LDIF: ldif, Config: config})
		c, err := ldap.New(dirsrvConfig(t, s), options())
		if err != nil {
			t.Fatal(err)
		}
		g, err := collect(t.Context(), t, c)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	t.Run("nothing", func(t *testing.T) {
		if g := read(t, ""); !hidesNothing(g) || !g.State("corp", graph.Accounts).Whole() || !g.State("corp", graph.Assignments).Whole() {
			t.Errorf("%v, gaps %v", g.Coverage(), g.Gaps())
		}
	})
	t.Run("a sibling", func(t *testing.T) {
		if g := read(t, deny("uid=ben,ou=people,dc=example,dc=com", "*")); g.State("corp", graph.Accounts).Whole() {
			t.Error("ben is hidden, and accounts are whole")
		}
	})
	t.Run("what a filter asks for", func(t *testing.T) {
		if g := read(t, deny("ou=people,dc=example,dc=com", "title")); hidesNothing(g) {
			t.Error("title is hidden, and memberships are whole")
		}
	})
	t.Run("memberUid", func(t *testing.T) {
		if g := read(t, deny("ou=groups,dc=example,dc=com", "memberUid")); hidesNothing(g) {
			t.Error("memberUid is hidden, and memberships are whole")
		}
	})
	t.Run("roles", func(t *testing.T) {
		if g := read(t, deny("dc=example,dc=com", "nsRole || nsRoleDN")); g.State("corp", graph.Assignments).Whole() {
			t.Errorf("roles are hidden, and assignments are %s", g.State("corp", graph.Assignments))
		}
	})
}
