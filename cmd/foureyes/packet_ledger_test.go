// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/evidence"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/pdf"
	"github.com/foureyes-iga/foureyes/reports/seal"
)

// ledgerOf is a ledger in memory with two records of a campaign and one of another, and the
// proof of each record.
func ledgerOf(t *testing.T, series string) (about reports.Ledger, proofs [][]byte) {
	t.Helper()
	text, err := evidence.GenerateKey(rand.Reader, "example.com/evidence")
	if err != nil {
		t.Fatal(err)
	}
	key, err := evidence.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	l, err := evidence.Create(t.Context(), &evidence.Memory{}, evidence.Founding{Origin: "example.com/evidence", At: scriptClock()}, key, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{series, series, series + "-other"} {
		r := evidence.Record{Kind: campaignKind, Class: evidence.ClassSox, Series: s, Time: scriptClock().UTC()}
		if _, err := l.Append(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	head, err := l.Head()
	if err != nil {
		t.Fatal(err)
	}
	for i := range head.Size {
		p, err := l.ProveRecord(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		proofs = append(proofs, p.Encode())
	}
	return reports.Ledger{Origin: head.Origin, Size: head.Size, Root: head.Root.String(), Record: 2, Keys: l.Keys()}, proofs
}

// TestLedgerLies has packets, sealed by somebody who is trusted, whose ledger is not what
// the pages tell.
func TestLedgerLies(t *testing.T) {
	about, proofs := ledgerOf(t, seriesOf("2026-Q3"))
	other, otherProofs := ledgerOf(t, seriesOf("2026-Q3"))
	same := func(*reports.Ledger) {}
	for name, c := range map[string]struct {
		lie   func(*reports.Ledger)
		proof []byte
		code  int
		said  string
	}{
		"the truth":               {same, proofs[2], 0, "holds    ledger        example.com/evidence with 4 records"},
		"no proof":                {same, nil, 3, "WRONG    attachments   there are 3, and 4 belong to a packet"},
		"no such thing":           {same, []byte("a proof"), 3, "WRONG    ledger"},
		"a record before":         {same, proofs[1], 3, "is of another record than the last of the campaign"},
		"a record of another":     {func(l *reports.Ledger) { l.Record = 3 }, proofs[3], 3, "is of another record than the last of the campaign"},
		"more records":            {func(l *reports.Ledger) { l.Size = 9 }, proofs[2], 3, "the attached checkpoint is not the one that the pages tell of"},
		"another root":            {func(l *reports.Ledger) { l.Root = other.Root }, proofs[2], 3, "the attached checkpoint is not the one that the pages tell of"},
		"another name":            {func(l *reports.Ledger) { l.Origin = "example.org" }, proofs[2], 3, "the attached checkpoint is not the one that the pages tell of"},
		"a fork by another key":   {same, otherProofs[2], 3, "WRONG    ledger"},
		"no key to check it with": {func(l *reports.Ledger) { l.Keys = nil }, proofs[2], 3, "WRONG    ledger"},
	} {
		t.Run(name, func(t *testing.T) {
			s, packet := keptPacket(t)
			p := reviewed(packet())
			told := about
			told.Keys = slices.Clone(about.Keys)
			c.lie(&told)
			p.Ledger = &told
			drawn, err := drawPacket(p, nil)
			if err != nil {
				t.Fatal(err)
			}
			data, err := p.Canonical(pdf.Drawing)
			if err != nil {
				t.Fatal(err)
			}
			file, err := s.seal(drawn[2], drawn[1], drawn[0], data, c.proof)
			if err != nil {
				t.Fatal(err)
			}
			a := &assay{}
			a.packet(file, s.roots(), seal.Check{At: s.options.Claimed})
			var out bytes.Buffer
			if code := exitCode(a.tell(&out, "lie.pdf")); code != c.code || !strings.Contains(out.String(), c.said) {
				t.Errorf("exit code %d, want %d and %q:\n%s", code, c.code, c.said, out.String())
			}
		})
	}
}
