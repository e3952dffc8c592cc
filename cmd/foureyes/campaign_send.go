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
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/campaign/sheet"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
)

func campaignSendCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "send", Usage: "write a mail with a spreadsheet for each reviewer",
		Description: "The messages are written as files (.eml), to be sent by whatever sends mail here, or by --smtp. An answer counts\n" +
			"when it comes from the address that was written to.",
		Flags: append(smtpFlags(),
			evidenceFlag(), ledgerKeyFlag(), campaignFlag(), byFlag(),
			&cli.StringFlag{Name: "from", Usage: "the `ADDRESS` to which answers go"},
			&cli.StringFlag{Name: "addresses", Usage: "a CSV `FILE` with the columns reviewer and address; default: the attribute mail of each, or of their accounts"},
			&cli.BoolFlag{Name: "remind", Usage: "write only to those who have lines that they have not decided"},
			&cli.IntFlag{Name: "stage", Value: 1, Usage: "of which `STAGE`, counted from 1"},
			&cli.StringFlag{Name: "out", Usage: "the new `FOLDER` for the messages"}),
		Action: func(c *cli.Context) error { return campaignSend(c, w) },
	}
}

// A letter is what messages of one sending have in common.
type letter struct {
	from   mail.Address
	known  map[graph.ID]string // addresses
	stage  int                 // counted from 1
	remind bool                // only those who have not decided all
	date   time.Time
	server *mailServer // nil: they are written as files alone
}

func campaignSend(c *cli.Context, w world) error {
	if _, err := wantArgs(c, 0, 0); err != nil {
		return err
	}
	by, err := idFlag(c, "by")
	if err != nil {
		return err
	}
	x := letter{stage: c.Int("stage"), remind: c.Bool("remind"), date: w.clock()}
	from, err := mail.ParseAddress(c.String("from"))
	if err != nil {
		return usagef("--from %q: %w", c.String("from"), err)
	}
	x.from = *from
	if x.server, err = smtpFrom(c, w.env); err != nil {
		return err
	}
	out, err := wantFlag(c, "out")
	if err != nil {
		return err
	}
	if err := refuseExisting(out); err != nil {
		return err
	}
	if x.known, err = readAddresses(c.String("addresses")); err != nil {
		return err
	}
	return within(c, w, func(s *session) error {
		mails, err := s.mails(x)
		if err != nil {
			return err
		}
		if len(mails) == 0 {
			_, err := fmt.Fprintf(w.stderr, "nobody has anything to decide in stage %d: no message was written\n", x.stage)
			return err
		}
		if err := os.Mkdir(out, 0o700); err != nil {
			return err
		}
		for _, m := range mails {
			if err := s.post(c, w, m, x, out, by); err != nil {
				return err
			}
		}
		return nil
	})
}

// post writes one message and notes that it was sent.
func (s *session) post(c *cli.Context, w world, m message, x letter, out string, by graph.ID) error {
	digest, err := s.store.Put(c.Context, m.text)
	if err != nil {
		return err
	}
	name := filepath.Join(out, strings.TrimSuffix(m.file, ".xlsx")+".eml")
	if err := writeAll([]string{name}, [][]byte{m.text}); err != nil {
		return err
	}
	if x.server != nil {
		if err := x.server.send(c.Context, x.from.Address, m.address, m.text); err != nil {
			return err
		}
	}
	if err := s.Send(c.Context, campaign.Sent{To: m.to, Stage: x.stage - 1, Address: m.address, Object: digest}, by, w.clock()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.stdout, "%s  %s\n", name, reports.Display(m.address))
	return err
}

// A message is one mail that is ready.
type message struct {
	to            graph.ID
	address, file string
	text          []byte
}

// mails writes to everybody who has lines in a stage that they have not signed off, or to
// nobody.
func (s *session) mails(x letter) (all []message, err error) {
	if x.stage < 1 || x.stage > len(s.Terms.Stages) {
		return nil, usagef("--stage %d: the campaign has %s", x.stage, reports.Plural(len(s.Terms.Stages), "stage"))
	}
	var errs []error
	for _, who := range s.Reviewers(x.stage - 1) {
		undecided := slices.ContainsFunc(s.HeldBy(who, x.stage-1), func(l *campaign.Line) bool { return l.Final() == "" })
		if s.HasSignedOff(who, x.stage-1) || x.remind && !undecided {
			continue
		}
		address := cmp.Or(x.known[who], s.mailOf(who))
		if address == "" {
			errs = append(errs, fmt.Errorf("%s: no address is known; name it in --addresses", who))
			continue
		}
		r := reports.NewReview(s.Campaign, s.subject, who)
		var b bytes.Buffer
		m := sheet.Mail{From: x.from, To: mail.Address{Name: reports.Display(r.Reviewer.Label()), Address: address}, Date: x.date, Review: r, Stage: x.stage, Reminder: x.remind}
		if err := m.Write(&b); err != nil {
			return nil, err
		}
		all = append(all, message{who, strings.ToLower(address), sheet.FileName(r, x.stage), b.Bytes()})
	}
	return all, errors.Join(errs...)
}

// mailOf is the address of a person: that of HR, or else the one that their accounts have.
func (s *session) mailOf(who graph.ID) string {
	if address := s.mailAt(who); address != "" {
		return address
	}
	var found []string
	for _, id := range s.Crowd().Own(who) {
		if address := s.mailAt(id); id.Kind == graph.Account && address != "" {
			found = append(found, strings.ToLower(address))
		}
	}
	slices.Sort(found)
	if found = slices.Compact(found); len(found) == 1 {
		return found[0]
	}
	return ""
}

func (s *session) mailAt(id graph.ID) string {
	n, ok := s.subject.Graph.Find(id)
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
