// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
	"github.com/foureyes-iga/foureyes/graph"
)

// Controls of Active Directory (MS-ADTS 3.1.1.3.4.1).
const (
	oidDescriptorFlags = "1.2.840.113556.1.4.801"
	oidShowDeleted     = "1.2.840.113556.1.4.417"
)

// descriptorFlags asks for the owner and the access list of an entry, and not for
// its audit list, which few may read (LDAP_SERVER_SD_FLAGS_OID).
type descriptorFlags struct{}

const ownerAndAccess = 0x1 | 0x4

// GetControlType implements [ldap.Control].
func (descriptorFlags) GetControlType() string { return oidDescriptorFlags }

// String implements [ldap.Control].
func (descriptorFlags) String() string { return "owner and access list" }

// Encode implements [ldap.Control].
func (descriptorFlags) Encode() *ber.Packet {
	value := ber.NewSequence("")
	value.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, int64(ownerAndAccess), ""))
	packet := ber.NewSequence("")
	packet.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, oidDescriptorFlags, ""))
	packet.AppendChild(ber.NewBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, true, ""))
	packet.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, string(value.Bytes()), ""))
	return packet
}

// descriptors are the controls of a search that asks for access lists.
func (r *run) descriptors() []ldap.Control {
	if r.dialect.Descriptor == "" {
		return nil
	}
	return []ldap.Control{descriptorFlags{}}
}

// head reads what Active Directory says of the domain, in case it lies outside the
// bases, and which parts of the forest are domains.
func (r *run) head(ctx context.Context) error {
	if !r.dialect.IsActiveDirectory() {
		return r.serverPolicy(ctx)
	}
	head := r.conn.root.defaultContext
	if head == "" {
		return errors.New("the server names no domain (defaultNamingContext): it is no domain controller; ask one of the domain's own")
	}
	entries, err := r.conn.read(ctx, head, r.dialect.RegisterAttributes())
	if err != nil && !isShort(err) {
		return fmt.Errorf("head of the domain %q: %w", head, err)
	}
	for _, e := range entries {
		r.reading.Head(e)
	}
	return r.findPartitions(ctx)
}

// findPartitions learns which naming contexts of the forest are no domains: they
// hold no accounts and no groups (MS-ADTS 6.1.1.2.1.1, systemFlags of crossRef), so
// a referral to one of them points to nothing that is missing.
func (r *run) findPartitions(ctx context.Context) error {
	if r.conn.root.configContext == "" {
		return nil
	}
	s := search{base: "CN=Partitions," + r.conn.root.configContext, filter: "(objectClass=crossRef)", attributes: []string{"nCName", "systemFlags"}, pageSize: pageOfEntries, scope: oneLevel}
	err := r.conn.all(ctx, &s, func(e directory.Entry) error {
		const ours, isDomain = 0x1, 0x2 // in this forest, and a domain
		flags, err := strconv.ParseInt(valueOf(e, "systemFlags"), 10, 64)
		if err == nil && flags&(ours|isDomain) == ours {
			r.partitions = append(r.partitions, valueOf(e, "nCName"))
		}
		return nil
	})
	if isShort(err) || ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) {
		return nil // then every referral counts
	}
	return err
}

// valueOf returns the only value of an attribute, as text; else nothing.
func valueOf(e directory.Entry, name string) string {
	for _, a := range e.Attrs {
		if strings.EqualFold(a.Name, name) && len(a.Values) == 1 {
			return string(a.Values[0])
		}
	}
	return ""
}

// disabledSince asks for the accounts that are disabled, since when they are.
func (r *run) disabledSince(ctx context.Context) error {
	if !r.dialect.IsActiveDirectory() {
		return nil
	}
	const disabled = "(&(objectClass=user)(userAccountControl:1.2.840.113556.1.4.803:=2))" // MS-ADTS 3.1.1.3.4.4.1
	s := search{filter: disabled, attributes: directory.ChangeAttributes(), pageSize: pageOfGroups}
	seen, dated := 0, 0
	err := r.each(ctx, s, func(e directory.Entry) error {
		seen++
		if r.reading.DisabledSince(e) {
			dated++
		}
		return nil
	})
	if err == nil && seen > 0 {
		r.note("since when accounts are disabled", fmt.Sprintf("readable at %d of %d", dated, seen))
	}
	return err
}

// ranges asks for the rest of the members of large groups, range by range. A
// group that is changed meanwhile, or cannot be read to its end, is a gap.
func (r *run) ranges(ctx context.Context) error {
	for _, u := range r.reading.Unfinished() {
		why, err := r.finishGroup(ctx, u)
		if err != nil || r.stopped {
			return err
		}
		if why != "" && !r.reading.GiveUp(u, why, r.tell) {
			return nil
		}
	}
	return nil
}

// maxRanges bounds the ranges of one group: fifty million members of it.
const maxRanges = 50_000

// finishGroup reads the ranges of one group and says why it could not, if so.
func (r *run) finishGroup(ctx context.Context, u directory.Unfinished) (why string, err error) {
	for range maxRanges {
		if u.Next < 0 {
			return "the server contradicted itself in a range of the members", nil
		}
		entries, err := r.conn.read(ctx, u.DN, u.Attributes())
		switch {
		case isShort(err) || ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject):
			return fmt.Sprintf("members from number %d on could not be read: %v", u.Next, err), nil
		case err != nil:
			return "", fmt.Errorf("members of %q from number %d on: %w", u.DN, u.Next, err)
		case len(entries) != 1:
			return fmt.Sprintf("members from number %d on could not be read: the group is not shown any more", u.Next), nil
		}
		next, more := r.reading.Range(&u, entries[0], r.tell)
		if next == 0 || !more {
			return "", nil
		}
	}
	return "the server finds no end of the members", nil
}

// outsiders asks those who are no accounts and no groups for their groups.
func (r *run) outsiders(ctx context.Context) error {
	filter, attributes := r.dialect.Outsiders()
	if filter == "" {
		return nil
	}
	return r.each(ctx, search{filter: filter, attributes: attributes, pageSize: pageOfEntries}, func(e directory.Entry) error {
		r.reading.Belongs(e)
		return nil
	})
}

// machines reads the computers that groups and access lists name.
func (r *run) machines(ctx context.Context) error {
	if r.dialect.MachineFilter == "" {
		return nil
	}
	s := search{filter: r.dialect.MachineFilter, attributes: r.reading.AccountAttributes(), pageSize: pageOfEntries, controls: r.descriptors()}
	for came := 1; came > 0 && r.reading.WantedMachines() > 0 && !r.stopped; { // those that do not come are missing
		came = 0
		err := r.each(ctx, s, func(e directory.Entry) error {
			n, ok, err := r.reading.Machine(e)
			if ok {
				came++
			}
			if ok && r.tell(n) {
				r.reading.Control(e, n.ID, r.tell)
			}
			return err
		}, graph.Memberships, graph.Control)
		if err != nil {
			return err
		}
	}
	return nil
}

// deleted counts the deleted things that the directory still keeps. Few may see
// them, and nothing depends on them: what is deleted holds nothing.
func (r *run) deleted(ctx context.Context) error {
	if !r.dialect.IsActiveDirectory() {
		return nil
	}
	s := search{base: r.conn.root.defaultContext, filter: "(isDeleted=TRUE)", attributes: []string{"isDeleted", "lastKnownParent"}, pageSize: pageOfEntries, controls: []ldap.Control{ldap.NewControlString(oidShowDeleted, true, "")}}
	shown, mute := 0, 0
	err := r.conn.all(ctx, &s, func(e directory.Entry) error {
		switch {
		case tells(e, "lastKnownParent"): // all but their container
			shown++
		case !tells(e, "isDeleted"):
			mute++
		}
		return nil
	})
	switch {
	case isShort(err) || ldap.IsErrorAnyOf(err, ldap.LDAPResultUnavailableCriticalExtension, ldap.LDAPResultNoSuchObject):
		r.note("deleted objects", "not shown to "+r.conn.identity)
		return nil
	case err != nil:
		return err
	}
	if shown == 0 && mute > 0 {
		r.note("deleted objects", "not shown to "+r.conn.identity)
		return nil
	}
	r.note("deleted objects", strconv.Itoa(shown)+" seen")
	return nil
}

// canaries are what every domain has. One that is not seen shows that more may be
// hidden.
func (r *run) canaries() {
	if !r.dialect.IsActiveDirectory() || !r.within(r.conn.root.defaultContext) {
		return
	}
	for _, c := range directory.Canaries() {
		found := "found"
		if !r.reading.Sings(c) {
			found = "NOT SEEN"
			r.reading.Shortfall(graph.All, graph.Partial, fmt.Sprintf("%s, which every domain has, is not shown to %s: other entries may be hidden, too", c.Name, r.conn.identity))
		}
		r.singing = append(r.singing, c.Name+": "+found)
	}
}

// within reports whether a DN is a base or lies in one.
func (r *run) within(dn string) bool {
	for _, b := range r.cfg.Base {
		if directory.IsWithin(dn, b) {
			return true
		}
	}
	return false
}
