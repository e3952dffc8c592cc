// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/ldap"
	"github.com/foureyes-iga/foureyes/graph"
)

const (
	tlsPassword = "correct-horse-battery-staple"
	tlsReader   = "cn=reader,dc=x"
)

// asReader is a configuration that trusts an authority and binds with a password.
func asReader(t *testing.T, a *authority, urls ...string) ldap.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(tlsPassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return ldap.Config{
		URL: urls, StartTLS: strings.HasPrefix(urls[0], "ldap:"), TLS: ldap.TLS{CAFile: a.file},
		Bind: ldap.Bind{DN: tlsReader, PasswordFile: file}, Base: ldap.List{"dc=x"}, Timeout: "3s",
	}
}

// A said is all that a collection tells anybody.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// gather collects, with the log at its most talkative, and makes sure that the
// password is in nothing that it says.
func gather(t *testing.T, cfg ldap.Config) (*graph.Graph, error) {
	t.Helper()
	var out said
	opts := options()
	opts.Log = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug - 4, AddSource: true}))
	c, err := ldap.New(cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	var b graph.Builder
	var last error
	for f, err := range c.Collect(t.Context(), connectors.Want{}) {
		if last = err; err == nil {
			fmt.Fprintf(&out, "%+v\n", f)
			if err := b.Add(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	fmt.Fprintf(&out, "%v %+v %#v %+v", last, last, last, c)
	if text := out.text.Bytes(); holdsPassword(text) || last == nil && !bytes.Contains(text, []byte("search done")) {
		t.Errorf("the password is told, or nothing is: %s", text)
	}
	return b.Graph(), last
}

// holdsPassword looks for the password, as it is and as it may be disguised.
func holdsPassword(b []byte) bool {
	for _, form := range []string{tlsPassword, fmt.Sprintf("%x", tlsPassword), base64.StdEncoding.EncodeToString([]byte(tlsPassword))} {
		if bytes.Contains(b, []byte(form)) {
			return true
		}
	}
	return false
}

// requestOfStartTLS is all that may be said in the clear.
func requestOfStartTLS() []byte {
	return tlv(0x30, tlv(0x02, []byte{1}), tlv(0x77, tlv(0x80, []byte(oidStartTLS))))
}

// wantOnWire compares how often a server was connected to and what it was asked,
// and finds nothing in the clear but the request to encrypt.
func wantOnWire(t *testing.T, s *tlsServer, connections int, requests ...string) {
	t.Helper()
	streams, got := s.got(t)
	if len(streams) != connections {
		t.Errorf("%d connections, want %d", len(streams), connections)
	}
	if diff := cmp.Diff(requests, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	for _, raw := range streams {
		want := []byte(nil)
		if !s.ldaps {
			want = requestOfStartTLS()
		}
		if clear := inClear(raw); !bytes.Equal(clear, want) {
			t.Errorf("in the clear %q, want %q", clear, want)
		}
		if holdsPassword(raw) {
			t.Errorf("the password is in %q", raw)
		}
	}
}

func wantError(t *testing.T, err error, words ...string) {
	t.Helper()
	for _, w := range words {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("got %v, want an error with %q", err, w)
		}
	}
}

// eitherWay runs a test over ldaps:// and over StartTLS, at the same time.
func eitherWay(t *testing.T, test func(t *testing.T, ldaps bool, before []string)) {
	t.Helper()
	t.Run("ldaps", func(t *testing.T) { t.Parallel(); test(t, true, nil) })
	t.Run("StartTLS", func(t *testing.T) { t.Parallel(); test(t, false, []string{"clear StartTLS"}) })
}

// A distrust is a server that must get no password.
type distrust struct {
	server tlsServer
	change func(*ldap.Config)
	want   []string
}

func distrusts(t *testing.T, a *authority) map[string]distrust {
	t.Helper()
	other := newAuthority(t, "another authority")
	stranger := *other
	stranger.cert, stranger.key = nil, nil
	with := func(c *tls.Config) tlsServer { return tlsServer{config: c} }
	version := func(v uint16) tlsServer {
		c := a.server(t, nil)
		c.MinVersion, c.MaxVersion = tls.VersionTLS10, v
		return with(c)
	}
	wants := func(maxVersion uint16) tlsServer {
		c := a.server(t, nil)
		c.ClientAuth, c.MaxVersion = tls.RequireAnyClientCert, maxVersion
		return with(c)
	}
	from := func(begin, end time.Duration) tlsServer {
		return with(a.server(t, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = time.Now().Add(begin), time.Now().Add(end) }))
	}
	says := func(text string) tlsServer {
		return tlsServer{handshake: func(c net.Conn) { hear(c); _, _ = c.Write([]byte(text)) }}
	}
	pin := func(c *ldap.Config) { c.TLS.SPKIPin = pinOf(other.server(t, nil)) }
	name := func(c *ldap.Config) { c.TLS.ServerName = "dc1.example.com" }
	soon := func(c *ldap.Config) { c.Timeout = "200ms" }
	system := func(c *ldap.Config) { c.TLS.CAFile = "" }
	expired, tomorrow := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	elsewhere := func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"dc2.example.com"}, nil }
	forClients := func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }
	helloOfTLS10 := "\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01" + strings.Repeat("r", 32) + "\x00\xc0\x13\x00"
	notice := string(message(0, extended(52, "1.3.6.1.4.1.1466.20036")))

	return map[string]distrust{
		"expired":                    {from(-2*time.Hour, -time.Hour), nil, []string{`"CN=directory"`, "valid only from", "to " + expired, "expired", "renew it"}},
		"not yet valid":              {from(time.Hour, 2*time.Hour), nil, []string{`"CN=directory"`, "valid only from " + tomorrow, "not yet valid"}},
		"another host":               {with(a.server(t, elsewhere)), nil, []string{`for "dc2.example.com"`, `says "127.0.0.1"`, "server_name"}},
		"another name":               {with(a.server(t, elsewhere)), name, []string{`for "dc2.example.com"`, `says "dc1.example.com"`, "server_name"}},
		"no such name":               {with(a.server(t, nil)), name, []string{`for "localhost, 127.0.0.1"`, `says "dc1.example.com"`}},
		"self-signed":                {with(stranger.server(t, nil)), nil, []string{"not trusted", `"CN=directory"`, "ca_file"}},
		"unknown authority":          {with(other.server(t, nil)), nil, []string{"not trusted", `"CN=another authority"`, "ca_file"}},
		"unknown to the system":      {with(a.server(t, nil)), system, []string{"not trusted", `"CN=an authority"`, "ca_file"}},
		"not for servers":            {with(a.server(t, forClients)), nil, []string{"not issued for servers"}},
		"another key than pinned":    {with(a.server(t, nil)), pin, []string{"public key is sha256/", "not the pinned one"}},
		"TLS 1.0":                    {version(tls.VersionTLS10), nil, []string{"no TLS 1.2 or newer"}},
		"TLS 1.1":                    {version(tls.VersionTLS11), nil, []string{"no TLS 1.2 or newer"}},
		"insists on TLS 1.0":         {says(helloOfTLS10), nil, []string{"no TLS 1.2 or newer"}},
		"wants a client certificate": {wants(tls.VersionTLS12), nil, []string{"a client certificate that it knows", "cert_file"}},
		"the same with TLS 1.3":      {wants(tls.VersionTLS13), nil, []string{"a client certificate that it knows", "cert_file"}},
		"plain LDAP":                 {says(notice), nil, []string{"does not answer in TLS"}},
		"HTTP":                       {says("HTTP/1.1 400 Bad Request\r\n\r\n"), nil, []string{"does not answer in TLS"}},
		"forged bind response":       {says(string(message(1, result(0x61, 0)))), nil, []string{"does not answer in TLS"}},
		"hangs up":                   {tlsServer{handshake: func(c net.Conn) { hear(c); _ = c.(*tap).Conn.(*net.TCPConn).CloseWrite() }}, nil, []string{"tls handshake: the server hung up"}},
		"says nothing":               {tlsServer{handshake: func(net.Conn) {}}, soon, []string{"tls handshake: no answer within 200ms"}},
		"stops in mid-handshake":     {says(helloOfTLS10[:20]), soon, []string{"tls handshake: no answer within 200ms"}},
	}
}

// hear waits for the first words of a client.
func hear(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) }

// TestNoTrustNoPassword: a server that cannot prove who it is, or does not encrypt
// as it must, is told nothing, and is not asked a second time.
func TestNoTrustNoPassword(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "an authority")
	for name, test := range distrusts(t, a) {
		t.Run(name, func(t *testing.T) {
			eitherWay(t, func(t *testing.T, ldaps bool, before []string) {
				s := &tlsServer{config: test.server.config, handshake: test.server.handshake, ldaps: ldaps}
				cfg := asReader(t, a, s.listen(t))
				if test.change != nil {
					test.change(&cfg)
				}
				began := time.Now()
				g, err := gather(t, cfg)
				wantError(t, err, append(test.want, s.addr)...)
				if took := time.Since(began); took > 5*time.Second || g.NumNodes() > 0 {
					t.Errorf("it took %s and told %d things", took, g.NumNodes())
				}
				wantOnWire(t, s, 1, before...)
			})
		})
	}
}

// TestOldVersionsAreSpoken shows that the servers with old versions of TLS are
// refused because of us: a client that is less strict may talk to them.
func TestOldVersionsAreSpoken(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "an authority")
	all, roots := distrusts(t, a), x509.NewCertPool()
	roots.AddCert(a.cert)
	for _, name := range []string{"TLS 1.0", "TLS 1.1"} {
		s := &tlsServer{config: all[name].server.config, ldaps: true}
		s.listen(t)
		raw, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		c := tls.Client(raw, &tls.Config{MinVersion: tls.VersionTLS10, RootCAs: roots, ServerName: "localhost"})
		if err := c.Handshake(); err != nil || tls.VersionName(c.ConnectionState().Version) != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestStartTLSRefused: when the server does not agree to encrypt in so many words,
// nothing more is said.
func TestStartTLSRefused(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "an authority")
	type answer = func(id int) []byte
	raw := func(b ...byte) answer { return func(int) []byte { return b } }
	op := func(op []byte) answer { return func(id int) []byte { return message(id, op) } }
	tests := map[string]struct {
		answer answer
		want   []string
	}{
		"bind response":       {op(result(0x61, 0)), []string{"something else (0x61)"}},
		"search result":       {op(result(0x65, 0)), []string{"something else (0x65)"}},
		"entry":               {op(entry("", "supportedExtension", oidStartTLS)), []string{"something else (0x64)"}},
		"another name":        {op(extended(0, "1.3.6.1.4.1.4203.1.11.3")), []string{"something else", "1.3.6.1.4.1.4203.1.11.3"}},
		"another number":      {func(id int) []byte { return message(id+1, extended(0, oidStartTLS)) }, []string{"not made"}},
		"unsolicited success": {func(int) []byte { return message(0, extended(0, oidStartTLS)) }, []string{"not made"}},
		"disconnection":       {func(int) []byte { return message(0, extended(52, "1.3.6.1.4.1.1466.20036")) }, []string{"Unavailable", "because"}},
		"result without code": {op(tlv(0x78)), []string{"invalid packet"}},
		"no LDAP":             {raw([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")...), []string{"does not speak LDAP"}},
		"endless message":     {raw(0x30, 0x80, 0x02, 0x01, 0x01), []string{"no definite length"}},
		"vast message":        {raw(0x30, 0x84, 0x7f, 0xff, 0xff, 0xff), []string{"more than"}},
		"nothing":             {raw(), []string{"no answer within 200ms"}},
		"half an answer":      {raw(0x30, 0x0c, 0x02), []string{"no answer within 200ms"}},
	}
	for _, code := range []int{1, 2, 3, 8, 10, 12, 50, 51, 52, 53, 80} {
		refusal := tests["nothing"]
		refusal.answer, refusal.want = op(extended(code, oidStartTLS)), []string{fmt.Sprintf("LDAP Result Code %d ", code), "refuses to encrypt", "because"}
		tests[fmt.Sprintf("result code %d", code)] = refusal
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &tlsServer{config: a.server(t, nil), startTLS: test.answer}
			cfg := asReader(t, a, s.listen(t))
			if strings.HasPrefix(test.want[0], "no answer") {
				cfg.Timeout = "200ms"
			}
			_, err := gather(t, cfg)
			wantError(t, err, append(test.want, "starttls: ", s.addr)...)
			wantOnWire(t, s, 1, "clear StartTLS")
		})
	}
}

// TestStripped: a man in the middle who takes the encryption away gets nothing.
func TestStripped(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "an authority")
	behind := &tlsServer{config: a.server(t, nil)}
	behind.listen(t)
	man := &tlsServer{proxy: manInTheMiddle(behind.addr)}
	_, err := gather(t, asReader(t, a, man.listen(t)))
	wantError(t, err, "starttls: ", "somebody on the way", "Protocol Error")
	wantOnWire(t, man, 1, "clear StartTLS")
	if _, requests := behind.got(t); requests != nil {
		t.Errorf("the server behind got %q", requests)
	}
}

// TestInjected: what a man in the middle puts behind the answer to StartTLS is
// never taken for an answer of the server.
func TestInjected(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "an authority")
	tests := map[string]func(id int) []byte{
		"bind response":         func(id int) []byte { return message(id, result(0x61, 0)) },
		"next bind response":    func(id int) []byte { return message(id+1, result(0x61, 0)) },
		"entry and its result":  func(id int) []byte { return append(message(2, entry("")), message(2, result(0x65, 0))...) },
		"second agreement":      func(id int) []byte { return message(id, extended(0, oidStartTLS)) },
		"one byte":              func(int) []byte { return []byte{0x30} },
		"record of application": func(int) []byte { return append([]byte{23, 3, 3, 0, 14}, message(1, result(0x61, 0))...) },
	}
	for name, injected := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &tlsServer{config: a.server(t, nil), injected: injected}
			g, err := gather(t, asReader(t, a, s.listen(t)))
			wantError(t, err, "tls handshake: ")
			if g.NumNodes() > 0 {
				t.Errorf("it told %d things", g.NumNodes())
			}
			wantOnWire(t, s, 1, "clear StartTLS")
		})
	}
}

// TestTrusted: what is trusted is read, and says as whom and how.
func TestTrusted(t *testing.T) {
	t.Parallel()
	a, other := newAuthority(t, "an authority"), newAuthority(t, "another authority")
	named := a.server(t, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"dc1.example.com"}, nil })
	plain, only12, mutual := a.server(t, nil), a.server(t, nil), a.server(t, nil)
	only12.MaxVersion = tls.VersionTLS12
	mutual.ClientAuth, mutual.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
	mutual.ClientCAs.AddCert(other.cert)
	certFile, keyFile := other.client(t, "foureyes")
	tests := map[string]struct {
		config   *tls.Config
		change   func(*ldap.Config)
		bind     string
		identity string
		tls      string
	}{
		"password":           {plain, func(*ldap.Config) {}, "TLS bind " + tlsReader, tlsReader, "TLS 1.3"},
		"TLS 1.2":            {only12, func(*ldap.Config) {}, "TLS bind " + tlsReader, tlsReader, "TLS 1.2"},
		"pin":                {plain, func(c *ldap.Config) { c.TLS.SPKIPin = pinOf(plain) }, "TLS bind " + tlsReader, tlsReader, "sha256/" + pinOf(plain)},
		"pin with its name":  {plain, func(c *ldap.Config) { c.TLS.SPKIPin = "sha256/" + pinOf(plain) }, "TLS bind " + tlsReader, tlsReader, "sha256/" + pinOf(plain)},
		"server name":        {named, func(c *ldap.Config) { c.TLS.ServerName = "dc1.example.com" }, "TLS bind " + tlsReader, tlsReader, "CN=directory"},
		"anonymous":          {plain, func(c *ldap.Config) { c.Bind = ldap.Bind{} }, "", "anonymous", "TLS 1.3"},
		"client certificate": {mutual, external(certFile, keyFile), "TLS bind EXTERNAL", "the client certificate", "TLS 1.3"},
		"both": {mutual, func(c *ldap.Config) { c.TLS.CertFile, c.TLS.KeyFile = certFile, keyFile },
			"TLS bind " + tlsReader, tlsReader, "TLS 1.3"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			eitherWay(t, func(t *testing.T, ldaps bool, before []string) {
				s := &tlsServer{config: test.config, ldaps: ldaps}
				url := s.listen(t)
				cfg := asReader(t, a, url)
				test.change(&cfg)
				g, err := gather(t, cfg)
				if err != nil {
					t.Fatal(err)
				}
				wantTold(t, g, url, test.identity, test.tls)
				if test.bind != "" {
					before = append(before, test.bind)
				}
				wantOnWire(t, s, 1, append(before, "TLS search")...)
			})
		})
	}
}

func external(certFile, keyFile string) func(*ldap.Config) {
	return func(c *ldap.Config) {
		c.Bind, c.TLS.CertFile, c.TLS.KeyFile = ldap.Bind{External: true}, certFile, keyFile
	}
}

// wantTold looks for the server and the identity in the run and in the coverage.
func wantTold(t *testing.T, g *graph.Graph, url, identity, how string) {
	t.Helper()
	if len(g.Runs()) != 1 || g.State("corp", graph.Accounts) != graph.Complete {
		t.Fatalf("%d runs, accounts %s", len(g.Runs()), g.State("corp", graph.Accounts))
	}
	i := slices.IndexFunc(g.Coverage(), func(c graph.Coverage) bool { return c.Dataset == graph.Accounts })
	for what, details := range map[string]graph.Attrs{"run": g.Runs()[0].Details, "coverage": g.Coverage()[i].Details} {
		if got, _ := details.Get("server"); got != url {
			t.Errorf("%s: server %q, want %q", what, got, url)
		}
		if got, _ := details.Get("bind identity"); got != identity {
			t.Errorf("%s: bind identity %q, want %q", what, got, identity)
		}
	}
	if got, _ := g.Runs()[0].Details.Get("tls"); !strings.Contains(got, how) {
		t.Errorf("tls %q, want %q in it", got, how)
	}
}
