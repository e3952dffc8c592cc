// SPDX-License-Identifier: Apache-2.0

package remedy_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/remedy"
)

// clasp is another solver (Debian: gringo and clasp). It is told the whole graph and what
// a path is, and looks for the cheapest set of grants by itself.

// encoding is what clasp is told besides the facts: r is what a subject reaches without
// what is cut.
const encoding = `
{ cut(G) : cost(G,_) }.
r(S,S) :- subject(S).
r(S,Y) :- r(S,X), arc(X,Y,G), not cut(G).
h(S,D) :- r(S,X), duty(X,D).
:- finding(S,A,B), h(S,A), h(S,B).
#minimize { C,G : cut(G), cost(G,C) }.
#show cut/1.
`

// told writes a company of conflict rules, standing grants and no populations for clasp.
func told(g *graph.Graph, p *sod.Policy, scope remedy.Scope, costs *sod.Costs) string {
	var b strings.Builder
	asOf := synth.AsOf()
	for d, nodes := range sod.DutyNodes(g, p) {
		for _, n := range nodes {
			fmt.Fprintf(&b, "duty(%d,%d).\n", n, d)
		}
	}
	holders := map[uint32]int{}
	lo, hi := g.Range(graph.Identity)
	for s := lo; s < hi; s++ {
		for _, n := range reachable(g, s) {
			holders[n]++
		}
	}
	number, tariff := 0, costs.Tariff(g, asOf)
	for n := range uint32(g.NumNodes()) {
		for i, e := range g.Out(n) {
			if i > 0 && g.Out(n)[i-1].To == e.To && g.Out(n)[i-1].Kind() == e.Kind() {
				continue
			}
			number++
			fmt.Fprintf(&b, "arc(%d,%d,%d).\n", n, e.To, number)
			structure := g.ID(n).Kind == graph.Group || g.ID(n).Kind == graph.Role
			if e.Kind() != graph.Owns && (!structure || scope == remedy.Structure) {
				fmt.Fprintf(&b, "cost(%d,%d).\n", number, tariff.Rule(n, e.To, e.Kind()).Price(max(holders[n], 1)))
			}
		}
	}
	of := map[string]sod.Rule{}
	for _, r := range p.Rules {
		of[r.ID] = r
	}
	for _, f := range sod.Evaluate(g, p, asOf).Findings {
		s, _ := g.Find(f.Subjects[0])
		fmt.Fprintf(&b, "subject(%d). finding(%d,%d,%d).\n", s, s, of[f.Rule].Duties[0], of[f.Rule].Duties[1])
	}
	return b.String() + encoding
}

func reachable(g *graph.Graph, s uint32) []uint32 {
	seen := map[uint32]bool{s: true}
	queue := []uint32{s}
	for i := 0; i < len(queue); i++ {
		for _, e := range g.Out(queue[i]) {
			if !seen[e.To] {
				seen[e.To] = true
				queue = append(queue, e.To)
			}
		}
	}
	return queue
}

// claspFinds returns the best cost that clasp finds in some time, and whether it proves it.
func claspFinds(t *testing.T, text string, limit time.Duration) (best int, proved bool, took time.Duration) {
	t.Helper()
	dir := t.TempDir()
	program, ground := filepath.Join(dir, "program.lp"), filepath.Join(dir, "ground")
	if err := os.WriteFile(program, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	out, err := exec.Command("gringo", "--output=smodels", program).Output()
	if err != nil {
		t.Fatalf("gringo: %v", err)
	}
	if err := os.WriteFile(ground, out, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), limit+30*time.Second)
	defer stop()
	said, err := exec.CommandContext(ctx, "clasp", "--opt-strategy=usc", "--quiet=1", fmt.Sprintf("--time-limit=%d", int(limit.Seconds())), ground).Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) { // it ends with codes of its own
		t.Fatalf("clasp: %v", err)
	}
	best = -1
	for line := range strings.Lines(string(said)) {
		line = strings.TrimSpace(line)
		if n, ok := strings.CutPrefix(line, "Optimization : "); ok {
			if best, err = strconv.Atoi(strings.TrimSpace(n)); err != nil {
				t.Fatal(err)
			}
		}
		proved = proved || line == "OPTIMUM FOUND"
	}
	return best, proved, time.Since(began)
}

// needClasp skips a test where clasp is missing, but not where CI is set.
func needClasp(t *testing.T) {
	t.Helper()
	for _, program := range []string{"gringo", "clasp"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is missing: .ci/packages installs it", program)
			}
			t.Skipf("%s is missing", program)
		}
	}
}

// A puzzle is what both solvers are given.
type puzzle struct {
	name   string
	tangle synth.Tangle
	scope  remedy.Scope
	costs  *sod.Costs
}

// A size says how many puzzles of which size there are.
type size struct {
	offices, busy, knots, random []int // people of each
	seeds                        uint64
}

// puzzles lists seeded companies, some with more rules than others; knots of groups in
// which every grant is as dear as another, or much hangs on few of them; and companies of
// which chance decides everything, costs included.
func (s size) puzzles() (all []puzzle) {
	for seed := range s.seeds {
		for _, people := range s.offices {
			for _, scope := range []remedy.Scope{remedy.Assignments, remedy.Structure} {
				all = append(all, puzzle{"office", synth.Office(people, seed+1), scope, nil})
			}
		}
		for _, people := range s.busy {
			office := synth.Office(people, seed+1)
			office.Rules = 90
			all = append(all, puzzle{"busy office", office, remedy.Structure, nil})
		}
		for _, n := range s.knots {
			knot := synth.Tangle{Seed: seed + 1, People: n, Groups: n, Roles: n/2 + 1, Rights: n/4 + 2, Rules: n/4 + 1, Joins: 3, Nests: 3, Assigns: 2, Contains: 3}
			all = append(all, puzzle{"knot", knot, remedy.Structure, nil}, puzzle{"flat knot", knot, remedy.Structure, flat()})
		}
		for _, n := range s.random {
			random := synth.Tangle{Seed: seed + 1, People: n, Groups: n, Roles: n, Rights: n / 2, Rules: 3 * n / 2, Joins: 2, Nests: 2, Assigns: 2, Contains: 1}
			all = append(all, puzzle{"random", random, remedy.Structure, diced(seed)})
		}
	}
	return all
}

// flat makes a grant of a group as dear as four people's.
func flat() *sod.Costs {
	return &sod.Costs{Digest: "sha256:0", Rules: []sod.CostRule{
		{From: []sod.Selector{{Source: synth.Corp, Kind: graph.Group}}, Cost: 4}, {Kind: graph.Contains, Cost: 9},
	}}
}

// diced makes a grant cost from 1 to 10, by the last two digits of its ends.
func diced(seed uint64) *sod.Costs {
	r := rand.New(rand.NewPCG(seed, 79))
	c := &sod.Costs{Digest: "sha256:0"}
	ending := func(kind graph.Kind, source graph.Source) []sod.Selector {
		return []sod.Selector{{ID: &sod.IDPattern{Kind: kind, Source: source, Key: sod.Glob(fmt.Sprintf("*%02d", r.IntN(100)))}}}
	}
	for range 60 {
		c.Rules = append(c.Rules,
			sod.CostRule{From: ending(graph.Account, synth.Corp), Cost: 1 + r.IntN(10)},
			sod.CostRule{From: ending(graph.Group, synth.Corp), Cost: 1 + r.IntN(10)},
			sod.CostRule{To: ending(graph.Role, synth.ERP), Cost: 1 + r.IntN(10)},
		)
	}
	return c
}

// TestAgainstClasp holds plans against clasp: the same cost where both prove theirs; where
// one does not, what the other found lies between our bounds.
func TestAgainstClasp(t *testing.T) {
	needClasp(t)
	limit := 20 * time.Second
	all := size{offices: []int{30, 60, 100}, busy: []int{60}, knots: []int{20, 30}, random: []int{40}, seeds: 3}.puzzles()
	if os.Getenv("FOUREYES_NIGHTLY") != "" {
		limit = 60 * time.Second
		all = size{offices: []int{100, 300, 500, 1000}, busy: []int{500, 1000, 1500}, knots: []int{50, 100}, random: []int{100, 200}, seeds: 5}.puzzles()
	}
	proved, offices, told := 0, 0, 0
	for _, x := range all {
		plan, vouched := x.compare(t, limit)
		if plan == nil {
			continue
		}
		if vouched {
			told++
		}
		if strings.HasSuffix(x.name, "office") {
			offices++
			if plan.Optimal() {
				proved++
			}
		}
	}
	t.Logf("%d of %d companies proved", proved, offices)
	if offices == 0 || 20*proved < 19*offices {
		t.Error("fewer than 95 in 100 are proved")
	}
	if told < 10 {
		t.Errorf("clasp proves %d: that is no oracle", told)
	}
}

// compare lets both solve a puzzle; nil when there is nothing to solve.
func (x puzzle) compare(t *testing.T, limit time.Duration) (plan *remedy.Plan, vouched bool) {
	t.Helper()
	g, p := x.tangle.Graph(), x.tangle.Policy()
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	began := time.Now()
	plan, err := remedy.Solve(ctx, g, p, synth.AsOf(), remedy.Options{Scope: x.scope, Costs: x.costs})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	if len(plan.Targets) == 0 {
		return nil, false
	}
	best, optimum, claspTook := claspFinds(t, told(g, p, x.scope, x.costs), limit)
	t.Logf("%-11s %4d people, seed %d, %-11s: %5d candidates %5d findings: %5d of at least %5d in %6.2f s; clasp %5d, proved %-5v in %6.2f s; %5.2f times as long", x.name, x.tangle.People, x.tangle.Seed, x.scope,
		plan.Revocable, len(plan.Targets), plan.Cost, plan.Bound, took.Seconds(), best, optimum, claspTook.Seconds(), took.Seconds()/claspTook.Seconds())
	switch {
	case best < 0: // nothing found in time
	case optimum && (best > plan.Cost || best < plan.Bound):
		t.Errorf("clasp proves %d, which is not from %d to %d", best, plan.Bound, plan.Cost)
	case !optimum && best < plan.Bound:
		t.Errorf("clasp finds %d, below our bound %d", best, plan.Bound)
	}
	return plan, optimum
}
