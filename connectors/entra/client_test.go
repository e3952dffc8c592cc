// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/foureyes-iga/foureyes/connectors"
)

const theToken = "token-that-nobody-may-see"

// A reply is what the scripted Graph says. "{base}" in its body is the address
// of the endpoint, "{token}" the token that came.
type reply struct {
	status  int // 0 is 200
	body    string
	headers map[string]string // Content-Type is application/json unless given
	then    func(http.ResponseWriter, *http.Request)
}

// A stage is a client before a scripted Graph, with a clock that only moves when
// somebody sleeps.
type stage struct {
	*client
	url string
	log *bytes.Buffer

	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
	asked []string // method, address and consistency level of each request
}

func (s *stage) time() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stage) sleep(ctx context.Context, d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
	s.slept = append(s.slept, d)
	return context.Cause(ctx)
}

func (s *stage) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}

func newStage(t *testing.T, graph http.HandlerFunc) *stage {
	t.Helper()
	s := &stage{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), log: &bytes.Buffer{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, strings.TrimSpace(r.Method+" "+r.URL.String()+" "+r.Header.Get("ConsistencyLevel")))
		s.mu.Unlock()
		graph(w, r)
	}))
	t.Cleanup(server.Close)
	t.Setenv("FOUREYES_TEST_TOKEN", theToken)
	cfg := Config{Tenant: "contoso.com", Endpoint: server.URL, Plaintext: true, Credential: CredentialConfig{StaticTokenEnv: "FOUREYES_TEST_TOKEN"}}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c, err := newClient(cfg, connectors.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	c.pacer.read, c.pacer.pause = s.time, s.sleep
	c.pacer.deadline = s.now.Add(4 * time.Hour)
	s.client, s.url = c, server.URL
	return s
}

// play answers the requests in order. One request more is an error of the test.
func play(t *testing.T, script ...reply) http.HandlerFunc {
	var mu sync.Mutex
	next := 0
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if next >= len(script) {
			t.Errorf("request %d was not expected: %s", next+1, r.URL)
			http.Error(w, "not expected", http.StatusTeapot)
			return
		}
		script[next].send(w, r)
		next++
	}
}

func (a reply) send(w http.ResponseWriter, r *http.Request) {
	if a.then != nil {
		a.then(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json; odata.metadata=minimal")
	for k, v := range a.headers {
		w.Header().Set(k, v)
	}
	if a.status != 0 {
		w.WriteHeader(a.status)
	}
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	_, _ = io.WriteString(w, strings.NewReplacer("{base}", "http://"+r.Host+version, "{token}", token).Replace(a.body))
}

// users asks for a list of users.
func users() query {
	return query{path: "/users", params: []param{{"$select", "id,displayName"}}, factory: models.CreateUserCollectionResponseFromDiscriminatorValue, types: []string{"#microsoft.graph.user"}}
}

func idOf(t *testing.T, item serialization.Parsable) string {
	t.Helper()
	entity, ok := item.(models.Entityable)
	if !ok || entity.GetId() == nil {
		t.Fatalf("%T has no id", item)
	}
	return *entity.GetId()
}

// lists reads a list and returns the ids of its items.
func (s *stage) lists(t *testing.T, q query) (ids []string, _ tally, _ error) {
	t.Helper()
	tally, err := s.list(context.Background(), q, func() { ids = nil }, func(item serialization.Parsable) error {
		ids = append(ids, idOf(t, item))
		return nil
	})
	return ids, tally, err
}

func wantKind(t *testing.T, err error, want kind) *refusal {
	t.Helper()
	var r *refusal
	if !errors.As(err, &r) {
		t.Fatalf("error %v (%T), want a refusal of kind %d", err, err, want)
	}
	if r.kind != want {
		t.Fatalf("%v is of kind %d, want %d", r, r.kind, want)
	}
	if r.path == "" || !strings.Contains(r.Error(), ": ") {
		t.Errorf("%q does not say what was asked for", r)
	}
	return r
}

func people(ids ...string) string { return `{"value":[` + persons(ids...) + `]}` }

func persons(ids ...string) string {
	var all []string
	for _, id := range ids {
		all = append(all, fmt.Sprintf(`{"id":%q}`, id))
	}
	return strings.Join(all, ",")
}

func linked(link string, ids ...string) string {
	return fmt.Sprintf(`{"@odata.nextLink":%q,"value":[%s]}`, link, persons(ids...))
}

func TestOne(t *testing.T) {
	q := query{path: "/users/a%2Fb", params: []param{{"$select", "id"}}, factory: models.CreateUserFromDiscriminatorValue, types: []string{"#microsoft.graph.user"}}
	tests := []struct {
		name string
		body reply
		want kind
	}{
		{"an object", reply{body: `{"id":"1","@odata.type":"#microsoft.graph.user"}`}, 0},
		{"without type", reply{body: `{"id":"1"}`}, 0},
		{"of another type", reply{body: `{"id":"1","@odata.type":"#microsoft.graph.group"}`}, broken},
		{"a property of the wrong type", reply{body: `{"id":"1","accountEnabled":"yes"}`}, broken},
		{"not there", reply{status: 404, body: `{"error":{"code":"Request_ResourceNotFound","message":"no such thing"}}`}, gone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, tt.body.send)
			got, err := s.one(context.Background(), q)
			if tt.want != 0 {
				wantKind(t, err, tt.want)
				return
			}
			if err != nil || idOf(t, got) != "1" {
				t.Errorf("one = %v, %v", got, err)
			}
			if want := []string{"GET /v1.0/users/a%2Fb?$select=id"}; !cmp.Equal(s.requests(), want) {
				t.Errorf("asked %q, want %q", s.requests(), want)
			}
		})
	}
}

func TestCount(t *testing.T) {
	text := map[string]string{"Content-Type": "text/plain"}
	for _, body := range []string{"17", "\uFEFF17", "17\r\n"} {
		s := newStage(t, play(t, reply{body: body, headers: text}))
		if n, err := s.count(context.Background(), "/users", param{"$filter", "userType eq 'Guest'"}); n != 17 || err != nil {
			t.Errorf("count of %q = %d, %v", body, n, err)
		}
		if want := []string{"GET /v1.0/users/$count?$filter=userType%20eq%20'Guest' eventual"}; !cmp.Equal(s.requests(), want) {
			t.Errorf("asked %q, want %q", s.requests(), want)
		}
	}
	for _, body := range []string{"", "-1", "many", "1 2"} {
		s := newStage(t, reply{body: body, headers: text}.send)
		_, err := s.count(context.Background(), "/users")
		wantKind(t, err, broken)
	}
	s := newStage(t, reply{body: "17"}.send) // as JSON
	_, err := s.count(context.Background(), "/users")
	wantKind(t, err, broken)
}

func TestEndsWithTheContext(t *testing.T) {
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.Background())
	s := newStage(t, func(http.ResponseWriter, *http.Request) { cancel(cause) })
	_, err := s.list(ctx, users(), nil, func(serialization.Parsable) error { return nil })
	if !errors.Is(err, cause) {
		t.Errorf("list = %v, want %v", err, cause)
	}
}

func TestEndsWithTheTimeout(t *testing.T) {
	s := newStage(t, func(http.ResponseWriter, *http.Request) { t.Error("asked after the timeout") })
	s.now = s.now.Add(4 * time.Hour)
	_, err := s.one(context.Background(), users())
	if !errors.Is(err, errTimeout) {
		t.Errorf("one = %v, want %v", err, errTimeout)
	}
}

func TestTakeEndsAList(t *testing.T) {
	stop := errors.New("stop")
	s := newStage(t, play(t, reply{body: people("1", "2")}))
	_, err := s.list(context.Background(), users(), nil, func(serialization.Parsable) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("list = %v, want %v", err, stop)
	}
}

// TestSaysNothingSecret lets Graph echo the token in every place that reaches a
// person.
func TestSaysNothingSecret(t *testing.T) {
	echo := `{"error":{"code":"Bad_{token}","message":"You sent {token}` + strings.Repeat("x", 290) + `{token}"}}`
	for _, status := range []int{400, 403, 404, 503} {
		s := newStage(t, reply{status: status, body: echo}.send)
		_, _, err := s.lists(t, users())
		if err == nil || strings.Contains(err.Error(), theToken) || strings.Contains(s.log.String(), theToken) {
			t.Errorf("status %d: %v\n%s", status, err, s.log)
		}
		if len(err.Error()) > 1000 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
		if text := fmt.Sprintf("%+v", s.tokens.credential); strings.Contains(text, theToken) {
			t.Errorf("printed: %s", text)
		}
	}
}
