// SPDX-License-Identifier: Apache-2.0

package sod_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

func TestSeverityIn(t *testing.T) {
	for _, tt := range []struct {
		rule sod.Rule
		want string // by mode
		says string
	}{
		{sod.Rule{Severity: sod.High}, "high high high", "high"},
		{sod.Rule{Severity: sod.Critical, WhenEligible: sod.High, WhenAttainable: sod.Low}, "critical high low", "critical; high when eligible, low when attainable"},
		{sod.Rule{Severity: sod.Critical, WhenEligible: sod.High}, "critical high high", "critical; high when eligible"},
		{sod.Rule{Severity: sod.Critical, WhenAttainable: sod.Medium}, "critical critical medium", "critical; medium when attainable"},
		{sod.Rule{Severity: sod.Low, WhenEligible: sod.Low, WhenAttainable: sod.Low}, "low low low", "low"},
	} {
		got := fmt.Sprint(tt.rule.SeverityIn(reach.Standing), " ", tt.rule.SeverityIn(reach.Eligible), " ", tt.rule.SeverityIn(reach.Attainable))
		if got != tt.want || tt.rule.Severities() != tt.says || tt.rule.SeverityIn(0) != tt.rule.Severity {
			t.Errorf("%+v: got %s, %q; want %s, %q", tt.rule, got, tt.rule.Severities(), tt.want, tt.says)
		}
	}
}

// The severity of a mode changes no verdict: findings and rows are the same, each
// finding has that of its mode, and what Drop leaves of a bound is all that is at it.
func TestSeverityByMode(t *testing.T) {
	weaker, dropped := 0, 0
	for seed := range uint64(400) {
		facts, plain, asOf := synth.Small(seed)
		p := *plain
		p.Mode, p.Rules = reach.Attainable, slices.Clone(plain.Rules)
		for i := range p.Rules {
			p.Rules[i].Severity, p.Rules[i].WhenEligible, p.Rules[i].WhenAttainable = sod.Critical, sod.High, sod.Low
			if i == 1 {
				p.Rules[i].Kind, p.Rules[i].Duties, p.Rules[i].Limit = sod.PeopleRule, []int{0, 1}, 3
			}
		}
		want := map[reach.Mode]sod.Severity{reach.Standing: sod.Critical, reach.Eligible: sod.High, reach.Attainable: sod.Low}
		g := graphOf(t, facts)
		all := sod.Evaluate(g, &p, asOf)
		for _, f := range all.Findings {
			if f.Severity != want[f.Mode] {
				t.Fatalf("seed %d: %s has mode %s and severity %s", seed, f.ID, f.Mode, f.Severity)
			}
			if f.Mode > reach.Standing {
				weaker++
			}
		}
		for _, least := range []sod.Severity{sod.Low, sod.Medium, sod.High, sod.Critical} {
			r := sod.Evaluate(g, &p, asOf)
			findings, rows := r.Drop(
				func(f sod.Finding) bool { return f.Severity < least },
				func(n sod.NotAssessed) bool { return p.Rules[0].SeverityIn(n.Mode) < least })
			dropped += len(findings) + len(rows)
			for _, f := range r.Findings {
				if f.Severity < least {
					t.Fatalf("seed %d: %s is left", seed, f.ID)
				}
			}
			if len(findings)+len(r.Findings) != len(all.Findings) || len(rows)+len(r.NotAssessed) != len(all.NotAssessed) {
				t.Fatalf("seed %d: something is neither left nor left out", seed)
			}
			stronger := p // what the modes at the bound say by themselves
			for m := reach.Standing; m <= reach.Attainable && want[m] >= least; m++ {
				stronger.Mode = m
			}
			if least > sod.Low && fmt.Sprint(short(r)) != fmt.Sprint(short(sod.Evaluate(g, &stronger, asOf))) {
				t.Fatalf("seed %d, %s: left %v, want %v", seed, least, short(r), short(sod.Evaluate(g, &stronger, asOf)))
			}
		}
	}
	if weaker < 100 || dropped < 100 {
		t.Errorf("%d findings in weaker modes, %d left out: the worlds are too tame", weaker, dropped)
	}
}

// short tells what a report finds and what it does not assess. Whether a collusion is
// accepted is for all modes that are judged: others may do together in a weaker one what
// nobody accepted of them.
func short(r *sod.Report) (all []string) {
	for _, f := range r.Findings {
		status := f.Status
		if f.Kind == "collusion" {
			status = ""
		}
		all = append(all, fmt.Sprint(f.ID, f.Mode, f.Severity, status))
	}
	for _, n := range r.NotAssessed {
		all = append(all, fmt.Sprint(n.Rule, n.Mode, n.Subjects, n.Gaps))
	}
	return all
}

func graphOf(t *testing.T, facts []graph.Fact) *graph.Graph {
	t.Helper()
	b := &graph.Builder{}
	for _, f := range facts {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph()
}
