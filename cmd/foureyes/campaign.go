// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/reports/text"
)

func campaignCommand(w world) *cli.Command {
	return &cli.Command{
		Name:  "campaign",
		Usage: "certify who has what: plan, ask, decide, sign off, follow up",
		Subcommands: []*cli.Command{
			{
				Name: "plan", Usage: "what a campaign would ask of whom; nothing is written", ArgsUsage: "SNAPSHOT",
				Description: "Exit codes: 0 it can begin; 4 something in scope was not read and nobody accepted that, a line has no reviewer, or nothing is in scope.",
				Flags:       append(evaluateFlags(), termsFlag(), evidenceFlag(), formatFlag()),
				Action:      func(c *cli.Context) error { return campaignPlan(c, w) },
			},
			{
				Name: "new", Usage: "begin a campaign: what it is about is kept, and each line given to whom the rule finds", ArgsUsage: "SNAPSHOT",
				Flags:  append(evaluateFlags(), termsFlag(), evidenceFlag(), ledgerKeyFlag(), byFlag()),
				Action: func(c *cli.Context) error { return campaignNew(c, w) },
			},
			{
				Name: "status", Usage: "how many lines are decided, and with whom the others are",
				Flags:  []cli.Flag{evidenceFlag(), campaignFlag(), formatFlag()},
				Action: func(c *cli.Context) error { return campaignStatus(c, w) },
			},
			{
				Name: "items", Usage: "the lines: of all, or of one reviewer",
				Flags:  []cli.Flag{evidenceFlag(), campaignFlag(), reviewerFlag(), formatFlag()},
				Action: func(c *cli.Context) error { return campaignItems(c, w) },
			},
			campaignSendCommand(w), campaignImportCommand(w), campaignDecideCommand(w), campaignAssignCommand(w), campaignEscalateCommand(w), campaignKeyCommand(w), campaignEnrollCommand(w),
			{
				Name: "sign-off", Usage: "take a reviewer's statement about the lines that they have",
				Flags: []cli.Flag{evidenceFlag(), ledgerKeyFlag(), campaignFlag(), reviewerFlag(), sourceFlag(), ownKeyFlag(),
					&cli.StringFlag{Name: "statement", Usage: "what is signed, in the reviewer's words; default: a sentence that says what it means"},
					&cli.IntFlag{Name: "stage", Value: 1, Usage: "of which `STAGE`, counted from 1"}},
				Action: func(c *cli.Context) error { return campaignSignOff(c, w) },
			},
			{
				Name: "ask", Usage: "give the lines that went to the next stage to whom its rule finds",
				Flags:  []cli.Flag{evidenceFlag(), ledgerKeyFlag(), campaignFlag(), byFlag()},
				Action: func(c *cli.Context) error { return campaignAsk(c, w) },
			},
			{
				Name: "close", Usage: "end the campaign: what is undecided stays so",
				Description: "Exit codes: 0 all lines were decided; 4 some were not, and are counted.",
				Flags:       []cli.Flag{evidenceFlag(), ledgerKeyFlag(), campaignFlag(), byFlag()},
				Action:      func(c *cli.Context) error { return campaignClose(c, w) },
			},
			{
				Name: "follow-up", Usage: "hold the revoked lines against a later snapshot", ArgsUsage: "SNAPSHOT",
				Description: "Exit codes: 0 all are gone on every path; 3 some remain; 4 none remains that is known of, but some cannot be told.",
				Flags:       []cli.Flag{evidenceFlag(), ledgerKeyFlag(), campaignFlag(), byFlag()},
				Action:      func(c *cli.Context) error { return campaignFollowUp(c, w) },
			},
			{
				Name: "calendar", Usage: "which application was certified in which quarter",
				Flags:  []cli.Flag{evidenceFlag(), &cli.StringFlag{Name: "policy", Usage: "the policy `FILE` whose applications are to be certified"}, &cli.IntFlag{Name: "quarters", Value: 4, Usage: "how many `QUARTERS`, back from this one"}, formatFlag()},
				Action: func(c *cli.Context) error { return campaignCalendar(c, w) },
			},
		},
	}
}

// campaignStatus is campaignShow, and tells what is overdue by now.
func campaignStatus(c *cli.Context, w world) error {
	overdue := func(out io.Writer, s *session) error {
		n := len(s.Overdue(w.clock()))
		if n == 0 || c.String("format") != "text" {
			return nil
		}
		_, err := fmt.Fprintf(out, "%s OVERDUE\n", reports.Plural(n, "line"))
		return err
	}
	return campaignShow(c, w, text.ReviewStatus, jsonout.Review, overdue)
}

func campaignItems(c *cli.Context, w world) error {
	return campaignShow(c, w, text.ReviewLines, jsonout.Review, func(io.Writer, *session) error { return nil })
}

func evidenceFlag() cli.Flag {
	return &cli.StringFlag{Name: "evidence", Usage: "the evidence `FOLDER`"}
}
func ledgerKeyFlag() cli.Flag {
	return &cli.StringFlag{Name: "ledger-key", Usage: "the `FILE` of the key that signs the ledger", EnvVars: []string{ledgerKeyEnv}}
}

const ledgerKeyEnv = "FOUREYES_LEDGER_KEY"

func campaignFlag() cli.Flag {
	return &cli.StringFlag{Name: "campaign", Usage: "the `ID` of the campaign; default: the only one there is"}
}
func termsFlag() cli.Flag {
	return &cli.StringFlag{Name: "terms", Usage: "the `FILE` with the terms of the campaign"}
}
func byFlag() cli.Flag {
	return &cli.StringFlag{Name: "by", Usage: "the `ID` of the person who does it, such as identity:hr/E1000"}
}
func reviewerFlag() cli.Flag {
	return &cli.StringFlag{Name: "reviewer", Usage: "the `ID` of the reviewer, such as identity:hr/E1000"}
}
func sourceFlag() cli.Flag {
	return &cli.StringFlag{Name: "entered-by", Usage: "`WHO` enters it, when it is not the reviewer"}
}

// idFlag reads a flag that is an ID.
func idFlag(c *cli.Context, name string) (graph.ID, error) {
	s, err := wantFlag(c, name)
	if err != nil {
		return graph.ID{}, err
	}
	id, err := graph.ParseID(s)
	if err != nil {
		return id, usagef("--%s: %w", name, err)
	}
	return id, nil
}

// renderAs picks one of two formats.
func renderAs[T any](format string, plain, json func(io.Writer, T) error) (func(io.Writer, T) error, error) {
	switch format {
	case "text":
		return plain, nil
	case "json":
		return json, nil
	}
	return nil, usagef("--format %q: want text or json", format)
}

// planned is what both plan and new begin with.
type planned struct {
	*judged
	terms   campaign.Terms
	subject campaign.Subject
}

func readPlanned(c *cli.Context, w world, store campaignStore) (*planned, error) {
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return nil, err
	}
	file, err := wantFlag(c, "terms")
	if err != nil {
		return nil, err
	}
	p := &planned{}
	if p.terms, err = readTerms(file); err != nil {
		return nil, err
	}
	if p.judged, err = judge(c, w.voice(c), args[0]); err != nil {
		return nil, err
	}
	p.subject = campaign.Subject{Graph: p.graph, Policy: p.policy, Report: p.report, AsOf: p.report.AsOf, Before: map[string]campaign.Answer{}}
	if store == nil {
		return p, nil
	}
	all, err := readHistory(c.Context, store)
	if err != nil {
		return nil, err
	}
	if all.of(p.terms.ID) != nil {
		return nil, usagef("campaign %s is in this evidence folder already", p.terms.ID)
	}
	p.subject.Before = all.before("")
	return p, nil
}

func campaignPlan(c *cli.Context, w world) (err error) {
	render, err := renderAs(c.String("format"), text.CampaignPlan, jsonout.CampaignPlan)
	if err != nil {
		return err
	}
	var store campaignStore
	if c.String("evidence") != "" {
		if store, err = readStore(c); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, store.Close()) }()
	}
	p, err := readPlanned(c, w, store)
	if err != nil {
		return err
	}
	plan, err := campaign.NewPlan(p.subject, p.terms)
	if err != nil {
		return err
	}
	shown := reports.NewCampaignPlan(plan, p.subject)
	if err := render(w.stdout, shown); err != nil {
		return err
	}
	if len(shown.Open())+len(plan.Nobody) > 0 || len(plan.Items) == 0 {
		return errNotAssessed
	}
	return nil
}

func campaignNew(c *cli.Context, w world) (err error) {
	by, err := idFlag(c, "by")
	if err != nil {
		return err
	}
	store, err := writeStore(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	p, err := readPlanned(c, w, store)
	if err != nil {
		return err
	}
	plan, err := campaign.NewPlan(p.subject, p.terms)
	if err != nil {
		return err
	}
	if err := plan.MayBegin(by); err != nil { // before anything is kept
		return err
	}
	kept, err := keep(c.Context, store, c.Args().First(), c.String("policy"))
	if err != nil {
		return err
	}
	x, err := campaign.Open(c.Context, store, p.subject, p.terms, campaign.Origin{Snapshot: p.snapshot.Manifest().Digest, Policy: p.policy.Digest, Kept: kept}, by, w.clock())
	if err != nil {
		return err
	}
	said := fmt.Sprintf("campaign %s: %s for %s", p.terms.ID, reports.Plural(len(x.Lines()), "line"), reports.Plural(len(x.Reviewers(0)), "reviewer"))
	if n := len(x.Nobody); n > 0 {
		said += fmt.Sprintf("; %s WITHOUT A REVIEWER, which an administrator has to assign", reports.Plural(n, "line"))
	}
	_, err = fmt.Fprintln(w.stdout, reports.Display(said))
	return err
}

// campaignShow prints a campaign, or what of it is one reviewer's.
func campaignShow(c *cli.Context, w world, plain, json func(io.Writer, *reports.Standing) error, more func(io.Writer, *session) error) (err error) {
	if _, err := wantArgs(c, 0, 0); err != nil {
		return err
	}
	render, err := renderAs(c.String("format"), plain, json)
	if err != nil {
		return err
	}
	var reviewer graph.ID
	if c.String("reviewer") != "" {
		if reviewer, err = idFlag(c, "reviewer"); err != nil {
			return err
		}
	}
	s, err := readOnly(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.store.Close()) }()
	if !reviewer.IsZero() {
		if err := s.wantKnown(reviewer); err != nil {
			return err
		}
	}
	if err := render(w.stdout, s.standing(reviewer)); err != nil {
		return err
	}
	return more(w.stdout, s)
}
