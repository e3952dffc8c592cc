// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

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
			Severity: o.severity(), Control: o.text("control"), Where: patterns(o, "where"), Same: o.text("same"),
		}
		r.verdict(o, places, &rule)
		r.policy.Rules = append(r.policy.Rules, rule)
	}
}

// kinds are the keys that say of which kind a rule is, and the key beside each that
// it needs.
func kinds() [][2]string {
	return [][2]string{{"conflict", ""}, {"at_most", "of"}, {"people", "of"}, {"critical", ""}, {"requires", "holds"}}
}

// verdict reads what the rule forbids.
func (r *reader) verdict(o object, places map[string]int, rule *sod.Rule) {
	var named []string
	for _, k := range kinds() {
		if o.has(k[0]) {
			named = append(named, k[0])
		}
	}
	switch {
	case o.node.Kind != yaml.MappingNode:
	case len(named) == 0:
		o.errorf(o.node, "a rule needs conflict, at_most, people, critical or holds with requires")
	case len(named) > 1:
		o.errorf(o.node, "a rule is of one kind: %s", strings.Join(named, " or "))
	default:
		r.beside(o, named[0])
		r.ofKind(o, named[0], places, rule)
	}
}

// beside looks at the keys that belong to one kind of rule only.
func (r *reader) beside(o object, kind string) {
	for _, k := range kinds() {
		if k[0] == kind && k[1] != "" {
			o.need(k[1])
		}
	}
	for _, key := range []string{"of", "holds"} {
		belongs := slices.Contains(kinds(), [2]string{kind, key})
		if o.has(key) && !belongs {
			o.errorf(o.values[key], "%q does not go with %s", key, kind)
		}
	}
}

func (r *reader) ofKind(o object, kind string, places map[string]int, rule *sod.Rule) {
	switch kind {
	case "conflict":
		rule.Kind, rule.Duties = sod.ConflictRule, r.several(o, "conflict", places)
	case "critical":
		rule.Kind, rule.Duties = sod.CriticalRule, r.one(o, "critical", places)
	case "at_most":
		rule.Kind, rule.Duties = sod.AtMostRule, r.several(o, "of", places)
		if most := len(rule.Duties) - 1; most > 0 {
			rule.Limit = o.number("at_most", 0, most, "more can never be broken")
		}
	case "people":
		rule.Kind, rule.Duties = sod.PeopleRule, r.several(o, "of", places)
		rule.Limit = o.number("people", 2, maxPeople, "fewer is no rule, and more is not judged")
	case "requires":
		rule.Kind = sod.RequiresRule
		rule.Duties = append(r.one(o, "holds", places), r.one(o, "requires", places)...)
		if len(rule.Duties) == 2 && rule.Duties[0] == rule.Duties[1] {
			o.errorf(o.values["requires"], "a rule that requires what it is about can never be broken")
		}
	}
}

// maxPeople is the largest coalition that is looked for: one less than this.
const maxPeople = 8

// one reads a key that names one duty.
func (r *reader) one(o object, key string, places map[string]int) []int {
	if n, ok := o.values[key]; ok {
		if i, ok := r.duty(o, n, key, places); ok {
			return []int{i}
		}
	}
	return nil
}

// several reads a key that lists at least two duties, each once.
func (r *reader) several(o object, key string, places map[string]int) []int {
	if !o.has(key) {
		return nil
	}
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
