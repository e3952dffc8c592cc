// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
	"github.com/foureyes-iga/foureyes/connectors/ldap/slapdtest"
)

// collectorOf reads a server over TLS as the reader.
func collectorOf(t *testing.T, s *slapdtest.Server) *Collector {
	t.Helper()
	t.Setenv("LDAP_TEST_PW", slapdtest.Password)
	c, err := New(Config{
		URL: List{s.TLSURL}, TLS: TLS{CAFile: s.CAFile},
		Bind: Bind{DN: slapdtest.Reader, PasswordEnv: "LDAP_TEST_PW"}, Base: List{slapdtest.Suffix},
	}, connectors.Options{Source: "corp", Now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestAnotherConnection: two connections to one server search at the same time.
func TestAnotherConnection(t *testing.T) {
	var ldif strings.Builder
	for i := range 300 {
		fmt.Fprintf(&ldif, "dn: uid=u%d,ou=people,%s\nobjectClass: account\nuid: u%[1]d\n\n", i, slapdtest.Suffix)
	}
	c := collectorOf(t, slapdtest.Start(t, slapdtest.Options{LDIF: ldif.String()}))
	one, err := c.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer one.close()
	two, err := c.another(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	defer two.close()
	all := search{base: slapdtest.Suffix, filter: "(objectClass=*)", pageSize: 50}
	accounts := search{base: "ou=people," + slapdtest.Suffix, scope: oneLevel, filter: "(objectClass=account)", pageSize: 50}
	var first, second []string
	if err := together(t.Context(), part{one, &all, names(&first), nil}, part{two, &accounts, names(&second), nil}); err != nil {
		t.Fatal(err)
	}
	got, want := []int{len(first), len(second), all.pages, accounts.pages}, []int{304, 300, 7, 6}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries and pages (-want +got):\n%s", diff)
	}
	if err := one.all(t.Context(), &search{base: slapdtest.Suffix, scope: oneLevel, filter: "(objectClass=*)", pageSize: 2}, func(directory.Entry) error { return nil }); err != nil {
		t.Errorf("one of them after that: %v", err)
	}
}

// TestAnotherServer: another connection must not meet another server.
func TestAnotherServer(t *testing.T) {
	c := collectorOf(t, slapdtest.Start(t, slapdtest.Options{}))
	one, err := c.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer one.close()
	one.tls += ", of another server"
	if _, err := c.another(t.Context(), one); err == nil || !strings.Contains(err.Error(), "another server") {
		t.Errorf("got %v", err)
	}
}
