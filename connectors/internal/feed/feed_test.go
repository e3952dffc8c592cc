// SPDX-License-Identifier: Apache-2.0

package feed_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/foureyes-iga/foureyes/connectors/internal/feed"
	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

func put(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// read returns the cells that are mapped to a, row by row.
func read(t testing.TB, name string, content []byte, l feed.Layout, column string) (cells []string, err error) {
	t.Helper()
	path := put(t, name, content)
	f, err := feed.ParseFormat(path, l)
	if err != nil {
		t.Fatal(err)
	}
	got := feed.Reading{Path: path}
	for row, err := range f.Rows(context.Background(), map[string]string{"a": column}, &got) {
		if err != nil {
			return cells, err
		}
		cells = append(cells, strings.Clone(row.Cell("a")))
	}
	if got.Rows != len(cells) || got.SHA256 == "" {
		t.Errorf("%d rows came, counted are %d, SHA-256 %q", len(cells), got.Rows, got.SHA256)
	}
	return cells, nil
}

func wide(text string, order binary.AppendByteOrder) (b []byte) {
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return b
}

// encoders write text as a feed may, and say how it is configured.
func encoders() map[string]struct {
	layout feed.Layout
	encode func(string) []byte
} {
	type one = struct {
		layout feed.Layout
		encode func(string) []byte
	}
	return map[string]one{
		"UTF-8":              {feed.Layout{}, func(s string) []byte { return []byte(s) }},
		"UTF-8, mark":        {feed.Layout{}, func(s string) []byte { return []byte("\ufeff" + s) }},
		"UTF-8, said":        {feed.Layout{Encoding: "UTF-8"}, func(s string) []byte { return []byte("\ufeff" + s) }},
		"UTF-16 LE, mark":    {feed.Layout{}, func(s string) []byte { return wide("\ufeff"+s, binary.LittleEndian) }},
		"UTF-16 BE, mark":    {feed.Layout{}, func(s string) []byte { return wide("\ufeff"+s, binary.BigEndian) }},
		"UTF-16, said":       {feed.Layout{Encoding: "utf-16"}, func(s string) []byte { return wide("\ufeff"+s, binary.BigEndian) }},
		"UTF-16 LE, no mark": {feed.Layout{Encoding: "utf-16le"}, func(s string) []byte { return wide(s, binary.LittleEndian) }},
		"UTF-16 BE, no mark": {feed.Layout{Encoding: "utf-16be"}, func(s string) []byte { return wide(s, binary.BigEndian) }},
	}
}

func TestEncodings(t *testing.T) {
	want := []string{"Zoë", "山田", "𝒜 pair", "0017"}
	text := "Name\r\n" + strings.Join(want, "\r\n") + "\r\n"
	for name, e := range encoders() {
		got, err := read(t, "a.csv", e.encode(text), e.layout, "Name")
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: error %v (-want +got):\n%s", name, err, diff)
		}
	}
	got, err := read(t, "a.csv", []byte("N\xe4me\nZo\xeb \x80 \x93x\x94\n"), feed.Layout{Encoding: "windows-1252"}, "Näme")
	if diff := cmp.Diff([]string{"Zoë € “x”"}, got); diff != "" || err != nil {
		t.Errorf("windows-1252: error %v (-want +got):\n%s", err, diff)
	}
}

// TestAnyTextComesBack writes random cells in every encoding and reads them again.
func TestAnyTextComesBack(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 10 {
		var want []string
		for range 200 {
			var cell []rune
			for range 1 + random.IntN(20) {
				c := []rune{rune('a' + random.IntN(26)), rune(0xc0 + random.IntN(0x500)), rune(0x4e00 + random.IntN(0x4000)), rune(0x1f300 + random.IntN(0x300))}
				cell = append(cell, c[random.IntN(len(c))])
			}
			want = append(want, string(cell))
		}
		text := "Name\n" + strings.Join(want, "\n") + "\n"
		for name, e := range encoders() {
			if got, err := read(t, "a.csv", e.encode(text), e.layout, "Name"); err != nil || !cmp.Equal(want, got) {
				t.Fatalf("%s: error %v (-want +got):\n%s", name, err, cmp.Diff(want, got))
			}
		}
	}
}

func TestBadText(t *testing.T) {
	for name, tt := range map[string]struct {
		encoding, content, want string
	}{
		"half a unit":        {"", "\xff\xfeN\x00\n\x00x", "byte 5: half a character of UTF-16; the file is cut off"},
		"half a pair":        {"utf-16le", "N\x00\n\x00\x3d\xd8x\x00\n\x00", "byte 7: half a pair of UTF-16"},
		"half a pair at end": {"utf-16le", "N\x00\n\x00\x3d\xd8", "half a pair of UTF-16"},
		"low half first":     {"utf-16be", "\x00N\x00\n\xdc\x00\x00x", "half a pair of UTF-16"},
		"no mark":            {"utf-16", "N\x00", "it has no byte order mark"},
		"mark of another":    {"windows-1252", "\xef\xbb\xbfN\n", "it begins with the mark of utf-8, and encoding says windows-1252"},
		"other order":        {"utf-16be", "\xff\xfeN\x00", "it begins with the mark of utf-16le, and encoding says utf-16be"},
		"UTF-32":             {"", "\xff\xfe\x00\x00N\x00\x00\x00", "it is UTF-32; save the file as UTF-8"},
		"no character":       {"windows-1252", "N\n\x81\n", "byte 3: 0x81 is no character of windows-1252"},
		"not UTF-8":          {"", "N\nZo\xeb\n", "a.csv:2: cell 1 is not valid UTF-8; save the file as UTF-8, or say its encoding"},
	} {
		if _, err := read(t, "a.csv", []byte(tt.content), feed.Layout{Encoding: tt.encoding}, "N"); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %s", name, err, tt.want)
		}
	}
}

func TestLimits(t *testing.T) {
	for name, tt := range map[string]struct{ file, content, want string }{
		"cells of a record": {"a.csv", strings.Repeat("N,", 20_000) + "\n", "a.csv:1: it has 20001 cells, and 16384 is the most"},
		"keys of an object": {"a.jsonl", "{" + manyKeys(20_000) + "}\n", "a.jsonl:1: it has more than 16384 keys"},
		"length of a line":  {"a.jsonl", `{"N":"` + strings.Repeat("x", 2<<20) + `"}`, "a.jsonl: line 1 is longer than 1 MiB"},
		"length of a cell":  {"a.jsonl", `{"N":"` + strings.Repeat("x", 70<<10) + `"}`, "a.jsonl:1: cell 1 is longer than 64 KiB"},
		"depth":             {"a.jsonl", `{"X":` + strings.Repeat("[", 20_000), "exceeded max depth"},
	} {
		if _, err := read(t, tt.file, []byte(tt.content), feed.Layout{}, "N"); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %s", name, err, tt.want)
		}
	}
}

func manyKeys(n int) string {
	var keys []string
	for i := range n {
		keys = append(keys, fmt.Sprintf(`"k%d":1`, i))
	}
	return strings.Join(keys, ",")
}

func TestJSONLines(t *testing.T) {
	text := `{"No":"0017","x":{"No":"18"}}` + "\n\n" + `{"No":17}` + "\r\n" + `{"No":null}` + "\n" + `{"x":[]}` + "\n" + `{"No":true}` + "\n" + `{"No":12345678901234567890.50}` + "\n" + `{"No":" Zo\u00eb \ufffd \ud83d\ude00"}`
	got, err := read(t, "a.jsonl", []byte(text), feed.Layout{}, "No")
	want := []string{"0017", "17", "", "", "true", "12345678901234567890.50", "Zoë \ufffd 😀"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, cells (-want +got):\n%s", err, diff)
	}
	for line, want := range map[string]string{
		`{"No":"1"`:            "a.jsonl:1: the object breaks off",
		`{"No":"1`:             "a.jsonl:1: the object breaks off",
		`{"No":"1","No":"2"}`:  `a.jsonl:1: the key "No" comes twice`,
		`{"No":"1"}{"No":"2"}`: "a.jsonl:1: something follows the object; want one in a line",
		`["1"]`:                "a.jsonl:1: want one JSON object",
		`{"No":["1"]}`:         `a.jsonl:1: "No": want a text, a number, true, false or null`,
		`{"No":1e5}`:           `a.jsonl:1: "No": a number with an exponent has lost its digits`,
		`{"No":"\ud83d"}`:      `a.jsonl:1: "No": half a surrogate pair`,
		"{\"No\":\"Zo\xeb\"}":  "a.jsonl:1: it is not valid UTF-8",
		`{"Nr":"1"}`:           `a.jsonl: no line has the key "No", which columns maps`,
		`{"No":"1",}`:          "a.jsonl:1: invalid character",
		"{\"No\":\n\"1\"}":     "a.jsonl:1: the object breaks off",
	} {
		if _, err := read(t, "a.jsonl", []byte(line), feed.Layout{}, "No"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", line, err, want)
		}
	}
}

func TestDates(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ layout, cell, want string }{
		{"", "2026-01-31", "day 2026-01-31T00:00:00Z"},
		{"D.M.YYYY", "1.2.2026", "day 2026-02-01T00:00:00Z"},
		{"D.M.YYYY", "01.02.2026", "day 2026-02-01T00:00:00Z"},
		{"MM/DD/YYYY", "02/01/2026", "day 2026-02-01T00:00:00Z"},
		{"DD-MMM-YYYY", "01-FEB-2026", "day 2026-02-01T00:00:00Z"},
		{"YYYYMMDD", "20260201", "day 2026-02-01T00:00:00Z"},
		{"DD.MM.YYYY hh:mm", "01.07.2026 14:03", "local 2026-07-01T12:03:00Z"},
		{"DD.MM.YYYY hh:mm", "01.07.2026", "day 2026-07-01T00:00:00Z"},
		{"DD.MM.YYYYThh:mm:ss", "01.01.2026T14:03:09", "local 2026-01-01T13:03:09Z"},
		{"", "2026-01-31T00:00:00", "day 2026-01-31T00:00:00Z"},
		{"", "2026-01-31 00:00:00.000", "day 2026-01-31T00:00:00Z"},
		{"", "2026-07-01T14:03:00", "local 2026-07-01T12:03:00Z"},
		{"", "2026-07-01T14:03:00-05:00", "time 2026-07-01T19:03:00Z"},
		{"", "00000000", ""},
		{"", "", ""},
		{"", "2026-02-30", "error"},
		{"DD.MM.YYYY", "46000", "error"},
		{"DD.MM.YYYY", "01.02.26", "error"},
		{"DD-MMM-YYYY", "01-DEZ-2026", "error"},
	} {
		d, err := feed.ParseDates(tt.layout)
		if err != nil {
			t.Errorf("%s: %v", tt.layout, err)
			continue
		}
		m, err := d.ParseIn(tt.cell, berlin)
		got := ""
		switch {
		case err != nil:
			got = "error"
		case !m.IsZero():
			kind := map[bool]string{true: "day ", false: "time "}[m.DateOnly]
			if m.Local {
				kind = "local "
			}
			got = kind + m.UTC().Format(time.RFC3339)
		}
		if got != tt.want {
			t.Errorf("%q as %q is %s, want %s", tt.cell, tt.layout, got, tt.want)
		}
	}
	for _, bad := range []string{"DMYYYY", "YYYYM-D", "YYYY-MM", "YYYY-MM-DD-DD", "YY-MM-DD", "hh:mm", "YYYY-MM-DDThh", "YYYY-MM-DDhh:mm", "YYYY-MM-DD hh:mm:ss.000", "YYYY,MM,DD"} {
		if _, err := feed.ParseDates(bad); err == nil {
			t.Errorf("%q is taken for a layout", bad)
		}
	}
}

// TestEveryDayComesBack writes each day of some years in every layout.
func TestEveryDayComesBack(t *testing.T) {
	for tokens, layout := range map[string]string{"": time.DateOnly, "D/M/YYYY": "2/1/2006", "DD-MMM-YYYY": "02-Jan-2006", "YYYYMMDD": "20060102", "MM.DD.YYYY hh:mm": "01.02.2006 15:04"} {
		d, err := feed.ParseDates(tokens)
		if err != nil {
			t.Fatal(err)
		}
		sao, err := time.LoadLocation("America/Sao_Paulo") // where some days have no midnight
		if err != nil {
			t.Fatal(err)
		}
		for day := time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2020; day = day.AddDate(0, 0, 1) {
			if m, err := d.ParseIn(day.Format(layout), sao); err != nil || !m.DateOnly || !m.Equal(day) {
				t.Fatalf("%s as %q: %v, %v", day.Format(layout), tokens, m, err)
			}
		}
	}
}

func TestZones(t *testing.T) {
	z, err := feed.ParseZones("Europe/Berlin", map[string]string{"NYC": "America/New_York", "CET": "Europe/Paris"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ cell, site, want string }{
		{"", "", "Europe/Berlin"},
		{"", "NYC", "America/New_York"},
		{"Asia/Tokyo", "NYC", "Asia/Tokyo"},
		{"CET", "NYC", "Europe/Paris"},
		{"", "Oslo", "error"},
		{"Local", "", "error"},
		{"../../etc/passwd", "", "error"},
		{"Berlin", "", "error"},
	} {
		got := "error"
		if loc, err := z.Of(tt.cell, tt.site); err == nil {
			got = loc.String()
		}
		if got != tt.want {
			t.Errorf("zone of %q at %q is %s, want %s", tt.cell, tt.site, got, tt.want)
		}
	}
	none, err := feed.ParseZones("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if loc, err := none.Of("", "NYC"); loc != nil || err != nil {
		t.Errorf("a feed that says nothing of zones: %v, %v; want unknown", loc, err)
	}
	for _, bad := range []string{"Local", "CEST", "Europe/Atlantis"} {
		if _, err := feed.ParseZones(bad, nil); err == nil {
			t.Errorf("%q is taken for a zone", bad)
		}
		if _, err := feed.ParseZones("", map[string]string{"x": bad}); err == nil {
			t.Errorf("%q is taken for the zone of a site", bad)
		}
	}
}

func TestParseFormat(t *testing.T) {
	for want, tt := range map[string]struct {
		path string
		l    feed.Layout
	}{
		"an XLSX file has none":         {"a.xlsx", feed.Layout{Delimiter: ";"}},
		"an XLSX file says its own":     {"a.csv", feed.Layout{Format: "xlsx", Encoding: "utf-8"}},
		"only an XLSX file has sheets":  {"a.txt", feed.Layout{Sheet: "x"}},
		"neither sheet nor delimiter":   {"a.ndjson", feed.Layout{Sheet: "x"}},
		`format "json": want csv, xlsx`: {"a.json", feed.Layout{Format: "json"}},
		`encoding "latin1": want utf-8`: {"a.csv", feed.Layout{Encoding: "latin1"}},
	} {
		if _, err := feed.ParseFormat(tt.path, tt.l); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// sheet returns a workbook with the given XML in its sheet.
func sheet(t *testing.T, rows string) []byte {
	t.Helper()
	f := excelize.NewFile()
	var saved bytes.Buffer
	if err := f.Write(&saved); err != nil {
		t.Fatal(err)
	}
	in, err := zip.NewReader(bytes.NewReader(saved.Bytes()), int64(saved.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	for _, part := range in.File {
		w, err := out.Create(part.Name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(part.Name, "sheet1.xml") {
			_, err = fmt.Fprintf(w, `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>`, rows)
		} else {
			r, err2 := part.Open()
			if err2 != nil {
				t.Fatal(err2)
			}
			var text bytes.Buffer
			if _, err = text.ReadFrom(r); err == nil {
				_, err = w.Write(text.Bytes())
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestSheetOutOfOrder: rows and cells that go back would be joined into rows that
// nobody wrote.
func TestSheetOutOfOrder(t *testing.T) {
	row := func(n int, cells string) string { return fmt.Sprintf(`<row r="%d">%s</row>`, n, cells) }
	cell := func(at, text string) string {
		return fmt.Sprintf(`<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, at, text)
	}
	head := row(1, cell("A1", "N")+cell("B1", "M"))
	got, err := read(t, "a.xlsx", sheet(t, head+row(2, cell("A2", "x"))+row(5, cell("A5", "y")+cell("B5", "z"))), feed.Layout{}, "N")
	if diff := cmp.Diff([]string{"x", "y"}, got); diff != "" || err != nil {
		t.Errorf("in order: error %v (-want +got):\n%s", err, diff)
	}
	for rows, want := range map[string]string{
		row(3, cell("A3", "x")) + row(2, cell("A2", "y")): `row "2" comes after row 3`,
		row(2, cell("A2", "x")) + row(2, cell("A2", "y")): `row "2" comes after row 2`,
		row(2, cell("B2", "x")+cell("A2", "y")):           `cell "A2" comes after column 2 of row 2`,
		row(2, cell("A2", "x")+cell("A2", "y")):           `cell "A2" comes after column 1 of row 2`,
		row(2, cell("A3", "x")):                           `cell "A3" comes after column 0 of row 2`,
		row(99999999, cell("A2", "x")):                    `row "99999999" comes after row 1`,
	} {
		if _, err := read(t, "a.xlsx", sheet(t, head+rows), feed.Layout{}, "N"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// TestZipBomb: what unpacks to more than anybody could have meant is an error before
// it is kept in memory.
func TestZipBomb(t *testing.T) {
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	w, err := out.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if _, err := w.Write(bytes.Repeat([]byte(" "), 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, "a.xlsx", b.Bytes(), feed.Layout{}, "N"); err == nil || !strings.Contains(err.Error(), "sheet1.xml in the workbook: an element is longer than 4 MiB") {
		t.Errorf("error %v", err)
	}
}
