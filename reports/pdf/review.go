// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/reports"
)

// certified tells on the first page what became of the lines of the campaign.
func (d *doc) certified() {
	r := d.packet.Review
	if r == nil {
		return
	}
	d.head("Access review "+r.ID, 60)
	scope := "of the whole campaign"
	switch {
	case !r.Reviewer.ID.IsZero():
		scope = "of " + cut(r.Reviewer.Label(), 60)
	case r.Application != "":
		scope = "to " + cut(r.Application, 60)
	}
	removed := r.Removals()
	t := d.table(column{"Lines " + scope, 18, false}, column{"Kept", 6, true}, column{"Revoked", 6, true}, column{"Cannot tell", 7, true}, column{"UNDECIDED", 7, true},
		column{"Removals proved", 9, true}, column{"Outstanding", 7, true}, column{"Not known", 7, true})
	number := func(n int) cell { return cell{{reports.Number(n), d.small().bold(d)}} }
	t.row(number(len(r.Lines)), number(r.Counts.Kept), number(r.Counts.Revoked), number(r.Counts.CannotTell), number(r.Counts.Undecided),
		number(removed.Gone), number(removed.Remain), number(removed.NotKnown))
	if l := d.packet.Ledger; l != nil {
		d.y += 4
		d.flow(0, span{fmt.Sprintf("From ledger %s with %s, root %s.", l.Origin, reports.Plural(int(l.Size), "record"), l.Root), d.note()})
	}
}

// review tells the campaign: what it was about, what is left to do, who said what.
func (d *doc) review() {
	r := d.packet.Review
	if r == nil {
		return
	}
	d.chapter("Access review: terms", false)
	d.terms(r)
	d.chapter("Access review: to act on", false)
	d.toActOn(r)
	d.chapter("Access review: all lines", true)
	d.allLines(r)
	d.notReviewed()
	d.chapter("Access review: statements", false)
	d.statements(r)
	d.apart(r)
	d.performed()
}

// notReviewed lists what is in scope and nobody was asked about.
func (d *doc) notReviewed() {
	all := d.packet.NotReviewed
	if len(all) == 0 {
		return
	}
	d.chapter("Access review: not reviewed this period", false)
	d.say("In scope, and asked about of nobody: the last campaign kept it, and nothing about it changed.")
	d.skip(4)
	t := d.table(column{"Line", 12, false}, column{"Access", 40, false})
	for _, l := range all {
		t.row(cell{{l.Item, d.code()}}, cell{{l.Sentence, d.small()}})
	}
}

// performed tells when compensating controls were last carried out.
func (d *doc) performed() {
	all := d.packet.Performed
	if len(all) == 0 {
		return
	}
	d.head("Compensating controls", 40)
	t := d.table(column{"Control", 8, false}, column{"Owner", 14, false}, column{"Every", 6, false}, column{"Last performed, and what shows it", 34, false})
	for _, c := range all {
		every := "not stated"
		if c.Every > 0 {
			every = reports.Plural(int(c.Every/(24*time.Hour)), "day")
		}
		t.row(cell{{c.ID, d.small().bold(d)}}, cell{{stated(c.Owner.Label()), d.small()}}, cell{{every, d.small()}}, cell{{c.Sentence(), d.small()}})
	}
}

func (d *doc) terms(r *reports.Review) {
	for _, pair := range [][2]string{
		{"Campaign", r.Name + " (" + r.ID + ")"}, {"Period", stated(r.Period)}, {"Begun", when(r.Begun) + " by " + r.By.Label()}, {"Access as of", when(r.AsOf)},
		{"Snapshot", r.Snapshot}, {"Policy", r.Policy}, {"Reviewer", reviewerOf(r)}, {"Closed", whenStated(r.Closed)},
	} {
		d.pair(pair[0], pair[1])
	}
	d.skip(6)
	d.say("Nobody decides about access of their own, through whatever account, nor chooses who does. A line that nobody decided is UNDECIDED and never taken for kept.")
	if slices.ContainsFunc(r.Lines, func(l reports.ReviewLine) bool { return l.Everybody != (campaign.Everybody{}) }) {
		d.say("What everybody is given as birthright is decided once. That is about its place in the birthright, and not about anybody's own access: its owner may have it too. Nobody decides whom it puts on the path of an open finding.")
	}
	if r.Independent {
		d.say("Nobody decided who could give the access to themselves.")
	}
	d.head("Stages", firstRow)
	t := d.table(column{"Stage", 16, false}, column{"Who is asked, in this order", 30, false}, column{"Due", 14, false})
	for _, s := range r.Stages {
		t.row(cell{{s.Name, d.small()}}, cell{{strings.Join(s.By, ", "), d.small()}}, cell{{when(s.Due), d.small()}})
	}
	d.head("Not read, and accepted so", firstRow)
	t = d.table(column{"What", 20, false}, column{"Why it was accepted", 28, false}, column{"By", 14, false})
	for _, g := range r.Accepted {
		t.row(cell{{g.About, d.small()}}, cell{{g.Why, d.small()}}, cell{{g.By.Label(), d.small()}})
	}
	d.none(len(r.Accepted), "Everything in scope was read.")
}

func reviewerOf(r *reports.Review) string {
	if r.Reviewer.ID.IsZero() {
		return "all"
	}
	return named(r.Reviewer)
}

// toActOn lists what a control owner has to do something about.
func (d *doc) toActOn(r *reports.Review) {
	d.reviewed("UNDECIDED", r, func(l reports.ReviewLine) bool { return l.Answer == "" }, func(l reports.ReviewLine) string {
		if l.Reviewer.ID.IsZero() {
			return "nobody decides: " + known(l.Obstacle)
		}
		return "with " + l.Reviewer.Label()
	})
	d.reviewed("Cannot tell", r, func(l reports.ReviewLine) bool { return l.Answer == campaign.CannotTell }, func(l reports.ReviewLine) string {
		return "by " + l.Reviewer.Label() + because(l.Reason)
	})
	d.reviewed("Revoked, and not proved to be gone", r, func(l reports.ReviewLine) bool { return l.Answer == campaign.Revoke && l.Result != campaign.Gone }, reports.ReviewLine.Outcome)
	d.reviewed("Kept with an open finding", r, func(l reports.ReviewLine) bool { return l.Answer == campaign.Keep && len(l.Findings) > 0 }, func(l reports.ReviewLine) string {
		return findingsOf(l) + because(l.Reason)
	})
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

func findingsOf(l reports.ReviewLine) string {
	var all []string
	for _, f := range l.Findings {
		all = append(all, fmt.Sprintf("%s (%s) %s", f.Title, f.Severity, f.ID))
	}
	return strings.Join(all, "; ")
}

func (d *doc) reviewed(title string, r *reports.Review, which func(reports.ReviewLine) bool, say func(reports.ReviewLine) string) {
	n := 0
	for _, l := range r.Lines {
		if which(l) {
			n++
		}
	}
	d.head(fmt.Sprintf("%s (%s)", title, reports.Number(n)), firstRow)
	t := d.table(column{"Line", 3, true}, column{"Access", 28, false}, column{"What about it", 30, false})
	for _, l := range r.Lines {
		if which(l) {
			t.row(cell{{reports.Number(l.Number), d.small()}}, cell{{l.Sentence(), d.small()}}, cell{{say(l), d.small()}})
		}
	}
	d.none(n, "None.")
}

// allLines has every line, with a column that is the auditor's.
func (d *doc) allLines(r *reports.Review) {
	t := d.table(column{"Line", 2.6, true}, column{"Whose", 10, false}, column{"Account", 9, false}, column{"Access, and what it leads to", 20, false}, column{"Last sign-in", 6, false},
		column{"Open findings", 13, false}, column{"Last time", 4.5, false}, column{"Decision", 7.6, false}, column{"By, when and why", 18, false}, column{"Auditor's reference", 7, false})
	for _, l := range r.Lines {
		var people []string
		for _, p := range l.People {
			people = append(people, p.Label())
		}
		if people == nil {
			people = []string{cmp.Or(reports.EverybodyOf(l.Everybody), "not known")}
		}
		access := cell{{l.Verb + " ", d.note()}, {l.Holds.Label(), d.small().bold(d)}}
		if l.Description != "" {
			access = append(access, span{"  " + l.Description, d.note()})
		}
		if len(l.Opens) > 0 {
			access = append(access, span{"  → " + strings.Join(l.Opens, ", "), d.small()})
		}
		if l.Peers != "" {
			access = append(access, span{"  " + l.Peers, d.note()})
		}
		t.row(cell{{reports.Number(l.Number), d.small()}}, cell{{strings.Join(people, ", "), d.small()}}, cell{{l.Holder.Label() + " ", d.small()}, {string(l.Holder.ID.Source), d.note()}},
			access, cell{{dash(l.LastUse), d.small()}}, cell{{dash(findingsOf(l)), d.small()}}, cell{{dash(string(l.Before)), d.small()}}, d.answer(l), cell{{d.howDecided(l), d.small()}}, cell{})
	}
	none := "The campaign has no lines."
	switch {
	case !r.Reviewer.ID.IsZero():
		none = "No line came to this reviewer."
	case r.Application != "":
		none = "No line leads to this application."
	}
	d.none(len(r.Lines), none)
}

func (d *doc) answer(l reports.ReviewLine) cell {
	if l.Answer == "" {
		return cell{{"UNDECIDED", d.small().bold(d)}}
	}
	return cell{{string(l.Answer), d.small().bold(d)}}
}

// howDecided tells who answered, and what the answer can prove.
func (d *doc) howDecided(l reports.ReviewLine) string {
	if l.Answer == "" {
		if l.Reviewer.ID.IsZero() {
			return "nobody: " + known(l.Obstacle)
		}
		return "with " + l.Reviewer.Label()
	}
	s := fmt.Sprintf("%s, %s, %s", l.Reviewer.Label(), l.Decided.UTC().Format("2006-01-02 15:04"), reports.CameBy(l.Source))
	if l.Bulk > 0 {
		s += ", in bulk with " + reports.Plural(l.Bulk, "line")
	}
	if l.Superseded > 0 {
		s += ", after " + reports.Plural(l.Superseded, "other answer")
	}
	return s + because(l.Reason)
}

func (d *doc) statements(r *reports.Review) {
	t := d.table(column{"Reviewer", 12, false}, column{"Stage", 9.5, false}, column{"When, and how it came in", 14, false}, column{"Kept", 8, true}, column{"Revoked", 8, true},
		column{"Cannot tell", 8, true}, column{"Undecided", 9.2, true}, column{"Statement", 30, false})
	for _, s := range r.SignOffs {
		number := func(n int) cell { return cell{{reports.Number(n), d.small()}} }
		t.row(cell{{s.By.Label(), d.small().bold(d)}}, cell{{s.Stage, d.small()}}, cell{{s.At.UTC().Format("2006-01-02 15:04") + ", " + reports.CameBy(s.Source), d.small()}},
			number(s.Counts.Kept), number(s.Counts.Revoked), number(s.Counts.CannotTell), number(s.Counts.Undecided), cell{{s.Statement, d.small()}})
	}
	d.none(len(r.SignOffs), "Nobody has signed off.")
}

// apart lists what an auditor does not want mixed with the rest: lines that went to
// somebody else, and answers that were late, in bulk, or entered by another.
func (d *doc) apart(r *reports.Review) {
	d.reviewed("Handed on", r, func(l reports.ReviewLine) bool { return len(l.Trail) > 1 }, func(l reports.ReviewLine) string {
		var steps []string
		for _, s := range l.Trail {
			steps = append(steps, fmt.Sprintf("%s to %s by %s on %s%s", s.How, s.To.Label(), s.By.Label(), s.At.UTC().Format(time.DateOnly), because(s.Reason)))
		}
		return strings.Join(steps, "; ")
	})
	d.reviewed("Late", r, func(l reports.ReviewLine) bool { return r.Late(l) }, func(l reports.ReviewLine) string {
		return "decided " + l.Decided.UTC().Format(time.DateOnly) + ", due " + r.Stages[l.Stage-1].Due.UTC().Format(time.DateOnly)
	})
	d.reviewed("In bulk", r, func(l reports.ReviewLine) bool { return l.Bulk > 0 }, func(l reports.ReviewLine) string {
		return reports.Plural(l.Bulk, "line") + " with one answer, by " + l.Reviewer.Label()
	})
	d.reviewed("Entered by somebody else", r, func(l reports.ReviewLine) bool { return l.Source.Kind == campaign.ByOperator }, func(l reports.ReviewLine) string {
		return "for " + l.Reviewer.Label() + ", by " + l.Source.Of
	})
	d.reviewed("Proved to be gone", r, func(l reports.ReviewLine) bool { return l.Result == campaign.Gone }, reports.ReviewLine.Outcome)
}
