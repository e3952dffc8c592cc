// SPDX-License-Identifier: Apache-2.0

package seal_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/internal/reportstest"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/reports/pdf"
	"github.com/foureyes-iga/foureyes/reports/seal"
	"github.com/foureyes-iga/foureyes/reports/table"
)

var keep = flag.String("keep", "", "a folder to write sealed files to, to look at them")

// certified is a small packet with an access review in it, of which one line is revoked.
func certified(t testing.TB) *reports.Packet {
	t.Helper()
	p := reportstest.Packet(t, reportstest.Clean(t))
	p.Draft = false
	boss := reports.Thing{ID: reportstest.ID(t, "identity:hr/E2"), Name: "Ben Okafor"}
	line := func(n int, to string, a campaign.Answer) reports.ReviewLine {
		return reports.ReviewLine{
			Number: n, Item: "0123456789abcdef", People: []reports.Subject{{Thing: reports.Thing{ID: reportstest.ID(t, "identity:hr/E1"), Name: "Ana Ruiz"}}},
			Holder: reports.Subject{Thing: reports.Thing{ID: reportstest.ID(t, "account:corp/a1"), Name: "aruiz"}}, Verb: "is a member of",
			Holds: reports.Thing{ID: reportstest.ID(t, "group:corp/"+to), Name: to}, Reviewer: boss, Stage: 1, Answer: a, Reason: "see GRC-204",
			Decided: claimed().AddDate(0, 0, -3), Source: campaign.Source{Kind: campaign.ByOperator, Of: "ticket 4711"},
		}
	}
	p.Review = &reports.Review{
		ID: "2026-Q3", Name: "Third quarter", Snapshot: "sha256:3f", Policy: "sha256:c8", AsOf: p.AsOf, Begun: claimed().AddDate(0, 0, -9), By: boss,
		Stages: []reports.ReviewStage{{Name: "managers", By: []string{"manager"}, Due: claimed()}},
		Lines:  []reports.ReviewLine{line(1, "ledger-readers", campaign.Keep), line(2, "ledger-deployers", campaign.Revoke)},
		Counts: campaign.Closed{Kept: 1, Revoked: 1},
	}
	return p
}

// drawn returns it as it is drawn.
func drawn(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pdf.Render(&b, certified(t)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// attachments are its data.
func attachments(t testing.TB) []seal.Attachment {
	t.Helper()
	p := certified(t)
	var lines, cells bytes.Buffer
	data, err := p.Canonical(pdf.Drawing)
	if err := errors.Join(err, jsonout.Render(&lines, p), table.Render(&cells, p)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(lines.Bytes(), []byte(`"answer": "revoke"`)) {
		t.Fatal("nothing is revoked in it")
	}
	return []seal.Attachment{
		{Name: "findings.csv", MediaType: "text/csv", Description: "All lines, for spreadsheets", Data: cells.Bytes()},
		{Name: "findings.json", MediaType: "application/json", Description: "All lines, for programs", Data: lines.Bytes()},
		{Name: "packet.json", MediaType: "application/json", Description: "All of it", Data: data},
	}
}

func sealed(t testing.TB, p person, o seal.Options) []byte {
	t.Helper()
	o.Claimed = claimed()
	out, err := seal.Seal(drawn(t), attachments(t), p.signer(), o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSealAndOpen(t *testing.T) {
	for _, kind := range []string{"rsa", "p256", "p384"} {
		t.Run(kind, func(t *testing.T) {
			p := newSigner(t, kind)
			file := sealed(t, p, seal.Options{})
			if again := sealed(t, p, seal.Options{}); !bytes.Equal(again, file) {
				t.Error("two runs give different bytes")
			}
			s, err := seal.Open(file, pool(p.root()), check())
			if err != nil {
				t.Fatal(err)
			}
			if !s.SignedAt().IsZero() || s.Authority() != nil {
				t.Error("a file without a timestamp has a time that somebody proves")
			}
			if !s.Claimed().Equal(claimed()) || !s.CheckedAt().Equal(claimed()) || !s.Signer().Equal(p.chain[0]) {
				t.Errorf("claimed %s, checked at %s, signed by %s", s.Claimed(), s.CheckedAt(), s.Signer().Subject)
			}
			for _, want := range attachments(t) {
				if got, err := s.Attachment(want.Name); err != nil || !bytes.Equal(got, want.Data) {
					t.Errorf("attachment %s is %q", want.Name, got)
				}
			}
			if *keep != "" {
				write(t, filepath.Join(*keep, kind+".pdf"), file)
				writePEM(t, filepath.Join(*keep, kind+"-roots.pem"), p.root())
			}
		})
	}
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
