// SPDX-License-Identifier: Apache-2.0

package campaign

import (
	"fmt"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// FewestForBirthright is how many people must have a thing for one line to be about all of
// them. Of less, a line about everybody would be one about their own access.
const FewestForBirthright = 5

// Everybody counts who has what is given as birthright, by grants of their own.
type Everybody struct {
	Accounts int `json:"accounts"`
	People   int `json:"people"`
	Unowned  int `json:"accounts_of_nobody,omitempty"` // of the accounts: nobody knows whose they are
	Apart    int `json:"with_findings,omitempty"`      // accounts and people whose grant is on the path of an open finding: it has a line of its own
}

// IsBirthright reports whether the line is about the place of a group or role in what
// everybody is given, and not about a grant.
func (i Item) IsBirthright() bool { return i.Everybody != Everybody{} }

// IsGrant reports whether a grant is what the line is about, or one of those.
func (i Item) IsGrant(from, to graph.ID, k graph.GrantKind) bool {
	if i.IsBirthright() {
		return to == i.To && isGiven(from, k)
	}
	return from == i.From && to == i.To && k == i.Kind
}

// isGiven reports whether a grant is of the kind that birthright gives. That somebody can
// activate something, or controls it, nobody is given for being there.
func isGiven(from graph.ID, k graph.GrantKind) bool {
	return isHolder(from) && (k == graph.Member || k == graph.Assigned)
}

func isHolder(id graph.ID) bool { return id.Kind == graph.Identity || id.Kind == graph.Account }

// birthrightID depends on the thing alone.
func birthrightID(thing graph.ID) string { return "I-" + digest("birthright\n" + thing.String())[:16] }

func birthrightPatterns(texts []string) (all []sod.IDPattern, err error) {
	for _, text := range texts {
		p, err := sod.ParseIDPattern(text)
		if err != nil {
			return nil, fmt.Errorf("birthright: %w", err)
		}
		if p.Kind != graph.Group && p.Kind != graph.Role {
			return nil, fmt.Errorf("birthright: %q: want a pattern of groups or roles", text)
		}
		all = append(all, p)
	}
	return all, nil
}

// findBirthright finds what is given as birthright to enough people, and counts them.
func (f *filter) findBirthright(texts []string) error {
	patterns, err := birthrightPatterns(texts)
	if err != nil || len(patterns) == 0 {
		return err
	}
	given := map[uint32]*tally{}
	for n := range uint32(f.Graph.NumNodes()) {
		if id := f.Graph.ID(n); slices.ContainsFunc(patterns, func(p sod.IDPattern) bool { return p.Match(id) }) {
			given[n] = &tally{seen: map[uint32]bool{}, people: map[graph.ID]bool{}, apart: map[uint32]bool{}}
		}
	}
	for n := range uint32(f.Graph.NumNodes()) {
		for _, e := range f.Graph.Out(n) {
			if t, ok := given[e.To]; ok && isGiven(f.Graph.ID(n), e.Kind()) {
				f.take(t, n, e)
			}
		}
	}
	for n, t := range given {
		if min(len(t.people), len(t.seen)) >= FewestForBirthright {
			f.birthright[n] = t
		}
	}
	return nil
}

// A tally counts who has one thing.
type tally struct {
	Everybody
	seen    map[uint32]bool
	people  map[graph.ID]bool
	apart   map[uint32]bool
	inScope bool // any grant that the line covers is
}

func (f *filter) take(t *tally, n uint32, e graph.Edge) {
	item, ok := f.grant(n, e)
	if !ok {
		return
	}
	if len(item.Findings) == 0 {
		t.inScope = t.inScope || f.inScope(item, e.To)
	} else if !t.apart[n] {
		t.apart[n] = true
		t.Apart++
	}
	if t.seen[n] {
		return
	}
	t.seen[n] = true
	for _, who := range item.People {
		t.people[who] = true
	}
	t.People = len(t.people)
	if item.From.Kind == graph.Account {
		t.Accounts++
		if len(item.People) == 0 {
			t.Unowned++
		}
	}
}

// isCovered reports whether the line of a birthright stands for a grant. It never does for
// one on the path of an open finding.
func (f *filter) isCovered(item Item, to uint32) bool {
	_, ok := f.birthright[to]
	return ok && isGiven(item.From, item.Kind) && len(item.Findings) == 0
}

// everybody makes the line of what is given as birthright, when anybody in scope has it.
func (f *filter) everybody(n uint32) (Item, bool) {
	t, ok := f.birthright[n]
	if !ok || !t.inScope {
		return Item{}, false
	}
	thing, kind := f.Graph.ID(n), graph.Member
	if thing.Kind == graph.Role {
		kind = graph.Assigned
	}
	id := birthrightID(thing)
	item := Item{ID: id, From: thing, To: thing, Kind: kind, Everybody: t.Everybody, Before: f.Before[id]}
	return item, !f.scope.Changed || !item.unchanged()
}

// onPath reports whether what is given as birthright puts a person on the path of an open
// finding about them: it is on that path, or leads to where it ends.
func (r *rule) onPath(thing, id graph.ID) bool {
	if _, known := r.breakers[thing]; !known {
		r.breakers[thing] = r.findBreakers(thing)
	}
	return r.breakers[thing][r.crowd.Person(id)]
}

func (r *rule) findBreakers(thing graph.ID) map[graph.ID]bool {
	all := map[graph.ID]bool{}
	if r.Report == nil {
		return all
	}
	leads := r.under(thing)
	for _, f := range r.Report.Findings {
		if f.Status != sod.Open || !slices.ContainsFunc(f.Witness, func(w sod.Witness) bool {
			return slices.ContainsFunc(w.Path.Nodes, func(id graph.ID) bool { return id == thing }) || len(w.Path.Nodes) > 0 && leads[w.Path.Nodes[len(w.Path.Nodes)-1]]
		}) {
			continue
		}
		for _, s := range f.Subjects {
			if n, ok := r.Graph.Find(s); ok {
				for _, who := range r.crowd.PeopleOf(n) {
					all[who] = true
				}
			}
		}
	}
	return all
}

// under are the things that whoever holds one comes to, and itself.
func (r *rule) under(thing graph.ID) map[graph.ID]bool {
	all := map[graph.ID]bool{thing: true}
	n, ok := r.Graph.Find(thing)
	if !ok {
		return all
	}
	v := reach.At(r.Graph, r.AsOf, reach.Attainable)
	queue := []reach.Place{reach.Place(v.AsHeld(n))}
	seen := map[reach.Place]bool{queue[0]: true}
	for i := 0; i < len(queue); i++ {
		all[r.Graph.ID(v.Node(queue[i]))] = true
		for s := range v.Steps(queue[i]) {
			if !seen[s.To] {
				seen[s.To] = true
				queue = append(queue, s.To)
			}
		}
	}
	return all
}

// ofEverybody tells of a birthright that was revoked: nobody may have it, by whatever way.
func (f *follower) ofEverybody(to uint32, r Result) Result {
	for _, n := range f.holders(f.view.Back().To([]uint32{to})) {
		if path := f.path(f.view, n, to); path != nil {
			r.State, r.Path = Remains, path
			return r
		}
	}
	r.State, r.Why = NotKnown, f.unread()
	switch {
	case len(f.holders(f.behind.Back().To([]uint32{to}))) > 0:
		r.Why = "a grant that was not read may lead there still"
	case r.Why == "":
		r.State = Gone
	}
	return r
}

// holders picks accounts and people.
func (f *follower) holders(nodes []uint32) []uint32 {
	return slices.DeleteFunc(nodes, func(n uint32) bool { return !isHolder(f.g.ID(n)) })
}
