// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/connectors/collect"
	"github.com/foureyes-iga/foureyes/connectors/ldap"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
)

func sourceCommand(w world) *cli.Command {
	config := func() []cli.Flag {
		return []cli.Flag{&cli.StringFlag{Name: "config", Usage: "the configuration `FILE`, foureyes.yaml"}}
	}
	return &cli.Command{
		Name:  "source",
		Usage: "try a configured source, or look at what is in it",
		Subcommands: []*cli.Command{
			{
				Name: "test", Usage: "can it be read, by what right, and what would not be assessed", ArgsUsage: "NAME", Flags: config(),
				Description: "Exit codes: 0 everything can be read; 4 not everything; 1 it cannot be read.",
				Action:      func(c *cli.Context) error { return withSource(c, w, sourceTest) },
			},
			{
				Name: "profile", Usage: "what is in it, and what is unclassified", ArgsUsage: "NAME", Flags: config(),
				Action: func(c *cli.Context) error { return withSource(c, w, sourceProfile) },
			},
		},
	}
}

// A pulled source is one source read alone.
type pulled struct {
	cfg    *collect.Config
	job    collect.Job
	result *collect.Result
}

func withSource(c *cli.Context, w world, do func(io.Writer, pulled) error) error {
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return err
	}
	config, err := wantFlag(c, "config")
	if err != nil {
		return err
	}
	cfg, all, err := jobs(config, w.clock(), w.clock, w.logger(c))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(j collect.Job) bool { return string(j.Name) == args[0] })
	if i < 0 {
		var names []string
		for _, j := range all {
			names = append(names, string(j.Name))
		}
		return usagef("%s has no source %q; it has %s", config, args[0], strings.Join(names, ", "))
	}
	p := pulled{cfg: cfg, job: all[i]}
	if err := probe(c, w, all[i]); err != nil {
		return err
	}
	if p.result, err = pull(c.Context, cfg, all[i], w.voice(c)); err != nil {
		return err
	}
	return do(w.stdout, p)
}

// probe tells what a directory shows of itself, before it is read.
func probe(c *cli.Context, w world, j collect.Job) error {
	directory, ok := j.Collector.(*ldap.Collector)
	if !ok || c.Command.Name != "test" {
		return nil
	}
	checks, err := directory.Probe(c.Context)
	for _, check := range checks {
		fmt.Fprintf(w.stdout, "%-16s %s\n", check.What, reports.Display(check.Found))
		if check.Hint != "" {
			fmt.Fprintf(w.stdout, "%-16s → %s\n", "", reports.Display(check.Hint))
		}
	}
	return err
}

func pull(ctx context.Context, cfg *collect.Config, j collect.Job, v *voice) (*collect.Result, error) {
	return collect.Run(ctx, collect.Plan{Jobs: []collect.Job{j}, Classify: cfg.Classify, Link: cfg.Link, Progress: v.progress})
}

// sourceTest reads the source as a collection would and tells how far that went.
func sourceTest(w io.Writer, p pulled) error {
	g := p.result.Graph
	for _, s := range g.Sources() {
		fmt.Fprintf(w, "source %s\n", s)
		tellSource(w, g, s)
		tellCures(w, g, s)
	}
	if len(p.result.Failed) > 0 {
		return fmt.Errorf("source %s: %w", p.job.Name, p.result.Failed[0].Err)
	}
	if !p.result.Whole() {
		return errNotAssessed
	}
	return nil
}

// tellCures says for each dataset that is not whole what will not be assessed, and
// which right would change that.
func tellCures(w io.Writer, g *graph.Graph, s graph.Source) {
	dialect := ""
	for _, run := range g.Runs() {
		if run.Source == s && run.Connector == "ldap" {
			dialect, _ = run.Details.Get("dialect")
		}
	}
	for _, d := range graph.Datasets() {
		if g.State(s, d).Whole() {
			continue
		}
		fmt.Fprintf(w, "NOT ASSESSED: what depends on %s of %s\n", d, s)
		if cure := ldap.Cure(dialect, d); dialect != "" && cure != "" {
			fmt.Fprintf(w, "  → %s\n", cure)
		}
	}
}

// sourceProfile counts what a source holds.
func sourceProfile(w io.Writer, p pulled) error {
	g := p.result.Graph
	if len(p.result.Failed) > 0 {
		return fmt.Errorf("source %s: %w", p.job.Name, p.result.Failed[0].Err)
	}
	for k := graph.Account; k <= graph.Unresolved; k++ {
		lo, hi := g.Range(k)
		if hi > lo && k != graph.Somebody { // which takes all sources to find
			fmt.Fprintf(w, "%-12s %s\n", k, reports.Number(int(hi-lo)))
			tellTally(w, "  status", g, lo, hi, "status")
			tellTally(w, "  type", g, lo, hi, "type")
			tellTally(w, "  kind", g, lo, hi, "account_kind")
			tellTally(w, "  group type", g, lo, hi, "group_type")
			tellTally(w, "  privileged", g, lo, hi, "privileged")
		}
	}
	for i, r := range p.cfg.Classify {
		switch n := p.result.ByRule[i]; {
		case n > 0:
			fmt.Fprintf(w, "classify rule %d gives %s the type %s\n", i+1, reports.Plural(n, "account"), r.Type)
		case r.Type != "":
			fmt.Fprintf(w, "classify rule %d gives nobody the type %s\n", i+1, r.Type)
		}
	}
	return tellUnclassified(w, g)
}

func tellTally(w io.Writer, title string, g *graph.Graph, lo, hi uint32, key string) {
	tally := map[string]int{}
	for n := lo; n < hi; n++ {
		v, ok := g.Attr(n, key)
		if !ok {
			v = "unknown"
		}
		tally[v]++
	}
	if len(tally) == 1 && tally["unknown"] > 0 {
		return
	}
	for _, v := range slices.Sorted(maps.Keys(tally)) {
		fmt.Fprintf(w, "%s %s: %s\n", title, reports.Display(v), reports.Number(tally[v]))
	}
}

// tellUnclassified lists the first accounts without a type.
func tellUnclassified(w io.Writer, g *graph.Graph) error {
	const most = 20
	count := 0
	lo, hi := g.Range(graph.Account)
	for n := lo; n < hi; n++ {
		if _, ok := g.Attr(n, "type"); ok {
			continue
		}
		if count++; count <= most {
			dn, _ := g.Attr(n, "dn")
			fmt.Fprintf(w, "unclassified: %s\n", reports.Display(strings.TrimSpace(g.ID(n).String()+"  "+g.Name(n)+"  "+dn)))
		}
	}
	if count > most {
		fmt.Fprintf(w, "… and %s more unclassified\n", reports.Number(count-most))
	}
	return nil
}
