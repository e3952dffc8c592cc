// SPDX-License-Identifier: Apache-2.0

package sod_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// smallWorld makes a graph in which all is read but what the facts say.
func smallWorld(t *testing.T, more ...graph.Fact) *graph.Graph {
	t.Helper()
	var b graph.Builder
	for _, f := range append(more, graph.Coverage{Source: "a", Dataset: graph.All, State: graph.Complete}) {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph()
}

func holding(id graph.ID) sod.Duty {
	return sod.Duty{ID: id.String(), Holds: []sod.Selector{{ID: &sod.IDPattern{Kind: id.Kind, Source: id.Source, Key: sod.Glob(id.Key)}}}}
}

// TestRowsOfManyGapsKeepTheirOrder has two rows that differ only in the last of many
// gaps, which is not told.
func TestRowsOfManyGapsKeepTheirOrder(t *testing.T) {
	id := func(k graph.Kind, key string) graph.ID { return graph.ID{Kind: k, Source: "a", Key: key} }
	all := []graph.Fact{ // an account may activate a membership unseen, what is unresolved may only have one
		graph.Node{ID: id(graph.Account, "ana")}, graph.Grant{From: id(graph.Unresolved, "x"), To: id(graph.Group, "other"), Kind: graph.Member},
	}
	p := &sod.Policy{Mode: reach.Eligible, Rules: []sod.Rule{{ID: "R", Severity: sod.High, Kind: sod.ConflictRule}}}
	for i := range 6 {
		group := id(graph.Group, fmt.Sprint(i))
		datasets := []graph.Dataset{graph.All}
		if i == 5 {
			datasets = []graph.Dataset{graph.Eligibility, graph.Memberships}
		}
		for _, d := range datasets {
			all = append(all, graph.Gap{About: group, Dataset: d, Reason: "denied"})
		}
		p.Duties = append(p.Duties, holding(group))
		p.Rules[0].Duties = append(p.Rules[0].Duties, i)
	}
	g := smallWorld(t, all...)
	first := sod.Evaluate(g, p, noon)
	if rows := first.NotAssessed; len(rows) != 3 || !slices.Equal(rows[1].Gaps, rows[2].Gaps) || rows[1].Reason != rows[2].Reason {
		t.Fatalf("rows %+v: the last two do not say the same", rows)
	}
	for range 50 {
		if diff := cmp.Diff(first, sod.Evaluate(g, p, noon)); diff != "" {
			t.Fatalf("two reports of the same differ:\n%s", diff)
		}
	}
}

// TestSomeSubjectsAreNotEverybody asks for one person: a coalition of others is there
// all the same.
func TestSomeSubjectsAreNotEverybody(t *testing.T) {
	id := func(k graph.Kind, key string) graph.ID { return graph.ID{Kind: k, Source: "a", Key: key} }
	var all []graph.Fact
	p := &sod.Policy{Mode: reach.Standing, Rules: []sod.Rule{{ID: "R", Severity: sod.High, Kind: sod.PeopleRule, Limit: 3, Duties: []int{0, 1}}}}
	for _, key := range []string{"1", "2", "3"} {
		right := id(graph.Entitlement, key)
		all = append(all, graph.Grant{From: id(graph.Identity, key), To: right, Kind: graph.Assigned})
		p.Duties = append(p.Duties, holding(right))
	}
	g := smallWorld(t, all...)
	r := sod.EvaluateEach(g, p, noon, func(s graph.ID) bool { return s.Key == "3" })
	if diff := cmp.Diff(sod.Evaluate(g, p, noon).Findings, r.Findings); diff != "" || len(r.Findings) != 1 {
		t.Errorf("asked for one person (-everybody +one):\n%s", diff)
	}
}

// TestAcceptanceOfACheckIsForNoRule has a rule with the name of a check.
func TestAcceptanceOfACheckIsForNoRule(t *testing.T) {
	ana, right := graph.ID{Kind: graph.Identity, Source: "a", Key: "ana"}, graph.ID{Kind: graph.Entitlement, Source: "a", Key: "pay"}
	p := &sod.Policy{
		Mode: reach.Standing, Duties: []sod.Duty{holding(right)},
		Rules:    []sod.Rule{{ID: "stale", Severity: sod.High, Kind: sod.CriticalRule, Duties: []int{0}}},
		Accepted: []sod.Acceptance{{Check: "stale", Subjects: []graph.ID{ana}, Expires: sod.Date{Year: 2026, Month: 12, Day: 31}}},
	}
	r := sod.Evaluate(smallWorld(t, graph.Grant{From: ana, To: right, Kind: graph.Assigned}), p, noon)
	if r.Open() != 1 {
		t.Errorf("%d findings are open, want 1: %+v", r.Open(), r.Findings)
	}
}
