// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/foureyes-iga/foureyes/connectors"
)

const hush = "hush-hush"

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// certificate makes a certificate with its key, as PEM.
func certificate(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	_ = pem.Encode(&b, &pem.Block{Type: "PRIVATE KEY", Bytes: raw})
	_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: cert})
	return b.String()
}

// TestCredentials opens every kind of credential, which connects nowhere.
func TestCredentials(t *testing.T) {
	t.Setenv("FOUREYES_TEST_SECRET", hush)
	log := slog.New(slog.DiscardHandler)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	lonely := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))
	public, err := nationOf("")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		cfg  CredentialConfig
		log  *slog.Logger
		want string // the type, or a part of the error
	}{
		{"secret of the environment", CredentialConfig{ClientID: "a", ClientSecretEnv: "FOUREYES_TEST_SECRET"}, nil, "ClientSecretCredential"},
		{"secret of a file", CredentialConfig{ClientID: "a", ClientSecretFile: write(t, hush+"\n")}, nil, "ClientSecretCredential"},
		{"empty environment", CredentialConfig{ClientID: "a", ClientSecretEnv: "FOUREYES_TEST_NOTHING"}, nil, "environment variable FOUREYES_TEST_NOTHING is empty"},
		{"empty file", CredentialConfig{ClientID: "a", ClientSecretFile: write(t, "\n")}, nil, "is empty"},
		{"no file", CredentialConfig{ClientID: "a", ClientSecretFile: "/does/not/exist"}, nil, "/does/not/exist"},
		{"certificate", CredentialConfig{ClientID: "a", CertificateFile: write(t, certificate(t))}, nil, "ClientCertificateCredential"},
		{"no certificate", CredentialConfig{ClientID: "a", CertificateFile: write(t, hush)}, nil, "want a certificate"},
		{"key without certificate", CredentialConfig{ClientID: "a", CertificateFile: write(t, lonely)}, nil, "want a certificate"},
		{"no certificate file", CredentialConfig{ClientID: "a", CertificateFile: "/does/not/exist"}, nil, "certificate_file"},
		{"empty certificate password", CredentialConfig{ClientID: "a", CertificateFile: write(t, certificate(t)), CertificatePasswordEnv: "FOUREYES_TEST_NOTHING"}, nil, "is empty"},
		{"workload", CredentialConfig{ClientID: "a", WorkloadIdentity: true, TokenFile: "x"}, nil, "WorkloadIdentityCredential"},
		{"machine", CredentialConfig{ManagedIdentity: true}, nil, "ManagedIdentityCredential"},
		{"machine by name", CredentialConfig{ManagedIdentity: true, ClientID: "a"}, nil, "ManagedIdentityCredential"},
		{"device code", CredentialConfig{ClientID: "a", DeviceCode: true}, log, "DeviceCodeCredential"},
		{"device code unseen", CredentialConfig{ClientID: "a", DeviceCode: true}, nil, "no log"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := newCredential(Config{Tenant: "contoso.com", Credential: tt.cfg}, public, tt.log)
			got := fmt.Sprint(err)
			if err == nil {
				source, err := c.open()
				got = fmt.Sprintf("%T %v", source, err)
			}
			if !strings.Contains(got, tt.want) || strings.Contains(got, hush) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if text := fmt.Sprintf("%+v %#v", c.secrets, c.secrets); strings.Contains(text, hush) {
				t.Errorf("printed: %s", text)
			}
		})
	}
}

func TestNewClientRefuses(t *testing.T) {
	for name, cfg := range map[string]Config{
		"a wrong configuration": {},
		"an empty secret":       {Tenant: "contoso.com", Credential: CredentialConfig{ClientID: "a", ClientSecretEnv: "FOUREYES_TEST_NOTHING"}},
	} {
		if c, err := newClient(cfg, connectors.Options{}); err == nil || c != nil {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
}

func TestDeviceCodeIsTold(t *testing.T) {
	var b bytes.Buffer
	say := prompt(slog.New(slog.NewTextHandler(&b, nil)))
	err := say(t.Context(), azidentity.DeviceCodeMessage{Message: "Open https://microsoft.com/devicelogin and enter ABC\x1b[2J."})
	if err != nil || !strings.Contains(b.String(), "enter ABC") || strings.Contains(b.String(), "x1b") {
		t.Errorf("%v, %s", err, &b)
	}
}
