// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/connectors"
)

func hangUp(w http.ResponseWriter, _ *http.Request) {
	c, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = c.Close()
	}
}

func cutOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, `{"value":[{"id":"1"}`)
}

func cutOffPacked(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	_, _ = io.WriteString(z, people("1"))
	_ = z.Flush() // and no end
}

// TestTriesAgain has one bad answer in the middle of a list: the pages before it
// are not asked for again.
func TestTriesAgain(t *testing.T) {
	plain := map[string]string{"Content-Type": "text/html"}
	tests := []struct {
		name string
		bad  reply
	}{
		{"throttled", reply{status: 429, body: `{"error":{"code":"TooManyRequests"}}`}},
		{"internal", reply{status: 500, body: `{}`}},
		{"bad gateway", reply{status: 502, body: `<html>`, headers: plain}},
		{"unavailable", reply{status: 503}},
		{"gateway timeout", reply{status: 504}},
		{"bandwidth", reply{status: 509}},
		{"hung up", reply{then: hangUp}},
		{"cut off", reply{then: cutOff}},
		{"cut off when packed", reply{then: cutOffPacked}},
		{"no content", reply{then: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }}},
		{"partial content", reply{status: 206, body: people("9")}},
		{"empty", reply{}},
		{"a page of HTML", reply{body: "<html>sign in</html>", headers: plain}},
		{"JSON that says it is HTML", reply{body: people("9"), headers: plain}},
		{"HTML that says it is JSON", reply{body: "<html>"}},
		{"JSON cut at a line", reply{body: `{"value":[{"id":"9"}`}},
		{"something after the end", reply{body: people("9") + "{}"}},
		{"equal keys", reply{body: `{"value":[{"id":"9"}],"value":[]}`}},
		{"equal keys within", reply{body: `{"value":[{"id":"9","id":"8"}]}`}},
		{"not UTF-8", reply{body: "{\"value\":[{\"id\":\"\xff\"}]}"}},
		{"nested too deep", reply{body: strings.Repeat("[", 1000) + strings.Repeat("]", 1000)}},
		{"no value", reply{body: `{"@odata.context":"x"}`}},
		{"null for value", reply{body: `{"value":null}`}},
		{"object for value", reply{body: `{"value":{}}`}},
		{"an error that says it is none", reply{body: `{"error":{"code":"x"}}`}},
		{"a list", reply{body: `[]`}},
		{"null", reply{body: `null`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, play(t, reply{body: linked("{base}/users?$skiptoken=1", "1")}, tt.bad, tt.bad, reply{body: people("2")}))
			s.http.Transport.(*http.Transport).DisableKeepAlives = true // or Go asks again by itself
			ids, tally, err := s.lists(t, users())
			if err != nil || !cmp.Equal(ids, []string{"1", "2"}) || tally.pages != 2 || tally.requests != 4 {
				t.Errorf("took %q, %+v, %v", ids, tally, err)
			}
			if len(s.slept) != 2 || s.slept[0] < firstBackoff/2 || s.slept[1] <= s.slept[0]/2 {
				t.Errorf("slept %v", s.slept)
			}
		})
	}
}

func TestGivesUp(t *testing.T) {
	tests := []struct {
		name  string
		class class
		bad   reply
		want  kind
		tries int
	}{
		{"throttled", 0, reply{status: 429}, throttled, 8},
		{"unavailable", 0, reply{status: 503}, unavailable, 8},
		{"not implemented", 0, reply{status: 501}, unavailable, 1},
		{"hung up", 0, reply{then: hangUp}, unavailable, 8},
		{"malformed", 0, reply{body: `{"value":`}, broken, 8},
		{"denied", 0, reply{status: 403, body: `{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation."}}`}, denied, 1},
		{"denied on reports", classReports, reply{status: 403, body: `{"error":{"code":"Authorization_RequestDenied"}}`}, denied, 3},
		{"unlicensed", 0, reply{status: 403, body: `{"error":{"code":"Authentication_RequestFromNonPremiumTenantOrB2CTenant","message":"x"}}`}, unlicensed, 3},
		{"unlicensed in words", 0, reply{status: 403, body: `{"error":{"code":"UnknownError","message":"Tenant is not a B2C tenant and doesn't have premium license"}}`}, unlicensed, 3},
		{"unlicensed with 400", 0, reply{status: 400, body: `{"error":{"code":"AadPremiumLicenseRequired","message":"x"}}`}, unlicensed, 3},
		{"gone", 0, reply{status: 404, body: `{"error":{"code":"Request_ResourceNotFound"}}`}, gone, 1},
		{"gone for good", 0, reply{status: 410}, gone, 1},
		{"wrong filter", 0, reply{status: 400, body: `{"error":{"code":"Request_UnsupportedQuery"}}`}, rejected, 1},
		{"method", 0, reply{status: 405}, rejected, 1},
		{"credential", 0, reply{status: 401}, expired, 2},
		{"redirect", 0, reply{status: 301, headers: map[string]string{"Location": "/v1.0/users"}}, broken, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, tt.bad.send)
			if tt.bad.then != nil {
				s = newStage(t, tt.bad.then)
			}
			s.http.Transport.(*http.Transport).DisableKeepAlives = true
			q := users()
			q.class = tt.class
			_, tally, err := s.lists(t, q)
			wantKind(t, err, tt.want)
			if tally.requests != tt.tries {
				t.Errorf("asked %d times, want %d", tally.requests, tt.tries)
			}
		})
	}
}

func TestLicencesMayComeLate(t *testing.T) {
	no := reply{status: 403, body: `{"error":{"code":"Authentication_RequestFromNonPremiumTenantOrB2CTenant"}}`}
	s := newStage(t, play(t, no, no, reply{body: people("1")}))
	if ids, _, err := s.lists(t, users()); err != nil || len(ids) != 1 {
		t.Errorf("took %q, %v", ids, err)
	}
}

func TestStalls(t *testing.T) {
	stalled := make(chan struct{})
	s := newStage(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"value":[`)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-stalled:
		case <-r.Context().Done():
		}
	})
	defer close(stalled)
	s.patience = 20 * time.Millisecond
	_, tally, err := s.lists(t, users())
	if r := wantKind(t, err, unavailable); r.message != "no complete answer in time" || tally.requests != patiently {
		t.Errorf("%v after %d requests", r, tally.requests)
	}
}

// TestLargeAnswers lets answers go on for four times the bound. The reading stops
// long before.
func TestLargeAnswers(t *testing.T) {
	for _, packed := range []bool{false, true} {
		whole := make(chan bool, 1)
		s := newStage(t, play(t, reply{then: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			var to io.Writer = w
			if packed {
				w.Header().Set("Content-Encoding", "gzip")
				z := gzip.NewWriter(w)
				defer func() { _ = z.Close() }()
				to = z
			}
			var err error
			for n := 0; n < 4*maxBody>>20 && err == nil; n++ {
				_, err = io.WriteString(to, strings.Repeat(" ", 1<<20))
			}
			whole <- err == nil
		}}))
		_, tally, err := s.lists(t, users())
		if r := wantKind(t, err, broken); !strings.Contains(r.message, "64 MB") || tally.bytes != maxBody+1 {
			t.Errorf("%v after %d bytes", r, tally.bytes)
		}
		if <-whole && !packed { // packed, all of it fits on the way
			t.Error("read to the end")
		}
	}
}

func TestUnknownCertificate(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("asked") }))
	defer server.Close()
	t.Setenv("FOUREYES_TEST_TOKEN", theToken)
	c, err := newClient(Config{Tenant: "contoso.com", Endpoint: server.URL, Credential: CredentialConfig{StaticTokenEnv: "FOUREYES_TEST_TOKEN"}}, connectors.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.one(t.Context(), users())
	if r := wantKind(t, err, broken); !strings.Contains(r.message, "certificate") {
		t.Error(r)
	}
}

// TestWaitsAsTold has one answer that says when to come again.
func TestWaitsAsTold(t *testing.T) {
	tests := []struct {
		after string
		want  time.Duration
	}{
		{"10", 10 * time.Second},
		{"2.128", 2128 * time.Millisecond},
		{"Sun, 01 Mar 2026 12:00:30 GMT", 30 * time.Second},
		{"Sun, 01 Mar 2026 11:00:00 GMT", 0},
		{"3600", time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.after, func(t *testing.T) {
			s := newStage(t, play(t, reply{status: 429, headers: map[string]string{"Retry-After": tt.after}}, reply{body: people("1")}))
			start := s.time()
			if _, _, err := s.lists(t, users()); err != nil {
				t.Fatal(err)
			}
			if got := s.time().Sub(start); got != tt.want {
				t.Errorf("waited %v, want %v", got, tt.want)
			}
		})
	}
}

func TestNeverWaitsBeyondTheTimeout(t *testing.T) {
	s := newStage(t, play(t, reply{status: 429, headers: map[string]string{"Retry-After": "14401"}}, reply{body: people("1")}))
	_, _, err := s.lists(t, users())
	wantKind(t, err, throttled)
	if len(s.slept) != 0 {
		t.Errorf("slept %v", s.slept)
	}
	// The class waits as well, and does not wait in vain.
	_, _, err = s.lists(t, users())
	wantKind(t, err, throttled)
	policies := users()
	policies.class = classPolicies
	if _, _, err = s.lists(t, policies); err != nil {
		t.Errorf("another class: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	e := endpoint{"https", "graph.microsoft.com:443"}
	for link, want := range map[string]bool{
		"https://graph.microsoft.com/v1.0/users":            true,
		"https://GRAPH.microsoft.com:443/v1.0/users?$top=1": true,
		"https://graph.microsoft.com/v1.0/users/$count":     true,
		"https://graph.microsoft.com/v1.0":                  false,
		"https://graph.microsoft.com/beta/users":            false,
		"https://graph.microsoft.com/v1.0evil/users":        false,
		"https://graph.microsoft.com.evil.com/v1.0/users":   false,
		"https://graph.microsoft.com@evil.com/v1.0/users":   false,
		"https://graph.microsoft.com:444/v1.0/users":        false,
		"http://graph.microsoft.com/v1.0/users":             false,
		"https://graph.microsoft.us/v1.0/users":             false,
		"//graph.microsoft.com/v1.0/users":                  false,
		"https:graph.microsoft.com/v1.0/users":              false,
		"https://graph.microsoft.com/v1.0//users":           false,
	} {
		if _, err := e.follow(link); (err == nil) != want {
			t.Errorf("follow %s: %v, want ok=%v", link, err, want)
		}
	}
	u, err := e.address("/users", []param{{"$filter", "displayName eq 'a+b & c#'"}, {"$expand", "members($select=id)"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := relative(u), "/users?$filter=displayName%20eq%20'a%2Bb%20%26%20c%23'&$expand=members($select%3Did)"; got != want {
		t.Errorf("relative %s, want %s", got, want)
	}
	if q, _ := url.ParseQuery(u.RawQuery); q.Get("$filter") != "displayName eq 'a+b & c#'" {
		t.Errorf("filter reads %q", q.Get("$filter"))
	}
}
