// SPDX-License-Identifier: Apache-2.0

package sod_test

import (
	"slices"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

func TestExercised(t *testing.T) {
	id := func(s string) graph.ID {
		x, err := graph.ParseID(s)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	holds := func(s string) []sod.Selector {
		p, err := sod.ParseIDPattern(s)
		if err != nil {
			t.Fatal(err)
		}
		return []sod.Selector{{ID: &p}}
	}
	asOf := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	at := func(day int) time.Time { return time.Date(2026, 9, day, 12, 0, 0, 0, time.UTC) }
	write := func(day int) graph.Use {
		return graph.Use{Account: id("account:corp/ana"), Entitlement: id("entitlement:forge/write"), At: at(day), Ref: "commit 3f2a"}
	}
	// The duty deploy is a role; the right itself is in another source, below it.
	deploy := graph.Use{Account: id("account:deploy/ana"), Entitlement: id("entitlement:prod/deploy"), At: at(2)}
	of := func(u graph.Use, account string) graph.Use { u.Account = id(account); return u }
	late := deploy
	late.At = asOf.Add(time.Second)
	tells := func(s graph.Source, day string) graph.SourceRun {
		var details graph.Attrs
		details.Set(sod.UsesSince, day)
		return graph.SourceRun{Source: s, Connector: "facts", Details: details}
	}
	for name, tt := range map[string]struct {
		facts []graph.Fact
		want  sod.Exercised
		since string
		used  []string
	}{
		"nothing is told":           {nil, sod.ExercisedUnknown, "", nil},
		"both":                      {[]graph.Fact{write(1), deploy}, sod.ExercisedBoth, "", []string{"develop 1", "deploy 2"}},
		"the latest of each":        {[]graph.Fact{write(1), write(20), write(3), deploy}, sod.ExercisedBoth, "", []string{"develop 20", "deploy 2"}},
		"one, the rest untold":      {[]graph.Fact{write(1)}, sod.ExercisedUnknown, "", []string{"develop 1"}},
		"one, the rest is told":     {[]graph.Fact{write(1), tells("prod", "2026-07-01")}, sod.ExercisedOne, "2026-07-01", []string{"develop 1"}},
		"none":                      {[]graph.Fact{tells("prod", "2026-07-01"), tells("forge", "2026-08-01")}, sod.ExercisedNone, "2026-08-01", nil},
		"one source tells, one not": {[]graph.Fact{tells("forge", "2026-08-01")}, sod.ExercisedUnknown, "", nil},
		"the source of the role":    {[]graph.Fact{write(1), tells("deploy", "2026-07-01")}, sod.ExercisedUnknown, "", []string{"develop 1"}},
		"no day":                    {[]graph.Fact{write(1), tells("prod", "always")}, sod.ExercisedUnknown, "", []string{"develop 1"}},
		"by somebody else":          {[]graph.Fact{of(write(1), "account:corp/ben"), tells("prod", "2026-07-01"), tells("forge", "2026-07-01")}, sod.ExercisedNone, "2026-07-01", nil},
		"told only later":           {[]graph.Fact{tells("prod", "2027-07-01"), tells("forge", "2026-07-01")}, sod.ExercisedUnknown, "", nil},
		"after the moment":          {[]graph.Fact{write(1), late, tells("prod", "2026-07-01")}, sod.ExercisedOne, "2026-07-01", []string{"develop 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := &graph.Builder{}
			for _, f := range append([]graph.Fact{
				graph.Grant{From: id("identity:hr/ana"), To: id("account:corp/ana"), Kind: graph.Owns},
				graph.Grant{From: id("identity:hr/ana"), To: id("account:deploy/ana"), Kind: graph.Owns},
				graph.Grant{From: id("account:corp/ana"), To: id("entitlement:forge/write"), Kind: graph.Assigned},
				graph.Grant{From: id("account:deploy/ana"), To: id("role:deploy/releaser"), Kind: graph.Assigned},
				graph.Grant{From: id("role:deploy/releaser"), To: id("entitlement:prod/deploy"), Kind: graph.Contains},
			}, tt.facts...) {
				if err := b.Add(f); err != nil {
					t.Fatal(err)
				}
			}
			p := &sod.Policy{Mode: reach.Standing,
				Duties: []sod.Duty{{ID: "develop", Holds: holds("entitlement:forge/write")}, {ID: "deploy", Holds: holds("role:deploy/releaser")}},
				Rules:  []sod.Rule{{ID: "DEV-DEPLOY", Severity: sod.High, Kind: sod.ConflictRule, Duties: []int{0, 1}}},
			}
			f := sod.Evaluate(b.Graph(), p, asOf).Findings[0]
			var used []string
			for _, x := range f.Exercises {
				used = append(used, x.Duty+" "+x.Use.At.Format("2"))
			}
			since := ""
			if !f.ExercisedSince.IsZero() {
				since = f.ExercisedSince.Format(time.DateOnly)
			}
			if f.Exercised != tt.want || since != tt.since || !slices.Equal(used, tt.used) {
				t.Errorf("got %s since %q, %v; want %s since %q, %v", f.Exercised, since, used, tt.want, tt.since, tt.used)
			}
		})
	}
}

// TestExercisedWithin counts uses within the value of a rule within values, and asks of
// every member of a coalition whether all uses are told.
func TestExercisedWithin(t *testing.T) {
	id := func(s string) graph.ID {
		x, err := graph.ParseID(s)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	node := func(s, code string) graph.Node {
		n := graph.Node{ID: id(s)}
		n.Attrs.Set("code", code)
		return n
	}
	tells := graph.SourceRun{Source: "erp", Connector: "facts"}
	tells.Details.Set(sod.UsesSince, "2026-07-01")
	b := &graph.Builder{}
	for _, f := range []graph.Fact{
		tells,
		node("entitlement:erp/pay.1", "1"), node("entitlement:erp/pay.2", "2"), node("entitlement:erp/vendor.1", "1"), node("entitlement:old/vendor.1", "1"),
		graph.Grant{From: id("account:erp/ana"), To: id("entitlement:erp/pay.1"), Kind: graph.Assigned},
		graph.Grant{From: id("account:erp/ana"), To: id("entitlement:erp/pay.2"), Kind: graph.Assigned},
		graph.Grant{From: id("account:erp/ana"), To: id("entitlement:erp/vendor.1"), Kind: graph.Assigned},
		graph.Grant{From: id("account:erp/ben"), To: id("entitlement:old/vendor.1"), Kind: graph.Assigned},
		graph.Grant{From: id("account:erp/ben"), To: id("entitlement:erp/more"), Kind: graph.Assigned},
		graph.Use{Account: id("account:erp/ana"), Entitlement: id("entitlement:erp/pay.2"), At: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)},
	} {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	holds := func(patterns ...string) (all []sod.Selector) {
		for _, s := range patterns {
			p, err := sod.ParseIDPattern(s)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, sod.Selector{ID: &p})
		}
		return all
	}
	p := &sod.Policy{Mode: reach.Standing,
		Duties: []sod.Duty{{ID: "pay", Holds: holds("entitlement:erp/pay.*")}, {ID: "vendor", Holds: holds("entitlement:erp/vendor.*", "entitlement:old/*")}, {ID: "more", Holds: holds("entitlement:erp/more")}},
		Rules: []sod.Rule{
			{ID: "ONE", Severity: sod.High, Kind: sod.ConflictRule, Duties: []int{0, 1}, Same: "code"},
			{ID: "TWO", Severity: sod.High, Kind: sod.PeopleRule, Limit: 3, Duties: []int{1, 2}},
		},
	}
	for _, f := range sod.Evaluate(b.Graph(), p, time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)).Findings {
		want := map[string]sod.Exercised{"ONE": sod.ExercisedNone, "TWO": sod.ExercisedUnknown}[f.Rule]
		if f.Exercised != want {
			t.Errorf("%s %v within %q: exercised %s, want %s", f.Rule, f.Subjects, f.Same, f.Exercised, want)
		}
	}
}
