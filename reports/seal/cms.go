// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
)

// A message is CMS signed data of one signer (RFC 5652). It has one encoding.
type message struct {
	version   byte
	content   []byte              // what is signed, or what kind of thing
	certs     []*x509.Certificate // that of the signer first, then upwards
	signer    *x509.Certificate
	digest    []byte // the algorithm
	attrs     []byte // what the signature is over, as members of a set
	algorithm []byte
	signature []byte
	unsigned  []byte // attributes; nil is none
}

// encode writes m with the certificates in the order of DER.
func (m *message) encode() []byte {
	var certs [][]byte
	for _, c := range m.certs {
		certs = append(certs, c.Raw)
	}
	info := [][]byte{
		integer(1), der(tagSequence, m.signer.RawIssuer, serialOf(m.signer)), m.digest, der(tagFirst, m.attrs), m.algorithm, der(tagOctets, m.signature),
	}
	if m.unsigned != nil {
		info = append(info, der(tagSecond, m.unsigned))
	}
	return der(tagSequence, oid(oidSignedData()), der(tagFirst, der(tagSequence,
		integer(m.version), der(tagSet, m.digest), m.content, setOf(tagFirst, certs...), der(tagSet, der(tagSequence, info...)))))
}

func serialOf(c *x509.Certificate) []byte {
	b, err := asn1.Marshal(c.SerialNumber)
	if err != nil {
		panic(fmt.Sprintf("seal: a serial number: %v", err)) // it was read from DER
	}
	return b
}

var errMessage = errors.New("the signature is no CMS message of one signer")

// inside returns the members of an element that must have a tag.
func inside(v asn1.RawValue, tag byte) ([]asn1.RawValue, error) {
	if len(v.FullBytes) == 0 || v.FullBytes[0] != tag {
		return nil, errMessage
	}
	all, err := elements(v.Bytes)
	if err != nil {
		return nil, errMessage
	}
	return all, nil
}

// readMessage reads the parts that matter. What it passes over is missing when the
// message is encoded again: who must not be fooled compares.
func readMessage(b []byte) (*message, error) {
	var outer asn1.RawValue
	if rest, err := asn1.Unmarshal(b, &outer); err != nil || len(rest) > 0 {
		return nil, errMessage
	}
	info, err := inside(outer, tagSequence)
	if err != nil || len(info) != 2 || !bytes.Equal(info[0].FullBytes, oid(oidSignedData())) {
		return nil, errMessage
	}
	explicit, err := inside(info[1], tagFirst)
	if err != nil || len(explicit) != 1 {
		return nil, errMessage
	}
	data, err := inside(explicit[0], tagSequence)
	if err != nil || len(data) < 4 || len(data[0].Bytes) != 1 {
		return nil, errMessage
	}
	m := &message{version: data[0].Bytes[0], content: data[2].FullBytes}
	if err := m.readCerts(data[3]); err != nil {
		return nil, err
	}
	signers, err := inside(data[len(data)-1], tagSet)
	if err != nil || len(signers) != 1 {
		return nil, errMessage
	}
	return m, m.readSigner(signers[0])
}

func (m *message) readCerts(v asn1.RawValue) error {
	all, err := inside(v, tagFirst)
	if err != nil {
		return errors.New("the signature brings no certificate")
	}
	for _, raw := range all {
		c, err := x509.ParseCertificate(raw.FullBytes)
		if err != nil {
			return errors.New("a certificate in the signature is damaged")
		}
		m.certs = append(m.certs, c)
	}
	return nil
}

func (m *message) readSigner(v asn1.RawValue) error {
	info, err := inside(v, tagSequence)
	if err != nil || len(info) < 6 || len(info) > 7 || info[3].FullBytes[0] != tagFirst || info[5].FullBytes[0] != tagOctets {
		return errMessage
	}
	m.digest, m.attrs, m.algorithm, m.signature = info[2].FullBytes, info[3].Bytes, info[4].FullBytes, info[5].Bytes
	if len(info) == 7 {
		m.unsigned = info[6].Bytes
	}
	i := slices.IndexFunc(m.certs, func(c *x509.Certificate) bool {
		return bytes.Equal(info[1].FullBytes, der(tagSequence, c.RawIssuer, serialOf(c)))
	})
	if i < 0 {
		return errors.New("the signature lacks the certificate of its signer")
	}
	m.signer = m.certs[i]
	m.certs = inOrder(m.signer, m.certs)
	return nil
}

// inOrder puts the certificate of the signer first and behind each the one that
// issued it, by its name; what leads nowhere comes last.
func inOrder(signer *x509.Certificate, certs []*x509.Certificate) []*x509.Certificate {
	way, rest := []*x509.Certificate{signer}, slices.Clone(certs)
	rest = slices.DeleteFunc(rest, signer.Equal)
	for c := signer; ; {
		i := slices.IndexFunc(rest, func(up *x509.Certificate) bool { return bytes.Equal(up.RawSubject, c.RawIssuer) })
		if i < 0 {
			return append(way, rest...)
		}
		c = rest[i]
		way, rest = append(way, c), slices.Delete(rest, i, i+1)
	}
}

// attribute writes one attribute with one value.
func attribute(id asn1.ObjectIdentifier, v []byte) []byte {
	return der(tagSequence, oid(id), der(tagSet, v))
}

// attributesFor returns what a signature of ours is over: what kind of content it
// is, its digest, and by which certificates it is to be trusted, that of the signer
// first (ESS signing-certificate-v2). There is no time among them: PAdES wants none.
func attributesFor(digest []byte, certs []*x509.Certificate) []byte {
	var ids []byte
	for _, c := range certs {
		ids = append(ids, der(tagSequence, der(tagOctets, sum(hash, c.Raw)))...)
	}
	set := setOf(tagSet,
		attribute(oidContentType(), oid(oidData())),
		attribute(oidMessageDigest(), der(tagOctets, digest)),
		attribute(oidSigningCertificateV2(), der(tagSequence, der(tagSequence, ids))),
	)
	var v asn1.RawValue
	if _, err := asn1.Unmarshal(set, &v); err != nil {
		panic(fmt.Sprintf("seal: our own attributes: %v", err))
	}
	return v.Bytes
}

// timestamped returns the unsigned attribute that holds a timestamp.
func timestamped(token []byte) []byte { return attribute(oidTimestamp(), token) }

// tokenOf returns the timestamp of a message that has nothing else unsigned.
func (m *message) tokenOf() ([]byte, error) {
	all, err := elements(m.unsigned)
	if err == nil && len(all) == 1 {
		parts, err := inside(all[0], tagSequence)
		if err == nil && len(parts) == 2 && bytes.Equal(parts[0].FullBytes, oid(oidTimestamp())) {
			if v, err := inside(parts[1], tagSet); err == nil && len(v) == 1 {
				return v[0].FullBytes, nil
			}
		}
	}
	return nil, errors.New("the signature carries something unsigned that is no timestamp")
}
