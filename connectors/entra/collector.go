// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
	"github.com/foureyes-iga/foureyes/graph"
)

// A Collector reads one tenant.
type Collector struct {
	cfg    Config
	opts   connectors.Options
	client *client
}

var _ connectors.Collector = (*Collector)(nil)

// New checks the configuration. It asks nobody anything.
func New(cfg Config, opts connectors.Options) (*Collector, error) {
	if _, err := graph.ParseSource(string(opts.Source)); err != nil {
		return nil, err
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if err := checkAttributes(cfg.Attributes); err != nil {
		return nil, err
	}
	c, err := newClient(cfg, opts)
	if err != nil {
		return nil, err
	}
	return &Collector{cfg: cfg, opts: opts, client: c}, nil
}

// Collect implements [connectors.Collector]. See wanted.go for what it leaves out.
func (c *Collector) Collect(ctx context.Context, want connectors.Want) iter.Seq2[graph.Fact, error] {
	return func(yield func(graph.Fact, error) bool) {
		if ctx.Err() != nil {
			yield(nil, context.Cause(ctx))
			return
		}
		r := c.newReading()
		r.want = want
		if err := r.everything(ctx); err != nil {
			yield(nil, causeOf(ctx, err))
			return
		}
		if !yield(r.sourceRun(), nil) {
			return
		}
		for f := range r.tenant.Facts() {
			if ctx.Err() != nil {
				yield(nil, context.Cause(ctx))
				return
			}
			if !yield(f, nil) {
				return
			}
		}
	}
}

// causeOf prefers why a context ended to what that broke.
func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// A reading is one collection. What lists bring is stored under a lock, because
// several are read at a time.
type reading struct {
	*Collector
	want   connectors.Want
	tenant *tenant.Tenant
	claims claims
	groups map[string]bool // of which members, owners and PIM are read; nil is all

	mu     sync.Mutex // of the tenant, while several lists are read
	deltas []*delta
	late   []tenant.Ref // who is there and was not listed
}

func (c *Collector) newReading() *reading {
	return &reading{Collector: c, tenant: tenant.New(c.opts.Source, c.opts.Now.UTC())}
}

// everything asks for all that there is, in the order in which one answer leads
// to the next questions.
func (r *reading) everything(ctx context.Context) error {
	defer r.client.close()
	r.client.start()
	var err error
	if r.claims, err = r.client.claims(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{
		r.identify, r.startDeltas, r.lists, r.deletedUsers, r.perObject, r.crossCheckPrincipals, r.strangers, r.endDeltas, r.totals, r.recheckMembers, r.inherit, r.tellConcerning,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	r.tenant.HiddenGroups(r.may("Member.Read.Hidden"))
	r.mapAttributes()
	return nil
}

// may says whether the token names a permission; false is also "not known".
func (r *reading) may(permission string) bool {
	for _, p := range r.claims.roles {
		if p == permission {
			return true
		}
	}
	return false
}

func (r *reading) sourceRun() graph.SourceRun {
	run := graph.SourceRun{Source: r.opts.Source, Connector: "entra", Started: r.opts.Now.UTC(), Ended: r.opts.Ended(), Details: r.tenant.Details()}
	run.Details.Set("endpoint", r.client.endpoint.scheme+"://"+r.client.endpoint.host)
	if r.claims.appid != "" {
		run.Details.Set("application", r.claims.appid)
	}
	switch {
	case !r.claims.known:
		run.Details.Set("permissions", "unknown: the token does not tell")
	case len(r.claims.roles) > 0:
		run.Details.Set("permissions", r.claims.roles...)
	default:
		run.Details.Set("permissions delegated", r.claims.scp...)
	}
	return run
}

// mapAttributes gives users what the configuration takes from other properties.
func (r *reading) mapAttributes() {
	for id, u := range r.tenant.Users {
		if from := r.cfg.Attributes["employee_id"]; from != "" {
			u.EmployeeID = u.Extensions[from]
			r.tenant.Users[id] = u
		}
	}
}

// checkAttributes allows what can be mapped: the employee id, from one of the
// extension attributes that Active Directory brings.
func checkAttributes(m map[string]string) error {
	for key, from := range m {
		var n int
		if key != "employee_id" {
			return fmt.Errorf("attributes: %q cannot be mapped; only employee_id can", key)
		}
		if _, err := fmt.Sscanf(from, "extensionAttribute%d", &n); err != nil || n < 1 || n > 15 || from != fmt.Sprintf("extensionAttribute%d", n) {
			return fmt.Errorf("attributes: %s: %q: want extensionAttribute1 to extensionAttribute15", key, from)
		}
	}
	return nil
}
