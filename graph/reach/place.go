// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"iter"

	"github.com/foureyes-iga/foureyes/graph"
)

// An Arrival says how the last grant of a path came into a group, as far as it
// decides how the path may go on. Each opens what the one before it opens.
type Arrival uint8

// The arrivals.
const (
	Nested      Arrival = iota // through another group
	Direct                     // as a direct member: opens direct-only assignments
	Controlling                // as one who controls it: opens the accounts of a population
)

// ArrivalBy returns how a grant of kind k from a thing of this kind arrives.
func ArrivalBy(k graph.GrantKind, from graph.Kind) Arrival {
	switch {
	case k == graph.Controls:
		return Controlling
	case from == graph.Account && (k == graph.Member || k == graph.Eligible):
		return Direct
	}
	return Nested
}

// A Place is a node as a path came to it. Where it makes no difference how, a node
// is one place.
type Place uint32

// A Step leads from one place to another.
type Step struct {
	To         Place
	Kind       graph.GrantKind
	DirectOnly bool
	Implied    bool // by a population group: no grant says so
}

// Start returns the place of a path that begins at node n.
func (v *View) Start(n uint32) Place { return Place(n) }

// Places returns every place of node n.
func (v *View) Places(n uint32) (all []Place) {
	v.eachState(n, func(s uint32) { all = append(all, Place(s)) })
	return all
}

// Node returns the node of a place.
func (v *View) Node(p Place) uint32 {
	n, _ := v.node(uint32(p))
	return n
}

// Steps yields every step that a path may take from a place, in a view without
// hidden edges.
func (v *View) Steps(p Place) iter.Seq[Step] {
	return func(yield func(Step) bool) {
		r := v.row(uint32(p))
		for _, e := range r.edges {
			if to, ok := r.edge(e); ok && !yield(Step{Place(to), e.Kind(), e.DirectOnly(), false}) {
				return
			}
		}
		kind := graph.Member // of an account in a population
		if r.kind == graph.Group {
			kind = graph.Controls // of who controls the population over an account
		}
		for _, more := range r.more {
			for _, to := range more {
				if !yield(Step{Place(to), kind, false, true}) {
					return
				}
			}
		}
	}
}
