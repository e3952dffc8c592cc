// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	goldap "github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/connectors/ldap"
	"github.com/foureyes-iga/foureyes/connectors/ldap/sambatest"
	"github.com/foureyes-iga/foureyes/graph"
)

// sambaCompany is a small domain with one thing of each kind that is easily got
// wrong.
func sambaCompany() string {
	var b strings.Builder
	user := func(name string, lines ...string) {
		fmt.Fprintf(&b, "dn: CN=%[1]s,%[2]s\nobjectClass: user\nsAMAccountName: %[1]s\n%[3]s\n\n", name, sambatest.People, strings.Join(append([]string{"userAccountControl: 512"}, lines...), "\n"))
	}
	group := func(name string, kind int, members ...string) {
		fmt.Fprintf(&b, "dn: CN=%[1]s,%[2]s\nobjectClass: group\nsAMAccountName: %[1]s\ngroupType: %[3]d\n", name, sambatest.Groups, kind)
		for _, m := range members {
			fmt.Fprintf(&b, "member: %s\n", m)
		}
		b.WriteString("\n")
	}
	person := func(name string) string { return "CN=" + name + "," + sambatest.People }
	team := func(name string) string { return "CN=" + name + "," + sambatest.Groups }
	user("ana", "employeeID: 0017")
	user("ben")
	user("carol")
	user("dora")
	user("web", "servicePrincipalName: HTTP/web."+sambatest.Domain)
	fmt.Fprintf(&b, "dn: CN=PC1,%[1]s\nobjectClass: computer\nsAMAccountName: PC1$\nuserAccountControl: 4096\n\n", sambatest.People)
	fmt.Fprintf(&b, "dn: CN=PC2,%[1]s\nobjectClass: computer\nsAMAccountName: PC2$\nuserAccountControl: 4096\n\n", sambatest.People)
	fmt.Fprintf(&b, "dn: CN=supplier,%s\nobjectClass: contact\n\n", sambatest.People)
	group("global", -2147483646, person("ana"))
	group("universal", -2147483640, team("global"), person("ben"))
	group("local", -2147483644, team("universal"), person("PC1"))
	group("mail", 2, person("carol"))
	group("through-mail", -2147483646, team("mail"))
	return b.String()
}

type sambaCase struct{ server *sambatest.Server }

func (c sambaCase) read(t *testing.T, change func(*ldap.Config)) *graph.Graph {
	t.Helper()
	cfg := sambaConfig(c.server)
	if change != nil {
		change(&cfg)
	}
	opts := options()
	opts.Now = time.Now()
	col, err := ldap.New(cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	g, err := collect(t.Context(), t, col)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// attrOf returns an attribute of the account or group of a name.
func attrOf(t *testing.T, g *graph.Graph, name, key string) string {
	t.Helper()
	for n := range uint32(g.NumNodes()) {
		if g.Name(n) == name {
			v, _ := g.Attr(n, key)
			return v
		}
	}
	t.Fatalf("nothing is called %s", name)
	return ""
}

// grantsOf prints the grants of a kind that leave or reach things whose names are
// listed.
func grantsOf(g *graph.Graph, kind graph.GrantKind, names ...string) []string {
	name := func(id graph.ID) string {
		n, _ := g.Find(id)
		return g.Name(n)
	}
	var all []string
	for x := range g.Grants() {
		if x.Kind == kind && slices.Contains(names, name(x.From)) && slices.Contains(names, name(x.To)) {
			line := name(x.From) + " → " + name(x.To)
			if x.Via != "" {
				line += " (" + x.Via + ")"
			}
			all = append(all, line)
		}
	}
	slices.Sort(all)
	return all
}

// TestSamba asks a real domain controller, as an ordinary user, about all that a
// standard directory does not have.
func TestSamba(t *testing.T) {
	t.Setenv("FOUREYES_TEST_SAMBA_PW", sambatest.Password)
	s := sambatest.Start(t, sambatest.Options{LDIF: sambaCompany()})
	person := func(name string) string { return "CN=" + name + "," + sambatest.People }
	s.Ldapmodify(t, fmt.Sprintf("dn: CN=Domain Admins,CN=Users,%[1]s\nchangetype: modify\nadd: member\nmember: %[2]s\n\ndn: %[2]s\nchangetype: modify\nreplace: primaryGroupID\nprimaryGroupID: 512\n", sambatest.Suffix, person("ben")))
	s.Ldapmodify(t, fmt.Sprintf("dn: %s\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n", person("carol")))
	s.Expire(t, person("dora"), time.Now().Add(-time.Hour))
	s.Grant(t, "CN=local,"+sambatest.Groups, fmt.Sprintf("(OA;;WP;bf9679c0-0de6-11d0-a285-00aa003049e2;;%s)", s.SID(t, person("carol"))))
	s.Grant(t, person("ana"), fmt.Sprintf("(OA;;CR;00299570-246d-11d0-a768-00aa006e0529;;%s)", s.SID(t, "CN=universal,"+sambatest.Groups)))
	s.Tool(t, "group", "addmembers", "local", "S-1-5-21-9-9-9-1107")
	s.Policy(t, "strict", "ana", 10, "--max-pwd-age=5", "--min-pwd-length=14")
	s.Lock(t, "web@"+sambatest.Domain)
	g := sambaCase{s}.read(t, nil)

	for _, d := range graph.Datasets() {
		if got := g.State("corp", d); !got.Whole() {
			t.Errorf("%s: %s", d, got)
		}
	}
	for name, want := range map[string]string{"ana": "enabled", "carol": "disabled", "dora": "expired", "web": "locked", "krbtgt": "disabled"} {
		if got := attrOf(t, g, name, "status"); got != want {
			t.Errorf("%s is %q, want %s", name, got, want)
		}
	}
	if at := attrOf(t, g, "carol", "disabled_at"); at == "" || at < time.Now().Add(-10*time.Minute).UTC().Format(time.RFC3339) {
		t.Errorf("carol is disabled since %q, want a moment ago", at)
	}
	for name, want := range map[string]string{"web": "service", "krbtgt": "system", "PC1$": "system", "ana": ""} {
		if got := attrOf(t, g, name, "type"); got != want {
			t.Errorf("%s is of type %q, want %q", name, got, want)
		}
	}
	if got := attrOf(t, g, "ana", "employee_id"); got != "0017" {
		t.Errorf("employee id %q", got)
	}
	if got := attrOf(t, g, "ana", "password_policy"); !strings.HasPrefix(got, "CN=strict,") {
		t.Errorf("ana's policy is %q, want the fine-grained one", got)
	}
	if got := attrOf(t, g, "reader", "last_sign_in"); got == "" {
		t.Error("the reader has just signed in, and it does not show")
	}
	if got := attrOf(t, g, "reader", "last_sign_in_uncertainty"); got != "14d" {
		t.Errorf("uncertainty %q, want the default of a domain that sets none", got)
	}
	want := []string{
		"S-1-5-21-9-9-9-1107 → Authenticated Users (another domain)", "S-1-5-21-9-9-9-1107 → local",
		"PC1$ → local", "ana → global", "ben → Domain Admins (primary group)", "ben → universal", "carol → mail", "global → universal", "universal → local",
	}
	slices.Sort(want)
	got := grantsOf(g, graph.Member, "ana", "ben", "carol", "dora", "PC1$", "PC2$", "global", "universal", "local", "mail", "through-mail", "Domain Admins", "S-1-5-21-9-9-9-1107", "Authenticated Users")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("memberships (-want +got):\n%s", diff)
	}
	want = []string{"carol → local (AddMember)", "universal → ana (ForceChangePassword)"}
	if diff := cmp.Diff(want, grantsOf(g, graph.Controls, "ana", "ben", "carol", "global", "universal", "local")); diff != "" {
		t.Errorf("control (-want +got):\n%s", diff)
	}
	if n, found := g.NumNodes(), 0; n > 0 {
		for i := range uint32(n) {
			if slices.Contains([]string{"PC2$", "supplier"}, g.Name(i)) {
				found++
			}
		}
		if found > 0 {
			t.Error("a computer that nothing names, or a contact, was told")
		}
	}
	details := g.Runs()[0].Details
	if v := details.Values("authentication: default domain policy"); !slices.Contains(v, "minimum length: 7") || !slices.Contains(v, "lockout after: 2") {
		t.Errorf("policy of the domain: %q", v)
	}
	if v := details.Values("authentication"); len(v) != 1 || !strings.Contains(v[0], "not shown to") {
		t.Errorf("authentication: %q, want a word about fine-grained policies", v)
	}
	admin := sambaCase{s}.read(t, func(c *ldap.Config) { c.Bind.DN = sambatest.AdminDN })
	if v := admin.Runs()[0].Details.Values("authentication: fine-grained policy strict"); !slices.Contains(v, "minimum length: 14") || !slices.Contains(v, "maximum age: 5d") {
		t.Errorf("to an administrator the fine-grained policy is %q", v)
	}
	c, err := ldap.New(sambaConfig(s), options())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.NamingContexts(t.Context()); err != nil || !slices.Equal(got, []string{sambatest.Suffix}) {
		t.Errorf("naming contexts %q, %v; want the domain alone", got, err)
	}
	over2 := sambaCase{s}.read(t, func(c *ldap.Config) { c.Connections = 2 })
	if a, b := tell(g), tell(over2); a != b {
		t.Errorf("over two connections (-one +two):\n%s", cmp.Diff(a, b))
	}
}

// TestSambaHides takes one right after the other away from the reader: nothing
// that is hidden may look like nothing.
func TestSambaHides(t *testing.T) {
	t.Setenv("FOUREYES_TEST_SAMBA_PW", sambatest.Password)
	s := sambatest.Start(t, sambatest.Options{LDIF: sambaCompany()})
	hide := func(dn, rights string) { s.Grant(t, dn, "(D;;"+rights+";;;AU)") }
	s.Grant(t, "CN=global,"+sambatest.Groups, "(OD;;RP;bf9679c0-0de6-11d0-a285-00aa003049e2;;AU)")
	g := sambaCase{s}.read(t, nil)
	if gaps := g.Gaps(); len(gaps) != 1 || gaps[0].Dataset != graph.Memberships {
		t.Errorf("a group that hides its members: %v, want one gap", gaps)
	}
	hide("CN=universal,"+sambatest.Groups, "RC")
	g = sambaCase{s}.read(t, nil)
	if gaps := g.Gaps(); len(gaps) != 2 || gaps[0].Dataset != graph.Control && gaps[1].Dataset != graph.Control {
		t.Errorf("a group that hides its access list: %v, want one gap more", gaps)
	}
	hide("CN=universal,"+sambatest.Groups, "RPLCLO")
	g = sambaCase{s}.read(t, nil)
	if got := g.State("corp", graph.Groups); got.Whole() {
		t.Errorf("a group that shows nothing but its name: groups are %s", got)
	}
	hide("CN=krbtgt,CN=Users,"+sambatest.Suffix, "RPLCLORC")
	g = sambaCase{s}.read(t, nil)
	if got := g.State("corp", graph.Accounts); got.Whole() {
		t.Errorf("a canary that is not shown: accounts are %s", got)
	}
}

// TestTokenGroups compares what everybody's token holds, as the domain controller
// makes it, with what the graph says.
func TestTokenGroups(t *testing.T) {
	t.Setenv("FOUREYES_TEST_SAMBA_PW", sambatest.Password)
	users, groups := 10_000, 2_000
	if testing.Short() {
		users, groups = 300, 120
	}
	s := sambatest.Start(t, sambatest.Options{LDIF: sambatest.Bulk(users, groups, 7)})
	g := sambaCase{s}.read(t, nil)
	for _, d := range []graph.Dataset{graph.Accounts, graph.Groups, graph.Memberships} {
		if got := g.State("corp", d); got != graph.Complete {
			t.Errorf("%s: %s", d, got)
		}
	}
	held := tokens(g)
	c := s.Bind(t, sambatest.Admin, sambatest.Password)
	for i := range users {
		want := tokenGroups(t, c, sambatest.BulkUser(i))
		got := held[strings.ToLower(sambatest.BulkUser(i))]
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-token +graph):\n%s", sambatest.BulkUser(i), diff)
		}
	}
	if len(held) < users {
		t.Fatalf("%d accounts, want %d", len(held), users)
	}
}

// tokenGroups returns the SIDs in the token of an account.
func tokenGroups(t *testing.T, c *goldap.Conn, dn string) []string {
	t.Helper()
	res, err := c.Search(goldap.NewSearchRequest(dn, goldap.ScopeBaseObject, goldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{"tokenGroups"}, nil))
	if err != nil || len(res.Entries) != 1 {
		t.Fatalf("%s: %v", dn, err)
	}
	var sids []string
	for _, b := range res.Entries[0].GetRawAttributeValues("tokenGroups") {
		text := fmt.Sprintf("S-1-%d", b[7])
		for sub := b[8:]; len(sub) > 0; sub = sub[4:] {
			text += fmt.Sprintf("-%d", binary.LittleEndian.Uint32(sub))
		}
		sids = append(sids, text)
	}
	slices.Sort(sids)
	return sids
}

// tokens returns the SIDs of the groups that every account is in, directly or
// not, by its DN.
func tokens(g *graph.Graph) map[string][]string {
	all := map[string][]string{}
	lo, hi := g.Range(graph.Account)
	for n := lo; n < hi; n++ {
		dn, _ := g.Attr(n, "dn")
		seen := map[uint32]bool{}
		for queue := []uint32{n}; len(queue) > 0; queue = queue[1:] {
			for _, e := range g.Out(queue[0]) {
				if e.Kind() == graph.Member && !seen[e.To] {
					seen[e.To] = true
					queue = append(queue, e.To)
				}
			}
		}
		var sids []string
		for group := range seen {
			if sid, ok := g.Attr(group, "sid"); ok {
				sids = append(sids, sid)
			}
		}
		slices.Sort(sids)
		all[strings.ToLower(dn)] = sids
	}
	return all
}
