// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/reports/policysheet"
)

func policyMatrixCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "matrix", Usage: "the duties of a policy against each other, with the rules between them", ArgsUsage: "POLICY",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT` of the result: text or csv"},
		},
		Action: func(c *cli.Context) error { return policyMatrix(c, w) },
	}
}

func policyMatrix(c *cli.Context, w world) error {
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return err
	}
	format := c.String("format")
	if format != "text" && format != "csv" {
		return usagef("--format %q: want text or csv", format)
	}
	p, err := readPolicy(args[0])
	if err != nil {
		return err
	}
	m := policysheet.NewMatrix(p)
	if format == "csv" {
		return m.CSV(w.stdout)
	}
	return m.Text(w.stdout)
}

func policyDiffCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "diff", Usage: "what differs between two policies", ArgsUsage: "OLD NEW",
		Description: "Exit code 0 whether they differ or not; nothing is printed when they say the same.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "snapshot", Usage: "tell what it means for the duties' matches and holders in this `SNAPSHOT`"},
			&cli.StringFlag{Name: "as-of", Usage: "count holders as of this `DATE`; default: the end of the snapshot"},
		},
		Action: func(c *cli.Context) error { return policyDiff(c, w) },
	}
}

func policyDiff(c *cli.Context, w world) error {
	args, err := wantArgs(c, 2, 2)
	if err != nil {
		return err
	}
	asOf, err := dateFlag(c, "as-of")
	if err != nil {
		return err
	}
	before, err := readPolicy(args[0])
	if err != nil {
		return err
	}
	after, err := readPolicy(args[1])
	if err != nil {
		return err
	}
	changes := policysheet.Diff(before, after)
	if dir := c.String("snapshot"); dir != "" {
		s, g, err := openJudged(dir)
		if err != nil {
			return err
		}
		if asOf.IsZero() {
			asOf = s.Manifest().Ended
		}
		changes = append(changes, policysheet.Impact(before, after, g, asOf)...)
	}
	return policysheet.WriteChanges(w.stdout, changes)
}
