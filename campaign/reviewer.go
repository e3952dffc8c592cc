// SPDX-License-Identifier: Apache-2.0

package campaign

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/diff"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// An Obstacle says why somebody does not decide about a line. The smaller its rank, the
// easier it is to remove.
type Obstacle struct {
	Why  string
	rank int
}

// The ranks of obstacles.
const (
	nobodyNamed = iota + 1 // name somebody
	notThere               // name somebody who is there
	mayGrant               // ask somebody who cannot give it to themselves
	ownAccess              // ask somebody else
	noWay                  // the way leads to nobody, ever
)

// A rule finds who is asked about a line.
type rule struct {
	Subject
	crowd       *Crowd
	independent bool
	apps        map[uint32][]int // node → applications of the policy that it leads to

	breakers map[graph.ID]map[graph.ID]bool // what is given as birthright → people with an open finding that it is part of
}

func newRule(s Subject, crowd *Crowd, t Terms) *rule {
	r := &rule{Subject: s, crowd: crowd, independent: t.Independent, apps: map[uint32][]int{}, breakers: map[graph.ID]map[graph.ID]bool{}}
	asked := slices.ContainsFunc(t.Stages, func(s Stage) bool { return slices.Contains(s.By, ApplicationOwner) })
	if !asked || len(s.Policy.Apps) == 0 {
		return r
	}
	back := reach.At(s.Graph, s.AsOf, reach.Attainable).Back()
	for i, a := range s.Policy.Apps {
		for _, n := range back.To(sod.Match(s.Graph, a.Entitlements)) {
			r.apps[n] = append(r.apps[n], i)
		}
	}
	return r
}

// nominate finds who decides about a line in a stage: the first whom nothing bars. When
// there is nobody it names the obstacle that is easiest to remove.
func (r *rule) nominate(item Item, s Stage, bars func(graph.ID) Obstacle) (graph.ID, Obstacle) {
	smallest := Obstacle{}
	note := func(o Obstacle) {
		if smallest.rank == 0 || o.rank < smallest.rank {
			smallest = o
		}
	}
	for _, way := range s.By {
		found, none := r.candidates(item, way, s.List)
		if len(found) == 0 {
			note(none)
		}
		for _, id := range found {
			o := r.bars(item, id)
			if o.rank == 0 {
				o = bars(r.crowd.Person(id))
			}
			if o.rank == 0 {
				return r.crowd.Person(id), Obstacle{}
			}
			note(o)
		}
	}
	return graph.ID{}, smallest
}

// candidates lists whom one way leads to; none says why it leads to nobody.
func (r *rule) candidates(item Item, way Way, list []graph.ID) (found []graph.ID, none Obstacle) {
	switch way {
	case Listed:
		return list, Obstacle{}
	case Manager:
		return r.managers(item)
	case Owner:
		for _, id := range []graph.ID{item.To, item.From} {
			if id == item.To || item.Structure {
				found = append(found, r.named(id, "owner")...)
			}
		}
		return found, Obstacle{fmt.Sprintf("%s has no owner who is known", item.To), nobodyNamed}
	}
	n, _ := r.Graph.Find(item.To)
	for _, i := range r.apps[n] {
		if owner := r.Policy.Apps[i].Owner; !owner.IsZero() {
			found = append(found, r.persons(owner)...)
		}
	}
	return found, Obstacle{fmt.Sprintf("no application that %s leads to has an owner who is known", item.To), nobodyNamed}
}

// managers goes up from whose access it is, one after the other.
func (r *rule) managers(item Item) (found []graph.ID, none Obstacle) {
	if item.IsBirthright() {
		return nil, Obstacle{fmt.Sprintf("%s is given to everybody, and everybody has managers of their own", item.To), noWay}
	}
	if item.Structure {
		return nil, Obstacle{fmt.Sprintf("it is what %s holds, and only people have managers", item.From), noWay}
	}
	if len(item.People) == 0 {
		return nil, Obstacle{fmt.Sprintf("whose %s is is not known, and so no manager", item.From), nobodyNamed}
	}
	const most = 10
	for _, who := range item.People {
		at := who
		for range most {
			above := r.named(at, "manager")
			if len(above) == 0 || slices.Contains(found, above[0]) {
				break
			}
			found = append(found, above...)
			at = above[0]
		}
	}
	return found, Obstacle{fmt.Sprintf("%s has no manager who is known", item.People[0]), nobodyNamed}
}

func (r *rule) named(id graph.ID, key string) (all []graph.ID) {
	n, ok := r.Graph.Find(id)
	if !ok {
		return nil
	}
	for _, who := range r.crowd.named(n, key) {
		all = append(all, r.Graph.ID(who))
	}
	return all
}

// persons returns who an identity or account is.
func (r *rule) persons(id graph.ID) (all []graph.ID) {
	for _, n := range r.crowd.peopleAt(id) {
		all = append(all, r.Graph.ID(n))
	}
	return all
}

// bars says why somebody may not decide about a line; its rank is zero when they may.
// It is asked whenever a line comes to somebody and when they decide.
func (r *rule) bars(item Item, id graph.ID) Obstacle {
	n, ok := r.Graph.Find(id)
	switch {
	case id.Kind == graph.Account:
		return Obstacle{fmt.Sprintf("%s is an account: name the person whose it is", id), notThere}
	case !ok || id.Kind != graph.Identity || !r.Graph.Described(n):
		return Obstacle{fmt.Sprintf("%s is nobody that the snapshot knows", cmp.Or(id.String(), "nobody")), notThere}
	case r.isGone(n):
		return Obstacle{fmt.Sprintf("%s has left", id), notThere}
	case item.IsBirthright() && r.own(item, id):
		return Obstacle{fmt.Sprintf("it puts %s on the path of an open finding", id), ownAccess}
	case r.own(item, id):
		return Obstacle{fmt.Sprintf("it is access of %s themselves", id), ownAccess}
	case r.independent && r.crowd.Controls(id, item.To):
		return Obstacle{fmt.Sprintf("%s could give it to themselves", id), mayGrant}
	}
	return Obstacle{}
}

// knows reports whether somebody is a person of the snapshot.
func (r *rule) knows(id graph.ID) bool { return isPerson(r.Graph, id) }

func isPerson(g *graph.Graph, id graph.ID) bool {
	n, ok := g.Find(id)
	return ok && id.Kind == graph.Identity && g.Described(n)
}

func (r *rule) isGone(n uint32) bool {
	left, _ := diff.Left(r.Graph, n, r.AsOf)
	return left
}

// own reports whether a line is about access that a person has or may have: through any
// identity or account, and, of what a group or role holds, as somebody who holds that. What
// is given as birthright is everybody's: it is own to whom it puts on the path of an open
// finding.
func (r *rule) own(item Item, id graph.ID) bool {
	if item.IsBirthright() {
		return r.onPath(item.To, id)
	}
	return slices.Contains(item.People, r.crowd.Person(id)) || r.crowd.Holds(id, item.From)
}
