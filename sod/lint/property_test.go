// SPDX-License-Identifier: Apache-2.0

package lint_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/lint"
)

const dutiesOfAll = 5

// broken says whether one who holds a set of duties, as bits, breaks a rule.
func broken(r sod.Rule, held int) bool {
	n := 0
	for _, d := range r.Duties {
		n += held >> d & 1
	}
	switch r.Kind {
	case sod.AtMostRule:
		return n > r.Limit
	case sod.RequiresRule:
		return held>>r.Duties[0]&1 == 1 && held>>r.Duties[1]&1 == 0
	}
	return n == len(r.Duties)
}

func randomRule(r *rand.Rand, id string) sod.Rule {
	rule := sod.Rule{ID: id, Severity: sod.High, Kind: []sod.RuleKind{sod.ConflictRule, sod.AtMostRule, sod.CriticalRule, sod.RequiresRule}[r.IntN(4)]}
	rule.Duties = r.Perm(dutiesOfAll)[:2+r.IntN(3)]
	switch rule.Kind {
	case sod.AtMostRule:
		rule.Limit = r.IntN(len(rule.Duties))
	case sod.CriticalRule:
		rule.Duties = rule.Duties[:1]
	case sod.RequiresRule:
		rule.Duties = rule.Duties[:2]
	}
	return rule
}

func policyOf(rules ...sod.Rule) *sod.Policy {
	p := &sod.Policy{Mode: reach.Eligible, Rules: rules}
	for d := range dutiesOfAll {
		p.Duties = append(p.Duties, sod.Duty{ID: fmt.Sprint(d), Holds: holds(fmt.Sprint("group:corp/", d))})
	}
	return p
}

// TestNeedlessIsNeedless holds what lint says of two rules against everybody there
// could be.
func TestNeedlessIsNeedless(t *testing.T) {
	told := 0
	for seed := range uint64(3000) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		r, s := randomRule(rnd, "R"), randomRule(rnd, "S")
		rImplies, sImplies := true, true
		for held := range 1 << dutiesOfAll {
			rImplies = rImplies && (!broken(r, held) || broken(s, held))
			sImplies = sImplies && (!broken(s, held) || broken(r, held))
		}
		want := ""
		switch { // of two that are the same the later one is needless
		case sImplies && counted(s, r):
			want = "warning: rule S: it is needless: whoever breaks it breaks R too, which is high"
		case rImplies && counted(r, s):
			want = "warning: rule R: it is needless: whoever breaks it breaks S too, which is high"
		}
		got := ""
		for _, text := range texts(lint.Lint(policyOf(r, s), nil, nil, now)) {
			if strings.Contains(text, "needless") {
				got += text
			}
		}
		if got != want {
			t.Fatalf("seed %d: got %q, want %q\nR %+v\nS %+v", seed, got, want, r, s)
		}
		if want != "" {
			told++
		}
	}
	if told < 100 {
		t.Errorf("only %d of the pairs had a needless rule", told)
	}
}

// counted leaves out what lint does not tell: that a rule on several duties is
// needless beside one on a single duty, and what a requires rule has to do with rules
// of other kinds.
func counted(r, s sod.Rule) bool {
	if (r.Kind == sod.RequiresRule) != (s.Kind == sod.RequiresRule) {
		return false
	}
	return s.Kind != sod.CriticalRule || r.Kind == sod.CriticalRule
}

// TestTogetherIsFewest: the number of people that lint tells is the least over all
// ways to share the duties.
func TestTogetherIsFewest(t *testing.T) {
	told := 0
	for seed := range uint64(1000) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		people := sod.Rule{ID: "P", Severity: sod.High, Kind: sod.PeopleRule, Limit: dutiesOfAll, Duties: rnd.Perm(dutiesOfAll)}
		rules := []sod.Rule{people}
		for i := range 1 + rnd.IntN(5) {
			rule := randomRule(rnd, fmt.Sprint("R", i))
			if rule.Kind == sod.RequiresRule || rule.Kind == sod.CriticalRule {
				rule.Kind, rule.Duties = sod.ConflictRule, rnd.Perm(dutiesOfAll)[:2]
			}
			rules = append(rules, rule)
		}
		want := fewest(rules[1:])
		got := 0
		for _, text := range texts(lint.Lint(policyOf(rules...), nil, nil, now)) {
			if _, rest, ok := strings.Cut(text, "by them "); ok {
				if _, err := fmt.Sscanf(rest, "%d people", &got); err != nil {
					t.Fatal(err)
				}
			}
		}
		if want == dutiesOfAll || want > dutiesOfAll {
			want = 0 // enforced, or nobody may hold some duty
		}
		if got != want && !(got == 0 && !speaks(rules[1:])) {
			t.Fatalf("seed %d: got %d people, want %d\n%+v", seed, got, want, rules)
		}
		if got > 0 {
			told++
		}
	}
	if told < 100 {
		t.Errorf("only %d of the policies had a rule that is not enforced", told)
	}
}

// fewest tries every way to give each duty to one of five people.
func fewest(rules []sod.Rule) int {
	least := dutiesOfAll + 1
	var give func(duty int, held [dutiesOfAll]int)
	give = func(duty int, held [dutiesOfAll]int) {
		if duty < dutiesOfAll {
			for person := range held {
				next := held
				next[person] |= 1 << duty
				give(duty+1, next)
			}
			return
		}
		n := 0
		for _, h := range held {
			for _, r := range rules {
				if broken(r, h) {
					return
				}
			}
			if h != 0 {
				n++
			}
		}
		least = min(least, n)
	}
	give(0, [dutiesOfAll]int{})
	return least
}

// speaks reports whether one who holds everything breaks any of the rules.
func speaks(rules []sod.Rule) bool {
	for _, r := range rules {
		if broken(r, 1<<dutiesOfAll-1) {
			return true
		}
	}
	return false
}
