// SPDX-License-Identifier: Apache-2.0

package lint_test

import (
	"slices"
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
	var terminated graph.Attrs
	terminated.Set("status", "terminated")
	for _, f := range []graph.Fact{
		graph.Node{ID: id("identity:hr/boss"), Name: "Boss"},
		graph.Node{ID: id("identity:hr/ana"), Name: "Ana"},
		graph.Node{ID: id("account:corp/boss"), Name: "boss"},
		graph.Node{ID: id("group:corp/1"), Name: "DEV-a"},
		graph.Node{ID: id("group:corp/2"), Name: "dev-b"},
		graph.Node{ID: id("group:corp/3"), Name: "Dev-c"},
		graph.Node{ID: id("group:corp/4"), Name: "OPS"},
		graph.Node{ID: id("identity:hr/left"), Name: "Lea", Attrs: terminated},
		graph.Grant{From: id("identity:hr/boss"), To: id("account:corp/boss"), Kind: graph.Owns},
		graph.Grant{From: id("account:corp/boss"), To: id("group:corp/1"), Kind: graph.Member},
		graph.Grant{From: id("account:corp/boss"), To: id("group:corp/4"), Kind: graph.Eligible},
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
			"warning: duty develop: its selector {source: hr, name: DEV-*} matches nothing in the snapshot",
			`warning: duty develop: name "DEV-*" would also match "dev-b" and 1 more if the case of letters did not matter`,
			"warning: rule R1: every holder of these is a finding, since each gives all its duties: group:corp/4"}},
		{"accepted for long", func(p *sod.Policy) { p.Accepted[0].Expires = sod.Date{Year: 2099, Month: 12, Day: 31} }, []string{
			"+warning: acceptance 1 of R1: it holds until 2099-12-31, for more than a year: let somebody look at it again before"}},
		{"accepted for a year", func(p *sod.Policy) {
			p.Accepted[0].ApprovedOn, p.Accepted[0].Expires = sod.Date{Year: 2026, Month: 10, Day: 2}, sod.Date{Year: 2027, Month: 10, Day: 2}
		}, nil},
		{"left", func(p *sod.Policy) {
			left := id("identity:hr/left")
			p.Approved[0].By, p.Apps[0].Owner, p.Controls[0].Owner, p.Compensating[0].Owner, p.AcceptedGaps[0].By = left, left, left, left, left
		}, []string{
			"warning: approval 1: approver identity:hr/left has left", "warning: application ledger: owner identity:hr/left has left",
			"warning: control AC-1: owner identity:hr/left has left", "warning: compensating control CC-1: owner identity:hr/left has left",
			"warning: accepted gap 1: approver identity:hr/left has left"}},
		{"placeholder", func(p *sod.Policy) { p.Duties[0].Holds = holds("entitlement:replace-me/develop") }, []string{
			"+error: duty develop: it holds entitlement:replace-me/develop, a placeholder of the template: put your own groups, roles or rights there, or take the duty and its rules out"}},
		{"nobody holds it", func(p *sod.Policy) { p.Duties[1].Holds = holds("group:corp/2") }, []string{
			"warning: rule R1: going by what was read nobody can break it: no holder, in any mode, of deploy"}},
		{"nobody holds more", func(p *sod.Policy) {
			p.Duties[1].Holds = holds("group:corp/2")
			p.Rules[0].Kind, p.Rules[0].Limit = sod.AtMostRule, 1
		}, []string{"warning: rule R1: going by what was read nobody can break it: no holder, in any mode, of deploy"}},
		{"somebody holds more", func(p *sod.Policy) {
			p.Duties[1].Holds = holds("group:corp/2")
			p.Rules[0].Kind = sod.AtMostRule
		}, nil},
		{"nobody holds what is required", func(p *sod.Policy) {
			p.Duties[1].Holds = holds("group:corp/2")
			p.Rules[0].Kind = sod.RequiresRule
		}, nil},
		{"nobody holds what requires", func(p *sod.Policy) {
			p.Duties[0].Holds = holds("group:corp/2")
			p.Rules[0].Kind = sod.RequiresRule
		}, []string{"warning: rule R1: going by what was read nobody can break it: no holder, in any mode, of develop"}},
		{"scopes", func(p *sod.Policy) {
			p.Rules[0].Same, p.Rules[0].Where = "company", []sod.AttrPattern{{Key: "country", Pattern: "DE"}, {Key: "country", Pattern: "FR"}, {Key: "status", Pattern: "x"}}
		}, []string{
			"warning: rule R1: nothing in its duties has the attribute company, so same has no effect",
			"warning: rule R1: no subject has the attribute country, so where leaves nobody out for it",
			"warning: rule R1: where status matches no subject of the snapshot, so the rule judges nobody of whom it is known"}},
		{"a scope that matches", func(p *sod.Policy) {
			p.Rules[0].Where = []sod.AttrPattern{{Key: "status", Pattern: "x"}, {Key: "status", Pattern: "term*"}}
		}, nil},
		{"approved when it was over", func(p *sod.Policy) {
			p.Accepted[0].ApprovedOn = sod.Date{Year: 2027, Month: 1, Day: 1}
		}, []string{"+warning: acceptance 1 of R1: it was approved on 2027-01-01, after the last day on which it holds, 2026-12-31"}},
		{"approved on its last day", func(p *sod.Policy) { p.Accepted[0].ApprovedOn = later }, nil},
		{"a gap of no source", func(p *sod.Policy) {
			p.AcceptedGaps[0].About, p.AcceptedGaps[0].Source, p.AcceptedGaps[0].Dataset = graph.ID{}, "zz", "*"
		}, []string{"warning: accepted gap 1: it is about source zz, which is not in the snapshot"}},
		{"nothing to assess", func(p *sod.Policy) {
			p.Rules, p.Checks, p.Duties, p.Controls, p.Accepted = nil, nil, nil, nil, nil
		}, []string{"+warning: policy: it has no rule and no check: nothing is assessed by it"}},
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

// TestOverlaps judges rules over the duties a, b, c and d, without a graph.
func TestOverlaps(t *testing.T) {
	rule := func(id string, kind sod.RuleKind, limit int, duties ...int) sod.Rule {
		return sod.Rule{ID: id, Severity: sod.High, Kind: kind, Limit: limit, Duties: duties}
	}
	conflict := func(id string, duties ...int) sod.Rule { return rule(id, sod.ConflictRule, 0, duties...) }
	with := func(r sod.Rule, change func(*sod.Rule)) sod.Rule { change(&r); return r }
	germany := []sod.AttrPattern{{Key: "country", Pattern: "DE"}}
	for _, tt := range []struct {
		name  string
		rules []sod.Rule
		want  []string
	}{
		{"different", []sod.Rule{conflict("R", 0, 1), conflict("S", 1, 2)}, nil},
		{"superset", []sod.Rule{conflict("R", 0, 1, 2), conflict("S", 2, 1)}, []string{"warning: rule R: it is needless: whoever breaks it breaks S too, which is high"}},
		{"superset that is worse", []sod.Rule{with(conflict("R", 0, 1, 2), func(r *sod.Rule) { r.Severity = sod.Critical }), conflict("S", 1, 2)}, nil},
		{"twice", []sod.Rule{conflict("R", 0, 1), conflict("S", 1, 0)}, []string{"warning: rule S: it is needless: whoever breaks it breaks R too, which is high"}},
		{"twice, the second worse", []sod.Rule{conflict("R", 0, 1), with(conflict("S", 1, 0), func(r *sod.Rule) { r.Severity = sod.Critical })},
			[]string{"warning: rule R: it is needless: whoever breaks it breaks S too, which is critical"}},
		{"twice, one less when eligible", []sod.Rule{conflict("R", 0, 1), with(conflict("S", 1, 0), func(r *sod.Rule) { r.WhenEligible = sod.Low })},
			[]string{"warning: rule S: it is needless: whoever breaks it breaks R too, which is high"}},
		{"twice, the first less when eligible", []sod.Rule{with(conflict("R", 0, 1), func(r *sod.Rule) { r.WhenEligible = sod.Low }), conflict("S", 1, 0)},
			[]string{"warning: rule R: it is needless: whoever breaks it breaks S too, which is high"}},
		{"superset that is worse when attainable", []sod.Rule{conflict("R", 0, 1, 2), with(conflict("S", 1, 2), func(r *sod.Rule) { r.WhenAttainable = sod.Low })}, nil},
		{"twice with words for the same", []sod.Rule{conflict("R", 0, 1), with(conflict("S", 1, 0), func(r *sod.Rule) { r.WhenEligible, r.WhenAttainable = sod.High, sod.High })},
			[]string{"warning: rule S: it is needless: whoever breaks it breaks R too, which is high"}},
		{"narrower", []sod.Rule{conflict("R", 0, 1), with(conflict("S", 0, 1), func(r *sod.Rule) { r.Where = germany })},
			[]string{"warning: rule S: it is needless: whoever breaks it breaks R too, which is high"}},
		{"within", []sod.Rule{with(conflict("R", 0, 1), func(r *sod.Rule) { r.Same = "company" }), with(conflict("S", 0, 1, 2), func(r *sod.Rule) { r.Same = "plant" })}, nil},
		{"limits", []sod.Rule{rule("R", sod.AtMostRule, 2, 0, 1, 2), rule("S", sod.AtMostRule, 1, 0, 1, 2, 3)},
			[]string{"warning: rule R: it is needless: whoever breaks it breaks S too, which is high"}},
		{"conflict in a limit", []sod.Rule{conflict("R", 0, 1), rule("S", sod.AtMostRule, 1, 0, 1, 2)},
			[]string{"warning: rule R: it is needless: whoever breaks it breaks S too, which is high"}},
		{"all of a limit", []sod.Rule{rule("R", sod.AtMostRule, 2, 0, 1, 2), conflict("S", 0, 1)},
			[]string{"warning: rule R: it is needless: whoever breaks it breaks S too, which is high"}},
		{"some of a limit", []sod.Rule{rule("R", sod.AtMostRule, 2, 0, 1, 2, 3), conflict("S", 0, 1)}, nil},
		{"people", []sod.Rule{rule("R", sod.PeopleRule, 2, 0, 1, 2), rule("S", sod.PeopleRule, 3, 0, 1, 2)},
			[]string{"warning: rule R: it is needless: whoever breaks it breaks S too, which is high"}},
		{"critical is not a conflict", []sod.Rule{conflict("R", 0, 1), rule("S", sod.CriticalRule, 0, 0)}, nil},
		{"required and forbidden", []sod.Rule{rule("R", sod.RequiresRule, 0, 0, 1), conflict("S", 0, 1)},
			[]string{"error: rule R: it contradicts S: whoever holds a must hold b here, and must not there"}},
		{"required and critical", []sod.Rule{rule("R", sod.RequiresRule, 0, 0, 1), rule("S", sod.CriticalRule, 0, 1)},
			[]string{"error: rule R: it contradicts S: whoever holds a must hold b here, and must not there"}},
		{"required of what is critical", []sod.Rule{rule("R", sod.RequiresRule, 0, 0, 1), rule("S", sod.CriticalRule, 0, 0)}, nil},
		{"people alone", []sod.Rule{rule("R", sod.PeopleRule, 3, 0, 1, 2)}, nil},
		{"people by pairs", []sod.Rule{rule("R", sod.PeopleRule, 3, 0, 1, 2), conflict("S", 0, 1), conflict("T", 1, 2)},
			[]string{"warning: rule R: the other rules do not enforce it: by them 2 people may hold all, one a and c, another b"}},
		{"people by all pairs", []sod.Rule{rule("R", sod.PeopleRule, 3, 0, 1, 2), conflict("S", 0, 1), conflict("T", 1, 2), conflict("U", 0, 2)}, nil},
		{"people by a limit", []sod.Rule{rule("R", sod.PeopleRule, 2, 0, 1, 2, 3), rule("S", sod.AtMostRule, 2, 0, 1, 2, 3)}, nil},
		{"people by a pair in one country", []sod.Rule{rule("R", sod.PeopleRule, 2, 0, 1), with(conflict("S", 0, 1), func(r *sod.Rule) { r.Where = germany })}, nil},
		{"more people than duties", []sod.Rule{rule("R", sod.PeopleRule, 3, 0, 1)},
			[]string{"warning: rule R: 3 people cannot be needed for 2 duties: it is broken as soon as each has a holder"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &sod.Policy{Mode: reach.Eligible, Rules: tt.rules}
			for _, d := range []string{"a", "b", "c", "d"} {
				p.Duties = append(p.Duties, sod.Duty{ID: d, Holds: holds("group:corp/" + d)})
			}
			got := texts(lint.Lint(p, nil, nil, now))
			got = slices.DeleteFunc(got, func(s string) bool { return strings.HasSuffix(s, ": no rule uses it") })
			if len(got) == 0 {
				got = nil
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCoverage(t *testing.T) {
	g, p := world(t), clean()
	want := []string{"note: source corp: 2 of 4 in no duty, nor on the way to one (kind group): 2 (dev-b), 3 (Dev-c)"}
	if diff := cmp.Diff(want, texts(lint.Coverage(p, g, sod.DutyNodes(g, p), now, nil))); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	known := func(n graph.ID) bool { return n == id("group:corp/2") }
	want = []string{"note: source corp: 1 of 4 in no duty, nor on the way to one (kind group): 3 (Dev-c)"}
	if diff := cmp.Diff(want, texts(lint.Coverage(p, g, sod.DutyNodes(g, p), now, known))); diff != "" {
		t.Errorf("notes on what is not known (-want +got):\n%s", diff)
	}
}

func TestLintOfVendorsAndScopes(t *testing.T) {
	g := world(t)
	vendor := sod.Vendor{ID: "acme", Companies: []string{"Acme"}, Owner: id("identity:hr/left")}
	p := &sod.Policy{Vendors: []sod.Vendor{vendor}}
	if diff := cmp.Diff([]string{
		"warning: policy: it has no rule and no check: nothing is assessed by it",
		"warning: vendors: no check vendor reads the register",
		"warning: vendor acme: owner identity:hr/left has left",
		"warning: vendor acme: nobody in the snapshot is of such a company",
	}, problems(lint.Lint(p, g, nil, time.Time{}))); diff != "" {
		t.Errorf("a register (-want +got):\n%s", diff)
	}
	p = &sod.Policy{Checks: []sod.Check{{Name: "vendor", Where: []sod.AttrPattern{{Key: "status", Pattern: "a*"}, {Key: "status", Pattern: "t*"}, {Key: "unit", Pattern: "x"}}}}}
	if diff := cmp.Diff([]string{
		"warning: check vendor: the policy has no vendors, so that every company is one that is not in the register",
		"warning: check vendor: where unit matches nothing in the snapshot, so the check judges nobody of whom it is known",
	}, problems(lint.Lint(p, g, nil, time.Time{}))); diff != "" {
		t.Errorf("a check (-want +got):\n%s", diff)
	}
}

func problems(all []lint.Problem) (texts []string) {
	for _, p := range all {
		texts = append(texts, p.String())
	}
	return texts
}
