// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
	"github.com/foureyes-iga/foureyes/graph"
)

// entry makes an entry of "name: value" lines.
func entry(dn string, lines ...string) directory.Entry {
	e := directory.Entry{DN: dn}
	for _, l := range lines {
		name, value, _ := strings.Cut(l, ": ")
		i := slices.IndexFunc(e.Attrs, func(a directory.Attr) bool { return a.Name == name })
		if i < 0 {
			i = len(e.Attrs)
			e.Attrs = append(e.Attrs, directory.Attr{Name: name})
		}
		e.Attrs[i].Values = append(e.Attrs[i].Values, []byte(value))
	}
	return e
}

var now = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)

func newReading(t *testing.T, m directory.Mapping, bases ...string) *directory.Reading {
	t.Helper()
	r, err := directory.New("corp", directory.OpenLDAP(), m, bases, now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// passes reads what each pass brought.
func passes(t *testing.T, r *directory.Reading, first, second, third []directory.Entry) *graph.Graph {
	t.Helper()
	var b graph.Builder
	add := func(f graph.Fact) bool {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
		return true
	}
	var errs []error
	for _, e := range first {
		errs = append(errs, r.Register(e))
	}
	for _, e := range second {
		n, ok, err := r.Account(e)
		errs = append(errs, err)
		if ok {
			add(n)
		}
	}
	for _, e := range third {
		_, err := r.Group(e, add)
		errs = append(errs, err)
	}
	r.Rest(add)
	r.PrimaryGroups(add)
	for _, c := range r.Coverage("test", nil) {
		add(c)
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return b.Graph()
}

func read(t *testing.T, r *directory.Reading, all ...directory.Entry) *graph.Graph {
	t.Helper()
	return passes(t, r, all, all, all)
}

// tell prints grants, gaps and what is not whole.
func tell(g *graph.Graph) []string {
	var all []string
	for x := range g.Grants() {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s in %s %s", x.From, x.To, x.Via)))
	}
	for _, x := range g.Gaps() {
		all = append(all, fmt.Sprintf("gap %s: %s", x.About, x.Reason))
	}
	for _, c := range g.Coverage() {
		if !c.State.Whole() {
			all = append(all, fmt.Sprintf("%s %s: %s", c.Dataset, c.State, c.Reason))
		}
	}
	return all
}

func TestMembers(t *testing.T) {
	ana := entry("uid=ana,dc=x", "objectClass: account", "uid: ana")
	hex := "ff"
	tests := map[string]struct {
		entries []directory.Entry
		want    []string
	}{
		"an entry that is both": {[]directory.Entry{
			entry("uid=both,dc=x", "objectClass: posixAccount", "objectClass: posixGroup", "uid: both", "cn: both", "gidNumber: 7"),
			entry("cn=g,dc=x", "objectClass: groupOfNames", "member: uid=both,dc=x"),
		}, []string{
			"account:corp/uid=both,dc=x in group:corp/cn=g,dc=x", "account:corp/uid=both,dc=x in group:corp/uid=both,dc=x primary group",
			"group:corp/uid=both,dc=x in group:corp/cn=g,dc=x",
		}},
		"a range": {[]directory.Entry{ana, entry("cn=g,dc=x", "objectClass: groupOfNames", "member;range=0-0: uid=ana,dc=x")}, []string{
			"account:corp/uid=ana,dc=x in group:corp/cn=g,dc=x", "gap group:corp/cn=g,dc=x: the server gave only a range of the members",
		}},
		"the last range": {[]directory.Entry{ana, entry("cn=g,dc=x", "objectClass: groupOfNames", "member;range=0-*: uid=ana,dc=x")}, []string{
			"account:corp/uid=ana,dc=x in group:corp/cn=g,dc=x",
		}},
		"values that are no DNs": {[]directory.Entry{ana, entry("cn=g,dc=x", "objectClass: groupOfNames", "member: ana", "member: uid=ana,dc=x", "memberUid: \xff")}, []string{
			"account:corp/uid=ana,dc=x in group:corp/cn=g,dc=x", "gap group:corp/cn=g,dc=x: member values that are no names: 2",
		}},
		"a DN that is not UTF-8": {[]directory.Entry{entry("cn=g,dc=x", "objectClass: groupOfNames", "member: cn=\xff,dc=x")}, []string{
			`unresolved:corp/cn=\` + hex + `,dc=x in group:corp/cn=g,dc=x`,
		}},
		"contacts": {[]directory.Entry{
			entry("cn=c,dc=x", "objectClass: person", "objectClass: contact"),
			entry("cn=g,dc=x", "objectClass: groupOfNames", "member: cn=c,dc=x"),
		}, []string{"unresolved:corp/cn=c,dc=x in group:corp/cn=g,dc=x"}},
		"two entries of one id": {[]directory.Entry{
			entry("uid=a,dc=x", "objectClass: account", "entryUUID: 11111111-2222-4333-8444-555555555555"),
			entry("uid=b,dc=x", "objectClass: account", "entryUUID: 11111111-2222-4333-8444-555555555555"),
			entry("cn=g,dc=x", "objectClass: groupOfNames", "member: uid=a,dc=x", "member: uid=b,dc=x"),
		}, []string{
			"account:corp/11111111-2222-4333-8444-555555555555 in group:corp/cn=g,dc=x", "unresolved:corp/uid=b,dc=x in group:corp/cn=g,dc=x",
			"accounts partial: entries left out for having the DN or the id of another: 1", "groups partial: entries left out for having the DN or the id of another: 1",
			"memberships partial: entries left out for having the DN or the id of another: 1", "sign-in partial: entries left out for having the DN or the id of another: 1",
		}},
		"an unreadable class": {[]directory.Entry{ana, entry("cn=?,dc=x")}, []string{
			"accounts partial: entries without a readable objectClass: 1", "groups partial: entries without a readable objectClass: 1",
			"memberships partial: entries without a readable objectClass: 1", "sign-in partial: entries without a readable objectClass: 1",
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, tell(read(t, newReading(t, directory.Mapping{}), test.entries...))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestPassesDisagree: what one pass has and another has not makes a dataset
// partial.
func TestPassesDisagree(t *testing.T) {
	ana, bo := entry("uid=ana,dc=x", "objectClass: account"), entry("uid=bo,dc=x", "objectClass: account")
	dev := entry("cn=dev,dc=x", "objectClass: groupOfNames", "member: uid=ana,dc=x")
	ops := entry("cn=ops,dc=x", "objectClass: groupOfNames", "member: uid=bo,dc=x")
	type pass = []directory.Entry
	tests := map[string]struct {
		first, second, third pass
		accounts, groups     graph.State
	}{
		"all agree":          {pass{ana, bo, dev, ops}, pass{bo, ana, ana}, pass{ops, dev}, graph.Complete, graph.Complete},
		"an account is gone": {pass{ana, bo, dev, ops}, pass{ana}, pass{dev, ops}, graph.Partial, graph.Complete},
		"an account is new":  {pass{ana, dev, ops}, pass{ana, bo}, pass{dev, ops}, graph.Partial, graph.Complete},
		"a group is gone":    {pass{ana, bo, dev, ops}, pass{ana, bo}, pass{dev}, graph.Complete, graph.Partial},
		"a group is new":     {pass{ana, bo, dev}, pass{ana, bo}, pass{dev, ops}, graph.Complete, graph.Partial},
		"one for another":    {pass{ana, dev, ops}, pass{bo}, pass{dev, ops}, graph.Partial, graph.Complete},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g := passes(t, newReading(t, directory.Mapping{}), test.first, test.second, test.third)
			if a, m := g.State("corp", graph.Accounts), g.State("corp", graph.Memberships); a != test.accounts || m != test.groups {
				t.Errorf("accounts %s, memberships %s; want %s and %s", a, m, test.accounts, test.groups)
			}
		})
	}
}

func TestAccount(t *testing.T) {
	tests := map[string]struct {
		mapping directory.Mapping
		lines   []string
		want    string
	}{
		"what is known": {directory.Mapping{}, []string{
			"uid: ana", "cn: Ana", "cn: Ana Ruiz", "mail: b@x", "mail: a@x", "employeeNumber: E1", "createTimestamp: 20190201000000Z",
			"authTimestamp: 20261001080000Z", "pwdLastSuccess: 20261002100000.5+0200", "loginShell: /usr/sbin/nologin",
		}, "ana created=2019-02-01T00:00:00Z display_name=Ana dn=uid=ana,dc=x employee_id=E1 last_sign_in=2026-10-02T08:00:00Z mail=a@x|b@x"},
		"nothing is known":        {directory.Mapping{}, nil, "uid=ana,dc=x dn=uid=ana,dc=x"},
		"not UTF-8":               {directory.Mapping{}, []string{"uid: ana", "description: \xff", "description: fine"}, "ana description=fine dn=uid=ana,dc=x"},
		"two employee ids":        {directory.Mapping{}, []string{"uid: ana", "employeeNumber: E1", "employeeNumber: E2"}, "ana dn=uid=ana,dc=x"},
		"no time":                 {directory.Mapping{}, []string{"uid: ana", "createTimestamp: 0", "authTimestamp: never"}, "ana dn=uid=ana,dc=x"},
		"disabled":                {directory.Mapping{}, []string{"uid: ana", "nsAccountLock: TRUE"}, "ana dn=uid=ana,dc=x status=disabled"},
		"not disabled":            {directory.Mapping{}, []string{"uid: ana", "nsAccountLock: false"}, "ana dn=uid=ana,dc=x status=enabled"},
		"disabled and locked":     {directory.Mapping{}, []string{"uid: ana", "nsAccountLock: true", "pwdAccountLockedTime: 20260101000000Z"}, "ana dn=uid=ana,dc=x lock=since 2026-01-01T00:00:00Z status=disabled"},
		"locked for good":         {directory.Mapping{}, []string{"uid: ana", "pwdAccountLockedTime: 000001010000Z"}, "ana dn=uid=ana,dc=x lock=permanent status=locked"},
		"governed and not locked": {directory.Mapping{}, []string{"uid: ana", "pwdChangedTime: 20260101000000Z"}, "ana dn=uid=ana,dc=x password_set=2026-01-01T00:00:00Z status=enabled"},
		"mapped": {directory.Mapping{
			Attributes: map[string]string{"status": "state", "employee_id": "badge", "cost_centre": "departmentNumber", "owner": "manager"},
			Values:     map[string]map[string]string{"status": {"1": "enabled"}},
		}, []string{"uid: ana", "state: 1", "badge: B7", "employeeNumber: E1", "departmentNumber: 4711", "manager: identity:hr/E9"},
			"ana cost_centre=4711 dn=uid=ana,dc=x employee_id=B7 owner=identity:hr/E9 status=enabled"},
		"a value that is not listed": {directory.Mapping{
			Attributes: map[string]string{"status": "state"}, Values: map[string]map[string]string{"status": {"1": "enabled", "": "disabled"}},
		}, []string{"uid: ana", "state: 2"}, "ana dn=uid=ana,dc=x"},
		"a status that is none": {directory.Mapping{Attributes: map[string]string{"status": "state"}}, []string{"uid: ana", "state: on"}, "ana dn=uid=ana,dc=x"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := entry("uid=ana,dc=x", append(test.lines, "objectClass: inetOrgPerson")...)
			g := read(t, newReading(t, test.mapping), e)
			lo, hi := g.Range(graph.Account)
			if hi-lo != 1 {
				t.Fatalf("%d accounts", hi-lo)
			}
			n := g.Node(lo)
			got := []string{n.Name}
			for _, a := range n.Attrs {
				got = append(got, a.Key+"="+strings.Join(a.Values, "|"))
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestHostileEntries: no entry makes a fact that the graph refuses.
func TestHostileEntries(t *testing.T) {
	long := "cn=" + strings.Repeat("x", 5000) + ",dc=x"
	g := read(t, newReading(t, directory.Mapping{}, "dc=x"),
		entry(long, "objectClass: groupOfNames", "member: "+long, "member: cn="+strings.Repeat("y", 9000)+",dc=x"),
		entry("cn=\x1b[2J\u202e,dc=x", "objectClass: account", "uid: \x1b[2J", "entryUUID: nonsense\n"),
		entry("cn=\xff,dc=x", "objectClass: account", "uid: \xff", "gidNumber: -1"),
		entry("", "objectClass: account", "cn: root"),
	)
	if lo, hi := g.Range(graph.Account); hi-lo != 3 {
		t.Errorf("%d accounts, want 3", hi-lo)
	}
	for n := range uint32(g.NumNodes()) {
		if err := g.ID(n).Check(); err != nil {
			t.Error(err)
		}
	}
}

func TestActiveDirectoryIsRefused(t *testing.T) {
	err := newReading(t, directory.Mapping{}).Register(entry("cn=a", "objectClass: user", "sAMAccountName: a"))
	if !errors.Is(err, directory.ErrActiveDirectory) {
		t.Errorf("got %v", err)
	}
}
