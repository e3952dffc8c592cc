// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/connectors/ldap"
)

// refuses answers every bind with a result code and its words.
func refuses(code int, words string, parts ...[]byte) func(dn, password string) []byte {
	return func(string, string) []byte {
		all := append([][]byte{tlv(0x0a, []byte{byte(code)}), octets(""), octets(words)}, parts...)
		return tlv(0x61, all...)
	}
}

// TestBindRefused: a refused bind is an error that says why; the next server is
// asked only where that cannot lock the account.
func TestBindRefused(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "an authority")
	echo := func(dn, password string) []byte { return refuses(49, "no: "+password)(dn, password) }
	tests := map[string]struct {
		bind func(dn, password string) []byte
		next bool
		want []string
	}{
		"wrong password":        {refuses(49, "no"), false, []string{"Invalid Credentials", "the DN or the password is wrong"}},
		"locked, as AD says it": {refuses(49, "80090308: data 775"), false, []string{"data 775"}},
		"repeats the password":  {echo, false, []string{"Invalid Credentials", "withheld", "the DN or the password is wrong"}},
		"busy":                  {refuses(51, "no"), true, nil},
		"unavailable":           {refuses(52, "no"), true, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			eitherWay(t, func(t *testing.T, ldaps bool, before []string) {
				first := &tlsServer{config: a.server(t, nil), ldaps: ldaps, bind: test.bind}
				second := &tlsServer{config: a.server(t, nil), ldaps: ldaps}
				url, next := first.listen(t), second.listen(t)
				g, err := gather(t, asReader(t, a, url, next))
				bound := append(slices.Clone(before), "TLS bind "+tlsReader)
				wantOnWire(t, first, 1, bound...)
				if !test.next {
					wantError(t, err, append(test.want, "bind as "+tlsReader, url)...)
					wantOnWire(t, second, 0)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				wantTold(t, g, next, tlsReader, "TLS 1.3")
				wantOnWire(t, second, 1, append(bound, "TLS search")...)
			})
		})
	}
}

// TestReferredBind: who refers a bind to another server does not send the password
// there.
func TestReferredBind(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "an authority")
	eitherWay(t, func(t *testing.T, ldaps bool, before []string) {
		other := &tlsServer{config: a.server(t, nil), ldaps: ldaps}
		to := tlv(0xa3, octets(other.listen(t)+"/dc=x"))
		s := &tlsServer{config: a.server(t, nil), ldaps: ldaps, bind: refuses(10, "", to)}
		_, err := gather(t, asReader(t, a, s.listen(t)))
		wantError(t, err, "Referral", "the server refers to another one", "bind as "+tlsReader)
		wantOnWire(t, s, 1, append(before, "TLS bind "+tlsReader)...)
		wantOnWire(t, other, 0)
	})
}

// TestExternalRefused: a client certificate may fail at the handshake and at the
// bind. TLS 1.3 tells of the first only when the client believes to be through.
func TestExternalRefused(t *testing.T) {
	t.Parallel()
	a, other := newAuthority(t, "an authority"), newAuthority(t, "another authority")
	unknownCert, unknownKey := other.client(t, "foureyes")
	knownCert, knownKey := a.client(t, "foureyes")
	mutual := func(maxVersion uint16) *tls.Config {
		c := a.server(t, nil)
		c.ClientAuth, c.ClientCAs, c.MaxVersion = tls.RequireAndVerifyClientCert, x509.NewCertPool(), maxVersion
		c.ClientCAs.AddCert(a.cert)
		return c
	}
	tests := map[string]struct {
		server tlsServer
		change func(*ldap.Config)
		bind   []string
		want   []string
	}{
		"by TLS 1.2": {tlsServer{config: mutual(tls.VersionTLS12)}, external(unknownCert, unknownKey), nil, []string{"a client certificate that it knows", "cert_file"}},
		"by TLS 1.3": {tlsServer{config: mutual(tls.VersionTLS13)}, external(unknownCert, unknownKey), nil, []string{"a client certificate that it knows", "cert_file"}},
		"unknown to the directory": {tlsServer{config: mutual(0), bind: refuses(49, "who?")}, external(knownCert, knownKey),
			[]string{"TLS bind EXTERNAL"}, []string{"bind as the client certificate", "the server knows no account for it", "who?"}},
		"not offered": {tlsServer{config: a.server(t, nil), bind: refuses(7, "no such mechanism")}, external(knownCert, knownKey),
			[]string{"TLS bind EXTERNAL"}, []string{"bind as the client certificate", "no such mechanism"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			eitherWay(t, func(t *testing.T, ldaps bool, before []string) {
				s := &tlsServer{config: test.server.config, bind: test.server.bind, ldaps: ldaps}
				cfg := asReader(t, a, s.listen(t))
				test.change(&cfg)
				_, err := gather(t, cfg)
				wantError(t, err, test.want...)
				wantOnWire(t, s, 1, append(before, test.bind...)...)
			})
		})
	}
}

// TestNextServer: a server that is down, or not trusted, is passed over, and told
// nothing; the facts name the one that was read.
func TestNextServer(t *testing.T) {
	t.Parallel()
	a, other := newAuthority(t, "an authority"), newAuthority(t, "another authority")
	eitherWay(t, func(t *testing.T, ldaps bool, before []string) {
		strange := &tlsServer{config: other.server(t, nil), ldaps: ldaps}
		good := &tlsServer{config: a.server(t, nil), ldaps: ldaps}
		bad, url := strange.listen(t), good.listen(t)
		scheme, _, _ := strings.Cut(url, ":")
		g, err := gather(t, asReader(t, a, scheme+"://"+deadAddress(t), bad, url))
		if err != nil {
			t.Fatal(err)
		}
		wantTold(t, g, url, tlsReader, "TLS 1.3")
		wantOnWire(t, strange, 1, before...)
		wantOnWire(t, good, 1, append(before, "TLS bind "+tlsReader, "TLS search")...)
	})
}

// deadAddress is one where nobody listens any more.
func deadAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestAllServersFail: the error tells of each.
func TestAllServersFail(t *testing.T) {
	t.Parallel()
	a, other := newAuthority(t, "an authority"), newAuthority(t, "another authority")
	strange := &tlsServer{config: other.server(t, nil), ldaps: true}
	dead := "ldaps://" + deadAddress(t)
	url := strange.listen(t)
	_, err := gather(t, asReader(t, a, dead, url))
	wantError(t, err, dead, "connection refused", url, "not trusted")
}

// TestOnlyPlaintextSendsInClear tries every combination of what concerns
// encryption at servers that agree to everything: the password is readable on the
// wire where plaintext is true and the address is ldap://, and else is not sent.
func TestOnlyPlaintextSendsInClear(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "an authority")
	readable := 0
	for i := range 16 {
		ldaps, plaintext, starttls, encrypts := i&1 != 0, i&2 != 0, i&4 != 0, i&8 != 0
		s := &tlsServer{ldaps: ldaps, startTLS: func(id int) []byte { return message(id, extended(0, oidStartTLS)) }}
		if encrypts {
			s.config, s.startTLS = a.server(t, nil), nil
		}
		cfg := asReader(t, a, s.listen(t))
		cfg.Plaintext, cfg.StartTLS, cfg.Timeout = plaintext, starttls, "200ms"
		refused := plaintext && (ldaps || starttls) || starttls == ldaps && !plaintext
		if _, err := ldap.New(cfg, options()); (err != nil) != refused {
			t.Errorf("%+v: refused with %v, want %v", cfg, err, refused)
		}
		if refused {
			continue
		}
		_, err := gather(t, cfg)
		if want := plaintext || encrypts; (err == nil) != want {
			t.Errorf("%+v: got %v, success should be %v", cfg, err, want)
		}
		if !plaintext {
			var want []string
			if starttls {
				want = append(want, "clear StartTLS")
			}
			if encrypts {
				want = append(want, "TLS bind "+tlsReader, "TLS search")
			}
			wantOnWire(t, s, 1, want...)
			continue
		}
		streams, _ := s.got(t)
		if len(streams) != 1 || !holdsPassword(streams[0]) {
			t.Errorf("%+v: the recorder does not see a password that is there", cfg)
		}
		readable++
	}
	if readable != 2 {
		t.Errorf("%d combinations in the clear, want 2", readable)
	}
}

// TestRefusedBeforeAnythingIsSent: what New refuses never comes to a connection.
func TestRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "an authority")
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		change func(*ldap.Config)
		want   string
	}{
		"empty file":            {func(c *ldap.Config) { c.Bind.PasswordFile = empty }, "is empty"},
		"empty variable":        {func(c *ldap.Config) { c.Bind = ldap.Bind{DN: tlsReader, PasswordEnv: "FOUREYES_TEST_NOT_SET"} }, "FOUREYES_TEST_NOT_SET is empty"},
		"no password":           {func(c *ldap.Config) { c.Bind = ldap.Bind{DN: tlsReader} }, "needs password_env or password_file"},
		"password without dn":   {func(c *ldap.Config) { c.Bind.DN = "" }, "no dn"},
		"no client certificate": {func(c *ldap.Config) { c.Bind = ldap.Bind{External: true} }, "external needs tls: cert_file"},
		"no encryption":         {func(c *ldap.Config) { c.URL = ldap.List{strings.Replace(c.URL[0], "ldaps:", "ldap:", 1)} }, "not encrypted"},
		"fall-back":             {func(c *ldap.Config) { c.URL = append(c.URL, strings.Replace(c.URL[0], "ldaps:", "ldap:", 1)) }, "not encrypted"},
		"fall-back to plaintext": {func(c *ldap.Config) {
			c.URL, c.Plaintext = append(c.URL, strings.Replace(c.URL[0], "ldaps:", "ldap:", 1)), true
		}, "fall back"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &tlsServer{config: a.server(t, nil), ldaps: true}
			cfg := asReader(t, a, s.listen(t))
			test.change(&cfg)
			_, err := ldap.New(cfg, options())
			wantError(t, err, test.want)
			if holdsPassword(fmt.Append(nil, err)) {
				t.Errorf("the error tells the password: %v", err)
			}
			wantOnWire(t, s, 0)
		})
	}
}

// TestSilentAtBind: a server that does not answer the bind is not waited for.
func TestSilentAtBind(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "an authority")
	eitherWay(t, func(t *testing.T, ldaps bool, before []string) {
		s := &tlsServer{config: a.server(t, nil), ldaps: ldaps, bind: func(string, string) []byte { return nil }}
		cfg := asReader(t, a, s.listen(t))
		cfg.Timeout = "300ms"
		_, err := gather(t, cfg)
		wantError(t, err, "bind as "+tlsReader+": no answer within 300ms")
		wantOnWire(t, s, 1, append(before, "TLS bind "+tlsReader)...)
	})
}
