// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// A world is what a directory holds: the truth, of which a server may show less.
type world struct {
	windows bool
	head    *thing
	things  []*thing // the head first, parents before their children
	dead    []*thing // of whom Active Directory keeps tombstones
	host    string   // the server's own name
	pageOf  int
	rangeOf int // values of one answer, in Active Directory
	next    int
}

type kind uint8

const (
	container kind = iota
	person
	team
	machine
	foreigner
)

// A thing is one entry.
type thing struct {
	n       int
	kind    kind
	name    string
	under   *thing
	classes []string
	made    time.Time

	hidden bool     // the server never shows it
	mute   []string // attributes that it does not show
	blind  bool     // and that its filters do not see either

	members []*thing // by DN
	through string   // the attribute for them
	logins  []*thing // by memberUid
	strays  []string // members that are nowhere
	rule    string   // of a dynamic group: the employeeType of its members
	office  string   // employeeType
	gid     int      // 0 is none

	primary *thing
	owner   *thing
	access  []access
	rid     int
	sid     string // of a foreigner
	mail    bool   // a distribution group
	off     bool   // disabled, or locked
	policed bool   // the password policy keeps state
	changed bool   // since it was made
	stuffed int    // bytes of a giant description
}

// An access is an entry of an access list.
type access struct {
	to     *thing
	rights uint32
}

const (
	allRights = 0xF01FF
	writeDACL = 0x40000
	readOnly  = 0x10
)

func longAgo() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// dn returns the DN of a thing, as the directory writes it.
func (t *thing) dn() string {
	if t.under == nil {
		return t.name
	}
	attr := "cn"
	switch {
	case t.rid != 0 || t.sid != "" || strings.HasPrefix(t.under.root().name, "DC"):
		attr = "CN"
	case t.kind == person:
		attr = "uid"
	case t.kind == container:
		attr = "ou"
	}
	return attr + "=" + t.name + "," + t.under.dn()
}

func (t *thing) root() *thing {
	for t.under != nil {
		t = t.under
	}
	return t
}

// folded is the DN as a key; names of worlds are plain.
func (t *thing) folded() string { return strings.ToLower(t.dn()) }

// shown reports whether the server shows a thing at all.
func (t *thing) shown() bool { return !t.hidden }

// key is the immutable id.
func (t *thing) key() string { return fmt.Sprintf("%08x-0000-0000-0000-%012x", t.n, t.n) }

// raw is the key in the binary form of an objectGUID.
func (t *thing) raw() []byte {
	b := make([]byte, 16)
	binary.LittleEndian.PutUint32(b, uint32(t.n))
	binary.BigEndian.PutUint32(b[12:], uint32(t.n))
	return b
}

func (t *thing) id() graph.ID {
	k := graph.Account
	if t.kind == team {
		k = graph.Group
	}
	return graph.ID{Kind: k, Source: "corp", Key: t.key()}
}

const (
	domainSID     = "S-1-5-21-1-2-3"
	foreignDomain = "S-1-5-21-9-9-9-"
)

func (t *thing) sidText() string {
	if t.sid != "" {
		return t.sid
	}
	return domainSID + "-" + strconv.Itoa(t.rid)
}

// binarySID writes the SID of a text.
func binarySID(text string) []byte {
	parts := strings.Split(text, "-")[2:]
	authority, _ := strconv.Atoi(parts[0])
	b := []byte{1, byte(len(parts) - 1), 0, 0, 0, 0, 0, byte(authority)}
	for _, p := range parts[1:] {
		n, _ := strconv.ParseUint(p, 10, 32)
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return b
}

func (w *world) add(k kind, name string, under *thing, classes ...string) *thing {
	w.next++
	t := &thing{n: w.next, kind: k, name: name, under: under, classes: classes, made: longAgo(), changed: true}
	if w.windows && k != container {
		t.rid = 1100 + w.next
	}
	w.things = append(w.things, t)
	return t
}

func (w *world) of(k kind) (all []*thing) {
	for _, t := range w.things {
		if t.kind == k {
			all = append(all, t)
		}
	}
	return all
}

func pick[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }

// randomWorld makes a world of a seed: even seeds are OpenLDAP, odd ones Active
// Directory.
func randomWorld(seed uint64) *world {
	r := rand.New(rand.NewPCG(seed, 1))
	w := &world{windows: seed%2 == 1, pageOf: 2 + r.IntN(3), rangeOf: 2 + r.IntN(3), host: "dc1.corp.x"}
	if w.windows {
		w.domain(r)
	} else {
		w.tree(r)
	}
	if seed%5 >= 3 {
		w.hide(r)
	}
	return w
}

// tree makes a directory of the standard schemas.
func (w *world) tree(r *rand.Rand) {
	w.head = w.add(container, "dc=x", nil, "domain")
	people := w.add(container, "people", w.head, "organizationalUnit")
	staff := w.add(container, "staff", people, "organizationalUnit")
	groups := w.add(container, "groups", w.head, "organizationalUnit")
	for i := range 3 + r.IntN(5) {
		t := w.add(person, fmt.Sprintf("u%d", i), pick(r, []*thing{people, staff}), pick(r, []string{"account", "inetOrgPerson"}))
		t.office = pick(r, []string{"", "a", "b"})
		if r.IntN(2) == 0 {
			t.gid = 100 + r.IntN(3)
			t.classes = append(t.classes, "posixAccount")
		}
		t.policed = r.IntN(2) == 0
		t.off = r.IntN(3) == 0
	}
	for i := range 3 + r.IntN(5) {
		w.team(r, fmt.Sprintf("g%d", i), groups)
	}
	w.fill(r)
}

func (w *world) team(r *rand.Rand, name string, under *thing) {
	t := w.add(team, name, under)
	t.changed = r.IntN(3) > 0
	t.through = "member"
	switch r.IntN(6) {
	case 0:
		t.classes = []string{"groupOfUniqueNames"}
		t.through = "uniqueMember"
	case 1:
		t.classes = []string{"posixGroup"}
		t.gid, t.through = 100+r.IntN(3), ""
	case 2:
		t.classes = []string{"groupOfMembers"}
	case 3:
		t.classes = []string{"groupOfURLs"}
		t.rule, t.through = pick(r, []string{"a", "b"}), ""
	default:
		t.classes = []string{"groupOfNames"}
	}
}

// fill puts members into the groups of a tree.
func (w *world) fill(r *rand.Rand) {
	people, teams := w.of(person), w.of(team)
	for _, g := range teams {
		switch g.through {
		case "":
			for range r.IntN(4) {
				if g.rule == "" {
					g.join(&g.logins, pick(r, people))
				}
			}
			continue
		case "member":
			for range r.IntN(2) {
				g.join(&g.members, pick(r, teams))
			}
			if r.IntN(5) == 0 {
				g.strays = append(g.strays, "cn=far,dc=elsewhere")
			}
			if r.IntN(5) == 0 {
				g.strays = append(g.strays, "uid=gone,ou=people,dc=x")
			}
		}
		for range 1 + r.IntN(5) {
			if g.classes[0] != "groupOfMembers" || r.IntN(2) == 0 {
				g.join(&g.members, pick(r, people))
			}
		}
	}
}

func (t *thing) join(to *[]*thing, m *thing) {
	if !slices.Contains(*to, m) {
		*to = append(*to, m)
	}
}

// domain makes a domain of Active Directory.
func (w *world) domain(r *rand.Rand) {
	w.head = w.add(container, "DC=corp,DC=x", nil, "domainDNS")
	users := w.add(container, "Users", w.head, "container")
	staff := w.add(container, "staff", w.head, "organizationalUnit")
	pcs := w.add(container, "Computers", w.head, "container")
	abroad := w.add(container, "ForeignSecurityPrincipals", w.head, "container")
	group := func(name string, rid int) *thing {
		t := w.add(team, name, users, "top", "group")
		t.through = "member"
		if rid != 0 {
			t.rid = rid
		}
		return t
	}
	user := func(name string, rid int, under *thing) *thing {
		t := w.add(person, name, under, "top", "person", "organizationalPerson", "user")
		if rid != 0 {
			t.rid = rid
		}
		t.off = r.IntN(4) == 0
		return t
	}
	admins, all, hosts := group("Domain Admins", 512), group("Domain Users", 513), group("Domain Computers", 515)
	admins.join(&admins.members, user("Administrator", 500, users))
	user("krbtgt", 502, users)
	for i := range 3 + r.IntN(4) {
		user(fmt.Sprintf("u%d", i), 0, pick(r, []*thing{users, staff}))
	}
	for i := range 2 + r.IntN(4) {
		t := group(fmt.Sprintf("g%d", i), 0)
		t.mail = r.IntN(5) == 0
		t.under = pick(r, []*thing{users, staff})
	}
	for i := range r.IntN(4) {
		w.add(machine, fmt.Sprintf("PC%d", i), pcs, "top", "person", "organizationalPerson", "user", "computer")
	}
	for i := range r.IntN(3) {
		t := w.add(foreigner, "", abroad, "top", "foreignSecurityPrincipal")
		t.rid, t.sid = 0, foreignDomain+strconv.Itoa(1100+i)
		if i == 1 {
			t.sid = "S-1-5-11"
		}
		t.name = t.sid
	}
	w.populate(r, admins, all, hosts)
}

// populate joins the things of a domain to groups, and gives out rights.
func (w *world) populate(r *rand.Rand, admins, all, hosts *thing) {
	teams, people := w.of(team), w.of(person)
	outsiders := slices.Concat(w.of(machine), w.of(foreigner))
	for _, g := range teams {
		if g == all || g == hosts {
			continue
		}
		for range 1 + r.IntN(7) {
			if m := pick(r, slices.Concat(people, people, teams)); m != all && m != hosts {
				g.join(&g.members, m)
			}
		}
		if len(outsiders) > 0 && r.IntN(2) == 0 {
			g.join(&g.members, pick(r, outsiders))
		}
	}
	holders := slices.Concat(people, teams, w.of(machine))
	for _, t := range holders {
		t.owner = admins
		for range r.IntN(3) {
			t.access = append(t.access, access{pick(r, slices.Concat(holders, w.of(foreigner))), pick(r, []uint32{allRights, writeDACL, readOnly})})
		}
	}
	for _, t := range people {
		t.primary = all
		if r.IntN(4) == 0 {
			t.primary = pick(r, teams)
		}
	}
	for _, t := range w.of(machine) {
		t.primary = hosts
	}
}

// hide lets the server withhold something for good.
func (w *world) hide(r *rand.Rand) {
	switch r.IntN(5) {
	case 0:
		pick(r, w.of(person)).hidden = true
	case 1:
		pick(r, w.of(team)).hidden = true
	case 2: // what is below a container
		c := pick(r, w.of(container)[1:])
		w.hideBelow(c)
	case 3: // a container, too
		c := pick(r, w.of(container)[1:])
		c.hidden = true
		w.hideBelow(c)
	case 4:
		pick(r, slices.Concat(w.of(person), w.of(team))).hidden = true
		pick(r, slices.Concat(w.of(person), w.of(team))).hidden = true
	}
}

func (w *world) hideBelow(c *thing) {
	for _, t := range w.things {
		if t.under == c {
			t.hidden = true
			w.hideBelow(t)
		}
	}
}

func (w *world) hides() bool {
	return slices.ContainsFunc(w.things, func(t *thing) bool { return t.hidden })
}

// everythingShown returns the world as it is without what is hidden.
func (w *world) everythingShown() *world {
	c := w.clone()
	for _, t := range c.things {
		t.hidden = false
	}
	return c
}

// clone copies a world, whose things know each other.
func (w *world) clone() *world {
	c := *w
	to := map[*thing]*thing{}
	for _, t := range slices.Concat(w.things, w.dead) {
		n := *t
		to[t] = &n
	}
	list := func(all []*thing) (copied []*thing) {
		for _, t := range all {
			copied = append(copied, to[t])
		}
		return copied
	}
	for _, n := range to {
		n.under, n.primary, n.owner = to[n.under], to[n.primary], to[n.owner]
		n.members, n.logins, n.strays, n.mute = list(n.members), list(n.logins), slices.Clone(n.strays), slices.Clone(n.mute)
		n.access = slices.Clone(n.access)
		for i := range n.access {
			n.access[i].to = to[n.access[i].to]
		}
	}
	c.head, c.things, c.dead = to[w.head], list(w.things), list(w.dead)
	return &c
}

// remove deletes a thing, and the directory what names it.
func (w *world) remove(t *thing) {
	w.things = slices.DeleteFunc(slices.Clone(w.things), func(o *thing) bool { return o == t })
	w.dead = append(w.dead, t)
	is := func(o *thing) bool { return o == t }
	for _, g := range w.things {
		if slices.ContainsFunc(g.members, is) || slices.ContainsFunc(g.logins, is) {
			g.changed = true
		}
		g.members = slices.DeleteFunc(slices.Clone(g.members), is)
		g.logins = slices.DeleteFunc(slices.Clone(g.logins), is)
		g.access = slices.DeleteFunc(slices.Clone(g.access), func(a access) bool { return a.to == t })
		if g.owner == t {
			g.owner = nil
		}
	}
}

// trace says what betrays that something is hidden, if anything does.
func (w *world) trace() string {
	for _, t := range w.things {
		below := func(o *thing) bool { return o.under == t }
		switch {
		case !w.windows && t.shown() && slices.ContainsFunc(w.things, below) && !slices.ContainsFunc(w.things, func(o *thing) bool { return below(o) && o.shown() }):
			return t.String() + " has children, and none is shown"
		case w.windows && !t.shown() && (t.rid == 500 || t.rid == 502 || t.rid == 512 || t.rid == 513):
			return t.String() + ", which every domain has, is not shown"
		case w.windows && !t.shown() && slices.ContainsFunc(t.members, func(m *thing) bool { return m.shown() && (m.kind == person || m.kind == team) }):
			return t.String() + " has members that say so, and is not shown"
		case t.kind == team && t.shown() && slices.ContainsFunc(t.members, func(m *thing) bool { return !m.under.shown() && m.kind != foreigner }):
			return "members of " + t.String() + " lie where nothing is shown"
		}
	}
	return ""
}
