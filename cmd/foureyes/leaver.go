// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/collect"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/reports/text"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

func leaverCommand(w world) *cli.Command {
	return &cli.Command{
		Name:  "leaver",
		Usage: "ask all sources now what of one person's access is still live",
		Description: "Nothing is written, and no directory is changed. Exit codes: 3 something lives; 4 nothing that\n" +
			"was read lives, but something could not be told; 0 everything was read, and nothing lives; 1 it\n" +
			"could not run, or not exactly one identity carries the employee id.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "config", Usage: "the configuration `FILE`, foureyes.yaml"},
			&cli.StringFlag{Name: "employee", Usage: "the employee `ID` of the person, letter by letter"},
			&cli.StringFlag{Name: "effective", Usage: "the `DATE` of the end: also tell what was used after it; 2006-01-02 (its last second, UTC) or RFC 3339"},
			&cli.StringFlag{Name: "policy", Usage: "the policy `FILE`, or builtin:NAME: its applications and their owners are named"},
			&cli.StringFlag{Name: "as-of", Usage: "look at grants as of this `DATE`; default: the moment of the collection"},
			&cli.StringFlag{Name: "mode", Usage: "look at access of this `MODE` and stronger: standing, eligible or attainable (the default)"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT` of the result: text or json"},
		},
		Action: func(c *cli.Context) error { return leaverVerb(c, w) },
	}
}

func leaverVerb(c *cli.Context, w world) error {
	o, err := leaverOptionsFrom(c)
	if err != nil {
		return err
	}
	cfg, all, err := jobs(o.config, w.clock(), w.clock, w.logger(c))
	if err != nil {
		return err
	}
	v := w.voice(c)
	plan := collect.Plan{
		Jobs: all, Classify: cfg.Classify, Keys: cfg.Keys, Now: w.clock(), Progress: v.progress,
		Want: connectors.Want{EmployeeIDs: []string{o.question.EmployeeID}}, // no connector leaves anything out today
	}
	defer w.collectGarbageSooner()()
	l, err := askLeaver(c.Context, plan, o, v)
	if err != nil {
		return err
	}
	if err := o.render(w.stdout, l); err != nil {
		return err
	}
	switch {
	case l.Lives():
		return errFindings
	case len(l.CannotTell) > 0:
		return errNotAssessed
	}
	return nil
}

// leaverOptions are what is asked for.
type leaverOptions struct {
	config   string
	question check.Question
	policy   *sod.Policy // nil: none
	render   func(io.Writer, *reports.Leaver) error
}

func leaverOptionsFrom(c *cli.Context) (o leaverOptions, err error) {
	if _, err = wantArgs(c, 0, 0); err != nil {
		return o, err
	}
	if o.config, err = wantFlag(c, "config"); err != nil {
		return o, err
	}
	if o.question.EmployeeID, err = wantFlag(c, "employee"); err != nil {
		return o, err
	}
	if o.question.Effective, err = dateFlag(c, "effective"); err != nil {
		return o, err
	}
	if o.question.AsOf, err = dateFlag(c, "as-of"); err != nil {
		return o, err
	}
	if s := c.String("mode"); s != "" {
		if o.question.Mode, err = reach.ParseMode(s); err != nil {
			return o, usagef("--mode: %w", err)
		}
	}
	if o.render, err = leaverRender(c.String("format")); err != nil {
		return o, err
	}
	if file := c.String("policy"); file != "" {
		o.policy, err = readPolicy(file)
	}
	return o, err
}

func leaverRender(format string) (func(io.Writer, *reports.Leaver) error, error) {
	switch format {
	case "text":
		return text.Leaver, nil
	case "json":
		return jsonout.Leaver, nil
	}
	return nil, usagef("--format %q: want text or json", format)
}

// askLeaver collects in memory and answers.
func askLeaver(ctx context.Context, plan collect.Plan, o leaverOptions, v *voice) (*reports.Leaver, error) {
	result, err := collect.Run(ctx, plan)
	if err != nil {
		return nil, err
	}
	for _, f := range result.Failed {
		v.warnf("source %s FAILED: %v", f.Source, f.Err)
	}
	q := o.question
	if q.AsOf.IsZero() {
		q.AsOf = result.Ended
	} else if q.AsOf.Before(result.Started) || q.AsOf.After(endOfDay(result.Ended)) {
		v.sayf("warning: %s is outside the window of what was read, %s to %s", q.AsOf.Format(time.RFC3339), result.Started.Format(time.RFC3339), result.Ended.Format(time.RFC3339))
	}
	for _, a := range result.Ambiguous {
		q.Undecided = append(q.Undecided, check.Undecided{Account: a.Account, Key: a.Key, Identities: a.Identities})
	}
	answer, err := check.LeaverOf(result.Graph, q)
	if err != nil {
		return nil, err
	}
	return reports.NewLeaver(reports.LeaverInput{Graph: result.Graph, Policy: o.policy, Question: q, Answer: answer})
}
