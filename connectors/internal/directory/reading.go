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
	"time"
	"unicode/utf8"

	"github.com/foureyes-iga/foureyes/graph"
)

// ErrActiveDirectory is returned for entries of Active Directory in another
// dialect: they would lose primary groups and disabled accounts.
var ErrActiveDirectory = errors.New("these are entries of Active Directory: set dialect: ad")

// A Reading is one reading of one directory. It is used by one goroutine.
//
// The first two passes may be mixed, unless [Dialect.AccountsNeedListing].
type Reading struct {
	source  graph.Source
	dialect Dialect
	values  map[string]map[string]string
	mapped  map[string]string
	began   time.Time
	account []Field // as mapped
	group   []Field
	index   index
	bases   [][]byte // folded

	containers  map[digest]string // entries that say they have children
	parents     map[digest]int    // how many were seen below an entry
	unresolved  map[string]bool   // told
	suspects    map[string]bool   // parents of members, which were not seen
	primaries   []primary
	byGroupID   map[uint32][]uint32
	mobiles     []primarySID
	tokens      map[digest]bool // DNs of those who have a second factor
	policies    map[string][]string
	backlinks   map[digest]int  // by group: how many say that they are its members
	outsiders   map[digest]bool // who is no account and no group and said in which groups he is
	unseen      map[string]bool // groups that members name and that are not seen
	absent      []string        // members below the bases that no entry answered to
	strangers   []sid           // of this domain that no entry had
	open        []Unfinished
	empty       []Memberless
	dynamics    []Dynamic
	mailOnly    map[uint32]bool // groups for mail alone
	domain      domain
	access      accessLists
	changed     map[digest]time.Time  // of accounts: when they were disabled
	sample      []string              // DNs of the first account of each container
	sampled     map[digest]bool       // containers
	admins      bool                  // the built-in administrators were read
	shownBy     map[digest]*container // by container of groups
	allMachines bool                  // something names the group that all machines are in
	children    map[digest]int        // how many entries below one the server counts
	lockShown   bool                  // absentIsEnabled holds here

	count  counts
	gone   map[class]int // deleted while this was read
	short  []shortfall
	unread map[string]int // values that were not told, by attribute
}

type primary struct{ account, groupID uint32 }

// A primarySID is a membership by the SID that an account's primary group has.
type primarySID struct {
	account uint32
	group   sid
}

type counts struct {
	entries, accounts, groups     int // registered
	gotAccounts, gotGroups        int // read
	lateAccounts, lateGroups      int // read and not registered before
	newAccounts, newGroups        int // of the late ones: made while we read
	memberships, gaps, signIns    int
	dangling, outside, noThing    int // members that are unresolved, and why
	contacts, classless, clashes  int
	moved, conflicts              int
	machines, gotMachines         int
	backlinked                    int // groups that members say they are in
	twins                         int // things whose SID another one has
	sidless, primaryless          int // that should show a SID or a primary group, and do not
	loginless, noLogin            int // accounts that show no login; members whose login nobody shows
	foreign, heirs, distribution  int
	roles, gotRoles, rolesHeld    int
	unseenRoles, furniture        int
	mfa, statuses, control, dated int
}

// New prepares a reading that begins at a moment. Bases are the DNs below which
// all is read; none means that what is read is all there is.
func New(source graph.Source, d Dialect, m Mapping, bases []string, began time.Time) (*Reading, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	r := &Reading{
		source: source, dialect: d, values: m.Values, mapped: m.Attributes, began: began.UTC(),
		account: m.with(d.Accounts), group: m.with(d.Groups, status, accountType, employeeID, lastSignIn, disabledAt),
		index:      newIndex(),
		containers: map[digest]string{}, parents: map[digest]int{}, children: map[digest]int{}, unresolved: map[string]bool{}, suspects: map[string]bool{},
		byGroupID: map[uint32][]uint32{}, unread: map[string]int{},
		tokens: map[digest]bool{}, sampled: map[digest]bool{}, shownBy: map[digest]*container{}, policies: map[string][]string{}, backlinks: map[digest]int{}, unseen: map[string]bool{}, outsiders: map[digest]bool{}, gone: map[class]int{}, mailOnly: map[uint32]bool{},
		access: newAccessLists(), changed: map[digest]time.Time{},
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
	if !r.dialect.does(activeDirectory) && (e.has("sAMAccountName") || e.has("objectSid")) {
		return fmt.Errorf("entry %.200q: %w", e.DN, ErrActiveDirectory)
	}
	folded, err := r.index.fold([]byte(e.DN))
	if err != nil {
		return fmt.Errorf("entry: DN %.200q: %w", e.DN, err)
	}
	r.count.entries++
	d := digestOf(folded)
	if parent := parentDN(folded); parent != nil {
		r.parents[digestOf(parent)]++
	}
	if e.saysChildren(r.dialect.HasChildren) {
		r.containers[d] = string(folded)
		r.children[d] = e.countsChildren(r.dialect.HasChildren)
	}
	r.TellPolicy(e)
	r.takeToken(e)
	r.learnDomain(e)
	c := r.classOf(e)
	r.countOdd(e, r.index.scratch, c)
	was := r.class(d)
	if claim := r.add(d, r.key(e, r.index.scratch), c|listed); claim == clash || was&listed != 0 {
		return nil
	}
	r.counted(c)
	if c&isAccount != 0 {
		r.takeSample(e.DN, r.index.scratch)
	}
	if was == 0 {
		r.learnSID(e, r.index.byDN[d], c)
	}
	return nil
}

// takeSample remembers the first account of each container, for what access rules
// hide they mostly hide by subtree.
func (r *Reading) takeSample(dn string, folded []byte) {
	parent := digestOf(parentDN(folded))
	if !r.sampled[parent] && len(r.sample) < maxSample {
		r.sampled[parent] = true
		r.sample = append(r.sample, dn)
	}
}

// maxSample bounds how many accounts stand for others.
const maxSample = 10_000

// class returns what is known of a DN; 0 is nothing.
func (r *Reading) class(d digest) class {
	if rec, ok := r.index.at(d); ok {
		return rec.class
	}
	return 0
}

// counted counts an entry of the first pass under what it is.
func (r *Reading) counted(c class) {
	n := &r.count
	n.accounts += c.one(isAccount)
	n.groups += c.one(isGroup)
	n.machines += c.one(isMachine)
	n.foreign += c.one(isForeign)
	n.roles += c.one(isRole)
}

// takeToken remembers whose a second factor is.
func (r *Reading) takeToken(e Entry) {
	d := r.dialect
	if len(d.TokenClasses) == 0 || !e.isOf(d.TokenClasses) || e.is("ipatokenDisabled", "TRUE") {
		return
	}
	for _, v := range e.values(d.TokenOwner) {
		if folded, err := appendFoldedDN(nil, v); err == nil {
			r.tokens[digestOf(folded)] = true
		}
	}
}

func (r *Reading) add(d digest, key string, c class) claim {
	was := r.index.add(d, key, c)
	if was == clash {
		r.count.clashes++
	}
	return was
}

func (r *Reading) classOf(e Entry) (c class) {
	d := r.dialect
	if e.isOf(d.GroupClasses) {
		c |= isGroup
	}
	if e.isOf(d.RoleClasses) {
		c |= isRole
	}
	switch {
	case e.isOf(d.ServiceClasses):
		c |= isAccount
	case e.isOf(d.MachineClasses):
		c |= isMachine
	case e.isOf(d.ForeignClasses):
		c |= isForeign
	case e.isOf(d.ContactClasses):
		c |= isContact
	case e.isOf(d.AccountClasses):
		c |= isAccount
	}
	return c
}

// countOdd counts what is odd about an entry of the first pass.
func (r *Reading) countOdd(e Entry, folded []byte, c class) {
	n := &r.count
	n.contacts += c.one(isContact)
	if isConflict(e.DN) {
		n.conflicts++
	}
	switch {
	case e.has(objectClass):
	case r.dialect.does(activeDirectory) && r.isFurniture(folded):
		n.furniture++
	default:
		n.classless++
	}
}

// isConflict reports whether the server renamed an entry because another one got
// its name on another server: Active Directory writes CNF: and an id behind the
// name (MS-ADTS 3.1.1.1.14), 389 Directory Server nsuniqueid=…+ before it.
func isConflict(dn string) bool {
	first, _, _ := strings.Cut(dn, ",")
	first = strings.ToLower(first)
	return strings.Contains(first, `\0acnf:`) || strings.Contains(first, "\ncnf:") || strings.HasPrefix(first, "nsuniqueid=") && strings.Contains(first, "+")
}

// key returns the immutable id of an entry, else what its DN makes.
func (r *Reading) key(e Entry, folded []byte) string {
	for _, name := range r.dialect.Keys {
		vs := e.values(name)
		if len(vs) != 1 {
			continue
		}
		if r.dialect.does(activeDirectory) {
			if id, ok := parseGUID(vs[0]); ok {
				return string(id)
			}
		} else if isUniqueID(vs[0]) {
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
	names := slices.Concat([]string{objectClass, d.SID, d.SIDHistory, d.TokenOwner}, d.HasChildren, d.Keys, d.policyAttributes())
	if len(d.TokenClasses) > 0 {
		names = append(names, "ipatokenDisabled")
	}
	if d.does(activeDirectory) {
		names = append(names, "groupType", "msDS-LogonTimeSyncInterval", d.PrimaryGroup)
	}
	return sources(names, nil)
}

// AccountAttributes are what [Reading.Account] needs of an entry.
func (r *Reading) AccountAttributes() []string {
	d := r.dialect
	names := []string{objectClass, d.GroupID, d.PrimaryGroup, d.Disabled, d.LockedAt, d.BackLink, d.Roles, d.Descriptor, d.SIDHistory}
	return sources(slices.Concat(names, d.Keys, d.Logins, d.PolicyState, d.More, []string{d.ModifiedAt}), r.account)
}

// GroupAttributes are what [Reading.Group] needs of an entry.
func (r *Reading) GroupAttributes() []string {
	d := r.dialect
	names := []string{objectClass, "cn", d.GroupID, d.Owner, d.MemberLogins, d.MemberURLs, d.Descriptor, d.ModifiedAt, d.SID, d.SIDHistory, d.BackLink}
	if d.does(activeDirectory) {
		names = append(names, "groupType", "adminCount", linkMetadata, changeMark)
	}
	return sources(slices.Concat(names, d.Keys, d.GroupNames, d.MemberDNs), r.group)
}

func sources(names []string, fields []Field) []string {
	for _, f := range fields {
		names = append(names, f.From...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return slices.DeleteFunc(names, func(n string) bool { return n == "" })
}

// record finds or makes the record of an entry of a later pass, and says whether
// it is to be told: it is of class c and was not told before.
func (r *Reading) record(e Entry, c, read class, fields []Field) (uint32, bool, error) {
	folded, err := r.index.fold([]byte(e.DN))
	if err != nil {
		return 0, false, fmt.Errorf("entry: DN %.200q: %w", e.DN, err)
	}
	d := digestOf(folded)
	i, known := r.index.byDN[d]
	switch {
	case !known:
		i = r.late(e, d, folded)
	case i != ambiguous && r.index.records[i].key != r.key(e, folded):
		r.count.clashes++ // another entry has this DN by now
		return 0, false, nil
	}
	if i == ambiguous {
		return 0, false, nil
	}
	rec := &r.index.records[i]
	if rec.class&c == 0 || rec.class&read != 0 {
		return 0, false, nil
	}
	rec.class |= read
	if rec.class&listed == 0 && r.isNew(e, fields) {
		rec.class |= made
	}
	return i, true, nil
}

// late takes an entry that the first pass did not bring under this DN, or not yet.
// It may have been renamed since: then it is known.
func (r *Reading) late(e Entry, d digest, folded []byte) (i uint32) {
	key := r.key(e, folded)
	if r.index.move(d, key) {
		r.count.moved++
		return r.index.byDN[d]
	}
	c := r.classOf(e)
	r.add(d, key, c)
	i = r.index.byDN[d]
	if i != ambiguous {
		r.learnSID(e, i, c)
	}
	return i
}

// isNew reports whether an entry says that it was made after the reading began.
func (r *Reading) isNew(e Entry, fields []Field) bool {
	for _, f := range fields {
		if f.Key == created {
			at := r.latest(e, f.From)
			return len(at) > 0 && at[0] >= r.began.Format(time.RFC3339)
		}
	}
	return false
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
	return len(r.bases) == 0 || slices.ContainsFunc(r.bases, func(b []byte) bool { return isBelow(folded, b) })
}

// hidden returns the entries that say they have children of which none was seen,
// or fewer than the server counts.
func (r *Reading) hidden() []string {
	var dns []string
	for _, d := range slices.SortedFunc(maps.Keys(r.containers), func(a, b digest) int { return bytes.Compare(a[:], b[:]) }) {
		if r.parents[d] == 0 || r.parents[d] < r.children[d] {
			dns = append(dns, r.containers[d])
		}
	}
	slices.Sort(dns)
	return dns
}
