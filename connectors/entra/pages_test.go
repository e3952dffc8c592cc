// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
)

func TestListReadsEveryPage(t *testing.T) {
	s := newStage(t, play(t,
		reply{body: `{"@odata.count":4,"@odata.nextLink":"{base}/users?$skiptoken=1","value":[{"id":"1"},{"id":"2","displayName":null}]}`},
		reply{body: linked("{base}/users?$skiptoken=2")},
		reply{body: people("3", "1")},
	))
	q := users()
	q.eventual = true
	ids, tally, err := s.lists(t, q)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"1", "2", "3", "1"}; !cmp.Equal(ids, want) {
		t.Errorf("took %q, want %q", ids, want)
	}
	if n, known := tally.count.Get(); n != 4 || !known {
		t.Errorf("count %v, want 4", tally.count)
	}
	if tally.requests != 3 || tally.pages != 3 || tally.items != 4 || tally.duplicates != 1 || tally.restarts != 0 || tally.bytes == 0 {
		t.Errorf("tally %+v", tally)
	}
	want := []string{
		"GET /v1.0/users?$select=id,displayName eventual",
		"GET /v1.0/users?$skiptoken=1 eventual",
		"GET /v1.0/users?$skiptoken=2 eventual",
	}
	if !cmp.Equal(s.requests(), want) {
		t.Errorf("asked %q, want %q", s.requests(), want)
	}
}

// TestRefusedPages are answers that are whole and cannot be right: asking again
// would not help.
func TestRefusedPages(t *testing.T) {
	tests := []struct{ name, body, says string }{
		{"null in the list", `{"value":[null]}`, "no object"},
		{"text in the list", `{"value":["1"]}`, "no object"},
		{"item without id", `{"value":[{"displayName":"x"}]}`, "without id"},
		{"item with an empty id", `{"value":[{"id":""}]}`, "without id"},
		{"item with null for id", `{"value":[{"id":null}]}`, "without id"},
		{"item with a number for id", `{"value":[{"id":7}]}`, "without id"},
		{"item of another type", `{"value":[{"id":"1","@odata.type":"#microsoft.graph.group"}]}`, "microsoft.graph.group"},
		{"item with a number for type", `{"value":[{"id":"1","@odata.type":1}]}`, "without type"},
		{"text for a boolean", `{"value":[{"id":"1","accountEnabled":"true"}]}`, "accountEnabled"},
		{"number for a text", `{"value":[{"id":"1","displayName":5}]}`, "displayName"},
		{"object for a text", `{"value":[{"id":"1","displayName":{}}]}`, "displayName"},
		{"text for an object", `{"value":[{"id":"1","signInActivity":"never"}]}`, "signInActivity"},
		{"list for an object", `{"value":[{"id":"1","signInActivity":[]}]}`, "signInActivity"},
		{"text for a list", `{"value":[{"id":"1","identities":"x"}]}`, "identities"},
		{"null in a list of texts", `{"value":[{"id":"1","proxyAddresses":[null]}]}`, "proxyAddresses"},
		{"time without zone", `{"value":[{"id":"1","createdDateTime":"2026-01-02T03:04:05"}]}`, "zone"},
		{"link that is a number", `{"@odata.nextLink":1,"value":[]}`, "link"},
		{"link that is empty", `{"@odata.nextLink":"","value":[]}`, "link"},
		{"link to the same page", linked("{base}/users?$select=id,displayName"), "earlier page"},
		{"link to another host", linked("http://127.0.0.9/v1.0/users"), "not the endpoint"},
		{"link to another port", linked("http://127.0.0.1:1/v1.0/users"), "not the endpoint"},
		{"link to another scheme", linked("https://127.0.0.1/v1.0/users"), "not the endpoint"},
		{"link below another path", linked("{base}/../beta/users"), "not the endpoint"},
		{"link below an escaped path", linked("{base}/%2e%2e/beta/users"), "not the endpoint"},
		{"link with a user", linked("http://a:b@127.0.0.1/v1.0/users"), "not the endpoint"},
		{"link that is none", linked("::"), "link"},
		{"link without host", linked("/v1.0/users"), "not the endpoint"},
		{"count that is a text", `{"@odata.count":"1","value":[]}`, "count"},
		{"count below zero", `{"@odata.count":-1,"value":[]}`, "count"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, reply{body: tt.body}.send)
			ids, tally, err := s.lists(t, users())
			r := wantKind(t, err, broken)
			if !strings.Contains(r.Error(), tt.says) || len(ids) > 0 || tally.requests != twiceMore {
				t.Errorf("took %q and says %q after %d requests, want %q", ids, r, tally.requests, tt.says)
			}
			s = newStage(t, play(t, reply{body: tt.body}, reply{body: tt.body}, reply{body: people("1")}))
			if ids, _, err := s.lists(t, users()); err != nil || len(ids) != 1 {
				t.Errorf("after two such answers took %q, %v", ids, err)
			}
		})
	}
}

// TestForeignHostsHearNothing follows no link and no redirect to another server,
// though it listens.
func TestForeignHostsHearNothing(t *testing.T) {
	foreign := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the foreign host got %s with %q", r.URL, r.Header.Get("Authorization"))
	}))
	defer foreign.Close()
	for _, answer := range []reply{
		{body: linked(foreign.URL + "/v1.0/users")},
		{status: 302, headers: map[string]string{"Location": foreign.URL + "/v1.0/users"}},
		{status: 307, headers: map[string]string{"Location": "/v1.0/groups"}},
	} {
		s := newStage(t, answer.send)
		_, _, err := s.lists(t, users())
		wantKind(t, err, broken)
	}
}

func TestLoopsEnd(t *testing.T) {
	s := newStage(t, play(t,
		reply{body: linked("{base}/users?$skiptoken=1", "1")},
		reply{body: linked("{base}/users?$skiptoken=2", "2")},
		reply{body: linked("{base}/users?$skiptoken=1", "3")},
		reply{body: linked("{base}/users?$skiptoken=1", "3")},
		reply{body: linked("{base}/users?$skiptoken=1", "3")},
	))
	_, _, err := s.lists(t, users())
	wantKind(t, err, broken)
}

func TestEmptyPagesEnd(t *testing.T) {
	n := 0
	s := newStage(t, func(w http.ResponseWriter, r *http.Request) {
		n++
		reply{body: linked(fmt.Sprintf("{base}/users?$skiptoken=%d", n))}.send(w, r)
	})
	_, _, err := s.lists(t, users())
	if r := wantKind(t, err, broken); !strings.Contains(r.message, "empty pages") || n != maxEmpty+twiceMore-1 {
		t.Errorf("%v after %d pages", r, n)
	}
}

func TestTypesOfSeveral(t *testing.T) {
	q := query{path: "/groups/g/members", factory: models.CreateDirectoryObjectCollectionResponseFromDiscriminatorValue, types: []string{"#microsoft.graph.user", "#microsoft.graph.group"}}
	s := newStage(t, play(t, reply{body: `{"value":[{"@odata.type":"#microsoft.graph.user","id":"1"},{"@odata.type":"#microsoft.graph.group","id":"2"}]}`}))
	if ids, _, err := s.lists(t, q); err != nil || !cmp.Equal(ids, []string{"1", "2"}) {
		t.Errorf("took %q, %v", ids, err)
	}
	s = newStage(t, reply{body: `{"value":[{"id":"1"}]}`}.send)
	_, _, err := s.lists(t, q)
	wantKind(t, err, broken)
}

func TestBeginsAgain(t *testing.T) {
	expiredPage := reply{status: 400, body: `{"error":{"code":"Directory_ExpiredPageToken","message":"the page token has expired"}}`}
	first := reply{body: linked("{base}/users?$skiptoken=1", "1")}
	for name, lost := range map[string]reply{
		"expired": expiredPage,
		"gone":    {status: 410, body: `{"error":{"code":"Gone"}}`},
		"resync":  {status: 400, body: `{"error":{"code":"resyncRequired"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, play(t, first, lost, first, reply{body: people("2")}))
			ids, tally, err := s.lists(t, users())
			if err != nil || !cmp.Equal(ids, []string{"1", "2"}) || tally.restarts != 1 || tally.items != 2 || tally.duplicates != 0 {
				t.Errorf("took %q, %+v, %v", ids, tally, err)
			}
		})
	}
	t.Run("not without end", func(t *testing.T) {
		s := newStage(t, play(t, first, expiredPage, first, expiredPage, first, expiredPage, first, expiredPage))
		_, _, err := s.lists(t, users())
		wantKind(t, err, unavailable)
	})
	t.Run("not at the start", func(t *testing.T) {
		s := newStage(t, play(t, expiredPage))
		_, _, err := s.lists(t, users())
		wantKind(t, err, rejected)
	})
}

func TestAModelThatIsNoList(t *testing.T) {
	q := users()
	q.factory = models.CreateUserFromDiscriminatorValue
	s := newStage(t, reply{body: people("1")}.send)
	_, _, err := s.lists(t, q)
	wantKind(t, err, broken)
}

func TestModelsMayPanic(t *testing.T) {
	q := users()
	q.factory = func(serialization.ParseNode) (serialization.Parsable, error) { panic("no such type") }
	s := newStage(t, reply{body: people("1")}.send)
	_, _, err := s.lists(t, q)
	wantKind(t, err, broken)
	_, err = s.one(t.Context(), q)
	wantKind(t, err, broken)
}
