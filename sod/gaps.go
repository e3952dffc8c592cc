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
		known := []level{proven}
		if told != nil {
			known = append(known, told[i])
		}
		rows := gapRows{e: e, possible: levels[i], known: known, rows: map[rowKey]*NotAssessed{}, behind: make([][]reach.GapSet, len(e.duties))}
		for chunk := range slices.Chunk(e.subjects, chunkSize) {
			rows.judge(chunk)
		}
		rows.judgeCoalitions()
		e.unknown = append(e.unknown, rows.take(unread, accepted)...)
	}
	return levels
}

// chunkSize is how many subjects are judged at a time: duty after duty for all of
// them, because the trails to one duty fit into the processor's cache and those
// to all do not.
const chunkSize = 1 << 15

// gapRows groups what is not assessed in one mode by rule and gaps.
type gapRows struct {
	e        *evaluation
	possible level
	known    []level // the first is what is proven; breaches in any are told already
	rows     map[rowKey]*NotAssessed
	hits     []hit
	behind   [][]reach.GapSet // by duty and place in the chunk: what hides it
}

// A hit is a subject that breaks a rule only with hidden grants.
type hit struct{ rule, at int }

type rowKey struct {
	rule int
	gaps reach.GapSet
}

func (g *gapRows) judge(chunk []uint32) {
	g.hits = g.hits[:0]
	for at, s := range chunk {
		kind := g.e.g.ID(s).Kind
		for i, r := range g.e.rules {
			maybe := func(l level) bool { return l.breaks(r, s, kind) && l.mayLack(r, s) }
			if maybe(g.possible) && !g.known[0].breaks(r, s, kind) && !slices.ContainsFunc(g.known[1:], maybe) && !g.e.leavesOut(r.Rule, s) {
				g.hits = append(g.hits, hit{i, at})
			}
		}
	}
	g.blame(chunk)
	for _, h := range g.hits {
		g.add(h, chunk[h.at])
	}
}

// mayLack reports whether hidden grants can give a subject what a rule is about
// without giving what it requires, too. Other rules are only broken by having more.
func (l level) mayLack(r rule, subject uint32) bool {
	if r.Kind != RequiresRule {
		return true
	}
	about, required := r.labels[0], r.labels[1]
	if l.closure.In(subject, about) {
		return true // he only has to hold anything to be a subject
	}
	return l.view.ReachesAround(subject, l.standing, about, required)
}

// blame works out, for each duty that a hit lacks, which gaps hide it.
func (g *gapRows) blame(chunk []uint32) {
	needed := make([][]bool, len(g.e.duties))
	for _, h := range g.hits {
		for _, duty := range g.e.rules[h.rule].proved() {
			if needed[duty] == nil {
				needed[duty] = make([]bool, len(chunk))
			}
			needed[duty][h.at] = g.gains(chunk[h.at], duty)
		}
	}
	for duty, who := range needed {
		if who == nil {
			continue
		}
		if g.behind[duty] == nil {
			g.behind[duty] = make([]reach.GapSet, chunkSize)
		}
		trails := g.possible.maps.To(duty)
		for at, lacks := range who {
			g.behind[duty][at] = 0
			if lacks {
				g.behind[duty][at] = trails.Gaps(chunk[at])
			}
		}
	}
}

// gains reports whether only hidden grants give a subject a duty.
func (g *gapRows) gains(subject uint32, duty int) bool {
	return g.possible.closure.Has(subject, duty) && !g.known[0].closure.Has(subject, duty)
}

func (g *gapRows) add(h hit, subject uint32) {
	key := rowKey{rule: h.rule}
	for _, duty := range g.e.rules[h.rule].proved() {
		key.gaps = g.possible.maps.Join(key.gaps, g.behind[duty][h.at])
	}
	row := g.rows[key]
	if row == nil {
		row = &NotAssessed{Rule: g.e.rules[h.rule].ID, Mode: g.possible.view.Mode()}
		g.rows[key] = row
	}
	row.Subjects++
	if g.e.each || len(row.Examples) < maxExamples {
		row.Examples = append(row.Examples, g.e.g.ID(subject))
	}
}

// take returns the rows; [Evaluate] puts them in order.
func (g *gapRows) take(unread []reach.Unread, accepted bool) []NotAssessed {
	var all []NotAssessed
	for key, row := range g.rows {
		row.Gaps, row.Reason = tell(unread, g.possible.maps.Gaps(key.gaps))
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
