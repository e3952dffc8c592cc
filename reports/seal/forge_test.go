// SPDX-License-Identifier: Apache-2.0

package seal_test

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"slices"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/reports/seal"
)

// byOurselves stamps without an authority's software, which would refuse: with
// whatever certificate, and with the time at which everything here is claimed.
func byOurselves(t testing.TB, p person) seal.Stamp {
	t.Helper()
	return func(request []byte) ([]byte, error) {
		var q struct {
			Version  int
			Imprint  asn1.RawValue
			WithCert bool
		}
		if _, err := asn1.Unmarshal(request, &q); err != nil {
			return nil, err
		}
		info := must(t, struct {
			Version int
			Policy  asn1.ObjectIdentifier
			Imprint asn1.RawValue
			Serial  int
			At      time.Time `asn1:"generalized"`
		}{1, asn1.ObjectIdentifier{1, 2, 3}, q.Imprint, 7, claimed()})
		digest, cert := sha256.Sum256(info), sha256.Sum256(p.chain[0].Raw)
		attrs := [][]byte{
			attr(t, 3, must(t, tstInfo())),
			attr(t, 4, must(t, digest[:])),
			attr(t, 0, element(0x30, element(0x30, element(0x30, must(t, cert[:]))))),
		}
		slices.SortFunc(attrs, slices.Compare)
		toSign := sha256.Sum256(element(0x31, attrs...))
		signature, err := p.key.Sign(rand.Reader, toSign[:], crypto.SHA256)
		if err != nil {
			return nil, err
		}
		hash := element(0x30, must(t, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}))
		signer := element(0x30, must(t, 1), element(0x30, p.chain[0].RawIssuer, must(t, p.chain[0].SerialNumber)), hash,
			element(0xa0, attrs...), element(0x30, must(t, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2})), must(t, signature))
		data := element(0x30, must(t, 3), element(0x31, hash), element(0x30, must(t, tstInfo()), element(0xa0, must(t, info))),
			element(0xa0, p.chain[0].Raw), element(0x31, signer))
		token := element(0x30, must(t, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}), element(0xa0, data))
		return element(0x30, element(0x30, must(t, 0)), token), nil
	}
}

func tstInfo() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
}

// attr writes a signed attribute of PKCS#9; 0 is signing-certificate-v2.
func attr(t testing.TB, n int, v []byte) []byte {
	id := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, n}
	if n == 0 {
		id = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	}
	return element(0x30, must(t, id), element(0x31, v))
}

func must(t testing.TB, v any) []byte {
	t.Helper()
	b, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// element writes DER by the library, not by the code that is tested.
func element(tag byte, parts ...[]byte) []byte {
	b, err := asn1.Marshal(asn1.RawValue{Class: int(tag >> 6), Tag: int(tag & 31), IsCompound: tag&32 != 0, Bytes: slices.Concat(parts...)})
	if err != nil {
		panic(err)
	}
	return b
}
