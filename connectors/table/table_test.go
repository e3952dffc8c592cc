// SPDX-License-Identifier: Apache-2.0

package table_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/connectortest"
	"github.com/foureyes-iga/foureyes/connectors/table"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"go.yaml.in/yaml/v4"
)

var now = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)

// write writes a table and a manifest that fits it.
func write(t testing.TB, name string, content []byte, rows int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	put(t, path, content)
	sum := sha256.Sum256(content)
	put(t, path+".manifest.json", fmt.Appendf(nil, `{"rows": %d, "sha256": %q, "as_of": "2026-09-30T00:00:00Z"}`, rows, hex.EncodeToString(sum[:])))
	return path
}

func put(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// workbook returns an XLSX file with one sheet of text cells.
func workbook(t testing.TB, rows [][]string) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	return saved(t, f)
}

func saved(t testing.TB, f *excelize.File) []byte {
	t.Helper()
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func collector(t testing.TB, cfg table.Config) *table.Collector {
	t.Helper()
	c, err := table.New(cfg, connectors.Options{Source: "erp", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func collect(c connectors.Collector) (all []graph.Fact, err error) {
	for f, err := range c.Collect(context.Background(), connectors.Want{}) {
		if err != nil {
			return all, err
		}
		all = append(all, f)
	}
	return all, nil
}

// content returns the nodes and grants, one a line.
func content(all []graph.Fact) (lines []string) {
	for _, f := range all {
		switch f.(type) {
		case graph.Node, graph.Grant:
			lines = append(lines, string(facts.Append(nil, f)))
		}
	}
	return lines
}

func sorted(lines []string) []string { return slices.Sorted(slices.Values(lines)) }

func states(all []graph.Fact) map[graph.Dataset]graph.State {
	m := map[graph.Dataset]graph.State{}
	for _, f := range all {
		if c, ok := f.(graph.Coverage); ok {
			m[c.Dataset] = c.State
		}
	}
	return m
}

// worldColumns maps a table that can hold all of the standard world that a table
// can hold: every key is the name of its column.
func worldColumns() map[string]string {
	m := map[string]string{}
	for _, key := range []string{"account", "account_name", "employee_id", "status", "last_sign_in", "mfa", "group", "group_name", "role", "role_name", "entitlement", "entitlement_name", "description", "from_time", "until_time"} {
		m[key] = key
	}
	return m
}

// worldRows writes a world as a table: a row for each thing and each grant.
func worldRows(w connectortest.World) [][]string {
	header := slices.Sorted(maps.Keys(worldColumns()))
	rows := [][]string{header}
	nodes := map[graph.ID]graph.Node{}
	for _, f := range w.Facts {
		if n, ok := f.(graph.Node); ok {
			nodes[n.ID] = n
		}
	}
	add := func(cells map[string]string) {
		row := make([]string, len(header))
		for i, key := range header {
			row[i] = cells[key]
		}
		rows = append(rows, row)
	}
	for _, f := range w.Facts {
		cells := map[string]string{}
		switch f := f.(type) {
		case graph.Node:
			describe(cells, f)
		case graph.Grant:
			describe(cells, nodes[f.From])
			delete(cells, "description") // a row tells that of what is held
			describe(cells, nodes[f.To])
			if !f.FromTime.IsZero() {
				cells["from_time"], cells["until_time"] = f.FromTime.Format(time.DateOnly), f.UntilTime.AddDate(0, 0, -1).Format(time.DateOnly)
			}
		}
		add(cells)
	}
	return rows
}

func describe(cells map[string]string, n graph.Node) {
	cells[n.ID.Kind.String()], cells[n.ID.Kind.String()+"_name"] = n.ID.Key, n.Name
	for _, a := range n.Attrs {
		cells[a.Key] = a.Values[0]
	}
}

func TestContract(t *testing.T) {
	lacks := []connectortest.Feature{
		connectortest.Identities, connectortest.Eligibility, connectortest.Control, connectortest.Correlation,
		connectortest.NestedGroups, connectortest.UnresolvedMembers, connectortest.OtherHolders,
		connectortest.NestedRoles, connectortest.Uses, connectortest.Withheld,
	}
	asCSV := func(t *testing.T, rows [][]string) []byte {
		var b bytes.Buffer
		if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for name, encode := range map[string]func(*testing.T, [][]string) []byte{
		"erp.csv":  asCSV,
		"erp.xlsx": func(t *testing.T, rows [][]string) []byte { return workbook(t, rows) },
	} {
		open := func(t *testing.T, w connectortest.World, more ...[]string) connectors.Collector {
			rows := append(worldRows(w), more...)
			cfg := table.Config{Path: write(t, name, encode(t, rows), len(rows)-1), Columns: worldColumns()}
			c, err := table.New(cfg, connectors.Options{Source: w.Source, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		t.Run(name, func(t *testing.T) {
			connectortest.Run(t, connectortest.Subject{
				Open: func(t *testing.T, w connectortest.World) connectors.Collector { return open(t, w) },
				Broken: func(t *testing.T, w connectortest.World) connectors.Collector {
					return open(t, w, strings.Split("0123456789abcdef", ""))
				},
				Lacks: lacks,
			})
		})
	}
}

const header = "USER,NAME,PERNR,LOCK,LAST,OWNER,ROLE,ROLE_TEXT,TX,GRP,FROM,TO,NOTE\n"

func erpConfig(path string) table.Config {
	return table.Config{
		Path: path, Dates: "YYYYMMDD",
		Columns: map[string]string{"account": "USER", "account_name": "NAME", "employee_id": "PERNR", "status": "LOCK", "last_sign_in": "LAST", "owner": "OWNER", "role": "ROLE", "role_name": "ROLE_TEXT", "entitlement": "TX", "group": "GRP", "from_time": "FROM", "until_time": "TO", "description": "NOTE", "cost_centre": "NAME", "parent": "NAME"},
		Values:  map[string]map[string]string{"status": {"0": "enabled", "64": "locked"}},
	}
}

func TestMappedColumns(t *testing.T) {
	text := header +
		"MKOCH,Maria,00017,0,20260930,,BUYER,Buys,,,20260101,20261231,Orders\n" +
		"MKOCH,Maria,00017,0,20260930,,,,,STAFF,00000000,99991231,\n" +
		"BATCH,,,64,2026-09-30T08:00:00+02:00,identity:hr/E1,,,FB60,,2026-01-01T12:00:00Z,2026-01-02T12:00:00Z,\n" +
		",,,,,,BUYER,Buys,ME21N,,,,\n" +
		",,,,,,,,FB01,,,,=1+1\n"
	text = strings.Replace(text, ",,,,,,BUYER,Buys,ME21N,,,,\n", ",,,,,,,,ME21N,,,,\n", 1)
	all, err := collect(collector(t, erpConfig(write(t, "erp.csv", []byte(text), 5))))
	if err != nil {
		t.Fatal(err)
	}
	maria := `{"fact":"node","id":"account:erp/MKOCH","name":"Maria","attrs":{"cost_centre":"Maria","employee_id":"00017","last_sign_in":"2026-09-30T00:00:00Z","last_sign_in_uncertainty":"1d","parent":"account:erp/Maria","status":"enabled"}}`
	want := []string{
		maria,
		`{"fact":"node","id":"role:erp/BUYER","name":"Buys","attrs":{"description":"Orders"}}`,
		`{"fact":"grant","from":"account:erp/MKOCH","to":"role:erp/BUYER","kind":"assigned","from_time":"2026-01-01T00:00:00Z","until_time":"2027-01-01T00:00:00Z"}`,
		`{"fact":"node","id":"group:erp/STAFF","name":"STAFF"}`,
		`{"fact":"grant","from":"account:erp/MKOCH","to":"group:erp/STAFF","kind":"member"}`,
		`{"fact":"node","id":"account:erp/BATCH","name":"BATCH","attrs":{"last_sign_in":"2026-09-30T06:00:00Z","owner":"identity:hr/E1","status":"locked"}}`,
		`{"fact":"node","id":"entitlement:erp/FB60","name":"FB60"}`,
		`{"fact":"grant","from":"account:erp/BATCH","to":"entitlement:erp/FB60","kind":"assigned","from_time":"2026-01-01T12:00:00Z","until_time":"2026-01-02T12:00:00Z"}`,
		`{"fact":"node","id":"entitlement:erp/ME21N","name":"ME21N"}`,
		`{"fact":"node","id":"entitlement:erp/FB01","name":"FB01","attrs":{"description":"=1+1"}}`,
	}
	if diff := cmp.Diff(sorted(want), sorted(content(all))); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	wantStates := map[graph.Dataset]graph.State{
		graph.Identities: graph.NotApplicable, graph.Accounts: graph.Complete, graph.Groups: graph.Complete,
		graph.Memberships: graph.Complete, graph.Assignments: graph.Complete, graph.Eligibility: graph.NotApplicable,
		graph.Control: graph.NotApplicable, graph.SignIn: graph.Complete, graph.MFA: graph.NotApplicable,
	}
	if diff := cmp.Diff(wantStates, states(all)); diff != "" {
		t.Errorf("coverage (-want +got):\n%s", diff)
	}
}

// TestDisabledAt: a day stays a day, and a time without a zone is not exact.
func TestDisabledAt(t *testing.T) {
	for cell, want := range map[string]string{
		"2026-09-30":                `"disabled_at":"2026-09-30"`,
		"2026-09-30 00:00:00":       `"disabled_at":"2026-09-30"`,
		"2026-09-30 17:30:00":       `"disabled_at":"2026-09-30T17:30:00Z","disabled_at_uncertainty":"14h"`,
		"2026-09-30T17:30:00+02:00": `"disabled_at":"2026-09-30T15:30:00Z"`,
	} {
		cfg := table.Config{Path: write(t, "users.csv", []byte("A,OFF\nana,"+cell+"\n"), 1), Columns: map[string]string{"account": "A", "disabled_at": "OFF"}}
		all, err := collect(collector(t, cfg))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{`{"fact":"node","id":"account:erp/ana","name":"ana","attrs":{` + want + `}}`}, content(all)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", cell, diff)
		}
	}
}

func TestContains(t *testing.T) {
	cfg := table.Config{Path: write(t, "roles.csv", []byte("R,E,TO\nBUYER,ME21N,2026-12-31\n"), 1), Columns: map[string]string{"role": "R", "entitlement": "E", "until_time": "TO"}}
	all, err := collect(collector(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"fact":"node","id":"role:erp/BUYER","name":"BUYER"}`,
		`{"fact":"node","id":"entitlement:erp/ME21N","name":"ME21N"}`,
		`{"fact":"grant","from":"role:erp/BUYER","to":"entitlement:erp/ME21N","kind":"contains","until_time":"2027-01-01T00:00:00Z"}`,
	}
	if diff := cmp.Diff(sorted(want), sorted(content(all))); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

func TestJSONLines(t *testing.T) {
	text := `{"USER":"MKOCH","ROLE":"BUYER","TO":"2026-12-31"}` + "\n" + `{"USER":"0017","ROLE":null}` + "\n"
	cfg := table.Config{Path: write(t, "erp.jsonl", []byte(text), 2), Columns: map[string]string{"account": "USER", "role": "ROLE", "until_time": "TO"}}
	all, err := collect(collector(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"fact":"node","id":"account:erp/MKOCH","name":"MKOCH"}`,
		`{"fact":"node","id":"account:erp/0017","name":"0017"}`,
		`{"fact":"node","id":"role:erp/BUYER","name":"BUYER"}`,
		`{"fact":"grant","from":"account:erp/MKOCH","to":"role:erp/BUYER","kind":"assigned","until_time":"2027-01-01T00:00:00Z"}`,
	}
	if diff := cmp.Diff(sorted(want), sorted(content(all))); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if got := states(all)[graph.Assignments]; got != graph.Complete {
		t.Errorf("assignments are %s", got)
	}
}

// TestHashTotalIsOfPeople: a manifest that holds a table against what it has not is
// no proof.
func TestHashTotalIsOfPeople(t *testing.T) {
	path := write(t, "erp.csv", []byte(header), 0)
	manifest, err := os.ReadFile(path + ".manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	put(t, path+".manifest.json", bytes.Replace(manifest, []byte("{"), []byte(`{"hash_total": 0, `), 1))
	all, err := collect(collector(t, erpConfig(path)))
	if err != nil || states(all)[graph.Accounts] != graph.Partial {
		t.Errorf("accounts are %s, error %v", states(all)[graph.Accounts], err)
	}
}

func TestEvidenceOfTheExport(t *testing.T) {
	cfg := erpConfig(write(t, "erp.csv", []byte(header), 0))
	cfg.ExtractedBy, cfg.ExtractedAt, cfg.How = "Maria Koch", "2026-09-30T18:00:00Z", []string{"run SUIM", "save as CSV"}
	all, err := collect(collector(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if r, ok := f.(graph.SourceRun); ok {
			want := `{"fact":"source","source":"erp","connector":"table","started":"2026-10-01T00:00:00Z","ended":"2026-10-01T00:00:00Z","details":{"extracted_at":"2026-09-30T18:00:00Z","extracted_by":"Maria Koch","file":"erp.csv","how":["run SUIM","save as CSV"]}}`
			if got := string(facts.Append(nil, r)); got != want {
				t.Errorf("run is\n%s, want\n%s", got, want)
			}
			return
		}
	}
	t.Error("no source run")
}

func TestBadRows(t *testing.T) {
	tests := map[string]struct{ rows, want string }{
		"nothing named":       {",Maria,,,,,,,,,,,\n", "erp.csv:2: the row names no account, group, role or entitlement"},
		"two rights":          {"A,,,0,,,R,,T,,,,\n", "erp.csv:2: the row joins account:erp/A, role:erp/R, entitlement:erp/T: want"},
		"group and role":      {",,,,,,R,,,G,,,\n", "erp.csv:2: the row joins group:erp/G, role:erp/R: want"},
		"unknown status":      {"A,,,1,,,,,,,,,\n", `erp.csv:2: status "1": want one of enabled, disabled, locked, expired, or say under values what it means`},
		"another status":      {"A,,,0,,,R,,,,,,\nA,,,64,,,S,,,,,,\n", "erp.csv:3: account:erp/A: described twice with different content; see line 2"},
		"another name":        {"A,Ann,,0,,,R,,,,,,\nA,Anna,,0,,,S,,,,,,\n", "erp.csv:3: account:erp/A: described twice"},
		"another role name":   {"A,,,0,,,R,one,,,,,\nB,,,0,,,R,two,,,,,\n", `erp.csv:3: role:erp/R: described twice with different content: name "two", and "one" in line 2`},
		"bad from":            {"A,,,0,,,R,,,,30.09.2026,,\n", `erp.csv:2: from_time "30.09.2026": want a date as YYYYMMDD or a time in RFC 3339`},
		"no such day":         {"A,,,0,,,R,,,,,20260231,\n", `erp.csv:2: until_time "20260231": want a date`},
		"window, no grant":    {"A,,,0,,,,,,,20260101,,\n", "erp.csv:2: from_time and until_time are of a grant, and the row makes none"},
		"owner is no person":  {"A,,,0,,E1,,,,,,,\n", `erp.csv:2: owner "E1": want the id of an identity or an account, such as identity:hr/E1000`},
		"description of what": {"A,,,0,,,,,,,,,text\n", "erp.csv:2: description is of a group, role or entitlement, and the row names none"},
		"bad sign-in":         {"A,,,0,yesterday,,,,,,,,\n", `erp.csv:2: last_sign_in "yesterday": want a date`},
		"control character":   {"A\x02,,,0,,,,,,,,,\n", "erp.csv:2: id"},
		"short":               {"A,B\n", "erp.csv:2: it has 2 cells and the header has 13"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := collect(collector(t, erpConfig(write(t, "erp.csv", []byte(header+tt.rows), 1))))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}

func TestWithoutManifestPartial(t *testing.T) {
	path := write(t, "erp.csv", []byte(header+"A,,,0,,,R,,,,,,\n"), 1)
	if err := os.Remove(path + ".manifest.json"); err != nil {
		t.Fatal(err)
	}
	all, err := collect(collector(t, erpConfig(path)))
	if err != nil {
		t.Fatal(err)
	}
	if got := states(all); got[graph.Assignments] != graph.Partial || got[graph.Accounts] != graph.Partial || got[graph.MFA] != graph.NotApplicable {
		t.Errorf("coverage %v", got)
	}
}

// TestConfigFromYAML reads a source as docs/formats/sources.md shows it.
func TestConfigFromYAML(t *testing.T) {
	const text = `
path: erp.csv
delimiter: "\t"
dates: YYYYMMDD
max_age: 7d
columns: {account: USER, status: LOCK}
values: {status: {"0": enabled, 64: locked, "": disabled}}
extracted_by: Maria Koch
extracted_at: 2026-09-30T18:00:00Z
how: [step one, step two]
`
	var got table.Config
	if err := yaml.Load([]byte(text), &got, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	want := table.Config{
		Path: "erp.csv", Delimiter: "\t", Dates: "YYYYMMDD", MaxAge: "7d", Columns: map[string]string{"account": "USER", "status": "LOCK"},
		Values:      map[string]map[string]string{"status": {"0": "enabled", "64": "locked", "": "disabled"}},
		ExtractedBy: "Maria Koch", ExtractedAt: "2026-09-30T18:00:00Z", How: []string{"step one", "step two"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	if _, err := table.New(got, connectors.Options{Source: "erp"}); err != nil {
		t.Error(err)
	}
}

func TestConfig(t *testing.T) {
	columns := map[string]string{"account": "USER"}
	for want, cfg := range map[string]table.Config{
		"needs a path":              {Columns: columns},
		"at least one of account":   {Path: "x.csv", Columns: map[string]string{"status": "LOCK"}},
		"an XLSX file has none":     {Path: "x.xlsx", Columns: columns, Delimiter: ";"},
		"only an XLSX file":         {Path: "x.csv", Columns: columns, Sheet: "One"},
		`extracted_at "yesterday"`:  {Path: "x.csv", Columns: columns, ExtractedAt: "yesterday"},
		`"cost_centre" has no list`: {Path: "x.csv", Columns: columns, Values: map[string]map[string]string{"cost_centre": {"1": "2"}}},
		`status: "0" means "open"`:  {Path: "x.csv", Columns: columns, Values: map[string]map[string]string{"status": {"0": "open"}}},
	} {
		if _, err := table.New(cfg, connectors.Options{Source: "erp"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// TestXLSXCells says what becomes of cells that are not text.
func TestXLSXCells(t *testing.T) {
	f := excelize.NewFile()
	set := func(cell string, v any, style *excelize.Style) {
		t.Helper()
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
		if style != nil {
			id, err := f.NewStyle(style)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.SetCellStyle("Sheet1", cell, cell, id); err != nil {
				t.Fatal(err)
			}
		}
	}
	eight := "00000000"
	for i, name := range []string{"USER", "PERNR", "ROLE", "TO"} {
		set(fmt.Sprintf("%c1", 'A'+i), name, nil)
	}
	set("A3", 123456789012345, nil)
	set("B3", 17, &excelize.Style{CustomNumFmt: &eight})
	set("C3", true, nil)
	set("D3", time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), &excelize.Style{NumFmt: 14})
	cfg := table.Config{Path: write(t, "erp.xlsx", saved(t, f), 1), Columns: map[string]string{"account": "USER", "employee_id": "PERNR", "role": "ROLE", "until_time": "TO"}}
	all, err := collect(collector(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"fact":"node","id":"account:erp/123456789012345","name":"123456789012345","attrs":{"employee_id":"00000017"}}`,
		`{"fact":"node","id":"role:erp/TRUE","name":"TRUE"}`,
		`{"fact":"grant","from":"account:erp/123456789012345","to":"role:erp/TRUE","kind":"assigned","until_time":"2027-01-01T00:00:00Z"}`,
	}
	if diff := cmp.Diff(sorted(want), sorted(content(all))); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if got := states(all)[graph.Accounts]; got != graph.Complete {
		t.Errorf("accounts are %s", got)
	}
	set("A4", 1234567890123456789, nil)
	cfg.Path = write(t, "erp.xlsx", saved(t, f), 2)
	if _, err := collect(collector(t, cfg)); err == nil || !strings.Contains(err.Error(), "erp.xlsx:4: cell 1 shows 1.23456789012346E+18: its digits are lost") {
		t.Errorf("a number of 19 digits: %v", err)
	}
}

func TestBadXLSX(t *testing.T) {
	rows := [][]string{{"USER", "ROLE"}, {"A", "R"}, {"B", "S"}}
	sound := workbook(t, rows)
	two := excelize.NewFile()
	if _, err := two.NewSheet("Other"); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		content []byte
		sheet   string
		want    string
	}{
		"not a workbook":  {[]byte("USER,ROLE\n"), "", "erp.xlsx: not a readable XLSX workbook"},
		"cut":             {sound[:len(sound)/2], "", "erp.xlsx: not a readable XLSX workbook"},
		"no such sheet":   {sound, "Users", `erp.xlsx: there is no sheet "Users"; it has ["Sheet1"]`},
		"which sheet":     {saved(t, two), "", "erp.xlsx: it has 2 sheets: say which one"},
		"empty sheet":     {workbook(t, nil), "", "erp.xlsx: it is empty, want a header line"},
		"wide row":        {workbook(t, append(rows, []string{"C", "T", "more"})), "", "erp.xlsx:4: it has 3 cells and the header has 2"},
		"error cell":      {workbook(t, append(rows, []string{"#N/A", "T"})), "", "erp.xlsx:4: cell 1 is the error #N/A of a formula"},
		"missing column":  {workbook(t, [][]string{{"USER", "RL"}}), "", `erp.xlsx:1: there is no column "ROLE" (for role); the header has ["USER" "RL"]`},
		"sheet cut short": {cutSheet(t, sound), "", "xl/worksheets/sheet1.xml in the workbook: XML syntax error"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := table.Config{Path: write(t, "erp.xlsx", tt.content, 2), Sheet: tt.sheet, Columns: map[string]string{"account": "USER", "role": "ROLE"}}
			_, err := collect(collector(t, cfg))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}

// cutSheet returns a sound ZIP file in which the sheet breaks off after a row.
func cutSheet(t *testing.T, workbook []byte) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(workbook), int64(len(workbook)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	for _, part := range in.File {
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(part.Name, "worksheets") {
			text = text[:bytes.LastIndex(text, []byte("<row"))]
		}
		w, err := out.Create(part.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// FuzzTable: whatever the bytes, what comes fits together, is the same the second
// time, and is never complete with a manifest of other content.
func FuzzTable(f *testing.F) {
	f.Add(header + "MKOCH,Maria,00017,0,20260930,,BUYER,Buys,,,20260101,20261231,Orders\n")
	f.Add(header + "BATCH,,,64,2026-09-30T08:00:00+02:00,identity:hr/E1,,,FB60,,,99991231,\n")
	f.Add(header + "A,,,0,,,R,,,,,,\nA,,,0,,,R,,,,,,\n,,,,,,R,,,,,,\n")
	path := write(f, "erp.csv", nil, 1) // the manifest is of an empty file
	f.Fuzz(func(t *testing.T, text string) {
		put(t, path, []byte(text))
		c := collector(t, erpConfig(path))
		all, err := collect(c)
		for d, state := range states(all) {
			if state == graph.Complete {
				t.Fatalf("%s is complete with the manifest of another file", d)
			}
		}
		var b graph.Builder
		for _, f := range all {
			if err := b.Add(f); err != nil {
				t.Fatal(err)
			}
		}
		again, err2 := collect(c)
		if diff := cmp.Diff(content(all), content(again)); diff != "" || fmt.Sprint(err) != fmt.Sprint(err2) {
			t.Fatalf("the second time: %v, %v, %s", err, err2, diff)
		}
	})
}
