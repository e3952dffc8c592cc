// SPDX-License-Identifier: Apache-2.0

package seal_test

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/reports/seal"
)

// A tsa is a timestamp authority, played by openssl.
type tsa struct {
	person
	dir string
}

// tool finds a program of somebody else, which CI must have.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing; CI must ask it", name)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

func newAuthority(t testing.TB, kind string) *tsa { return newAuthorityFor(t, kind, stamping) }

func newAuthorityFor(t testing.TB, kind string, change func(*x509.Certificate)) *tsa {
	t.Helper()
	root := newPerson(t, kind, "Stamp root", nil, authority)
	between := newPerson(t, kind, "Stamp issuing", &root, authority)
	a := &tsa{newPerson(t, kind, "Stamp authority", &between, change), t.TempDir()}
	key, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, a.file("key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	writePEM(t, a.file("cert.pem"), a.chain[0])
	writePEM(t, a.file("chain.pem"), a.chain[1:]...)
	writePEM(t, a.file("root.pem"), a.root())
	write(t, a.file("serial"), []byte("01\n"))
	write(t, a.file("tsa.cnf"), fmt.Appendf(nil, `[tsa]
default_tsa = a
[a]
serial = %[1]s/serial
crypto_device = builtin
signer_cert = %[1]s/cert.pem
certs = %[1]s/chain.pem
signer_key = %[1]s/key.pem
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_alg = sha256
`, a.dir))
	return a
}

func (a *tsa) file(name string) string { return filepath.Join(a.dir, name) }

func (a *tsa) check() seal.Check { return seal.Check{At: claimed(), Authorities: pool(a.root())} }

// stamp answers as the authority does.
func (a *tsa) stamp(t testing.TB) seal.Stamp {
	openssl := tool(t, "openssl")
	return func(request []byte) ([]byte, error) {
		write(t, a.file("q.tsq"), request)
		out, err := exec.Command(openssl, "ts", "-reply", "-config", a.file("tsa.cnf"), "-queryfile", a.file("q.tsq"), "-out", a.file("q.tsr")).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("%w: %s", err, out)
		}
		return readFile(t, a.file("q.tsr")), nil
	}
}

func TestTimestamp(t *testing.T) {
	for _, kind := range []string{"rsa", "p256", "p384"} {
		t.Run(kind, func(t *testing.T) {
			p, a := newSigner(t, "p256"), newAuthority(t, kind)
			file := sealed(t, p, seal.Options{Stamp: a.stamp(t)})
			s, err := seal.Open(file, pool(p.root()), a.check())
			if err != nil {
				t.Fatal(err)
			}
			if age := time.Since(s.SignedAt()); age < -time.Minute || age > time.Hour || !s.CheckedAt().Equal(s.SignedAt()) {
				t.Errorf("signed at %s, checked at %s", s.SignedAt(), s.CheckedAt())
			}
			if !s.Authority().Equal(a.chain[0]) {
				t.Errorf("stamped by %s", s.Authority().Subject)
			}
			_, err = seal.Open(file, pool(p.root()), check())
			wantError(t, err, "timestamp: ")
			_, err = seal.Open(file, pool(p.root()), newAuthority(t, kind).check())
			wantError(t, err, "timestamp: ")
			_, err = seal.Open(file, pool(a.root()), a.check())
			wantError(t, err, "not trusted")
		})
	}
}

// TestWhoMayStamp has authorities that may do more than stamp, or that are none.
func TestWhoMayStamp(t *testing.T) {
	p := newSigner(t, "p256")
	for name, change := range map[string]func(*x509.Certificate){
		"any signer": nil,
		"for more": func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping, x509.ExtKeyUsageEmailProtection}
		},
		"for anything": func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} },
	} {
		t.Run(name, func(t *testing.T) {
			answer := byOurselves(t, newPerson(t, "p256", "Stamp", nil, change))
			_, err := seal.Seal(drawn(t), nil, p.signer(), seal.Options{Claimed: claimed(), Stamp: answer})
			wantError(t, err, "is not for timestamps and nothing else")
		})
	}
	answer := byOurselves(t, newPerson(t, "p256", "Stamp", nil, stamping))
	if _, err := seal.Seal(drawn(t), nil, p.signer(), seal.Options{Claimed: claimed(), Stamp: answer}); err != nil {
		t.Error(err)
	}
}

// TestAuthorityRefuses has answers that are no timestamp.
func TestAuthorityRefuses(t *testing.T) {
	p, a := newSigner(t, "p256"), newAuthority(t, "p256")
	old, err := a.stamp(t)([]byte{0x30, 0x39, 2, 1, 1, 0x30, 0x31, 0x30, 0xd, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20,
		1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1, 0xff})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		answer []byte
		err    error
		why    string
	}{
		"no answer":         {nil, errors.New("connection refused"), "connection refused"},
		"nothing":           {nil, nil, "no timestamp response"},
		"a page":            {[]byte("<html>"), nil, "no timestamp response"},
		"a refusal":         {[]byte{0x30, 5, 0x30, 3, 2, 1, 2}, nil, "refuses the request"},
		"another signature": {old, nil, "of another signature"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := seal.Seal(drawn(t), nil, p.signer(), seal.Options{Claimed: claimed(), Stamp: func([]byte) ([]byte, error) { return c.answer, c.err }})
			wantError(t, err, c.why)
		})
	}
}

func wantError(t *testing.T, err error, why string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), why) {
		t.Errorf("got %v, want an error with %q", err, why)
	}
}

func pdftotext(t testing.TB, file []byte) (string, bool) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "read.pdf")
	write(t, path, file)
	out, err := exec.Command(tool(t, "pdftotext"), path, "-").Output()
	return string(out), err == nil
}
