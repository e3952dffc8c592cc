// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/campaign/sheet"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/text"
)

// within opens the session of a verb, does something in it and closes it.
func within(c *cli.Context, w world, do func(s *session) error) (err error) {
	s, err := openSession(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.store.Close()) }()
	return do(s)
}

// acting is within, for what somebody named by --by does.
func acting(c *cli.Context, w world, do func(s *session, by graph.ID) error) error {
	by, err := idFlag(c, "by")
	if err != nil {
		return err
	}
	return within(c, w, func(s *session) error { return do(s, by) })
}

func campaignImportCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "import", Usage: "take the spreadsheet or the mail that a reviewer returned", ArgsUsage: "FILE",
		Description: "It is kept as it came, and taken whole or not at all. A mail (.eml) counts for whom its address was\n" +
			"written to; a spreadsheet alone (.xlsx) is entered by somebody.",
		Flags: []cli.Flag{evidenceFlag(), ledgerKeyFlag(), campaignFlag(), reviewerFlag(), sourceFlag(), ownKeyFlag(),
			&cli.IntFlag{Name: "stage", Value: 1, Usage: "of which `STAGE`, counted from 1"}},
		Action: func(c *cli.Context) error { return campaignImport(c, w) },
	}
}

func campaignImport(c *cli.Context, w world) error {
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return err
	}
	src, err := readBounded(args[0], 64<<20)
	if err != nil {
		return err
	}
	return within(c, w, func(s *session) error {
		in, err := s.returned(c, args[0], src)
		if err != nil {
			return err
		}
		answers, err := sheet.Read(in.book, reports.NewReview(s.Campaign, s.subject, in.reviewer), c.Int("stage"))
		if err != nil {
			return fmt.Errorf("%s: nothing was taken: %w", args[0], err)
		}
		if len(answers) == 0 {
			return fmt.Errorf("%s: it holds no answer that the lines do not have already", args[0])
		}
		if err := s.mayDecide(answers, in, w.clock()); err != nil { // before anything is kept
			return fmt.Errorf("%s: %w", args[0], err)
		}
		if in.by.source.Object, err = s.store.Put(c.Context, src); err != nil { // as it came
			return err
		}
		return s.takeAll(c, w, answers, in)
	})
}

// An incoming file is a spreadsheet that came back, from whom and how.
type incoming struct {
	reviewer graph.ID
	book     []byte
	by       signer
}

func (s *session) returned(c *cli.Context, name string, src []byte) (in incoming, err error) {
	if strings.EqualFold(filepath.Ext(name), ".eml") {
		m, err := sheet.ParseMail(src)
		if err != nil {
			return in, fmt.Errorf("%s: %w", name, err)
		}
		in.book, in.by.source = m.Sheet, campaign.Source{Kind: campaign.ByAddress, Of: m.From}
		for _, who := range s.Reviewers(c.Int("stage") - 1) {
			if s.WrittenTo(who, c.Int("stage")-1) == m.From {
				in.reviewer = who
				return in, nil
			}
		}
		return in, fmt.Errorf("%s: it is from %s, and nobody with lines in stage %d was written to there", name, m.From, c.Int("stage"))
	}
	if in.reviewer, err = idFlag(c, "reviewer"); err != nil {
		return in, err
	}
	in.book = src
	in.by, err = signerFrom(c)
	return in, err
}

// takeAll takes answers, all or none.
func (s *session) takeAll(c *cli.Context, w world, answers []campaign.Decided, in incoming) error {
	if err := s.decide(c, w, answers, in); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w.stdout, "%s: %s\n", in.reviewer, reports.Plural(len(answers), "answer"))
	return err
}

// readBounded reads a file of at most so many bytes.
func readBounded(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(src)) > most {
		err = fmt.Errorf("%s: larger than %d MiB", name, most>>20)
	}
	return src, err
}

func campaignDecideCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "decide", Usage: "enter a reviewer's answer to lines", ArgsUsage: "ITEM…",
		Description: "Several lines with one answer are marked as decided in bulk.",
		Flags: []cli.Flag{evidenceFlag(), ledgerKeyFlag(), campaignFlag(), reviewerFlag(), sourceFlag(), ownKeyFlag(),
			&cli.StringFlag{Name: "answer", Usage: "`ANSWER`: keep, revoke, cannot-tell or not-mine"},
			&cli.StringFlag{Name: "reason", Usage: "why"},
			&cli.StringFlag{Name: "to", Usage: "with not-mine: the `ID` of who should decide"}},
		Action: func(c *cli.Context) error { return campaignDecide(c, w) },
	}
}

func campaignDecide(c *cli.Context, w world) error {
	items, err := wantArgs(c, 1, 100_000)
	if err != nil {
		return err
	}
	answer, err := wantFlag(c, "answer")
	if err != nil {
		return err
	}
	reviewer, err := idFlag(c, "reviewer")
	if err != nil {
		return err
	}
	by, err := signerFrom(c)
	if err != nil {
		return err
	}
	d := campaign.Decided{Answer: campaign.Answer(answer), Reason: c.String("reason")}
	if c.String("to") != "" {
		if d.To, err = idFlag(c, "to"); err != nil {
			return err
		}
	}
	if len(items) > 1 {
		d.Bulk = len(items)
	}
	return within(c, w, func(s *session) error {
		var answers []campaign.Decided
		for _, item := range items {
			l, ok := s.Line(item)
			if !ok {
				return fmt.Errorf("line %q is not in campaign %s", item, s.Terms.ID)
			}
			d.Item, d.Stage, d.Replaces = item, l.Stage, len(l.Decisions)
			answers = append(answers, d)
		}
		return s.takeAll(c, w, answers, incoming{reviewer: reviewer, by: by})
	})
}

func campaignAssignCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "assign", Usage: "hand lines on to somebody else", ArgsUsage: "ITEM…",
		Description: "Who has a line may delegate and forward it, or be out of office; the administrators of the campaign\n" +
			"may escalate, reassign and take over. Nobody gets access of their own to decide, or says who does.",
		Flags: []cli.Flag{evidenceFlag(), ledgerKeyFlag(), campaignFlag(), byFlag(),
			&cli.StringFlag{Name: "to", Usage: "the `ID` of who gets them"},
			&cli.StringFlag{Name: "how", Value: string(campaign.Reassigned), Usage: "`HOW`: delegated, forwarded, out-of-office, escalated, reassigned or taken-over"},
			&cli.StringFlag{Name: "reason", Usage: "why"}},
		Action: func(c *cli.Context) error {
			items, err := wantArgs(c, 1, 100_000)
			if err != nil {
				return err
			}
			to, err := idFlag(c, "to")
			if err != nil {
				return err
			}
			return acting(c, w, func(s *session, by graph.ID) error {
				if err := s.HandOn(c.Context, items, to, campaign.How(c.String("how")), c.String("reason"), by, w.clock()); err != nil {
					return err
				}
				_, err := fmt.Fprintf(w.stdout, "%s: %s\n", to, reports.Plural(len(items), "line"))
				return err
			})
		},
	}
}

func campaignEscalateCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "escalate", Usage: "give every line that is overdue to the next above who may decide about it",
		Description: "Exit codes: 0 nothing is overdue that did not go up; 4 something is, and nobody above may decide.",
		Flags:       []cli.Flag{evidenceFlag(), ledgerKeyFlag(), campaignFlag(), byFlag()},
		Action: func(c *cli.Context) error {
			if _, err := wantArgs(c, 0, 0); err != nil {
				return err
			}
			return acting(c, w, func(s *session, by graph.ID) error {
				up, stay, err := s.Escalate(c.Context, by, w.clock())
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintf(w.stdout, "%s went up; %s OVERDUE where nobody above may decide\n", reports.Plural(up, "line"), reports.Plural(stay, "line")); err != nil {
					return err
				}
				if stay > 0 {
					return errNotAssessed
				}
				return nil
			})
		},
	}
}

// usualStatement is what a reviewer signs when they use no words of their own.
const usualStatement = "I have looked at every line that was given to me. What I kept is appropriate for the work of whom it belongs to; what I revoked is to be removed; of what I left undecided I say nothing."

func campaignSignOff(c *cli.Context, w world) error {
	if _, err := wantArgs(c, 0, 0); err != nil {
		return err
	}
	reviewer, err := idFlag(c, "reviewer")
	if err != nil {
		return err
	}
	by, err := signerFrom(c)
	if err != nil {
		return err
	}
	return within(c, w, func(s *session) error {
		said := s.Statement(c.Int("stage")-1, cmp.Or(c.String("statement"), usualStatement), by.source, reviewer)
		if said.Signature, err = by.sign(s.SignOffText(said)); err != nil {
			return err
		}
		if err := s.SignOff(c.Context, said, reviewer, w.clock()); err != nil {
			return err
		}
		_, err := fmt.Fprintf(w.stdout, "%s signed off stage %d\n", reviewer, c.Int("stage"))
		return err
	})
}

func campaignAsk(c *cli.Context, w world) error {
	if _, err := wantArgs(c, 0, 0); err != nil {
		return err
	}
	return acting(c, w, func(s *session, by graph.ID) error {
		if err := s.Ask(c.Context, by, w.clock()); err != nil {
			return err
		}
		return text.ReviewStatus(w.stdout, s.standing(graph.ID{}))
	})
}

func campaignClose(c *cli.Context, w world) error {
	if _, err := wantArgs(c, 0, 0); err != nil {
		return err
	}
	return acting(c, w, func(s *session, by graph.ID) error {
		if err := s.Close(c.Context, by, w.clock()); err != nil {
			return err
		}
		if err := text.ReviewStatus(w.stdout, s.standing(graph.ID{})); err != nil {
			return err
		}
		if s.Counts().Undecided > 0 {
			return errNotAssessed
		}
		return nil
	})
}

func campaignFollowUp(c *cli.Context, w world) error {
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return err
	}
	by, err := idFlag(c, "by")
	if err != nil {
		return err
	}
	snap, g, err := openJudged(args[0])
	if err != nil {
		return err
	}
	m := snap.Manifest()
	return within(c, w, func(s *session) error {
		results, err := s.FollowUp(c.Context, g, m.Ended, m.Digest, by, w.clock())
		if err != nil {
			return err
		}
		if err := text.FollowUp(w.stdout, s.standing(graph.ID{})); err != nil {
			return err
		}
		is := func(state campaign.State) bool {
			return slices.ContainsFunc(results, func(r campaign.Result) bool { return r.State == state })
		}
		switch {
		case is(campaign.Remains):
			return errFindings
		case is(campaign.NotKnown):
			return errNotAssessed
		}
		return nil
	})
}
