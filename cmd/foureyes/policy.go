// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

func policyCommand(w world) *cli.Command {
	return &cli.Command{
		Name:  "policy",
		Usage: "make and judge a policy",
		Subcommands: []*cli.Command{
			policyInitCommand(w),
			policyLintCommand(w),
			policyMatrixCommand(w),
			policyDiffCommand(w),
			policySuggestCommand(w),
			policyImportCommand(w),
			{
				Name: "fmt", Usage: "print a policy in its canonical form, comments kept", ArgsUsage: "POLICY",
				Flags: []cli.Flag{
					&cli.BoolFlag{Name: "write", Usage: "rewrite the file instead"},
					&cli.BoolFlag{Name: "check", Usage: "print nothing; exit code 3 when the file is not in canonical form"},
				},
				Action: func(c *cli.Context) error { return policyFmt(c, w) },
			},
			{
				Name: "pin", Usage: "write policy.lock beside policy.yaml: what its duties match, as approved", ArgsUsage: "SNAPSHOT",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "policy", Usage: "the policy `FILE`"},
					&cli.BoolFlag{Name: "renew", Usage: "replace an existing lock, after telling what changes"},
				},
				Action: func(c *cli.Context) error { return policyPin(c, w) },
			},
			policyAcceptCommand(w),
			policySQLCommand(w),
		},
	}
}

func policyFmt(c *cli.Context, w world) error {
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return err
	}
	if c.Bool("write") && c.Bool("check") {
		return usagef("--write rewrites the file, and --check only looks: not both")
	}
	src, err := os.ReadFile(args[0])
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	formatted, err := policyfile.Format(args[0], src)
	if err != nil {
		return err
	}
	same := bytes.Equal(src, formatted)
	switch {
	case c.Bool("check") && !same:
		return errFindings
	case c.Bool("check") || c.Bool("write") && same:
		return nil
	case c.Bool("write"):
		return rewriteFile(args[0], formatted)
	}
	_, err = w.stdout.Write(formatted)
	return err
}

func policyPin(c *cli.Context, w world) error {
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return err
	}
	file, err := wantFlag(c, "policy")
	if err != nil {
		return err
	}
	if name, ok := policyfile.BuiltinName(file); ok {
		return usagef("--policy %s ships with the program and has no place for a lock; write it to a file first: foureyes policy init --out FILE %s", file, name)
	}
	p, err := readPolicy(file)
	if err != nil {
		return err
	}
	_, g, err := openJudged(args[0])
	if err != nil {
		return err
	}
	old, err := readLock(file)
	if err != nil && !c.Bool("renew") {
		return err
	}
	lock := policyfile.NewLock(p, g, sod.DutyNodes(g, p))
	if old == nil && err == nil {
		return writeAll([]string{lockPath(file)}, [][]byte{lock.Bytes()})
	}
	v := w.voice(c)
	if old != nil {
		announce(v, old, p, g)
	}
	if !c.Bool("renew") {
		return usagef("%s exists; --renew replaces it", lockPath(file))
	}
	return rewriteFile(lockPath(file), lock.Bytes())
}

// announce tells how what the duties match differs from what was approved.
func announce(v *voice, l *policyfile.Lock, p *sod.Policy, g *graph.Graph) {
	for _, c := range l.Compare(p, g, sod.DutyNodes(g, p)) {
		v.sayf("pinned: %s", changeText(c))
	}
}

func changeText(c policyfile.Change) string {
	what := fmt.Sprintf("%s (%s)", c.Match.ID, c.Match.Name)
	switch c.Kind {
	case policyfile.Edited:
		return "duty " + c.Duty + " was edited since it was pinned; its pins do not count until it is pinned again"
	case policyfile.Unpinned:
		return "duty " + c.Duty + " is not pinned"
	case policyfile.Dropped:
		return "duty " + c.Duty + " is pinned, and not in the policy any more"
	case policyfile.New:
		return "duty " + c.Duty + " newly matches " + what
	case policyfile.Vanished:
		return "duty " + c.Duty + ": " + what + " is not in the snapshot any more"
	case policyfile.Renamed:
		return "duty " + c.Duty + ": " + what + " was called " + c.Was + "; it stays in the duty"
	case policyfile.Moved:
		return "duty " + c.Duty + ": " + what + " does not match by itself any more; it stays in the duty"
	case policyfile.Left:
		return "duty " + c.Duty + ": " + what + " does not match any more; it is not in the duty"
	}
	return fmt.Sprint(c)
}
