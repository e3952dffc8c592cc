// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"encoding/binary"
	"testing"
)

// A rawACE is an access control entry as it is written.
type rawACE struct {
	kind, flags byte
	rights      accessMask
	object      guid // none is left out, as is inherited
	inherited   guid
	sid         sid
	tail        string // of a callback entry: its condition
}

// The types of entries that tests write.
const (
	aceAllow          = 0x00
	aceDeny           = 0x01
	aceAudit          = 0x02
	aceAllowObject    = 0x05
	aceDenyObject     = 0x06
	aceAllowIf        = 0x09
	aceDenyIf         = 0x0A
	aceAllowObjectIf  = 0x0B
	aceDenyObjectIf   = 0x0C
	aceMandatoryLabel = 0x11
)

// allow and deny write simple entries, allowFor and denyFor object entries.
func allow(s sid, rights accessMask) rawACE { return rawACE{kind: aceAllow, rights: rights, sid: s} }
func deny(s sid, rights accessMask) rawACE  { return rawACE{kind: aceDeny, rights: rights, sid: s} }
func allowFor(s sid, rights accessMask, object guid) rawACE {
	return rawACE{kind: aceAllowObject, rights: rights, sid: s, object: object}
}
func denyFor(s sid, rights accessMask, object guid) rawACE {
	return rawACE{kind: aceDenyObject, rights: rights, sid: s, object: object}
}

func (e rawACE) isObject() bool {
	return e.kind == aceAllowObject || e.kind == aceDenyObject || e.kind == aceAllowObjectIf || e.kind == aceDenyObjectIf
}

func (e rawACE) bytes() []byte {
	b := []byte{e.kind, e.flags, 0, 0}
	b = binary.LittleEndian.AppendUint32(b, uint32(e.rights))
	if e.isObject() {
		var flags uint32
		if e.object != "" {
			flags |= objectTypePresent
		}
		if e.inherited != "" {
			flags |= inheritedTypePresent
		}
		b = binary.LittleEndian.AppendUint32(b, flags)
		b = append(append(b, e.object.bytes()...), e.inherited.bytes()...)
	}
	b = append(append(b, e.sid...), e.tail...)
	binary.LittleEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

// buildACL writes a list of entries.
func buildACL(list ...rawACE) []byte {
	b := []byte{4, 0, 0, 0, 0, 0, 0, 0}
	for _, e := range list {
		b = append(b, e.bytes()...)
	}
	binary.LittleEndian.PutUint16(b[2:], uint16(len(b)))
	binary.LittleEndian.PutUint16(b[4:], uint16(len(list)))
	return b
}

// buildSD writes a security descriptor with an owner, if it is one, and a DACL.
func buildSD(owner sid, list ...rawACE) []byte {
	return assemble(owner, selfRelative|daclPresent, buildACL(list...))
}

func assemble(owner sid, control uint16, acl []byte) []byte {
	b := make([]byte, descriptorHead)
	b[0] = 1
	binary.LittleEndian.PutUint16(b[2:], control)
	if owner != "" {
		binary.LittleEndian.PutUint32(b[4:], uint32(len(b)))
		b = append(b, owner...)
	}
	if acl != nil {
		binary.LittleEndian.PutUint32(b[16:], uint32(len(b)))
		b = append(b, acl...)
	}
	return b
}

// people are the principals of the tests.
type people struct{ owner, ana, bob, admins sid }

func cast(t testing.TB) people {
	return people{
		owner: mustSID(t, "S-1-5-21-1-2-3-512"), ana: mustSID(t, "S-1-5-21-1-2-3-1104"),
		bob: mustSID(t, "S-1-5-21-1-2-3-1105"), admins: mustSID(t, "S-1-5-32-544"),
	}
}
