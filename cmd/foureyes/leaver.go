// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/collect"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/reports/pdf"
	"github.com/foureyes-iga/foureyes/reports/text"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

func leaverCommand(w world) *cli.Command {
	return &cli.Command{
		Name:  "leaver",
		Usage: "ask all sources now what of one person's access is still live",
		Description: "Nothing is written but a receipt, and no directory is changed. Exit codes: 3 something lives; 4\n" +
			"nothing that was read lives, but something could not be told; 0 everything was read, and nothing\n" +
			"lives; 1 it could not run, or not exactly one identity carries the employee id. What is late does not\n" +
			"change the exit code.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "config", Usage: "the configuration `FILE`, foureyes.yaml"},
			&cli.StringFlag{Name: "employee", Usage: "the employee `ID` of the person, letter by letter"},
			&cli.StringFlag{Name: "effective", Usage: "the `DATE` of the end: also tell what was used after it; 2006-01-02 (its last second, UTC) or RFC 3339"},
			&cli.StringFlag{Name: "policy", Usage: "the policy `FILE`, or builtin:NAME: its applications and their owners are named, and its sla of the check leaver counts"},
			&cli.StringFlag{Name: "sla", Usage: "how soon access must end, `SPAN`: \"1 business day\", 24h, 2d; in the calendar of the policy, else in UTC without Saturdays and Sundays"},
			&cli.StringFlag{Name: "receipt", Usage: "the new `FILE`.pdf that shows what lived and when it was seen gone; FILE.json is written beside it"},
			fontFlag(),
			&cli.StringFlag{Name: "by", Usage: "with --receipt: the `NAME` of who asks"},
			&cli.StringFlag{Name: "as-of", Usage: "look at grants as of this `DATE`; default: the moment of the collection"},
			&cli.StringFlag{Name: "mode", Usage: "look at access of this `MODE` and stronger: standing, eligible or attainable (the default)"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT` of the result: text or json"},
			&cli.BoolFlag{Name: "watch", Usage: "ask again and again until nothing lives; the last answer is the result"},
			&cli.DurationFlag{Name: "every", Value: 5 * time.Minute, Usage: "with --watch: how long to wait, `DURATION`"},
			&cli.StringFlag{Name: "until", Usage: "with --watch: the `DATE` at which it ends in any case; default: when access must have ended, with an SLA"},
		},
		Action: func(c *cli.Context) error { return leaverVerb(c, w) },
	}
}

func leaverVerb(c *cli.Context, w world) error {
	o, err := leaverOptionsFrom(c)
	if err != nil {
		return err
	}
	a := asking{w: w, v: w.voice(c), log: w.logger(c), leaverOptions: o}
	l, err := a.answer(c.Context)
	if err != nil {
		return err
	}
	if o.receipt != "" {
		if err := writeReceipt(o.receipt, o.font, a.book.Receipt(o.by, w.clock())); err != nil {
			return err
		}
		a.v.sayf("receipt %s", o.receipt)
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
	watch    bool
	every    time.Duration
	until    time.Time // zero: no end
	receipt  string    // of the PDF; empty: none
	font     *pdf.Font // of the receipt; nil: none
	by       string
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
	if err = o.readWatch(c); err != nil {
		return o, err
	}
	if err = o.readReceipt(c); err != nil {
		return o, err
	}
	if file := c.String("policy"); file != "" {
		if o.policy, err = readPolicy(file); err != nil {
			return o, err
		}
	}
	return o, o.readSLA(c)
}

func (o *leaverOptions) readWatch(c *cli.Context) (err error) {
	o.watch, o.every = c.Bool("watch"), c.Duration("every")
	switch {
	case !o.watch && (c.IsSet("every") || c.IsSet("until")):
		return usagef("--every and --until are for --watch")
	case o.every < time.Second:
		return usagef("--every %s: want 1s or more", o.every)
	}
	o.until, err = dateFlag(c, "until")
	return err
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

// asking is the work of asking about one person, once or until nothing lives.
type asking struct {
	leaverOptions
	w   world
	v   *voice
	log *slog.Logger

	guard   *dropGuard   // what each collection is held against; read once
	earlier *graph.Graph // of the same snapshot
	book    reports.ReceiptBook
}

// answer asks until an answer ends it. In a watch a round that could not run, or in
// which a source failed, ends nothing, unless it is the first that could not run: what
// nobody could read is not gone.
func (a *asking) answer(ctx context.Context) (*reports.Leaver, error) {
	for first := true; ; first = false {
		l, failed, err := a.once(ctx)
		a.note(l, err)
		switch now := a.w.clock(); {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case !a.watch, first && err != nil, err == nil && !failed && !l.Lives(), !a.until.IsZero() && !now.Before(a.until):
			return l, err
		case err != nil:
			a.v.warnf("%s: %v", now.UTC().Format(time.RFC3339), err)
		default:
			a.v.sayf("%s: %s", now.UTC().Format(time.RFC3339), l.Verdict())
		}
		if err := a.w.wait(ctx, a.pause()); err != nil {
			return nil, err
		}
	}
}

// note keeps what a round said. By the first answer the watch learns when it ends.
func (a *asking) note(l *reports.Leaver, err error) {
	if err != nil {
		a.book.Missed(a.w.clock(), err.Error())
		return
	}
	a.book.Saw(l)
	if t := l.Timing; a.watch && a.until.IsZero() && t != nil && !t.EndBy.Latest.IsZero() {
		a.until = t.EndBy.Latest
		a.v.sayf("the watch ends when access must have ended, %s", a.until.Format(time.RFC3339))
	}
}

// pause is how long to wait, no longer than the watch lasts.
func (a *asking) pause() time.Duration {
	if a.until.IsZero() {
		return a.every
	}
	return min(a.every, a.until.Sub(a.w.clock()))
}

// once collects in memory and answers. It reports whether a source failed.
func (a *asking) once(ctx context.Context) (l *reports.Leaver, failed bool, err error) {
	cfg, all, err := jobs(a.config, a.w.clock(), a.w.clock, a.log)
	if err != nil {
		return nil, false, err
	}
	if a.guard == nil {
		if a.guard, a.earlier, err = guardAndGraph(cfg.Previous); err != nil {
			return nil, false, err
		}
	}
	result, err := a.read(ctx, cfg, all, a.want())
	if err != nil {
		return nil, false, err
	}
	q := a.questionOf(result)
	answer, err := check.LeaverOf(result.Graph, q)
	if err != nil {
		return nil, false, err
	}
	l, err = reports.NewLeaver(reports.LeaverInput{Graph: result.Graph, Policy: a.policy, Question: q, Answer: answer, Started: result.Started, Ended: result.Ended})
	return l, len(result.Failed) > 0, err
}

// read collects in memory.
func (a *asking) read(ctx context.Context, cfg *collect.Config, all []collect.Job, want connectors.Want) (*collect.Result, error) {
	result, err := collect.Run(ctx, collect.Plan{
		Jobs: all, Classify: cfg.Classify, Link: cfg.Link, Now: a.w.clock(), Progress: a.v.progress, Want: want,
	})
	if err != nil {
		return nil, err
	}
	for _, f := range result.Failed {
		a.v.warnf("source %s FAILED: %v", f.Source, f.Err)
	}
	return result, nil
}

// want leaves out what the answer does not rest on: reports, which take longest in
// a tenant of Entra ID.
func (a *asking) want() connectors.Want {
	w := connectors.Want{EmployeeIDs: []string{a.question.EmployeeID}, Without: []graph.Dataset{graph.MFA}, Undated: true}
	if a.question.Effective.IsZero() {
		w.Without = append(w.Without, graph.SignIn)
	}
	return w
}

// questionOf completes the question by what the collection says of itself.
func (a *asking) questionOf(result *collect.Result) check.Question {
	q := a.question
	if q.AsOf.IsZero() {
		q.AsOf = result.Ended
	} else if q.AsOf.Before(result.Started) || q.AsOf.After(endOfDay(result.Ended)) {
		a.v.sayf("warning: %s is outside the window of what was read, %s to %s", q.AsOf.Format(time.RFC3339), result.Started.Format(time.RFC3339), result.Ended.Format(time.RFC3339))
	}
	q.Previous = a.earlier
	for _, x := range result.Linked.Ambiguous {
		q.Undecided = append(q.Undecided, check.Undecided{Account: x.Account, Key: x.Key, Identities: x.Identities})
	}
	for _, s := range a.guard.shrunk(result.Graph) {
		q.Shrunk = append(q.Shrunk, check.Doubt{Source: s.Source, Dataset: s.Dataset, Why: fmt.Sprintf("it has %d of %d %s", s.Now, s.Before, s.Class)})
	}
	return q
}
