// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"iter"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
	"github.com/foureyes-iga/foureyes/connectors/internal/feed"
	"github.com/foureyes-iga/foureyes/graph"
)

// A Collector reads one directory.
type Collector struct {
	cfg      Config
	opts     connectors.Options
	servers  []server
	tls      *tls.Config
	password connectors.Secret
	timeout  time.Duration
	dialer   func(ctx context.Context, network, address string) (net.Conn, error)
}

var _ connectors.Collector = (*Collector)(nil)

// New checks the configuration and reads the password and the certificates it
// names. It does not connect.
func New(cfg Config, opts connectors.Options) (*Collector, error) {
	c := &Collector{cfg: cfg, opts: opts, dialer: (&net.Dialer{}).DialContext}
	var errs [6]error
	_, errs[0] = graph.ParseSource(string(opts.Source))
	c.servers, errs[1] = parseServers(cfg)
	c.tls, errs[2] = cfg.TLS.config()
	password, err := cfg.Bind.password()
	c.password, errs[3] = password, err
	c.timeout, errs[4] = parseTimeout(cfg.Timeout)
	dialect := directory.OpenLDAP()
	if cfg.Dialect != "" {
		dialect, errs[5] = directory.DialectNamed(cfg.Dialect)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	switch {
	case cfg.Connections < 0:
		return nil, errors.New("connections: want 1 or more")
	case cfg.Bind.External && cfg.TLS.CertFile == "":
		return nil, errors.New("bind: external needs tls: cert_file and key_file")
	}
	_, err = c.reading(dialect)
	if err := errors.Join(err, separate(cfg.Base)); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Collector) reading(d directory.Dialect) (*directory.Reading, error) {
	return directory.New(c.opts.Source, d, directory.Mapping{Attributes: c.cfg.Attributes, Values: c.cfg.Values}, c.cfg.Base, c.opts.Now)
}

// separate refuses bases that lie in each other: their entries would come twice.
func separate(bases []string) error {
	if len(bases) == 0 {
		return errors.New(`base: name the subtree to read, as in "dc=example,dc=com"`)
	}
	folded := make([]string, len(bases))
	for i, b := range bases {
		var err error
		if folded[i], err = directory.FoldDN(b); err != nil {
			return fmt.Errorf("base: %w", err)
		}
	}
	for i, a := range folded {
		for j, b := range folded {
			if i != j && (a == b || b == "" || strings.HasSuffix(a, ","+b)) {
				return fmt.Errorf("base: %q lies in %q", bases[i], bases[j])
			}
		}
	}
	return nil
}

// Page sizes. Groups come in small pages, for one may have many members.
const (
	pageOfEntries = 250
	pageOfGroups  = 20
)

// A run is one collection.
type run struct {
	*Collector
	conn       *conn
	second     *conn // to the same server; nil where one connection must do
	dialect    directory.Dialect
	reading    *directory.Reading
	yield      func(graph.Fact, error) bool
	done       map[graph.Dataset][]*search
	partitions []string // naming contexts of the forest that are no domains
	singing    []string // what became of the canaries
	notes      graph.Attrs
	stopped    bool
}

// Collect implements [connectors.Collector]. It tells the whole directory,
// whatever is wanted.
func (c *Collector) Collect(ctx context.Context, _ connectors.Want) iter.Seq2[graph.Fact, error] {
	return func(yield func(graph.Fact, error) bool) {
		yield = feed.Guard(ctx, yield)
		r := &run{Collector: c, yield: yield, done: map[graph.Dataset][]*search{}}
		err := r.collect(ctx)
		if err != nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		r.hangUp()
		if r.conn != nil {
			r.tell(r.sourceRun())
		}
		if err != nil && !r.stopped {
			yield(nil, err)
		}
	}
}

func (r *run) collect(ctx context.Context) (err error) {
	if err := r.begin(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{
		r.findBases, r.head, r.listing, r.askForLocks, r.disabledSince, r.things, r.askForRoles, r.askForMembers, r.outsiders, r.roles, r.ranges, r.dynamics,
		r.askMemberless, r.rest, r.deleted, r.reconcile, r.lookAgain, r.machines, r.primaryGroups, r.finish,
	} {
		if err := step(ctx); err != nil || r.stopped {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// begin connects and finds out what kind of directory this is.
func (r *run) begin(ctx context.Context) (err error) {
	if r.conn, err = r.connect(ctx); err != nil {
		return err
	}
	if r.dialect, err = r.conn.root.dialect(r.cfg.Dialect); err != nil {
		return err
	}
	if r.reading, err = r.Collector.reading(r.dialect); err != nil {
		return err
	}
	if r.cfg.Connections > 1 {
		if r.second, err = r.another(ctx, r.conn); err != nil {
			r.note("connections", fmt.Sprintf("one instead of two: %v", err))
		}
	}
	return ctx.Err()
}

func (r *run) hangUp() {
	for _, cn := range []*conn{r.conn, r.second} {
		if cn != nil {
			cn.close()
		}
	}
}

// note keeps what is told of the whole run.
func (r *run) note(key, text string) {
	if !slices.Contains(r.notes.Values(key), text) {
		r.notes.Set(key, append(r.notes.Values(key), text)...)
	}
}

// tell yields a fact and remembers when nobody wants any more.
func (r *run) tell(f graph.Fact) bool {
	if !r.stopped {
		r.stopped = !r.yield(f, nil)
	}
	return !r.stopped
}

// findBases makes sure that every base is there: a search below one that is not
// may well succeed and find nothing.
func (r *run) findBases(ctx context.Context) error {
	for _, base := range r.cfg.Base {
		entries, err := r.conn.read(ctx, base, []string{"1.1"})
		var short *shortError
		switch {
		case errors.As(err, &short):
			r.reading.Shortfall(graph.All, short.state, fmt.Sprintf("base %q: %s", base, short.reason))
		case ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject):
			return fmt.Errorf("base %q: not there, or not shown to %s: %w", base, r.conn.identity, err)
		case err != nil:
			return fmt.Errorf("base %q: %w", base, err)
		case len(entries) == 0:
			r.reading.Shortfall(graph.All, graph.Partial, fmt.Sprintf("base %q: the server shows no such entry to %s", base, r.conn.identity))
		}
	}
	return nil
}

// listing reads every entry, and the accounts at the same time where two
// connections are allowed and the dialect can tell an account before all entries
// are known.
func (r *run) listing(ctx context.Context) error {
	if r.second != nil && !r.dialect.AccountsNeedListing() {
		return r.pass(ctx, r.registering(), r.accounts())
	}
	return r.pass(ctx, r.registering())
}

// things reads what the listing did not: accounts and groups.
func (r *run) things(ctx context.Context) error {
	switch {
	case r.second != nil && !r.dialect.AccountsNeedListing():
		return r.pass(ctx, r.groups())
	case r.second != nil && r.dialect.IsActiveDirectory(): // groups there name nobody by login
		return r.pass(ctx, r.accounts(), r.groups())
	}
	if err := r.pass(ctx, r.accounts()); err != nil || r.stopped {
		return err
	}
	return r.pass(ctx, r.groups())
}

func (r *run) registering() pass {
	mute := 0
	return pass{
		search: search{filter: r.dialect.Everything, attributes: r.dialect.RegisterAttributes(), pageSize: pageOfEntries},
		of:     []graph.Dataset{graph.All},
		take: func(e directory.Entry) error {
			if !slices.ContainsFunc(r.dialect.HasChildren, func(name string) bool { return tells(e, name) }) {
				mute++
			}
			return r.reading.Register(e)
		},
		end: func(context.Context) error {
			r.lookAtListing(mute)
			return nil
		},
	}
}

// lookAtListing looks for what the listing shows to be hidden.
func (r *run) lookAtListing(mute int) {
	_, accounts, groups := r.reading.Counted()
	if len(r.dialect.HasChildren) > 0 && mute > 0 {
		r.reading.Shortfall(graph.All, graph.Partial, fmt.Sprintf("entries that do not say whether they have children: %d; what is hidden below them would not be noticed; let %s read %s", mute, r.conn.identity, r.dialect.HasChildren[0]))
	}
	if accounts == 0 || groups == 0 {
		r.suspectEmpty(accounts, groups)
	}
	r.canaries()
	r.findReader()
	if r.dialect.IsActiveDirectory() && !r.reading.ShowsFineGrained() {
		r.note("authentication", "fine-grained password policies, if there are any, are not shown to "+r.conn.identity)
	}
}

// suspectEmpty says that an empty answer is no proof of an empty directory.
func (r *run) suspectEmpty(accounts, groups int) {
	reason := fmt.Sprintf("below the bases %s sees none; wrong base, or hidden by access control", r.conn.identity)
	if accounts == 0 {
		r.missing([]graph.Dataset{graph.Accounts, graph.SignIn}, graph.Partial, "no accounts: "+reason)
	}
	if groups == 0 {
		r.missing([]graph.Dataset{graph.Groups, graph.Memberships}, graph.Partial, "no groups: "+reason)
	}
}

func (r *run) accounts() pass {
	var seen sightings
	var odd derived
	return pass{
		search: search{filter: r.accountFilter(), attributes: r.reading.AccountAttributes(), pageSize: pageOfEntries, controls: r.descriptors()},
		of:     []graph.Dataset{graph.Accounts, graph.SignIn, graph.MFA, graph.Control, graph.Assignments},
		take: func(e directory.Entry) error {
			n, ok, err := r.reading.Account(e)
			if !ok {
				odd.add(e, r.dialect.AccountClasses, r.dialect.ServiceClasses, r.dialect.ContactClasses)
				return err
			}
			seen.add(e, n)
			if r.tell(n) && r.reading.Control(e, n.ID, r.tell) {
				r.reading.Held(e, n.ID, r.tell)
			}
			return err
		},
		end: func(ctx context.Context) error {
			r.tellDerived(odd, graph.Accounts, graph.SignIn, graph.Memberships)
			if r.dialect.IsActiveDirectory() {
				r.findReaderByName()
				return nil
			}
			return r.askForSignIns(ctx, seen)
		},
	}
}

func (r *run) accountFilter() string {
	if r.dialect.AccountFilter != "" {
		return r.dialect.AccountFilter
	}
	return r.everyOf(r.dialect.AccountClasses)
}

// everyOf is the filter for entries of any of these classes, those too that the
// server hides from searches that do not ask for them.
func (r *run) everyOf(classes []string) string {
	if r.dialect.Everything == everyEntry {
		return anyOf(classes)
	}
	return "(&" + r.dialect.Everything + anyOf(classes) + ")"
}

const everyEntry = "(objectClass=*)"

func (r *run) groups() pass {
	var odd derived
	return pass{
		search: search{filter: r.everyOf(r.dialect.GroupClasses), attributes: r.reading.GroupAttributes(), pageSize: pageOfGroups, controls: r.descriptors()},
		of:     []graph.Dataset{graph.Groups, graph.Memberships, graph.Control},
		take: func(e directory.Entry) error {
			odd.add(e, r.dialect.GroupClasses)
			_, err := r.reading.Group(e, r.tell)
			return err
		},
		end: func(context.Context) error {
			r.tellDerived(odd, graph.Groups, graph.Memberships)
			return nil
		},
	}
}

func (r *run) roles(ctx context.Context) error {
	if len(r.dialect.RoleClasses) == 0 {
		return nil
	}
	s := search{filter: "(&(objectClass=ldapsubentry)" + anyOf(r.dialect.RoleClasses) + ")", attributes: r.reading.GroupAttributes(), pageSize: pageOfEntries}
	return r.each(ctx, s, func(e directory.Entry) error {
		n, ok, err := r.reading.Role(e)
		if ok {
			r.tell(n)
		}
		return err
	}, graph.Assignments)
}

func (r *run) rest(context.Context) error {
	r.reading.Rest(r.tell)
	return nil
}

func (r *run) primaryGroups(context.Context) error {
	r.reading.PrimaryGroups(r.tell)
	return nil
}

func (r *run) finish(ctx context.Context) error {
	r.noteChanges(ctx)
	for _, c := range r.reading.Coverage("a listing of every entry, counted by class", r.details) {
		if !r.tell(c) {
			return nil
		}
	}
	return nil
}

// anyOf is the filter for entries of any of these classes.
func anyOf(classes []string) string {
	var b strings.Builder
	b.WriteString("(|")
	for _, c := range classes {
		b.WriteString("(objectClass=" + c + ")")
	}
	b.WriteString(")")
	return b.String()
}

// details says how a dataset was read.
func (r *run) details(d graph.Dataset) graph.Attrs {
	searches := r.done[d]
	if len(searches) == 0 {
		return nil
	}
	pages, entries := 0, 0
	for _, s := range searches {
		pages, entries = pages+s.pages, entries+s.entries
	}
	var a graph.Attrs
	a.Set("server", r.conn.server.url)
	a.Set("bind identity", r.conn.identity)
	a.Set("base", r.cfg.Base...)
	a.Set("filter", searches[0].filter)
	a.Set("attributes", strings.Join(searches[0].attributes, " "))
	a.Set("pages", strconv.Itoa(pages))
	a.Set("started", searches[0].began.Format(time.RFC3339))
	a.Set("ended", searches[len(searches)-1].ended.Format(time.RFC3339))
	a.Set("entries", strconv.Itoa(entries))
	if r.conn.root.name != "" {
		a.Set("server identity", r.conn.root.name)
	}
	if len(r.singing) > 0 {
		a.Set("canaries", r.singing...)
	}
	return a
}

func (r *run) sourceRun() graph.SourceRun {
	s := graph.SourceRun{Source: r.opts.Source, Connector: "ldap", Started: r.opts.Now.UTC(), Ended: r.opts.Ended(), Details: slices.Clone(r.notes)}
	s.Details.Set("server", r.conn.server.url)
	s.Details.Set("tls", r.conn.tls)
	s.Details.Set("vendor", r.conn.root.vendor)
	s.Details.Set("bind identity", r.conn.identity)
	s.Details.Set("dialect", r.dialect.Name)
	if r.conn.root.name != "" {
		s.Details.Set("server identity", r.conn.root.name)
	}
	if r.reading != nil {
		for _, p := range r.reading.Policies() {
			s.Details.Set("authentication: "+p.Name, p.Settings...)
		}
	}
	return s
}
