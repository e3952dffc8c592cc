// SPDX-License-Identifier: Apache-2.0

package tosql_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/fixtures/fixturetest"
	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/tosql"
)

// A question is a graph and a policy, of which the engine and a database must
// think the same.
type question struct {
	name   string
	graph  *graph.Graph
	policy *sod.Policy
	asOf   time.Time
}

// options lists IDs instead of patterns where a script would refuse the policy.
func (q question) options(d tosql.Dialect) tosql.Options {
	o := tosql.Options{Dialect: d, AsOf: q.asOf}
	if !slices.ContainsFunc(q.policy.Duties, func(d sod.Duty) bool {
		return slices.ContainsFunc(d.Holds, func(s sod.Selector) bool { return s.Under != "" })
	}) {
		return o
	}
	for _, nodes := range sod.DutyNodes(q.graph, q.policy) {
		ids := []graph.ID{}
		for _, n := range nodes {
			ids = append(ids, q.graph.ID(n))
		}
		o.Matches = append(o.Matches, ids)
	}
	return o
}

// corpora are the questions by where they come from.
func corpora(t testing.TB) map[string][]question {
	t.Helper()
	all := map[string][]question{"worlds": worlds(t)}
	for seed := range seeds() {
		q := small(t, seed)
		q.addAtMost(int(seed))
		all["random"] = append(all["random"], q)
	}
	all["hostile"] = []question{hostile(t), moments(t)}
	c := synth.Org(2000, 1)
	for m := reach.Standing; m <= reach.Attainable; m++ {
		p := c.Policy()
		p.Mode = m
		all["company"] = append(all["company"], question{"company " + m.String(), c.Graph(), p, synth.AsOf()})
	}
	return all
}

func worlds(t testing.TB) (all []question) {
	t.Helper()
	for _, w := range fixturetest.Worlds(t) {
		q := question{w.Name, w.Graph(t), w.Policy(t), w.AsOf}
		if len(q.policy.Duties) > 1 {
			q.addAtMost(0)
		}
		all = append(all, q)
	}
	return all
}

func seeds() uint64 {
	if os.Getenv("FOUREYES_NIGHTLY") != "" {
		return 20_000
	}
	return 300
}

func small(t testing.TB, seed uint64) question {
	t.Helper()
	fs, p, asOf := synth.Small(seed)
	var b graph.Builder
	for _, f := range fs {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	if seed%3 == 0 {
		belongTogether(t, &b, fs)
	}
	return question{fmt.Sprintf("seed %d", seed), b.Graph(), p, asOf}
}

// belongTogether gives all accounts that nobody owns to somebody of whom nothing is known.
func belongTogether(t testing.TB, b *graph.Builder, fs []graph.Fact) {
	t.Helper()
	owned := map[graph.ID]bool{}
	for _, f := range fs {
		if g, ok := f.(graph.Grant); ok && g.Kind == graph.Owns {
			owned[g.To] = true
		}
	}
	for _, f := range fs {
		if n, ok := f.(graph.Node); ok && n.ID.Kind == graph.Account && !owned[n.ID] {
			who := graph.ID{Kind: graph.Somebody, Source: "corp", Key: "a1"}
			if err := b.Add(graph.Grant{From: who, To: n.ID, Kind: graph.Owns}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// addAtMost adds a rule about all duties, of a limit from 0.
func (q question) addAtMost(seed int) {
	r := sod.Rule{ID: "AT-MOST", Kind: sod.AtMostRule, Limit: seed % (len(q.policy.Duties) - 1)}
	for i := range q.policy.Duties {
		r.Duties = append(r.Duties, i)
	}
	q.policy.Rules = append(q.policy.Rules, r)
}

// engine is what package sod thinks of the rules that scripts cover.
func (q question) engine() []string {
	judged := *q.policy
	judged.Rules = slices.DeleteFunc(slices.Clone(judged.Rules), func(r sod.Rule) bool { return !tosql.Covers(r) })
	lines := []string{}
	for _, f := range sod.Evaluate(q.graph, &judged, q.asOf).Findings {
		lines = append(lines, fmt.Sprintf("%s %s %s", f.Rule, f.Mode, f.Subjects[0]))
	}
	return lines
}

func compare(t *testing.T, cases []question, answers [][]string) {
	t.Helper()
	found := 0
	for i, q := range cases {
		want := q.engine()
		found += len(want)
		got := append([]string{}, answers[i]...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-engine +database):\n%s", q.name, diff)
		}
	}
	t.Logf("%d breaches in %d cases", found, len(cases))
	if found < len(cases)/2 {
		t.Errorf("only %d breaches in %d cases: they are too tame to show anything", found, len(cases))
	}
}

// unlessCI skips, and fails where CI is set.
func unlessCI(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s; CI must run the tests against databases", why)
	}
	t.Skip(why)
}
