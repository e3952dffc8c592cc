// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/evidence"
	"github.com/foureyes-iga/foureyes/evidence/sqlite"
)

func evidenceExport(w world) evidenceAction {
	return func(c *cli.Context, args []string) error {
		out, err := wantFlag(c, "out")
		if err != nil {
			return err
		}
		if err := refuseExisting(out); err != nil {
			return err
		}
		err = reading(c, args[0], func(l *evidence.Ledger) error {
			return unfinishedFolder(out, func(work string) error {
				return l.Export(c.Context, func(name string, content io.Reader) error {
					return writeExported(filepath.Join(work, filepath.FromSlash(name)), content)
				})
			})
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(w.stdout, out)
		return err
	}
}

func writeExported(name string, content io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Sync(), f.Close())
}

func evidenceRestore(w world) evidenceAction {
	return func(c *cli.Context, args []string) error {
		out, err := wantFlag(c, "out")
		if err != nil {
			return err
		}
		if err := refuseExisting(out); err != nil {
			return err
		}
		outside, err := readFiles(c.StringSlice("checkpoint"))
		if err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(args[0], "checkpoint")); err != nil {
			return fmt.Errorf("%s is no export: %w", args[0], err)
		}
		var v *evidence.Verdict
		err = unfinishedFolder(out, func(work string) (err error) {
			v, err = restore(c, args[0], work, outside)
			return err
		})
		var corrupt *evidence.CorruptError
		if errors.As(err, &corrupt) {
			return refused(w, args[0], err)
		}
		if v != nil && (err == nil || errors.Is(err, errFindings)) {
			return firstOf(tellVerdict(w, v), err)
		}
		return err
	}
}

// restore makes the folder and judges it; what is not sound does not get its name.
func restore(c *cli.Context, from, work string, outside [][]byte) (*evidence.Verdict, error) {
	s, err := sqlite.Create(work)
	if err != nil {
		return nil, err
	}
	err = evidence.Restore(c.Context, os.DirFS(from), s)
	if err = firstOf(err, s.Close()); err != nil {
		return nil, err
	}
	v, err := sqlite.Fsck(c.Context, work, outside...)
	if err != nil {
		return nil, err
	}
	return v, fsckAnswer(v, false)
}
