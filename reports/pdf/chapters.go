// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/reports"
)

func access(m reach.Mode) string {
	if m == 0 {
		return "–"
	}
	return m.String()
}

// scope tells what is judged and what is not.
func (d *doc) scope() {
	p := d.packet
	d.chapter("Scope and exclusions", false)
	d.say(fmt.Sprintf("Judged: %s access and stronger, of %s and %s, by policy “%s”, as of %s.",
		access(p.Mode), reports.Plural(p.Summary.Identities, "identity"), reports.Plural(p.Summary.Accounts, "account"), stated(p.Policy.Name), when(p.AsOf)))
	for _, a := range p.Policy.Approved {
		d.flow(0, span{"Policy approved, as declared, by " + a.By.Label() + " on " + stated(a.On.String()) + ", reference " + stated(a.Ref) + ".", d.note()})
	}
	d.withheld()
	d.systems()
	d.head("Applications", firstRow)
	t := d.table(column{"Application", 12, false}, column{"Title", 24, false}, column{"Owner", 16, false}, column{"In scope", 6, false})
	for _, a := range p.Applications {
		t.row(cell{{a.ID, d.small().bold(d)}}, cell{{stated(a.Title), d.small()}}, cell{{stated(a.Owner.Label()), d.small()}}, cell{{yes(a.InScope), d.small()}})
	}
	d.none(len(p.Applications), "The policy names no applications; all of the snapshot was judged.")
	d.head("Exclusions", firstRow)
	t = d.table(column{"What is left out", 22, false}, column{"Why", 26, false})
	for _, x := range p.Exclusions {
		t.row(cell{{x.What, d.small()}}, cell{{x.Why, d.small()}})
	}
	d.none(len(p.Exclusions), "Nothing is declared to be left out.")
	d.head("Gaps accepted by the policy", firstRow)
	t = d.table(column{"About", 16, false}, column{"Why", 18, false}, column{"Accepted by", 12, false}, column{"Until", 7, false}, column{"In force", 6, false})
	for _, g := range p.AcceptedGaps {
		t.row(cell{{g.About, d.small()}}, cell{{g.Why, d.small()}}, cell{{stated(g.By.Label()), d.small()}}, cell{{stated(g.Until.String()), d.small()}}, cell{{yes(g.InForce), d.small()}})
	}
	d.none(len(p.AcceptedGaps), "None.")
}

// withheld tells what stands in the restricted annex only, or that this is it.
func (d *doc) withheld() {
	const what = "who could obtain what by control over something, and the second factors of accounts with what is found about them"
	switch d.packet.Annex {
	case reports.Withheld:
		d.skip(6)
		d.say("Not told here, but in the restricted annex: " + what + ". Lines have the same numbers there, and all numbers are the same but those of causes. The annex is a document of the whole, by itself; it is not for everybody who has this one.")
	case reports.Restricted:
		d.skip(6)
		d.say("This is the restricted annex. It holds everything that the packet beside it holds, and " + what + ". Give it to nobody who does not need to know that.")
	}
}

func (d *doc) systems() {
	d.head("Systems read", firstRow)
	t := d.table(column{"Source", 9, false}, column{"Read by", 8, false}, column{"When", 20, false}, column{"What the snapshot holds of it", 28, false})
	for _, s := range d.packet.Sources {
		var by, times []string
		for _, r := range s.Runs {
			by = append(by, r.Connector)
			times = append(times, span2(r.Started, r.Ended))
		}
		t.row(cell{{string(s.Name), d.small().bold(d)}}, cell{{known(strings.Join(by, ", ")), d.small()}}, cell{{known(strings.Join(times, "; ")), d.small()}}, cell{{holds(s), d.small()}})
	}
}

func holds(s reports.Source) string {
	var parts []string
	for _, k := range s.Kinds {
		if k.Kind == graph.Unresolved {
			parts = append(parts, reports.Number(k.Count)+" unresolved")
			continue
		}
		parts = append(parts, reports.Plural(k.Count, k.Kind.String()))
	}
	if s.Named > 0 {
		parts = append(parts, reports.Plural(s.Named, "thing")+" only named, not described")
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// none says so when a table would have no rows.
func (d *doc) none(rows int, text string) {
	if rows == 0 {
		d.flow(0, span{text, d.small()})
	}
}

func examples(things []reports.Thing, of int) string {
	var names []string
	for _, t := range things {
		names = append(names, named(t))
	}
	s := strings.Join(names, ", ")
	if of > len(things) && len(things) > 0 && !things[0].Annexed() {
		s += fmt.Sprintf(" and %s more", reports.Number(of-len(things)))
	}
	return s
}

// named tells the name and the ID.
func named(t reports.Thing) string {
	if t.Name == "" || t.Annexed() {
		return t.Label()
	}
	return t.Name + " (" + t.ID.String() + ")"
}

// causes tells what stands behind the open findings.
func (d *doc) causes() {
	p := d.packet
	d.chapter("Causes", false)
	if len(p.Causes) == 0 {
		d.say("No cause: there is no open finding of a rule in the assessed scope.")
		return
	}
	d.say("A cause is the group, role or entitlement that stands behind open findings. The largest come first; a change there answers all of its lines.")
	d.skip(8)
	t := d.table(column{"Cause", 24, false}, column{"What it is, as described", 16, false}, column{"Owner", 10, false}, column{"Findings", 5.5, true}, column{"Subjects", 5.5, true}, column{"Lines", 12, false})
	for _, c := range p.Causes {
		t.row(cell{{c.Label() + "  ", d.small().bold(d)}, {c.ID.String(), d.code()}}, cell{{known(c.Description), d.small()}}, cell{{known(c.Owner), d.small()}},
			cell{{reports.Number(c.Findings), d.small()}}, cell{{reports.Number(c.Subjects), d.small()}}, cell{{lineNumbers(c.Lines, 6), d.small()}})
	}
}

func (d *doc) notAssessed() {
	p := d.packet
	d.chapter("Not assessed", false)
	if len(p.NotAssessed) == 0 {
		d.say("Everything in scope was assessed.")
		return
	}
	d.say("No finding was proved for these subjects, and one may be hidden behind what could not be read. Subjects “unknown” means that it is not known whom the row concerns.")
	d.skip(8)
	t := d.table(column{"Line", 3, true}, column{"Rule or check", 10, false}, column{"Access", 6, false}, column{"Subjects", 6, true}, column{"Reason, what could not be read, and whom it concerns", 34, false})
	for _, n := range p.Unassessed() {
		cells := d.notAssessedCells(n, n.Reason)
		last := &cells[len(cells)-1]
		if behind := n.Behind(); behind != "" {
			*last = append(*last, span{"  Not read: " + behind + ".", d.note()})
		}
		if len(n.Examples) > 0 {
			*last = append(*last, span{"  Concerns " + examples(n.Examples, n.Subjects) + ".", d.note()})
		}
		t.row(cells...)
	}
}

func (d *doc) acceptances() {
	p := d.packet
	d.chapter("Accepted risks, as declared", false)
	if len(p.Acceptances) == 0 {
		d.say("The policy declares no acceptance.")
		return
	}
	d.say("What follows is printed as the policy declares it. One that does not count accepts nothing: its finding is open.")
	for _, a := range p.Acceptances {
		d.acceptance(a)
	}
}

func (d *doc) acceptance(a reports.Acceptance) {
	d.skip(10)
	d.need(84)
	state := "in force"
	if !a.InForce {
		state = "DOES NOT COUNT"
	}
	room := d.putRight(left+d.width(), d.y, d.small().bold(d), state) + 10
	var who []string
	for _, t := range a.Subjects {
		who = append(who, named(t))
	}
	d.flowWithin(0, room, span{a.Rule + "  ", d.body().bold(d)}, span{strings.Join(who, ", "), d.body()})
	lines := "matches no finding of this evaluation"
	if len(a.Lines) > 0 {
		lines = "line " + lineNumbers(a.Lines, 20)
	}
	d.flow(0, span{"Reason: " + stated(a.Reason), d.small()})
	d.flow(0, span{fmt.Sprintf("Approved by %s on %s; expires %s; ticket %s; %s.", stated(a.ApprovedBy.Label()), stated(a.ApprovedOn.String()), stated(a.Expires.String()), stated(a.Ticket), lines), d.note()})
	c := a.Compensating
	if c == nil {
		d.flow(0, span{"No compensating control is named.", d.note()})
	} else {
		d.flow(0, span{fmt.Sprintf("Compensating control %s, %s; owner %s; every %s; last performed %s, as declared.", c.ID, stated(c.Title), stated(c.Owner.Label()), every(c.Every), stated(c.LastPerformed.String())), d.note()})
	}
	if !a.InForce {
		d.flow(0, span{"Does not count: " + a.Whys() + ".", d.small()})
	}
	if len(a.Unknown) > 0 {
		d.flow(0, span{"Not known: " + strings.Join(a.Unknown, "; ") + ".", d.note()})
	}
	d.y += 6
	d.rule()
}

func every(t time.Duration) string {
	if t == 0 {
		return "(not stated)"
	}
	return reports.Days(t)
}

func (d *doc) changes() {
	p := d.packet
	if p.Changes == nil {
		return
	}
	d.chapter("Changes since the earlier report", false)
	c := p.Changes
	d.say(fmt.Sprintf("Compared with the findings of %s (snapshot %s, policy %s): %s new and open, %s recurred, %s resolved, %s that cannot be told.", when(c.AsOf), short(c.Snapshot), short(c.Policy), reports.Number(p.Summary.New), reports.Number(p.Summary.Recurred), reports.Number(p.Summary.Resolved), reports.Number(p.Summary.Cannot)))
	if !c.SamePolicy {
		d.say("The policy is not the same as then; findings may have come or gone with its rules.")
	}
	d.say("“Resolved” means that the finding was assessed again and not found. “Recurred” means that it is open again after it was resolved or accepted. New and recurred findings are marked in chapter Findings.")
	d.skip(8)
	t := d.table(column{"State", 8, false}, column{"Rule", 11, false}, column{"Subjects", 20, false}, column{"Id", 14, false}, column{"When it was seen; why it cannot be told", 20, false})
	for _, g := range c.Gone {
		t.row(cell{{g.State, d.small().bold(d)}}, cell{{g.Rule, d.small()}}, cell{{examples(g.Subjects, len(g.Subjects)), d.small()}}, cell{{g.ID, d.code()}}, cell{{goneNote(g), d.small()}})
	}
	d.none(len(c.Gone), "Every finding of the earlier report is still there.")
	if len(c.ToPolicy) > 0 {
		d.policyChanges(c.ToPolicy)
	}
}

func (d *doc) policyChanges(all []reports.PolicyChange) {
	d.head("Changes of the policy", firstRow)
	t := d.table(column{"What", 12, false}, column{"Which", 30, false}, column{"How", 8, false})
	for _, c := range all {
		t.row(cell{{c.What, d.small()}}, cell{{c.Name, d.small().bold(d)}}, cell{{c.How, d.small()}})
	}
}

func goneNote(g reports.Gone) string {
	var parts []string
	for _, s := range []string{g.Seen(), g.Why} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, "; ")
}
