// SPDX-License-Identifier: Apache-2.0

package dirsrvtest_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"testing"

	"github.com/foureyes-iga/foureyes/connectors/ldap/dirsrvtest"
	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"
)

const ana = "uid=ana,ou=people," + dirsrvtest.Suffix

const people = `dn: cn=clerks,dc=example,dc=com
objectClass: LDAPsubentry
objectClass: nsRoleDefinition
objectClass: nsSimpleRoleDefinition
objectClass: nsManagedRoleDefinition
cn: clerks

dn: cn=named a,dc=example,dc=com
objectClass: LDAPsubentry
objectClass: nsRoleDefinition
objectClass: nsComplexRoleDefinition
objectClass: nsFilteredRoleDefinition
cn: named a
nsRoleFilter: (uid=a*)

dn: uid=ana,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: ana
cn: Ana
sn: R
nsRoleDN: cn=clerks,dc=example,dc=com
nsAccountLock: true
entryUUID: 00000000-0000-4000-8000-00000000000a
`

const group = `dn: cn=payers,ou=groups,dc=example,dc=com
objectClass: groupOfNames
cn: payers
member: uid=ana,ou=people,dc=example,dc=com

dn: uid=ana,ou=people,dc=example,dc=com
changetype: modify
add: description
description: changed while it runs

dn: cn=config
changetype: modify
replace: passwordMaxFailure
passwordMaxFailure: 2
-
replace: passwordLockout
passwordLockout: on
`

func TestServer(t *testing.T) {
	s := dirsrvtest.Start(t, dirsrvtest.Options{LDIF: people, MemberOf: true, Config: group})
	c := connect(t, s)
	if err := c.Bind(dirsrvtest.Reader, dirsrvtest.Password); err != nil {
		t.Fatal(err)
	}
	r, err := c.Search(ldap.NewSearchRequest(ana, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)",
		[]string{"nsRole", "nsAccountLock", "memberOf", "description", "entryUUID", "hasSubordinates"}, nil))
	if err != nil || len(r.Entries) != 1 {
		t.Fatalf("%s: %v", ana, err)
	}
	got := map[string][]string{}
	for _, a := range r.Entries[0].Attributes {
		got[a.Name] = a.Values
	}
	if diff := cmp.Diff(map[string][]string{
		"entryUUID":       {"00000000-0000-4000-8000-00000000000a"},
		"nsRole":          {"cn=clerks,dc=example,dc=com", "cn=named a,dc=example,dc=com"},
		"nsAccountLock":   {"true"},
		"memberOf":        {"cn=payers,ou=groups,dc=example,dc=com"},
		"description":     {"changed while it runs"},
		"hasSubordinates": {"FALSE"},
	}, got); diff != "" {
		t.Error(diff)
	}
}

func TestStartTLS(t *testing.T) {
	s := dirsrvtest.Start(t, dirsrvtest.Options{})
	c, err := ldap.DialURL(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.StartTLS(&tls.Config{RootCAs: roots(t, s), ServerName: "localhost"}); err != nil {
		t.Fatal(err)
	}
	if err := c.Bind(dirsrvtest.RootDN, dirsrvtest.Password); err != nil {
		t.Error(err)
	}
}

func TestACI(t *testing.T) {
	for name, test := range map[string]struct {
		aci               string
		anonymous, reader int
	}{
		"everybody": {"", 4, 4},
		"nobody":    {dirsrvtest.Nobody, 0, 0},
		"reader":    {`(targetattr = "*")(version 3.0; acl "reader"; allow (read, search) userdn = "ldap:///cn=reader,dc=example,dc=com";)`, 0, 4},
	} {
		t.Run(name, func(t *testing.T) {
			s := dirsrvtest.Start(t, dirsrvtest.Options{ACI: test.aci})
			c := connect(t, s)
			if got := count(t, c); got != test.anonymous {
				t.Errorf("anonymous sees %d entries, want %d", got, test.anonymous)
			}
			if err := c.Bind(dirsrvtest.Reader, dirsrvtest.Password); err != nil {
				t.Fatal(err)
			}
			if got := count(t, c); got != test.reader {
				t.Errorf("the reader sees %d entries, want %d", got, test.reader)
			}
		})
	}
}

func connect(t *testing.T, s *dirsrvtest.Server) *ldap.Conn {
	t.Helper()
	c, err := ldap.DialURL(s.TLSURL, ldap.DialWithTLSConfig(&tls.Config{RootCAs: roots(t, s)}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func count(t *testing.T, c *ldap.Conn) int {
	t.Helper()
	r, err := c.Search(ldap.NewSearchRequest(dirsrvtest.Suffix, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{"1.1"}, nil))
	if err != nil {
		t.Fatal(err)
	}
	return len(r.Entries)
}

func roots(t *testing.T, s *dirsrvtest.Server) *x509.CertPool {
	t.Helper()
	pem, err := os.ReadFile(s.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return pool
}
