// SPDX-License-Identifier: Apache-2.0

package check_test

import "testing"

func TestUnapprovedGrant(t *testing.T) {
	const group = `{"fact":"node","id":"group:corp/g","name":"Ledger Admins","attrs":{"privileged":"true"}}` + "\n"
	const other = `{"fact":"node","id":"group:corp/o","name":"Canteen"}` + "\n"
	boss := person("5", `"status":"active","employee_id":"E5","mail":"Boss@x"`) + `{"fact":"node","id":"account:corp/boss","name":"boss","attrs":{"status":"enabled","type":"person"}}` + "\n" +
		held("identity:hr/5", "account:corp/boss", "owns", "")
	base := whole + group + other + boss + person("1", `"status":"active","employee_id":"E1"`) + owns + account(enabled+`,"type":"person","mail":"A@x"`)
	at := func(since string) string {
		return base + held("account:corp/a", "group:corp/g", "member", `,"since":"`+since+`"`)
	}
	on := at("2026-09-10T10:00:00Z")
	form := func(rows string) string {
		return "unapproved-grant: {requests: requests.csv, severity: high}\n--\n" + rows
	}
	const given = "finding: privileged: membership was given to identity:hr/1 (P1) on 2026-09-10: "
	const none = given + "there is no approved request for it"
	testVerdicts(t, []verdictTest{
		{"approved", form("account:corp/a,group:corp/g,identity:hr/5,2026-09-09,R1\n"), on, "clear"},
		{"by the id of the person", form("identity:hr/1,group:corp/g,identity:hr/5,2026-09-09,R1\n"), on, "clear"},
		{"by employee ids and a name", form("E1,Ledger Admins,E5,2026-09-09,R1\n"), on, "clear"},
		{"by logins in other letters", form("A,Ledger Admins,BOSS,2026-09-09,R1\n"), on, "clear"},
		{"by mail", form("a@X,Ledger Admins,boss@x,2026-09-09,R1\n"), on, "clear"},
		{"by look-alikes", form("\u0430,Ledger Admins,boss,2026-09-09,R1\n"), on, none},
		{"by a pattern of names", form("a,Ledger*,boss,2026-09-09,R1\n"), on, "clear"},
		{"by a pattern of ids", form("a,group:corp/*,boss,2026-09-09,R1\n"), on, "clear"},
		{"by a name that is no pattern", form("a,Ledger,boss,2026-09-09,R1\n"), on, none},
		{"the name in other letters", form("a,ledger admins,boss,2026-09-09,R1\n"), on, none},
		{"nothing", form(""), on, none},
		{"for somebody else", form("boss,Ledger Admins,boss,2026-09-09,R1\n"), on, none},
		{"for something else", form("a,Canteen,boss,2026-09-09,R1\n"), on, none},
		{"on the same day", form("a,Ledger Admins,boss,2026-09-10,R1\n"), on, "clear"},
		{"a minute before", form("a,Ledger Admins,boss,2026-09-10T09:59:00Z,R1\n"), on, "clear"},
		{"a minute after", form("a,Ledger Admins,boss,2026-09-10T10:01:00Z,R1\n"), on, given + "request R1 (requests.csv:2) was approved less than a day after"},
		{"that day, of a grant of that day", form("a,Ledger Admins,boss,2026-09-10T10:01:00Z,R1\n"), at("2026-09-10T00:00:00Z"), "clear"},
		{"days after", form("a,Ledger Admins,boss,2026-09-14,\n"), on, given + "the request at requests.csv:2 was approved 3 days after"},
		{"after, and before", form("a,Ledger Admins,boss,2026-09-14,R1\na,Ledger Admins,boss,2026-09-01,R2\n"), on, "clear"},
		{"by oneself", form("a,Ledger Admins,a,2026-09-09,R1\n"), on, given + "request R1 (requests.csv:2) was approved by who got it"},
		{"by oneself as a person", form("a,Ledger Admins,E1,2026-09-09,R1\n"), on, given + "request R1 (requests.csv:2) was approved by who got it"},
		{"by oneself, in another list of people", form("a,Ledger Admins,identity:corp/x,2026-09-09,R1\n"), on + `{"fact":"node","id":"identity:corp/x","attrs":{"employee_id":"E1"}}` + "\n", given + "request R1 (requests.csv:2) was approved by who got it"},
		{"by another account of oneself", form("a,Ledger Admins,adm,2026-09-09,R1\n"), on + `{"fact":"node","id":"account:corp/adm","name":"adm"}` + "\n" + held("identity:hr/1", "account:corp/adm", "owns", ""), given + "request R1 (requests.csv:2) was approved by who got it"},
		{"by a second account", form("a,Ledger Admins,adm,2026-09-09,R1\n"), on + `{"fact":"node","id":"account:corp/adm","name":"adm","attrs":{"parent":"account:corp/a"}}` + "\n", given + "request R1 (requests.csv:2) was approved by who got it"},
		{"by nobody known", form("a,Ledger Admins,carol,2026-09-09,R1\n"), on, "not assessed: 1 "},
		{"by an account of nobody", form("a,Ledger Admins,adm,2026-09-09,R1\n"), on + `{"fact":"node","id":"account:corp/adm","name":"adm"}` + "\n", "not assessed: 1 "},
		{"by one of two, of whom one got it", form("a,Ledger Admins,a,2026-09-09,R1\n"), on + `{"fact":"node","id":"account:hr/a","name":"a"}` + "\n" + held("identity:hr/5", "account:hr/a", "owns", ""), "not assessed: 1 "},
		{"by nobody known, and by somebody", form("a,Ledger Admins,carol,2026-09-09,R1\na,Ledger Admins,boss,2026-09-09,R2\n"), on, "clear"},
		{"long ago", form(""), at("2026-07-02T23:59:59Z"), "clear"},
		{"just not too long ago", form(""), at("2026-07-03T00:00:00Z"), "finding: privileged: membership was given to identity:hr/1 (P1) on 2026-07-03: there is no approved request for it"},
		{"later than the moment", form(""), at("2026-10-01T00:00:00Z"), "clear"},
		{"ended since", form(""), base + held("account:corp/a", "group:corp/g", "member", `,"since":"2026-09-10T10:00:00Z","until_time":"2026-09-11T00:00:00Z"`), none},
		{"undated", form(""), base + held("account:corp/a", "group:corp/g", "member", ""), "not assessed: 1 corp/memberships"},
		{"undated, and approved long ago", form("a,Ledger Admins,boss,2026-07-01,R1\n"), base + held("account:corp/a", "group:corp/g", "member", ""), "clear"},
		{"undated, and approved of late", form("a,Ledger Admins,boss,2026-09-09,R1\n"), base + held("account:corp/a", "group:corp/g", "member", ""), "not assessed: 1 corp/memberships"},
		{"to what does not matter", form(""), base + held("account:corp/a", "group:corp/o", "member", `,"since":"2026-09-10T10:00:00Z"`), "clear"},
		{"eligible, undated", form(""), base + held("account:corp/a", "group:corp/g", "eligible", ""), "not assessed: 1 corp/eligibility"},
		{"control", form(""), base + held("account:corp/a", "group:corp/g", "controls", `,"since":"2026-09-10T10:00:00Z"`), "clear"},
		{"of a group", form(""), base + held("group:corp/o", "group:corp/g", "member", `,"since":"2026-09-10T10:00:00Z"`), "finding: privileged: membership was given on 2026-09-10: there is no approved request for it"},
		{"of a group, approved", form("Canteen,Ledger Admins,boss,2026-09-01,R1\n"), base + held("group:corp/o", "group:corp/g", "member", `,"since":"2026-09-10T10:00:00Z"`), "clear"},
		{"two grants of one thing", form("a,Ledger Admins,boss,2026-09-01,R1\n"), on + held("account:corp/a", "group:corp/g", "member", `,"since":"2026-08-01T10:00:00Z","until_time":"2026-09-01T00:00:00Z"`),
			"finding: privileged: membership was given to identity:hr/1 (P1) on 2026-08-01: request R1 (requests.csv:2) was approved 30 days after"},
		{"nobody knows whose it is", form("E1,Ledger Admins,E5,2026-09-09,R1\n"), whole + group + boss + account(enabled+`,"type":"person"`) + held("account:corp/a", "group:corp/g", "member", `,"since":"2026-09-10T10:00:00Z"`), "not assessed: 1 corp/accounts"},
		{"nobody knows whose it is, and nobody asked", form(""), whole + group + boss + account(enabled+`,"type":"person"`) + held("account:corp/a", "group:corp/g", "member", `,"since":"2026-09-10T10:00:00Z"`), "finding: privileged: membership was given on 2026-09-10: there is no approved request for it"},
		{"a service", form("a,Ledger Admins,boss,2026-09-09,R1\n"), whole + group + boss + account(enabled+`,"type":"service"`) + held("account:corp/a", "group:corp/g", "member", `,"since":"2026-09-10T10:00:00Z"`), "clear"},
		{"members unread", form(""), base + `{"fact":"gap","about":"group:corp/g","dataset":"memberships","reason":"denied"}` + "\n", "not assessed: 1 group:corp/g"},
		{"groups unread of somebody", form(""), base + `{"fact":"gap","about":"account:corp/a","dataset":"memberships","reason":"denied"}` + "\n", "not assessed: 1 account:corp/a"},
		{"nothing matters", form(""), whole + other, "not assessed: 0 "},
		{"left out", "unapproved-grant: {requests: requests.csv, severity: high, where: {status: active}}", on, none},
		{"left out by where", "unapproved-grant: {requests: requests.csv, severity: high, where: {employee_id: E5}}", on, "clear"},
	})
}
