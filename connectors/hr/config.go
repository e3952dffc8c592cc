// SPDX-License-Identifier: Apache-2.0

package hr

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/connectors/internal/feed"
	"github.com/foureyes-iga/foureyes/graph"
)

// Config is the configuration of a source of type hr: one feed, or several, the
// first of which has the first word.
type Config struct {
	Feed  `yaml:",inline"`
	Feeds []Feed `yaml:"feeds"`
}

// A Feed is one file and how it is read. In a source of several feeds, what the
// source says of dates, zones, values and the like holds for feeds that do not say
// otherwise.
type Feed struct {
	Name          string                       `yaml:"name"` // only among several
	Path          string                       `yaml:"path"`
	Format        string                       `yaml:"format"`
	Sheet         string                       `yaml:"sheet"`
	Encoding      string                       `yaml:"encoding"`
	Delimiter     string                       `yaml:"delimiter"`
	Dates         string                       `yaml:"dates"`
	Zone          string                       `yaml:"zone"`
	Zones         map[string]string            `yaml:"zones"`
	MaxAge        string                       `yaml:"max_age"`
	Columns       map[string]string            `yaml:"columns"`
	Values        map[string]map[string]string `yaml:"values"`
	Set           map[string]string            `yaml:"set"`
	Repeated      string                       `yaml:"repeated"`
	Authoritative *bool                        `yaml:"authoritative"` // nil is true
}

// What is done with rows of one employee id that say different things.
const (
	refuse  = "refuse"
	gap     = "gap"
	periods = "periods"
)

// all returns the feeds in order of precedence.
func (c Config) all() ([]Feed, error) {
	if len(c.Feeds) == 0 {
		if c.Path == "" {
			return nil, errors.New("an hr source needs a path")
		}
		return []Feed{c.Feed}, nil
	}
	if c.Path != "" || c.Format != "" || c.Sheet != "" || c.Columns != nil || c.Set != nil || c.Authoritative != nil {
		return nil, errors.New("path, format, sheet, columns, set and authoritative are of each feed where there are feeds")
	}
	names := map[string]bool{}
	for _, f := range c.Feeds {
		if _, err := graph.ParseSource(f.Name); err != nil {
			return nil, fmt.Errorf("feeds: want a name for each, of a-z, 0-9 and -, not %.60q", f.Name)
		}
		if names[f.Name] {
			return nil, fmt.Errorf("feeds: the name %q comes twice", f.Name)
		}
		if f.Path == "" {
			return nil, fmt.Errorf("feed %s needs a path", f.Name)
		}
		names[f.Name] = true
	}
	feeds := slices.Clone(c.Feeds)
	for i := range feeds {
		feeds[i].inherit(c.Feed)
	}
	return feeds, nil
}

// inherit takes over what the source says for all its feeds.
func (f *Feed) inherit(s Feed) {
	for _, x := range []struct{ own, of *string }{
		{&f.Encoding, &s.Encoding}, {&f.Delimiter, &s.Delimiter}, {&f.Dates, &s.Dates},
		{&f.Zone, &s.Zone}, {&f.MaxAge, &s.MaxAge}, {&f.Repeated, &s.Repeated},
	} {
		if *x.own == "" {
			*x.own = *x.of
		}
	}
	if f.Zones == nil {
		f.Zones = s.Zones
	}
	if f.Values == nil {
		f.Values = s.Values
	}
}

// A reader reads the rows of one feed.
type reader struct {
	Feed
	source graph.Source
	format feed.Format
	keys   []string // of columns and set, in order
	dates  feed.Dates
	zones  *feed.Zones
	maxAge time.Duration
	enums  map[string]feed.Enum
}

func newReader(f Feed, s graph.Source) (*reader, error) {
	r := &reader{Feed: f, source: s}
	var errs [6]error
	r.format, errs[0] = feed.ParseFormat(f.Path, feed.Layout{Format: f.Format, Sheet: f.Sheet, Encoding: f.Encoding, Delimiter: f.Delimiter})
	r.dates, errs[1] = feed.ParseDates(f.Dates)
	r.maxAge, errs[2] = feed.ParseAge(f.MaxAge)
	r.enums, errs[3] = feed.Enums(legalValues(), f.Values)
	r.keys, errs[4] = feed.Keys(f.Columns)
	r.zones, errs[5] = feed.ParseZones(f.Zone, f.Zones)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	if f.Columns["employee_id"] == "" {
		return nil, errors.New("columns: employee_id is not mapped")
	}
	if f.Columns["feed"] != "" || f.Set["feed"] != "" {
		return nil, errors.New("columns: feed is a word of ours: the feeds that tell of a person")
	}
	return r, errors.Join(r.checkSet(), r.checkRepeated())
}

// checkSet takes up what holds for all rows of a feed.
func (r *reader) checkSet() error {
	for _, key := range slices.Sorted(maps.Keys(r.Set)) {
		if r.Columns[key] != "" {
			return fmt.Errorf("set: %s comes from a column", key)
		}
		if slices.Contains([]string{"employee_id", "name", "zone", "site"}, key) {
			return fmt.Errorf("set: %s is of each person, not of a feed", key)
		}
		if v, err := r.value(key, r.Set[key], time.UTC); err != nil || v == "" {
			return fmt.Errorf("set: %s: %q is no value of it", key, r.Set[key])
		}
		r.keys = append(r.keys, key)
	}
	slices.Sort(r.keys)
	return nil
}

func (r *reader) checkRepeated() error {
	switch r.Repeated {
	case "":
		r.Repeated = refuse
	case refuse, gap:
	case periods:
		if r.Columns["start_date"] == "" || r.Columns["end_date"] == "" || r.Columns["status"] == "" {
			return errors.New("repeated: periods need the columns status, start_date and end_date")
		}
	default:
		return fmt.Errorf("repeated %q: want refuse, gap or periods", r.Repeated)
	}
	return nil
}

// authoritative reports whether it means anything that somebody is not in the feed.
func (f Feed) authoritative() bool { return f.Authoritative == nil || *f.Authoritative }

func legalValues() map[string][]string {
	return map[string][]string{
		"status":      {"active", "leave", "pending", "terminated"},
		"worker_type": {"employee", "contractor", "vendor"},
		"rescinded":   {"true", "false"},
	}
}
