// SPDX-License-Identifier: Apache-2.0

// Package hr reads the people of a company from a CSV export of its HR system.
//
// Each row is one identity, keyed by its employee id exactly as written: leading
// zeros stay. A manager or sponsor becomes the id of an identity of the same
// source. The feed is complete only when the manifest beside it says so.
//
// A row that repeats an earlier one is counted and changes nothing; one that says
// something else about the same employee id is an error. A row without an employee
// id cannot be matched with anything: it is left out, counted, and makes the feed
// partial.
//
// Limitations: the whole file is read whatever is wanted, for it is one file.
// What the mapping does not name is not read.
package hr

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/internal/feed"
	"github.com/foureyes-iga/foureyes/graph"
)

// Config is the configuration of a source of type hr.
type Config struct {
	Path      string                       `yaml:"path"`
	Delimiter string                       `yaml:"delimiter"`
	Dates     string                       `yaml:"dates"`
	MaxAge    string                       `yaml:"max_age"`
	Columns   map[string]string            `yaml:"columns"`
	Values    map[string]map[string]string `yaml:"values"`
}

// A Collector reads one HR feed.
type Collector struct {
	path    string
	columns map[string]string
	keys    []string // of columns, in order
	comma   rune
	dates   feed.Dates
	maxAge  time.Duration
	enums   map[string]feed.Enum
	opts    connectors.Options
}

var _ connectors.Collector = (*Collector)(nil)

// New checks the configuration. It does not open the file.
func New(cfg Config, opts connectors.Options) (*Collector, error) {
	c := &Collector{path: cfg.Path, columns: cfg.Columns, opts: opts}
	var errs [6]error
	_, errs[0] = graph.ParseSource(string(opts.Source))
	c.comma, errs[1] = feed.Comma(cfg.Delimiter)
	c.dates, errs[2] = feed.ParseDates(cfg.Dates)
	c.maxAge, errs[3] = feed.ParseAge(cfg.MaxAge)
	c.enums, errs[4] = feed.Enums(legalValues(), cfg.Values)
	c.keys, errs[5] = feed.Keys(cfg.Columns)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	switch {
	case cfg.Path == "":
		return nil, errors.New("an hr source needs a path")
	case cfg.Columns["employee_id"] == "":
		return nil, errors.New("columns: employee_id is not mapped")
	}
	return c, nil
}

func legalValues() map[string][]string {
	return map[string][]string{
		"status":      {"active", "leave", "pending", "terminated"},
		"worker_type": {"employee", "contractor", "vendor"},
	}
}

// A run is one collection.
type run struct {
	*Collector
	reading    feed.Reading
	described  *feed.Described
	people     int
	duplicates int
	nameless   int // rows without an employee id
	firstAt    int // the line of the first of them
}

// Collect implements [connectors.Collector].
func (c *Collector) Collect(ctx context.Context, _ connectors.Want) iter.Seq2[graph.Fact, error] {
	return func(yield func(graph.Fact, error) bool) {
		r := run{Collector: c, reading: feed.Reading{Path: c.path}, described: feed.NewDescribed()}
		yield = feed.Guard(ctx, yield)
		if r.readPeople(ctx, yield) {
			r.tell(yield)
		}
	}
}

// readPeople yields the identities and reports whether the file was read to its end.
func (r *run) readPeople(ctx context.Context, yield func(graph.Fact, error) bool) bool {
	records := feed.CSV(ctx, r.path, r.comma, &r.reading)
	for row, err := range feed.Rows(records, r.columns, &r.reading) {
		var n graph.Node
		fresh := false
		if err == nil {
			n, fresh, err = r.person(row)
		}
		if err != nil {
			return yield(nil, err)
		}
		if fresh && !yield(n, nil) {
			return false
		}
	}
	return true
}

// person returns the identity of a row, and whether it is to be told.
func (r *run) person(row feed.Row) (n graph.Node, fresh bool, err error) {
	if row.Cell("employee_id") == "" {
		if r.nameless++; r.nameless == 1 {
			r.firstAt = row.Line
		}
		return graph.Node{}, false, nil
	}
	n, err = r.identity(row)
	if err != nil {
		return graph.Node{}, false, fmt.Errorf("%s:%d: %w", r.path, row.Line, err)
	}
	fresh, err = r.described.First(n, r.path, row.Line)
	switch {
	case fresh:
		r.people++
	case err == nil:
		r.duplicates++
	}
	return n, fresh, err
}

func (c *Collector) identity(row feed.Row) (graph.Node, error) {
	n := graph.Node{ID: c.id(row.Cell("employee_id")), Name: row.Cell("name")}
	if err := n.ID.Check(); err != nil {
		return graph.Node{}, err
	}
	for _, key := range c.keys {
		v, err := c.value(key, row.Cell(key))
		if err != nil {
			return graph.Node{}, fmt.Errorf("%s %w", key, err)
		}
		if v != "" && key != "name" {
			n.Attrs.Set(key, v)
		}
	}
	return n, nil
}

func (c *Collector) id(employee string) graph.ID {
	return graph.ID{Kind: graph.Identity, Source: c.opts.Source, Key: strings.Clone(employee)}
}

// value returns what a cell means as the attribute key.
func (c *Collector) value(key, cell string) (string, error) {
	if e, ok := c.enums[key]; ok {
		return e.Value(cell)
	}
	switch key {
	case "manager", "sponsor":
		if cell == "" {
			return "", nil
		}
		id := c.id(cell)
		return id.String(), id.Check()
	case "start_date", "end_date", "end_recorded", "last_day_worked", "transfer_date":
		m, err := c.dates.Parse(cell)
		if err != nil || m.IsZero() {
			return "", err
		}
		return m.Format(time.DateOnly), nil
	}
	return cell, nil
}

// tell yields the run and the coverage.
func (r *run) tell(yield func(graph.Fact, error) bool) {
	src := r.opts.Source
	v := r.reading.Verify(r.opts.Now, r.maxAge)
	if r.nameless > 0 {
		v = v.Less(fmt.Sprintf("rows without an employee id were left out: %d, the first in line %d", r.nameless, r.firstAt))
	}
	if !yield(graph.SourceRun{Source: src, Connector: "hr", Started: r.opts.Now.UTC(), Ended: r.opts.Ended()}, nil) {
		return
	}
	for _, d := range graph.Datasets() {
		cov := graph.Coverage{Source: src, Dataset: d, State: graph.NotApplicable}
		if d == graph.Identities {
			cov = v.Coverage(src, d, r.reading)
			cov.Details.Set("people", strconv.Itoa(r.people))
			cov.Details.Set("repeated_rows", strconv.Itoa(r.duplicates))
			cov.Details.Set("rows_without_id", strconv.Itoa(r.nameless))
		}
		if !yield(cov, nil) {
			return
		}
	}
}
