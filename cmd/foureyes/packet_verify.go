// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/reports/pdf"
	"github.com/foureyes-iga/foureyes/reports/seal"
	"github.com/foureyes-iga/foureyes/reports/table"
)

func verifyPacketCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "verify", Usage: "check a sealed packet, or a file with its signature beside it", ArgsUsage: "FILE",
		Description: "Exit codes: 0 all that was checked holds; 3 something is wrong, do not use it; 1 it cannot be opened; 2 wrong usage.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "trust", Usage: "the certificates to trust for signers, in `FILE` (PEM)"},
			&cli.StringFlag{Name: "trust-tsa", Usage: "those to trust for timestamps, in `FILE` (PEM); without it, those of --trust"},
			&cli.StringFlag{Name: "ledger", Usage: "public keys of the ledger as you know them, in `FILE`, one a line; without it, those that the packet names"},
			&cli.StringFlag{Name: "continued", Usage: "a proof in `FILE` that a later ledger continues that of the packet"},
			&cli.StringFlag{Name: "font", Usage: "the font in `FILE` that the packet was drawn with, if it names one"},
			&cli.StringFlag{Name: "at", Usage: "the `DATE` at which the certificates of a packet without a timestamp must be valid; without it, now"},
		},
		Action: func(c *cli.Context) error { return verifyPacket(c, w) },
	}
}

func verifyPacket(c *cli.Context, w world) error {
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return err
	}
	trust, err := wantFlag(c, "trust")
	if err != nil {
		return err
	}
	at, err := dateFlag(c, "at")
	if err != nil {
		return err
	}
	defer w.boundMemory()()
	check, a := seal.Check{At: at}, &assay{clock: "as --at says"}
	if at.IsZero() {
		check.At, a.clock = w.clock().UTC(), "now, by the clock of this machine"
	}
	if a.font, err = fontFrom(c); err != nil {
		return err
	}
	roots, err := readPool(trust)
	if err != nil {
		return err
	}
	if file := c.String("trust-tsa"); file != "" {
		if check.Authorities, err = readPool(file); err != nil {
			return err
		}
	}
	content, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	if bytes.HasPrefix(content, []byte("%PDF")) {
		if p := a.packet(content, roots, check); p != nil && p.Ledger != nil {
			if err := a.recorded(c, args[0], content, p); err != nil {
				return err
			}
		}
	} else if err := a.detached(args[0], content, roots, check); err != nil {
		return err
	}
	return a.tell(w.stdout, args[0])
}

// boundMemory makes the garbage of drawing a long packet again be swept in time, until
// the returned function is called. Who sets GOMEMLIMIT decides instead.
func (w world) boundMemory() (restore func()) {
	if w.env("GOMEMLIMIT") != "" {
		return func() {}
	}
	was := debug.SetMemoryLimit(200 << 20)
	return func() { debug.SetMemoryLimit(was) }
}

func readPool(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	certs, err := seal.ParseCertificates(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	pool := x509.NewCertPool()
	for _, c := range certs {
		pool.AddCert(c)
	}
	return pool, nil
}

// An assay collects what is found out about a sealed file.
type assay struct {
	font  *pdf.Font // nil: none
	clock string    // where the time comes from at which certificates are looked at
	lines []string
	wrong int
	part  bool // not all of it could be compared
}

func (a *assay) line(mark, about, format string, args ...any) {
	a.lines = append(a.lines, fmt.Sprintf("  %-8s %-13s %s", mark, about, fmt.Sprintf(format, args...)))
}

func (a *assay) holds(about, format string, args ...any) { a.line("holds", about, format, args...) }

// unknown is said of what was not or cannot be checked.
func (a *assay) unknown(about, format string, args ...any) { a.line("unknown", about, format, args...) }

func (a *assay) fails(about, format string, args ...any) {
	a.wrong++
	a.line("WRONG", about, format, args...)
}

// tell prints everything. What is wrong makes the whole wrong.
func (a *assay) tell(w io.Writer, name string) error {
	verdict := "all that was checked holds"
	switch {
	case a.wrong > 0:
		verdict = "REFUSED: do not use it"
	case a.part:
		verdict += ", and not all of it could be compared"
	}
	fmt.Fprintf(w, "%s: %s\n", reports.Display(name), verdict)
	for _, l := range a.lines {
		fmt.Fprintln(w, reports.Display(l))
	}
	if a.wrong > 0 {
		return errRefused
	}
	return nil
}

// packet checks a sealed PDF: the seal first, and what it holds only if that is good. It
// returns what it holds, when that could be read.
func (a *assay) packet(content []byte, roots *x509.CertPool, c seal.Check) *reports.Packet {
	s, err := seal.Open(content, roots, c)
	if err != nil {
		a.fails("seal", "%v", err)
		a.unlooked(err)
		return nil
	}
	a.holds("whole file", "one signature covers every byte of its one revision: nothing was appended, edited, hidden or laid over it")
	a.signature(&s.Signature)
	if s.SignedAt().IsZero() {
		a.unknown("signed at", "there is no timestamp; the signer states %s, which nobody proves", moment(s.Claimed()))
	}
	p, drawing := a.data(s)
	if p == nil {
		return nil
	}
	a.together(
		func(a *assay) {
			for _, f := range lineFiles() {
				a.lineFile(s, f, p, drawing)
			}
			a.numbers(p)
			a.ledger(s, p)
		},
		func(a *assay) {
			if why := a.cannotDraw(p, drawing); why != "" {
				a.words(s, p, why)
			} else {
				a.pages(s, p)
			}
		},
	)
	a.line("says", "verdict", "%s", p.Verdict())
	a.unknown("sources", "whether they told the truth: to judge them again, take snapshot %s and policy %s", p.Snapshot.Digest, p.Policy.Digest)
	return p
}

// unlooked says of the rest why it was not looked at, and what to do about it.
func (a *assay) unlooked(err error) {
	a.unknown("the rest", "what is in a file whose seal does not hold was not looked at")
	if errors.Is(err, seal.ErrNotTrusted) {
		a.line("try", "", "whoever is responsible for the certificates to trust knows whether one is missing: of signers in --trust, of timestamps in --trust-tsa; who knows from elsewhere when a packet without a timestamp was sealed can say so with --at")
	}
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func (a *assay) signature(s *seal.Signature) {
	a.holds("signed by", "%s (certificate SHA-256 %x)", s.Signer().Subject, sha256.Sum256(s.Signer().Raw))
	clock := a.clock
	if by := s.Authority(); by != nil {
		a.holds("signed at", "%s or before, says the timestamp authority %s", moment(s.SignedAt()), by.Subject)
		clock = "when it was signed"
	}
	a.holds("certificates", "they lead to one that is trusted, and are valid at %s (%s)", moment(s.CheckedAt()), clock)
	a.unknown("revocation", "whether a certificate was revoked was not asked: this check uses no network")
}

// together finds several things out at once, and tells them in order. Nothing that is
// looked at is changed. Data that nobody could draw are refused: who signs may write
// what no packet has.
func (a *assay) together(parts ...func(*assay)) {
	found := make([]assay, len(parts))
	for i := range found {
		found[i].font = a.font
	}
	var all sync.WaitGroup
	for i, part := range parts {
		all.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					found[i].fails("attachments", "nothing can be made of %s: %v", attachedPacket, r)
				}
			}()
			part(&found[i])
		})
	}
	all.Wait()
	for _, f := range found {
		a.lines, a.wrong, a.part = append(a.lines, f.lines...), a.wrong+f.wrong, a.part || f.part
	}
}

// data reads what is attached.
func (a *assay) data(s *seal.Sealed) (*reports.Packet, int) {
	data, err := s.Attachment(attachedPacket)
	if err != nil {
		a.fails("attachments", "they are not those of a packet: %v", err)
		return nil, 0
	}
	p, drawing, err := reports.ReadCanonical(data)
	if err != nil {
		a.fails("attachments", "%s: %v", attachedPacket, err)
		if drawing > pdf.Drawing {
			a.unknown("the rest", "what a newer version of foureyes has written cannot be checked by this one: take the newer one")
		}
		return nil, 0
	}
	if want := attachments(p); len(s.Attachments()) != want {
		a.fails("attachments", "there are %d, and %d belong to a packet", len(s.Attachments()), want)
		return nil, 0
	}
	return p, drawing
}

// A lineFile is an attached file that follows from the packet.
type lineFile struct {
	name   string
	render reports.Render
	older  func(file []byte, p *reports.Packet) error // says what else another version's file says
	what   string                                     // is compared then
}

func lineFiles() []lineFile {
	return []lineFile{
		{attachedCSV, table.Render, sameFindings, "the id and the status of every finding, and no other finding"},
		{attachedJSON, jsonout.Render, sameAnswers, "the id and the status of every finding, the answer of every line of a review, and no other"},
	}
}

// lineFile writes the lines again. Files that another version wrote may have other
// columns: then what decides must be there.
func (a *assay) lineFile(s *seal.Sealed, f lineFile, p *reports.Packet, drawing int) {
	file, err := s.Attachment(f.name)
	if err != nil {
		a.fails("attachments", "%v", err)
		return
	}
	if drawing != pdf.Drawing {
		if err := f.older(file, p); err != nil {
			a.fails("attachments", "%s is not what %s gives: %v", f.name, attachedPacket, err)
			return
		}
		a.holds("attachments", "%s has, as %s gives it, %s", f.name, attachedPacket, f.what)
		a.unknown("attachments", "whether the rest of %s is what %s gives: %s", f.name, attachedPacket, otherWay(drawing))
		return
	}
	again := &same{rest: file}
	if err := f.render(again, p); err != nil || !again.is() {
		a.fails("attachments", "%s is not what %s gives", f.name, attachedPacket)
		return
	}
	a.holds("attachments", "%s is what %s gives", f.name, attachedPacket)
}

// same is a writer that compares what is written, and keeps nothing.
type same struct {
	rest  []byte // what must still be written
	other bool
}

func (s *same) Write(b []byte) (int, error) {
	rest, ok := bytes.CutPrefix(s.rest, b)
	s.rest, s.other = rest, s.other || !ok
	return len(b), nil
}

// is reports whether exactly what was wanted has been written.
func (s *same) is() bool { return !s.other && len(s.rest) == 0 }

// numbers counts again.
func (a *assay) numbers(p *reports.Packet) {
	wrong := p.Recount()
	for _, w := range wrong {
		a.fails("numbers", "%s", w)
	}
	if p.Draft {
		a.fails("numbers", "the data call themselves a draft")
	}
	if len(wrong) == 0 {
		a.holds("numbers", "counted again from %s: those of page 1, of rules, controls and causes are right", reports.Plural(len(p.Findings)+len(p.NotAssessed), "line"))
	}
}

// pages draws the packet again.
func (a *assay) pages(s *seal.Sealed, p *reports.Packet) {
	again, err := a.font.Redraw(p)
	if err == nil {
		err = s.Shows(again.Frame(), again.Marks())
	}
	if err != nil {
		a.fails("pages", "they do not show what is attached: %v", err)
		return
	}
	a.holds("pages", "drawn again from %s they are the same, mark by mark", attachedPacket)
}

// detached checks a file whose signature stands beside it.
func (a *assay) detached(name string, content []byte, roots *x509.CertPool, c seal.Check) error {
	signature, err := os.ReadFile(name + ".p7s")
	if of, is := strings.CutSuffix(name, ".p7s"); is && err != nil {
		return fmt.Errorf("%s is a signature: name the file that it stands beside, %s", name, of)
	}
	if err != nil {
		return fmt.Errorf("%s is no PDF, and has no signature beside it: %w", name, err)
	}
	s, err := seal.OpenDetached(content, signature, roots, c)
	if err != nil {
		a.fails("signature", "%v", err)
		a.unlooked(err)
		return nil
	}
	a.holds("whole file", "the signature in %s.p7s is over every byte of it", name)
	a.signature(s)
	if s.SignedAt().IsZero() {
		a.unknown("signed at", "there is no timestamp")
	}
	return nil
}
