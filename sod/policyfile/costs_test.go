// SPDX-License-Identifier: Apache-2.0

package policyfile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
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
		"":                                           "costs.yaml",
		"rules: []":                                  "the cost file needs version",
		"version: 2":                                 "version 2 of the cost file format is not known here",
		"version: 1\nrule: []":                       "unknown key",
		"version: 1\nrules:\n  - {kind: member}":     "costs.yaml:3:5: a cost rule says one of cost, times and keep",
		"version: 1\nrules:\n  - {cost: 0}":          "want a number from 1 to 1000000000",
		"version: 1\nrules:\n  - {times: 1001}":      "want a number from 1 to 1000",
		"version: 1\nrules:\n  - {keep: false}":      "keep of a cost rule is true",
		"version: 1\nrules:\n  - {kind: x, cost: 1}": "unknown grant kind",
		"version: 1\nkeep:\n  - {from: \"account:corp/a\"}": "a grant that must stay needs to",
	} {
		if _, err := policyfile.Costs("costs.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
