// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
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
		Description: "Exit codes: 0 all holds; 3 something inside is wrong; 1 it cannot be opened.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "trust", Usage: "the certificates to trust for signers, in `FILE` (PEM)"},
			&cli.StringFlag{Name: "trust-tsa", Usage: "those to trust for timestamps, in `FILE` (PEM); without it, those of --trust"},
			&cli.StringFlag{Name: "ledger", Usage: "public keys of the ledger as you know them, in `FILE`, one a line; without it, those that the packet names"},
			&cli.StringFlag{Name: "continued", Usage: "a proof in `FILE` that a later ledger continues that of the packet"},
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
	clock string // where the time comes from at which certificates are looked at
	lines []string
	wrong int
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
	if a.wrong > 0 {
		verdict = "REFUSED: do not use it"
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
		a.unknown("the rest", "what is in a file whose seal does not hold was not looked at")
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
	a.numbers(p)
	a.ledger(s, p)
	if drawing == pdf.Drawing {
		a.pages(s, p)
	} else {
		a.words(s, p, drawing)
	}
	a.line("says", "verdict", "%s", p.Verdict())
	a.unknown("sources", "whether they told the truth: to judge them again, take snapshot %s and policy %s", p.Snapshot.Digest, p.Policy.Digest)
	return p
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

// data reads what is attached, and makes again what follows from it.
func (a *assay) data(s *seal.Sealed) (*reports.Packet, int) {
	data, ok := s.Attachment(attachedPacket)
	if !ok {
		a.fails("attachments", "they are not those of a packet")
		return nil, 0
	}
	p, drawing, err := reports.ReadCanonical(data)
	if err != nil {
		a.fails("attachments", "%s: %v", attachedPacket, err)
		return nil, 0
	}
	if want := attachments(p); len(s.Attachments()) != want {
		a.fails("attachments", "there are %d, and %d belong to a packet", len(s.Attachments()), want)
		return nil, 0
	}
	a.lineFile(s, attachedCSV, table.Render, p, drawing)
	a.lineFile(s, attachedJSON, jsonout.Render, p, drawing)
	return p, drawing
}

// lineFile writes the lines again. Files that another version wrote may have other
// columns: then each finding must be there, and no other.
func (a *assay) lineFile(s *seal.Sealed, name string, render reports.Render, p *reports.Packet, drawing int) {
	var b bytes.Buffer
	file, _ := s.Attachment(name)
	switch err := render(&b, p); {
	case err == nil && bytes.Equal(b.Bytes(), file):
		a.holds("attachments", "%s is what %s gives", name, attachedPacket)
	case err != nil || drawing == pdf.Drawing || !sameFindings(string(file), p):
		a.fails("attachments", "%s is not what %s gives", name, attachedPacket)
	default:
		a.holds("attachments", "%s has every finding of %s, and no other", name, attachedPacket)
		a.unknown("attachments", "%s was written in way %d, and this version writes in way %d: every byte can be compared by a version of that way only", name, drawing, pdf.Drawing)
	}
}

// sameFindings reports whether lines name the findings of p, and none that is not
// among them or told there to be gone.
func sameFindings(lines string, p *reports.Packet) bool {
	known := told(p)
	for _, f := range p.Findings {
		if !strings.Contains(lines, f.ID) || !strings.Contains(lines, string(f.Status)) {
			return false
		}
	}
	for _, id := range regexp.MustCompile(`F-[0-9a-f]{16}`).FindAllString(lines, -1) {
		if !known[id] {
			return false
		}
	}
	return true
}

// told returns the ids of findings that a packet speaks of: its own, and those of
// earlier reports.
func told(p *reports.Packet) map[string]bool {
	ids := map[string]bool{}
	for _, f := range p.Findings {
		ids[f.ID] = true
		for _, id := range f.Continues {
			ids[id] = true
		}
	}
	if p.Changes != nil {
		for _, g := range slices.Concat(p.Changes.Gone, p.Changes.Before) {
			ids[g.ID] = true
		}
	}
	return ids
}

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
	var b bytes.Buffer
	err := pdf.RenderLoose(&b, p)
	if err == nil {
		err = s.Shows(b.Bytes())
	}
	if err != nil {
		a.fails("pages", "they do not show what is attached: %v", err)
		return
	}
	a.holds("pages", "drawn again from %s they are the same, mark by mark", attachedPacket)
}

// words looks for what the packet says on pages that were drawn in another way than
// this version draws them.
func (a *assay) words(s *seal.Sealed, p *reports.Packet, drawing int) {
	pages, err := s.Text()
	if err != nil {
		a.fails("pages", "%v", err)
		return
	}
	text := squeeze(strings.Join(pages, ""))
	missing := 0
	need := []string{p.Verdict(), p.Snapshot.Digest, p.Policy.Digest, p.Snapshot.Content}
	ids := told(p)
	for _, f := range p.Findings {
		need = append(need, f.ID, f.Rule)
		for _, subject := range f.Subjects {
			need = append(need, subject.Label())
		}
	}
	for _, n := range need {
		if !says(text, squeeze(reports.Display(n))) {
			missing++
			a.fails("pages", "they do not say %q, which is attached", n)
		}
	}
	for _, id := range regexp.MustCompile(`F[0-9a-f]{16}`).FindAllString(text, -1) {
		if !ids["F-"+id[1:]] {
			missing++
			a.fails("pages", "they name finding F-%s, which is not attached", id[1:])
		}
	}
	if missing == 0 {
		a.holds("pages", "the verdict, the digests and every finding with its rule and subjects are there as attached, and no other finding is")
	}
	a.unknown("pages", "they were drawn in way %d, and this version draws in way %d: every mark can be compared by a version of that way only", drawing, pdf.Drawing)
}

// says looks for words in text, in whatever case; a number is not found in the end of
// a longer one.
func says(text, words string) bool {
	text, words = strings.ToLower(text), strings.ToLower(words)
	for from := 0; ; from++ {
		i := strings.Index(text[from:], words)
		if i < 0 {
			return false
		}
		from += i
		if words == "" || from == 0 || !isDigit(words[0]) || !isDigit(text[from-1]) {
			return true
		}
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// squeeze takes away what lines are broken with.
func squeeze(s string) string {
	return strings.NewReplacer(" ", "", "\n", "", "-", "", "\u00a0", "").Replace(s)
}

// detached checks a file whose signature stands beside it.
func (a *assay) detached(name string, content []byte, roots *x509.CertPool, c seal.Check) error {
	signature, err := os.ReadFile(name + ".p7s")
	if err != nil {
		return fmt.Errorf("%s is no PDF, and has no signature beside it: %w", name, err)
	}
	s, err := seal.OpenDetached(content, signature, roots, c)
	if err != nil {
		a.fails("signature", "%v", err)
		return nil
	}
	a.holds("whole file", "the signature in %s.p7s is over every byte of it", name)
	a.signature(s)
	if s.SignedAt().IsZero() {
		a.unknown("signed at", "there is no timestamp")
	}
	return nil
}
