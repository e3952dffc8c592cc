// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/diff"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/reports/text"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
	"github.com/foureyes-iga/foureyes/sod/whatif"
)

func diffCommand(w world) *cli.Command {
	return &cli.Command{
		Name:        "diff",
		Usage:       "tell what is different between two snapshots: people, accounts, grants, gaps",
		ArgsUsage:   "OLD NEW",
		Description: "With a policy, the findings too, each snapshot judged as of its own end. Exit code 0 when done.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "policy", Usage: "compare the findings by this policy `FILE` too"},
			&cli.StringFlag{Name: "mode", Usage: "judge `MODE` and stronger: standing, eligible or attainable; default: what the policy says"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT` of the result: text or json"},
		},
		Action: func(c *cli.Context) error { return diffVerb(c, w) },
	}
}

func diffVerb(c *cli.Context, w world) error {
	args, err := wantArgs(c, 2, 2)
	if err != nil {
		return err
	}
	render, err := diffRender(c.String("format"))
	if err != nil {
		return err
	}
	if c.String("policy") == "" && c.String("mode") != "" {
		return usagef("diff takes --mode only with --policy FILE")
	}
	open := openGraph
	if c.String("policy") != "" {
		open = openJudged
	}
	was, older, err := open(args[0])
	if err != nil {
		return err
	}
	is, newer, err := open(args[1])
	if err != nil {
		return err
	}
	p, err := diffPolicy(c, w, newer)
	if err != nil {
		return err
	}
	d := reports.NewDiff(diff.Compare(older, newer, was.Manifest().Ended, is.Manifest().Ended), older, newer, infoOf(was), infoOf(is), p)
	if p != nil {
		between := whatif.Between(older, newer, p, was.Manifest().Ended, is.Manifest().Ended, check.JudgeEach)
		if d.Findings, err = reports.NewWhatIf(p, infoOf(is), between); err != nil {
			return err
		}
	}
	return render(w.stdout, d)
}

func diffRender(format string) (func(io.Writer, *reports.Diff) error, error) {
	switch format {
	case "text":
		return text.Diff, nil
	case "json":
		return jsonout.Diff, nil
	}
	return nil, usagef("--format %q: want text or json", format)
}

// diffPolicy reads the policy; nil when none was given. What was approved is pinned
// for both snapshots.
func diffPolicy(c *cli.Context, w world, newer *graph.Graph) (*sod.Policy, error) {
	if c.String("policy") == "" {
		return nil, nil
	}
	p, lock, err := askedPolicy(c)
	if err != nil || lock == nil {
		return p, err
	}
	announce(w.voice(c), lock, p, newer)
	return lock.Apply(p), nil
}
