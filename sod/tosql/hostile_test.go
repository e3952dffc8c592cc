// SPDX-License-Identifier: Apache-2.0

package tosql_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// texts mean something to SQL, to LIKE, to psql, to templates or to terminals.
func texts() []string {
	return []string{
		`plain`, `Plain`, `it's`, `''`, `'; DROP TABLE facts; --`, `"quoted"`, `back\slash`, `back\\slash`, `\`, `x\`, `\'`, `100%`, `100x`, `a_b`, `axb`,
		`wow!`, `!%`, `!_`, `*star*`, `\*`, `xstarx`, `/* open`, `-- dash`, `$AS_OF`, `$FACTS`, `$$`, `$1`, `:name`, `:'name'`, `{{.}}`, `%s%d`, `\x41`, `\u0041`, `A`,
		`é`, "e\u0301", `ß`, `SS`, `日本`, `🙂`, "\u202etxt.exe", "zero\u200bwidth", "\ufeffbom", "line\u2028separator", ` lead`, `trail `, `a/b`, `group:corp/g1`, `?`, `[a-z]`, `NULL`, `null`, `true`,
	}
}

// controls may stand in names and attributes, and not in IDs.
func controls() []string {
	return []string{"two\nlines", "\\.\n", "tab\tbed", "car\rriage", "\x1b[31mred", "\x01", "\x7f", "ends in line\n"}
}

// patterns select some of the texts.
func patterns() []string {
	return []string{
		`*`, `**`, `pla*`, `*s`, `*'*`, `*\*`, `\**`, `*\\*`, `\\*`, `100%*`, `*_*`, `a_*`, `*!*`, `!*`, `*;*--*`, `*$*`, `*:*`, `é*`, `*日*`, `*🙂`, "*\u202e*", "*\n*", `*/*`, `group:corp/*`, `? *`, `[a-z]*`, ``, `N*L`,
	}
}

// hostile is a company in which each account holds one right, and a rule for each
// way to select one of them, or some.
func hostile(t testing.TB) question {
	t.Helper()
	var b graph.Builder
	add := func(f graph.Fact) {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	p := &sod.Policy{Name: "Hostile\n'; DROP TABLE facts; --\n\\! reboot", Mode: reach.Standing}
	rule := func(s sod.Selector) {
		id := fmt.Sprintf("R%03d'\"\\%%", len(p.Rules))
		p.Duties = append(p.Duties, sod.Duty{ID: "duty\n" + id, Holds: []sod.Selector{s}})
		p.Rules = append(p.Rules, sod.Rule{ID: id, Kind: sod.CriticalRule, Duties: []int{len(p.Duties) - 1}})
	}
	for i, text := range append(texts(), controls()...) {
		right := graph.ID{Kind: graph.Entitlement, Source: "x", Key: text}
		if i >= len(texts()) {
			right.Key = fmt.Sprint(i)
		}
		n := graph.Node{ID: right, Name: text}
		n.Attrs.Set("tag", "other", text)
		n.Attrs.Set("it's $1."+fmt.Sprint(i), "yes")
		account := graph.ID{Kind: graph.Account, Source: "x", Key: fmt.Sprint(i)}
		add(n)
		add(graph.Node{ID: account})
		add(graph.Grant{From: account, To: right, Kind: graph.Assigned})
		literal := strings.ReplaceAll(text, "*", `\*`)
		rule(sod.Selector{ID: &sod.IDPattern{Kind: right.Kind, Source: right.Source, Key: sod.Glob(strings.ReplaceAll(right.Key, "*", `\*`))}})
		rule(sod.Selector{Name: literal})
		rule(sod.Selector{Attrs: []sod.AttrPattern{{Key: "tag", Pattern: literal}}})
		rule(sod.Selector{Attrs: []sod.AttrPattern{{Key: "it's $1." + fmt.Sprint(i), Pattern: "y*"}}})
	}
	for _, pattern := range patterns() {
		rule(sod.Selector{ID: &sod.IDPattern{Kind: graph.Entitlement, Source: "x", Key: sod.Glob(pattern)}})
		rule(sod.Selector{Name: pattern, Source: "x"})
		rule(sod.Selector{Attrs: []sod.AttrPattern{{Key: "tag", Pattern: pattern}}})
		rule(sod.Selector{Name: "*", Except: []string{pattern, "entitlement:x/" + pattern}})
	}
	return question{"hostile", b.Graph(), p, time.Date(2026, 10, 1, 12, 0, 0, 123456789, time.UTC)}
}

// moments is a company whose grants begin and end around the moment, down to a
// nanosecond, and at the ends of what a directory can say.
func moments(t testing.TB) question {
	t.Helper()
	asOf := time.Date(2026, 10, 1, 12, 0, 0, 123456700, time.UTC)
	times := []time.Time{time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999900, time.UTC), asOf.Truncate(time.Second)}
	for _, d := range []time.Duration{1, 100, time.Microsecond, 376543300, time.Second, time.Hour} {
		times = append(times, asOf.Add(-d), asOf.Add(d))
	}
	times = append(times, asOf, time.Time{})
	right := graph.ID{Kind: graph.Entitlement, Source: "x", Key: "right"}
	var b graph.Builder
	for i, from := range times {
		for j, until := range times {
			account := graph.ID{Kind: graph.Account, Source: "x", Key: fmt.Sprint(i, " to ", j)}
			if err := b.Add(graph.Grant{From: account, To: right, Kind: graph.Assigned, Terms: graph.Terms{FromTime: from, UntilTime: until}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	p := &sod.Policy{Mode: reach.Standing, Rules: []sod.Rule{{ID: "R", Kind: sod.CriticalRule, Duties: []int{0}}},
		Duties: []sod.Duty{{ID: "right", Holds: []sod.Selector{{Kind: graph.Entitlement, Source: "x"}}}}}
	return question{"moments", b.Graph(), p, asOf}
}
