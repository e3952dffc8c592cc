// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/connectors/ldap/slapdtest"
	"github.com/foureyes-iga/foureyes/graph"
)

func coverageOf(g *graph.Graph, d graph.Dataset) graph.Coverage {
	i := slices.IndexFunc(g.Coverage(), func(c graph.Coverage) bool { return c.Dataset == d })
	return g.Coverage()[i]
}

// TestSignInsNotSeen: that no account shows a sign-in is no proof that the
// directory keeps none.
func TestSignInsNotSeen(t *testing.T) {
	hidden := func(level string) string {
		return "access to attrs=pwdLastSuccess by * " + level + "\naccess to * by * read"
	}
	tests := map[string]struct {
		kept   string
		access string
		state  graph.State
		reason string
	}{
		"kept and shown":            {"on", "", graph.Complete, ""},
		"not kept":                  {"off", "", graph.NotApplicable, "no account shows"},
		"not kept, comparison only": {"off", hidden("compare"), graph.NotApplicable, "no account shows"},
		"kept, comparison only":     {"on", hidden("compare"), graph.Partial, "accounts have pwdLastSuccess"},
		"kept and hidden":           {"on", hidden("none"), graph.Partial, "may not know"},
		"not kept, and hidden":      {"off", hidden("none"), graph.Partial, "may not know"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := slapdtest.Start(t, slapdtest.Options{LDIF: question(t, "nested"), Access: test.access, Config: "lastbind " + test.kept})
			g, err := collect(t.Context(), t, newCollector(t, configFor(t, s)))
			if err != nil {
				t.Fatal(err)
			}
			c := coverageOf(g, graph.SignIn)
			if c.State != test.state || !strings.Contains(c.Reason, test.reason) {
				t.Errorf("got %s: %s; want %s: %s", c.State, c.Reason, test.state, test.reason)
			}
			if got := g.State("corp", graph.Accounts); got != graph.Complete {
				t.Errorf("accounts: %s", got)
			}
		})
	}
}

// TestDerivedClasses: an entry may name only a class of the company's own, which
// the server takes for the class that it is derived from.
func TestDerivedClasses(t *testing.T) {
	schema := t.TempDir() + "/own.schema"
	if err := os.WriteFile(schema, []byte("objectclass ( 1.3.6.1.4.1.99999.1.1 NAME 'ownEmployee' SUP inetOrgPerson STRUCTURAL )\n"+
		"objectclass ( 1.3.6.1.4.1.99999.1.2 NAME 'ownTeam' SUP groupOfNames STRUCTURAL )\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := slapdtest.Start(t, slapdtest.Options{Schema: schema, LDIF: fmt.Sprintf(
		"dn: uid=ann,ou=people,%[1]s\nobjectClass: ownEmployee\nuid: ann\ncn: Ann\nsn: Ann\n\n"+
			"dn: uid=bob,ou=people,%[1]s\nobjectClass: inetOrgPerson\nuid: bob\ncn: Bob\nsn: Bob\n\n"+
			"dn: cn=staff,ou=groups,%[1]s\nobjectClass: groupOfNames\ncn: staff\nmember: uid=bob,ou=people,%[1]s\n\n"+
			"dn: cn=team,ou=groups,%[1]s\nobjectClass: ownTeam\ncn: team\nmember: uid=ann,ou=people,%[1]s\n\n", slapdtest.Suffix)})
	g, err := collect(t.Context(), t, newCollector(t, configFor(t, s)))
	if err != nil {
		t.Fatal(err)
	}
	for d, of := range map[graph.Dataset]string{graph.Accounts: "uid=ann", graph.Groups: "cn=team", graph.Memberships: "cn=team"} {
		if c := coverageOf(g, d); c.State != graph.Partial || !strings.Contains(c.Reason, of) {
			t.Errorf("%s is %s: %s; want partial because of %s", d, c.State, c.Reason, of)
		}
	}
}
