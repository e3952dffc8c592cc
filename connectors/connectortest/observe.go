// SPDX-License-Identifier: Apache-2.0

package connectortest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
)

// observed is what a collection told.
type observed struct {
	facts []graph.Fact // up to the first error
	err   error        // the first
	after int          // values after it
}

const endless = 1_000_000

// observe collects to the end, going on after an error to see whether it is last.
// each, when it is not nil, is called for every fact.
func observe(ctx context.Context, c connectors.Collector, want connectors.Want, each func(graph.Fact)) observed {
	var o observed
	n := 0
	c.Collect(ctx, want)(func(f graph.Fact, err error) bool {
		n++
		switch {
		case o.err != nil:
			o.after++
		case err != nil:
			o.err = err
		default:
			o.facts = append(o.facts, f)
			if each != nil {
				each(f)
			}
		}
		return n < endless
	})
	return o
}

// whole collects everything and wants no error.
func whole(c connectors.Collector) ([]graph.Fact, error) {
	o := observe(context.Background(), c, connectors.Want{}, nil)
	if o.err != nil {
		return nil, fmt.Errorf("collecting a sound source: %w", o.err)
	}
	return o.facts, nil
}

// world returns the standard world as far as s can hold it.
func (s Subject) world() World { return Standard().Without(s.Lacks) }

func (s Subject) open(t *testing.T) (World, connectors.Collector) {
	w := s.world()
	return w, s.Open(t, w)
}

// same returns the fact with the world's keys, and false when it is none of the
// world's: a record of the connector, or about a thing that is not of the world.
func (s Subject) same(f graph.Fact) (graph.Fact, bool) {
	for _, id := range names(f) {
		if s.key(id) == "" {
			return nil, false
		}
	}
	switch f := f.(type) {
	case graph.Node:
		if s.Name != nil {
			f.Name = s.Name(f)
		}
		f.ID.Key = s.key(f.ID)
		return f, true
	case graph.Grant:
		f.From.Key, f.To.Key = s.key(f.From), s.key(f.To)
		return f, true
	case graph.Use:
		f.Account.Key, f.Entitlement.Key = s.key(f.Account), s.key(f.Entitlement)
		return f, true
	case graph.Gap:
		f.About.Key = s.key(f.About)
		return f, true
	}
	return nil, false
}

func (s Subject) key(id graph.ID) string {
	if s.Key == nil {
		return id.Key
	}
	return s.Key(id)
}

// told returns the facts of the world that came, as a sorted set of lines. Of
// attributes it keeps those that the standard world uses, of grants what they
// mean: via and since are the connector's own.
func (s Subject) told(all []graph.Fact) []string {
	var lines []string
	for _, f := range all {
		f, ok := s.same(f)
		if !ok {
			continue
		}
		switch x := f.(type) {
		case graph.Node:
			x.Attrs = slices.DeleteFunc(slices.Clone(x.Attrs), func(a graph.Attr) bool { return !compared(a.Key) })
			f = x
		case graph.Grant:
			x.Via, x.Since = "", time.Time{}
			f = x
		case graph.Gap:
			x.Reason = ""
			f = x
		}
		lines = append(lines, line(f))
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

func compared(key string) bool {
	return slices.Contains([]string{"employee_id", "status", "department", "last_sign_in", "mfa", "description"}, key)
}

func line(f graph.Fact) string { return string(facts.Append(nil, f)) }

func sortedLines(all []graph.Fact) []string {
	lines := make([]string, len(all))
	for i, f := range all {
		lines[i] = line(f)
	}
	slices.Sort(lines)
	return lines
}

// differ says what two sorted sets of lines disagree about.
func differ(what string, want, got []string) error {
	var b strings.Builder
	for _, l := range want {
		if !slices.Contains(got, l) {
			fmt.Fprintf(&b, "\n  missing  %s", l)
		}
	}
	for _, l := range got {
		if !slices.Contains(want, l) {
			fmt.Fprintf(&b, "\n  too much %s", l)
		}
	}
	switch {
	case b.Len() > 0:
		return errors.New(what + ":" + b.String())
	case len(want) != len(got):
		return fmt.Errorf("%s: %d facts and %d", what, len(want), len(got))
	}
	return nil
}

// coverageOf returns the coverage records among facts.
func coverageOf(all []graph.Fact) []graph.Coverage {
	var cs []graph.Coverage
	for _, f := range all {
		if c, ok := f.(graph.Coverage); ok {
			cs = append(cs, c)
		}
	}
	return cs
}

// datasetOf returns the dataset of a node or grant; empty for other facts.
func datasetOf(f graph.Fact) graph.Dataset {
	switch f := f.(type) {
	case graph.Node:
		switch f.ID.Kind {
		case graph.Identity:
			return graph.Identities
		case graph.Account:
			return graph.Accounts
		case graph.Group:
			return graph.Groups
		}
	case graph.Grant:
		for _, d := range graph.Datasets() {
			if d.Hides(f.Kind) {
				return d
			}
		}
	}
	return ""
}
