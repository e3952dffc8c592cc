// SPDX-License-Identifier: Apache-2.0

// Package table reads who has what in an application from an export that its
// owner made: a CSV file, a sheet of an XLSX workbook or JSON Lines, with
// mapped columns.
//
// A row says one of these:
//   - account, and one of group, role and entitlement: the account is a member of
//     the group, or is assigned the role or entitlement
//   - role and entitlement, without an account: the role contains the entitlement
//   - a single account, group, role or entitlement: it exists
//
// Any other combination is an error. A key stays as it is written. A thing without
// a name is called by its key. All rows with one account must say the same of it. Of
// a group, role or entitlement they may say different parts: a name here, a
// description there. A row that contradicts another is an error that names both lines.
//
// The export is complete only when the manifest beside it says so.
//
// Limitations: the whole file is read whatever is wanted. A table tells nothing of
// identities, eligibility and control.
package table

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/internal/feed"
	"github.com/foureyes-iga/foureyes/graph"
)

// Config is the configuration of a source of type table.
type Config struct {
	Path        string                       `yaml:"path"`
	Sheet       string                       `yaml:"sheet"`
	Encoding    string                       `yaml:"encoding"`
	Delimiter   string                       `yaml:"delimiter"`
	Dates       string                       `yaml:"dates"`
	MaxAge      string                       `yaml:"max_age"`
	Columns     map[string]string            `yaml:"columns"`
	Values      map[string]map[string]string `yaml:"values"`
	ExtractedBy string                       `yaml:"extracted_by"`
	ExtractedAt string                       `yaml:"extracted_at"`
	How         []string                     `yaml:"how"`
}

// A Collector reads one table.
type Collector struct {
	cfg    Config
	format feed.Format
	maxAge time.Duration
	shape  shape
	opts   connectors.Options
}

var _ connectors.Collector = (*Collector)(nil)

// New checks the configuration. It does not open the file.
func New(cfg Config, opts connectors.Options) (*Collector, error) {
	c := &Collector{cfg: cfg, opts: opts}
	c.shape = shape{source: opts.Source, columns: cfg.Columns}
	var errs [6]error
	_, errs[0] = graph.ParseSource(string(opts.Source))
	c.format, errs[1] = feed.ParseFormat(cfg.Path, feed.Layout{Sheet: cfg.Sheet, Encoding: cfg.Encoding, Delimiter: cfg.Delimiter})
	c.shape.dates, errs[2] = feed.ParseDates(cfg.Dates)
	c.maxAge, errs[3] = feed.ParseAge(cfg.MaxAge)
	c.shape.enums, errs[4] = feed.Enums(legalValues(), cfg.Values)
	c.shape.keys, errs[5] = feed.Keys(cfg.Columns)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return c, c.checkConfig()
}

func (c *Collector) checkConfig() error {
	if c.cfg.Path == "" {
		return errors.New("a table source needs a path")
	}
	if !slices.ContainsFunc(thingColumns(), c.shape.mapped) {
		return errors.New("columns: want at least one of account, group, role and entitlement")
	}
	if at := c.cfg.ExtractedAt; at != "" {
		if _, err := time.Parse(time.RFC3339, at); err != nil {
			return fmt.Errorf("extracted_at %q: want a time in RFC 3339, such as 2026-09-30T18:00:00Z", at)
		}
	}
	return nil
}

// Collect implements [connectors.Collector].
func (c *Collector) Collect(ctx context.Context, _ connectors.Want) iter.Seq2[graph.Fact, error] {
	return func(yield func(graph.Fact, error) bool) {
		yield = feed.Guard(ctx, yield)
		reading := feed.Reading{Path: c.cfg.Path}
		if c.readRows(ctx, &reading, yield) {
			c.tell(reading, yield)
		}
	}
}

// readRows yields what the rows say and reports whether the file was read to its end.
func (c *Collector) readRows(ctx context.Context, got *feed.Reading, yield func(graph.Fact, error) bool) bool {
	accounts, held := feed.NewDescribed(), rights{}
	for row, err := range c.format.Rows(ctx, c.cfg.Columns, got) {
		if err != nil {
			return yield(nil, err)
		}
		said, err := c.shape.read(row)
		if err != nil {
			return yield(nil, fmt.Errorf("%s:%d: %w", c.cfg.Path, row.Line, err))
		}
		for _, n := range said.rights {
			if err := held.add(n, c.cfg.Path, row.Line); err != nil {
				return yield(nil, err)
			}
		}
		if n := said.account; !n.ID.IsZero() {
			fresh, err := accounts.First(n, c.cfg.Path, row.Line)
			if (fresh || err != nil) && !yield(n, err) {
				return false
			}
		}
		if said.grant.Kind != 0 && !yield(said.grant, nil) {
			return false
		}
	}
	for _, n := range held.nodes() {
		if !yield(n, nil) {
			return false
		}
	}
	return true
}

// tell yields the run and the coverage.
func (c *Collector) tell(got feed.Reading, yield func(graph.Fact, error) bool) {
	if !yield(c.run(), nil) {
		return
	}
	v := got.Verify(c.opts.Now, c.maxAge)
	for _, d := range graph.Datasets() {
		cov := v.Coverage(c.opts.Source, d, got)
		if why := c.shape.lacks(d); why != "" {
			cov = graph.Coverage{Source: c.opts.Source, Dataset: d, State: graph.NotApplicable, Reason: why}
		}
		if !yield(cov, nil) {
			return
		}
	}
}

// run says when and how the table was read, and how its owner made it.
func (c *Collector) run() graph.SourceRun {
	r := graph.SourceRun{Source: c.opts.Source, Connector: "table", Started: c.opts.Now.UTC(), Ended: c.opts.Ended()}
	r.Details.Set("file", filepath.Base(c.cfg.Path))
	for key, v := range map[string]string{"sheet": c.cfg.Sheet, "extracted_by": c.cfg.ExtractedBy, "extracted_at": c.cfg.ExtractedAt} {
		if v != "" {
			r.Details.Set(key, v)
		}
	}
	if len(c.cfg.How) > 0 {
		r.Details.Set("how", c.cfg.How...)
	}
	return r
}
