// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
	"github.com/foureyes-iga/foureyes/graph/snapshot"
	"github.com/foureyes-iga/foureyes/reports"
)

func snapshotCommand(w world) *cli.Command {
	return &cli.Command{
		Name:  "snapshot",
		Usage: "look into a snapshot",
		Subcommands: []*cli.Command{
			{
				Name: "info", Usage: "what is in it, what was read and what was not", ArgsUsage: "SNAPSHOT",
				Action: func(c *cli.Context) error {
					return withSnapshot(c, func(dir string) error { return snapshotInfo(w.stdout, dir) })
				},
			},
			{
				Name: "export", Usage: "all facts as JSON Lines, in canonical order", ArgsUsage: "SNAPSHOT",
				Flags: []cli.Flag{&cli.StringFlag{Name: "out", Usage: "write to a new `FILE` instead of stdout"}},
				Action: func(c *cli.Context) error {
					return withSnapshot(c, func(dir string) error { return snapshotExport(w.stdout, dir, c.String("out")) })
				},
			},
			{
				Name: "verify", Usage: "check every byte against the manifest", ArgsUsage: "SNAPSHOT",
				Description: "Exit codes: 0 all holds; 3 something inside is wrong; 1 it cannot be opened.",
				Action: func(c *cli.Context) error {
					return withSnapshot(c, func(dir string) error { return snapshotVerify(w.stdout, dir) })
				},
			},
			acknowledgeCommand(w),
			queueCommand(w),
		},
	}
}

func withSnapshot(c *cli.Context, do func(dir string) error) error {
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return err
	}
	return do(args[0])
}

func openManifest(dir string) (*snapshot.Snapshot, error) {
	s, err := snapshot.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not a snapshot: %w", dir, err)
	}
	return s, err
}

// openGraph opens a snapshot to look into it, quarantined or not: see [openJudged].
func openGraph(dir string) (*snapshot.Snapshot, *graph.Graph, error) {
	s, err := openManifest(dir)
	if err != nil {
		return nil, nil, err
	}
	g, err := s.Graph()
	return s, g, err
}

func snapshotInfo(w io.Writer, dir string) error {
	s, g, err := openGraph(dir)
	if err != nil {
		return err
	}
	a, err := s.Acknowledgement() // before anything is printed
	if err != nil {
		return err
	}
	m := s.Manifest()
	fmt.Fprintf(w, "digest   %s\ncontent  %s\ntool     %s\nwindow   %s to %s\n", m.Digest, m.Content, reports.Display(m.Tool.Name+" "+m.Tool.Version),
		m.Started.Format(time.RFC3339), m.Ended.Format(time.RFC3339))
	fmt.Fprintf(w, "holds    %s, %s, %s, %s\n", reports.Plural(g.NumNodes(), "node"), reports.Plural(g.NumGrants(), "grant"),
		reports.Plural(len(g.Gaps()), "gap"), reports.Plural(len(g.Uses()), "use"))
	tellQuarantine(w, m.Quarantine, a)
	for _, s := range g.Sources() {
		fmt.Fprintf(w, "\nsource %s\n", s)
		tellSource(w, g, s)
	}
	return nil
}

func tellQuarantine(w io.Writer, q *snapshot.Quarantine, a *snapshot.Acknowledgement) {
	if q == nil {
		return
	}
	fmt.Fprintf(w, "\nQUARANTINED against %s: %s\n", q.Previous, reports.Display(q.String()))
	if a != nil {
		fmt.Fprintf(w, "  acknowledged by %s at %s: %s\n", reports.Display(a.By), a.At.Format(time.RFC3339), reports.Display(a.Reason))
	}
}

// tellSource says how a source was read, and how much of each dataset.
func tellSource(w io.Writer, g *graph.Graph, s graph.Source) {
	for _, r := range g.Runs() {
		if r.Source == s {
			fmt.Fprintf(w, "  read by %s, %s to %s\n", reports.Display(r.Connector), orUnknown(r.Started), orUnknown(r.Ended))
			told, rest := reports.AuthenticationOf(r.Details)
			tellDetails(w, rest)
			tellAuthentication(w, told)
		}
	}
	for _, d := range graph.Datasets() {
		fmt.Fprintf(w, "  %-12s %s\n", d, reports.Display(coverageText(g, s, d)))
	}
}

func orUnknown(t time.Time) string {
	if t.IsZero() {
		return "an unknown time"
	}
	return t.Format(time.RFC3339)
}

func tellDetails(w io.Writer, details graph.Attrs) {
	for _, a := range details {
		fmt.Fprintf(w, "    %s: %s\n", reports.Display(a.Key), reports.Display(strings.Join(a.Values, "; ")))
	}
}

// tellAuthentication has one line for each policy.
func tellAuthentication(w io.Writer, told reports.Authentication) {
	for _, why := range told.NotRead {
		fmt.Fprintf(w, "    authentication: %s\n", reports.Display(why))
	}
	for _, p := range told.Policies {
		fmt.Fprintf(w, "    authentication: %s\n", reports.Display(p.String()))
	}
}

// coverageText says how much of a dataset was read and how that is known.
func coverageText(g *graph.Graph, s graph.Source, d graph.Dataset) string {
	text := g.State(s, d).String()
	recorded := false
	for _, c := range g.Coverage() {
		if c.Source != s || !c.Dataset.Includes(d) {
			continue
		}
		recorded = true
		if _, known := c.Received.Get(); known && c.Dataset == d {
			text += fmt.Sprintf(", received %s, expected %s", c.Received, c.Expected)
		}
		if c.Method != "" && c.Dataset == d {
			text += " by " + c.Method
		}
		if c.Reason != "" {
			text += ": " + c.Reason
		}
	}
	if !recorded {
		text += ": no coverage record"
	}
	return text
}

func snapshotExport(w io.Writer, dir, out string) error {
	if out != "" {
		if err := refuseExisting(out); err != nil {
			return err
		}
	}
	_, g, err := openGraph(dir)
	if err != nil {
		return err
	}
	if out == "" {
		return facts.Export(w, g)
	}
	var b bytes.Buffer
	if err := facts.Export(&b, g); err != nil {
		return err
	}
	return writeAll([]string{out}, [][]byte{b.Bytes()})
}

func snapshotVerify(w io.Writer, dir string) error {
	problems, err := snapshot.Verify(dir)
	if errors.Is(err, snapshot.ErrCorrupt) {
		problems, err = append(problems, err.Error()), nil
	}
	if err != nil {
		return err
	}
	for _, p := range problems {
		fmt.Fprintf(w, "%s\n", reports.Display(p))
	}
	if len(problems) > 0 {
		return errFindings
	}
	fmt.Fprintln(w, "every file is as the manifest says")
	return nil
}
