// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"os"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"github.com/foureyes-iga/foureyes/connectors/ldap/slapdtest"
	"github.com/foureyes-iga/foureyes/graph"
)

// guideRights are the lines that the guide asks administrators to write.
func guideRights(t *testing.T) (access, limits string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/guides/ldap-openldap.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "```slapd\n")
	block, _, ended := strings.Cut(rest, "```")
	at := strings.Index(block, "limits ")
	if !found || !ended || at < 0 {
		t.Fatal("the guide's rights are gone")
	}
	return block[:at], block[at:]
}

// TestGuide: with the rights that the guide names, and no other, everything that
// a directory holds is read, and each of them is needed.
func TestGuide(t *testing.T) {
	access, limits := guideRights(t)
	nobody := "\naccess to * by * none"
	read := func(t *testing.T, access, limits string) *graph.Graph {
		t.Helper()
		s := slapdtest.Start(t, slapdtest.Options{LDIF: question(t, "nested") + people(600), Access: access + nobody, Limits: limits})
		g, err := collect(t.Context(), t, newCollector(t, configFor(t, s)))
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	g := read(t, access, limits)
	open := read(t, "access to * by * read\n", "limits * size=unlimited time=unlimited")
	for _, d := range graph.Datasets() {
		if got := g.State("corp", d); !got.Whole() {
			t.Errorf("%s: %s", d, got)
		}
	}
	if got, want := tell(g), tell(open); got != want {
		t.Errorf("with the guide's rights:\n%.2000s\nwith every right:\n%.2000s", got, want)
	}
	for _, without := range []string{"member,", "hasSubordinates,", "pwdLastSuccess,", "objectClass,"} {
		if !strings.Contains(access, without) {
			t.Fatalf("%s is not in the guide", without)
		}
		g := read(t, strings.Replace(access, without, "", 1), limits)
		if tell(g) == tell(open) {
			t.Errorf("nothing is missing without %s", without)
		}
	}
	if got := read(t, access, "limits users size=500").State("corp", graph.Accounts); got != graph.Partial {
		t.Errorf("accounts without the guide's limits: %s, want partial", got)
	}
}

// TestGuideHidesPasswords: the reader of the guide sees no password.
func TestGuideHidesPasswords(t *testing.T) {
	access, limits := guideRights(t)
	s := slapdtest.Start(t, slapdtest.Options{Access: access + "\naccess to * by * none", Limits: limits})
	c, err := ldap.DialURL(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Bind(slapdtest.Reader, slapdtest.Password); err != nil {
		t.Fatal(err)
	}
	res, err := c.Search(ldap.NewSearchRequest(slapdtest.Suffix, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{"*", "+"}, nil))
	if err != nil || len(res.Entries) != 4 {
		t.Fatalf("%v, %d entries, want 4", err, len(res.Entries))
	}
	for _, e := range res.Entries {
		if hidden := e.GetAttributeValues("userPassword"); len(hidden) > 0 {
			t.Errorf("%s shows its password", e.DN)
		}
	}
}
