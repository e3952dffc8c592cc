// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"
	"strings"

	"github.com/foureyes-iga/foureyes/reports"
)

func (d *doc) accounts() {
	p := d.packet
	d.chapter("Accounts of the people in findings", false)
	if len(p.Accounts) == 0 {
		d.say("Nobody in a finding has an account in the snapshot.")
		return
	}
	d.say("Every login of everybody in a finding, open or accepted, as the sources tell it. What a source does not tell is unknown.")
	if p.Annex == reports.Withheld {
		d.say("Second factors, and accounts that are only in findings about them, are in the restricted annex.")
	}
	d.skip(8)
	t := d.table(column{"Holder", 15, false}, column{"Account", 17, false}, column{"Status", 7, false}, column{"Type", 7, false}, column{"Created", 8, false}, column{"Last sign-in", 9, false}, column{"MFA", 7, false}, column{"Lines", 7, false})
	for _, a := range p.Accounts {
		holder := "not known"
		if !a.Holder.ID.IsZero() {
			holder = a.Holder.Label()
		}
		t.row(cell{{holder, d.small()}}, cell{{a.Label() + "  ", d.small().bold(d)}, {string(a.ID.Source), d.note()}}, cell{{known(a.Status), d.small()}}, cell{{known(a.Type), d.small()}},
			cell{{known(a.Created), d.small()}}, cell{{known(a.LastUse), d.small()}}, cell{{known(a.MFA), d.small()}}, cell{{lineNumbers(a.Lines, 4), d.small()}})
	}
}

func (d *doc) controls() {
	p := d.packet
	d.chapter("Controls, rules and duties", false)
	d.head("Controls and their owners", firstRow)
	t := d.table(column{"Control", 8, false}, column{"Promise", 20, false}, column{"Owner", 13, false}, column{"Frameworks, as declared", 18, false}, column{"Rules and checks", 14, false})
	for _, c := range p.Controls {
		t.row(cell{{stated(c.ID), d.small().bold(d)}}, cell{{stated(c.Title), d.small()}}, cell{{stated(c.Owner.Label()), d.small()}}, cell{{stated(strings.Join(c.Frameworks, ", ")), d.small()}}, cell{{strings.Join(c.Rules, ", "), d.small()}})
	}
	d.none(len(p.Controls), "The policy names no control.")
	d.head("Rules and checks", firstRow)
	t = d.table(column{"Rule or check", 10, false}, column{"What it forbids", 24, false}, column{"Severity", 7, false}, column{"Control", 7, false}, column{"Duties", 12, false}, column{"Open", 4.5, true}, column{"Accepted", 6, true}, column{"Not assessed", 7.5, true})
	for _, r := range p.Rules {
		t.row(cell{{r.ID, d.small().bold(d)}}, cell{{r.Title, d.small()}}, d.severities(r), cell{{stated(r.Control), d.small()}}, cell{{dash(strings.Join(r.Duties, ", ")), d.small()}, {aside(r.Terms), d.note()}},
			cell{{reports.Number(r.Open), d.small()}}, cell{{reports.Number(r.Accepted), d.small()}}, cell{{reports.Number(r.NotAssessedRows), d.small()}})
	}
	d.head("Duties", firstRow)
	t = d.table(column{"Duty", 9, false}, column{"Lets a person", 18, false}, column{"Any one of", 28, false}, column{"Matched", 6, true})
	for _, x := range p.Duties {
		t.row(cell{{x.ID, d.small().bold(d)}}, cell{{stated(x.Title), d.small()}}, cell{{strings.Join(x.Holds, "; "), d.small()}}, cell{{x.Matched.String(), d.small()}})
	}
}

// aside sets words apart from what comes before them.
func aside(s string) string {
	if s == "" {
		return ""
	}
	return "  " + s
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func (d *doc) annex() {
	p := d.packet
	d.chapter("Annex: digests and words", false)
	d.head("Digests", 60)
	for _, x := range [][2]string{
		{"Snapshot", p.Snapshot.Digest}, {"Content", p.Snapshot.Content}, {"Policy", p.Policy.Digest}, {"Made by", p.Snapshot.Tool},
	} {
		d.need(14)
		d.put(left, d.y+1, d.label(), x[0])
		d.flow(62, span{stated(x[1]), d.code().in(d.inks.ink)})
		d.y += 3
	}
	if f := p.Font; f != nil {
		d.flow(0, span{fmt.Sprintf("Characters that the document's own faces lack are drawn with the font %s, %s.", f.Name, f.Digest), d.note()})
	}
	if l := p.Ledger; l != nil {
		d.ledger(l)
	}
	if p.Changes != nil {
		d.flow(0, span{fmt.Sprintf("Compared with the findings of snapshot %s under policy %s.", stated(p.Changes.Snapshot), stated(p.Changes.Policy)), d.note()})
	}
	d.skip(4)
	d.say("The same snapshot, policy and day give the same findings; with the same preparer, period and earlier report, the same bytes of this document before it is sealed.")
	d.head("Words", firstRow)
	t := d.table(column{"Word", 14, false}, column{"Means", 40, false})
	for _, w := range p.Words {
		t.row(cell{{w.Word, d.small().bold(d)}}, cell{{w.Means, d.small()}})
	}
}

// ledger tells where the records of the review are, and of which state of it they were read.
func (d *doc) ledger(l *reports.Ledger) {
	d.head("Evidence ledger", 60)
	for _, x := range [][2]string{
		{"Ledger", l.Origin}, {"Records", reports.Number(int(l.Size))}, {"Root", l.Root}, {"Last record", fmt.Sprint(l.Record)}, {"Signed with", strings.Join(l.Keys, ", ")},
	} {
		d.need(14)
		d.put(left, d.y+1, d.label(), x[0])
		d.flow(62, span{x[1], d.code().in(d.inks.ink)})
		d.y += 3
	}
	d.say("The ledger's signed checkpoint, and the proof that the last record of the campaign is in it, are attached. Keep the checkpoint: whoever shows the ledger later must be able to continue it.")
}
