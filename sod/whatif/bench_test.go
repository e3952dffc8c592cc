// SPDX-License-Identifier: Apache-2.0

package whatif_test

import (
	"fmt"
	"testing"

	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod/check"
	"github.com/foureyes-iga/foureyes/sod/whatif"
)

// BenchmarkPrepare makes graphs ready to be asked.
func BenchmarkPrepare(b *testing.B) {
	for _, accounts := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("accounts=%d", accounts), func(b *testing.B) {
			c := synth.Org(accounts, 1)
			g, p := c.Graph(), c.Policy()
			b.ReportAllocs()
			for b.Loop() {
				whatif.Prepare(g, p, synth.AsOf(), check.JudgeEach)
			}
			b.ReportMetric(float64(g.NumGrants()), "grants")
		})
	}
}

// BenchmarkTry asks what happens when an account joins a group that carries a
// duty, and when such a group joins another.
func BenchmarkTry(b *testing.B) {
	for _, accounts := range []int{10_000, 100_000, 1_000_000} {
		if accounts > 100_000 && testing.Short() {
			continue
		}
		c := synth.Org(accounts, 1)
		g := c.Graph()
		base := whatif.Prepare(g, c.Policy(), synth.AsOf(), check.JudgeEach)
		lo, _ := g.Range(graph.Account)
		account := g.ID(lo + uint32(accounts/2))
		head := graph.ID{Kind: graph.Group, Source: synth.Corp, Key: "c00003-0"}
		other := graph.ID{Kind: graph.Group, Source: synth.Corp, Key: "c00004-0"}
		for name, grant := range map[string]graph.Grant{
			"account": {From: account, To: head, Kind: graph.Member},
			"group":   {From: head, To: other, Kind: graph.Member},
		} {
			b.Run(fmt.Sprintf("accounts=%d/from=%s", accounts, name), func(b *testing.B) {
				var r *whatif.Result
				var err error
				b.ReportAllocs()
				for b.Loop() {
					if r, err = base.Try(whatif.Change{{Fact: grant}}); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(r.Judged), "subjects")
				b.ReportMetric(float64(len(r.After.Report.Findings)), "findings")
				b.ReportMetric(float64(g.NumGrants()), "grants")
			})
		}
	}
}
