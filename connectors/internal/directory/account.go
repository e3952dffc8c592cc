// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// Account returns the account that an entry of the second pass is. It is false
// for an entry that is none, that came before, or that clashes with another.
func (r *Reading) Account(e Entry) (graph.Node, bool, error) {
	i, ok, err := r.record(e, isAccount, readAccount, &r.count.lateAccounts)
	if err != nil || !ok {
		return graph.Node{}, false, err
	}
	r.count.gotAccounts++
	r.learn(e, i)
	n := graph.Node{ID: r.id(graph.Account, i), Name: r.name(e, r.dialect.Logins)}
	n.Attrs.Set("dn", dnText([]byte(e.DN)))
	r.tell(&n.Attrs, e, r.account)
	r.tellStatus(&n.Attrs, e)
	if _, ok := n.Attrs.Get(lastSignIn); ok {
		r.count.signIns++
	}
	return n, true, nil
}

// learn keeps the login and the primary group of an account for the groups.
func (r *Reading) learn(e Entry, i uint32) {
	for _, v := range e.values(r.dialect.Logins[0]) {
		r.index.login(v, i)
	}
	if id, ok := groupID(e, r.dialect.GroupID); ok {
		r.primaries = append(r.primaries, primary{i, id})
	} else if e.has(r.dialect.GroupID) {
		r.unread[r.dialect.GroupID]++
	}
}

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
		case created, disabledAt, lastSignIn:
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
	var proven []string
	for _, f := range r.account {
		if f.Key == status {
			proven = r.translated(e, status, f.From[0])
		}
	}
	switch {
	case e.is(d.Disabled, "true"):
		proven = append(proven, "disabled")
	case e.is(d.Disabled, "false"):
		proven = append(proven, "enabled")
	}
	if at := r.texts(e, d.LockedAt); len(at) > 0 {
		proven = append(proven, "locked")
		to.Set("lock", lockText(at[0]))
	} else if e.hasAny(d.PolicyState) {
		proven = append(proven, "enabled")
	}
	for _, s := range closed(status) { // the worst first
		if slices.Contains(proven, s) {
			to.Set(status, s)
			return
		}
	}
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
