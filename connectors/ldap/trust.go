// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// plainly puts before the error of a connection what it means to whoever runs the
// directory, where that is known. Names in a certificate that was not trusted are
// quoted.
func plainly(err error) error {
	if means := meaning(err); means != "" {
		return fmt.Errorf("%s: %w", means, err)
	}
	return err
}

func meaning(err error) string {
	var name x509.HostnameError
	var issuer x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &name):
		return fmt.Sprintf("the certificate is for %q and the configuration says %q; correct url, or set tls: server_name", namesOf(name.Certificate), name.Host)
	case errors.As(err, &issuer) && issuer.Cert != nil:
		return fmt.Sprintf("the certificate was issued by %q, which is not trusted; if it should be, put its certificate into the file of tls: ca_file", issuer.Cert.Issuer)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("the certificate of %q is valid only from %s to %s; renew it, or correct the clock", invalid.Cert.Subject, date(invalid.Cert.NotBefore), date(invalid.Cert.NotAfter))
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return fmt.Sprintf("the certificate of %q was not issued for servers", invalid.Cert.Subject)
	case errors.As(err, &record):
		return "the server does not answer in TLS; ldaps:// wants its TLS port (636), starttls the other (389)"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the server hung up"
	}
	return alertMeaning(err.Error())
}

// alertMeaning knows the alerts of TLS by their words, for they have no type.
func alertMeaning(text string) string {
	_, alert, remote := strings.Cut(text, "remote error: tls: ")
	switch {
	case strings.Contains(text, "protocol version"):
		return "the server speaks no TLS 1.2 or newer"
	case remote && strings.Contains(alert, "certificate"):
		return "the server wants a client certificate that it knows; see tls: cert_file"
	case remote && strings.Contains(alert, "handshake failure"):
		return "we and the server agree on no way to encrypt, or it wants a client certificate that it knows; see tls: cert_file"
	}
	return ""
}

func namesOf(c *x509.Certificate) string {
	names := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	const most = 10
	if len(names) > most {
		names = append(names[:most:most], "…")
	}
	return strings.Join(names, ", ")
}

// An ear is a connection that remembers why nothing more can be read. The library
// may say only that it is closed, and with TLS 1.3 a server refuses a client
// certificate when the handshake is over for us.
type ear struct {
	net.Conn
	heard atomic.Pointer[error]
}

// Read implements [io.Reader].
func (e *ear) Read(p []byte) (int, error) {
	n, err := e.Conn.Read(p)
	if err != nil {
		e.heard.CompareAndSwap(nil, &err)
	}
	return n, err
}

// reason returns why nothing more could be read in place of an error that is no
// answer of the server. What we closed ourselves is no reason.
func (e *ear) reason(err error) error {
	var answer *ldap.Error
	heard := e.heard.Load()
	switch {
	case err == nil, heard == nil, errors.Is(*heard, net.ErrClosed):
		return err
	case errors.As(err, &answer) && answer.ResultCode != ldap.ErrorNetwork:
		return err
	}
	return *heard
}

func date(t time.Time) string { return t.UTC().Format(time.RFC3339) }
