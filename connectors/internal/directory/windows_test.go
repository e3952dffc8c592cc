// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
	"github.com/foureyes-iga/foureyes/graph"
)

const head = "DC=corp,DC=x"

// bytesOf writes the SID of a text.
func bytesOf(text string) string {
	parts := strings.Split(text, "-")[2:]
	b := []byte{1, byte(len(parts) - 1), 0, 0, 0, 0, 0, 0}
	authority, _ := strconv.Atoi(parts[0])
	b[7] = byte(authority)
	for _, p := range parts[1:] {
		n, _ := strconv.ParseUint(p, 10, 32)
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return string(b)
}

const home = "S-1-5-21-1-2-3-" // the domain

// thing makes an entry of Active Directory: a number that is its RID and its
// objectGUID, a DN below the head, and lines.
func thing(rid int, dn string, lines ...string) directory.Entry {
	id := make([]byte, 16)
	binary.BigEndian.PutUint32(id[12:], uint32(rid))
	return entry(dn+","+head, append(lines, "objectGUID: "+string(id), "objectSid: "+bytesOf(home+strconv.Itoa(rid)))...)
}

func user(rid int, name string, lines ...string) directory.Entry {
	return thing(rid, "CN="+name, append(lines, "objectClass: user", "sAMAccountName: "+name, "primaryGroupID: 513")...)
}

func group(rid int, name string, lines ...string) directory.Entry {
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "groupType: ") }) {
		lines = append(lines, "groupType: -2147483646")
	}
	return thing(rid, "CN="+name, append(lines, "objectClass: group", "sAMAccountName: "+name)...)
}

func administrators(lines ...string) directory.Entry {
	e := thing(544, "CN=Administrators", append(lines, "sAMAccountName: Administrators", "groupType: -2147483643")...)
	e.Attrs[len(e.Attrs)-1].Values[0] = []byte(bytesOf("S-1-5-32-544"))
	return e
}

// company returns the head of the domain, its users' group, and more.
func company(more ...directory.Entry) []directory.Entry {
	domain := entry(head, "objectClass: domainDNS", "objectSid: "+bytesOf(strings.TrimSuffix(home, "-")), "msDS-LogonTimeSyncInterval: 9")
	return append([]directory.Entry{domain, group(513, "Domain Users")}, more...)
}

func windows(t *testing.T, m directory.Mapping, all ...directory.Entry) *graph.Graph {
	t.Helper()
	r, err := directory.New("corp", directory.ActiveDirectory(), m, []string{head}, now)
	if err != nil {
		t.Fatal(err)
	}
	var b graph.Builder
	add := func(f graph.Fact) bool {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
		return true
	}
	var errs []error
	for _, e := range all {
		errs = append(errs, r.Register(e))
	}
	for _, e := range all {
		r.DisabledSince(e)
	}
	for _, e := range all {
		n, ok, err := r.Account(e)
		errs = append(errs, err)
		if ok {
			add(n)
			r.Control(e, n.ID, add)
		}
	}
	for _, e := range all {
		_, err := r.Group(e, add)
		errs = append(errs, err)
	}
	r.Rest(add)
	r.WantedMachines()
	for _, e := range all {
		n, ok, err := r.Machine(e)
		errs = append(errs, err)
		if ok {
			add(n)
		}
	}
	r.PrimaryGroups(add)
	for _, c := range r.Coverage("test", nil) {
		add(c)
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return b.Graph()
}

// held prints who is in what, by name, besides the group of all users.
func held(g *graph.Graph) []string {
	name := func(id graph.ID) string {
		n, _ := g.Find(id)
		return g.Name(n)
	}
	var all []string
	for x := range g.Grants() {
		line := fmt.Sprintf("%s %s %s", name(x.From), x.Kind, name(x.To))
		if x.Via != "" {
			line += " (" + x.Via + ")"
		}
		if !x.Since.IsZero() {
			line += " since " + x.Since.Format(time.DateOnly)
		}
		if !strings.HasSuffix(line, "Domain Users (primary group)") {
			all = append(all, line)
		}
	}
	for _, x := range g.Gaps() {
		all = append(all, fmt.Sprintf("gap %s of %s: %s", x.Dataset, name(x.About), x.Reason))
	}
	for _, c := range g.Coverage() {
		if !c.State.Whole() && c.Dataset != graph.Control && c.Dataset != graph.SignIn {
			all = append(all, fmt.Sprintf("%s %s: %s", c.Dataset, c.State, c.Reason))
		}
	}
	slices.Sort(all)
	return all
}

func TestWindowsMembers(t *testing.T) {
	const foreign = "S-1-5-21-9-9-9-1107"
	stranger := thing(5000, "CN="+foreign+",CN=ForeignSecurityPrincipals", "objectClass: foreignSecurityPrincipal")
	stranger.Attrs[len(stranger.Attrs)-1].Values[0] = []byte(bytesOf(foreign))
	everybody := thing(5001, "CN=S-1-5-11,CN=ForeignSecurityPrincipals", "objectClass: foreignSecurityPrincipal")
	everybody.Attrs[len(everybody.Attrs)-1].Values[0] = []byte(bytesOf("S-1-5-11"))
	ana := user(1001, "ana")
	twin := user(1003, "max")
	twin.Attrs[slices.IndexFunc(twin.Attrs, func(a directory.Attr) bool { return a.Name == "objectSid" })].Values[0] = []byte(bytesOf(home + "1001"))
	meta := func(dn, deleted, changed string) string {
		return "msDS-ReplValueMetaData: <DS_REPL_VALUE_META_DATA><pszAttributeName>member</pszAttributeName><pszObjectDn>" + dn +
			"</pszObjectDn><ftimeDeleted>" + deleted + "</ftimeDeleted><dwVersion>1</dwVersion><ftimeLastOriginatingChange>" + changed + "</ftimeLastOriginatingChange></DS_REPL_VALUE_META_DATA>\x00"
	}
	tests := map[string]struct {
		entries []directory.Entry
		want    []string
	}{
		"a primary group lists no members": {
			[]directory.Entry{group(512, "Domain Admins"), thing(1002, "CN=eve", "objectClass: user", "sAMAccountName: eve", "primaryGroupID: 512")},
			[]string{"eve member Domain Admins (primary group)"},
		},
		"a primary group that is not read": {
			[]directory.Entry{thing(1002, "CN=eve", "objectClass: user", "sAMAccountName: eve", "primaryGroupID: 777")},
			[]string{"memberships partial: accounts whose primary group lies outside what is read: 1; add its place to base"},
		},
		"a foreign principal is unresolved, and authenticated": {
			[]directory.Entry{stranger, group(2001, "ops", "member: CN="+foreign+",CN=ForeignSecurityPrincipals,"+head)},
			[]string{foreign + " member Authenticated Users (another domain)", foreign + " member ops"},
		},
		"a foreign principal whose entry is not shown": {
			[]directory.Entry{group(2001, "ops", "member: CN="+foreign+",CN=ForeignSecurityPrincipals,"+head)},
			[]string{foreign + " member Authenticated Users (another domain)", foreign + " member ops"},
		},
		"everybody": {
			[]directory.Entry{everybody, group(2001, "ops", "member: CN=S-1-5-11,CN=ForeignSecurityPrincipals,"+head)},
			[]string{"Authenticated Users member ops"},
		},
		"SID history of a group": {
			[]directory.Entry{group(2001, "old"), user(1003, "max", "sIDHistory: "+bytesOf(home+"2001"))},
			[]string{"max member old (SID history)"},
		},
		"SID history of another account": {
			[]directory.Entry{ana, user(1003, "max", "sIDHistory: "+bytesOf(home+"1001"))},
			[]string{"max controls ana (SID history)"},
		},
		"SID history of a foreign member": {
			[]directory.Entry{stranger, user(1003, "max", "sIDHistory: "+bytesOf(foreign)), group(2001, "ops", "member: CN="+foreign+",CN=ForeignSecurityPrincipals,"+head)},
			[]string{"max member ops (SID history)"},
		},
		"a computer is told where it is a member": {
			[]directory.Entry{
				thing(3001, "CN=PC1", "objectClass: user", "objectClass: computer", "sAMAccountName: PC1$", "primaryGroupID: 515"),
				thing(3002, "CN=PC2", "objectClass: user", "objectClass: computer", "sAMAccountName: PC2$", "primaryGroupID: 515"),
				group(515, "Domain Computers"), group(2001, "ops", "member: CN=PC1,"+head),
			},
			[]string{"PC1$ member Domain Computers (primary group)", "PC1$ member ops"},
		},
		"a domain controller is in a group that lists no such members": {
			[]directory.Entry{thing(3001, "CN=DC1", "objectClass: user", "objectClass: computer", "sAMAccountName: DC1$", "primaryGroupID: 516"), group(516, "Domain Controllers")},
			[]string{"DC1$ member Domain Controllers (primary group)"},
		},
		"a distribution group opens no security group": {
			[]directory.Entry{ana, group(2001, "mail", "groupType: 2", "member: CN=ana,"+head), group(2002, "ops", "member: CN=mail,"+head), group(2003, "list", "groupType: 8", "member: CN=mail,"+head)},
			[]string{"ana member mail", "mail member list"},
		},
		"members that a group hides": {
			[]directory.Entry{user(1003, "max", "memberOf: CN=vault,"+head), group(2001, "vault")},
			[]string{"gap memberships of vault: 1 more say that they are its members than it shows; some are hidden, or left while this was read"},
		},
		"a group that is hidden": {
			[]directory.Entry{user(1003, "max", "memberOf: CN=vault,"+head)},
			[]string{
				"groups partial: members name groups that cannot be seen: 1, such as cn=vault,dc=corp,dc=x; hidden by access control, or made while this was read",
				"memberships partial: there are groups that cannot be seen",
			},
		},
		"since when": {
			[]directory.Entry{ana, user(1003, "max"), group(2001, "ops", "member: CN=ana,"+head, "member: CN=max,"+head,
				meta("CN=ana,"+head, "1601-01-01T00:00:00Z", "2024-05-02T08:00:00Z"), meta("CN=max,"+head, "2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z"))},
			[]string{"ana member ops since 2024-05-02", "max member ops"},
		},
		"a range without an end": {
			[]directory.Entry{ana, group(2001, "ops", "member;range=0-0: CN=ana,"+head)},
			[]string{"ana member ops", "gap memberships of ops: the server gave only a range of the members"},
		},
		"a first range that begins later": {
			[]directory.Entry{ana, group(2001, "ops", "member;range=5-*: CN=ana,"+head)},
			[]string{"ana member ops", "gap memberships of ops: the server gave only a range of the members"},
		},
		"the group of all computers in another group": {
			[]directory.Entry{
				thing(3001, "CN=PC1", "objectClass: user", "objectClass: computer", "sAMAccountName: PC1$", "primaryGroupID: 515"),
				group(515, "Domain Computers"), group(2001, "pay", "member: CN=Domain Computers,"+head),
			},
			[]string{"Domain Computers member pay", "PC1$ member Domain Computers (primary group)"},
		},
		"administrators without members": {
			[]directory.Entry{ana, administrators("objectClass: group"), group(2001, "vault")},
			[]string{
				"gap memberships of Administrators: it shows no members, and nobody's memberOf is shown",
				"gap memberships of Domain Users: it shows no members, and nobody's memberOf is shown",
				"gap memberships of vault: it shows no members, and nobody's memberOf is shown",
				"memberships partial: the built-in administrators (S-1-5-32-544), who always have members, show none: other groups may hide theirs, too",
			},
		},
		"two accounts of one SID": {
			[]directory.Entry{ana, twin},
			[]string{"memberships partial: accounts, groups and computers whose SID another one has: 1"},
		},
		"two entries of one SID": {
			[]directory.Entry{ana, user(1003, "max", "objectSid: "+bytesOf(home+"1001")), group(2001, "ops", "member: CN=ana,"+head)},
			[]string{"ana member ops", "memberships partial: accounts and groups that do not show the number of their primary group, or their own: 1; let the bind identity read it; accounts, groups and computers that do not show their objectSid: 1; let the bind identity read it"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g := windows(t, directory.Mapping{}, company(test.entries...)...)
			if diff := cmp.Diff(test.want, held(g)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// fileTimeOf is the number of 100 ns since 1601.
func fileTimeOf(at time.Time) string {
	return strconv.FormatInt((at.Unix()+11_644_473_600)*10_000_000, 10)
}

func TestWindowsAccount(t *testing.T) {
	past, future := fileTimeOf(now.AddDate(0, 0, -1)), fileTimeOf(now.AddDate(0, 0, 1))
	const common = "dn=CN=eve,DC=corp,DC=x "
	const sid = " sid=S-1-5-21-1-2-3-1001 "
	tests := map[string]struct {
		lines []string
		want  string
	}{
		"enabled":               {[]string{"userAccountControl: 512"}, common + "mfa=not-applicable" + sid + "status=enabled"},
		"disabled":              {[]string{"userAccountControl: 514"}, common + "mfa=not-applicable" + sid + "status=disabled"},
		"locked is worked out":  {[]string{"userAccountControl: 512", "msDS-User-Account-Control-Computed: 16"}, common + "mfa=not-applicable" + sid + "status=locked"},
		"a stored lock is none": {[]string{"userAccountControl: 528"}, common + "mfa=not-applicable" + sid + "status=enabled"},
		"expired":               {[]string{"userAccountControl: 512", "accountExpires: " + past}, common + "expires=2026-09-30T00:00:00Z mfa=not-applicable" + sid + "status=expired"},
		"expires tomorrow":      {[]string{"userAccountControl: 512", "accountExpires: " + future}, common + "expires=2026-10-02T00:00:00Z mfa=not-applicable" + sid + "status=enabled"},
		"never expires, 0":      {[]string{"userAccountControl: 512", "accountExpires: 0"}, common + "mfa=not-applicable" + sid + "status=enabled"},
		"never expires, 2^63-1": {[]string{"userAccountControl: 512", "accountExpires: 9223372036854775807"}, common + "mfa=not-applicable" + sid + "status=enabled"},
		"disabled beats expired": {[]string{"userAccountControl: 514", "accountExpires: " + past},
			common + "expires=2026-09-30T00:00:00Z mfa=not-applicable" + sid + "status=disabled"},
		"nothing is shown": {nil, strings.TrimSpace(common + strings.TrimSpace(sid))},
		"smart card":       {[]string{"userAccountControl: 262656"}, common + "mfa=enforced" + sid + "status=enabled"},
		"weak passwords": {[]string{"userAccountControl: 4260384", "pwdLastSet: 0"},
			common + "mfa=not-applicable password_expires=never password_required=false password_set=never preauthentication=false" + sid + "status=enabled"},
		"last sign-in": {[]string{"userAccountControl: 512", "lastLogonTimestamp: " + fileTimeOf(now.AddDate(0, 0, -30)), "lastLogon: 0"},
			common + "last_sign_in=2026-09-01T00:00:00Z last_sign_in_uncertainty=9d mfa=not-applicable" + sid + "status=enabled"},
		"this server's own sign-in is later": {[]string{"userAccountControl: 512", "lastLogonTimestamp: " + fileTimeOf(now.AddDate(0, 0, -30)), "lastLogon: " + fileTimeOf(now.AddDate(0, 0, -29))},
			common + "last_sign_in=2026-09-02T00:00:00Z last_sign_in_uncertainty=9d mfa=not-applicable" + sid + "status=enabled"},
		"never signed in is unknown": {[]string{"userAccountControl: 512", "lastLogonTimestamp: 0"}, common + "mfa=not-applicable" + sid + "status=enabled"},
		"a service by its principal names": {[]string{"userAccountControl: 512", "servicePrincipalName: HTTP/x"},
			"account_kind=has service principal names " + common + "mfa=not-applicable service_principals=HTTP/x" + sid + "status=enabled type=service"},
		"a room": {[]string{"userAccountControl: 514", "msExchRecipientTypeDetails: 16"},
			"account_kind=resource mailbox " + common + "mfa=not-applicable" + sid + "status=disabled type=resource"},
		"a trust is nobody": {[]string{"userAccountControl: 2080"},
			"account_kind=trust " + common + "mfa=not-applicable password_required=false" + sid + "status=enabled type=system"},
		"a managed service account": {[]string{"objectClass: msDS-GroupManagedServiceAccount", "objectClass: computer", "userAccountControl: 4096"},
			"account_kind=group managed service account " + common + "mfa=not-applicable" + sid + "status=enabled type=service"},
		"once protected": {[]string{"userAccountControl: 512", "adminCount: 1"}, "admin_count=1 " + common + "mfa=not-applicable" + sid + "status=enabled"},
		"disabled since": {[]string{"userAccountControl: 514", "msDS-ReplAttributeMetaData: <DS_REPL_ATTR_META_DATA><pszAttributeName>userAccountControl</pszAttributeName><dwVersion>3</dwVersion><ftimeLastOriginatingChange>2025-02-03T04:05:06Z</ftimeLastOriginatingChange></DS_REPL_ATTR_META_DATA>"},
			"disabled_at=2025-02-03T04:05:06Z " + common + "mfa=not-applicable" + sid + "status=disabled"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g := windows(t, directory.Mapping{}, company(user(1001, "eve", test.lines...))...)
			lo, hi := g.Range(graph.Account)
			if hi-lo != 1 {
				t.Fatalf("%d accounts", hi-lo)
			}
			var got []string
			for _, a := range g.Node(lo).Attrs {
				if !slices.Contains([]string{"by policy", "true", "none"}, a.Values[0]) && a.Key != "display_name" {
					got = append(got, a.Key+"="+strings.Join(a.Values, "|"))
				}
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Privileged things are known by their SID, whatever they are called.
func TestPrivilegedBySID(t *testing.T) {
	g := windows(t, directory.Mapping{}, company(
		group(512, "Domänen-Admins"), group(2001, "Domain Admins"), user(500, "nobody"), user(1001, "Administrator"))...)
	var got []string
	for n := range uint32(g.NumNodes()) {
		if v, _ := g.Attr(n, "privileged"); v == "true" {
			got = append(got, g.Name(n))
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"Domänen-Admins", "nobody"}, got); diff != "" {
		t.Errorf("privileged (-want +got):\n%s", diff)
	}
}

// Without a single access list nothing is known of control; where some are shown,
// the others are gaps.
func TestAccessLists(t *testing.T) {
	sd := func(owner string, aces ...string) string {
		acl := strings.Join(aces, "")
		b := []byte{1, 0, 0x04, 0x80}
		b = binary.LittleEndian.AppendUint32(b, 20)
		b = binary.LittleEndian.AppendUint32(b, 0)
		b = binary.LittleEndian.AppendUint32(b, 0)
		b = binary.LittleEndian.AppendUint32(b, uint32(20+len(bytesOf(owner))))
		b = append(b, bytesOf(owner)...)
		b = append(b, 4, 0)
		b = binary.LittleEndian.AppendUint16(b, uint16(8+len(acl)))
		b = binary.LittleEndian.AppendUint16(b, uint16(len(aces)))
		return string(append(append(b, 0, 0), acl...))
	}
	allow := func(rights uint32, who string) string {
		b := []byte{0, 0}
		b = binary.LittleEndian.AppendUint16(b, uint16(8+len(bytesOf(who))))
		b = binary.LittleEndian.AppendUint32(b, rights)
		return string(append(b, bytesOf(who)...))
	}
	list := sd(home+"512", allow(0x000f01ff, home+"2001"), allow(0x40000, "S-1-5-11"), allow(0x000f01ff, "S-1-5-18"), allow(0x10, "S-1-1-0"))
	g := windows(t, directory.Mapping{}, company(group(512, "admins"), group(2001, "helpdesk"), user(1001, "ana", "nTSecurityDescriptor: "+list), user(1002, "ben"))...)
	want := []string{
		"Authenticated Users controls ana (WriteDacl)", "admins controls ana (Owns)",
		"gap control of Domain Users: denied: its access list is not shown", "gap control of admins: denied: its access list is not shown",
		"gap control of ben: denied: its access list is not shown", "gap control of helpdesk: denied: its access list is not shown",
		"helpdesk controls ana (GenericAll)",
	}
	if diff := cmp.Diff(want, held(g)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := g.State("corp", graph.Control); got != graph.Complete {
		t.Errorf("control is %s, want complete but for the gaps", got)
	}
	none := windows(t, directory.Mapping{}, company(user(1001, "ana"))...)
	if got := none.State("corp", graph.Control); got != graph.Denied || len(none.Gaps()) > 0 {
		t.Errorf("control is %s with %d gaps, want denied as a whole", got, len(none.Gaps()))
	}
}

// Members move from range to range when some are added or taken meanwhile.
func TestAGroupChangedBetweenRanges(t *testing.T) {
	for name, c := range map[string]struct{ before, after, want string }{
		"the same mark": {"uSNChanged: 7", "uSNChanged: 7", ""},
		"no marks":      {"cn: ops", "cn: ops", ""},
		"another mark":  {"uSNChanged: 7", "uSNChanged: 8", "the group was changed while its members were read; collect again"},
		"a mark hidden": {"uSNChanged: 7", "cn: ops", "the group was changed while its members were read; collect again"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := directory.New("corp", directory.ActiveDirectory(), directory.Mapping{}, []string{head}, now)
			if err != nil {
				t.Fatal(err)
			}
			ops := group(2001, "ops", "member;range=0-0: CN=ana,"+head, c.before)
			if err := r.Register(ops); err != nil {
				t.Fatal(err)
			}
			quiet := func(graph.Fact) bool { return true }
			if _, err := r.Group(ops, quiet); err != nil {
				t.Fatal(err)
			}
			open := r.Unfinished()
			if len(open) != 1 || !slices.Contains(open[0].Attributes(), "uSNChanged") {
				t.Fatalf("%+v, want one group that waits, and its mark to be asked for", open)
			}
			got := ""
			r.Range(&open[0], group(2001, "ops", "member;range=1-*: CN=ben,"+head, c.after), func(f graph.Fact) bool {
				if gap, ok := f.(graph.Gap); ok {
					got += gap.Reason
				}
				return true
			})
			if got != c.want {
				t.Errorf("gap %q, want %q", got, c.want)
			}
		})
	}
}
