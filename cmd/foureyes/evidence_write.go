// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/evidence"
	"github.com/foureyes-iga/foureyes/evidence/sqlite"
	"github.com/foureyes-iga/foureyes/reports"
)

func evidenceInit(w world) evidenceAction {
	return func(c *cli.Context, args []string) error {
		if err := refuseExisting(args[0]); err != nil {
			return err
		}
		origin, err := wantFlag(c, "origin")
		if err != nil {
			return err
		}
		file, err := wantFlag(c, "key")
		if err != nil {
			return err
		}
		classes, err := retained(c.StringSlice("retain"))
		if err != nil {
			return err
		}
		key, err := readOrMakeKey(c, w.voice(c), file, origin)
		if err != nil {
			return err
		}
		err = unfinishedFolder(args[0], func(work string) error {
			return foundLedger(c, work, evidence.Founding{Origin: origin, Classes: classes, At: w.clock()}, key)
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w.stdout, "%s\n", key.Public)
		return err
	}
}

func foundLedger(c *cli.Context, dir string, f evidence.Founding, key evidence.Key) error {
	s, err := sqlite.Create(dir)
	if err != nil {
		return err
	}
	l, err := evidence.Create(c.Context, s, f, key, randomOf(c))
	if err != nil {
		return firstOf(err, s.Close())
	}
	l.Close()
	return s.Close()
}

// retained reads CLASS=YEARS beside the classes that every ledger has.
func retained(flags []string) (map[string]int, error) {
	classes := evidence.DefaultClasses()
	for _, f := range flags {
		class, years, ok := strings.Cut(f, "=")
		n, err := strconv.Atoi(years)
		if !ok || err != nil {
			return nil, usagef("--retain %s: want CLASS=YEARS, such as standard=3", f)
		}
		classes[class] = n
	}
	return classes, nil
}

// unfinishedFolder makes a folder under another name first, so that it is under its own
// whole or not at all.
func unfinishedFolder(dir string, build func(work string) error) (err error) {
	parent, err := os.MkdirTemp(filepath.Dir(dir), unfinished+"*")
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, os.RemoveAll(parent)) }()
	work := filepath.Join(parent, filepath.Base(dir))
	if err := build(work); err != nil {
		return err
	}
	if err := refuseExisting(dir); err != nil {
		return err
	}
	if err := os.Rename(work, dir); err != nil {
		return err
	}
	return syncFolders([]string{dir})
}

func evidenceAdd(w world) evidenceAction {
	return func(c *cli.Context, args []string) error {
		if kind := c.String("kind"); kind == campaignKind || kind == performedKind {
			return usagef("--kind %s: such records are written by foureyes %s alone", kind, kind)
		}
		r := evidence.Record{Kind: c.String("kind"), Class: c.String("class"), Series: c.String("series"), Time: w.clock().UTC().Truncate(time.Second)}
		return writing(c, args[0], func(l *evidence.Ledger) error {
			d, err := putFile(c, l, args[1])
			if err != nil {
				return err
			}
			r.Objects = []evidence.Digest{d}
			at, err := l.Append(c.Context, r)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(w.stdout, "%d %s\n", at[0], d)
			return err
		})
	}
}

func putFile(c *cli.Context, l *evidence.Ledger, name string) (d evidence.Digest, err error) {
	if c.Bool("personal") {
		content, err := os.ReadFile(name)
		if err != nil {
			return d, err
		}
		return l.PutSalted(c.Context, content)
	}
	f, err := os.Open(name)
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return l.PutObject(c.Context, f)
}

// stating is a verb that somebody answers for, and says how the ledger stands then.
func stating(w world, do func(c *cli.Context, l *evidence.Ledger, args []string, s evidence.Statement) error) evidenceAction {
	return func(c *cli.Context, args []string) error {
		s, err := statement(c, w)
		if err != nil {
			return err
		}
		return writing(c, args[0], func(l *evidence.Ledger) error {
			if err := do(c, l, args, s); err != nil {
				return err
			}
			return tellHead(w, l)
		})
	}
}

func evidenceClose(w world) evidenceAction {
	return stating(w, func(c *cli.Context, l *evidence.Ledger, args []string, s evidence.Statement) error {
		return l.CloseSeries(c.Context, args[1], s)
	})
}

func evidenceHold(w world) evidenceAction {
	return stating(w, func(c *cli.Context, l *evidence.Ledger, args []string, s evidence.Statement) error {
		return l.PlaceHold(c.Context, args[1], c.String("series"), s)
	})
}

func evidenceLift(w world) evidenceAction {
	return stating(w, func(c *cli.Context, l *evidence.Ledger, args []string, s evidence.Statement) error {
		return l.LiftHold(c.Context, args[1], s)
	})
}

func evidenceErase(w world) evidenceAction {
	return stating(w, func(c *cli.Context, l *evidence.Ledger, args []string, s evidence.Statement) error {
		d, err := evidence.ParseDigest(args[1])
		if err != nil {
			return usagef("%w", err)
		}
		return l.Erase(c.Context, d, s)
	})
}

func evidenceRotate(w world) evidenceAction {
	return stating(w, func(c *cli.Context, l *evidence.Ledger, _ []string, s evidence.Statement) error {
		file, err := wantFlag(c, "new-key")
		if err != nil {
			return err
		}
		next, err := readOrMakeKey(c, w.voice(c), file, l.Status().Origin)
		if err != nil {
			return err
		}
		return l.Rotate(c.Context, next, c.Bool("compromised"), s)
	})
}

func evidenceDrill(w world) evidenceAction {
	return func(c *cli.Context, args []string) error {
		asJSON, err := wantFormat(c)
		if err != nil {
			return err
		}
		before, err := dateFlag(c, "before")
		if err != nil {
			return err
		}
		s, err := statement(c, w)
		if err != nil {
			return err
		}
		var d *evidence.Drill
		err = writing(c, args[0], func(l *evidence.Ledger) (err error) {
			d, err = l.HoldDrill(c.Context, c.Int("sample"), before, s)
			return err
		})
		if err != nil {
			return err
		}
		if asJSON {
			err = printJSON(w.stdout, drillJSON(d))
		} else {
			err = tellDrill(w, d)
		}
		if err == nil && len(d.Failed()) > 0 {
			err = errFindings
		}
		return err
	}
}

func tellDrill(w world, d *evidence.Drill) error {
	for _, r := range d.Records {
		verdict := fmt.Sprintf("holds, %s retrieved, %d erased", reports.Plural(r.Objects, "object"), r.Erased)
		if r.Problem != "" {
			verdict = "FAILED: " + r.Problem
		}
		if _, err := fmt.Fprintf(w.stdout, "record %d, %s of %s: %s\n", r.Index, reports.Display(r.Kind), r.Time.Format(time.RFC3339), reports.Display(verdict)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w.stdout, "%d of %d drawn hold; recorded as %d; the sample was drawn with this checkpoint:\n%s",
		len(d.Records)-len(d.Failed()), len(d.Records), d.Index, indented(string(d.Checkpoint.Note)))
	return err
}
