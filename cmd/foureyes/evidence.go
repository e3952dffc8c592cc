// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/evidence"
	"github.com/foureyes-iga/foureyes/evidence/sqlite"
)

func evidenceCommand(w world) *cli.Command {
	return &cli.Command{
		Name:  "evidence",
		Usage: "keep records so that a change of any of them shows",
		Subcommands: []*cli.Command{
			evidenceVerb("init", "make an evidence folder, and its key when there is none", "DIR", 1, evidenceInit(w),
				keyFlag(), &cli.StringFlag{Name: "origin", Usage: "the `NAME` of the ledger, such as example.com/evidence"},
				&cli.StringSliceFlag{Name: "retain", Usage: "keep the objects of a class for so many years: `CLASS=YEARS`"}),
			evidenceVerb("status", "what the ledger holds, its keys, classes and holds", "DIR", 1, evidenceStatus(w), formatFlag()),
			evidenceVerb("fsck", "derive everything again from raw records, and hold it against checkpoints kept elsewhere", "DIR", 1, evidenceFsck(w),
				&cli.StringSliceFlag{Name: "checkpoint", Usage: "a checkpoint that was kept elsewhere, as a `FILE`; may be given again"},
				&cli.BoolFlag{Name: "strict", Usage: "exit with 4 when no outside checkpoint was given"}, formatFlag()),
			evidenceVerb("add", "keep a file as an object, and a record that names it", "DIR FILE", 2, evidenceAdd(w),
				keyFlag(), &cli.StringFlag{Name: "kind", Value: "file", Usage: "the `KIND` of the record"},
				&cli.StringFlag{Name: "class", Value: evidence.ClassSox, Usage: "the `CLASS` that says how long it is kept"},
				&cli.StringFlag{Name: "series", Usage: "the `SERIES` it belongs to, such as campaign/2026-q3"},
				&cli.BoolFlag{Name: "personal", Usage: "it holds personal data: keep it with a salt"}),
			evidenceVerb("close", "say that a series has ended: its years count from here", "DIR SERIES", 2, evidenceClose(w), saidFlags()...),
			evidenceVerb("hold", "forbid to erase anything, or anything of a series", "DIR HOLD", 2, evidenceHold(w),
				append(saidFlags(), &cli.StringFlag{Name: "series", Usage: "only what belongs to the `SERIES`"})...),
			evidenceVerb("lift", "end a hold", "DIR HOLD", 2, evidenceLift(w), saidFlags()...),
			evidenceVerb("erase", "erase an object whose years are over", "DIR DIGEST", 2, evidenceErase(w), saidFlags()...),
			evidenceVerb("rotate", "let another key take over", "DIR", 1, evidenceRotate(w),
				append(saidFlags(), &cli.StringFlag{Name: "new-key", Usage: "the `FILE` of the key that takes over; made when it does not exist"},
					&cli.BoolFlag{Name: "compromised", Usage: "somebody else may have the old key"})...),
			evidenceVerb("drill", "retrieve and verify a sample of records, and record that it was done", "DIR", 1, evidenceDrill(w),
				append(saidFlags(), &cli.IntFlag{Name: "sample", Value: 25, Usage: "how many `RECORDS`"},
					&cli.StringFlag{Name: "before", Usage: "only records until this `DATE`"}, formatFlag())...),
			evidenceVerb("checkpoint", "print the signed checkpoint of the ledger, to be kept elsewhere", "DIR", 1, evidenceCheckpoint(w)),
			evidenceVerb("proof", "prove a record, or that the ledger continues an earlier checkpoint", "DIR", 1, evidenceProof(w),
				&cli.Int64Flag{Name: "record", Value: -1, Usage: "the `INDEX` of the record"},
				&cli.StringFlag{Name: "since", Usage: "the earlier checkpoint, as a `FILE`"},
				&cli.StringFlag{Name: "out", Usage: "the new `FILE`, such as decision.tlog-proof"}),
			evidenceVerb("verify-checkpoint", "check the signature of a checkpoint, offline", "FILE", 1, verifyCheckpoint(w), trustFlag()),
			evidenceVerb("verify-proof", "check a proof, offline", "FILE", 1, verifyProof(w), trustFlag()),
			evidenceVerb("export", "write a copy that other programs can check", "DIR", 1, evidenceExport(w),
				&cli.StringFlag{Name: "out", Usage: "the new `FOLDER`"}),
			evidenceVerb("restore", "make an evidence folder of an export, and check it", "EXPORT", 1, evidenceRestore(w),
				&cli.StringFlag{Name: "out", Usage: "the new evidence `FOLDER`"},
				&cli.StringSliceFlag{Name: "checkpoint", Usage: "a checkpoint that was kept elsewhere, as a `FILE`; may be given again"}),
		},
	}
}

// An evidenceAction is a verb whose arguments were counted.
type evidenceAction func(c *cli.Context, args []string) error

func evidenceVerb(name, usage, args string, n int, do evidenceAction, flags ...cli.Flag) *cli.Command {
	return &cli.Command{
		Name: name, Usage: usage, ArgsUsage: args, Flags: flags,
		Action: func(c *cli.Context) error {
			got, err := wantArgs(c, n, n)
			if err != nil {
				return err
			}
			return do(c, got)
		},
	}
}

func keyFlag() cli.Flag {
	return &cli.StringFlag{Name: "key", Usage: "the `FILE` of the signing key; keep it apart from the evidence"}
}

func trustFlag() cli.Flag {
	return &cli.StringFlag{Name: "trust", Usage: "a `FILE` of public keys, one a line"}
}

func formatFlag() cli.Flag {
	return &cli.StringFlag{Name: "format", Value: "text", Usage: "text or json"}
}

func saidFlags() []cli.Flag {
	return []cli.Flag{
		keyFlag(),
		&cli.StringFlag{Name: "by", Usage: "the `NAME` of who answers for it"},
		&cli.StringFlag{Name: "reason", Usage: "why, as `TEXT`"},
	}
}

// statement is who answers for what a verb does.
func statement(c *cli.Context, w world) (evidence.Statement, error) {
	by, err := wantFlag(c, "by")
	if err != nil {
		return evidence.Statement{}, err
	}
	reason, err := wantFlag(c, "reason")
	return evidence.Statement{By: by, Reason: reason, At: w.clock()}, err
}

func wantFormat(c *cli.Context) (asJSON bool, err error) {
	switch f := c.String("format"); f {
	case "text", "json":
		return f == "json", nil
	default:
		return false, usagef("unknown format %q: want text or json", f)
	}
}

// readKey reads the signing key, and refuses one that others can read.
func readKey(name string) (evidence.Key, error) {
	if err := ownerOnly(name); err != nil {
		return evidence.Key{}, err
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return evidence.Key{}, err
	}
	key, err := evidence.ParseKey(string(text))
	if err != nil {
		return evidence.Key{}, fmt.Errorf("%s: %w", name, err)
	}
	return key, nil
}

// ownerOnly refuses a key that others can read or write.
func ownerOnly(name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s: others can read or write it: chmod 600 %s", name, name)
	}
	return nil
}

// readOrMakeKey makes a key when the file does not exist.
func readOrMakeKey(c *cli.Context, v *voice, name, origin string) (evidence.Key, error) {
	key, err := readKey(name)
	if !errors.Is(err, os.ErrNotExist) {
		return key, err
	}
	secret, err := evidence.GenerateKey(randomOf(c), origin)
	if err != nil {
		return evidence.Key{}, usagef("--origin: %w", err)
	}
	if err := writeAll([]string{name}, [][]byte{[]byte(secret + "\n")}); err != nil {
		return evidence.Key{}, err
	}
	v.sayf("%s: a new key; keep a copy where only you can read it", name)
	return readKey(name)
}

// writing opens the ledger in a folder for something that appends to it.
func writing(c *cli.Context, dir string, do func(l *evidence.Ledger) error) (err error) {
	name, err := wantFlag(c, "key")
	if err != nil {
		return err
	}
	key, err := readKey(name)
	if err != nil {
		return err
	}
	s, err := sqlite.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, s.Close()) }()
	l, err := evidence.Open(c.Context, s, &key, randomOf(c))
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	defer l.Close()
	return do(l)
}

// reading opens the ledger in a folder and changes nothing.
func reading(c *cli.Context, dir string, do func(l *evidence.Ledger) error) (err error) {
	s, err := sqlite.OpenReader(dir)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, s.Close()) }()
	l, err := evidence.Open(c.Context, s, nil, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return do(l)
}

// readFiles reads what flags name.
func readFiles(names []string) ([][]byte, error) {
	contents := make([][]byte, len(names))
	for i, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		contents[i] = content
	}
	return contents, nil
}

// tellHead prints a checkpoint as it is signed: it is made to be copied.
func tellHead(w world, l *evidence.Ledger) error {
	head, err := l.Head()
	if err != nil {
		return err
	}
	_, err = w.stdout.Write(head.Note)
	return err
}

// indented is for lines of a text that is not ours to change.
func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ") + "\n"
}
