// SPDX-License-Identifier: Apache-2.0

package campaign_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// found is a finding about a person, whose path is that of memberships.
func found(t testing.TB, name string, st sod.Status, whose string, path ...string) sod.Finding {
	t.Helper()
	f := sod.Finding{ID: name, Status: st, Subjects: []graph.ID{id(t, whose)}, Witness: []sod.Witness{{}}}
	for i, s := range path {
		f.Witness[0].Path.Nodes = append(f.Witness[0].Path.Nodes, id(t, s))
		if i > 0 {
			f.Witness[0].Path.Kinds = append(f.Witness[0].Path.Kinds, graph.Member)
		}
	}
	return f
}

// staff is n people who have group all, which the first owns, and what it opens.
func staff(n int, more ...string) []string {
	lines := []string{"identity:hr/E8 status=active", "group:corp/all owner=identity:hr/E0", "entitlement:erp/read", "entitlement:erp/else", "group:corp/all assigned entitlement:erp/read"}
	for i := range n {
		lines = append(lines, fmt.Sprintf("identity:hr/E%d status=active manager=identity:hr/E8", i), fmt.Sprintf("account:corp/a%d", i),
			fmt.Sprintf("identity:hr/E%d owns account:corp/a%d", i, i), fmt.Sprintf("account:corp/a%d member group:corp/all", i))
	}
	return append(lines, more...)
}

func given(t testing.TB) campaign.Terms {
	x := terms(t)
	x.Birthright = []string{"group:corp/a*"}
	return x
}

const itself = "group:corp/all → group:corp/all"

// What everybody is given has one line, and whatever does not belong there keeps its own.
func TestBirthrightLines(t *testing.T) {
	one := func(i int) string { return fmt.Sprintf("account:corp/a%d → group:corp/all", i) }
	five := campaign.Everybody{Accounts: 5, People: 5}
	for name, tt := range map[string]struct {
		lines    []string
		findings []sod.Finding
		scope    campaign.Scope
		want     []string
		who      campaign.Everybody
	}{
		"enough":  {lines: staff(5), want: []string{itself}, who: five},
		"too few": {lines: staff(4), want: []string{one(0), one(1), one(2), one(3)}},
		"one person's accounts are no crowd": {lines: staff(1, "account:corp/b1 owner=identity:hr/E0", "account:corp/b1 member group:corp/all", "account:corp/b2 owner=identity:hr/E0", "account:corp/b2 member group:corp/all",
			"account:corp/b3 owner=identity:hr/E0", "account:corp/b3 member group:corp/all", "account:corp/b4 owner=identity:hr/E0", "account:corp/b4 member group:corp/all"),
			want: []string{one(0), "account:corp/b1 → group:corp/all", "account:corp/b2 → group:corp/all", "account:corp/b3 → group:corp/all", "account:corp/b4 → group:corp/all"}},
		"nobody's account":      {lines: staff(5, "account:corp/batch", "account:corp/batch member group:corp/all"), want: []string{itself}, who: campaign.Everybody{Accounts: 6, People: 5, Unowned: 1}},
		"another group":         {lines: staff(5, "group:corp/pay", "account:corp/a1 member group:corp/pay"), want: []string{"account:corp/a1 → group:corp/pay", itself}, who: five},
		"who may change it":     {lines: staff(5, "account:corp/a1 controls group:corp/all"), want: []string{one(1), itself}, who: five},
		"who can activate it":   {lines: staff(5, "account:corp/a1 eligible group:corp/all"), want: []string{one(1), itself}, who: five},
		"an open finding":       {lines: staff(5), findings: []sod.Finding{found(t, "F-1", sod.Open, "identity:hr/E1", "account:corp/a1", "group:corp/all")}, want: []string{one(1), itself}, who: campaign.Everybody{Accounts: 5, People: 5, Apart: 1}},
		"an accepted finding":   {lines: staff(5), findings: []sod.Finding{found(t, "F-1", sod.Accepted, "identity:hr/E1", "account:corp/a1", "group:corp/all")}, want: []string{itself}, who: five},
		"findings only":         {lines: staff(5), findings: []sod.Finding{found(t, "F-1", sod.Open, "identity:hr/E1", "account:corp/a1", "group:corp/all")}, scope: campaign.Scope{Findings: true}, want: []string{one(1)}},
		"one who has it":        {lines: staff(5), scope: campaign.Scope{People: []graph.ID{id(t, "identity:hr/E2")}}, want: []string{itself}, who: five},
		"one who does not":      {lines: staff(5), scope: campaign.Scope{People: []graph.ID{id(t, "identity:hr/E8")}}},
		"other things":          {lines: staff(5), scope: campaign.Scope{Things: []string{"group:corp/pay"}}},
		"with what groups hold": {lines: staff(5), scope: campaign.Scope{Structure: true}, want: []string{itself, "group:corp/all → entitlement:erp/read"}, who: five},
	} {
		t.Run(name, func(t *testing.T) {
			s := subject(world(t, tt.lines...))
			s.Report.Findings = tt.findings
			items, err := campaign.Items(s, tt.scope, given(t).Birthright)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, i := range items {
				got = append(got, i.From.String()+" → "+i.To.String())
				if i.IsBirthright() && i.Everybody != tt.who {
					t.Errorf("of %+v, want %+v", i.Everybody, tt.who)
				}
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("items (-want +got):\n%s", d)
			}
		})
	}
	shared := []string{"group:corp/all", "account:corp/shared", "account:corp/shared member group:corp/all"}
	for i := range 5 {
		shared = append(shared, fmt.Sprintf("identity:hr/E%d", i), fmt.Sprintf("identity:hr/E%d owns account:corp/shared", i))
	}
	items, err := campaign.Items(subject(world(t, shared...)), campaign.Scope{}, given(t).Birthright)
	if err != nil || len(items) != 1 || items[0].IsBirthright() {
		t.Errorf("one account of five: %+v, %v", items, err)
	}
	for _, p := range []string{"corp/all", "account:corp/*", "entitlement:erp/*"} {
		x := given(t)
		x.Birthright = []string{p}
		if _, err := campaign.NewPlan(subject(world(t, staff(5)...)), x); err == nil {
			t.Errorf("birthright %s was taken", p)
		}
	}
}

// The id depends on the thing alone; what was kept last time is known by it.
func TestBirthrightAgain(t *testing.T) {
	few, err := campaign.Items(subject(world(t, staff(5)...)), campaign.Scope{}, given(t).Birthright)
	if err != nil {
		t.Fatal(err)
	}
	s := subject(world(t, staff(8)...))
	s.Before = map[string]campaign.Answer{few[0].ID: campaign.Keep}
	many, err := campaign.Items(s, campaign.Scope{}, []string{"group:corp/all"})
	if err != nil || len(many) != 1 || many[0].ID != few[0].ID || many[0].Before != campaign.Keep {
		t.Errorf("got %+v, %v; want %s, kept last time", many, err, few[0].ID)
	}
	x := given(t)
	x.Scope.Changed = true
	p, err := campaign.NewPlan(s, x)
	if err != nil || len(p.Items) != 0 || len(p.Unchanged) != 1 {
		t.Errorf("what changed: %+v, unchanged %+v, %v", p.Items, p.Unchanged, err)
	}
}

// Its owner decides, who has it too; no manager does, and nobody whom it puts on the path
// of an open finding, whether as the shown one or by leading to its end.
func TestBirthrightReviewers(t *testing.T) {
	onIt := found(t, "F-1", sod.Open, "identity:hr/E0", "account:corp/a0", "group:corp/all")
	toIt := found(t, "F-1", sod.Open, "identity:hr/E0", "account:corp/a0", "entitlement:erp/read")
	apart := found(t, "F-1", sod.Open, "identity:hr/E0", "account:corp/a0", "entitlement:erp/else")
	others := found(t, "F-1", sod.Open, "identity:hr/E1", "account:corp/a1", "group:corp/all")
	const owner, deputy = "identity:hr/E0", "identity:hr/E2"
	for name, tt := range map[string]struct {
		findings []sod.Finding
		by       []campaign.Way
		want     string
	}{
		"owner":                     {nil, []campaign.Way{campaign.Manager, campaign.Owner}, owner},
		"no manager":                {nil, []campaign.Way{campaign.Manager}, ""},
		"on the path":               {[]sod.Finding{onIt}, []campaign.Way{campaign.Owner, campaign.Listed}, deputy},
		"leads to its end":          {[]sod.Finding{toIt}, []campaign.Way{campaign.Owner, campaign.Listed}, deputy},
		"of no part in the finding": {[]sod.Finding{apart}, []campaign.Way{campaign.Owner, campaign.Listed}, owner},
		"an accepted finding":       {[]sod.Finding{found(t, "F-1", sod.Accepted, "identity:hr/E0", "account:corp/a0", "group:corp/all")}, []campaign.Way{campaign.Owner}, owner},
		"somebody else's finding":   {[]sod.Finding{others}, []campaign.Way{campaign.Owner}, owner},
		"nobody is left":            {[]sod.Finding{onIt}, []campaign.Way{campaign.Owner}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := subject(world(t, staff(5)...))
			s.Report.Findings = tt.findings
			x := given(t)
			x.Stages[0].By, x.Stages[0].List = tt.by, []graph.ID{id(t, deputy)}
			c, log := open(t, s, x)
			l := lineOf(t, c, "group:corp/all")
			if got := l.Holder; tt.want == "" && !got.IsZero() || tt.want != "" && got != id(t, tt.want) {
				t.Fatalf("%s decides (%s), want %s", got, l.Obstacle, tt.want)
			}
			if _, err := campaign.Replay(s, log.all(t)); err != nil {
				t.Error(err)
			}
		})
	}
	s := subject(world(t, staff(5)...))
	s.Report.Findings = []sod.Finding{onIt}
	x := given(t)
	x.Stages[0].By = []campaign.Way{campaign.Owner}
	c, _ := open(t, s, x)
	err := c.HandOn(t.Context(), []string{lineOf(t, c, "group:corp/all").ID}, id(t, owner), campaign.Reassigned, "", id(t, "identity:hr/E8"), start)
	if !errors.Is(err, campaign.ErrSelfReview) {
		t.Errorf("given to whom it puts on the path: %v", err)
	}
}

// Records whose line of a birthright is not that of the snapshot and the terms are refused.
func TestBirthrightReplayRefuses(t *testing.T) {
	s := subject(world(t, staff(5)...))
	_, log := open(t, s, given(t))
	for name, change := range map[string]func(*campaign.Opened){
		"another count": func(o *campaign.Opened) { o.Items[0].Everybody.People++ },
		"no birthright": func(o *campaign.Opened) { o.Items[0].Everybody = campaign.Everybody{} },
		"other terms":   func(o *campaign.Opened) { o.Terms.Birthright = nil },
	} {
		records := slices.Collect(log.all(t))
		change(records[0].Opened)
		if _, err := campaign.Replay(s, slices.Values(records)); err == nil {
			t.Errorf("%s: it was read back", name)
		}
	}
}

// A birthright that was revoked is gone when nobody has it any more, by whatever way, and
// nothing may hide that somebody does.
func TestBirthrightFollowUp(t *testing.T) {
	left := slices.DeleteFunc(staff(5), func(l string) bool { return strings.HasSuffix(l, " member group:corp/all") })
	for name, tt := range map[string]struct {
		later []string
		want  campaign.State
	}{
		"nobody has it":           {left, campaign.Gone},
		"one has it":              {append(slices.Clone(left), "account:corp/a3 member group:corp/all"), campaign.Remains},
		"a new one has it":        {append(slices.Clone(left), "account:corp/new", "account:corp/new member group:corp/all"), campaign.Remains},
		"through another group":   {append(slices.Clone(left), "group:corp/pay member group:corp/all", "account:corp/a1 member group:corp/pay"), campaign.Remains},
		"a group that nobody has": {append(slices.Clone(left), "group:corp/pay member group:corp/all"), campaign.Gone},
		"can activate it":         {append(slices.Clone(left), "account:corp/a1 eligible group:corp/all"), campaign.Remains},
		"memberships not read":    {append(slices.Clone(left), "coverage corp/memberships partial"), campaign.NotKnown},
		"its members not read":    {append(slices.Clone(left), "gap group:corp/all memberships"), campaign.NotKnown},
		"accounts not read":       {append(slices.Clone(left), "coverage corp/accounts partial"), campaign.NotKnown},
		"not there":               {[]string{"account:corp/a0"}, campaign.Gone},
		"not there, and not read": {[]string{"account:corp/a0", "coverage corp/groups partial"}, campaign.NotKnown},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := open(t, subject(world(t, staff(5)...)), given(t))
			if err := c.Decide(t.Context(), answer(lineOf(t, c, "group:corp/all"), campaign.Revoke, "not for all"), id(t, "identity:hr/E0"), start); err != nil {
				t.Fatal(err)
			}
			got, err := c.FollowUp(t.Context(), world(t, tt.later...), asOf.Add(24*time.Hour), "sha256:later", id(t, "identity:hr/E8"), start)
			if err != nil || len(got) != 1 || got[0].State != tt.want {
				t.Errorf("got %+v, %v; want %s", got, err, tt.want)
			}
		})
	}
}
