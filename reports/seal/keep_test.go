// SPDX-License-Identifier: Apache-2.0

package seal_test

import (
	"bytes"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/internal/reportstest"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/reports/pdf"
	"github.com/foureyes-iga/foureyes/reports/seal"
	"github.com/foureyes-iga/foureyes/reports/table"
)

var keepDrawing = flag.Bool("keep-drawing", false, "seal a packet in the present way of drawing, for later versions to verify")

// keptName is the packet of a drawing with everything in it that the company of the
// tests has: a review, what changed, names in other scripts.
func keptName() string { return fmt.Sprintf("testdata/kept/company-%d.pdf", pdf.Drawing) }

// TestKeepDrawing wants a kept packet of the present drawing. With -keep-drawing it makes
// one, by a new signer and a new authority, whose roots it adds to those that are kept.
func TestKeepDrawing(t *testing.T) {
	if !*keepDrawing {
		if _, err := os.Stat(keptName()); err != nil {
			t.Errorf("no packet of drawing %d is kept for later versions (go test ./reports/seal -run TestKeepDrawing -keep-drawing): %v", pdf.Drawing, err)
		}
		return
	}
	in := reviewed(t)
	in.Baseline, in.Forward = reportstest.Earlier(t), reportstest.Forward(in)
	p := reportstest.Packet(t, in)
	p.Draft = false
	data, err := p.Canonical(pdf.Drawing)
	if err != nil {
		t.Fatal(err)
	}
	if p, _, err = reports.ReadCanonical(data); err != nil {
		t.Fatal(err)
	}
	var pages, lines, cells bytes.Buffer
	if err := errors.Join(pdf.Render(&pages, p), jsonout.Render(&lines, p), table.Render(&cells, p)); err != nil {
		t.Fatal(err)
	}
	who, stamps := newSigner(t, "p256"), newAuthority(t, "p256")
	file, err := seal.Seal(pages.Bytes(), []seal.Attachment{
		{Name: "findings.csv", MediaType: "text/csv", Data: cells.Bytes()},
		{Name: "findings.json", MediaType: "application/json", Data: lines.Bytes()},
		{Name: "packet.json", MediaType: "application/json", Data: data},
	}, who.signer(), seal.Options{Claimed: claimed(), Stamp: stamps.stamp(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(keptName(), file, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, root := range map[string][]byte{"roots.pem": who.root().Raw, "tsa-roots.pem": stamps.root().Raw} {
		path := filepath.Join("testdata", "kept", name)
		all := append(readFile(t, path), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root})...)
		if err := os.WriteFile(path, all, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
