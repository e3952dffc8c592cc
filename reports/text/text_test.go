// SPDX-License-Identifier: Apache-2.0

package text_test

import (
	"bytes"
	"flag"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/internal/reportstest"
	"github.com/foureyes-iga/foureyes/reports/text"
)

var _ = flag.Bool("update", false, "write the golden files")

func render(t *testing.T, in reports.Input) string {
	t.Helper()
	var b bytes.Buffer
	if err := text.Render(&b, reportstest.Packet(t, in)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	compared := reportstest.Company(t)
	compared.Baseline, compared.Forward = reportstest.Earlier(t), reportstest.Forward(compared)
	for name, in := range map[string]reports.Input{
		"company.txt":  reportstest.Company(t),
		"compared.txt": compared,
		"clean.txt":    reportstest.Clean(t),
		"leavers.txt":  reportstest.Leavers(t),
	} {
		t.Run(name, func(t *testing.T) { reportstest.Golden(t, name, []byte(render(t, in))) })
	}
}

func TestNeverHides(t *testing.T) {
	if got := render(t, reportstest.Company(t)); strings.ContainsFunc(got, func(r rune) bool { return r != '\n' && reports.Hidden(r) }) {
		t.Errorf("a hidden character came out raw:\n%q", got)
	}
}

func TestManyAreCounted(t *testing.T) {
	got := render(t, reportstest.Many(t, 412))
	for _, want := range []string{"412 findings, 5 causes\n", "… and 362 more; --format json lists all\n", "412 findings open (412 critical); everything in scope was assessed\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
	if n := strings.Count(got, "  F-DEV-DEPLOY-"); n != 50 {
		t.Errorf("%d findings are told in full, want 50", n)
	}
}

// TestFlawIsTold: what more than a fifth of the people do is told as one thing.
func TestFlawIsTold(t *testing.T) {
	in := reportstest.Many(t, 412)
	for _, people := range []int{5 * 412, 5*412 - 1} {
		in.Report.Identities = people
		got := render(t, in)
		told, listed := strings.Contains(got, "412 of 2,059 people break it"), strings.Count(got, "  F-DEV-DEPLOY-")
		if is := people < 5*412; told != is || is != (listed == 0) {
			t.Errorf("of %d people: told %v, %d listed:\n%s", people, told, listed, got[:1000])
		}
	}
}

func TestWidth(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(render(t, reportstest.Company(t))), "\n")
	for _, l := range lines[:len(lines)-1] { // the last is one sentence on one line
		longest := 0
		for _, word := range strings.Fields(l) {
			longest = max(longest, utf8.RuneCountInString(word))
		}
		if n := utf8.RuneCountInString(l); n > 100 && longest < 60 {
			t.Errorf("%d columns: %s", n, l)
		}
	}
}

// TestVerdictIsHonest takes the words of the last line apart.
func TestVerdictIsHonest(t *testing.T) {
	clean := reportstest.Clean(t)
	if got := render(t, clean); !strings.HasSuffix(got, "\nno open finding in the assessed scope; everything in scope was assessed\n") {
		t.Errorf("the clean company ends with\n%s", got)
	}
	gap := reportstest.Company(t)
	gap.Report.Findings = nil
	got := render(t, gap)
	if !strings.HasSuffix(got, "\nno open finding in the assessed scope; NOT ASSESSED: 2 subjects in 3 rows; not assessed by accepted gaps: 1 row\n") || strings.Contains(got, "everything") {
		t.Errorf("a company with gaps ends with\n%s", got)
	}
	gap.Report.NotAssessed = gap.Report.NotAssessed[3:]
	if got := render(t, gap); strings.Contains(got, "everything in scope was assessed") {
		t.Errorf("an accepted gap was taken for nothing:\n%s", got)
	}
}
