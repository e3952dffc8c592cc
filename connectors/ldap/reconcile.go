// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
	"github.com/foureyes-iga/foureyes/graph"
)

func isShort(err error) bool {
	var short *shortError
	return errors.As(err, &short)
}

// serverPolicy reads the password policy of 389 Directory Server, which stands in
// its configuration.
func (r *run) serverPolicy(ctx context.Context) error {
	const config = "cn=config"
	if len(r.dialect.RoleClasses) == 0 {
		return nil
	}
	entries, err := r.conn.read(ctx, config, r.dialect.RegisterAttributes())
	if err != nil && !isShort(err) && !ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) {
		return fmt.Errorf("%s: %w", config, err)
	}
	before := len(r.reading.Policies())
	for _, e := range entries {
		r.reading.TellPolicy(e)
	}
	if len(r.reading.Policies()) == before {
		r.note("authentication", "not read: the policy of the server stands in "+config+", which is not shown to "+r.conn.identity)
	}
	return nil
}

// askForLocks finds out whether the reader may see if an account is switched off.
// Only then does an account that shows nothing count as enabled.
func (r *run) askForLocks(ctx context.Context) error {
	if !r.dialect.AbsentIsEnabled() {
		return nil
	}
	for _, dn := range r.reading.Sample() {
		_, err := r.conn.compare(ctx, dn, r.dialect.Disabled, "true")
		switch {
		case err == nil:
			continue
		case ldap.IsErrorWithCode(err, ldap.ErrorNetwork) || ctx.Err() != nil:
			return fmt.Errorf("comparison of %s at %q: %w", r.dialect.Disabled, dn, err)
		}
		r.note("permission probes", fmt.Sprintf("%s: not shown to %s; the status of accounts is unknown", r.dialect.Disabled, r.conn.identity))
		return nil
	}
	r.note("permission probes", r.dialect.Disabled+": readable")
	r.reading.ShowsLocks()
	return nil
}

// askForRoles finds out of the first account of each container whether the reader
// may see its roles: one that shows none may hide them.
func (r *run) askForRoles(ctx context.Context) error {
	if r.dialect.Roles == "" {
		return nil
	}
	for _, dn := range r.reading.Sample() {
		why, err := r.hides(ctx, dn, r.dialect.Roles, false)
		if err != nil {
			return err
		}
		if why != "" {
			r.reading.Shortfall(graph.Assignments, graph.Partial, "roles of accounts: "+why)
			return nil
		}
	}
	return nil
}

// askForMembers finds out, for each container of groups and each way to name
// members that none of its groups shows, whether the reader may see it.
func (r *run) askForMembers(ctx context.Context) error {
	if r.dialect.BackLink != "" {
		return nil
	}
	for _, u := range r.reading.UnshownMembers() {
		why, err := r.hides(ctx, u.DN, u.Attribute, true)
		if err != nil {
			return err
		}
		if why != "" {
			r.reading.Shortfall(graph.Memberships, graph.Partial, fmt.Sprintf("groups such as %.200q: %s", u.DN, why))
		}
	}
	return nil
}

// hides says why an attribute that an entry does not show may be there: the
// reader may not know, or, where that counts, it is there.
func (r *run) hides(ctx context.Context, dn, name string, thereCounts bool) (why string, err error) {
	there, err := r.conn.compare(ctx, dn, name, dn)
	switch {
	case err == nil && there && thereCounts:
		return fmt.Sprintf("there is %s, which is not shown to %s", name, r.conn.identity), nil
	case err == nil:
		return "", nil
	case ldap.IsErrorWithCode(err, ldap.ErrorNetwork) || ctx.Err() != nil:
		return "", fmt.Errorf("comparison of %s at %q: %w", name, dn, err)
	}
	return fmt.Sprintf("%s may not know whether there is %s", r.conn.identity, name), nil
}

// askMemberless finds out of each group that shows no members whether it has
// none, or hides them. A comparison tells: a server says that an entry has no such
// attribute only to those who may compare it. Active Directory says it to
// everybody, and is asked in another way: see [directory.Dialect.BackLink].
func (r *run) askMemberless(ctx context.Context) error {
	if r.dialect.BackLink != "" {
		return nil
	}
	for _, g := range r.reading.Memberless() {
		why, err := r.hidesMembers(ctx, g.DN)
		if err != nil {
			return err
		}
		if why != "" && !r.reading.Hides(g.Group, why, r.tell) {
			return nil
		}
	}
	return nil
}

func (r *run) hidesMembers(ctx context.Context, dn string) (why string, err error) {
	for _, name := range append(r.dialect.MemberDNs[:len(r.dialect.MemberDNs):len(r.dialect.MemberDNs)], r.dialect.MemberLogins) {
		if why, err := r.hides(ctx, dn, name, true); err != nil || why != "" {
			return why, err
		}
	}
	return "", nil
}

// maxSought is how many missing entries are looked for one by one.
const maxSought = 500

// reconcile looks for the entries that the first listing showed and the later
// ones did not. One of which the directory keeps a tombstone was deleted
// meanwhile. Only Active Directory shows tombstones by id; elsewhere what is
// missing stays missing.
func (r *run) reconcile(ctx context.Context) error {
	if !r.dialect.IsActiveDirectory() {
		return nil
	}
	for _, key := range r.reading.Missing(maxSought) {
		gone, err := r.hasTombstone(ctx, key)
		if err != nil {
			return err
		}
		if gone {
			r.reading.Gone(key)
		}
	}
	return nil
}

// lookAgain asks for those whom groups and access lists name and whom the listing
// did not show. One who is there was left out of it, or was renamed since.
func (r *run) lookAgain(ctx context.Context) error {
	dns, sids := r.reading.Absent(maxSought)
	for _, dn := range dns {
		entries, err := r.conn.read(ctx, dn, r.reading.OverlookedAttributes())
		if err := mayBeAbsent(err); err != nil {
			return fmt.Errorf("member %.200q: %w", dn, err)
		}
		for _, e := range entries {
			r.reading.Overlooked(e)
		}
	}
	for _, id := range sids {
		for _, base := range r.cfg.Base {
			s := search{base: base, filter: "(" + r.dialect.SID + "=" + filterValue(id) + ")", attributes: r.reading.OverlookedAttributes(), pageSize: pageOfGroups}
			err := r.conn.all(ctx, &s, func(e directory.Entry) error {
				r.reading.Overlooked(e)
				return nil
			})
			if err := mayBeAbsent(err); err != nil {
				return err
			}
		}
	}
	return nil
}

// mayBeAbsent leaves of an error what does not say that something is not there.
func mayBeAbsent(err error) error {
	if isShort(err) || ldap.IsErrorAnyOf(err, ldap.LDAPResultNoSuchObject, ldap.LDAPResultInvalidDNSyntax) {
		return nil
	}
	return err
}

func (r *run) hasTombstone(ctx context.Context, key string) (bool, error) {
	if len(directory.GUIDBytes(key)) == 0 {
		return false, nil // it showed no id
	}
	s := search{
		base: r.conn.root.defaultContext, filter: "(&(isDeleted=TRUE)(objectGUID=" + filterValue(directory.GUIDBytes(key)) + "))",
		attributes: []string{"1.1"}, pageSize: pageOfGroups, controls: []ldap.Control{ldap.NewControlString(oidShowDeleted, true, "")},
	}
	err := r.conn.all(ctx, &s, func(directory.Entry) error { return nil })
	if isShort(err) || ldap.IsErrorAnyOf(err, ldap.LDAPResultUnavailableCriticalExtension, ldap.LDAPResultNoSuchObject) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("search for what was deleted meanwhile: %w", err)
	}
	return s.entries > 0, nil
}

// filterValue writes bytes into a filter.
func filterValue(raw []byte) string {
	var b strings.Builder
	for _, c := range raw {
		b.WriteString(`\` + hex.EncodeToString([]byte{c}))
	}
	return b.String()
}

// findReader looks for the reader's own entry, which it should see if it sees
// anything. In OpenLDAP a name that binds may have no entry (rootdn).
func (r *run) findReader() {
	dn := r.cfg.Bind.DN
	if dn == "" || !r.within(dn) {
		return
	}
	found := "found"
	if !r.reading.HasDN(dn) {
		found = "NOT SEEN"
		if r.dialect.Name != "openldap" {
			r.reading.Shortfall(graph.All, graph.Partial, fmt.Sprintf("%s does not see its own entry: other entries may be hidden, too", dn))
		}
	}
	r.singing = append(r.singing, "the reader's own entry: "+found)
}

// findReaderByName does the same for a reader of Active Directory who binds as
// name@domain or DOMAIN\name, once the accounts were read.
func (r *run) findReaderByName() {
	name := r.cfg.Bind.DN
	if _, login, ok := strings.Cut(name, `\`); ok {
		name = login
	}
	if name == "" || strings.Contains(name, "=") || !r.within(r.conn.root.defaultContext) {
		return
	}
	if r.reading.HasLogin(name) {
		r.singing = append(r.singing, "the reader's own account: found")
		return
	}
	r.singing = append(r.singing, "the reader's own account: NOT SEEN")
	r.reading.Shortfall(graph.All, graph.Partial, fmt.Sprintf("%s does not see its own account: other entries may be hidden, too", r.cfg.Bind.DN))
}

// noteChanges tells how much the domain changed while it was read.
func (r *run) noteChanges(ctx context.Context) {
	if r.conn.root.usn == "" {
		return
	}
	now := "unknown"
	if entries, err := r.conn.read(ctx, "", rootAttributes()); err == nil && len(entries) == 1 {
		root := parseRootDSE(entries[0])
		if now = root.usn; root.name != r.conn.root.name {
			r.reading.Shortfall(graph.All, graph.Partial, fmt.Sprintf("%s answered at the start and %s at the end: two servers may not know the same; name one of them", r.conn.root.name, root.name))
		}
	}
	r.note("highest committed USN", "at the start "+r.conn.root.usn+", at the end "+now)
}
