// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

var asOf = time.Date(2026, 9, 30, 23, 59, 59, 0, time.UTC)

// whole is the coverage of a world in which everything was read.
const whole = `{"fact":"coverage","source":"hr","dataset":"*","state":"complete"}
{"fact":"coverage","source":"corp","dataset":"*","state":"complete"}
`

func build(t *testing.T, lines string) *graph.Graph {
	t.Helper()
	n := strings.Count(strings.TrimSpace(lines), "\n") + 1
	var b graph.Builder
	for f, err := range facts.Read(strings.NewReader(strings.TrimSpace(lines)+fmt.Sprintf("\n{\"fact\":\"end\",\"facts\":%d}\n", n)), "world") {
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph()
}

func account(attrs string) string {
	return `{"fact":"node","id":"account:corp/a","name":"a","attrs":{` + attrs + `}}` + "\n"
}

func person(id, attrs string) string {
	return `{"fact":"node","id":"identity:hr/` + id + `","name":"P` + id + `","attrs":{` + attrs + `}}` + "\n"
}

const owns = `{"fact":"grant","from":"identity:hr/1","to":"account:corp/a","kind":"owns"}` + "\n"

// policy reads one check: its name, or as it stands in a policy, with more of the
// policy after a line feed, and an export of requests after a line of two dashes.
func policy(t *testing.T, text string) *sod.Policy {
	t.Helper()
	text, export, _ := strings.Cut(text, "\n--\n")
	form, more, _ := strings.Cut(text, "\n")
	switch {
	case form == "stale":
		form = "stale: {after: 90d, severity: high}"
	case !strings.Contains(form, ":"):
		form += ": {severity: high}"
	}
	p, err := policyfile.Load("policy.yaml", func(name string) ([]byte, error) {
		if name == "requests.csv" {
			return []byte("beneficiary,access,approver,approved_at,ref\n" + export), nil
		}
		return []byte("version: 1\nchecks:\n  " + form + "\n" + more + "\n"), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// verdict runs one check and tells what it says of the one thing that is judged.
func verdict(t *testing.T, form, lines string) string {
	t.Helper()
	findings, unknown := check.Judge(build(t, lines), policy(t, form), asOf)
	var said []string
	for _, f := range findings {
		said = append(said, "finding: "+f.Detail)
	}
	for _, u := range unknown {
		said = append(said, fmt.Sprintf("not assessed: %d %s", u.Subjects, strings.Join(u.Gaps, ",")))
	}
	if said == nil {
		return "clear"
	}
	return strings.Join(said, "\n")
}

// A verdictTest is a world of one account, person or group, and what is said of it.
type verdictTest struct{ name, check, world, want string }

func testVerdicts(t *testing.T, tests []verdictTest) {
	t.Helper()
	for _, tt := range tests {
		name, _, _ := strings.Cut(tt.check, ":")
		t.Run(name+"/"+tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, verdict(t, tt.check, tt.world)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// coverage is how much of a dataset was read, in a line.
func coverage(source, dataset, state string) string {
	return fmt.Sprintf(`{"fact":"coverage","source":%q,"dataset":%q,"state":%q}`+"\n", source, dataset, state)
}

func TestVerdicts(t *testing.T) {
	const partialPeople = `{"fact":"coverage","source":"hr","dataset":"identities","state":"partial"}` + "\n"
	const partialSignIn = `{"fact":"coverage","source":"corp","dataset":"sign-in","state":"denied"}` + "\n"
	const partialAccounts = `{"fact":"coverage","source":"corp","dataset":"accounts","state":"partial"}` + "\n"
	testVerdicts(t, []verdictTest{
		{"recent", "stale", whole + account(`"status":"enabled","last_sign_in":"2026-09-01T00:00:00Z"`), "clear"},
		{"on the day it is not yet too long", "stale", whole + account(`"status":"enabled","last_sign_in":"2026-07-02T23:59:59Z"`), "clear"},
		{"a second longer", "stale", whole + account(`"status":"enabled","last_sign_in":"2026-07-02T23:59:58Z"`), "finding: last sign-in 2026-07-02, more than 90 days before 2026-09-30"},
		{"disabled", "stale", whole + account(`"status":"disabled","last_sign_in":"2020-01-01T00:00:00Z"`), "clear"},
		{"locked", "stale", whole + account(`"status":"locked","last_sign_in":"2020-01-01T00:00:00Z"`), "clear"},
		{"status unknown", "stale", whole + account(`"last_sign_in":"2020-01-01T00:00:00Z"`), "not assessed: 1 corp/accounts"},
		{"status unknown but recent", "stale", whole + account(`"last_sign_in":"2026-09-29T00:00:00Z"`), "clear"},
		{"within its uncertainty", "stale", whole + account(`"status":"enabled","last_sign_in":"2026-06-25T00:00:00Z","last_sign_in_uncertainty":"14d"`), "not assessed: 1 corp/sign-in"},
		{"beyond its uncertainty", "stale", whole + account(`"status":"enabled","last_sign_in":"2026-01-01T00:00:00Z","last_sign_in_uncertainty":"14d"`), "finding: last sign-in 2026-01-15, more than 90 days before 2026-09-30"},
		{"unreadable uncertainty", "stale", whole + account(`"status":"enabled","last_sign_in":"2026-01-01T00:00:00Z","last_sign_in_uncertainty":"soon"`), "not assessed: 1 corp/sign-in"},
		{"unknown sign-in of an old account", "stale", whole + account(`"status":"enabled","created":"2020-01-01T00:00:00Z"`), "not assessed: 1 corp/sign-in"},
		{"unknown sign-in, unknown age", "stale", whole + account(`"status":"enabled"`), "not assessed: 1 corp/sign-in"},
		{"unknown sign-in of a new account", "stale", whole + account(`"status":"enabled","created":"2026-09-15T00:00:00Z"`), "clear"},
		{"unreadable sign-in", "stale", whole + account(`"status":"enabled","last_sign_in":"yesterday"`), "not assessed: 1 corp/sign-in"},
		{"sign-ins denied", "stale", whole + partialSignIn + account(`"status":"enabled","last_sign_in":"2020-01-01T00:00:00Z"`), "not assessed: 1 corp/sign-in"},
		{"sign-ins denied, but a recent one seen", "stale", whole + partialSignIn + account(`"status":"enabled","last_sign_in":"2026-09-01T00:00:00Z"`), "clear"},
		{"accounts partial", "stale", whole + partialAccounts + account(`"status":"enabled","last_sign_in":"2026-09-01T00:00:00Z"`), "not assessed: 0 corp/accounts"},

		{"owner present", "orphaned", whole + account(`"status":"enabled"`) + person("1", `"status":"active"`) + owns, "clear"},
		{"owner on leave", "orphaned", whole + account(`"status":"enabled"`) + person("1", `"status":"leave"`) + owns, "clear"},
		{"owner terminated", "orphaned", whole + account(`"status":"enabled"`) + person("1", `"status":"terminated"`) + owns, "finding: the owner identity:hr/1 (P1) is terminated"},
		{"owner terminated, account disabled", "orphaned", whole + account(`"status":"disabled"`) + person("1", `"status":"terminated"`) + owns, "clear"},
		{"owner terminated, status unknown", "orphaned", whole + account(``) + person("1", `"status":"terminated"`) + owns, "not assessed: 1 corp/accounts"},
		{"owner's status unknown", "orphaned", whole + account(`"status":"enabled"`) + person("1", ``) + owns, "not assessed: 1 hr/identities"},
		{"owner not in HR", "orphaned", whole + account(`"status":"enabled"`) + owns, "finding: the owner identity:hr/1 is not in hr"},
		{"owner not in partial HR", "orphaned", whole + partialPeople + account(`"status":"enabled"`) + owns, "not assessed: 1 hr/identities"},
		{"service account without owner", "orphaned", whole + account(`"status":"enabled","type":"service"`), "finding: a service account without an owner"},
		{"service account, accounts partial", "orphaned", whole + partialAccounts + account(`"status":"enabled","type":"service"`), "not assessed: 1 corp/accounts\nnot assessed: 0 corp/accounts"},
		{"declared owner present", "orphaned", whole + account(`"status":"enabled","type":"service","owner":"identity:hr/1"`) + person("1", `"status":"active"`), "clear"},
		{"declared owner terminated", "orphaned", whole + account(`"status":"enabled","type":"service","owner":"identity:hr/1"`) + person("1", `"status":"terminated"`), "finding: the owner identity:hr/1 (P1) is terminated"},
		{"declared owner absent", "orphaned", whole + account(`"status":"enabled","type":"service","owner":"identity:hr/1"`), "finding: the owner identity:hr/1 is not in hr"},
		{"id names nobody", "orphaned", whole + account(`"status":"enabled","employee_id":"77"`), "finding: employee id 77 names nobody"},
		{"id names nobody in partial HR", "orphaned", whole + partialPeople + account(`"status":"enabled","employee_id":"77"`), "not assessed: 1 hr/identities"},
		{"system account", "orphaned", whole + account(`"status":"enabled","type":"system","employee_id":"77"`), "clear"},
		{"no key is the other check's", "orphaned", whole + account(`"status":"enabled"`), "clear"},

		{"notice that has not run out", "orphaned", whole + account(`"status":"enabled"`) + person("1", `"status":"terminated","end_date":"2026-12-31"`) + owns, "clear"},
		{"the declared owner is nobody known", "orphaned", whole + account(`"status":"enabled","type":"service","owner":"somebody:corp/b"`) + `{"fact":"node","id":"somebody:corp/b","name":"whoever"}` + "\n", "not assessed: 1 corp/identities"},
		{"one of two declared owners is there", "orphaned", whole + account(`"status":"enabled","type":"service","owner":["identity:hr/9","identity:hr/1"]`) + person("1", `"status":"active"`), "clear"},
		{"a declared account that is only named", "orphaned", whole + account(`"status":"enabled","type":"service","owner":"account:corp/b"`) + `{"fact":"grant","from":"account:corp/b","to":"group:corp/g","kind":"member"}` + "\n", "not assessed: 1 corp/identities"},

		{"no key", "uncorrelated", whole + account(`"status":"enabled"`), "finding: carries no employee id and no declared owner"},
		{"no key, accounts partial", "uncorrelated", whole + partialAccounts + account(`"status":"enabled"`), "not assessed: 1 corp/accounts\nnot assessed: 0 corp/accounts"},
		{"key of two", "uncorrelated", whole + account(`"status":"enabled","employee_id":"7"`) + person("1", `"employee_id":"7"`) + person("2", `"employee_id":"7"`), "finding: carries the employee id 7, and so do 2 identities"},
		{"owned", "uncorrelated", whole + account(`"status":"enabled"`) + person("1", ``) + owns, "clear"},
		{"declared owner", "uncorrelated", whole + account(`"status":"enabled","owner":"identity:hr/1"`), "clear"},
		{"service account", "uncorrelated", whole + account(`"status":"enabled","type":"service"`), "clear"},
		{"id names nobody is the other check's", "uncorrelated", whole + account(`"status":"enabled","employee_id":"77"`), "clear"},
		{"id names nobody in partial HR, both are unsure", "uncorrelated", whole + partialPeople + account(`"status":"enabled","employee_id":"77"`), "not assessed: 1 hr/identities"},
	})
}

// A second account follows its main one.
func TestParent(t *testing.T) {
	second := `{"fact":"node","id":"account:corp/adm","name":"adm","attrs":{"status":"enabled","parent":"account:corp/a"}}` + "\n"
	world := whole + account(`"status":"disabled"`) + second + person("1", `"status":"terminated"`) + owns
	if got, want := verdict(t, "orphaned", world), "finding: the owner identity:hr/1 (P1) is terminated"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A check that does not exist clears nobody, and does not fall over.
func TestUnknownCheck(t *testing.T) {
	p := &sod.Policy{Checks: []sod.Check{{Name: "nosuch", Severity: sod.Low}}}
	findings, unknown := check.Judge(build(t, whole), p, asOf)
	if len(findings) != 0 || len(unknown) != 1 || unknown[0].Rule != "nosuch" || unknown[0].Accepted {
		t.Errorf("%v, %v", findings, unknown)
	}
}
