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

// BenchmarkKinds judges a company by rules of the other kinds.
func BenchmarkKinds(b *testing.B) {
	for _, unreadable := range []int{0, 50} {
		for _, kind := range []sod.Rule{
			{ID: "at-most", Kind: sod.AtMostRule, Duties: []int{0, 1, 2, 3, 4, 5, 6, 7}, Limit: 2},
			{ID: "people", Kind: sod.PeopleRule, Duties: []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, Limit: 6},
			{ID: "requires", Kind: sod.RequiresRule, Duties: []int{0, 1}},
		} {
			b.Run(fmt.Sprintf("%s/unreadable=%d", kind.ID, unreadable), func(b *testing.B) {
				c := synth.Org(10_000, 1)
				c.Unreadable = unreadable
				g, p := c.Graph(), c.Policy()
				kind.Severity = sod.High
				p.Rules = []sod.Rule{kind}
				var r *sod.Report
				for b.Loop() {
					r = sod.Evaluate(g, p, synth.AsOf())
				}
				b.ReportMetric(float64(len(r.Findings)), "findings")
				b.ReportMetric(float64(len(r.NotAssessed)), "rows")
			})
		}
	}
}
