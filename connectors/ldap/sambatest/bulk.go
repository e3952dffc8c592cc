// SPDX-License-Identifier: Apache-2.0

package sambatest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// What groupType says of a security group.
const (
	global      = -2147483646
	domainLocal = -2147483644
	universal   = -2147483640
)

// The first RIDs of the users and of the groups of [Bulk].
const (
	BulkUserRID  = 1_000_000
	BulkGroupRID = 2_000_000
)

// Bulk is the LDIF of users u00000… in [People] and security groups b00000… in
// [Groups], for [Options]: groups of all scopes, with users and, as the scopes
// permit, earlier groups in them; every seventeenth user is disabled; some have
// another primary group than Domain Users. The same numbers give the same text,
// and the same SIDs.
func Bulk(users, groups int, seed uint64) string {
	b := bulk{Rand: rand.New(rand.NewPCG(seed, 0)), users: users, primary: map[int]int{}}
	for i := range users {
		b.user(i)
	}
	for range groups {
		b.group()
	}
	b.setPrimary()
	return b.text.String()
}

// BulkUser and BulkGroup are the DNs of what [Bulk] makes.
func BulkUser(i int) string  { return fmt.Sprintf("CN=u%05d,%s", i, People) }
func BulkGroup(i int) string { return fmt.Sprintf("CN=b%05d,%s", i, Groups) }

type bulk struct {
	*rand.Rand
	text    strings.Builder
	users   int
	scopes  []int       // of the groups so far
	primary map[int]int // user → group
}

func (b *bulk) user(i int) {
	control := 512
	if i%17 == 16 {
		control |= 2
	}
	fmt.Fprintf(&b.text, "dn: %s\nobjectClass: user\nsAMAccountName: u%05d\nuserPrincipalName: u%05d@%s\nobjectSid: %s-%d\nuserAccountControl: %d\npwdLastSet: -1\n\n",
		BulkUser(i), i, i, Domain, DomainSID, BulkUserRID+i, control)
}

func (b *bulk) group() {
	n := len(b.scopes)
	scope := []int{global, universal, domainLocal}[b.IntN(3)]
	fmt.Fprintf(&b.text, "dn: %s\nobjectClass: group\nsAMAccountName: b%05d\nobjectSid: %s-%d\ngroupType: %d\n",
		BulkGroup(n), n, DomainSID, BulkGroupRID+n, scope)
	for _, u := range b.choose(b.users, b.IntN(20)) {
		fmt.Fprintf(&b.text, "member: %s\n", BulkUser(u))
		if scope != domainLocal && b.IntN(50) == 0 {
			b.primary[u] = n
		}
	}
	for _, g := range b.choose(n, b.IntN(4)) {
		if mayContain(scope, b.scopes[g]) {
			fmt.Fprintf(&b.text, "member: %s\n", BulkGroup(g))
		}
	}
	b.text.WriteString("\n")
	b.scopes = append(b.scopes, scope)
}

// mayContain is Active Directory's rule for groups in groups of the same domain.
func mayContain(outer, inner int) bool {
	switch outer {
	case global:
		return inner == global
	case universal:
		return inner != domainLocal
	default:
		return true
	}
}

// choose returns up to k different numbers below n.
func (b *bulk) choose(n, k int) []int {
	var chosen []int
	seen := map[int]bool{}
	for range min(n, k) {
		if i := b.IntN(n); !seen[i] {
			seen[i] = true
			chosen = append(chosen, i)
		}
	}
	return chosen
}

// setPrimary comes last: the user must be a member already, and then is none in
// the list of members any more.
func (b *bulk) setPrimary() {
	for u := range b.users {
		if g, ok := b.primary[u]; ok {
			fmt.Fprintf(&b.text, "dn: %s\nchangetype: modify\nreplace: primaryGroupID\nprimaryGroupID: %d\n\n", BulkUser(u), BulkGroupRID+g)
		}
	}
}
