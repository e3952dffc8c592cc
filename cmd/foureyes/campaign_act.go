// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/campaign/sheet"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
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

func campaignSendCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "send", Usage: "write a mail with a spreadsheet for each reviewer",
		Description: "The messages are written as files (.eml), to be sent by whatever sends mail here. An answer counts\n" +
			"when it comes from the address that was written to.",
		Flags: []cli.Flag{
			evidenceFlag(), ledgerKeyFlag(), campaignFlag(), byFlag(),
			&cli.StringFlag{Name: "from", Usage: "the `ADDRESS` to which answers go"},
			&cli.StringFlag{Name: "addresses", Usage: "a CSV `FILE` with the columns reviewer and address; default: the attribute mail of each"},
			&cli.IntFlag{Name: "stage", Value: 1, Usage: "of which `STAGE`, counted from 1"},
			&cli.StringFlag{Name: "out", Usage: "the new `FOLDER` for the messages"},
		},
		Action: func(c *cli.Context) error { return campaignSend(c, w) },
	}
}

func campaignSend(c *cli.Context, w world) error {
	by, err := idFlag(c, "by")
	if err != nil {
		return err
	}
	from, err := mail.ParseAddress(c.String("from"))
	if err != nil {
		return usagef("--from: %w", err)
	}
	out, err := wantFlag(c, "out")
	if err != nil {
		return err
	}
	if err := refuseExisting(out); err != nil {
		return err
	}
	known, err := readAddresses(c.String("addresses"))
	if err != nil {
		return err
	}
	return within(c, w, func(s *session) error {
		mails, err := s.mails(c.Int("stage"), *from, known, w.clock())
		if err != nil {
			return err
		}
		if err := os.Mkdir(out, 0o700); err != nil {
			return err
		}
		for _, m := range mails {
			digest, err := s.store.Put(c.Context, m.text)
			if err != nil {
				return err
			}
			name := filepath.Join(out, strings.TrimSuffix(m.file, ".xlsx")+".eml")
			if err := writeAll([]string{name}, [][]byte{m.text}); err != nil {
				return err
			}
			if err := s.Send(c.Context, campaign.Sent{To: m.to, Stage: c.Int("stage") - 1, Address: m.address, Object: digest}, by, w.clock()); err != nil {
				return err
			}
			if _, err := fmt.Fprintf(w.stdout, "%s  %s\n", name, reports.Display(m.address)); err != nil {
				return err
			}
		}
		return nil
	})
}

// A message is one mail that is ready.
type message struct {
	to            graph.ID
	address, file string
	text          []byte
}

// mails writes to everybody who has lines in a stage, or to nobody.
func (s *session) mails(stage int, from mail.Address, known map[graph.ID]string, now time.Time) (all []message, err error) {
	if stage < 1 || stage > len(s.Terms.Stages) {
		return nil, usagef("--stage %d: the campaign has %s", stage, reports.Plural(len(s.Terms.Stages), "stage"))
	}
	var errs []error
	for _, who := range s.Reviewers(stage - 1) {
		address := cmp.Or(known[who], s.mailOf(who))
		if address == "" {
			errs = append(errs, fmt.Errorf("%s: no address is known; name it in --addresses", who))
			continue
		}
		r := reports.NewReview(s.Campaign, s.subject, who)
		var b bytes.Buffer
		m := sheet.Mail{From: from, To: mail.Address{Name: reports.Display(r.Reviewer.Label()), Address: address}, Date: now, Review: r, Stage: stage}
		if err := m.Write(&b); err != nil {
			return nil, err
		}
		all = append(all, message{who, strings.ToLower(address), sheet.FileName(r, stage), b.Bytes()})
	}
	return all, errors.Join(errs...)
}

func (s *session) mailOf(who graph.ID) string {
	n, ok := s.subject.Graph.Find(who)
	if !ok {
		return ""
	}
	address, _ := s.subject.Graph.Attr(n, "mail")
	if _, err := mail.ParseAddress(address); err != nil {
		return ""
	}
	return address
}

// readAddresses reads who is written to where.
func readAddresses(file string) (map[graph.ID]string, error) {
	all := map[graph.ID]string{}
	if file == "" {
		return all, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows := csv.NewReader(io.LimitReader(f, 16<<20))
	rows.FieldsPerRecord = 2
	for line := 1; ; line++ {
		row, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", file, err)
		case line == 1 && slices.Equal(row, []string{"reviewer", "address"}):
			continue
		case line == 1:
			return nil, fmt.Errorf("%s:1: want the header reviewer,address", file)
		}
		id, err := graph.ParseID(row[0])
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, line, err)
		}
		if _, err := mail.ParseAddress(row[1]); err != nil {
			return nil, fmt.Errorf("%s:%d: %q: %w", file, line, row[1], err)
		}
		if all[id] != "" {
			return nil, fmt.Errorf("%s:%d: %s comes twice", file, line, id)
		}
		all[id] = row[1]
	}
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
		if in.by.source.Object, err = s.store.Put(c.Context, src); err != nil { // as it came, also when it is refused
			return err
		}
		answers, err := sheet.Read(in.book, reports.NewReview(s.Campaign, s.subject, in.reviewer), c.Int("stage"))
		if err != nil {
			return fmt.Errorf("%s: nothing of it was taken: %w", args[0], err)
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

// takeAll takes answers one after the other; that each may be was seen before.
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
			by, err := idFlag(c, "by")
			if err != nil {
				return err
			}
			to, err := idFlag(c, "to")
			if err != nil {
				return err
			}
			return within(c, w, func(s *session) error {
				if err := s.HandOn(c.Context, items, to, campaign.How(c.String("how")), c.String("reason"), by, w.clock()); err != nil {
					return err
				}
				_, err := fmt.Fprintf(w.stdout, "%s: %s\n", to, reports.Plural(len(items), "line"))
				return err
			})
		},
	}
}

// usualStatement is what a reviewer signs when they use no words of their own.
const usualStatement = "I have looked at every line that was given to me. What I kept is appropriate for the work of whom it belongs to; what I revoked is to be removed; of what I left undecided I say nothing."

func campaignSignOff(c *cli.Context, w world) error {
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
	by, err := idFlag(c, "by")
	if err != nil {
		return err
	}
	return within(c, w, func(s *session) error {
		if err := s.Ask(c.Context, by, w.clock()); err != nil {
			return err
		}
		return text.ReviewStatus(w.stdout, reports.NewReview(s.Campaign, s.subject, graph.ID{}))
	})
}

func campaignClose(c *cli.Context, w world) error {
	by, err := idFlag(c, "by")
	if err != nil {
		return err
	}
	return within(c, w, func(s *session) error {
		if err := s.Close(c.Context, by, w.clock()); err != nil {
			return err
		}
		if err := text.ReviewStatus(w.stdout, reports.NewReview(s.Campaign, s.subject, graph.ID{})); err != nil {
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
		if err := text.ReviewStatus(w.stdout, reports.NewReview(s.Campaign, s.subject, graph.ID{})); err != nil {
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

func campaignCalendar(c *cli.Context, w world) (err error) {
	render, err := renderAs(c.String("format"), text.Calendar, jsonout.Calendar)
	if err != nil {
		return err
	}
	n := c.Int("quarters")
	if n < 1 || n > 400 {
		return usagef("--quarters %d: want 1 to 400", n)
	}
	store, err := readStore(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	all, err := readHistory(c.Context, store)
	if err != nil {
		return err
	}
	out := &reports.Calendar{}
	for i := n - 1; i >= 0; i-- {
		first := time.Date(w.clock().UTC().Year(), w.clock().UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
		out.Quarters = append(out.Quarters, reports.Quarter(first.AddDate(0, -3*i, 0)))
	}
	apps, err := calendarApps(c, all)
	if err != nil {
		return err
	}
	for _, a := range apps {
		for _, q := range out.Quarters {
			a.Cells = append(a.Cells, all.cell(a.Application, q))
		}
		out.Rows = append(out.Rows, a)
	}
	return render(w.stdout, out)
}

// calendarApps lists the applications that the policy has in scope, and those that a
// campaign was about.
func calendarApps(c *cli.Context, all history) (apps []reports.CalendarRow, err error) {
	if file := c.String("policy"); file != "" {
		p, err := readPolicy(file)
		if err != nil {
			return nil, err
		}
		for _, a := range p.Apps {
			if a.InScope {
				apps = append(apps, reports.CalendarRow{Application: a.ID, Title: a.Title})
			}
		}
	}
	for _, r := range all {
		if r.Opened == nil {
			continue
		}
		for _, id := range r.Opened.Terms.Scope.Applications {
			if !slices.ContainsFunc(apps, func(a reports.CalendarRow) bool { return a.Application == id }) {
				apps = append(apps, reports.CalendarRow{Application: id})
			}
		}
	}
	slices.SortFunc(apps, func(a, b reports.CalendarRow) int { return cmp.Compare(a.Application, b.Application) })
	return apps, nil
}

// cell tells how an application was certified in a quarter, that of the data: a campaign
// without applications is about all of them.
func (h history) cell(app, quarter string) reports.CalendarCell {
	cell := reports.CalendarCell{State: "missing"}
	for _, r := range h {
		if r.Opened == nil || reports.Quarter(r.Opened.AsOf) != quarter {
			continue
		}
		if apps := r.Opened.Terms.Scope.Applications; len(apps) > 0 && !slices.Contains(apps, app) {
			continue
		}
		cell.Campaigns = append(cell.Campaigns, r.Campaign)
		if state := h.stateOf(r); cell.State == "missing" || state == "done" {
			cell.State = state
		}
	}
	return cell
}

// stateOf tells whether a campaign about all access of its applications was closed by the
// day on which its last stage was due, and nothing left undecided.
func (h history) stateOf(opened campaign.Record) string {
	stages, scope := opened.Opened.Terms.Stages, opened.Opened.Terms.Scope
	scope.Applications, scope.Structure = nil, false
	for _, r := range h {
		if r.Campaign != opened.Campaign || r.Closed == nil {
			continue
		}
		switch {
		case !reflect.DeepEqual(scope, campaign.Scope{}):
			return "partial"
		case r.Closed.Undecided > 0:
			return "undecided"
		case r.At.After(stages[len(stages)-1].Due):
			return "late"
		}
		return "done"
	}
	return "open"
}
