// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// Group yields the group that an entry of the third pass is, and its members. It
// is false when yield was.
func (r *Reading) Group(e Entry, yield func(graph.Fact) bool) (bool, error) {
	i, ok, err := r.record(e, isGroup, readGroup, &r.count.lateGroups)
	if err != nil || !ok {
		return true, err
	}
	r.count.gotGroups++
	if id, ok := groupID(e, r.dialect.GroupID); ok {
		r.byGroupID[id] = append(r.byGroupID[id], i)
	}
	n := graph.Node{ID: r.id(graph.Group, i), Name: r.name(e, []string{"cn"})}
	n.Attrs.Set("dn", dnText([]byte(e.DN)))
	r.tellOwner(&n.Attrs, e, r.dialect.Owner)
	r.tell(&n.Attrs, e, r.group)
	m := members{Reading: r, group: n.ID, yield: yield}
	return yield(n) && m.all(e), nil
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
	group graph.ID
	yield func(graph.Fact) bool
	found int
	bad   int // values that name nobody
	cut   bool
}

func (m *members) all(e Entry) bool {
	for _, a := range e.Attrs {
		name, options, _ := strings.Cut(a.Name, ";")
		for _, dns := range m.dialect.MemberDNs {
			if !strings.EqualFold(name, dns) {
				continue
			}
			m.cut = m.cut || isUnfinished(options)
			for _, v := range a.Values {
				if !m.byDN(v) {
					return false
				}
			}
		}
	}
	for _, v := range e.values(m.dialect.MemberLogins) {
		if !m.byLogin(v) {
			return false
		}
	}
	return m.gaps(e)
}

// isUnfinished reports whether the options of an attribute say that there are
// more values than these.
func isUnfinished(options string) bool {
	for o := range strings.SplitSeq(strings.ToLower(options), ";") {
		if strings.HasPrefix(o, "range=") && !strings.HasSuffix(o, "-*") {
			return true
		}
	}
	return false
}

// gaps tells what of the members could not be read.
func (m *members) gaps(e Entry) bool {
	var reasons []string
	if m.bad > 0 {
		reasons = append(reasons, fmt.Sprintf("member values that are no names: %d", m.bad))
	}
	if m.cut {
		reasons = append(reasons, "the server gave only a range of the members")
	}
	if e.isOf(m.dialect.DynamicClasses) || e.has(m.dialect.MemberURLs) {
		reasons = append(reasons, "a dynamic group: its search is not evaluated")
	}
	if m.found == 0 && m.bad == 0 && e.isOf(m.dialect.FilledClasses) {
		reasons = append(reasons, "no members can be seen, although its class requires them")
	}
	for _, reason := range reasons {
		m.count.gaps++
		if !m.yield(graph.Gap{About: m.group, Dataset: graph.Memberships, Reason: reason}) {
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
	rec, ok := m.index.at(digestOf(folded))
	if !ok || rec.class.kinds() == nil {
		return m.unknownDN(folded)
	}
	for _, k := range rec.class.kinds() {
		if !m.grant(graph.ID{Kind: k, Source: m.source, Key: rec.key}, "") {
			return false
		}
	}
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
		return m.unknownLogin(v, "no account has this login")
	case i == ambiguous:
		m.count.dangling++
		return m.unknownLogin(v, "more than one account has this login")
	}
	return m.grant(m.id(graph.Account, i), "memberUid")
}

func (m *members) unknownLogin(v []byte, reason string) bool {
	name := strings.ToLower(string(v))
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
	case known:
		reason = "neither an account nor a group"
		m.count.noThing++
	case !m.inside(folded):
		reason = "outside the bases that are read"
		m.count.outside++
	default:
		m.count.dangling++
		m.suspect(folded)
	}
	return m.unknown(folded, string(folded), reason)
}

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
	m.count.memberships++
	return m.yield(graph.Grant{From: from, To: m.group, Kind: graph.Member, Terms: graph.Terms{Via: via}})
}

// PrimaryGroups yields the memberships that accounts have by their group number.
// It comes after all groups, and is false when yield was. A number that no group
// has is ordinary: many systems give every account one of its own.
func (r *Reading) PrimaryGroups(yield func(graph.Fact) bool) bool {
	for _, p := range r.primaries {
		for _, g := range r.byGroupID[p.groupID] {
			m := members{Reading: r, group: r.id(graph.Group, g), yield: yield}
			if !m.grant(r.id(graph.Account, p.account), "primary group") {
				return false
			}
		}
	}
	return true
}
