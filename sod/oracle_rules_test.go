// SPDX-License-Identifier: Apache-2.0

package sod_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// A breach is one rule that is broken, within one value.
type breach struct {
	rule, subject, value string
}

// broken lists who breaks which rule in mode m. Of a people rule the subject is the
// coalition, with how many there are.
func (w tiny) broken(grants []graph.Grant, m reach.Mode) map[breach]bool {
	nodes := w.nodes()
	all := map[breach]bool{}
	edges := slices.Concat(grants, implied(nodes, grants))
	who := subjects(nodes, grants)
	ends := map[reach.Mode]map[graph.ID]map[graph.ID]bool{m: {}, reach.Standing: {}}
	for mode, of := range ends {
		for _, s := range who {
			of[s] = reached(s, edges, mode)
		}
	}
	for _, r := range w.policy.Rules {
		if w.dead(r, nodes) {
			continue
		}
		judged := slices.DeleteFunc(slices.Clone(who), func(s graph.ID) bool { return w.leftOut(r, s) })
		for _, value := range w.values(r) {
			in := instance{w, r, value, nodes, ends}
			if r.Kind == sod.PeopleRule {
				if c := in.coalition(judged, m); c != "" {
					all[breach{r.ID, c, value}] = true
				}
				continue
			}
			for _, s := range judged {
				if in.breaks(s, m) {
					all[breach{r.ID, s.String(), value}] = true
				}
			}
		}
	}
	return all
}

// An instance is a rule within one value of its Same.
type instance struct {
	w     tiny
	r     sod.Rule
	value string
	nodes []graph.ID
	ends  map[reach.Mode]map[graph.ID]map[graph.ID]bool // what each subject reaches
}

func (in instance) breaks(s graph.ID, m reach.Mode) bool {
	has := in.held(s, m)
	switch in.r.Kind {
	case sod.AtMostRule:
		return len(has) > in.r.Limit
	case sod.RequiresRule:
		return has[in.r.Duties[0]] && !in.held(s, reach.Standing)[in.r.Duties[1]]
	}
	return len(has) == len(in.r.Duties)
}

// held returns the duties of the rule that s holds.
func (in instance) held(s graph.ID, m reach.Mode) map[int]bool {
	has := map[int]bool{}
	ends := in.ends[m][s]
	for _, d := range in.r.Duties {
		for _, n := range in.nodes {
			if ends[n] && in.w.matches(d, n) && in.counts(n) {
				has[d] = true
			}
		}
	}
	return has
}

// counts reports whether a node counts within the value.
func (in instance) counts(n graph.ID) bool {
	have := in.w.attr(n, in.r.Same)
	return in.r.Same == "" || have == nil || slices.Contains(have, in.value)
}

// coalition tries every set of fewer than Limit subjects, the smallest first.
func (in instance) coalition(who []graph.ID, m reach.Mode) string {
	for size := 1; size < in.r.Limit; size++ {
		first, count := "", 0
		for set := range sets(len(who), size) {
			together := map[int]bool{}
			var names []string
			for _, i := range set {
				names = append(names, who[i].String())
				for d := range in.held(who[i], m) {
					together[d] = true
				}
			}
			if len(together) == len(in.r.Duties) {
				count++
				if first == "" {
					first = strings.Join(names, " ")
				}
			}
		}
		if count > 0 {
			return fmt.Sprintf("%s of %d", first, count)
		}
	}
	return ""
}

// sets yields the subsets of 0 … n−1 of one size, in order.
func sets(n, size int) func(func([]int) bool) {
	return func(yield func([]int) bool) {
		var grow func(set []int, from int) bool
		grow = func(set []int, from int) bool {
			if len(set) == size {
				return yield(set)
			}
			for i := from; i < n; i++ {
				if !grow(append(slices.Clip(set), i), i+1) {
					return false
				}
			}
			return true
		}
		grow(nil, 0)
	}
}

// leftOut reports whether a rule does not judge s: an attribute is known, and none
// of its values is one that the rule wants.
func (w tiny) leftOut(r sod.Rule, s graph.ID) bool {
	wanted := map[string][]string{}
	for _, a := range r.Where {
		wanted[a.Key] = append(wanted[a.Key], a.Pattern)
	}
	for key, patterns := range wanted {
		have := w.attr(s, key)
		if have != nil && !slices.ContainsFunc(have, func(v string) bool { return slices.Contains(patterns, v) }) {
			return true
		}
	}
	return false
}

func (w tiny) attr(id graph.ID, key string) (values []string) {
	for _, f := range w.facts {
		if n, is := f.(graph.Node); is && n.ID == id {
			for _, a := range n.Attrs {
				for _, v := range a.Values {
					if a.Key == key && v != "" {
						values = append(values, v)
					}
				}
			}
		}
	}
	return values
}

// values lists the values within which a rule counts: one that nobody has when its
// nodes have none.
func (w tiny) values(r sod.Rule) []string {
	all := []string{}
	for _, n := range w.nodes() {
		if slices.ContainsFunc(r.Duties, func(d int) bool { return w.matches(d, n) }) {
			for _, v := range w.attr(n, r.Same) {
				if r.Same != "" && !slices.Contains(all, v) {
					all = append(all, v)
				}
			}
		}
	}
	if len(all) == 0 {
		return []string{""}
	}
	return all
}

func (w tiny) matches(duty int, n graph.ID) bool {
	for _, s := range w.policy.Duties[duty].Holds {
		if s.ID.String() == n.String() {
			return true
		}
	}
	return false
}

func (w tiny) dead(r sod.Rule, nodes []graph.ID) bool {
	for _, d := range r.Duties {
		if !slices.ContainsFunc(nodes, func(n graph.ID) bool { return w.matches(d, n) }) {
			return true
		}
	}
	return false
}

func (w tiny) rule(id string) sod.Rule {
	return w.policy.Rules[slices.IndexFunc(w.policy.Rules, func(r sod.Rule) bool { return r.ID == id })]
}

// verdicts writes down what the oracle thinks, one line each.
func (w tiny) verdicts(t *testing.T) []string {
	t.Helper()
	var lines []string
	grants := w.grants()
	strongest := map[breach]reach.Mode{}
	for m := w.policy.Mode; m >= reach.Standing; m-- {
		known := w.broken(grants, m)
		for k := range known {
			strongest[k] = m
		}
		told := func(k breach) bool {
			return known[k] || w.rule(k.rule).Kind == sod.PeopleRule && w.someCoalition(known, k)
		}
		open, accepted, all := w.possible(m, openGaps), w.possible(m, acceptedGaps), w.possible(m, allGaps)
		for k := range all {
			if !told(k) {
				lines = append(lines, w.notAssessed(m, k, open, accepted))
			}
		}
	}
	for k, m := range strongest {
		if w.rule(k.rule).Kind == sod.PeopleRule && w.strongerCoalition(strongest, k) {
			continue
		}
		lines = append(lines, fmt.Sprintf("finding %s %s %s in %q", m, k.rule, k.subject, k.value))
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// notAssessed says whether what nobody accepted counts for a doubt: it does, unless
// what is accepted is enough for it and nothing else is.
func (w tiny) notAssessed(m reach.Mode, k breach, open, accepted map[breach]bool) string {
	is := !open[k] && accepted[k]
	if w.rule(k.rule).Kind == sod.PeopleRule {
		enough := open
		if !w.someCoalition(open, k) {
			enough = accepted
		}
		is = w.someCoalition(accepted, k) && !w.someCoalition(open, k)
		for other := range enough {
			if other.rule == k.rule && other.value == k.value {
				k = other // this one needs no more
			}
		}
		k.subject, _, _ = strings.Cut(k.subject, " of ")
	}
	return fmt.Sprintf("not-assessed %s %s %s accepted=%t", m, k.rule, k.subject, is)
}

func (w tiny) someCoalition(among map[breach]bool, k breach) bool {
	for other := range among {
		if other.rule == k.rule && other.value == k.value {
			return true
		}
	}
	return false
}

func (w tiny) strongerCoalition(among map[breach]reach.Mode, k breach) bool {
	for other, m := range among {
		if other.rule == k.rule && other.value == k.value && m < among[k] {
			return true
		}
	}
	return false
}

// maxChoices is how many hidden grants are tried in all combinations.
func maxChoices() int {
	if os.Getenv("FOUREYES_NIGHTLY") != "" {
		return 9
	}
	return 7
}

// possible unites what is broken over all choices of hidden grants. Where there are
// too many to try, and of the coalitions, which grow with each grant, it takes what
// is broken with all of them; what is required then is left out: see [tiny.tooMany].
func (w tiny) possible(m reach.Mode, counts func(accepted bool) bool) map[breach]bool {
	hidden := w.hidden(counts)
	all := w.broken(append(w.grants(), hidden...), m)
	for k := range all {
		if w.rule(k.rule).Kind == sod.RequiresRule {
			delete(all, k)
		}
	}
	if w.tooMany() {
		return all
	}
	for choice := range 1 << len(hidden) {
		grants := w.grants()
		for i, g := range hidden {
			if choice>>i&1 == 1 {
				grants = append(grants, g)
			}
		}
		for k := range w.broken(grants, m) {
			if w.rule(k.rule).Kind != sod.PeopleRule {
				all[k] = true
			} else if !w.someCoalition(all, k) {
				all[breach{k.rule, "only without some grant: " + k.subject, k.value}] = true
			}
		}
	}
	return all
}

// tooMany reports whether there are too many hidden grants to try every choice.
func (w tiny) tooMany() bool { return len(w.hidden(allGaps)) > maxChoices() }

// told writes down what the engine says in the same form, from rows whose
// examples are all their subjects (worlds are small).
func (w tiny) told(r *sod.Report) []string {
	var lines []string
	for _, f := range r.Findings {
		who := text(f.Subjects)
		if f.Kind == "collusion" {
			who += fmt.Sprintf(" of %d", f.Coalitions)
		}
		lines = append(lines, fmt.Sprintf("finding %s %s %s in %q", f.Mode, f.Rule, who, f.Same))
	}
	for _, n := range r.NotAssessed {
		kind := w.rule(n.Rule).Kind
		if n.Subjects == 0 || kind == sod.RequiresRule && w.tooMany() {
			continue // about what was not read, or a duty that matches nothing: tested by the worlds
		}
		if n.Subjects != len(n.Examples) {
			lines = append(lines, fmt.Sprintf("row of %s with %d of %d examples", n.Rule, len(n.Examples), n.Subjects))
		}
		examples := []string{text(n.Examples)}
		if kind != sod.PeopleRule {
			examples = strings.Fields(examples[0])
		}
		for _, s := range examples {
			lines = append(lines, fmt.Sprintf("not-assessed %s %s %s accepted=%t", n.Mode, n.Rule, s, n.Accepted))
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

func text(ids []graph.ID) string {
	var all []string
	for _, id := range ids {
		all = append(all, id.String())
	}
	return strings.Join(all, " ")
}

// describe makes a node, often with attributes that rules speak of.
func describe(r *rand.Rand, id graph.ID) graph.Node {
	n := graph.Node{ID: id, Name: id.Key}
	for _, key := range []string{"dept", "code"} {
		if values := [][]string{{"x"}, {"y"}, {"x", "y"}, {"z"}, {""}, nil}[r.IntN(6)]; values != nil {
			n.Attrs.Set(key, values...)
		}
	}
	return n
}

// randomRules makes rules of every kind, now and then with a scope.
func randomRules(r *rand.Rand) []sod.Rule {
	rules := []sod.Rule{
		{ID: "R1", Kind: sod.ConflictRule, Duties: []int{0, 1}},
		{ID: "R2", Kind: sod.ConflictRule, Duties: []int{0, 1, 2}},
		{ID: "R3", Kind: sod.CriticalRule, Duties: []int{2}},
		{ID: "R4", Kind: sod.AtMostRule, Duties: []int{0, 1, 2}, Limit: 1},
		{ID: "R5", Kind: sod.AtMostRule, Duties: []int{2, 0}, Limit: r.IntN(2)},
		{ID: "R6", Kind: sod.RequiresRule, Duties: []int{0, 1}},
		{ID: "R7", Kind: sod.RequiresRule, Duties: []int{2, 0}},
		{ID: "R8", Kind: sod.PeopleRule, Duties: []int{0, 1, 2}, Limit: 2 + r.IntN(3)},
		{ID: "R9", Kind: sod.PeopleRule, Duties: []int{1, 2}, Limit: 2},
	}
	for i := range rules {
		rules[i].Severity = sod.High
		switch r.IntN(8) {
		case 0:
			rules[i].Where = []sod.AttrPattern{{Key: "dept", Pattern: "x"}}
		case 1:
			rules[i].Where = []sod.AttrPattern{{Key: "code", Pattern: "y"}, {Key: "dept", Pattern: "x"}, {Key: "dept", Pattern: "z"}}
		}
		if r.IntN(4) == 0 {
			rules[i].Same = "code"
		}
	}
	return rules
}

// eachRule returns a mutation of the policy's rules.
func eachRule(change func(*sod.Rule)) func(tiny) tiny {
	return func(w tiny) tiny {
		p := *w.policy
		p.Rules = slices.Clone(p.Rules)
		for i := range p.Rules {
			change(&p.Rules[i])
		}
		w.policy = &p
		return w
	}
}

// as turns rules of one kind into another.
func as(from, to sod.RuleKind) func(*sod.Rule) {
	return func(r *sod.Rule) {
		if r.Kind == from {
			r.Kind = to
		}
	}
}

// TestOracleNoticesRules catches engines that read rules otherwise.
func TestOracleNoticesRules(t *testing.T) {
	for name, change := range map[string]func(*sod.Rule){
		"judges everybody":                  func(r *sod.Rule) { r.Where = nil },
		"wants the first pattern":           func(r *sod.Rule) { r.Where = slices.CompactFunc(slices.Clone(r.Where), sameKey) },
		"mixes values":                      func(r *sod.Rule) { r.Same = "" },
		"allows one more":                   func(r *sod.Rule) { r.Limit++ },
		"allows one less":                   func(r *sod.Rule) { r.Limit-- },
		"takes at_most for a conflict":      as(sod.AtMostRule, sod.ConflictRule),
		"takes a conflict for people":       as(sod.PeopleRule, sod.ConflictRule),
		"takes what is required for denied": as(sod.RequiresRule, sod.ConflictRule),
		"turns what is required around": func(r *sod.Rule) {
			if r.Kind == sod.RequiresRule {
				r.Duties = []int{r.Duties[1], r.Duties[0]}
			}
		},
		"forgets the last duty": func(r *sod.Rule) {
			if len(r.Duties) > 2 {
				r.Duties = r.Duties[:2]
			}
		},
	} {
		t.Run(name, func(t *testing.T) { mustNotice(t, eachRule(change)) })
	}
}

func sameKey(a, b sod.AttrPattern) bool { return a.Key == b.Key }

// TestOracleNoticesAttributes catches engines that take not knowing for an answer.
func TestOracleNoticesAttributes(t *testing.T) {
	for _, key := range []string{"dept", "code"} {
		t.Run(key, func(t *testing.T) {
			mustNotice(t, func(w tiny) tiny {
				return w.with(func(f graph.Fact) (graph.Fact, bool) {
					n, is := f.(graph.Node)
					if is && w.attr(n.ID, key) == nil {
						n.Attrs = slices.Clone(n.Attrs)
						n.Attrs.Set(key, "unknown")
						return n, true
					}
					return f, true
				})
			})
		})
	}
}

// checkWitnesses holds the paths of a finding to what each kind of rule promises: one
// for each duty that is held, from the first subject who holds it most firmly.
func (w tiny) checkWitnesses(t *testing.T, seed uint64, f sod.Finding) {
	t.Helper()
	nodes, grants := w.nodes(), w.grants()
	edges := slices.Concat(grants, implied(nodes, grants))
	r := w.rule(f.Rule)
	in := instance{w, r, f.Same, nodes, map[reach.Mode]map[graph.ID]map[graph.ID]bool{}}
	var want []string
	for i, d := range r.Duties {
		if i > 0 && r.Kind == sod.RequiresRule {
			break
		}
		want = append(want, in.firmest(d, f, edges)...)
	}
	var got []string
	for _, wit := range f.Witness {
		got = append(got, fmt.Sprint(wit.Duty, " ", wit.Path.Mode(), " ", wit.Path.Nodes[0]))
		if !in.counts(wit.Path.End()) {
			t.Fatalf("seed %d: %s: %s does not count within %q", seed, f.Rule, wit.Path.End(), f.Same)
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("seed %d: %s %s: paths %q, want %q", seed, f.Rule, f.Subjects, got, want)
	}
}

// firmest returns "duty mode subject" for the first subject of a finding who holds a
// duty in the strongest mode in which any does.
func (in instance) firmest(duty int, f sod.Finding, edges []graph.Grant) []string {
	for m := reach.Standing; m <= f.Mode; m++ {
		in.ends[m] = map[graph.ID]map[graph.ID]bool{}
		for _, s := range f.Subjects {
			in.ends[m][s] = reached(s, edges, m)
			if in.held(s, m)[duty] {
				return []string{fmt.Sprint(in.w.policy.Duties[duty].ID, " ", m, " ", s)}
			}
		}
	}
	return nil
}
