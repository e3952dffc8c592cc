// SPDX-License-Identifier: Apache-2.0

package sambatest_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/connectors/ldap/sambatest"
	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"
)

const (
	ana   = "CN=ana," + sambatest.People
	ben   = "CN=ben," + sambatest.People
	inner = "CN=inner," + sambatest.Groups
	outer = "CN=outer," + sambatest.Groups
)

var password = "unicodePwd:: " + sambatest.UnicodePwd("Battery Staple 1") + "\n"

var people = `dn: ` + ana + `
objectClass: user
sAMAccountName: ana
userPrincipalName: ana@corp.example.com
userAccountControl: 512
` + password + `
dn: ` + ben + `
objectClass: user
sAMAccountName: ben
userAccountControl: 512
` + password + `
dn: ` + inner + `
objectClass: group
sAMAccountName: inner
groupType: -2147483646
member: ` + ana + `

dn: ` + outer + `
objectClass: group
sAMAccountName: outer
groupType: -2147483644
member: ` + inner + `
`

func TestServer(t *testing.T) {
	s := sambatest.Start(t, sambatest.Options{LDIF: people})

	t.Run("StartTLS", func(t *testing.T) {
		c, err := ldap.DialURL(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.StartTLS(&tls.Config{RootCAs: roots(t, s), ServerName: sambatest.Host}); err != nil {
			t.Fatal(err)
		}
		if err := c.Bind(sambatest.Reader, sambatest.Password); err != nil {
			t.Error(err)
		}
	})
	t.Run("RootDSE", func(t *testing.T) {
		got := search(t, s.Bind(t, sambatest.Reader, sambatest.Password), "", "defaultNamingContext", "dnsHostName")
		if got["defaultNamingContext"] != sambatest.Suffix || got["dnsHostName"] != sambatest.Host {
			t.Errorf("root DSE: %v", got)
		}
	})
	t.Run("TokenGroups", func(t *testing.T) {
		want := []string{"S-1-5-32-545", sambatest.DomainSID + "-513", s.SID(t, inner), s.SID(t, outer)}
		slices.Sort(want)
		if diff := cmp.Diff(want, s.TokenGroups(t, ana)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("Policy", func(t *testing.T) {
		s.Policy(t, "strict", "ana", 10, "--max-pwd-age=5", "--account-lockout-threshold=3")
		got := search(t, s.Bind(t, sambatest.Reader, sambatest.Password), ana, "msDS-ResultantPSO")["msDS-ResultantPSO"]
		if !strings.HasPrefix(got, "CN=strict,") {
			t.Errorf("policy %q", got)
		}
	})
	t.Run("Lock", func(t *testing.T) {
		const attr = "msDS-User-Account-Control-Computed"
		for _, dn := range []string{ana, ben} { // by the threshold of a policy, and of the domain
			s.Lock(t, dn)
			if got := search(t, s.Bind(t, sambatest.Reader, sambatest.Password), dn, attr)[attr]; got != "16" {
				t.Errorf("%s: %s %q, want 16", dn, attr, got)
			}
		}
	})
	t.Run("Expire", func(t *testing.T) {
		s.Expire(t, ana, time.Unix(0, 0))
		if got := search(t, s.Bind(t, sambatest.Reader, sambatest.Password), ana, "accountExpires")["accountExpires"]; got != "116444736000000000" {
			t.Errorf("accountExpires %s", got)
		}
	})
	t.Run("Ldbmodify", func(t *testing.T) {
		s.Ldbmodify(t, "dn: "+ana+"\nchangetype: modify\nreplace: lastLogonTimestamp\nlastLogonTimestamp: 132000000000000000\n")
		if got := search(t, s.Bind(t, sambatest.Reader, sambatest.Password), ana, "lastLogonTimestamp")["lastLogonTimestamp"]; got != "132000000000000000" {
			t.Errorf("lastLogonTimestamp %s", got)
		}
	})
	t.Run("Grant", func(t *testing.T) {
		reader := s.Bind(t, sambatest.Reader, sambatest.Password)
		add := ldap.NewModifyRequest(inner, nil)
		add.Add("member", []string{sambatest.ReaderDN})
		if err := reader.Modify(add); !ldap.IsErrorWithCode(err, ldap.LDAPResultInsufficientAccessRights) {
			t.Fatalf("without the right: %v", err)
		}
		s.Grant(t, inner, fmt.Sprintf("(OA;;WP;bf9679c0-0de6-11d0-a285-00aa003049e2;;%s)", s.SID(t, sambatest.ReaderDN)))
		if err := reader.Modify(add); err != nil {
			t.Errorf("with the right: %v", err)
		}
	})
	t.Run("Delete", func(t *testing.T) {
		s.Delete(t, ben)
		r, err := s.Bind(t, sambatest.Admin, sambatest.Password).Search(ldap.NewSearchRequest(sambatest.Suffix, ldap.ScopeWholeSubtree,
			ldap.NeverDerefAliases, 0, 0, false, "(&(isDeleted=TRUE)(sAMAccountName=ben))", []string{"lastKnownParent"},
			[]ldap.Control{ldap.NewControlMicrosoftShowDeleted()}))
		if err != nil || len(r.Entries) != 1 || r.Entries[0].GetAttributeValue("lastKnownParent") != sambatest.People {
			t.Errorf("tombstone: %v, %v", r, err)
		}
	})
}

// Two servers are two domains with the same names.
func TestBulk(t *testing.T) {
	bulk := sambatest.Bulk(200, 80, 1)
	if bulk != sambatest.Bulk(200, 80, 1) || bulk == sambatest.Bulk(200, 80, 2) {
		t.Error("the seed does not decide what is made")
	}
	s, empty := sambatest.Start(t, sambatest.Options{LDIF: bulk}), sambatest.Start(t, sambatest.Options{})
	for filter, want := range map[string]int{
		"(&(objectClass=user)(sAMAccountName=u0*))":   200,
		"(&(objectClass=group)(sAMAccountName=b0*))":  80,
		"(userAccountControl=514)":                    11,
		"(&(sAMAccountName=u0*)(primaryGroupID=513))": 200 - strings.Count(bulk, "replace: primaryGroupID"),
	} {
		if got := count(t, s, filter); got != want {
			t.Errorf("%s: %d, want %d", filter, got, want)
		}
		if got := count(t, empty, filter); !strings.Contains(filter, "514") && got != 0 {
			t.Errorf("%s: %d in the other server", filter, got)
		}
	}
	if !strings.Contains(bulk, "replace: primaryGroupID") {
		t.Error("everybody's primary group is Domain Users")
	}
	most := 0
	for i := range 200 {
		most = max(most, len(s.TokenGroups(t, sambatest.BulkUser(i)))-strings.Count(bulk, "member: "+sambatest.BulkUser(i)))
	}
	if most < 5 {
		t.Errorf("nobody has more than %d groups by nesting", most)
	}
}

func count(t *testing.T, s *sambatest.Server, filter string) int {
	t.Helper()
	c := s.Bind(t, sambatest.Reader, sambatest.Password)
	r, err := c.Search(ldap.NewSearchRequest("OU=people,"+sambatest.Suffix, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, filter, []string{"1.1"}, nil))
	if err != nil {
		t.Fatal(err)
	}
	n := len(r.Entries)
	if r, err = c.Search(ldap.NewSearchRequest("OU=groups,"+sambatest.Suffix, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, filter, []string{"1.1"}, nil)); err != nil {
		t.Fatal(err)
	}
	return n + len(r.Entries)
}

// search reads attributes of one entry.
func search(t *testing.T, c *ldap.Conn, dn string, attrs ...string) map[string]string {
	t.Helper()
	r, err := c.Search(ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", attrs, nil))
	if err != nil || len(r.Entries) != 1 {
		t.Fatalf("%q: %v", dn, err)
	}
	got := map[string]string{}
	for _, a := range attrs {
		got[a] = r.Entries[0].GetAttributeValue(a)
	}
	return got
}

func roots(t *testing.T, s *sambatest.Server) *x509.CertPool {
	t.Helper()
	pem, err := os.ReadFile(s.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return pool
}
