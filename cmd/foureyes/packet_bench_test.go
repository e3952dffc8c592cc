// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/seal"
	"github.com/foureyes-iga/foureyes/sod"
)

type noLedger struct{}

func (noLedger) Append(context.Context, ...[]byte) error { return nil }

// certified is the packet of a campaign in a company of so many people, all lines of
// which are decided, with the findings of the same company.
func certified(tb testing.TB, people int) *reports.Packet {
	tb.Helper()
	org := synth.Org(people, 1)
	var facts graph.Builder
	for f := range org.Facts() {
		if err := facts.Add(f); err != nil {
			tb.Fatal(err)
		}
	}
	g, p := facts.Graph(), org.Policy()
	s := campaign.Subject{Graph: g, Policy: p, Report: sod.Evaluate(g, p, synth.AsOf()), AsOf: synth.AsOf()}
	lo, _ := g.Range(graph.Identity)
	boss, deputy := g.ID(lo), g.ID(lo+1)
	x := campaign.Terms{ID: "Q", Name: "Quarter", Admins: []graph.ID{boss}, Stages: []campaign.Stage{
		{Name: "all", By: []campaign.Way{campaign.Manager, campaign.Owner, campaign.Listed}, List: []graph.ID{boss, deputy}, Due: s.AsOf},
	}}
	c, err := campaign.Open(tb.Context(), noLedger{}, s, x, campaign.Origin{}, boss, s.AsOf)
	if err != nil {
		tb.Fatal(err)
	}
	for _, l := range c.Lines() {
		d := campaign.Decided{Item: l.ID, Answer: campaign.Keep, Reason: "needed", Source: campaign.Source{Kind: campaign.ByOperator, Of: "ticket 1"}}
		if err := c.Decide(tb.Context(), d, l.Holder, s.AsOf); err != nil {
			tb.Fatal(err)
		}
	}
	packet, err := reports.New(reports.Input{Graph: g, Policy: p, Report: s.Report, Review: reports.NewReview(c, s, graph.ID{})})
	if err != nil {
		tb.Fatal(err)
	}
	return packet
}

// BenchmarkSealed seals a packet of about ten thousand lines, and checks it as packet
// verify does.
func BenchmarkSealed(b *testing.B) {
	s, p := newSealing(b), certified(b, 700)
	out := filepath.Join(b.TempDir(), "q3.pdf")
	b.Run("build", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, old := range []string{".pdf", ".json", ".csv", ".packet.json", ".json.p7s", ".packet.json.p7s", ".check.txt"} {
				os.Remove(strings.TrimSuffix(out, ".pdf") + old)
			}
			if err := s.writePacket(out, p); err != nil {
				b.Fatal(err)
			}
		}
	})
	content, err := os.ReadFile(out)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("verify", func(b *testing.B) {
		defer world{env: func(string) string { return "" }}.boundMemory()()
		b.ReportAllocs()
		b.SetBytes(int64(len(content)))
		for b.Loop() {
			a := &assay{}
			a.packet(content, s.roots(), seal.Check{At: s.options.Claimed})
			var said bytes.Buffer
			if err := a.tell(&said, "q3.pdf"); err != nil {
				b.Fatal(said.String())
			}
		}
		b.ReportMetric(float64(len(p.Review.Lines)), "lines")
	})
}
