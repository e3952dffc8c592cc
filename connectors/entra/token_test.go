// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-cmp/cmp"
	abstractions "github.com/microsoft/kiota-abstractions-go"

	"github.com/foureyes-iga/foureyes/connectors"
)

type tokenFunc func(policy.TokenRequestOptions) (string, error)

func (f tokenFunc) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := f(o)
	return azcore.AccessToken{Token: token}, err
}

// caching is a credential that keeps its token until it is made anew, or a
// challenge comes.
func caching(scopes, challenges *[]string) credential {
	var made atomic.Int32
	return credential{open: func() (azcore.TokenCredential, error) {
		token := fmt.Sprintf("token-%d", made.Add(1))
		return tokenFunc(func(o policy.TokenRequestOptions) (string, error) {
			*scopes = append(*scopes, o.Scopes...)
			if o.Claims != "" {
				*challenges = append(*challenges, o.Claims)
				token += "-challenged"
			}
			return token, nil
		}), nil
	}}
}

func TestRenewsOnce(t *testing.T) {
	claims := base64.StdEncoding.EncodeToString([]byte(`{"access_token":{"nbf":{"value":"1"}}}`))
	tests := []struct {
		name, authenticate, accepts string
		challenges                  int
	}{
		{"without a challenge", "", "token-2", 0},
		{"with a challenge", `Bearer realm="", error="insufficient_claims", claims="` + claims + `"`, "token-1-challenged", 1},
		{"with a challenge that is none", `Bearer claims="%%"`, "token-2", 0},
		{"with claims without quotes", `Bearer claims=x`, "token-2", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var scopes, challenges, came []string
			s := newStage(t, func(w http.ResponseWriter, r *http.Request) {
				token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
				came = append(came, token)
				if token != tt.accepts {
					reply{status: 401, headers: map[string]string{"WWW-Authenticate": tt.authenticate}}.send(w, r)
					return
				}
				reply{body: people("1")}.send(w, r)
			})
			s.tokens.credential = caching(&scopes, &challenges)
			if _, _, err := s.lists(t, users()); err != nil {
				t.Fatal(err)
			}
			if want := []string{"token-1", tt.accepts}; !cmp.Equal(came, want) || len(challenges) != tt.challenges {
				t.Errorf("came %q, want %q; challenges %q", came, want, challenges)
			}
			if scopes[0] != "https://graph.microsoft.com/.default" {
				t.Errorf("scope %s", scopes[0])
			}
		})
	}
}

func TestRenewsForAllThatWait(t *testing.T) {
	var scopes, challenges []string
	b := &switchboard{t: t, answers: map[string][]string{}}
	for _, g := range []string{"a", "b", "c"} {
		b.answers["/groups/"+g+"/members"] = []string{bad(401, "x"), good(people("1"))}
	}
	s := newStage(t, b.ServeHTTP)
	s.tokens.credential = caching(&scopes, &challenges)
	if _, _, err := s.hears(t, members("a", "b", "c")); err != nil {
		t.Fatal(err)
	}
	if s.tokens.last != "token-2" {
		t.Errorf("the last token is %s, want the second", s.tokens.last)
	}
}

func TestNoToken(t *testing.T) {
	for name, open := range map[string]func() (azcore.TokenCredential, error){
		"refused": func() (azcore.TokenCredential, error) { return nil, errors.New("no\nthing with " + hush) },
		"not told": func() (azcore.TokenCredential, error) {
			return tokenFunc(func(policy.TokenRequestOptions) (string, error) { return "", nil }), nil
		},
		"denied": func() (azcore.TokenCredential, error) {
			return tokenFunc(func(policy.TokenRequestOptions) (string, error) {
				return "", errors.New("AADSTS7000215: not " + hush + "\x1b[31m")
			}), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, func(http.ResponseWriter, *http.Request) { t.Error("asked without a token") })
			s.tokens.credential = credential{open: open, secrets: []connectors.Secret{connectors.NewSecret(hush)}}
			_, _, err := s.lists(t, users())
			if r := wantKind(t, err, expired); strings.Contains(r.Error(), hush) || strings.ContainsAny(r.Error(), "\n\x1b") {
				t.Errorf("says %q", r)
			}
			_, _, err = s.hears(t, members("a"))
			wantKind(t, err, expired)
			_, err = s.claims(t.Context())
			wantKind(t, err, expired)
		})
	}
}

func TestTokensStayAtTheEndpoint(t *testing.T) {
	s := newStage(t, nil)
	for _, address := range []string{"http://127.0.0.1:1/v1.0/users", "https://graph.microsoft.com/v1.0/users", s.url + "/beta/users"} {
		r := abstractions.NewRequestInformation()
		r.PathParameters["request-raw-url"], r.UrlTemplate = address, "{request-raw-url}"
		if err := s.tokens.AuthenticateRequest(t.Context(), r, nil); err == nil || len(r.Headers.Get("Authorization")) > 0 {
			t.Errorf("%s: %v, %q", address, err, r.Headers.Get("Authorization"))
		}
	}
}

func TestClaims(t *testing.T) {
	jwt := func(body string) string { return "e30." + base64.RawURLEncoding.EncodeToString([]byte(body)) + ".sig" }
	tests := []struct {
		token string
		want  claims
	}{
		{jwt(`{"tid":"t","appid":"a","roles":["User.Read.All","Group.Read.All"]}`), claims{known: true, tid: "t", appid: "a", roles: []string{"User.Read.All", "Group.Read.All"}}},
		{jwt(`{"scp":"User.Read  Group.Read"}`), claims{known: true, scp: []string{"User.Read", "Group.Read"}}},
		{jwt(`{"roles":"x"}`), claims{}},
		{jwt(`x`), claims{}},
		{"a.%.c", claims{}},
		{"opaque", claims{}},
	}
	for _, tt := range tests {
		got := claimsOf(tt.token)
		if len(got.scp) == 0 {
			got.scp = nil
		}
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(claims{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.token, diff)
		}
	}
	s := newStage(t, nil)
	if got, err := s.claims(t.Context()); err != nil || got.known {
		t.Errorf("claims = %+v, %v", got, err)
	}
}
