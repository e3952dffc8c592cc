// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/evidence"
	"github.com/foureyes-iga/foureyes/evidence/sqlite"
	"github.com/foureyes-iga/foureyes/reports"
)

func evidenceStatus(w world) evidenceAction {
	return func(c *cli.Context, args []string) error {
		asJSON, err := wantFormat(c)
		if err != nil {
			return err
		}
		return reading(c, args[0], func(l *evidence.Ledger) error {
			head, err := l.Head()
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(w.stdout, statusJSON(l, head))
			}
			return tellStatus(c, w, l, head)
		})
	}
}

func tellStatus(c *cli.Context, w world, l *evidence.Ledger, head *evidence.Signed) error {
	s := l.Status()
	var b strings.Builder
	fmt.Fprintf(&b, "ledger   %s\nrecords  %d, the last of %s\nobjects  %d named, %d erased\ndrills   %d\n",
		s.Origin, s.Size, s.Last.Format(time.RFC3339), s.Objects, s.Erased, s.Drills)
	for _, class := range slices.Sorted(maps.Keys(s.Classes)) {
		fmt.Fprintf(&b, "class    %s: kept %s after the series was closed\n", class, reports.Plural(s.Classes[class], "year"))
	}
	for i, k := range l.Keys() {
		fmt.Fprintf(&b, "key      %s%s\n", k, map[bool]string{true: " (signs)"}[i == len(l.Keys())-1])
	}
	for _, h := range l.Holds() {
		what := "everything"
		if h.Series != "" {
			what = h.Series
		}
		state := fmt.Sprintf("in force since record %d", h.Placed)
		if h.Lifted != 0 {
			state = fmt.Sprintf("lifted in record %d", h.Lifted)
		}
		fmt.Fprintf(&b, "hold     %s on %s, %s; placed by %s\n", h.ID, what, state, whoSaid(c, l, h.Statement))
	}
	fmt.Fprintf(&b, "checkpoint\n%s", indented(string(head.Note)))
	_, err := fmt.Fprint(w.stdout, b.String())
	return err
}

// whoSaid reads a statement; one that cannot be read is not left out.
func whoSaid(c *cli.Context, l *evidence.Ledger, d evidence.Digest) string {
	object, err := l.Object(c.Context, d)
	if err != nil {
		return "somebody whose statement cannot be read: " + reports.Display(err.Error())
	}
	by, reason, err := evidence.ParseStatement(object)
	if err != nil {
		return "somebody whose statement cannot be read: " + reports.Display(err.Error())
	}
	return reports.Display(by + ": " + reason)
}

func evidenceFsck(w world) evidenceAction {
	return func(c *cli.Context, args []string) error {
		asJSON, err := wantFormat(c)
		if err != nil {
			return err
		}
		outside, err := readFiles(c.StringSlice("checkpoint"))
		if err != nil {
			return err
		}
		v, err := sqlite.Fsck(c.Context, args[0], outside...)
		if err != nil {
			return err
		}
		if asJSON {
			err = printJSON(w.stdout, verdictJSON(v))
		} else {
			err = tellVerdict(w, v)
		}
		if err != nil {
			return err
		}
		return fsckAnswer(v, c.Bool("strict"))
	}
}

func fsckAnswer(v *evidence.Verdict, strict bool) error {
	switch {
	case !v.Sound():
		return errFindings
	case strict && v.Anchor == evidence.Unanchored:
		return errNotAssessed
	}
	return nil
}

func tellVerdict(w world, v *evidence.Verdict) error {
	var b strings.Builder
	for _, p := range v.Problems {
		fmt.Fprintf(&b, "%s\n", reports.Display(p.String()))
	}
	for _, p := range v.Proofs {
		fmt.Fprintf(&b, "both were signed, and they cannot both be true; kept outside:\n%sin the ledger:\n%s", indented(reports.Display(p[0])), indented(reports.Display(p[1])))
	}
	for _, n := range v.Notes {
		fmt.Fprintf(&b, "note: %s\n", reports.Display(n))
	}
	fmt.Fprintf(&b, "%s: %s, %s, %d erased\n%s\n", reports.Display(v.Origin), reports.Plural(int(v.Records), "record"), reports.Plural(v.Objects, "object"), v.Erased, verdictText(v))
	_, err := fmt.Fprint(w.stdout, b.String())
	return err
}

func verdictText(v *evidence.Verdict) string {
	switch {
	case !v.Sound():
		return fmt.Sprintf("REFUSED: %s, %s", reports.Plural(len(v.Problems), "problem"), v.Anchor)
	case v.Anchor == evidence.Unanchored:
		return "every record and object is as it was signed; UNANCHORED: without a checkpoint kept elsewhere nobody can tell whether this is the whole history"
	}
	return "every record and object is as it was signed, and the ledger continues the outside checkpoint"
}

func evidenceCheckpoint(w world) evidenceAction {
	return func(c *cli.Context, args []string) error {
		return reading(c, args[0], func(l *evidence.Ledger) error { return tellHead(w, l) })
	}
}

func evidenceProof(w world) evidenceAction {
	return func(c *cli.Context, args []string) error {
		out, err := wantFlag(c, "out")
		if err != nil {
			return err
		}
		if err := refuseExisting(out); err != nil {
			return err
		}
		if c.IsSet("record") == c.IsSet("since") {
			return usagef("evidence proof needs either --record or --since")
		}
		return reading(c, args[0], func(l *evidence.Ledger) error {
			proof, err := proofOf(c, l)
			if err != nil {
				return err
			}
			if err := writeAll([]string{out}, [][]byte{proof}); err != nil {
				return err
			}
			_, err = fmt.Fprintln(w.stdout, out)
			return err
		})
	}
}

func proofOf(c *cli.Context, l *evidence.Ledger) ([]byte, error) {
	if c.IsSet("record") {
		p, err := l.ProveRecord(c.Context, c.Int64("record"))
		return p.Encode(), err
	}
	old, err := os.ReadFile(c.String("since"))
	if err != nil {
		return nil, err
	}
	p, err := l.ProveConsistency(old)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.String("since"), err)
	}
	return p.Encode(), nil
}

// trusted reads the file to verify and the keys to verify it with.
func trusted(c *cli.Context, name string) (file []byte, keys []string, err error) {
	trust, err := wantFlag(c, "trust")
	if err != nil {
		return nil, nil, err
	}
	text, err := os.ReadFile(trust)
	if err != nil {
		return nil, nil, err
	}
	if keys, err = evidence.ParseKeys(string(text)); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", trust, err)
	}
	file, err = os.ReadFile(name)
	return file, keys, err
}

func verifyCheckpoint(w world) evidenceAction {
	return func(c *cli.Context, args []string) error {
		file, keys, err := trusted(c, args[0])
		if err != nil {
			return err
		}
		s, err := evidence.OpenCheckpoint(file, keys)
		if err != nil {
			return refused(w, args[0], err)
		}
		_, err = fmt.Fprintf(w.stdout, "%s had %s with root %s; signed by %s\n", s.Origin, reports.Plural(int(s.Size), "record"), s.Root, signerNames(s))
		return err
	}
}

func signerNames(s *evidence.Signed) string {
	var ids []string
	for _, k := range s.By {
		ids = append(ids, "key "+evidence.KeyID(k))
	}
	return strings.Join(ids, " and ")
}

// refused says what does not hold: that is a result, not a failure.
func refused(w world, name string, why error) error {
	if _, err := fmt.Fprintf(w.stdout, "%s: REFUSED: %s\n", name, reports.Display(why.Error())); err != nil {
		return err
	}
	return errFindings
}

func verifyProof(w world) evidenceAction {
	return func(c *cli.Context, args []string) error {
		file, keys, err := trusted(c, args[0])
		if err != nil {
			return err
		}
		text, err := provedText(file, keys)
		if err != nil {
			return refused(w, args[0], err)
		}
		_, err = fmt.Fprint(w.stdout, text)
		return err
	}
}

// provedText says what a proof of either kind proves.
func provedText(file []byte, keys []string) (string, error) {
	if bytes.HasPrefix(file, []byte("foureyes/consistency/")) {
		old, later, err := evidence.OpenConsistency(file, keys)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s was only continued from %s to %d, root %s; signed by %s\n",
			later.Origin, reports.Plural(int(old.Size), "record"), later.Size, later.Root, signerNames(later)), nil
	}
	e, s, err := evidence.OpenInclusion(file, keys)
	if err != nil {
		return "", err
	}
	leaf, err := e.Encode()
	if err != nil {
		return "", errors.New("the record cannot be shown")
	}
	return fmt.Sprintf("record %d of %s, which had %s; signed by %s\n%s",
		e.Index, s.Origin, reports.Plural(int(s.Size), "record"), signerNames(s), indented(visibleLines(string(leaf)))), nil
}

// visibleLines keeps the lines of a text and makes everything else in it visible.
func visibleLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = reports.Display(line)
	}
	return strings.Join(lines, "\n")
}
