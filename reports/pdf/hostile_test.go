// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/internal/reportstest"
	"github.com/foureyes-iga/foureyes/reports/pdf"
)

// hostileNames are names that somebody may well have given something.
func hostileNames() []string {
	return []string{
		strings.Repeat("FINANCE_LEDGER_APPROVERS", 9)[:200],
		strings.Repeat("W", 200),
		"חנה לוי (מנהלת כספים) 12",
		"محمد عبد الله الأحمد – المالية",
		"山田 太郎 (経理部) 総勘定元帳承認者グループ",
		"a\u202eniмda\u2066x\u2069 \u200bhidden",
		"Zoe\u0308 Mu\u0308ller e\u0301\u0301\u0301\u0301\u0301\u0301",
		strings.Repeat("very long words about nothing ", 12)[:300],
		"line one\nline two\ttab",
	}
}

// hostile gives everything in p that has a name or a text such a one. The same text
// stays the same.
func hostile(p *reports.Packet) {
	names, given := hostileNames(), map[string]string{}
	var visit func(v reflect.Value, field string)
	visit = func(v reflect.Value, field string) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				visit(v.Elem(), field)
			}
		case reflect.Struct:
			if v.Type() == reflect.TypeFor[graph.ID]() || v.Type().PkgPath() != reflect.TypeFor[reports.Packet]().PkgPath() {
				return
			}
			for i := range v.NumField() {
				visit(v.Field(i), v.Type().Field(i).Name)
			}
		case reflect.Slice:
			for i := range v.Len() {
				visit(v.Index(i), field)
			}
		case reflect.String:
			free := []string{"Name", "Title", "Description", "Reason", "Statement", "Why", "About", "Obstacle", "Owner", "ResultWhy", "Entity", "Period", "PreparedBy", "Detail", "Risk", "Opens", "GapNames", "What", "Process", "By"}
			if v.Type() != reflect.TypeFor[string]() || !slices.Contains(free, field) || v.String() == "" {
				return
			}
			if given[v.String()] == "" {
				given[v.String()] = names[len(given)%len(names)]
			}
			v.SetString(given[v.String()])
		}
	}
	visit(reflect.ValueOf(p), "")
}

func hostileReview(t testing.TB) *reports.Packet {
	in := compared(t)
	in.Review = reportstest.Reviewed(t, in)
	p := reportstest.Packet(t, in)
	r := p.Review
	for i := range 12 { // many stages, many reviewers
		r.Stages = append(r.Stages, reports.ReviewStage{Name: fmt.Sprintf("stage %d", i), By: []string{"manager", "identity:hr/" + strings.Repeat("E", 80)}, Due: r.Begun})
		s := r.SignOffs[0]
		s.By.Name, s.Statement, s.Counts.Kept = fmt.Sprintf("reviewer %d", i), strings.Repeat("I have looked at it. ", 15), 1_000_000
		r.SignOffs = append(r.SignOffs, s)
	}
	for i := range r.Lines {
		r.Lines[i].Reason += strings.Repeat(" a long reason", 40)
		for range 3 {
			r.Lines[i].Findings = append(r.Lines[i].Findings, reports.ReviewFinding{ID: "F-0123456789abcdef", Title: fmt.Sprint("finding ", i), Severity: p.Findings[0].Severity})
		}
	}
	hostile(p)
	return p
}

// noItems is a review of somebody whom nothing came to.
func noItems(t testing.TB) *reports.Packet {
	in := reviewed(t)
	who := reports.Thing{ID: reportstest.ID(t, "identity:hr/E1005"), Name: strings.Repeat("W", 200)}
	in.Review.Reviewer, in.Review.Lines, in.Review.SignOffs, in.Review.Counts = who, nil, nil, campaign.Closed{}
	return reportstest.Packet(t, in)
}

// noLines is a campaign about nothing.
func noLines(t testing.TB) *reports.Packet {
	in := reviewed(t)
	in.Review.Lines, in.Review.SignOffs, in.Review.Counts = nil, nil, campaign.Closed{}
	return reportstest.Packet(t, in)
}

// A box is where a word stands on a page.
type box struct {
	Left   float64 `xml:"xMin,attr"`
	Top    float64 `xml:"yMin,attr"`
	Right  float64 `xml:"xMax,attr"`
	Bottom float64 `xml:"yMax,attr"`
	Text   string  `xml:",chardata"`
}

type boxedPage struct {
	Width  float64 `xml:"width,attr"`
	Height float64 `xml:"height,attr"`
	Words  []box   `xml:"word"`
}

// boxes asks a reader that is not ours where the words stand.
func boxes(t *testing.T, file []byte) []boxedPage {
	t.Helper()
	textOf(t, file) // skips without pdftotext
	path := filepath.Join(t.TempDir(), "packet.pdf")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-bbox", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Pages []boxedPage `xml:"body>doc>page"`
	}
	d := xml.NewDecoder(bytes.NewReader(out))
	d.Strict, d.Entity = false, xml.HTMLEntity
	if err := d.Decode(&doc); err != nil || len(doc.Pages) == 0 {
		t.Fatalf("%d pages, %v", len(doc.Pages), err)
	}
	return doc.Pages
}

// TestHostile has names that are long, foreign or meant to deceive, and reviews with
// nothing in them: no word runs out of its page or over another.
func TestHostile(t *testing.T) {
	for name, p := range map[string]*reports.Packet{"hostile": hostileReview(t), "no-items": noItems(t), "no-lines": noLines(t)} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := pdf.Render(&b, p); err != nil {
				t.Fatal(err)
			}
			if *keep != "" {
				if err := os.WriteFile(filepath.Join(*keep, name+".pdf"), b.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var words strings.Builder
			for i, pg := range boxes(t, b.Bytes()) {
				for _, w := range pg.Words {
					words.WriteString(w.Text)
				}
				pg.check(t, i+1)
			}
			if name != "hostile" {
				return
			}
			for _, long := range hostileNames()[:2] {
				if !strings.Contains(words.String(), long) {
					t.Errorf("%s is nowhere told in full", long[:30])
				}
			}
		})
	}
}

// check looks for words off the page, and for two in one place. Boxes are higher than
// letters, and a line may reach a little into the next.
func (pg boxedPage) check(t *testing.T, number int) {
	t.Helper()
	const margin, touch = 20, 2.5
	slices.SortStableFunc(pg.Words, func(a, b box) int { return cmp.Compare(a.Top, b.Top) })
	for i, a := range pg.Words {
		if a.Left < margin || a.Top < margin || a.Right > pg.Width-margin || a.Bottom > pg.Height-margin {
			t.Errorf("page %d: %q runs out of the page", number, a.Text)
		}
		for _, b := range pg.Words[i+1:] {
			if b.Top > a.Bottom-touch {
				break
			}
			if min(a.Right, b.Right)-max(a.Left, b.Left) > 1 && min(a.Bottom, b.Bottom)-max(a.Top, b.Top) > touch {
				t.Errorf("page %d: %q and %q are in one place", number, a.Text, b.Text)
			}
		}
	}
}
