// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// A sid is a security identifier in its binary form ([MS-DTYP] 2.4.2.2): a
// revision, a count, six bytes of authority, and the sub-authorities in little
// endian. Equal identifiers are equal strings. The empty sid is none.
type sid string

const (
	sidHead      = 8  // bytes before the sub-authorities
	maxSubAuth   = 15 // [MS-DTYP] 2.4.2.2
	sidRevision  = 1
	ntAuthority  = 5
	builtinSub   = 32 // S-1-5-32-…: groups that every domain has
	domainSub    = 21 // S-1-5-21-x-y-z-…: things of one domain
	domainLength = 4  // sub-authorities that name a domain
)

// parseSID takes a binary identifier that is exactly as long as it says.
func parseSID(b []byte) (sid, bool) {
	n, ok := sidLength(b)
	if !ok || n != len(b) {
		return "", false
	}
	return sid(b), true
}

// sidLength returns how many bytes the identifier at the start of b takes.
func sidLength(b []byte) (int, bool) {
	if len(b) < sidHead || b[0] != sidRevision || b[1] > maxSubAuth {
		return 0, false
	}
	n := sidHead + 4*int(b[1])
	return n, n <= len(b)
}

func makeSID(authority uint64, subs ...uint32) sid {
	b := make([]byte, 0, sidHead+4*len(subs))
	b = binary.BigEndian.AppendUint64(b, authority)
	b[0], b[1] = sidRevision, byte(len(subs))
	for _, sub := range subs {
		b = binary.LittleEndian.AppendUint32(b, sub)
	}
	return sid(b)
}

// count returns the number of sub-authorities; of what is no sid, none.
func (s sid) count() int {
	if len(s) < sidHead {
		return 0
	}
	return (len(s) - sidHead) / 4
}

func (s sid) authority() uint64 {
	if len(s) < sidHead {
		return 0
	}
	var b [8]byte
	copy(b[2:], s[2:sidHead])
	return binary.BigEndian.Uint64(b[:])
}

// sub returns a sub-authority; i is below count.
func (s sid) sub(i int) uint32 {
	at := sidHead + 4*i
	return uint32(s[at]) | uint32(s[at+1])<<8 | uint32(s[at+2])<<16 | uint32(s[at+3])<<24
}

// String returns the text form, "S-1-5-21-…" ([MS-DTYP] 2.4.2.1); of none it is
// empty.
func (s sid) String() string {
	if len(s) < sidHead {
		return ""
	}
	b := []byte("S-1-")
	if a := s.authority(); a < 1<<32 {
		b = strconv.AppendUint(b, a, 10)
	} else {
		b = fmt.Appendf(b, "0x%012x", a)
	}
	for i := range s.count() {
		b = strconv.AppendUint(append(b, '-'), uint64(s.sub(i)), 10)
	}
	return string(b)
}

// sidFromText reads what [sid.String] writes, in any letter case.
func sidFromText(text string) (sid, bool) {
	const longest = len("S-1-0x112233445566") + maxSubAuth*len("-4294967295")
	parts := strings.Split(text[:min(len(text), longest+1)], "-")
	if len(parts) < 3 || len(parts) > 3+maxSubAuth || !strings.EqualFold(parts[0], "s") || parts[1] != "1" {
		return "", false
	}
	authority, err := strconv.ParseUint(parts[2], 0, 48)
	if err != nil {
		return "", false
	}
	var subs [maxSubAuth]uint32
	for i, part := range parts[3:] {
		sub, err := strconv.ParseUint(part, 10, 32)
		if err != nil {
			return "", false
		}
		subs[i] = uint32(sub)
	}
	s := makeSID(authority, subs[:len(parts)-3]...)
	return s, strings.EqualFold(s.String(), text) // no other spelling of a number
}

// rid returns the last sub-authority, which names the thing within its authority.
func (s sid) rid() (uint32, bool) {
	n := s.count()
	if n == 0 {
		return 0, false
	}
	return s.sub(n - 1), true
}

// domain returns the domain of a thing that is of one: S-1-5-21-x-y-z-rid.
func (s sid) domain() (sid, bool) {
	if s.authority() != ntAuthority || s.count() != domainLength+1 || s.sub(0) != domainSub {
		return "", false
	}
	b := []byte(s[:len(s)-4])
	b[1] = domainLength
	return sid(b), true
}

// with returns the thing of a domain that has this number. No sid is longer than
// a sid may be: then it is none.
func (s sid) with(rid uint32) sid {
	if len(s) < sidHead || s.count() >= maxSubAuth {
		return ""
	}
	b := binary.LittleEndian.AppendUint32([]byte(s), rid)
	b[1]++
	return sid(b)
}

// builtin returns the number of a group below S-1-5-32.
func (s sid) builtin() (uint32, bool) {
	if s.authority() != ntAuthority || s.count() != 2 || s.sub(0) != builtinSub {
		return 0, false
	}
	return s.sub(1), true
}

// ofNT returns the number of an identifier S-1-5-n.
func (s sid) ofNT() (uint32, bool) {
	if s.authority() != ntAuthority || s.count() != 1 {
		return 0, false
	}
	return s.sub(0), true
}

// population returns the key of the group that stands for all principals, or for
// all that signed in. Other identifiers that nobody is a member of by an entry,
// such as INTERACTIVE or the users of a domain, are no population.
func population(s sid) (key string, ok bool) {
	switch s {
	case everyoneSID:
		return "~all", true
	case authenticatedSID:
		return "~authenticated", true
	}
	return "", false
}

// The well-known identifiers that decide something here ([MS-DTYP] 2.4.2.4).
const (
	everyoneSID       sid = "\x01\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00"                 // S-1-1-0
	creatorOwnerSID   sid = "\x01\x01\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00"                 // S-1-3-0
	creatorGroupSID   sid = "\x01\x01\x00\x00\x00\x00\x00\x03\x01\x00\x00\x00"                 // S-1-3-1
	ownerRightsSID    sid = "\x01\x01\x00\x00\x00\x00\x00\x03\x04\x00\x00\x00"                 // S-1-3-4
	selfSID           sid = "\x01\x01\x00\x00\x00\x00\x00\x05\x0a\x00\x00\x00"                 // S-1-5-10
	authenticatedSID  sid = "\x01\x01\x00\x00\x00\x00\x00\x05\x0b\x00\x00\x00"                 // S-1-5-11
	administratorsSID sid = "\x01\x02\x00\x00\x00\x00\x00\x05\x20\x00\x00\x00\x20\x02\x00\x00" // S-1-5-32-544
	systemSID         sid = "\x01\x01\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00"                 // S-1-5-18
)
