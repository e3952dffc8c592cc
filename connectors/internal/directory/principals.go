// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// learnSID remembers the SIDs of an entry of the first pass.
func (r *Reading) learnSID(e Entry, i uint32, c class) {
	if c&isGroup != 0 && r.dialect.does(activeDirectory) && isDistribution(e) {
		r.mailOnly[i] = true
	}
	if c&isMachine != 0 && r.single(e, r.dialect.PrimaryGroup) != domainComputers {
		r.index.records[i].class |= wanted // a domain controller, or in a group that lists no such members
	}
	self, ok := r.sidOf(e)
	if !ok {
		if r.dialect.SID != "" && c&holders != 0 {
			r.count.sidless++
		}
		return
	}
	if c&isForeign != 0 {
		r.index.foreign[i] = self
		return
	}
	if c&holders == 0 {
		return
	}
	if was, taken := r.index.bySID[self]; taken && was != i {
		i = ambiguous
		r.count.twins++
	}
	r.index.bySID[self] = i
	if r.dialect.SIDHistory == "" || i == ambiguous {
		return
	}
	for _, v := range e.values(r.dialect.SIDHistory) {
		if old, ok := parseSID(v); ok && old != self {
			r.index.heirs[old] = append(r.index.heirs[old], i)
			r.count.heirs++
		} else {
			r.unread[r.dialect.SIDHistory]++
		}
	}
}

// domainComputers is the RID of the group that every computer is in.
const (
	domainComputers    = "515"
	domainComputersRID = 515
)

// A principal is something that a SID stands for, and how.
type principal struct {
	id  graph.ID
	via string
}

// principals returns what a SID stands for: a population, the thing that has the
// SID, whoever had it before. It tells the nodes that no entry will tell, and is
// false when nobody wants more.
func (r *Reading) principals(s sid, yield func(graph.Fact) bool) ([]principal, bool) {
	if key, ok := population(s); ok {
		id, more := r.population(key, s, yield)
		return []principal{{id, ""}}, more
	}
	var all []principal
	if i, ok := r.index.bySID[s]; ok && i != ambiguous {
		all = append(all, principal{r.holder(i), ""})
	}
	for _, i := range r.index.heirs[s] {
		all = append(all, principal{r.holder(i), "SID history"})
	}
	if len(all) > 0 {
		return all, true
	}
	id, more := r.foreigner(s, yield)
	return []principal{{id, ""}}, more
}

// machinesToo wants every machine once the group that all of them are in, without
// being listed, is named.
func (r *Reading) machinesToo(i uint32) {
	if r.dialect.SID == "" || r.allMachines {
		return
	}
	computers, ok := r.index.bySID[r.domain.sid.with(domainComputersRID)]
	r.allMachines = ok && computers == i
}

// holder returns the ID of an account, group or machine, and remembers that the
// machine is named.
func (r *Reading) holder(i uint32) graph.ID {
	rec := &r.index.records[i]
	if rec.class&isGroup != 0 && rec.class&isAccount == 0 {
		r.machinesToo(i)
		return r.id(graph.Group, i)
	}
	if rec.class&isMachine != 0 {
		rec.class |= wanted
	}
	return r.id(graph.Account, i)
}

// population tells the group that stands for everybody whom a well-known SID
// means. Who is in it is not listed: every account of the source is.
func (r *Reading) population(key string, s sid, yield func(graph.Fact) bool) (graph.ID, bool) {
	id := graph.ID{Kind: graph.Group, Source: r.source, Key: key}
	if r.unresolved[key] {
		return id, true
	}
	r.unresolved[key] = true
	name, _ := wellKnownName(s)
	n := graph.Node{ID: id, Name: name}
	n.Attrs.Set("description", "every account of this directory")
	n.Attrs.Set("sid", s.String())
	return id, yield(n)
}

// foreigner tells something of which only the SID is known. Whoever comes from
// another domain is authenticated here as everybody is.
func (r *Reading) foreigner(s sid, yield func(graph.Fact) bool) (graph.ID, bool) {
	id := graph.ID{Kind: graph.Unresolved, Source: r.source, Key: s.String()}
	if r.unresolved[id.Key] {
		return id, true
	}
	r.unresolved[id.Key] = true
	n := graph.Node{ID: id, Name: s.String()}
	reason := "no entry that is read has this SID"
	if name, ok := wellKnownName(s); ok {
		n.Name, reason = name, "a SID that stands for a circumstance, not for somebody"
	}
	n.Attrs.Set("reason", reason)
	n.Attrs.Set("sid", s.String())
	if !yield(n) {
		return id, false
	}
	domain, outside := s.domain()
	if outside && domain == r.domain.sid && len(r.strangers) < maxAbsent {
		r.strangers = append(r.strangers, s)
	}
	if !outside || domain == r.domain.sid {
		return id, true
	}
	group, more := r.population("~authenticated", authenticatedSID, yield)
	return id, more && yield(graph.Grant{From: id, To: group, Kind: graph.Member, Terms: graph.Terms{Via: "another domain"}})
}

// tellForeign tells the stand-ins of somebody foreign that nothing names, where
// what may name them was not all read.
func (r *Reading) tellForeign(yield func(graph.Fact) bool) bool {
	if len(r.index.foreign) == 0 || !r.namesUnread() {
		return true
	}
	for _, s := range slices.Sorted(maps.Values(r.index.foreign)) {
		if _, everybody := population(s); everybody {
			continue
		}
		if _, more := r.foreigner(s, yield); !more {
			return false
		}
	}
	return true
}

// bySID tells the memberships of what a SID stands for.
func (m *members) bySID(s sid) bool {
	all, more := m.principals(s, m.yield)
	if !more {
		return false
	}
	for _, p := range all {
		if p.id.Kind == graph.Unresolved {
			m.count.dangling++
		}
		if p.id == m.group {
			continue
		}
		if !m.grant(p.id, p.via) {
			return false
		}
	}
	return true
}

// foreignSID returns the SID that the name of a stand-in holds, which is seen
// even where its entry is not: CN=S-1-5-…,CN=ForeignSecurityPrincipals,….
func foreignSID(folded []byte) (sid, bool) {
	name, rest, _ := bytes.Cut(folded, []byte(","))
	if !bytes.HasPrefix(rest, []byte("cn=foreignsecurityprincipals,")) {
		return "", false
	}
	text, ok := bytes.CutPrefix(name, []byte("cn="))
	if !ok {
		return "", false
	}
	return sidFromText(string(bytes.ToUpper(text)))
}

// heirs yields what those hold who once had the SID of a group that is read: they
// still come in with it (MS-ADTS, sIDHistory). False when yield was.
func (r *Reading) heirs(yield func(graph.Fact) bool) bool {
	for _, old := range slices.Sorted(maps.Keys(r.index.heirs)) {
		i, known := r.index.bySID[old]
		if !known || i == ambiguous {
			continue
		}
		for _, h := range r.index.heirs[old] {
			if h != i && !r.inherit(h, i, yield) {
				return false
			}
		}
	}
	return true
}

// inherit lets an heir hold what the thing with its earlier SID holds: a group's
// memberships; another account it can be at any time.
func (r *Reading) inherit(heir, of uint32, yield func(graph.Fact) bool) bool {
	g := graph.Grant{From: r.holder(heir), To: r.holder(of), Kind: graph.Controls, Terms: graph.Terms{Via: "SID history"}}
	if g.To.Kind == graph.Group {
		g.Kind = graph.Member
		r.count.memberships++
	}
	return yield(g)
}

// primariesBySID yields the memberships in primary groups, which list no such
// members. A primary group that is not read is a shortfall.
func (r *Reading) primariesBySID(yield func(graph.Fact) bool) bool {
	missing := 0
	for _, p := range r.mobiles {
		i, ok := r.index.bySID[p.group]
		if !ok || i == ambiguous || r.index.records[i].class&isGroup == 0 {
			missing++
			continue
		}
		if r.index.records[p.account].class&isMachine != 0 && r.index.records[p.account].class&wanted == 0 {
			continue
		}
		m := members{Reading: r, group: r.id(graph.Group, i), yield: yield}
		if !m.grant(r.id(graph.Account, p.account), "primary group") {
			return false
		}
	}
	if missing > 0 {
		r.Shortfall(graph.Memberships, graph.Partial, fmt.Sprintf("accounts whose primary group lies outside what is read: %d; add its place to base", missing))
	}
	return true
}
