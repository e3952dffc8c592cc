// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/connectors/ldap/slapdtest"
)

// A corp is a company that a test makes up: the people whom HR knows, and a
// directory with their accounts and with groups that contain each other. Things
// are called by the IDs that foureyes must give them.
type corp struct {
	people   []string // employee ids
	accounts []account
	groups   []group
	dn       map[string]string // by ID
}

type account struct{ id, uid, employee string }

type group struct {
	id, name, class string
	description     string
	members         []string
}

const (
	familySize   = 10
	peopleBelow  = ",ou=people," + slapdtest.Suffix
	groupsBelow  = ",ou=groups," + slapdtest.Suffix
	opsBelow     = ",ou=ops,ou=groups," + slapdtest.Suffix
	deployFamily = "OPS-DEPLOY"
)

// newCorp makes a company, the same each time.
func newCorp(people, groups, memberships int) *corp {
	c := &corp{dn: map[string]string{}}
	rnd := rand.New(rand.NewPCG(7, 11))
	for i := range people {
		c.hire(i)
	}
	families := groups / familySize
	for f := range families {
		for j := range familySize {
			c.found(f, j, max(20, families/4))
		}
		c.nest(f)
	}
	for range memberships {
		g := &c.groups[rnd.IntN(len(c.groups))]
		member := c.accounts[rnd.IntN(len(c.accounts))].id
		if g.class != "posixGroup" && rnd.IntN(150) == 0 {
			member = c.gone(rnd.IntN(1 + people/100))
		}
		g.members = append(g.members, member)
	}
	for i := range c.groups {
		slices.Sort(c.groups[i].members)
		c.groups[i].members = slices.Compact(c.groups[i].members)
	}
	return c
}

// hire makes a person. Most have one account; some have none or a second one, some
// accounts say nothing of their person, and some name one whom HR does not know.
func (c *corp) hire(i int) {
	employee := fmt.Sprintf("E%06d", i)
	if i%200 != 9 {
		c.people = append(c.people, employee)
	}
	switch {
	case i%97 == 5:
	case i%40 == 3:
		c.open("u", i, "")
	case i%50 == 7:
		c.open("adm-u", i, employee)
		c.open("u", i, employee)
	default:
		c.open("u", i, employee)
	}
}

func (c *corp) open(prefix string, i int, employee string) {
	uid := fmt.Sprintf("%s%06d", prefix, i)
	a := account{"account:corp/" + entryUUID("a", len(c.accounts)), uid, employee}
	c.accounts = append(c.accounts, a)
	c.dn[a.id] = "uid=" + uid + peopleBelow
}

func entryUUID(kind string, i int) string {
	return fmt.Sprintf("%s0000000-0000-4000-8000-%012d", map[string]string{"a": "a", "g": "b"}[kind], i)
}

// gone is a member whose entry was deleted.
func (c *corp) gone(i int) string {
	dn := fmt.Sprintf("uid=gone%04d%s", i, peopleBelow)
	id := "unresolved:corp/" + dn
	c.dn[id] = dn
	return id
}

// found makes group j of a family. Every so many families a department comes again.
func (c *corp) found(family, j, again int) {
	department := map[int]string{1: "FIN-PAY", 2: "FIN-VENDOR", 3: "FIN-INVOICE", 4: deployFamily, 5: "OPS-CODE"}[family%again]
	g := group{id: "group:corp/" + entryUUID("g", len(c.groups)), class: "groupOfNames", description: "team"}
	below := groupsBelow
	switch department {
	case "":
		department = "TEAM"
	case deployFamily:
		below = opsBelow
	case "OPS-CODE":
		g.description = fmt.Sprintf("code of product %d", family)
	}
	switch {
	case family%11 == 4:
		g.class = "groupOfUniqueNames"
	case family%4 == 2 && j == familySize-1:
		g.class = "posixGroup"
	}
	g.name = fmt.Sprintf("%s-%03d-%d", department, family, j)
	if j == 0 {
		g.name += "-READ"
	}
	c.groups = append(c.groups, g)
	c.dn[g.id] = "cn=" + g.name + below
}

// nest puts the groups of a family into each other: a chain, besides which there
// are short cuts, cycles, groups in themselves, and families in families.
func (c *corp) nest(family int) {
	first := family * familySize
	put := func(member, into int) {
		c.groups[first+into].members = append(c.groups[first+into].members, c.groups[first+member].id)
	}
	for j := 1; j < familySize; j++ {
		put(j, j-1)
	}
	put(9, 2)
	if family%3 == 0 {
		put(0, 3)
	}
	if family%7 == 0 {
		put(5, 5)
	}
	if family%5 == 2 {
		put(-familySize, 8) // the top of the family before
	}
}

// ldif writes the directory.
func (c *corp) ldif(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprintf(w, "dn: ou=ops,ou=groups,%s\nobjectClass: organizationalUnit\nou: ops\n\n", slapdtest.Suffix)
	for _, a := range c.accounts {
		fmt.Fprintf(w, "dn: %s\nentryUUID: %s\nobjectClass: inetOrgPerson\nuid: %s\ncn: Person %[3]s\nsn: Person\ndisplayName: Person %[3]s\nmail: %[3]s@example.com\n", c.dn[a.id], key(a.id), a.uid)
		if a.employee != "" {
			fmt.Fprintf(w, "employeeNumber: %s\n", a.employee)
		}
		fmt.Fprintln(w)
	}
	for i, g := range c.groups {
		fmt.Fprintf(w, "dn: %s\nentryUUID: %s\nobjectClass: %s\ncn: %s\ndescription: %s\n", c.dn[g.id], key(g.id), g.class, g.name, g.description)
		if g.class == "posixGroup" {
			fmt.Fprintf(w, "gidNumber: %d\n", 10_000+i)
		}
		c.writeMembers(w, g)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

// writeMembers writes every ninth DN in another spelling, which means the same.
func (c *corp) writeMembers(w io.Writer, g group) {
	for i, m := range g.members {
		dn := c.dn[m]
		if i%9 == 4 {
			dn = strings.ReplaceAll(strings.ToUpper(dn), ",", " , ")
		}
		switch g.class {
		case "groupOfUniqueNames":
			fmt.Fprintf(w, "uniqueMember: %s\n", dn)
		case "posixGroup":
			uid, _, _ := strings.Cut(strings.TrimPrefix(c.dn[m], "uid="), ",")
			fmt.Fprintf(w, "memberUid: %s\n", uid)
		default:
			fmt.Fprintf(w, "member: %s\n", dn)
		}
	}
	if len(g.members) == 0 && g.class == "groupOfNames" {
		fmt.Fprintln(w, "member:") // what administrators write for nobody
	}
	fmt.Fprintln(w)
}

func key(id string) string { return id[strings.Index(id, "/")+1:] }

// hr writes the feed of people and the manifest that makes it complete.
func (c *corp) hr(t *testing.T, dir string, asOf time.Time) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintln(&b, "EmpNo;Name;Status")
	for _, p := range c.people {
		fmt.Fprintf(&b, "%s;Person %s;A\n", p, p)
	}
	save(t, filepath.Join(dir, "hr.csv"), b.String())
	save(t, filepath.Join(dir, "hr.csv.manifest.json"), fmt.Sprintf(`{"rows": %d, "sha256": "%x", "as_of": %q}`,
		len(c.people), sha256.Sum256([]byte(b.String())), asOf.Format(time.RFC3339)))
}

func save(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// duties are which groups let people do what; the policy says the same in words.
func (c *corp) duties() map[string][]string {
	all := map[string][]string{}
	take := func(duty string, match func(i int, g group) bool) {
		for i, g := range c.groups {
			if match(i, g) {
				all[duty] = append(all[duty], g.id)
			}
		}
	}
	take("pay", func(_ int, g group) bool {
		return strings.HasPrefix(g.name, "FIN-PAY-") && !strings.HasSuffix(g.name, "-READ")
	})
	take("vendor", func(_ int, g group) bool { return strings.HasPrefix(g.name, "FIN-VENDOR-") })
	take("invoice", func(i int, g group) bool { return strings.HasPrefix(g.name, "FIN-INVOICE-") && i%familySize%4 == 1 })
	take("deploy", func(_ int, g group) bool { return strings.HasSuffix(c.dn[g.id], opsBelow) })
	take("code", func(_ int, g group) bool { return strings.HasPrefix(g.description, "code ") })
	take("root", func(i int, _ group) bool { return i == 7*familySize+8 })
	return all
}

// rules are which duties must not meet.
func rules() map[string][]string {
	return map[string][]string{
		"PAY-VENDOR": {"pay", "vendor"}, "P2P": {"pay", "vendor", "invoice"}, "CODE-DEPLOY": {"code", "deploy"}, "ROOT": {"root"},
	}
}

func (c *corp) policy(t *testing.T, dir string) {
	t.Helper()
	ids := func(duty string) string { return `"` + strings.Join(c.duties()[duty], `", "`) + `"` }
	save(t, filepath.Join(dir, "policy.yaml"), fmt.Sprintf(`version: 1
name: What the directory lets people do
duties:
  - {id: pay, holds: [{source: corp, kind: group, name: "FIN-PAY-*", except: ["*-READ"]}]}
  - {id: vendor, holds: [{source: corp, kind: group, name: "FIN-VENDOR-*"}]}
  - {id: invoice, holds: [%s]}
  - {id: deploy, holds: [{source: corp, kind: group, under: "OU=Ops, OU=Groups, %s"}]}
  - {id: code, holds: [{source: corp, kind: group, attr: {description: "code *"}}]}
  - {id: root, holds: [%s]}
rules:
  - {id: PAY-VENDOR, severity: high, conflict: [pay, vendor]}
  - {id: P2P, severity: critical, conflict: [pay, vendor, invoice]}
  - {id: CODE-DEPLOY, severity: high, conflict: [code, deploy]}
  - {id: ROOT, severity: critical, critical: root}
`, ids("invoice"), slapdtest.Suffix, ids("root")))
}

// holders returns all that is in one of these groups, directly or not. It goes
// over all memberships until it finds nothing new.
func (c *corp) holders(groups []string) map[string]bool {
	in := map[string]bool{}
	for _, g := range groups {
		in[g] = true
	}
	for found := true; found; {
		found = false
		for _, g := range c.groups {
			for _, m := range g.members {
				if in[g.id] && !in[m] {
					in[m], found = true, true
				}
			}
		}
	}
	return in
}

// owners returns who answers for what has memberships: a person for his accounts,
// everything else for itself.
func (c *corp) owners() map[string]string {
	known := map[string]bool{}
	for _, p := range c.people {
		known[p] = true
	}
	owner := map[string]string{}
	for _, a := range c.accounts {
		owner[a.id] = a.id
		if known[a.employee] {
			owner[a.id] = "identity:hr/" + a.employee
		}
	}
	for id := range c.dn {
		if strings.HasPrefix(id, "unresolved:") {
			owner[id] = id
		}
	}
	return owner
}

// want returns the findings that there must be, as "rule subject", in order.
func (c *corp) want() []string {
	holds := map[string]map[string]bool{} // duty → subjects
	for duty, groups := range c.duties() {
		in := c.holders(groups)
		holds[duty] = map[string]bool{}
		for thing, subject := range c.owners() {
			if in[thing] {
				holds[duty][subject] = true
			}
		}
	}
	var all []string
	for rule, duties := range rules() {
		for subject := range holds[duties[0]] {
			if !slices.ContainsFunc(duties, func(d string) bool { return !holds[d][subject] }) {
				all = append(all, rule+" "+subject)
			}
		}
	}
	slices.Sort(all)
	return all
}
