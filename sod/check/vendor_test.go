// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

const vendors = "vendor\nvendors:\n" +
	"  - {id: acme, name: Acme GmbH, companies: [\"Acme*\"], owner: \"identity:hr/5\", assurance: {report: SOC 1, period_end: 2026-06-30, exceptions: none}}\n" +
	"  - {id: over, companies: [Over], owner: \"identity:hr/5\", contract_end: 2026-09-29, assurance: {report: SOC 1, period_end: 2026-06-30, exceptions: none}}\n" +
	"  - {id: due, companies: [Due], owner: \"identity:hr/5\", contract_end: 2026-09-30, assurance: {report: SOC 1, period_end: 2026-06-30, exceptions: none}}\n"

func TestVendor(t *testing.T) {
	boss := person("5", `"status":"active","worker_type":"employee"`)
	of := func(attrs string) string { return whole + account(enabled) + boss + person("1", attrs) + owns }
	const acme = `"status":"active","worker_type":"vendor","company":"Acme Wien"`
	const sponsor, open = `,"sponsor":"identity:hr/5"`, `,"end_date":[]`
	company := func(name string) string { return strings.Replace(acme, "Acme Wien", name, 1) + sponsor + open }
	form := func(assurance string) string {
		return strings.Replace(vendors, "{report: SOC 1, period_end: 2026-06-30, exceptions: none}", assurance, 1)
	}
	const unknown = "not assessed: 1 hr/identities"
	testVerdicts(t, []verdictTest{
		{"all is well", vendors, of(acme + sponsor + open), "clear"},
		{"a contractor", vendors, of(strings.Replace(acme, "vendor", "contractor", 1) + open + `,"sponsor":[]`), "finding: nobody sponsors them"},
		{"an employee", vendors, of(`"status":"active","worker_type":"employee","company":"Nobody"`), "clear"},
		{"no sponsor", vendors, of(acme + open + `,"sponsor":[]`), "finding: nobody sponsors them"},
		{"no sponsor told", vendors, of(acme + open), unknown},
		{"the sponsor has left", vendors, of(acme+open+`,"sponsor":"identity:hr/6"`) + person("6", `"status":"terminated"`), "finding: the sponsor identity:hr/6 (P6) is terminated"},
		{"the sponsor will leave", vendors, of(acme+open+`,"sponsor":"identity:hr/6"`) + person("6", `"status":"terminated","end_date":"2026-12-31"`), "clear"},
		{"one of two sponsors is there", vendors, of(acme + open + `,"sponsor":["identity:hr/6","identity:hr/5"]`), "clear"},
		{"their own sponsor", vendors, of(acme + open + `,"sponsor":"identity:hr/1"`), "finding: they are their own sponsor"},
		{"the sponsor is nobody that can be read", vendors, of(acme + open + `,"sponsor":"the boss"`), unknown},
		{"no account", vendors, whole + boss + person("1", acme), "clear"},
		{"a disabled account", vendors, strings.Replace(of(acme+`,"sponsor":[]`), enabled, `"status":"disabled"`, 1), "clear"},
		{"an account of unknown status", vendors, strings.Replace(of(acme+open+`,"sponsor":[]`), enabled, "", 1), unknown},
		{"has left", vendors, of(strings.Replace(acme, "active", "terminated", 1) + open + `,"sponsor":[]`), "clear"},
		{"nobody says who is external", vendors, of(`"status":"active","company":"Acme Wien","sponsor":[]` + open), unknown},

		{"the contract is over", vendors, of(acme + sponsor + `,"end_date":"2026-09-29"`), "finding: the contract of identity:hr/1 (P1) ended on 2026-09-29, 1 day before 2026-09-30"},
		{"on its last day", vendors, of(acme + sponsor + `,"end_date":"2026-09-30"`), "clear"},
		{"it will be over", vendors, of(acme + sponsor + `,"end_date":"2026-12-31"`), "clear"},
		{"came back", vendors, of(acme + sponsor + `,"end_date":"2026-01-31","start_date":"2026-08-01"`), "clear"},
		{"its end is not told", vendors, of(acme + sponsor), "not assessed: 1 hr/identities"},
		{"its end is not told, and their company's is to come", vendors, of(strings.Replace(acme, "Acme Wien", "Due", 1) + sponsor), "clear"},
		{"its end cannot be read", vendors, of(acme + sponsor + `,"end_date":"soon"`), "not assessed: 1 hr/identities"},
		{"the company's contract is over", vendors, of(company("Over")), "finding: the contract with over, for whom identity:hr/1 (P1) works, ended on 2026-09-29"},
		{"also of an employee", vendors, of(company("Over")) + strings.Replace(owns, "hr/1", "hr/5", 1), "clear"},

		{"no company", vendors, of(`"status":"active","worker_type":"vendor"` + sponsor + open), unknown},
		{"another company", vendors, of(company("Globex")), "finding: company \"Globex\" is not in the register of vendors: 1 person"},
		{"another case of letters", vendors, of(company("ACME")), "finding: company \"ACME\" is not in the register of vendors: 1 person"},
		{"another company, perhaps", vendors, of(strings.Replace(company("Globex"), `"worker_type":"vendor",`, "", 1)), unknown},

		{"no report", form("{report: SOC 1, period_end: 2020-06-30}"), of(acme + sponsor + open),
			"finding: vendor Acme GmbH (acme), 1 person: SOC 1 covers the time until 2020-06-30, more than 365 days before 2026-09-30; whether SOC 1 has exceptions is not stated"},
		{"open exceptions", form("{report: SOC 1, period_end: 2026-06-30, exceptions: open}"), of(acme + sponsor + open), "finding: vendor Acme GmbH (acme), 1 person: the exceptions of SOC 1 were not reviewed"},
		{"reviewed exceptions", form("{report: SOC 1, period_end: 2026-06-30, exceptions: reviewed, reviewed: {by: \"identity:hr/5\", on: 2026-08-01}}"), of(acme + sponsor + open), "clear"},
		{"open exceptions of nobody", form("{report: SOC 1, period_end: 2026-06-30, exceptions: open}"), whole + boss, "clear"},
		{"open exceptions of somebody perhaps", form("{report: SOC 1, period_end: 2026-06-30, exceptions: open}"), strings.Replace(of(acme+sponsor+open), enabled, "", 1), unknown},
		{"a year to the day", form("{report: SOC 1, period_end: 2025-09-30, exceptions: none}"), of(acme + sponsor + open), "clear"},
		{"a day more", form("{report: SOC 1, period_end: 2025-09-29, exceptions: none}"), of(acme + sponsor + open), "finding: vendor Acme GmbH (acme), 1 person: SOC 1 covers the time until 2025-09-29, more than 365 days before 2026-09-30"},
	})
}

// What is found of a company keeps its id whoever of it comes and goes, and is not that
// of another company of the same owner.
func TestVendorIDs(t *testing.T) {
	form := strings.ReplaceAll(vendors, "exceptions: none", "exceptions: open")
	world := func(people ...string) string {
		text := whole
		for _, p := range people {
			company := map[string]string{"1": "Acme", "2": "Acme", "3": "Due", "4": "Globex", "5": "Globex", "6": "Acme"}[p]
			text += strings.ReplaceAll(account(enabled), "corp/a", "corp/"+p) + strings.NewReplacer("hr/1", "hr/"+p, "corp/a", "corp/"+p).Replace(owns) +
				person(p, `"status":"active","worker_type":"vendor","sponsor":"identity:hr/9","end_date":[],"company":"`+company+`"`)
		}
		return text + person("9", `"status":"active","worker_type":"employee"`)
	}
	idsOf := func(text string) map[string]string {
		found := map[string]string{}
		for _, f := range sod.Evaluate(build(t, text), policy(t, form), asOf, check.Judge).Findings {
			found[f.Same] = f.ID
		}
		return found
	}
	was, is := idsOf(world("1", "3", "4")), idsOf(world("2", "3", "5", "6"))
	if diff := cmp.Diff(was, is); diff != "" || len(was) != 3 || was["acme"] == was["due"] {
		t.Errorf("%v, other people (-before +after):\n%s", was, diff)
	}
}
