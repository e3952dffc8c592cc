// SPDX-License-Identifier: Apache-2.0

package tosql_test

import (
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/tosql"
)

func policyOf(s sod.Selector) *sod.Policy {
	return &sod.Policy{Name: "one", Mode: reach.Standing, Duties: []sod.Duty{{ID: "pay", Holds: []sod.Selector{s}}},
		Rules: []sod.Rule{{ID: "R", Kind: sod.CriticalRule, Duties: []int{0}}}}
}

// TestRefused lists what no script could say truthfully.
func TestRefused(t *testing.T) {
	named := func(change func(p *sod.Policy)) *sod.Policy {
		p := policyOf(sod.Selector{Name: "x"})
		change(p)
		return p
	}
	tests := []struct {
		name   string
		policy *sod.Policy
		o      tosql.Options
		want   string
	}{
		{"under", policyOf(sod.Selector{Under: "OU=x"}), tosql.Options{Dialect: tosql.Postgres}, "duty pay: under "},
		{"zero in a name", policyOf(sod.Selector{Name: "a\x00b"}), tosql.Options{Dialect: tosql.Postgres}, "duty pay: "},
		{"zero in an attribute", policyOf(sod.Selector{Attrs: []sod.AttrPattern{{Key: "k", Pattern: "\x00"}}}), tosql.Options{Dialect: tosql.DuckDB}, "duty pay: "},
		{"not UTF-8", policyOf(sod.Selector{Name: "x", Except: []string{"\xff"}}), tosql.Options{Dialect: tosql.DuckDB}, "not valid UTF-8"},
		{"a rule's id", named(func(p *sod.Policy) { p.Rules[0].ID = "\x00" }), tosql.Options{Dialect: tosql.DuckDB}, "rule: "},
		{"a file's name", policyOf(sod.Selector{Name: "x"}), tosql.Options{Dialect: tosql.DuckDB, Facts: "\xff"}, "facts file: "},
		{"no dialect", policyOf(sod.Selector{Name: "x"}), tosql.Options{}, "invalid dialect"},
		{"no mode", named(func(p *sod.Policy) { p.Mode = 0 }), tosql.Options{Dialect: tosql.DuckDB}, "invalid mode"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sql, err := tosql.Script(tt.policy, tt.o)
			if err == nil || !strings.Contains(err.Error(), tt.want) || sql != "" {
				t.Errorf("got %q and error %v, want an error with %q", sql, err, tt.want)
			}
		})
	}
}

// TestNotCovered: a rule that the script leaves out is named in it, and the duties
// that only such rules name are not in it.
func TestNotCovered(t *testing.T) {
	for name, change := range map[string]func(*sod.Rule){
		"it is of another kind than conflict, at_most and critical": func(r *sod.Rule) { r.Kind, r.Same = sod.PeopleRule, "company" },
		"it has where": func(r *sod.Rule) { r.Where = []sod.AttrPattern{{Key: "country", Pattern: "DE"}} },
		"it has same":  func(r *sod.Rule) { r.Same = "company" },
		"it has where and same": func(r *sod.Rule) {
			r.Where, r.Same = []sod.AttrPattern{{Key: "country", Pattern: "DE"}}, "company"
		},
	} {
		p := policyOf(sod.Selector{Under: "OU=never looked at"})
		change(&p.Rules[0])
		p.Rules[0].ID = "NAME\nDROP TABLE facts;"
		sql, err := tosql.Script(p, tosql.Options{Dialect: tosql.Postgres})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if tosql.Covers(p.Rules[0]) || !strings.Contains(sql, "\n"+`-- NOT in this script: rule "NAME\nDROP TABLE facts;": `+name+".\n") {
			t.Errorf("%s: the script does not say why it leaves the rule out", name)
		}
	}
}

// TestScriptIsText: nothing unseen gets into a script, and no placeholder stays.
func TestScriptIsText(t *testing.T) {
	q := hostile(t)
	for _, o := range []tosql.Options{{Dialect: tosql.Postgres}, {Dialect: tosql.DuckDB}, {Dialect: tosql.DuckDB, Facts: "two\nlines"}} {
		sql, err := tosql.Script(q.policy, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range sql {
			if r != '\n' && (r < ' ' || strings.ContainsRune("\x7f\u202e\u200b\u2028\ufeff", r)) {
				t.Fatalf("%q is in the script", r)
			}
		}
		if plain, _ := tosql.Script(policyOf(sod.Selector{Kind: graph.Group, Source: "x"}), o); strings.Contains(strings.ReplaceAll(plain, "$$", ""), "$") {
			t.Error("a placeholder is left in the script")
		}
		if again, _ := tosql.Script(q.policy, o); again != sql {
			t.Error("the same policy gives another script")
		}
	}
}
