// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"strings"
	"testing"
)

func held(from, to, kind, more string) string {
	return `{"fact":"grant","from":"` + from + `","to":"` + to + `","kind":"` + kind + `"` + more + "}\n"
}

func TestPrivileged(t *testing.T) {
	const admins = `{"fact":"node","id":"group:corp/g","name":"Admins","attrs":{"privileged":"true"}}` + "\n"
	const more = `{"fact":"node","id":"role:corp/r","name":"Root","attrs":{"privileged":"true"}}` + "\n"
	const staff = `{"fact":"node","id":"group:corp/s","name":"Staff","attrs":{"privileged":"false"}}` + "\n"
	human := whole + admins + account(enabled+`,"type":"person"`)
	without := strings.Replace(human, coverage("corp", "*", "complete"), "", 1) // what it has, said dataset by dataset
	for _, d := range []string{"accounts", "groups", "memberships", "assignments", "control"} {
		without += coverage("corp", d, "complete")
	}
	in := func(more string) string { return held("account:corp/a", "group:corp/g", "member", more) }
	const is = "finding: it holds group:corp/g (Admins) at all times, and could be made eligible"
	testVerdicts(t, []verdictTest{
		{"a member", "privileged", human + in(""), is},
		{"until a day", "privileged", human + in(`,"until_time":"2027-01-01T00:00:00Z"`), is},
		{"ended", "privileged", human + in(`,"until_time":"2026-01-01T00:00:00Z"`), "clear"},
		{"through another group", "privileged", human + staff + held("account:corp/a", "group:corp/s", "member", "") + held("group:corp/s", "group:corp/g", "member", ""), is},
		{"in another group", "privileged", human + staff + held("account:corp/a", "group:corp/s", "member", ""), "clear"},
		{"two things", "privileged", human + more + in("") + held("group:corp/g", "role:corp/r", "assigned", ""), "finding: it holds group:corp/g (Admins), role:corp/r (Root) at all times, and could be made eligible"},
		{"eligible", "privileged", human + held("account:corp/a", "group:corp/g", "eligible", ""), "clear"},
		{"who controls it", "privileged\nmodes: [attainable]\n", human + held("account:corp/a", "group:corp/g", "controls", ""), "clear"},
		{"activated", "privileged", human + in(`,"until_time":"2026-10-01T08:00:00Z","via":"activated"`), "clear"},
		{"activated, and a member besides", "privileged", human + in(`,"until_time":"2026-10-01T08:00:00Z","via":"activated"`) + in(`,"until_time":"2028-10-01T08:00:00Z"`), is},
		{"activated by another word", "privileged", human + in(`,"via":"not activated"`), is},
		{"a guest", "privileged", strings.Replace(human, `"person"`, `"guest"`, 1) + in(""), is},
		{"a service", "privileged", strings.Replace(human, `"person"`, `"service"`, 1) + in(""), "clear"},
		{"break-glass", "privileged", strings.Replace(human, `"person"`, `"breakglass"`, 1) + in(""), "clear"},
		{"of unknown type", "privileged", whole + admins + account(enabled) + in(""), "not assessed: 1 corp/accounts"},
		{"of somebody", "privileged", whole + admins + account(enabled) + owns + in(""), is},
		{"disabled", "privileged", whole + admins + account(`"status":"disabled","type":"person"`) + in(""), "clear"},
		{"in the control plane", "privileged\ncontrol_plane: [\"group:corp/s\"]\n", whole + staff + account(enabled+`,"type":"person"`) + held("account:corp/a", "group:corp/s", "member", ""),
			"finding: it holds group:corp/s (Staff) at all times, and could be made eligible"},
		{"no such thing", "privileged", without + coverage("corp", "eligibility", "not-applicable") + in(""), "clear"},
		{"no licence", "privileged", human + coverage("corp", "eligibility", "unlicensed") + in(""), "not assessed: 1 corp/eligibility"},
		{"no licence, and not a member", "privileged", human + coverage("corp", "eligibility", "unlicensed"), "clear"},
		{"elsewhere there is", "privileged", without + coverage("corp", "eligibility", "not-applicable") + in("") + strings.ReplaceAll(more, "corp", "hr") + held("account:corp/a", "role:hr/r", "assigned", ""),
			"finding: it holds role:hr/r (Root) at all times, and could be made eligible"},
		{"nothing says what is", "privileged", whole + staff + account(enabled+`,"type":"person"`), "not assessed: 0 "},
		{"the control plane is nothing", "privileged\ncontrol_plane: [\"group:corp/x\"]\n", human + in(""), is + "\nnot assessed: 0 "},
		{"members unread", "privileged", human + `{"fact":"gap","about":"group:corp/g","dataset":"memberships","reason":"denied"}` + "\n", "not assessed: 1 group:corp/g"},
		{"members unread of what nobody could be eligible for", "privileged", without + coverage("corp", "eligibility", "not-applicable") + `{"fact":"gap","about":"group:corp/g","dataset":"memberships","reason":"denied"}` + "\n", "clear"},
	})
}
