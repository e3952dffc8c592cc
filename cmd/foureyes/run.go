// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/connectors/collect"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/pdf"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

func runCommand(w world) *cli.Command {
	return &cli.Command{
		Name:  "run",
		Usage: "collect, judge against the last run and build the packet, into a state folder: for schedulers",
		Description: "Each run is a folder named by the moment of its snapshot; the file latest names the last one.\n" +
			"Exit codes as of analyze: 0 nothing new and everything assessed; 3 new or recurred findings (in the\n" +
			"first run, any open one); 4 none, but something was NOT ASSESSED; 1 it could not run, or another run\n" +
			"is at work; then the state is as it was.",
		Flags: append(slices.DeleteFunc(evaluateFlags(), isAsOf),
			&cli.StringFlag{Name: "config", Usage: "the configuration `FILE`, foureyes.yaml"},
			&cli.StringFlag{Name: "state", Usage: "the `FOLDER` of the runs; it is made when it does not exist"},
			&cli.StringFlag{Name: "fail-on", Value: "new", Usage: "which open findings give exit code 3: new, any or none"},
			&cli.IntFlag{Name: "keep", DefaultText: "keep all", Usage: "remove all but the newest `N` runs"},
			fontFlag(),
			&cli.StringFlag{Name: "entity", Usage: "whose controls these are"},
			&cli.StringFlag{Name: "prepared-by", Usage: "who prepared the packet"},
		),
		Action: func(c *cli.Context) error { return runOnce(c, w) },
	}
}

// isAsOf picks out the flag that a run has no use for: it judges as of its own
// snapshot.
func isAsOf(f cli.Flag) bool { return slices.Contains(f.Names(), "as-of") }

func runOnce(c *cli.Context, w world) (err error) {
	j, err := newScheduled(c, w)
	if err != nil {
		return err
	}
	dir, err := wantFlag(c, "state")
	if err != nil {
		return err
	}
	s, err := openState(dir)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, s.close()) }()
	p, name, err := j.into(c, s, func(name string) error {
		_, err := fmt.Fprintln(w.stdout, filepath.Join(dir, name))
		return err
	})
	if err != nil {
		return err
	}
	j.v.sayf("%s: %s", filepath.Join(dir, name), p.Verdict())
	if m := p.Summary; p.Changes != nil {
		j.v.sayf("since %s: %d new, %d recurred, %d resolved, %d that cannot be told", p.Changes.AsOf.Format("2006-01-02"), m.New, m.Recurred, m.Resolved, m.Cannot)
	}
	if p.RollForward != nil {
		for _, place := range p.RollForward.Uncovered() {
			j.v.warnf("new since %s: %s: %s", p.RollForward.From.Ended.Format("2006-01-02"), place.Label(), place.Holds())
		}
	}
	if keep := c.Int("keep"); keep > 0 {
		if err := s.prune(keep); err != nil {
			j.v.warnf("old runs could not be removed: %v", err)
		}
	}
	if p.Changes == nil && j.failOn == "new" {
		return verdict(p, "any") // without an earlier run everything is new
	}
	return verdict(p, j.failOn)
}

// A scheduled run is what is asked for, read before anything is collected.
type scheduled struct {
	w      world
	v      *voice
	policy *sod.Policy
	lock   *policyfile.Lock
	font   *pdf.Font // nil: none
	plan   collect.Plan
	first  string // what the first run is held against; "" is nothing
	failOn string
}

func newScheduled(c *cli.Context, w world) (*scheduled, error) {
	if _, err := wantArgs(c, 0, 0); err != nil {
		return nil, err
	}
	config, err := wantFlag(c, "config")
	if err != nil {
		return nil, err
	}
	j := &scheduled{w: w, v: w.voice(c), failOn: c.String("fail-on")}
	switch {
	case !slices.Contains([]string{"new", "any", "none"}, j.failOn):
		return nil, usagef("--fail-on %q: want new, any or none", j.failOn)
	case c.IsSet("keep") && c.Int("keep") < 1:
		return nil, usagef("--keep %d: want 1 or more", c.Int("keep"))
	}
	if j.policy, j.lock, err = askedPolicy(c); err != nil {
		return nil, err
	}
	if j.font, err = fontFrom(c); err != nil {
		return nil, err
	}
	cfg, all, err := jobs(config, w.clock(), w.clock, w.logger(c))
	if err != nil {
		return nil, err
	}
	j.first = cfg.Previous
	j.plan = collect.Plan{Jobs: all, Classify: cfg.Classify, Link: cfg.Link, Now: w.clock()}
	return j, nil
}

// into makes the run in a folder of its own, and gives it its name and tells that when
// all of it is there.
func (j *scheduled) into(c *cli.Context, s *state, tell func(name string) error) (_ *reports.Packet, name string, err error) {
	baseline, err := s.lastReport()
	if err != nil {
		return nil, "", err
	}
	previous, err := s.lastSnapshot()
	if err != nil {
		return nil, "", err
	}
	previous = cmp.Or(previous, j.first)
	guard, err := guardAgainst(previous)
	if err != nil {
		return nil, "", err
	}
	work, err := s.work()
	if err != nil {
		return nil, "", err
	}
	defer func() { err = firstOf(err, os.RemoveAll(work)) }() // gone already when it has its name
	p, result, err := j.build(c, work, guard, earlier{baseline, previous})
	if errors.Is(err, errQuarantined) {
		return nil, "", s.hold(work)
	}
	if err != nil {
		return nil, "", err
	}
	name, err = s.publish(work, result.Ended, tell)
	if err != nil {
		return nil, "", err
	}
	tellSnapshot(j.v, result, filepath.Join(s.dir, name, "snapshot"))
	return p, name, nil
}

// errQuarantined: so much less came than in the last run that nothing is judged.
var errQuarantined = errors.New("quarantined")

// An earlier run is what one is held against.
type earlier struct {
	report   *reports.Findings // nil: none
	snapshot string            // its folder; "" is none
}

func (j *scheduled) build(c *cli.Context, work string, guard *dropGuard, last earlier) (*reports.Packet, *collect.Result, error) {
	snap := filepath.Join(work, "snapshot")
	result, m, err := collectInto(c.Context, j.plan, guard, snap, j.v)
	if err != nil {
		return nil, nil, err
	}
	if m.Quarantine != nil {
		return nil, nil, errQuarantined
	}
	judged, err := evaluate(j.v, snap, j.policy, j.lock, time.Time{})
	if err != nil {
		return nil, nil, err
	}
	in := judged.input()
	in.Baseline, in.Entity, in.PreparedBy = last.report, c.String("entity"), c.String("prepared-by")
	if err := judged.forward(&in, last.snapshot); err != nil {
		return nil, nil, err
	}
	p, err := reports.New(in)
	if err != nil {
		return nil, nil, err
	}
	return p, result, writePacket(filepath.Join(work, runPacket+".pdf"), p, j.font)
}
