// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/evidence"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/seal"
)

func samplePacketCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "sample", Usage: "draw lines of a campaign's packet for a test, so that anybody draws the same", ArgsUsage: "FILE",
		Description: "The checkpoint is the seed: whoever has it and the packet draws the same lines. Take one that was not known\n" +
			"when the packet was made, so that nobody could choose.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "trust", Usage: "the certificates to trust for signers, in `FILE` (PEM)"},
			&cli.StringFlag{Name: "checkpoint", Usage: "a signed checkpoint of the ledger, in `FILE`; without it, the one in the packet"},
			&cli.StringFlag{Name: "answer", Usage: "only lines with the `ANSWER` keep, revoke, cannot-tell or undecided"},
			&cli.IntFlag{Name: "lines", Value: 25, Usage: "how many `LINES`"},
			&cli.StringFlag{Name: "at", Usage: "the `DATE` at which the certificates must be valid; without it, now"},
		},
		Action: func(c *cli.Context) error { return samplePacket(c, w) },
	}
}

func samplePacket(c *cli.Context, w world) error {
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return err
	}
	n := c.Int("lines")
	if n < 1 {
		return usagef("--lines %d: want 1 or more", n)
	}
	switch campaign.Answer(c.String("answer")) {
	case "", campaign.Keep, campaign.Revoke, campaign.CannotTell, "undecided":
	default:
		return usagef("--answer %s: want keep, revoke, cannot-tell or undecided", c.String("answer"))
	}
	p, proof, err := openSealed(c, w, args[0])
	if err != nil {
		return err
	}
	seed, err := seedOf(c, p, proof)
	if err != nil {
		return err
	}
	lines := map[int64]reports.ReviewLine{}
	var candidates []int64
	for _, l := range p.Review.Lines {
		if a := c.String("answer"); a == "" || a == string(l.Answer) || a == "undecided" && l.Answer == "" {
			lines[int64(l.Number)] = l
			candidates = append(candidates, int64(l.Number))
		}
	}
	for _, number := range evidence.Sample(seed, candidates, n) {
		l := lines[number]
		answer := string(l.Answer)
		if answer == "" {
			answer = "UNDECIDED"
		}
		if _, err := fmt.Fprintf(w.stdout, "line %d  %s  %s  %s\n", number, l.Item, answer, reports.Display(l.Sentence())); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(w.stdout, "%d of %s, drawn with the checkpoint of %s, root %s\n", min(n, len(candidates)), reports.Plural(len(candidates), "line"), reports.Plural(int(seed.Size), "record"), seed.Root)
	return err
}

// openSealed opens a packet of a campaign and returns what it holds, and the attached proof.
func openSealed(c *cli.Context, w world, name string) (*reports.Packet, []byte, error) {
	trust, err := wantFlag(c, "trust")
	if err != nil {
		return nil, nil, err
	}
	check := seal.Check{}
	if check.At, err = dateFlag(c, "at"); err != nil {
		return nil, nil, err
	}
	if check.At.IsZero() {
		check.At = w.clock().UTC()
	}
	roots, err := readPool(trust)
	if err != nil {
		return nil, nil, err
	}
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, err
	}
	s, err := seal.Open(content, roots, check)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: REFUSED: %w", name, err)
	}
	data, err := s.Attachment(attachedPacket)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	p, _, err := reports.ReadCanonical(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	if p.Review == nil || p.Ledger == nil {
		return nil, nil, fmt.Errorf("%s: it is no packet of a campaign", name)
	}
	proof, err := s.Attachment(attachedProof)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, proof, nil
}

// seedOf is the checkpoint with which the sample is drawn, of the ledger of the packet.
func seedOf(c *cli.Context, p *reports.Packet, proof []byte) (evidence.Checkpoint, error) {
	file := c.String("checkpoint")
	if file == "" {
		_, at, err := evidence.OpenInclusion(proof, p.Ledger.Keys)
		if err != nil {
			return evidence.Checkpoint{}, fmt.Errorf("%s: %w", attachedProof, err)
		}
		return at.Checkpoint, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return evidence.Checkpoint{}, err
	}
	at, err := evidence.OpenCheckpoint(text, p.Ledger.Keys)
	switch {
	case err != nil:
		return evidence.Checkpoint{}, fmt.Errorf("%s: %w", file, err)
	case at.Origin != p.Ledger.Origin || at.Size < p.Ledger.Size:
		return evidence.Checkpoint{}, errors.New(file + ": it is not of the packet's ledger, or of an earlier state of it")
	}
	return at.Checkpoint, nil
}
