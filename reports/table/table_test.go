// SPDX-License-Identifier: Apache-2.0

package table_test

import (
	"bytes"
	"encoding/csv"
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/internal/reportstest"
	"github.com/foureyes-iga/foureyes/reports/table"
)

var _ = flag.Bool("update", false, "write the golden files")

func render(t *testing.T, in reports.Input) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := table.Render(&b, reportstest.Packet(t, in)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	compared := reportstest.Company(t)
	compared.Baseline = reportstest.Earlier(t)
	reportstest.Golden(t, "compared.csv", render(t, compared))
	reportstest.Golden(t, "clean.csv", render(t, reportstest.Clean(t)))
}

func TestRows(t *testing.T) {
	in := reportstest.Company(t)
	text := render(t, in)
	if n := bytes.Count(text, []byte("\n")); n != bytes.Count(text, []byte("\r\n")) {
		t.Error("a row ends without CR LF")
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 + len(in.Report.Findings) + len(in.Report.NotAssessed); len(rows) != want {
		t.Fatalf("%d rows, want %d", len(rows), want)
	}
	if !slices.Equal(rows[0], table.Columns()) {
		t.Errorf("columns are %v", rows[0])
	}
	for _, r := range rows[1:] {
		for _, c := range r {
			if c != "" && strings.ContainsRune("=+-@", rune(c[0])) || strings.ContainsFunc(c, reports.Hidden) {
				t.Errorf("unsafe cell %q", c)
			}
		}
	}
}

func TestCell(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"Ana Ruiz", "Ana Ruiz"},
		{"a=b", "a=b"},
		{"=1+1", "'=1+1"},
		{"+1", "'+1"},
		{"-1", "'-1"},
		{"@SUM(A1)", "'@SUM(A1)"},
		{"\t=1", "'⟨U+0009⟩=1"},
		{"\r=1", "'⟨U+000D⟩=1"},
		{"\n=1", "'⟨U+000A⟩=1"},
		{"\x00=1", "'⟨U+0000⟩=1"},
		{"＝1+1", "'＝1+1"},
		{"＋1", "'＋1"},
		{"－1", "'－1"},
		{"＠x", "'＠x"},
		{"  =1", "'  =1"},
		{"\u00a0=1", "'\u00a0=1"},
		{"\u200b=1", "⟨U+200B⟩=1"},
		{"a\nb", "a⟨U+000A⟩b"},
		{"\u202e", "⟨U+202E⟩"},
		{"'=1", "'=1"},
		{"DDE\"|,;", "DDE\"|,;"},
	}
	for _, tt := range tests {
		if got := table.Cell(tt.in); got != tt.want {
			t.Errorf("Cell(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzCell(f *testing.F) {
	for _, s := range []string{"=1", " +1", "\t@", "＝", "plain"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := table.Cell(s)
		if first := strings.TrimLeft(got, " \u00a0\u3000"); first != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(first)[0]) {
			t.Errorf("Cell(%q) = %q begins a formula", s, got)
		}
	})
}
