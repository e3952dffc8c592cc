// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod/check"
)

const leaverRun = `{"fact":"source","source":"corp","connector":"ldap","started":"2026-09-30T18:00:00Z","ended":"2026-09-30T18:00:00Z","details":{"dialect":["openldap"]}}` + "\n"

// leaving asks about employee 1.
func leaving(t *testing.T, lines string, q check.Question) *check.Leaver {
	t.Helper()
	q.EmployeeID, q.AsOf = "1", asOf
	l, err := check.LeaverOf(build(t, lines), q)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func grant(from, to, kind string) string {
	return fmt.Sprintf(`{"fact":"grant","from":%q,"to":%q,"kind":%q}`+"\n", from, to, kind)
}

var ana = person("1", `"employee_id":"1","status":"active"`)

// told says of each account what ties it and whether it lives.
func told(l *check.Leaver) string {
	var words []string
	for _, x := range l.Logins {
		words = append(words, x.ID.String()+" "+x.Tie.String()+" "+x.Life.String())
	}
	return strings.Join(words, ", ")
}

func TestLeaverLives(t *testing.T) {
	bot := func(kind string) string {
		return `{"fact":"node","id":"account:corp/bot","name":"bot","attrs":{"status":"enabled",` + kind + `}}` + "\n"
	}
	for _, c := range []struct {
		name, lines, want string
		lives             bool
		unsure            int
	}{
		{"enabled", owns + account(`"status":"enabled"`), "account:corp/a owned live", true, 0},
		{"locked", owns + account(`"status":"locked"`), "account:corp/a owned live-but-locked", true, 0},
		{"locked for good", owns + account(`"status":"locked","lock":"permanent"`) + leaverRun, "account:corp/a owned not-live", false, 0},
		{"locked for good elsewhere", owns + account(`"status":"locked","lock":"permanent"`), "account:corp/a owned live-but-locked", true, 0},
		{"disabled", owns + account(`"status":"disabled"`), "account:corp/a owned not-live", false, 0},
		{"expired", owns + account(`"status":"expired"`), "account:corp/a owned not-live", false, 0},
		{"unknown", owns + account(`"type":"person"`), "account:corp/a owned cannot-tell", false, 1},
		{"no known word", owns + account(`"status":"off"`), "account:corp/a owned cannot-tell", false, 1},
		{"not linked", account(`"status":"enabled","employee_id":"1"`), "account:corp/a carried live", true, 0},
		{"linked to another", person("2", `"employee_id":"2"`) + strings.Replace(owns, "hr/1", "hr/2", 1) + account(`"status":"enabled","employee_id":"1"`), "", false, 0},
		{"zeros count", account(`"status":"enabled","employee_id":"01"`), "", false, 0},
		{"second account", owns + account(`"status":"disabled"`) + bot(`"type":"person","parent":"account:corp/a"`), "account:corp/a owned not-live, account:corp/bot carried live", true, 0},
		{"declared", bot(`"type":"service","owner":"identity:hr/1"`), "account:corp/bot declared live", true, 0},
		{"declared by account", owns + account(`"status":"disabled"`) + bot(`"type":"service","owner":"account:corp/a"`), "account:corp/a owned not-live, account:corp/bot declared live", true, 0},
		{"a person who names an owner", bot(`"type":"person","owner":"identity:hr/1"`), "account:corp/bot carried live", true, 0},
		{"controlled", owns + account(`"status":"disabled"`) + bot(`"type":"service"`) + grant("account:corp/a", "account:corp/bot", "controls"), "account:corp/a owned not-live, account:corp/bot obtained live", true, 0},
		{"controls a person", owns + account(`"status":"disabled"`) + bot(`"type":"person"`) + grant("account:corp/a", "account:corp/bot", "controls"), "account:corp/a owned not-live", false, 0},
		{"no account", "", "", false, 0},
		{"held without an account", grant("identity:hr/1", "role:corp/r", "assigned"), "", true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := leaving(t, ana+whole+c.lines, check.Question{})
			if got := told(l); got != c.want || l.Lives() != c.lives || len(l.CannotTell) != c.unsure {
				t.Errorf("got %s; lives %v, cannot tell %v\nwant %s; lives %v, cannot tell %d", got, l.Lives(), l.CannotTell, c.want, c.lives, c.unsure)
			}
		})
	}
}

// TestLeaverIsNeverCleanWhenUnread takes away one dataset of one source after the
// other: whatever was not read is told, and an answer without it is the only clean one.
func TestLeaverIsNeverCleanWhenUnread(t *testing.T) {
	clean := ana + owns + account(`"status":"disabled"`)
	if l := leaving(t, clean+whole, check.Question{}); l.Lives() || len(l.CannotTell) > 0 {
		t.Fatalf("the world is not clean to begin with: %v", l.CannotTell)
	}
	tried := 0
	for _, source := range []string{"hr", "corp"} {
		for _, d := range graph.Datasets() {
			for state := graph.NotRequested; state <= graph.Failed; state++ {
				l := leaving(t, clean+whole+fmt.Sprintf(`{"fact":"coverage","source":%q,"dataset":%q,"state":%q}`+"\n", source, d, state), check.Question{})
				matters := d != graph.SignIn && d != graph.MFA
				if got := len(l.CannotTell) == 1 && l.CannotTell[0].Dataset == d; got != matters {
					t.Errorf("%s/%s %s: %v", source, d, state, l.CannotTell)
				}
				tried++
			}
		}
	}
	if l := leaving(t, clean, check.Question{}); len(l.CannotTell) != 14 {
		t.Errorf("without any coverage record: %v", l.CannotTell)
	}
	if tried == 0 {
		t.Fatal("nothing was tried")
	}
}

func TestLeaverGaps(t *testing.T) {
	others := `{"fact":"node","id":"account:corp/b","name":"b","attrs":{"status":"disabled"}}` + "\n"
	for _, c := range []struct {
		about, dataset string
		matters        bool
	}{
		{"account:corp/a", "memberships", true}, {"account:corp/a", "accounts", true}, {"account:corp/a", "*", true}, {"account:corp/a", "mfa", false},
		{"identity:hr/1", "identities", true}, {"identity:hr/2", "identities", false}, {"account:corp/b", "memberships", false},
		{"account:corp/b", "control", true}, {"account:corp/b", "*", true}, {"group:corp/g", "memberships", true}, {"group:corp/g", "groups", false}, {"role:corp/r", "assignments", true},
	} {
		l := leaving(t, ana+whole+owns+account(`"status":"disabled"`)+others+fmt.Sprintf(`{"fact":"gap","about":%q,"dataset":%q,"reason":"denied"}`+"\n", c.about, c.dataset), check.Question{})
		if got := len(l.CannotTell) > 0; got != c.matters {
			t.Errorf("%s of %s: cannot tell %v, want %v", c.dataset, c.about, l.CannotTell, c.matters)
		}
	}
}

func TestLeaverReaches(t *testing.T) {
	lines := ana + whole + owns + account(`"status":"enabled"`) +
		grant("account:corp/a", "group:corp/g", "member") + grant("group:corp/g", "group:corp/h", "member") + grant("group:corp/h", "role:corp/far", "assigned") +
		grant("account:corp/a", "role:corp/can", "eligible") + grant("role:corp/can", "entitlement:corp/e", "contains") +
		grant("group:corp/g", "account:corp/victim", "controls") + grant("account:corp/victim", "role:corp/far2", "assigned") +
		`{"fact":"grant","from":"account:corp/a","to":"role:corp/over","kind":"assigned","until_time":"2026-01-01T00:00:00Z"}` + "\n"
	var got []string
	for _, a := range leaving(t, lines, check.Question{}).Logins[0].Access {
		got = append(got, fmt.Sprintf("%s %s %d", a.Mode(), a.End(), len(a.Kinds)))
	}
	want := []string{
		"standing group:corp/g 1", "standing group:corp/h 2", "standing role:corp/far 3",
		"eligible role:corp/can 1", "eligible entitlement:corp/e 2", "attainable account:corp/victim 2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	l := leaving(t, lines, check.Question{Mode: reach.Standing})
	if n := len(l.Logins[0].Access); n != 3 || len(l.CannotTell) != 1 {
		t.Errorf("standing only: %d reached, cannot tell %v", n, l.CannotTell)
	}
}

func TestLeaverCountsWhatItDoesNotTell(t *testing.T) {
	var b strings.Builder
	b.WriteString(grant("account:corp/a", "group:corp/g", "member") + grant("account:corp/a", "role:corp/z", "eligible"))
	for i := range 1002 {
		b.WriteString(grant("group:corp/g", fmt.Sprintf("role:corp/r%04d", i), "assigned"))
	}
	x := leaving(t, ana+whole+owns+account(`"status":"enabled"`)+b.String(), check.Question{}).Logins[0]
	if len(x.Access) != 1001 || x.More != 3 || x.Access[1000].Mode() != reach.Eligible {
		t.Errorf("%d told and %d counted, want 1001, with the account's own grant, and 3", len(x.Access), x.More)
	}
}

func TestLeaverUse(t *testing.T) {
	end := time.Date(2026, 9, 20, 0, 0, 0, 0, time.UTC)
	used := `{"fact":"use","account":"account:corp/a","entitlement":"entitlement:corp/e","at":"2026-09-21T00:00:00Z","ref":"r1"}` + "\n"
	unread := `{"fact":"coverage","source":"corp","dataset":"sign-in","state":"denied"}` + "\n"
	early := strings.ReplaceAll(leaverRun, "2026-09-30", "2026-09-19")
	for _, c := range []struct{ name, attrs, lines, want string }{
		{"after", `"last_sign_in":"2026-09-20T00:00:01Z"`, leaverRun, "yes"},
		{"after, though not all was read", `"last_sign_in":"2026-09-21T00:00:00Z"`, leaverRun + unread, "yes"},
		{"a right was used", `"last_sign_in":"2026-09-01T00:00:00Z"`, leaverRun + used, "yes"},
		{"before", `"last_sign_in":"2026-09-19T23:00:00Z"`, leaverRun, "no"},
		{"before, and surely", `"last_sign_in":"2026-09-01T00:00:00Z","last_sign_in_uncertainty":"14d"`, leaverRun, "no"},
		{"before, or after", `"last_sign_in":"2026-09-10T00:00:00Z","last_sign_in_uncertainty":"14d"`, leaverRun, "cannot-tell"},
		{"how exact is not known", `"last_sign_in":"2026-09-01T00:00:00Z","last_sign_in_uncertainty":"some"`, leaverRun, "cannot-tell"},
		{"none recorded", `"type":"person"`, leaverRun, "cannot-tell"},
		{"not all was read", `"last_sign_in":"2026-09-01T00:00:00Z"`, leaverRun + unread, "cannot-tell"},
		{"read before the end", `"last_sign_in":"2026-09-01T00:00:00Z"`, early, "cannot-tell"},
		{"when it was read is not known", `"last_sign_in":"2026-09-01T00:00:00Z"`, "", "cannot-tell"},
	} {
		l := leaving(t, ana+whole+owns+c.lines+account(`"status":"disabled",`+c.attrs), check.Question{Effective: end})
		if got := l.Logins[0].Use; got.Answer != c.want || got.Why == "" {
			t.Errorf("%s: got %+v, want %s", c.name, got, c.want)
		}
	}
	for _, q := range []check.Question{{}, {Effective: asOf.Add(time.Second)}} {
		if l := leaving(t, ana+whole+owns+account(`"status":"disabled"`), q); l.Logins[0].Use != (check.Use{}) || len(l.CannotTell) > 0 {
			t.Errorf("not asked: %+v, %v", l.Logins[0].Use, l.CannotTell)
		}
	}
}

func TestLeaverIsOneIdentity(t *testing.T) {
	for lines, want := range map[string]string{
		whole:                                    "no identity that was read carries this employee id; no source says who the people are",
		person("2", `"employee_id":"2"`) + whole: "letter by letter",
		person("2", `"employee_id":"2"`):         "cannot be told, for not everything was read: identities of hr",
		ana + strings.Replace(ana, "hr/1", "hr/9", 1) + whole: "2 identities carry this employee id, and foureyes does not choose: identity:hr/1, identity:hr/9",
	} {
		if strings.HasPrefix(want, "no identity") {
			lines = strings.ReplaceAll(lines, `"complete"`, `"not-applicable"`)
		}
		_, err := check.LeaverOf(build(t, lines), check.Question{EmployeeID: "1", AsOf: asOf})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// A dataset that was read about some people is whole for exactly one: when nobody else
// is named, and nothing but that was left out.
func TestLeaverConcerning(t *testing.T) {
	record := func(state, details string) string {
		return `{"fact":"coverage","source":"corp","dataset":"memberships","state":"` + state + `"` + details + "}\n"
	}
	const about = `,"details":{"concerning":`
	rest := strings.Replace(coverage("corp", "*", "complete"), `"*"`, `"accounts"`, 1) + coverage("corp", "groups", "complete") + coverage("corp", "assignments", "complete") +
		coverage("corp", "eligibility", "complete") + coverage("corp", "control", "complete") + coverage("corp", "identities", "not-applicable") + coverage("hr", "*", "complete")
	for records, whole := range map[string]bool{
		record("not-requested", about+`["1"]}`):                                   true,
		record("complete", ""):                                                    true,
		record("not-requested", ""):                                               false,
		record("not-requested", about+`["2"]}`):                                   false,
		record("not-requested", about+`["1","2"]}`):                               false,
		record("not-requested", about+`["01"]}`):                                  false,
		record("partial", about+`["1"]}`):                                         false,
		record("failed", about+`["1"]}`):                                          false,
		record("not-requested", about+`["1"]}`) + coverage("corp", "*", "failed"): false,
	} {
		l, err := check.LeaverOf(build(t, person("1", `"employee_id":"1","status":"terminated"`)+account(enabled)+rest+records), check.Question{EmployeeID: "1", AsOf: asOf})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(l.CannotTell) == 0; got != whole {
			t.Errorf("%s: cannot tell %+v", records, l.CannotTell)
		}
	}
}
