// SPDX-License-Identifier: Apache-2.0

package check_test

import "testing"

func TestDuplicateIdentity(t *testing.T) {
	const active, same = `"status":"active"`, `,"employee_id":"7"`
	const by = "duplicate-identity"
	testVerdicts(t, []verdictTest{
		{"the same id", by, whole + person("1", active+same) + person("2", active+same), "finding: 2 people have the employee id 7"},
		{"the same mail", by, whole + person("1", active+`,"mail":"a@x.com"`) + person("2", `"status":"leave","mail":"A@X.com"`), "finding: 2 people have the mail a@x.com"},
		{"both the same", by, whole + person("1", active+same+`,"mail":"a@x"`) + person("2", active+same+`,"mail":"a@x"`), "finding: 2 people have the employee id 7; 2 people have the mail a@x"},
		{"one with two others", by, whole + person("1", active+same+`,"mail":"a@x"`) + person("2", active+same) + person("3", active+`,"mail":"a@x"`), "finding: 2 people have the employee id 7\nfinding: 2 people have the mail a@x"},
		{"three", by, whole + person("1", active+same) + person("2", active+same) + person("3", active+same), "finding: 3 people have the employee id 7"},
		{"nothing the same", by, whole + person("1", active+`,"employee_id":"1"`) + person("2", active+`,"employee_id":"2"`), "clear"},
		{"one left", by, whole + person("1", active+same) + person("2", `"status":"terminated"`+same), "clear"},
		{"one has given notice", by, whole + person("1", active+same) + person("2", `"status":"terminated","end_date":"2026-12-31"`+same), "finding: 2 people have the employee id 7"},
		{"one is yet to begin", by, whole + person("1", active+same) + person("2", `"status":"pending"`+same), "clear"},
		{"of one nothing is known", by, whole + person("1", active+same) + person("2", `"employee_id":"7"`), "not assessed: 1 hr/identities"},
		{"of one nothing is known, two are there", by, whole + person("1", active+same) + person("2", active+same) + person("3", `"employee_id":"7"`), "finding: 2 people have the employee id 7\nnot assessed: 1 hr/identities"},
		{"an empty text is no mail", by, whole + person("1", active+`,"mail":""`) + person("2", active+`,"mail":""`), "clear"},
		{"of another source", by, whole + person("1", active+same) + `{"fact":"node","id":"identity:corp/2","attrs":{"status":"active","employee_id":"7"}}` + "\n", "clear"},
	})
}
