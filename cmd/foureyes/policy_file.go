// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

// readPolicy reads a policy with the files that it includes; builtin:NAME is one
// that ships.
func readPolicy(file string) (*sod.Policy, error) {
	if name, ok := policyfile.BuiltinName(file); ok {
		if _, err := policyfile.Builtin(name); err != nil {
			return nil, usagef("%s: %w", file, err)
		}
	}
	return policyfile.Load(file, policySource)
}

// policySource returns the text of a file of a policy. What is too large is cut
// short behind the limit, which its reader tells.
func policySource(file string) ([]byte, error) {
	if name, ok := policyfile.BuiltinName(file); ok {
		return policyfile.Builtin(name)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, max(policyfile.MaxBytes, policyfile.MaxRequestBytes)+1))
}

// lockPath is where the lock of a policy stands: policy.lock beside policy.yaml.
func lockPath(policy string) string {
	return strings.TrimSuffix(policy, filepath.Ext(policy)) + ".lock"
}

// readLock reads the lock beside a policy; nil when there is none, as for
// a policy that ships.
func readLock(policy string) (*policyfile.Lock, error) {
	if _, ok := policyfile.BuiltinName(policy); ok {
		return nil, nil
	}
	name := lockPath(policy)
	src, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return policyfile.ParseLock(name, src)
}

func policyInitCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "init", Usage: "write a policy that ships, to be made your own", ArgsUsage: strings.Join(policyfile.Builtins(), "|"),
		Description: "ad-tier0 and entra-privileged work as they are, also as --policy builtin:NAME; sox-itgc and\n" +
			"procure-to-pay are templates whose duties ask for your groups, roles and rights.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Usage: "the new `FILE`; default: standard output"},
		},
		Action: func(c *cli.Context) error { return policyInit(c, w) },
	}
}

func policyInit(c *cli.Context, w world) error {
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return err
	}
	src, err := policyfile.Builtin(args[0])
	if err != nil {
		return usagef("%w", err)
	}
	out := c.String("out")
	if out == "" {
		return deliver(w, out, src)
	}
	if err := refuseExisting(out); err != nil {
		return err
	}
	if err := deliver(w, out, src); err != nil {
		return err
	}
	w.voice(c).sayf("%s written. Next: foureyes policy lint --snapshot SNAPSHOT %s", out, out)
	return nil
}
