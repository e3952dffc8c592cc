// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"github.com/foureyes-iga/foureyes/connectors"
)

// Config is the configuration of a source of type entra. Paths are resolved.
type Config struct {
	Tenant      string            `yaml:"tenant"` // GUID or domain
	Cloud       string            `yaml:"cloud"`  // public (also when empty), usgov, usgov-dod, china
	Credential  CredentialConfig  `yaml:"credential"`
	Endpoint    string            `yaml:"endpoint"`    // instead of the cloud's, on this machine only
	Plaintext   bool              `yaml:"plaintext"`   // allow an endpoint without TLS
	Timeout     string            `yaml:"timeout"`     // of everything; empty means 4h
	Connections int               `yaml:"connections"` // most requests at a time; 0 means 4
	Attributes  map[string]string `yaml:"attributes"`
	Mailboxes   *bool             `yaml:"mailboxes"`

	// Transport carries requests to an endpoint of one's own instead of the network:
	// to a server in the same process.
	Transport http.RoundTripper `yaml:"-"`
}

// CredentialConfig says who reads. Exactly one way is chosen.
type CredentialConfig struct {
	ClientID               string `yaml:"client_id"`
	ClientSecretEnv        string `yaml:"client_secret_env"`
	ClientSecretFile       string `yaml:"client_secret_file"`
	CertificateFile        string `yaml:"certificate_file"` // PEM or PKCS #12, with the key
	CertificatePasswordEnv string `yaml:"certificate_password_env"`
	WorkloadIdentity       bool   `yaml:"workload_identity"`
	ManagedIdentity        bool   `yaml:"managed_identity"`
	DeviceCode             bool   `yaml:"device_code"`
	TokenFile              string `yaml:"token_file"`       // of workload_identity
	StaticTokenEnv         string `yaml:"static_token_env"` // for tests, with an endpoint

	// Token is what static_token_env would name, from the program itself.
	Token connectors.Secret `yaml:"-"`
}

const (
	defaultTimeout     = 4 * time.Hour
	defaultConnections = 4
	mostConnections    = 16
)

// A nation is one cloud of Microsoft's: where Graph is, and who gives tokens.
type nation struct {
	graph string
	login cloud.Configuration
}

func nationOf(name string) (nation, error) {
	switch name {
	case "", "public":
		return nation{"https://graph.microsoft.com", cloud.AzurePublic}, nil
	case "usgov":
		return nation{"https://graph.microsoft.us", cloud.AzureGovernment}, nil
	case "usgov-dod":
		return nation{"https://dod-graph.microsoft.us", cloud.AzureGovernment}, nil
	case "china":
		return nation{"https://microsoftgraph.chinacloudapi.cn", cloud.AzureChina}, nil
	}
	return nation{}, fmt.Errorf("cloud %q: want public, usgov, usgov-dod or china", name)
}

// scope is what a token is asked for. The short form without a host would mean
// the public cloud.
func (n nation) scope() string { return n.graph + "/.default" }

// check refuses what contradicts itself, or would send tokens where they do not
// belong.
func (c Config) check() error {
	if _, err := nationOf(c.Cloud); err != nil {
		return err
	}
	if _, err := c.timeout(); err != nil {
		return err
	}
	if c.Connections < 0 || c.Connections > mostConnections {
		return fmt.Errorf("connections %d: want 1 to %d, or leave it out", c.Connections, mostConnections)
	}
	if err := checkTenant(c.Tenant); err != nil {
		return err
	}
	if err := c.checkEndpoint(); err != nil {
		return err
	}
	if err := c.Credential.check(); err != nil {
		return fmt.Errorf("credential: %w", err)
	}
	if (c.Credential.StaticTokenEnv != "" || !c.Credential.Token.IsEmpty() || c.Transport != nil) && c.Endpoint == "" {
		return errors.New("credential: static_token_env is for tests, with an endpoint of one's own; use another credential for Microsoft Graph")
	}
	return nil
}

func (c Config) timeout() (time.Duration, error) {
	if c.Timeout == "" {
		return defaultTimeout, nil
	}
	d, err := time.ParseDuration(c.Timeout)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("timeout %q: want a duration such as 4h", c.Timeout)
	}
	return d, nil
}

// address is where Graph is asked.
func (c Config) address(n nation) string { return cmp.Or(c.Endpoint, n.graph) }

func (c Config) connections() int {
	return cmp.Or(c.Connections, defaultConnections)
}

func checkTenant(s string) error {
	const guid = `[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`
	const domain = `([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]*[a-zA-Z0-9])?`
	ok, err := regexp.MatchString("^("+guid+"|"+domain+")$", s)
	if err != nil || !ok || len(s) > 253 {
		return fmt.Errorf("tenant %q: want the tenant's id or one of its domains, such as contoso.onmicrosoft.com", s)
	}
	return nil
}

// checkEndpoint allows an endpoint of one's own on this machine only: whoever
// answers there gets the token.
func (c Config) checkEndpoint() error {
	if c.Endpoint == "" {
		if c.Plaintext {
			return errors.New("plaintext is for an endpoint of one's own; Microsoft Graph is asked by https only")
		}
		return nil
	}
	u, err := url.Parse(c.Endpoint)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return errors.New("endpoint: want only scheme, host and port, as in http://127.0.0.1:8080")
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("endpoint of %s: want https:// or http://", u.Host)
	case u.Scheme == "https" && c.Plaintext:
		return fmt.Errorf("endpoint of %s: plaintext is for http://", u.Host)
	case u.Scheme == "http" && !c.Plaintext:
		return fmt.Errorf("endpoint of %s: http:// needs plaintext: true", u.Host)
	case !loopback(u.Hostname()):
		return fmt.Errorf("endpoint of %s: only addresses of this machine, such as 127.0.0.1; Microsoft's are chosen by cloud", u.Host)
	}
	return nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// way names the chosen credential by its key.
func (c CredentialConfig) way() (string, error) {
	all := []struct {
		key string
		set bool
	}{
		{"client_secret_env", c.ClientSecretEnv != ""},
		{"client_secret_file", c.ClientSecretFile != ""},
		{"certificate_file", c.CertificateFile != ""},
		{"workload_identity", c.WorkloadIdentity},
		{"managed_identity", c.ManagedIdentity},
		{"device_code", c.DeviceCode},
		{"static_token_env", c.StaticTokenEnv != ""},
		{"token", !c.Token.IsEmpty()},
	}
	way := ""
	for _, w := range all {
		switch {
		case w.set && way != "":
			return "", fmt.Errorf("%s and %s contradict each other: choose one", way, w.key)
		case w.set:
			way = w.key
		}
	}
	if way == "" {
		return "", errors.New("choose one of client_secret_env, client_secret_file, certificate_file, workload_identity, managed_identity and device_code")
	}
	return way, nil
}

func (c CredentialConfig) check() error {
	way, err := c.way()
	if err != nil {
		return err
	}
	// A managed identity may be the machine's own; workload identity may be told
	// the client by its environment.
	optional := way == "managed_identity" || way == "workload_identity" || way == "static_token_env" || way == "token"
	switch {
	case c.ClientID == "" && !optional:
		return fmt.Errorf("client_id: name the application that reads, beside %s", way)
	case c.TokenFile != "" && way != "workload_identity":
		return errors.New("token_file belongs to workload_identity")
	case c.CertificatePasswordEnv != "" && way != "certificate_file":
		return errors.New("certificate_password_env belongs to certificate_file")
	}
	return nil
}
