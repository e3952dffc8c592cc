// SPDX-License-Identifier: Apache-2.0

package tenant_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
	"github.com/foureyes-iga/foureyes/graph"
)

// attr returns an attribute of a node as text; "-" is unknown.
func attr(t testing.TB, all []graph.Fact, id, key string) string {
	t.Helper()
	for _, f := range all {
		if n, ok := f.(graph.Node); ok && n.ID.String() == id {
			vs := n.Attrs.Values(key)
			if vs == nil {
				return "-"
			}
			return strings.Join(vs, "|")
		}
	}
	t.Fatalf("no node %s", id)
	return ""
}

// grants returns the grants of a kind as text, in order.
func grants(all []graph.Fact, k graph.GrantKind) []string {
	var found []string
	for _, f := range all {
		if g, ok := f.(graph.Grant); ok && g.Kind == k {
			line := g.From.String() + " " + g.To.String()
			if !g.UntilTime.IsZero() {
				line += " until " + g.UntilTime.Format("2006-01-02")
			}
			if g.Since.IsZero() && g.Via == "" {
				found = append(found, line)
				continue
			}
			if !g.Since.IsZero() {
				line += " since " + g.Since.Format("2006-01-02")
			}
			if g.Via != "" {
				line += " via " + g.Via
			}
			found = append(found, line)
		}
	}
	return found
}

// gaps returns the gaps as text, in order.
func gaps(all []graph.Fact) []string {
	var found []string
	for _, f := range all {
		if g, ok := f.(graph.Gap); ok {
			found = append(found, fmt.Sprintf("%s %s: %s", g.About, g.Dataset, g.Reason))
		}
	}
	return found
}

// covered returns the record of a dataset.
func covered(t testing.TB, all []graph.Fact, d graph.Dataset) graph.Coverage {
	t.Helper()
	for _, f := range all {
		if c, ok := f.(graph.Coverage); ok && c.Dataset == d {
			return c
		}
	}
	t.Fatalf("no coverage of %s", d)
	return graph.Coverage{}
}

func one(u tenant.User) *tenant.Tenant {
	return &tenant.Tenant{Source: "e", ID: "t1", Users: map[string]tenant.User{"u": u}}
}

func TestUsers(t *testing.T) {
	own := []tenant.UserIdentity{{SignInType: "userPrincipalName", Issuer: "contoso.onmicrosoft.com"}}
	for _, tt := range []struct {
		name    string
		user    tenant.User
		mailbox string
		want    string // status, type, external
	}{
		{"member", tenant.User{UPN: "a@b", Enabled: yes(), Identities: own}, "user", "enabled person false"},
		{"disabled", tenant.User{UPN: "a@b", Enabled: no(), Identities: own}, "", "disabled person false"},
		{"deleted", tenant.User{UPN: "a@b", Enabled: yes(), Identities: own, Deleted: at("2026-01-01T00:00:00Z")}, "", "disabled person false"},
		{"deleted, and nobody knows when", tenant.User{UPN: "a@b", Enabled: yes(), Identities: own, Deleted: at("1970-01-01T00:00:00Z")}, "", "disabled person false"},
		{"null is not disabled", tenant.User{UPN: "a@b", Identities: own}, "", "- person false"},
		{"bare", tenant.User{Bare: true}, "", "- - -"},
		{"invited member", tenant.User{UPN: "a@b", Enabled: yes(), UserType: "Member", CreationType: "Invitation", Identities: own}, "", "enabled guest true"},
		{"guest by label only", tenant.User{UPN: "a@b", Enabled: yes(), UserType: "Guest", Identities: own}, "", "enabled person false"},
		{"by login", tenant.User{UPN: "a_b#ext#@c", Enabled: yes()}, "", "enabled guest true"},
		{"federated elsewhere", tenant.User{UPN: "a@b", Identities: []tenant.UserIdentity{{SignInType: "federated", Issuer: "google.com"}}}, "", "- guest true"},
		{"federated here", tenant.User{UPN: "a@b", Identities: []tenant.UserIdentity{{SignInType: "federated", Issuer: "T1"}}}, "", "- person false"},
		{"federated by nobody", tenant.User{UPN: "a@b", Identities: []tenant.UserIdentity{{SignInType: "federated"}}}, "", "- person false"},
		{"identities not shown", tenant.User{UPN: "a@b", Enabled: yes()}, "", "enabled - -"},
		{"login not shown", tenant.User{Enabled: yes(), Identities: own}, "", "enabled - -"},
		{"no identities", tenant.User{UPN: "a@b", Identities: []tenant.UserIdentity{}}, "", "- person false"},
		{"shared", tenant.User{UPN: "a@b", Identities: own}, "shared", "- shared false"},
		{"room", tenant.User{UPN: "a@b", Identities: own}, "Room", "- resource false"},
		{"others", tenant.User{UPN: "a@b", Identities: own}, "others", "- person false"},
		{"shared guest", tenant.User{UPN: "a@b", CreationType: "invitation"}, "shared", "- guest true"},
	} {
		x := one(tt.user)
		x.Mailboxes = map[string]string{"u": tt.mailbox}
		all := tell(t, x)
		got := attr(t, all, "account:e/u", "status") + " " + attr(t, all, "account:e/u", "type") + " " + attr(t, all, "account:e/u", "external")
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
		if since := attr(t, all, "account:e/u", "deleted_at"); (since != "-") != (tt.user.Deleted.Unix() > 0) {
			t.Errorf("%s: deleted at %s", tt.name, since)
		}
	}
}

func TestObjectGUID(t *testing.T) {
	for immutable, want := range map[string]string{
		"AAECAwQFBgcICQoLDA0ODw==": "03020100-0504-0706-0809-0a0b0c0d0e0f",
		"AAECAwQFBgcICQoLDA0OD":    "-", // not base64
		"AAECAw==":                 "-", // too short
		"employee-17":              "-",
		"":                         "-",
	} {
		all := tell(t, one(tenant.User{OnPremises: tenant.OnPremises{ImmutableID: immutable}}))
		if got := attr(t, all, "account:e/u", "object_guid"); got != want {
			t.Errorf("%q: got %s, want %s", immutable, got, want)
		}
	}
}

func TestSignIns(t *testing.T) {
	for _, tt := range []struct{ success, interactive, other, last, attempt string }{
		{"2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z", "", "2026-01-02T00:00:00Z", "-"},
		{"", "2026-01-03T00:00:00Z", "2026-01-04T00:00:00Z", "2023-12-01T00:00:00Z", "2026-01-04T00:00:00Z"},
		{"", "2021-01-03T00:00:00Z", "2021-01-02T00:00:00Z", "2021-01-03T00:00:00Z", "2021-01-03T00:00:00Z"},
		{"", "", "", "-", "-"},
	} {
		var in tenant.SignIn
		if tt.success != "" {
			in.LastSuccessful = at(tt.success)
		}
		if tt.interactive != "" {
			in.LastInteractive = at(tt.interactive)
		}
		if tt.other != "" {
			in.LastNonInteractive = at(tt.other)
		}
		x := one(tenant.User{})
		x.SignIns = map[string]tenant.SignIn{"u": in}
		all := tell(t, x)
		last, attempt, lag := attr(t, all, "account:e/u", "last_sign_in"), attr(t, all, "account:e/u", "last_sign_in_attempt"), attr(t, all, "account:e/u", "last_sign_in_uncertainty")
		if last != tt.last || attempt != tt.attempt {
			t.Errorf("%v: got %s and %s", tt, last, attempt)
		}
		if _, err := graph.ParseDuration(lag); (err == nil) != (last != "-") {
			t.Errorf("%v: uncertainty %q: %v", tt, lag, err)
		}
	}
}

func TestGroupKinds(t *testing.T) {
	for _, tt := range []struct {
		group tenant.Group
		want  string
	}{
		{tenant.Group{Types: []string{"Unified"}}, "microsoft365 -"},
		{tenant.Group{Types: []string{"Unified", "DynamicMembership"}, MembershipRule: "r"}, "microsoft365 true"},
		{tenant.Group{Types: []string{}, SecurityEnabled: yes(), MailEnabled: no()}, "security -"},
		{tenant.Group{Types: []string{}, SecurityEnabled: yes(), MailEnabled: yes()}, "mail-security -"},
		{tenant.Group{Types: []string{}, SecurityEnabled: no(), MailEnabled: yes()}, "distribution -"},
		{tenant.Group{Types: []string{}, SecurityEnabled: no(), MailEnabled: no()}, "- -"},
		{tenant.Group{Types: []string{}, MailEnabled: yes()}, "- -"},
		{tenant.Group{SecurityEnabled: yes(), MailEnabled: no(), MembershipRule: "r"}, "- true"},
		{tenant.Group{Bare: true}, "- -"},
	} {
		all := tell(t, &tenant.Tenant{Source: "e", Groups: map[string]tenant.Group{"g": tt.group}})
		if got := attr(t, all, "group:e/g", "group_type") + " " + attr(t, all, "group:e/g", "dynamic"); got != tt.want {
			t.Errorf("%+v: got %s, want %s", tt.group, got, tt.want)
		}
	}
}

func security() tenant.Group {
	return tenant.Group{Types: []string{}, SecurityEnabled: yes(), MailEnabled: no()}
}

func distribution() tenant.Group {
	return tenant.Group{Types: []string{}, SecurityEnabled: no(), MailEnabled: yes()}
}

func TestMembers(t *testing.T) {
	x := one(tenant.User{})
	x.Groups = map[string]tenant.Group{"g": security(), "d": distribution(), "d2": distribution(), "bare": {Bare: true}}
	x.Members = tenant.Links{
		"g":    {{ID: "U"}, {ID: "d", Type: "group"}, {ID: "g", Type: "group"}, {ID: "c", Type: "orgContact"}, {ID: "c2", Type: "OrgContact"}, {ID: "", Type: "user"}},
		"d":    {{ID: "d2", Type: "group"}, {ID: "u", Type: "user"}},
		"bare": {{ID: "d", Type: "group"}, {ID: "w", Type: "device"}, {ID: "s"}},
	}
	all := tell(t, x)
	want := []string{
		"group:e/d group:e/bare", "account:e/w group:e/bare", "unresolved:e/s group:e/bare",
		"group:e/d2 group:e/d", "account:e/u group:e/d",
		"account:e/u group:e/g", "group:e/g group:e/g",
	}
	if diff := cmp.Diff(want, grants(all, graph.Member)); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if got := attr(t, all, "account:e/w", "type"); got != "system" {
		t.Errorf("a device is %s", got)
	}
	d := x.Details()
	if v, _ := d.Get("contacts left out"); v != "2" {
		t.Errorf("contacts left out: %s", v)
	}
	if v, _ := d.Get("left out: distribution groups in other groups"); v != "1" {
		t.Errorf("distribution groups left out: %s", v)
	}
}

func TestWindowsOfMembers(t *testing.T) {
	x := one(tenant.User{})
	x.Groups = map[string]tenant.Group{"g": security()}
	x.Members = tenant.Links{"g": {{ID: "u"}, {ID: "v"}, {ID: "w"}}}
	end := at("2027-01-01T00:00:00Z")
	x.GroupInstances = map[string]tenant.GroupInstance{
		"1": {Group: "G", Principal: tenant.Ref{ID: "U"}, Access: "member", Member: "direct", End: end},
		"2": {Group: "g", Principal: tenant.Ref{ID: "u"}, Access: "member", Member: "direct", End: end.AddDate(1, 0, 0)},
		"3": {Group: "g", Principal: tenant.Ref{ID: "v"}, Access: "member", Member: "direct", End: end},
		"4": {Group: "g", Principal: tenant.Ref{ID: "v"}, Access: "member", Member: "direct"}, // without end
		"5": {Group: "g", Principal: tenant.Ref{ID: "w"}, Access: "member", Member: "group", End: end},
		"6": {Group: "g", Principal: tenant.Ref{ID: "w"}, Access: "owner", Member: "direct", End: end},
		"7": {Group: "g", Principal: tenant.Ref{ID: "z"}, Access: "member", Member: "direct", End: end}, // not in the list
	}
	x.Audits = map[string]tenant.Audit{
		"1": {At: at("2026-01-01T00:00:00Z"), Holder: tenant.Ref{ID: "u"}, Target: tenant.Ref{ID: "g"}}, // of which window is not told
		"2": {At: at("2026-01-02T00:00:00Z"), Holder: tenant.Ref{ID: "v"}, Target: tenant.Ref{ID: "g"}},
	}
	readAll(x)
	all := tell(t, x)
	want := []string{
		"account:e/u group:e/g until 2027-01-01", "account:e/u group:e/g until 2028-01-01", "unresolved:e/v group:e/g since 2026-01-02", "unresolved:e/w group:e/g",
		"unresolved:e/z group:e/g until 2027-01-01 via PIM for Groups",
	}
	if diff := cmp.Diff(want, grants(all, graph.Member)); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"unresolved:e/w group:e/g until 2027-01-01 via owner"}, grants(all, graph.Controls)); diff != "" {
		t.Errorf("owners (-want +got):\n%s", diff)
	}
	if c := covered(t, all, graph.Memberships); c.State != graph.Partial || !strings.Contains(c.Reason, "do not: 1") {
		t.Errorf("memberships are %s: %s", c.State, c.Reason)
	}
}

func TestOwners(t *testing.T) {
	x := one(tenant.User{})
	x.Groups = map[string]tenant.Group{"plain": security(), "synced": security(), "dynamic": security(), "unknown": {}, "locked": security()}
	synced, dynamic := x.Groups["synced"], x.Groups["dynamic"]
	synced.OnPremises.Synced, dynamic.Types = yes(), []string{"DynamicMembership"}
	x.Groups["synced"], x.Groups["dynamic"] = synced, dynamic
	x.GroupOwners = tenant.Links{}
	x.GroupEligibility = map[string]tenant.GroupInstance{}
	for id := range x.Groups {
		x.GroupOwners[id] = []tenant.Ref{{ID: "u"}}
		x.GroupEligibility[id] = tenant.GroupInstance{Group: id, Principal: tenant.Ref{ID: "s"}, Access: "owner", Member: "direct"}
	}
	x.Units = map[string]tenant.Unit{"r": {Restricted: yes()}}
	x.UnitMembers = tenant.Links{"r": {{ID: "locked"}}}
	want := []string{
		"unresolved:e/s group:e/plain via eligible owner", "unresolved:e/s group:e/unknown via eligible owner",
		"account:e/u group:e/plain via owner", "account:e/u group:e/unknown via owner",
	}
	if diff := cmp.Diff(want, grants(tell(t, x), graph.Controls)); diff != "" {
		t.Errorf("controls (-want +got):\n%s", diff)
	}
}

func TestRoleAssignments(t *testing.T) {
	x := one(tenant.User{})
	x.Roles = map[string]tenant.Role{"r": {Name: "R", Actions: []string{}}}
	end := at("2027-01-01T00:00:00Z")
	who := tenant.Ref{ID: "u"}
	x.RoleAssignments = map[string]tenant.RoleAssignment{
		"A":  {Role: "R", Scope: "/", Principal: who},
		"a":  {Role: "r", Scope: "/x", Principal: who}, // ids of assignments are not folded
		"no": {Role: "r", Principal: who},
		"s":  {Role: "r", Scope: "/y", Principal: who},
	}
	x.RoleInstances = map[string]tenant.RoleInstance{
		"1": {Role: "r", Scope: "/", Principal: who, Member: "Direct", Assignment: "Activated", Origin: "A", End: end},
		"2": {Role: "r", Scope: "/x", Principal: who, Member: "Direct", Assignment: "Assigned", End: end},
		"5": {Role: "r", Scope: "/y", Principal: who, Member: "Direct", Assignment: "Assigned", Origin: "s", Start: end.AddDate(-1, 0, 0)},
		"3": {Role: "r", Scope: "/", Principal: tenant.Ref{ID: "s"}, Member: "Direct", Assignment: "Assigned", Origin: "unread"},
		"4": {Role: "r", Scope: "/", Principal: tenant.Ref{ID: "s"}, Member: "Inherited", Assignment: "Assigned"},
	}
	x.Audits = map[string]tenant.Audit{"1": {At: at("2026-01-01T00:00:00Z"), Holder: who, Target: tenant.Ref{ID: "r"}}}
	readAll(x)
	all := tell(t, x)
	want := []string{
		"account:e/u role:e/r@/ until 2027-01-01 via activated",
		"account:e/u role:e/r@/x until 2027-01-01",
		"account:e/u role:e/r@/ since 2026-01-01",
		"account:e/u role:e/r@/y",
		"unresolved:e/s role:e/r@/",
	}
	if diff := cmp.Diff(want, grants(all, graph.Assigned)); diff != "" {
		t.Errorf("assigned (-want +got):\n%s", diff)
	}
	for _, d := range graph.Datasets() {
		if c := covered(t, all, d); !c.State.Whole() {
			t.Errorf("%s is %s: %s", d, c.State, c.Reason)
		}
	}
}

// TestAstray holds instances that follow from groups against the groups.
func TestAstray(t *testing.T) {
	for _, tt := range []struct {
		name    string
		members []tenant.Ref
		active  bool
		want    graph.State
	}{
		{"leads there", []tenant.Ref{{ID: "u"}}, true, graph.Complete},
		{"does not", []tenant.Ref{}, true, graph.Partial},
		{"eligible leads there", []tenant.Ref{{ID: "u"}}, false, graph.Complete},
		{"eligible does not", []tenant.Ref{}, false, graph.Partial},
	} {
		x := one(tenant.User{})
		x.Groups = map[string]tenant.Group{"g": security()}
		x.Members = tenant.Links{"g": tt.members}
		x.GroupOwners = tenant.Links{"g": nil}
		x.Roles = map[string]tenant.Role{"r": {Actions: []string{}}}
		follows := map[string]tenant.RoleInstance{
			"1": {Role: "r", Scope: "/", Principal: tenant.Ref{ID: "g"}, Member: "Direct"},
			"2": {Role: "r", Scope: "/", Principal: tenant.Ref{ID: "u"}, Member: "Group"},
		}
		if tt.active {
			x.RoleInstances = follows
		} else {
			x.RoleEligibilities = follows
		}
		readAll(x)
		if c := covered(t, tell(t, x), graph.Memberships); c.State != tt.want {
			t.Errorf("%s: memberships are %s: %s", tt.name, c.State, c.Reason)
		}
	}
}

// TestAudits gives grants the date of the entry that made them.
func TestAudits(t *testing.T) {
	entry := func(id, day string, ok *bool, removed bool) tenant.Audit {
		return tenant.Audit{ID: id, At: at("2026-01-" + day + "T00:00:00Z"), By: "x", Holder: tenant.Ref{ID: "u"}, Target: tenant.Ref{ID: "g"}, Succeeded: ok, Removed: removed}
	}
	for _, tt := range []struct {
		name    string
		entries []tenant.Audit
		want    string
	}{
		{"the latest", []tenant.Audit{entry("1", "01", yes(), false), entry("2", "02", nil, false)}, "account:e/u group:e/g since 2026-01-02"},
		{"a failure changes nothing", []tenant.Audit{entry("1", "01", yes(), false), entry("2", "02", no(), false)}, "account:e/u group:e/g since 2026-01-01"},
		{"taken away since", []tenant.Audit{entry("1", "01", yes(), false), entry("2", "02", yes(), true)}, "account:e/u group:e/g"},
		{"given again", []tenant.Audit{entry("1", "01", yes(), true), entry("2", "02", yes(), false)}, "account:e/u group:e/g since 2026-01-02"},
		{"none", nil, "account:e/u group:e/g"},
	} {
		x := one(tenant.User{})
		x.Groups = map[string]tenant.Group{"g": security()}
		x.Members = tenant.Links{"g": {{ID: "u"}}}
		x.Audits = map[string]tenant.Audit{}
		for _, e := range tt.entries {
			x.Audits[e.ID] = e
		}
		if diff := cmp.Diff([]string{tt.want}, grants(tell(t, x), graph.Member)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestAuditsOfRoles finds roles by their id, their template and their name.
func TestAuditsOfRoles(t *testing.T) {
	for _, tt := range []struct {
		target tenant.Ref
		name   string
		want   string
	}{
		{tenant.Ref{ID: "R"}, "", "2026-01-01T00:00:00Z added account:e/u"},
		{tenant.Ref{ID: "tpl"}, "", "2026-01-01T00:00:00Z added account:e/u"},
		{tenant.Ref{ID: "object", Type: "Role"}, "Payroll", "2026-01-01T00:00:00Z added account:e/u"},
		{tenant.Ref{ID: "object", Type: "Role"}, "Twice", "-"},
		{tenant.Ref{ID: "object", Type: "Group"}, "Payroll", "-"},
	} {
		x := one(tenant.User{})
		x.Roles = map[string]tenant.Role{"r": {Name: "Payroll", TemplateID: "TPL"}, "s": {Name: "Twice"}, "t": {Name: "Twice"}}
		x.Audits = map[string]tenant.Audit{"1": {At: at("2026-01-01T00:00:00Z"), Holder: tenant.Ref{ID: "u"}, Target: tt.target, TargetName: tt.name, Succeeded: yes()}}
		if got := attr(t, tell(t, x), "role:e/r@/", "changes"); got != tt.want {
			t.Errorf("%+v: got %s, want %s", tt.target, got, tt.want)
		}
	}
}

func TestManyChanges(t *testing.T) {
	x := one(tenant.User{})
	x.Audits = map[string]tenant.Audit{}
	for i := range 103 {
		id := fmt.Sprintf("%03d", i)
		x.Audits[id] = tenant.Audit{ID: id, At: at("2026-01-01T00:00:00Z"), By: id, Holder: tenant.Ref{ID: "u"}, Target: tenant.Ref{ID: "g"}, Succeeded: yes()}
	}
	got := strings.Split(attr(t, tell(t, x), "account:e/u", "changes"), "|")
	if len(got) != 101 || got[0] != "3 earlier changes" || !strings.HasSuffix(got[1], " by 003") || !strings.HasSuffix(got[100], " by 102") {
		t.Errorf("got %d lines: %q … %q", len(got), got[0], got[len(got)-1])
	}
}

// TestEligibleAndGone tells no edge of somebody who is not there, and a gap where
// he may be a group.
func TestEligibleAndGone(t *testing.T) {
	for _, tt := range []struct {
		kind   string
		looked bool
		gap    bool
	}{
		{"", true, false}, {"", false, true}, {"group", false, true}, {"user", false, false}, {"group", true, false},
	} {
		x := one(tenant.User{})
		x.Roles = map[string]tenant.Role{"r": {Actions: []string{}}}
		x.RoleEligibilities = map[string]tenant.RoleInstance{"1": {Role: "r", Scope: "/", Principal: tenant.Ref{ID: "gone", Type: tt.kind}, Member: "Direct"}}
		readAll(x)
		if !tt.looked {
			x.Read(tenant.Part{Name: tenant.PartStrangers, State: graph.Failed})
		}
		all := tell(t, x)
		if got := len(gaps(all)) > 0; got != tt.gap || len(grants(all, graph.Eligible)) > 0 {
			t.Errorf("%+v: gaps %v", tt, gaps(all))
		}
		if v, _ := covered(t, all, graph.Eligibility).Details.Get("eligible, and nothing answers to their ids"); v != "1" {
			t.Errorf("%+v: counted %q", tt, v)
		}
	}
}

// TestFederated keeps two pairs of texts from one ID, whatever is in them.
func TestFederated(t *testing.T) {
	seen := map[string]tenant.Federated{}
	for _, f := range []tenant.Federated{
		{Issuer: "https://a/b", Subject: "c"}, {Issuer: "https://a", Subject: "b/c"}, {Issuer: "https://a", Subject: "/b/c"},
		{Issuer: "a b", Subject: "c"}, {Issuer: "a", Subject: "b c"}, {Issuer: `a\u0020b`, Subject: "c"},
		{Issuer: "a", Subject: "x\ny"}, {Issuer: "a", Subject: `x\u000ay`}, {Issuer: "a", Subject: "\xff"}, {Issuer: "a", Subject: "\uFFFD"}, {Issuer: "a", Subject: `\xff`},
		{Issuer: "a", Subject: strings.Repeat("s", 5000)}, {Issuer: "a", Subject: strings.Repeat("s", 5001)}, {Issuer: "", Subject: ""},
	} {
		x := &tenant.Tenant{Source: "e",
			ServicePrincipals: map[string]tenant.ServicePrincipal{"s": {AppID: "app"}},
			Applications:      map[string]tenant.Application{"o": {AppID: "app", Federated: []tenant.Federated{f}}},
		}
		from, _, _ := strings.Cut(grants(tell(t, x), graph.Controls)[0], " account:")
		if was, twice := seen[from]; twice {
			t.Errorf("%+v and %+v are both %s", was, f, from)
		}
		seen[from] = f
	}
}

// TestHostileIDs makes IDs that a graph takes of whatever stands in place of a GUID.
func TestHostileIDs(t *testing.T) {
	x := &tenant.Tenant{Source: "e", Groups: map[string]tenant.Group{"g": security()}, Members: tenant.Links{}}
	for _, id := range []string{"a\x00b", "A\nB", `a\u000ab`, "\xff\xfe", "\u0085", strings.Repeat("x", 100)} {
		x.Members["g"] = append(x.Members["g"], tenant.Ref{ID: id})
	}
	if got := len(grants(tell(t, x), graph.Member)); got != 6 {
		t.Errorf("got %d members, want 6", got)
	}
	ids := map[string]bool{}
	for _, line := range grants(tell(t, x), graph.Member) {
		ids[line] = true
	}
	if len(ids) != 6 {
		t.Errorf("two ids became one: %v", ids)
	}
}

func TestHiddenGroups(t *testing.T) {
	for _, can := range []bool{false, true} {
		x := &tenant.Tenant{Source: "e", Groups: map[string]tenant.Group{"h": {Visibility: "HiddenMembership"}, "p": {Visibility: "Private"}, "n": {}}}
		x.HiddenGroups(can)
		want := []string{"group:e/h memberships: the group hides its members; grant Member.Read.Hidden"}
		if can {
			want = nil
		}
		if diff := cmp.Diff(want, gaps(tell(t, x))); diff != "" {
			t.Errorf("may read hidden %v (-want +got):\n%s", can, diff)
		}
	}
}

// TestNamesOfPolicies keeps a policy from taking the place of another.
func TestNamesOfPolicies(t *testing.T) {
	x := &tenant.Tenant{Source: "e", SecurityDefaults: yes(), Policies: map[string]tenant.ConditionPolicy{
		"1": {Name: "security defaults", State: "disabled"}, "2": {Name: "A (3)", State: "enabled"}, "3": {Name: "A"}, "4": {Name: "A"}, "5": {State: "x"},
	}}
	var got []string
	for _, d := range x.Details() {
		got = append(got, d.Key+"="+strings.Join(d.Values, "|"))
	}
	want := []string{
		"authentication=conditional access: no word about it|security defaults: no word about it",
		"authentication: 5=state: x", "authentication: A=", "authentication: A (3)=state: enabled", "authentication: A (4)=",
		"authentication: security defaults=state: on", "authentication: security defaults (1)=state: disabled",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("details (-want +got):\n%s", diff)
	}
}

// TestSponsors: an empty list says that there is none, and only one that was shown
// when all were read says so. Somebody who does not exist any more is no proof.
func TestSponsors(t *testing.T) {
	for _, c := range []struct {
		name     string
		sponsors map[string][]string
		state    graph.State
		want     []string
	}{
		{"none", map[string][]string{"gus": {}}, graph.Complete, []string{}},
		{"one", map[string][]string{"gus": {"ANA"}}, graph.Complete, []string{"account:entra/ana"}},
		{"not shown", map[string][]string{}, graph.Complete, nil},
		{"not all were read", map[string][]string{"gus": {}}, graph.Partial, nil},
		{"not allowed", map[string][]string{"gus": {}}, graph.Denied, nil},
		{"one, and not all were read", map[string][]string{"gus": {"ana"}}, graph.Partial, []string{"account:entra/ana"}},
		{"somebody who is not there", map[string][]string{"gus": {"gone"}}, graph.Complete, nil},
	} {
		x := contoso()
		x.Sponsors = c.sponsors
		x.Read(tenant.Part{Name: tenant.PartSponsors, State: c.state})
		g := build(t, x)
		n, ok := g.Find(graph.ID{Kind: graph.Account, Source: "entra", Key: "gus"})
		if !ok {
			t.Fatal("the guest is not told")
		}
		if got := g.AttrValues(n, "sponsor"); !slices.Equal(got, c.want) || (got == nil) != (c.want == nil) {
			t.Errorf("%s: got %#v, want %#v", c.name, got, c.want)
		}
	}
}
