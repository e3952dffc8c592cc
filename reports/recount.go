// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"fmt"
	"slices"

	"github.com/foureyes-iga/foureyes/sod"
)

// A recount holds the numbers of a packet against its lines.
type recount struct {
	packet *Packet
	wrong  []string
}

// Recount counts again what the packet says of its lines: the numbers of the first
// page, of rules, of controls, of causes and of the review. It returns a sentence for each number
// that is not what the lines give; none is good.
func (p *Packet) Recount() []string {
	r := &recount{packet: p}
	r.lines()
	r.summary()
	r.rules()
	r.controls()
	r.causes()
	r.review()
	return r.wrong
}

func (r *recount) same(what string, stated, counted int) {
	if stated != counted {
		r.wrong = append(r.wrong, fmt.Sprintf("%s: %d is stated, and the lines give %d", what, stated, counted))
	}
}

// lines checks that every line is there once.
func (r *recount) lines() {
	line := 0
	ids := map[string]bool{}
	for _, f := range r.packet.Findings {
		line++
		r.same("the number of finding "+f.ID, f.Line, line)
		if ids[f.ID] {
			r.wrong = append(r.wrong, fmt.Sprintf("finding %s stands there twice", f.ID))
		}
		ids[f.ID] = true
	}
	for _, n := range r.packet.NotAssessed {
		line++
		r.same("the number of a row of "+n.Rule, n.Line, line)
	}
}

func (r *recount) count(is func(Finding) bool) int {
	n := 0
	for _, f := range r.packet.Findings {
		if is(f) {
			n++
		}
	}
	return n
}

func isOpen(f Finding) bool     { return f.Status == sod.Open }
func isAccepted(f Finding) bool { return f.Status == sod.Accepted }

func (r *recount) summary() {
	p, s := r.packet, r.packet.Summary
	r.same("findings open", s.Open, r.count(isOpen))
	r.same("findings accepted", s.Accepted, r.count(isAccepted))
	r.same("findings", s.Open+s.Accepted, len(p.Findings))
	r.same("findings new", s.New, r.count(func(f Finding) bool { return f.Change == IsNew }))
	r.same("findings recurred", s.Recurred, r.count(func(f Finding) bool { return f.Change == IsRecurred }))
	var all int
	for _, c := range s.Severities {
		all += c.Open
		r.same("findings open and "+c.Severity.String(), c.Open, r.count(func(f Finding) bool { return isOpen(f) && f.Severity == c.Severity }))
	}
	r.same("findings open by severity", all, s.Open)
	r.same("causes", s.Causes, len(p.Causes))
	subjects, rows, accepted := unassessedOf(p.Unassessed(), "")
	r.same("subjects not assessed", s.NotAssessed, subjects)
	r.same("rows not assessed", s.NotAssessedRows, rows)
	r.same("rows behind accepted gaps", s.AcceptedRows, accepted)
	if p.Changes != nil {
		cannot := 0
		for _, g := range p.Changes.Gone {
			if g.State == CannotTell {
				cannot++
			}
		}
		r.same("findings that cannot be told", s.Cannot, cannot)
		r.same("findings resolved", s.Resolved, len(p.Changes.Gone)-cannot)
	}
}

// unassessedOf counts rows, of one rule or of all.
func unassessedOf(rows []Unassessed, rule string) (subjects, open, accepted int) {
	for _, u := range rows {
		switch {
		case rule != "" && u.Rule != rule:
		case u.Accepted:
			accepted++
		default:
			open++
			subjects += u.Subjects
		}
	}
	return subjects, open, accepted
}

func (r *recount) rules() {
	rows := r.packet.Unassessed()
	open, accepted := map[string]int{}, map[string]int{}
	for _, f := range r.packet.Findings {
		rule := tallied(sod.Finding{Kind: f.Kind, Rule: f.Rule})
		if isOpen(f) {
			open[rule]++
		} else {
			accepted[rule]++
		}
	}
	for _, rule := range r.packet.Rules {
		r.same("findings open under "+rule.ID, rule.Open, open[rule.ID])
		r.same("findings accepted under "+rule.ID, rule.Accepted, accepted[rule.ID])
		_, n, _ := unassessedOf(rows, rule.ID)
		r.same("rows not assessed under "+rule.ID, rule.NotAssessedRows, n)
	}
}

func (r *recount) controls() {
	for _, c := range r.packet.Controls {
		var open, accepted, rows int
		for _, rule := range r.packet.Rules {
			if slices.Contains(c.Rules, rule.ID) && rule.Control == c.ID {
				open, accepted, rows = open+rule.Open, accepted+rule.Accepted, rows+rule.NotAssessedRows
			}
		}
		r.same("findings open under control "+c.ID, c.Open, open)
		r.same("findings accepted under control "+c.ID, c.Accepted, accepted)
		r.same("rows not assessed under control "+c.ID, c.NotAssessedRows, rows)
		if c.Statement != statement(c) {
			r.wrong = append(r.wrong, fmt.Sprintf("control %s: %q is stated, and its numbers say %q", c.ID, c.Statement, statement(c)))
		}
	}
}

func (r *recount) causes() {
	for _, c := range r.packet.Causes {
		r.same("findings caused by "+c.Label(), c.Findings, r.count(func(f Finding) bool { return isOpen(f) && f.Cause.ID == c.ID }))
		r.same("lines of "+c.Label(), len(c.Lines), c.Findings)
	}
}

// review counts the answers, and holds what the packet is about against the review.
func (r *recount) review() {
	review := r.packet.Review
	if review == nil {
		return
	}
	n := countAnswers(review.Lines)
	r.same("lines kept", review.Counts.Kept, n.Kept)
	r.same("lines revoked", review.Counts.Revoked, n.Revoked)
	r.same("lines that cannot be told", review.Counts.CannotTell, n.CannotTell)
	r.same("lines undecided", review.Counts.Undecided, n.Undecided)
	if about := review.Only(); about != r.packet.About {
		r.wrong = append(r.wrong, fmt.Sprintf("the packet says that it is about %q, and its review is about %q", r.packet.About, about))
	}
}
