// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// ParseKey reads one private key in PEM, as PKCS#8 without a password.
func ParseKey(text []byte) (crypto.Signer, error) {
	block, rest := pem.Decode(text)
	switch {
	case block == nil:
		return nil, errors.New("there is no key in PEM")
	case block.Type == "ENCRYPTED PRIVATE KEY":
		return nil, errors.New("the key has a password, which cannot be given here: keep the file where only the signer can read it, or the key in a token")
	case block.Type != "PRIVATE KEY":
		return nil, fmt.Errorf("it holds a %s: want a key in PKCS#8 (openssl pkcs8 -topk8 -nocrypt)", block.Type)
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, errors.New("something follows the key")
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the key is damaged, or of a kind that is not known")
	}
	s, ok := k.(crypto.Signer)
	if !ok {
		return nil, errors.New("it is no key to sign with")
	}
	return s, nil
}

// ParseCertificates reads certificates in PEM. Text between them is passed over;
// anything else in PEM is refused.
func ParseCertificates(text []byte) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("it holds a %s: want certificates only", block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d is damaged", len(all)+1)
		}
		all, text = append(all, c), rest
	}
	if len(all) == 0 {
		return nil, errors.New("there is no certificate in PEM")
	}
	return all, nil
}
