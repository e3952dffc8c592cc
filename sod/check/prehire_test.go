// SPDX-License-Identifier: Apache-2.0

package check_test

import "testing"

func TestPrehire(t *testing.T) {
	mine := whole + account(enabled) + owns
	second := `{"fact":"grant","from":"identity:hr/2","to":"account:corp/a","kind":"owns"}` + "\n"
	early := "finding: identity:hr/1 (P1) has not begun yet"
	testVerdicts(t, []verdictTest{
		{"active", "prehire", mine + person("1", `"status":"active"`), "clear"},
		{"began", "prehire", mine + person("1", `"start_date":"2020-01-01"`), "clear"},
		{"begins in a month", "prehire", mine + person("1", `"status":"pending","start_date":"2026-11-01"`), early},
		{"told to be active before the first day", "prehire", mine + person("1", `"status":"active","start_date":"2026-11-01"`), early},
		{"the offer was withdrawn", "prehire", mine + person("1", `"status":"terminated","start_date":"2026-11-01"`), early},
		{"begins in a week", "prehire", mine + person("1", `"status":"pending","start_date":"2026-10-07"`), "clear"},
		{"begins a day later", "prehire", mine + person("1", `"status":"pending","start_date":"2026-10-08"`), early},
		{"within the time that is given", "prehire: {within: 60d, severity: low}", mine + person("1", `"status":"pending","start_date":"2026-11-01"`), "clear"},
		{"begins some day", "prehire", mine + person("1", `"status":"pending"`), "not assessed: 1 hr/identities"},
		{"yet to begin, and the day is over", "prehire", mine + person("1", `"status":"pending","start_date":"2026-01-01"`), "not assessed: 1 hr/identities"},
		{"nothing is known", "prehire", mine + person("1", ``), "not assessed: 1 hr/identities"},
		{"disabled until then", "prehire", whole + account(`"status":"disabled"`) + owns + person("1", `"status":"pending","start_date":"2026-11-01"`), "clear"},
		{"two owners, one has begun", "prehire", mine + second + person("1", `"start_date":"2026-11-01"`) + person("2", `"status":"active"`), "clear"},
		{"carries the id of two, one has begun", "prehire", whole + account(enabled+`,"employee_id":"7"`) + person("1", `"employee_id":"7","start_date":"2026-11-01"`) + person("2", `"employee_id":"7","status":"active"`), "not assessed: 1 corp/accounts"},
		{"nobody knows whose it is", "prehire", whole + account(enabled), "not assessed: 1 corp/accounts"},
		{"not in HR is the other check's", "prehire", mine, "clear"},
	})
}
