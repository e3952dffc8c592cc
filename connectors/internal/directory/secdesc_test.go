// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func diff(want, got any) string {
	return cmp.Diff(want, got, cmp.AllowUnexported(ace{}, descriptor{}, control{}))
}

func TestParseDescriptor(t *testing.T) {
	p := cast(t)
	got, err := parseDescriptor(buildSD(p.owner,
		allow(p.admins, mayGenericAll),
		deny(p.bob, mayWriteDACL|1<<25),
		allowFor(p.ana, mayWriteProperty, guidMember),
		rawACE{kind: aceDenyObject, flags: 0x1A, rights: mayControl, inherited: guidUser, sid: p.ana},
		rawACE{kind: aceAllowObject, rights: mayWriteProperty, object: guidMember, inherited: guidGroup, sid: p.bob},
		rawACE{kind: aceAllowIf, rights: mayGenericWrite, sid: p.bob, tail: "artx\x01\x02"},
		rawACE{kind: aceDenyObjectIf, rights: mayGenericRead, object: guidMember, sid: p.bob, tail: "artx"},
		rawACE{kind: aceAudit, rights: mayGenericAll, sid: p.bob},
		rawACE{kind: aceMandatoryLabel, sid: p.bob},
	))
	want := descriptor{owner: p.owner, dacl: []ace{
		{kind: allowACE, rights: allRights, sid: p.admins},
		{kind: denyACE, rights: mayWriteDACL, sid: p.bob},
		{kind: allowACE, rights: mayWriteProperty, object: guidMember, sid: p.ana},
		{kind: denyACE, inheritOnly: true, rights: mayControl, sid: p.ana},
		{kind: allowACE, rights: mayWriteProperty, object: guidMember, sid: p.bob},
		{kind: allowACE, conditional: true, rights: mayReadSD | mayWriteProperty | mayWriteChecked, sid: p.bob},
		{kind: denyACE, conditional: true, rights: mayReadSD | mayList | mayReadProperty | mayListObject, object: guidMember, sid: p.bob},
		{}, {},
	}}
	if err != nil {
		t.Fatal(err)
	}
	if d := diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestNoDACL(t *testing.T) {
	p := cast(t)
	for name, b := range map[string][]byte{
		"not present": assemble(p.owner, selfRelative, buildACL(allow(p.ana, allRights))),
		"no offset":   assemble(p.owner, selfRelative|daclPresent, nil),
	} {
		if d, err := parseDescriptor(b); err != nil || !d.open || d.dacl != nil || d.owner != p.owner {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
	if d, err := parseDescriptor(buildSD(p.owner)); err != nil || d.open || len(d.dacl) != 0 {
		t.Errorf("empty: %+v, %v", d, err)
	}
	if d, err := parseDescriptor(assemble("", selfRelative, nil)); err != nil || d.owner != "" {
		t.Errorf("no owner: %+v, %v", d, err)
	}
}

func TestParseDescriptorRefuses(t *testing.T) {
	p := cast(t)
	good := buildSD(p.owner, allowFor(p.ana, mayWriteProperty, guidMember))
	acl := descriptorHead + len(p.owner)
	set := func(at int, v ...byte) []byte {
		b := slices.Clone(good)
		copy(b[at:], v)
		return b
	}
	tests := map[string][]byte{
		"nothing":              nil,
		"cut head":             good[:19],
		"revision":             set(0, 2),
		"absolute":             set(2, 4, 0),
		"owner outside":        set(4, 0xff, 0xff, 0xff, 0xff),
		"owner at the end":     set(4, byte(len(good))),
		"owner is none":        set(descriptorHead, 9),
		"DACL outside":         set(16, 0xff, 0xff, 0xff, 0xff),
		"DACL at the end":      set(16, byte(len(good)-7)),
		"DACL revision":        set(acl, 7),
		"DACL too short":       set(acl+2, 7, 0),
		"DACL too long":        set(acl+2, 0xff, 0xff),
		"more entries":         set(acl+4, 2, 0),
		"many entries":         set(acl+4, 0xff, 0xff),
		"entry too short":      set(acl+10, 3, 0),
		"entry too long":       set(acl+10, 0xff, 0),
		"entry without rights": set(acl+10, 4, 0),
		"entry without flags":  set(acl+10, 8, 0),
		"entry without GUID":   set(acl+10, 27, 0),
		"two GUIDs announced":  set(acl+16, 3),
		"entry without SID":    set(acl+10, 28, 0),
		"cut":                  good[:len(good)-1],
	}
	for name, b := range tests {
		t.Run(name, func(t *testing.T) {
			if d, err := parseDescriptor(b); err == nil {
				t.Errorf("got %+v, want an error", d)
			}
			if c, err := controllers(b, groupObject); err == nil || c != nil {
				t.Errorf("controllers = %+v, %v, want an error", c, err)
			}
			if c, err := readers(b); err == nil || c != nil {
				t.Errorf("readers = %+v, %v, want an error", c, err)
			}
		})
	}
	if _, err := parseDescriptor(good); err != nil {
		t.Fatal(err)
	}
}

// seeds are descriptors for fuzzing.
func seeds(t testing.TB) [][]byte {
	p := cast(t)
	return [][]byte{
		buildSD(p.owner), buildSD("", allow(p.ana, mayGenericAll)), assemble(p.owner, selfRelative, nil),
		buildSD(p.owner, deny(everyoneSID, mayWriteDACL), allow(ownerRightsSID, mayReadSD), allow(p.ana, allRights)),
		buildSD(p.owner, denyFor(p.ana, mayWriteProperty, guidMember), allowFor(p.ana, mayWriteProperty, guidMembershipSet), allowFor(p.bob, mayControl, guidResetPassword)),
		buildSD(p.owner, rawACE{kind: aceAllowObjectIf, rights: mayWriteProperty, object: guidKeyCredentials, inherited: guidUser, sid: p.bob, tail: "artx"}),
		buildSD(p.owner, rawACE{kind: aceMandatoryLabel, flags: inheritOnlyACE, tail: strings.Repeat("x", 200)}, allow(p.bob, mayWriteOwner)),
	}
}

// FuzzParseDescriptor: what is read, written again and read again is the same, and
// depends neither on what follows the descriptor nor on other memory.
func FuzzParseDescriptor(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := parseDescriptor(slices.Clip(slices.Clone(b)))
		if err != nil {
			return
		}
		longer, err := parseDescriptor(append(slices.Clone(b), bytes.Repeat([]byte{0xa5}, 64)...))
		if diff := diff(d, longer); err != nil || diff != "" {
			t.Fatalf("with a tail: %v %s", err, diff)
		}
		if len(d.dacl) > len(b)/aceHead {
			t.Fatalf("%d entries in %d bytes", len(d.dacl), len(b))
		}
		again, err := parseDescriptor(d.rewrite())
		if diff := diff(d, again); err != nil || diff != "" {
			t.Fatalf("written again: %v %s", err, diff)
		}
	})
}

// rewrite is the inverse of parseDescriptor.
func (d descriptor) rewrite() []byte {
	if d.open {
		return assemble(d.owner, selfRelative, nil)
	}
	list := make([]rawACE, len(d.dacl))
	for i, e := range d.dacl {
		list[i] = e.raw()
	}
	return buildSD(d.owner, list...)
}

func (e ace) raw() rawACE {
	r := rawACE{kind: aceAudit, rights: e.rights, sid: e.sid, object: e.object}
	switch {
	case e.kind == allowACE && e.conditional:
		r.kind = aceAllowObjectIf
	case e.kind == denyACE && e.conditional:
		r.kind = aceDenyObjectIf
	case e.kind == allowACE:
		r.kind = aceAllowObject
	case e.kind == denyACE:
		r.kind = aceDenyObject
	}
	if e.inheritOnly {
		r.flags = inheritOnlyACE
	}
	return r
}

// TestEncoder holds the writer of the tests against bytes written by hand.
func TestEncoder(t *testing.T) {
	want := []byte{
		1, 0, 0x04, 0x80, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0,
		1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0,
		4, 0, 28, 0, 1, 0, 0, 0,
		0, 0, 20, 0, 0, 0, 4, 0, 1, 1, 0, 0, 0, 0, 0, 5, 11, 0, 0, 0,
	}
	if got := buildSD(everyoneSID, allow(authenticatedSID, mayWriteDACL)); !bytes.Equal(got, want) {
		t.Errorf("got % x\nwant % x", got, want)
	}
	if n := binary.LittleEndian.Uint16(want[34:]); int(n) != len(want)-32 {
		t.Errorf("the list of %d bytes says %d", len(want)-32, n)
	}
}
