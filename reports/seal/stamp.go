// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1" // old timestamp authorities name their certificate by it
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"math/big"
	"time"
)

// A Stamp asks a timestamp authority: it sends a request of RFC 3161 and returns
// the answer.
type Stamp func(request []byte) ([]byte, error)

// A timestamp is what an authority states: these bytes were there at that moment.
type timestamp struct {
	message *message
	at      time.Time
	serial  *big.Int
}

// stampOver asks for a timestamp over a signature and returns the token, without
// what is not needed to prove it.
func stampOver(signature []byte, ask Stamp) ([]byte, error) {
	request := der(tagSequence, integer(1), der(tagSequence, algorithm(oidSHA256(), null()), der(tagOctets, sum(hash, signature))), der(0x01, []byte{0xff}))
	response, err := ask(request)
	if err != nil {
		return nil, err
	}
	token, err := tokenIn(response)
	if err != nil {
		return nil, err
	}
	m, err := readMessage(token)
	if err != nil {
		return nil, errors.New("the answer of the timestamp authority is no timestamp of one signer with its certificate")
	}
	m.certs, m.unsigned = wayUp(m.signer, m.certs), nil
	h, err := m.digestAlgorithm()
	if err != nil {
		return nil, err
	}
	m.signature = smaller(m.signature, m.signer)
	if m.digest, m.algorithm, err = m.namesFor(h); err != nil {
		return nil, err
	}
	return m.encode(), nil
}

// tokenIn takes the token out of a response that grants it.
func tokenIn(response []byte) ([]byte, error) {
	var outer asn1.RawValue
	if _, err := asn1.Unmarshal(response, &outer); err != nil {
		return nil, errors.New("the timestamp authority answers something that is no timestamp response")
	}
	parts, err := inside(outer, tagSequence)
	if err != nil || len(parts) == 0 {
		return nil, errors.New("the timestamp authority answers something that is no timestamp response")
	}
	status, err := inside(parts[0], tagSequence)
	if err != nil || len(status) == 0 || len(status[0].Bytes) != 1 || status[0].Bytes[0] > 1 || len(parts) != 2 {
		return nil, errors.New("the timestamp authority refuses the request")
	}
	return parts[1].FullBytes, nil
}

// readTimestamp proves that a token is in our form, signed by its authority, and
// about that signature. Whether the authority is trusted is asked by [message.chain].
func readTimestamp(token, signature []byte) (*timestamp, error) {
	m, err := readMessage(token)
	if err != nil {
		return nil, errors.New("the timestamp is damaged")
	}
	if m.unsigned != nil || m.version != 3 || !bytes.Equal(m.encode(), token) {
		return nil, errors.New("the timestamp is written in another way than ours")
	}
	content, err := m.stampContent()
	if err != nil {
		return nil, err
	}
	h, err := m.digestAlgorithm()
	if err != nil {
		return nil, err
	}
	digest, algorithm, err := m.namesFor(h)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(m.digest, digest) || !bytes.Equal(m.algorithm, algorithm) {
		return nil, errors.New("the timestamp names its algorithms in another way than ours")
	}
	if err := m.attributesHold(content, h); err != nil {
		return nil, err
	}
	if err := m.signatureHolds(h); err != nil {
		return nil, err
	}
	return m.about(content, signature)
}

// about reads version, policy, imprint, serial number and moment of what the
// authority signed; what follows there does not matter.
func (m *message) about(content, signature []byte) (*timestamp, error) {
	unread := errors.New("the timestamp says nothing that can be read")
	var outer asn1.RawValue
	if rest, err := asn1.Unmarshal(content, &outer); err != nil || len(rest) > 0 {
		return nil, unread
	}
	parts, err := inside(outer, tagSequence)
	if err != nil || len(parts) < 5 || !bytes.Equal(parts[0].FullBytes, integer(1)) {
		return nil, unread
	}
	over := func(null ...[]byte) []byte {
		return der(tagSequence, algorithm(oidSHA256(), null...), der(tagOctets, sum(hash, signature)))
	}
	if !bytes.Equal(parts[2].FullBytes, over()) && !bytes.Equal(parts[2].FullBytes, over(null())) {
		return nil, errors.New("the timestamp is of another signature")
	}
	t := &timestamp{message: m}
	if _, err := asn1.Unmarshal(parts[3].FullBytes, &t.serial); err != nil {
		return nil, unread
	}
	if _, err := asn1.UnmarshalWithParams(parts[4].FullBytes, &t.at, "generalized"); err != nil {
		return nil, unread
	}
	t.at = t.at.UTC()
	return t, nil
}

// stampContent returns the statement that is signed.
func (m *message) stampContent() ([]byte, error) {
	var seq asn1.RawValue
	_, err := asn1.Unmarshal(m.content, &seq)
	if err == nil {
		if parts, err := inside(seq, tagSequence); err == nil && len(parts) == 2 && bytes.Equal(parts[0].FullBytes, oid(oidTSTInfo())) {
			if v, err := inside(parts[1], tagFirst); err == nil && len(v) == 1 && v[0].FullBytes[0] == tagOctets {
				return v[0].Bytes, nil
			}
		}
	}
	return nil, errors.New("the timestamp holds something that is none")
}

// isAlgorithm accepts both ways in which digests are named: with NULL and without
// anything behind.
func isAlgorithm(b []byte, id asn1.ObjectIdentifier) bool {
	return bytes.Equal(b, algorithm(id)) || bytes.Equal(b, algorithm(id, null()))
}

// namesFor returns the one way in which a timestamp of ours names its algorithms.
// Authorities write them differently, and nothing signs how.
func (m *message) namesFor(h crypto.Hash) (digest, signature []byte, err error) {
	ids := map[crypto.Hash][2]asn1.ObjectIdentifier{
		crypto.SHA256: {oidSHA256(), oidECDSASHA256()},
		crypto.SHA384: {oidSHA384(), {1, 2, 840, 10045, 4, 3, 3}},
		crypto.SHA512: {oidSHA512(), {1, 2, 840, 10045, 4, 3, 4}},
	}[h]
	switch m.signer.PublicKey.(type) {
	case *rsa.PublicKey:
		return algorithm(ids[0]), algorithm(oidRSA(), null()), nil
	case *ecdsa.PublicKey:
		return algorithm(ids[0]), algorithm(ids[1]), nil
	}
	return nil, nil, errors.New("the timestamp authority signs in a way that is not known here: want RSA or ECDSA")
}

func (m *message) digestAlgorithm() (crypto.Hash, error) {
	switch {
	case isAlgorithm(m.digest, oidSHA256()):
		return crypto.SHA256, nil
	case isAlgorithm(m.digest, oidSHA384()):
		return crypto.SHA384, nil
	case isAlgorithm(m.digest, oidSHA512()):
		return crypto.SHA512, nil
	}
	return 0, errors.New("the timestamp is made with a digest other than SHA-256, SHA-384 and SHA-512")
}

// attributesHold checks what the authority signed: the kind of content, its digest
// and its own certificate, each once. Others are its own business.
func (m *message) attributesHold(content []byte, h crypto.Hash) error {
	all, err := elements(m.attrs)
	if err != nil {
		return errors.New("the attributes of the timestamp are damaged")
	}
	typed, digested, named := 0, 0, 0
	for _, a := range all {
		switch b := a.FullBytes; {
		case bytes.Equal(b, attribute(oidContentType(), oid(oidTSTInfo()))):
			typed++
		case bytes.Equal(b, attribute(oidMessageDigest(), der(tagOctets, sum(h, content)))):
			digested++
		case namesCertificate(a, m.signer):
			named++
		}
	}
	if typed != 1 || digested != 1 || named < 1 {
		return errors.New("the timestamp was changed, or is not signed by the certificate that it names")
	}
	return nil
}

// namesCertificate reports whether a is a signing-certificate attribute, of either
// version, whose first entry has the digest of c.
func namesCertificate(a asn1.RawValue, c *x509.Certificate) bool {
	old := sha1.Sum(c.Raw)
	for _, n := range [][]byte{sum(crypto.SHA256, c.Raw), sum(crypto.SHA384, c.Raw), sum(crypto.SHA512, c.Raw), old[:]} {
		if bytes.Contains(a.Bytes, der(tagOctets, n)) {
			return bytes.HasPrefix(a.Bytes, oid(oidSigningCertificate())) || bytes.HasPrefix(a.Bytes, oid(oidSigningCertificateV2()))
		}
	}
	return false
}

// signatureHolds checks the authority's signature over its attributes.
func (m *message) signatureHolds(h crypto.Hash) error {
	digest := sum(h, der(tagSet, m.attrs))
	holds := false
	switch k := m.signer.PublicKey.(type) {
	case *rsa.PublicKey:
		holds = k.N.BitLen() >= leastRSA && rsa.VerifyPKCS1v15(k, h, digest, m.signature) == nil
	case *ecdsa.PublicKey:
		holds = ecdsa.VerifyASN1(k, digest, m.signature) && bytes.Equal(m.signature, smaller(m.signature, m.signer))
	}
	if !holds {
		return errors.New("the signature of the timestamp authority does not hold")
	}
	return nil
}
