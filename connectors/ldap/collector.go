// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"iter"
	"log/slog"
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
	dialect  directory.Dialect
}

var _ connectors.Collector = (*Collector)(nil)

// New checks the configuration and reads the password and the certificates it
// names. It does not connect.
func New(cfg Config, opts connectors.Options) (*Collector, error) {
	c := &Collector{cfg: cfg, opts: opts, dialect: directory.OpenLDAP()}
	var errs [5]error
	_, errs[0] = graph.ParseSource(string(opts.Source))
	c.servers, errs[1] = parseServers(cfg)
	c.tls, errs[2] = cfg.TLS.config()
	password, err := cfg.Bind.password()
	c.password, errs[3] = password, err
	c.timeout, errs[4] = parseTimeout(cfg.Timeout)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	switch {
	case cfg.Dialect != "" && cfg.Dialect != c.dialect.Name:
		return nil, fmt.Errorf("dialect %q: only %s is known", cfg.Dialect, c.dialect.Name)
	case cfg.Connections < 0:
		return nil, errors.New("connections: want 1 or more")
	case cfg.Bind.External && cfg.TLS.CertFile == "":
		return nil, errors.New("bind: external needs tls: cert_file and key_file")
	}
	_, err = c.reading()
	if err := errors.Join(err, separate(cfg.Base)); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Collector) reading() (*directory.Reading, error) {
	return directory.New(c.opts.Source, c.dialect, directory.Mapping{Attributes: c.cfg.Attributes, Values: c.cfg.Values}, c.cfg.Base)
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
	conn    *conn
	reading *directory.Reading
	yield   func(graph.Fact, error) bool
	done    map[graph.Dataset][]*search
	stopped bool
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
		if r.conn != nil {
			r.conn.close()
			r.tell(r.sourceRun())
		}
		if err != nil && !r.stopped {
			yield(nil, err)
		}
	}
}

func (r *run) collect(ctx context.Context) (err error) {
	if r.conn, err = r.connect(ctx); err != nil {
		return err
	}
	if r.reading, err = r.Collector.reading(); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{r.findBases, r.register, r.accounts, r.groups, r.finish} {
		if err := step(ctx); err != nil || r.stopped {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
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

// each runs one search per base and takes its entries; what is missing is
// recorded against the datasets.
func (r *run) each(ctx context.Context, s search, take func(directory.Entry) error, of ...graph.Dataset) error {
	for _, base := range r.cfg.Base {
		one := s
		one.base = base
		for _, d := range of {
			r.done[d] = append(r.done[d], &one)
		}
		err := r.conn.all(ctx, &one, r.untilStopped(take))
		var short *shortError
		switch {
		case errors.As(err, &short):
			r.missing(of, short.state, err.Error())
		case errors.Is(err, errStopped):
			return nil
		case err != nil:
			return err
		}
		if one.references > 0 {
			r.missing(of, graph.Partial, fmt.Sprintf("referrals below %q that were not followed: %d; name what they point to as sources of their own", base, one.references))
		}
		r.opts.Logger().InfoContext(ctx, "search done", slog.String("source", string(r.opts.Source)),
			slog.String("base", base), slog.String("filter", one.filter), slog.Int("pages", one.pages), slog.Int("entries", one.entries))
	}
	return nil
}

var errStopped = errors.New("nobody wants any more")

// untilStopped makes a search end when nobody wants any more.
func (r *run) untilStopped(take func(directory.Entry) error) func(directory.Entry) error {
	return func(e directory.Entry) error {
		err := take(e)
		if err == nil && r.stopped {
			err = errStopped
		}
		return err
	}
}

func (r *run) missing(of []graph.Dataset, s graph.State, reason string) {
	for _, d := range of {
		r.reading.Shortfall(d, s, reason)
	}
}

func (r *run) register(ctx context.Context) error {
	s := search{filter: "(objectClass=*)", attributes: r.dialect.RegisterAttributes(), pageSize: pageOfEntries}
	mute := 0
	err := r.each(ctx, s, func(e directory.Entry) error {
		if !tells(e, r.dialect.HasChildren) {
			mute++
		}
		return r.reading.Register(e)
	}, graph.All)
	if err != nil {
		return err
	}
	if mute > 0 {
		r.reading.Shortfall(graph.All, graph.Partial, fmt.Sprintf("entries that do not say whether they have children: %d; what is hidden below them would not be noticed; let %s read %s", mute, r.conn.identity, r.dialect.HasChildren))
	}
	if _, accounts, groups := r.reading.Counted(); accounts == 0 || groups == 0 {
		r.suspectEmpty(accounts, groups)
	}
	return nil
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

func (r *run) accounts(ctx context.Context) error {
	s := search{filter: anyOf(r.dialect.AccountClasses), attributes: r.reading.AccountAttributes(), pageSize: pageOfEntries}
	var seen sightings
	var odd derived
	err := r.each(ctx, s, func(e directory.Entry) error {
		n, ok, err := r.reading.Account(e)
		if ok {
			seen.add(e, n)
			r.tell(n)
		} else {
			odd.add(e, r.dialect.AccountClasses, r.dialect.ContactClasses)
		}
		return err
	}, graph.Accounts, graph.SignIn)
	if err != nil || r.stopped {
		return err
	}
	r.tellDerived(odd, graph.Accounts, graph.SignIn, graph.Memberships)
	return r.askForSignIns(ctx, seen)
}

func (r *run) groups(ctx context.Context) error {
	s := search{filter: anyOf(r.dialect.GroupClasses), attributes: r.reading.GroupAttributes(), pageSize: pageOfGroups}
	var odd derived
	err := r.each(ctx, s, func(e directory.Entry) error {
		odd.add(e, r.dialect.GroupClasses)
		_, err := r.reading.Group(e, r.tell)
		return err
	}, graph.Groups, graph.Memberships)
	if err == nil && !r.stopped {
		r.tellDerived(odd, graph.Groups, graph.Memberships)
		r.reading.PrimaryGroups(r.tell)
	}
	return err
}

func (r *run) finish(context.Context) error {
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
	a.Set("entries", strconv.Itoa(entries))
	return a
}

func (r *run) sourceRun() graph.SourceRun {
	s := graph.SourceRun{Source: r.opts.Source, Connector: "ldap", Started: r.opts.Now.UTC(), Ended: r.opts.Ended()}
	s.Details.Set("server", r.conn.server.url)
	s.Details.Set("tls", r.conn.tls)
	s.Details.Set("vendor", r.conn.root.vendor)
	s.Details.Set("bind identity", r.conn.identity)
	s.Details.Set("dialect", r.dialect.Name)
	return s
}
