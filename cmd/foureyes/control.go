// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/evidence"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/reports/text"
)

// performedKind is the kind of the ledger's records that say that a control was carried out.
const performedKind = "control"

func controlCommand(w world) *cli.Command {
	return &cli.Command{
		Name:  "control",
		Usage: "record that a compensating control was carried out, and when each was last",
		Subcommands: []*cli.Command{
			{
				Name: "performed", Usage: "record that somebody carried out a compensating control, and what shows it", ArgsUsage: "CONTROL SNAPSHOT",
				Description: "Whoever is watched does not watch: by the policy and the snapshot, who carried it out must be no\n" +
					"subject of what the control makes tolerable, and hold no duty of the rule. --evidence is what shows\n" +
					"that it was done; the evidence folder is named by --ledger.",
				Flags: append(evaluateFlags(), ledgerFlag(), ledgerKeyFlag(), byFlag(),
					&cli.StringSliceFlag{Name: "evidence", Usage: "a `FILE` that shows it, such as minutes; may be repeated"},
					&cli.StringFlag{Name: "on", Usage: "the `DATE` on which it was carried out; default: now"},
					&cli.StringFlag{Name: "note", Usage: "what else is to be known"}),
				Action: func(c *cli.Context) error { return controlPerformed(c, w) },
			},
			{
				Name: "list", Usage: "when the compensating controls of a policy were last carried out", ArgsUsage: "SNAPSHOT",
				Description: "Exit codes: 0 the ledger shows of each that it was carried out in time; 3 it does not.",
				Flags:       append(evaluateFlags(), ledgerFlag(), formatFlag()),
				Action:      func(c *cli.Context) error { return controlList(c, w) },
			},
		},
	}
}

func ledgerFlag() cli.Flag {
	return &cli.StringFlag{Name: "ledger", Usage: "the evidence `FOLDER`"}
}

func controlPerformed(c *cli.Context, w world) (err error) {
	args, err := wantArgs(c, 2, 2)
	if err != nil {
		return err
	}
	p := campaign.Performance{Control: args[0], At: w.clock().UTC().Truncate(time.Second), Note: c.String("note")}
	if p.By, err = idFlag(c, "by"); err != nil {
		return err
	}
	if p.On, err = pastFlag(c, "on", p.At); err != nil {
		return err
	}
	proofs, err := readProofs(c)
	if err != nil {
		return err
	}
	store, err := writeStoreIn(c, "ledger")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	j, err := judge(c, w.voice(c), args[1])
	if err != nil {
		return err
	}
	p.Snapshot, p.Policy = j.snapshot.Manifest().Digest, j.policy.Digest
	if err := store.perform(c.Context, campaign.Subject{Graph: j.graph, Policy: j.policy, Report: j.report, AsOf: j.report.AsOf}, p, proofs); err != nil {
		return err
	}
	_, err = fmt.Fprintln(w.stdout, reports.Display(fmt.Sprintf("control %s: performed on %s by %s, with %s", p.Control, p.On.Format(time.DateOnly), p.By, reports.Plural(len(proofs), "file"))))
	return err
}

// pastFlag reads the flag of a day in the past: the last moment of it that has been.
func pastFlag(c *cli.Context, name string, now time.Time) (time.Time, error) {
	on, err := dateFlag(c, name)
	switch {
	case err != nil:
		return on, err
	case on.IsZero():
		return now, nil
	case on.After(now) && on.Equal(endOfDay(now)):
		return now, nil
	case on.After(now):
		return on, usagef("--%s %s: it is still to come", name, c.String(name))
	}
	return on, nil
}

func readProofs(c *cli.Context) (all [][]byte, err error) {
	files := c.StringSlice("evidence")
	if len(files) == 0 {
		return nil, usagef("%s needs --evidence: a file that shows that it was carried out", verbName(c))
	}
	for _, name := range files {
		content, err := readBounded(name, 64<<20)
		if err != nil {
			return nil, err
		}
		if len(content) == 0 {
			return nil, fmt.Errorf("%s is empty: it shows nothing", name)
		}
		all = append(all, content)
	}
	return all, nil
}

// perform keeps what shows that a control was carried out, and records it.
func (s *ledgerStore) perform(ctx context.Context, subject campaign.Subject, p campaign.Performance, proofs [][]byte) error {
	shown := p
	shown.Evidence = make([]string, len(proofs))
	if err := campaign.CheckPerformance(subject, shown); err != nil { // before anything is kept
		return err
	}
	digests, err := s.ledger.PutAllSalted(ctx, proofs)
	if err != nil {
		return err
	}
	for _, d := range digests {
		p.Evidence = append(p.Evidence, d.String())
	}
	text, err := p.Bytes()
	if err != nil {
		return err
	}
	body, err := s.ledger.PutSalted(ctx, text)
	if err != nil {
		return err
	}
	_, err = s.ledger.Append(ctx, evidence.Record{Kind: performedKind, Class: evidence.ClassSox, Time: p.At, Objects: append([]evidence.Digest{body}, digests...)})
	return err
}

func readPerformed(ctx context.Context, store campaignStore) (all []campaign.Performance, err error) {
	for text, err := range store.Records(ctx, performedKind) {
		if err != nil {
			return nil, err
		}
		p, err := campaign.ParsePerformance(text)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

func controlList(c *cli.Context, w world) (err error) {
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return err
	}
	render, err := renderAs(c.String("format"), text.Controls, jsonout.Controls)
	if err != nil {
		return err
	}
	store, err := readStoreIn(c, "ledger")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	performed, err := readPerformed(c.Context, store)
	if err != nil {
		return err
	}
	j, err := judge(c, w.voice(c), args[0])
	if err != nil {
		return err
	}
	controls := reports.ControlStandings(j.graph, j.policy, performed)
	if err := render(w.stdout, controls); err != nil {
		return err
	}
	for _, x := range controls {
		if x.Late(w.clock()) {
			return errFindings
		}
	}
	return nil
}
