// SPDX-License-Identifier: Apache-2.0

package seal_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/reports/seal"
)

func keyPEM(t testing.TB, kind string, key any) []byte {
	t.Helper()
	b, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b})
}

func TestParseKey(t *testing.T) {
	p := newSigner(t, "p256")
	good := keyPEM(t, "PRIVATE KEY", p.key)
	k, err := seal.ParseKey(good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Seal(drawn(t), nil, seal.Signer{Key: k, Chain: p.chain}, seal.Options{Claimed: claimed()}); err != nil {
		t.Error(err)
	}
	for why, text := range map[string][]byte{
		"no key in PEM":            []byte("key"),
		"something follows":        slices.Concat(good, []byte("more")),
		"has a password":           keyPEM(t, "ENCRYPTED PRIVATE KEY", p.key),
		"a EC PRIVATE KEY":         keyPEM(t, "EC PRIVATE KEY", p.key),
		"the key is damaged":       pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}}),
		"it holds a CERTIFICATE: ": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.chain[0].Raw}),
	} {
		_, err := seal.ParseKey(text)
		wantError(t, err, why)
	}
}

func TestParseCertificates(t *testing.T) {
	p := newSigner(t, "p256")
	var text []byte
	for _, c := range p.chain {
		text = append(append(text, "a comment\n"...), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	if all, err := seal.ParseCertificates(text); err != nil || len(all) != 3 || !all[0].Equal(p.chain[0]) {
		t.Errorf("%d certificates, %v", len(all), err)
	}
	for why, bad := range map[string][]byte{
		"no certificate in PEM":    nil,
		"it holds a PRIVATE KEY":   slices.Concat(text, keyPEM(t, "PRIVATE KEY", p.key)),
		"certificate 4 is damaged": slices.Concat(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}})),
	} {
		_, err := seal.ParseCertificates(bad)
		wantError(t, err, why)
	}
}

// TestWeakKeys has keys that readers of PDF do not know, or nobody should trust.
func TestWeakKeys(t *testing.T) {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: claimed().Add(-time.Hour), NotAfter: claimed().Add(time.Hour)}
	for why, s := range map[string]seal.Signer{"neither RSA nor ECDSA": {Key: ed}, "too short": {Key: short}} {
		raw, err := x509.CreateCertificate(rand.Reader, template, template, s.Key.Public(), s.Key)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(raw)
		if err != nil {
			t.Fatal(err)
		}
		s.Chain = []*x509.Certificate{c}
		_, err = seal.Seal(drawn(t), nil, s, seal.Options{Claimed: claimed()})
		wantError(t, err, why)
	}
}
