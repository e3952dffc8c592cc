// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"
	"strings"

	"github.com/foureyes-iga/foureyes/reports"
)

// remediation tells what to revoke, and how far each step leads.
func (d *doc) remediation() {
	r := d.packet.Remediation
	if r == nil {
		return
	}
	d.chapter("The least-cost way out", false)
	d.say(sentence(r.Verdict))
	d.say("Scope " + r.Scope + ". The cost of a revocation is how many subjects can use the grant, unless a cost file says otherwise. The order is that in which each step clears most for what it costs. " +
		"The proof that nothing costs less is in the plan that foureyes remedy writes, and foureyes remedy verify checks it.")
	d.skip(6)
	d.curve(r.Curve)
	t := d.table(column{"Step", 3.5, true}, column{"Revoke", 34, false}, column{"Cost", 4, true}, column{"Clears lines", 10, false}, column{"Whom to ask", 16, false})
	for _, s := range r.Steps {
		var owners []string
		for _, o := range s.Owners {
			owners = append(owners, o.Label())
		}
		t.row(cell{{reports.Number(s.Number), d.small()}}, cell{{s.From.Label() + " " + s.Verb + " ", d.small()}, {s.To.Label(), d.small().bold(d)}},
			cell{{reports.Number(s.Cost), d.small()}}, cell{{dash(lineNumbers(s.Clears, 6)), d.small()}}, cell{{known(strings.Join(owners, ", ")), d.small()}})
	}
	d.none(len(r.Steps), "There is nothing to revoke.")
	if len(r.Blocked) == 0 {
		return
	}
	d.head("What nothing clears that may be revoked", 40)
	t = d.table(column{"Finding", 14, false}, column{"Rule", 10, false}, column{"Subject", 14, false}, column{"Kept by", 30, false})
	for _, b := range r.Blocked {
		var kept []string
		for _, g := range b.Kept {
			kept = append(kept, g.From.Label()+" → "+g.To.Label())
		}
		t.row(cell{{b.ID, d.code()}}, cell{{b.Rule, d.small()}}, cell{{b.Subject.Label(), d.small()}}, cell{{dash(strings.Join(kept, "; ")), d.small()}})
	}
}

// curve draws how many findings are left, against what was spent.
func (d *doc) curve(points []reports.CurvePoint) {
	if len(points) < 2 {
		return
	}
	const h, side = 110.0, 30.0
	d.need(h + 40)
	last := points[len(points)-1]
	w := d.width() - side
	x := func(cost int) float64 { return left + side + w*float64(cost)/float64(max(last.Cost, 1)) }
	y, most := d.y, max(points[0].Left, 1)
	level := func(n int) float64 { return y + h - h*float64(n)/float64(most) }
	d.mark(func(p *pen) {
		p.line(left+side, y+h, left+side+w, y+h, 0.5, d.inks.rule)
		p.line(left+side, y, left+side, y+h, 0.5, d.inks.rule)
		for i, a := range points[:len(points)-1] {
			b := points[i+1]
			p.line(x(a.Cost), level(a.Left), x(b.Cost), level(a.Left), 1.4, d.inks.accent)
			p.line(x(b.Cost), level(a.Left), x(b.Cost), level(b.Left), 1.4, d.inks.accent)
		}
	})
	d.putRight(left+side-4, y-4, d.note(), reports.Number(points[0].Left))
	d.putRight(left+side-4, level(last.Left)-8, d.note(), reports.Number(last.Left))
	d.put(left+side, y+h+4, d.note(), fmt.Sprintf("Findings left (up) against what was spent (across, to %s)", reports.Number(last.Cost)))
	d.y += h + 24
}
