// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/sod/check"
)

// A wordTest is a world that holds one attribute of a closed vocabulary, at SAID: with
// the word it is a finding.
type wordTest struct {
	check, key, word, world string
	untold                  bool // the reason does not quote what it says: it is a secret, or of another thing
}

func wordTests() []wordTest {
	const said = `"status":SAID,"type":"person",`
	active, left := person("1", `"status":"active","worker_type":"employee"`), person("1", `"status":"terminated"`)
	const old, never = `"created":"2020-01-01T00:00:00Z","last_sign_in":"2020-01-01T00:00:00Z"`, `"created":"2020-01-01T00:00:00Z","last_sign_in":[]`
	const external = `"status":"active","worker_type":"vendor","end_date":[],"sponsor":[],"company":"Acme"`
	const worker = `"status":"active","worker_type":SAID,"company":"Acme"`
	const register = "vendor\nvendors: [{id: acme, companies: [Acme], owner: \"identity:hr/1\", assurance: {report: SOC 1, period_end: 2026-06-30, exceptions: none}}]\n"
	const all = "mfa: {scope: all, severity: high}"
	const requested = "unapproved-grant: {requests: requests.csv, severity: high}"
	const marked, oddly = `{"fact":"node","id":"group:corp/g","attrs":{"privileged":"true"}}` + "\n", `{"fact":"node","id":"group:corp/g","attrs":{"privileged":SAID}}` + "\n"
	const typed = enabled + `,"type":SAID,`
	second := strings.ReplaceAll(account(enabled+`,"type":"breakglass","last_sign_in":[]`), "corp/a", "corp/b")
	third := strings.ReplaceAll(second, "corp/b", "corp/c")
	in := held("account:corp/a", "group:corp/g", "member", `,"since":"2026-09-10T10:00:00Z"`)
	hr := func(key, word, name, world string) wordTest {
		return wordTest{check: name, key: key, word: word, world: world, untold: key == "status"}
	}
	corp := func(key, word, name, world string) wordTest {
		return wordTest{check: name, key: key, word: word, world: world}
	}
	return []wordTest{
		corp("status", "enabled", "leaver", account(said+`"mfa":"none"`)+owns+left),
		corp("status", "enabled", "orphaned", account(said+`"mfa":"none"`)+owns+left),
		corp("status", "enabled", "stale", account(said+old)),
		corp("status", "enabled", "never-used", account(said+never)),
		corp("status", "enabled", "uncorrelated", account(said+`"mfa":"none"`)),
		corp("status", "enabled", "prehire", account(said+`"mfa":"none"`)+owns+person("1", `"status":"pending","start_date":"2026-12-01"`)),
		corp("status", "enabled", all, account(said+`"mfa":"none"`)),
		corp("status", "enabled", "guest", account(`"status":SAID,"type":"guest","sponsor":[],"last_sign_in":"2026-09-29T08:00:00Z"`)),
		corp("status", "enabled", "shared", account(`"status":SAID,"type":"shared"`)),
		corp("status", "enabled", "service", account(`"status":SAID,"type":"service"`)),
		corp("status", "enabled", "privileged", account(said+`"mfa":"none"`)+marked+in),
		corp("status", "disabled", "breakglass", account(`"status":SAID,"type":"breakglass","last_sign_in":[]`)+second),

		corp("type", "service", "service", account(typed+`"mfa":"none"`)),
		corp("type", "service", "service: {after: 90d, severity: high}", account(typed+`"password_set":"2020-01-01"`)+owns+active),
		corp("type", "shared", "shared", account(typed+`"mfa":"none"`)),
		corp("type", "guest", "guest", account(typed+`"sponsor":[],"last_sign_in":"2026-09-29T08:00:00Z"`)),
		corp("type", "guest", "guest", account(typed+`"last_sign_in":"2020-01-01T00:00:00Z"`)+owns+active),
		corp("type", "service", "orphaned", account(typed+`"mfa":"none"`)),
		corp("type", "service", "orphaned", account(typed+`"employee_id":"1"`)+person("1", `"status":"active","employee_id":"1"`)),
		corp("type", "breakglass", "breakglass", account(typed+`"last_sign_in":"2026-09-12T00:00:00Z"`)+second+third),
		corp("type", "person", all, account(typed+`"mfa":"none"`)),
		corp("type", "person", "privileged", account(typed+`"mfa":"none"`)+marked+in),

		corp("mfa", "none", all, account(enabled+`,"type":"person","mfa":SAID`)),
		corp("privileged", "true", "mfa", account(enabled+`,"type":"person","mfa":"none","privileged":SAID`)),
		corp("privileged", "true", "dormant-group", oddly),
		corp("privileged", "true", "ownerless", oddly),
		corp("privileged", "true", "privileged", account(enabled+`,"type":"person"`)+oddly+in),
		corp("privileged", "true", requested, account(enabled+`,"type":"person"`)+oddly+in),

		hr("status", "terminated", "leaver", account(enabled)+owns+person("1", `"status":SAID`)),
		hr("status", "terminated", "orphaned", account(enabled)+owns+person("1", `"status":SAID`)),
		hr("status", "terminated", "control-owner\ncontrols: [{id: AC-1, owner: \"identity:hr/1\"}]\n", person("1", `"status":SAID`)),
		hr("status", "active", "duplicate-identity", person("1", `"status":SAID,"mail":"a@x"`)+person("2", `"status":"active","mail":"a@x"`)),
		hr("worker_type", "contractor", register, account(enabled)+owns+person("1", worker+`,"end_date":[],"sponsor":[]`)),
		hr("worker_type", "vendor", register, account(enabled)+owns+person("1", worker+`,"end_date":"2026-01-31","sponsor":"identity:hr/2"`)+person("2", `"status":"active","worker_type":"employee"`)),
		{check: register, key: "status", word: "enabled", world: account(said+`"mfa":"none"`) + owns + person("1", external), untold: true},
	}
}

// What is none of the words clears nobody and convicts nobody, in each check that asks
// for one. Without [graph.Graph.Word] in any one of them, or with it folding the case of
// letters or taking the first of several values, its row fails.
func TestOddWords(t *testing.T) {
	for _, tt := range wordTests() {
		name, _, _ := strings.Cut(tt.check, "\n")
		in := func(said string) string { return whole + strings.Replace(tt.world, "SAID", said, 1) }
		t.Run(fmt.Sprintf("%s/%s/%s", tt.key, tt.word, name), func(t *testing.T) {
			for _, said := range []string{strconv.Quote(tt.word), fmt.Sprintf("[%q, %q]", tt.word, tt.word)} {
				if got := verdict(t, tt.check, in(said)); !strings.Contains(got, "finding: ") {
					t.Errorf("%s: %s, want a finding", said, got)
				}
			}
			for said, told := range map[string]string{
				strconv.Quote(strings.ToUpper(tt.word[:1]) + tt.word[1:]): strconv.Quote(strings.ToUpper(tt.word[:1]) + tt.word[1:]),
				`"svc"`: `"svc"`,
				`""`:    `""`,
				fmt.Sprintf("[%q, %q]", tt.word, "other"): fmt.Sprintf("%q, %q", tt.word, "other"),
				fmt.Sprintf("[%q, %q]", "other", tt.word): fmt.Sprintf("%q, %q", "other", tt.word),
			} {
				notKnown(t, tt, in(said), "("+tt.key+" "+told+")")
			}
		})
	}
}

// notKnown wants no finding, and that somebody or something is not assessed for a reason
// that quotes what was said.
func notKnown(t *testing.T, tt wordTest, world, quote string) {
	t.Helper()
	findings, unknown := check.Judge(build(t, world), policy(t, tt.check), asOf)
	quoted, subjects := false, 0
	for _, u := range unknown {
		quoted = quoted || strings.Contains(u.Reason, quote)
		subjects += u.Subjects
	}
	if len(findings) > 0 || subjects == 0 || quoted == tt.untold {
		t.Errorf("%s: findings %v, not assessed %+v", quote, findings, unknown)
	}
}

// An account of which nothing says what it is stays out of the checks that are about
// declared types.
func TestAbsentWords(t *testing.T) {
	second := strings.ReplaceAll(account(enabled+`,"type":"breakglass","last_sign_in":[]`), "corp/a", "corp/b")
	active := person("1", `"status":"active"`)
	testVerdicts(t, []verdictTest{
		{"used", "breakglass", whole + second + strings.ReplaceAll(second, "corp/b", "corp/c") + account(enabled+`,"last_sign_in":"2026-09-12T00:00:00Z"`), "clear"},
		{"no owner", "orphaned", whole + account(enabled), "clear"},
		{"an old password", "service: {after: 90d, severity: high}", whole + account(enabled+`,"password_set":"2020-01-01"`) + owns + active, "clear"},
		{"somebody's", "guest", whole + account(enabled+`,"last_sign_in":"2020-01-01T00:00:00Z"`) + owns + active, "clear"},
		{"a list of no types", "guest", whole + account(enabled+`,"type":[],"last_sign_in":"2020-01-01T00:00:00Z"`) + owns + active, "clear"},
		{"of an odd type, and somebody's", "mfa: {scope: all, severity: high}", whole + account(enabled+`,"type":"robot","mfa":"none"`) + owns + active, "finding: second factor: none, and capable is wanted, for it is enabled"},
		{"in the control plane, whatever its mark", "dormant-group\ncontrol_plane: [\"group:corp/g\"]\n", whole + `{"fact":"node","id":"group:corp/g","attrs":{"privileged":"True"}}` + "\n", "finding: in the control plane: nobody is in it"},
	})
}
