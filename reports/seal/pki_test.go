// SPDX-License-Identifier: Apache-2.0

package seal_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/reports/seal"
)

// claimed is when everything in these tests is signed.
func claimed() time.Time { return time.Date(2026, 10, 5, 9, 30, 0, 0, time.UTC) }

func check() seal.Check { return seal.Check{At: claimed()} }

// A person has a key and a certificate, and the certificates above it.
type person struct {
	key   crypto.Signer
	chain []*x509.Certificate
}

func (p person) signer() seal.Signer { return seal.Signer{Key: p.key, Chain: p.chain} }

func (p person) root() *x509.Certificate { return p.chain[len(p.chain)-1] }

func newKey(t testing.TB, kind string) crypto.Signer {
	t.Helper()
	var k crypto.Signer
	var err error
	switch kind {
	case "rsa":
		k, err = rsa.GenerateKey(rand.Reader, 2048)
	case "p384":
		k, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	default:
		k, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// newPerson makes a certificate below another, or one that signs itself.
func newPerson(t testing.TB, kind, called string, above *person, change func(*x509.Certificate)) person {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: called, Organization: []string{"Harbour & Vale plc"}},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2056, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
	}
	if change != nil {
		change(c)
	}
	p := person{key: newKey(t, kind)}
	parent, key := c, p.key
	if above != nil {
		parent, key = above.chain[0], above.key
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, parent, p.key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	p.chain = []*x509.Certificate{made}
	if above != nil {
		p.chain = append(p.chain, above.chain...)
	}
	return p
}

func authority(c *x509.Certificate) {
	c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
}

// stamping makes a certificate one of a timestamp authority.
func stamping(c *x509.Certificate) {
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	if err != nil {
		panic(err)
	}
	c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: usage}}
}

// newSigner makes a root, something between, and a person who signs.
func newSigner(t testing.TB, kind string) person {
	t.Helper()
	root := newPerson(t, kind, "Test root", nil, authority)
	between := newPerson(t, kind, "Test issuing", &root, authority)
	return newPerson(t, kind, "Ben Okafor", &between, nil)
}

func pool(certs ...*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range certs {
		p.AddCert(c)
	}
	return p
}

func writePEM(t testing.TB, path string, certs ...*x509.Certificate) {
	t.Helper()
	var b []byte
	for _, c := range certs {
		b = append(b, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	write(t, path, b)
}

func write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
