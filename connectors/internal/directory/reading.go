// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/foureyes-iga/foureyes/graph"
)

// ErrActiveDirectory is returned for entries of Active Directory. Read as a
// standard directory they would lose primary groups and disabled accounts.
var ErrActiveDirectory = errors.New("these are entries of Active Directory, whose dialect is not supported yet")

// A Reading is one reading of one directory. It is used by one goroutine.
type Reading struct {
	source  graph.Source
	dialect Dialect
	values  map[string]map[string]string
	account []Field // as mapped
	group   []Field
	index   index
	bases   [][]byte // folded

	containers map[digest]string // entries that say they have children
	parents    map[digest]bool   // entries below which something was seen
	unresolved map[string]bool   // told
	suspects   map[string]bool   // parents of members, which were not seen
	primaries  []primary
	byGroupID  map[uint32][]uint32

	count  counts
	short  []shortfall
	unread map[string]int // values that were not told, by attribute
}

type primary struct{ account, groupID uint32 }

type counts struct {
	entries, accounts, groups    int // registered
	gotAccounts, gotGroups       int // read
	lateAccounts, lateGroups     int // read and not registered before
	memberships, gaps, signIns   int
	dangling, outside, noThing   int // members that are unresolved, and why
	contacts, classless, clashes int
}

// New prepares a reading. Bases are the DNs below which all is read; none means
// that what is read is all there is.
func New(source graph.Source, d Dialect, m Mapping, bases []string) (*Reading, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	r := &Reading{
		source: source, dialect: d, values: m.Values,
		account: m.with(d.Accounts), group: m.with(d.Groups, status, accountType, employeeID, lastSignIn, disabledAt),
		index:      newIndex(),
		containers: map[digest]string{}, parents: map[digest]bool{}, unresolved: map[string]bool{}, suspects: map[string]bool{},
		byGroupID: map[uint32][]uint32{}, unread: map[string]int{},
	}
	for _, b := range bases {
		folded, err := FoldDN(b)
		if err != nil {
			return nil, fmt.Errorf("base: %w", err)
		}
		r.bases = append(r.bases, []byte(folded))
	}
	return r, nil
}

// Register takes an entry of the first pass, in which every entry must come. It
// needs [Dialect.RegisterAttributes].
func (r *Reading) Register(e Entry) error {
	if e.has("sAMAccountName") || e.has("objectSid") {
		return fmt.Errorf("entry %.200q: %w", e.DN, ErrActiveDirectory)
	}
	folded, err := r.index.fold([]byte(e.DN))
	if err != nil {
		return fmt.Errorf("entry: DN %.200q: %w", e.DN, err)
	}
	r.count.entries++
	d := digestOf(folded)
	if parent := parentDN(folded); parent != nil {
		r.parents[digestOf(parent)] = true
	}
	if e.is(r.dialect.HasChildren, "TRUE") {
		r.containers[d] = string(folded)
	}
	c := r.classOf(e)
	if r.add(d, r.key(e, folded), c) != fresh {
		return nil
	}
	if c&isAccount != 0 {
		r.count.accounts++
	}
	if c&isGroup != 0 {
		r.count.groups++
	}
	return nil
}

func (r *Reading) add(d digest, key string, c class) claim {
	was := r.index.add(d, key, c)
	if was == clash {
		r.count.clashes++
	}
	return was
}

func (r *Reading) classOf(e Entry) (c class) {
	if !e.has(objectClass) {
		r.count.classless++
	}
	if e.isOf(r.dialect.GroupClasses) {
		c |= isGroup
	}
	switch {
	case e.isOf(r.dialect.ContactClasses):
		r.count.contacts++
	case e.isOf(r.dialect.AccountClasses):
		c |= isAccount
	}
	return c
}

// key returns the immutable id of an entry, else what its DN makes.
func (r *Reading) key(e Entry, folded []byte) string {
	for _, name := range r.dialect.Keys {
		if vs := e.values(name); len(vs) == 1 && isUniqueID(vs[0]) {
			return strings.ToLower(string(vs[0]))
		}
	}
	return dnKey(folded)
}

// isUniqueID reports whether v looks like a UUID, in any of the spellings that
// directories use.
func isUniqueID(v []byte) bool {
	digits := 0
	for _, c := range v {
		switch {
		case c >= '0' && c <= '9', c|0x20 >= 'a' && c|0x20 <= 'f':
			digits++
		case c != '-':
			return false
		}
	}
	return digits == 32 && len(v) <= 36
}

const maxDNKey = 2048

// dnKey makes a key of a folded DN, which may be too long for one.
func dnKey(folded []byte) string {
	if len(folded) == 0 || len(folded) > maxDNKey {
		d := digestOf(folded)
		return "dn-" + hex.EncodeToString(d[:])
	}
	return string(folded)
}

// RegisterAttributes are what [Reading.Register] needs of an entry.
func (d Dialect) RegisterAttributes() []string {
	return append([]string{objectClass, d.HasChildren}, d.Keys...)
}

// AccountAttributes are what [Reading.Account] needs of an entry.
func (r *Reading) AccountAttributes() []string {
	d := r.dialect
	names := append([]string{objectClass, d.GroupID, d.Disabled, d.LockedAt}, d.Keys...)
	names = append(append(names, d.Logins...), d.PolicyState...)
	return sources(names, r.account)
}

// GroupAttributes are what [Reading.Group] needs of an entry.
func (r *Reading) GroupAttributes() []string {
	d := r.dialect
	names := append([]string{objectClass, "cn", d.GroupID, d.Owner, d.MemberLogins, d.MemberURLs}, d.Keys...)
	return sources(append(names, d.MemberDNs...), r.group)
}

func sources(names []string, fields []Field) []string {
	for _, f := range fields {
		names = append(names, f.From...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// record finds or makes the record of an entry of a later pass, and says whether
// it is to be told: it is of class c and was not told before.
func (r *Reading) record(e Entry, c, read class, late *int) (uint32, bool, error) {
	folded, err := r.index.fold([]byte(e.DN))
	if err != nil {
		return 0, false, fmt.Errorf("entry: DN %.200q: %w", e.DN, err)
	}
	d := digestOf(folded)
	i, known := r.index.byDN[d]
	if !known {
		r.add(d, r.key(e, folded), r.classOf(e))
		i = r.index.byDN[d]
	}
	if i == ambiguous {
		return 0, false, nil
	}
	rec := &r.index.records[i]
	if rec.class&c == 0 || rec.class&read != 0 {
		return 0, false, nil
	}
	rec.class |= read
	if !known {
		*late++
	}
	return i, true, nil
}

func (r *Reading) id(k graph.Kind, i uint32) graph.ID {
	return graph.ID{Kind: k, Source: r.source, Key: r.index.records[i].key}
}

// texts returns the values of an attribute that can be told, in order. What
// cannot is counted.
func (r *Reading) texts(e Entry, name string) []string {
	var all []string
	for _, v := range e.values(name) {
		if !isText(v) {
			r.unread[name]++
			continue
		}
		all = append(all, string(v))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// dnText returns a DN as the directory wrote it, if it can be told.
func dnText(dn []byte) string {
	if utf8.Valid(dn) {
		return string(dn)
	}
	folded, _ := appendFoldedDN(nil, dn)
	return string(folded)
}

// inside reports whether a folded DN lies under a base.
func (r *Reading) inside(folded []byte) bool {
	return len(r.bases) == 0 || slices.ContainsFunc(r.bases, func(b []byte) bool {
		rest, ok := bytes.CutSuffix(folded, b)
		return ok && (len(rest) == 0 || len(b) == 0 || rest[len(rest)-1] == ',')
	})
}

// hidden returns the entries that say they have children of which none was seen.
func (r *Reading) hidden() []string {
	var dns []string
	for _, d := range slices.SortedFunc(maps.Keys(r.containers), func(a, b digest) int { return bytes.Compare(a[:], b[:]) }) {
		if !r.parents[d] {
			dns = append(dns, r.containers[d])
		}
	}
	slices.Sort(dns)
	return dns
}
