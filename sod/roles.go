// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"cmp"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// RoleConflict is the check that finds groups and roles which by themselves give all
// sides of a rule to whoever holds them. Its findings are of this kind, and each is of
// the rule that is broken.
const RoleConflict = "role-conflict"

// roleCheck returns the policy's check of groups and roles, if it lists it.
func (p *Policy) roleCheck() (Check, bool) {
	i := slices.IndexFunc(p.Checks, func(c Check) bool { return c.Name == RoleConflict })
	if i < 0 {
		return Check{}, false
	}
	return p.Checks[i], true
}

// findContainers lists groups and roles, each as the state of who holds it directly.
func (e *evaluation) findContainers() []uint32 {
	var all []uint32
	for _, k := range []graph.Kind{graph.Group, graph.Role} {
		lo, hi := e.g.Range(k)
		for n := lo; n < hi; n++ {
			all = append(all, e.views[0].AsHeld(n))
		}
	}
	return all
}

// judgeContainers judges groups and roles as if they were subjects, by the rules on
// what one subject may hold.
func (p *pass) judgeContainers(c Check) {
	asked := *p.evaluation
	asked.subjects, asked.findings, asked.unknown = p.containersOf(c), nil, nil
	q := *p
	q.evaluation, q.rules = &asked, nil
	for _, r := range p.rules {
		if r.Kind != CriticalRule && r.Kind != RequiresRule {
			q.rules = append(q.rules, r.forContainers())
		}
	}
	q.indexRules()
	q.judge()
	q.judgeGaps()
	var unsure scopeRows
	for _, f := range asked.findings {
		if q.passesOn(f) || unsure.take(p.g, c, f) {
			continue
		}
		f.Kind, f.Severity = RoleConflict, cmp.Or(c.Severity, f.Severity)
		f.Detail = strings.TrimPrefix(f.Detail+"; by itself, whoever holds it", "; ")
		p.findings = append(p.findings, f)
	}
	for _, row := range asked.unknown {
		row.Reason = "whether groups or roles alone give all sides: " + row.Reason
		p.unknown = append(p.unknown, row)
	}
	p.unknown = append(p.unknown, unsure...)
}

// forContainers returns the rule as it is for a group or role: it leaves out none by
// their attributes, and one that holds what people must not hold together breaks it.
func (r scoped) forContainers() scoped {
	rule := *r.Rule
	rule.Where = nil
	if rule.Kind == PeopleRule {
		rule.Kind = ConflictRule
	}
	r.Rule, r.whole.Rule = &rule, &rule
	r.instances = slices.Clone(r.instances)
	for i := range r.instances {
		r.instances[i].Rule = &rule
	}
	return r
}

// passesOn reports whether a finding of a group or role is only that of another one
// which it is in: that one breaks the rule by itself as firmly, and does not lead back.
func (p *pass) passesOn(f Finding) bool {
	r := p.rules[slices.IndexFunc(p.rules, func(r scoped) bool { return r.ID == f.Rule })]
	in := &r.instances[slices.IndexFunc(r.instances, func(i instance) bool { return i.value == f.Same })]
	l := p.proven[slices.IndexFunc(p.proven, func(l level) bool { return l.view.Mode() == f.Mode })]
	n, _ := p.g.Find(f.Subjects[0])
	return slices.ContainsFunc(l.view.Next(l.view.AsHeld(n)), func(s uint32) bool {
		if kind := p.idOf(s).Kind; kind != graph.Group && kind != graph.Role {
			return false
		}
		return p.breaks(l, in, s) && !slices.Contains(l.view.Reached(s), n)
	})
}
