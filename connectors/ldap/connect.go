// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
)

// A conn is a bound connection to one server.
type conn struct {
	server   server
	tls      string // "TLS 1.3, public key sha256/…", or that there is none
	identity string // who the server says we are
	root     rootDSE

	client  *ldap.Conn
	guard   *guard
	ear     *ear
	timeout time.Duration
}

// connect tries the servers in order and returns the first that binds.
func (c *Collector) connect(ctx context.Context) (*conn, error) {
	var errs []error
	for _, s := range c.servers {
		cn, err := c.open(ctx, s)
		if err == nil {
			return cn, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		errs = append(errs, fmt.Errorf("%s: %w", s.url, err))
		if refuses(err) {
			break // the next server would count another failure against the account
		}
	}
	return nil, errors.Join(errs...)
}

func (c *Collector) open(ctx context.Context, s server) (*conn, error) {
	cn := &conn{server: s, timeout: c.timeout, tls: "none"}
	raw, err := cn.dial(ctx, c)
	if err != nil {
		return nil, err
	}
	cn.ear = &ear{Conn: raw}
	cn.guard = newGuard(cn.ear)
	cn.client = ldap.NewConn(cn.guard, s.tls || c.cfg.StartTLS)
	cn.client.SetTimeout(2 * c.timeout) // ours comes first
	cn.client.Start()
	err = cn.bind(ctx, c)
	if err == nil {
		err = cn.greet(ctx)
	}
	if err != nil {
		cn.close()
		return nil, err
	}
	return cn, nil
}

// another opens one more connection to the server that cn talks to: to the same
// address, with the same certificate and the same identity. Two servers behind
// one address cannot be told apart unless their certificates differ.
func (c *Collector) another(ctx context.Context, cn *conn) (*conn, error) {
	s := cn.server
	s.addr = cn.guard.RemoteAddr().String()
	other, err := c.open(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("%s: another connection: %w", s.url, err)
	}
	if other.tls != cn.tls || other.identity != cn.identity {
		other.close()
		return nil, fmt.Errorf("%s: another connection met another server or identity: %s as %s, and before %s as %s", s.url, other.tls, other.identity, cn.tls, cn.identity)
	}
	return other, nil
}

// close ends the connection; a server that does not listen any more is not
// waited for.
func (cn *conn) close() {
	_ = cn.guard.Conn.Close()
	_ = cn.client.Close()
}

// dial connects and, unless plaintext was asked for, encrypts.
func (cn *conn) dial(ctx context.Context, c *Collector) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, cn.timeout, noAnswer(cn.timeout))
	defer cancel()
	raw, err := c.dialer(ctx, "tcp", cn.server.addr)
	if err != nil {
		return nil, causeOr(ctx, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer stop()
	secure, err := cn.encrypt(ctx, c, raw)
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	return secure, nil
}

func (cn *conn) encrypt(ctx context.Context, c *Collector, raw net.Conn) (net.Conn, error) {
	if !cn.server.tls && !c.cfg.StartTLS {
		return raw, nil
	}
	if c.cfg.StartTLS {
		if err := startTLS(raw); err != nil {
			return nil, fmt.Errorf("starttls: %w", causeOr(ctx, err))
		}
	}
	cfg := c.tls.Clone()
	if cfg.ServerName == "" {
		cfg.ServerName = cn.server.host
	}
	secure := tls.Client(raw, cfg)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("tls handshake: %w", plainly(causeOr(ctx, err)))
	}
	state := secure.ConnectionState()
	cn.tls = fmt.Sprintf("%s, certificate of %s, public key sha256/%s",
		tls.VersionName(state.Version), state.PeerCertificates[0].Subject, spki(state.PeerCertificates[0]))
	return secure, nil
}

// startTLS asks for encryption before the library has the connection, so that
// the guard sees the messages and not the cipher. Not a byte after the answer is
// read in the clear.
func startTLS(raw net.Conn) error {
	request := ber.NewSequence("")
	request.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 1, ""))
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationExtendedRequest, nil, "")
	op.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 0, oidStartTLS, ""))
	request.AppendChild(op)
	if _, err := raw.Write(request.Bytes()); err != nil {
		return err
	}
	var answer message
	if err := answer.read(raw); err != nil {
		return plainly(err)
	}
	if answer.op != opExtended {
		return fmt.Errorf("the server answered something else (%#02x)", answer.op)
	}
	packet, err := ber.DecodePacketErr(answer.buf)
	if err != nil {
		return err
	}
	if err := ldap.GetLDAPError(packet); err != nil {
		return fmt.Errorf("the server, or somebody on the way to it, refuses to encrypt, and nothing is sent in the clear: %w", err)
	}
	return answersStartTLS(packet)
}

// answersStartTLS refuses a success that belongs to another request: it has a
// number and may have a name.
func answersStartTLS(packet *ber.Packet) error {
	if id, ok := packet.Children[0].Value.(int64); !ok || id != 1 {
		return errors.New("the server answered a request that was not made")
	}
	for _, c := range packet.Children[1].Children {
		const responseName = 10
		if c.ClassType == ber.ClassContext && c.Tag == responseName && c.Data.String() != oidStartTLS {
			return fmt.Errorf("the server answered something else (%q)", c.Data.String())
		}
	}
	return nil
}

func (cn *conn) bind(ctx context.Context, c *Collector) error {
	cn.identity = "anonymous"
	bind, wrong := func() error { return nil }, ""
	switch b := c.cfg.Bind; {
	case b.External:
		cn.identity = "the client certificate"
		bind, wrong = cn.client.ExternalBind, "the server knows no account for it"
	case b.DN != "":
		cn.identity = b.DN
		bind, wrong = func() error { return cn.client.Bind(b.DN, c.password.Reveal()) }, "the DN or the password is wrong"
	}
	err := withoutEcho(cn.ear.reason(cn.do(ctx, bind)), c.password)
	switch {
	case err == nil:
		return nil
	case wrongCredentials(err):
		err = fmt.Errorf("%w: %s", err, wrong)
	case ldap.IsErrorWithCode(err, ldap.LDAPResultReferral):
		err = fmt.Errorf("%w: the server refers to another one, which is told nothing; name the one that knows the account in url", err)
	default:
		err = plainly(err)
	}
	return fmt.Errorf("bind as %s: %w", cn.identity, err)
}

// withoutEcho drops the words of a server that repeats the password.
func withoutEcho(err error, password connectors.Secret) error {
	var refusal *ldap.Error
	if err == nil || password.IsEmpty() || !strings.Contains(err.Error(), password.Reveal()) {
		return err
	}
	code := uint16(ldap.ErrorNetwork)
	if errors.As(err, &refusal) {
		code = refusal.ResultCode
	}
	return ldap.NewError(code, errors.New("what the server says is withheld, for it repeats the password"))
}

func wrongCredentials(err error) bool {
	return ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials)
}

// refuses reports whether a server refuses the account itself: the next one would
// count another failure against it. 389 Directory Server says so of a locked
// account with 19 or 53.
func refuses(err error) bool {
	return ldap.IsErrorAnyOf(err, ldap.LDAPResultInvalidCredentials, ldap.LDAPResultConstraintViolation, ldap.LDAPResultUnwillingToPerform, ldap.LDAPResultInsufficientAccessRights)
}

// do runs one request of the library. It gives up when ctx does or when the
// answer takes too long, by closing the connection under the library, which knows
// no contexts; a panic of the library becomes an error.
func (cn *conn) do(ctx context.Context, request func() error) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, cn.timeout, noAnswer(cn.timeout))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = cn.guard.Conn.Close() })
	defer stop()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the LDAP library cannot decode what the server sent: %v", p)
		}
	}()
	return causeOr(ctx, request())
}

func noAnswer(after time.Duration) error {
	return fmt.Errorf("no answer within %s", after)
}

// causeOr returns why ctx ended, if it did, else err.
func causeOr(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// A rootDSE is what a server tells of itself.
type rootDSE struct {
	contexts []string
	vendor   string
	paging   bool
	whoami   bool
	ad       bool // a domain controller
	lds      bool // Active Directory without a domain
	policy   bool // knows the password policy control

	// Of Active Directory:
	name           string // the server's own
	defaultContext string // the head of the domain
	configContext  string
	usn            string // of the last change
}

const (
	oidPaging    = ldap.ControlTypePaging
	oidWhoAmI    = ldap.ControlTypeWhoAmI
	oidStartTLS  = "1.3.6.1.4.1.1466.20037"
	oidPolicy    = ldap.ControlTypeBeheraPasswordPolicy
	oidADService = "1.2.840.113556.1.4.800"
	oidADLDS     = "1.2.840.113556.1.4.1851"
)

// greet reads the root DSE and asks who we are.
func (cn *conn) greet(ctx context.Context) error {
	entries, err := cn.read(ctx, "", rootAttributes())
	if err != nil {
		return fmt.Errorf("root DSE: %w", err)
	}
	if len(entries) != 1 {
		return errors.New("root DSE: not readable; let the bind identity read the empty DN")
	}
	cn.root = parseRootDSE(entries[0])
	if !cn.root.paging {
		return errors.New("the server does not list the paged results control, without which no reading is known to be complete")
	}
	if cn.root.whoami {
		cn.whoami(ctx)
	}
	return ctx.Err()
}

func parseRootDSE(e directory.Entry) rootDSE {
	r := rootDSE{contexts: texts(e, "namingContexts"), vendor: "unknown"}
	if v := texts(e, "vendorName"); len(v) > 0 {
		r.vendor = strings.Join(append(v[:1:1], texts(e, "vendorVersion")...), " ")
	} else if slices.Contains(texts(e, "structuralObjectClass"), "OpenLDAProotDSE") {
		r.vendor = "OpenLDAP"
	}
	for _, oid := range texts(e, "supportedControl") {
		r.paging = r.paging || oid == oidPaging
		r.policy = r.policy || oid == oidPolicy
	}
	for _, oid := range texts(e, "supportedExtension") {
		r.whoami = r.whoami || oid == oidWhoAmI
	}
	for _, oid := range texts(e, "supportedCapabilities") {
		r.ad = r.ad || oid == oidADService
		r.lds = r.lds || oid == oidADLDS
	}
	for name, to := range map[string]*string{"dnsHostName": &r.name, "defaultNamingContext": &r.defaultContext, "configurationNamingContext": &r.configContext, "highestCommittedUSN": &r.usn} {
		*to = valueOf(e, name)
	}
	return r
}

// rootAttributes are what is read of the root DSE.
func rootAttributes() []string {
	return []string{
		"namingContexts", "supportedControl", "supportedExtension", "supportedCapabilities", "vendorName", "vendorVersion", "structuralObjectClass",
		"dnsHostName", "defaultNamingContext", "configurationNamingContext", "highestCommittedUSN",
	}
}

// dialect returns the dialect that the configuration names, else the one of this
// kind of server. One that contradicts the server is refused.
func (r rootDSE) dialect(named string) (directory.Dialect, error) {
	found := "openldap"
	switch {
	case r.ad:
		found = "ad"
	case strings.Contains(r.vendor, "389"):
		found = "389ds"
	}
	if named == "" && r.lds && !r.ad {
		return directory.Dialect{}, errors.New("this is Active Directory Lightweight Directory Services, which has no domain; set dialect: openldap to read it by its classes, without the status of accounts")
	}
	if named == "" {
		named = found
	}
	if (named == "ad") != r.ad {
		return directory.Dialect{}, fmt.Errorf("dialect %s: the server is of the dialect %s", named, found)
	}
	return directory.DialectNamed(named)
}

// whoami replaces the identity by what the server calls us. A server that will
// not say leaves it as configured.
func (cn *conn) whoami(ctx context.Context) {
	var answer *ldap.WhoAmIResult
	err := cn.do(ctx, func() (err error) {
		answer, err = cn.client.WhoAmI(nil)
		return err
	})
	if err == nil && answer.AuthzID != "" {
		cn.identity = answer.AuthzID
	}
}
