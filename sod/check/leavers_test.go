// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"strings"
	"testing"
)

const enabled = `"status":"enabled"`

func TestLeaver(t *testing.T) {
	partialPeople := coverage("hr", "identities", "partial")
	mine := whole + account(enabled) + owns
	second := `{"fact":"grant","from":"identity:hr/2","to":"account:corp/a","kind":"owns"}` + "\n"
	left := "finding: identity:hr/1 (P1) left on 2026-08-16, 45 days before 2026-09-30"
	testVerdicts(t, []verdictTest{
		{"active", "leaver", mine + person("1", `"status":"active"`), "clear"},
		{"on leave", "leaver", mine + person("1", `"status":"leave","last_day_worked":"2026-01-01"`), "clear"},
		{"yet to begin", "leaver", mine + person("1", `"status":"pending"`), "clear"},
		{"left", "leaver", mine + person("1", `"status":"terminated","end_date":"2026-08-16"`), left},
		{"left, by the last day worked", "leaver", mine + person("1", `"status":"terminated","last_day_worked":"2026-08-16"`), left},
		{"left, when is not known", "leaver", mine + person("1", `"status":"terminated"`), "finding: identity:hr/1 (P1) has left, on a day that is not known"},
		{"left, and the account is disabled", "leaver", whole + account(`"status":"disabled"`) + owns + person("1", `"status":"terminated"`), "clear"},
		{"left, and the account's status is unknown", "leaver", whole + account(``) + owns + person("1", `"status":"terminated"`), "not assessed: 1 corp/accounts"},
		{"on the last day", "leaver", mine + person("1", `"status":"terminated","end_date":"2026-09-30"`), "clear"},
		{"the day after", "leaver", mine + person("1", `"status":"terminated","end_date":"2026-09-29"`), "finding: identity:hr/1 (P1) left on 2026-09-29, 1 day before 2026-09-30"},
		{"within the time that is given", "leaver: {within: 60d, severity: high}", mine + person("1", `"status":"terminated","end_date":"2026-08-16"`), "clear"},
		{"will leave", "leaver", mine + person("1", `"status":"terminated","end_date":"2026-12-31"`), "clear"},
		{"has a last day of work ahead", "leaver", mine + person("1", `"status":"terminated","last_day_worked":"2026-12-31"`), "clear"},
		{"no status, and an end that is over", "leaver", mine + person("1", `"end_date":"2026-08-16"`), left},
		{"no status, and an end to come", "leaver", mine + person("1", `"end_date":"2027-08-16"`), "clear"},
		{"no status and no end", "leaver", mine + person("1", ``), "not assessed: 1 hr/identities"},
		{"active, and the end is over", "leaver", mine + person("1", `"status":"active","end_date":"2026-08-16"`), "not assessed: 1 hr/identities"},
		{"came back", "leaver", mine + person("1", `"status":"active","end_date":"2026-08-16","start_date":"2026-09-01"`), "clear"},
		{"not in HR is the other check's", "leaver", mine, "clear"},
		{"not in partial HR", "leaver", mine + partialPeople, "not assessed: 1 hr/identities"},
		{"two owners, one is there", "leaver", mine + second + person("1", `"status":"terminated"`) + person("2", `"status":"active"`), "clear"},
		{"two owners, who both left", "leaver", mine + second + person("1", `"status":"terminated","end_date":"2026-08-16"`) + person("2", `"status":"terminated","end_date":"2026-01-01"`), left},
		{"two owners, of one nothing is known", "leaver", mine + second + person("1", `"status":"terminated"`) + person("2", ``), "not assessed: 1 hr/identities"},
		{"not linked, but carries the id", "leaver", whole + account(enabled+`,"employee_id":"7"`) + person("1", `"employee_id":"7","status":"terminated","end_date":"2026-08-16"`), left},
		{"carries the id of two, one of whom left", "leaver", whole + account(enabled+`,"employee_id":"7"`) + person("1", `"employee_id":"7","status":"terminated"`) + person("2", `"employee_id":"7","status":"active"`), "not assessed: 1 corp/accounts"},
		{"carries the id of nobody: the other check's", "leaver", whole + account(enabled+`,"employee_id":"7"`), "clear"},
		{"carries the id of nobody in partial HR", "leaver", whole + partialPeople + account(enabled+`,"employee_id":"7"`), "not assessed: 1 hr/identities"},
		{"nobody knows whose it is", "leaver", whole + account(enabled), "not assessed: 1 corp/accounts"},
		{"declared to somebody who left", "leaver", whole + account(enabled+`,"owner":"identity:hr/1"`) + person("1", `"status":"terminated","end_date":"2026-08-16"`), left},
		{"declared to an account of somebody who left", "leaver", whole + account(enabled+`,"owner":"account:corp/b"`) + strings.Replace(owns, "corp/a", "corp/b", 1) + person("1", `"status":"terminated","end_date":"2026-08-16"`), left + "\nnot assessed: 1 corp/accounts"},
		{"declared to somebody not in partial HR", "leaver", whole + partialPeople + account(enabled+`,"owner":"identity:hr/1"`), "not assessed: 1 hr/identities"},
		{"a service account is the other check's", "leaver", whole + account(enabled+`,"type":"service","owner":"identity:hr/1"`) + person("1", `"status":"terminated"`), "clear"},
		{"a guest of nobody", "leaver", whole + account(enabled+`,"type":"guest"`), "clear"},
	})
}
