// SPDX-License-Identifier: Apache-2.0

package check_test

import "testing"

func TestNeverUsed(t *testing.T) {
	const old, never = `"status":"enabled","created":"2026-08-01T00:00:00Z"`, `,"last_sign_in":[]`
	is := "finding: made on 2026-08-01, 60 days before 2026-09-30, and never used"
	testVerdicts(t, []verdictTest{
		{"never", "never-used", whole + account(old+never), is},
		{"made of late", "never-used", whole + account(`"status":"enabled","created":"2026-09-20T00:00:00Z"`+never), "clear"},
		{"made of late, nothing is known", "never-used", whole + account(`"status":"enabled","created":"2026-09-20T00:00:00Z"`), "clear"},
		{"as long as is given", "never-used: {after: 90d, severity: low}", whole + account(old+never), "clear"},
		{"unknown is not never", "never-used", whole + account(old), "not assessed: 1 corp/sign-in"},
		{"used", "never-used", whole + account(old+`,"last_sign_in":"2026-08-02T00:00:00Z"`), "clear"},
		{"used when nobody can read", "never-used", whole + account(old+`,"last_sign_in":"once"`), "not assessed: 1 corp/sign-in"},
		{"attempts only", "never-used", whole + account(old+`,"last_sign_in":"2023-12-01T00:00:00Z","last_sign_in_attempt":"2026-08-02T00:00:00Z"`), "not assessed: 1 corp/sign-in"},
		{"never, and made some day", "never-used", whole + account(`"status":"enabled"`+never), "not assessed: 1 corp/accounts"},
		{"never, and disabled", "never-used", whole + account(`"status":"disabled","created":"2026-08-01T00:00:00Z"`+never), "clear"},
		{"never, and the status is unknown", "never-used", whole + account(`"created":"2026-08-01T00:00:00Z"`+never), "not assessed: 1 corp/accounts"},
		{"break glass", "never-used", whole + account(old+never+`,"type":"breakglass"`), "clear"},
		{"sign-ins of it were not read", "never-used", whole + account(old+never) + `{"fact":"gap","about":"account:corp/a","dataset":"sign-in","reason":"denied"}` + "\n", "not assessed: 1 account:corp/a"},
		{"sign-ins of it were not read", "stale", whole + account(`"status":"enabled","last_sign_in":"2020-01-01T00:00:00Z"`) + `{"fact":"gap","about":"account:corp/a","dataset":"*"}` + "\n", "not assessed: 1 account:corp/a"},
		{"the source records none", "never-used", whole + account(old), "not assessed: 1 corp/sign-in"},
	})
}
