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
			Severity: o.severity(), Control: o.text("control"),
		}
		rule.Kind, rule.Duties = r.verdict(o, places)
		r.policy.Rules = append(r.policy.Rules, rule)
	}
}

// verdict reads what the rule forbids.
func (r *reader) verdict(o object, places map[string]int) (sod.RuleKind, []int) {
	switch {
	case o.has("conflict") && o.has("critical"):
		o.errorf(o.node, "a rule is of one kind: conflict or critical")
	case o.has("conflict"):
		return sod.ConflictRule, r.conflict(o, places)
	case o.has("critical"):
		n := o.values["critical"]
		if i, ok := r.duty(n, "critical", places); ok {
			return sod.CriticalRule, []int{i}
		}
	case o.node.Kind == yaml.MappingNode && !laterKind(o.node):
		o.errorf(o.node, "a rule needs conflict or critical")
	}
	return 0, nil
}

func (r *reader) conflict(o object, places map[string]int) []int {
	var duties []int
	items := o.list("conflict", true)
	for _, n := range items {
		i, ok := r.duty(n, "conflict", places)
		switch {
		case ok && slices.Contains(duties, i):
			o.errorf(n, "conflict of a rule names %s twice", quote(n.Value))
		case ok:
			duties = append(duties, i)
		}
	}
	if len(items) == 1 {
		o.errorf(o.values["conflict"], "conflict of a rule needs at least two duties; a rule on one duty is critical")
	}
	return duties
}

// duty returns the place of the duty that an entry of a rule means. An ID
// pattern stands for an unnamed duty, which is made when it is first met.
func (r *reader) duty(n *yaml.Node, key string, places map[string]int) (int, bool) {
	name, ok := parseNode(r.mistakes, n, key+" of a rule", asIs)
	if !ok {
		return 0, false
	}
	if i, ok := places[name]; ok {
		return i, true
	}
	if !strings.Contains(name, ":") {
		r.unknown(n, fmt.Sprintf("unknown duty %s", quote(name)), r.duties.order, r.duties.none("duties"))
		return 0, false
	}
	p, err := sod.ParseIDPattern(name)
	if err != nil {
		r.errorf(n, "%s of a rule: %v", key, err)
		return 0, false
	}
	places[name] = len(r.policy.Duties)
	r.policy.Duties = append(r.policy.Duties, sod.Duty{ID: name, Holds: []sod.Selector{{ID: &p}}})
	return places[name], true
}
