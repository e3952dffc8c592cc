// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// An Unfinished group has more members than its entry brought: they come from
// asking for the attribute with the option range=Next-*. Next is −1 when the
// server contradicted itself.
type Unfinished struct {
	DN, Attribute string
	Next          int

	group    graph.ID
	digest   digest
	security bool
	dates    map[digest]time.Time
	bad      int
	changed  string // its change mark when its entry was read
	moved    bool   // the mark is another one since
}

// changeMark is higher after each change of an object of Active Directory
// (MS-ADTS 3.1.1.1.9). Members that are added or taken move the others from range
// to range.
const changeMark = "uSNChanged"

// Attributes are what [Reading.Range] needs of the entry.
func (u Unfinished) Attributes() []string {
	return []string{fmt.Sprintf("%s;range=%d-*", u.Attribute, u.Next), changeMark}
}

// Unfinished returns the groups that are waiting for the rest of their members,
// and forgets them: each is to be finished by [Reading.Range] or given up.
func (r *Reading) Unfinished() []Unfinished {
	open := r.open
	r.open = nil
	return open
}

// Range takes the next range of the members of an unfinished group, from an entry
// that was read for it. It returns where the one after that begins: 0 when that
// was the last, −1 when the entry does not show the range.
func (r *Reading) Range(u *Unfinished, e Entry, yield func(graph.Fact) bool) (next int, more bool) {
	m := members{Reading: r, group: u.group, dn: u.DN, digest: u.digest, security: u.security, dates: u.dates, bad: u.bad, yield: yield}
	next = -1
	u.moved = u.moved || e.text(changeMark) != u.changed
	for _, a := range e.Attrs {
		name, options, _ := strings.Cut(a.Name, ";")
		if !strings.EqualFold(name, u.Attribute) || !strings.HasPrefix(strings.ToLower(options), fmt.Sprintf("range=%d-", u.Next)) {
			continue
		}
		next = nextRange(options, len(a.Values))
		for _, v := range a.Values {
			if !m.byDN(v) {
				return next, false
			}
		}
	}
	m.shown()
	u.bad = m.bad
	if u.Next = next; next != 0 {
		return next, true
	}
	var reasons []string
	if m.bad > 0 {
		reasons = append(reasons, fmt.Sprintf("member values that are no names: %d", m.bad))
	}
	if u.moved {
		reasons = append(reasons, "the group was changed while its members were read; collect again")
	}
	return 0, m.tellGaps(u.group, reasons...)
}

// GiveUp tells that the members of an unfinished group could not all be read.
func (r *Reading) GiveUp(u Unfinished, why string, yield func(graph.Fact) bool) bool {
	m := members{Reading: r, yield: yield}
	return m.tellGaps(u.group, why)
}

// tellUnfinished gives up what nobody finished.
func (r *Reading) tellUnfinished(yield func(graph.Fact) bool) bool {
	m := members{Reading: r, yield: yield}
	for _, u := range r.Unfinished() {
		if !m.tellGaps(u.group, "the server gave only a range of the members") {
			return false
		}
	}
	for _, d := range r.Dynamics() {
		if !m.tellGaps(d.Group, "a dynamic group: its search is not evaluated") {
			return false
		}
	}
	return true
}

func (m *members) tellGaps(group graph.ID, reasons ...string) bool {
	for _, reason := range reasons {
		m.count.gaps++
		if !m.yield(graph.Gap{About: group, Dataset: graph.Memberships, Reason: reason}) {
			return false
		}
	}
	return true
}

// A Dynamic group has the results of searches as members: memberURL of the class
// groupOfURLs.
type Dynamic struct {
	Group graph.ID
	DN    string
	URLs  []string
}

// Dynamics returns the dynamic groups that are waiting for their searches, and
// forgets them.
func (r *Reading) Dynamics() []Dynamic {
	all := r.dynamics
	r.dynamics = nil
	return all
}

// Derived tells an entry that the search of a dynamic group found. It is no
// member when it is neither account nor group.
func (r *Reading) Derived(d Dynamic, dn string, yield func(graph.Fact) bool) (more bool) {
	folded, err := r.index.fold([]byte(dn))
	if err != nil {
		m := members{Reading: r, yield: yield}
		return m.tellGaps(d.Group, "its search finds something whose DN is no DN")
	}
	m := members{Reading: r, group: d.Group, yield: yield}
	i, known := r.index.byDN[digestOf(folded)]
	if !known || i == ambiguous {
		return m.unknownDN(slices.Clone(folded))
	}
	for _, k := range r.index.records[i].class.kinds() {
		if !m.grant(graph.ID{Kind: k, Source: r.source, Key: r.index.records[i].key}, "rule") {
			return false
		}
	}
	return true
}

// A Memberless group shows no members, which its class allows.
type Memberless struct {
	Group graph.ID
	DN    string
}

// Memberless returns the groups that show no members, and forgets them: somebody
// who may compare can tell a group without members from one that hides them.
func (r *Reading) Memberless() []Memberless {
	all := r.empty
	r.empty = nil
	return all
}

// Hides tells that a group may have members that are not shown.
func (r *Reading) Hides(group graph.ID, why string, yield func(graph.Fact) bool) bool {
	m := members{Reading: r, yield: yield}
	return m.tellGaps(group, why)
}
