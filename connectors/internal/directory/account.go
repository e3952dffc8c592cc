// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// Account returns the account that an entry of the second pass is. It is false
// for an entry that is none, that came before, or that clashes with another.
func (r *Reading) Account(e Entry) (graph.Node, bool, error) {
	i, ok, err := r.record(e, isAccount, readAccount, r.account)
	if err != nil || !ok {
		return graph.Node{}, false, err
	}
	r.count.gotAccounts++
	n := r.accountNode(e, i)
	if _, ok := n.Attrs.Get(lastSignIn); ok {
		r.count.signIns++
	}
	return n, true, nil
}

// accountNode makes the node of an account, and learns what groups need of it.
func (r *Reading) accountNode(e Entry, i uint32) graph.Node {
	r.learn(e, i)
	n := graph.Node{ID: r.id(graph.Account, i), Name: r.name(e, r.dialect.Logins)}
	n.Attrs.Set("dn", dnText([]byte(e.DN)))
	if isConflict(e.DN) {
		n.Attrs.Set("conflict", "true")
	}
	r.tell(&n.Attrs, e, r.account)
	if r.dialect.does(activeDirectory) {
		r.tellWindows(&n.Attrs, e, i)
	} else {
		r.tellStatus(&n.Attrs, e)
	}
	r.tellFactors(&n.Attrs, e)
	if _, ok := n.Attrs.Get(status); ok {
		r.count.statuses++
	}
	return n
}

// learn keeps the login and the primary group of an account for the groups, and
// counts the groups that it says it is in.
func (r *Reading) learn(e Entry, i uint32) {
	logins := e.values(r.dialect.Logins[0])
	for _, v := range logins {
		r.index.login(v, i)
	}
	if len(logins) == 0 && e.isOf(r.dialect.LoginClasses) {
		r.count.loginless++
	}
	if r.dialect.does(activeDirectory) {
		for _, v := range e.values("userPrincipalName") {
			r.index.login(v, i) // whoever binds may call himself so
		}
	}
	if r.index.records[i].class&isMachine == 0 {
		r.learnBackLinks(e)
	}
	if r.dialect.GroupID == "" {
		return
	}
	if id, ok := groupID(e, r.dialect.GroupID); ok {
		r.primaries = append(r.primaries, primary{i, id})
	} else if e.has(r.dialect.GroupID) || e.isOf([]string{"posixAccount"}) {
		r.count.primaryless++
	}
}

// learnBackLinks counts for each group who says that it is a member.
func (r *Reading) learnBackLinks(e Entry) {
	if r.dialect.BackLink == "" {
		return
	}
	for _, a := range e.Attrs {
		name, _, _ := strings.Cut(a.Name, ";")
		if !strings.EqualFold(name, r.dialect.BackLink) {
			continue
		}
		for _, v := range a.Values {
			r.learnBackLink(v)
		}
	}
}

// Belongs counts the groups that a machine or a stand-in for somebody foreign says
// it is in. It takes entries before the third pass; others say so as accounts and
// groups.
func (r *Reading) Belongs(e Entry) {
	folded, err := r.index.fold([]byte(e.DN))
	if err != nil {
		return
	}
	at := digestOf(folded)
	if rec, ok := r.index.at(at); ok && rec.class&(isMachine|isForeign) != 0 && rec.class&(isAccount|isGroup) == 0 && !r.outsiders[at] {
		r.outsiders[at] = true
		r.learnBackLinks(e)
	}
}

// Outsiders returns the filter for the entries that [Reading.Belongs] takes and
// the attributes that it needs; no filter where nothing is known by back links.
func (d *Dialect) Outsiders() (filter string, attributes []string) {
	if d.BackLink == "" {
		return "", nil
	}
	var b strings.Builder
	for _, c := range slices.Concat(d.MachineClasses, d.ForeignClasses) {
		b.WriteString("(objectClass=" + c + ")")
	}
	return "(&(|" + b.String() + ")(" + d.BackLink + "=*))", []string{d.BackLink}
}

func (r *Reading) learnBackLink(dn []byte) {
	folded, err := r.index.fold(dn)
	if err != nil {
		return
	}
	d := digestOf(folded)
	r.backlinks[d]++
	r.count.backlinked++
	if _, seen := r.index.byDN[d]; !seen && len(r.bases) > 0 && r.inside(folded) && len(r.unseen) < maxUnseen {
		r.unseen[dnKey(folded)] = true
	}
}

// maxUnseen bounds how many names of hidden groups are remembered.
const maxUnseen = 10_000

func groupID(e Entry, name string) (uint32, bool) {
	vs := e.values(name)
	if len(vs) != 1 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(vs[0]), 10, 32)
	return uint32(n), err == nil
}

// name returns the first of these attributes that an entry has, else its DN.
func (r *Reading) name(e Entry, from []string) string {
	for _, attr := range from {
		if vs := r.texts(e, attr); len(vs) > 0 {
			return vs[0]
		}
	}
	return dnText([]byte(e.DN))
}

// tell sets the attributes of ours that the entry knows.
func (r *Reading) tell(to *graph.Attrs, e Entry, fields []Field) {
	for _, f := range fields {
		var vs []string
		switch f.Key {
		case status: // tellStatus
			continue
		case created, disabledAt, expires, lastSignIn, passwordSet:
			vs = r.latest(e, f.From)
		case employeeID:
			vs = r.only(e, f)
		case owner:
			r.tellOwner(to, e, f.From[0])
			continue
		default:
			vs = r.first(e, f)
		}
		if len(vs) > 0 {
			to.Set(f.Key, vs...)
		}
	}
}

// first returns the values of the first attribute that has any; of a display
// name only one.
func (r *Reading) first(e Entry, f Field) []string {
	for _, name := range f.From {
		vs := r.translated(e, f.Key, name)
		if len(vs) > 1 && f.Key == displayName {
			vs = vs[:1]
		}
		if len(vs) > 0 {
			return vs
		}
	}
	return nil
}

// only returns a value that must be single: of several, none is the right one.
func (r *Reading) only(e Entry, f Field) []string {
	vs := r.first(e, f)
	if len(vs) > 1 {
		r.unread[f.Key] += len(vs)
		return nil
	}
	return vs
}

// translated returns the values of an attribute after the configured
// translation. A value that is not listed or not allowed is unknown.
func (r *Reading) translated(e Entry, key, name string) []string {
	table, ok := r.values[key]
	vs := r.texts(e, name)
	if len(vs) == 0 && ok && !e.has(name) && table[""] != "" {
		return []string{table[""]}
	}
	out := vs[:0]
	for _, v := range vs {
		to := v
		if ok {
			to = table[v]
		}
		if to == "" || !allowed(key, to) {
			r.unread[name]++
			continue
		}
		out = append(out, to)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// latest returns the latest time among attributes.
func (r *Reading) latest(e Entry, from []string) []string {
	var latest time.Time
	for _, name := range from {
		for _, v := range r.texts(e, name) {
			if r.dialect.does(activeDirectory) && isNever(v) {
				continue
			}
			t, ok := parseTime(v)
			if !ok {
				r.unread[name]++
				continue
			}
			if t.After(latest) {
				latest = t
			}
		}
	}
	if latest.IsZero() {
		return nil
	}
	return []string{latest.Format(time.RFC3339)}
}

// parseTime reads a generalized time, which Go lets have fractions of a second,
// or what people write into attributes of their own.
func parseTime(s string) (time.Time, bool) {
	if t, ok := parseFileTime(s); ok {
		return t, true
	}
	for _, layout := range [...]string{"20060102150405Z0700", "200601021504Z0700", time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 0 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// lockedForGood is the time that a password policy writes for a lock that only an
// administrator lifts.
const lockedForGood = "000001010000Z"

// tellStatus sets the status, where something proves it: see the package comment.
func (r *Reading) tellStatus(to *graph.Attrs, e Entry) {
	d := r.dialect
	proven := r.mappedStatus(e)
	switch {
	case e.is(d.Disabled, "true"):
		proven = append(proven, "disabled")
	case e.is(d.Disabled, "false"):
		proven = append(proven, "enabled")
	case r.lockShown && !e.has(d.Disabled):
		proven = append(proven, "enabled")
	}
	if at := r.texts(e, d.LockedAt); len(at) > 0 {
		proven = append(proven, "locked")
		to.Set("lock", lockText(at[0]))
	} else if e.hasAny(d.PolicyState) {
		proven = append(proven, "enabled")
	}
	proven = append(proven, r.ended(to, e)...)
	proven = append(proven, r.unlocks(to, e)...)
	proven = append(proven, sambaStatus(e)...)
	setWorst(to, proven)
	if s, _ := to.Get(status); s == "disabled" && !has(*to, disabledAt) && !d.does(absentIsEnabled) { // there a role may lock it
		if at := r.neverChanged(e); !at.IsZero() {
			to.Set(disabledAt, at.Format(time.RFC3339))
		}
	}
}

// mappedStatus is what the configured attribute says.
func (r *Reading) mappedStatus(e Entry) []string {
	for _, f := range r.account {
		if f.Key == status {
			return r.translated(e, status, f.From[0])
		}
	}
	return nil
}

// setWorst sets the worst of what is proven.
func setWorst(to *graph.Attrs, proven []string) {
	for _, s := range closed(status) { // the worst first
		if slices.Contains(proven, s) {
			to.Set(status, s)
			return
		}
	}
}

// ended is for accounts with an end: a day since 1970 (shadowExpire of RFC 2307),
// or a time (krbPrincipalExpiration of FreeIPA).
func (r *Reading) ended(to *graph.Attrs, e Entry) []string {
	var end time.Time
	for _, v := range r.texts(e, "shadowExpire") {
		days, err := strconv.Atoi(v)
		switch {
		case err != nil || days > 4_000_000:
			r.unread["shadowExpire"]++
		case days > 0:
			end = time.Unix(0, 0).UTC().AddDate(0, 0, days)
		}
	}
	for _, v := range r.texts(e, "krbPrincipalExpiration") {
		if t, ok := parseTime(v); !ok {
			r.unread["krbPrincipalExpiration"]++
		} else if end.IsZero() || t.Before(end) {
			end = t
		}
	}
	if end.IsZero() {
		return nil
	}
	to.Set(expires, end.Format(time.RFC3339))
	if !end.After(r.began) {
		return []string{"expired"}
	}
	return nil
}

// unlocks is for accounts that 389 Directory Server has locked until a time, of
// which the beginning of 1970 is never.
func (r *Reading) unlocks(to *graph.Attrs, e Entry) []string {
	for _, v := range r.texts(e, "accountUnlockTime") {
		t, ok := parseTime(v)
		switch {
		case !ok:
			r.unread["accountUnlockTime"]++
		case t.Unix() <= 0:
			to.Set("lock", "permanent")
			return []string{"locked"}
		case t.After(r.began):
			to.Set("lock", "until "+t.Format(time.RFC3339))
			return []string{"locked"}
		}
	}
	return nil
}

// sambaStatus reads the flags that Samba's domain of the old kind keeps: D is
// disabled, L locked. Their absence proves nothing about other doors.
func sambaStatus(e Entry) (proven []string) {
	for _, v := range e.values("sambaAcctFlags") {
		if bytes.ContainsRune(v, 'D') {
			proven = append(proven, "disabled")
		}
		if bytes.ContainsRune(v, 'L') {
			proven = append(proven, "locked")
		}
	}
	return proven
}

// neverChanged returns when an entry was made, if it was not changed since: then
// all that it says holds since that moment. Otherwise zero.
func (r *Reading) neverChanged(e Entry) time.Time {
	at := r.latest(e, []string{"createTimestamp"})
	if len(at) == 0 || !slices.Equal(at, r.latest(e, []string{r.dialect.ModifiedAt})) {
		return time.Time{}
	}
	t, _ := time.Parse(time.RFC3339, at[0])
	return t
}

// tellFactors sets what the directory knows of second factors. What it does not
// know stays unknown, and is never "none".
func (r *Reading) tellFactors(to *graph.Attrs, e Entry) {
	if !has(*to, mfa) {
		if known := r.factor(e); known != "" {
			to.Set(mfa, known)
		}
	}
	if has(*to, mfa) {
		r.count.mfa++
	}
}

// allStrong reports whether every kind of authentication takes more than a
// password. FreeIPA lets somebody who must use one-time passwords in with the
// password alone until he has a token; what radius and idp ask for is not known.
func allStrong(types []string, token bool) bool {
	for _, t := range types {
		if t != "pkinit" && t != "passkey" && (t != "otp" || !token) {
			return false
		}
	}
	return len(types) > 0
}

// factor reads FreeIPA's kinds of authentication and its tokens, and the tokens
// of OpenLDAP's overlay otp.
func (r *Reading) factor(e Entry) string {
	types := r.texts(e, "ipaUserAuthType")
	for i := range types {
		types[i] = strings.ToLower(types[i])
	}
	token := false
	if len(r.tokens) > 0 {
		folded, err := r.index.fold([]byte(e.DN))
		token = err == nil && r.tokens[digestOf(folded)]
	}
	switch {
	case allStrong(types, token):
		return "enforced"
	case token && slices.Contains(types, "otp"):
		return "capable"
	case token, e.has("oathHOTPToken"), e.has("oathTOTPToken"):
		return "registered"
	}
	return ""
}

func lockText(at string) string {
	t, ok := parseTime(at)
	switch {
	case strings.HasPrefix(at, lockedForGood[:len(lockedForGood)-1]):
		return "permanent"
	case ok:
		return "since " + t.Format(time.RFC3339)
	}
	return "at an unreadable time"
}

func has(a graph.Attrs, key string) bool {
	_, ok := a.Get(key)
	return ok
}
