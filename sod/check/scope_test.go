// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// A where is answered by the account, by its main account and by its people, and what
// none of them tells leaves nobody out.
func TestWhere(t *testing.T) {
	const form = "orphaned: {severity: high, where: {country: [DE, AT], unit: \"F*\"}}"
	gone := func(attrs string) string { return person("1", `"status":"terminated"`+attrs) + owns }
	const de, fin = `,"country":"DE"`, `,"unit":"Finance"`
	const finding, unknown = "finding: the owner identity:hr/1 (P1) is terminated", "not assessed: 1 corp/accounts"
	testVerdicts(t, []verdictTest{
		{"of the account", form, whole + account(enabled+de+fin) + gone(""), finding},
		{"of the person", form, whole + account(enabled) + gone(de+fin), finding},
		{"of both", form, whole + account(enabled+de) + gone(fin), finding},
		{"one of them is in", form, whole + account(enabled+`,"country":"FR"`) + gone(de+fin), finding},
		{"left out", form, whole + account(enabled) + gone(`,"country":"FR"`+fin) + person("2", de[1:]), "clear"},
		{"left out by the second attribute alone", form, whole + account(enabled) + gone(`,"unit":"Sales"`) + person("2", `"country":"AT","unit":"F1"`), "clear"},
		{"unknown", form, whole + account(enabled) + gone(de) + person("2", fin[1:]), unknown},
		{"a blank is unknown", form, whole + account(enabled+`,"unit":""`) + gone(de) + person("2", fin[1:]), unknown},
		{"unknown, and clear whatever it is", form, whole + account(enabled) + person("1", `"status":"active"`) + person("2", de[1:]+fin) + owns, "clear"},
		{"of its main account", form, whole + account(enabled+de+fin) + strings.ReplaceAll(account(enabled+`,"parent":"account:corp/a"`), "corp/a\",\"name", "corp/b\",\"name") + gone(""), finding + "\n" + finding},
		{"nothing matches", form, whole + account(enabled) + gone(fin), "not assessed: 0 \n" + unknown},
		{"nothing matches, and nobody is a finding", form, whole + account(enabled+de) + person("1", `"status":"active"`) + owns, "not assessed: 0 "},
		{"not in the snapshot", "control-owner: {severity: high, where: {country: DE}}\ncontrols: [{id: AC-1, owner: \"identity:hr/9\"}]\n", whole + person("1", de[1:]), "not assessed: 1 hr/identities"},
		{"of groups", "ownerless: {severity: high, where: {country: DE}}", whole + `{"fact":"node","id":"group:corp/g","attrs":{"privileged":"true","country":"DE"}}` + "\n" +
			`{"fact":"node","id":"group:corp/h","attrs":{"privileged":"true","country":"FR"}}` + "\n", "finding: privileged: it has no owner, and nobody controls it"},
		{"of one of two", "duplicate-identity: {severity: high, where: {country: DE}}", whole + person("1", `"status":"active","mail":"a@x"`+de) + person("2", `"status":"active","mail":"a@x","country":"FR"`), "finding: 2 people have the mail a@x"},
		{"of neither", "duplicate-identity: {severity: high, where: {country: DE}}", whole + person("1", `"status":"active","mail":"a@x","country":"FR"`) + person("2", `"status":"active","mail":"a@x","country":"FR"`) + person("3", de[1:]), "clear"},
		{"perhaps of one", "duplicate-identity: {severity: high, where: {country: DE}}", whole + person("1", `"status":"active","mail":"a@x","country":"FR"`) + person("2", `"status":"active","mail":"a@x"`) + person("3", de[1:]), "not assessed: 1 hr/identities"},
	})
}

// The check of groups and roles has a where too, held against those.
func TestWhereOfRoleConflicts(t *testing.T) {
	const rules = "duties: [{id: a, holds: [\"role:corp/a\"]}, {id: b, holds: [\"role:corp/b\"]}]\nrules: [{id: AB, severity: low, conflict: [a, b]}]\n"
	world := whole
	for _, g := range []string{`{"fact":"node","id":"group:corp/g","attrs":{"country":"DE"}}`, `{"fact":"node","id":"group:corp/h","attrs":{"country":"FR"}}`, `{"fact":"node","id":"group:corp/i"}`, `{"fact":"node","id":"group:corp/j"}`} {
		world += g + "\n"
	}
	for _, g := range []string{"g", "h", "i", "j"} {
		for _, r := range []string{"a", "b"} {
			world += `{"fact":"grant","from":"group:corp/` + g + `","to":"role:corp/` + r + `","kind":"assigned"}` + "\n"
		}
	}
	tell := func(form string) []string {
		r := sod.Evaluate(build(t, world), policy(t, form+"\n"+rules), asOf, check.Judge)
		var said []string
		for _, f := range r.Findings {
			said = append(said, f.Subjects[0].String())
		}
		for _, u := range r.NotAssessed {
			said = append(said, strings.Join(append([]string{u.Rule, u.Reason}, ids(u.Examples)...), " "))
		}
		return said
	}
	got := tell("role-conflict: {where: {country: DE}}")
	want := []string{"group:corp/g", "AB role-conflict: it would be a finding, and whether it is one that is judged (country) is not known group:corp/i group:corp/j"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := tell("role-conflict: {where: {land: DE}}"); !strings.Contains(strings.Join(got, "\n"), "role-conflict where land matches nothing") {
		t.Errorf("a where that matches nothing is not told: %v", got)
	}
}

func ids(all []graph.ID) (texts []string) {
	for _, id := range all {
		texts = append(texts, id.String())
	}
	return texts
}
