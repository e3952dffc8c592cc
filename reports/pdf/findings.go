// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"
	"strings"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
)

// gutter is the room for line numbers left of a finding.
const gutter = 34

// findings tells every finding with its access paths, in the order of the lines.
func (d *doc) findings() {
	p := d.packet
	d.chapter("Findings", false)
	if len(p.Findings) == 0 {
		d.say("No open finding in the assessed scope, and none accepted. What was not assessed is in its own chapter.")
		return
	}
	last := ""
	for _, f := range p.Findings {
		if f.Fold == reports.ByPlane || f.Fold == reports.ByCause {
			continue
		}
		if f.Rule != last {
			last = f.Rule
			d.ruleHead(f)
			if flaw := p.FlawOf(f.Rule); flaw != nil {
				d.flaw(*flaw)
			}
		}
		if f.Fold == reports.Unfolded {
			d.finding(f)
		}
	}
	if last == "" {
		d.say("Every finding is told in the chapters Control plane and Attainable access.")
	}
}

// ruleOf returns the rule or check of a finding.
func (d *doc) ruleOf(f reports.Finding) reports.Rule {
	for _, r := range d.packet.Rules {
		if r.ID == f.Rule {
			return r
		}
	}
	return reports.Rule{ID: f.Rule, Title: f.Title, Severity: f.Severity}
}

func (d *doc) ruleHead(f reports.Finding) {
	r := d.ruleOf(f)
	d.skip(18)
	d.need(150)
	d.flow(0, span{r.ID + "  ", style{d.fonts.bold, 11, d.inks.ink}}, span{r.Title, style{d.fonts.plain, 11, d.inks.ink}})
	spans := d.severities(r)
	for _, x := range [][2]string{{"control", r.Control}, {"risk", r.Risk}, {"process", r.Process}} {
		if x[1] != "" {
			spans = append(spans, span{"    " + x[0] + " ", d.note()}, span{x[1], d.small()})
		}
	}
	d.flow(0, append(spans, span{fmt.Sprintf("    %d open, %d accepted", r.Open, r.Accepted), d.note()})...)
	d.y += 4
	d.rule()
}

// severities sets how severe breaches of a rule are, the most severe in its colour.
func (d *doc) severities(r reports.Rule) []span {
	spans := []span{{r.Severity.String(), d.severity(r.Severity)}}
	if r.Weaker != "" {
		spans = append(spans, span{"; " + r.Weaker, d.small()})
	}
	return spans
}

// finding draws one finding. It begins on a new page when it would break and fits
// on one.
func (d *doc) finding(f reports.Finding) {
	blocks := d.blocks(f)
	height := 14.0
	for _, b := range blocks {
		height += b.leading*float64(len(b.lines)) + b.before
	}
	if d.y+height > d.floor() && height < d.floor()-top {
		d.turn(d.page().wide)
	}
	d.y += 7
	d.need(30)
	d.putRight(left+gutter-10, d.y, d.body().bold(d).in(d.inks.accent), fmt.Sprint(f.Line))
	d.putRight(left+d.width(), d.y, d.note().bold(d), d.status(f))
	for _, b := range blocks {
		d.y += b.before
		for _, l := range b.lines {
			d.need(b.leading)
			d.lines(left+gutter, d.y, []line{l}, b.leading)
			d.y += b.leading
		}
	}
	d.y += 6
	d.rule()
	d.y++
}

func (d *doc) status(f reports.Finding) string {
	s := string(f.Status)
	if f.Mode != 0 {
		s += " · " + f.Mode.String()
	}
	if d.ruleOf(f).Weaker != "" {
		s += " · " + f.Severity.String()
	}
	switch f.Change {
	case reports.IsNew, reports.IsRecurred:
		s = strings.ToUpper(f.Change) + " · " + s
	case reports.IsOpen:
		s = "known · " + s
	}
	return s
}

// A block is a paragraph that is set already.
type block struct {
	lines   []line
	leading float64
	before  float64
}

func (d *doc) blocks(f reports.Finding) []block {
	w := d.width() - gutter
	var out []block
	aside := max(110, set([]span{{d.status(f), d.note().bold(d)}}, 1e9)[0].width+10)
	add := func(before, width float64, spans ...span) {
		out = append(out, block{set(spans, width), spans[0].leading(), before})
	}
	for _, s := range f.Subjects {
		add(0, w-aside, span{s.Label() + "  ", d.body().bold(d)}, span{about(s), d.note()})
	}
	id := []span{{f.ID, d.code()}}
	if seen := f.Exposure(d.packet.AsOf); seen != "" {
		id = append(id, span{"  seen " + strings.TrimPrefix(seen, "first seen "), d.note()})
	}
	add(0, w, id...)
	if f.Detail != "" {
		add(2, w, span{f.Detail, d.small()})
	}
	for _, x := range f.Witness {
		add(3, w, span{x.Title, d.small().bold(d)})
		add(0, w, d.path(x)...)
		if rarity := x.Rarity(); rarity != "" {
			add(0, w, span{rarity, d.note()})
		}
	}
	for _, use := range f.Uses() {
		add(3, w, span{use, d.small()})
	}
	if !f.Cause.ID.IsZero() {
		add(3, w, span{"Cause  ", d.note()}, span{named(f.Cause), d.note()})
	}
	if f.Acceptance != nil {
		add(3, w, span{accepted(f), d.small()})
	}
	return out
}

// about tells what is known of a subject besides its name.
func about(s reports.Subject) string {
	var parts []string
	for _, x := range []string{s.Title, s.Department, s.Employment, s.Type, s.Status} {
		if x != "" {
			parts = append(parts, x)
		}
	}
	return strings.Join(append(parts, s.ID.String()), " · ")
}

// path sets an access path: names in ink, grants between them.
func (d *doc) path(w reports.Witness) []span {
	var spans []span
	for i, n := range w.Nodes {
		if i > 0 {
			spans = append(spans, span{" —" + grant(w.Grants[i-1]) + "→ ", d.small().in(d.inks.soft)})
		}
		spans = append(spans, span{n.Label(), d.small()})
	}
	return spans
}

func grant(g reports.Grant) string {
	s := g.Kind.String()
	var parts []string
	if !g.Since.IsZero() {
		parts = append(parts, "since "+g.Since.Format("2006-01-02"))
	}
	if g.Via != "" {
		parts = append(parts, g.Via)
	}
	if len(parts) == 0 {
		return s
	}
	return s + " (" + strings.Join(parts, ", ") + ")"
}

func accepted(f reports.Finding) string {
	a := f.Acceptance
	s := fmt.Sprintf("by %s on %s until %s: %s", stated(a.ApprovedBy.Label()), stated(a.ApprovedOn.String()), stated(a.Expires.String()), stated(a.Reason))
	if len(a.Unknown) > 0 {
		s += ". Not known: " + strings.Join(a.Unknown, "; ")
	}
	if f.Status == sod.Accepted {
		return "Accepted, as declared, " + s
	}
	return "The acceptance does not count: " + a.Whys() + ". It was declared " + s
}
