// SPDX-License-Identifier: Apache-2.0

package hr_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/connectortest"
	"github.com/foureyes-iga/foureyes/connectors/hr"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"go.yaml.in/yaml/v4"
)

// A writing is one way to write rows into a file.
type writing struct {
	name   string
	feed   hr.Feed
	encode func(testing.TB, [][]string) []byte
}

func writings() []writing {
	return []writing{
		{"hr.csv", hr.Feed{}, func(_ testing.TB, rows [][]string) []byte { return []byte(joined(rows, ",")) }},
		{"semicolon.csv", hr.Feed{Delimiter: ";"}, func(_ testing.TB, rows [][]string) []byte { return []byte("\ufeff" + joined(rows, ";")) }},
		{"wide.txt", hr.Feed{Delimiter: "\t"}, func(_ testing.TB, rows [][]string) []byte {
			return wide("\ufeff"+joined(rows, "\t"), binary.LittleEndian)
		}},
		{"big.txt", hr.Feed{Encoding: "utf-16be"}, func(_ testing.TB, rows [][]string) []byte { return wide(joined(rows, ","), binary.BigEndian) }},
		{"hr.xlsx", hr.Feed{}, asWorkbook},
		{"hr.jsonl", hr.Feed{}, asJSONLines},
	}
}

func joined(rows [][]string, comma string) string {
	var b strings.Builder
	for _, row := range rows {
		b.WriteString(strings.Join(row, comma) + "\r\n")
	}
	return b.String()
}

func wide(text string, order binary.AppendByteOrder) (b []byte) {
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return b
}

func asWorkbook(t testing.TB, rows [][]string) []byte {
	f := excelize.NewFile()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJSONLines(t testing.TB, rows [][]string) []byte {
	var b bytes.Buffer
	for _, row := range rows[1:] {
		object := map[string]string{}
		for i, cell := range row {
			object[rows[0][i]] = cell
		}
		line, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.Bytes()
}

// write writes a feed with its manifest and returns its configuration.
func (w writing) write(t testing.TB, rows [][]string) hr.Feed {
	t.Helper()
	content := string(w.encode(t, rows))
	f := w.feed
	f.Path = filepath.Join(t.TempDir(), w.name)
	f.Columns = columnsOf(rows[0])
	put(t, f.Path, content)
	put(t, f.Path+".manifest.json", manifestOf(content, len(rows)-1, now))
	return f
}

// columnsOf maps each attribute to the column of its name.
func columnsOf(header []string) map[string]string {
	columns := map[string]string{}
	for _, name := range header {
		columns[name] = name
	}
	return columns
}

// table splits a text into rows, at | into cells; the first is the header.
func table(text string) (rows [][]string) {
	for line := range strings.Lines(strings.TrimSpace(text)) {
		var row []string
		for _, cell := range strings.Split(line, "|") {
			row = append(row, strings.TrimSpace(cell))
		}
		rows = append(rows, row)
	}
	return rows
}

func people(t testing.TB) [][]string {
	t.Helper()
	return table(`
		employee_id | name       | status     | department | end_date
		00017       | Ana Ruiz   | active     | Treasury   |
		E1002       | Zoë O'Hara | leave      |            |
		17          | 山田太郎   | terminated | IT         | 2026-06-30`)
}

func feedOf(t testing.TB, f hr.Feed) ([]graph.Fact, error) {
	t.Helper()
	return collect(collector(t, hr.Config{Feed: f}))
}

func must(t testing.TB, all []graph.Fact, err error) []graph.Fact {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// told returns what is said of people: nodes without their IDs' source, and gaps.
func told(all []graph.Fact) (lines []string) {
	for _, f := range all {
		switch f := f.(type) {
		case graph.Node:
			text := f.ID.Key + " " + f.Name
			for _, a := range f.Attrs {
				if a.Key != "employee_id" {
					text += " " + a.Key + "=" + strings.Join(a.Values, "+")
				}
			}
			lines = append(lines, text)
		case graph.Gap:
			lines = append(lines, f.About.Key+" gap "+string(f.Dataset)+": "+f.Reason)
		}
	}
	return lines
}

// TestSamePeopleInEveryForm: the form of a feed changes nothing in what it says.
// Leading zeros stay, and 17 is somebody else than 00017.
func TestSamePeopleInEveryForm(t *testing.T) {
	want := []string{
		"00017 Ana Ruiz department=Treasury status=active",
		"E1002 Zoë O'Hara status=leave",
		"17 山田太郎 department=IT end_date=2026-06-30 status=terminated",
	}
	for _, w := range writings() {
		all, err := feedOf(t, w.write(t, people(t)))
		if diff := cmp.Diff(want, told(must(t, all, err))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", w.name, diff)
		}
		if c := identities(t, all); c.State != graph.Complete || c.Received != graph.CountOf(3) {
			t.Errorf("%s: %s, %s rows: %s", w.name, c.State, c.Received, c.Reason)
		}
	}
}

// TestContractInEveryForm passes the contract with other forms than CSV, and with
// rows that are kept until all are read.
func TestContractInEveryForm(t *testing.T) {
	for _, w := range writings()[3:] {
		for _, repeated := range []string{"", "gap"} {
			open := func(t *testing.T, world connectortest.World, more ...[]string) connectors.Collector {
				rows := [][]string{{"employee_id", "name", "status", "department"}}
				for _, f := range world.Facts {
					if n, ok := f.(graph.Node); ok {
						status, _ := n.Attrs.Get("status")
						dept, _ := n.Attrs.Get("department")
						rows = append(rows, []string{n.ID.Key, quoted(w.name, n.Name), status, dept})
					}
				}
				f := w.write(t, append(rows, more...))
				f.Repeated = repeated
				c, err := hr.New(hr.Config{Feed: f}, connectors.Options{Source: world.Source, Now: now})
				if err != nil {
					t.Fatal(err)
				}
				return c
			}
			t.Run(w.name+" "+repeated, func(t *testing.T) {
				connectortest.Run(t, connectortest.Subject{
					Open: func(t *testing.T, w connectortest.World) connectors.Collector { return open(t, w) },
					Broken: func(t *testing.T, w connectortest.World) connectors.Collector {
						return open(t, w, []string{"x", "x", "no such status", ""})
					},
					Lacks: []connectortest.Feature{
						connectortest.Accounts, connectortest.Groups, connectortest.Memberships, connectortest.Assignments,
						connectortest.Eligibility, connectortest.Control, connectortest.SignIn, connectortest.MFA,
						connectortest.UnresolvedMembers,
					},
				})
			})
		}
	}
}

func quoted(file, cell string) string {
	if strings.HasSuffix(file, ".txt") {
		return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
	}
	return cell
}

// TestCutAtEveryByte cuts feeds of every form at every byte. With the manifest each
// cut is an error or partial; without it, nothing is ever complete, so that nobody is
// gone because a file does not name them.
func TestCutAtEveryByte(t *testing.T) {
	for _, w := range writings() {
		f := w.write(t, people(t))
		content, err := os.ReadFile(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		c := collector(t, hr.Config{Feed: f})
		var silent int // cuts that the form itself does not tell
		for cut := range len(content) + 1 {
			put(t, f.Path, string(content[:cut]))
			all, err := collect(c)
			if complete := err == nil && identities(t, all).State == graph.Complete; complete != (cut == len(content)) {
				t.Errorf("%s cut at %d of %d: complete %v, error %v", w.name, cut, len(content), complete, err)
			}
			if err == nil && cut < len(content) {
				silent++
			}
		}
		if err := os.Remove(f.Path + ".manifest.json"); err != nil {
			t.Fatal(err)
		}
		for cut := range len(content) + 1 {
			if silent == 0 && cut < len(content) {
				continue // each was an error, which needs no manifest
			}
			put(t, f.Path, string(content[:cut]))
			if all, err := collect(c); err == nil && identities(t, all).State != graph.Partial {
				t.Errorf("%s cut at %d without a manifest: %s", w.name, cut, identities(t, all).State)
			}
		}
		t.Logf("%s: %d of %d cuts are seen only with the manifest", w.name, silent, len(content))
	}
}

// TestCutSecondFeed: a feed that is cut leaves the whole source in doubt.
func TestCutSecondFeed(t *testing.T) {
	w := writings()[0]
	first, second := w.write(t, people(t)), w.write(t, table("employee_id|name|status\nC1|Cem|active\nC2|Cleo|active"))
	first.Name, second.Name = "employees", "contractors"
	c := collector(t, hr.Config{Feeds: []hr.Feed{first, second}})
	content, err := os.ReadFile(second.Path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(content) + 1 {
		put(t, second.Path, string(content[:cut]))
		all, err := collect(c)
		if complete := err == nil && identities(t, all).State == graph.Complete; complete != (cut == len(content)) {
			t.Errorf("cut at %d of %d: complete %v, error %v", cut, len(content), complete, err)
		}
	}
}

func TestHashTotal(t *testing.T) {
	f := writings()[0].write(t, table("employee_id|status\n00017|active\nE1002|active\nX|active\n00017|active"))
	content, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	sound := manifestOf(string(content), 4, now)
	for total, want := range map[string]string{
		`1036`:   "",
		`"1036"`: "",
		`1035`:   "the hash total of the employee ids is 1036 and hr.csv.manifest.json says 1035",
		`1037`:   "the hash total of the employee ids is 1036 and hr.csv.manifest.json says 1037",
		`-1`:     "manifest hr.csv.manifest.json: hash_total: want a whole number",
		`1e3`:    "manifest hr.csv.manifest.json: hash_total: want a whole number",
		`"x"`:    "manifest hr.csv.manifest.json: hash_total: want a whole number",
		`[]`:     "manifest hr.csv.manifest.json: hash_total: want a whole number",
	} {
		put(t, f.Path+".manifest.json", strings.TrimSuffix(sound, "}")+`, "hash_total": `+total+"}")
		all, err := feedOf(t, f)
		if c := identities(t, must(t, all, err)); c.Reason != want || (c.State == graph.Complete) != (want == "") {
			t.Errorf("hash total %s: %s: %s", total, c.State, c.Reason)
		}
	}
}

func TestZones(t *testing.T) {
	rows := table(`
		employee_id | zone       | site | start_date          | end_recorded
		1           |            |      | 2026-01-31          | 2026-06-30 14:03:00
		2           |            | NYC  | 2026-01-31 00:00:00 | 2026-06-30 14:03:00
		3           | Asia/Tokyo | NYC  | 2026-01-31          | 2026-06-30T14:03:00Z
		4           |            | NYC  | 2026-01-31T23:00:00-05:00 | 2026-06-30`)
	f := writings()[0].write(t, rows)
	f.Zone, f.Zones = "Europe/Berlin", map[string]string{"NYC": "America/New_York"}
	all, err := feedOf(t, f)
	want := []string{
		"1  end_recorded=2026-06-30T12:03:00Z start_date=2026-01-31 zone=Europe/Berlin",
		"2  end_recorded=2026-06-30T18:03:00Z site=NYC start_date=2026-01-31 zone=America/New_York",
		"3  end_recorded=2026-06-30T14:03:00Z site=NYC start_date=2026-01-31 zone=Asia/Tokyo",
		"4  end_recorded=2026-06-30 site=NYC start_date=2026-01-31 zone=America/New_York",
	}
	if diff := cmp.Diff(want, told(must(t, all, err))); diff != "" {
		t.Errorf("with zones (-want +got):\n%s", diff)
	}
	f.Zone, f.Zones = "", nil
	all, err = feedOf(t, f)
	want = []string{ // of a local time in no known zone, only the day is known
		"1  end_recorded=2026-06-30 start_date=2026-01-31",
		"2  end_recorded=2026-06-30 site=NYC start_date=2026-01-31",
		"3  end_recorded=2026-06-30T14:03:00Z site=NYC start_date=2026-01-31 zone=Asia/Tokyo",
		"4  end_recorded=2026-06-30 site=NYC start_date=2026-02-01",
	}
	if diff := cmp.Diff(want, told(must(t, all, err))); diff != "" {
		t.Errorf("without zones (-want +got):\n%s", diff)
	}
	f.Zones = map[string]string{"BER": "Europe/Berlin"}
	if _, err := feedOf(t, f); err == nil || !strings.Contains(err.Error(), `hr.csv:3: site "NYC" is not in zones`) {
		t.Errorf("a site without a zone: %v", err)
	}
}

const doubt = "gap identities: the record of human resources contradicts itself: the status is not known"

// TestEmployment says what cells mean together on the day of the feed.
func TestEmployment(t *testing.T) {
	rows := table(`
		employee_id | status     | start_date | end_date   | last_day_worked | end_recorded | rescinded
		here        | active     | 2020-01-01 |            |            |            |
		today       | active     | 2026-10-01 | 2026-10-01 |            |            |
		future      | active     | 2026-10-02 |            |            |            |
		hired       | pending    | 2026-11-01 |            |            |            |
		notice      | active     | 2020-01-01 | 2026-12-31 | 2026-11-30 | 2026-09-01 |
		noticed     | terminated | 2020-01-01 | 2026-12-31 | 2026-11-30 | 2026-09-01 |
		left        | terminated | 2020-01-01 | 2026-06-30 | 2026-06-15 | 2026-07-02 | false
		past        | active     | 2020-01-01 | 2026-06-30 |            |            |
		away        | leave      | 2020-01-01 | 2026-06-30 |            |            |
		rescinded   | active     | 2020-01-01 | 2026-06-30 | 2026-06-30 | 2026-06-01 | true
		halfway     | terminated | 2020-01-01 | 2026-06-30 |            |            | true
		again       | active     | 2026-02-01 | 2023-03-31 | 2023-03-15 | 2023-03-01 |
		noshow      | terminated | 2026-11-01 | 2026-09-15 |            |            |
		nostatus    |            | 2020-01-01 | 2020-01-01 |            |            |
		openend     | active     | 1900-01-01 | 9999-12-31 |            |            |
		noend       | active     | 2020-01-01 | 1900-01-01 | 1753-01-01 |            |`)
	for _, repeated := range []string{"refuse", "gap", "periods"} {
		f := writings()[0].write(t, rows)
		f.Repeated = repeated
		all, err := feedOf(t, f)
		want := []string{
			"here  start_date=2020-01-01 status=active",
			"today  end_date=2026-10-01 start_date=2026-10-01 status=active",
			"future  start_date=2026-10-02 status=pending",
			"hired  start_date=2026-11-01 status=pending",
			"notice  end_date=2026-12-31 end_recorded=2026-09-01 last_day_worked=2026-11-30 start_date=2020-01-01 status=active",
			"noticed  end_date=2026-12-31 end_recorded=2026-09-01 last_day_worked=2026-11-30 start_date=2020-01-01 status=terminated",
			"left  end_date=2026-06-30 end_recorded=2026-07-02 last_day_worked=2026-06-15 start_date=2020-01-01 status=terminated",
			"past  end_date=2026-06-30 start_date=2020-01-01", "past " + doubt,
			"away  end_date=2026-06-30 start_date=2020-01-01", "away " + doubt,
			"rescinded  start_date=2020-01-01 status=active",
			"halfway  start_date=2020-01-01", "halfway " + doubt,
			"again  previous_end_date=2023-03-31 start_date=2026-02-01 status=active",
			"noshow  end_date=2026-09-15 start_date=2026-11-01 status=terminated",
			"nostatus  end_date=2020-01-01 start_date=2020-01-01",
			"openend  end_date=9999-12-31 status=active",
			"noend  start_date=2020-01-01 status=active",
		}
		got := told(must(t, all, err))
		if repeated != "refuse" { // these are told in order
			slices.Sort(want)
			slices.Sort(got)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("repeated: %s (-want +got):\n%s", repeated, diff)
		}
		if c := identities(t, all); c.State != graph.Complete {
			t.Errorf("repeated: %s: %s: %s", repeated, c.State, c.Reason)
		}
	}
}

// TestDayOfTheFeed: dates are before or after the day that the manifest says, in the
// zone of the row. A day that is still to come is none.
func TestDayOfTheFeed(t *testing.T) {
	f := writings()[0].write(t, table("employee_id|status|start_date|zone\n1|active|2026-09-30|Asia/Tokyo\n2|active|2026-09-30|America/New_York\n3|active|2026-10-01|Asia/Tokyo"))
	content, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	put(t, f.Path+".manifest.json", manifestOf(string(content), 3, time.Date(2026, 9, 29, 20, 0, 0, 0, time.UTC)))
	all, err := feedOf(t, f)
	want := []string{
		"1  start_date=2026-09-30 status=active zone=Asia/Tokyo",
		"2  start_date=2026-09-30 status=pending zone=America/New_York",
		"3  start_date=2026-10-01 status=pending zone=Asia/Tokyo",
	}
	if diff := cmp.Diff(want, told(must(t, all, err))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	f = writings()[0].write(t, table("employee_id|status|start_date\n1|active|2026-12-01"))
	put(t, f.Path+".manifest.json", manifestOf("", 1, now.AddDate(1, 0, 0)))
	all, err = feedOf(t, f)
	if diff := cmp.Diff([]string{"1  start_date=2026-12-01 status=pending"}, told(must(t, all, err))); diff != "" {
		t.Errorf("manifest of the future (-want +got):\n%s", diff)
	}
}

func TestRepeatedRows(t *testing.T) {
	const head = "employee_id|name|status|start_date|end_date|department\n"
	tests := map[string]struct {
		rows    string
		gap     string // what is told with repeated: gap
		periods string // and with periods; empty is the same
	}{
		"the same twice": {
			"1|Ana|active|2020-01-01||IT\n1|Ana|active|2020-01-01||IT",
			"1 Ana department=IT start_date=2020-01-01 status=active", "",
		},
		"another department": {
			"1|Ana|active|2020-01-01||IT\n1|Ana|active|2020-01-01||HR",
			"1 Ana start_date=2020-01-01 status=active; 1 gap identities: rows with this employee id say different things: lines 2, 3", "",
		},
		"another name": {
			"1|Ana Ruiz|active|2020-01-01||IT\n1|Ana Gold|active|2020-01-01||IT",
			"1  department=IT start_date=2020-01-01 status=active; 1 gap identities: rows with this employee id say different things: lines 2, 3", "",
		},
		"re-hired": {
			"1|Ana|active|2026-02-01||IT\n1|Ana|terminated|2020-01-01|2023-03-31|IT",
			"1 Ana department=IT; 1 gap identities: rows with this employee id say different things: lines 2, 3",
			"1 Ana department=IT previous_end_date=2023-03-31 start_date=2026-02-01 status=active",
		},
		"re-hired later": {
			"1|Ana|terminated|2020-01-01|2023-03-31|IT\n1|Ana|active|2026-12-01||IT",
			"1 Ana department=IT; 1 gap identities: rows with this employee id say different things: lines 2, 3",
			"1 Ana department=IT end_date=2023-03-31 start_date=2020-01-01 status=terminated",
		},
		"three employments": {
			"1|Ana|terminated|2020-01-01|2021-03-31|IT\n1|Ana|terminated|2023-01-01|2024-03-31|IT\n1|Ana|terminated|2022-01-01|2022-03-31|IT",
			"1 Ana department=IT status=terminated; 1 gap identities: rows with this employee id say different things: lines 2, 3, 4",
			"1 Ana department=IT end_date=2024-03-31 previous_end_date=2022-03-31 start_date=2023-01-01 status=terminated",
		},
		"two jobs at a time": {
			"1|Ana|active|2020-01-01||IT\n1|Ana|terminated|2021-01-01|2022-03-31|IT",
			"1 Ana department=IT; 1 gap identities: rows with this employee id say different things: lines 2, 3", "",
		},
		"an end that has passed": {
			"1|Ana|terminated|2020-01-01|2021-03-31|IT\n1|Ana|active|2022-01-01|2023-03-31|IT",
			"1 Ana department=IT; 1 gap identities: rows with this employee id say different things: lines 2, 3", "",
		},
	}
	for name, tt := range tests {
		for _, repeated := range []string{"gap", "periods"} {
			f := writings()[0].write(t, table(head+tt.rows))
			f.Repeated = repeated
			all, err := feedOf(t, f)
			got, want := strings.Join(told(must(t, all, err)), "; "), tt.gap
			if repeated == "periods" && tt.periods != "" {
				want = tt.periods
			}
			if got != want {
				t.Errorf("%s, %s:\n%s, want\n%s", name, repeated, got, want)
			}
			c := identities(t, all)
			if partial := strings.Contains(want, "gap"); partial != (c.State == graph.Partial) || partial != strings.Contains(c.Reason, "rows with one employee id say different things, for 1 ids") {
				t.Errorf("%s, %s: %s: %s", name, repeated, c.State, c.Reason)
			}
		}
		if name == "the same twice" {
			continue
		}
		if _, err := feedOf(t, writings()[0].write(t, table(head+tt.rows))); err == nil || !strings.Contains(err.Error(), "hr.csv:3: identity:hr/1: described twice with different content; see line 2") {
			t.Errorf("%s, refuse: %v", name, err)
		}
	}
}

// TestOrderOfRowsDecidesNothing shuffles rows that contradict each other.
func TestOrderOfRowsDecidesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 1))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	for range 200 {
		rows := table("employee_id|name|status|start_date|end_date")
		for range 12 {
			rows = append(rows, []string{pick("1", "2", "3"), pick("Ana", "Ana", "Ben"), pick("active", "terminated", "leave"), pick("2020-01-01", "2021-01-01", "2027-01-01"), pick("", "2020-06-30", "2021-06-30")})
		}
		for _, repeated := range []string{"gap", "periods"} {
			var first []string
			for range 3 {
				random.Shuffle(len(rows)-1, func(i, j int) { rows[i+1], rows[j+1] = rows[j+1], rows[i+1] })
				f := writings()[0].write(t, rows)
				f.Repeated = repeated
				all, err := feedOf(t, f)
				got := told(must(t, all, err))
				for i, line := range got { // lines are named, and differ
					got[i], _, _ = strings.Cut(line, ": lines ")
				}
				if first != nil && !cmp.Equal(first, got) {
					t.Fatalf("%s: the order of rows decides (-first +then):\n%s\nof %q", repeated, cmp.Diff(first, got), rows)
				}
				first = got
			}
		}
	}
}

func TestSeveralFeeds(t *testing.T) {
	employees := writings()[4].write(t, table(`
		employee_id | name     | status     | start_date | end_date   | department | manager
		1           | Ana Ruiz | active     | 2020-01-01 |            | IT         | 2
		2           | Ben Ode  | terminated | 2020-01-01 | 2024-03-31 | IT         |
		3           | Cem Kaya | terminated | 2020-01-01 | 2026-03-31 |            |`))
	contractors := writings()[1].write(t, table(`
		employee_id | name     | status | start_date | end_date   | company
		1           | Ana Gold | active | 2019-01-01 | 2027-01-01 | Acme
		2           | Ben Ode  | active | 2025-01-01 |            | Acme
		3           | Cem Kaya | active | 2025-01-01 |            | Acme
		C4          | Dua Lind | active | 2025-01-01 |            | Acme`))
	employees.Name, contractors.Name = "employees", "contractors"
	employees.Set, contractors.Set = map[string]string{"worker_type": "employee"}, map[string]string{"worker_type": "contractor"}
	all, err := collect(collector(t, hr.Config{Feed: hr.Feed{Zone: "Europe/Berlin"}, Feeds: []hr.Feed{employees, contractors}}))
	want := []string{
		// The first feed has the first word, whole: no end date of another employment.
		"1 Ana Ruiz company=Acme department=IT feed=employees+contractors manager=identity:hr/2 start_date=2020-01-01 status=active worker_type=employee zone=Europe/Berlin",
		// Who left and came back as a contractor is a contractor.
		"2 Ben Ode company=Acme department=IT feed=employees+contractors previous_end_date=2024-03-31 start_date=2025-01-01 status=active worker_type=contractor zone=Europe/Berlin",
		// Who is said to be a contractor since before the end is what the first feed says.
		"3 Cem Kaya company=Acme end_date=2026-03-31 feed=employees+contractors start_date=2020-01-01 status=terminated worker_type=employee zone=Europe/Berlin",
		"C4 Dua Lind company=Acme feed=contractors start_date=2025-01-01 status=active worker_type=contractor zone=Europe/Berlin",
	}
	if diff := cmp.Diff(want, told(must(t, all, err))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got := string(facts.Append(nil, identities(t, all)))
	for _, part := range []string{`"state":"complete"`, `"received":7`, `"expected":7`, `"people":"4"`, `"overruled_records":"2"`, `"feeds":["employees","contractors"]`, `"file":["hr.xlsx","semicolon.csv"]`} {
		if !strings.Contains(got, part) {
			t.Errorf("coverage %s lacks %s", got, part)
		}
	}
}

// TestEmploymentIsOfOneFeed: an end that the first feed has no column for is not the
// end of the employment that it tells of.
func TestEmploymentIsOfOneFeed(t *testing.T) {
	first := writings()[0].write(t, table("employee_id|name|status\n1|Ana|active"))
	second := writings()[0].write(t, table("employee_id|status|start_date|end_date|zone|title\n1|terminated|2020-01-01|2024-03-31|UTC|Clerk"))
	first.Name, second.Name = "one", "two"
	all, err := collect(collector(t, hr.Config{Feeds: []hr.Feed{first, second}}))
	if diff := cmp.Diff([]string{"1 Ana feed=one+two status=active title=Clerk"}, told(must(t, all, err))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestNotAuthoritative: that somebody is not in such a feed means nothing, so nobody
// is gone because of it.
func TestNotAuthoritative(t *testing.T) {
	no := false
	f := writings()[0].write(t, people(t))
	f.Authoritative = &no
	all, err := feedOf(t, f)
	const why = "it is not authoritative: that somebody is not in it means nothing"
	if c := identities(t, must(t, all, err)); c.State != graph.Partial || c.Reason != why {
		t.Errorf("alone: %s: %s", c.State, c.Reason)
	}
	vendors := f
	employees := writings()[0].write(t, people(t))
	employees.Name, vendors.Name = "employees", "vendors"
	all, err = collect(collector(t, hr.Config{Feeds: []hr.Feed{employees, vendors}}))
	if c := identities(t, must(t, all, err)); c.State != graph.Partial || c.Reason != "vendors: "+why {
		t.Errorf("beside another: %s: %s", c.State, c.Reason)
	}
}

// TestWhatHRKeepsIsNotPrinted plants leave and future ends in rows of every fault,
// and looks for them in all that is printed: errors, reasons, coverage.
func TestWhatHRKeepsIsNotPrinted(t *testing.T) {
	const head = "employee_id|name|status|start_date|end_date|last_day_worked|leave_start|leave_reason\n"
	secrets := []string{"Elternzeit", "2026-12-24", "24.12.2026", "parental", "leave since", "2026-09-09"}
	tests := map[string]string{
		"sound":            head + "1|Ana|leave|2020-01-01|2026-12-24|2026-12-24|2026-09-09|parental",
		"unknown word":     head + "1|Ana|Elternzeit|2020-01-01|2026-12-24|||parental",
		"bad end":          head + "1|Ana|active|2020-01-01|24.12.2026|||parental",
		"bad last day":     head + "1|Ana|active|2020-01-01||24.12.2026||parental",
		"bad leave":        head + "1|Ana|active|2020-01-01|||leave since|parental",
		"twice":            head + "1|Ana|leave|2020-01-01||||parental\n1|Ana|active|2020-01-01|2026-12-24|||",
		"no header":        "1|Ana|leave|2020-01-01|2026-12-24|2026-12-24|2026-09-09|parental\n2|Ben|active|||||",
		"contradiction":    head + "1|Ana|active|2027-01-01|2026-12-24|||parental\n2|Ben|leave|2020-01-01|2026-09-09|||parental",
		"without id":       head + "|Ana|leave|2020-01-01|2026-12-24|||parental",
		"a cell too many":  head + "1|Ana|leave|2020-01-01|2026-12-24|||parental|parental",
		"a terminated one": head + "1|Ana|terminated|2020-01-01|2026-12-24|||",
	}
	for name, text := range tests {
		for _, repeated := range []string{"refuse", "gap", "periods"} {
			for _, w := range writings() {
				if w.name == "hr.jsonl" && name == "a cell too many" {
					continue // there is no such thing
				}
				f := w.write(t, table(text))
				f.Columns, f.Repeated = columnsOf(table(head)[0]), repeated
				all, err := feedOf(t, f)
				printed := fmt.Sprint(err)
				for _, x := range all {
					if _, isNode := x.(graph.Node); !isNode {
						printed += "\n" + string(facts.Append(nil, x))
					}
				}
				for _, secret := range secrets {
					if strings.Contains(printed, secret) {
						t.Errorf("%s, %s, %s: %q is in\n%s", name, repeated, w.name, secret, printed)
					}
				}
			}
		}
	}
}

// TestChangedName: who has another name than last quarter is the same identity.
func TestChangedName(t *testing.T) {
	var ids []graph.ID
	for _, name := range []string{"Ana Ruiz", "Ana Gold"} {
		all, err := feedOf(t, writings()[0].write(t, table("employee_id|name|former_name\n0017|"+name+"|Ana Ruiz")))
		for _, f := range must(t, all, err) {
			if n, ok := f.(graph.Node); ok && n.Name == name {
				ids = append(ids, n.ID)
			}
		}
	}
	if len(ids) != 2 || ids[0] != ids[1] {
		t.Errorf("identities are %v", ids)
	}
}

func TestFeedsConfig(t *testing.T) {
	columns := map[string]string{"employee_id": "No"}
	one := hr.Feed{Name: "one", Path: "one.csv", Columns: columns}
	for want, cfg := range map[string]hr.Config{
		"are of each feed where there are feeds": {Feed: hr.Feed{Path: "x"}, Feeds: []hr.Feed{one}},
		"want a name for each":                   {Feeds: []hr.Feed{{Path: "x", Columns: columns}}},
		`the name "one" comes twice`:             {Feeds: []hr.Feed{one, one}},
		"feed one needs a path":                  {Feeds: []hr.Feed{{Name: "one"}}},
		"feed one: columns: employee_id":         {Feeds: []hr.Feed{{Name: "one", Path: "x"}}},
		"feed one: sheet: only":                  {Feeds: []hr.Feed{{Name: "one", Path: "x", Sheet: "y"}}},
		"feed one: zone \"Mars\"":                {Feed: hr.Feed{Zone: "Mars"}, Feeds: []hr.Feed{one}},
		`repeated "last"`:                        {Feed: hr.Feed{Path: "x", Columns: columns, Repeated: "last"}},
		"periods need the columns status":        {Feed: hr.Feed{Path: "x", Columns: columns, Repeated: "periods"}},
		"set: employee_id comes from a column":   {Feed: hr.Feed{Path: "x", Columns: columns, Set: map[string]string{"employee_id": "1"}}},
		"set: zone is of each person":            {Feed: hr.Feed{Path: "x", Columns: columns, Set: map[string]string{"zone": "UTC"}}},
		`set: worker_type: "temp" is no value`:   {Feed: hr.Feed{Path: "x", Columns: columns, Set: map[string]string{"worker_type": "temp"}}},
		"feed is a word of ours":                 {Feed: hr.Feed{Path: "x", Columns: map[string]string{"employee_id": "No", "feed": "F"}}},
		"an hr source needs a path":              {},
	} {
		if _, err := hr.New(cfg, connectors.Options{Source: "hr"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// TestFeedsFromYAML reads feeds as docs/formats/sources.md shows them.
func TestFeedsFromYAML(t *testing.T) {
	const text = `
zone: Europe/Berlin
dates: DD.MM.YYYY
feeds:
  - {name: employees, path: employees.csv, delimiter: ";", encoding: windows-1252, columns: {employee_id: PersNr}}
  - {name: vendors, path: vendors.jsonl, dates: YYYY-MM-DD, authoritative: false, set: {worker_type: vendor}, columns: {employee_id: id}}
`
	var got hr.Config
	if err := yaml.Load([]byte(text), &got, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	no := false
	want := hr.Config{Feed: hr.Feed{Zone: "Europe/Berlin", Dates: "DD.MM.YYYY"}, Feeds: []hr.Feed{
		{Name: "employees", Path: "employees.csv", Delimiter: ";", Encoding: "windows-1252", Columns: map[string]string{"employee_id": "PersNr"}},
		{Name: "vendors", Path: "vendors.jsonl", Dates: "YYYY-MM-DD", Authoritative: &no, Set: map[string]string{"worker_type": "vendor"}, Columns: map[string]string{"employee_id": "id"}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	if _, err := hr.New(got, connectors.Options{Source: "hr"}); err != nil {
		t.Error(err)
	}
}

// FuzzForms: whatever the bytes, in whatever form and however rows repeat, each
// person comes once, the second reading says the same, the facts fit together, and
// nothing is complete with the manifest of another file.
func FuzzForms(f *testing.F) {
	all := writings()
	for i, w := range all {
		f.Add(uint8(i), string(w.encode(f, people(f))))
		f.Add(uint8(i+len(all)), string(w.encode(f, table("employee_id|status|start_date|end_date\n1|active|2026-02-01|\n1|terminated|2020-01-01|2021-01-01"))))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, form uint8, text string) {
		w := all[int(form)%len(all)]
		cfg := w.feed
		cfg.Path, cfg.Columns = filepath.Join(dir, w.name), columnsOf([]string{"employee_id", "status", "start_date", "end_date"})
		cfg.Repeated = []string{"refuse", "gap", "periods"}[int(form)/len(all)%3]
		put(t, cfg.Path, text)
		put(t, cfg.Path+".manifest.json", manifestOf(text+" ", 1, now))
		said, err := feedOf(t, cfg)
		again, err2 := feedOf(t, cfg)
		if fmt.Sprint(err) != fmt.Sprint(err2) || !cmp.Equal(told(said), told(again)) {
			t.Fatalf("the second time: %v, %v\n%s", err, err2, cmp.Diff(told(said), told(again)))
		}
		seen := map[graph.ID]bool{}
		var b graph.Builder
		for _, x := range said {
			if n, ok := x.(graph.Node); ok && seen[n.ID] {
				t.Fatalf("%s comes twice", n.ID)
			} else if ok {
				seen[n.ID] = true
			}
			if c, ok := x.(graph.Coverage); ok && c.Dataset == graph.Identities && c.State != graph.Partial {
				t.Fatalf("%s with the manifest of another file", c.State)
			}
			if err := b.Add(x); err != nil {
				t.Fatal(err)
			}
		}
	})
}
