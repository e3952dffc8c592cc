// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// BenchmarkChecks runs each check over 30,000 people with 100,000 accounts in 5,000
// groups.
func BenchmarkChecks(b *testing.B) {
	g := big(b)
	pattern, err := sod.ParseIDPattern("group:corp/g0")
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range check.Names() {
		b.Run(name, func(b *testing.B) {
			p := &sod.Policy{Mode: 2, ControlPlane: []sod.Selector{{ID: &pattern}},
				Checks: []sod.Check{{Name: name, Severity: sod.Low, After: 90 * 24 * time.Hour, Within: 24 * time.Hour, AtLeast: "enforced"}}}
			for b.Loop() {
				check.Judge(g, p, asOf)
			}
		})
	}
}

// BenchmarkMover runs the check over synthetic companies of which one in twenty moved
// within the time, and asks for the peers of as many paths as a report has.
func BenchmarkMover(b *testing.B) {
	sizes := []int{10_000, 100_000}
	if os.Getenv("FOUREYES_BENCH_MILLION") != "" {
		sizes = append(sizes, 1_000_000)
	}
	for _, accounts := range sizes {
		g := restless(b, accounts)
		b.Run(fmt.Sprintf("check/accounts=%d", accounts), func(b *testing.B) {
			const day = 24 * time.Hour
			p := &sod.Policy{Checks: []sod.Check{{Name: "mover", Severity: sod.Low, After: 30 * day, Within: 180 * day}}}
			var findings []sod.Finding
			var unknown []sod.NotAssessed
			for b.Loop() {
				findings, unknown = check.Judge(g, p, synth.AsOf())
			}
			b.ReportMetric(float64(len(findings)), "findings")
			b.ReportMetric(float64(len(unknown)), "rows")
		})
		b.Run(fmt.Sprintf("peers/accounts=%d", accounts), func(b *testing.B) {
			paths := firstPaths(g, 10_000)
			told := 0
			for b.Loop() {
				told = 0
				for _, all := range check.PeersOn(g, synth.AsOf(), paths) {
					told += len(all)
				}
			}
			b.ReportMetric(float64(told), "counts")
		})
	}
}

// restless is a synthetic company that knows titles, and who moved.
func restless(b *testing.B, accounts int) *graph.Graph {
	b.Helper()
	var build graph.Builder
	people := 0
	for f := range synth.Org(accounts, 1).Facts() {
		if n, ok := f.(graph.Node); ok && n.ID.Kind == graph.Identity {
			people++
			n.Attrs = slices.Clone(n.Attrs)
			n.Attrs.Set("title", []string{"Clerk", "Controller", "Head"}[people%3])
			if people%20 == 0 {
				n.Attrs.Set("previous_department", fmt.Sprintf("D%03d", people/80))
				n.Attrs.Set("transfer_date", "2026-07-01")
			}
			f = n
		}
		if err := build.Add(f); err != nil {
			b.Fatal(err)
		}
	}
	return build.Graph()
}

// firstPaths are paths of people to what their accounts hold, as findings have them.
func firstPaths(g *graph.Graph, most int) (all []reach.Path) {
	lo, hi := g.Range(graph.Identity)
	for n := lo; n < hi && len(all) < most; n++ {
		for _, owned := range g.Out(n) {
			if owned.Kind() != graph.Owns || len(g.Out(owned.To)) == 0 {
				continue
			}
			e := g.Out(owned.To)[0]
			all = append(all, reach.Path{Nodes: []graph.ID{g.ID(n), g.ID(owned.To), g.ID(e.To)}, Kinds: []graph.GrantKind{graph.Owns, e.Kind()}})
		}
	}
	return all
}

func big(b *testing.B) *graph.Graph {
	b.Helper()
	var build graph.Builder
	add := func(f graph.Fact) {
		if err := build.Add(f); err != nil {
			b.Fatal(err)
		}
	}
	id := func(k graph.Kind, s graph.Source, format string, args ...any) graph.ID {
		return graph.ID{Kind: k, Source: s, Key: fmt.Sprintf(format, args...)}
	}
	node := func(i graph.ID, attrs ...string) {
		n := graph.Node{ID: i, Name: i.Key}
		for j := 0; j < len(attrs); j += 2 {
			n.Attrs.Set(attrs[j], attrs[j+1])
		}
		add(n)
	}
	const people, accounts, groups = 30_000, 100_000, 5_000
	for i := range people {
		node(id(graph.Identity, "hr", "%d", i), "employee_id", fmt.Sprint(i), "status", []string{"active", "active", "terminated"}[i%3], "start_date", "2020-01-01", "mail", fmt.Sprint(i, "@example.com"))
	}
	for i := range groups {
		node(id(graph.Group, "corp", "g%d", i), "privileged", "true")
		add(graph.Grant{From: id(graph.Group, "corp", "g%d", i), To: id(graph.Group, "corp", "g%d", i/2), Kind: graph.Member})
	}
	for i := range accounts {
		a := id(graph.Account, "corp", "%d", i)
		node(a, "status", "enabled", "type", []string{"person", "guest", "service", "shared"}[i%4], "created", "2020-01-01", "mfa", "none", "last_sign_in", "2026-09-01T00:00:00Z")
		add(graph.Grant{From: id(graph.Identity, "hr", "%d", i%people), To: a, Kind: graph.Owns})
		for j := range 5 {
			add(graph.Grant{From: a, To: id(graph.Group, "corp", "g%d", (i*7+j*131)%groups), Kind: graph.Member})
		}
	}
	for _, s := range []graph.Source{"hr", "corp"} {
		add(graph.Coverage{Source: s, Dataset: graph.All, State: graph.Complete})
	}
	return build.Graph()
}
