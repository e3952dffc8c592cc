// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
)

const oidStartTLS = "1.3.6.1.4.1.1466.20037"

// A tlsServer serves the directory of a [faultServer], encrypted or not, and
// records every byte and every request that it gets.
type tlsServer struct {
	config    *tls.Config                       // nil: it speaks no TLS
	ldaps     bool                              // encrypts from the first byte
	handshake func(c net.Conn)                  // instead of one
	startTLS  func(id int) []byte               // the answer; nil agrees
	injected  func(id int) []byte               // sent with the agreement, in one segment
	bind      func(dn, password string) []byte  // the operation of the answer, nil for silence; nil agrees
	proxy     func(client net.Conn, to *ledger) // instead of all this

	addr   string
	ledger *ledger
}

// A ledger is what a server got.
type ledger struct {
	mu       sync.Mutex
	streams  []*stream // one a connection, as they came over the wire
	requests []string  // "clear StartTLS", "TLS bind cn=reader", …
}

type stream struct {
	from  string
	raw   bytes.Buffer
	ended bool
}

func (l *ledger) end(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.ended = true
}

func (l *ledger) open(from string) *stream {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &stream{from: from}
	l.streams = append(l.streams, s)
	return s
}

// request notes a request; one of many searches is enough.
func (l *ledger) request(r string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Contains(l.requests, r) || !slices.Contains([]string{"clear search", "TLS search"}, r) {
		l.requests = append(l.requests, r)
	}
}

// A tap is a connection whose incoming bytes are recorded.
type tap struct {
	net.Conn
	ledger *ledger
	stream *stream
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.ledger.mu.Lock()
	defer t.ledger.mu.Unlock()
	t.stream.raw.Write(p[:n])
	return n, err
}

// listen serves until the test ends and returns the URL.
func (s *tlsServer) listen(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr, s.ledger = l.Addr().String(), &ledger{}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	var open sync.WaitGroup
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			tapped := &tap{c, s.ledger, s.ledger.open(c.RemoteAddr().String())}
			open.Go(func() { s.serve(ctx, tapped) })
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = l.Close()
		open.Wait()
	})
	if s.ldaps {
		return "ldaps://" + s.addr
	}
	return "ldap://" + s.addr
}

// serve answers one connection, and then records whatever else the client says.
func (s *tlsServer) serve(ctx context.Context, c *tap) {
	defer s.ledger.end(c.stream)
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	if s.proxy != nil {
		s.proxy(c, s.ledger)
		return
	}
	defer func() { _, _ = io.Copy(io.Discard, c) }()
	if !s.ldaps {
		s.answer(ctx, c, c, "clear")
	} else if secure := s.encrypt(c); secure != nil {
		s.answer(ctx, c, secure, "TLS")
	}
}

// encrypt returns nil where there will be no TLS.
func (s *tlsServer) encrypt(c net.Conn) net.Conn {
	if s.handshake != nil {
		s.handshake(c)
		return nil
	}
	if s.config == nil {
		return nil
	}
	secure := tls.Server(c, s.config)
	if secure.Handshake() != nil {
		return nil
	}
	return secure
}

// answer speaks LDAP over c, which may be encrypted over raw, and how says so.
func (s *tlsServer) answer(ctx context.Context, raw, c net.Conn, how string) {
	directory, search := &faultServer{}, -1
	for {
		p, err := ber.ReadPacket(c)
		if err != nil || len(p.Children) < 2 || p.Children[0].Tag != ber.TagInteger {
			return
		}
		id, op := int(p.Children[0].Value.(int64)), p.Children[1]
		switch {
		case op.Tag == 0:
			s.ledger.request(how + " " + bindOf(op))
			answer := s.bound(op)
			if answer == nil {
				return
			}
			_, _ = c.Write(message(id, answer))
		case op.Tag == 3 && op.Children[1].Value.(int64) == 0:
			s.ledger.request(how + " search")
			_, _ = c.Write(directory.base(id, op.Children[0].Value.(string)))
		case op.Tag == 3:
			cookie := cookieOf(p)
			if cookie == "" {
				search++
			}
			directory.answer(ctx, c, id, search, cookie)
		case op.Tag == 23:
			s.ledger.request(how + " StartTLS")
			if secure := s.agree(c, id); secure != nil {
				s.answer(ctx, raw, secure, "TLS")
				return
			}
		case op.Tag == 14: // compare
			_, _ = c.Write(message(id, result(0x6f, 16)))
		default:
			return
		}
	}
}

// agree answers StartTLS and encrypts, if it is to.
func (s *tlsServer) agree(c net.Conn, id int) net.Conn {
	if s.startTLS != nil {
		_, _ = c.Write(s.startTLS(id))
		return nil
	}
	out := message(id, extended(0, oidStartTLS))
	if s.injected != nil {
		out = append(out, s.injected(id)...)
	}
	_, _ = c.Write(out)
	return s.encrypt(c)
}

func bindOf(op *ber.Packet) string {
	switch dn := op.Children[1].Data.String(); {
	case op.Children[2].Tag == 3:
		return "bind " + op.Children[2].Children[0].Data.String()
	case dn == "":
		return "bind anonymous"
	default:
		return "bind " + dn
	}
}

func (s *tlsServer) bound(op *ber.Packet) []byte {
	if s.bind == nil {
		return result(0x61, 0)
	}
	return s.bind(op.Children[1].Data.String(), op.Children[2].Data.String())
}

// extended is an extended response, with a name unless that is empty.
func extended(code int, name string) []byte {
	parts := [][]byte{tlv(0x0a, []byte{byte(code)}), octets(""), octets("because")}
	if name != "" {
		parts = append(parts, tlv(0x8a, []byte(name)))
	}
	return tlv(0x78, parts...)
}

// got returns what came over the wire, a stream for each connection, and the
// requests that were understood. It makes a connection of its own, which comes
// after all that were made before, and waits for these to end: none is overlooked.
func (s *tlsServer) got(t *testing.T) (streams [][]byte, requests []string) {
	t.Helper()
	last, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer last.Close()
	for range 5000 {
		if streams, requests, ok := s.ledger.before(last.LocalAddr().String()); ok {
			return streams, requests
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the client leaves connections open")
	return nil, nil
}

// before returns what came before the connection from an address, if that is
// there and all others have ended.
func (l *ledger) before(from string) (streams [][]byte, requests []string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, x := range l.streams {
		if x.from == from {
			ok = true
			continue
		}
		if !x.ended {
			return nil, nil, false
		}
		streams = append(streams, bytes.Clone(x.raw.Bytes()))
	}
	return streams, slices.Clone(l.requests), ok
}

// inClear returns what of a stream is no TLS record. The last record may be cut.
func inClear(b []byte) []byte {
	var clear []byte
	if len(b) > 2 && b[0] == 0x30 && b[1] < 0x80 { // an LDAP message before TLS
		n := min(len(b), 2+int(b[1]))
		clear, b = append(clear, b[:n]...), b[n:]
	}
	for len(b) > 0 {
		record := b[0] >= 20 && b[0] <= 23 && (len(b) < 2 || b[1] == 3)
		if !record {
			return append(clear, b...)
		}
		if len(b) < 5 {
			return clear
		}
		b = b[min(len(b), 5+int(b[3])<<8+int(b[4])):]
	}
	return clear
}

// An authority issues certificates, and is the file that says to trust it.
type authority struct {
	dir, file string
	cert      *x509.Certificate
	key       *ecdsa.PrivateKey
}

// certificate returns what all certificates have; it is for 127.0.0.1 and localhost.
func certificate(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	c := certificate(name)
	c.DNSNames, c.IPAddresses, c.ExtKeyUsage = nil, nil, nil
	c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	a := &authority{dir: t.TempDir()}
	pair := a.issue(t, c)
	a.cert, a.key = pair.Leaf, pair.PrivateKey.(*ecdsa.PrivateKey)
	a.file, _ = a.write(t, "ca", pair)
	return a
}

// issue signs a certificate for a new key: with that key, if it has none yet.
func (a *authority) issue(t *testing.T, c *x509.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// write puts a certificate and its key into files.
func (a *authority) write(t *testing.T, name string, pair tls.Certificate) (certFile, keyFile string) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(a.dir, name+".pem"), filepath.Join(a.dir, name+".key")
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]},
		keyFile:  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// client issues a certificate for a client and returns its files.
func (a *authority) client(t *testing.T, name string) (certFile, keyFile string) {
	t.Helper()
	c := certificate(name)
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return a.write(t, name, a.issue(t, c))
}

// server is the configuration of a server whose certificate is as changed.
func (a *authority) server(t *testing.T, change func(*x509.Certificate)) *tls.Config {
	t.Helper()
	c := certificate("directory")
	if change != nil {
		change(c)
	}
	return &tls.Config{Certificates: []tls.Certificate{a.issue(t, c)}}
}

func pinOf(c *tls.Config) string {
	sum := sha256.Sum256(c.Certificates[0].Leaf.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// manInTheMiddle stands before a server that knows StartTLS, and refuses the
// request as if it did not. All the rest is handed on; the root entry that comes
// back offers no extension.
func manInTheMiddle(behind string) func(net.Conn, *ledger) {
	return func(client net.Conn, l *ledger) {
		server, err := net.Dial("tcp", behind)
		if err != nil {
			panic(fmt.Sprintf("the server behind: %v", err))
		}
		var back sync.WaitGroup
		back.Go(func() { _, _ = io.Copy(client, server) })
		defer back.Wait()
		defer server.Close()
		for {
			p, err := ber.ReadPacket(client)
			if err != nil || len(p.Children) < 2 {
				return
			}
			id, op := int(p.Children[0].Value.(int64)), p.Children[1]
			switch op.Tag {
			case 23:
				l.request("clear StartTLS")
				_, _ = client.Write(message(id, extended(2, "")))
				continue
			case 0:
				l.request("clear " + bindOf(op))
			}
			_, _ = server.Write(p.Bytes())
		}
	}
}
