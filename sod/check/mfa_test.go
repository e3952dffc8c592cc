// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"testing"

	"github.com/foureyes-iga/foureyes/sod/check"
)

func TestMFA(t *testing.T) {
	const all = "mfa: {scope: all, severity: high}"
	const plane = "mfa\ncontrol_plane: [\"group:corp/da\"]\n"
	const attainable = "mfa\nmodes: [attainable]\ncontrol_plane: [\"group:corp/da\"]\n"
	factor := func(mfa string) string { return whole + account(enabled+`,"type":"person","mfa":"`+mfa+`"`) }
	nobody := "not assessed: 0 "
	da := `{"fact":"node","id":"group:corp/da","name":"Domain Admins"}` + "\n"
	grant := func(from, to, kind, more string) string {
		return `{"fact":"grant","from":"` + from + `","to":"` + to + `","kind":"` + kind + `"` + more + "}\n"
	}
	member := da + grant("account:corp/a", "group:corp/da", "member", "")
	is := func(state, wanted, why string) string {
		return "finding: second factor: " + state + ", and " + wanted + " is wanted, for " + why
	}
	holds := "it holds group:corp/da (Domain Admins), "
	testVerdicts(t, []verdictTest{
		{"none", all, factor("none"), is("none", "capable", "it is enabled")},
		{"registered", all, factor("registered"), is("registered", "capable", "it is enabled")},
		{"capable", all, factor("capable"), "clear"},
		{"enforced", all, factor("enforced"), "clear"},
		{"not applicable", all, factor("not-applicable"), "clear"},
		{"an unknown word", all, factor("maybe"), "not assessed: 1 corp/mfa"},
		{"not told", all, whole + account(enabled+`,"type":"person"`), "not assessed: 1 corp/mfa"},
		{"the source tells none", all, coverage("corp", "mfa", "not-applicable") + coverage("corp", "accounts", "complete") + coverage("hr", "*", "complete") + account(enabled+`,"type":"person"`), "not assessed: 1 corp/mfa"},
		{"as little as is asked", "mfa: {scope: all, at_least: registered, severity: high}", factor("registered"), "clear"},
		{"more is asked", "mfa: {scope: all, at_least: enforced, severity: high}", factor("capable"), is("capable", "enforced", "it is enabled")},
		{"none where not all was read", all, factor("none") + coverage("corp", "mfa", "partial"), is("none", "capable", "it is enabled")},
		{"registered where not all was read", all, factor("registered") + coverage("corp", "mfa", "partial"), "not assessed: 1 corp/mfa"},
		{"enforced where not all was read", all, factor("enforced") + coverage("corp", "mfa", "partial"), "clear"},
		{"a service account", all, whole + account(enabled+`,"type":"service","mfa":"none"`), "clear"},
		{"of unknown type", all, whole + account(enabled+`,"mfa":"none"`), "not assessed: 1 corp/accounts"},
		{"of unknown type, and somebody's", all, whole + account(enabled+`,"mfa":"none"`) + owns, is("none", "capable", "it is enabled")},
		{"disabled", all, whole + account(`"status":"disabled","type":"person","mfa":"none"`), "clear"},

		{"nothing says who is privileged", "mfa", factor("none"), nobody},
		{"the control plane matches nothing", plane, factor("none"), nobody},
		{"marked", "mfa", whole + account(enabled+`,"type":"person","mfa":"capable","privileged":"true"`), is("capable", "enforced", "it is marked as privileged")},
		{"marked, and enforced", "mfa", whole + account(enabled+`,"type":"person","mfa":"enforced","privileged":"true"`), "clear"},
		{"marked as not privileged", "mfa", whole + account(enabled+`,"type":"person","mfa":"none","privileged":"false"`), "clear"},
		{"not marked, where others are", "mfa", factor("none") + `{"fact":"node","id":"account:corp/b","attrs":{"status":"disabled","privileged":"false"}}` + "\n", "not assessed: 1 corp/accounts"},
		{"holds nothing", plane, factor("none") + da, "clear"},
		{"holds it", plane, factor("none") + member, is("none", "enforced", holds+"standing")},
		{"held it", plane, factor("none") + da + grant("account:corp/a", "group:corp/da", "member", `,"until_time":"2026-09-01T00:00:00Z"`), "clear"},
		{"marked as not privileged, and holds it", plane, whole + account(enabled+`,"type":"person","mfa":"none","privileged":"false"`) + member, is("none", "enforced", holds+"standing")},
		{"could activate it", plane, factor("none") + da + grant("account:corp/a", "group:corp/da", "eligible", ""), is("none", "enforced", holds+"eligible")},
		{"could take it, which is not judged", plane, factor("none") + da + grant("account:corp/a", "group:corp/da", "controls", ""), "clear"},
		{"could take it", attainable, factor("none") + da + grant("account:corp/a", "group:corp/da", "controls", ""), is("none", "enforced", holds+"attainable")},
		{"its owner holds it without an account", "mfa\ncontrol_plane: [\"role:corp/ga\"]\n", factor("none") + owns + `{"fact":"node","id":"role:corp/ga","name":"Global Administrator"}` + "\n" + grant("identity:hr/1", "role:corp/ga", "assigned", ""), is("none", "enforced", "it holds role:corp/ga (Global Administrator), standing")},
		{"another account of its owner holds it", plane, factor("none") + owns + da + `{"fact":"node","id":"account:corp/b","attrs":{"status":"enabled","type":"person","mfa":"enforced"}}` + "\n" + grant("identity:hr/1", "account:corp/b", "owns", "") + grant("account:corp/b", "group:corp/da", "member", ""), "clear"},
		{"holds it, and its factor is not told", plane, whole + account(enabled+`,"type":"person"`) + member, "not assessed: 1 corp/mfa"},
		{"may hold it", plane, factor("none") + da + `{"fact":"gap","about":"group:corp/da","dataset":"memberships","reason":"denied"}` + "\n", "not assessed: 1 group:corp/da"},
		{"may hold it, and its factor is enforced", plane, factor("enforced") + da + `{"fact":"gap","about":"group:corp/da","dataset":"memberships"}` + "\n", "clear"},
		{"its owner may hold it", "mfa\ncontrol_plane: [\"role:corp/ga\"]\n", factor("none") + owns + `{"fact":"node","id":"role:corp/ga"}` + "\n" + `{"fact":"gap","about":"identity:hr/1","dataset":"assignments"}` + "\n", "not assessed: 1 identity:hr/1"},
	})
}

// What an accepted gap hides does not count, unless another gap hides it too.
func TestMFABehindAcceptedGaps(t *testing.T) {
	world := whole + account(enabled+`,"type":"person","mfa":"none"`) + `{"fact":"node","id":"group:corp/da"}` + "\n" + `{"fact":"node","id":"group:corp/ea"}` + "\n" +
		`{"fact":"gap","about":"group:corp/da","dataset":"memberships"}` + "\n"
	form := "mfa\ncontrol_plane: [\"group:corp/da\", \"group:corp/ea\"]\naccepted_gaps: [{about: \"group:corp/da\", why: Legal hold, by: \"identity:hr/1\", until: 2026-12-31}]\n"
	for want, lines := range map[bool]string{true: world, false: world + `{"fact":"gap","about":"group:corp/ea","dataset":"memberships"}` + "\n"} {
		findings, unknown := check.Judge(build(t, lines), policy(t, form), asOf)
		if len(findings) != 0 || len(unknown) != 1 || unknown[0].Accepted != want {
			t.Errorf("got %v and %+v, want one row with accepted: %v", findings, unknown, want)
		}
	}
}
