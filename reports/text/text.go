// SPDX-License-Identifier: Apache-2.0

// Package text writes a packet for a terminal: what stands behind the findings
// first, then the findings with their access paths, what was accepted and what
// was not assessed, how sources let accounts sign in, and one sentence at the end.
//
// Lines are at most 100 columns wide where names allow it. There is no colour.
// Wide characters are counted as one column.
package text

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
)

const (
	width    = 100
	perRule  = 50 // findings of one rule that are told in full
	perCause = 20 // causes that are told
)

// Render writes p.
func Render(w io.Writer, p *reports.Packet) error {
	out := &printer{bufio.NewWriter(w), p.AsOf, map[string]string{}}
	for _, r := range p.Rules {
		if r.Weaker != "" {
			out.varies[r.ID] = r.Severities()
		}
	}
	out.line(0, p.Headline())
	out.line(0, about(p))
	out.causes(p)
	out.controlPlane(p)
	out.findings(p, sod.Open, "FINDINGS")
	out.attainable(p)
	out.findings(p, sod.Accepted, "ACCEPTED, as declared in the policy")
	out.gone(p)
	out.rollForward(p.RollForward)
	out.notAssessed(p)
	out.lateness(p.Lateness)
	out.authentication(p)
	out.line(0, "")
	_, _ = out.w.WriteString(reports.Display(p.Verdict()) + "\n") // one line, however long
	return out.w.Flush()
}

func about(p *reports.Packet) string {
	s := fmt.Sprintf("%s, %s", reports.Plural(p.Summary.Identities, "identity"), reports.Plural(p.Summary.Accounts, "account"))
	s += ", as of " + p.AsOf.Format("2006-01-02 15:04 UTC")
	if p.Policy.Name != "" {
		s += ", by " + p.Policy.Name
	}
	return s
}

// A printer writes wrapped lines. Its writer keeps the first error.
type printer struct {
	w      *bufio.Writer
	asOf   time.Time
	varies map[string]string // of rules whose severity depends on the mode: how
}

// line writes one paragraph, made safe, with its further lines indented more.
func (p *printer) line(indent int, s string) {
	for i, l := range wrap(reports.Display(s), width-indent) {
		pad := indent
		if i > 0 {
			pad += 2
		}
		if l != "" {
			_, _ = p.w.WriteString(strings.Repeat(" ", pad))
		}
		_, _ = p.w.WriteString(l + "\n")
	}
}

// wrap breaks s at spaces; further lines are two columns shorter. A word that is
// longer than a line stays whole, so that it can be copied.
func wrap(s string, columns int) []string {
	var lines []string
	line, used := "", 0
	for i, word := range strings.Split(s, " ") {
		n := utf8.RuneCountInString(word)
		if i > 0 && used+1+n > columns {
			if len(lines) == 0 {
				columns -= 2
			}
			lines = append(lines, line)
			line, used = word, n
			continue
		}
		if i > 0 {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	return append(lines, line)
}

func (p *printer) head(s string) {
	p.line(0, "")
	p.line(0, s)
}

func (p *printer) causes(pk *reports.Packet) {
	if len(pk.Causes) == 0 {
		return
	}
	p.head("CAUSES")
	for i, c := range pk.Causes {
		if i == perCause {
			p.line(2, fmt.Sprintf("… and %s more; --format json lists all", reports.Number(len(pk.Causes)-i)))
			break
		}
		p.line(2, fmt.Sprintf("%s, %s: %s", reports.Plural(c.Findings, "finding"), reports.Plural(c.Subjects, "subject"), named(c.Thing)))
	}
}

// A group holds the findings of one rule, or of one cause within it.
type group struct {
	title string
	all   []reports.Finding
}

// byRule groups findings, which are sorted by rule, but for those that are told
// elsewhere.
func byRule(all []reports.Finding, status sod.Status) []group {
	var out []group
	last := ""
	for _, f := range all {
		if f.Status != status || f.Fold == reports.ByPlane || f.Fold == reports.ByCause {
			continue
		}
		if len(out) == 0 || f.Rule != last {
			last = f.Rule
			out = append(out, group{title: f.Rule})
		}
		g := &out[len(out)-1]
		g.all = append(g.all, f)
	}
	return out
}

// byCause groups the findings of one rule by cause, those with the largest causes
// first and those without one last.
func byCause(all []reports.Finding, causes []reports.Cause) []group {
	rank := map[graph.ID]int{}
	for i, c := range causes {
		rank[c.ID] = i - len(causes)
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(x, y reports.Finding) int {
		return cmp.Or(cmp.Compare(rank[x.Cause.ID], rank[y.Cause.ID]), x.Cause.ID.Compare(y.Cause.ID))
	})
	var out []group
	for i, f := range all {
		if i == 0 || f.Cause.ID != all[i-1].Cause.ID {
			out = append(out, group{title: f.Cause.Label()})
		}
		g := &out[len(out)-1]
		g.all = append(g.all, f)
	}
	return out
}

func (p *printer) findings(pk *reports.Packet, status sod.Status, title string) {
	groups := byRule(pk.Findings, status)
	if len(groups) == 0 {
		return
	}
	p.head(title)
	for _, g := range groups {
		p.line(0, "")
		p.line(2, fmt.Sprintf("%s  %s  %s  (%s)", g.title, p.severities(g.all[0]), g.all[0].Title, reports.Plural(len(g.all), "finding")))
		if flaw := pk.FlawOf(g.title); flaw != nil && status == sod.Open {
			p.flaw(*flaw)
			continue
		}
		p.rule(g.all, pk.Causes)
	}
}

// severities tells how severe the findings of a rule are.
func (p *printer) severities(f reports.Finding) string {
	if r := p.varies[f.Rule]; r != "" {
		return r
	}
	return f.Severity.String()
}

func (p *printer) rule(all []reports.Finding, causes []reports.Cause) {
	told := 0
	for _, g := range byCause(all, causes) {
		if told == perRule {
			break
		}
		if g.title != "" {
			p.line(4, "because of "+g.title+":")
		}
		for _, f := range g.all {
			if told == perRule {
				break
			}
			p.finding(f)
			told++
		}
	}
	if more := len(all) - told; more > 0 {
		p.line(4, fmt.Sprintf("… and %s more; --format json lists all", reports.Number(more)))
	}
}

func (p *printer) finding(f reports.Finding) {
	var who []string
	for _, s := range f.Subjects {
		who = append(who, subject(s))
	}
	s := fmt.Sprintf("%d. %s", f.Line, strings.Join(who, ", "))
	if f.Mode != 0 {
		s += ", " + f.Mode.String()
	}
	if p.varies[f.Rule] != "" {
		s += ", " + f.Severity.String()
	}
	if f.IsFresh() {
		s += ", " + strings.ToUpper(f.Change)
	}
	if exposed := f.Exposure(p.asOf); exposed != "" {
		s += ", " + exposed
	}
	p.line(4, s+"  "+f.ID)
	if len(f.Continues) > 0 {
		p.line(7, "continues "+strings.Join(f.Continues, ", ")+": "+whyContinues(f))
	}
	if f.Detail != "" {
		p.line(7, f.Detail)
	}
	for _, w := range f.Witness {
		p.line(7, w.Title+": "+path(w))
		if rarity := w.Rarity(); rarity != "" {
			p.line(9, rarity)
		}
	}
	for _, use := range f.Uses() {
		p.line(7, use)
	}
	if f.Acceptance != nil {
		p.line(7, acceptance(*f.Acceptance))
	}
}

func (p *printer) gone(pk *reports.Packet) {
	c := pk.Changes
	if c == nil {
		return
	}
	p.head("SINCE " + c.AsOf.Format("2006-01-02"))
	m := pk.Summary
	p.line(2, fmt.Sprintf("%d new, %d recurred, %d resolved, %d that cannot be told", m.New, m.Recurred, m.Resolved, m.Cannot))
	if !c.SamePolicy {
		p.line(2, "the policy is not the same as then")
	}
	for i, g := range c.Gone {
		if i == perRule {
			p.line(2, fmt.Sprintf("… and %s more; --format json lists all", reports.Number(len(c.Gone)-i)))
			break
		}
		var who []string
		for _, t := range g.Subjects {
			who = append(who, t.Label())
		}
		if g.Same != "" {
			who = append(who, "within "+g.Same)
		}
		s := fmt.Sprintf("%s: %s, %s  %s", g.State, g.Rule, strings.Join(who, ", "), g.ID)
		if seen := g.Seen(); seen != "" {
			s += ", " + seen
		}
		if g.Why != "" {
			s += ": " + g.Why
		}
		p.line(2, s)
	}
}

func (p *printer) notAssessed(pk *reports.Packet) {
	rows := pk.Unassessed()
	if len(rows) == 0 {
		return
	}
	p.head("NOT ASSESSED")
	for i, n := range rows {
		if i == perRule {
			p.line(2, fmt.Sprintf("… and %s more rows; --format json lists all", reports.Number(len(rows)-i)))
			break
		}
		p.line(2, row(n))
		if behind := n.Behind(); behind != "" {
			p.line(5, "behind "+behind)
		}
	}
}
