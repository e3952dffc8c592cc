// SPDX-License-Identifier: Apache-2.0

// Package hr reads the people of a company from exports of its HR systems: CSV,
// XLSX or JSON Lines, one feed or several.
//
// Each row is one identity, keyed by its employee id exactly as written: leading
// zeros stay. A manager or sponsor becomes the id of an identity of the same
// source. A feed is complete only when the manifest beside it says so, and the
// source when all its feeds are; one that is not authoritative never is.
//
// A row that repeats an earlier one is counted and changes nothing. Rows that say
// different things of one employee id are an error, or what they do not agree on is
// unknown, or they are employments that follow each other, as the configuration
// says; none ever wins by coming last. Between feeds, the first has the first word. A
// row without an employee id cannot be matched with anything: it is left out,
// counted, and makes the feed partial.
//
// Leave, notice given and end dates are facts for judging. No error, gap or coverage
// that this package tells repeats them.
//
// Limitations: all files are read whatever is wanted. What the mapping does not name
// is not read. A row is an employment as it stands, not an event in a history.
package hr

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/internal/feed"
	"github.com/foureyes-iga/foureyes/graph"
)

// A Collector reads the feeds of one HR source.
type Collector struct {
	readers []*reader // by precedence
	opts    connectors.Options
}

var _ connectors.Collector = (*Collector)(nil)

// New checks the configuration. It does not open the files.
func New(cfg Config, opts connectors.Options) (*Collector, error) {
	if _, err := graph.ParseSource(string(opts.Source)); err != nil {
		return nil, err
	}
	feeds, err := cfg.all()
	if err != nil {
		return nil, err
	}
	c := &Collector{opts: opts}
	for _, f := range feeds {
		r, err := newReader(f, opts.Source)
		if err != nil && f.Name != "" {
			err = fmt.Errorf("feed %s: %w", f.Name, err)
		}
		if err != nil {
			return nil, err
		}
		c.readers = append(c.readers, r)
	}
	return c, nil
}

// A run is one collection.
type run struct {
	*Collector
	parts  []*part // by precedence
	people int
}

// A part is what came of one feed.
type part struct {
	*reader
	reading      feed.Reading
	asOf         time.Time // what its dates are before or after
	today        string    // the day of that, in UTC
	repeated     int       // rows that say what another one said
	contradicted int       // people of whom rows say different things
	overruled    int       // people of whom a feed before says otherwise
	nameless     int       // rows without an employee id
	firstAt      int       // the line of the first of them
}

// Collect implements [connectors.Collector].
func (c *Collector) Collect(ctx context.Context, _ connectors.Want) iter.Seq2[graph.Fact, error] {
	return func(yield func(graph.Fact, error) bool) {
		r := run{Collector: c}
		for _, x := range c.readers {
			asOf := feed.AsOf(x.Path, c.opts.Now)
			r.parts = append(r.parts, &part{reader: x, reading: feed.Reading{Path: x.Path, Total: &feed.Total{}}, asOf: asOf, today: asOf.UTC().Format(time.DateOnly)})
		}
		yield = feed.Guard(ctx, yield)
		if r.readPeople(ctx, yield) {
			r.tell(yield)
		}
	}
}

// readPeople yields the identities and reports whether all files were read to their
// ends. One feed of rows that must not contradict each other is told row by row.
func (r *run) readPeople(ctx context.Context, yield func(graph.Fact, error) bool) bool {
	if len(r.parts) == 1 && r.parts[0].Repeated == refuse {
		return r.stream(ctx, yield)
	}
	var all []person
	for i, p := range r.parts {
		for one, err := range p.rows(ctx) {
			if err == nil && len(all) >= maxHeld {
				err = fmt.Errorf("%s:%d: more than %d rows of people", p.Path, one.line, maxHeld)
			}
			if err != nil {
				return yield(nil, err)
			}
			one.feed = i
			all = append(all, one)
		}
	}
	people, err := r.settle(all)
	if err != nil {
		return yield(nil, err)
	}
	for _, one := range people {
		if !r.yield(one, yield) {
			return false
		}
	}
	return true
}

const maxHeld = 2_000_000 // rows in memory

func (r *run) stream(ctx context.Context, yield func(graph.Fact, error) bool) bool {
	described := feed.NewDescribed()
	part := r.parts[0]
	for one, err := range part.rows(ctx) {
		fresh := false
		if err == nil {
			fresh, err = described.First(one.node, part.Path, one.line)
		}
		switch {
		case err != nil:
			return yield(nil, err)
		case !fresh:
			part.repeated++
		case !r.yield(one, yield):
			return false
		}
	}
	return true
}

// yield tells a person, and what about the person is not known.
func (r *run) yield(p person, yield func(graph.Fact, error) bool) bool {
	r.people++
	if !yield(p.node, nil) {
		return false
	}
	return p.gap == "" || yield(graph.Gap{About: p.node.ID, Dataset: graph.Identities, Reason: p.gap}, nil)
}

// rows yields what each row of a feed says. An error is the last value.
func (p *part) rows(ctx context.Context) iter.Seq2[person, error] {
	return func(yield func(person, error) bool) {
		for row, err := range p.format.Rows(ctx, p.Columns, &p.reading) {
			if err == nil && row.Cell("employee_id") == "" {
				if p.nameless++; p.nameless == 1 {
					p.firstAt = row.Line
				}
				continue
			}
			var one person
			if err == nil {
				one, err = p.person(row, p.asOf)
				err = p.placed(row.Line, err)
			}
			if err == nil {
				p.reading.Total.Add(one.node.ID.Key)
			}
			if !yield(one, err) || err != nil {
				return
			}
		}
	}
}

func (p *part) placed(line int, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s:%d: %w", p.Path, line, err)
}
