// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"cmp"
	"errors"
	"slices"
)

// A control says that a principal can take over an object.
type control struct {
	sid    sid
	rights []string // by which, in order; see ways. "(conditional)" follows one that depends on an expression
	denied bool     // an earlier entry denies such a right to another principal, to which this one may belong
}

// An objectKind says what can be done with an object by writing to it.
type objectKind uint8

const (
	_              objectKind = iota
	userObject                // user, inetOrgPerson
	groupObject               // group
	computerObject            // computer, and managed service accounts
)

// errNoOwner comes with what the rest of the descriptor tells.
var errNoOwner = errors.New("security descriptor without an owner")

// A way is a right by which an object can be taken over.
type way struct {
	right string
	needs accessMask // all of it
	by    []guid     // an entry grants it for one of these, or for all
	parts []guid     // a denial for one of these takes a part of it
	under []string   // not told beside one of these, which include it
}

// The rights, by their customary names.
const (
	owns             = "Owns"
	genericAll       = "GenericAll"
	genericWrite     = "GenericWrite"
	writeDACL        = "WriteDacl"
	writeOwner       = "WriteOwner"
	allExtended      = "AllExtendedRights"
	resetPassword    = "ForceChangePassword"
	addMember        = "AddMember"
	addSelf          = "AddSelf"
	addKey           = "AddKeyCredentialLink"
	addAltIdentity   = "WriteAltSecurityIdentities"
	addAllowedToAct  = "AddAllowedToAct"
	addGMSAReader    = "WriteGMSAMembership"
	readGMSAPassword = "ReadGMSAPassword"
)

// ways returns the rights that give control of an object.
//
// A user, computer or service account is controlled by whoever can give himself
// a way to sign in as it: set its password without knowing it, add a key
// (msDS-KeyCredentialLink) or a certificate (altSecurityIdentities), for a
// computer let himself act for others on it, for a group managed service account
// let himself read its password. A group is controlled by whoever can write its
// member, also by the property set Membership, to which member belongs
// ([MS-ADA2] 2.43), or add himself (validated write Self-Membership, [MS-ADTS]
// 5.1.3.2.2).
//
// Left out, because it gives no control by itself: writing servicePrincipalName,
// which lets anybody guess the password offline but does not tell it; changing
// the password, which takes the old one; deleting.
func (k objectKind) ways() []way {
	classes := k.classes()
	write := func(right string, by ...guid) way {
		return way{right, mayWriteProperty, append(by, classes...), nil, []string{genericAll, genericWrite}}
	}
	var parts []guid
	var special []way
	switch k {
	case groupObject:
		parts = []guid{guidMember, guidMembershipSet}
		special = []way{
			write(addMember, guidMember, guidMembershipSet),
			{addSelf, mayWriteChecked, append(classes, guidMember), nil, []string{genericAll, genericWrite, addMember}},
		}
	case userObject, computerObject:
		parts = []guid{guidResetPassword, guidKeyCredentials, guidAltIdentities, guidPublicSet}
		special = []way{
			{allExtended, mayControl, classes, parts, []string{genericAll}},
			{resetPassword, mayControl, append(classes, guidResetPassword), nil, []string{genericAll, allExtended}},
			write(addKey, guidKeyCredentials),
			write(addAltIdentity, guidAltIdentities, guidPublicSet),
		}
	}
	if k == computerObject {
		special = append(special, write(addAllowedToAct, guidActOnBehalf, guidRestrictionsSet), write(addGMSAReader, guidGMSAMembership))
		parts = append(parts, guidActOnBehalf, guidRestrictionsSet, guidGMSAMembership)
	}
	return append([]way{
		{genericAll, allRights, classes, parts, nil},
		{genericWrite, mayWriteProperty, classes, parts, []string{genericAll}},
		{writeDACL, mayWriteDACL, classes, nil, []string{genericAll}},
		{writeOwner, mayWriteOwner, classes, nil, []string{genericAll}},
	}, special...)
}

// classes returns what an entry may name to speak of the whole object.
func (k objectKind) classes() []guid {
	switch k {
	case userObject:
		return []guid{guidUser, guidInetOrgPerson}
	case groupObject:
		return []guid{guidGroup}
	case computerObject:
		return []guid{guidComputer, guidManagedSvc, guidGroupManaged}
	}
	return nil
}

// controllers returns who can take control of an object, by its security
// descriptor, in the order of their identifiers.
//
// The list is evaluated in its order, as [MS-ADTS] 5.1.3.3 and [MS-DTYP] 2.5.3.2
// do: for one principal and one right, the first entry that speaks decides.
// Without a DACL everyone has control; with an empty one only the owner has. The
// owner may always write the DACL and the owner, unless the DACL has an entry for
// OWNER RIGHTS (S-1-3-4): then the owner has what that gives.
//
// Who belongs to whom is not known here, so a denial counts only against the
// principal it names. A right that it may take from others stays, and is marked.
// A denial under a condition marks, and takes nothing. So control that exists is
// never missing; control that does not exist may be there, marked.
//
// Not seen here, since they are no part of the descriptor: privileges of
// operators, and a forest whose dSHeuristics withholds the implicit rights of
// owners. Every principal is returned, also the ones that
// [ownPrincipal] is true for.
//
// errNoOwner comes with the controls that the DACL gives. With any other error
// there are none.
func controllers(sd []byte, of objectKind) ([]control, error) {
	d, err := parseDescriptor(sd)
	if err != nil {
		return nil, err
	}
	t := newTally(of.ways(), d.owner)
	t.all(d)
	if d.owner == "" {
		return t.controls(), errNoOwner
	}
	if !d.limitsOwner() {
		t.owner = true
	}
	return t.controls(), nil
}

// readers returns who may read the password of a group managed service account,
// by its msDS-GroupMSAMembership: a security descriptor that holds for reading
// msDS-ManagedPassword, where it gives the right to read properties ([MS-ADA2]
// 2.330, [MS-ADTS] 3.1.1.4.4). That descriptor's owner may not read for being its
// owner.
func readers(sd []byte) ([]control, error) {
	d, err := parseDescriptor(sd)
	if err != nil {
		return nil, err
	}
	t := newTally([]way{{right: readGMSAPassword, needs: mayReadProperty}}, d.owner)
	t.all(d)
	return t.controls(), nil
}

// limitsOwner reports whether an entry says what the owner may do.
func (d descriptor) limitsOwner() bool {
	return slices.ContainsFunc(d.dacl, func(e ace) bool {
		return e.kind != otherACE && !e.inheritOnly && e.sid == ownerRightsSID
	})
}

// A tally is what the entries up to now give and take.
type tally struct {
	ways    []way
	ownerIs sid
	owner   bool // has the implicit rights
	of      map[sid][]standing
	deniers []deniers // by way
}

// A standing is how it stands between one principal and one way.
type standing struct {
	granted, perhaps, refused accessMask
	denied                    bool // another principal's, or a part of it
}

// deniers are the principals to which an entry denies a way, or a part.
type deniers struct {
	one  sid
	more bool
}

func newTally(ways []way, owner sid) *tally {
	return &tally{ways: ways, ownerIs: owner, of: map[sid][]standing{}, deniers: make([]deniers, len(ways))}
}

func (t *tally) all(d descriptor) {
	if d.open {
		t.add(ace{kind: allowACE, rights: allRights, sid: everyoneSID})
	}
	for _, e := range d.dacl {
		if e.kind != otherACE && !e.inheritOnly {
			t.add(e)
		}
	}
}

func (t *tally) add(e ace) {
	if e.sid == ownerRightsSID && t.ownerIs != "" {
		e.sid = t.ownerIs
	}
	for i, w := range t.ways {
		if e.rights&w.needs == 0 {
			continue
		}
		if e.kind == allowACE && w.grantedBy(e) {
			t.allow(i, e)
		}
		if e.kind == denyACE && w.touchedBy(e) {
			t.deny(i, e)
		}
	}
}

// grantedBy reports whether an entry speaks of all that the way needs. The right
// to write the DACL or the owner is not one to a part of an object, but what an
// entry gives that says so is not documented: it counts.
func (w way) grantedBy(e ace) bool {
	return e.object == "" || slices.Contains(w.by, e.object) || w.needs == mayWriteDACL || w.needs == mayWriteOwner
}

// touchedBy reports whether an entry speaks of the way or a part of it.
func (w way) touchedBy(e ace) bool {
	return w.grantedBy(e) || slices.Contains(w.parts, e.object)
}

func (t *tally) at(i int, s sid) *standing {
	all := t.of[s]
	if all == nil {
		all = make([]standing, len(t.ways))
		t.of[s] = all
	}
	return &all[i]
}

func (t *tally) allow(i int, e ace) {
	s := t.at(i, e.sid)
	fresh := e.rights & t.ways[i].needs &^ (s.granted | s.refused)
	if fresh == 0 {
		return
	}
	if e.conditional {
		s.perhaps |= fresh
	} else {
		s.granted |= fresh
	}
	d := t.deniers[i]
	s.denied = s.denied || d.more || d.one != "" && d.one != e.sid
}

func (t *tally) deny(i int, e ace) {
	d := &t.deniers[i]
	d.more = d.more || d.one != "" && d.one != e.sid
	d.one = cmp.Or(d.one, e.sid)
	s, w := t.at(i, e.sid), t.ways[i]
	fresh := e.rights & w.needs &^ s.granted
	whole := e.object == "" || slices.Contains(w.by, e.object)
	if e.conditional || !whole {
		s.denied = s.denied || fresh != 0
		return
	}
	s.refused |= fresh
}

// controls returns the principals that hold a way.
func (t *tally) controls() []control {
	var all []control
	for s, ways := range t.of {
		if c := t.control(s, ways); len(c.rights) > 0 {
			all = append(all, c)
		}
	}
	if t.owner && t.of[t.ownerIs] == nil {
		all = append(all, control{sid: t.ownerIs, rights: []string{owns}})
	}
	slices.SortFunc(all, func(a, b control) int { return cmp.Compare(a.sid, b.sid) })
	return all
}

func (t *tally) control(s sid, ways []standing) control {
	c := control{sid: s}
	var firm []string
	for i, w := range t.ways {
		how := ways[i]
		switch {
		case slices.ContainsFunc(w.under, func(r string) bool { return slices.Contains(firm, r) }):
			continue
		case how.granted == w.needs:
			firm = append(firm, w.right)
			c.rights = append(c.rights, w.right)
		case how.granted|how.perhaps == w.needs:
			c.rights = append(c.rights, w.right+" (conditional)")
		default:
			continue
		}
		c.denied = c.denied || how.denied
	}
	if t.owner && s == t.ownerIs {
		c.rights = append(c.rights, owns)
	}
	slices.Sort(c.rights)
	return c
}
