// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/reports"
)

// cover draws the first page, which answers what a reader asks first.
func (d *doc) cover() {
	p := d.packet
	d.chapters = append(d.chapters, chapter{"Summary", 1, d.y})
	d.y += 4
	d.flow(0, span{kindOf(p), style{d.fonts.bold, 8, d.inks.accent}})
	d.flow(0, span{title, style{d.fonts.bold, 21, d.inks.ink}})
	d.flow(0, span{cut(head(p), 400), style{d.fonts.plain, 12, d.inks.soft}})
	d.y += 10
	d.rule()
	d.y += 10
	d.facts()
	d.y += 4
	d.verdict()
	d.figures()
	d.certified()
	d.whyNotAssessed()
	d.byControl()
}

// kindOf says what the document is.
func kindOf(p *reports.Packet) string {
	switch p.Annex {
	case reports.Withheld:
		return "REVIEW PACKET, WITHOUT ITS RESTRICTED ANNEX"
	case reports.Restricted:
		return "REVIEW PACKET, RESTRICTED ANNEX"
	}
	return "REVIEW PACKET"
}

// mostFact is how many lines a fact takes at most, so that the first page stays one.
const mostFact = 8

// facts tells what the packet is about, in two columns.
func (d *doc) facts() {
	p := d.packet
	pairs := [][2]string{
		{"Controls", strings.Join(controlIDs(p), ", ")},
		{"Judged as of", when(p.AsOf)},
		{"Period", stated(p.Period)},
		{"Data collected", span2(p.Snapshot.Started, p.Snapshot.Ended)},
		{"Policy", stated(p.Policy.Name)},
		{"Population", fmt.Sprintf("%s, %s", reports.Plural(p.Summary.Identities, "identity"), reports.Plural(p.Summary.Accounts, "account"))},
		{"Prepared by", stated(p.PreparedBy)},
		{"Prepared at", whenStated(p.PreparedAt)},
	}
	half := (d.width() - 24) / 2
	for i := 0; i < len(pairs); i += 2 {
		high := 0.0
		for k, pair := range pairs[i : i+2] {
			x := left + float64(k)*(half+24)
			d.put(x, d.y, d.label(), pair[0])
			lines := set([]span{{pair[1], d.body()}}, half)
			if i+k == 0 && len(lines) > 4 {
				lines = append(lines[:3], set([]span{{"… in full in chapter Controls", d.note()}}, half)[0])
			}
			if len(lines) > mostFact {
				lines = append(lines[:mostFact], set([]span{{"…", d.note()}}, half)[0])
			}
			high = max(high, d.lines(x, d.y+10, lines, d.body().leading()))
		}
		d.y += high + 17
	}
}

func when(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

func whenStated(t time.Time) string {
	if t.IsZero() {
		return "not stated"
	}
	return when(t)
}

// span2 prints the beginning and the end of something.
func span2(from, to time.Time) string {
	switch {
	case from.IsZero() && to.IsZero():
		return "not stated"
	case from.IsZero():
		return "until " + when(to)
	case to.IsZero():
		return "from " + when(from)
	case from.Format(time.DateOnly) == to.Format(time.DateOnly):
		return from.UTC().Format("2 January 2006, 15:04") + " to " + to.UTC().Format("15:04 UTC")
	}
	return when(from) + " to " + when(to)
}

// verdict sets the one sentence in a panel.
func (d *doc) verdict() {
	s := style{d.fonts.bold, 10.5, d.inks.ink}
	lines := set([]span{{sentence(d.packet.Verdict()), s}}, d.width()-34)
	y, w, h := d.y, d.width(), s.leading()*float64(len(lines))+20
	d.mark(func(p *pen) { p.fill(left, y, w, h, d.inks.panel); p.fill(left, y, 3, h, d.inks.accent) })
	d.lines(left+17, y+10, lines, s.leading())
	d.y += h + 14
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// figures draws the four numbers.
func (d *doc) figures() {
	m := d.packet.Summary
	fresh := "no earlier report given"
	count := "–"
	if d.packet.Changes != nil {
		fresh, count = "open, not in the report of "+d.packet.Changes.AsOf.Format(time.DateOnly), reports.Number(m.New)
	}
	tiles := [][3]string{
		{reports.Number(m.Open), "findings open", d.bySeverity()},
		{reports.Number(m.Accepted), "findings accepted", "as declared in the policy"},
		{count, "findings new", fresh},
		{reports.Number(m.NotAssessedRows), "rows NOT ASSESSED", d.hidden()},
	}
	gap := 10.0
	w := (d.width() - 3*gap) / 4
	const h = 66
	for i, t := range tiles {
		x, y := left+float64(i)*(w+gap), d.y
		d.mark(func(p *pen) { p.line(x, y, x+w, y, 1.2, d.inks.accent) })
		d.put(x, y+5, style{d.fonts.bold, 20, d.inks.ink}, t[0])
		d.put(x, y+32, d.small().bold(d), t[1])
		d.lines(x, y+43, set([]span{{t[2], style{d.fonts.plain, 7, d.inks.soft}}}, w), 9)
	}
	d.y += h + 6
}

func (d *doc) bySeverity() string {
	var parts []string
	for _, s := range d.packet.Summary.Severities {
		if s.Open > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", reports.Number(s.Open), s.Severity))
		}
	}
	if len(parts) == 0 {
		return "in the assessed scope"
	}
	return strings.Join(parts, ", ")
}

// hidden says what rows without an assessment stand for.
func (d *doc) hidden() string {
	m := d.packet.Summary
	var parts []string
	if m.NotAssessedRows > 0 {
		parts = append(parts, reports.Plural(m.NotAssessed, "known subject"))
	}
	if m.AcceptedRows > 0 {
		parts = append(parts, reports.Plural(m.AcceptedRows, "more row")+" behind accepted gaps")
	}
	if len(parts) == 0 {
		return "everything in scope was assessed"
	}
	return strings.Join(parts, "; ")
}

func (d *doc) byControl() {
	p := d.packet
	t := d.table(column{"Control", 7, false}, column{"Promise and owner", 20, false}, column{"Open", 4, true}, column{"Accepted", 5.5, true}, column{"Not assessed", 7.5, true}, column{"Result", 22, false})
	var rows [][]cell
	for _, c := range p.Controls[:min(8, len(p.Controls))] {
		rows = append(rows, []cell{
			{{stated(c.ID), d.small().bold(d)}},
			cell{{cut(stated(c.Title), 90), d.small()}, {"  " + owned(c), d.note()}},
			{{reports.Number(c.Open), d.small()}},
			{{reports.Number(c.Accepted), d.small()}},
			{{reports.Number(c.NotAssessedRows), d.small()}},
			{{c.Statement, d.small()}},
		})
	}
	t.whole("By control", rows)
	if n := len(p.Controls) - len(rows); n > 0 {
		d.y += 4
		d.flow(0, span{reports.Plural(n, "more control") + ": see chapter Controls.", d.note()})
	}
}

func owned(c reports.Control) string {
	if c.Owner.ID.IsZero() {
		return "owner not stated"
	}
	return cut(c.Owner.Label(), 40)
}

func (d *doc) whyNotAssessed() {
	p := d.packet
	d.head("Not assessed, and why", firstRow)
	rows := p.Unassessed()
	if len(rows) == 0 {
		d.say("Everything in scope was assessed.")
		return
	}
	t := d.table(column{"Line", 3, true}, column{"Rule or check", 10, false}, column{"Access", 6, false}, column{"Subjects", 6, true}, column{"Reason", 32, false})
	for i, n := range rows {
		if i == 4 {
			d.y += 4
			d.flow(0, span{reports.Plural(len(rows)-i, "more row") + ": see chapter Not assessed.", d.note()})
			break
		}
		t.row(d.notAssessedCells(n, cut(n.Reason, 160))...)
	}
}

func (d *doc) notAssessedCells(n reports.Unassessed, reason string) []cell {
	subjects := "unknown"
	if n.Subjects > 0 {
		subjects = reports.Number(n.Subjects)
	}
	why := cell{{reason, d.small()}}
	if n.Accepted {
		why = append(why, span{"  gap accepted, as declared", d.note()})
	}
	return []cell{
		{{n.LineText(), d.small()}}, {{n.Rule, d.small().bold(d)}}, {{n.Access(), d.small()}}, {{subjects, d.small()}}, why,
	}
}
