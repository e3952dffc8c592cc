// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"
	"strings"

	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/reports"
)

// holdersTold is how many holders of the control plane are told one by one.
const holdersTold = 500

// controlPlane tells who controls everything.
func (d *doc) controlPlane() {
	p := d.packet
	if len(p.ControlPlane) == 0 {
		return
	}
	d.chapter("Control plane", false)
	d.say("Whoever holds it can obtain everything, and so break every rule. Findings that lead through it are told here once for each holder; their lines stand in the attached data.")
	d.skip(8)
	told := 0
	t := d.table(column{"Who", 17, false}, column{"Access", 6, false}, column{"How", 25, false}, column{"Findings", 5.5, true}, column{"Lines", 9, false})
	for _, h := range p.ControlPlane {
		if h.Mode == reach.Attainable {
			continue
		}
		if told++; told > holdersTold {
			continue
		}
		t.row(cell{{h.Label() + "  ", d.small().bold(d)}, {about(h.Subject), d.note()}}, cell{{access(h.Mode), d.small()}}, cell(d.path(h.Path)),
			cell{{reports.Number(len(h.Lines)), d.small()}}, cell{{lineNumbers(h.Lines, 4), d.small()}})
	}
	d.none(told, "Nobody holds it, neither standing nor eligible, as far as was read.")
	if more := told - holdersTold; more > 0 {
		d.flow(0, span{fmt.Sprintf("And %s more, in the attached data.", reports.Number(more)), d.note()})
	}
	could := reports.CouldHold(p.ControlPlane)
	if len(could) == 0 {
		return
	}
	d.head("Who could obtain it", firstRow)
	t = d.table(column{"By", 36, false}, column{"Subjects", 6, true})
	for _, c := range could {
		t.row(cell{{c.Label() + "  ", d.small().bold(d)}, {c.ID.String(), d.code()}}, cell{{reports.Number(c.Count), d.small()}})
	}
}

// attainable tells what could be reached, by what stands behind it.
func (d *doc) attainable() {
	p := d.packet
	if len(p.Attainable) == 0 {
		return
	}
	d.chapter("Attainable access", false)
	d.say("These subjects do not have the access, but control something that has it: they may reset its password, add to its members or its credentials. It is told by what they would use; the lines stand in the attached data.")
	for _, a := range p.Attainable {
		d.skip(12)
		d.need(90)
		d.flow(0, span{a.Cause.Label() + "  ", d.body().bold(d)}, span{a.Cause.ID.String(), d.code()})
		d.flow(0, span{fmt.Sprintf("%s: %s. %s: %s.", a.Says(), strings.Join(firstOf(a.Rules, 12), ", "), reports.Plural(len(a.Lines), "finding"), inLines(a.Lines)), d.small()})
		example := p.Findings[a.Lines[0]-1]
		d.flow(gutter, span{fmt.Sprintf("Line %d, %s, %s", example.Line, example.Rule, example.ID), d.note()})
		for _, s := range example.Subjects {
			d.flow(gutter, span{s.Label() + "  ", d.small().bold(d)}, span{about(s), d.note()})
		}
		for _, w := range example.Witness {
			d.flow(gutter, append([]span{{w.Title + ": ", d.small().bold(d)}}, d.path(w)...)...)
		}
		d.y += 4
		d.rule()
	}
}

func inLines(lines []int) string {
	if len(lines) == 1 {
		return "line " + lineNumbers(lines, 1)
	}
	return "lines " + lineNumbers(lines, 12)
}

// firstOf returns the first few and how many more there are.
func firstOf(all []string, n int) []string {
	if len(all) <= n {
		return all
	}
	return append(all[:n:n], reports.Number(len(all)-n)+" more")
}

// flaw tells of a rule that so many break that it is not about persons.
func (d *doc) flaw(f reports.Flaw) {
	d.skip(6)
	d.say(f.Says())
	d.flow(0, span{fmt.Sprintf("%s: %s; each is in the attached data.", reports.Plural(len(f.Lines), "finding"), inLines(f.Lines)), d.small()})
	d.skip(4)
	t := d.table(column{"What stands behind it", 36, false}, column{"Findings", 6, true})
	for _, c := range f.Causes {
		t.row(cell{{c.Label() + "  ", d.small().bold(d)}, {c.ID.String(), d.code()}}, cell{{reports.Number(c.Count), d.small()}})
	}
}
