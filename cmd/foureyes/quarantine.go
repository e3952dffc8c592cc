// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/connectors/collect"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/snapshot"
	"github.com/foureyes-iga/foureyes/reports"
)

// A dropGuard holds a collection against an earlier snapshot. Nil holds it against
// nothing.
type dropGuard struct {
	guard    *collect.Guard
	previous string // its digest
}

// guardAgainst reads the snapshot that collections are held against; "" is none.
func guardAgainst(previous string) (*dropGuard, error) {
	guard, _, err := guardAndGraph(previous)
	return guard, err
}

// guardAndGraph returns also the graph of the earlier snapshot, for who needs more of it
// than the guard.
func guardAndGraph(previous string) (*dropGuard, *graph.Graph, error) {
	if previous == "" {
		return nil, nil, nil
	}
	s, g, err := openJudged(previous)
	if err != nil {
		return nil, nil, fmt.Errorf("previous: %w", err)
	}
	return &dropGuard{collect.NewGuard(g), s.Manifest().Digest}, g, nil
}

func (d *dropGuard) shrunk(g *graph.Graph) []collect.Shrink {
	if d == nil {
		return nil
	}
	return d.guard.Shrunk(g)
}

func (d *dropGuard) quarantine(g *graph.Graph) *snapshot.Quarantine {
	var q snapshot.Quarantine
	for _, s := range d.shrunk(g) {
		q.Previous = d.previous
		q.Shrunk = append(q.Shrunk, snapshot.Shrink{Source: s.Source, Class: s.Class, Before: s.Before, Now: s.Now})
	}
	if q.Shrunk == nil {
		return nil
	}
	return &q
}

// quarantined says what somebody has to do before a snapshot can be used.
func quarantined(dir string, q *snapshot.Quarantine) error {
	return fmt.Errorf("%s is quarantined: %s. If that is right: foureyes snapshot acknowledge --by NAME --reason TEXT %s", dir, q, dir)
}

// openJudged opens a snapshot that verdicts may rest on: one that is not quarantined, or
// that somebody acknowledged.
func openJudged(dir string) (*snapshot.Snapshot, *graph.Graph, error) {
	s, err := openManifest(dir)
	if err != nil {
		return nil, nil, err
	}
	if q := s.Manifest().Quarantine; q != nil {
		a, err := s.Acknowledgement()
		if err != nil {
			return nil, nil, err
		}
		if a == nil {
			return nil, nil, quarantined(dir, q)
		}
	}
	g, err := s.Graph()
	return s, g, err
}

func acknowledgeCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "acknowledge", Usage: "let a quarantined snapshot be used: somebody looked into why so much less came", ArgsUsage: "SNAPSHOT",
		Description: "It writes acknowledgement.json into the folder of the snapshot, which itself stays as it is.\n" +
			"Exit code 2 when there is nothing to acknowledge, or somebody did.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "by", Usage: "the `NAME` or id of who looked into it"},
			&cli.StringFlag{Name: "reason", Usage: "why less is right"},
		},
		Action: func(c *cli.Context) error {
			args, err := wantArgs(c, 1, 1)
			if err != nil {
				return err
			}
			by, err := wantFlag(c, "by")
			if err != nil {
				return err
			}
			reason, err := wantFlag(c, "reason")
			if err != nil {
				return err
			}
			s, err := openManifest(args[0])
			if err != nil {
				return err
			}
			err = s.Acknowledge(by, reason, w.clock())
			switch {
			case errors.Is(err, snapshot.ErrNotQuarantined):
				return usagef("%s is not quarantined: there is nothing to acknowledge", args[0])
			case errors.Is(err, fs.ErrExist):
				return usagef("%s was acknowledged already; nothing is overwritten", args[0])
			case err != nil:
				return err
			}
			_, err = fmt.Fprintf(w.stdout, "%s acknowledged: %s\n", s.Manifest().Digest, reports.Display(s.Manifest().Quarantine.String()))
			return err
		},
	}
}
