// SPDX-License-Identifier: Apache-2.0

package seal_test

import (
	"bytes"
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
	file, err := seal.Seal(b.Bytes(), attachments(), who.signer(), seal.Options{Claimed: claimed()})
	if err != nil {
		t.Fatal(err)
	}
	s, err := seal.Open(file, pool(who.root()), check())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestShows compares what is sealed with drawings of the same and of other data.
func TestShows(t *testing.T) {
	p := reportstest.Packet(t, reportstest.Company(t))
	s := opened(t, p)
	draw := func(render reports.Render) []byte {
		t.Helper()
		var b bytes.Buffer
		if err := render(&b, p); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for name, render := range map[string]reports.Render{"packed": pdf.Render, "loose": pdf.RenderLoose} {
		if err := s.Shows(draw(render)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.Summary.Open++
	wantError(t, s.Shows(draw(pdf.RenderLoose)), "page 1 differs")
	p.Summary.Open--
	p.Entity = "Somebody else"
	wantError(t, s.Shows(draw(pdf.RenderLoose)), "page 1 differs")
	wantError(t, s.Shows([]byte("%PDF-1.4")), "not in the form")
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
