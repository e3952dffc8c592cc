// SPDX-License-Identifier: Apache-2.0

package tosql_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

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
	return question{fmt.Sprintf("seed %d", seed), b.Graph(), p, asOf}
}

// addAtMost adds a rule about all duties, of a limit from 0.
func (q question) addAtMost(seed int) {
	r := sod.Rule{ID: "AT-MOST", Kind: sod.AtMostRule, Limit: seed % (len(q.policy.Duties) - 1)}
	for i := range q.policy.Duties {
		r.Duties = append(r.Duties, i)
	}
	q.policy.Rules = append(q.policy.Rules, r)
}

// engine is what package sod thinks, as scripts print it. Rules of the kind at_most
// are worked out from who holds which duty in which mode.
func (q question) engine() []string {
	judged := *q.policy
	judged.Rules = nil
	var rows []row
	for _, r := range q.policy.Rules {
		switch {
		case r.Kind == sod.AtMostRule:
			rows = append(rows, q.atMost(r)...)
		case tosql.Covers(r):
			judged.Rules = append(judged.Rules, r)
		}
	}
	for _, f := range sod.Evaluate(q.graph, &judged, q.asOf).Findings {
		rows = append(rows, row{f.Rule, f.Mode, f.Subjects[0]})
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(strings.Compare(a.rule, b.rule), strings.Compare(a.subject.String(), b.subject.String()))
	})
	lines := []string{}
	for _, r := range rows {
		lines = append(lines, fmt.Sprintf("%s %s %s", r.rule, r.mode, r.subject))
	}
	return lines
}

type row struct {
	rule    string
	mode    reach.Mode
	subject graph.ID
}

// atMost asks in which mode each subject holds each duty; the mode in which more
// than the limit are held is the next after the limit's.
func (q question) atMost(r sod.Rule) (rows []row) {
	asked := *q.policy
	asked.Rules = nil
	matched := sod.DutyNodes(q.graph, q.policy)
	for _, i := range r.Duties {
		promise := asked.Duties[i].MayBeEmpty
		if len(matched[i]) == 0 && (promise == nil || !promise.Until.IsZero() && !promise.Until.Includes(q.asOf)) {
			return nil
		}
		asked.Rules = append(asked.Rules, sod.Rule{ID: asked.Duties[i].ID, Kind: sod.CriticalRule, Duties: []int{i}})
	}
	modes := map[graph.ID][]reach.Mode{}
	for _, f := range sod.Evaluate(q.graph, &asked, q.asOf).Findings {
		modes[f.Subjects[0]] = append(modes[f.Subjects[0]], f.Mode)
	}
	for subject, held := range modes {
		if slices.Sort(held); len(held) > r.Limit {
			rows = append(rows, row{r.ID, held[r.Limit], subject})
		}
	}
	return rows
}

func compare(t *testing.T, cases []question, answers [][]string) {
	t.Helper()
	found := 0
	for i, q := range cases {
		want := q.engine()
		found += len(want)
		got := append([]string{}, answers[i]...)
		if diff := gocmp.Diff(want, got); diff != "" {
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
