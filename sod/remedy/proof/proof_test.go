// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/remedy"
	"github.com/foureyes-iga/foureyes/sod/remedy/proof"
)

var info = reports.SnapshotInfo{Digest: "sha256:1", Content: "sha256:2"}

// planFor solves, and returns the plan as a file, and what to hold it against.
func planFor(t *testing.T, g *graph.Graph, p *sod.Policy, asOf time.Time, o remedy.Options) ([]byte, proof.Case) {
	t.Helper()
	plan, err := remedy.Solve(t.Context(), g, p, asOf, o)
	if err != nil {
		t.Fatal(err)
	}
	return written(t, g, p, asOf, o, plan)
}

func written(t *testing.T, g *graph.Graph, p *sod.Policy, asOf time.Time, o remedy.Options, plan *remedy.Plan) ([]byte, proof.Case) {
	t.Helper()
	doc, err := reports.NewPlan(reports.PlanInput{Graph: g, Policy: p, Snapshot: info, Plan: plan})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := jsonout.Plan(&b, doc); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), proof.Case{Graph: g, Policy: p, Costs: o.Costs, AsOf: asOf, SnapshotDigest: info.Digest, SnapshotContent: info.Content}
}

func smallGraph(t *testing.T, seed uint64) (*graph.Graph, *sod.Policy, time.Time) {
	facts, p, asOf := synth.Small(seed)
	if seed%5 == 0 {
		facts = synth.Strangers(facts)
	}
	var b graph.Builder
	for _, f := range facts {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph(), p, asOf
}

// TestHolds checks the plans of many small worlds, in both scopes.
func TestHolds(t *testing.T) {
	worlds := 1500
	if os.Getenv("FOUREYES_NIGHTLY") != "" {
		worlds = 30_000
	}
	clauses, branches := 0, 0
	for seed := range uint64(worlds) {
		g, p, asOf := smallGraph(t, seed+1)
		o := remedy.Options{Scope: remedy.Scope(seed % 2)}
		if seed%3 == 0 {
			o.Costs = &sod.Costs{Digest: "sha256:3", Rules: []sod.CostRule{{Kind: graph.Eligible, Keep: true}, {Kind: graph.Member, Times: 3}, {Kind: graph.Assigned, Cost: 2}}}
		}
		file, is := planFor(t, g, p, asOf, o)
		v, err := proof.Check(is, file)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed+1, err, file)
		}
		if !v.Optimal() {
			t.Errorf("seed %d: not proved", seed+1)
		}
		clauses += v.Clauses
		branches += v.Steps - v.Pieces
	}
	t.Logf("%d clauses, %d nodes that are no roots", clauses, branches)
	if clauses < worlds/4 {
		t.Error("the worlds are too easy")
	}
}

// TestHoldsTogether checks plans whose proofs share the cost of what many people have.
func TestHoldsTogether(t *testing.T) {
	shares := 0
	for seed := range uint64(4) {
		c := synth.Office(120, seed+1)
		g, p := c.Graph(), c.Policy()
		file, is := planFor(t, g, p, synth.AsOf(), remedy.Options{Scope: remedy.Structure})
		v, err := proof.Check(is, file)
		if err != nil {
			t.Fatalf("seed %d: %v", seed+1, err)
		}
		if !v.Optimal() {
			t.Errorf("seed %d: not proved", seed+1)
		}
		shares += v.Shares
	}
	if shares == 0 {
		t.Error("nothing is shared")
	}
}

// TestUnfinished checks a plan of a search that was stopped at once: it clears all, says
// that it is not proved, and its bound holds.
func TestUnfinished(t *testing.T) {
	c := synth.Office(150, 2)
	g, p := c.Graph(), c.Policy()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	plan, err := remedy.Solve(ctx, g, p, synth.AsOf(), remedy.Options{Scope: remedy.Structure})
	if err != nil {
		t.Fatal(err)
	}
	if plan.Optimal() || plan.Bound == 0 || plan.Bound > plan.Cost {
		t.Fatalf("it costs %d and is bounded by %d", plan.Cost, plan.Bound)
	}
	file, is := written(t, g, p, synth.AsOf(), remedy.Options{Scope: remedy.Structure}, plan)
	if v, err := proof.Check(is, file); err != nil || v.Optimal() {
		t.Errorf("%v, optimal %v", err, v.Optimal())
	}
}

// ring is a company in which the weights of witnesses alone do not prove the least cost:
// three accounts of one person, any two of which break a rule. Besides, somebody
// unresolved, an account that controls, a finding that must stay, and one that is only
// eligible.
func ring(t *testing.T) (*graph.Graph, *sod.Policy, time.Time, remedy.Options) {
	t.Helper()
	id := func(text string) graph.ID {
		x, err := graph.ParseID(text)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	var b graph.Builder
	add := func(f graph.Fact) {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	grant := func(from string, k graph.GrantKind, to string) {
		add(graph.Grant{From: id(from), To: id(to), Kind: k})
	}
	for i := range 3 {
		grant("identity:hr/ana", graph.Owns, fmt.Sprintf("account:corp/a%d", i))
		grant(fmt.Sprintf("account:corp/a%d", i), graph.Member, fmt.Sprintf("group:corp/g%d", i))
		grant(fmt.Sprintf("group:corp/g%d", i), graph.Assigned, fmt.Sprintf("entitlement:erp/%d", i))
	}
	for _, k := range []string{"identity:hr/ben", "unresolved:corp/x", "identity:hr/kim"} {
		kind := graph.Assigned
		grant(k, kind, "entitlement:erp/0")
		grant(k, kind, "entitlement:erp/1")
	}
	grant("account:corp/free", graph.Eligible, "group:corp/g0")
	grant("account:corp/free", graph.Member, "group:corp/g1")
	for _, s := range []graph.Source{"hr", "corp", "erp"} {
		add(graph.Coverage{Source: s, Dataset: graph.All, State: graph.Complete})
	}
	p := &sod.Policy{Name: "ring", Digest: "sha256:4", Mode: reach.Eligible}
	for i := range 3 {
		pattern, err := sod.ParseIDPattern(fmt.Sprintf("entitlement:erp/%d", i))
		if err != nil {
			t.Fatal(err)
		}
		p.Duties = append(p.Duties, sod.Duty{ID: fmt.Sprintf("d%d", i), Holds: []sod.Selector{{ID: &pattern}}})
	}
	p.Rules = []sod.Rule{{ID: "TWO", Severity: sod.High, Kind: sod.AtMostRule, Limit: 1, Duties: []int{0, 1, 2}}}
	kim := sod.IDPattern{Kind: graph.Identity, Source: "hr", Key: "kim"}
	costs := &sod.Costs{Digest: "sha256:5", Rules: []sod.CostRule{{From: []sod.Selector{{ID: &kim}}, Keep: true}}}
	return b.Graph(), p, synth.AsOf(), remedy.Options{Scope: remedy.Structure, Costs: costs}
}

// TestRefusesOtherCases holds a good plan against what it is not about.
func TestRefusesOtherCases(t *testing.T) {
	g, p, asOf, o := ring(t)
	file, is := planFor(t, g, p, asOf, o)
	for name, change := range map[string]func(*proof.Case){
		"another snapshot":  func(c *proof.Case) { c.SnapshotDigest = "sha256:9" },
		"other content":     func(c *proof.Case) { c.SnapshotContent = "sha256:9" },
		"no cost file":      func(c *proof.Case) { c.Costs = nil },
		"another cost file": func(c *proof.Case) { c.Costs = &sod.Costs{Digest: "sha256:9"} },
		"another moment":    func(c *proof.Case) { c.AsOf = c.AsOf.Add(time.Second) },
		"another mode": func(c *proof.Case) {
			other := *c.Policy
			other.Mode = reach.Standing
			c.Policy = &other
		},
		"other prices": func(c *proof.Case) {
			c.Costs = &sod.Costs{Digest: c.Costs.Digest, Rules: append(slices.Clone(c.Costs.Rules), sod.CostRule{Times: 2})}
		},
		"nothing kept": func(c *proof.Case) { c.Costs = &sod.Costs{Digest: c.Costs.Digest} },
	} {
		t.Run(name, func(t *testing.T) {
			other := is
			change(&other)
			if _, err := proof.Check(other, file); err == nil {
				t.Error("it passes")
			}
		})
	}
}
