// SPDX-License-Identifier: Apache-2.0

package reports_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod/check"
)

func leaverOf(t *testing.T, lines ...string) *reports.Leaver {
	t.Helper()
	lines = append(lines, `{"fact":"node","id":"identity:hr/1","name":"Ana","attrs":{"employee_id":"1","status":"active"}}`, fmt.Sprintf(`{"fact":"end","facts":%d}`, len(lines)+1))
	var b graph.Builder
	for f, err := range facts.Read(strings.NewReader(strings.Join(lines, "\n")+"\n"), "world") {
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	g := b.Graph()
	q := check.Question{EmployeeID: "1", AsOf: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)}
	answer, err := check.LeaverOf(g, q)
	if err != nil {
		t.Fatal(err)
	}
	l, err := reports.NewLeaver(reports.LeaverInput{Graph: g, Question: q, Answer: answer})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func sourceRun(connector, family string) string {
	return fmt.Sprintf(`{"fact":"source","source":"corp","connector":%q,"ended":"2026-10-01T00:00:00Z","details":{"dialect":[%q]}}`, connector, family)
}

func accountOf(attrs string) string {
	return `{"fact":"node","id":"account:corp/a","name":"ana","attrs":{"employee_id":"1","type":"person","status":"enabled"` + attrs + `}}`
}

func TestLeaverEnds(t *testing.T) {
	const dn = `,"dn":"uid=ana,dc=x"`
	for _, c := range []struct{ connector, family, attrs, text, ldif string }{
		{"ldap", "389ds", dn, "disable uid=ana,dc=x in corp", "dn: uid=ana,dc=x\nchangetype: modify\nreplace: nsAccountLock\nnsAccountLock: TRUE\n-\n"},
		{"ldap", "openldap", dn, "password policy overlay", "dn: uid=ana,dc=x\nchangetype: modify\nreplace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n-\n"},
		{"ldap", "ad", dn, "Disable-ADAccount -Identity a,", ""}, // a record would need the value that is there
		{"ldif", "", dn, "disable uid=ana,dc=x in corp", ""},
		{"ldap", "389ds", "", "disable ana in corp", ""},
		{"table", "", dn, "disable ana in corp", ""},
		{"entra", "", "", `Graph: PATCH /users/a with {"accountEnabled": false}, then POST /users/a/revokeSignInSessions`, ""},
		{"entra", "", `,"synced":"true"`, "it is mastered on premises", ""},
		{"ldap", "389ds", `,"dn":"uid=ana\ndn: dc=x\nchangetype: delete"`, "disable", "dn:: dWlkPWFuYQpkbjogZGM9eApjaGFuZ2V0eXBlOiBkZWxldGU=\nchangetype: modify\nreplace: nsAccountLock\nnsAccountLock: TRUE\n-\n"},
	} {
		l := leaverOf(t, sourceRun(c.connector, c.family), accountOf(c.attrs))
		if got := l.Logins[0].End; !strings.Contains(got.Text, c.text) || got.LDIF != c.ldif {
			t.Errorf("%s %s: got %q and %q", c.connector, c.family, got.Text, got.LDIF)
		}
	}
}

func TestLeaverRemedies(t *testing.T) {
	const dn = `,"dn":"uid=ana,dc=x"`
	group := `{"fact":"node","id":"group:corp/g","name":"g","attrs":{"dn":"cn=g,dc=x"}}`
	application := `{"fact":"node","id":"account:corp/sp","name":"pipeline","attrs":{"type":"service","app_id":"4711"}}`
	to := func(thing, kind, via string) string {
		return fmt.Sprintf(`{"fact":"grant","from":"account:corp/a","to":%q,"kind":%q,"via":%q}`, thing, kind, via)
	}
	for _, c := range []struct{ connector, grant, text, ldif string }{
		{"ldap", to("group:corp/g", "member", ""), "take ana out of g in corp", "delete: member\nmember: uid=ana,dc=x\n"},
		{"ldap", to("group:corp/g", "member", "memberUid"), "take ana out of g in corp", "delete: memberUid\nmemberUid: ana\n"},
		{"ldap", to("group:corp/g", "member", "primary group"), "(it has it by: primary group)", ""},
		{"ldap", to("group:corp/g", "member", "rule"), "(it has it by: rule)", ""},
		{"ldap", to("role:corp/r", "assigned", ""), "take role:corp/r from ana in corp", ""},
		{"table", to("group:corp/g", "member", ""), "take ana out of g in corp", ""},
		{"entra", to("group:corp/g", "member", ""), "Graph: DELETE /groups/g/members/a/$ref", ""},
		{"entra", to("group:corp/g", "member", "PIM for Groups"), "(it has it by: PIM for Groups)", ""},
		{"entra", to("group:corp/g", "controls", "owner"), "Graph: DELETE /groups/g/owners/a/$ref", ""},
		{"entra", to("account:corp/sp", "controls", "owner"), "Graph: DELETE /servicePrincipals/sp/owners/a/$ref", ""},
		{"entra", to("account:corp/sp", "controls", "owner of the application"), "Graph: DELETE /applications(appId='4711')/owners/a/$ref", ""},
		{"entra", to("account:corp/unread", "controls", "owner of the application"), "take the control over account:corp/unread from ana in corp (it has it by: owner of the application)", ""},
		{"entra", to("role:corp/def@/", "assigned", ""), "roleDefinitionId def from GET /roleManagement/directory/roleAssignments?$filter=principalId eq 'a'", ""},
		{"entra", to("role:corp/def@/", "eligible", ""), "roleEligibilityScheduleRequests with action adminRemove, roleDefinitionId def, directoryScopeId /, principalId a", ""},
		{"entra", to("entitlement:corp/res/app", "assigned", ""), "DELETE /users/a/appRoleAssignments/{id}", ""},
		{"entra", to("entitlement:corp/res/delegated/x", "assigned", ""), "take entitlement:corp/res/delegated/x from ana in corp", ""},
	} {
		l := leaverOf(t, sourceRun(c.connector, ""), accountOf(dn), group, application, c.grant)
		all := l.Logins[0].Remove
		if len(all) != 1 || !strings.Contains(all[0].Text, c.text) || !strings.Contains(all[0].LDIF, c.ldif) || (c.ldif == "") != (all[0].LDIF == "") {
			t.Errorf("%s %s: got %q", c.connector, c.grant, all)
		}
	}
}

// TestLeaverAsks: the person who leaves is nobody to ask, and neither is who has left.
func TestLeaverAsks(t *testing.T) {
	for owner, want := range map[string]string{
		`"identity:hr/2"`: "Ben", `"identity:hr/1"`: "unknown", `"account:corp/a"`: "unknown", `"identity:hr/3"`: "unknown",
		`["identity:hr/1","identity:hr/2"]`: "Ben", `"nobody"`: "unknown", `"identity:hr/8"`: "identity:hr/8",
	} {
		l := leaverOf(t, accountOf(""),
			`{"fact":"node","id":"identity:hr/2","name":"Ben","attrs":{"status":"active"}}`,
			`{"fact":"node","id":"identity:hr/3","name":"Cem","attrs":{"status":"terminated"}}`,
			`{"fact":"node","id":"group:corp/g","name":"g","attrs":{"owner":`+owner+`}}`,
			`{"fact":"grant","from":"account:corp/a","to":"group:corp/g","kind":"member"}`)
		if got := l.Logins[0].Access[0].Rows[0].Owners(); got != want {
			t.Errorf("owner %s: ask %s, want %s", owner, got, want)
		}
	}
}
