// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"compress/zlib"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"time"
)

// A Check says how a signature is to be looked at.
type Check struct {
	// Authorities are the certificates to trust for timestamps. Nil trusts those that
	// are trusted for signers.
	Authorities *x509.CertPool

	// At is the moment at which the certificates of a signature without a timestamp
	// must be valid. With a timestamp, its moment counts.
	At time.Time
}

// A Signature is one that was verified. Only [Open] and [OpenDetached] make one.
type Signature struct {
	signer    *x509.Certificate
	stamp     *timestamp // nil: there is none
	checkedAt time.Time
}

// Signer returns the certificate of who signed.
func (s *Signature) Signer() *x509.Certificate { return s.signer }

// SignedAt returns when the signature was there at the latest, by a timestamp
// authority. It is never a moment of the signer's clock; zero is unknown.
func (s *Signature) SignedAt() time.Time {
	if s.stamp == nil {
		return time.Time{}
	}
	return s.stamp.at
}

// Authority returns the certificate of the timestamp authority, or nil.
func (s *Signature) Authority() *x509.Certificate {
	if s.stamp == nil {
		return nil
	}
	return s.stamp.message.signer
}

// CheckedAt returns the moment at which the certificates were held valid: that of
// the timestamp, or the one that the caller gave.
func (s *Signature) CheckedAt() time.Time { return s.checkedAt }

// A Sealed file is one whose seal was verified. Only [Open] makes one.
type Sealed struct {
	Signature
	document *document
}

// Claimed returns when the signer says that he signed. Nobody proves it.
func (s *Sealed) Claimed() time.Time { return s.document.claimed }

// Attachments returns the names of the attached files, in their order.
func (s *Sealed) Attachments() []string {
	var names []string
	for _, a := range s.document.attached {
		names = append(names, a.Name)
	}
	return names
}

// Attachment inflates an attached file.
func (s *Sealed) Attachment(called string) ([]byte, error) {
	for _, a := range s.document.attached {
		if a.Name != called {
			continue
		}
		data, err := unpack(a.packed, a.size)
		if err != nil {
			return nil, fmt.Errorf("attachment %s: %w", called, err)
		}
		return data, nil
	}
	return nil, fmt.Errorf("%s is not attached", called)
}

// Open verifies a sealed PDF against the certificates to trust. There is no way to
// the content around the check. An error says, in plain words, what does not hold.
//
// Certificates inside the file are never trusted for being there. Whether one was
// revoked is not asked: Open uses no network.
func Open(pdf []byte, roots *x509.CertPool, c Check) (*Sealed, error) {
	d, err := readSealed(pdf)
	if err != nil {
		return nil, err
	}
	m, err := d.messageIn()
	if err != nil {
		return nil, err
	}
	s, err := verify(m, sum(hash, d.signed[:]...), roots, c)
	if err != nil {
		return nil, err
	}
	if d.stamped != (s.stamp != nil) {
		return nil, errors.New("the timestamp was taken away: the file says that it has one")
	}
	return &Sealed{Signature: *s, document: d.document}, nil
}

// OpenDetached verifies a signature that [Detach] made over data.
func OpenDetached(data, signature []byte, roots *x509.CertPool, c Check) (*Signature, error) {
	return verify(signature, sum(hash, data), roots, c)
}

// messageIn returns the signature without its padding, which must be zero.
func (d *document) messageIn() ([]byte, error) {
	var outer asn1.RawValue
	rest, err := asn1.Unmarshal(d.signature, &outer)
	if err != nil {
		return nil, errMessage
	}
	if len(bytes.Trim(rest, "\x00")) > 0 {
		return nil, errors.New("something stands behind the signature, where only zeros belong")
	}
	return outer.FullBytes, nil
}

// verify is the only place that decides about a signature.
func verify(signature, digest []byte, roots *x509.CertPool, c Check) (*Signature, error) {
	if roots == nil {
		return nil, errors.New("no certificates to trust are given")
	}
	m, err := readMessage(signature)
	if err != nil {
		return nil, err
	}
	if err := m.holds(signature, digest); err != nil {
		return nil, err
	}
	s := &Signature{signer: m.signer, checkedAt: c.At}
	if m.unsigned != nil {
		if s.stamp, err = m.stamp(roots, c); err != nil {
			return nil, err
		}
		s.checkedAt = s.stamp.at
	}
	if s.checkedAt.IsZero() {
		return nil, errors.New("there is no timestamp, and no time is given at which its certificates should be valid")
	}
	return s, m.chain(roots, s.checkedAt, x509.ExtKeyUsageAny)
}

// holds proves that m is in our form, over that digest, and signed with the key of
// its certificate.
func (m *message) holds(encoded, digest []byte) error {
	if err := maySign(m.signer); err != nil {
		return err
	}
	named, how, err := signatureAlgorithm(m.signer.PublicKey)
	if err != nil {
		return err
	}
	if !bytes.Equal(m.attrs, attributesFor(digest, m.certs)) {
		return errors.New("the content is not what was signed: its digest, or a certificate, is not the one that the signature is over")
	}
	if err := m.signer.CheckSignature(how, der(tagSet, m.attrs), m.signature); err != nil || !bytes.Equal(m.signature, smaller(m.signature, m.signer)) {
		return errors.New("the signature does not hold: it was not made with the key of its certificate")
	}
	ours := message{
		version: 1, content: der(tagSequence, oid(oidData())), certs: m.certs, signer: m.signer, digest: algorithm(oidSHA256()),
		attrs: m.attrs, algorithm: named, signature: m.signature, unsigned: m.unsigned,
	}
	if !bytes.Equal(ours.encode(), encoded) {
		return errors.New("the signature is written in another way than ours")
	}
	return nil
}

// stamp verifies the timestamp over the signature.
func (m *message) stamp(roots *x509.CertPool, c Check) (*timestamp, error) {
	token, err := m.tokenOf()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(timestamped(token), m.unsigned) {
		return nil, errors.New("the timestamp is attached in another way than ours")
	}
	t, err := readTimestamp(token, m.signature)
	if err != nil {
		return nil, err
	}
	if c.Authorities != nil {
		roots = c.Authorities
	}
	if !mayStamp(t.message.signer) {
		return nil, fmt.Errorf("timestamp: the certificate of %s is not for timestamps and nothing else, by its extended key usage", nameOf(t.message.signer))
	}
	if err := t.message.chain(roots, t.at, x509.ExtKeyUsageTimeStamping); err != nil {
		return nil, fmt.Errorf("timestamp: %w", err)
	}
	return t, nil
}

// mostTimes is how many times longer data can be than they are packed: each bit stands
// for 258 bytes at most.
const mostTimes = 8 * 258

// unpack inflates data that must have a size and end where they end.
func unpack(packed []byte, size int) ([]byte, error) {
	in := bytes.NewReader(packed)
	z, err := zlib.NewReader(in)
	if err != nil {
		return nil, errors.New("it is not compressed in the way of PDF")
	}
	wrong := errors.New("its data are not of the size that is stated")
	if size < 0 || size > mostTimes*len(packed) {
		return nil, wrong
	}
	out := make([]byte, size)
	if _, err := io.ReadFull(z, out); err != nil {
		return nil, wrong
	}
	if n, err := z.Read(make([]byte, 1)); n != 0 || err != io.EOF || in.Len() != 0 {
		return nil, wrong
	}
	return out, nil
}
