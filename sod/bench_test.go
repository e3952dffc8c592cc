// SPDX-License-Identifier: Apache-2.0

package sod_test

import (
	"fmt"
	"testing"

	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/sod"
)

// BenchmarkEvaluate judges seeded companies: all that was read is whole, or fifty
// groups did not show their members.
func BenchmarkEvaluate(b *testing.B) {
	for _, accounts := range []int{1_000, 10_000, 100_000} {
		for _, unreadable := range []int{0, 50} {
			b.Run(fmt.Sprintf("accounts=%d/unreadable=%d", accounts, unreadable), func(b *testing.B) {
				c := synth.Org(accounts, 1)
				c.Unreadable = unreadable
				g, p := c.Graph(), c.Policy()
				var r *sod.Report
				b.ReportAllocs()
				for b.Loop() {
					r = sod.Evaluate(g, p, synth.AsOf())
				}
				b.ReportMetric(float64(g.NumGrants()), "grants")
				b.ReportMetric(float64(len(r.Findings)), "findings")
			})
		}
	}
}
