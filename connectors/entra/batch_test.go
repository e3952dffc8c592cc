// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
)

// A switchboard answers batches: each address has its answers, in order, the last
// of which stays. An answer is the inside of an inner response without its id; an
// empty one is left out.
type switchboard struct {
	t       *testing.T
	answers map[string][]string

	mu    sync.Mutex
	sizes []int
	asked []string // addresses, with the consistency level
	after func(responses []string) []string
}

type question struct {
	ID, Method, URL string
	Headers         map[string]string
}

func (b *switchboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body struct{ Requests []question }
	raw, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(raw, &body); err != nil || r.Method != "POST" || r.URL.Path != "/v1.0/$batch" || r.ContentLength != int64(len(raw)) || r.Header.Get("Content-Type") != "application/json" {
		b.t.Errorf("not a batch: %s %s %v", r.Method, r.URL, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sizes = append(b.sizes, len(body.Requests))
	var all []string
	for _, q := range slices.Backward(body.Requests) { // Graph keeps no order
		b.asked = append(b.asked, strings.TrimSpace(q.URL+" "+q.Headers["ConsistencyLevel"]))
		if a := b.answer(q.URL); a != "" {
			all = append(all, fmt.Sprintf(`{"id":%q,%s}`, q.ID, a))
		}
	}
	if b.after != nil {
		all = b.after(all)
	}
	reply{body: `{"responses":[` + strings.Join(all, ",") + `]}`}.send(w, r)
}

func (b *switchboard) answer(url string) string {
	all := b.answers[url]
	switch len(all) {
	case 0:
		b.t.Errorf("not expected: %s", url)
		return ""
	case 1:
		return all[0]
	}
	b.answers[url] = all[1:]
	return all[0]
}

func good(body string) string {
	return `"status":200,"headers":{"Content-Type":"application/json; odata.metadata=minimal"},"body":` + body
}

func bad(status int, code string) string {
	return fmt.Sprintf(`"status":%d,"headers":{"Content-Type":"application/json"},"body":{"error":{"code":%q,"message":"m"}}`, status, code)
}

// members asks for the members of groups.
func members(groups ...string) iter.Seq[sub] {
	return func(yield func(sub) bool) {
		for _, g := range groups {
			q := query{path: "/groups/" + g + "/members", factory: models.CreateDirectoryObjectCollectionResponseFromDiscriminatorValue}
			if !yield(sub{g, q}) {
				return
			}
		}
	}
}

// heard is what a handler heard: of each key the ids, and how it ended.
type heard struct {
	ids    map[string][]string
	done   map[string]error
	begins map[string]int
}

func (s *stage) hears(t *testing.T, subs iter.Seq[sub]) (heard, tally, error) {
	t.Helper()
	h := heard{map[string][]string{}, map[string]error{}, map[string]int{}}
	tally, err := s.each(context.Background(), subs, handler{
		begin: func(key string) { h.ids[key] = nil; h.begins[key]++ },
		take: func(key string, item serialization.Parsable) error {
			if _, over := h.done[key]; over {
				t.Errorf("%s: an item after the end", key)
			}
			h.ids[key] = append(h.ids[key], idOf(t, item))
			return nil
		},
		done: func(key string, err error) error {
			if _, over := h.done[key]; over {
				t.Errorf("%s: done twice", key)
			}
			h.done[key] = err
			return nil
		},
	})
	return h, tally, err
}

func TestEachAsksInBatches(t *testing.T) {
	b := &switchboard{t: t, answers: map[string][]string{}}
	s := newStage(t, b.ServeHTTP)
	var keys []string
	for i := range 45 {
		key := fmt.Sprintf("g%02d", i)
		keys = append(keys, key)
		b.answers["/groups/"+key+"/members"] = []string{good(people("of-" + key))}
	}
	link := s.url + "/v1.0/groups/g07/members?$skiptoken=1"
	b.answers["/groups/g07/members"] = []string{good(linked(link, "1"))}
	b.answers["/groups/g07/members?$skiptoken=1"] = []string{good(people("2"))}
	h, tally, err := s.hears(t, members(keys...))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		want := []string{"of-" + key}
		if key == "g07" {
			want = []string{"1", "2"}
		}
		if err, over := h.done[key]; err != nil || !over || !cmp.Equal(h.ids[key], want) || h.begins[key] != 1 {
			t.Errorf("%s: %q, %v, begun %d times", key, h.ids[key], err, h.begins[key])
		}
	}
	if tally.items != 46 || tally.pages != 46 || tally.requests != len(b.sizes) || slices.Max(b.sizes) != batchSize {
		t.Errorf("tally %+v, batches of %v", tally, b.sizes)
	}
}

// TestEachAnswersApart has one question with a fault beside a good one.
func TestEachAnswersApart(t *testing.T) {
	ok := good(people("1"))
	tests := []struct {
		name    string
		answers []string
		want    kind // 0: it heals
	}{
		{"throttled", []string{bad(429, "TooManyRequests"), ok}, 0},
		{"busy", []string{bad(503, "x"), bad(500, "x"), bad(502, "x"), bad(504, "x"), ok}, 0},
		{"left out", []string{"", ok}, 0},
		{"without status", []string{`"body":` + people("1"), ok}, 0},
		{"status that is a text", []string{`"status":"200","body":` + people("1"), ok}, 0},
		{"no content", []string{`"status":204`, ok}, 0},
		{"without body", []string{`"status":200,"headers":{}`, ok}, 0},
		{"a text for a body", []string{`"status":200,"headers":{},"body":"PGh0bWw+"`, ok}, 0},
		{"a page of HTML", []string{`"status":200,"headers":{"content-type":"text/html"},"body":` + people("9"), ok}, 0},
		{"without list", []string{good(`{}`), ok}, 0},
		{"without headers", []string{`"status":200,"body":` + people("1")}, 0},
		{"licence", []string{bad(403, "AadPremiumLicenseRequired"), ok}, 0},
		{"token", []string{bad(401, "InvalidAuthenticationToken"), ok}, 0},
		{"unlicensed", []string{bad(403, "AadPremiumLicenseRequired")}, unlicensed},
		{"denied", []string{bad(403, "Authorization_RequestDenied")}, denied},
		{"gone", []string{bad(404, "Request_ResourceNotFound")}, gone},
		{"rejected", []string{bad(400, "Request_BadRequest")}, rejected},
		{"always throttled", []string{bad(429, "x")}, throttled},
		{"always busy", []string{bad(503, "x")}, unavailable},
		{"never answered", []string{""}, broken},
		{"redirected", []string{`"status":302,"headers":{"Location":"/"}`}, broken},
		{"null item", []string{good(`{"value":[null]}`)}, broken},
		{"foreign link", []string{good(linked("https://evil.example/v1.0/users"))}, broken},
		{"later asked too long", []string{`"status":429,"headers":{"retry-after":"99999"}`}, throttled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &switchboard{t: t, answers: map[string][]string{"/groups/a/members": tt.answers, "/groups/b/members": {good(people("2"))}}}
			s := newStage(t, b.ServeHTTP)
			h, _, err := s.hears(t, members("a", "b"))
			if err != nil || h.done["b"] != nil || !cmp.Equal(h.ids["b"], []string{"2"}) {
				t.Fatalf("%v, the good one: %v", err, h.done["b"])
			}
			if tt.want == 0 {
				if h.done["a"] != nil || !cmp.Equal(h.ids["a"], []string{"1"}) {
					t.Errorf("took %q, %v", h.ids["a"], h.done["a"])
				}
				return
			}
			r := wantKind(t, h.done["a"], tt.want)
			if tt.name == "never answered" && !strings.Contains(r.message, "without the answer") {
				t.Error(r)
			}
			if r.path != "/groups/a/members" || len(h.ids["a"]) > 0 {
				t.Errorf("took %q, %v", h.ids["a"], r)
			}
		})
	}
}

func TestEachWaitsForTheLongest(t *testing.T) {
	after := func(s string) string { return `"status":429,"headers":{"Retry-After":"` + s + `"},"body":{}` }
	b := &switchboard{t: t, answers: map[string][]string{
		"/groups/a/members": {after("7"), good(people("1"))},
		"/groups/b/members": {after("30.5"), good(people("2"))},
	}}
	s := newStage(t, b.ServeHTTP)
	start := s.time()
	if h, _, err := s.hears(t, members("a", "b")); err != nil || h.done["a"] != nil || h.done["b"] != nil {
		t.Fatal(err, h)
	}
	if got, want := s.time().Sub(start), 30500*time.Millisecond; got != want {
		t.Errorf("waited %v, want %v", got, want)
	}
}

func TestEachBeginsAgain(t *testing.T) {
	s := newStage(t, nil)
	first := good(linked(s.url+"/v1.0/groups/a/members?$skiptoken=1", "1"))
	b := &switchboard{t: t, answers: map[string][]string{"/groups/a/members": {first}}}
	b.answers["/groups/a/members?$skiptoken=1"] = []string{bad(400, "Directory_ExpiredPageToken"), good(people("2"))}
	moved := newStage(t, b.ServeHTTP)
	b.answers["/groups/a/members"] = []string{strings.ReplaceAll(first, s.url, moved.url)}
	h, tally, err := moved.hears(t, members("a"))
	if err != nil || h.done["a"] != nil || !cmp.Equal(h.ids["a"], []string{"1", "2"}) || h.begins["a"] != 2 || tally.restarts != 1 {
		t.Errorf("%v, %+v, %+v", err, h, tally)
	}
}

// TestBatchesThatAreNotWhole are asked again as a whole.
func TestBatchesThatAreNotWhole(t *testing.T) {
	for name, spoil := range map[string]func([]string) []string{
		"twice":      func(all []string) []string { return append(all, all[0]) },
		"unknown":    func(all []string) []string { return append(all, `{"id":"21",`+good(people())+`}`) },
		"zero":       func(all []string) []string { return append(all, `{"id":"0",`+good(people())+`}`) },
		"padded":     func(all []string) []string { return append(all, `{"id":"01",`+good(people())+`}`) },
		"without id": func(all []string) []string { return append(all, `{`+good(people())+`}`) },
		"null":       func(all []string) []string { return append(all, `null`) },
	} {
		t.Run(name, func(t *testing.T) {
			b := &switchboard{t: t, answers: map[string][]string{"/groups/a/members": {good(people("1"))}}}
			b.after = func(all []string) []string { b.after = nil; return spoil(all) }
			s := newStage(t, b.ServeHTTP)
			h, tally, err := s.hears(t, members("a"))
			if err != nil || h.done["a"] != nil || !cmp.Equal(h.ids["a"], []string{"1"}) || tally.requests != 2 {
				t.Errorf("%v, %+v, %+v", err, h, tally)
			}
			b.after = spoil
			h, _, err = s.hears(t, members("a"))
			if err != nil {
				t.Fatal(err)
			}
			wantKind(t, h.done["a"], broken)
		})
	}
}

func TestEachAsksForObjects(t *testing.T) {
	b := &switchboard{t: t, answers: map[string][]string{"/users/a/mailboxSettings": {good(`{"userPurpose":"shared"}`)}, "/users/b/mailboxSettings": {bad(404, "MailboxNotEnabledForRESTAPI")}}}
	s := newStage(t, b.ServeHTTP)
	purpose, ended := "", map[string]error{}
	_, err := s.each(t.Context(), func(yield func(sub) bool) {
		for _, key := range []string{"a", "b"} {
			q := query{path: "/users/" + key + "/mailboxSettings", factory: models.CreateMailboxSettingsFromDiscriminatorValue, object: true}
			if !yield(sub{key, q}) {
				return
			}
		}
	}, handler{
		take: func(_ string, item serialization.Parsable) error {
			purpose = item.(models.MailboxSettingsable).GetUserPurpose().String()
			return nil
		},
		done: func(key string, err error) error { ended[key] = err; return nil },
	})
	if err != nil || ended["a"] != nil || purpose != "shared" {
		t.Errorf("%v, %v, purpose %q", err, ended, purpose)
	}
	wantKind(t, ended["b"], gone)
}

func TestCounts(t *testing.T) {
	const asked = "?$count=true&$top=1&$select=id"
	b := &switchboard{t: t, answers: map[string][]string{
		"/groups/a/members" + asked: {bad(429, "x"), good(`{"@odata.count":17,"@odata.nextLink":"https://evil.example","value":[{"id":"1"}]}`)},
		"/groups/b/members" + asked: {good(`{"value":[]}`)},
		"/groups/c/members" + asked: {good(`{"@odata.count":0,"value":[]}`)},
	}}
	s := newStage(t, b.ServeHTTP)
	counts, ended := map[string]int{}, map[string]error{}
	_, err := s.counts(t.Context(), members("a", "b", "c"), func(key string, n int, err error) error {
		counts[key], ended[key] = n, err
		return nil
	})
	if err != nil || ended["a"] != nil || ended["c"] != nil || !maps.Equal(counts, map[string]int{"a": 17, "b": 0, "c": 0}) {
		t.Errorf("%v, %v, %v", err, counts, ended)
	}
	wantKind(t, ended["b"], broken)
	for _, a := range b.asked {
		if !strings.HasSuffix(a, " eventual") {
			t.Errorf("asked %s", a)
		}
	}
}

func TestEachKeepsClassesApart(t *testing.T) {
	b := &switchboard{t: t, answers: map[string][]string{}}
	s := newStage(t, b.ServeHTTP)
	_, err := s.each(t.Context(), func(yield func(sub) bool) {
		for i, c := range []class{classDirectory, classDirectory, classReports, classDirectory} {
			q := users()
			q.class, q.path = c, fmt.Sprintf("/users/%d", i)
			b.answers[q.path+"?$select=id,displayName"] = []string{good(people("1"))}
			if !yield(sub{q.path, q}) {
				return
			}
		}
	}, handler{take: func(string, serialization.Parsable) error { return nil }, done: func(_ string, err error) error { return err }})
	slices.Sort(b.sizes)
	if want := []int{1, 1, 2}; err != nil || !cmp.Equal(b.sizes, want) {
		t.Errorf("batches of %v, want %v; %v", b.sizes, want, err)
	}
}

func TestEachEnds(t *testing.T) {
	stop := errors.New("stop")
	take := func(string, serialization.Parsable) error { return nil }
	b := &switchboard{t: t, answers: map[string][]string{"/groups/a/members": {good(people("1"))}, "/groups/b/members": {bad(401, "x")}}}
	s := newStage(t, b.ServeHTTP)
	t.Run("when done says so", func(t *testing.T) {
		_, err := s.each(t.Context(), members("a"), handler{take: take, done: func(string, error) error { return stop }})
		if !errors.Is(err, stop) {
			t.Errorf("each = %v", err)
		}
	})
	t.Run("a question when take says so", func(t *testing.T) {
		var got error
		_, err := s.each(t.Context(), members("a"), handler{
			take: func(string, serialization.Parsable) error { return stop },
			done: func(_ string, err error) error { got = err; return nil },
		})
		if err != nil || !errors.Is(got, stop) {
			t.Errorf("each = %v, done %v", err, got)
		}
	})
	t.Run("when the credential does", func(t *testing.T) {
		_, _, err := s.hears(t, members("a", "b"))
		wantKind(t, err, expired)
	})
	t.Run("with the context", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(stop)
		_, err := s.each(ctx, members("a"), handler{take: take, done: func(string, error) error { return nil }})
		if !errors.Is(err, stop) {
			t.Errorf("each = %v", err)
		}
	})
	t.Run("at once with nothing to ask", func(t *testing.T) {
		if h, _, err := s.hears(t, members()); err != nil || len(h.done) > 0 {
			t.Errorf("each = %v", err)
		}
	})
	t.Run("a question whose path is none", func(t *testing.T) {
		h, _, err := s.hears(t, members("../../x"))
		if err != nil {
			t.Fatal(err)
		}
		wantKind(t, h.done["../../x"], broken)
	})
}

func TestBatchGivenUp(t *testing.T) {
	s := newStage(t, reply{status: 503}.send)
	h, tally, err := s.hears(t, members("a", "b"))
	if err != nil || tally.requests != patiently {
		t.Fatalf("%v, %+v", err, tally)
	}
	for _, key := range []string{"a", "b"} {
		wantKind(t, h.done[key], unavailable)
	}
}

// TestEachFollowsManyPages has several batches under way, and each question
// several pages. Together they fail more often than one page may.
func TestEachFollowsManyPages(t *testing.T) {
	b := &switchboard{t: t, answers: map[string][]string{}}
	s := newStage(t, b.ServeHTTP)
	var keys []string
	for i := range 130 {
		key := fmt.Sprintf("g%03d", i)
		keys = append(keys, key)
		path := "/groups/" + key + "/members"
		for p := range 5 {
			b.answers[path] = []string{bad(503, "x"), bad(500, "x"), good(linked(fmt.Sprintf("%s/v1.0/groups/%s/members?p=%d", s.url, key, p), fmt.Sprint(p)))}
			path = fmt.Sprintf("/groups/%s/members?p=%d", key, p)
		}
		b.answers[path] = []string{good(people("5"))}
	}
	h, tally, err := s.hears(t, members(keys...))
	if err != nil || tally.items != 6*130 {
		t.Fatalf("%v, %+v", err, tally)
	}
	for _, key := range keys {
		if err, over := h.done[key]; err != nil || !over || strings.Join(h.ids[key], "") != "012345" {
			t.Errorf("%s: %q, %v", key, h.ids[key], err)
		}
	}
}
