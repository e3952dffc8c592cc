// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/diff"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/graph/snapshot"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

// evaluateFlags are what every evaluating verb takes.
func evaluateFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "policy", Usage: "the policy `FILE`, or builtin:NAME for one that ships (see policy init)"},
		&cli.StringFlag{Name: "as-of", Usage: "judge as of this `DATE`: 2006-01-02 (its last second, UTC) or RFC 3339; default: the end of the snapshot"},
		&cli.StringFlag{Name: "mode", Usage: "judge `MODE` and stronger: standing, eligible or attainable; default: what the policy says"},
	}
}

// previousGraph reads the snapshot that the flag names; nil when there is none.
func previousGraph(c *cli.Context) (*graph.Graph, error) {
	_, g, err := guardAndGraph(c.String("previous"))
	return g, err
}

// A judged snapshot is a graph, a policy and the report on them.
type judged struct {
	snapshot *snapshot.Snapshot
	graph    *graph.Graph
	policy   *sod.Policy
	report   *sod.Report
	leftOut  []string // rules and checks that are less severe than was asked for
	dropped  reports.Dropped

	dutyNodes [][]uint32 // by duty: see waysOf
	peers     rarities   // of whom was explained last: see rarity
	value     string     // of the rule's same, when a finding within it was asked for
}

// A loaded snapshot is what there is to judge, by what and as of when.
type loaded struct {
	snapshot *snapshot.Snapshot
	graph    *graph.Graph
	policy   *sod.Policy
	asOf     time.Time
}

// load opens a snapshot and reads the policy as the flags say.
func load(c *cli.Context, v *voice, dir string) (*loaded, error) {
	asOf, err := dateFlag(c, "as-of")
	if err != nil {
		return nil, err
	}
	p, lock, err := askedPolicy(c)
	if err != nil {
		return nil, err
	}
	return loadBy(v, dir, p, lock, asOf)
}

// askedPolicy reads the policy that the flags name, in the mode that is asked for,
// and its lock, which may be nil.
func askedPolicy(c *cli.Context) (*sod.Policy, *policyfile.Lock, error) {
	file, err := wantFlag(c, "policy")
	if err != nil {
		return nil, nil, err
	}
	p, err := readPolicy(file)
	if err != nil {
		return nil, nil, err
	}
	if text := c.String("mode"); text != "" {
		if p.Mode, err = reach.ParseMode(text); err != nil {
			return nil, nil, usagef("--mode: %w", err)
		}
	}
	lock, err := readLock(file)
	return p, lock, err
}

// loadBy opens a snapshot to be judged by p. With a lock, what was approved stays in its
// duty, and what is new in one is announced.
func loadBy(v *voice, dir string, p *sod.Policy, lock *policyfile.Lock, asOf time.Time) (*loaded, error) {
	s, g, err := openJudged(dir)
	if err != nil {
		return nil, err
	}
	if lock != nil {
		announce(v, lock, p, g)
		p = lock.Apply(p)
	}
	m := s.Manifest()
	if asOf.IsZero() {
		asOf = m.Ended
	} else if asOf.Before(m.Started) || asOf.After(endOfDay(m.Ended)) {
		v.sayf("warning: %s is outside the snapshot's window, %s to %s", asOf.Format(time.RFC3339Nano), m.Started.Format(time.RFC3339Nano), m.Ended.Format(time.RFC3339Nano))
	}
	return &loaded{s, g, p, asOf}, nil
}

// judge opens a snapshot and evaluates it as the flags say.
func judge(c *cli.Context, v *voice, dir string) (*judged, error) {
	l, err := load(c, v, dir)
	if err != nil {
		return nil, err
	}
	return l.judge(), nil
}

// evaluate judges a snapshot by p.
func evaluate(v *voice, dir string, p *sod.Policy, lock *policyfile.Lock, asOf time.Time) (*judged, error) {
	l, err := loadBy(v, dir, p, lock, asOf)
	if err != nil {
		return nil, err
	}
	return l.judge(), nil
}

func (l *loaded) judge() *judged {
	report := sod.Evaluate(l.graph, l.policy, l.asOf, check.Judge)
	if len(l.policy.Rules)+len(l.policy.Checks) == 0 {
		report.NotAssessed = append(report.NotAssessed, sod.NotAssessed{Reason: "the policy has no rule and no check"})
	}
	return &judged{snapshot: l.snapshot, graph: l.graph, policy: l.policy, report: report}
}

// dateFlag reads a flag that is a DATE; empty is the zero time.
func dateFlag(c *cli.Context, name string) (time.Time, error) {
	s := c.String(name)
	if s == "" {
		return time.Time{}, nil
	}
	t, err := parseDate(s)
	if err != nil {
		return t, usagef("--%s %w", name, err)
	}
	return t, nil
}

// parseDate reads a DATE.
func parseDate(s string) (time.Time, error) {
	if t, err := graph.ParseMoment(s); err == nil {
		if t.IsZero() { // it would stand for none
			return t, fmt.Errorf("%q: it is no date", s)
		}
		return t, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q: want 2006-01-02 or RFC 3339", s)
	}
	return endOfDay(t), nil
}

// endOfDay returns the last second of the day of t in UTC.
func endOfDay(t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	return time.Date(y, m, d, 23, 59, 59, 0, time.UTC)
}

// input is what a packet is made from.
func (j *judged) input() reports.Input {
	return reports.Input{Graph: j.graph, Policy: j.policy, Report: j.report, LeftOut: j.leftOut, Dropped: j.dropped, Snapshot: infoOf(j.snapshot)}
}

// forward carries the population of an earlier snapshot forward to the judged one, for a
// packet, and lets it bound the clocks of leavers; "" is none.
func (j *judged) forward(in *reports.Input, previous string) error {
	if previous == "" {
		return nil
	}
	was, older, err := openJudged(previous)
	if err != nil {
		return fmt.Errorf("previous: %w", err)
	}
	d := diff.Compare(older, j.graph, was.Manifest().Ended, j.report.AsOf)
	in.Forward = reports.RollForwardOf(d, infoOf(was), j.graph, j.policy)
	if j.policy.LeaverSLA() != nil {
		in.Previous = older
	}
	return nil
}

func (l *loaded) info() reports.SnapshotInfo { return infoOf(l.snapshot) }

// infoOf says which data were judged.
func infoOf(s *snapshot.Snapshot) reports.SnapshotInfo {
	m := s.Manifest()
	return reports.SnapshotInfo{Digest: m.Digest, Content: m.Content, Tool: m.Tool.Name + " " + m.Tool.Version, Started: m.Started, Ended: m.Ended}
}

// readBaseline reads an earlier report; an empty name is none.
func readBaseline(file string) (*reports.Findings, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("baseline: %w", err)
	}
	defer f.Close()
	b, err := jsonout.Read(f)
	if err != nil {
		return nil, fmt.Errorf("baseline %s: %w", file, err)
	}
	return b, nil
}
