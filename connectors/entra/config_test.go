// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"strings"
	"testing"
	"time"
)

func secretConfig() Config {
	return Config{Tenant: "contoso.onmicrosoft.com", Credential: CredentialConfig{ClientID: "app", ClientSecretEnv: "SECRET"}}
}

func TestConfigCheck(t *testing.T) {
	tests := []struct {
		name string
		set  func(*Config)
		says string // empty: it is fine
	}{
		{"a secret", func(*Config) {}, ""},
		{"a tenant's id", func(c *Config) { c.Tenant = "0f5c1d2e-1111-2222-3333-abcdefABCDEF" }, ""},
		{"no tenant", func(c *Config) { c.Tenant = "" }, "tenant"},
		{"a tenant with a path", func(c *Config) { c.Tenant = "contoso.com/../x" }, "tenant"},
		{"common", func(c *Config) { c.Tenant = "common" }, "tenant"},
		{"a tenant of two lines", func(c *Config) { c.Tenant = "contoso.com\nx.y" }, "tenant"},
		{"a cloud", func(c *Config) { c.Cloud = "usgov-dod" }, ""},
		{"another cloud", func(c *Config) { c.Cloud = "germany" }, "usgov-dod"},
		{"a timeout", func(c *Config) { c.Timeout = "90m" }, ""},
		{"a timeout without unit", func(c *Config) { c.Timeout = "90" }, "timeout"},
		{"no time", func(c *Config) { c.Timeout = "0s" }, "timeout"},
		{"connections", func(c *Config) { c.Connections = 16 }, ""},
		{"too many connections", func(c *Config) { c.Connections = 17 }, "connections"},
		{"negative connections", func(c *Config) { c.Connections = -1 }, "connections"},
		{"an endpoint here", func(c *Config) { c.Endpoint, c.Plaintext = "http://127.0.0.1:80", true }, ""},
		{"an endpoint here by name", func(c *Config) { c.Endpoint, c.Plaintext = "http://localhost:80/", true }, ""},
		{"an endpoint here by IPv6", func(c *Config) { c.Endpoint, c.Plaintext = "http://[::1]:80", true }, ""},
		{"an encrypted endpoint here", func(c *Config) { c.Endpoint = "https://127.0.0.1:80" }, ""},
		{"an endpoint in the clear", func(c *Config) { c.Endpoint = "http://127.0.0.1:80" }, "plaintext"},
		{"an encrypted endpoint in the clear", func(c *Config) { c.Endpoint, c.Plaintext = "https://127.0.0.1", true }, "plaintext"},
		{"an endpoint elsewhere", func(c *Config) { c.Endpoint = "https://graph.example.com" }, "this machine"},
		{"an endpoint almost here", func(c *Config) { c.Endpoint = "https://localhost.example.com" }, "this machine"},
		{"an endpoint with a path", func(c *Config) { c.Endpoint = "https://127.0.0.1/v1.0" }, "endpoint"},
		{"an endpoint with a password", func(c *Config) { c.Endpoint = "https://a:hush@127.0.0.1" }, "endpoint"},
		{"an endpoint of FTP", func(c *Config) { c.Endpoint = "ftp://127.0.0.1" }, "endpoint"},
		{"an endpoint that is none", func(c *Config) { c.Endpoint = "127.0.0.1:80" }, "endpoint"},
		{"the clear without endpoint", func(c *Config) { c.Plaintext = true }, "plaintext"},
		{"no credential", func(c *Config) { c.Credential = CredentialConfig{} }, "choose one of"},
		{"two credentials", func(c *Config) { c.Credential.DeviceCode = true }, "client_secret_env and device_code"},
		{"two secrets", func(c *Config) { c.Credential.ClientSecretFile = "x" }, "client_secret_env and client_secret_file"},
		{"no client", func(c *Config) { c.Credential.ClientID = "" }, "client_id"},
		{"the machine's identity", func(c *Config) { c.Credential = CredentialConfig{ManagedIdentity: true} }, ""},
		{"a workload's identity", func(c *Config) { c.Credential = CredentialConfig{WorkloadIdentity: true, TokenFile: "x"} }, ""},
		{"a token file alone", func(c *Config) { c.Credential.TokenFile = "x" }, "token_file"},
		{"a certificate", func(c *Config) {
			c.Credential = CredentialConfig{ClientID: "a", CertificateFile: "x", CertificatePasswordEnv: "y"}
		}, ""},
		{"a certificate's password alone", func(c *Config) { c.Credential.CertificatePasswordEnv = "x" }, "certificate_password_env"},
		{"a token for Microsoft", func(c *Config) { c.Credential = CredentialConfig{StaticTokenEnv: "x"} }, "static_token_env"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := secretConfig()
			tt.set(&cfg)
			err := cfg.check()
			switch {
			case tt.says == "" && err != nil:
				t.Errorf("check = %v", err)
			case tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("check = %v, want something about %s", err, tt.says)
			case err != nil && strings.Contains(err.Error(), "hush"):
				t.Errorf("check tells the password: %v", err)
			}
		})
	}
}

func TestClouds(t *testing.T) {
	for name, want := range map[string][2]string{
		"":          {"https://graph.microsoft.com/.default", "graph.microsoft.com:443"},
		"public":    {"https://graph.microsoft.com/.default", "graph.microsoft.com:443"},
		"usgov":     {"https://graph.microsoft.us/.default", "graph.microsoft.us:443"},
		"usgov-dod": {"https://dod-graph.microsoft.us/.default", "dod-graph.microsoft.us:443"},
		"china":     {"https://microsoftgraph.chinacloudapi.cn/.default", "microsoftgraph.chinacloudapi.cn:443"},
	} {
		n, err := nationOf(name)
		if err != nil {
			t.Fatal(err)
		}
		e, err := endpointOf(Config{}.address(n))
		if err != nil || n.scope() != want[0] || e != (endpoint{"https", want[1]}) || n.login.ActiveDirectoryAuthorityHost == "" {
			t.Errorf("%q: scope %s, endpoint %v, %v", name, n.scope(), e, err)
		}
	}
}

func TestDefaults(t *testing.T) {
	if d, err := (Config{}).timeout(); d != 4*time.Hour || err != nil {
		t.Errorf("timeout %v, %v", d, err)
	}
	if n := (Config{}).connections(); n != 4 {
		t.Errorf("%d connections", n)
	}
}
