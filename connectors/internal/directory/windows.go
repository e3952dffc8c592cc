// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// A domain is what the head of an Active Directory domain says.
type domain struct {
	dn      string // folded
	sid     sid
	sync    string // how much later than lastLogonTimestamp the last sign-in may be
	off     bool   // lastLogonTimestamp is switched off
	refined bool   // the container of fine-grained policies is shown
}

// defaultSync is the interval of lastLogonTimestamp where the domain names none
// (msDS-LogonTimeSyncInterval, MS-ADA2).
const defaultSync = 14

// learnDomain takes the entry at the head of a domain, from wherever it comes.
func (r *Reading) learnDomain(e Entry) {
	if !r.dialect.does(activeDirectory) {
		return
	}
	r.domain.refined = r.domain.refined || e.isOf([]string{"msDS-PasswordSettingsContainer"})
	if !e.isOf([]string{"domainDNS"}) {
		return
	}
	folded, err := FoldDN(e.DN)
	if err != nil || r.domain.dn != "" && folded != r.domain.dn && isBelow([]byte(folded), []byte(r.domain.dn)) {
		return // an entry of that class inside the domain is not its head
	}
	r.domain.dn = folded
	if vs := e.values(r.dialect.SID); len(vs) == 1 {
		r.domain.sid, _ = parseSID(vs[0])
	}
	days := defaultSync
	if vs := r.texts(e, "msDS-LogonTimeSyncInterval"); len(vs) > 0 {
		n, err := strconv.Atoi(vs[0])
		if err != nil || n < 0 {
			r.unread["msDS-LogonTimeSyncInterval"]++
			return
		}
		days = n
	}
	r.domain.off = days == 0
	r.domain.sync = strconv.Itoa(days) + "d"
}

// ShowsFineGrained reports whether the container of fine-grained password policies
// was seen: by default only administrators see it.
func (r *Reading) ShowsFineGrained() bool { return r.domain.refined }

// isFurniture reports whether a folded DN is one that every domain is made with and
// that by default does not show its class. None of them is an account or a group,
// and by the schema none but the last can hold any.
func (r *Reading) isFurniture(folded []byte) bool {
	name, ok := strings.CutSuffix(string(folded), ","+r.domain.dn)
	if !ok || r.domain.dn == "" {
		return false
	}
	switch name {
	case "cn=ntds quotas", "cn=password settings container,cn=system", "cn=microsoftdns,cn=system":
		return true
	}
	if strings.HasSuffix(name, ",cn=password settings container,cn=system") {
		return true
	}
	leaf, ok := strings.CutSuffix(name, "},cn=ip security,cn=system")
	kind, id, ok2 := strings.Cut(leaf, "{")
	return ok && ok2 && len(id) == 36 && slices.Contains([]string{"cn=ipsecpolicy", "cn=ipsecisakmppolicy", "cn=ipsecnfa", "cn=ipsecnegotiationpolicy", "cn=ipsecfilter"}, kind)
}

// Head takes the head of the domain when it lies outside the bases.
func (r *Reading) Head(e Entry) {
	r.learnDomain(e)
	r.TellPolicy(e)
}

// tellWindows sets what Active Directory says of an account.
func (r *Reading) tellWindows(to *graph.Attrs, e Entry, i uint32) {
	self, hasSID := r.sidOf(e)
	if hasSID {
		to.Set("sid", self.String())
		if privilegedSID(self) {
			to.Set(privileged, "true")
		}
	}
	r.learnPrimary(e, i, self)
	u, known := r.accountControl(e, "userAccountControl")
	r.tellWindowsStatus(to, e, u, known)
	r.tellKind(to, e, self, u)
	r.tellPassword(to, e, u, known)
	if known && r.mapped[mfa] == "" {
		to.Set(mfa, "not-applicable") // this directory asks for no second factor; another place may
		if u.has(smartcardRequired) {
			to.Set(mfa, "enforced")
		}
	}
	if has(*to, lastSignIn) && r.domain.sync != "" {
		to.Set(lastSignIn+"_uncertainty", r.domain.sync)
	}
	r.tellHistory(to, e)
	if r.single(e, "adminCount") == "1" {
		to.Set("admin_count", "1") // once protected, perhaps not any more: no membership
	}
	if s, _ := to.Get(status); s == "disabled" {
		r.tellDisabledAt(to, e)
	}
}

// tellHistory sets the SIDs that a thing had before: they open what they opened
// then, in whichever domain of the forest.
func (r *Reading) tellHistory(to *graph.Attrs, e Entry) {
	var old []string
	for _, v := range e.values(r.dialect.SIDHistory) {
		if s, ok := parseSID(v); ok {
			old = append(old, s.String())
		}
	}
	slices.Sort(old)
	if len(old) > 0 {
		to.Set("sid_history", old...)
	}
}

func (r *Reading) tellDisabledAt(to *graph.Attrs, e Entry) {
	folded, err := r.index.fold([]byte(e.DN))
	if err != nil || has(*to, disabledAt) {
		return
	}
	if at, ok := r.changed[digestOf(folded)]; ok {
		to.Set(disabledAt, at.UTC().Format(time.RFC3339))
	}
}

// accountControl returns the bits of an attribute, if it shows any.
func (r *Reading) accountControl(e Entry, name string) (accountControl, bool) {
	vs := e.values(name)
	if len(vs) != 1 {
		return 0, false
	}
	u, err := parseAccountControl(vs[0])
	if err != nil {
		r.unread[name]++
	}
	return u, err == nil
}

// groupTypeOf returns what an entry says of itself as a group.
func groupTypeOf(e Entry) (groupType, bool) {
	vs := e.values("groupType")
	if len(vs) != 1 {
		return groupType{}, false
	}
	t, err := parseGroupType(vs[0])
	return t, err == nil
}

// purpose is what a group is for.
func (t groupType) purpose() string {
	if t.security {
		return "security"
	}
	return "distribution"
}

// String returns the name that administrators know.
func (s groupScope) String() string {
	return [...]string{"unknown", "global", "domain local", "universal", "built-in", "application"}[s]
}

// parseFileTime reads a time as Active Directory writes it: at least fifteen
// digits, which no other form of time has.
func parseFileTime(s string) (time.Time, bool) {
	const shortest = 15 // of 1604
	if len(s) < shortest || strings.Trim(s, "0123456789") != "" {
		return time.Time{}, false
	}
	t, kind, err := fileTime([]byte(s))
	return t.Truncate(time.Second), err == nil && kind == aTime
}

// isNever reports whether a time of Active Directory is none: 0, or 2^63−1.
func isNever(s string) bool {
	_, kind, err := fileTime([]byte(s))
	return err == nil && kind.never()
}

// sidOf returns the SID of an entry.
func (r *Reading) sidOf(e Entry) (sid, bool) {
	if r.dialect.SID == "" {
		return "", false
	}
	vs := e.values(r.dialect.SID)
	if len(vs) != 1 {
		return "", false
	}
	return parseSID(vs[0])
}

// single returns the only value of an attribute as text; empty when there is
// none, or more.
func (r *Reading) single(e Entry, name string) string {
	if vs := r.texts(e, name); len(vs) == 1 {
		return vs[0]
	}
	return ""
}

// learnPrimary remembers the primary group of an account, which lists no such
// members (MS-ADA2, memberOf). Every account has one (MS-SAMR 3.1.1.8.2).
func (r *Reading) learnPrimary(e Entry, i uint32, self sid) {
	rid, err := strconv.ParseUint(r.single(e, r.dialect.PrimaryGroup), 10, 32)
	domain, ok := self.domain()
	if err != nil || !ok {
		r.count.primaryless++
		return
	}
	r.mobiles = append(r.mobiles, primarySID{i, domain.with(uint32(rid))})
}

// tellWindowsStatus sets the status: disabled is stored, locked and expired are
// worked out (MS-ADTS 3.1.1.4.5.17, MS-ADA1 2.1). A lock that nobody shows is
// taken for none, because a locked account keeps all that it holds.
func (r *Reading) tellWindowsStatus(to *graph.Attrs, e Entry, u accountControl, known bool) {
	proven := r.mappedStatus(e)
	if end, ok := r.accountExpires(to, e); ok && !end.After(r.began) {
		proven = append(proven, "expired")
	}
	if computed, ok := r.accountControl(e, "msDS-User-Account-Control-Computed"); ok && computed.has(accountLocked) {
		proven = append(proven, "locked")
	}
	if known {
		proven = append(proven, "enabled")
		if u.has(accountDisabled) {
			proven = append(proven, "disabled")
		}
	}
	setWorst(to, proven)
}

// accountExpires returns the end of an account, if it has one.
func (r *Reading) accountExpires(to *graph.Attrs, e Entry) (end time.Time, ok bool) {
	text := r.single(e, "accountExpires")
	if text == "" || isNever(text) {
		return time.Time{}, false
	}
	end, ok = parseFileTime(text)
	if !ok {
		r.unread["accountExpires"]++
		return time.Time{}, false
	}
	to.Set(expires, end.Format(time.RFC3339))
	return end, true
}

// tellPassword sets what weakens a sign-in.
func (r *Reading) tellPassword(to *graph.Attrs, e Entry, u accountControl, known bool) {
	if known {
		tellSwitch(to, "password_expires", u.has(passwordNeverEnds), "never", "by policy")
		tellSwitch(to, "password_required", u.has(passwordNotRequired), "false", "true")
		tellSwitch(to, "preauthentication", u.has(noPreauthentication), "false", "true")
		tellSwitch(to, "delegation", u.has(trustedToAuthAs), "constrained, in anybody's name", "none")
		if u.has(trustedToDelegate) {
			to.Set("delegation", "unconstrained")
		}
		if u.has(desKeyOnly) {
			to.Set("encryption", "DES only")
		}
	}
	switch at := r.single(e, "pwdLastSet"); {
	case at == "0":
		to.Set(passwordSet, "never") // or to be changed at the next sign-in
	case at != "":
		if t, ok := parseFileTime(at); ok {
			to.Set(passwordSet, t.Format(time.RFC3339))
		} else {
			r.unread["pwdLastSet"]++
		}
	}
	if pso := r.single(e, "msDS-ResultantPSO"); pso != "" {
		to.Set("password_policy", pso)
	}
}

func tellSwitch(to *graph.Attrs, key string, on bool, yes, no string) {
	if on {
		no = yes
	}
	to.Set(key, no)
}

// tellKind says what an account is for, by evidence that its owner cannot forge:
// its SID, class, flags, or what Exchange keeps. A name is a hint and sets no
// type.
func (r *Reading) tellKind(to *graph.Attrs, e Entry, self sid, u accountControl) {
	kind, is := r.kindOf(e, self, u)
	if kind != "" {
		to.Set("account_kind", kind)
	}
	if is != "" && !has(*to, accountType) {
		to.Set(accountType, is)
	}
}

func (r *Reading) kindOf(e Entry, self sid, u accountControl) (kind, is string) {
	rid, _ := self.rid()
	_, inDomain := self.domain()
	switch {
	case inDomain && rid == 500:
		return "built-in administrator", ""
	case inDomain && rid == 501:
		return "built-in guest", "system"
	case inDomain && rid == 502:
		return "krbtgt", "system"
	case u.has(trustAccount):
		return "trust", "system"
	case e.isOf([]string{"msDS-GroupManagedServiceAccount"}):
		return "group managed service account", "service"
	case e.isOf(r.dialect.ServiceClasses):
		return "managed service account", "service"
	case e.isOf(r.dialect.MachineClasses):
		return "computer", "system"
	}
	if is := r.mailboxType(e); is != "" {
		return is + " mailbox", is
	}
	switch name := r.name(e, r.dialect.Logins); {
	case strings.HasPrefix(name, "krbtgt_"):
		return "read-only domain controller's krbtgt, by its name", ""
	case slices.ContainsFunc([]string{"MSOL_", "AAD_", "Sync_"}, func(p string) bool { return strings.HasPrefix(name, p) }):
		return "directory synchronisation, by its name", ""
	case strings.HasPrefix(name, "HealthMailbox"):
		return "health mailbox, by its name", ""
	case e.has("servicePrincipalName"):
		return "has service principal names", "service"
	}
	return "", ""
}

// mailboxType returns what Exchange says of the account, if it is nobody's own.
func (r *Reading) mailboxType(e Entry) string {
	const name = "msExchRecipientTypeDetails"
	vs := e.values(name)
	if len(vs) != 1 {
		return ""
	}
	is, err := recipientType(vs[0])
	if err != nil {
		r.unread[name]++
	}
	return is
}

// tellWindowsGroup sets what Active Directory says of a group.
func (r *Reading) tellWindowsGroup(to *graph.Attrs, e Entry) {
	if self, ok := r.sidOf(e); ok {
		to.Set("sid", self.String())
		if privilegedSID(self) {
			to.Set(privileged, "true")
		}
	}
	r.tellHistory(to, e)
	if r.single(e, "adminCount") == "1" {
		to.Set("admin_count", "1")
	}
	if t, ok := groupTypeOf(e); ok {
		to.Set("group_type", t.purpose())
		to.Set("scope", t.scope.String())
	} else if e.has("groupType") {
		r.unread["groupType"]++
	}
	if isConflict(e.DN) {
		to.Set("conflict", "true")
	}
}

// Machine returns the account of a machine that something names; see
// [Reading.WantedMachines].
func (r *Reading) Machine(e Entry) (graph.Node, bool, error) {
	if folded, err := r.index.fold([]byte(e.DN)); err == nil {
		if rec, ok := r.index.at(digestOf(folded)); ok && rec.class&wanted == 0 {
			return graph.Node{}, false, nil // until something names it
		}
	}
	i, ok, err := r.record(e, isMachine, readAccount, r.account)
	if err != nil || !ok || r.index.records[i].class&wanted == 0 {
		return graph.Node{}, false, err
	}
	r.count.gotMachines++
	return r.accountNode(e, i), true, nil
}

// namesUnread reports whether some of what names holders was not read.
func (r *Reading) namesUnread() bool {
	r.lookAtEntries()
	r.lookAtCounts()
	unread := r.count.gaps + r.access.bad
	if r.access.shown > 0 {
		unread += r.access.hidden + len(r.access.undescribed)
	}
	return unread > 0 || slices.ContainsFunc(r.short, func(f shortfall) bool {
		if f.dataset == graph.Control && f.state == graph.Denied {
			return false
		}
		return f.dataset.Includes(graph.Groups) || f.dataset.Includes(graph.Memberships) || f.dataset.Includes(graph.Control)
	})
}

// WantedMachines returns how many machines that a group or an access list names
// are still to be read. The access list of one may name another.
//
// Where groups or access lists were not all read, what is missing of them may name
// any machine: then all are wanted. Where no access list is shown at all, that is
// told as denied, and machines are not told for it.
func (r *Reading) WantedMachines() int {
	all := r.allMachines || r.namesUnread()
	for i := range r.index.records {
		rec := &r.index.records[i]
		if all && rec.class&isMachine != 0 {
			rec.class |= wanted
		}
	}
	return r.unreadMachines()
}

// unreadMachines counts the wanted machines that did not come.
func (r *Reading) unreadMachines() (n int) {
	for _, rec := range r.index.records {
		if rec.class&wanted != 0 && rec.class&readAccount == 0 {
			n++
		}
	}
	return n
}
