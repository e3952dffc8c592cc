// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/reports/table"
	"github.com/foureyes-iga/foureyes/reports/text"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/policyfile"
	"github.com/foureyes-iga/foureyes/sod/remedy"
	"github.com/foureyes-iga/foureyes/sod/remedy/proof"
)

func remedyCommand(w world) *cli.Command {
	return &cli.Command{
		Name:      "remedy",
		Usage:     "tell which grants cost least to revoke so that no finding is left, with proof",
		ArgsUsage: "SNAPSHOT",
		Description: "It is about open findings of the kinds sod and critical, and changes nothing. Exit codes: 0 proved to\n" +
			"cost least; 3 nothing that may be revoked clears some finding; 4 not proved; 3 wins over 4.\n" +
			"foureyes remedy verify holds a plan that was written with --format json against a snapshot.",
		Flags: append(evaluateFlags(),
			&cli.StringFlag{Name: "scope", Value: "assignments", Usage: "what may be revoked, `SCOPE`: assignments, of accounts and people; or structure, of groups, roles and entitlements too"},
			&cli.StringFlag{Name: "cost", Usage: "a `FILE` of what revoking costs, and of what must stay"},
			&cli.StringFlag{Name: "finding", Usage: "only the finding with this `ID`"},
			&cli.StringFlag{Name: "subject", Usage: "only the findings of the subject with this `ID`"},
			&cli.DurationFlag{Name: "timeout", Usage: "give the best plan that is known after this `DURATION`; default: as long as it takes"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT` of the result: text, json (with the certificate), csv, ldif, graph (requests), or changes (for whatif)"},
		),
		Action: func(c *cli.Context) error { return remedyVerb(c, w) },
		Subcommands: []*cli.Command{{
			Name:        "verify",
			Usage:       "check a plan, and the proof that nothing costs less, without trusting who made it",
			ArgsUsage:   "SNAPSHOT",
			Description: "Exit codes: 0 the plan holds; 3 something in it is wrong; 1 it cannot be read.",
			Flags: append(evaluateFlags(),
				&cli.StringFlag{Name: "plan", Usage: "the plan, a `FILE` from remedy --format json"},
				&cli.StringFlag{Name: "cost", Usage: "the cost `FILE` with which the plan was made"},
			),
			Action: func(c *cli.Context) error { return remedyVerifyVerb(c, w) },
		}},
	}
}

func remedyVerb(c *cli.Context, w world) error {
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return err
	}
	render, err := planRender(c.String("format"))
	if err != nil {
		return err
	}
	o, err := remedyOptions(c)
	if err != nil {
		return err
	}
	ctx := c.Context
	if d := c.Duration("timeout"); d > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, d)
		defer stop()
	} else if d < 0 || c.IsSet("timeout") {
		return usagef("--timeout %s: want more than nothing", d)
	}
	l, err := load(c, w.voice(c), args[0])
	if err != nil {
		return err
	}
	doc, err := solve(ctx, reports.Input{Graph: l.graph, Policy: l.policy, Snapshot: l.info()}, l.asOf, o)
	if err != nil {
		return err
	}
	plan := doc.Plan
	if err := render(w.stdout, doc); err != nil {
		return err
	}
	switch {
	case len(plan.Stuck) > 0:
		return errFindings
	case !plan.Optimal():
		return errNotAssessed
	}
	return nil
}

// solve finds the plan for what a packet, or the verb, is about.
func solve(ctx context.Context, in reports.Input, asOf time.Time, o remedy.Options) (*reports.Plan, error) {
	plan, err := remedy.Solve(ctx, in.Graph, in.Policy, asOf, o)
	if err != nil {
		return nil, err
	}
	return reports.NewPlan(reports.PlanInput{Graph: in.Graph, Policy: in.Policy, Snapshot: in.Snapshot, Plan: plan})
}

func remedyOptions(c *cli.Context) (o remedy.Options, err error) {
	if o.Scope, err = remedy.ParseScope(c.String("scope")); err != nil {
		return o, usagef("--scope: %w", err)
	}
	o.Finding = c.String("finding")
	if s := c.String("subject"); s != "" {
		if o.Subject, err = graph.ParseID(s); err != nil {
			return o, usagef("--subject: %w", err)
		}
		if o.Finding != "" {
			return o, usagef("remedy takes one of --finding and --subject")
		}
	}
	o.Costs, err = readCosts(c.String("cost"))
	return o, err
}

// readCosts reads a cost file; nil when none is named.
func readCosts(file string) (*sod.Costs, error) {
	if file == "" {
		return nil, nil
	}
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cost file: %w", err)
	}
	return policyfile.Costs(file, src)
}

func planRender(format string) (func(io.Writer, *reports.Plan) error, error) {
	switch format {
	case "text":
		return text.Plan, nil
	case "json":
		return jsonout.Plan, nil
	case "csv":
		return table.Plan, nil
	case "ldif":
		return text.PlanLDIF, nil
	case "graph":
		return text.PlanGraph, nil
	case "changes":
		return jsonout.PlanChange, nil
	}
	return nil, usagef("--format %q: want text, json, csv, ldif, graph or changes", format)
}

func remedyVerifyVerb(c *cli.Context, w world) error {
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return err
	}
	name, err := wantFlag(c, "plan")
	if err != nil {
		return err
	}
	costs, err := readCosts(c.String("cost"))
	if err != nil {
		return err
	}
	file, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	l, err := load(c, w.voice(c), args[0])
	if err != nil {
		return err
	}
	m := l.info()
	v, err := proof.Check(proof.Case{Graph: l.graph, Policy: l.policy, Costs: costs, AsOf: l.asOf, SnapshotDigest: m.Digest, SnapshotContent: m.Content}, file)
	if err != nil {
		fmt.Fprintf(w.stdout, "%s\n", reports.Display(fmt.Sprintf("REFUSED: %s: %v", name, err)))
		return errFindings
	}
	return sayVerdict(w.stdout, v, l.asOf)
}

func sayVerdict(out io.Writer, v *proof.Verdict, asOf time.Time) error {
	_, err := fmt.Fprintf(out, "the plan holds as of %s: %s to revoke for %d, %s cleared\n", asOf.Format("2006-01-02 15:04 UTC"),
		reports.Plural(v.Revoked, "grant"), v.Cost, reports.Plural(v.Clears, "finding"))
	if err != nil {
		return err
	}
	what := fmt.Sprintf("nothing that clears them costs less: proved by %s in %s", agreed(v.Clauses, "witness", "witnesses"), reports.Plural(v.Parts, "part"))
	if !v.Optimal() {
		what = fmt.Sprintf("nothing that clears them costs less than %d, which is NOT what the plan costs: proved by %s in %s", v.LowerBound, agreed(v.Clauses, "witness", "witnesses"), reports.Plural(v.Parts, "part"))
	}
	if v.Stuck > 0 {
		what += fmt.Sprintf("; %s that nothing clears", reports.Plural(v.Stuck, "finding"))
	}
	_, err = fmt.Fprintln(out, what)
	return err
}

func agreed(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return reports.Number(n) + " " + many
}
