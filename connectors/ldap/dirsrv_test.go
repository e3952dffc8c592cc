// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/connectortest"
	"github.com/foureyes-iga/foureyes/connectors/internal/directory/directorytest"
	"github.com/foureyes-iga/foureyes/connectors/ldap"
	"github.com/foureyes-iga/foureyes/connectors/ldap/dirsrvtest"
	"github.com/foureyes-iga/foureyes/graph"
)

func dirsrvConfig(t *testing.T, s *dirsrvtest.Server) ldap.Config {
	t.Helper()
	t.Setenv("FOUREYES_TEST_389_PW", dirsrvtest.Password)
	return ldap.Config{
		URL: ldap.List{s.TLSURL}, TLS: ldap.TLS{CAFile: s.CAFile}, Base: ldap.List{dirsrvtest.Suffix},
		Bind: ldap.Bind{DN: dirsrvtest.Reader, PasswordEnv: "FOUREYES_TEST_389_PW"}, Timeout: "30s",
	}
}

// deny is a change that takes attributes of an entry away from everybody.
func deny(dn, attributes string) string {
	return fmt.Sprintf("dn: %s\nchangetype: modify\nadd: aci\naci: (target=\"ldap:///%s\")(targetattr=%q)(version 3.0; acl \"hidden\"; deny (read, search, compare) userdn = \"ldap:///anyone\";)\n\n",
		dirsrvtest.Suffix, dn, attributes)
}

// TestContractOfDirectoryServer puts the connector and 389 Directory Server
// through the contract of connectors. A group and a used account of the server's
// own are always there.
func TestContractOfDirectoryServer(t *testing.T) {
	own := fmt.Sprintf("dn: cn=readers,ou=groups,%[1]s\nobjectClass: groupOfNames\ncn: readers\nmember: %[2]s\n\n"+
		"dn: uid=used,ou=people,%[1]s\nobjectClass: account\nobjectClass: extensibleObject\nuid: used\nlastLoginTime: 20261101000000Z\n\n", dirsrvtest.Suffix, dirsrvtest.Reader)
	connectortest.Run(t, connectortest.Subject{
		Open: func(t *testing.T, w connectortest.World) connectors.Collector {
			text, _ := directorytest.LDIF(w)
			text = strings.ReplaceAll(text, "pwdLastSuccess:", "lastLoginTime:")
			s := dirsrvtest.Start(t, dirsrvtest.Options{LDIF: own + text, Config: deny(directorytest.Withheld, "member") +
				deny(dirsrvtest.Suffix, "nsAccountLock")}) // of an account without a lock the world does not know the status
			cfg := dirsrvConfig(t, s)
			cfg.Attributes, cfg.Values = directorytest.Attributes(), directorytest.Values()
			opts := options()
			opts.Source = w.Source
			c, err := ldap.New(cfg, opts)
			if err != nil {
				t.Fatal(err)
			}
			return c
		},
		Lacks: directorytest.Lacks(),
		Key:   directorytest.Key,
	})
}

const dirsrvCompany = `dn: uid=ana,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: ana
cn: Ana
sn: Ana
employeeNumber: 0017
nsRoleDN: cn=payers,ou=groups,dc=example,dc=com

dn: uid=ben,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: ben
cn: Ben
sn: Ben
title: clerk
nsAccountLock: true

dn: cn=payers,ou=groups,dc=example,dc=com
objectClass: top
objectClass: LDAPsubentry
objectClass: nsRoleDefinition
objectClass: nsSimpleRoleDefinition
objectClass: nsManagedRoleDefinition
cn: payers
description: release payments

dn: cn=clerks,ou=groups,dc=example,dc=com
objectClass: top
objectClass: LDAPsubentry
objectClass: nsRoleDefinition
objectClass: nsComplexRoleDefinition
objectClass: nsFilteredRoleDefinition
cn: clerks
nsRoleFilter: (title=clerk)

dn: cn=finance,ou=groups,dc=example,dc=com
objectClass: top
objectClass: LDAPsubentry
objectClass: nsRoleDefinition
objectClass: nsComplexRoleDefinition
objectClass: nsNestedRoleDefinition
cn: finance
nsRoleDN: cn=payers,ou=groups,dc=example,dc=com

dn: cn=vault,ou=groups,dc=example,dc=com
objectClass: groupOfNames
cn: vault
member: uid=ana,ou=people,dc=example,dc=com

dn: cn=empty,ou=groups,dc=example,dc=com
objectClass: groupOfNames
cn: empty

dn: cn=dyn,ou=groups,dc=example,dc=com
objectClass: groupOfURLs
cn: dyn
memberURL: ldap:///ou=people,dc=example,dc=com??sub?(title=clerk)

`

// guideACI is the access rule that the guide asks administrators to add.
func guideACI(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/guides/ldap-389ds.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\naci: ")
	aci, _, ended := strings.Cut(rest, "\n```")
	if !found || !ended {
		t.Fatal("the guide's access rule is gone")
	}
	return aci
}

// TestDirectoryServer asks 389 Directory Server about what OpenLDAP does not have,
// and takes rights away from the reader one by one.
func TestDirectoryServer(t *testing.T) {
	company := strings.ReplaceAll(dirsrvCompany, "ou=groups,dc=example,dc=com\nobjectClass: top", "ou=people,dc=example,dc=com\nobjectClass: top")
	company = strings.ReplaceAll(company, "nsRoleDN: cn=payers,ou=groups", "nsRoleDN: cn=payers,ou=people")
	read := func(t *testing.T, o dirsrvtest.Options) *graph.Graph {
		t.Helper()
		s := dirsrvtest.Start(t, o)
		opts := options()
		opts.Now = time.Now()
		c, err := ldap.New(dirsrvConfig(t, s), opts)
		if err != nil {
			t.Fatal(err)
		}
		g, err := collect(t.Context(), t, c)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	t.Run("open", func(t *testing.T) {
		g := read(t, dirsrvtest.Options{LDIF: company})
		for name, want := range map[string]string{"ana": "enabled", "ben": "disabled"} {
			if got := attrOf(t, g, name, "status"); got != want {
				t.Errorf("%s is %q, want %s", name, got, want)
			}
		}
		for name, want := range map[string]string{"payers": "managed", "clerks": "filtered", "finance": "nested"} {
			if got := attrOf(t, g, name, "role_type"); got != want {
				t.Errorf("%s is %q, want %s", name, got, want)
			}
		}
		names := []string{"ana", "ben", "payers", "clerks", "finance", "vault", "empty", "dyn"}
		if diff := cmp.Diff([]string{"ana → finance", "ana → payers", "ben → clerks"}, grantsOf(g, graph.Assigned, names...)); diff != "" {
			t.Errorf("roles (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"ana → vault", "ben → dyn (rule)"}, grantsOf(g, graph.Member, names...)); diff != "" {
			t.Errorf("memberships (-want +got):\n%s", diff)
		}
		if len(g.Gaps()) > 0 {
			t.Errorf("gaps %v; an empty group is no gap where members may be compared", g.Gaps())
		}
		for _, d := range []graph.Dataset{graph.Accounts, graph.Groups, graph.Memberships, graph.Assignments} {
			if got := g.State("corp", d); got != graph.Complete {
				t.Errorf("%s: %s, %s", d, got, g.Coverage())
			}
		}
		if v := g.Runs()[0].Details.Values("authentication"); len(v) != 1 || !strings.Contains(v[0], "cn=config") {
			t.Errorf("authentication: %q, want a word about cn=config", v)
		}
	})
	t.Run("members are hidden", func(t *testing.T) {
		g := read(t, dirsrvtest.Options{LDIF: company, Config: deny("cn=vault,ou=groups,dc=example,dc=com", "member")})
		if gaps := g.Gaps(); len(gaps) != 1 || gaps[0].Dataset != graph.Memberships {
			t.Errorf("gaps %v, want one", gaps)
		}
	})
	t.Run("locks are hidden", func(t *testing.T) {
		g := read(t, dirsrvtest.Options{LDIF: company, Config: deny("ou=people,dc=example,dc=com", "nsAccountLock")})
		if got := attrOf(t, g, "ana", "status"); got != "" {
			t.Errorf("ana is %q, want unknown: who may not see locks does not know", got)
		}
	})
	t.Run("roles are hidden", func(t *testing.T) {
		g := read(t, dirsrvtest.Options{LDIF: company, Config: deny("cn=payers,ou=people,dc=example,dc=com", "*")})
		if got := g.State("corp", graph.Assignments); got.Whole() {
			t.Errorf("assignments are %s, and a role is hidden", got)
		}
	})
	t.Run("the guide's rights", func(t *testing.T) {
		aci := strings.Replace(guideACI(t), "objectClass || ", "objectClass || title || ", 1) // which a dynamic group filters by
		g := read(t, dirsrvtest.Options{LDIF: company, ACI: aci})
		for _, d := range []graph.Dataset{graph.Accounts, graph.Groups, graph.Memberships, graph.Assignments} {
			if got := g.State("corp", d); got != graph.Complete {
				t.Errorf("%s: %s", d, got)
			}
		}
		if got := attrOf(t, g, "ana", "status"); got != "enabled" || len(g.Gaps()) > 0 {
			t.Errorf("ana is %q, gaps %v", got, g.Gaps())
		}
		for _, without := range []string{"member", "nsRole", "nsAccountLock", "objectClass", "hasSubordinates"} {
			fewer := strings.Replace(aci, without+" || ", "", 1)
			if fewer == aci {
				t.Fatalf("%s is not in the guide", without)
			}
			g := read(t, dirsrvtest.Options{LDIF: company, ACI: fewer})
			whole := len(g.Gaps()) == 0 && strings.Contains(tell(g), "account ana status=enabled")
			for _, d := range graph.Datasets() {
				whole = whole && g.State("corp", d).Whole()
			}
			if whole {
				t.Errorf("without %s everything is whole", without)
			}
		}
	})
	t.Run("nothing is shown", func(t *testing.T) {
		s := dirsrvtest.Start(t, dirsrvtest.Options{LDIF: company, ACI: dirsrvtest.Nobody})
		c, err := ldap.New(dirsrvConfig(t, s), options())
		if err != nil {
			t.Fatal(err)
		}
		g, err := collect(t.Context(), t, c)
		for _, d := range []graph.Dataset{graph.Accounts, graph.Groups, graph.Memberships} {
			if err == nil && g.State("corp", d).Whole() {
				t.Errorf("success with no entries: %s is %s", d, g.State("corp", d))
			}
		}
	})
	t.Run("policy", func(t *testing.T) {
		s := dirsrvtest.Start(t, dirsrvtest.Options{LDIF: company, Config: "dn: cn=config\nchangetype: modify\nreplace: passwordMinLength\npasswordMinLength: 13\n\n"})
		cfg := dirsrvConfig(t, s)
		cfg.Bind.DN = dirsrvtest.RootDN
		c, err := ldap.New(cfg, options())
		if err != nil {
			t.Fatal(err)
		}
		g, err := collect(t.Context(), t, c)
		if err != nil {
			t.Fatal(err)
		}
		if v := g.Runs()[0].Details.Values("authentication: password policy config"); !slices.Contains(v, "minimum length: 13") {
			t.Errorf("policy %q in %v", v, g.Runs()[0].Details)
		}
	})
}
