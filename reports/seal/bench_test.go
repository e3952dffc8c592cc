// SPDX-License-Identifier: Apache-2.0

package seal_test

import (
	"bytes"
	"testing"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/internal/reportstest"
	"github.com/foureyes-iga/foureyes/reports/pdf"
	"github.com/foureyes-iga/foureyes/reports/seal"
)

// BenchmarkOpen opens a sealed file, and one with a changed byte in what is drawn.
func BenchmarkOpen(b *testing.B) {
	p := newSigner(b, "p256")
	file := sealed(b, p, seal.Options{})
	roots := pool(p.root())
	for name, at := range map[string]int{"whole": -1, "changed": 5000} {
		b.Run(name, func(b *testing.B) {
			mine := append([]byte(nil), file...)
			if at >= 0 {
				mine[at] ^= 1
			}
			b.ReportAllocs()
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				if _, err := seal.Open(mine, roots, check()); (err == nil) != (at < 0) {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPacket seals and checks a packet of 10,000 lines: its data and its pages.
func BenchmarkPacket(b *testing.B) {
	who := newSigner(b, "rsa")
	p := reportstest.Packet(b, reportstest.Many(b, 10_000))
	p.Draft = false
	var file []byte
	b.Run("seal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			data, err := p.Canonical(pdf.Drawing)
			if err != nil {
				b.Fatal(err)
			}
			var drawn bytes.Buffer
			if err := pdf.Render(&drawn, p); err != nil {
				b.Fatal(err)
			}
			with := []seal.Attachment{{Name: "packet.json", MediaType: "application/json", Data: data}}
			if file, err = seal.Seal(drawn.Bytes(), with, who.signer(), seal.Options{Claimed: claimed()}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(file)))
		for b.Loop() {
			s, err := seal.Open(file, pool(who.root()), check())
			if err != nil {
				b.Fatal(err)
			}
			data, err := s.Attachment("packet.json")
			if err != nil {
				b.Fatal(err)
			}
			p, _, err := reports.ReadCanonical(data)
			if err != nil {
				b.Fatal(err)
			}
			if wrong := p.Recount(); len(wrong) > 0 {
				b.Fatal(wrong)
			}
			if err := shows(b, s, p); err != nil {
				b.Fatal(err)
			}
		}
	})
}
