// SPDX-License-Identifier: Apache-2.0

package lint_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/lint"
)

func id(s string) graph.ID {
	v, err := graph.ParseID(s)
	if err != nil {
		panic(err)
	}
	return v
}

func world(t *testing.T) *graph.Graph {
	t.Helper()
	var b graph.Builder
	for _, f := range []graph.Fact{
		graph.Node{ID: id("identity:hr/boss"), Name: "Boss"},
		graph.Node{ID: id("identity:hr/ana"), Name: "Ana"},
		graph.Node{ID: id("account:corp/boss"), Name: "boss"},
		graph.Node{ID: id("group:corp/1"), Name: "DEV-a"},
		graph.Node{ID: id("group:corp/2"), Name: "dev-b"},
		graph.Node{ID: id("group:corp/3"), Name: "Dev-c"},
		graph.Node{ID: id("group:corp/4"), Name: "OPS"},
		graph.Grant{From: id("identity:hr/boss"), To: id("account:corp/boss"), Kind: graph.Owns},
	} {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph()
}

func holds(s string) []sod.Selector {
	p, err := sod.ParseIDPattern(s)
	if err != nil {
		panic(err)
	}
	return []sod.Selector{{ID: &p}}
}

var (
	lastDay = sod.Date{Year: 2026, Month: 9, Day: 30}
	now     = time.Date(2026, 10, 1, 23, 59, 59, 0, time.UTC)
	later   = sod.Date{Year: 2026, Month: 12, Day: 31}
)

// clean returns a policy without problems.
func clean() *sod.Policy {
	boss := id("identity:hr/boss")
	return &sod.Policy{
		Mode:     reach.Eligible,
		Approved: []sod.Approval{{By: boss, On: lastDay}},
		Apps:     []sod.Application{{ID: "ledger", Owner: boss}},
		Controls: []sod.Control{{ID: "AC-1", Owner: boss}, {ID: "AC-2", Owner: boss}},
		Duties: []sod.Duty{
			{ID: "develop", Holds: holds("group:corp/1")},
			{ID: "deploy", Holds: holds("group:corp/4")},
			{ID: "root", Holds: holds("group:corp/none"), MayBeEmpty: &sod.MayBeEmpty{Why: "not yet"}},
		},
		Rules: []sod.Rule{
			{ID: "R1", Severity: sod.High, Control: "AC-1", Kind: sod.ConflictRule, Duties: []int{0, 1}},
			{ID: "R2", Severity: sod.High, Kind: sod.CriticalRule, Duties: []int{2}},
		},
		Checks:       []sod.Check{{Name: "orphaned", Severity: sod.Low, Control: "AC-2"}},
		Compensating: []sod.CompensatingControl{{ID: "CC-1", Owner: boss}},
		Accepted:     []sod.Acceptance{{Rule: "R1", Subjects: []graph.ID{id("identity:hr/ana")}, ApprovedBy: boss, Expires: later}},
		AcceptedGaps: []sod.AcceptedGap{{About: id("group:corp/9"), By: boss, Until: later}},
	}
}

func TestLint(t *testing.T) {
	g := world(t)
	gone := id("identity:hr/gone")
	for _, tt := range []struct {
		name   string
		change func(*sod.Policy)
		want   []string // problems; those that need no graph begin with a plus
	}{
		{"clean", func(*sod.Policy) {}, nil},
		{"unused duty", func(p *sod.Policy) { p.Rules = p.Rules[:1] }, []string{"+warning: duty root: no rule uses it"}},
		{"overlap", func(p *sod.Policy) { p.Duties[1].Holds = append(p.Duties[1].Holds, holds("group:corp/1")...) }, []string{
			"warning: rule R1: every holder of these is a finding, since each gives all its duties: group:corp/1"}},
		{"overlaps", func(p *sod.Policy) {
			p.Duties[0].Holds, p.Duties[1].Holds = holds("group:corp/*"), holds("group:corp/*")
		}, []string{
			"warning: rule R1: every holder of these is a finding, since each gives all its duties: group:corp/1 and 3 more"}},
		{"control without rule", func(p *sod.Policy) { p.Rules[0].Control, p.Checks[0].Control = "", "" }, []string{
			"+warning: control AC-1: no rule and no check tests it", "+warning: control AC-2: no rule and no check tests it"}},
		{"undefined controls", func(p *sod.Policy) { p.Rules[1].Control, p.Checks[0].Control = "AC-9", "AC-8" }, []string{
			"+warning: rule R2: control AC-9 is not among the controls: nobody is told to own it",
			"+warning: check orphaned: control AC-8 is not among the controls: nobody is told to own it",
			"+warning: control AC-2: no rule and no check tests it"}},
		{"control without owner", func(p *sod.Policy) { p.Controls[1].Owner = graph.ID{} }, []string{"+warning: control AC-2: it has no owner"}},
		{"absent people", func(p *sod.Policy) {
			p.Approved[0].By, p.Apps[0].Owner, p.Controls[0].Owner, p.Compensating[0].Owner = gone, gone, gone, gone
			p.Accepted[0].ApprovedBy, p.Accepted[0].Subjects[0], p.AcceptedGaps[0].By = gone, id("account:corp/gone"), gone
		}, []string{
			"warning: approval 1: approver identity:hr/gone is not in the snapshot",
			"warning: application ledger: owner identity:hr/gone is not in the snapshot",
			"warning: control AC-1: owner identity:hr/gone is not in the snapshot",
			"warning: compensating control CC-1: owner identity:hr/gone is not in the snapshot",
			"warning: acceptance 1 of R1: approver identity:hr/gone is not in the snapshot",
			"warning: acceptance 1 of R1: subject account:corp/gone is not in the snapshot",
			"warning: accepted gap 1: approver identity:hr/gone is not in the snapshot"}},
		{"expired", func(p *sod.Policy) {
			p.Accepted[0].Expires, p.AcceptedGaps[0].Until, p.Duties[2].MayBeEmpty.Until = lastDay, lastDay, lastDay
		}, []string{
			"error: duty root: it matches nothing in the snapshot, and might only until 2026-09-30",
			"+warning: acceptance 1 of R1: it expired on 2026-09-30", "+warning: accepted gap 1: it expired on 2026-09-30"}},
		{"matches nothing", func(p *sod.Policy) { p.Duties[2].MayBeEmpty = nil }, []string{
			"error: duty root: it matches nothing in the snapshot, so its rules are not assessed; correct it, or say may_be_empty"}},
		{"letter case", func(p *sod.Policy) {
			p.Duties[0].Holds = []sod.Selector{{Source: "corp", Name: "DEV-*"}, {Source: "hr", Name: "DEV-*"}, {Name: "*"}}
		}, []string{
			`warning: duty develop: name "DEV-*" would also match "dev-b" and 1 more if the case of letters did not matter`,
			"warning: rule R1: every holder of these is a finding, since each gives all its duties: group:corp/4"}},
		{"own risk", func(p *sod.Policy) { p.Accepted[0].Subjects[0] = id("identity:hr/boss") }, []string{
			"+error: acceptance 1 of R1: identity:hr/boss approved an acceptance for identity:hr/boss: nobody accepts their own risk"}},
		{"own account", func(p *sod.Policy) { p.Accepted[0].Subjects[0] = id("account:corp/boss") }, []string{
			"error: acceptance 1 of R1: identity:hr/boss approved an acceptance for account:corp/boss: nobody accepts their own risk"}},
		{"by own account", func(p *sod.Policy) {
			p.Accepted[0].Subjects[0], p.Accepted[0].ApprovedBy = id("identity:hr/boss"), id("account:corp/boss")
		}, []string{
			"error: acceptance 1 of R1: account:corp/boss approved an acceptance for identity:hr/boss: nobody accepts their own risk"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := clean()
			tt.change(p)
			var all, alone []string
			for _, w := range tt.want {
				all = append(all, strings.TrimPrefix(w, "+"))
				if strings.HasPrefix(w, "+") {
					alone = append(alone, w[1:])
				}
			}
			if diff := cmp.Diff(all, texts(lint.Lint(p, g, sod.DutyNodes(g, p), now))); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(alone, texts(lint.Lint(p, nil, nil, now))); diff != "" {
				t.Errorf("problems without a graph (-want +got):\n%s", diff)
			}
		})
	}
}

func texts(problems []lint.Problem) (all []string) {
	for _, p := range problems {
		all = append(all, p.String())
	}
	return all
}
