// SPDX-License-Identifier: Apache-2.0

package jsonout_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/sod/check"
)

func TestLeaverIsAsDescribed(t *testing.T) {
	g := company(t, `
{"fact":"node","id":"identity:hr/1","name":"Ana","attrs":{"employee_id":"1","status":"terminated","end_date":"2027-03-31"}}
{"fact":"grant","from":"identity:hr/1","to":"account:corp/ana","kind":"owns"}
{"fact":"grant","from":"identity:hr/1","to":"entitlement:corp/x","kind":"assigned"}
{"fact":"node","id":"account:corp/old","name":"old","attrs":{"status":"disabled","employee_id":"1"}}
{"fact":"node","id":"account:app/new","name":"new","attrs":{"status":"enabled","employee_id":"1"}}
{"fact":"node","id":"account:app/bot","name":"bot","attrs":{"status":"enabled","type":"service","owner":"identity:hr/1"}}
{"fact":"grant","from":"account:corp/ana","to":"group:corp/g","kind":"member"}
{"fact":"end","facts":12}`)
	now := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	q := check.Question{EmployeeID: "1", AsOf: now, Effective: now.AddDate(0, 0, -1)}
	answer, err := check.LeaverOf(g, q)
	if err != nil {
		t.Fatal(err)
	}
	l, err := reports.NewLeaver(reports.LeaverInput{Graph: g, Question: q, Answer: answer})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := jsonout.Leaver(&b, l); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b.Bytes(), []byte("2027")) || bytes.Contains(b.Bytes(), []byte("terminated")) {
		t.Errorf("it tells of an end that is to come:\n%s", b.Bytes())
	}
	doc, err := jsonschema.UnmarshalJSON(&b)
	if err != nil {
		t.Fatal(err)
	}
	s := compiled(t, "leaver")
	if err := s.Validate(doc); err != nil {
		t.Error(err)
	}
	accounts := doc.(map[string]any)["accounts"].([]any)
	if len(accounts) != 4 {
		t.Fatalf("%d accounts, want 4", len(accounts))
	}
	accounts[0].(map[string]any)["lives"] = "maybe"
	if s.Validate(doc) == nil {
		t.Error("the schema takes anything")
	}
}
