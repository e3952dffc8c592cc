// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// Peers says how many of somebody's peers hold what that person holds. Peers are those
// who work now at the same place, the person not counted. How human resources see them
// otherwise makes no difference: on leave or about to leave, they are peers.
type Peers struct {
	Place
	Where string // the place in words

	Held, Of    int  // how many hold it, of how many
	HeldAtLeast bool // more may hold it than were found
	OfAtLeast   bool // there may be more peers than were found
}

// String says it in words: "held by 1 of 12 peers in department Treasury".
func (p Peers) String() string {
	return fmt.Sprintf("held by %s%d of %s%d %s in %s", atLeast(p.HeldAtLeast), p.Held, atLeast(p.OfAtLeast), p.Of, plural(p.Of, "peer"), p.Where)
}

func atLeast(is bool) string {
	if is {
		return "at least "
	}
	return ""
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// PeersOn tells of each path how many of a person's peers hold what the first grant out
// of the person's account leads to, by the bonds that are known of the person, the
// narrowest first; nothing where the path begins otherwise. It looks once at everybody,
// and at what those hold who share a place with somebody on a path.
func PeersOn(g *graph.Graph, asOf time.Time, paths []reach.Path) [][]Peers {
	all := make([][]Peers, len(paths))
	if len(paths) == 0 {
		return all
	}
	c := newCensus(newWorld(g, asOf))
	c.only = map[uint32]bool{}
	for _, p := range paths {
		if who, thing, ok := firstHeld(g, asOf, p); ok {
			c.only[thing] = true
			for _, at := range c.places(who) {
				c.ask(at)
			}
		}
	}
	c.take()
	for i, p := range paths {
		if who, thing, ok := firstHeld(g, asOf, p); ok {
			all[i] = c.peers(who, thing)
		}
	}
	return all
}

// firstHeld returns whose path it is, and what the first grant out of the account is of.
// Who controls something does not hold it, and neither does who holds it as everybody
// does, by no grant.
func firstHeld(g *graph.Graph, asOf time.Time, p reach.Path) (who, thing uint32, ok bool) {
	if len(p.Nodes) < 2 || p.Nodes[0].Kind != graph.Identity {
		return 0, 0, false
	}
	i := 0
	if p.Kinds[0] == graph.Owns {
		i = 1
	}
	if i >= len(p.Kinds) || !slices.Contains(holds(), p.Kinds[i]) {
		return 0, 0, false
	}
	who, ok = g.Find(p.Nodes[0])
	holder, ok2 := g.Find(p.Nodes[i])
	thing, ok3 := g.Find(p.Nodes[i+1])
	if !ok || !ok2 || !ok3 {
		return 0, 0, false
	}
	return who, thing, slices.ContainsFunc(g.Out(holder), func(e graph.Edge) bool {
		return e.To == thing && e.Kind() == p.Kinds[i] && g.Terms(e).Holds(asOf)
	})
}

// places lists where a person works, as far as it is known.
func (c *census) places(n uint32) (all []Place) {
	for _, b := range Bonds() {
		if p, known := placeOf(c.g, n, b, ""); known {
			all = append(all, p)
		}
	}
	return all
}

// peers tells of one person and thing. Without any peer there is nothing to tell.
func (c *census) peers(who, thing uint32) (all []Peers) {
	for _, at := range c.places(who) {
		crowd := c.crowds[at]
		p := Peers{Place: at, Where: at.Called(c.g), Held: count(crowd.held, thing), Of: len(crowd.people)}
		if _, itself := slices.BinarySearch(crowd.people, who); itself {
			p.Of--
			p.Held--
		}
		p.OfAtLeast = c.roster != nil || c.strangers[at.Bond]+crowd.perhaps > 0
		p.HeldAtLeast = p.OfAtLeast || crowd.clouded > 0 || len(c.hiders(thing)) > 0
		if p.Of > 0 {
			all = append(all, p)
		}
	}
	return all
}
