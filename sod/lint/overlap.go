// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// overlaps tells of rules that another rule makes needless, and of those that
// cannot both be kept.
func (l *linter) overlaps() {
	for i := range l.p.Rules {
		l.shadowed(i)
	}
	for i := range l.p.Rules {
		l.contradicted(&l.p.Rules[i])
	}
}

// shadowed warns of a rule when whoever breaks it breaks another one that is no
// less severe. Of two that are the same the later one is told.
func (l *linter) shadowed(i int) {
	r := &l.p.Rules[i]
	for j := range l.p.Rules {
		s := &l.p.Rules[j]
		if i == j || !implies(r, s) || implies(s, r) && lesser(r, s) && lesser(s, r) && i < j {
			continue
		}
		if lesser(r, s) {
			l.add(Warning, "rule "+r.ID, "it is needless: whoever breaks it breaks %s too, which is %s", s.ID, s.Severities())
			return
		}
	}
}

// lesser reports whether r is in no mode more severe than s.
func lesser(r, s *sod.Rule) bool {
	for m := reach.Standing; m <= reach.Attainable; m++ {
		if r.SeverityIn(m) > s.SeverityIn(m) {
			return false
		}
	}
	return true
}

// implies reports whether every breach of r is one of s, for all that the policy
// says.
func implies(r, s *sod.Rule) bool {
	if len(s.Where) > 0 && !slices.Equal(r.Where, s.Where) || s.Same != "" && s.Same != r.Same {
		return false // s lets some go whom r does not
	}
	limit, counts := most(r)
	other, counted := most(s)
	switch {
	case counts && counted:
		if s.Kind == sod.CriticalRule && r.Kind != sod.CriticalRule {
			return false // who holds the one duty is known, and the pair is worse
		}
		// The fewest duties of s that one holds who breaks r by duties that s does not know.
		return limit+1-(len(r.Duties)-shared(r.Duties, s.Duties)) > other
	case r.Kind == sod.RequiresRule && s.Kind == sod.RequiresRule:
		return slices.Equal(r.Duties, s.Duties)
	case r.Kind == sod.PeopleRule && s.Kind == sod.PeopleRule:
		return subset(s.Duties, r.Duties) && r.Limit <= s.Limit
	}
	return false
}

// most returns how many of its duties a rule lets one hold; false for a rule that
// does not count the duties of one.
func most(r *sod.Rule) (int, bool) {
	switch r.Kind {
	case sod.ConflictRule, sod.CriticalRule:
		return len(r.Duties) - 1, true
	case sod.AtMostRule:
		return r.Limit, true
	}
	return 0, false
}

func subset(a, b []int) bool { return shared(a, b) == len(a) }

func shared(a, b []int) int {
	n := 0
	for _, d := range a {
		if slices.Contains(b, d) {
			n++
		}
	}
	return n
}

// contradicted warns of a rule that asks for what another one forbids.
func (l *linter) contradicted(r *sod.Rule) {
	if r.Kind != sod.RequiresRule {
		return
	}
	for i := range l.p.Rules {
		s := &l.p.Rules[i]
		if s.Same == "" && len(s.Where) == 0 && !forbids(s, r.Duties[:1]) && forbids(s, r.Duties) {
			l.add(Error, "rule "+r.ID, "it contradicts %s: whoever holds %s must hold %s here, and must not there", s.ID, l.p.Duties[r.Duties[0]].ID, l.p.Duties[r.Duties[1]].ID)
		}
	}
}

// forbids reports whether one who holds these duties, and no others, breaks the
// rule. What is required of others is not looked at.
func forbids(r *sod.Rule, held []int) bool {
	if limit, counts := most(r); counts {
		return shared(r.Duties, held) > limit
	}
	return r.Kind == sod.PeopleRule && subset(r.Duties, held)
}

const maxTogether = 12 // duties of a people rule: the search below grows as 3 to this power

// together warns of a people rule that the others, as far as they speak of single
// subjects, do not enforce: whoever grants access by them alone lets fewer people
// hold all.
func (l *linter) together(r *sod.Rule) {
	if r.Kind != sod.PeopleRule || len(r.Duties) > maxTogether {
		return
	}
	if len(r.Duties) < r.Limit {
		l.add(Warning, "rule "+r.ID, "%d people cannot be needed for %d duties: it is broken as soon as each has a holder", r.Limit, len(r.Duties))
		return
	}
	var others []*sod.Rule
	for i := range l.p.Rules {
		if s := &l.p.Rules[i]; s.Kind != sod.PeopleRule && s.Same == "" && len(s.Where) == 0 && forbids(s, r.Duties) {
			others = append(others, s)
		}
	}
	if len(others) == 0 {
		return // nothing claims to
	}
	if shares := fewest(r.Duties, others); shares != nil && len(shares) < r.Limit {
		var texts []string
		for _, s := range shares {
			texts = append(texts, strings.Join(l.ids(s), " and "))
		}
		l.add(Warning, "rule "+r.ID, "the other rules do not enforce it: by them %d people may hold all, one %s", len(shares), strings.Join(texts, ", another "))
	}
}

// fewest divides duties among as few people as the rules let hold them; nil when
// they let nobody hold some duty.
func fewest(duties []int, rules []*sod.Rule) [][]int {
	all := 1<<len(duties) - 1
	allowed := make([]bool, all+1)
	for set := 1; set <= all; set++ {
		held := pick(duties, set)
		allowed[set] = !slices.ContainsFunc(rules, func(r *sod.Rule) bool { return forbids(r, held) })
	}
	people, last := make([]int, all+1), make([]int, all+1) // by set: how many it needs, what one of them holds
	for set := 1; set <= all; set++ {
		people[set] = len(duties) + 1
		for part := set; part > 0; part = (part - 1) & set {
			if allowed[part] && people[set&^part]+1 < people[set] {
				people[set], last[set] = people[set&^part]+1, part
			}
		}
	}
	var shares [][]int
	for set := all; set != 0; set &^= last[set] {
		if last[set] == 0 {
			return nil
		}
		shares = append(shares, pick(duties, last[set]))
	}
	return shares
}

func pick(duties []int, set int) []int {
	var picked []int
	for i, d := range duties {
		if set&(1<<i) != 0 {
			picked = append(picked, d)
		}
	}
	return picked
}

func (l *linter) ids(duties []int) []string {
	var ids []string
	for _, d := range duties {
		ids = append(ids, l.p.Duties[d].ID)
	}
	return ids
}
