// SPDX-License-Identifier: Apache-2.0

package sod_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/fixtures/fixturetest"
	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/correlate"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// TestTogetherNeverLess joins accounts that belong together in random worlds and holds
// what was told before against what is told then: whoever broke a rule, or of whom it was
// not assessed, is part of somebody of whom the same is told, at least as firmly; and no
// check tells anything else. It catches a closure, a search for subjects or a check that
// takes whoever is not known for nothing, or for a person.
func TestTogetherNeverLess(t *testing.T) {
	joined, told, doubts := 0, 0, 0
	for seed := range worlds() {
		w := apart(seed)
		g, part := w.together(t)
		before, after := w.report(withoutSomebody(t, g).Graph()), w.report(g)
		if len(part) > 0 {
			joined++
		}
		if diff := cmp.Diff(ofChecks(before), ofChecks(after)); diff != "" {
			t.Fatalf("seed %d: checks (-apart +together):\n%s", seed, diff)
		}
		if before.Identities != after.Identities || before.Accounts != after.Accounts {
			t.Fatalf("seed %d: %d identities and %d accounts, and %d and %d together", seed, before.Identities, before.Accounts, after.Identities, after.Accounts)
		}
		is := standings(after)
		for was, mode := range standings(before) {
			whole := part[was.subject]
			if whole.IsZero() {
				whole = was.subject
			}
			now := standing{was.rule, whole, false}
			doubt := standing{was.rule, whole, true}
			if is[now] != 0 && is[now] <= mode || was.doubt && is[doubt] != 0 && is[doubt] <= mode {
				told, doubts = told+min(1, int(is[now])), doubts+min(1, int(is[doubt]))
				continue
			}
			t.Errorf("seed %d: %s in mode %s of %s, and of %s together only in %s, or not assessed in %s", seed, was.rule, mode, was.subject, whole, is[now], is[doubt])
		}
	}
	if joined < 100 || told < 100 || doubts < 100 {
		t.Errorf("%d worlds with accounts that belong together, %d findings, %d doubts: too few to tell", joined, told, doubts)
	}
}

// A standing is how a subject stands to a rule: it breaks it, or nobody can tell.
type standing struct {
	rule    string
	subject graph.ID
	doubt   bool
}

// standings returns the strongest mode of each.
func standings(r *sod.Report) map[standing]reach.Mode {
	all := map[standing]reach.Mode{}
	note := func(s standing, m reach.Mode) {
		if was := all[s]; m != 0 && (was == 0 || m < was) {
			all[s] = m
		}
	}
	for _, f := range r.Findings {
		for _, s := range f.Subjects {
			note(standing{f.Rule, s, false}, f.Mode)
		}
	}
	for _, n := range r.NotAssessed {
		for _, s := range n.Examples {
			note(standing{n.Rule, s, true}, n.Mode)
		}
	}
	return all
}

// ofChecks lists all that checks tell.
func ofChecks(r *sod.Report) (all []string) {
	for _, f := range r.Findings {
		if f.Mode == 0 {
			all = append(all, fmt.Sprint(f.Rule, f.Subjects, f.Detail))
		}
	}
	for _, n := range r.NotAssessed {
		if n.Mode == 0 {
			all = append(all, fmt.Sprint(n.Rule, n.Subjects, n.Examples, n.Gaps, n.Reason))
		}
	}
	slices.Sort(all)
	return all
}

// An apartWorld is a small world before anybody looked for what belongs together.
type apartWorld struct {
	facts  []graph.Fact
	policy *sod.Policy
	asOf   time.Time
}

func apart(seed uint64) apartWorld {
	facts, policy, asOf := synth.Small(seed)
	r := rand.New(rand.NewPCG(seed, 27))
	parents := map[graph.ID]string{}
	keys := []string{"account:corp/a1", "account:corp/a2", "account:erp/a1"}
	for i, f := range facts {
		n, ok := f.(graph.Node)
		if !ok || n.ID.Kind != graph.Account {
			continue
		}
		if _, told := parents[n.ID]; !told { // a fact may come twice
			parents[n.ID] = keys[r.IntN(len(keys))]
		}
		n.Attrs = slices.Clone(n.Attrs)
		n.Attrs.Set("parent", parents[n.ID])
		facts[i] = n
	}
	for _, name := range check.Names() {
		if name != sod.RoleConflict { // which is a rule of groups and roles
			policy.Checks = append(policy.Checks, sod.Check{Name: name, Severity: sod.Medium, After: 90 * 24 * time.Hour, Within: 30 * 24 * time.Hour})
		}
	}
	policy.Accepted = nil
	return apartWorld{facts, policy, asOf}
}

func (w apartWorld) report(g *graph.Graph) *sod.Report {
	return sod.EvaluateEach(g, w.policy, w.asOf, nil, check.Judge)
}

func (w apartWorld) together(t *testing.T) (*graph.Graph, map[graph.ID]graph.ID) {
	t.Helper()
	var b graph.Builder
	for _, f := range w.facts {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	part := together(t, &b)
	return b.Graph(), part
}

// withoutSomebody copies a graph without whoever is not known.
func withoutSomebody(t *testing.T, g *graph.Graph) *graph.Builder {
	t.Helper()
	var b graph.Builder
	add := func(f graph.Fact) {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	for n := range uint32(g.NumNodes()) {
		if g.ID(n).Kind != graph.Somebody && g.Described(n) {
			add(g.Node(n))
		}
	}
	for grant := range g.Grants() {
		if grant.From.Kind != graph.Somebody {
			add(grant)
		}
	}
	for _, x := range g.Gaps() {
		add(x)
	}
	for _, x := range g.Uses() {
		add(x)
	}
	for _, x := range g.Coverage() {
		add(x)
	}
	for _, x := range g.Runs() {
		add(x)
	}
	return &b
}

// together correlates, by what belongs together only, and tells of each account who is
// behind it.
func together(t *testing.T, b *graph.Builder) map[graph.ID]graph.ID {
	t.Helper()
	if _, err := correlate.Match(b, correlate.Rules{Keys: []string{"nothing has this"}}); err != nil {
		t.Fatal(err)
	}
	part := map[graph.ID]graph.ID{}
	for from, e := range b.Edges() {
		if b.ID(from).Kind == graph.Somebody {
			part[b.ID(e.To)] = b.ID(from)
		}
	}
	return part
}

// TestWorldsBelongTogether holds who is behind accounts by the word of the worlds against
// what correlation finds.
func TestWorldsBelongTogether(t *testing.T) {
	somebody := 0
	for _, w := range fixturetest.Worlds(t) {
		g := w.Graph(t)
		b := withoutSomebody(t, g)
		together(t, b)
		want, got := somebodies(g), somebodies(b.Graph())
		if diff := cmp.Diff(strings.Join(want, "\n"), strings.Join(got, "\n")); diff != "" {
			t.Errorf("%s (-world +correlation):\n%s", w.Name, diff)
		}
		somebody += len(got)
	}
	if somebody == 0 {
		t.Error("no world has accounts that belong together, of nobody known")
	}
}

// somebodies lists whoever is behind accounts, and behind which.
func somebodies(g *graph.Graph) (all []string) {
	for n := range uint32(g.NumNodes()) {
		if id := g.ID(n); id.Kind == graph.Somebody {
			all = append(all, id.String()+" "+g.Name(n))
			for _, e := range g.Out(n) {
				all = append(all, fmt.Sprint(g.Grant(n, e)))
			}
		}
	}
	return all
}
