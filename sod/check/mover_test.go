// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"fmt"
	"strings"
	"testing"
)

// staff are some people of a department, with an account each that is in all of the
// groups.
func staff(department string, n int, more string, groups ...string) string {
	var b strings.Builder
	for i := range n {
		key := fmt.Sprint(department[:1], i)
		b.WriteString(person(key, `"status":"active","department":"`+department+`"`+more))
		b.WriteString(holder(key, groups...))
	}
	return b.String()
}

// holder is an account of a person, in some groups.
func holder(key string, groups ...string) string {
	s := fmt.Sprintf(`{"fact":"node","id":"account:corp/%[1]s","name":"%[1]s","attrs":{"status":"enabled"}}
{"fact":"grant","from":"identity:hr/%[1]s","to":"account:corp/%[1]s","kind":"owns"}
`, key)
	for _, g := range groups {
		s += member(key, g, "")
	}
	return s
}

func member(key, group, more string) string {
	return fmt.Sprintf(`{"fact":"grant","from":"account:corp/%s","to":"group:corp/%s","kind":"member"%s}`+"\n", key, group, more)
}

const (
	ledger = `{"fact":"node","id":"group:corp/g","name":"ledger"}` + "\n"
	moved  = `"status":"active","department":"Audit","previous_department":"Treasury","transfer_date":"2026-08-01"`
	kept   = "finding: moved on 2026-08-01 from department Treasury to department Audit and keeps group:corp/g (ledger), held by "
)

// places are two departments of six; all of Treasury are in g.
func places() string { return whole + ledger + staff("Treasury", 6, "", "g") + staff("Audit", 6, "") }

func TestMover(t *testing.T) {
	some := func(n int) string { return staff("Treasury", n, "", "g") }
	audit := staff("Audit", 6, "")
	me := person("1", moved) + holder("1", "g")
	with := func(attrs string) string { return person("1", attrs) + holder("1", "g") }
	lines := strings.SplitAfter(staff("Treasury", 6, "", "g"), "\n")
	half := strings.Join(lines[:3*4], "") + staff("Xreasury", 3, "") // three hold it, and three do not
	half = strings.ReplaceAll(half, "Xreasury", "Treasury")
	notAssessed := "not assessed: 1 hr/identities"
	testVerdicts(t, []verdictTest{
		{"keeps", "mover", places() + me, kept + "6 of 6 peers there and 0 of 6 here"},
		{"holds nothing", "mover", places() + person("1", moved) + holder("1"), "clear"},
		{"the new place has it too", "mover", whole + ledger + some(6) + staff("Audit", 6, "", "g") + me, "clear"},
		{"one of ten of the new place has it", "mover", whole + ledger + some(6) + staff("Audit", 9, "") + person("x", `"status":"active","department":"Audit"`) + holder("x", "g") + me, "clear"},
		{"one of eleven of the new place has it", "mover", whole + ledger + some(6) + staff("Audit", 10, "") + person("x", `"status":"active","department":"Audit"`) + holder("x", "g") + me, kept + "6 of 6 peers there and 1 of 11 here"},
		{"half of the old place have it", "mover", whole + ledger + half + audit + me, kept + "3 of 6 peers there and 0 of 6 here"},
		{"fewer than half have it", "mover", whole + ledger + half + person("y", `"status":"active","department":"Treasury"`) + audit + me, "clear"},
		{"moved in the days of grace", "mover", places() + with(strings.Replace(moved, "08-01", "09-02", 1)), "clear"},
		{"moved on the last day that counts", "mover", places() + with(strings.Replace(moved, "08-01", "08-31", 1)), strings.Replace(kept, "08-01", "08-31", 1) + "6 of 6 peers there and 0 of 6 here"},
		{"moved long ago", "mover", places() + with(strings.Replace(moved, "2026-08-01", "2026-04-01", 1)), "clear"},
		{"asked about longer ago", "mover: {within: 365d, severity: low}", places() + with(strings.Replace(moved, "2026-08-01", "2026-04-01", 1)), strings.Replace(kept, "2026-08-01", "2026-04-01", 1) + "6 of 6 peers there and 0 of 6 here"},
		{"will move", "mover", places() + with(strings.Replace(moved, "08-01", "12-01", 1)), "clear"},
		{"has left", "mover", places() + with(strings.Replace(moved, "active", "terminated", 1)), "clear"},
		{"got it after the transfer", "mover", places() + person("1", moved) + holder("1") + member("1", "g", `,"since":"2026-08-01T10:00:00Z"`), "clear"},
		{"got it before the transfer", "mover", places() + person("1", moved) + holder("1") + member("1", "g", `,"since":"2026-07-31T10:00:00Z"`), kept + "6 of 6 peers there and 0 of 6 here"},
		{"had it until yesterday", "mover", places() + person("1", moved) + holder("1") + member("1", "g", `,"until_time":"2026-09-29T00:00:00Z"`), "clear"},
		{"four at the old place", "mover", whole + ledger + some(4) + audit + me, notAssessed},
		{"four are enough when they are said to be", "mover: {peers: 4, severity: low}", whole + ledger + some(4) + audit + me, kept + "4 of 4 peers there and 0 of 6 here"},
		{"four at the new place", "mover", whole + ledger + some(6) + staff("Audit", 4, "") + me, notAssessed},
		{"those who left are no peers", "mover", whole + ledger + some(6) + strings.Replace(staff("Audit", 5, ""), "active", "terminated", 1) + me, notAssessed},
		{"those who leave are peers", "mover", whole + ledger + some(6) + strings.Replace(staff("Audit", 5, ""), `"active"`, `"terminated","end_date":"2026-10-31"`, 1) + me, kept + "6 of 6 peers there and 0 of 5 here"},
		{"those on leave are peers", "mover", whole + ledger + some(6) + strings.Replace(staff("Audit", 5, ""), "active", "leave", 1) + me, kept + "6 of 6 peers there and 0 of 5 here"},
		{"those yet to begin are none", "mover", whole + ledger + some(6) + strings.Replace(staff("Audit", 5, ""), "active", "pending", 1) + me, notAssessed},
		{"who came along is no peer", "mover", whole + ledger + some(6) + staff("Audit", 6, "") + person("2", moved) + holder("2", "g") + person("3", moved) + holder("3", "g") + me,
			kept + "6 of 6 peers there and 0 of 6 here\n" + kept + "6 of 6 peers there and 0 of 6 here\n" + kept + "6 of 6 peers there and 0 of 6 here"},
		{"who came from another place is one", "mover", whole + ledger + some(6) + staff("Audit", 6, "") + person("2", strings.Replace(moved, "Treasury", "Sales", 1)) + holder("2", "g") + me,
			"clear"},
		{"the old place is not known", "mover", places() + with(`"status":"active","department":"Audit","transfer_date":"2026-08-01"`), notAssessed},
		{"the old place is not known, and the new one has all", "mover", whole + ledger + staff("Audit", 6, "", "g") + with(`"status":"active","department":"Audit","transfer_date":"2026-08-01"`), "clear"},
		{"the place is the same", "mover", places() + with(`"status":"active","department":"Audit","previous_department":"Audit","transfer_date":"2026-08-01"`), "clear"},
		{"the department is the same, and whether the title is nobody knows", "mover", places() + with(`"status":"active","department":"Audit","title":"Head","previous_department":"Audit","transfer_date":"2026-08-01"`), notAssessed},
		{"where they are now is not known", "mover", places() + with(`"status":"active","previous_department":"Treasury","transfer_date":"2026-08-01"`), notAssessed},
		{"when is not known", "mover", places() + with(`"status":"active","department":"Audit","previous_department":"Treasury"`) + person("9", `"status":"active","transfer_date":"2020-01-01"`), notAssessed},
		{"when cannot be read", "mover", places() + with(strings.Replace(moved, "2026-08-01", "1 Aug", 1)), notAssessed},
		{"whether they are there is not known", "mover", places() + with(strings.Replace(moved, `"status":"active",`, "", 1)), notAssessed},
		{"no source tells of transfers", "mover", whole + person("1", `"status":"active"`), "not assessed: 0 "},
		{"a group that cannot be read, and may be of the old place", "mover", places() + `{"fact":"node","id":"group:corp/h","name":"h"}` + "\n" + `{"fact":"gap","about":"group:corp/h","dataset":"memberships","reason":"denied"}` + "\n" + person("1", moved) + holder("1"), "not assessed: 1 group:corp/h"},
		{"a group that cannot be read, and that the new place has", "mover", whole + ledger + some(6) + staff("Audit", 6, "", "g") + `{"fact":"gap","about":"group:corp/g","dataset":"memberships","reason":"denied"}` + "\n" + person("1", moved) + holder("1"), "clear"},
		{"an account that cannot be read", "mover", places() + person("1", moved) + holder("1") + `{"fact":"gap","about":"account:corp/1","dataset":"memberships","reason":"denied"}` + "\n", "not assessed: 1 account:corp/1"},
		{"a colleague's account that cannot be read changes nothing", "mover", whole + ledger + some(6) + staff("Audit", 11, "") + me + `{"fact":"gap","about":"account:corp/A1","dataset":"memberships","reason":"denied"}` + "\n", kept + "6 of 6 peers there and 0 to 1 of 11 here"},
		{"a colleague's account that cannot be read", "mover", places() + me + `{"fact":"gap","about":"account:corp/A1","dataset":"memberships","reason":"denied"}` + "\n", "not assessed: 1 account:corp/A1"},
		{"a colleague of whom nobody knows whether they are there", "mover", places() + person("x", `"department":"Audit"`) + me, notAssessed},
		{"somebody who was not read and may be a colleague", "mover", places() + person("x", `"status":"active"`) + `{"fact":"gap","about":"identity:hr/x","dataset":"identities","reason":"rows differ"}` + "\n" + me, notAssessed},
		{"an account that says it is theirs", "mover", places() + person("1", moved+`,"employee_id":"7"`) + `{"fact":"node","id":"account:corp/1","name":"a","attrs":{"employee_id":"7"}}` + "\n" + member("1", "g", ""), "not assessed: 1 account:corp/1"},
		{"an account that says it is theirs and holds nothing", "mover", places() + person("1", moved+`,"employee_id":"7"`) + `{"fact":"node","id":"account:corp/1","name":"a","attrs":{"employee_id":"7"}}` + "\n", "clear"},
	})
}

// Peers of one title and department are held against each other before the whole
// department, and those of one manager come last.
func TestMoverPlaces(t *testing.T) {
	clerks := func(n int, more string, groups ...string) string {
		return strings.ReplaceAll(staff("Clerks", n, more, groups...), `"Clerks"`, `"Treasury"`)
	}
	me := `"status":"active","department":"Treasury","previous_department":"Treasury","title":"Head","previous_title":"Clerk","manager":"identity:hr/m2","previous_manager":"identity:hr/m1","transfer_date":"2026-08-01"`
	heads := staff("Treasury", 5, `,"title":"Head"`)
	testVerdicts(t, []verdictTest{
		{"title", "mover", whole + ledger + clerks(5, `,"title":"Clerk"`, "g") + heads + person("1", me) + holder("1", "g"),
			"finding: moved on 2026-08-01 from department Treasury, title Clerk to department Treasury, title Head and keeps group:corp/g (ledger), held by 5 of 5 peers there and 0 of 5 here"},
		{"manager", "mover", whole + ledger + person("m1", `"status":"active"`) + clerks(5, `,"manager":"identity:hr/m1"`, "g") + staff("Treasury", 5, `,"manager":"identity:hr/m2"`) + person("1", me) + holder("1", "g"),
			"finding: moved on 2026-08-01 from the team of Pm1 to the team of identity:hr/m2 and keeps group:corp/g (ledger), held by 5 of 5 peers there and 0 of 5 here"},
		{"too few of any", "mover", whole + ledger + clerks(3, `,"title":"Clerk","manager":"identity:hr/m1"`, "g") + staff("Treasury", 5, `,"manager":"identity:hr/m2"`) + person("1", me) + holder("1", "g"), "not assessed: 1 hr/identities"},
	})
}
