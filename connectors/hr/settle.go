// SPDX-License-Identifier: Apache-2.0

package hr

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// settle returns each person once, in order, from all that the feeds say.
func (r *run) settle(all []person) ([]person, error) {
	slices.SortFunc(all, func(a, b person) int {
		if c := strings.Compare(a.node.ID.Key, b.node.ID.Key); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(a.feed, b.feed), cmp.Compare(a.line, b.line))
	})
	people := all[:0]
	for len(all) > 0 {
		n := sameUntil(all, func(p person) bool { return p.node.ID == all[0].node.ID })
		one, err := r.one(all[:n])
		if err != nil {
			return nil, err
		}
		people, all = append(people, one), all[n:]
	}
	return people, nil
}

func sameUntil(all []person, same func(person) bool) int {
	if i := slices.IndexFunc(all, func(p person) bool { return !same(p) }); i >= 0 {
		return i
	}
	return len(all)
}

// one joins what all feeds say of one person.
func (r *run) one(rows []person) (person, error) {
	if len(rows) == 1 && len(r.parts) == 1 {
		return rows[0], nil
	}
	var said []person
	for len(rows) > 0 {
		n := sameUntil(rows, func(p person) bool { return p.feed == rows[0].feed })
		one, err := r.parts[rows[0].feed].one(rows[:n])
		if err != nil {
			return person{}, err
		}
		said, rows = append(said, one), rows[n:]
	}
	return r.join(said), nil
}

// one joins the rows of one person in one feed.
func (p *part) one(rows []person) (person, error) {
	different := rows[:1:1]
	for _, row := range rows[1:] {
		if slices.ContainsFunc(different, row.repeats) {
			p.repeated++
			continue
		}
		different = append(different, row)
	}
	switch {
	case len(different) == 1:
		return different[0], nil
	case p.Repeated == refuse:
		a, b := different[0], different[1]
		return person{}, fmt.Errorf("%s:%d: %s: %w; see line %d", p.Path, b.line, b.node.ID, graph.ErrConflict, a.line)
	case p.Repeated == periods:
		if one, ok := current(different, p.today); ok {
			return one, nil
		}
	}
	p.contradicted++
	return agreed(different), nil
}

func (a person) repeats(b person) bool {
	return a.node.Name == b.node.Name && a.node.Attrs.Equal(b.node.Attrs) && a.gap == b.gap
}

// current returns the employment that counts on a day, of several that follow each
// other; false when they do not.
func current(rows []person, today string) (person, bool) {
	slices.SortStableFunc(rows, func(a, b person) int { return strings.Compare(a.get("start_date"), b.get("start_date")) })
	now := 0
	for i, row := range rows {
		if row.gap != "" || i > 0 && !row.follows(rows[i-1]) {
			return person{}, false
		}
		if row.get("start_date") <= today {
			now = i
		}
	}
	one := rows[now]
	if now > 0 {
		one.node.Attrs = slices.Clone(one.node.Attrs)
		one.node.Attrs.Set("previous_end_date", rows[now-1].get("end_date"))
	}
	return one, true
}

// follows reports whether an employment began after another, when that was over.
func (a person) follows(before person) bool {
	start, end := a.get("start_date"), before.get("end_date")
	return before.get("status") == "terminated" && a.get("status") != "" && end != "" && start >= end && start > before.get("start_date")
}

// agreed returns what all rows say alike. The rest is not known: of two words, none
// is the right one because it comes last.
func agreed(rows []person) person {
	one := rows[0]
	lines := []string{fmt.Sprint(rows[0].line)}
	var differ []string
	for _, row := range rows[1:] {
		lines = append(lines, fmt.Sprint(row.line))
		if row.node.Name != one.node.Name {
			one.node.Name = ""
		}
		for _, a := range slices.Concat(rows[0].node.Attrs, row.node.Attrs) {
			if !slices.Equal(rows[0].node.Attrs.Values(a.Key), row.node.Attrs.Values(a.Key)) {
				differ = append(differ, a.Key)
			}
		}
	}
	one.node.Attrs = slices.Clone(one.node.Attrs)
	one.drop(differ...)
	one.gap = "rows with this employee id say different things: lines " + strings.Join(lines[:min(len(lines), maxLines)], ", ")
	return one
}

const maxLines = 10 // are named in a reason

// join lets the first feed speak, and others where the first has no column. The
// employment is of one feed: the first, unless another tells of a later one that
// began when the first was over.
func (r *run) join(said []person) person {
	lead := 0
	for i := range said[1:] {
		if next := said[i+1]; next.follows(said[lead]) && next.get("start_date") <= r.parts[next.feed].today {
			lead = i + 1
		}
	}
	one := said[lead]
	one.node.Attrs = slices.Clone(one.node.Attrs)
	known := slices.Concat(r.parts[one.feed].keys, employment())
	var names []string
	for i, p := range said {
		names = append(names, r.parts[p.feed].Name)
		if i == lead {
			continue
		}
		switch {
		case one.follows(p):
			if one.get("previous_end_date") == "" {
				one.node.Attrs.Set("previous_end_date", p.get("end_date"))
			}
		case !one.agrees(p):
			r.parts[p.feed].overruled++
		}
		if one.node.Name == "" && !slices.Contains(known, "name") {
			one.node.Name = p.node.Name
		}
		for _, a := range p.node.Attrs {
			if !slices.Contains(known, a.Key) {
				one.node.Attrs.Set(a.Key, a.Values...)
			}
		}
		known = append(known, r.parts[p.feed].keys...)
	}
	if len(r.parts) > 1 {
		one.node.Attrs.Set("feed", names...)
	}
	return one
}

// agrees reports whether b says nothing else of what both speak of.
func (a person) agrees(b person) bool {
	if a.node.Name != "" && b.node.Name != "" && a.node.Name != b.node.Name {
		return false
	}
	return !slices.ContainsFunc(b.node.Attrs, func(x graph.Attr) bool {
		own := a.node.Attrs.Values(x.Key)
		return own != nil && !slices.Equal(own, x.Values)
	})
}
