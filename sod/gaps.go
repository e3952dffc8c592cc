// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"fmt"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

const maxExamples = 5

// judgeGaps says what is not assessed: whole subjects that were not read, and
// each subject, rule and mode in which hidden grants could make a finding.
func (e *evaluation) judgeGaps() {
	e.unreadSubjects()
	var open, all []reach.Unread
	for _, u := range reach.UnreadGrants(e.g) {
		all = append(all, u)
		if !e.p.Accepts(u, e.asOf) {
			open = append(open, u)
		}
	}
	before := e.possible(open, nil, false)
	if len(open) < len(all) {
		e.possible(all, before, true)
	}
}

// possible adds rows for the subjects that break a rule only with grants that
// these gaps may hide, leaving out what is told already.
func (e *evaluation) possible(unread []reach.Unread, told []level, accepted bool) []level {
	hidden := reach.Hide(e.g, unread)
	if hidden.Empty() {
		return nil
	}
	levels := make([]level, len(e.proven))
	for i, proven := range e.proven {
		levels[i] = e.level(proven.view.Behind(hidden))
		rows := gapRows{e: e, proven: proven, maps: levels[i].maps, unread: unread, rows: map[string]*NotAssessed{}}
		for _, s := range e.subjects {
			kind := e.g.ID(s).Kind
			for _, r := range e.rules {
				if levels[i].breaks(r, s, kind) && !proven.breaks(r, s, kind) && (told == nil || !told[i].breaks(r, s, kind)) {
					rows.add(r, s)
				}
			}
		}
		e.unknown = append(e.unknown, rows.take(accepted)...)
	}
	return levels
}

// gapRows groups what is not assessed in one mode by rule and gaps.
type gapRows struct {
	e      *evaluation
	proven level
	maps   *reach.Maps // of what is possible
	unread []reach.Unread
	rows   map[string]*NotAssessed
}

func (g *gapRows) add(r rule, subject uint32) {
	var gaps []uint32
	for _, duty := range r.Duties {
		if !g.proven.closure.Has(subject, duty) {
			gaps = append(gaps, g.maps.To(duty).Gaps(subject)...)
		}
	}
	slices.Sort(gaps)
	gaps = slices.Compact(gaps)
	key := fmt.Sprint(r.ID, gaps)
	row := g.rows[key]
	if row == nil {
		row = &NotAssessed{Rule: r.ID, Mode: g.proven.view.Mode()}
		row.Gaps, row.Reason = tell(g.unread, gaps)
		g.rows[key] = row
	}
	row.Subjects++
	if len(row.Examples) < maxExamples {
		row.Examples = append(row.Examples, g.e.g.ID(subject))
	}
}

// take returns the rows; [Evaluate] puts them in order.
func (g *gapRows) take(accepted bool) []NotAssessed {
	var all []NotAssessed
	for _, row := range g.rows {
		row.Accepted = accepted
		all = append(all, *row)
	}
	return all
}

// tell names gaps and explains the first few.
func tell(unread []reach.Unread, gaps []uint32) (names []string, reason string) {
	var words []string
	for _, i := range gaps {
		names = append(names, unread[i].String())
		words = append(words, unread[i].Explain())
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(words) > maxExamples {
		words = append(words[:maxExamples], fmt.Sprintf("and %d more", len(gaps)-maxExamples))
	}
	return names, strings.Join(words, "; ")
}

// unreadSubjects adds one row for each rule when people, accounts or groups may
// be missing from the snapshot altogether.
func (e *evaluation) unreadSubjects() {
	row, ok := UnreadSubjects(e.g, e.p, e.asOf, graph.Identities, graph.Accounts, graph.Groups)
	if !ok {
		return
	}
	for _, r := range e.rules {
		row.Rule, row.Mode = r.ID, reach.Standing
		e.unknown = append(e.unknown, row)
	}
}
