// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/evidence"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/seal"
)

// attachments counts the files that are attached to a packet.
func attachments(p *reports.Packet) int {
	if p.Ledger == nil {
		return 3
	}
	return 4
}

// ledger checks that the campaign is in the ledger that the packet tells of.
func (a *assay) ledger(s *seal.Sealed, p *reports.Packet) {
	if p.Ledger == nil {
		return
	}
	file, err := s.Attachment(attachedProof)
	if err != nil {
		a.fails("ledger", "%v", err)
		return
	}
	e, at, err := evidence.OpenInclusion(file, p.Ledger.Keys)
	switch {
	case err != nil:
		a.fails("ledger", "%s: %v", attachedProof, err)
	case !isOf(p.Ledger, at):
		a.fails("ledger", "the attached checkpoint is not the one that the pages tell of")
	case e.Index != p.Ledger.Record || e.Kind != campaignKind || p.Review == nil || e.Series != seriesOf(p.Review.ID):
		a.fails("ledger", "the attached proof is of another record than the last of the campaign")
	default:
		a.holds("ledger", "%s with %s, root %s: record %d, the last of campaign %s, is in it", at.Origin, reports.Plural(int(at.Size), "record"), at.Root, e.Index, p.Review.ID)
	}
}

// isOf reports whether a checkpoint is the one that a packet tells of.
func isOf(l *reports.Ledger, at *evidence.Signed) bool {
	return at.Origin == l.Origin && at.Size == l.Size && at.Root.String() == l.Root
}

// recorded checks what is known of the packet's ledger besides the packet: its keys, a
// later checkpoint, and the record of this very file. Errors are of files that were named
// and cannot be read.
func (a *assay) recorded(c *cli.Context, name string, content []byte, p *reports.Packet) error {
	keys, err := a.ledgerKeys(c, p)
	if err != nil {
		return err
	}
	if err := a.continued(c, p, keys); err != nil {
		return err
	}
	beside := withExt(name, proofExt)
	proof, err := os.ReadFile(beside)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		a.unknown("recorded", "whether the ledger names this very file: %s is not beside it", beside)
		return nil
	case err != nil:
		return err
	}
	e, at, err := evidence.OpenInclusion(proof, keys)
	switch {
	case err != nil:
		a.fails("recorded", "%s: %v", beside, err)
	case e.Kind != packetKind || !slices.Contains(e.Objects, evidence.DigestOf(content)):
		a.fails("recorded", "%s is of another file", beside)
	case at.Origin != p.Ledger.Origin || at.Size <= p.Ledger.Size:
		a.fails("recorded", "%s is of another ledger, or of an earlier one", beside)
	default:
		a.holds("recorded", "record %d of the ledger names this very file", e.Index)
	}
	return nil
}

// ledgerKeys are the keys that are trusted for the ledger.
func (a *assay) ledgerKeys(c *cli.Context, p *reports.Packet) ([]string, error) {
	file := c.String("ledger")
	switch {
	case len(p.Ledger.Keys) == 0:
		a.fails("ledger key", "the packet names none")
		return nil, nil
	case file == "":
		a.unknown("ledger key", "whether it is the ledger's: the packet names %s, and its signer answers for that; --ledger takes the keys that you know", p.Ledger.Keys[len(p.Ledger.Keys)-1])
		return p.Ledger.Keys, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	keys, err := evidence.ParseKeys(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if i := slices.IndexFunc(p.Ledger.Keys, func(k string) bool { return !slices.Contains(keys, k) }); i >= 0 {
		a.fails("ledger key", "the packet names %s, which is not in %s", p.Ledger.Keys[i], file)
	} else {
		a.holds("ledger key", "every key that the packet names is in %s", file)
	}
	return keys, nil
}

// continued checks that a later checkpoint continues that of the packet.
func (a *assay) continued(c *cli.Context, p *reports.Packet, keys []string) error {
	file := c.String("continued")
	if file == "" {
		a.unknown("continued", "whether the ledger was continued and not rewritten since: --continued takes the proof of that")
		return nil
	}
	proof, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	old, later, err := evidence.OpenConsistency(proof, keys)
	switch {
	case err != nil:
		a.fails("continued", "%s: %v", file, err)
	case !isOf(p.Ledger, old):
		a.fails("continued", "%s begins at %s, and the packet tells of %s", file, reports.Plural(int(old.Size), "record"), reports.Plural(int(p.Ledger.Size), "record"))
	default:
		a.holds("continued", "the ledger with %s, root %s, continues it", reports.Plural(int(later.Size), "record"), later.Root)
	}
	return nil
}
