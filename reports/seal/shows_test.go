// SPDX-License-Identifier: Apache-2.0

package seal_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/internal/reportstest"
	"github.com/foureyes-iga/foureyes/reports/pdf"
	"github.com/foureyes-iga/foureyes/reports/seal"
)

func opened(t testing.TB, p *reports.Packet) *seal.Sealed {
	t.Helper()
	var b bytes.Buffer
	if err := pdf.Render(&b, p); err != nil {
		t.Fatal(err)
	}
	who := newSigner(t, "p256")
	file, err := seal.Seal(b.Bytes(), attachments(t), who.signer(), seal.Options{Claimed: claimed()})
	if err != nil {
		t.Fatal(err)
	}
	s, err := seal.Open(file, pool(who.root()), check())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// shows draws p again and compares.
func shows(t testing.TB, s *seal.Sealed, p *reports.Packet) error {
	t.Helper()
	again, err := pdf.Redraw(p)
	if err != nil {
		t.Fatal(err)
	}
	return s.Shows(again.Frame(), again.Marks())
}

// TestShows draws packets of every kind twice, once with gofpdf and once without it. It
// catches a mutant of any operator that a page is drawn with.
func TestShows(t *testing.T) {
	compared := reportstest.Company(t)
	compared.Baseline, compared.Forward = reportstest.Earlier(t), reportstest.Forward(compared)
	for name, in := range map[string]reports.Input{
		"company": reportstest.Company(t), "compared": compared, "clean": reportstest.Clean(t), "leavers": reportstest.Leavers(t), "many": reportstest.Many(t, 300), "reviewed": reviewed(t),
	} {
		t.Run(name, func(t *testing.T) {
			p := reportstest.Packet(t, in)
			if err := shows(t, opened(t, p), p); err != nil {
				t.Error(err)
			}
		})
	}
}

// reviewed is a company whose access was certified.
func reviewed(t testing.TB) reports.Input {
	in := reportstest.Company(t)
	in.Review = reportstest.Reviewed(t, in)
	return in
}

// TestShowsElse compares a sealed packet with drawings of other data.
func TestShowsElse(t *testing.T) {
	p := reportstest.Packet(t, reviewed(t))
	s := opened(t, p)
	p.Summary.Open++
	wantError(t, shows(t, s, p), "page 1 differs")
	p.Summary.Open--
	p.Entity = "Somebody else"
	wantError(t, shows(t, s, p), "page 1 differs")
	p.Entity = "Harbour & Vale ★" // a character that no page has
	wantError(t, shows(t, s, p), "differs")
	p.Entity = "Harbour & Vale plc"
	if err := shows(t, s, p); err != nil {
		t.Fatal(err)
	}
	again, err := pdf.Redraw(p)
	if err != nil {
		t.Fatal(err)
	}
	pages := slices.Collect(func(yield func([]byte) bool) {
		for m := range again.Marks() {
			if !yield(bytes.Clone(m)) {
				return
			}
		}
	})
	last := len(pages) - 1
	for name, c := range map[string]struct {
		marks [][]byte
		want  string
	}{
		"none":         {nil, "pages, and the drawing 0"},
		"one less":     {pages[:last], fmt.Sprintf("and the drawing %d", last)},
		"one more":     {append(slices.Clone(pages), nil), "and the drawing more"},
		"cut short":    {append(slices.Clone(pages[:last]), pages[last][:9]), "differs"},
		"another end":  {append(slices.Clone(pages[:last]), append(bytes.Clone(pages[last]), '\n')), "differs"},
		"in two turns": {append(slices.Clone(pages[:last-1]), pages[last], pages[last-1]), "differs"},
	} {
		t.Run(name, func(t *testing.T) { wantError(t, s.Shows(again.Frame(), slices.Values(c.marks)), c.want) })
	}
	wantError(t, s.Shows([]byte("%PDF-1.4"), nil), "not in the form")
}

// TestText holds what we read of pages against what another reader reads.
func TestText(t *testing.T) {
	p := reportstest.Packet(t, reportstest.Company(t))
	pages, err := opened(t, p).Text()
	if err != nil {
		t.Fatal(err)
	}
	var drawn bytes.Buffer
	if err := pdf.Render(&drawn, p); err != nil {
		t.Fatal(err)
	}
	theirs, ok := pdftotext(t, drawn.Bytes())
	if !ok {
		t.Fatal("pdftotext does not read it")
	}
	their := strings.Split(strings.TrimSuffix(theirs, "\f"), "\f")
	if len(pages) != len(their) || len(pages) < 8 {
		t.Fatalf("%d pages, and pdftotext reads %d", len(pages), len(their))
	}
	// readers of PDF join what was set in pieces, and take hyphens at the end of a line away
	joined := strings.NewReplacer("\n", "", " ", "", "-", "")
	for i := range pages {
		for _, word := range strings.Fields(their[i]) {
			if !strings.Contains(joined.Replace(pages[i]), joined.Replace(word)) && !rightToLeft(word) {
				t.Errorf("page %d: pdftotext reads %q, and we do not", i+1, word)
			}
		}
	}
}

// rightToLeft words are turned round by readers.
func rightToLeft(word string) bool {
	return strings.ContainsFunc(word, func(r rune) bool { return r >= 0x590 && r < 0x700 || r == 0x202b })
}
