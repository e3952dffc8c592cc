// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/pdf"
	"github.com/foureyes-iga/foureyes/sod"
)

type noLedger struct{}

func (noLedger) Append(context.Context, ...[]byte) error { return nil }

// BenchmarkReview builds the packet of a campaign of about ten thousand lines, all of
// which are decided.
func BenchmarkReview(b *testing.B) {
	org := synth.Org(700, 1)
	var facts graph.Builder
	for f := range org.Facts() {
		if err := facts.Add(f); err != nil {
			b.Fatal(err)
		}
	}
	g, p := facts.Graph(), org.Policy()
	s := campaign.Subject{Graph: g, Policy: p, Report: sod.Evaluate(g, p, synth.AsOf()), AsOf: synth.AsOf()}
	lo, _ := g.Range(graph.Identity)
	boss, deputy := g.ID(lo), g.ID(lo+1)
	x := campaign.Terms{ID: "Q", Name: "Quarter", Admins: []graph.ID{boss}, Stages: []campaign.Stage{
		{Name: "all", By: []campaign.Way{campaign.Manager, campaign.Owner, campaign.Listed}, List: []graph.ID{boss, deputy}, Due: s.AsOf},
	}}
	c, err := campaign.Open(b.Context(), noLedger{}, s, x, campaign.Origin{}, boss, s.AsOf)
	if err != nil {
		b.Fatal(err)
	}
	for _, l := range c.Lines() {
		d := campaign.Decided{Item: l.ID, Answer: campaign.Keep, Reason: "needed", Source: campaign.Source{Kind: campaign.ByOperator, Of: "ticket 1"}}
		if err := c.Decide(b.Context(), d, l.Holder, s.AsOf); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		packet, err := reports.New(reports.Input{Graph: g, Policy: p, Report: s.Report, Review: reports.NewReview(c, s, graph.ID{})})
		if err != nil {
			b.Fatal(err)
		}
		var out bytes.Buffer
		if err := pdf.Render(&out, packet); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(c.Lines())), "lines")
}
