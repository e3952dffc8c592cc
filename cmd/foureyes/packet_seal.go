// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/pdf"
	"github.com/foureyes-iga/foureyes/reports/seal"
)

// The files that are attached to a sealed packet, in the order of their names.
const (
	attachedCSV    = "findings.csv"
	attachedJSON   = "findings.json"
	attachedProof  = "ledger.tlog-proof" // of a campaign only
	attachedPacket = "packet.json"
)

// sealedExts are the ends of the names of the files that only a sealed packet has.
func sealedExts() []string {
	return []string{".packet.json", ".json.p7s", ".packet.json.p7s", ".check.txt", checkpointExt, proofExt}
}

func sealFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "key", Usage: "seal the packet with the private key in `FILE` (PEM, PKCS#8), or in a token: pkcs11:… (RFC 7512)"},
		&cli.StringFlag{Name: "cert", Usage: "its certificate and those above it, in `FILE` (PEM)"},
		&cli.StringFlag{Name: "tsa", Usage: "a timestamp authority (RFC 3161) at `URL`, which proves when it was sealed"},
		&cli.StringFlag{Name: "sealed-at", Usage: "the `DATE` that the signer states; without it, now"},
	}
}

// A sealing is what packets are sealed with.
type sealing struct {
	font       *pdf.Font // nil: none
	signer     seal.Signer
	options    seal.Options
	closeToken func() error // nil: the key is in a file
}

// sealingFrom reads the key before anything is judged. Nil is a draft.
func sealingFrom(c *cli.Context, w world) (*sealing, error) {
	key, cert := c.String("key"), c.String("cert")
	claimed, err := dateFlag(c, "sealed-at")
	switch {
	case err != nil:
		return nil, err
	case key == "" && cert == "" && c.String("tsa") == "" && claimed.IsZero():
		return nil, nil
	case key == "" || cert == "":
		return nil, usagef("a packet is sealed with both --key and --cert")
	}
	if claimed.IsZero() {
		claimed = w.clock()
	}
	s := &sealing{options: seal.Options{Claimed: claimed.UTC()}}
	if err := s.readSigner(key, cert); err != nil {
		return nil, err
	}
	if url := c.String("tsa"); url != "" {
		s.options.Stamp = askAuthority(c.Context, url)
	}
	return s, nil
}

func (s *sealing) readSigner(key, cert string) error {
	text, err := os.ReadFile(cert)
	if err != nil {
		return err
	}
	if s.signer.Chain, err = seal.ParseCertificates(text); err != nil {
		return fmt.Errorf("%s: %w", cert, err)
	}
	if strings.HasPrefix(key, tokenScheme) {
		s.signer.Key, s.closeToken, err = tokenKey(key)
		return err
	}
	if text, err = os.ReadFile(key); err != nil {
		return err
	}
	if s.signer.Key, err = seal.ParseKey(text); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// close ends the session with a token.
func (s *sealing) close() error {
	if s == nil || s.closeToken == nil {
		return nil
	}
	return s.closeToken()
}

// writePacket seals p and writes it with its data, their signatures, and a page on
// how to check all of it.
func (s *sealing) writePacket(out string, p *reports.Packet) error {
	var all []packetFile
	for _, part := range partsOf(out, p) {
		files, err := s.files(part.out, part.packet, nil)
		if err != nil {
			return err
		}
		all = append(all, files...)
	}
	return writeFiles(all)
}

// files seals p and returns all files that belong to it, the PDF last. Proof is of the
// ledger of a campaign.
func (s *sealing) files(out string, p *reports.Packet, proof []byte) ([]packetFile, error) {
	p.Draft = false
	if err := setFont(p, s.font); err != nil {
		return nil, err
	}
	data, err := p.Canonical(pdf.Drawing)
	if err != nil {
		return nil, err
	}
	// What is drawn is what can be read back: times and strings in one form.
	if p, _, err = reports.ReadCanonical(data); err != nil {
		return nil, err
	}
	drawn, err := drawPacket(p, s.font)
	if err != nil {
		return nil, err
	}
	sealed, err := s.seal(drawn[2], drawn[1], drawn[0], data, proof)
	if err != nil {
		return nil, err
	}
	files := []packetFile{{withExt(out, ".json"), drawn[0]}, {withExt(out, ".csv"), drawn[1]}, {withExt(out, ".packet.json"), data}}
	for _, i := range []int{0, 2} {
		signature, err := seal.Detach(files[i].content, s.signer, s.options)
		if err != nil {
			return nil, err
		}
		files = append(files, packetFile{files[i].name + ".p7s", signature})
	}
	files = append(files, packetFile{out, sealed})
	return append([]packetFile{{withExt(out, ".check.txt"), howToCheck(out, s.signer, p, files)}}, files...), nil
}

func writeFiles(files []packetFile) error {
	var names []string
	var contents [][]byte
	for _, f := range files {
		names, contents = append(names, f.name), append(contents, f.content)
	}
	return writeAll(names, contents)
}

// seal attaches the data to the pages and signs all of it.
func (s *sealing) seal(drawn, csv, json, data, proof []byte) ([]byte, error) {
	files := []seal.Attachment{
		{Name: attachedCSV, MediaType: "text/csv", Description: "The lines of this packet, for spreadsheets", Data: csv},
		{Name: attachedJSON, MediaType: "application/json", Description: "The lines of this packet, for programs", Data: json},
	}
	if proof != nil {
		files = append(files, seal.Attachment{Name: attachedProof, MediaType: "text/plain", Description: "The ledger's checkpoint, and the proof that the campaign is in it", Data: proof})
	}
	files = append(files, seal.Attachment{Name: attachedPacket, MediaType: "application/json", Description: "Everything that this packet shows, to draw it again", Data: data})
	return seal.Seal(drawn, files, s.signer, s.options)
}

// A packetFile is one of the files of a packet.
type packetFile struct {
	name    string
	content []byte
}

// howToCheck writes the page for somebody who was handed these files.
func howToCheck(out string, signer seal.Signer, p *reports.Packet, files []packetFile) []byte {
	var b bytes.Buffer
	pdf := filepath.Base(out)
	who := signer.Chain[0]
	fmt.Fprintf(&b, `How to check %[1]s

It was sealed by
    %[2]s
    certificate SHA-256 %[3]x
Ask that person, by another way than this file, whether the number is right.
Get the certificates to trust (roots.pem) from whoever is responsible for them,
never from the packet itself.

With foureyes, on any machine, without a network:

    foureyes packet verify --trust roots.pem %[1]s

It prints what holds and what does not. Exit code 0: all holds. 3: something does
not; do not use the packet. 1: it could not be read.

Without foureyes:

    certutil -N -d sql:trust --empty-password
    certutil -A -d sql:trust -n root -t C,C,C -i roots.pem
    pdfsig -nssdir sql:trust %[1]s
        wanted: "Total document signed", "Signature is Valid",
        "Certificate is Trusted", and one signature only
    openssl cms -verify -binary -inform DER -in %[4]s.json.p7s \
        -content %[4]s.json -CAfile roots.pem -purpose any -out /dev/null
    pdfdetach -saveall %[1]s
        %[5]s and %[6]s are the files beside the PDF;
        %[7]s holds everything that the pages show

What the seal proves: who sealed it, that nothing was changed since, and with a
timestamp by when. It does not prove that the sources told the truth, nor that a
certificate was not revoked: ask its issuer. The packet names the digests of the
snapshot and of the policy: from these, foureyes makes the same pages again.

`, pdf, reports.Display(who.Subject.String()), sha256.Sum256(who.Raw), strings.TrimSuffix(pdf, ".pdf"), attachedCSV, attachedJSON, attachedPacket)
	if f := p.Font; f != nil {
		fmt.Fprintf(&b, `The pages are drawn with the font %s. To compare every mark, add
--font FILE to packet verify; the SHA-256 of that file is
    %s

`, f.Name, strings.TrimPrefix(f.Digest, "sha256:"))
	}
	if ledger := p.Ledger; ledger != nil {
		fmt.Fprintf(&b, `The campaign is kept in the ledger %[1]s. The packet was made when it had %[2]d
records; %[3]s says so, signed. Whoever shows that ledger
later can prove that nothing in it was changed since:

    foureyes evidence fsck --checkpoint %[3]s EVIDENCE
    foureyes packet build --evidence EVIDENCE --campaign ID --size %[2]d --out again.pdf
        draws these pages again from the ledger alone

%[4]s proves that this very PDF was recorded in the ledger when
it was sealed; packet verify looks at it when it stands beside the PDF.

`, reports.Display(ledger.Origin), ledger.Size, withExt(pdf, checkpointExt), withExt(pdf, proofExt))
	}
	b.WriteString("SHA-256 of the files:\n")
	for _, f := range files {
		fmt.Fprintf(&b, "    %x  %s\n", sha256.Sum256(f.content), filepath.Base(f.name))
	}
	return b.Bytes()
}

// askAuthority sends requests to a timestamp authority over HTTP. What comes back
// is signed, so that the way does not matter.
func askAuthority(ctx context.Context, url string) seal.Stamp {
	return func(request []byte) ([]byte, error) {
		ctx, stop := context.WithTimeout(ctx, 30*time.Second)
		defer stop()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(request))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/timestamp-query")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return nil, err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s answers %s", url, answer.Status)
		}
		b, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s does not finish its answer", url), err)
		}
		return b, nil
	}
}
