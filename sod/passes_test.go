// SPDX-License-Identifier: Apache-2.0

package sod_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/sod"
)

// TestManyRulesAreJudgedLikeFew repeats the rules of random worlds over duties of their
// own until there are far more of these than one pass has labels for.
func TestManyRulesAreJudgedLikeFew(t *testing.T) {
	const copies = 600
	told := 0
	for seed := range uint64(25) {
		w := randomTiny(seed)
		_, few := w.evaluate(t)
		p := *w.policy
		p.Duties, p.Rules = slices.Clone(p.Duties), slices.Clone(p.Rules)
		for k := range copies {
			for i, d := range w.policy.Duties {
				d.ID = fmt.Sprintf("%s of %d", d.ID, k)
				p.Duties = append(p.Duties, d)
				if i > 0 {
					continue
				}
				for _, r := range w.policy.Rules {
					r.ID = fmt.Sprintf("%s of %d", r.ID, k)
					r.Duties = slices.Clone(r.Duties)
					for j := range r.Duties {
						r.Duties[j] += len(w.policy.Duties) * (k + 1)
					}
					p.Rules = append(p.Rules, r)
				}
			}
		}
		w.policy = &p
		_, many := w.evaluate(t)
		want := w.lines(few, "")
		told += len(want)
		for _, k := range []int{0, copies / 2, copies - 1} {
			if diff := cmp.Diff(want, w.lines(many, fmt.Sprintf(" of %d", k))); diff != "" {
				t.Fatalf("seed %d, copy %d (-alone +among many):\n%s", seed, k, diff)
			}
		}
	}
	if told < 100 {
		t.Errorf("only %d findings and rows: the worlds are too tame to show anything", told)
	}
}

// lines tells what a report says of the rules whose ids end alike, without the end.
func (w tiny) lines(r *sod.Report, end string) (all []string) {
	has := func(rule string) bool {
		return strings.HasSuffix(rule, end) && (end != "" || !strings.Contains(rule, " "))
	}
	strip := func(s string) string { return strings.ReplaceAll(s, end, "") }
	for _, f := range r.Findings {
		if !has(f.Rule) {
			continue
		}
		text := fmt.Sprint(f.Rule, " ", f.Mode, f.Subjects, f.Same, f.Coalitions, f.Detail)
		for _, wit := range f.Witness {
			text += fmt.Sprint(" ", wit.Duty, wit.Path)
		}
		all = append(all, strip(text))
	}
	for _, n := range r.NotAssessed {
		if has(n.Rule) {
			all = append(all, strip(fmt.Sprintf("%+v", n)))
		}
	}
	return all
}
