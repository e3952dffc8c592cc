// SPDX-License-Identifier: Apache-2.0

// Package file reads files of directory data: facts files, the JSON Lines that
// docs/formats/facts.md describes, and LDIF exports.
//
// A facts file speaks for itself: it names its own sources, and what it says of
// their coverage is passed on. Nothing is invented for a source of which it says
// nothing. The name in the configuration only labels the file.
//
// A file that breaks off between lines is truncated: its facts are told, and every
// source that it carries is partial. A line that is no fact is an error.
package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/internal/feed"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
)

// Config is the configuration of a source of type facts.
type Config struct {
	Path string `yaml:"path"`
}

// A Collector reads one facts file.
type Collector struct {
	path    string
	opts    connectors.Options
	sources map[graph.Source]bool
}

var _ connectors.Collector = (*Collector)(nil)

// New checks the configuration. It does not open the file.
func New(cfg Config, opts connectors.Options) (*Collector, error) {
	if cfg.Path == "" {
		return nil, errors.New("a facts source needs a path")
	}
	if _, err := graph.ParseSource(string(opts.Source)); err != nil {
		return nil, err
	}
	return &Collector{path: cfg.Path, opts: opts}, nil
}

// Sources returns the sources that the file described in the last collection, in
// order: those of its source and coverage lines and of its nodes. It must not be
// called during a collection.
func (c *Collector) Sources() []graph.Source { return slices.Sorted(maps.Keys(c.sources)) }

// Collect implements [connectors.Collector]. It tells the whole file whatever is
// wanted. A thing that is described twice and not alike is an error that names
// both lines. When the file is truncated the last facts say that all of its Sources
// are partial; when there are none, that the source in the configuration is. Of
// sources that only its grants name, other entries speak.
func (c *Collector) Collect(ctx context.Context, _ connectors.Want) iter.Seq2[graph.Fact, error] {
	return func(yield func(graph.Fact, error) bool) {
		yield = feed.Guard(ctx, yield)
		c.sources = map[graph.Source]bool{}
		f, err := feed.Open(c.path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		c.read(f, yield)
	}
}

func (c *Collector) read(r io.Reader, yield func(graph.Fact, error) bool) {
	lines := newLineReader(r)
	seen := feed.NewDescribed()
	count := 0
	for fact, err := range facts.Read(lines, c.path) {
		if errors.Is(err, facts.ErrTruncated) {
			c.truncated(count, yield)
			return
		}
		switch f := fact.(type) {
		case graph.Node:
			if err == nil {
				_, err = seen.First(f, c.path, lines.line)
			}
		case graph.Coverage:
			fact = counted(f)
		}
		c.note(fact)
		count++
		if !yield(fact, err) {
			return
		}
	}
	if count == 0 {
		yield(nil, fmt.Errorf("%s has no facts: that nothing was read is no answer", c.path))
	}
}

// counted takes coverage that says it is complete, and that another number came than
// should have, for what it is.
func counted(c graph.Coverage) graph.Coverage {
	received, came := c.Received.Get()
	expected, known := c.Expected.Get()
	if c.State == graph.Complete && came && known && received != expected {
		c.State = graph.Partial
		c.Reason = strings.TrimPrefix(c.Reason+fmt.Sprintf("; it is told as complete, but %d came of %d", received, expected), "; ")
	}
	return c
}

// truncated says of every source of the file that it is partial.
func (c *Collector) truncated(count int, yield func(graph.Fact, error) bool) {
	all := c.Sources()
	if len(all) == 0 {
		all = []graph.Source{c.opts.Source}
	}
	for _, s := range all {
		cov := graph.Coverage{Source: s, Dataset: graph.All, State: graph.Partial,
			Reason: fmt.Sprintf("%s is truncated: no sound end line after %d facts", filepath.Base(c.path), count)}
		if !yield(cov, nil) {
			return
		}
	}
}

// note remembers the source that a fact describes.
func (c *Collector) note(f graph.Fact) {
	switch f := f.(type) {
	case graph.SourceRun:
		c.sources[f.Source] = true
	case graph.Coverage:
		c.sources[f.Source] = true
	case graph.Node:
		c.sources[f.ID.Source] = true
	}
}
