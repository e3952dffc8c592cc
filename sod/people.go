// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"fmt"
	"iter"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// judgePeople finds, for each instance of a people rule, the strongest mode in which
// too few subjects hold all of its duties together.
func (p *pass) judgePeople() {
	for _, in := range p.together() {
		for at, l := range p.proven {
			c, size := p.coalition(l, in)
			if c.exhausted() {
				p.giveUp(in, l)
			}
			if size > 0 {
				f := p.collusion(in, c, size, at)
				p.noteInvolved(in, &f)
				p.findings = append(p.findings, f)
				break
			}
		}
	}
}

// together returns the instances of people rules.
func (p *pass) together() []*instance {
	var all []*instance
	for i := range p.rules {
		if p.rules[i].Kind != PeopleRule {
			continue
		}
		for j := range p.rules[i].instances {
			all = append(all, &p.rules[i].instances[j])
		}
	}
	return all
}

// coalition looks for fewer subjects than a rule wants who hold all duties at a level;
// the size is 0 when there are none.
func (p *pass) coalition(l level, in *instance) (c *cover, size int) {
	c = p.cover(l, in)
	return c, c.smallest(in.Limit)
}

// cover groups those who hold any of the duties of an instance at a level.
func (p *pass) cover(l level, in *instance) *cover {
	at := map[string]int{}
	var crews []crew
	for s, holds := range p.holders(l, in) {
		i, known := at[holds.key()]
		if !known {
			i = len(crews)
			at[holds.key()] = i
			crews = append(crews, crew{holds: holds, first: s})
		}
		crews[i].size++
	}
	return newCover(len(in.labels), crews)
}

// holders yields everybody whom a rule judges and who holds any of its duties at a
// level, in order, with the duties.
func (p *pass) holders(l level, in *instance) iter.Seq2[uint32, dutySet] {
	return func(yield func(uint32, dutySet) bool) {
		for _, s := range p.everyone {
			holds, any := newDutySet(len(in.labels)), false
			for place, label := range in.labels {
				if l.closure.Has(s, label) {
					holds.add(place)
					any = true
				}
			}
			if any && p.exists(l, s) && p.judges(in.Rule, s) && !yield(s, holds) {
				return
			}
		}
	}
}

func (p *pass) giveUp(in *instance, l level) {
	p.unknown = append(p.unknown, NotAssessed{
		Rule: in.ID, Mode: l.view.Mode(),
		Reason: in.scope(fmt.Sprintf("whether fewer than %d subjects together hold all duties was not found out within %d steps", in.Limit, maxSearch)),
	})
}

// collusion proves that a coalition holds every duty.
func (p *pass) collusion(in *instance, c *cover, size, at int) Finding {
	who := c.first(size)
	count, all := c.count(size)
	mode := p.proven[at].view.Mode()
	f := Finding{
		Kind: kindCollusion, Rule: in.ID, Severity: in.SeverityIn(mode), Mode: mode,
		Subjects: p.ids(who), Same: in.value, Coalitions: count, AtLeast: !all,
	}
	for place, duty := range in.Duties {
		f.Witness = append(f.Witness, Witness{Duty: p.p.Duties[duty].ID, Path: p.pathOf(who, in.labels[place], at)})
	}
	f.Detail = in.scope(f.together(len(in.Duties)))
	return f
}

func (e *evaluation) ids(nodes []uint32) []graph.ID {
	all := make([]graph.ID, len(nodes))
	for i, n := range nodes {
		all[i] = e.g.ID(n)
	}
	return all
}

// pathOf returns the path of the first member who holds a duty in the strongest mode
// in which any does.
func (p *pass) pathOf(who []uint32, label, at int) reach.Path {
	for _, l := range p.proven[:at+1] {
		for _, s := range who {
			if path, ok := p.path(l, s, label); ok {
				return path
			}
		}
	}
	return reach.Path{}
}

// together says who holds all of so many duties, and how many others do.
func (f *Finding) together(duties int) string {
	noun, verb := "people", "together hold"
	isPerson := func(id graph.ID) bool { return id.Kind == graph.Identity }
	if !slices.ContainsFunc(f.Subjects, isPerson) || slices.ContainsFunc(f.Subjects, func(id graph.ID) bool { return !isPerson(id) }) {
		noun = "subjects"
	}
	text := fmt.Sprintf("%d %s %s all %d duties", len(f.Subjects), noun, verb, duties)
	if len(f.Subjects) == 1 {
		text = fmt.Sprintf("one %s alone holds all %d duties", map[string]string{"people": "person", "subjects": "subject"}[noun], duties)
	}
	least := ""
	if f.AtLeast {
		least = "at least "
	}
	switch {
	case f.Coalitions == 1 && !f.AtLeast:
		return text + "; no others so few do"
	case len(f.Subjects) == 1:
		return fmt.Sprintf("%s; %s%d do", text, least, f.Coalitions)
	}
	return fmt.Sprintf("%s; %s%d groups of %d do", text, least, f.Coalitions, len(f.Subjects))
}

// doubtPeople says of which people rules it is not assessed whether hidden grants
// make a coalition.
func (g *gapRows) doubtPeople() {
	for _, in := range g.together() {
		if g.told[doubt{in: in}] || !g.concerns(in) {
			continue
		}
		if _, size := g.coalition(g.known[0], in); size > 0 {
			continue
		}
		c, size := g.coalition(g.possible, in)
		if c.exhausted() && size == 0 {
			g.giveUp(in, g.possible)
		}
		if size > 0 {
			g.addCoalition(in, c.first(size))
			g.told[doubt{in: in}] = true
		}
	}
}

// concerns reports whether somebody who is asked for may hold one of the duties. When
// the whole company is judged, somebody always is.
func (g *gapRows) concerns(in *instance) bool {
	return len(g.subjects) == len(g.everyone) || slices.ContainsFunc(in.labels, func(label int) bool {
		return g.possible.closure.Has(g.subjects[0], label)
	})
}

// addCoalition adds a row: it has the coalition for examples and its size for
// subjects.
func (g *gapRows) addCoalition(in *instance, who []uint32) {
	var gaps reach.GapSet
	for _, label := range in.labels {
		proven := func(s uint32) bool { return g.known[0].closure.Has(s, label) }
		possible := func(s uint32) bool { return g.possible.closure.Has(s, label) }
		if i := slices.IndexFunc(who, possible); i >= 0 && !slices.ContainsFunc(who, proven) {
			gaps = g.possible.maps.Join(gaps, g.possible.maps.To(label).Gaps(who[i]))
		}
	}
	row := NotAssessed{Rule: in.ID, Mode: g.possible.view.Mode(), Subjects: len(who), Examples: g.ids(who), Accepted: g.stage.accepted, Together: true, Same: in.value}
	row.Gaps, row.Reason = tell(g.stage.unread, g.possible.maps.Gaps(gaps))
	row.Reason = in.scope(row.Reason)
	g.unknown = append(g.unknown, row)
}
