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

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/pdf"
	"github.com/foureyes-iga/foureyes/reports/seal"
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
	whole := func(p *reports.Packet) *reports.Packet { return p }
	for name, c := range map[string]struct {
		data    func(*reports.Packet) *reports.Packet // as it is attached
		shown   func(*reports.Packet) *reports.Packet // as it is drawn
		listed  func(*reports.Packet) *reports.Packet // as it is attached in lines
		drawing int
		code    int
		said    string
	}{
		"the truth":             {whole, whole, whole, pdf.Drawing, 0, "holds    pages"},
		"a page":                {whole, noneOpen, whole, pdf.Drawing, 3, "WRONG    pages         they do not show what is attached: page 1 differs"},
		"the lines":             {whole, whole, noneOpen, pdf.Drawing, 3, "WRONG    attachments   findings.json is not what packet.json gives"},
		"the numbers":           {noneOpen, noneOpen, noneOpen, pdf.Drawing, 3, "WRONG    numbers       findings open: 0 is stated, and the lines give 1"},
		"a draft":               {draft, whole, whole, pdf.Drawing, 3, "WRONG    numbers       the data call themselves a draft"},
		"the truth in old form": {whole, whole, whole, pdf.Drawing + 1, 0, "unknown  pages         they were drawn in way"},
		"a page in old form":    {whole, noneOpen, whole, pdf.Drawing + 1, 3, "WRONG    pages         they do not say \"1 finding open"},
		"a line in old form":    {whole, noLine, whole, pdf.Drawing + 1, 3, "WRONG    pages         they do not say \"F-"},
		"a line too many":       {noLine, whole, noLine, pdf.Drawing + 1, 3, "which is not attached"},
	} {
		t.Run(name, func(t *testing.T) {
			s, p := keptPacket(t)
			lines, err := drawPacket(c.listed(p()))
			if err != nil {
				t.Fatal(err)
			}
			pages, err := drawPacket(c.shown(p()))
			if err != nil {
				t.Fatal(err)
			}
			data, err := c.data(p()).Canonical(c.drawing)
			if err != nil {
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
	data, _ := s.Attachment(attachedPacket)
	return newSealing(t), func() *reports.Packet {
		p, _, err := reports.ReadCanonical(data)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
}

func newSealing(t *testing.T) *sealing {
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
