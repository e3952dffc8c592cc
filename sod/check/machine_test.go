// SPDX-License-Identifier: Apache-2.0

package check_test

import "testing"

func TestSharedAndService(t *testing.T) {
	of := func(kind, attrs string) string { return whole + account(enabled+`,"type":"`+kind+`"`+attrs) }
	const old = "service: {after: 365d, severity: low}"
	const owned = `,"owner":"identity:hr/1"`
	gapOf := `{"fact":"gap","about":"account:corp/a","dataset":"accounts"}` + "\n"
	testVerdicts(t, []verdictTest{
		{"no owner", "shared", of("shared", ""), "finding: a shared account without an owner"},
		{"declared owner", "shared", of("shared", owned), "clear"},
		{"somebody's", "shared", of("shared", "") + owns, "clear"},
		{"not all of it was read", "shared", of("shared", "") + gapOf, "not assessed: 1 account:corp/a"},
		{"a service account", "shared", of("service", ""), "clear"},
		{"of unknown type, of nobody", "shared", whole + account(enabled), "not assessed: 1 corp/accounts"},
		{"of unknown type, and somebody's", "shared", whole + account(enabled) + owns, "clear"},
		{"disabled", "shared", whole + account(`"status":"disabled","type":"shared"`), "clear"},
		{"status unknown", "shared", whole + account(`"type":"shared"`), "not assessed: 1 corp/accounts"},

		{"no owner", "service", of("service", ""), "finding: a service account without an owner"},
		{"declared owner", "service", of("service", owned), "clear"},
		{"a second account of one with an owner", "service", of("service", `,"parent":"account:corp/b"`) + `{"fact":"node","id":"account:corp/b","attrs":{"status":"disabled","owner":"identity:hr/1"}}` + "\n", "clear"},
		{"old password that nobody asks for", "service", of("service", owned+`,"password_set":"2020-01-01T00:00:00Z"`), "clear"},
		{"old password", old, of("service", owned+`,"password_set":"2020-01-01T00:00:00Z"`), "finding: its password was set on 2020-01-01, 2464 days before 2026-09-30"},
		{"old password, no owner", old, of("service", `,"password_changed":"2020-01-01T00:00:00Z"`), "finding: a service account without an owner; its password was set on 2020-01-01, 2464 days before 2026-09-30"},
		{"new password", old, of("service", owned+`,"password_set":"2026-01-01T00:00:00Z"`), "clear"},
		{"no password", old, of("service", owned+`,"password_set":"never"`), "clear"},
		{"password of a day that cannot be read", old, of("service", owned+`,"password_set":"long ago"`), "not assessed: 1 corp/accounts"},
		{"nothing is told", old, of("service", owned), "not assessed: 1 corp/accounts"},
		{"no owner, and nothing is told", old, of("service", ""), "finding: a service account without an owner"},
		{"a secret of unknown age", old, of("service", owned+`,"credentials":["certificate until 2020-01-01","secret until 2027-01-31"]`), "not assessed: 1 corp/accounts"},
		{"a secret without an end", old, of("service", owned+`,"credentials":["secret without end"]`), "not assessed: 1 corp/accounts"},
		{"secrets that have ended", old, of("service", owned+`,"credentials":["secret until 2026-01-31"]`), "clear"},
		{"no secrets", old, of("service", owned+`,"credentials":[]`), "clear"},
		{"the old password of a person", old, of("person", `,"password_set":"2020-01-01T00:00:00Z"`), "clear"},
	})
}
