// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/connectors/file"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/reports/text"
	"github.com/foureyes-iga/foureyes/sod/check"
	"github.com/foureyes-iga/foureyes/sod/whatif"
)

func whatIfCommand(w world) *cli.Command {
	return &cli.Command{
		Name:      "whatif",
		Usage:     "tell which findings a change adds or removes, before it is made",
		ArgsUsage: "SNAPSHOT",
		Description: "Exit codes: 0 nothing new; 3 a finding is new, or worse than before; 4 no finding is new,\n" +
			"but something is newly NOT ASSESSED; 3 wins over 4.",
		Flags: append(evaluateFlags(),
			&cli.StringFlag{Name: "change", Usage: "a `FILE` of nodes and grants to add and remove: facts lines with \"change\", or LDIF change records"},
			&cli.StringFlag{Name: "to", Usage: "instead of a change: a facts file or a snapshot, as `PATH`, to compare with"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT` of the result: text, json, sarif or junit"},
		),
		Action: func(c *cli.Context) error { return whatIfVerb(c, w) },
	}
}

func whatIfVerb(c *cli.Context, w world) error {
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return err
	}
	render, err := whatIfRender(c.String("format"))
	if err != nil {
		return err
	}
	change, to := c.String("change"), c.String("to")
	if (change == "") == (to == "") {
		return usagef("whatif needs one of --change FILE and --to PATH")
	}
	l, err := load(c, w.voice(c), args[0])
	if err != nil {
		return err
	}
	result, err := whatIfResult(l, change, to)
	if err != nil {
		return err
	}
	x, err := reports.NewWhatIf(l.policy, l.info(), result)
	if err != nil {
		return err
	}
	if err := render(w.stdout, x); err != nil {
		return err
	}
	switch {
	case x.New > 0:
		return errFindings
	case x.NotAssessed > 0:
		return errNotAssessed
	}
	return nil
}

func whatIfRender(format string) (func(io.Writer, *reports.WhatIf) error, error) {
	switch format {
	case "text":
		return text.WhatIf, nil
	case "json":
		return jsonout.WhatIf, nil
	case "sarif":
		return jsonout.WhatIfSARIF, nil
	case "junit":
		return jsonout.WhatIfJUnit, nil
	}
	return nil, usagef("--format %q: want text, json, sarif or junit", format)
}

// whatIfResult compares the snapshot with itself after a change, or with other data.
func whatIfResult(l *loaded, change, to string) (*whatif.Result, error) {
	if to != "" {
		after, err := readGraph(to)
		if err != nil {
			return nil, err
		}
		return whatif.Full(l.graph, after, l.policy, l.asOf, check.JudgeEach), nil
	}
	c, err := readChange(l.graph, change)
	if err != nil {
		return nil, err
	}
	result, err := whatif.Prepare(l.graph, l.policy, l.asOf, check.JudgeEach).Try(c)
	if err != nil {
		return nil, fmt.Errorf("change %w", err)
	}
	return result, nil
}

// readGraph reads a snapshot, or a facts file that is whole.
func readGraph(path string) (*graph.Graph, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		_, g, err := openJudged(path)
		return g, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var b graph.Builder
	for fact, err := range facts.Read(f, path) {
		if err != nil {
			return nil, err
		}
		if err := b.Add(fact); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return b.Graph(), nil
}

// readChange reads a change file: JSON Lines when it begins with a brace, and else
// LDIF.
func readChange(g *graph.Graph, path string) (whatif.Change, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("change: %w", err)
	}
	defer f.Close()
	in := bufio.NewReader(f)
	first, err := firstByte(in)
	switch {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("change %s: it is empty", path)
	case err != nil:
		return nil, fmt.Errorf("change %s: %w", path, err)
	}
	var lines []facts.Change
	if first == '{' {
		lines, err = facts.ReadChanges(in, path)
	} else {
		lines, err = file.ReadChanges(in, path, file.NewDirectory(g))
	}
	if err != nil {
		return nil, fmt.Errorf("change %w", err)
	}
	var c whatif.Change
	for _, l := range lines {
		c = append(c, whatif.Step{Where: fmt.Sprintf("%s:%d", path, l.Line), Remove: l.Remove, Fact: l.Fact})
	}
	return c, nil
}

// firstByte looks for the first byte that is no white space, and reads nothing.
func firstByte(in *bufio.Reader) (byte, error) {
	for n := 1; ; n++ {
		b, err := in.Peek(n)
		if len(b) < n {
			return 0, err
		}
		switch c := b[n-1]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c, nil
		}
	}
}
