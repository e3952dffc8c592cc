// SPDX-License-Identifier: Apache-2.0

// Package collect joins all sources into one graph: it runs the connectors,
// classifies accounts, correlates them with identities, and records for every
// source how it went. A source that fails is recorded as failed, what it said
// before is kept, and the rest goes on.
package collect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/correlate"
)

// A Job is one source and the connector that reads it.
type Job struct {
	Name      graph.Source
	Collector connectors.Collector
	Strip     func(graph.Node) graph.Node // leaves out what is not to be kept; nil keeps all

	// Last says that, when people are asked about, this source is read after the
	// others, and told what may concern them.
	Last bool
}

// A Plan is what to collect.
type Plan struct {
	Jobs     []Job
	Classify []Rule
	Link     correlate.Rules
	Want     connectors.Want

	// Now dates a collection whose sources do not say when they were read.
	Now time.Time

	// Progress is told, now and then, how much a source has given: things and
	// grants. Nil is silence.
	Progress func(s graph.Source, nodes, grants int, done bool)
}

// A Result is what was collected.
type Result struct {
	Graph          *graph.Graph
	Started, Ended time.Time // the window of the sources' own runs
	Failed         []Failure
	Linked         correlate.Result
	NoParent       []graph.ID // second accounts whose main account was not found
	ByRule         []int      // how many accounts each classify rule gave a type
}

// A Failure is a source that was not read to the end.
type Failure struct {
	Source graph.Source
	Err    error
}

// ErrSameSource is returned (wrapped) when two entries of a configuration yield
// the same source.
var ErrSameSource = errors.New("two entries of the configuration yield the same source")

// Run collects. An error means that there is no result: ctx ended, or the
// configuration makes no sense.
func Run(ctx context.Context, p Plan) (*Result, error) {
	g := gathering{plan: p, result: &Result{}, claims: map[graph.Source]graph.Source{}}
	g.result.ByRule = make([]int, len(p.Classify))
	for _, j := range inTurn(p) {
		if err := g.source(ctx, j); err != nil {
			return nil, err
		}
	}
	var err error
	if g.result.Linked, err = correlate.Match(&g.builder, p.Link); err != nil {
		return nil, err
	}
	g.result.Graph = g.builder.Graph()
	g.window()
	return g.result, nil
}

// A gathering is the work of one Run.
type gathering struct {
	plan    Plan
	builder graph.Builder
	claims  map[graph.Source]graph.Source // source → entry that yields it
	result  *Result
	told    memory
}

// A reading is the work on one source.
type reading struct {
	*gathering
	job     Job
	nodes   int
	grants  int
	claimed map[graph.Source]bool // sources whose runs or coverage it tells
	seen    map[graph.Source]bool // sources whose things it describes
	logins  map[graph.ID]graph.ID // by login as an ID: the account; zero when several have it
	waiting []graph.Node          // second accounts whose main one is still to be found
}

func (g *gathering) source(ctx context.Context, j Job) error {
	r := reading{gathering: g, job: j, claimed: map[graph.Source]bool{}, seen: map[graph.Source]bool{}, logins: map[graph.ID]graph.ID{}}
	err := r.read(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, ErrSameSource) {
		return err
	}
	if settled := r.settleParents(); err == nil {
		err = settled
	}
	if err != nil {
		r.fail(err)
	}
	if g.plan.Progress != nil {
		g.plan.Progress(j.Name, r.nodes, r.grants, true)
	}
	return nil
}

func (r *reading) read(ctx context.Context) error {
	want := r.plan.Want
	if r.job.Last {
		want.Concerns = r.concerns()
	}
	for f, err := range r.job.Collector.Collect(ctx, want) {
		if err != nil {
			return err
		}
		if isDerived(f) {
			continue
		}
		r.count(f)
		if err := r.take(f); err != nil {
			return err
		}
	}
	return nil
}

// isDerived reports whether a fact is of somebody: an exported snapshot has such, and
// which accounts belong together is found anew. No source's word makes it so.
func isDerived(f graph.Fact) bool {
	switch f := f.(type) {
	case graph.Node:
		return f.ID.Kind == graph.Somebody
	case graph.Grant:
		return f.From.Kind == graph.Somebody
	case graph.Gap:
		return f.About.Kind == graph.Somebody
	}
	return false
}

func (r *reading) count(f graph.Fact) {
	switch f.(type) {
	case graph.Node:
		r.nodes++
	case graph.Grant:
		r.grants++
	default:
		return
	}
	if r.plan.Progress != nil && (r.nodes+r.grants)%1000 == 0 {
		r.plan.Progress(r.job.Name, r.nodes, r.grants, false)
	}
}

func (r *reading) take(f graph.Fact) error {
	switch f := f.(type) {
	case graph.SourceRun:
		return r.claim(f.Source, f)
	case graph.Coverage:
		if f.State == graph.Partial && f.Dataset == graph.All { // a cut file says so of all that it describes, which takes nothing from others
			r.claimed[f.Source] = true
			return r.keep(f)
		}
		return r.claim(f.Source, f)
	case graph.Node:
		r.seen[f.ID.Source] = true
		if f.ID.Kind == graph.Account {
			return r.account(f)
		}
		return r.keep(f)
	default:
		return r.keep(f)
	}
}

// claim notes that this entry yields a source, which no other may do.
func (r *reading) claim(s graph.Source, f graph.Fact) error {
	r.claimed[s] = true
	if by, ok := r.claims[s]; ok && by != r.job.Name {
		return fmt.Errorf("%w: %s comes from %s and from %s", ErrSameSource, s, by, r.job.Name)
	}
	r.claims[s] = r.job.Name
	return r.keep(f)
}

func (r *reading) keep(f graph.Fact) error {
	r.remember(f)
	if n, ok := f.(graph.Node); ok && r.job.Strip != nil {
		f = r.job.Strip(n)
	}
	return r.builder.Add(f)
}

func (r *reading) account(n graph.Node) error {
	if by := classify(r.plan.Classify, &n); by >= 0 {
		r.result.ByRule[by]++
	}
	if slices.ContainsFunc(r.plan.Classify, func(c Rule) bool { return c.Parent != "" }) {
		login := graph.ID{Kind: graph.Account, Source: n.ID.Source, Key: n.Name}
		if _, twice := r.logins[login]; twice {
			r.logins[login] = graph.ID{}
		} else {
			r.logins[login] = n.ID
		}
		if parent, ok := n.Attrs.Get("parent"); ok {
			if _, err := graph.ParseID(parent); err != nil {
				r.waiting = append(r.waiting, n)
				return nil
			}
		}
	}
	return r.keep(n)
}

// settleParents turns the logins of main accounts into their IDs.
func (r *reading) settleParents() error {
	for _, n := range r.waiting {
		login, _ := n.Attrs.Get("parent")
		main := r.logins[graph.ID{Kind: graph.Account, Source: n.ID.Source, Key: login}]
		if main.IsZero() || main == n.ID {
			r.result.NoParent = append(r.result.NoParent, n.ID)
			n.Attrs = slices.DeleteFunc(n.Attrs, func(a graph.Attr) bool { return a.Key == "parent" })
		} else {
			n.Attrs.Set("parent", main.String())
		}
		if err := r.keep(n); err != nil {
			return err
		}
	}
	return nil
}

// fail records the sources of this entry as failed.
func (r *reading) fail(err error) {
	r.result.Failed = append(r.result.Failed, Failure{r.job.Name, err})
	failed := map[graph.Source]bool{r.job.Name: true}
	switch {
	case len(r.claimed) > 0:
		failed = r.claimed
	case len(r.seen) > 0:
		failed = r.seen
	}
	for s := range failed {
		// The name was checked when the configuration or the fact was read.
		_ = r.builder.Add(graph.Coverage{Source: s, Dataset: graph.All, State: graph.Failed, Reason: err.Error()})
	}
}

// window finds when the sources were read, by their own word. A source that says when it
// began and not when it ended had not ended before it began.
func (g *gathering) window() {
	for _, run := range g.result.Graph.Runs() {
		for _, t := range []time.Time{run.Started, run.Ended} {
			if t.IsZero() {
				continue
			}
			if g.result.Ended.IsZero() || t.After(g.result.Ended) {
				g.result.Ended = t
			}
			if g.result.Started.IsZero() || t.Before(g.result.Started) {
				g.result.Started = t
			}
		}
	}
	if g.result.Ended.IsZero() {
		g.result.Started, g.result.Ended = g.plan.Now.UTC(), g.plan.Now.UTC()
	}
}

// Whole reports whether every source was read to the end, and every dataset of
// every source that was asked for is complete.
func (r *Result) Whole() bool {
	if len(r.Failed) > 0 {
		return false
	}
	for _, s := range r.Graph.Sources() {
		for _, d := range graph.Datasets() {
			if !r.Graph.State(s, d).Whole() {
				return false
			}
		}
	}
	return true
}
