// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/pdf"
	"github.com/foureyes-iga/foureyes/reports/seal"
	"github.com/foureyes-iga/foureyes/sod"
)

// keptPackets are sealed packets that versions of foureyes have written, with the
// certificates to trust. Every version must still accept them.
const keptPackets = "../../reports/seal/testdata/kept"

func verifyKept(t *testing.T, file string) (said string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(world{
		args:  []string{"foureyes", "packet", "verify", "--trust", filepath.Join(keptPackets, "roots.pem"), "--trust-tsa", filepath.Join(keptPackets, "tsa-roots.pem"), file},
		stdin: strings.NewReader(""), stdout: &out, stderr: &errs, clock: scriptClock, env: os.Getenv,
	})
	if errs.Len() > 0 {
		t.Error(errs.String())
	}
	return out.String(), code
}

func TestKeptPackets(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(keptPackets, "*.pdf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sealed packets are kept: %v", err)
	}
	for _, file := range files {
		said, code := verifyKept(t, file)
		if code != 0 || strings.Contains(said, "WRONG") || !strings.Contains(said, "holds    signed at     20") || !strings.Contains(said, "holds    pages") {
			t.Errorf("exit code %d for %s. When what is drawn was changed, count pdf.Drawing up.\n%s", code, file, said)
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{9, len(content) / 3, len(content) - 2} {
			changed := bytes.Clone(content)
			changed[at] ^= 1
			copied := filepath.Join(t.TempDir(), "changed.pdf")
			if err := os.WriteFile(copied, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			if said, code := verifyKept(t, copied); code != 3 || !strings.Contains(said, "REFUSED") {
				t.Errorf("exit code %d with byte %d changed:\n%s", code, at, said)
			}
		}
	}
}

// TestAskAuthority has servers that are no timestamp authority.
func TestAskAuthority(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/timestamp-query" {
			http.Error(w, "no", http.StatusBadRequest)
			return
		}
		if r.URL.Path == "/busy" {
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "answer")
	}))
	defer s.Close()
	if got, err := askAuthority(t.Context(), s.URL)([]byte("question")); err != nil || string(got) != "answer" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := askAuthority(t.Context(), s.URL+"/busy")(nil); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("got %v, want what the server answers", err)
	}
}

// TestSignerLies has packets that are sealed as they should be, by somebody who is
// trusted, and that say on a page or in a file something else than in the data.
func TestSignerLies(t *testing.T) {
	const otherWay = pdf.Drawing + 1
	whole := func(p *reports.Packet) *reports.Packet { return p }
	for name, c := range map[string]struct {
		data    func(*reports.Packet) *reports.Packet // as it is attached
		shown   func(*reports.Packet) *reports.Packet // as it is drawn
		listed  func(*reports.Packet) *reports.Packet // as it is attached in lines
		drawing int
		code    int
		said    string
	}{
		"the truth":                    {whole, whole, whole, pdf.Drawing, 0, "holds    pages"},
		"a page":                       {whole, noneOpen, whole, pdf.Drawing, 3, "WRONG    pages         they do not show what is attached: page 1 differs"},
		"the lines":                    {whole, whole, noneOpen, pdf.Drawing, 3, "WRONG    attachments   findings.json is not what packet.json gives"},
		"the numbers":                  {noneOpen, noneOpen, noneOpen, pdf.Drawing, 3, "WRONG    numbers       findings open: 0 is stated, and the lines give 1"},
		"a draft":                      {draft, whole, whole, pdf.Drawing, 3, "WRONG    numbers       the data call themselves a draft"},
		"the truth in old form":        {whole, whole, whole, otherWay, 0, "unknown  pages         whether they say something else besides"},
		"names over pages in old form": {longNames, longNames, longNames, otherWay, 0, "unknown  pages         whether they say something else besides"},
		"a page in old form":           {whole, noneOpen, whole, otherWay, 3, "WRONG    pages         they do not say \"1 finding open"},
		"a line in old form":           {whole, noLine, whole, otherWay, 3, "WRONG    pages         they do not say \"F-"},
		"a line too many":              {noLine, whole, noLine, otherWay, 3, "which is not attached"},
		"a status in old form":         {whole, whole, acceptedOnce, otherWay, 3, "WRONG    attachments   findings.json is not what packet.json gives: it says that finding"},
		"other scripts":                {inHan, inHan, inHan, otherWay, 0, "unknown  pages         1 text in scripts"},

		"a review":                      {reviewed, reviewed, reviewed, pdf.Drawing, 0, "holds    pages"},
		"an answer on a page":           {reviewed, kept, reviewed, pdf.Drawing, 3, "WRONG    pages         they do not show what is attached: page"},
		"an answer in the lines":        {reviewed, reviewed, kept, pdf.Drawing, 3, "WRONG    attachments   findings.json is not what packet.json gives"},
		"the counts of answers":         {miscounted, miscounted, miscounted, pdf.Drawing, 3, "WRONG    numbers       lines kept"},
		"a stage that is not there":     {stageless, reviewed, reviewed, pdf.Drawing, 3, "WRONG    attachments   nothing can be made of packet.json"},
		"a review in old form":          {reviewed, reviewed, reviewed, otherWay, 0, "or which answer stands at which line: a newer version wrote it in way"},
		"a reason in old form":          {reviewed, kept, reviewed, otherWay, 3, "WRONG    pages         they do not say \"no longer in the team"},
		"an answer in lines of old":     {reviewed, reviewed, kept, otherWay, 3, "WRONG    attachments   findings.json is not what packet.json gives: it says \"keep\" of line"},
		"a line of a review too few":    {reviewed, reviewed, unreviewed, otherWay, 3, "WRONG    attachments   findings.json is not what packet.json gives: it has 0 lines of a review"},
		"a review that pages lack":      {reviewed, unreviewed, reviewed, otherWay, 3, "WRONG    pages         they do not say"},
		"what only a newer one can say": {nil, whole, whole, otherWay, 3, "take the newer one"},
	} {
		t.Run(name, func(t *testing.T) {
			s, p := keptPacket(t)
			lines, err := drawPacket(c.listed(p()), nil)
			if err != nil {
				t.Fatal(err)
			}
			pages, err := drawPacket(c.shown(p()), nil)
			if err != nil {
				t.Fatal(err)
			}
			var data []byte
			if c.data == nil {
				data = fmt.Appendf(nil, `{"drawing":%d,"format":"foureyes/packet/1","packet":{"new":1}}`+"\n", c.drawing)
			} else if data, err = c.data(p()).Canonical(c.drawing); err != nil {
				t.Fatal(err)
			}
			file, err := s.seal(pages[2], lines[1], lines[0], data, nil)
			if err != nil {
				t.Fatal(err)
			}
			a := &assay{}
			a.packet(file, s.roots(), seal.Check{At: s.options.Claimed})
			var out bytes.Buffer
			if code := exitCode(a.tell(&out, "lie.pdf")); code != c.code || !strings.Contains(out.String(), c.said) {
				t.Errorf("exit code %d, want %d and %q:\n%s", code, c.code, c.said, out.String())
			}
		})
	}
}

func inHan(p *reports.Packet) *reports.Packet { p.Findings[0].Subjects[0].Name = "山田"; return p }
func acceptedOnce(p *reports.Packet) *reports.Packet {
	p.Findings[0].Status = sod.Accepted
	return p
}

// reviewed has a line that is revoked.
func reviewed(p *reports.Packet) *reports.Packet {
	boss := reports.Thing{ID: graph.ID{Kind: graph.Identity, Source: "hr", Key: "E9"}, Name: "Ines Albrecht"}
	at := p.AsOf.AddDate(0, 0, 3)
	p.Review = &reports.Review{
		ID: "2026-Q3", Name: "Third quarter", Snapshot: p.Snapshot.Digest, Policy: p.Policy.Digest, AsOf: p.AsOf, Begun: p.AsOf, By: boss,
		Stages: []reports.ReviewStage{{Name: "managers", By: []string{"manager"}, Due: at}}, Counts: campaign.Closed{Revoked: 1},
		Lines: []reports.ReviewLine{{
			Number: 1, Item: "0123456789abcdef", Holder: p.Findings[0].Subjects[0], Verb: "is a member of", Holds: p.Findings[0].Cause, Reviewer: boss,
			Stage: 1, Answer: campaign.Revoke, Reason: "no longer in the team", Decided: at, Source: campaign.Source{Kind: campaign.ByOperator, Of: "ticket 1"},
		}},
	}
	return p
}

func kept(p *reports.Packet) *reports.Packet {
	r := reviewed(p).Review
	r.Lines[0].Answer, r.Lines[0].Reason, r.Counts = campaign.Keep, "in the team", campaign.Closed{Kept: 1}
	return p
}

func miscounted(p *reports.Packet) *reports.Packet {
	reviewed(p).Review.Counts = campaign.Closed{Kept: 1}
	return p
}

func stageless(p *reports.Packet) *reports.Packet {
	reviewed(p).Review.Lines[0].Stage = 7
	return p
}

func unreviewed(p *reports.Packet) *reports.Packet { return p }
func longNames(p *reports.Packet) *reports.Packet {
	for i := range p.Findings {
		p.Findings[i].Subjects[0].Name = strings.Repeat("a name that takes pages ", 600)
	}
	return p
}
func noneOpen(p *reports.Packet) *reports.Packet { p.Summary.Open = 0; return p }
func draft(p *reports.Packet) *reports.Packet    { p.Draft = true; return p }
func noLine(p *reports.Packet) *reports.Packet   { p.Findings = nil; return p }

// roots trusts the one who signs.
func (s *sealing) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.signer.Chain[0])
	return pool
}

// keptPacket reads the packet that is kept, and makes somebody who can seal it again.
func keptPacket(t *testing.T) (*sealing, func() *reports.Packet) {
	t.Helper()
	roots, err := readPool(filepath.Join(keptPackets, "roots.pem"))
	if err != nil {
		t.Fatal(err)
	}
	check := seal.Check{}
	if check.Authorities, err = readPool(filepath.Join(keptPackets, "tsa-roots.pem")); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(keptPackets, "packet-1.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := seal.Open(file, roots, check)
	if err != nil {
		t.Fatal(err)
	}
	data, err := s.Attachment(attachedPacket)
	if err != nil {
		t.Fatal(err)
	}
	return newSealing(t), func() *reports.Packet {
		p, _, err := reports.ReadCanonical(data)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
}

func newSealing(t testing.TB) *sealing {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: scriptClock().Add(-time.Hour), NotAfter: scriptClock().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(raw); err != nil {
		t.Fatal(err)
	}
	return &sealing{signer: seal.Signer{Key: key, Chain: []*x509.Certificate{c}}, options: seal.Options{Claimed: scriptClock()}}
}
