// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"
)

const (
	hash     = crypto.SHA256
	leastRSA = 2048 // bits
)

// signatureAlgorithm returns how a key signs, as CMS and as x509 name it.
func signatureAlgorithm(key crypto.PublicKey) ([]byte, x509.SignatureAlgorithm, error) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < leastRSA {
			return nil, 0, fmt.Errorf("an RSA key of %d bits is too short: want %d", k.N.BitLen(), leastRSA)
		}
		return algorithm(oidRSASHA256(), null()), x509.SHA256WithRSA, nil
	case *ecdsa.PublicKey:
		return algorithm(oidECDSASHA256()), x509.ECDSAWithSHA256, nil
	}
	return nil, 0, errors.New("the key is neither RSA nor ECDSA: readers of PDF know no other")
}

// smaller returns the smaller one of the two forms that an ECDSA signature has, so
// that nobody can put one in the place of the other.
func smaller(signature []byte, signer *x509.Certificate) []byte {
	k, ok := signer.PublicKey.(*ecdsa.PublicKey)
	var v struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(signature, &v); !ok || err != nil || len(rest) > 0 {
		return signature
	}
	order := k.Params().N
	if v.S.Cmp(new(big.Int).Rsh(order, 1)) > 0 {
		v.S.Sub(order, v.S)
	}
	out, err := asn1.Marshal(v)
	if err != nil {
		return signature
	}
	return out
}

// documentUsages are extended usages that speak of signing documents or mail; a
// certificate that names others only is made for something else.
func documentUsages() []asn1.ObjectIdentifier {
	return []asn1.ObjectIdentifier{
		{1, 3, 6, 1, 5, 5, 7, 3, 36},  // document signing, RFC 9336
		{1, 2, 840, 113583, 1, 1, 5},  // Adobe: authentic documents
		{1, 2, 840, 113583, 1, 1, 10}, // Adobe: PDF signing
		{1, 3, 6, 1, 4, 1, 311, 10, 3, 12},
	}
}

// maySign says why a certificate is none to sign documents with.
func maySign(c *x509.Certificate) error {
	if _, _, err := signatureAlgorithm(c.PublicKey); err != nil {
		return err
	}
	if c.KeyUsage != 0 && c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0 {
		return fmt.Errorf("the certificate of %s is not for signatures, by its key usage", nameOf(c))
	}
	if len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 {
		return nil
	}
	for _, u := range c.ExtKeyUsage {
		if u == x509.ExtKeyUsageAny || u == x509.ExtKeyUsageEmailProtection {
			return nil
		}
	}
	for _, u := range c.UnknownExtKeyUsage {
		if slices.ContainsFunc(documentUsages(), u.Equal) {
			return nil
		}
	}
	return fmt.Errorf("the certificate of %s is not for signing documents, by its extended key usage", nameOf(c))
}

// mayStamp reports whether a certificate is one of a timestamp authority, which RFC
// 3161 wants to be for nothing else. To x509 one that names no usage would do: any
// signer could then state any time.
func mayStamp(c *x509.Certificate) bool {
	return len(c.ExtKeyUsage) == 1 && c.ExtKeyUsage[0] == x509.ExtKeyUsageTimeStamping && len(c.UnknownExtKeyUsage) == 0
}

// nameOf tells whose a certificate is.
func nameOf(c *x509.Certificate) string {
	if n := c.Subject.String(); n != "" {
		return n
	}
	return "an unnamed subject"
}

// ErrNotTrusted is in errors about files that hold together, but whose certificates do
// not lead to trusted ones at the moment in question.
var ErrNotTrusted = errors.New("not trusted")

// chain proves that signer leads to roots at a moment, and that the certificates
// which the message brings are those of the way, each once and nothing else.
func (m *message) chain(roots *x509.CertPool, at time.Time, usage x509.ExtKeyUsage) error {
	between := x509.NewCertPool()
	for _, c := range m.certs {
		between.AddCert(c)
	}
	ways, err := m.signer.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{usage}})
	if err != nil {
		return fmt.Errorf("the certificate of %s is %w as of %s: %w", nameOf(m.signer), ErrNotTrusted, at.UTC().Format(time.RFC3339), plainReason(err))
	}
	for _, way := range ways {
		if sameCerts(m.certs, way) || sameCerts(m.certs, way[:len(way)-1]) {
			return nil
		}
	}
	return errors.New("the signature brings certificates that do not lead from its signer to a trusted one")
}

func sameCerts(a, b []*x509.Certificate) bool {
	return len(a) == len(b) && !slices.ContainsFunc(b, func(c *x509.Certificate) bool { return !slices.ContainsFunc(a, c.Equal) })
}

// plainReason says in our words what x509 says in its own.
func plainReason(err error) error {
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		c := invalid.Cert
		return fmt.Errorf("that of %s is not valid at that time, but from %s to %s", nameOf(c), c.NotBefore.UTC().Format(time.RFC3339), c.NotAfter.UTC().Format(time.RFC3339))
	case errors.As(err, &unknown):
		return errors.New("it does not lead to any of the certificates to trust")
	}
	return err
}

// wayUp returns signer and those of certs that lead upwards from it, without a
// certificate that signs itself: whoever trusts it has it.
func wayUp(signer *x509.Certificate, certs []*x509.Certificate) []*x509.Certificate {
	way := []*x509.Certificate{signer}
	for c := signer; ; {
		i := slices.IndexFunc(certs, func(up *x509.Certificate) bool {
			return !slices.ContainsFunc(way, up.Equal) && !selfSigned(up) && c.CheckSignatureFrom(up) == nil
		})
		if i < 0 {
			return way
		}
		c = certs[i]
		way = append(way, c)
	}
}

func selfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawIssuer, c.RawSubject) && c.CheckSignatureFrom(c) == nil
}
