// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"errors"
	"slices"
	"testing"
)

// holds writes a control down.
func holds(s sid, rights ...string) control { return control{sid: s, rights: rights} }

// despite marks a control that a denial may take.
func despite(s sid, rights ...string) control { return control{sid: s, rights: rights, denied: true} }

// A sdCase is a security descriptor and who controls the object. The owner's own
// control is left out of want where implicit is true.
type sdCase struct {
	of   objectKind
	dacl []rawACE
	want []control
}

func TestControllers(t *testing.T) {
	p := cast(t)
	anyone := []control{}
	tests := map[string]sdCase{
		"empty DACL": {userObject, nil, anyone},
		"all":        {userObject, []rawACE{allow(p.ana, mayGenericAll)}, []control{holds(p.ana, genericAll)}},
		"all, spelt": {groupObject, []rawACE{allow(p.ana, 0xF01FF)}, []control{holds(p.ana, genericAll)}},
		"all, in two": {groupObject, []rawACE{allow(p.ana, allRights&^mayDelete), allow(p.ana, mayDelete)},
			[]control{holds(p.ana, genericAll)}},
		"nearly all": {userObject, []rawACE{allow(p.ana, allRights&^mayDelete)},
			[]control{holds(p.ana, allExtended, genericWrite, writeDACL, writeOwner)}},
		"generic write":   {userObject, []rawACE{allow(p.ana, mayGenericWrite)}, []control{holds(p.ana, genericWrite)}},
		"write DACL":      {groupObject, []rawACE{allow(p.ana, mayWriteDACL)}, []control{holds(p.ana, writeDACL)}},
		"write owner":     {groupObject, []rawACE{allow(p.ana, mayWriteOwner)}, []control{holds(p.ana, writeOwner)}},
		"read":            {groupObject, []rawACE{allow(p.ana, mayGenericRead|mayGenericExec)}, anyone},
		"children":        {groupObject, []rawACE{allow(p.ana, mayCreateChild|mayDeleteChild|mayDelete|mayDeleteTree)}, anyone},
		"both":            {groupObject, []rawACE{allow(p.bob, mayWriteOwner), allow(p.ana, mayWriteDACL)}, []control{holds(p.ana, writeDACL), holds(p.bob, writeOwner)}},
		"said twice":      {groupObject, []rawACE{allow(p.ana, mayWriteDACL), allow(p.ana, mayWriteDACL)}, []control{holds(p.ana, writeDACL)}},
		"for children":    {groupObject, []rawACE{{kind: aceAllow, flags: 0x0A, rights: mayGenericAll, sid: p.ana}}, anyone},
		"and children":    {groupObject, []rawACE{{kind: aceAllow, flags: 0x12, rights: mayGenericAll, sid: p.ana}}, []control{holds(p.ana, genericAll)}},
		"audit":           {groupObject, []rawACE{{kind: aceAudit, rights: mayGenericAll, sid: p.ana}}, anyone},
		"self":            {userObject, []rawACE{allow(selfSID, mayGenericAll)}, []control{holds(selfSID, genericAll)}},
		"no kind":         {0, []rawACE{allow(p.ana, mayWriteDACL)}, []control{holds(p.ana, writeDACL)}},
		"object, no type": {groupObject, []rawACE{allowFor(p.ana, mayGenericAll, "")}, []control{holds(p.ana, genericAll)}},
		"its class":       {groupObject, []rawACE{allowFor(p.ana, mayWriteProperty, guidGroup)}, []control{holds(p.ana, genericWrite)}},
		"other class":     {groupObject, []rawACE{allowFor(p.ana, mayWriteProperty, guidUser)}, anyone},
		"odd":             {groupObject, []rawACE{allowFor(p.ana, mayWriteDACL, guidMember)}, []control{holds(p.ana, writeDACL)}},

		"member":         {groupObject, []rawACE{allowFor(p.ana, mayWriteProperty, guidMember)}, []control{holds(p.ana, addMember)}},
		"membership":     {groupObject, []rawACE{allowFor(p.ana, mayWriteProperty, guidMembershipSet)}, []control{holds(p.ana, addMember)}},
		"read member":    {groupObject, []rawACE{allowFor(p.ana, mayReadProperty, guidMember)}, anyone},
		"other property": {groupObject, []rawACE{allowFor(p.ana, mayWriteProperty, guidPublicSet)}, anyone},
		"self member":    {groupObject, []rawACE{allowFor(p.ana, mayWriteChecked, guidMember)}, []control{holds(p.ana, addSelf)}},
		"validated":      {groupObject, []rawACE{allow(p.ana, mayWriteChecked)}, []control{holds(p.ana, addSelf)}},
		"member of user": {userObject, []rawACE{allowFor(p.ana, mayWriteProperty, guidMember), allow(p.ana, mayWriteChecked)}, anyone},
		"add and self":   {groupObject, []rawACE{allowFor(p.ana, mayWriteProperty|mayWriteChecked, guidMember)}, []control{holds(p.ana, addMember)}},

		"reset":                  {userObject, []rawACE{allowFor(p.ana, mayControl, guidResetPassword)}, []control{holds(p.ana, resetPassword)}},
		"reset computer":         {computerObject, []rawACE{allowFor(p.ana, mayControl, guidResetPassword)}, []control{holds(p.ana, resetPassword)}},
		"reset group":            {groupObject, []rawACE{allowFor(p.ana, mayControl, guidResetPassword)}, anyone},
		"all extended":           {userObject, []rawACE{allow(p.ana, mayControl)}, []control{holds(p.ana, allExtended)}},
		"change":                 {userObject, []rawACE{allowFor(everyoneSID, mayControl, "ab721a53-1e2f-11d0-9819-00aa0040529b")}, anyone},
		"key":                    {userObject, []rawACE{allowFor(p.ana, mayWriteProperty, guidKeyCredentials)}, []control{holds(p.ana, addKey)}},
		"alt identity":           {userObject, []rawACE{allowFor(p.ana, mayWriteProperty, guidPublicSet)}, []control{holds(p.ana, addAltIdentity)}},
		"SPN":                    {userObject, []rawACE{allowFor(p.ana, mayWriteProperty, "f3a64788-5306-11d1-a9c5-0000f80367c1")}, anyone},
		"act":                    {computerObject, []rawACE{allowFor(p.ana, mayWriteProperty, guidActOnBehalf)}, []control{holds(p.ana, addAllowedToAct)}},
		"restrictions":           {computerObject, []rawACE{allowFor(p.ana, mayWriteProperty, guidRestrictionsSet)}, []control{holds(p.ana, addAllowedToAct)}},
		"restrictions of a user": {userObject, []rawACE{allowFor(p.ana, mayWriteProperty, guidRestrictionsSet)}, anyone},
		"gMSA readers":           {computerObject, []rawACE{allowFor(p.ana, mayWriteProperty, guidGMSAMembership)}, []control{holds(p.ana, addGMSAReader)}},
	}
	testControllers(t, p, tests)
}

func testControllers(t *testing.T, p people, tests map[string]sdCase) {
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := controllers(buildSD(p.admins, test.dacl...), test.of)
			if err != nil {
				t.Fatal(err)
			}
			want := append(slices.Clone(test.want), holds(p.admins, owns))
			slices.SortFunc(want, func(a, b control) int { return compareSIDs(a.sid, b.sid) })
			if d := diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func compareSIDs(a, b sid) int {
	if a < b {
		return -1
	}
	return 1
}

// TestDenials: order decides for one principal, and what is denied to another
// only marks.
func TestDenials(t *testing.T) {
	p := cast(t)
	anyone := []control{}
	conditional := func(kind byte, rights accessMask) rawACE {
		return rawACE{kind: kind, rights: rights, sid: p.ana, tail: "artx"}
	}
	testControllers(t, p, map[string]sdCase{
		"deny first":        {groupObject, []rawACE{deny(p.ana, mayWriteDACL), allow(p.ana, mayWriteDACL)}, anyone},
		"allow first":       {groupObject, []rawACE{allow(p.ana, mayWriteDACL), deny(p.ana, mayWriteDACL)}, []control{holds(p.ana, writeDACL)}},
		"deny all":          {groupObject, []rawACE{deny(p.ana, mayGenericAll), allow(p.ana, mayGenericAll)}, anyone},
		"deny of children":  {groupObject, []rawACE{{kind: aceDeny, flags: inheritOnlyACE, rights: mayGenericAll, sid: p.ana}, allow(p.ana, mayWriteDACL)}, []control{holds(p.ana, writeDACL)}},
		"deny one of all":   {groupObject, []rawACE{deny(p.ana, mayDelete), allow(p.ana, mayGenericAll)}, []control{holds(p.ana, genericWrite, writeDACL, writeOwner)}},
		"deny the owner":    {groupObject, []rawACE{deny(p.ana, mayWriteOwner), allow(p.ana, mayWriteOwner|mayWriteDACL)}, []control{holds(p.ana, writeDACL)}},
		"deny member":       {groupObject, []rawACE{denyFor(p.ana, mayWriteProperty, guidMember), allowFor(p.ana, mayWriteProperty, guidMember)}, anyone},
		"deny member's set": {groupObject, []rawACE{denyFor(p.ana, mayWriteProperty, guidMembershipSet), allowFor(p.ana, mayWriteProperty, guidMember)}, anyone},
		"deny other":        {groupObject, []rawACE{denyFor(p.ana, mayWriteProperty, guidPublicSet), allowFor(p.ana, mayWriteProperty, guidMember)}, []control{holds(p.ana, addMember)}},
		"deny a part":       {groupObject, []rawACE{denyFor(p.ana, mayWriteProperty, guidMember), allow(p.ana, mayWriteProperty)}, []control{despite(p.ana, genericWrite)}},
		"deny a part later": {groupObject, []rawACE{allow(p.ana, mayWriteProperty), denyFor(p.ana, mayWriteProperty, guidMember)}, []control{holds(p.ana, genericWrite)}},
		"deny reset":        {userObject, []rawACE{denyFor(p.ana, mayControl, guidResetPassword), allow(p.ana, mayControl)}, []control{despite(p.ana, allExtended)}},
		"deny change": {userObject, []rawACE{denyFor(everyoneSID, mayControl, "ab721a53-1e2f-11d0-9819-00aa0040529b"), allowFor(p.ana, mayControl, guidResetPassword)},
			[]control{holds(p.ana, resetPassword)}},

		"deny everyone":   {groupObject, []rawACE{deny(everyoneSID, mayWriteDACL), allow(p.ana, mayWriteDACL)}, []control{despite(p.ana, writeDACL)}},
		"deny afterwards": {groupObject, []rawACE{allow(p.ana, mayWriteDACL), deny(everyoneSID, mayWriteDACL)}, []control{holds(p.ana, writeDACL)}},
		"deny two": {groupObject, []rawACE{deny(p.ana, mayWriteOwner), deny(p.bob, mayWriteOwner), allow(p.ana, mayWriteOwner), allow(p.bob, mayWriteOwner), allow(p.owner, mayWriteOwner)},
			[]control{despite(p.owner, writeOwner)}},
		"deny elsewhere": {groupObject, []rawACE{deny(everyoneSID, mayWriteOwner), allow(p.ana, mayWriteDACL)}, []control{holds(p.ana, writeDACL)}},
		"deny member to others": {groupObject, []rawACE{denyFor(p.bob, mayWriteProperty, guidMember), allow(p.ana, mayGenericAll)},
			[]control{despite(p.ana, genericAll)}},

		"denied too late, then the rest": {groupObject, []rawACE{allow(p.ana, mayDelete), deny(p.ana, mayDelete), allow(p.ana, mayGenericAll)},
			[]control{holds(p.ana, genericAll)}},
		"and denied to another": {groupObject, []rawACE{allow(p.ana, mayDelete), deny(p.ana, mayDelete), deny(p.bob, mayDelete), deny(p.ana, mayDelete), allow(p.ana, mayGenericAll)},
			[]control{despite(p.ana, genericAll)}},
		"deny acting": {computerObject, []rawACE{denyFor(p.ana, mayWriteProperty, guidActOnBehalf), allow(p.ana, mayWriteProperty)},
			[]control{despite(p.ana, genericWrite)}},

		"partly conditional": {groupObject, []rawACE{allow(p.ana, mayDelete|mayWriteDACL), conditional(aceAllowIf, mayGenericAll&^mayWriteDACL)},
			[]control{holds(p.ana, "AddMember (conditional)", "AddSelf (conditional)", "GenericAll (conditional)", "GenericWrite (conditional)", "WriteDacl", "WriteOwner (conditional)")}},
		"conditional":            {groupObject, []rawACE{conditional(aceAllowIf, mayWriteDACL)}, []control{holds(p.ana, "WriteDacl (conditional)")}},
		"conditional all":        {groupObject, []rawACE{conditional(aceAllowIf, mayGenericAll)}, []control{holds(p.ana, "AddMember (conditional)", "AddSelf (conditional)", "GenericAll (conditional)", "GenericWrite (conditional)", "WriteDacl (conditional)", "WriteOwner (conditional)")}},
		"conditional and firm":   {groupObject, []rawACE{conditional(aceAllowIf, mayWriteDACL), allow(p.ana, mayWriteDACL)}, []control{holds(p.ana, writeDACL)}},
		"conditional, denied":    {groupObject, []rawACE{deny(p.ana, mayWriteDACL), conditional(aceAllowIf, mayWriteDACL)}, anyone},
		"denied conditionally":   {groupObject, []rawACE{conditional(aceDenyIf, mayWriteDACL), allow(p.ana, mayWriteDACL)}, []control{despite(p.ana, writeDACL)}},
		"conditional for member": {groupObject, []rawACE{{kind: aceAllowObjectIf, rights: mayWriteProperty, object: guidMember, sid: p.ana, tail: "artx"}}, []control{holds(p.ana, "AddMember (conditional)")}},
	})
}

// TestOwner: what an owner may do for being it.
func TestOwner(t *testing.T) {
	p := cast(t)
	tests := map[string]struct {
		sd   []byte
		want []control
		err  error
	}{
		"empty DACL":       {buildSD(p.ana), []control{holds(p.ana, owns)}, nil},
		"and entries":      {buildSD(p.ana, allow(p.ana, mayWriteProperty)), []control{holds(p.ana, genericWrite, owns)}, nil},
		"denied":           {buildSD(p.ana, deny(p.ana, mayGenericAll)), []control{holds(p.ana, owns)}, nil},
		"limited":          {buildSD(p.ana, allow(ownerRightsSID, mayReadSD)), nil, nil},
		"limit of others":  {buildSD(p.ana, rawACE{kind: aceAllow, flags: inheritOnlyACE, rights: mayReadSD, sid: ownerRightsSID}), []control{holds(p.ana, owns)}, nil},
		"rights as owner":  {buildSD(p.ana, allow(ownerRightsSID, mayWriteDACL)), []control{holds(p.ana, writeDACL)}, nil},
		"limited and own":  {buildSD(p.ana, deny(ownerRightsSID, mayWriteDACL), allow(p.ana, mayWriteDACL|mayWriteOwner)), []control{holds(p.ana, writeOwner)}, nil},
		"no DACL":          {assemble(p.ana, selfRelative, nil), []control{holds(everyoneSID, genericAll), holds(p.ana, owns)}, nil},
		"everyone owns":    {assemble(everyoneSID, selfRelative, nil), []control{holds(everyoneSID, genericAll, owns)}, nil},
		"no owner":         {buildSD("", allow(p.ana, mayWriteDACL)), []control{holds(p.ana, writeDACL)}, errNoOwner},
		"owner not told":   {buildSD("", allow(ownerRightsSID, mayWriteDACL)), []control{holds(ownerRightsSID, writeDACL)}, errNoOwner},
		"nothing is known": {buildSD(""), nil, errNoOwner},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := controllers(test.sd, groupObject)
			if !errors.Is(err, test.err) {
				t.Errorf("error %v, want %v", err, test.err)
			}
			if d := diff(test.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestReaders(t *testing.T) {
	p := cast(t)
	tests := map[string]struct {
		sd   []byte
		want []control
	}{
		"one":     {buildSD(p.admins, allow(p.ana, mayGenericAll)), []control{holds(p.ana, readGMSAPassword)}},
		"two":     {buildSD(p.admins, allow(p.bob, mayReadProperty), allow(p.ana, mayGenericRead)), []control{holds(p.ana, readGMSAPassword), holds(p.bob, readGMSAPassword)}},
		"owner":   {buildSD(p.ana), nil},
		"other":   {buildSD(p.admins, allow(p.ana, mayWriteDACL)), nil},
		"denied":  {buildSD(p.admins, deny(p.ana, mayReadProperty), allow(p.ana, allRights), deny(p.bob, allRights), allow(everyoneSID, allRights)), []control{despite(everyoneSID, readGMSAPassword)}},
		"no DACL": {assemble(p.admins, selfRelative, nil), []control{holds(everyoneSID, readGMSAPassword)}},
		"unowned": {buildSD("", allow(p.ana, allRights)), []control{holds(p.ana, readGMSAPassword)}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := readers(test.sd)
			if d := diff(test.want, got); err != nil || d != "" {
				t.Errorf("%v %s", err, d)
			}
		})
	}
}

// FuzzControllers: whatever is written, nobody controls an object whom neither the
// owner nor an entry that allows names; an entry that allows all, put first,
// gives all; and one that denies all, put first, leaves nothing but the owner's.
func FuzzControllers(f *testing.F) {
	for i, b := range seeds(f) {
		f.Add(b, byte(i))
	}
	f.Fuzz(func(t *testing.T, b []byte, kind byte) {
		of := objectKind(kind % 4)
		got, err := controllers(b, of)
		d, bad := parseDescriptor(b)
		if bad != nil {
			if got != nil || err == nil {
				t.Fatalf("%v, %v of what is no descriptor", got, err)
			}
			return
		}
		named := map[sid]bool{d.owner: d.owner != "", everyoneSID: d.open}
		for _, e := range d.dacl {
			named[e.sid] = named[e.sid] || e.kind == allowACE && !e.inheritOnly
		}
		named[d.owner] = d.owner != ""
		for i, c := range got {
			if !named[c.sid] || len(c.rights) == 0 || !slices.IsSorted(c.rights) || i > 0 && got[i-1].sid >= c.sid {
				t.Fatalf("%+v of %+v", got, d)
			}
		}
		if !d.open && len(d.dacl) < 500 {
			testFirst(t, d, of)
		}
	})
}

// testFirst puts an entry for somebody first.
func testFirst(t *testing.T, d descriptor, of objectKind) {
	who := mustSID(t, "S-1-5-21-9-9-9-9")
	if d.owner == who {
		return
	}
	for kind, want := range map[aceKind]bool{allowACE: true, denyACE: false} {
		first := d
		first.dacl = slices.Insert(slices.Clone(d.dacl), 0, ace{kind: kind, rights: allRights, sid: who})
		got, _ := controllers(first.rewrite(), of)
		i := slices.IndexFunc(got, func(c control) bool { return c.sid == who })
		if (i >= 0) != want || want && (!slices.Equal(got[i].rights, []string{genericAll}) || got[i].denied) {
			t.Fatalf("first an entry of kind %d: %+v", kind, got)
		}
	}
}

func BenchmarkControllers(b *testing.B) {
	all := vectors(b)
	sd := all[slices.IndexFunc(all, func(v vector) bool { return v.Name == "aruiz" })].SD
	b.ReportAllocs()
	for b.Loop() {
		if _, err := controllers(sd, userObject); err != nil {
			b.Fatal(err)
		}
	}
}
