// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/connectors/collect"
	"github.com/foureyes-iga/foureyes/graph/snapshot"
	"github.com/foureyes-iga/foureyes/reports"
)

func collectCommand(w world) *cli.Command {
	return &cli.Command{
		Name:  "collect",
		Usage: "read all sources into a snapshot",
		Description: "Exit codes: 0 all complete; 4 written, but not all complete (a source that failed\n" +
			"is recorded as failed); 1 no snapshot: bad configuration, interrupted, or it could not be written.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "config", Usage: "the configuration `FILE`, foureyes.yaml"},
			&cli.StringFlag{Name: "out", Usage: "the new `SNAPSHOT` folder"},
		},
		Action: func(c *cli.Context) error {
			if _, err := wantArgs(c, 0, 0); err != nil {
				return err
			}
			config, err := wantFlag(c, "config")
			if err != nil {
				return err
			}
			out, err := wantFlag(c, "out")
			if err != nil {
				return err
			}
			if err := refuseExisting(out); err != nil {
				return err
			}
			if err := wantFolder(filepath.Dir(out)); err != nil {
				return err
			}
			cfg, all, err := jobs(config, w.clock(), w.clock, w.logger(c))
			if err != nil {
				return err
			}
			guard, err := guardAgainst(cfg.Previous)
			if err != nil {
				return err
			}
			plan := collect.Plan{Jobs: all, Classify: cfg.Classify, Link: cfg.Link, Now: w.clock()}
			result, m, err := gather(c.Context, plan, guard, out, w.voice(c))
			if err != nil {
				return err
			}
			fmt.Fprintf(w.stdout, "%s\n", m.Digest)
			if !result.Whole() || m.Quarantine != nil {
				return errNotAssessed
			}
			return nil
		},
	}
}

// collectGarbageSooner makes the heap grow by no more than half before it is swept,
// until the returned function is called: little of what is allocated while facts are
// gathered or judged is dropped. docs/performance.md has what that saves and costs. Who sets
// GOGC decides instead.
func (w world) collectGarbageSooner() (restore func()) {
	if w.env("GOGC") != "" {
		return func() {}
	}
	was := debug.SetGCPercent(50)
	return func() { debug.SetGCPercent(was) }
}

// refuseExisting makes an existing target a wrong call: nothing is overwritten.
func refuseExisting(out string) error {
	_, err := os.Lstat(out)
	switch {
	case err == nil:
		return usagef("%s exists; foureyes overwrites nothing, name another", out)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return err
}

// wantFolder makes sure that there is a folder to write into, before hours of
// reading.
func wantFolder(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return fmt.Errorf("the folder of --out: %w", err)
	case !info.IsDir():
		return fmt.Errorf("the folder of --out: %s is not a folder", dir)
	}
	return nil
}

// gather collects and writes the snapshot, telling what a person should know.
func gather(ctx context.Context, plan collect.Plan, guard *dropGuard, out string, v *voice) (*collect.Result, snapshot.Manifest, error) {
	result, m, err := collectInto(ctx, plan, guard, out, v)
	if err != nil {
		return nil, m, err
	}
	tellSnapshot(v, result, out)
	if m.Quarantine != nil {
		v.warnf("%v", quarantined(out, m.Quarantine))
	}
	return result, m, nil
}

func collectInto(ctx context.Context, plan collect.Plan, guard *dropGuard, out string, v *voice) (*collect.Result, snapshot.Manifest, error) {
	plan.Progress = v.progress
	result, err := collect.Run(ctx, plan)
	if err != nil {
		return nil, snapshot.Manifest{}, err
	}
	for _, f := range result.Failed {
		v.warnf("source %s FAILED: %v", f.Source, f.Err)
	}
	for _, l := range result.Linked.Loose {
		v.sayf("confirmed match of %s with %s: one of them was not read", l.Account, l.Identity)
	}
	for _, l := range result.Linked.Against {
		v.warnf("%s is confirmed to be of %s, and its source or its key says otherwise: look into it", l.Account, l.Identity)
	}
	for _, a := range result.Linked.Ambiguous {
		v.sayf("not linked: %s carries %s %s, and so do %s", a.Account, a.Key, a.Value, fmt.Sprintf("%d identities", len(a.Identities)))
	}
	for _, id := range result.NoParent {
		v.sayf("not linked: the main account of %s was not found", id)
	}
	m, err := snapshot.Write(out, result.Graph, snapshot.Meta{Tool: snapshot.Tool{Name: tool, Version: version()}, Started: result.Started, Ended: result.Ended, Quarantine: guard.quarantine(result.Graph)})
	if err != nil {
		return nil, snapshot.Manifest{}, err
	}
	return result, m, nil
}

func tellSnapshot(v *voice, result *collect.Result, told string) {
	v.sayf("%s: %s, %s, data of %s", told, reports.Plural(result.Graph.NumNodes(), "node"), reports.Plural(result.Graph.NumGrants(), "grant"), result.Ended.Format(time.RFC3339))
	if n := result.Linked.Unlinked; n > 0 {
		v.sayf("%s linked to nobody: foureyes snapshot queue %s proposes whose they may be", reports.Plural(n, "account"), told)
	}
	if !result.Whole() {
		v.sayf("not everything was read: foureyes snapshot info %s says what", told)
	}
}
