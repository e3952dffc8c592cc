// SPDX-License-Identifier: Apache-2.0

package policyfile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

// TestCosts reads a cost file and asks for prices: what must stay comes first, and then
// the first rule that matches decides.
func TestCosts(t *testing.T) {
	c, err := policyfile.Costs("costs.yaml", []byte(`version: 1
rules:
  - {kind: member, via: "rule*", times: 5}
  - {to: [{source: corp, name: "FI-*"}], cost: 7}
  - {from: ["account:corp/a*"], kind: member, times: 3}
  - {kind: controls, keep: true}
keep:
  - {from: "account:corp/a*", to: "group:corp/fi"}
`))
	if err != nil {
		t.Fatal(err)
	}
	var b graph.Builder
	id := func(text string) graph.ID {
		x, err := graph.ParseID(text)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	add := func(f graph.Fact) {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	add(graph.Node{ID: id("group:corp/fi"), Name: "FI-PAY"})
	add(graph.Node{ID: id("group:corp/g"), Name: "other"})
	at := time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		from, to string
		kind     graph.GrantKind
		terms    graph.Terms
		keep     bool
		price    int // of what costs 2 without a rule
	}{
		{"account:corp/a*", "group:corp/fi", graph.Member, graph.Terms{}, true, 0}, // a star in keep is a star
		{"account:corp/a1", "group:corp/fi", graph.Member, graph.Terms{}, false, 7},
		{"account:corp/a2", "group:corp/fi", graph.Member, graph.Terms{Via: "rule 3"}, false, 10},
		{"account:corp/a3", "group:corp/fi", graph.Member, graph.Terms{Via: "rule 3", UntilTime: at}, false, 7}, // the rule's is over
		{"account:corp/a1", "group:corp/g", graph.Member, graph.Terms{}, false, 6},
		{"account:corp/b1", "group:corp/g", graph.Member, graph.Terms{}, false, 2},
		{"account:corp/b1", "group:corp/g", graph.Controls, graph.Terms{}, true, 0},
	}
	for _, tt := range tests {
		add(graph.Grant{From: id(tt.from), To: id(tt.to), Kind: tt.kind, Terms: tt.terms})
	}
	g := b.Graph()
	tariff := c.Tariff(g, at)
	for _, tt := range tests {
		from, _ := g.Find(id(tt.from))
		to, _ := g.Find(id(tt.to))
		rule := tariff.Rule(from, to, tt.kind)
		if keep := rule != nil && rule.Keep; keep != tt.keep || !keep && rule.Price(2) != tt.price {
			t.Errorf("%s to %s: kept %v, price %d, want %v, %d", tt.from, tt.to, keep, rule.Price(2), tt.keep, tt.price)
		}
	}
}

// TestBadCosts tells mistakes at their place.
func TestBadCosts(t *testing.T) {
	for text, want := range map[string]string{
		"":                                                  "costs.yaml",
		"rules: []":                                         "the cost file needs version",
		"version: 2":                                        "version 2 of the cost file format is not known here",
		"version: 1\nrule: []":                              "unknown key",
		"version: 1\nrules:\n  - {kind: member}":            "costs.yaml:3:5: a cost rule says one of cost, times and keep",
		"version: 1\nrules:\n  - {cost: 0}":                 "want a number from 1 to 1000000000",
		"version: 1\nrules:\n  - {times: 1001}":             "want a number from 1 to 1000",
		"version: 1\nrules:\n  - {keep: false}":             "keep of a cost rule is true",
		"version: 1\nrules:\n  - {kind: x, cost: 1}":        "unknown grant kind",
		"version: 1\nrules:\n  - {unused: soon, cost: 1}":   "want one such as 90d",
		"version: 1\nkeep:\n  - {from: \"account:corp/a\"}": "a grant that must stay needs to",
	} {
		if _, err := policyfile.Costs("costs.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestCostOfUnused asks for prices by last use. A sign-in long ago counts, but for its
// uncertainty; so does a right that its source says nobody used. What is not known was
// used: a sign-in that was not read or that nothing is told of, rights of another source,
// and what came after the source was read.
func TestCostOfUnused(t *testing.T) {
	c, err := policyfile.Costs("costs.yaml", []byte(`version: 1
rules:
  - {to: [{source: corp, attr: {synced: "true"}}], keep: true}
  - {unused: 90d, cost: 1}
`))
	if err != nil {
		t.Fatal(err)
	}
	var b graph.Builder
	id := func(text string) graph.ID {
		x, err := graph.ParseID(text)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	add := func(f graph.Fact) {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, time.UTC) }
	attrs := func(pairs ...string) (all graph.Attrs) {
		for i := 0; i < len(pairs); i += 2 {
			all.Set(pairs[i], pairs[i+1])
		}
		return all
	}
	account := func(key string, pairs ...string) {
		add(graph.Node{ID: id("account:" + key), Attrs: attrs(pairs...)})
	}
	tests := []struct {
		from, to string
		want     int // of what costs 5 otherwise; 0: it must stay
	}{
		{"account:corp/old", "group:corp/g", 1},
		{"account:corp/old", "group:corp/synced", 0},
		{"account:corp/blurred", "group:corp/g", 5},
		{"account:corp/new", "group:corp/g", 5},
		{"account:corp/silent", "group:corp/g", 5},
		{"account:corp/worked", "group:corp/g", 5},
		{"account:part/old", "group:corp/g", 5},
		{"account:late/old", "group:corp/g", 5},
		{"identity:hr/a", "account:corp/old", 5},
		{"account:erp/a", "entitlement:erp/pay", 5},
		{"account:erp/a", "entitlement:erp/book", 1},
		{"account:erp/b", "entitlement:erp/pay", 1},
		{"account:erp/b", "role:erp/both", 1},
		{"account:erp/a", "role:erp/both", 5},
		{"account:corp/new", "entitlement:erp/book", 5},
		{"account:young/a", "entitlement:young/x", 5},
	}
	account("corp/old", "last_sign_in", "2026-05-01T00:00:00Z")
	account("corp/blurred", "last_sign_in", "2026-06-30T00:00:00Z", "last_sign_in_uncertainty", "14d")
	account("corp/new", "last_sign_in", "2026-09-01T00:00:00Z")
	account("corp/silent")
	account("corp/worked", "last_sign_in", "2026-05-01T00:00:00Z")
	account("part/old", "last_sign_in", "2026-05-01T00:00:00Z")
	account("late/old", "last_sign_in", "2026-05-01T00:00:00Z")
	add(graph.Node{ID: id("group:corp/synced"), Attrs: attrs("synced", "true")})
	add(graph.Use{Account: id("account:corp/worked"), Entitlement: id("entitlement:erp/pay"), At: day(time.September, 1)})
	add(graph.Use{Account: id("account:erp/a"), Entitlement: id("entitlement:erp/pay"), At: day(time.September, 1)})
	add(graph.Use{Account: id("account:erp/b"), Entitlement: id("entitlement:erp/pay"), At: day(time.March, 1)})
	for source, since := range map[graph.Source]string{"erp": "2026-01-01", "young": "2026-09-01"} {
		add(graph.SourceRun{Source: source, Connector: "x", Started: day(time.October, 1), Ended: day(time.October, 1), Details: attrs(sod.UsesSince, since)})
	}
	add(graph.SourceRun{Source: "late", Connector: "x", Started: day(time.June, 1), Ended: day(time.June, 1)})
	for source, state := range map[graph.Source]graph.State{"corp": graph.Complete, "late": graph.Complete, "part": graph.Partial} {
		add(graph.Coverage{Source: source, Dataset: graph.SignIn, State: state, Reason: "by the test"})
	}
	for _, tt := range tests {
		kind := graph.Assigned
		switch {
		case tt.from == "identity:hr/a":
			kind = graph.Owns
		case id(tt.to).Kind == graph.Group:
			kind = graph.Member
		}
		add(graph.Grant{From: id(tt.from), To: id(tt.to), Kind: kind})
	}
	for _, e := range []string{"pay", "book"} {
		add(graph.Grant{From: id("role:erp/both"), To: id("entitlement:erp/" + e), Kind: graph.Contains})
	}
	g := b.Graph()
	tariff := c.Tariff(g, day(time.October, 1))
	for _, tt := range tests {
		from, _ := g.Find(id(tt.from))
		to, _ := g.Find(id(tt.to))
		got := 0
		for _, e := range g.Out(from) {
			if e.To != to {
				continue
			}
			if rule := tariff.Rule(from, to, e.Kind()); rule == nil || !rule.Keep {
				got = rule.Price(5)
			}
		}
		if got != tt.want {
			t.Errorf("%s to %s: %d, want %d", tt.from, tt.to, got, tt.want)
		}
	}
}
