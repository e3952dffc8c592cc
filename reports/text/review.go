// SPDX-License-Identifier: Apache-2.0

package text

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/reports"
)

// CampaignPlan writes what a campaign would ask of whom.
func CampaignPlan(w io.Writer, p *reports.CampaignPlan) error {
	out := &printer{w: bufio.NewWriter(w)}
	out.line(0, fmt.Sprintf("%s (%s), access as of %s", p.Name, p.ID, p.AsOf.Format("2006-01-02 15:04 UTC")))
	out.list("REVIEWERS", len(p.Loads), func(i int) string {
		l := p.Loads[i]
		s := fmt.Sprintf("%s: %s", named(l.Reviewer), reports.Plural(l.Lines, "line"))
		if l.Lines > campaign.Heavy {
			s += ", MORE THAN ANYBODY DECIDES WITH CARE"
		}
		return s
	})
	out.list("NOBODY MAY DECIDE", len(p.Nobody), func(i int) string { return p.Nobody[i].Sentence + ": " + p.Nobody[i].Why })
	missing := p.Open()
	out.list("NOT READ, and not accepted", len(missing), func(i int) string { return missing[i].About + ": " + missing[i].Why })
	out.list("NOT READ, and accepted", len(p.Accepted), func(i int) string {
		a := p.Accepted[i]
		return fmt.Sprintf("%s: %s (%s)", a.About, a.Why, a.By)
	})
	out.notReviewed(p.NotReviewed)
	out.list("WOULD DECIDE ABOUT EACH OTHER", len(p.Reciprocal), func(i int) string {
		return named(p.Reciprocal[i][0]) + " and " + named(p.Reciprocal[i][1])
	})
	out.line(0, "")
	out.line(0, fmt.Sprintf("With open findings: %s. Of accounts that are linked to nobody: %s. About things without a description: %s.",
		reports.Plural(p.WithFindings, "line"), reports.Plural(p.Uncorrelated, "line"), reports.Plural(p.Undescribed, "line")))
	_, _ = out.w.WriteString(reports.Display(p.Verdict()) + "\n")
	return out.w.Flush()
}

// ReviewStatus writes how far a campaign is, reviewer by reviewer.
func ReviewStatus(w io.Writer, x *reports.Standing) error {
	r := x.Review
	out := &printer{w: bufio.NewWriter(w)}
	out.reviewHead(r)
	for i := range r.Stages {
		loads := loadsOf(r, i+1)
		if i > 0 && len(loads) == 0 {
			continue
		}
		out.list(fmt.Sprintf("STAGE %d, %s", i+1, r.Stages[i].Name), len(loads), func(j int) string { return loads[j].sentence(r) })
	}
	out.list("NOT READ, and accepted", len(r.Accepted), func(i int) string {
		a := r.Accepted[i]
		return fmt.Sprintf("%s: %s (%s)", a.About, a.Why, named(a.By))
	})
	out.list("COMPENSATING CONTROLS", len(x.Controls), func(i int) string { return x.Controls[i].Sentence() })
	out.reviewEnd(x)
	return out.w.Flush()
}

// Controls writes when compensating controls were last carried out.
func Controls(w io.Writer, controls []reports.ControlStanding) error {
	out := &printer{w: bufio.NewWriter(w)}
	for _, c := range controls {
		out.line(0, c.Sentence())
	}
	return out.w.Flush()
}

// A load is what somebody has to decide in a stage; of nobody, the lines without a reviewer.
type load struct {
	who              reports.Thing
	stage            int
	undecided, lines int
}

// loadsOf counts the lines of a stage by who has them, in the order of people.
func loadsOf(r *reports.Review, stage int) (loads []load) {
	for _, l := range r.Lines {
		if l.Stage != stage {
			continue
		}
		i := slices.IndexFunc(loads, func(x load) bool { return x.who.ID == l.Reviewer.ID })
		if i < 0 {
			i = len(loads)
			loads = append(loads, load{who: l.Reviewer, stage: stage})
		}
		loads[i].lines++
		if l.Answer == "" {
			loads[i].undecided++
		}
	}
	slices.SortFunc(loads, func(a, b load) int { return a.who.ID.Compare(b.who.ID) })
	return loads
}

func (x load) sentence(r *reports.Review) string {
	if x.who.ID.IsZero() {
		return fmt.Sprintf("nobody: %s WITHOUT A REVIEWER", reports.Plural(x.lines, "line"))
	}
	s := named(x.who) + ": "
	switch {
	case x.undecided == 0:
		s += reports.Plural(x.lines, "line") + ", all decided"
	case x.undecided == x.lines:
		s += reports.Plural(x.lines, "line") + " UNDECIDED"
	default:
		s += fmt.Sprintf("%s of %s UNDECIDED", reports.Number(x.undecided), reports.Plural(x.lines, "line"))
	}
	for _, off := range r.SignOffs {
		if off.By.ID == x.who.ID && off.Stage == r.Stages[x.stage-1].Name {
			s += ", signed off on " + off.At.Format("2006-01-02")
		}
	}
	return s
}

func (p *printer) reviewHead(r *reports.Review) {
	s := fmt.Sprintf("%s (%s), access as of %s", r.Name, r.ID, r.AsOf.Format("2006-01-02 15:04 UTC"))
	if !r.Reviewer.ID.IsZero() {
		s += ", lines of " + named(r.Reviewer)
	}
	if !r.Closed.IsZero() {
		s += ", closed on " + r.Closed.Format("2006-01-02")
	}
	p.line(0, s)
	for i, st := range r.Stages {
		p.line(2, fmt.Sprintf("stage %d, %s: due %s", i+1, st.Name, st.Due.Format("2006-01-02")))
	}
}

func (p *printer) reviewEnd(x *reports.Standing) {
	r := x.Review
	p.line(0, "")
	s := fmt.Sprintf("%s: %s kept, %s revoked, %s cannot tell, %s UNDECIDED", reports.Plural(len(r.Lines), "line"),
		reports.Number(r.Counts.Kept), reports.Number(r.Counts.Revoked), reports.Number(r.Counts.CannotTell), reports.Number(r.Counts.Undecided))
	if n := r.Removals(); n != (reports.Removals{}) {
		s += fmt.Sprintf("; of the revoked %s proved to be gone, %s REMAIN, %s not known", reports.Number(n.Gone), reports.Number(n.Remain), reports.Number(n.NotKnown))
	}
	if n := len(x.NotReviewed); n > 0 {
		s += fmt.Sprintf("; %s NOT REVIEWED THIS PERIOD", reports.Plural(n, "line"))
	}
	_, _ = p.w.WriteString(reports.Display(s) + "\n")
}

// ReviewLines writes the lines of a campaign, or of one reviewer.
func ReviewLines(w io.Writer, x *reports.Standing) error {
	r := x.Review
	out := &printer{w: bufio.NewWriter(w)}
	out.reviewHead(r)
	for _, l := range r.Lines {
		out.reviewLine(l, r.Late(l))
	}
	out.notReviewed(x.NotReviewed)
	out.reviewEnd(x)
	return out.w.Flush()
}

// FollowUp writes what a later snapshot shows of the lines that were revoked.
func FollowUp(w io.Writer, x *reports.Standing) error {
	out := &printer{w: bufio.NewWriter(w)}
	out.reviewHead(x.Review)
	for _, l := range x.Lines {
		if l.Answer == campaign.Revoke {
			out.line(0, "")
			out.line(0, fmt.Sprintf("%d  %s  %s", l.Number, l.Item, l.Sentence()))
			out.line(4, l.Outcome())
		}
	}
	out.reviewEnd(x)
	return out.w.Flush()
}

func (p *printer) notReviewed(lines []reports.NotReviewed) {
	if len(lines) > 0 {
		p.list("NOT REVIEWED THIS PERIOD, kept last time", len(lines), func(i int) string { return lines[i].Item + "  " + lines[i].Sentence })
	}
}

func (p *printer) reviewLine(l reports.ReviewLine, late bool) {
	p.line(0, "")
	p.line(0, fmt.Sprintf("%d  %s  %s", l.Number, l.Item, l.Sentence()))
	for _, x := range []struct{ name, text string }{
		{"description", l.Description}, {"leads to", strings.Join(l.Opens, ", ")}, {"in the same place", l.Peers}, {"without it would be gone", strings.Join(l.Removes, ", ")},
		{"would stay by other ways", strings.Join(l.Remains, ", ")}, {"open findings", reviewFindings(l)}, {"last sign-in", l.LastUse}, {"last time", string(l.Before)},
	} {
		if x.text != "" {
			p.line(4, x.name+": "+x.text)
		}
	}
	switch {
	case l.Answer != "":
		s := fmt.Sprintf("%s, by %s on %s, %s", strings.ToUpper(string(l.Answer)), l.Reviewer.Label(), l.Decided.Format("2006-01-02"), reports.CameBy(l.Source))
		if l.Bulk > 0 {
			s += fmt.Sprintf(", one of %s answered at once", reports.Number(l.Bulk))
		}
		if l.Superseded > 0 {
			s += ", after " + reports.Plural(l.Superseded, "earlier answer")
		}
		if late {
			s += ", LATE"
		}
		if l.Reason != "" {
			s += ": " + l.Reason
		}
		p.line(4, s)
	case l.Reviewer.ID.IsZero():
		p.line(4, "UNDECIDED, and nobody decides: "+l.Obstacle)
	default:
		p.line(4, "UNDECIDED, with "+named(l.Reviewer))
	}
	for _, t := range l.Trail {
		if t.How != campaign.Named {
			p.line(4, fmt.Sprintf("%s by %s to %s on %s%s", t.How, t.By.Label(), t.To.Label(), t.At.Format("2006-01-02"), after(": ", t.Reason)))
		}
	}
	if l.Result != "" {
		p.line(4, "since then: "+l.Outcome())
	}
}

// after puts something before a text, when there is one.
func after(sep, text string) string {
	if text == "" {
		return ""
	}
	return sep + text
}

func reviewFindings(l reports.ReviewLine) string {
	var all []string
	for _, f := range l.Findings {
		all = append(all, fmt.Sprintf("%s (%s)", f.Title, f.Severity))
	}
	return strings.Join(all, "; ")
}

// Calendar writes which application was certified in which quarter.
func Calendar(w io.Writer, c *reports.Calendar) error {
	out := &printer{w: bufio.NewWriter(w)}
	wide := len("application")
	for _, r := range c.Rows {
		wide = max(wide, len([]rune(calendarName(r))))
	}
	cells := func(name string, all []string) {
		s := fmt.Sprintf("%-*s", wide, name)
		for _, x := range all {
			s += fmt.Sprintf("  %-9s", x)
		}
		_, _ = out.w.WriteString(reports.Display(strings.TrimRight(s, " ")) + "\n")
	}
	cells("application", c.Quarters)
	for _, r := range c.Rows {
		var states []string
		for _, x := range r.Cells {
			states = append(states, x.State)
		}
		cells(calendarName(r), states)
	}
	return out.w.Flush()
}

func calendarName(r reports.CalendarRow) string {
	if r.Title == "" {
		return r.Application
	}
	return r.Application + " (" + r.Title + ")"
}
