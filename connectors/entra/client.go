// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/microsoft/kiota-abstractions-go/serialization"
	kiotahttp "github.com/microsoft/kiota-http-go"
	jsonserialization "github.com/microsoft/kiota-serialization-json-go"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/graph"
)

// A class is a share of what Graph lets one program ask: each has its own pace.
type class uint8

const (
	classDirectory class = iota // users, groups, applications, roles
	classReports                // reports and sign-ins: 5 requests in 10 seconds
	classPolicies               // conditional access: one request in a second
)

// A param is one parameter of a query; its value is not escaped yet.
type param struct{ name, value string }

// A query asks for one list, or for one object.
type query struct {
	path     string  // below /v1.0, escaped: "/groups/…/members"
	params   []param // in this order
	eventual bool    // ask with ConsistencyLevel: eventual, on every page
	class    class

	// factory makes the collection's response, or the object.
	factory serialization.ParsableFactory

	// item makes each item instead of what its type calls for; nil leaves that to the
	// SDK. A user of the SDK costs as much as a hundred objects, and members of
	// groups have nothing but an id.
	item serialization.ParsableFactory

	// types are the acceptable @odata.type of items, as in
	// "#microsoft.graph.user"; none accepts any. An item may leave its type out
	// where at most one is acceptable.
	types []string

	// link asks where Graph said that it goes on, instead of path and params.
	link string

	// object says that the answer to a sub is one object, not a list. Only each
	// looks at it.
	object bool
}

// String writes the query as people do, without escapes.
func (q query) String() string {
	var b strings.Builder
	b.WriteString("GET " + q.path)
	for i, p := range q.params {
		b.WriteString([]string{"?", "&"}[min(i, 1)] + p.name + "=" + p.value)
	}
	return b.String()
}

// A tally says what answers took. Of a list that was begun again, items and
// duplicates are those of the last time.
type tally struct {
	requests, pages, items, restarts int
	duplicates                       int // items whose id had come before in the same list
	bytes                            int64
	count                            graph.Count // @odata.count of the first page
	delta                            string      // where to ask what changed since; the last page may tell
}

// plus sums up what two rounds of questions took.
func (t tally) plus(u tally) tally {
	t.requests += u.requests
	t.pages += u.pages
	t.items += u.items
	t.restarts += u.restarts
	t.duplicates += u.duplicates
	t.bytes += u.bytes
	return t
}

// A client asks Graph, and gives whole answers only. Several goroutines may use it.
type client struct {
	endpoint endpoint
	tokens   *tokens
	adapter  *kiotahttp.NetHttpRequestAdapter
	http     *http.Client
	pacer    *pacer
	log      *slog.Logger
	timeout  time.Duration // for everything
	patience time.Duration // with one answer
	batches  int           // at a time
}

// newClient makes a client, and connects nowhere. The timeout begins now, or when
// it is started again.
func newClient(cfg Config, opts connectors.Options) (*client, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	nation, err := nationOf(cfg.Cloud)
	if err != nil {
		return nil, err
	}
	end, err := endpointOf(cfg.address(nation))
	if err != nil {
		return nil, err
	}
	credential, err := newCredential(cfg, nation, opts.Log)
	if err != nil {
		return nil, err
	}
	timeout, err := cfg.timeout()
	if err != nil {
		return nil, err
	}
	c := &client{
		endpoint: end,
		tokens:   &tokens{credential: credential, scope: nation.scope(), endpoint: end},
		http:     newHTTPClient(cfg.connections()),
		pacer:    newPacer(cfg.connections(), &clock{read: opts.Ended, pause: pause}),
		log:      opts.Logger(),
		timeout:  timeout,
		patience: requestTimeout,
		batches:  cfg.connections(),
	}
	if cfg.Transport != nil {
		c.http.Transport = cfg.Transport
	}
	c.start()
	// Every part is named: what is left out, Kiota takes from global registries.
	c.adapter, err = kiotahttp.NewNetHttpRequestAdapterWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(
		c.tokens, jsonserialization.NewJsonParseNodeFactory(), jsonserialization.NewJsonSerializationWriterFactory(), c.http)
	return c, err
}

// start lets the timeout begin anew.
func (c *client) start() { c.pacer.deadline = c.pacer.now().Add(c.timeout) }

// close lets go of idle connections.
func (c *client) close() { c.http.CloseIdleConnections() }

// claims returns what the token of now says of itself.
func (c *client) claims(ctx context.Context) (claims, error) {
	token, err := c.tokens.get(ctx, "")
	if err != nil {
		return claims{}, err
	}
	return claimsOf(token), nil
}

// list reads all pages of a list. It calls begin at its start, and again whenever
// Graph demands that the list be read anew: the items taken before are then void.
// Without an error every page came, and take took every item. Items may come
// twice. The error is a *refusal, or take's, or one that ends everything.
func (c *client) list(ctx context.Context, q query, begin func(), take func(serialization.Parsable) error) (tally, error) {
	w, f := newWalk(c.endpoint, q)
	if f != nil {
		return tally{}, c.refuse(f, q.path)
	}
	start(begin)
	for {
		p, f, err := c.page(ctx, w)
		switch {
		case err != nil:
			return w.tally, err
		case f != nil && w.restart(f):
			start(begin)
			continue
		case f != nil:
			return w.tally, c.refuse(f, q.path)
		}
		more, f := w.accept(p)
		switch {
		case f != nil && w.doubt(f):
			continue
		case f != nil:
			return w.tally, c.refuse(f, q.path)
		}
		for _, item := range p.items {
			if err := take(item); err != nil {
				return w.tally, err
			}
		}
		if !more {
			return w.tally, nil
		}
	}
}

func start(begin func()) {
	if begin != nil {
		begin()
	}
}

// page asks for the page at which a walk is. A fault is final, unless the list may
// be read again.
func (c *client) page(ctx context.Context, w *walk) (p page, f *fault, _ error) {
	r := request{name: w.q.path, address: w.at, eventual: w.q.eventual, class: w.q.class, cost: 1, media: jsonMedia}
	a, f, err := c.ask(ctx, r, func(body []byte) *fault {
		root, err := parseJSON(body)
		if err != nil {
			return malformed("%v", err)
		}
		var f *fault
		p, f = readPage(root, w.q)
		return f
	})
	w.tally.requests += a.tries
	w.tally.bytes += a.bytes
	return p, f, err
}

// one asks for a single object.
func (c *client) one(ctx context.Context, q query) (object serialization.Parsable, _ error) {
	address, err := c.endpoint.address(q.path, q.params)
	if err != nil {
		return nil, c.refuse(untrusted("%v", err), q.path)
	}
	r := request{name: q.path, address: address, eventual: q.eventual, class: q.class, cost: 1, media: jsonMedia}
	_, f, err := c.ask(ctx, r, func(body []byte) *fault {
		root, err := parseJSON(body)
		if err != nil {
			return malformed("%v", err)
		}
		var f *fault
		object, f = readObject(root, q)
		return f
	})
	if f != nil {
		return nil, c.refuse(f, q.path)
	}
	return object, err
}

// count asks how many items a list has.
func (c *client) count(ctx context.Context, path string, params ...param) (n int, _ error) {
	address, err := c.endpoint.address(path+"/$count", params)
	if err != nil {
		return 0, c.refuse(untrusted("%v", err), path)
	}
	r := request{name: path + "/$count", address: address, eventual: true, cost: 1, media: textMedia}
	_, f, err := c.ask(ctx, r, func(body []byte) *fault {
		var err error
		n, err = strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(string(body)), "\uFEFF"))
		if err != nil || n < 0 {
			return malformed("a count that is no number")
		}
		return nil
	})
	if f != nil {
		return 0, c.refuse(f, r.name)
	}
	if err != nil {
		return 0, fmt.Errorf("count: %w", err)
	}
	return n, nil
}
