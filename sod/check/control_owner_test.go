// SPDX-License-Identifier: Apache-2.0

package check_test

import "testing"

func TestControlOwner(t *testing.T) {
	const control = "control-owner\ncontrols: [{id: AC-1, owner: \"identity:hr/1\"}, {id: AC-2, owner: \"identity:hr/1\"}, {id: AC-3}]\n"
	const account1 = "control-owner\ncompensating_controls: [{id: CC-1, owner: \"account:corp/a\"}]\n"
	accepted := func(expires string) string {
		return "control-owner\nduties: [{id: d, holds: [\"group:corp/g\"]}]\nrules: [{id: R1, severity: low, critical: d}]\naccepted: [{rule: R1, subjects: [\"account:corp/a\"], reason: x, approved_by: \"identity:hr/1\", expires: " + expires + "}]\n"
	}
	active, left := person("1", `"status":"active"`), person("1", `"status":"terminated"`)
	testVerdicts(t, []verdictTest{
		{"there", control, whole + active, "clear"},
		{"left", control, whole + left, "finding: owner of control AC-1, owner of control AC-2: has left"},
		{"will leave", control, whole + person("1", `"status":"terminated","end_date":"2026-12-31"`), "clear"},
		{"not in HR", control, whole, "finding: owner of control AC-1, owner of control AC-2: is not in hr"},
		{"not in partial HR", control, whole + coverage("hr", "identities", "partial"), "not assessed: 1 hr/identities"},
		{"of unknown status", control, whole + person("1", ``), "not assessed: 1 hr/identities"},
		{"an account of somebody who left", account1, whole + account(enabled) + owns + left, "finding: owner of compensating control CC-1: P1 (identity:hr/1) has left"},
		{"an account of somebody of whom nothing is known", account1, whole + account(enabled) + owns + person("1", ``), "not assessed: 1 hr/identities"},
		{"an account of nobody", account1, whole + account(enabled), "not assessed: 1 corp/accounts"},
		{"an account that is not there", account1, whole, "not assessed: 1 corp/accounts"},
		{"approver", accepted("2026-12-31"), whole + left, "finding: approver of an acceptance of R1: has left"},
		{"approver of what has expired", accepted("2026-09-29"), whole + left, "clear"},
		{"of many", "control-owner\ncontrols: [{id: A, owner: \"identity:hr/1\"}, {id: B, owner: \"identity:hr/1\"}, {id: C, owner: \"identity:hr/1\"}, {id: D, owner: \"identity:hr/1\"}]\n", whole + left, "finding: owner of control A, owner of control B, owner of control C and 1 more: has left"},
	})
}
