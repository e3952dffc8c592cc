// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// Mailbox purposes, as userPurpose of mailbox settings has them.
const (
	purposeShared    = "shared"
	purposeRoom      = "room"
	purposeEquipment = "equipment"
)

func (s *story) users(yield teller) bool {
	for _, id := range sorted(s.t.Users) {
		s.told[graph.Accounts]++
		if !yield(s.user(id, s.t.Users[id])) {
			return false
		}
	}
	return true
}

func (s *story) user(id string, u User) graph.Node {
	a := attributes{make(graph.Attrs, 0, 32)}
	s.tellStatus(&a, u.Enabled, !u.Deleted.IsZero())
	if u.Deleted.Unix() > 0 {
		a.moment("deleted_at", u.Deleted)
	}
	s.tellExternal(&a, id, u)
	a.text("display_name", u.Name)
	a.text("upn", u.UPN)
	a.text("mail", u.Mail)
	a.text("employee_id", u.EmployeeID)
	a.text("employee_type", u.EmployeeType)
	a.text("company", u.Company)
	a.text("department", u.Department)
	a.text("title", u.Title)
	a.day("hire_date", u.HireDate)
	a.day("leave_date", u.LeaveDate)
	a.moment("created", u.Created)
	a.moment("password_changed", u.PasswordChanged)
	tellOnPremises(&a, u.OnPremises)
	s.tellPeople(&a, id, u)
	s.tellSignIn(&a, id)
	s.tellMFA(&a, id, u)
	s.tellChanges(&a, id)
	return graph.Node{ID: s.account(id), Name: named(u.UPN, id), Attrs: a.Attrs}
}

func (s *story) tellStatus(a *attributes, enabled *bool, deleted bool) {
	switch {
	case deleted || isNot(enabled):
		a.Set("status", "disabled")
	case is(enabled):
		a.Set("status", "enabled")
	}
}

func (s *story) tellExternal(a *attributes, id string, u User) {
	if u.Bare {
		return
	}
	outside := s.t.external(u)
	a.yes("external", outside)
	a.text("user_type", u.UserType)
	a.text("external_state", u.ExternalState)
	a.moment("external_state_changed", u.ExternalStateChanged)
	switch purpose := s.t.Mailboxes[id]; {
	case is(outside):
		a.Set("type", "guest")
	case strings.EqualFold(purpose, purposeShared):
		a.Set("type", "shared")
	case strings.EqualFold(purpose, purposeRoom), strings.EqualFold(purpose, purposeEquipment):
		a.Set("type", "resource")
	case outside != nil:
		a.Set("type", "person")
	}
}

// external reports whether somebody signs in elsewhere; nil is unknown. That no
// sign of it is there says so only when all signs were read.
func (t *Tenant) external(u User) *bool {
	yes, no := true, false
	if strings.EqualFold(u.CreationType, "Invitation") || strings.Contains(strings.ToUpper(u.UPN), "#EXT#") {
		return &yes
	}
	for _, i := range u.Identities {
		if strings.EqualFold(i.SignInType, "federated") && i.Issuer != "" && !strings.EqualFold(i.Issuer, t.ID) {
			return &yes
		}
	}
	if u.UPN == "" || u.Identities == nil {
		return nil
	}
	return &no
}

func (s *story) tellPeople(a *attributes, id string, u User) {
	if boss := fold(u.Manager); s.t.kind(boss) == graph.Account {
		a.Set("manager", s.account(boss).String())
	}
	sponsors := []string{}
	for _, who := range s.t.Sponsors[id] {
		if key := fold(who); s.t.kind(key) != 0 {
			sponsors = append(sponsors, s.id(s.t.kind(key), key).String())
		}
	}
	read, shown := s.t.Sponsors[id]
	if none := shown && len(read) == 0 && s.t.whole(PartSponsors); none || len(sponsors) > 0 {
		a.Set("sponsor", sponsors...) // an empty list says that there is none
	}
}

func tellOnPremises(a *attributes, p OnPremises) {
	a.yes("synced", p.Synced)
	a.text("on_premises_sid", p.SID)
	a.text("immutable_id", p.ImmutableID)
	if guid, ok := guidOf(p.ImmutableID); ok {
		a.Set("object_guid", guid)
	}
}

// guidOf reads an immutable id that is the GUID of an entry of Active Directory,
// as Entra Connect makes it, and prints it as Active Directory does: its first
// three parts are in little endian, the last two are not ([MS-DTYP] 2.3.4.2).
func guidOf(immutable string) (guid string, ok bool) {
	b, err := base64.StdEncoding.DecodeString(immutable)
	if err != nil || len(b) != 16 {
		return "", false
	}
	le := binary.LittleEndian
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x", le.Uint32(b), le.Uint16(b[4:]), le.Uint16(b[6:]), b[8:10], b[10:]), true
}
