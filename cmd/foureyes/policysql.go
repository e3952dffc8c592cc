// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/tosql"
)

func policySQLCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "sql", Usage: "print a script that finds the breaches of a policy in a database", ArgsUsage: "POLICY",
		Description: "The script says in its head how to load a snapshot and to run it. It covers rules of the kinds conflict, at_most and critical without where and same.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "dialect", Usage: "write for `DATABASE`: duckdb or postgres"},
			&cli.StringFlag{Name: "facts", Usage: "with duckdb: read this exported `FILE`; default: the Parquet files of the folder where it runs"},
			&cli.StringFlag{Name: "snapshot", Usage: "list what the duties match in this `SNAPSHOT` instead of their patterns, and judge at its end"},
			&cli.StringFlag{Name: "as-of", Usage: "judge as of this `DATE`: 2006-01-02 (its last second, UTC) or RFC 3339; default: the end of the data"},
			&cli.StringFlag{Name: "mode", Usage: "judge `MODE` and stronger: standing, eligible or attainable; default: what the policy says"},
		},
		Action: func(c *cli.Context) error { return policySQL(c, w) },
	}
}

func policySQL(c *cli.Context, w world) error {
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return err
	}
	o, err := sqlOptions(c)
	if err != nil {
		return err
	}
	p, err := readPinned(args[0])
	if err != nil {
		return err
	}
	if text := c.String("mode"); text != "" {
		if p.Mode, err = reach.ParseMode(text); err != nil {
			return usagef("--mode: %w", err)
		}
	}
	if dir := c.String("snapshot"); dir != "" {
		if err := matchIn(dir, p, &o); err != nil {
			return err
		}
	}
	sql, err := tosql.Script(p, o)
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	v := w.voice(c)
	for _, r := range p.Rules {
		if why := tosql.WhyNot(r); why != "" {
			v.sayf("warning: rule %s is not in the script: %s", reports.Display(r.ID), why)
		}
	}
	_, err = io.WriteString(w.stdout, sql)
	return err
}

func sqlOptions(c *cli.Context) (o tosql.Options, err error) {
	name, err := wantFlag(c, "dialect")
	if err != nil {
		return o, err
	}
	if o.Dialect, err = tosql.ParseDialect(name); err != nil {
		return o, usagef("--dialect: %w", err)
	}
	o.Facts = c.String("facts")
	if o.Facts != "" && o.Dialect != tosql.DuckDB {
		return o, usagef("--facts is for duckdb; PostgreSQL reads the table facts, as the script's head says")
	}
	o.AsOf, err = dateFlag(c, "as-of")
	return o, err
}

// readPinned reads a policy with what its lock, if it has one, keeps in duties.
func readPinned(file string) (*sod.Policy, error) {
	p, err := readPolicy(file)
	if err != nil {
		return nil, err
	}
	lock, err := readLock(file)
	if err != nil || lock == nil {
		return p, err
	}
	return lock.Apply(p), nil
}

// matchIn looks up what the duties match in a snapshot.
func matchIn(dir string, p *sod.Policy, o *tosql.Options) error {
	s, g, err := openJudged(dir)
	if err != nil {
		return err
	}
	if o.AsOf.IsZero() {
		o.AsOf = s.Manifest().Ended
	}
	for _, nodes := range sod.DutyNodes(g, p) {
		ids := make([]graph.ID, len(nodes))
		for i, n := range nodes {
			ids[i] = g.ID(n)
		}
		o.Matches = append(o.Matches, ids)
	}
	return nil
}
