// SPDX-License-Identifier: Apache-2.0

package directory

import "bytes"

// A Canary is something that every domain of Active Directory has: a reader who
// does not see it does not see other things, either.
type Canary struct {
	Name string
	rid  uint32
}

// Canaries are the things that cannot be deleted or moved out of a domain (MS-SAMR
// 3.1.4.2), called by the last part of their SID.
func Canaries() []Canary {
	return []Canary{
		{"the built-in administrator (RID 500)", 500},
		{"krbtgt (RID 502)", 502},
		{"the group of domain admins (RID 512)", 512},
		{"the group of domain users (RID 513)", 513},
	}
}

// Sings reports whether a canary was seen.
func (r *Reading) Sings(c Canary) bool {
	_, ok := r.index.bySID[r.domain.sid.with(c.rid)]
	return ok
}

// HasDN reports whether the first pass saw an entry of this DN.
func (r *Reading) HasDN(dn string) bool {
	folded, err := r.index.fold([]byte(dn))
	if err != nil {
		return false
	}
	_, ok := r.index.byDN[digestOf(folded)]
	return ok
}

// HasLogin reports whether an account of this login was read.
func (r *Reading) HasLogin(login string) bool {
	_, ok := r.index.byLogin[loginDigest([]byte(login))]
	return ok
}

// IsSame reports whether two DNs name the same entry. A DN that is none is the
// same as nothing.
func IsSame(a, b string) bool {
	x, err := FoldDN(a)
	y, err2 := FoldDN(b)
	return err == nil && err2 == nil && x == y
}

// IsWithin reports whether a DN is that of a base or of something below it.
func IsWithin(dn, base string) bool {
	x, err := FoldDN(dn)
	y, err2 := FoldDN(base)
	return err == nil && err2 == nil && isBelow([]byte(x), []byte(y))
}

// isBelow reports whether a folded DN is a folded base or lies below it.
func isBelow(folded, base []byte) bool {
	rest, ok := bytes.CutSuffix(folded, base)
	return ok && (len(rest) == 0 || len(base) == 0 || rest[len(rest)-1] == ',')
}

// Sample returns the DNs of some accounts: the first of each container.
func (r *Reading) Sample() []string { return r.sample }

// ShowsLocks says that the reader may see whether an account is switched off, so
// that one that shows nothing is not.
func (r *Reading) ShowsLocks() { r.lockShown = true }

// AbsentIsEnabled reports whether an account that shows no lock is enabled, to
// those who may see locks.
func (d *Dialect) AbsentIsEnabled() bool { return d.does(absentIsEnabled) }

// GUIDBytes returns the bytes of an objectGUID that was read.
func GUIDBytes(key string) []byte { return guid(key).bytes() }

// AccountsNeedListing reports whether an account can be told only when all entries
// are known: its access list names them, or its roles.
func (d *Dialect) AccountsNeedListing() bool { return d.Descriptor != "" || d.Roles != "" }
