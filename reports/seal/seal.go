// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"compress/zlib"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// An Attachment is a file that goes into the PDF and is covered by its signature.
type Attachment struct {
	Name        string // letters, digits, dots, dashes: no path
	MediaType   string // such as application/json
	Description string // printable ASCII
	Data        []byte
}

// allowed says why an attachment cannot be told in the one form that we write.
func (a Attachment) allowed() error {
	if a.Name == "" || len(a.Name) > 100 || a.Name[0] == '.' || !only(a.Name, letters+capitals+digits+"._-") {
		return fmt.Errorf("attachment %q: want a name of letters, digits, dots and dashes", a.Name)
	}
	kind, sort, ok := strings.Cut(a.MediaType, "/")
	if !ok || kind == "" || sort == "" || !only(kind+sort, letters+digits+".+-") {
		return fmt.Errorf("attachment %s: %q is no media type", a.Name, a.MediaType)
	}
	if strings.ContainsFunc(a.Description, func(r rune) bool { return r < ' ' || r > '~' }) {
		return fmt.Errorf("attachment %s: its description has something else than printable ASCII", a.Name)
	}
	return nil
}

const (
	letters  = "abcdefghijklmnopqrstuvwxyz"
	capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits   = "0123456789"
)

func only(s, chars string) bool { return strings.Trim(s, chars) == "" }

// A Signer signs: a key, wherever it is kept, and its certificates.
type Signer struct {
	Key   crypto.Signer       // RSA or ECDSA
	Chain []*x509.Certificate // that of the key first; then those that lead upwards
}

// Options tunes [Seal]. The zero Options makes no timestamp, and does not state
// when the file was signed: Claimed must be set.
type Options struct {
	// Claimed is when the signer says that he signed. Nobody proves it.
	Claimed time.Time

	// Stamp asks a timestamp authority. Nil makes a signature without a timestamp.
	Stamp Stamp

	// Rand is for keys that need randomness. With nil the same input makes the same
	// signature, by RSA as ever and by ECDSA after RFC 6979, as keys of Go do it.
	Rand io.Reader
}

// stampRoom is how many bytes are kept for a timestamp.
const stampRoom = 10 << 10

// Seal returns a PDF of one single revision: what was drawn, with attachments and
// one signature over all of it, which forbids any change (PAdES B-B, with a
// timestamp B-T). Drawn must be as reports/pdf writes it. Nothing is returned that
// [Open] would refuse to somebody who trusts the highest certificates given.
func Seal(drawn []byte, attachments []Attachment, signer Signer, o Options) ([]byte, error) {
	if err := signer.usable(o); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	f, err := readDrawn(drawn)
	if err != nil {
		return nil, fmt.Errorf("seal: what is to be sealed: %w", err)
	}
	d := &document{drawn: f, claimed: o.Claimed.Truncate(time.Second), stamped: o.Stamp != nil, signature: make([]byte, signer.room(o))}
	for i, a := range attachments {
		if i > 0 && attachments[i-1].Name >= a.Name {
			return nil, fmt.Errorf("seal: attachment %s: want them in order of their names, each once", a.Name)
		}
		p, err := pack(a)
		if err != nil {
			return nil, fmt.Errorf("seal: %w", err)
		}
		d.attached = append(d.attached, p)
	}
	pdf, from, to := d.layOut()
	m, err := signer.sign(sum(hash, pdf[:from], pdf[to:]), o)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if len(m) > len(d.signature) {
		return nil, fmt.Errorf("seal: the signature takes %d bytes, more than the %d that are kept for it", len(m), len(d.signature))
	}
	copy(pdf[from+1:], strings.ToUpper(hex.EncodeToString(m)))
	if _, err := Open(pdf, signer.top(), signer.doubt(m, o)); err != nil {
		return nil, fmt.Errorf("seal: the sealed file would not hold: %w", err)
	}
	return pdf, nil
}

// Detach returns a signature over data, as CMS in DER, to be kept beside them.
// [OpenDetached] checks it.
func Detach(data []byte, signer Signer, o Options) ([]byte, error) {
	if err := signer.usable(o); err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	m, err := signer.sign(sum(hash, data), o)
	if err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	if _, err := OpenDetached(data, m, signer.top(), signer.doubt(m, o)); err != nil {
		return nil, fmt.Errorf("signature: it would not hold: %w", err)
	}
	return m, nil
}

// usable says why nothing can be signed with s.
func (s Signer) usable(o Options) error {
	switch {
	case s.Key == nil || len(s.Chain) == 0:
		return errors.New("a key and its certificate are both needed")
	case o.Claimed.IsZero():
		return errors.New("the time of signing is not stated")
	}
	k, ok := s.Key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !k.Equal(s.Chain[0].PublicKey) {
		return fmt.Errorf("the certificate of %s is not that of the key", nameOf(s.Chain[0]))
	}
	return maySign(s.Chain[0])
}

// room is how many bytes a signature may take.
func (s Signer) room(o Options) int {
	n := 2048 // the key's signature and all around it
	for _, c := range s.Chain {
		n += len(c.Raw)
	}
	if o.Stamp != nil {
		n += stampRoom
	}
	return n
}

// top returns the certificate that leads no higher.
func (s Signer) top() *x509.CertPool { return highest(s.Chain[0], s.Chain) }

func highest(signer *x509.Certificate, certs []*x509.Certificate) *x509.CertPool {
	way := wayUp(signer, certs)
	pool := x509.NewCertPool()
	pool.AddCert(way[len(way)-1])
	return pool
}

// doubt returns how a signature that was just made is looked at: its timestamp is
// held against the highest certificate that it brings, or names.
func (s Signer) doubt(signature []byte, o Options) Check {
	c := Check{At: o.Claimed}
	if m, err := readMessage(signature); err == nil && m.unsigned != nil {
		if token, err := m.tokenOf(); err == nil {
			if t, err := readMessage(token); err == nil {
				c.Authorities = highest(t.signer, t.certs)
			}
		}
	}
	return c
}

// sign makes the CMS message over a digest.
func (s Signer) sign(digest []byte, o Options) ([]byte, error) {
	named, _, err := signatureAlgorithm(s.Key.Public())
	if err != nil {
		return nil, err
	}
	m := &message{version: 1, content: der(tagSequence, oid(oidData())), digest: algorithm(oidSHA256()), algorithm: named, signer: s.Chain[0]}
	m.certs = wayUp(m.signer, s.Chain)
	m.attrs = attributesFor(digest, m.certs)
	if m.signature, err = s.Key.Sign(o.Rand, sum(hash, der(tagSet, m.attrs)), hash); err != nil {
		return nil, fmt.Errorf("the key does not sign: %w", err)
	}
	m.signature = smaller(m.signature, m.signer)
	if o.Stamp != nil {
		token, err := stampOver(m.signature, o.Stamp)
		if err != nil {
			return nil, fmt.Errorf("timestamp: %w", err)
		}
		m.unsigned = timestamped(token)
	}
	return m.encode(), nil
}

// pack compresses an attachment.
func pack(a Attachment) (attached, error) {
	if err := a.allowed(); err != nil {
		return attached{}, err
	}
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(a.Data); err != nil {
		return attached{}, err
	}
	if err := w.Close(); err != nil {
		return attached{}, err
	}
	return attached{a, b.Bytes(), len(a.Data)}, nil
}
