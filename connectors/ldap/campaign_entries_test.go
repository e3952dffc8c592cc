// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

func text(name string, values ...string) shownAttr {
	a := shownAttr{name: name}
	for _, v := range values {
		a.values = append(a.values, []byte(v))
	}
	return a
}

// attrs are all attributes that the server keeps of a thing.
func (w *world) attrs(t *thing) []shownAttr {
	all := []shownAttr{text("objectClass", t.classes...)}
	if t.stuffed > 0 {
		all = append(all, text("description", strings.Repeat("x", t.stuffed)))
	}
	if w.windows {
		all = append(all, w.windowsAttrs(t)...)
	} else {
		all = append(all, w.standardAttrs(t)...)
	}
	return slices.DeleteFunc(all, func(a shownAttr) bool { return len(a.values) == 0 })
}

func (w *world) standardAttrs(t *thing) []shownAttr {
	const layout = "20060102150405Z"
	children := slices.ContainsFunc(w.things, func(o *thing) bool { return o.under == t })
	all := []shownAttr{
		text("entryUUID", t.key()), text("hasSubordinates", strings.ToUpper(strconv.FormatBool(children))), text("createTimestamp", t.made.Format(layout)),
	}
	modified := t.made
	if t.changed {
		modified = t.made.Add(time.Hour)
	}
	all = append(all, text("modifyTimestamp", modified.Format(layout)))
	if t.gid != 0 {
		all = append(all, text("gidNumber", strconv.Itoa(t.gid)))
	}
	switch t.kind {
	case person:
		all = append(all, text("uid", t.name), text("authTimestamp", "20261101000000Z"))
		if t.office != "" {
			all = append(all, text("employeeType", t.office))
		}
		if t.policed {
			all = append(all, text("pwdChangedTime", "20260301000000Z"))
		}
		if t.off {
			all = append(all, text("pwdAccountLockedTime", "20260401000000Z"))
		}
	case team:
		all = append(all, text("cn", t.name))
		if t.rule != "" {
			all = append(all, text("memberURL", "ldap:///"+w.head.dn()+"??sub?(employeeType="+t.rule+")"))
		}
		var dns, uids []string
		for _, m := range t.members {
			dns = append(dns, m.dn())
		}
		for _, m := range t.logins {
			uids = append(uids, m.name)
		}
		if dns = append(dns, t.strays...); len(dns) > 0 {
			all = append(all, text(t.through, dns...))
		}
		all = append(all, text("memberUid", uids...))
	}
	return all
}

func (w *world) windowsAttrs(t *thing) []shownAttr {
	const layout = "20060102150405.0Z"
	all := []shownAttr{{"objectGUID", [][]byte{t.raw()}}, text("whenCreated", t.made.Format(layout))}
	switch {
	case t == w.head:
		return append(all, shownAttr{"objectSid", [][]byte{binarySID(domainSID)}}, text("msDS-LogonTimeSyncInterval", "14"))
	case t.kind == container:
		return all
	}
	all = append(all, shownAttr{"objectSid", [][]byte{binarySID(t.sidText())}}, w.memberOf(t))
	if t.kind == foreigner {
		return all
	}
	all = append(all, shownAttr{"nTSecurityDescriptor", [][]byte{t.descriptor()}})
	switch t.kind {
	case person, machine:
		control := 0x200
		if t.off {
			control |= 2
		}
		all = append(all, text("sAMAccountName", t.login(w)), text("userAccountControl", strconv.Itoa(control)), text("lastLogonTimestamp", "134000000000000000"))
		if t.primary != nil {
			all = append(all, text("primaryGroupID", strconv.Itoa(t.primary.rid)))
		}
	case team:
		kind := "-2147483646"
		if t.mail {
			kind = "2"
		}
		all = append(all, text("sAMAccountName", t.name), text("groupType", kind))
		var dns, dates []string
		for _, m := range t.members {
			dns = append(dns, m.dn())
			dates = append(dates, linkDate(m.dn(), linkedAt(t, m)))
		}
		all = append(all, text("member", dns...), text("msDS-ReplValueMetaData", dates...))
	}
	return all
}

func (w *world) memberOf(t *thing) shownAttr {
	var groups []string
	for _, g := range w.things {
		if slices.Contains(g.members, t) {
			groups = append(groups, g.dn())
		}
	}
	return text("memberOf", groups...)
}

// linkDate writes a value of msDS-ReplValueMetaData.
func linkDate(dn string, at time.Time) string {
	return "<DS_REPL_VALUE_META_DATA><pszAttributeName>member</pszAttributeName><pszObjectDn>" + dn +
		"</pszObjectDn><ftimeDeleted>1601-01-01T00:00:00Z</ftimeDeleted><dwVersion>1</dwVersion><ftimeLastOriginatingChange>" + at.Format(time.RFC3339) + "</ftimeLastOriginatingChange></DS_REPL_VALUE_META_DATA>\x00"
}

// descriptor writes an owner and a list of simple entries ([MS-DTYP] 2.4.6).
func (t *thing) descriptor() []byte {
	acl := []byte{4, 0, 0, 0, 0, 0, 0, 0}
	for _, a := range t.access {
		s := binarySID(a.to.sidText())
		e := binary.LittleEndian.AppendUint32([]byte{0, 0, byte(8 + len(s)), 0}, a.rights)
		acl = append(acl, append(e, s...)...)
	}
	binary.LittleEndian.PutUint16(acl[2:], uint16(len(acl)))
	binary.LittleEndian.PutUint16(acl[4:], uint16(len(t.access)))
	const head, selfRelative, hasList = 20, 0x8000, 0x4
	b := make([]byte, head)
	b[0] = 1
	binary.LittleEndian.PutUint16(b[2:], selfRelative|hasList)
	owner := "S-1-5-18"
	if t.owner != nil {
		owner = t.owner.sidText()
	}
	binary.LittleEndian.PutUint32(b[4:], head)
	b = append(b, binarySID(owner)...)
	binary.LittleEndian.PutUint32(b[16:], uint32(len(b)))
	return append(b, acl...)
}

// String tells a thing to whoever reads a failure.
func (t *thing) String() string { return fmt.Sprintf("%s (%d)", t.dn(), t.n) }
