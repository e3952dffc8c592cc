// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	abstractions "github.com/microsoft/kiota-abstractions-go"
)

const (
	requestTimeout = time.Minute // of one answer, to its last byte
	maxBody        = 64 << 20    // of one answer, unpacked
	version        = "/v1.0"
)

// An endpoint is where Graph answers. Nothing is asked anywhere else.
type endpoint struct{ scheme, host string }

func endpointOf(address string) (endpoint, error) {
	u, err := url.Parse(address)
	if err != nil {
		return endpoint{}, fmt.Errorf("endpoint: %w", err)
	}
	return endpoint{u.Scheme, hostPort(u)}, nil
}

// hostPort names host and port in one way only.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// owns reports whether a request to u stays at the endpoint.
func (e endpoint) owns(u *url.URL) bool {
	clear := u.Opaque == "" && u.User == nil && u.Fragment == "" && path.Clean(u.Path) == strings.TrimRight(u.Path, "/")
	return clear && u.Scheme == e.scheme && hostPort(u) == e.host && strings.HasPrefix(u.Path, version+"/")
}

// address builds the address of a question.
func (e endpoint) address(path string, params []param) (*url.URL, error) {
	var query []string
	for _, p := range params {
		query = append(query, escape(p.name)+"="+escape(p.value))
	}
	text := e.scheme + "://" + e.host + version + path
	if len(query) > 0 {
		text += "?" + strings.Join(query, "&")
	}
	return e.follow(text)
}

// follow understands a link that Graph gave.
func (e endpoint) follow(link string) (*url.URL, error) {
	u, err := url.Parse(link)
	if err != nil {
		return nil, errors.New("a link that is no address")
	}
	if !e.owns(u) {
		return nil, fmt.Errorf("a link to %s, which is not the endpoint", clean(u.Scheme+"://"+u.Host+u.Path, maxCode))
	}
	u.Host = e.host
	return u, nil
}

// escape escapes a part of a query, and leaves legible what may stay.
func escape(s string) string {
	return strings.NewReplacer("+", "%20", "%24", "$", "%2C", ",", "%28", "(", "%29", ")", "%27", "'", "%3A", ":", "%2F", "/").
		Replace(url.QueryEscape(s))
}

// relative is the address as a batch wants it: below the version.
func relative(u *url.URL) string {
	return strings.TrimPrefix(u.RequestURI(), version)
}

// newHTTPClient makes a client that follows no redirects, keeps no cookies and
// has no deadlines of its own: each request brings one.
func newHTTPClient(connections int) *http.Client {
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: connections,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 30 * time.Second,
	}
	return &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// A request is one question on the wire.
type request struct {
	name     string // for people: the path without parameters
	address  *url.URL
	body     []byte // of a batch; others are GET
	eventual bool
	class    class
	cost     int    // how many questions it counts as
	media    string // that the answer must have
}

// An answer is what it took to get one.
type answer struct {
	bytes int64  // also of those that were not good
	tries int    // requests
	token string // of the last
}

const (
	jsonMedia = "application/json"
	textMedia = "text/plain"
)

// ask puts a question until read takes the answer, or there is no point in asking
// again: then there is a fault. An error ends everything.
func (c *client) ask(ctx context.Context, r request, read func(body []byte) *fault) (a answer, _ *fault, _ error) {
	renewed := false
	for try := 1; ; try++ {
		f, err := c.try(ctx, r, &a, read)
		switch {
		case errors.Is(err, errTooLate):
			return a, tooLate(), nil
		case err != nil || f == nil:
			return a, nil, err
		case f.kind == expired && !renewed:
			renewed = true
			try--
			if err := c.tokens.renew(ctx, a.token, f.challenge); err != nil {
				return a, nil, err
			}
			continue
		case try >= f.tries:
			return a, f, nil
		}
		err = c.rest(ctx, f, try, r)
		switch {
		case errors.Is(err, errTooLate):
			return a, f, nil
		case err != nil:
			return a, nil, err
		}
	}
}

// rest waits before another try. When the service is busy, its class waits too.
func (c *client) rest(ctx context.Context, f *fault, try int, r request) error {
	wait := f.pause(try, r.name)
	c.log.DebugContext(ctx, "ask again", slog.String("path", clean(r.name, maxPath)), slog.Int("status", f.status), slog.Duration("wait", wait))
	if f.busy() {
		c.pacer.hold(r.class, wait)
	}
	return c.pacer.wait(ctx, wait)
}

// busy reports whether Graph is asked too much, rather than ill.
func (f *fault) busy() bool { return f.kind == throttled || f.told }

// pause is how long to wait: what Graph asked for, unless it asks again and again
// for no time at all.
func (f *fault) pause(try int, path string) time.Duration {
	if f.told && (f.wait > 0 || try == 1) {
		return f.wait
	}
	return backoff(try, path)
}

// refuse makes a fault final. What the server said is cut only after secrets that
// it may echo are taken out.
func (c *client) refuse(f *fault, name string) *refusal {
	r := f.refusal
	r.path = name
	r.code = clean(c.tokens.hide(r.code), maxCode)
	r.message = clean(c.tokens.hide(r.message), maxMessage)
	return &r
}

// tooLate is the fault of a class that has to wait beyond the timeout.
func tooLate() *fault {
	return &fault{refusal: refusal{kind: throttled, message: errTooLate.Error()}, tries: onceOnly}
}

// try puts a question once. Its error ends everything; its fault does not.
func (c *client) try(ctx context.Context, r request, a *answer, read func([]byte) *fault) (*fault, error) {
	if err := c.pacer.enter(ctx, r.class, r.cost); err != nil {
		return nil, err
	}
	load := 0.0
	defer func() { c.pacer.leave(r.class, load) }()

	req, err := c.native(ctx, r)
	if err != nil {
		return nil, err
	}
	within, cancel := context.WithTimeout(ctx, min(c.patience, max(c.pacer.left(), time.Millisecond)))
	defer cancel()
	a.token = strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
	a.tries++
	resp, err := c.http.Do(req.WithContext(within))
	if err != nil {
		return c.unreached(ctx, err), context.Cause(ctx)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	a.bytes += int64(len(body))
	if err != nil {
		return c.unreached(ctx, err), context.Cause(ctx)
	}
	load = loadOf(resp)
	return c.judge(resp, body, r, read), nil
}

// judge looks at a complete answer.
func (c *client) judge(resp *http.Response, body []byte, r request, read func([]byte) *fault) *fault {
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case len(body) > maxBody:
		f := untrusted("an answer of more than %d MB", maxBody>>20)
		f.tries = onceOnly
		return f
	case resp.StatusCode != http.StatusOK:
		var said *node
		if media == jsonMedia {
			said, _ = parseJSON(body) // says nothing when it is not in form
		}
		return saying(resp.StatusCode, resp.Header.Get, said, c.pacer.now()).reporting(r.class)
	case media != r.media:
		return malformed("an answer of type %q where %s belongs", clean(media, maxCode), r.media)
	case len(body) == 0:
		return malformed("an empty answer")
	}
	return read(body)
}

// native makes the HTTP request, with its token.
func (c *client) native(ctx context.Context, r request) (*http.Request, error) {
	info := abstractions.NewRequestInformation()
	info.SetUri(*r.address)
	info.Headers.Add("Accept", r.media)
	if r.eventual {
		info.Headers.Add("ConsistencyLevel", "eventual")
	}
	if r.body != nil {
		info.Method = abstractions.POST
		info.Headers.Add("Content-Type", jsonMedia)
		info.Content = r.body
	}
	made, err := c.adapter.ConvertToNativeRequest(ctx, info)
	if err != nil {
		return nil, err
	}
	req, ok := made.(*http.Request)
	if !ok {
		return nil, fmt.Errorf("kiota made a %T", made)
	}
	if r.body != nil {
		req.ContentLength = int64(len(r.body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.body)), nil }
	}
	return req, nil
}

// unreached is the fault of an exchange that came to no end.
func (c *client) unreached(ctx context.Context, err error) *fault {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // without the address and its parameters
	}
	f := again(unavailable, "%s", clean(err.Error(), maxMessage))
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		f.message = "no complete answer in time"
	}
	var certificate *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &certificate) || errors.As(err, &unknown) {
		f.kind, f.tries = broken, onceOnly
	}
	return f
}

// loadOf reads from an answer how much of the allowance is used up.
func loadOf(resp *http.Response) float64 {
	load, err := strconv.ParseFloat(resp.Header.Get("x-ms-throttle-limit-percentage"), 64)
	if err != nil {
		return 0
	}
	return load
}
