// SPDX-License-Identifier: Apache-2.0

package text

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/foureyes-iga/foureyes/reports"
)

const (
	perPlan  = 100 // steps that are told, in each order
	maxCurve = 12  // points of a curve
)

// Plan writes what to revoke.
func Plan(w io.Writer, x *reports.Plan) error {
	out := &printer{w: bufio.NewWriter(w)}
	out.line(0, fmt.Sprintf("as of %s%s, scope %s, mode %s", x.AsOf.Format("2006-01-02 15:04 UTC"), by(x.Policy.Name), x.Options.Scope, x.ModeText()))
	out.steps(x)
	out.share(x, "BY PERSON", "concerns nobody's own access", x.ByPerson)
	out.share(x, "BY OWNER of what is held", "no owner is known", x.ByOwner)
	out.curve(x)
	out.blocked(x)
	out.losses(x)
	out.afterwards(x)
	out.line(0, "")
	_, _ = out.w.WriteString(outside(x) + reports.Display(x.Verdict()) + "\n") // one line, however long
	return out.w.Flush()
}

func (p *printer) steps(x *reports.Plan) {
	if len(x.Steps) == 0 {
		return
	}
	p.head("REVOKE, in this order")
	for i, s := range x.Steps {
		if i == perPlan {
			p.line(2, fmt.Sprintf("… and %s more; --format csv lists all", reports.Number(len(x.Steps)-i)))
			return
		}
		p.line(2, fmt.Sprintf("%d. %s, costs %s, concerns %s", s.Number, stepText(s), reports.Number(s.Cost), reports.Plural(s.Concern, "subject")))
		p.line(5, s.Text)
		switch {
		case len(s.Clears) > 0:
			p.line(5, "clears "+someOf(s.Clears, maxNames))
		case len(s.For) > 0:
			p.line(5, "clears nothing by itself; it is there for "+someOf(s.For, maxNames))
		}
	}
}

func stepText(s reports.PlanStep) string {
	return fmt.Sprintf("%s ─%s→ %s", s.From.Label(), s.Kind, s.To.Label())
}

// someOf names the first few of a list.
func someOf(all []string, most int) string {
	if len(all) <= most {
		return strings.Join(all, ", ")
	}
	return strings.Join(all[:most], ", ") + fmt.Sprintf(" and %s more", reports.Number(len(all)-most))
}

// share tells who has which steps.
func (p *printer) share(x *reports.Plan, title, nobody string, all []reports.PlanShare) {
	p.bounded(title, len(all), func(i int) {
		who := nobody
		if !all[i].Who.ID.IsZero() {
			who = all[i].Who.ID.String() + name(all[i].Who)
		}
		var numbers []string
		for _, at := range all[i].Steps {
			numbers = append(numbers, fmt.Sprint(x.Steps[at].Number))
		}
		word := "step "
		if len(numbers) > 1 {
			word = "steps "
		}
		p.line(2, who+": "+word+someOf(numbers, 2*maxNames))
	})
}

// curve tells what the first steps come to.
func (p *printer) curve(x *reports.Plan) {
	if len(x.Steps) < 2 {
		return
	}
	p.head("WHAT THE FIRST STEPS COME TO")
	p.line(2, "   steps      cost  findings cleared")
	for _, c := range x.CurvePoints(maxCurve) {
		p.line(2, fmt.Sprintf("%8s  %8s  %s of %s", reports.Number(c.Steps), reports.Number(c.Cost), reports.Number(c.Findings), reports.Number(len(x.Targets))))
	}
}

func (p *printer) blocked(x *reports.Plan) {
	p.bounded("NOTHING CLEARS, of what may be revoked", len(x.Blocked), func(i int) {
		b := x.Blocked[i]
		p.line(2, fmt.Sprintf("%s: %s%s (%s)", b.Rule, b.Subject.ID, name(b.Subject), b.ID))
		if len(b.Kept) == 0 {
			p.line(4, "no grant on its paths is in scope "+x.Options.Scope.String())
		}
		for _, g := range b.Kept {
			p.line(4, fmt.Sprintf("must stay: %s ─%s→ %s", g.From.Label(), g.Kind, g.To.Label()))
		}
	})
}

// losses tells what is lost besides.
func (p *printer) losses(x *reports.Plan) {
	var all []reports.PlanLoss
	for _, l := range x.Losses {
		if len(l.Lost)+len(l.Remains) > 0 {
			all = append(all, l)
		}
	}
	p.bounded("LOST BESIDES, AND LEFT by other ways", len(all), func(i int) {
		l := all[i]
		p.line(2, l.Who.ID.String()+name(l.Who))
		if len(l.Lost) > 0 {
			p.line(4, "loses "+someOf(labels(l.Lost), maxNames))
		}
		if len(l.Remains) > 0 {
			p.line(4, "still comes to "+someOf(labels(l.Remains), maxNames))
		}
	})
}

func labels(all []reports.Thing) (names []string) {
	for _, t := range all {
		names = append(names, t.Label())
	}
	return names
}

// afterwards tells what else is otherwise: findings that come, and those of other kinds
// that go.
func (p *printer) afterwards(x *reports.Plan) {
	p.bounded("NEW AFTERWARDS", len(x.After.Added), func(i int) {
		p.whatIfHead(x.After.Added[i])
		p.proof(x.After.Added[i])
	})
	besides := x.Besides()
	p.bounded("CLEARED BESIDES", len(besides), func(i int) { p.whatIfHead(besides[i]) })
	p.changed("OTHERWISE AFTERWARDS", x.After.Changed)
	p.whatIfRows("NEWLY NOT ASSESSED", x.After.Doubts)
}

// outside tells in a line what a plan is not about; nothing when it is about everything.
func outside(x *reports.Plan) string {
	var parts []string
	if x.Others > 0 {
		parts = append(parts, reports.Plural(x.Others, "open finding")+" that taking away does not settle")
	}
	if x.Unassessed > 0 {
		parts = append(parts, reports.Plural(x.Unassessed, "row")+" NOT ASSESSED")
	}
	if len(parts) == 0 {
		return ""
	}
	return "not in this plan: " + strings.Join(parts, "; ") + "; see analyze\n"
}

// PlanLDIF writes the change records of a plan. What no record does stands there as a
// comment.
func PlanLDIF(w io.Writer, x *reports.Plan) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "# %s\n# Suggestions to look at first. foureyes writes to no directory.\n", reports.Display(x.Verdict()))
	for _, s := range x.Steps {
		fmt.Fprintf(out, "\n# step %d: %s\n", s.Number, reports.Display(s.Text))
		if s.LDIF == "" {
			fmt.Fprintf(out, "# (no change record: this is done elsewhere)\n")
		}
		_, _ = out.WriteString(s.LDIF)
	}
	return out.Flush()
}

// PlanGraph writes the requests to Microsoft Graph of a plan, one a line, for a script
// that somebody has read. What no request does stands there as a comment.
func PlanGraph(w io.Writer, x *reports.Plan) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "# %s\n# Suggestions to look at first. foureyes writes to no directory.\n", reports.Display(x.Verdict()))
	for _, s := range x.Steps {
		request, is := strings.CutPrefix(s.Text, "Graph: ")
		fmt.Fprintf(out, "\n# step %d: %s\n", s.Number, reports.Display(stepText(s)))
		if !is {
			request = "# " + s.Text
		}
		fmt.Fprintf(out, "%s\n", reports.Display(request))
	}
	return out.Flush()
}
