// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"strings"
	"testing"
)

func TestBreakglass(t *testing.T) {
	glass := func(attrs string) string { return account(`"type":"breakglass",` + attrs) }
	const unused = `"last_sign_in":"2026-01-01T00:00:00Z"`
	other := strings.ReplaceAll(glass(enabled+","+unused), "corp/a", "corp/b")
	in := func(attrs string) string { return whole + other + glass(attrs) }
	testVerdicts(t, []verdictTest{
		{"two, unused", "breakglass", in(enabled + "," + unused), "clear"},
		{"never used", "breakglass", in(enabled + `,"last_sign_in":[]`), "clear"},
		{"alone", "breakglass", whole + glass(enabled+","+unused), "finding: the only break-glass account declared in corp"},
		{"alone, where not all was read", "breakglass", whole + coverage("corp", "accounts", "partial") + glass(enabled+","+unused), "not assessed: 1 corp/accounts\nnot assessed: 0 corp/accounts"},
		{"none", "breakglass", whole + account(enabled), "not assessed: 0 "},
		{"disabled", "breakglass", in(`"status":"disabled",` + unused), "finding: it is disabled, and nobody could use it"},
		{"perhaps disabled", "breakglass", in(unused), "not assessed: 1 corp/accounts"},
		{"used", "breakglass", in(enabled + `,"last_sign_in":"2026-09-12T00:00:00Z"`), "finding: last used on 2026-09-12"},
		{"used, and expired", "breakglass", in(`"status":"expired","last_sign_in":"2026-09-12T00:00:00Z"`), "finding: it is expired, and nobody could use it; last used on 2026-09-12"},
		{"used longer ago than is asked", "breakglass: {within: 10d, severity: high}", in(enabled + `,"last_sign_in":"2026-09-12T00:00:00Z"`), "clear"},
		{"used when is not exact", "breakglass", in(enabled + `,"last_sign_in":"2026-06-30T00:00:00Z","last_sign_in_uncertainty":"14d"`), "not assessed: 1 corp/sign-in"},
		{"attempts only", "breakglass", in(enabled + `,"last_sign_in":"2023-12-01T00:00:00Z","last_sign_in_attempt":"2026-09-12T00:00:00Z"`), "not assessed: 1 corp/sign-in"},
		{"use is not recorded", "breakglass", in(enabled), "not assessed: 1 corp/sign-in"},
		{"used, where not all was read", "breakglass", in(enabled+`,"last_sign_in":"2026-09-12T00:00:00Z"`) + `{"fact":"gap","about":"account:corp/a","dataset":"sign-in"}` + "\n", "finding: last used on 2026-09-12"},
		{"unused, where not all was read", "breakglass", in(enabled+","+unused) + `{"fact":"gap","about":"account:corp/a","dataset":"sign-in"}` + "\n", "not assessed: 1 account:corp/a"},
	})
}
