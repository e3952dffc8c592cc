// SPDX-License-Identifier: Apache-2.0

package seal_test

import (
	"bytes"
	"crypto/x509"
	"os"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/reports/seal"
)

// TestWhoIsTrusted has signatures that hold, by keys that mean nothing.
func TestWhoIsTrusted(t *testing.T) {
	ours := newSigner(t, "p256")
	file := sealed(t, ours, seal.Options{})
	theirs := newSigner(t, "p256") // with the same names
	for name, c := range map[string]struct {
		roots *x509.CertPool
		at    time.Time
		why   string
	}{
		"nobody":             {nil, claimed(), "no certificates to trust are given"},
		"an empty list":      {x509.NewCertPool(), claimed(), "does not lead to any"},
		"the same name":      {pool(theirs.root()), claimed(), "not trusted"},
		"before it is valid": {pool(ours.root()), claimed().AddDate(-2, 0, 0), "not valid at that time"},
		"after it was valid": {pool(ours.root()), claimed().AddDate(40, 0, 0), "not valid at that time"},
		"no time":            {pool(ours.root()), time.Time{}, "no time is given"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := seal.Open(file, c.roots, seal.Check{At: c.at})
			wantError(t, err, c.why)
		})
	}
	for name, trusted := range map[string]*x509.Certificate{"root": ours.chain[2], "issuing": ours.chain[1], "signer": ours.chain[0]} {
		if _, err := seal.Open(file, pool(trusted), check()); (err == nil) != (name != "signer") {
			t.Errorf("with the %s certificate alone: %v", name, err)
		}
	}
}

// TestWhoMaySign has certificates that are made for something else.
func TestWhoMaySign(t *testing.T) {
	root := newPerson(t, "p256", "Root", nil, authority)
	for name, c := range map[string]struct {
		change func(*x509.Certificate)
		why    string
	}{
		"another usage":    {func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }, "not for signatures"},
		"for servers":      {func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, "not for signing documents"},
		"for timestamps":   {stamping, "not for signing documents"},
		"not valid then":   {func(c *x509.Certificate) { c.NotBefore = claimed().AddDate(0, 0, 1) }, "not valid at that time"},
		"for mail":         {func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} }, ""},
		"non-repudiation":  {func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageContentCommitment }, ""},
		"no usage is told": {func(c *x509.Certificate) { c.KeyUsage = 0 }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPerson(t, "p256", "Ben Okafor", &root, c.change)
			_, err := seal.Seal(drawn(t), nil, p.signer(), seal.Options{Claimed: claimed()})
			if c.why != "" {
				wantError(t, err, c.why)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	p, other := newPerson(t, "p256", "Ben Okafor", &root, nil), newPerson(t, "p256", "Ben Okafor", &root, nil)
	_, err := seal.Seal(drawn(t), nil, seal.Signer{Key: p.key, Chain: other.chain}, seal.Options{Claimed: claimed()})
	wantError(t, err, "not that of the key")
}

// TestAlone has a certificate that signs itself.
func TestAlone(t *testing.T) {
	p := newPerson(t, "p256", "Ben Okafor", nil, nil)
	file := sealed(t, p, seal.Options{})
	if _, err := seal.Open(file, pool(p.root()), check()); err != nil {
		t.Error(err)
	}
	_, err := seal.Open(file, pool(newPerson(t, "p256", "Ben Okafor", nil, nil).root()), check())
	wantError(t, err, "not trusted")
}

// TestDetached changes every byte of a file and of the signature beside it, of the twin
// of a packet in JSON; in a nightly run every bit. It catches a mutant that compares a digest in part only.
func TestDetached(t *testing.T) {
	p, tsa := newSigner(t, "p256"), newAuthority(t, "rsa")
	data := attachments(t)[1].Data
	signature, err := seal.Detach(data, p.signer(), seal.Options{Claimed: claimed(), Stamp: tsa.stamp(t)})
	if err != nil {
		t.Fatal(err)
	}
	c := tsa.check()
	if s, err := seal.OpenDetached(data, signature, pool(p.root()), c); err != nil || !s.Signer().Equal(p.chain[0]) || s.SignedAt().IsZero() {
		t.Fatal(err)
	}
	for what, b := range map[string][]byte{"file": data, "signature": signature} {
		for i := range 8 * len(b) {
			if os.Getenv("FOUREYES_NIGHTLY") == "" && i%8 != i/8%8 {
				continue
			}
			b[i/8] ^= 1 << (i % 8)
			if _, err := seal.OpenDetached(data, signature, pool(p.root()), c); err == nil {
				t.Errorf("bit %d of byte %d of the %s changed: it was opened", i%8, i/8, what)
			}
			b[i/8] ^= 1 << (i % 8)
		}
	}
	for name, changed := range map[string][2][]byte{
		"behind the file": {append(bytes.Clone(data), ' '), signature}, "behind the signature": {data, append(bytes.Clone(signature), 0)}, "both": {signature, data},
		"revoke to keep":         {bytes.Replace(data, []byte(`"answer": "revoke"`), []byte(`"answer": "keep"`), 1), signature},
		"the signature of a PDF": {data, messageOf(t, sealed(t, p, seal.Options{Stamp: tsa.stamp(t)}))},
		"nothing":                {nil, nil},
	} {
		if _, err := seal.OpenDetached(changed[0], changed[1], pool(p.root()), c); err == nil {
			t.Errorf("%s: it was opened", name)
		}
	}
}

// messageOf is the signature in a sealed file.
func messageOf(t testing.TB, file []byte) []byte {
	from, to := hole(t, file)
	return contents(t, file[from+1:to-1])
}
