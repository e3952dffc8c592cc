// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/graph/view"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
)

func explainCommand(w world) *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "show every minimal path by which a subject holds the duties of a rule",
		ArgsUsage: "SNAPSHOT SUBJECT|FINDING [RULE]",
		Description: "SUBJECT is an ID, FINDING the id of a finding (F-…). Without RULE all rules are told in\n" +
			"which the subject holds at least one duty. A path is minimal when no other has only\n" +
			"some of its steps; at most 200 are told for one duty. Exit code 0 when done.",
		Flags: append(evaluateFlags(),
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT` of the result: text, dot or svg"}),
		Action: func(c *cli.Context) error { return explainVerb(c, w) },
	}
}

func explainVerb(c *cli.Context, w world) error {
	args, err := wantArgs(c, 2, 3)
	if err != nil {
		return err
	}
	format := c.String("format")
	if !slices.Contains([]string{"text", "dot", "svg"}, format) {
		return usagef("--format %q: want text, dot or svg", format)
	}
	j, err := judge(c, w.voice(c), args[0])
	if err != nil {
		return err
	}
	subjects, rules, err := j.asked(args[1:])
	if err != nil {
		return err
	}
	if format != "text" {
		return j.draw(w.stdout, subjects, rules, format)
	}
	for i, s := range subjects {
		if i > 0 {
			fmt.Fprintln(w.stdout)
		}
		if err := j.tell(w.stdout, s, rules); err != nil {
			return err
		}
	}
	return nil
}

// asked works out whom and which rules the arguments mean. Several subjects are those
// of one finding.
func (j *judged) asked(args []string) (subjects []graph.ID, rules []sod.Rule, err error) {
	rule := ""
	if strings.HasPrefix(args[0], "F-") {
		i := slices.IndexFunc(j.report.Findings, func(f sod.Finding) bool { return f.ID == args[0] })
		if i >= 0 {
			j.value = j.report.Findings[i].Same
		}
		if i < 0 {
			return nil, nil, fmt.Errorf("finding %s: there is none with that id in this snapshot as of %s", args[0], j.report.AsOf.Format("2006-01-02"))
		}
		subjects, rule = j.report.Findings[i].Subjects, j.report.Findings[i].Rule
	} else {
		id, err := graph.ParseID(args[0])
		if err != nil {
			return nil, nil, usagef("SUBJECT %w", err)
		}
		subjects = []graph.ID{id}
	}
	if len(args) == 2 {
		if rule != "" && rule != args[1] {
			return nil, nil, usagef("finding %s is of rule %s, not of %s", args[0], rule, args[1])
		}
		rule = args[1]
	}
	for _, s := range subjects {
		if _, ok := j.graph.Find(s); !ok && !j.found(s) {
			return nil, nil, fmt.Errorf("%s: not in this snapshot", s)
		}
	}
	return subjects, j.rulesNamed(rule), j.knows(rule)
}

// found reports whether somebody is the subject of a finding: who answers for a control
// and has left may be in no source any more.
func (j *judged) found(id graph.ID) bool {
	return slices.ContainsFunc(j.report.Findings, func(f sod.Finding) bool { return slices.Contains(f.Subjects, id) })
}

// rulesNamed returns one rule, or all.
func (j *judged) rulesNamed(id string) []sod.Rule {
	if id == "" {
		return j.policy.Rules
	}
	return slices.DeleteFunc(slices.Clone(j.policy.Rules), func(r sod.Rule) bool { return r.ID != id })
}

func (j *judged) knows(rule string) error {
	if rule == "" || len(j.rulesNamed(rule)) > 0 || slices.ContainsFunc(j.policy.Checks, func(c sod.Check) bool { return c.Name == rule }) {
		return nil
	}
	return usagef("rule %s: the policy has none of that name", rule)
}

func (j *judged) tell(w io.Writer, subject graph.ID, rules []sod.Rule) error {
	if n, ok := j.graph.Find(subject); ok {
		fmt.Fprintf(w, "%s  %s\n", reports.Display(subject.String()), reports.Display(j.graph.Name(n)))
		for _, owner := range sod.OwnersOf(j.graph, n, j.report.AsOf) {
			fmt.Fprintf(w, "  belongs to %s, who is judged with all of it\n", reports.Display(j.label(owner)))
		}
	} else {
		fmt.Fprintf(w, "%s  not in this snapshot\n", reports.Display(subject.String()))
	}
	checked := false
	for _, f := range j.report.Findings {
		if f.Mode == 0 && slices.Contains(f.Subjects, subject) {
			checked = true
			fmt.Fprintf(w, "\n%s (%s, %s): %s\n", f.Rule, f.Severity, f.Status, reports.Display(f.Detail))
		}
	}
	told := 0
	doubts := append(j.unjudged(), sod.Doubts(j.graph, j.policy, j.report.AsOf, subject)...)
	for _, r := range rules {
		any, err := j.tellRule(w, subject, r, doubts)
		if err != nil {
			return err
		}
		told += any
	}
	switch {
	case len(rules) == 0 && !checked:
		fmt.Fprintf(w, "\nin no finding of this check; foureyes analyze tells of whom it is not assessed\n")
	case told == 0 && len(rules) > 0:
		fmt.Fprintf(w, "\nholds no duty of these rules in mode %s or stronger\n", j.policy.Mode)
	}
	return nil
}

// unjudged returns the rows of rules that are not assessed for anybody.
func (j *judged) unjudged() (rows []sod.NotAssessed) {
	for _, n := range j.report.NotAssessed {
		if n.Subjects == 0 && len(n.Gaps) == 0 {
			rows = append(rows, n)
		}
	}
	return rows
}

// tellRule prints every minimal path to every duty of a rule, and what is not assessed;
// it returns 0 when there is nothing to tell.
func (j *judged) tellRule(w io.Writer, subject graph.ID, r sod.Rule, doubts []sod.NotAssessed) (told int, err error) {
	var out strings.Builder
	held := map[string]bool{}
	parts, more := j.waysOf(subject, r)
	for _, ways := range parts {
		for _, x := range ways {
			if len(x.paths) > 0 {
				held[x.duty] = true
			}
			j.tellDuty(&out, x)
		}
		j.tellWithout(&out, ways)
	}
	if more > 0 {
		fmt.Fprintf(&out, "  … and %s of %s; the id of a finding tells one\n", reports.Plural(more, "more value"), reports.Display(r.Same))
	}
	for _, doubt := range doubts {
		if doubt.Rule == r.ID {
			told = 1
			fmt.Fprintf(&out, "  NOT ASSESSED in %s mode: %s\n", doubt.Mode, reports.Display(doubt.Reason))
		}
	}
	if len(held)+told == 0 {
		return 0, nil
	}
	_, err = fmt.Fprintf(w, "\n%s  %s\n%s%s", r.ID, reports.Display(r.Title), j.statuses(subject, r, len(held)), out.String())
	return len(held) + told, err
}

// statuses says what findings of a rule a subject is in, a line each, or how many of
// its duties are held.
func (j *judged) statuses(subject graph.ID, r sod.Rule, held int) string {
	text := ""
	for _, f := range j.report.Findings {
		if f.Rule != r.ID || !slices.Contains(f.Subjects, subject) {
			continue
		}
		text += fmt.Sprintf("  %s finding %s, mode %s, %s", f.Severity, f.ID, f.Mode, f.Status)
		if f.Detail != "" {
			text += ": " + reports.Display(f.Detail)
		}
		text += "\n"
	}
	if text == "" {
		text = fmt.Sprintf("  holds %d of %s\n", held, reports.Plural(len(r.Duties), "duty"))
	}
	n, ok := j.graph.Find(subject)
	if !ok {
		return text
	}
	if attr, out := r.LeavesOut(j.graph, n); out {
		text += fmt.Sprintf("  is left out by where: no value of %s matches\n", reports.Display(attr))
	}
	return text
}

func (j *judged) tellDuty(w io.Writer, x way) {
	count := reports.Plural(len(x.paths), "path")
	if x.cut {
		count = "the first " + reports.Plural(len(x.paths), "path") + "; there may be more"
	}
	fmt.Fprintf(w, "  duty %s: %s\n", reports.Display(x.called()), count)
	said := ""
	for _, p := range x.paths {
		fmt.Fprintf(w, "    %s  %s\n", p.Mode(), reports.Display(j.pathText(p.Path)))
		if rare := j.rarity(p.Path); rare != said {
			said = rare
			fmt.Fprint(w, rare)
		}
	}
}

func (j *judged) pathText(p reach.Path) string {
	text := j.label(p.Nodes[0])
	for i, k := range p.Kinds {
		text += " -" + k.String() + "-> " + j.label(p.Nodes[i+1])
	}
	return text
}

func (j *judged) label(id graph.ID) string {
	if n, ok := j.graph.Find(id); ok && j.graph.Name(n) != "" {
		return fmt.Sprintf("%s (%s)", id, j.graph.Name(n))
	}
	return id.String()
}

// draw writes one picture of every path that the text tells.
func (j *judged) draw(w io.Writer, subjects []graph.ID, rules []sod.Rule, format string) error {
	var targets []graph.ID
	var edges []view.Edge
	var cut []string
	for _, s := range subjects {
		for _, r := range rules {
			parts, more := j.waysOf(s, r)
			if more > 0 {
				cut = append(cut, r.ID)
			}
			for _, x := range slices.Concat(parts...) {
				for _, p := range x.paths {
					edges = append(edges, p.Edges...)
					targets = append(targets, p.End())
				}
				if x.cut {
					cut = append(cut, x.called())
				}
			}
		}
	}
	v, err := view.New(subjects, targets, edges, func(id graph.ID) string {
		n, _ := j.graph.Find(id)
		return j.graph.Name(n)
	})
	if err != nil {
		return err
	}
	if len(cut) > 0 {
		slices.Sort(cut)
		v = v.Noted("Not all paths are drawn; there may be more to " + strings.Join(slices.Compact(cut), ", "))
	}
	if format == "dot" {
		return v.DOT(w)
	}
	return v.Layout().SVG(w)
}
