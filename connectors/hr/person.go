// SPDX-License-Identifier: Apache-2.0

package hr

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/connectors/internal/feed"
	"github.com/foureyes-iga/foureyes/graph"
)

// A person is what a row, or all rows of one employee id, say.
type person struct {
	node graph.Node
	feed int    // by precedence
	line int    // of the row that counts
	gap  string // what cannot be known about the person, and why; empty is nothing
}

func (p person) get(key string) string {
	v, _ := p.node.Attrs.Get(key)
	return v
}

// drop makes attributes unknown.
func (p *person) drop(keys ...string) {
	p.node.Attrs = slices.DeleteFunc(p.node.Attrs, func(a graph.Attr) bool { return slices.Contains(keys, a.Key) })
}

// person returns what a row says of the person that it names. The day is that of
// the feed: the one that its dates are before or after.
func (r *reader) person(row feed.Row, asOf time.Time) (person, error) {
	p := person{node: graph.Node{ID: r.id(row.Cell("employee_id")), Name: strings.Clone(row.Cell("name"))}, line: row.Line}
	if err := p.node.ID.Check(); err != nil {
		return person{}, err
	}
	p.node.Attrs = make(graph.Attrs, 0, len(r.keys)+2)
	zone, err := r.zones.Of(row.Cell("zone"), row.Cell("site"))
	if err != nil {
		return person{}, err
	}
	if zone != nil {
		p.node.Attrs.Set("zone", zone.String())
	}
	for _, key := range r.keys {
		cell := row.Cell(key)
		if fixed, ok := r.Set[key]; ok {
			cell = fixed
		}
		v, err := r.value(key, cell, zone)
		switch {
		case err != nil:
			return person{}, fmt.Errorf("%s %w", key, err)
		case v != "" && key != "name" && key != "zone":
			p.node.Attrs.Set(key, v)
		}
	}
	if zone == nil {
		zone = time.UTC
	}
	p.settleEmployment(asOf.In(zone).Format(time.DateOnly))
	return p, nil
}

func (r *reader) id(employee string) graph.ID {
	return graph.ID{Kind: graph.Identity, Source: r.source, Key: strings.Clone(employee)}
}

// value returns what a cell means as the attribute key. Errors about what human
// resources keep to themselves do not repeat the cell: they are kept with the
// coverage, and printed.
func (r *reader) value(key, cell string, zone *time.Location) (string, error) {
	if e, ok := r.enums[key]; ok {
		v, err := e.Value(cell)
		if err != nil && key != "worker_type" {
			err = fmt.Errorf("has a word that is not known: want one of %s, or say under values what it means", strings.Join(legalValues()[key], ", "))
		}
		return v, err
	}
	switch key {
	case "manager", "sponsor", "previous_manager":
		if cell == "" {
			return "", nil
		}
		id := r.id(cell)
		return id.String(), id.Check()
	case "start_date", "end_date", "end_recorded", "last_day_worked", "transfer_date", "leave_start", "leave_end":
		return r.date(key, cell, zone)
	}
	return cell, nil
}

// date returns a day of the row's zone. Of the moment when the end was recorded the
// time counts too, where it is known.
func (r *reader) date(key, cell string, zone *time.Location) (string, error) {
	known := zone != nil
	if !known {
		zone = time.UTC
	}
	m, err := r.dates.ParseIn(cell, zone)
	switch {
	case err != nil:
		return "", fmt.Errorf("has a cell that is no date: want a date as %s or a time in RFC 3339", r.dates)
	case m.IsZero() || m.Year() <= firstYear:
		return "", nil
	case m.DateOnly:
		return m.Format(time.DateOnly), nil
	case key == "end_recorded" && (known || !m.Local):
		return m.UTC().Format(time.RFC3339), nil
	}
	return m.In(zone).Format(time.DateOnly), nil
}

// firstYear and what is before it is how systems write that there is no date.
const firstYear = 1900

// The attributes that belong to one employment, and are never mixed from two.
func employment() []string {
	return append([]string{"status", "worker_type", "start_date", "transfer_date", "previous_department", "previous_title", "previous_manager", "leave_start", "leave_end", "previous_end_date", "zone"}, ending()...)
}

func ending() []string { return []string{"end_date", "end_recorded", "last_day_worked"} }

// contradiction is all that is said of a record that cannot be right. What it says
// stays with human resources.
const contradiction = "the record of human resources contradicts itself: the status is not known"

// settleEmployment makes of what the cells say what they mean together on the day
// of the feed.
func (p *person) settleEmployment(today string) {
	if p.get("rescinded") == "true" {
		p.drop(ending()...)
		if p.get("status") == "terminated" {
			p.doubt()
		}
	}
	p.drop("rescinded")
	start, end, status := p.get("start_date"), p.get("end_date"), p.get("status")
	if status == "" || status == "terminated" {
		return
	}
	if start != "" && end != "" && end < start { // the end of an employment before this one
		p.drop(ending()...)
		p.node.Attrs.Set("previous_end_date", end)
		end = ""
	}
	switch {
	case end != "" && end < today:
		p.doubt()
	case status == "active" && start > today:
		p.node.Attrs.Set("status", "pending")
	}
}

// doubt makes the status unknown: the record says two things of it.
func (p *person) doubt() {
	p.drop("status")
	p.gap = contradiction
}
