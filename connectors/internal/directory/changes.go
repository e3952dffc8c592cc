// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"strings"
	"time"
)

// ChangeAttributes are what [Reading.DisabledSince] needs of an entry.
func ChangeAttributes() []string {
	return []string{"replPropertyMetaData", "msDS-ReplAttributeMetaData"}
}

// DisabledSince takes an entry of a disabled account, before the second pass. It
// reports whether the entry shows when its userAccountControl was last changed:
// the account was disabled then, or before.
func (r *Reading) DisabledSince(e Entry) bool {
	at, ok := lastControlled(e)
	if !ok {
		return false
	}
	folded, err := r.index.fold([]byte(e.DN))
	if err != nil {
		return false
	}
	r.changed[digestOf(folded)] = at.Truncate(time.Second)
	return true
}

// lastControlled returns when userAccountControl was last changed, in either form
// in which the change is kept.
func lastControlled(e Entry) (time.Time, bool) {
	for _, blob := range e.values("replPropertyMetaData") {
		if at, ok, err := changedAt(blob, attidUserAccountControl); err == nil && ok {
			return at, true
		}
	}
	for _, v := range ranged(e, "msDS-ReplAttributeMetaData") {
		if c, err := parseAttributeChange(v); err == nil && strings.EqualFold(c.attribute, "userAccountControl") && !c.changed.IsZero() {
			return c.changed, true
		}
	}
	return time.Time{}, false
}

// ranged returns the values of an attribute, whatever range of them came.
func ranged(e Entry, name string) (all [][]byte) {
	for _, a := range e.Attrs {
		if plain, _, _ := strings.Cut(a.Name, ";"); strings.EqualFold(plain, name) {
			all = append(all, a.Values...)
		}
	}
	return all
}

// linkDates returns since when the members of a group are in it, by the digest of
// their folded DN, as far as the group's entry shows it.
func (r *Reading) linkDates(e Entry) map[digest]time.Time {
	var dates map[digest]time.Time
	for _, v := range ranged(e, linkMetadata) {
		c, err := parseValueChange(v)
		if err != nil {
			r.unread[linkMetadata]++
			continue
		}
		folded, err := r.index.fold([]byte(c.dn))
		if err != nil || !strings.EqualFold(c.attribute, "member") || !c.deleted.IsZero() || c.changed.IsZero() {
			continue
		}
		if dates == nil {
			dates = map[digest]time.Time{}
		}
		dates[digestOf(folded)] = c.changed.Truncate(time.Second)
	}
	return dates
}

// linkMetadata tells of every member since when it is one, or was.
const linkMetadata = "msDS-ReplValueMetaData"
