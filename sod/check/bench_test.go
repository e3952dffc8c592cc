// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
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
