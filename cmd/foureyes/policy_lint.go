// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/policysheet"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/lint"
)

func policyLintCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "lint", Usage: "what is wrong or odd in a policy", ArgsUsage: "POLICY",
		Description: "Exit codes: 0 no error (there may be warnings and notes); 3 errors; 1 it cannot be read.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "snapshot", Usage: "look the names up in this `SNAPSHOT`"},
			&cli.StringFlag{Name: "as-of", Usage: "judge dates as of this `DATE`; default: the end of the snapshot"},
			&cli.BoolFlag{Name: "coverage", Usage: "note which groups, roles and entitlements of the snapshot lead to no duty"},
			&cli.StringFlag{Name: "since", Usage: "note that only of what an earlier `SNAPSHOT` does not know"},
			&cli.StringFlag{Name: "worksheet", Usage: "note that only of what this worksheet `FILE` does not judge irrelevant"},
		},
		Action: func(c *cli.Context) error { return policyLint(c, w) },
	}
}

func policyLint(c *cli.Context, w world) error {
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return err
	}
	asOf, err := dateFlag(c, "as-of")
	if err != nil {
		return err
	}
	if wantsCoverage(c) && c.String("snapshot") == "" {
		return usagef("--coverage, --since and --worksheet need --snapshot")
	}
	p, err := readPolicy(args[0])
	if err != nil {
		return err
	}
	problems, err := lintPolicy(c, p, asOf)
	if err != nil {
		return err
	}
	errs := 0
	for _, problem := range problems {
		if problem.Severity == lint.Error {
			errs++
		}
		fmt.Fprintf(w.stdout, "%s\n", reports.Display(fmt.Sprintf("%s: %s", args[0], problem)))
	}
	if errs > 0 {
		return errFindings
	}
	return nil
}

// lintPolicy judges a policy with the snapshots that the flags name, if any.
func lintPolicy(c *cli.Context, p *sod.Policy, asOf time.Time) ([]lint.Problem, error) {
	if c.String("snapshot") == "" {
		return lint.Lint(p, nil, nil, asOf), nil
	}
	s, g, err := openJudged(c.String("snapshot"))
	if err != nil {
		return nil, err
	}
	if asOf.IsZero() {
		asOf = s.Manifest().Ended
	}
	matches := sod.DutyNodes(g, p)
	problems := lint.Lint(p, g, matches, asOf)
	if !wantsCoverage(c) {
		return problems, nil
	}
	known, err := knownThings(c)
	if err != nil {
		return nil, err
	}
	return append(problems, lint.Coverage(p, g, matches, asOf, known)...), nil
}

func wantsCoverage(c *cli.Context) bool {
	return c.Bool("coverage") || c.String("since") != "" || c.String("worksheet") != ""
}

// knownThings tells what --since and --worksheet leave out.
func knownThings(c *cli.Context) (func(graph.ID) bool, error) {
	var before *graph.Graph
	judged := map[graph.ID]bool{}
	if dir := c.String("since"); dir != "" {
		var err error
		if _, before, err = openJudged(dir); err != nil {
			return nil, err
		}
	}
	if file := c.String("worksheet"); file != "" {
		sheet, err := readSheet(file)
		if err != nil {
			return nil, err
		}
		for _, r := range sheet.Rows {
			judged[r.ID] = r.State == policysheet.Irrelevant
		}
	}
	return func(id graph.ID) bool {
		if judged[id] || before == nil {
			return judged[id]
		}
		_, old := before.Find(id)
		return old
	}, nil
}
