// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// An accessMask holds the rights of an access control entry ([MS-ADTS] 5.1.3.2).
type accessMask uint32

const (
	mayCreateChild   accessMask = 0x1
	mayDeleteChild   accessMask = 0x2
	mayList          accessMask = 0x4
	mayWriteChecked  accessMask = 0x8 // validated writes (RIGHT_DS_WRITE_PROPERTY_EXTENDED)
	mayReadProperty  accessMask = 0x10
	mayWriteProperty accessMask = 0x20
	mayDeleteTree    accessMask = 0x40
	mayListObject    accessMask = 0x80
	mayControl       accessMask = 0x100 // control access rights, "extended rights"
	mayDelete        accessMask = 0x10000
	mayReadSD        accessMask = 0x20000
	mayWriteDACL     accessMask = 0x40000
	mayWriteOwner    accessMask = 0x80000
	mayGenericAll    accessMask = 0x10000000
	mayGenericExec   accessMask = 0x20000000
	mayGenericWrite  accessMask = 0x40000000
	mayGenericRead   accessMask = 0x80000000
)

// allRights is what the right to all stands for.
const allRights accessMask = 0xF01FF

// specific replaces generic rights by what they stand for on an object of a
// directory ([MS-ADTS] 5.1.3.2).
func (m accessMask) specific() accessMask {
	if m&mayGenericAll != 0 {
		m |= allRights
	}
	if m&mayGenericWrite != 0 {
		m |= mayReadSD | mayWriteProperty | mayWriteChecked
	}
	if m&mayGenericRead != 0 {
		m |= mayReadSD | mayList | mayReadProperty | mayListObject
	}
	if m&mayGenericExec != 0 {
		m |= mayReadSD | mayList
	}
	return m & allRights
}

// An aceKind says what an access control entry does.
type aceKind uint8

const (
	otherACE aceKind = iota // audits, labels: gives and takes nothing
	allowACE
	denyACE
)

// An ace is one entry of a DACL ([MS-DTYP] 2.4.4).
type ace struct {
	kind        aceKind
	conditional bool // it holds only when an expression does, which nobody here evaluates
	inheritOnly bool // it is for children and does not hold on the object itself
	rights      accessMask
	object      guid // what the rights are for: an attribute, a property set, a class, a control right; none is all
	sid         sid
}

// A descriptor is the part of a security descriptor that decides about access.
type descriptor struct {
	owner sid  // none where the descriptor does not tell
	open  bool // it has no DACL: everyone may do everything ([MS-ADTS] 5.1.3.3.2)
	dacl  []ace
}

const (
	descriptorHead = 20
	aclHead        = 8
	aceHead        = 4

	selfRelative = 0x8000 // SE_SELF_RELATIVE
	daclPresent  = 0x0004 // SE_DACL_PRESENT

	inheritOnlyACE = 0x08

	objectTypePresent    = 0x1
	inheritedTypePresent = 0x2
)

var errCut = errors.New("cut short")

// parseDescriptor reads a self-relative security descriptor ([MS-DTYP] 2.4.6).
// What it does not need, the group and the SACL, it does not look at. It reads
// each entry once, so that the work is bounded by the length.
func parseDescriptor(b []byte) (descriptor, error) {
	var d descriptor
	if len(b) < descriptorHead {
		return d, fmt.Errorf("security descriptor of %d bytes: %w", len(b), errCut)
	}
	control := binary.LittleEndian.Uint16(b[2:])
	if b[0] != 1 || control&selfRelative == 0 {
		return d, fmt.Errorf("security descriptor of revision %d with control bits %#x is not self-relative", b[0], control)
	}
	if at := binary.LittleEndian.Uint32(b[4:]); at != 0 {
		owner, err := sidAt(b, at)
		if err != nil {
			return d, fmt.Errorf("owner of a security descriptor: %w", err)
		}
		d.owner = owner
	}
	at := binary.LittleEndian.Uint32(b[16:])
	if control&daclPresent == 0 || at == 0 {
		d.open = true
		return d, nil
	}
	if uint64(at) > uint64(len(b)) {
		return d, fmt.Errorf("DACL at %d: %w", at, errCut)
	}
	var err error
	d.dacl, err = parseACL(b[at:])
	return d, err
}

func sidAt(b []byte, at uint32) (sid, error) {
	if uint64(at) > uint64(len(b)) {
		return "", errCut
	}
	n, ok := sidLength(b[at:])
	if !ok {
		return "", errors.New("bad identifier")
	}
	return sid(b[at:][:n]), nil
}

// parseACL reads the list at the start of b ([MS-DTYP] 2.4.5).
func parseACL(b []byte) ([]ace, error) {
	if len(b) < aclHead {
		return nil, fmt.Errorf("access control list: %w", errCut)
	}
	size, count := int(binary.LittleEndian.Uint16(b[2:])), int(binary.LittleEndian.Uint16(b[4:]))
	if b[0] != 2 && b[0] != 4 {
		return nil, fmt.Errorf("access control list of revision %d", b[0])
	}
	if size < aclHead || size > len(b) {
		return nil, fmt.Errorf("access control list of %d bytes: %w", size, errCut)
	}
	rest := b[aclHead:size]
	list := make([]ace, 0, min(count, len(rest)/aceHead))
	for i := range count {
		if len(rest) < aceHead {
			return nil, fmt.Errorf("access control entry %d: %w", i, errCut)
		}
		n := int(binary.LittleEndian.Uint16(rest[2:]))
		if n < aceHead || n > len(rest) {
			return nil, fmt.Errorf("access control entry %d of %d bytes: %w", i, n, errCut)
		}
		e, err := parseACE(rest[:n])
		if err != nil {
			return nil, fmt.Errorf("access control entry %d: %w", i, err)
		}
		list = append(list, e)
		rest = rest[n:]
	}
	return list, nil
}

// parseACE reads one entry. The types are those of [MS-DTYP] 2.4.4.1. An entry of
// another type is kept as one that does nothing.
func parseACE(b []byte) (ace, error) {
	e := ace{inheritOnly: b[1]&inheritOnlyACE != 0}
	object := false
	switch b[0] {
	case 0x00: // ACCESS_ALLOWED_ACE
		e.kind = allowACE
	case 0x01: // ACCESS_DENIED_ACE
		e.kind = denyACE
	case 0x05: // ACCESS_ALLOWED_OBJECT_ACE
		e.kind, object = allowACE, true
	case 0x06: // ACCESS_DENIED_OBJECT_ACE
		e.kind, object = denyACE, true
	case 0x09: // ACCESS_ALLOWED_CALLBACK_ACE
		e.kind, e.conditional = allowACE, true
	case 0x0A: // ACCESS_DENIED_CALLBACK_ACE
		e.kind, e.conditional = denyACE, true
	case 0x0B: // ACCESS_ALLOWED_CALLBACK_OBJECT_ACE
		e.kind, e.conditional, object = allowACE, true, true
	case 0x0C: // ACCESS_DENIED_CALLBACK_OBJECT_ACE
		e.kind, e.conditional, object = denyACE, true, true
	default:
		return e, nil
	}
	rest := b[aceHead:]
	if len(rest) < 4 {
		return ace{}, errCut
	}
	e.rights = accessMask(binary.LittleEndian.Uint32(rest)).specific()
	rest = rest[4:]
	var err error
	if object {
		if e.object, rest, err = objectTypes(rest); err != nil {
			return ace{}, err
		}
	}
	e.sid, err = sidAt(rest, 0)
	return e, err
}

// objectTypes reads the flags of an object entry and the GUIDs they announce. The
// class that inherits the entry plays no part on the object itself: it was asked
// when the entry was inherited ([MS-DTYP] 2.5.3.4.4), and an entry for another
// class is at most kept for the children, marked as such.
func objectTypes(b []byte) (object guid, rest []byte, err error) {
	if len(b) < 4 {
		return "", nil, errCut
	}
	flags, rest := binary.LittleEndian.Uint32(b), b[4:]
	if flags&objectTypePresent != 0 {
		if len(rest) < guidLength {
			return "", nil, errCut
		}
		object, _ = parseGUID(rest[:guidLength])
		rest = rest[guidLength:]
	}
	if flags&inheritedTypePresent != 0 {
		if len(rest) < guidLength {
			return "", nil, errCut
		}
		rest = rest[guidLength:]
	}
	return object, rest, nil
}
