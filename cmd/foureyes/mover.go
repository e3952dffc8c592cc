// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/reports/text"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

func moverCommand(w world) *cli.Command {
	return &cli.Command{
		Name:  "mover",
		Usage: "ask all sources now what one person kept of the place that they left",
		Description: "What the person holds is held against their peers at the old place and at the new one. The old place\n" +
			"is what human resources tell (previous_department and the like), or what an earlier snapshot has.\n" +
			"Nothing is written, and no directory is changed. Exit codes: 3 something was kept, or a rule of the\n" +
			"policy is broken; 4 neither, but something could not be told; 0 everything was read, and nothing was\n" +
			"kept; 1 it could not run, or not exactly one identity carries the employee id.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "config", Usage: "the configuration `FILE`, foureyes.yaml"},
			&cli.StringFlag{Name: "employee", Usage: "the employee `ID` of the person, letter by letter"},
			&cli.StringFlag{Name: "effective", Usage: "the `DATE` of the transfer: what is dated after it was not kept; 2006-01-02 or RFC 3339; default: what human resources tell"},
			&cli.StringFlag{Name: "previous", Usage: "an earlier `SNAPSHOT` that says where the person worked, whatever human resources tell; default: previous of the configuration, where they tell nothing"},
			&cli.StringFlag{Name: "policy", Usage: "the policy `FILE`, or builtin:NAME: also tell which of its rules the person breaks now"},
			&cli.StringFlag{Name: "as-of", Usage: "look at grants as of this `DATE`; default: the moment of the collection"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT` of the result: text or json"},
		},
		Action: func(c *cli.Context) error { return moverVerb(c, w) },
	}
}

func moverVerb(c *cli.Context, w world) error {
	o, err := moverOptionsFrom(c)
	if err != nil {
		return err
	}
	a := asking{w: w, v: w.voice(c), log: w.logger(c), leaverOptions: o.leaverOptions}
	m, err := a.move(c.Context, o)
	if err != nil {
		return err
	}
	if err := o.render(w.stdout, m); err != nil {
		return err
	}
	switch {
	case len(m.Of(check.Kept)) > 0 || m.Open() > 0:
		return errFindings
	case m.Unsure():
		return errNotAssessed
	}
	return nil
}

// moverOptions are what is asked for.
type moverOptions struct {
	leaverOptions
	previous string // the earlier snapshot; empty: the configuration's
	render   func(io.Writer, *reports.Mover) error
}

func moverOptionsFrom(c *cli.Context) (o moverOptions, err error) {
	if _, err = wantArgs(c, 0, 0); err != nil {
		return o, err
	}
	if o.config, err = wantFlag(c, "config"); err != nil {
		return o, err
	}
	if o.question.EmployeeID, err = wantFlag(c, "employee"); err != nil {
		return o, err
	}
	if o.question.Effective, err = dayFlag(c, "effective"); err != nil {
		return o, err
	}
	if o.question.AsOf, err = dateFlag(c, "as-of"); err != nil {
		return o, err
	}
	if o.render, err = moverRender(c.String("format")); err != nil {
		return o, err
	}
	o.previous = c.String("previous")
	if file := c.String("policy"); file != "" {
		o.policy, err = readPolicy(file)
	}
	return o, err
}

// dayFlag reads a DATE that means its first second.
func dayFlag(c *cli.Context, name string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, c.String(name)); err == nil {
		return t, nil
	}
	return dateFlag(c, name)
}

func moverRender(format string) (func(io.Writer, *reports.Mover) error, error) {
	switch format {
	case "text":
		return text.Mover, nil
	case "json":
		return jsonout.Mover, nil
	}
	return nil, usagef("--format %q: want text or json", format)
}

// move collects in memory, of everybody, for the others are whom the person is held
// against, and answers.
func (a *asking) move(ctx context.Context, o moverOptions) (*reports.Mover, error) {
	cfg, all, err := jobs(a.config, a.w.clock(), a.w.clock, a.log)
	if err != nil {
		return nil, err
	}
	if a.guard, err = guardAgainst(cfg.Previous); err != nil {
		return nil, err
	}
	q := check.MoverQuestion{First: o.previous != ""}
	if q.Earlier, err = earlierGraph(o.previous, cfg.Previous); err != nil {
		return nil, err
	}
	result, err := a.read(ctx, cfg, all, connectors.Want{Without: []graph.Dataset{graph.MFA, graph.SignIn}}) // nothing rests on these
	if err != nil {
		return nil, err
	}
	q.Question = a.questionOf(result)
	answer, err := check.MoverOf(result.Graph, q)
	if err != nil {
		return nil, err
	}
	in := reports.MoverInput{Graph: result.Graph, Policy: a.policy, Question: q, Answer: answer}
	if a.policy != nil {
		in.Report = sod.Evaluate(result.Graph, a.policy, q.AsOf)
	}
	return reports.NewMover(in)
}

// earlierGraph opens the snapshot in which somebody worked at the old place: the one
// that was named, else that of the configuration, else none.
func earlierGraph(named, configured string) (*graph.Graph, error) {
	dir := named
	if dir == "" {
		dir = configured
	}
	if dir == "" {
		return nil, nil
	}
	_, g, err := openJudged(dir)
	if err != nil {
		return nil, fmt.Errorf("previous: %w", err)
	}
	return g, nil
}
