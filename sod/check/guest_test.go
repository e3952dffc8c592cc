// SPDX-License-Identifier: Apache-2.0

package check_test

import "testing"

func TestGuest(t *testing.T) {
	guest := func(attrs string) string {
		return whole + account(enabled+`,"type":"guest","last_sign_in":"2026-09-29T08:00:00Z"`+attrs)
	}
	active, left := person("1", `"status":"active"`), person("1", `"status":"terminated"`)
	none := "finding: a guest without a sponsor or an owner"
	testVerdicts(t, []verdictTest{
		{"sponsored", "guest", guest(`,"sponsor":"identity:hr/1"`) + active, "clear"},
		{"sponsored by a group", "guest", guest(`,"sponsor":"group:corp/g"`) + `{"fact":"node","id":"group:corp/g"}` + "\n", "clear"},
		{"owned", "guest", guest(``) + owns + active, "clear"},
		{"declared to an owner", "guest", guest(`,"owner":"identity:hr/1"`) + active, "clear"},
		{"no sponsor", "guest", guest(`,"sponsor":[]`), none},
		{"no sponsor, but an owner", "guest", guest(`,"sponsor":[],"owner":"identity:hr/1"`) + active, "clear"},
		{"no sponsor is told", "guest", guest(``), "not assessed: 1 corp/accounts"},
		{"the sponsor left", "guest", guest(`,"sponsor":"identity:hr/1"`) + left, "finding: the owner identity:hr/1 (P1) is terminated"},
		{"one of two sponsors left", "guest", guest(`,"sponsor":["identity:hr/1","identity:hr/2"]`) + left + person("2", `"status":"active"`), "clear"},
		{"the owner left, and no sponsor is told", "guest", guest(`,"owner":"identity:hr/1"`) + left, "not assessed: 1 corp/accounts"},
		{"unused", "guest", whole + account(enabled+`,"type":"guest","sponsor":"identity:hr/1","last_sign_in":"2026-01-01T00:00:00Z"`) + active, "finding: last sign-in 2026-01-01, more than 90 days before 2026-09-30"},
		{"unused, and no sponsor", "guest", whole + account(enabled+`,"type":"guest","sponsor":[],"last_sign_in":"2026-01-01T00:00:00Z"`), none + "; last sign-in 2026-01-01, more than 90 days before 2026-09-30"},
		{"use is not known", "guest", whole + account(enabled+`,"type":"guest","sponsor":"identity:hr/1"`) + active, "not assessed: 1 corp/sign-in"},
		{"use is not known, and no sponsor", "guest", whole + account(enabled+`,"type":"guest","sponsor":[]`), none},
		{"no guest", "guest", whole + account(enabled+`,"type":"person"`), "clear"},
		{"perhaps a guest, without a sponsor", "guest", whole + account(enabled+`,"sponsor":[],"last_sign_in":"2026-09-29T08:00:00Z"`), "not assessed: 1 corp/accounts"},
		{"somebody's, so no guest", "guest", whole + account(enabled) + owns, "clear"},
		{"disabled", "guest", whole + account(`"status":"disabled","type":"guest","sponsor":[]`), "clear"},
	})
}
