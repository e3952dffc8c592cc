// SPDX-License-Identifier: Apache-2.0

package check_test

import "testing"

func TestGroups(t *testing.T) {
	group := func(attrs string) string {
		return `{"fact":"node","id":"group:corp/g","name":"g","attrs":{` + attrs + `}}` + "\n"
	}
	grant := func(from, kind, more string) string {
		return `{"fact":"grant","from":"` + from + `","to":"group:corp/g","kind":"` + kind + `"` + more + "}\n"
	}
	const privileged = `"privileged":"true"`
	const duty = "\nduties: [{id: d, holds: [\"group:corp/g\"]}]\n"
	const app = "\napplications: [{id: app, entitlements: [\"group:corp/g\"]}]\n"
	const out = "\napplications: [{id: app, in_scope: false, entitlements: [\"group:corp/g\"]}]\n"
	const plane = "\ncontrol_plane: [\"group:corp/g\"]\n"
	empty, none := "nobody is in it", "it has no owner, and nobody controls it"
	active, left := person("1", `"status":"active"`), person("1", `"status":"terminated"`)
	testVerdicts(t, []verdictTest{
		{"in a duty", "dormant-group" + duty, whole + group(""), "finding: in duty d: " + empty},
		{"in an application", "dormant-group" + app, whole + group(""), "finding: in application app: " + empty},
		{"in an application out of scope", "dormant-group" + out, whole + group(""), "not assessed: 0 "},
		{"in the control plane", "dormant-group" + plane, whole + group(""), "finding: in the control plane: " + empty},
		{"privileged", "dormant-group", whole + group(privileged), "finding: privileged: " + empty},
		{"harmless", "dormant-group", whole + group(``), "not assessed: 0 "},
		{"a member", "dormant-group", whole + group(privileged) + account(enabled) + grant("account:corp/a", "member", ""), "clear"},
		{"a group", "dormant-group", whole + group(privileged) + grant("group:corp/h", "member", ""), "clear"},
		{"was a member", "dormant-group", whole + group(privileged) + grant("account:corp/a", "member", `,"until_time":"2026-09-01T00:00:00Z"`), "finding: privileged: " + empty},
		{"will be a member", "dormant-group", whole + group(privileged) + grant("account:corp/a", "member", `,"from_time":"2026-12-01T00:00:00Z"`), "clear"},
		{"could activate it", "dormant-group", whole + group(privileged) + grant("account:corp/a", "eligible", ""), "clear"},
		{"controls it", "dormant-group", whole + group(privileged) + grant("account:corp/a", "controls", ""), "finding: privileged: " + empty},
		{"members not read", "dormant-group", whole + group(privileged) + `{"fact":"gap","about":"group:corp/g","dataset":"memberships"}` + "\n", "not assessed: 1 group:corp/g"},
		{"an account's groups not read", "dormant-group", whole + group(privileged) + account(enabled) + `{"fact":"gap","about":"account:corp/a","dataset":"memberships"}` + "\n", "not assessed: 1 account:corp/a"},
		{"a population", "dormant-group\ncontrol_plane: [\"group:corp/~all\"]\n", whole + `{"fact":"node","id":"group:corp/~all"}` + "\n", "clear"},

		{"in a duty", "ownerless" + duty, whole + group(""), "finding: in duty d: " + none},
		{"owned", "ownerless", whole + group(privileged+`,"owner":"identity:hr/1"`) + active, "clear"},
		{"the owner left", "ownerless", whole + group(privileged+`,"owner":"identity:hr/1"`) + left, "finding: privileged: the owner identity:hr/1 (P1) is terminated"},
		{"the owner left, and another controls it", "ownerless", whole + group(privileged+`,"owner":"identity:hr/1"`) + left + grant("account:corp/a", "controls", ""), "clear"},
		{"nothing is known of the owner", "ownerless", whole + group(privileged+`,"owner":"identity:hr/1"`) + person("1", ""), "not assessed: 1 hr/identities"},
		{"a person controls it", "ownerless", whole + group(privileged) + grant("identity:hr/1", "controls", ""), "clear"},
		{"a group controls it", "ownerless", whole + group(privileged) + grant("group:corp/h", "controls", ""), "finding: privileged: " + none},
		{"controlled it", "ownerless", whole + group(privileged) + grant("account:corp/a", "controls", `,"until_time":"2026-09-01T00:00:00Z"`), "finding: privileged: " + none},
		{"who controls it was not read", "ownerless", whole + group(privileged) + `{"fact":"gap","about":"group:corp/g","dataset":"control"}` + "\n", "not assessed: 1 group:corp/g"},
		{"only named", "ownerless" + duty, whole + grant("account:corp/a", "member", ""), "not assessed: 1 corp/groups"},
	})
}
