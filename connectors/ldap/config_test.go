// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/foureyes-iga/foureyes/connectors/ldap"
)

func sound() ldap.Config {
	return ldap.Config{URL: ldap.List{"ldaps://dc1.example.com"}, Base: ldap.List{"dc=x"}}
}

func TestConfigIsRefused(t *testing.T) {
	t.Setenv("EMPTY", "")
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		change func(*ldap.Config)
		want   string
	}{
		"no url":           {func(c *ldap.Config) { c.URL = nil }, "url:"},
		"bad url":          {func(c *ldap.Config) { c.URL = ldap.List{"dc1:636"} }, "want ldap"},
		"other scheme":     {func(c *ldap.Config) { c.URL = ldap.List{"https://dc1"} }, "want ldaps://"},
		"password in url":  {func(c *ldap.Config) { c.URL = ldap.List{"ldaps://me:secret@dc1"} }, "only scheme, host and port"},
		"global catalog":   {func(c *ldap.Config) { c.URL = ldap.List{"ldaps://dc1:3269"} }, "global catalog"},
		"plain":            {func(c *ldap.Config) { c.URL = ldap.List{"ldap://dc1"} }, "not encrypted"},
		"second one plain": {func(c *ldap.Config) { c.URL = append(c.URL, "ldap://dc2") }, "not encrypted"},
		"starttls in tls":  {func(c *ldap.Config) { c.StartTLS = true }, "starttls"},
		"contradiction":    {func(c *ldap.Config) { c.URL, c.StartTLS, c.Plaintext = ldap.List{"ldap://dc1"}, true, true }, "contradict"},
		"no base":          {func(c *ldap.Config) { c.Base = nil }, "base:"},
		"bad base":         {func(c *ldap.Config) { c.Base = ldap.List{"x"} }, "base:"},
		"base in a base":   {func(c *ldap.Config) { c.Base = ldap.List{"ou=a, DC=X", "dc=x"} }, "lies in"},
		"dialect":          {func(c *ldap.Config) { c.Dialect = "x500" }, "dialect"},
		"timeout":          {func(c *ldap.Config) { c.Timeout = "0s" }, "timeout"},
		"connections":      {func(c *ldap.Config) { c.Connections = -1 }, "connections"},
		"dn alone":         {func(c *ldap.Config) { c.Bind.DN = "cn=a" }, "needs password_env"},
		"password alone":   {func(c *ldap.Config) { c.Bind.PasswordEnv = "EMPTY" }, "no dn"},
		"empty password":   {func(c *ldap.Config) { c.Bind = ldap.Bind{DN: "cn=a", PasswordEnv: "EMPTY"} }, "EMPTY is empty"},
		"empty file":       {func(c *ldap.Config) { c.Bind = ldap.Bind{DN: "cn=a", PasswordFile: empty} }, "is empty"},
		"missing file":     {func(c *ldap.Config) { c.Bind = ldap.Bind{DN: "cn=a", PasswordFile: empty + "x"} }, "no such file"},
		"two passwords":    {func(c *ldap.Config) { c.Bind = ldap.Bind{DN: "cn=a", PasswordEnv: "EMPTY", PasswordFile: "x"} }, "not both"},
		"external with dn": {func(c *ldap.Config) { c.Bind = ldap.Bind{External: true, DN: "cn=a"} }, "external"},
		"external alone":   {func(c *ldap.Config) { c.Bind.External = true }, "cert_file"},
		"half a key pair":  {func(c *ldap.Config) { c.TLS.CertFile = "x" }, "belong together"},
		"missing ca_file":  {func(c *ldap.Config) { c.TLS.CAFile = empty + "x" }, "ca_file"},
		"empty ca_file":    {func(c *ldap.Config) { c.TLS.CAFile = empty }, "no certificate"},
		"pin":              {func(c *ldap.Config) { c.TLS.SPKIPin = "sha256/abc" }, "spki_pin"},
		"attribute":        {func(c *ldap.Config) { c.Attributes = map[string]string{"status": "a)(b"} }, "no attribute name"},
		"unknown status": {func(c *ldap.Config) {
			c.Attributes, c.Values = map[string]string{"status": "a"}, map[string]map[string]string{"status": {"1": "on"}}
		}, `"on" is none of`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := sound()
			test.change(&cfg)
			_, err := ldap.New(cfg, options())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error holds a password: %v", err)
			}
		})
	}
	if _, err := ldap.New(sound(), options()); err != nil {
		t.Errorf("a sound configuration: %v", err)
	}
}

func TestConfigYAML(t *testing.T) {
	text := `
url: ldaps://dc1.example.com:636
tls: {ca_file: ca.pem, server_name: dc1, spki_pin: p, cert_file: c, key_file: k}
bind: {dn: "cn=reader,dc=x", password_env: LDAP_PW}
base: ["dc=x", "dc=y"]
dialect: openldap
attributes: {employee_id: employeeNumber}
connections: 1
timeout: 30s
`
	var got ldap.Config
	if err := yaml.Load([]byte(text), &got, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	want := ldap.Config{
		URL: ldap.List{"ldaps://dc1.example.com:636"}, Base: ldap.List{"dc=x", "dc=y"}, Dialect: "openldap", Connections: 1, Timeout: "30s",
		TLS:  ldap.TLS{CAFile: "ca.pem", ServerName: "dc1", SPKIPin: "p", CertFile: "c", KeyFile: "k"},
		Bind: ldap.Bind{DN: "cn=reader,dc=x", PasswordEnv: "LDAP_PW"}, Attributes: map[string]string{"employee_id": "employeeNumber"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := yaml.Load([]byte("url: {a: b}"), &got); err == nil {
		t.Error("a mapping passed as a url")
	}
}

// TestSecretDoesNotPrint: whoever prints a collector sees no password.
func TestSecretDoesNotPrint(t *testing.T) {
	t.Setenv("LDAP_TEST_PW", "hunter2")
	cfg := sound()
	cfg.Bind = ldap.Bind{DN: "cn=a", PasswordEnv: "LDAP_TEST_PW"}
	c, err := ldap.New(cfg, options())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprintf("%v", c), fmt.Sprintf("%+v", *c), fmt.Sprintf("%#v", c)} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("the password prints: %s", text)
		}
	}
}
