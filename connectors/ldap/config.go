// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/foureyes-iga/foureyes/connectors"
)

// Config is the configuration of a source of type ldap. Paths are resolved.
type Config struct {
	URL         List                         `yaml:"url"` // tried in order
	StartTLS    bool                         `yaml:"starttls"`
	Plaintext   bool                         `yaml:"plaintext"` // allow ldap:// without TLS
	TLS         TLS                          `yaml:"tls"`
	Bind        Bind                         `yaml:"bind"`
	Base        List                         `yaml:"base"`
	Dialect     string                       `yaml:"dialect"`
	Attributes  map[string]string            `yaml:"attributes"`
	Values      map[string]map[string]string `yaml:"values"`
	Connections int                          `yaml:"connections"` // at most; two are used
	Timeout     string                       `yaml:"timeout"`     // of one answer; empty means 30s
}

// TLS says whom to trust. SPKIPin is the SHA-256 of the server's public key in
// base64, with or without "sha256/" before it; it is asked for besides a valid
// certificate, not instead of one.
type TLS struct {
	CAFile     string `yaml:"ca_file"`
	ServerName string `yaml:"server_name"`
	SPKIPin    string `yaml:"spki_pin"`
	CertFile   string `yaml:"cert_file"`
	KeyFile    string `yaml:"key_file"`
}

// Bind says who reads. The zero Bind is anonymous.
type Bind struct {
	DN           string `yaml:"dn"`
	PasswordEnv  string `yaml:"password_env"`
	PasswordFile string `yaml:"password_file"`
	External     bool   `yaml:"external"` // by the client certificate
}

// A List is a list of texts. In a configuration a single text may stand for it.
type List []string

// UnmarshalYAML implements [yaml.Unmarshaler].
func (l *List) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*l = List{n.Value}
		return nil
	}
	return n.Decode((*[]string)(l))
}

const defaultTimeout = 30 * time.Second

func parseTimeout(s string) (time.Duration, error) {
	if s == "" {
		return defaultTimeout, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("timeout %q: want a duration such as 30s", s)
	}
	return d, nil
}

// A server is one URL, understood.
type server struct {
	url  string // for people
	host string
	addr string
	tls  bool // from the first byte
}

func parseServers(cfg Config) ([]server, error) {
	if len(cfg.URL) == 0 {
		return nil, errors.New("url: name the server, as in ldaps://dc1.example.com")
	}
	var all []server
	for _, text := range cfg.URL {
		s, err := parseServer(text)
		if err != nil {
			return nil, err
		}
		if err := cfg.allow(s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func parseServer(text string) (server, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return server{}, fmt.Errorf("url %q: want ldaps://host:port", text)
	}
	if u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return server{}, fmt.Errorf("url of %s: only scheme, host and port belong there; bind and base have keys of their own", u.Host)
	}
	ports := map[string]string{"ldap": "389", "ldaps": "636"}
	port, ok := ports[u.Scheme]
	if !ok {
		return server{}, fmt.Errorf("url %q: want ldaps:// or ldap://", text)
	}
	if u.Port() != "" {
		port = u.Port()
	}
	if port == "3268" || port == "3269" {
		return server{}, fmt.Errorf("url %q: a global catalog does not know all members of groups; use port 636", text)
	}
	return server{u.Scheme + "://" + u.Host, u.Hostname(), net.JoinHostPort(u.Hostname(), port), u.Scheme == "ldaps"}, nil
}

// allow refuses what would send passwords in the clear, and what contradicts
// itself.
func (cfg Config) allow(s server) error {
	switch {
	case s.tls && cfg.StartTLS:
		return fmt.Errorf("%s: starttls is for ldap:// addresses", s.url)
	case s.tls && cfg.Plaintext:
		return fmt.Errorf("%s: plaintext is for ldap:// addresses; beside an encrypted one it would be what to fall back to", s.url)
	case cfg.Plaintext && cfg.StartTLS:
		return errors.New("plaintext and starttls contradict each other")
	case !s.tls && !cfg.StartTLS && !cfg.Plaintext:
		return fmt.Errorf("%s is not encrypted: use ldaps://, or set starttls: true", s.url)
	}
	return nil
}

// password resolves where the password comes from, and refuses an empty one: a
// server takes it for an anonymous bind.
func (b Bind) password() (connectors.Secret, error) {
	none := connectors.Secret{}
	switch {
	case b.External && (b.DN != "" || b.PasswordEnv != "" || b.PasswordFile != ""):
		return none, errors.New("bind: external needs no dn and no password")
	case b.PasswordEnv != "" && b.PasswordFile != "":
		return none, errors.New("bind: give password_env or password_file, not both")
	case b.DN == "" && (b.PasswordEnv != "" || b.PasswordFile != ""):
		return none, errors.New("bind: there is a password and no dn")
	case b.DN == "":
		return none, nil
	}
	text, from := "", "environment variable "+b.PasswordEnv
	switch {
	case b.PasswordEnv != "":
		text = os.Getenv(b.PasswordEnv)
	case b.PasswordFile != "":
		raw, err := os.ReadFile(b.PasswordFile)
		if err != nil {
			return none, fmt.Errorf("bind: password_file: %w", err)
		}
		text, from = strings.TrimRight(string(raw), "\r\n"), b.PasswordFile
	default:
		return none, errors.New("bind: a dn needs password_env or password_file")
	}
	if text == "" {
		return none, fmt.Errorf("bind: the password in %s is empty", from)
	}
	return connectors.NewSecret(text), nil
}

// config builds what TLS needs; ServerName is set per server.
func (t TLS) config() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("tls: ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls: ca_file %s: no certificate in it", t.CAFile)
		}
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		return nil, errors.New("tls: cert_file and key_file belong together")
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("tls: cert_file %s: %w", t.CertFile, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	if t.SPKIPin == "" {
		return c, nil
	}
	pin := strings.TrimPrefix(t.SPKIPin, "sha256/")
	if raw, err := base64.StdEncoding.DecodeString(pin); err != nil || len(raw) != sha256.Size {
		return nil, fmt.Errorf("tls: spki_pin %q: want the SHA-256 of the public key in base64", t.SPKIPin)
	}
	c.VerifyConnection = func(s tls.ConnectionState) error {
		if got := spki(s.PeerCertificates[0]); got != pin {
			return fmt.Errorf("the server's public key is sha256/%s, not the pinned one", got)
		}
		return nil
	}
	return c, nil
}

func spki(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}
