// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
)

func policyAcceptCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "accept", Usage: "propose acceptances of findings: print the lines to add below accepted:", ArgsUsage: "[FINDING...]",
		Description: "Nothing is written: who approves adds the lines to the policy. Each states the digest of the\n" +
			"access as it is, so that other access is not taken for approved. What would not count is refused.",
		Flags: append(evaluateFlags(),
			&cli.StringFlag{Name: "snapshot", Usage: "the `SNAPSHOT` with the findings"},
			&cli.StringFlag{Name: "reason", Usage: "why the risk is taken; with --renew, what the acceptance says already"},
			&cli.StringFlag{Name: "by", Usage: "the `ID` of who approves it"},
			&cli.StringFlag{Name: "on", Usage: "the `DAY` on which it is approved"},
			&cli.StringFlag{Name: "until", Usage: "the last `DAY` on which it holds"},
			&cli.StringFlag{Name: "control", Usage: "the id of the compensating `CONTROL`"},
			&cli.StringFlag{Name: "ticket", Usage: "a `TICKET`"},
			&cli.IntFlag{Name: "renew", Usage: "propose anew what ends within `N` days, or has ended, instead of naming findings"},
		),
		Action: func(c *cli.Context) error { return policyAccept(c, w) },
	}
}

func policyAccept(c *cli.Context, w world) error {
	args, err := wantArgs(c, 0, math.MaxInt)
	if err != nil {
		return err
	}
	snap, err := wantFlag(c, "snapshot")
	if err != nil {
		return err
	}
	if c.IsSet("renew") == (len(args) > 0) {
		return usagef("policy accept needs either FINDING... or --renew N")
	}
	terms, err := acceptTerms(c)
	if err != nil {
		return err
	}
	v := w.voice(c)
	j, err := judge(c, v, snap)
	if err != nil {
		return err
	}
	var proposed []proposal
	if c.IsSet("renew") {
		proposed, err = j.ending(c.Int("renew"), terms, v)
	} else {
		proposed, err = j.named(args, terms)
	}
	if err != nil {
		return err
	}
	if err := j.wouldCount(proposed, v); err != nil {
		return err
	}
	for _, p := range proposed {
		if err := p.write(w.stdout); err != nil {
			return err
		}
	}
	return nil
}

// acceptTerms reads what all proposed acceptances have in common.
func acceptTerms(c *cli.Context) (a sod.Acceptance, err error) {
	by, err := wantFlag(c, "by")
	if err != nil {
		return a, err
	}
	if a.ApprovedBy, err = sod.ParsePerson(by); err != nil {
		return a, usagef("--by: %w", err)
	}
	until, err := wantFlag(c, "until")
	if err != nil {
		return a, err
	}
	if a.Expires, err = sod.ParseDate(until); err != nil {
		return a, usagef("--until: %w", err)
	}
	if on := c.String("on"); on != "" {
		if a.ApprovedOn, err = sod.ParseDate(on); err != nil {
			return a, usagef("--on: %w", err)
		}
	}
	a.Reason, a.CompensatingControl, a.Ticket = strings.TrimSpace(c.String("reason")), c.String("control"), c.String("ticket")
	if a.Reason == "" && !c.IsSet("renew") {
		return a, usagef("policy accept needs --reason")
	}
	return a, nil
}

// A proposal is an acceptance that is not in the policy yet.
type proposal struct {
	sod.Acceptance
	about string // the finding, for people
}

// propose makes the terms an acceptance of one finding. Of a collusion it names
// everybody who together breaks the rule, so that it counts.
func (j *judged) propose(f *sod.Finding, terms sod.Acceptance, digest func(*sod.Finding) string) (proposal, error) {
	terms.Subjects, terms.Digest = f.Subjects, digest(f)
	if f.Coalitions > 0 {
		who, ok := sod.Involved(j.graph, j.policy, j.report.AsOf, f)
		if !ok {
			return proposal{}, fmt.Errorf("finding %s: it takes too long to find out whom an acceptance must name", f.ID)
		}
		terms.Subjects = who
	}
	if slices.ContainsFunc(j.policy.Checks, func(c sod.Check) bool { return c.Name == f.Rule }) {
		terms.Check = f.Rule
	} else {
		terms.Rule = f.Rule
	}
	var names []string
	for _, s := range terms.Subjects {
		name := s.String()
		if n, ok := j.graph.Find(s); ok && j.graph.Name(n) != "" {
			name = j.graph.Name(n)
		}
		names = append(names, name)
	}
	return proposal{terms, f.ID + ": " + strings.Join(names, ", ")}, nil
}

// named proposes to accept the findings with these ids.
func (j *judged) named(ids []string, terms sod.Acceptance) ([]proposal, error) {
	digest := sod.Digester(j.graph, j.policy, j.report.AsOf)
	var all []proposal
	for _, id := range ids {
		i := slices.IndexFunc(j.report.Findings, func(f sod.Finding) bool { return f.ID == id })
		if i < 0 {
			return nil, usagef("the snapshot has no finding %s; foureyes analyze lists them", id)
		}
		p, err := j.propose(&j.report.Findings[i], terms, digest)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// ending proposes to accept for longer what ends within so many days, or has ended.
// What the terms leave open stays as it was.
func (j *judged) ending(days int, terms sod.Acceptance, v *voice) ([]proposal, error) {
	digest := sod.Digester(j.graph, j.policy, j.report.AsOf)
	limit := j.report.AsOf.Add(time.Duration(days) * 24 * time.Hour)
	var all []proposal
	for i := range j.report.Findings {
		f := &j.report.Findings[i]
		was := f.Acceptance
		if was == nil || was.Expires.Includes(limit) {
			continue
		}
		for _, l := range f.Lapses {
			v.sayf("%s: the acceptance does not count: %s", f.ID, l.Why)
		}
		renewed := terms
		renewed.Reason = orElse(terms.Reason, was.Reason)
		renewed.CompensatingControl = orElse(terms.CompensatingControl, was.CompensatingControl)
		renewed.Ticket = orElse(terms.Ticket, was.Ticket)
		p, err := j.propose(f, renewed, digest)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		v.sayf("no acceptance ends by %s", limit.Format(time.DateOnly))
	}
	return all, nil
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// wouldCount refuses proposals that would accept nothing.
func (j *judged) wouldCount(proposed []proposal, v *voice) error {
	then := *j.policy
	then.Accepted = nil
	for _, p := range proposed {
		then.Accepted = append(then.Accepted, p.Acceptance)
	}
	for i, a := range sod.JudgeAcceptances(j.graph, &then, j.report.AsOf) {
		if len(a.Lapses) > 0 {
			return usagef("an acceptance of %s would not count: %s", proposed[i].about, a.Lapses[0].Why)
		}
		for _, u := range a.Unknown {
			v.sayf("%s: not known: %s", proposed[i].about, u)
		}
	}
	return nil
}

// write writes the acceptance as an item of the policy's list.
func (p proposal) write(w io.Writer) error {
	subjects := make([]string, len(p.Subjects))
	for i, s := range p.Subjects {
		subjects[i] = strconv.Quote(s.String())
	}
	lines := []string{"  # " + reports.Display(p.about)}
	first := "  - "
	add := func(key, value string) {
		lines = append(lines, first+key+": "+value)
		first = "    "
	}
	if p.Check != "" {
		add("check", strconv.Quote(p.Check))
	} else {
		add("rule", strconv.Quote(p.Rule))
	}
	add("subjects", "["+strings.Join(subjects, ", ")+"]")
	add("reason", strconv.Quote(p.Reason))
	if p.CompensatingControl != "" {
		add("compensating_control", strconv.Quote(p.CompensatingControl))
	}
	add("approved_by", strconv.Quote(p.ApprovedBy.String()))
	if !p.ApprovedOn.IsZero() {
		add("approved_on", p.ApprovedOn.String())
	}
	if p.Ticket != "" {
		add("ticket", strconv.Quote(p.Ticket))
	}
	add("expires", p.Expires.String())
	if p.Digest != "" {
		add("digest", strconv.Quote(p.Digest))
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}
