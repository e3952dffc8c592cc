// SPDX-License-Identifier: Apache-2.0

package policysheet_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/xuri/excelize/v2"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports/policysheet"
	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

var october = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)

func mustID(t *testing.T, s string) graph.ID {
	t.Helper()
	id, err := graph.ParseID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// erp returns a graph with a group that gives a role, and roles beside it. The
// members of group wiki were not read.
func erp(t *testing.T) *graph.Graph {
	t.Helper()
	attrs := func(pairs ...string) (a graph.Attrs) {
		for i := 0; i < len(pairs); i += 2 {
			a.Set(pairs[i], pairs[i+1])
		}
		return a
	}
	id := func(s string) graph.ID { return mustID(t, s) }
	var b graph.Builder
	for _, f := range []graph.Fact{
		graph.Node{ID: id("identity:hr/1"), Name: "Ana"},
		graph.Node{ID: id("account:erp/ana"), Name: "ana"},
		graph.Node{ID: id("group:erp/ap"), Name: "AP team", Attrs: attrs("owner", "identity:hr/1")},
		graph.Node{ID: id("group:erp/wiki"), Name: "Wiki"},
		graph.Node{ID: id("role:erp/pay"), Name: "=Z_PAY", Attrs: attrs("description", "Run payments")},
		graph.Node{ID: id("role:erp/inv"), Name: "Invoices: enter"},
		graph.Grant{From: id("account:erp/ana"), To: id("group:erp/ap"), Kind: graph.Member},
		graph.Grant{From: id("group:erp/ap"), To: id("role:erp/inv"), Kind: graph.Assigned},
		graph.Grant{From: id("account:erp/ana"), To: id("role:erp/pay"), Kind: graph.Assigned, Terms: graph.Terms{UntilTime: october.AddDate(-1, 0, 0)}},
		graph.Gap{About: id("group:erp/wiki"), Dataset: graph.Memberships, Reason: "denied"},
		graph.Coverage{Source: "erp", Dataset: graph.All, State: graph.Complete},
	} {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph()
}

const duties = `version: 1
duties:
  - {id: invoice, title: Enter invoices, holds: ["role:erp/inv"]}
  - {id: run-payments, title: Propose and run payments, holds: ["entitlement:replace-me/run-payments"]}
`

func TestSuggest(t *testing.T) {
	sheet := policysheet.Suggest(parse(t, duties), erp(t), october)
	want := []policysheet.Row{
		{ID: mustID(t, "group:erp/ap"), Name: "AP team", Owner: "Ana (identity:hr/1)", Members: "1", Reaches: "Invoices: enter",
			Why: "it gives invoice, and counts there without a row", State: policysheet.Unreviewed},
		{ID: mustID(t, "group:erp/wiki"), Name: "Wiki", Members: "0 read, may be more", State: policysheet.Unreviewed},
		{ID: mustID(t, "role:erp/inv"), Name: "Invoices: enter", Members: "1", InPolicy: []string{"invoice"}, Duties: []string{"invoice"}, State: policysheet.Mapped},
		{ID: mustID(t, "role:erp/pay"), Name: "=Z_PAY", Description: "Run payments", Members: "0", Proposed: "run-payments",
			Why: "name or description has pay, run, payments", State: policysheet.Unreviewed},
	}
	if diff := cmp.Diff(want, sheet.Rows, cmpopts.IgnoreUnexported(policysheet.Row{})); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// TestRoundTrip: what is written is read, in both formats, and asks for nothing.
func TestRoundTrip(t *testing.T) {
	p := parse(t, duties)
	sheet := policysheet.Suggest(p, erp(t), october)
	for name, write := range map[string]func(*bytes.Buffer) error{
		"csv":  func(b *bytes.Buffer) error { return sheet.CSV(b) },
		"xlsx": func(b *bytes.Buffer) error { return sheet.XLSX(b) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			var again bytes.Buffer
			if err := write(&again); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
				t.Fatalf("%s: written again the bytes differ (%v)", name, err)
			}
		}
		got, err := policysheet.Read(name, b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		told := cmpopts.IgnoreFields(policysheet.Row{}, "Description", "Owner", "Members", "Reaches", "Why")
		if diff := cmp.Diff(sheet.Rows, got.Rows, told, cmpopts.IgnoreUnexported(policysheet.Row{})); diff != "" {
			t.Errorf("%s: rows (-written +read):\n%s", name, diff)
		}
		if changes := got.Changes(); changes != nil {
			t.Errorf("%s: untouched it asks for %+v", name, changes)
		}
	}
}

// TestChoices: the workbook offers states and duties.
func TestChoices(t *testing.T) {
	var b bytes.Buffer
	if err := policysheet.Suggest(parse(t, duties), erp(t), october).XLSX(&b); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	found, err := f.GetDataValidations("worksheet")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range found {
		got = append(got, v.Sqref+" "+v.Formula1)
	}
	want := []string{`K2:K5 "mapped,irrelevant,unreviewed"`, "J2:J5 duties!$A$2:$A$3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("choices (-want +got):\n%s", diff)
	}
	if title, _ := f.GetCellValue("duties", "B3"); title != "Propose and run payments" {
		t.Errorf("title of the second duty: got %q", title)
	}
}

func TestCellsAreNoFormulas(t *testing.T) {
	var b bytes.Buffer
	if err := policysheet.Suggest(parse(t, duties), erp(t), october).CSV(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "role:erp/pay,'=Z_PAY,") {
		t.Errorf("a name could be a formula:\n%s", b.String())
	}
}

const head = "id,name,in_policy,proposed,duty,state,judged_by,judged_on\n"

func TestChanges(t *testing.T) {
	src := head +
		"role:erp/a,A,,pay,,mapped,,\n" +
		"role:erp/b,B,pay,,pay; invoice,Mapped,,\n" +
		"role:erp/c,C,pay,,,irrelevant,Ana,2026-10-01\n" +
		"role:erp/d,D,pay,invoice,,unreviewed,,\n" +
		",,,,,,,\n" +
		"role:erp/a ,A,,pay,,mapped,,\n" +
		"role:erp/e,'-E,,,\"pay;pay\",mapped\n"
	want := []policyfile.Listing{
		{ID: mustID(t, "role:erp/a"), Name: "A", Into: []string{"pay"}, Because: "s.csv: row 2"},
		{ID: mustID(t, "role:erp/b"), Name: "B", Into: []string{"invoice"}, Because: "s.csv: row 3"},
		{ID: mustID(t, "role:erp/c"), Name: "C", OutOf: []string{"pay"}, Because: "s.csv: row 4"},
		{ID: mustID(t, "role:erp/a "), Name: "A", Into: []string{"pay"}, Because: "s.csv: row 7"},
		{ID: mustID(t, "role:erp/e"), Name: "-E", Into: []string{"pay"}, Because: "s.csv: row 8"},
	}
	for _, text := range []string{src, "\ufeff" + strings.ReplaceAll(strings.ReplaceAll(src, "pay; invoice", `"pay; invoice"`), ",", ";")} {
		text = strings.ReplaceAll(text, `""`, `"`)
		s, err := policysheet.Read("s.csv", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, s.Changes(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ src, want string }{
		"nothing":     {"", "s.csv is empty"},
		"no columns":  {"id,name\n", `s.csv: row 1 has no column "duty"; a worksheet has ` + strings.Join(policysheet.Columns(), ", ")},
		"bad id":      {head + "erp/a,A,,,,,,\n", `s.csv: row 2: id "erp/a": want kind:source/key`},
		"twice":       {head + "role:erp/a\nrole:erp/a\n", "s.csv: row 3: role:erp/a is in row 2 already"},
		"bad state":   {head + "role:erp/a,A,,,,done,,\n", `s.csv: row 2: state "done": want mapped, irrelevant or unreviewed`},
		"no duty":     {head + "role:erp/a,A,,,,mapped,,\n", "s.csv: row 2: role:erp/a is mapped and no duty is named"},
		"stray duty":  {head + "role:erp/a,A,,,pay,,,\n", "s.csv: row 2: role:erp/a has a duty and is unreviewed: make it mapped, or take the duty out"},
		"no judge":    {head + "role:erp/a,A,,,,irrelevant,Ana,\n", "s.csv: row 2: role:erp/a is irrelevant: say who judged that (judged_by) and when (judged_on)"},
		"bad day":     {head + "role:erp/a,A,,,,irrelevant,Ana,1.10.26\n", `s.csv: row 2: judged_on: date "1.10.26": want a day such as 2026-09-30`},
		"no workbook": {"PK\x03\x04 nothing", "s.csv: not a readable XLSX workbook: zip: not a valid zip file"},
		"quote":       {head + "\"role\n", "s.csv: parse error on line 2, column 7: extraneous or missing \" in quoted-field"},
	} {
		if _, err := policysheet.Read("s.csv", []byte(tt.src)); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", name, err, tt.want)
		}
	}
	var many strings.Builder
	many.WriteString(head)
	for i := range 30 {
		fmt.Fprintf(&many, "role:erp/%d,,,,,done,,\n", i)
	}
	_, err := policysheet.Read("s.csv", []byte(many.String()))
	if err == nil || strings.Count(err.Error(), "\n") != 20 || !strings.HasSuffix(err.Error(), "\ns.csv: and 10 more") {
		t.Errorf("got %v, want 20 mistakes and the rest counted", err)
	}
}

func TestKeep(t *testing.T) {
	earlier, err := policysheet.Read("s.csv", []byte(head+
		"role:erp/pay,,,,run-payments,mapped,Ana,2026-09-01\ngroup:erp/wiki,,,,,irrelevant,Ana,2026-09-02\nrole:erp/inv,,,,,irrelevant,Ana,2026-09-03\nrole:erp/gone,,,,,irrelevant,Ana,2026-09-03\n"))
	if err != nil {
		t.Fatal(err)
	}
	sheet := policysheet.Suggest(parse(t, duties), erp(t), october)
	sheet.Keep(earlier)
	var got []string
	for _, r := range sheet.Rows {
		got = append(got, fmt.Sprint(r.ID, " ", r.State, " ", r.Duties, " ", r.JudgedOn))
	}
	want := []string{"group:erp/ap unreviewed [] ", "group:erp/wiki irrelevant [] 2026-09-02", "role:erp/inv mapped [invoice] ", "role:erp/pay mapped [run-payments] 2026-09-01"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if got := sheet.Count(); got != "2 mapped, 1 irrelevant, 1 unreviewed" {
		t.Errorf("count: got %s", got)
	}
}
