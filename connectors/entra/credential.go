// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/foureyes-iga/foureyes/connectors"
)

// A credential makes the source of tokens that the configuration chose. It is
// made anew when a token must not come from its cache.
type credential struct {
	open    func() (azcore.TokenCredential, error)
	secrets []connectors.Secret // what must never be said
	asks    bool                // it asks a person, so it is made only once
}

// patience is how long a token may take. A person needs longer than a service.
func (c credential) patience() time.Duration {
	if c.asks {
		return 20 * time.Minute
	}
	return 2 * time.Minute
}

// newCredential reads the secrets, and connects nowhere.
func newCredential(cfg Config, n nation, log *slog.Logger) (credential, error) {
	way, err := cfg.Credential.way()
	if err != nil {
		return credential{}, err
	}
	options := azcore.ClientOptions{Cloud: n.login}
	switch way {
	case "client_secret_env", "client_secret_file":
		return cfg.byClientSecret(options)
	case "certificate_file":
		return cfg.byCertificate(options)
	case "workload_identity":
		return cfg.byWorkloadIdentity(options), nil
	case "managed_identity":
		return cfg.byManagedIdentity(options), nil
	case "device_code":
		return cfg.byDeviceCode(options, log)
	}
	token := cfg.Credential.Token
	if way == "static_token_env" {
		token, err = secretFrom(cfg.Credential.StaticTokenEnv, "")
	}
	return credential{
		open:    func() (azcore.TokenCredential, error) { return staticToken{token}, nil },
		secrets: []connectors.Secret{token},
	}, err
}

func (c Config) byClientSecret(o azcore.ClientOptions) (credential, error) {
	secret, err := secretFrom(c.Credential.ClientSecretEnv, c.Credential.ClientSecretFile)
	return credential{
		open: func() (azcore.TokenCredential, error) {
			return azidentity.NewClientSecretCredential(c.Tenant, c.Credential.ClientID, secret.Reveal(),
				&azidentity.ClientSecretCredentialOptions{ClientOptions: o})
		},
		secrets: []connectors.Secret{secret},
	}, err
}

func (c Config) byCertificate(o azcore.ClientOptions) (credential, error) {
	raw, err := os.ReadFile(c.Credential.CertificateFile)
	if err != nil {
		return credential{}, fmt.Errorf("certificate_file: %w", err)
	}
	var password connectors.Secret
	if c.Credential.CertificatePasswordEnv != "" {
		if password, err = secretFrom(c.Credential.CertificatePasswordEnv, ""); err != nil {
			return credential{}, err
		}
	}
	certs, key, err := azidentity.ParseCertificates(raw, []byte(password.Reveal()))
	if err != nil { // the cause may quote what it could not read
		return credential{}, fmt.Errorf("certificate_file %s: want a certificate with its key, as PEM or PKCS #12, and the right certificate_password_env", c.Credential.CertificateFile)
	}
	return credential{
		open: func() (azcore.TokenCredential, error) {
			return azidentity.NewClientCertificateCredential(c.Tenant, c.Credential.ClientID, certs, key,
				&azidentity.ClientCertificateCredentialOptions{ClientOptions: o})
		},
		secrets: []connectors.Secret{password},
	}, nil
}

func (c Config) byWorkloadIdentity(o azcore.ClientOptions) credential {
	return credential{open: func() (azcore.TokenCredential, error) {
		return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
			ClientOptions: o, TenantID: c.Tenant, ClientID: c.Credential.ClientID, TokenFilePath: c.Credential.TokenFile,
		})
	}}
}

func (c Config) byManagedIdentity(o azcore.ClientOptions) credential {
	options := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: o}
	if c.Credential.ClientID != "" {
		options.ID = azidentity.ClientID(c.Credential.ClientID)
	}
	return credential{open: func() (azcore.TokenCredential, error) {
		return azidentity.NewManagedIdentityCredential(options)
	}}
}

// byDeviceCode tells the code by the log: without one nobody could read it.
func (c Config) byDeviceCode(o azcore.ClientOptions, log *slog.Logger) (credential, error) {
	if log == nil {
		return credential{}, errors.New("device_code: there is no log to show the code in; use another credential where nobody watches")
	}
	return credential{asks: true, open: func() (azcore.TokenCredential, error) {
		return azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
			ClientOptions: o, TenantID: c.Tenant, ClientID: c.Credential.ClientID, UserPrompt: prompt(log),
		})
	}}, nil
}

func prompt(log *slog.Logger) func(context.Context, azidentity.DeviceCodeMessage) error {
	return func(ctx context.Context, m azidentity.DeviceCodeMessage) error {
		log.WarnContext(ctx, "sign in with a device code", slog.String("message", clean(m.Message, maxMessage)))
		return nil
	}
}

// secretFrom reads a secret from an environment variable or else from a file. An
// empty one is refused.
func secretFrom(env, file string) (connectors.Secret, error) {
	text, from := os.Getenv(env), "environment variable "+env
	if env == "" {
		raw, err := os.ReadFile(file)
		if err != nil {
			return connectors.Secret{}, fmt.Errorf("credential: %w", err)
		}
		text, from = strings.TrimRight(string(raw), "\r\n"), file
	}
	if text == "" {
		return connectors.Secret{}, fmt.Errorf("credential: the secret in %s is empty", from)
	}
	return connectors.NewSecret(text), nil
}

// A staticToken is a token that tests bring along.
type staticToken struct{ token connectors.Secret }

// GetToken implements [azcore.TokenCredential].
func (s staticToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: s.token.Reveal(), ExpiresOn: time.Unix(1<<40, 0)}, nil
}
