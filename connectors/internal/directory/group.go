// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// Group yields the group that an entry of the third pass is, and its members. It
// is false when yield was.
func (r *Reading) Group(e Entry, yield func(graph.Fact) bool) (bool, error) {
	i, ok, err := r.record(e, isGroup, readGroup, r.group)
	if err != nil || !ok {
		return true, err
	}
	r.count.gotGroups++
	r.learnBackLinks(e)
	if id, ok := groupID(e, r.dialect.GroupID); ok {
		r.byGroupID[id] = append(r.byGroupID[id], i)
	} else if r.dialect.GroupID != "" && (e.has(r.dialect.GroupID) || e.isOf([]string{"posixGroup"})) {
		r.count.primaryless++
	}
	n := graph.Node{ID: r.id(graph.Group, i), Name: r.name(e, r.dialect.GroupNames)}
	n.Attrs.Set("dn", dnText([]byte(e.DN)))
	r.tellOwner(&n.Attrs, e, r.dialect.Owner)
	r.tell(&n.Attrs, e, r.group)
	if r.dialect.does(activeDirectory) {
		r.tellWindowsGroup(&n.Attrs, e)
	}
	m := r.membersOf(e, n.ID, yield)
	return yield(n) && m.all(e) && r.Control(e, n.ID, yield), nil
}

func (r *Reading) membersOf(e Entry, group graph.ID, yield func(graph.Fact) bool) *members {
	m := &members{Reading: r, group: group, dn: e.DN, yield: yield}
	if folded, err := r.index.fold([]byte(e.DN)); err == nil {
		m.digest = digestOf(folded)
	}
	if r.dialect.ModifiedAt != "" && !e.isOf(r.dialect.DynamicClasses) { // a server may fill these without changing them
		m.since = r.neverChanged(e)
	}
	if r.dialect.does(activeDirectory) {
		t, known := groupTypeOf(e)
		m.security, m.dates = known && t.security, r.linkDates(e)
		m.count.dated += len(m.dates)
	}
	return m
}

// isDistribution reports whether a group of Active Directory is for mail alone:
// it is no part of anybody's token.
func isDistribution(e Entry) bool {
	t, ok := groupTypeOf(e)
	return ok && !t.security
}

// tellOwner sets the owner of a thing, if its DN is that of an account or a group
// or the value is itself an ID.
func (r *Reading) tellOwner(to *graph.Attrs, e Entry, name string) {
	var ids, dns []string
	for _, v := range r.texts(e, name) {
		if id, err := graph.ParseID(v); err == nil {
			ids = append(ids, id.String())
			continue
		}
		if folded, err := r.index.fold([]byte(v)); err == nil {
			if rec, ok := r.index.at(digestOf(folded)); ok && rec.class&(isAccount|isGroup) != 0 {
				ids = append(ids, graph.ID{Kind: rec.class.kinds()[0], Source: r.source, Key: rec.key}.String())
				continue
			}
		}
		dns = append(dns, v)
	}
	if len(ids) > 0 {
		to.Set(owner, ids...)
	}
	if len(dns) > 0 {
		to.Set("owner_dn", dns...)
	}
}

// kinds returns what an entry is, an account first.
func (c class) kinds() []graph.Kind {
	switch c & (isAccount | isGroup) {
	case isAccount:
		return []graph.Kind{graph.Account}
	case isGroup:
		return []graph.Kind{graph.Group}
	case isAccount | isGroup:
		return []graph.Kind{graph.Account, graph.Group}
	}
	return nil
}

// members tells who is in one group.
type members struct {
	*Reading
	group    graph.ID
	dn       string
	digest   digest
	security bool                 // the group is part of its members' tokens
	since    time.Time            // when the group was made, if it was not changed since
	dates    map[digest]time.Time // of members
	yield    func(graph.Fact) bool
	found    int // values that name somebody
	inner    int // of them, entries that are read
	bad      int // values that name nobody
	shared   int // logins that several accounts have
	cut      int // where the next range begins; 0 is nowhere
	cutName  string
}

func (m *members) all(e Entry) bool {
	for _, a := range e.Attrs {
		name, options, _ := strings.Cut(a.Name, ";")
		for _, dns := range m.dialect.MemberDNs {
			if !strings.EqualFold(name, dns) {
				continue
			}
			if next := nextRange(options, len(a.Values)); next != 0 || !beginsAt(options, 0) {
				if m.cut, m.cutName = next, dns; !beginsAt(options, 0) {
					m.cut = -1
				}
			}
			for _, v := range a.Values {
				if !m.byDN(v) {
					return false
				}
			}
		}
	}
	if m.dialect.MemberLogins != "" {
		for _, v := range ranged(e, m.dialect.MemberLogins) {
			if !m.byLogin(v) {
				return false
			}
		}
	}
	return m.gaps(e)
}

// beginsAt reports whether the range that the options name, if they name one,
// begins at a number.
func beginsAt(options string, n int) bool {
	_, span, ok := strings.Cut(strings.ToLower(options), "range=")
	return !ok || strings.HasPrefix(span, strconv.Itoa(n)+"-")
}

// nextRange returns where the range after this one begins, by the options of an
// attribute and the number of values that came: 0 when this is all, −1 when the
// options and the values contradict each other (MS-ADTS 3.1.1.3.1.3.3).
func nextRange(options string, values int) int {
	for o := range strings.SplitSeq(strings.ToLower(options), ";") {
		span, ok := strings.CutPrefix(o, "range=")
		if !ok {
			continue
		}
		from, to, _ := strings.Cut(span, "-")
		first, err := strconv.Atoi(from)
		switch last, err2 := strconv.Atoi(to); {
		case err == nil && to == "*":
			return 0
		case err != nil || err2 != nil || last-first+1 != values:
			return -1
		default:
			return last + 1
		}
	}
	return 0
}

// gaps tells what of the members could not be read.
func (m *members) gaps(e Entry) bool {
	var reasons []string
	if m.bad > 0 && m.cut == 0 {
		reasons = append(reasons, fmt.Sprintf("member values that are no names: %d", m.bad))
	}
	if m.shared > 0 {
		reasons = append(reasons, fmt.Sprintf("members named by a login that several accounts have: %d", m.shared))
	}
	if m.cut != 0 {
		m.open = append(m.open, Unfinished{changed: e.text(changeMark), DN: m.dn, Attribute: m.cutName, Next: m.cut, group: m.group, digest: m.digest, security: m.security, dates: m.dates, bad: m.bad})
	}
	if urls := m.dynamic(e); len(urls) > 0 || e.isOf(m.dialect.DynamicClasses) {
		m.dynamics = append(m.dynamics, Dynamic{Group: m.group, DN: m.dn, URLs: urls})
	}
	if m.found == 0 && m.bad == 0 && m.cut == 0 {
		if e.isOf(m.dialect.FilledClasses) {
			reasons = append(reasons, "no members can be seen, although its class requires them")
		} else {
			m.empty = append(m.empty, Memberless{Group: m.group, DN: m.dn})
		}
	}
	m.lookAtAdministrators(e)
	m.noteShown(e)
	m.shown()
	return m.tellGaps(m.group, reasons...)
}

// noteShown remembers which ways to name members the groups of a container show.
func (m *members) noteShown(e Entry) {
	if m.dialect.BackLink != "" {
		return
	}
	folded, err := m.index.fold([]byte(e.DN))
	if err != nil {
		return
	}
	parent := digestOf(parentDN(folded))
	c, known := m.shownBy[parent]
	if !known {
		if len(m.shownBy) >= maxSample {
			return
		}
		c = &container{group: e.DN}
		m.shownBy[parent] = c
	}
	for i, name := range m.dialect.memberAttributes() {
		if len(ranged(e, name)) > 0 {
			c.shown |= 1 << i
		}
	}
}

// A container holds groups: one of them, and which ways to name members any shows.
type container struct {
	group string // DN
	shown uint
}

func (d *Dialect) memberAttributes() []string {
	return append(slices.Clone(d.MemberDNs), d.MemberLogins)
}

// An UnshownMember is a way to name members that no group of a container shows,
// and one of its groups.
type UnshownMember struct{ DN, Attribute string }

// UnshownMembers returns what no group of its container shows, in order.
func (r *Reading) UnshownMembers() []UnshownMember {
	var all []UnshownMember
	for _, c := range r.shownBy {
		for i, name := range r.dialect.memberAttributes() {
			if name != "" && c.shown&(1<<i) == 0 {
				all = append(all, UnshownMember{c.group, name})
			}
		}
	}
	slices.SortFunc(all, func(a, b UnshownMember) int {
		return cmp.Or(cmp.Compare(a.DN, b.DN), cmp.Compare(a.Attribute, b.Attribute))
	})
	return all
}

// lookAtAdministrators holds a canary of memberships: the built-in administrators
// always have members.
func (m *members) lookAtAdministrators(e Entry) {
	self, ok := m.sidOf(e)
	if !ok || self != administratorsSID {
		return
	}
	if m.admins = true; m.found == 0 {
		m.Shortfall(graph.Memberships, graph.Partial, "the built-in administrators (S-1-5-32-544), who always have members, show none: other groups may hide theirs, too")
	}
}

// dynamic returns the searches whose results are members of a group.
func (m *members) dynamic(e Entry) (urls []string) {
	if m.dialect.MemberURLs == "" {
		return nil
	}
	for _, v := range ranged(e, m.dialect.MemberURLs) {
		if isText(v) {
			urls = append(urls, string(v))
		}
	}
	return urls
}

// shown settles what members say of themselves with what the group shows.
func (m *members) shown() {
	if m.dialect.BackLink != "" {
		m.backlinks[m.digest] -= m.inner
		m.inner = 0
	}
}

// tellUnshown tells the groups of which more say that they are members than are
// shown: some of their members are hidden.
func (r *Reading) tellUnshown(yield func(graph.Fact) bool) bool {
	hidden := map[graph.ID]int{}
	for d, n := range r.backlinks {
		if rec, ok := r.index.at(d); ok && n > 0 && rec.class&readGroup != 0 {
			hidden[graph.ID{Kind: graph.Group, Source: r.source, Key: rec.key}] = n
		}
	}
	m := members{Reading: r, yield: yield}
	if r.admins && r.count.backlinked == 0 { // in a whole domain somebody is in some group
		for _, g := range r.Memberless() {
			if !m.tellGaps(g.Group, "it shows no members, and nobody's "+r.dialect.BackLink+" is shown") {
				return false
			}
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(hidden), graph.ID.Compare) {
		if !m.tellGaps(id, fmt.Sprintf("%d more say that they are its members than it shows; some are hidden, or left while this was read", hidden[id])) {
			return false
		}
	}
	return true
}

func (m *members) byDN(v []byte) bool {
	folded, err := m.index.fold(withoutUID(v))
	if err != nil {
		m.bad++
		return true
	}
	m.found++
	if len(folded) == 0 {
		return true // what administrators write to keep an empty group
	}
	d := digestOf(folded)
	i, known := m.index.byDN[d]
	if known && i != ambiguous {
		return m.entry(i, d, folded)
	}
	if s, ok := foreignSID(folded); ok && m.dialect.SID != "" {
		return m.bySID(s)
	}
	return m.unknownDN(folded)
}

// entry tells the membership of an entry that is read.
func (m *members) entry(i uint32, d digest, folded []byte) bool {
	rec := &m.index.records[i]
	switch {
	case rec.class&isForeign != 0:
		s, ok := m.index.foreign[i]
		if !ok {
			s, ok = foreignSID(folded)
		}
		m.inner++
		if !ok {
			return m.unknownDN(folded)
		}
		return m.bySID(s)
	case rec.class&holders == 0:
		return m.unknownDN(folded)
	case rec.class&isMachine != 0:
		m.inner++
		return m.grantSince(m.holder(i), "", m.dates[d])
	}
	m.inner++
	m.machinesToo(i)
	if m.skips(i) {
		return true
	}
	for _, k := range rec.class.kinds() {
		if !m.grantSince(graph.ID{Kind: k, Source: m.source, Key: rec.key}, "", m.dates[d]) {
			return false
		}
	}
	return true
}

// skips reports whether a membership is that of a distribution group in a
// security group, through which nobody gets anything (MS-ADTS: tokens are made of
// security groups). It is counted.
func (m *members) skips(i uint32) bool {
	if !m.security || !m.mailOnly[i] {
		return false
	}
	m.count.distribution++
	return true
}

// withoutUID cuts the bit string that a uniqueMember may end with: DN#'0101'B.
func withoutUID(v []byte) []byte {
	dn, ok := bytes.CutSuffix(v, []byte("'B"))
	if !ok {
		return v
	}
	i := bytes.LastIndex(dn, []byte("#'"))
	if i < 0 || len(bytes.Trim(dn[i+2:], "01")) > 0 {
		return v
	}
	return dn[:i]
}

func (m *members) byLogin(v []byte) bool {
	if !isText(v) {
		m.bad++
		return true
	}
	m.found++
	i, ok := m.index.byLogin[loginDigest(v)]
	switch {
	case !ok:
		m.count.dangling++
		m.count.noLogin++
		return m.unknownLogin(v, "no account has this login")
	case i == ambiguous:
		m.count.dangling++
		m.shared++
		return m.unknownLogin(v, "more than one account has this login")
	}
	return m.grant(m.id(graph.Account, i), "memberUid")
}

func (m *members) unknownLogin(v []byte, reason string) bool {
	name := graph.Fold(string(v))
	folded := appendFoldedValue([]byte("memberuid="), []byte(name))
	return m.unknown(folded, name, reason)
}

// unknownDN tells a member that is no account and no group that was read.
func (m *members) unknownDN(folded []byte) bool {
	reason := "no entry has this DN"
	switch i, known := m.index.byDN[digestOf(folded)]; {
	case known && i == ambiguous:
		reason = "more than one entry has this DN or its id"
		m.count.dangling++
	case known && m.index.records[i].class&isRole != 0:
		reason = "a role"
		m.count.noThing++
	case known:
		reason = "neither an account nor a group"
		m.count.noThing++
	case !m.inside(folded):
		reason = "outside the bases that are read"
		m.count.outside++
	default:
		m.count.dangling++
		m.suspect(folded)
		if !m.unresolved[dnKey(folded)] && len(m.absent) < maxAbsent {
			m.absent = append(m.absent, string(folded))
		}
	}
	return m.unknown(folded, string(folded), reason)
}

// maxAbsent bounds how many names are remembered that no entry had.
const maxAbsent = 10_000

// suspect looks for a hidden subtree: an entry that is gone leaves its parent
// behind, and a parent that was not seen either may be hidden.
func (r *Reading) suspect(folded []byte) {
	parent := parentDN(folded)
	if len(r.bases) == 0 || parent == nil || !r.inside(parent) {
		return
	}
	if _, seen := r.index.byDN[digestOf(parent)]; !seen {
		r.suspects[dnKey(parent)] = true
	}
}

// unknown tells an unresolved thing and its membership. Equal names make equal
// facts.
func (m *members) unknown(folded []byte, name, reason string) bool {
	n := graph.Node{ID: graph.ID{Kind: graph.Unresolved, Source: m.source, Key: dnKey(folded)}, Name: name}
	if !m.unresolved[n.ID.Key] {
		m.unresolved[n.ID.Key] = true
		n.Attrs.Set("reason", reason)
		if !m.yield(n) {
			return false
		}
	}
	return m.grant(n.ID, "")
}

func (m *members) grant(from graph.ID, via string) bool {
	return m.grantSince(from, via, time.Time{})
}

// grantSince tells a membership. Where its own beginning is not known it may be
// the group's.
func (m *members) grantSince(from graph.ID, via string, since time.Time) bool {
	m.count.memberships++
	if since.IsZero() {
		since = m.since
	}
	return m.yield(graph.Grant{From: from, To: m.group, Kind: graph.Member, Terms: graph.Terms{Via: via, Since: since}})
}

// Rest yields what only shows when all accounts and groups were read: what earlier
// SIDs still open, members that a group hides, and gaps where nobody finished a
// group. It is false when yield was.
func (r *Reading) Rest(yield func(graph.Fact) bool) bool {
	return r.heirs(yield) && r.tellUnfinished(yield) && r.tellUnshown(yield) && r.tellUndescribed(yield)
}

// PrimaryGroups yields the memberships by the number or SID of a primary group, and
// what the machines left open, and comes last. It is false when yield was.
//
// A number that no group has is ordinary: many systems give every account one of
// its own.
func (r *Reading) PrimaryGroups(yield func(graph.Fact) bool) bool {
	for _, p := range r.primaries {
		for _, g := range r.byGroupID[p.groupID] {
			m := members{Reading: r, group: r.id(graph.Group, g), yield: yield}
			if !m.grant(r.id(graph.Account, p.account), "primary group") {
				return false
			}
		}
	}
	return r.primariesBySID(yield) && r.tellUndescribed(yield) && r.tellForeign(yield)
}
