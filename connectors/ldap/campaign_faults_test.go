// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// A fault is one way to misbehave.
type simFault struct {
	name string
	can  func(step) bool // at which answers it may strike; nil is any

	prepare func(*rand.Rand, *world)                       // the world is so from the start
	drift   func(*rand.Rand, *world)                       // the world changes
	edit    func(*answer)                                  // an answer
	raw     func(*answer, [][]byte, int) ([][]byte, after) // its messages
	cut     after                                          // at a byte
	stalls  bool                                           // the client has to wait
	refuse  bool
	drip    bool

	sticky   bool // strikes again at every answer that follows
	harmless bool // nothing is lost by it, and all is whole
	told     bool // the outcome must not be whole
	invents  bool // the server makes things up
}

func (f *simFault) strikes(s *simulation) bool {
	if f.sticky && s.fired {
		return true
	}
	return s.answers == s.at.answer
}

func isSearch(st step) bool { return st.op == 0x65 }
func isPage(st step) bool   { return st.paged }
func goesOn(st step) bool   { return st.paged && !st.last }
func starts(st step) bool   { return st.op == 0x65 && st.page == 0 }

// simFaults are all ways to misbehave, by kind.
func simFaults() []simFault {
	all := slices.Concat(connectionFaults(), malformations(), pagingFaults(), codeFaults(), entryFaults(), attributeFaults(), rangeFaults(), changes())
	for i := range all {
		if all[i].name == "" {
			panic("a fault without a name")
		}
	}
	return all
}

func connectionFaults() []simFault {
	upTo := func(part func([]byte) []byte, then after) func(*answer, [][]byte, int) ([][]byte, after) {
		return func(_ *answer, m [][]byte, i int) ([][]byte, after) {
			return append(m[:i:i], part(m[i])), then
		}
	}
	nothing := func([]byte) []byte { return nil }
	half := func(b []byte) []byte { return b[:len(b)/2] }
	all := func(b []byte) []byte { return b }
	return []simFault{
		{name: "none", harmless: true},
		{name: "connection: refused", refuse: true},
		{name: "connection: drop before a message", raw: upTo(nothing, hangUp)},
		{name: "connection: drop in a message", raw: upTo(half, hangUp)},
		{name: "connection: drop after a message", raw: upTo(all, hangUp), can: func(st step) bool { return st.op != 0x65 || st.messages > 1 }},
		{name: "connection: stall before a message", stalls: true, raw: upTo(nothing, stall)},
		{name: "connection: stall in a message", stalls: true, raw: upTo(half, stall)},
		{name: "connection: slow drip", drip: true, harmless: true},
		{name: "connection: notice of disconnection", raw: func(_ *answer, m [][]byte, i int) ([][]byte, after) {
			notice := message(0, tlv(0x78, tlv(0x0a, []byte{52}), octets(""), octets("going down"), tlv(0x8a, []byte("1.3.6.1.4.1.1466.20036"))))
			return append(m[:i:i], notice), hangUp
		}},
	}
}

func malformations() (all []simFault) {
	deep := octets("x")
	for range 40 {
		deep = tlv(0x30, deep)
	}
	bad := map[string]func(id int) []byte{
		"an entry of nothing":              func(id int) []byte { return message(id, tlv(0x64)) },
		"an entry without attributes":      func(id int) []byte { return message(id, tlv(0x64, octets("uid=u0,dc=x"))) },
		"an entry with a broken attribute": func(id int) []byte { return message(id, tlv(0x64, octets("uid=u0,dc=x"), tlv(0x30, tlv(0x30)))) },
		"an entry of another request":      func(id int) []byte { return message(id+77, entry("uid=u0,dc=x", "objectClass", "account")) },
		"a result of another request":      func(id int) []byte { return message(id-1, result(0x65, 0), paging("")) },
		"no number":                        func(int) []byte { return tlv(0x30, octets("?"), entry("uid=u0,dc=x")) },
		"too deep":                         func(id int) []byte { return message(id, tlv(0x64, octets("uid=u0,dc=x"), deep)) },
		"2 GiB":                            func(int) []byte { return []byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0x02} },
		"no definite length":               func(int) []byte { return []byte{0x30, 0x80, 0x02, 0x01, 0x02} },
		"an element that is too long":      func(id int) []byte { return message(id, []byte{0x64, 0x10, 0x04, 0x01}) },
		"an operation of no kind":          func(id int) []byte { return message(id, tlv(0x7f)) },
		"HTTP":                             func(int) []byte { return []byte("HTTP/1.1 400 Bad Request\r\n\r\n") },
		"zeros":                            func(int) []byte { return make([]byte, 64) },
		"a DN that is none":                func(id int) []byte { return message(id, entry("what", "objectClass", "account")) },
		"a truncated result":               func(id int) []byte { return message(id, tlv(0x65, tlv(0x0a, []byte{0}))) },
		"a result without a code":          func(id int) []byte { return message(id, tlv(0x65, octets(""), octets(""))) },
	}
	for name, make := range bad {
		f := simFault{name: "malformed: " + name, can: isSearch, raw: func(a *answer, m [][]byte, i int) ([][]byte, after) {
			return slices.Concat(m[:i:i], [][]byte{make(a.id)}, m[i+1:]), goOn
		}}
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b simFault) int { return strings.Compare(a.name, b.name) })
	flip := simFault{name: "malformed: a flipped bit", can: isSearch, invents: true}
	flip.raw = func(a *answer, m [][]byte, i int) ([][]byte, after) {
		b := bytes.Clone(m[i])
		b[a.sim.r.IntN(min(len(b), 12))] ^= 1 << a.sim.r.IntN(8) // of the head: what it says stays as it is
		return slices.Concat(m[:i:i], [][]byte{b}, m[i+1:]), goOn
	}
	return append(all, flip)
}

func pagingFaults() []simFault {
	const oid = "1.2.840.113556.1.4.319"
	control := func(c []byte) func(*answer) { return func(a *answer) { a.control = c } }
	place := func(of func(c *cursor, pageOf int) int) func(*answer) {
		return func(a *answer) {
			if c := a.cursor; c != nil {
				a.cookie = a.sim.cookie(c, of(c, a.sim.world.pageOf))
			}
		}
	}
	told := func(c *cursor) int { return len(c.whole) - len(c.rest) }
	return []simFault{
		{name: "paging: no control", can: isPage, edit: func(a *answer) { a.paged = false }},
		{name: "paging: another control", can: isPage, edit: control(tlv(0x30, octets("1.2.3")))},
		{name: "paging: a broken control", can: isPage, edit: control(tlv(0x30, octets(oid), octets("x")))},
		{name: "paging: a control without a value", can: isPage, edit: control(tlv(0x30, octets(oid)))},
		{name: "paging: early end", can: goesOn, edit: func(a *answer) { a.cookie = "" }},
		{name: "paging: from the start for ever", can: goesOn, sticky: true, edit: place(func(*cursor, int) int { return 0 })},
		{name: "paging: the same page for ever", can: goesOn, sticky: true, edit: place(func(c *cursor, _ int) int { return told(c) })},
		{name: "paging: a page twice", can: goesOn, harmless: true, edit: place(func(c *cursor, _ int) int { return told(c) })},
		{name: "paging: once more from the start", can: goesOn, edit: place(func(*cursor, int) int { return 0 })},
		{name: "paging: a page left out", can: goesOn, edit: place(func(c *cursor, n int) int { return told(c) + 2*n })},
		{name: "paging: a changed cookie", can: goesOn, edit: func(a *answer) { a.cookie += "?" }},
		{name: "paging: a page of another search", can: goesOn, invents: true, edit: func(a *answer) {
			for name, c := range a.sim.cursors {
				if c.search == 0 && c.page == 1 {
					a.cookie = name
				}
			}
		}},
		{name: "paging: no entries", can: isPage, edit: func(a *answer) { a.entries, a.cookie = nil, "" }},
		{name: "paging: an empty page", can: goesOn, edit: func(a *answer) { a.entries = nil }},
		{name: "paging: no end after the end", can: func(st step) bool { return st.paged && st.last }, edit: func(a *answer) { a.cookie = "more" }},
	}
}

func codeFaults() (all []simFault) {
	for _, code := range []int{1, 2, 3, 4, 7, 8, 10, 11, 12, 32, 50, 51, 52, 53, 80} {
		name := fmt.Sprintf("code %d", code)
		all = append(all,
			simFault{name: name + " after the entries", can: isSearch, edit: func(a *answer) { a.code, a.paged = code, false }},
			simFault{name: name + " with a paging control", can: isPage, edit: func(a *answer) { a.code = code }},
			simFault{name: name + " and no entries", can: isSearch, edit: func(a *answer) { a.code, a.paged, a.entries = code, false, nil }},
			simFault{name: name + " for ever", sticky: true, edit: func(a *answer) { a.code, a.paged, a.entries = code, false, nil }},
		)
	}
	for _, code := range []int{51, 52} {
		all = append(all, simFault{name: fmt.Sprintf("code %d, then well", code), can: starts, harmless: true, edit: func(a *answer) { a.code, a.paged, a.entries = code, false, nil }})
	}
	return append(all, simFault{name: "code 80 of any answer", edit: func(a *answer) { a.code = 80 }}, simFault{name: "code 50 of a comparison", can: func(st step) bool { return st.op == 0x6f }, edit: func(a *answer) { a.code = 50 }})
}

// atEntry strikes at one entry of an answer.
func atEntry(change func(a *answer, i int)) func(*answer) {
	return func(a *answer) {
		if len(a.entries) > 0 {
			change(a, a.sim.at.message%len(a.entries))
		}
	}
}

// spelled writes a DN in another way.
func spelled(how func(string) string) func(*answer) {
	return atEntry(func(a *answer, i int) {
		if a.entries[i].dn != "" {
			a.entries[i].dn = how(a.entries[i].dn)
		}
	})
}

func escaped(dn string) string {
	name, rest, _ := strings.Cut(dn, "=")
	return fmt.Sprintf("%s=\\%02x%s", name, rest[0], rest[1:])
}

func entryFaults() []simFault {
	has := func(st step) bool { return st.paged && st.messages > 1 }
	refer := func(a *answer) { a.refers = append(a.refers, "ldap://elsewhere/"+a.sim.world.head.dn()) }
	twin := func(at int) func(*answer) {
		return atEntry(func(a *answer, i int) {
			e := a.entries[i]
			e.attrs = slices.Clone(e.attrs)
			for j, at := range e.attrs {
				switch at.name {
				case "entryUUID":
					e.attrs[j] = text("entryUUID", "ffffffff-0000-0000-0000-000000000000")
				case "objectGUID":
					e.attrs[j].values = [][]byte{bytes.Repeat([]byte{0xff}, 16)}
				case "gidNumber", "primaryGroupID", "member", "memberUid", "uniqueMember":
					e.attrs[j].values = nil
				}
			}
			a.entries = slices.Insert(slices.Clone(a.entries), i+at, e)
		})
	}
	stranger := func(a *answer) {
		class := "account"
		if a.sim.world.windows {
			class = "user"
		}
		a.entries = append(slices.Clone(a.entries), shownEntry{dn: "uid=\xff\xfe," + a.sim.world.head.dn(), attrs: []shownAttr{text("objectClass", class), text("hasSubordinates", "FALSE")}})
	}
	return []simFault{
		{name: "entry: left out", can: has, edit: atEntry(func(a *answer, i int) { a.entries = slices.Delete(slices.Clone(a.entries), i, i+1) })},
		{name: "entry: only a referral", can: isSearch, edit: func(a *answer) { a.entries, a.cookie = nil, ""; refer(a) }},
		{name: "entry: a referral instead of one", can: has, edit: atEntry(func(a *answer, i int) { a.entries = slices.Delete(slices.Clone(a.entries), i, i+1); refer(a) })},
		{name: "entry: a referral besides", can: has, edit: refer},
		{name: "entry: in capitals", can: has, harmless: true, edit: spelled(strings.ToUpper)},
		{name: "entry: with spaces", can: has, harmless: true, edit: spelled(func(dn string) string { return strings.ReplaceAll(dn, ",", " ,  ") })},
		{name: "entry: with escapes", can: has, harmless: true, edit: spelled(escaped)},
		{name: "entry: twice", can: has, harmless: true, edit: atEntry(func(a *answer, i int) { a.entries = slices.Insert(slices.Clone(a.entries), i, a.entries[i]) })},
		{name: "entry: twice, spelled in another way", can: has, harmless: true, edit: atEntry(func(a *answer, i int) {
			e := a.entries[i]
			e.dn = strings.ToUpper(e.dn)
			a.entries = slices.Insert(slices.Clone(a.entries), i, e)
		})},
		{name: "entry: another of the same DN before it", can: has, invents: true, edit: twin(0)},
		{name: "entry: another of the same DN after it", can: has, invents: true, edit: twin(1)},
		{name: "entry: a stranger whose DN is no UTF-8", can: has, invents: true, edit: stranger},
		{name: "entry: giant", harmless: true, prepare: func(r *rand.Rand, w *world) { pick(r, w.things).stuffed = 300_000 }},
		{name: "entry: a value that is no UTF-8", can: has, harmless: true, edit: atEntry(func(a *answer, i int) {
			a.entries[i].attrs = append(slices.Clone(a.entries[i].attrs), shownAttr{"description", [][]byte{{0xff, 0xfe}}})
		})},
	}
}

func attributeFaults() (all []simFault) {
	for _, name := range []string{
		"member", "uniqueMember", "memberUid", "memberURL", "objectClass", "gidNumber", "hasSubordinates", "uid", "pwdChangedTime",
		"nTSecurityDescriptor", "userAccountControl", "primaryGroupID", "objectSid", "memberOf", "msDS-ReplValueMetaData", "groupType",
	} {
		guess := name == "groupType" // of a group that may be for mail alone its members are told
		drop := func(attrs []shownAttr) []shownAttr {
			return slices.DeleteFunc(slices.Clone(attrs), func(a shownAttr) bool {
				plain, _, _ := strings.Cut(a.name, ";")
				return plain == name
			})
		}
		mute := func(blind bool) func(*rand.Rand, *world) {
			return func(r *rand.Rand, w *world) {
				var have []*thing
				for _, t := range w.things {
					if e := (shownEntry{attrs: w.attrs(t)}); t.shown() && len(e.values(name)) > 0 {
						have = append(have, t)
					}
				}
				if len(have) > 0 {
					t := pick(r, have)
					t.mute, t.blind = append(t.mute, name), blind
				}
			}
		}
		if name != "objectClass" { // then the entry is not shown at all
			all = append(all, simFault{name: "attribute: " + name + " is not shown, to filters neither", prepare: mute(true), invents: guess})
		}
		all = append(all,
			simFault{name: "attribute: " + name + " is not shown", prepare: mute(false), invents: guess},
			simFault{name: "attribute: " + name + " is missing once", invents: guess, can: func(st step) bool { return st.paged && slices.Contains(st.attrs, name) }, edit: func(a *answer) {
				for i, e := range a.entries {
					if kept := drop(e.attrs); len(kept) < len(e.attrs) {
						a.entries[i].attrs = kept
						return
					}
				}
			}},
		)
	}
	return all
}

// rangeFaults strike where a range of members is given.
func rangeFaults() (all []simFault) {
	ranged := func(st step) bool { return slices.Contains(st.attrs, "member;range") }
	relabel := func(how func(first, end int, values [][]byte) (string, [][]byte)) func(*answer) {
		return func(a *answer) {
			for i, e := range a.entries {
				for j, at := range e.attrs {
					var first, end int
					options, ok := strings.CutPrefix(at.name, "member;range=")
					if !ok {
						continue
					}
					if n, _ := fmt.Sscanf(options, "%d-%d", &first, &end); n < 2 {
						end = first + len(at.values) - 1
					}
					a.entries[i].attrs = slices.Clone(e.attrs)
					label, values := how(first, end, at.values)
					a.entries[i].attrs[j] = shownAttr{"member;range=" + label, values}
				}
			}
		}
	}
	label := func(format string, first, last int) func(int, int, [][]byte) (string, [][]byte) {
		return func(f, e int, v [][]byte) (string, [][]byte) { return fmt.Sprintf(format, f+first, e+last), v }
	}
	for name, how := range map[string]func(int, int, [][]byte) (string, [][]byte){
		"overlaps":               label("%d-%d", -1, 0),
		"skips":                  label("%d-%d", 1, 1),
		"longer than it is":      label("%d-%d", 0, 2),
		"shorter than it is":     label("%d-%d", 0, -1),
		"no end":                 label("%d-%d", 0, 0),
		"an end too early":       func(f, _ int, v [][]byte) (string, [][]byte) { return fmt.Sprintf("%d-*", f), v },
		"no numbers":             func(_, _ int, v [][]byte) (string, [][]byte) { return "x-y", v },
		"backwards":              label("%[2]d-%[1]d", 0, 0),
		"a value less than told": func(f, e int, v [][]byte) (string, [][]byte) { return fmt.Sprintf("%d-%d", f, e), v[1:] },
		"no values":              func(f, _ int, _ [][]byte) (string, [][]byte) { return fmt.Sprintf("%d-*", f), nil },
	} {
		all = append(all, simFault{name: "range: " + name, can: ranged, edit: relabel(how)})
	}
	slices.SortFunc(all, func(a, b simFault) int { return strings.Compare(a.name, b.name) })
	return append(all, simFault{name: "range: not given", can: ranged, edit: func(a *answer) {
		for i, e := range a.entries {
			a.entries[i].attrs = slices.DeleteFunc(slices.Clone(e.attrs), func(at shownAttr) bool { return strings.HasPrefix(at.name, "member;range=") })
		}
	}})
}

// changes are what happens in a directory while it is read. What is made says
// truthfully when.
func changes() []simFault {
	now := options().Now.Add(time.Minute)
	newcomer := func(r *rand.Rand, w *world, made time.Time) *thing {
		like := pick(r, w.of(person))
		n := w.add(person, "new", like.under, like.classes...)
		n.made, n.primary, n.owner, n.gid = made, like.primary, like.owner, like.gid
		if g := pick(r, w.of(team)); g.through != "" {
			g.members, g.changed = append(slices.Clone(g.members), n), true
		}
		return n
	}
	fromAnotherServer := func(change func(*rand.Rand, *world)) func(*rand.Rand, *world) {
		return func(r *rand.Rand, w *world) {
			w.host = "dc2.corp.x"
			change(r, w)
		}
	}
	leave := func(r *rand.Rand, w *world) {
		for _, g := range w.of(team) {
			if len(g.members) > 1 {
				g.members, g.changed = slices.Clone(g.members)[1:], true
				return
			}
		}
	}
	return []simFault{
		{name: "change: an account is renamed", drift: func(r *rand.Rand, w *world) { pick(r, w.of(person)).name = "renamed" }},
		{name: "change: a group is renamed", drift: func(r *rand.Rand, w *world) { pick(r, w.of(team)).name = "renamed" }},
		{name: "change: an account moves", drift: func(r *rand.Rand, w *world) { pick(r, w.of(person)).under = w.head }},
		{name: "change: a container is renamed", drift: func(r *rand.Rand, w *world) { pick(r, w.of(container)[1:]).name = "renamed" }},
		{name: "change: an account is deleted", drift: func(r *rand.Rand, w *world) { w.remove(pick(r, w.of(person))) }},
		{name: "change: a group is deleted", drift: func(r *rand.Rand, w *world) { w.remove(pick(r, w.of(team))) }},
		{name: "change: an account is made", drift: func(r *rand.Rand, w *world) { newcomer(r, w, now) }},
		{name: "change: an account is deleted and made again", invents: true, drift: func(r *rand.Rand, w *world) {
			old := pick(r, w.of(person))
			w.remove(old)
			newcomer(r, w, now).name = old.name
		}},
		{name: "change: somebody leaves a group", drift: leave},
		{name: "server: another one, where an account is missing", told: true, can: beforeTheEnd, drift: fromAnotherServer(func(r *rand.Rand, w *world) {
			w.remove(pick(r, w.of(person)))
			w.dead = nil
		})},
		{name: "server: another one, where an account is older", told: true, can: beforeTheEnd, drift: fromAnotherServer(func(r *rand.Rand, w *world) { newcomer(r, w, longAgo()) })},
		{name: "server: another one, where somebody is missing in a group", told: true, can: beforeTheEnd, drift: fromAnotherServer(leave)},
	}
}

// beforeTheEnd is between the first look at the root DSE and the last.
func beforeTheEnd(st step) bool { return st.windows && st.number > 0 }
