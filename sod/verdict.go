// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"fmt"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// The kinds of findings of rules.
const (
	kindSoD       = "sod"
	kindCritical  = "critical"
	kindCollusion = "collusion"
	kindRequires  = "requires"
)

func (k RuleKind) findingKind() string {
	switch k {
	case CriticalRule:
		return kindCritical
	case PeopleRule:
		return kindCollusion
	case RequiresRule:
		return kindRequires
	}
	return kindSoD
}

// brokenBy is the only place that decides a rule: by which of its duties, by place,
// are held in the mode in question, and which in standing mode. Those of a people
// rule are held by several subjects together.
func (r *Rule) brokenBy(held, standing func(place int) bool) bool {
	switch r.Kind {
	case AtMostRule:
		n := 0
		for i := range r.Duties {
			if held(i) {
				n++
			}
		}
		return n > r.Limit
	case RequiresRule:
		return held(0) && !standing(1)
	}
	for i := range r.Duties {
		if !held(i) {
			return false
		}
	}
	return true
}

// breaks reports whether a subject breaks an instance at a level.
func (p *pass) breaks(l level, i instance, subject uint32) bool {
	has := func(c *reach.Closure) func(int) bool {
		return func(place int) bool { return c.Has(subject, i.labels[place]) }
	}
	return i.brokenBy(has(l.closure), has(p.proven[0].closure)) && l.exists(p.g, subject)
}

// mayBreak reports whether a subject could break an instance of a rule, going by all
// nodes of its duties, whatever their values.
func (p *pass) mayBreak(l level, r *scoped, subject uint32) bool {
	return r.Kind != PeopleRule && r.brokenBy(func(place int) bool { return l.closure.Has(subject, r.whole.labels[place]) }, never) &&
		p.judges(r.Rule, subject)
}

func never(int) bool { return false }

// judge finds, for each subject and instance, the strongest mode in which it is
// broken.
func (p *pass) judge() {
	weakest := p.proven[len(p.proven)-1]
	for _, s := range p.subjects {
		for i := range p.rules {
			r := &p.rules[i]
			if !p.mayBreak(weakest, r, s) {
				continue
			}
			for _, in := range r.instances {
				at := slices.IndexFunc(p.proven, func(l level) bool { return p.breaks(l, in, s) })
				if at >= 0 {
					p.findings = append(p.findings, p.finding(in, s, at))
				}
			}
		}
	}
}

// finding proves that a subject breaks a rule at a level: for each duty that it
// holds there the shortest path in the strongest mode in which it is held.
func (p *pass) finding(i instance, subject uint32, at int) Finding {
	f := Finding{
		Kind: i.Kind.findingKind(), Rule: i.ID, Severity: i.Severity, Mode: p.proven[at].view.Mode(),
		Subjects: []graph.ID{p.g.ID(subject)}, Same: i.value,
	}
	for place, duty := range i.Duties {
		if i.Kind == RequiresRule && place > 0 {
			break // what is missing has no path
		}
		for _, l := range p.proven[:at+1] {
			if path, ok := p.path(l, subject, i.labels[place]); ok {
				f.Witness = append(f.Witness, Witness{Duty: p.p.Duties[duty].ID, Path: path})
				break
			}
		}
	}
	f.Detail = p.detail(i, f)
	return f
}

func (p *pass) path(l level, subject uint32, label int) (reach.Path, bool) {
	if !l.closure.Has(subject, label) {
		return reach.Path{}, false
	}
	return l.maps.To(label).From(subject)
}

// detail says in words what a finding's subjects and paths do not.
func (p *pass) detail(i instance, f Finding) string {
	text := ""
	switch i.Kind {
	case AtMostRule:
		text = fmt.Sprintf("holds %d of %d duties; at most %d allowed", len(f.Witness), len(i.Duties), i.Limit)
	case RequiresRule:
		text = fmt.Sprintf("holds %s without %s", p.p.Duties[i.Duties[0]].words(), p.p.Duties[i.Duties[1]].words())
	}
	return i.scope(text)
}

// scope adds the value within which a rule is broken.
func (i instance) scope(text string) string {
	switch {
	case i.value == "":
		return text
	case text == "":
		return fmt.Sprintf("within %s %s", i.Same, i.value)
	}
	return fmt.Sprintf("%s, within %s %s", text, i.Same, i.value)
}

// words names a duty: its title, or its ID.
func (d Duty) words() string {
	if d.Title != "" {
		return fmt.Sprintf("%q", d.Title)
	}
	return d.ID
}
