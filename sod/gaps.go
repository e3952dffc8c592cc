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

// A stage is a set of things unread that are judged together, and what they hide.
type stage struct {
	unread   []reach.Unread
	hidden   *reach.Hidden
	accepted bool // all of them
}

// findStages works out what may be hidden: first behind what nobody accepted, then
// behind what somebody did, then behind both together. What needs both is not accepted
// as a whole.
func (e *evaluation) findStages() {
	all := reach.UnreadGrants(e.g)
	var open, accepted []reach.Unread
	for _, u := range all {
		if e.p.Accepts(u, e.asOf) {
			accepted = append(accepted, u)
		} else {
			open = append(open, u)
		}
	}
	e.addStage(open, false)
	if len(accepted) > 0 {
		e.addStage(accepted, true)
	}
	if len(open) > 0 && len(accepted) > 0 {
		e.addStage(all, false)
	}
}

func (e *evaluation) addStage(unread []reach.Unread, accepted bool) {
	if h := reach.Hide(e.g, unread); !h.Empty() {
		e.stages = append(e.stages, stage{unread, h, accepted})
	}
}

// judgeGaps says of which subjects a rule is not assessed in a mode, because hidden
// grants could make a finding. What one stage tells the next leaves out.
func (p *pass) judgeGaps() {
	for _, proven := range p.proven {
		known, told := []level{proven}, map[doubt]bool{}
		for _, s := range p.stages {
			possible := p.level(proven.view.Behind(s.hidden))
			rows := gapRows{
				pass: p, stage: s, possible: possible, known: known, told: told,
				rows: map[rowKey]*gapRow{}, behind: make([][]reach.GapSet, len(p.labels)), without: map[*instance]*reach.Without{},
			}
			for chunk := range slices.Chunk(p.subjects, chunkSize) {
				rows.judge(chunk)
			}
			p.unknown = append(p.unknown, rows.take()...)
			rows.doubtPeople()
			known = append(known, possible)
		}
	}
}

// chunkSize is how many subjects are judged at a time: label after label for all of
// them, because the trails to one label fit into the processor's cache and those to
// all do not.
const chunkSize = 1 << 15

// gapRows groups what is not assessed in one mode by rule and gaps.
type gapRows struct {
	*pass
	stage    stage
	possible level
	known    []level        // the first is what is proven; breaches in any are told already
	told     map[doubt]bool // where levels do not show what is told
	without  map[*instance]*reach.Without
	rows     map[rowKey]*gapRow
	order    []rowKey
	hits     []hit
	behind   [][]reach.GapSet // by label and place in the chunk: what hides it
}

// A hit is a subject that breaks an instance only with hidden grants.
type hit struct {
	in *instance
	at int
}

// A doubt is a subject of which an instance is not assessed; of a people rule there is
// one for all.
type doubt struct {
	in      *instance
	subject uint32
}

type rowKey struct {
	rule *Rule
	gaps reach.GapSet
}

type gapRow struct {
	NotAssessed
	last uint32 // the subject that was added last: several of its instances count once
}

func (g *gapRows) judge(chunk []uint32) {
	g.hits = g.hits[:0]
	scratch := g.scratch()
	for at, s := range chunk {
		g.concerned(g.possible, s, scratch, func(r *scoped) {
			if !g.mayBreak(g.possible, r, s) {
				return
			}
			for i := range r.instances {
				if in := &r.instances[i]; g.doubts(in, s) {
					g.hits = append(g.hits, hit{in, at})
				}
			}
		})
	}
	g.blame(chunk)
	for _, h := range g.hits {
		g.add(h, chunk[h.at])
	}
}

// doubts reports whether a subject breaks an instance only with hidden grants, and
// that is not told yet.
func (g *gapRows) doubts(in *instance, s uint32) bool {
	breaks := func(l level) bool { return g.breaks(l, in, s) }
	if in.Kind != RequiresRule {
		return breaks(g.possible) && !slices.ContainsFunc(g.known, breaks)
	}
	if d := (doubt{in, s}); breaks(g.possible) && !breaks(g.known[0]) && !g.told[d] && g.lacking(in).Reaches(s) {
		g.told[d] = true
		return true
	}
	return false
}

// lacking answers for a requires rule whether its first duty may be held without the
// second: more grants can also mend a breach, so the level that has them all does not
// tell.
func (g *gapRows) lacking(in *instance) *reach.Without {
	if w := g.without[in]; w != nil {
		return w
	}
	w := g.possible.maps.Without(in.labels[0], g.proven[0].closure, in.labels[1])
	g.without[in] = w
	return w
}

// blame works out, for each duty that a hit lacks, which gaps hide it.
func (g *gapRows) blame(chunk []uint32) {
	needed := make([][]bool, len(g.labels))
	for _, h := range g.hits {
		if h.in.Kind == RequiresRule {
			continue // its way is its own: see add
		}
		for _, label := range h.in.labels {
			if needed[label] == nil {
				needed[label] = make([]bool, len(chunk))
			}
			needed[label][h.at] = g.possible.closure.Has(chunk[h.at], label) && !g.known[0].closure.Has(chunk[h.at], label)
		}
	}
	for label, who := range needed {
		if who == nil {
			continue
		}
		if g.behind[label] == nil {
			g.behind[label] = make([]reach.GapSet, chunkSize)
		}
		trails := g.possible.maps.To(label)
		for at, lacks := range who {
			g.behind[label][at] = 0
			if lacks {
				g.behind[label][at] = trails.Gaps(chunk[at])
			}
		}
	}
}

func (g *gapRows) add(h hit, subject uint32) {
	key := rowKey{rule: h.in.Rule}
	key.gaps = g.gapsOf(h, subject)
	row := g.rows[key]
	if row == nil {
		row = &gapRow{NotAssessed: NotAssessed{Rule: h.in.ID, Mode: g.possible.view.Mode()}}
		g.rows[key] = row
		g.order = append(g.order, key)
	} else if row.last == subject {
		return
	}
	row.last = subject
	row.Subjects++
	if g.each || len(row.Examples) < maxExamples {
		row.Examples = append(row.Examples, g.idOf(subject))
	}
}

func (g *gapRows) gapsOf(h hit, subject uint32) reach.GapSet {
	if h.in.Kind == RequiresRule {
		return g.lacking(h.in).Gaps(subject)
	}
	var all reach.GapSet
	for _, label := range h.in.labels {
		all = g.possible.maps.Join(all, g.behind[label][h.at])
	}
	return all
}

// take returns the rows in the order of their first subjects, which [Evaluate] keeps
// for rows that say the same.
func (g *gapRows) take() []NotAssessed {
	var all []NotAssessed
	for _, key := range g.order {
		row := g.rows[key]
		row.Gaps, row.Reason = tell(g.stage.unread, g.possible.maps.Gaps(key.gaps))
		row.Accepted = g.stage.accepted
		all = append(all, row.NotAssessed)
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
