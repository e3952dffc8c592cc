// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"context"
	"errors"
	"iter"

	_ "github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	_ "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	_ "github.com/microsoft/kiota-http-go"
	_ "github.com/microsoft/kiota-serialization-json-go"
	_ "github.com/microsoftgraph/msgraph-sdk-go/models"
	_ "github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"

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

	// types are the acceptable @odata.type of items, as in
	// "#microsoft.graph.user"; none accepts any. Items without a type are
	// accepted when the list is of at most one type.
	types []string

	// object says that the answer to a sub is one object, not a list. Only each
	// looks at it.
	object bool
}

// A tally says what answers took.
type tally struct {
	requests, pages, items, restarts int
	duplicates                       int // items whose id had come before in the same list
	bytes                            int64
	count                            graph.Count // @odata.count of the first page
}

// A sub is one of many questions; key names the object that it is about.
type sub struct {
	key string
	q   query
}

// A handler hears the answers to many questions, one call at a time.
type handler struct {
	begin func(key string)                                    // may be nil
	take  func(key string, item serialization.Parsable) error // its error ends this question
	done  func(key string, err error) error                   // its error ends everything
}

// A client asks Graph, and gives whole answers only.
type client struct{}

func newClient(cfg Config, opts connectors.Options) (*client, error) {
	return nil, errors.New("not written yet")
}

// claims are what the access token says of itself. They are not verified: they
// explain, and decide nothing.
type claims struct {
	known      bool // false for a token that is not a JWT
	roles, scp []string
	tid, appid string
}

func (c *client) claims(ctx context.Context) (claims, error) { return claims{}, nil }

// close lets go of idle connections.
func (c *client) close() {}

func (c *client) list(ctx context.Context, q query, begin func(), take func(serialization.Parsable) error) (tally, error) {
	return tally{}, nil
}

func (c *client) one(ctx context.Context, q query) (serialization.Parsable, error) { return nil, nil }

func (c *client) count(ctx context.Context, path string, params ...param) (int, error) { return 0, nil }

func (c *client) each(ctx context.Context, subs iter.Seq[sub], h handler) (tally, error) {
	return tally{}, nil
}

// counts works like each, for the number of items in lists.
func (c *client) counts(ctx context.Context, subs iter.Seq[sub], done func(key string, n int, err error) error) (tally, error) {
	return tally{}, nil
}
