// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/internal/reportstest"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/reports/pdf"
	"github.com/foureyes-iga/foureyes/reports/table"
)

var (
	_    = flag.Bool("update", false, "write the golden files")
	keep = flag.String("keep", "", "a folder to write the documents to, to look at them")
)

func render(t testing.TB, name string, in reports.Input) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pdf.Render(&b, reportstest.Packet(t, in)); err != nil {
		t.Fatal(err)
	}
	if *keep != "" {
		if err := os.WriteFile(filepath.Join(*keep, name+".pdf"), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// textOf returns what pdftotext, a reader that is not ours, sees.
func textOf(t *testing.T, file []byte) string {
	t.Helper()
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("pdftotext is missing; CI must read the documents")
		}
		t.Skip("pdftotext is not installed")
	}
	path := filepath.Join(t.TempDir(), "packet.pdf")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "-layout", "-enc", "UTF-8", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// plain leaves one space where readers of the file differ in how many they see.
func plain(text string) string {
	var out strings.Builder
	for _, l := range strings.Split(text, "\n") {
		if words := strings.Fields(l); len(words) > 0 {
			out.WriteString(strings.Join(words, " ") + "\n")
		}
	}
	return out.String()
}

func compared(t testing.TB) reports.Input {
	in := reportstest.Company(t)
	in.Baseline, in.Forward = reportstest.Earlier(t), reportstest.Forward(in)
	return in
}

func reviewed(t testing.TB) reports.Input {
	in := reportstest.Company(t)
	in.Review = reportstest.Reviewed(t, in)
	return in
}

func TestGolden(t *testing.T) {
	for name, in := range map[string]reports.Input{
		"company":  reportstest.Company(t),
		"compared": compared(t),
		"clean":    reportstest.Clean(t),
		"leavers":  reportstest.Leavers(t),
		"reviewed": reviewed(t),
	} {
		t.Run(name, func(t *testing.T) {
			file := render(t, name, in)
			if !bytes.Equal(file, render(t, name, in)) {
				t.Error("two runs give different bytes")
			}
			reportstest.Golden(t, name+".txt", []byte(plain(textOf(t, file))))
		})
	}
}

// TestDrawing keeps the digests of what comes out under [pdf.Drawing]. When it fails,
// sealed packets cannot be made again as they are: count Drawing up, and then write
// the golden file. Fonts are left out, which are compressed by the standard library.
func TestDrawing(t *testing.T) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "drawing %d\n", pdf.Drawing)
	open, annex := planted(t).Split()
	packed := regexp.MustCompile(`(?s)<<[^<>]*/Filter /FlateDecode.*?endstream`)
	for _, c := range []struct {
		name string
		p    *reports.Packet
	}{
		{"company", reportstest.Packet(t, reportstest.Company(t))}, {"compared", reportstest.Packet(t, compared(t))}, {"clean", reportstest.Packet(t, reportstest.Clean(t))},
		{"reviewed", reportstest.Packet(t, reviewed(t))}, {"open", open}, {"annex", annex},
	} {
		var lines bytes.Buffer
		p := c.p
		drawn, err := pdf.Redraw(p)
		if err := errors.Join(err, jsonout.Render(&lines, p), table.Render(&lines, p)); err != nil {
			t.Fatal(err)
		}
		frame, marks := packed.ReplaceAll(drawn.Frame(), nil), sha256.New()
		for m := range drawn.Marks() {
			marks.Write(m)
		}
		frame = frame[:bytes.LastIndex(frame, []byte("xref\n0 "))]
		fmt.Fprintf(&out, "%s: frame %x, marks %x, lines %x\n", c.name, sha256.Sum256(frame), marks.Sum(nil), sha256.Sum256(lines.Bytes()))
	}
	reportstest.Golden(t, "drawing.txt", out.Bytes())
}

// TestEveryPageIsADraft also proves that page x of y is right.
func TestEveryPageIsADraft(t *testing.T) {
	pages := strings.Split(strings.TrimSuffix(textOf(t, render(t, "company", reportstest.Company(t))), "\f"), "\f")
	if len(pages) < 8 {
		t.Fatalf("only %d pages", len(pages))
	}
	for i, text := range pages {
		for _, want := range []string{"DRAFT · not sealed", fmt.Sprintf("Page %d of %d", i+1, len(pages)), "snapshot 3f0c9a7be1d2", "Harbour & Vale plc"} {
			if !strings.Contains(text, want) {
				t.Errorf("page %d lacks %q", i+1, want)
			}
		}
	}
}

func TestSealedIsNoDraft(t *testing.T) {
	p := reportstest.Packet(t, reportstest.Clean(t))
	p.Draft = false
	var b bytes.Buffer
	if err := pdf.Render(&b, p); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(textOf(t, b.Bytes()), "DRAFT") {
		t.Error("a packet that is no draft says DRAFT")
	}
}

// TestWordsNeverUsed looks for verdicts that no document of ours may give.
func TestWordsNeverUsed(t *testing.T) {
	never := regexp.MustCompile(`(?i)\b(pass|passed|fail|failed|compliant|effective|ineffective|score)\b`)
	for name, in := range map[string]reports.Input{"company": compared(t), "clean": reportstest.Clean(t)} {
		if found := never.FindString(textOf(t, render(t, name, in))); found != "" {
			t.Errorf("%s says %q", name, found)
		}
	}
}

// TestSecretsStay looks for what only human resources may know.
func TestSecretsStay(t *testing.T) {
	text := textOf(t, render(t, "company", compared(t)))
	for _, secret := range []string{"SECRET", "leave", "pending", "2026-12-24", "2026-11-30", "24 December", "terminated"} {
		if strings.Contains(text, secret) {
			t.Errorf("the document says %q", secret)
		}
	}
}

// TestLeaversToCome: who will leave is not in the list of those who left.
func TestLeaversToCome(t *testing.T) {
	text := textOf(t, render(t, "leavers", reportstest.Leavers(t)))
	if !strings.Contains(text, "Priya Raman") {
		t.Error("the document lacks who left")
	}
	for _, secret := range []string{"Di Lind", "2026-12-24", "2026-09-02", "24 December"} {
		if strings.Contains(text, secret) {
			t.Errorf("the document says %q", secret)
		}
	}
}

// TestNothingIsBlank proves that what the fonts lack is written out.
func TestNothingIsBlank(t *testing.T) {
	text := strings.ReplaceAll(textOf(t, render(t, "company", reportstest.Company(t))), "\n", " ")
	for _, want := range []string{"⟨U+5C71⟩⟨U+7530⟩⟨U+592A⟩⟨U+90CE⟩", "⟨U+202E⟩", "Ελένη", "Søren Kjær"} {
		if !strings.Contains(text, want) {
			t.Errorf("the document lacks %q", want)
		}
	}
}

// TestHigherThanAPage has a row and a finding that no page can hold.
func TestHigherThanAPage(t *testing.T) {
	in := reportstest.Company(t)
	in.Report.NotAssessed[0].Reason = "ROWBEGIN " + strings.Repeat("because of this and that ", 700) + "ROWEND"
	way := &in.Report.Findings[1].Witness[0].Path
	for i := range 3000 {
		way.Nodes = append(way.Nodes, reportstest.ID(t, fmt.Sprintf("group:corp/long%d", i)))
		way.Kinds = append(way.Kinds, graph.Member)
	}
	in.Report.Findings = in.Report.Findings[1:]
	in.Report.Findings[3].Detail = "FINDBEGIN " + strings.Repeat("word after word ", 700) + "FINDEND"
	text := textOf(t, render(t, "high", in))
	for _, want := range []string{"ROWBEGIN", "ROWEND", "FINDBEGIN", "FINDEND", "corp/long2999", "too long for a picture"} {
		if !strings.Contains(text, want) {
			t.Errorf("the document lacks %s", want)
		}
	}
	if n := strings.Count(text, "word after word"); n < 500 {
		t.Errorf("%d of the words are there", n)
	}
}

// TestMany builds a document of many lines: every line is in it, and it stays
// small enough to send. BenchmarkRender tells the time.
func TestMany(t *testing.T) {
	const n = 5_000
	file := render(t, "many", reportstest.Many(t, n))
	if perLine := len(file) / n; perLine > 1000 {
		t.Errorf("%d bytes a finding, want at most 1000", perLine)
	}
	text := textOf(t, file)
	for _, line := range []int{1, n / 2, n} {
		if !regexp.MustCompile(fmt.Sprintf(`(?m)^\s*%d\s`, line)).MatchString(text) {
			t.Errorf("line %d of %d is not in the document", line, n)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("findings=%d", n), func(b *testing.B) {
			p := reportstest.Packet(b, reportstest.Many(b, n))
			b.ReportAllocs()
			for b.Loop() {
				var out bytes.Buffer
				if err := pdf.Render(&out, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestManyPolicies has policies, names and lists that no page can hold.
func TestManyPolicies(t *testing.T) {
	in := reportstest.Company(t)
	var b graph.Builder
	for n := range uint32(in.Graph.NumNodes()) {
		if in.Graph.Described(n) {
			add(t, &b, in.Graph.Node(n))
		}
	}
	r := graph.SourceRun{Source: "corp", Connector: "ldap"}
	var probes []string
	for i := range 400 {
		probes = append(probes, fmt.Sprintf("probe%d", i))
	}
	r.Details.Set("permission probes", probes...)
	r.Details.Set("attributes", strings.Repeat("msDS-VeryLongAttributeName", 200)+"ENDOFATTRIBUTES")
	for i := range 120 {
		r.Details.Set(fmt.Sprintf("authentication: policy%d %s", i, strings.Repeat("Ω-long-name", 20)), "minimum length: 7", strings.Repeat("L", 300)+": "+strings.Repeat("V", 900), "\u202e: \x1b[31m")
	}
	add(t, &b, r)
	for i := range 60 {
		n := graph.Node{ID: reportstest.ID(t, fmt.Sprintf("account:corp/many%d", i)), Name: strings.Repeat("wide", 60)}
		n.Attrs.Set("status", "enabled")
		n.Attrs.Set("password_expires", "never")
		add(t, &b, n)
	}
	in.Graph = b.Graph()
	text := textOf(t, render(t, "policies", in))
	for _, want := range []string{"policy0\n", "policy119\n", "probe0;", "probe399", "ENDOFATTRIBUTES", "⟨U+202E⟩", "⟨U+001B⟩", "and 42 more"} {
		if !strings.Contains(text, want) {
			t.Errorf("the document lacks %q", want)
		}
	}
}

func add(t *testing.T, b *graph.Builder, f graph.Fact) {
	t.Helper()
	if err := b.Add(f); err != nil {
		t.Fatal(err)
	}
}
