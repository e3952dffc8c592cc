// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	abstractions "github.com/microsoft/kiota-abstractions-go"
)

// tokens gives each request its token, if it goes to the endpoint. The
// credential keeps tokens and renews them in time.
type tokens struct {
	credential credential
	scope      string
	endpoint   endpoint

	mu     sync.Mutex
	source azcore.TokenCredential
	last   string // token handed out
}

// get returns the token of now. With a challenge it is a new one that answers it.
func (t *tokens) get(ctx context.Context, challenge string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.locked(ctx, challenge)
}

func (t *tokens) locked(ctx context.Context, challenge string) (string, error) {
	if t.source == nil {
		s, err := t.credential.open()
		if err != nil {
			return "", t.refusal(err)
		}
		t.source = s
	}
	within, cancel := context.WithTimeout(ctx, t.credential.patience())
	defer cancel()
	token, err := t.source.GetToken(within, policy.TokenRequestOptions{Scopes: []string{t.scope}, Claims: challenge, EnableCAE: true})
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	if err == nil && token.Token == "" {
		err = errors.New("the credential gave an empty token")
	}
	if err != nil {
		return "", t.refusal(err)
	}
	t.last = token.Token
	return token.Token, nil
}

// renew replaces a token that was not accepted. When another request has done so
// already, there is nothing to do.
func (t *tokens) renew(ctx context.Context, refused, challenge string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last != refused {
		return nil
	}
	if challenge == "" && !t.credential.asks {
		t.source = nil // its cache would give the same token again
	}
	_, err := t.locked(ctx, challenge)
	return err
}

// refusal says why there is no token, without what must not be said.
func (t *tokens) refusal(err error) error {
	text := err.Error()
	for _, s := range t.credential.secrets {
		text = redact(text, s.Reveal())
	}
	return &refusal{kind: expired, path: "access token", message: clean(text, maxMessage)}
}

// hide takes the token and the secrets out of a text that Graph sent.
func (t *tokens) hide(text string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text = redact(text, t.last)
	for _, s := range t.credential.secrets {
		text = redact(text, s.Reveal())
	}
	return text
}

// redact takes a secret out of a text that comes from outside.
func redact(text, secret string) string {
	if secret == "" {
		return text
	}
	return strings.ReplaceAll(text, secret, "[secret]")
}

// AuthenticateRequest implements the authentication provider of Kiota.
func (t *tokens) AuthenticateRequest(ctx context.Context, r *abstractions.RequestInformation, _ map[string]any) error {
	u, err := r.GetUri()
	if err != nil {
		return err
	}
	if !t.endpoint.owns(u) {
		return fmt.Errorf("no token for %s", clean(u.Host, maxCode))
	}
	token, err := t.get(ctx, "")
	if err != nil {
		return err
	}
	r.Headers.Remove("Authorization")
	r.Headers.Add("Authorization", "Bearer "+token)
	return nil
}

// challengeOf returns the claims that an answer of 401 demands of the next token,
// or nothing.
func challengeOf(authenticate string) string {
	_, rest, _ := strings.Cut(authenticate, `claims="`)
	value, _, found := strings.Cut(rest, `"`)
	raw, ok := unbase64(value)
	if !found || !ok || len(raw) > maxChallenge || !json.Valid(raw) {
		return ""
	}
	return string(raw)
}

const maxChallenge = 8 << 10

// unbase64 decodes either alphabet, padded or not.
func unbase64(s string) ([]byte, bool) {
	s = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(s, "="))
	raw, err := base64.RawURLEncoding.DecodeString(s)
	return raw, err == nil
}

// claims are what the access token says of itself. They are not verified: they
// explain, and decide nothing.
type claims struct {
	known      bool // false for a token that is not a JWT
	roles, scp []string
	tid, appid string
}

func claimsOf(token string) claims {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return claims{}
	}
	raw, ok := unbase64(parts[1])
	if !ok {
		return claims{}
	}
	var body struct {
		Roles      []string
		Scp        string
		Tid, Appid string
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		return claims{}
	}
	return claims{known: true, roles: body.Roles, scp: strings.Fields(body.Scp), tid: body.Tid, appid: body.Appid}
}
