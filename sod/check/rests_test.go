// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// A rest is a verdict that rests on the absence of something: it says what the check
// says when everything was read, and on which datasets that rests.
type rest struct {
	name, check, world string
	want               string   // when everything was read
	subject            []string // datasets without which the one thing is not assessed
	unseen             []string // datasets without which others may not have been seen at all
	alone              bool     // the verdict is of one thing and rests on others
	source             bool     // it rests on what a source can tell, and not on what was read of one thing
}

// rests has at least one row for each check. Every dataset of every source that a row
// does not name must change nothing, so that a row says all that its verdict rests on.
func rests() []rest {
	accounts := []string{"corp/accounts", "hr/accounts"}
	groups := []string{"corp/groups", "hr/groups"}
	anything := slices.Concat(accounts, groups, []string{"corp/identities", "hr/identities"})
	const role = `{"fact":"node","id":"role:corp/r","name":"r"}` + "\n"
	const group = `{"fact":"node","id":"group:corp/g","name":"g","attrs":{"privileged":"true"}}` + "\n"
	second := strings.ReplaceAll(account(enabled+`,"type":"breakglass","last_sign_in":[]`), "corp/a", "corp/b")
	const plane = "mfa\ncontrol_plane: [\"group:corp/da\", \"role:corp/ga\"]\n"
	const attainable = "mfa\nmodes: [attainable]\ncontrol_plane: [\"group:corp/da\"]\n"
	both := []string{"corp/identities", "hr/identities"}
	const register = "vendor\nvendors: [{id: acme, companies: [Acme], owner: \"identity:hr/1\", contract_end: 2027-01-01, assurance: {report: SOC 1, period_end: 2026-06-30, exceptions: none}}]\n"
	const acme = `"status":"active","worker_type":"vendor","company":"Acme"`
	const requested = "unapproved-grant: {requests: requests.csv, severity: high}"
	given := held("account:corp/a", "group:corp/g", "member", `,"since":"2026-09-10T10:00:00Z"`)
	return []rest{
		{name: "the owner is not in HR", check: "leaver", world: account(enabled) + owns, want: "clear",
			subject: []string{"hr/identities"}, unseen: accounts},
		{name: "the owner is there", check: "leaver", world: account(enabled) + owns + person("1", `"status":"active"`), want: "clear", unseen: accounts},
		{name: "the id is nobody's", check: "leaver", world: account(enabled + `,"employee_id":"7"`), want: "clear",
			subject: []string{"corp/identities", "hr/identities"}, unseen: accounts},
		{name: "the owner is not in HR", check: "orphaned", world: account(enabled) + owns, want: "finding",
			subject: []string{"hr/identities"}, unseen: accounts},
		{name: "no owner", check: "orphaned", world: account(enabled + `,"type":"service"`), want: "finding",
			subject: []string{"corp/accounts"}, unseen: accounts},
		{name: "the id is nobody's", check: "orphaned", world: account(enabled + `,"employee_id":"7"`), want: "finding",
			subject: []string{"corp/identities", "hr/identities"}, unseen: accounts},
		{name: "old sign-in", check: "stale", world: account(enabled + `,"last_sign_in":"2020-01-01T00:00:00Z"`), want: "finding",
			subject: []string{"corp/sign-in"}, unseen: accounts},
		{name: "no id", check: "uncorrelated", world: account(enabled), want: "finding",
			subject: []string{"corp/accounts"}, unseen: accounts},
		{name: "the id is nobody's", check: "uncorrelated", world: account(enabled + `,"employee_id":"7"`), want: "clear",
			subject: []string{"corp/identities", "hr/identities"}, unseen: accounts},
		{name: "the owner is not in HR", check: "prehire", world: account(enabled) + owns, want: "clear",
			subject: []string{"hr/identities"}, unseen: accounts},
		{name: "the id is nobody's", check: "prehire", world: account(enabled + `,"employee_id":"7"`), want: "clear",
			subject: []string{"corp/identities", "hr/identities"}, unseen: accounts},
		{name: "never", check: "never-used", world: account(enabled + `,"created":"2020-01-01T00:00:00Z","last_sign_in":[]`), want: "finding",
			subject: []string{"corp/sign-in"}, unseen: accounts},
		{name: "not privileged", check: plane, world: account(enabled+`,"type":"person","mfa":"none"`) + `{"fact":"node","id":"group:corp/da"}` + "\n" + `{"fact":"node","id":"role:corp/ga"}` + "\n", want: "clear",
			subject: []string{"corp/memberships", "corp/assignments", "corp/eligibility"}, unseen: accounts},
		{name: "not privileged", check: attainable, world: account(enabled+`,"type":"person","mfa":"none"`) + `{"fact":"node","id":"group:corp/da"}` + "\n", want: "clear",
			subject: []string{"corp/memberships", "corp/eligibility", "corp/control"}, unseen: accounts},
		{name: "less than enforced", check: "mfa: {scope: all, at_least: enforced, severity: high}", world: account(enabled + `,"type":"person","mfa":"capable"`), want: "finding",
			subject: []string{"corp/mfa"}, unseen: accounts},
		{name: "it holds it", source: true, check: "privileged", world: account(enabled+`,"type":"person"`) + group + held("account:corp/a", "group:corp/g", "member", ""), want: "finding",
			subject: []string{"corp/eligibility"}, unseen: slices.Concat(accounts, groups)},
		{name: "it does not hold it", check: strings.Replace(plane, "mfa", "privileged", 1), world: account(enabled+`,"type":"guest"`) + `{"fact":"node","id":"group:corp/da"}` + "\n" + `{"fact":"node","id":"role:corp/ga"}` + "\n", want: "clear",
			subject: []string{"corp/memberships", "corp/assignments"}, unseen: slices.Concat(accounts, groups)},
		{name: "no sponsor", check: "guest", world: account(enabled + `,"type":"guest","sponsor":[],"last_sign_in":"2026-09-29T08:00:00Z"`), want: "finding",
			subject: []string{"corp/accounts"}, unseen: accounts},
		{name: "the sponsor is not in HR", check: "guest", world: account(enabled + `,"type":"guest","sponsor":"identity:hr/1","last_sign_in":"2026-09-29T08:00:00Z"`), want: "finding",
			subject: []string{"hr/identities"}, unseen: accounts},
		{name: "unused", check: "guest", world: account(enabled+`,"type":"guest","sponsor":"identity:hr/1","last_sign_in":"2020-01-01T00:00:00Z"`) + person("1", `"status":"active"`), want: "finding",
			subject: []string{"corp/sign-in"}, unseen: accounts},
		{name: "no owner", check: "shared", world: account(enabled + `,"type":"shared"`), want: "finding",
			subject: []string{"corp/accounts"}, unseen: accounts},
		{name: "no owner", check: "service", world: account(enabled + `,"type":"service"`), want: "finding",
			subject: []string{"corp/accounts"}, unseen: accounts},
		{name: "alone", alone: true, check: "breakglass", world: account(enabled + `,"type":"breakglass","last_sign_in":[]`), want: "finding",
			subject: []string{"corp/accounts"}, unseen: accounts},
		{name: "unused", check: "breakglass", world: account(enabled+`,"type":"breakglass","last_sign_in":[]`) + second, want: "clear",
			subject: []string{"corp/sign-in"}, unseen: accounts},
		{name: "not used of late", check: "breakglass", world: account(enabled+`,"type":"breakglass","last_sign_in":"2020-01-01T00:00:00Z"`) + second, want: "clear",
			subject: []string{"corp/sign-in"}, unseen: accounts},
		{name: "the owner is not in HR", check: "control-owner\ncontrols: [{id: AC-1, owner: \"identity:hr/9\"}]\n", world: "", want: "finding",
			subject: []string{"hr/identities"}},
		{name: "nobody is in it", check: "dormant-group", world: group, want: "finding",
			subject: []string{"corp/memberships", "corp/eligibility"}, unseen: groups},
		{name: "no owner", check: "ownerless", world: group, want: "finding",
			subject: []string{"corp/groups", "corp/control"}, unseen: groups},
		{name: "the owner is not in HR", check: "ownerless", world: strings.Replace(group, `"true"`, `"true","owner":"identity:hr/9"`, 1), want: "finding",
			subject: []string{"corp/groups", "corp/control", "hr/identities"}, unseen: groups},
		{name: "the new place lacks it", alone: true, check: "mover", world: places() + account(enabled) + owns + member("a", "g", "") + person("1", moved) + role, want: "finding",
			subject: []string{"corp/accounts", "corp/memberships", "corp/eligibility", "corp/identities", "hr/identities"}, unseen: anything},
		{name: "the old place lacks it", alone: true, check: "mover", world: strings.ReplaceAll(places(), "group:corp/g\",\"kind", "group:corp/other\",\"kind") + account(enabled) + owns + member("a", "g", "") + person("1", moved) + role, want: "clear",
			subject: []string{"corp/accounts", "corp/memberships", "corp/assignments", "corp/eligibility", "corp/identities", "hr/identities"}, unseen: anything},
		{name: "the new place has it, and the old one is not known", alone: true, check: "mover", world: whole + ledger + staff("Audit", 6, "", "g") + account(enabled) + owns + member("a", "g", "") + person("1", strings.Replace(moved, "previous_department", "cost_centre", 1)) + role, want: "clear",
			subject: []string{"corp/accounts", "corp/memberships", "corp/assignments", "corp/eligibility", "corp/identities", "hr/identities"}, unseen: anything},
		{name: "no sponsor", check: register, world: account(enabled) + owns + person("1", acme+`,"sponsor":[]`), want: "finding",
			subject: []string{"hr/identities"}, unseen: slices.Concat(accounts, both)},
		{name: "the sponsor is not in HR", check: register, world: account(enabled) + owns + person("1", acme+`,"sponsor":"identity:hr/9"`), want: "finding",
			subject: []string{"hr/identities"}, unseen: slices.Concat(accounts, both)},
		{name: "the id is nobody's", check: register, world: account(enabled + `,"employee_id":"7"`), want: "clear",
			subject: both, unseen: slices.Concat(accounts, both)},
		{name: "nobody approved", check: requested, world: account(enabled+`,"type":"service"`) + group + given, want: "finding", unseen: slices.Concat(accounts, groups)},
		{name: "nobody got it", check: requested, world: account(enabled) + group, want: "clear",
			subject: []string{"corp/memberships", "corp/eligibility"}, unseen: slices.Concat(accounts, groups)},
		{name: "nobody else has it", check: "duplicate-identity", world: person("1", `"status":"active","mail":"a@x"`), want: "clear",
			unseen: []string{"corp/identities", "hr/identities"}},
	}
}

// together says that somebody of whom nothing is known has the account, and another that is
// of no interest: for a check it is nobody's as before.
const together = `{"fact":"node","id":"account:corp/z","attrs":{"status":"disabled","type":"person","parent":"account:corp/a"}}
{"fact":"node","id":"somebody:corp/a","name":"whoever is behind a"}
{"fact":"grant","from":"somebody:corp/a","to":"account:corp/a","kind":"owns"}
{"fact":"grant","from":"somebody:corp/a","to":"account:corp/z","kind":"owns"}
`

// Each check has a row, and each verdict of absence is NOT ASSESSED, and never clear,
// when what it rests on was not read to the end.
func TestWhatVerdictsRestOn(t *testing.T) {
	named := map[string]bool{sod.RoleConflict: true} // package sod judges it by the gaps of its rules
	for _, r := range rests() {
		name, _, _ := strings.Cut(r.check, ":")
		name, _, _ = strings.Cut(name, "\n")
		named[name] = true
		t.Run(name+"/"+r.name, r.test)
		r.world += together
		t.Run(name+"/"+r.name+", and somebody is behind it", r.test)
	}
	for _, name := range check.Names() {
		if !named[name] {
			t.Errorf("check %s has no row in rests: say what its verdicts of absence rest on", name)
		}
	}
}

func (r rest) test(t *testing.T) {
	if got := outcome(verdict(t, r.check, whole+r.world)); got != r.want {
		t.Fatalf("everything was read: got %s, want %s", got, r.want)
	}
	flips := 0
	for _, at := range r.subject {
		if about := r.thing(at); about != "" && !r.source {
			source, dataset, _ := strings.Cut(at, "/")
			gap := `{"fact":"gap","about":"` + about + `","dataset":"` + dataset + `","reason":"denied"}` + "\n"
			if got := verdict(t, r.check, whole+r.world+gap); outcome(got) != "not assessed" {
				t.Errorf("%s of %s (%s) not read: got %q, want not assessed", dataset, about, source, got)
			}
		}
	}
	for _, source := range []string{"corp", "hr"} {
		for _, d := range graph.Datasets() {
			for _, state := range []string{"partial", "denied", "unlicensed", "failed", "not-requested"} {
				at := source + "/" + string(d)
				got := verdict(t, r.check, whole+r.world+coverage(source, string(d), state))
				want, unseen := r.want, slices.Contains(r.unseen, at)
				if slices.Contains(r.subject, at) {
					want = "not assessed"
					flips++
				}
				if outcome(got) != want || unseen != strings.Contains(got, "not assessed: 0 "+at) {
					t.Errorf("%s %s: got %q, want %s, and others unseen: %v", at, state, got, want, unseen)
				}
			}
		}
	}
	if flips < 5*len(r.subject) {
		t.Errorf("%d flips: a dataset of %v is none", flips, r.subject)
	}
}

// thing names what a gap of a dataset may be about: the account, person or group that
// the verdict is of, or rests on.
func (r rest) thing(at string) string {
	switch at {
	case "hr/identities":
		if strings.Contains(r.check+r.world, "identity:hr/9") {
			return "identity:hr/9"
		}
		return "identity:hr/1"
	case "corp/accounts", "corp/sign-in", "corp/mfa":
		if r.alone {
			return "" // it rests on others
		}
		return "account:corp/a"
	case "corp/assignments":
		if strings.Contains(r.world, "role:corp/r") {
			return "role:corp/r"
		}
	case "corp/groups", "corp/memberships", "corp/eligibility", "corp/control":
		if strings.Contains(r.world, "group:corp/da") {
			return "group:corp/da"
		}
		return "group:corp/g"
	}
	return ""
}

// outcome says in a word what is said of the one thing.
func outcome(verdict string) string {
	verdict = regexp.MustCompile(`(?m)^not assessed: 0 .*$`).ReplaceAllString(verdict, "")
	switch {
	case strings.Contains(verdict, "finding: "):
		return "finding"
	case strings.Contains(verdict, "not assessed: "):
		return "not assessed"
	}
	return "clear"
}
