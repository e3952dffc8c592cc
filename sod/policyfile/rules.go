// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

func (r *reader) readRules(policy object) {
	places := map[string]int{} // of duties, named and unnamed
	for i, d := range r.policy.Duties {
		if _, taken := places[d.ID]; !taken {
			places[d.ID] = i
		}
	}
	for _, o := range policy.objects("rules", ruleSection) {
		o.need("id", "severity")
		r.rules.declare(o, "rule")
		rule := sod.Rule{
			ID: o.word("id"), Title: o.text("title"), Risk: o.text("risk"), Process: o.text("process"),
			Control: o.text("control"), Where: where(o), Same: parsed(o, "same", parseAttr),
		}
		if slices.Contains(checkNames(), rule.ID) {
			o.errorf(o.values["id"], "rule %s has the name of a check: findings and acceptances are told apart by it", quote(rule.ID))
		}
		o.severities(&rule)
		r.verdict(o, places, &rule)
		r.policy.Rules = append(r.policy.Rules, rule)
	}
}

// severities reads how severe breaches of a rule are: a word, or a mapping of modes to
// words. What is held less firmly must not matter more: a rule is judged in the
// strongest mode alone in which it is broken.
func (o object) severities(r *sod.Rule) {
	n := o.values["severity"]
	if n == nil || n.Kind != yaml.MappingNode {
		r.Severity = o.severity()
		return
	}
	by := o.object(n, severitySection)
	by.need("standing")
	r.Severity = parsed(by, "standing", sod.ParseSeverity)
	r.WhenEligible = parsed(by, "eligible", sod.ParseSeverity)
	r.WhenAttainable = parsed(by, "attainable", sod.ParseSeverity)
	for m := reach.Eligible; m <= reach.Attainable && r.Severity != 0; m++ {
		if now, before := r.SeverityIn(m), r.SeverityIn(m-1); now > before {
			o.errorf(by.values[m.String()], "%s of %s: %s is more than %s when %s; what is held less firmly cannot matter more", m, by.what, now, before, m-1)
		}
	}
}

// A form is how a rule of one kind is written: the keys that only it needs. One
// key may serve several kinds; the kind is told by those in says.
type form struct {
	kind sod.RuleKind
	says []string // any of these makes a rule of this kind
	keys []string // all that it needs
}

func forms() []form {
	return []form{
		{sod.ConflictRule, []string{"conflict"}, []string{"conflict"}},
		{sod.AtMostRule, []string{"at_most"}, []string{"at_most", "of"}},
		{sod.PeopleRule, []string{"people"}, []string{"people", "of"}},
		{sod.CriticalRule, []string{"critical"}, []string{"critical"}},
		{sod.RequiresRule, []string{"holds", "requires"}, []string{"holds", "requires"}},
	}
}

const kindWords = "conflict, critical, at_most with of, people with of, or holds with requires"

// verdict reads what the rule forbids.
func (r *reader) verdict(o object, places map[string]int, rule *sod.Rule) {
	var meant []form
	for _, f := range forms() {
		if slices.ContainsFunc(f.says, o.has) {
			meant = append(meant, f)
		}
	}
	switch {
	case o.node.Kind != yaml.MappingNode: // already told
	case len(meant) > 1:
		o.errorf(o.node, "a rule is of one kind, and this one has %s and %s; make each a rule of its own", o.first(meant[0].says), o.first(meant[1].says))
	case len(meant) == 1:
		r.ofKind(o, meant[0], places, rule)
	case o.has("of"):
		o.errorf(o.values["of"], "of is part of a rule with at_most or people: say how many of these duties one may hold, or how many people they need")
	default:
		o.errorf(o.node, "a rule needs %s", kindWords)
	}
}

// first returns the first of keys that is there.
func (o object) first(keys []string) string { return keys[slices.IndexFunc(keys, o.has)] }

func (r *reader) ofKind(o object, f form, places map[string]int, rule *sod.Rule) {
	for _, key := range f.keys {
		if !o.has(key) {
			o.errorf(o.node, "a rule with %s needs %s", o.first(f.says), key)
		}
	}
	if o.has("of") && !slices.Contains(f.keys, "of") {
		o.errorf(o.values["of"], "of does not go with %s; it is part of a rule with at_most or people", o.first(f.says))
	}
	rule.Kind = f.kind
	switch f.kind {
	case sod.ConflictRule:
		rule.Duties = r.several(o, "conflict", places)
	case sod.CriticalRule:
		rule.Duties = r.one(o, "critical", places)
	case sod.AtMostRule:
		rule.Duties = r.several(o, "of", places)
		rule.Limit = o.atMost()
	case sod.PeopleRule:
		rule.Duties = r.several(o, "of", places)
		rule.Limit = o.number("people", 2, maxPeople, "; one person alone is a conflict, and larger groups are not looked for")
	case sod.RequiresRule:
		rule.Duties = r.requires(o, places)
	}
}

// maxPeople is the largest number that a people rule may ask for: it is judged by
// looking for groups of one less.
const maxPeople = 8

// atMost reads how many duties of a rule may meet. As many as there are forbid
// nothing.
func (o object) atMost() int {
	hi, why := math.MaxInt16, ""
	if of := o.values["of"]; of != nil && of.Kind == yaml.SequenceNode && len(of.Content) > 1 {
		hi, why = len(of.Content)-1, fmt.Sprintf(": a rule that allows all of its %d duties forbids nothing", len(of.Content))
	}
	return o.number("at_most", 0, hi, why)
}

// several reads a list of different duties, two or more.
func (r *reader) several(o object, key string, places map[string]int) []int {
	var duties []int
	items := o.list(key, true)
	for _, n := range items {
		i, ok := r.duty(o, n, key, places)
		switch {
		case ok && slices.Contains(duties, i):
			o.errorf(n, "%s of a rule names %s twice", key, quote(n.Value))
		case ok:
			duties = append(duties, i)
		}
	}
	if len(items) == 1 {
		o.errorf(o.values[key], "%s of a rule needs at least two duties; a rule on one duty is critical", key)
	}
	return duties
}

// one reads the one duty at key; none when it is missing.
func (r *reader) one(o object, key string, places map[string]int) []int {
	if !o.has(key) {
		return nil
	}
	if i, ok := r.duty(o, o.values[key], key, places); ok {
		return []int{i}
	}
	return nil
}

func (r *reader) requires(o object, places map[string]int) []int {
	duties := append(r.one(o, "holds", places), r.one(o, "requires", places)...)
	if len(duties) == 2 && duties[0] == duties[1] {
		o.errorf(o.values["requires"], "requires of a rule names %s, which it is about: whoever holds it holds it", quote(o.values["requires"].Value))
	}
	return duties
}

// duty returns the place of the duty that an entry of a rule means. An ID
// pattern stands for an unnamed duty, which is made when it is first met.
func (r *reader) duty(o object, n *yaml.Node, key string, places map[string]int) (int, bool) {
	name, ok := parseNode(o.mistakes, n, key+" of a rule", asIs)
	if !ok {
		return 0, false
	}
	if i, ok := places[name]; ok {
		return i, true
	}
	if !strings.Contains(name, ":") {
		o.unknown(n, fmt.Sprintf("unknown duty %s", quote(name)), r.duties.order, r.duties.none("duties"))
		return 0, false
	}
	p, err := sod.ParseIDPattern(name)
	if err != nil {
		o.errorf(n, "%s of a rule: %v", key, err)
		return 0, false
	}
	places[name] = len(r.policy.Duties)
	r.policy.Duties = append(r.policy.Duties, sod.Duty{ID: name, Holds: []sod.Selector{{ID: &p}}})
	return places[name], true
}
