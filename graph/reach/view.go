// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// A View is a graph at one moment, with the edges of one mode and the stronger
// ones, and possibly with edges that gaps may hide. It never changes.
//
// A View walks over states. Each node is a state. A group that holds a
// direct-only assignment is two: its own number when a path came to it through
// another group, and a direct state when the path's last grant made its holder a
// direct member. A population group is three: the last is for who controls it.
// Behind gaps there are hubs: a hub stands for "any holder whose hidden grant
// leads to any of these", so that possible edges cost no more than nodes.
type View struct {
	g      *graph.Graph
	mode   Mode
	holds  []bool   // by terms: does the window include the moment
	split  []uint32 // nodes with more states; state NumNodes+i is one of split[i]: see splitGroups
	after  []uint32 // node → its direct state, 0 if none; nil when split is empty
	crowds []crowd
	hubs   []hub
	leads  hubLeads
	h      *Hidden
}

// A hub is reached from holders and leads to what they may hold.
type hub struct {
	kind    graph.GrantKind
	outward bool     // for holders whose own grants are hidden; else for things whose holders are
	to      []uint32 // states
}

// hubLeads says which hubs a state leads to.
type hubLeads struct {
	byKind [graph.Unresolved + 1][]uint32 // for every node of the kind
	byNode map[uint32][]uint32            // besides, for one node
}

// At returns the view of g at moment t in mode m and stronger.
func At(g *graph.Graph, t time.Time, m Mode) *View {
	v := &View{g: g, mode: m, holds: make([]bool, len(g.AllTerms()))}
	for i, terms := range g.AllTerms() {
		v.holds[i] = terms.Holds(t)
	}
	v.splitGroups()
	v.gatherCrowds()
	return v
}

// Behind returns the same view with every edge that may be hidden.
func (v *View) Behind(h *Hidden) *View {
	w := *v
	w.h = h
	w.leads.byNode = map[uint32][]uint32{}
	for _, k := range hideable() {
		if ModeOf(k) <= v.mode {
			w.addInwardHubs(k)
			w.addOutwardHub(k)
		}
	}
	w.crowds = slices.Clone(v.crowds)
	for i := range w.crowds {
		w.crowds[i].leads = slices.Concat(v.crowds[i].leads, w.leads.byKind[graph.Account])
	}
	return &w
}

// Mode returns the weakest mode of the view's edges.
func (v *View) Mode() Mode { return v.mode }

// splitGroups gives states to the groups that need more than one. Those of
// populations come first, in pairs: for direct members, and for who controls the
// group.
func (v *View) splitGroups() {
	lo, hi := v.g.Range(graph.Group)
	for n := lo; n < hi; n++ {
		if IsPopulation(v.g.ID(n)) {
			v.split = append(v.split, n, n)
		}
	}
	populations := len(v.split)
	for n := lo; n < hi; n++ {
		if v.holdsDirectOnly(n) && !slices.Contains(v.split[:populations], n) {
			v.split = append(v.split, n)
		}
	}
	if len(v.split) == 0 {
		return
	}
	v.after = make([]uint32, v.g.NumNodes())
	for i, n := range slices.Backward(v.split) { // so that the first of a pair stays
		v.after[n] = uint32(v.g.NumNodes() + i)
	}
}

func (v *View) holdsDirectOnly(n uint32) bool {
	return slices.ContainsFunc(v.g.Out(n), graph.Edge.DirectOnly)
}

// addInwardHubs adds the hubs through which any holder may have a grant of kind k
// into the nodes whose holders are hidden: one for each way in which holders
// arrive there.
func (v *View) addInwardHubs(k graph.GrantKind) {
	if len(v.h.into[k]) == 0 {
		return
	}
	targets := nodes(v.h.into[k])
	for _, a := range []Arrival{Nested, Direct, Controlling} {
		var from []graph.Kind
		for kind := graph.Account; kind <= graph.Unresolved; kind++ {
			if k.From(kind) && ArrivalBy(k, kind) == a {
				from = append(from, kind)
			}
		}
		if len(from) > 0 {
			v.addHub(hub{kind: k, to: v.states(targets, a)}, from)
		}
	}
}

// addOutwardHub adds the hub through which holders whose grants of kind k are
// hidden may have any thing in the snapshot.
func (v *View) addOutwardHub(k graph.GrantKind) {
	holders := nodes(v.h.outOf[k])
	if len(holders) == 0 {
		return
	}
	var targets []uint32
	for kind := graph.Account; kind <= graph.Unresolved; kind++ {
		if !k.To(kind) {
			continue
		}
		lo, hi := v.g.Range(kind)
		for n := lo; n < hi; n++ {
			targets = append(targets, n)
		}
	}
	// Only identities and accounts have hidden grants of their own, so whatever
	// they join they join directly.
	at := v.addHub(hub{kind: k, outward: true, to: v.states(targets, Direct)}, nil)
	for _, n := range holders {
		v.leads.byNode[n] = append(v.leads.byNode[n], at)
	}
}

func (v *View) addHub(h hub, from []graph.Kind) (state uint32) {
	state = uint32(v.g.NumNodes() + len(v.split) + len(v.hubs))
	v.hubs = append(v.hubs[:len(v.hubs):len(v.hubs)], h)
	for _, kind := range from {
		v.leads.byKind[kind] = append(v.leads.byKind[kind][:len(v.leads.byKind[kind]):len(v.leads.byKind[kind])], state)
	}
	return state
}

// states returns the states in which these nodes are entered.
func (v *View) states(nodes []uint32, a Arrival) []uint32 {
	to := make([]uint32, len(nodes))
	for i, n := range nodes {
		to[i] = v.enter(n, a)
	}
	return to
}

func (v *View) enter(n uint32, a Arrival) uint32 {
	if a == Nested || v.after == nil || v.after[n] == 0 {
		return n
	}
	s := v.after[n]
	if a == Controlling && v.paired(s) {
		s++
	}
	return s
}

// paired reports whether the direct state s is a population's, so that the state
// for who controls it comes next.
func (v *View) paired(s uint32) bool {
	next := int(s) - v.g.NumNodes() + 1
	return next < len(v.split) && v.split[next-1] == v.split[next]
}

// AsHeld returns the state in which whoever holds node n directly comes to it. The
// closures, trails and walks of the view take it for a node.
func (v *View) AsHeld(n uint32) uint32 { return v.enter(n, Direct) }

// Next returns the states of nodes to which one grant leads from a state; of a
// population that it controls, that of who is in it.
func (v *View) Next(state uint32) []uint32 {
	var all []uint32
	v.successors(state, func(to uint32) {
		n, ok := v.node(to)
		switch {
		case ok && to != n:
			all = append(all, v.AsHeld(n))
		case ok:
			all = append(all, n)
		}
	})
	return all
}

// eachState calls do with every state of node n.
func (v *View) eachState(n uint32, do func(s uint32)) {
	do(n)
	if s := v.enter(n, Direct); s != n {
		do(s)
		if v.paired(s) {
			do(s + 1)
		}
	}
}

func (v *View) numStates() int { return v.g.NumNodes() + len(v.split) + len(v.hubs) }

// node returns the node of a state; a hub has none.
func (v *View) node(s uint32) (n uint32, ok bool) {
	nodes := uint32(v.g.NumNodes())
	switch {
	case s < nodes:
		return s, true
	case s < nodes+uint32(len(v.split)):
		return v.split[s-nodes], true
	}
	return 0, false
}

// A row is what a state leads to: edges of the graph to be filtered by
// [row.edge], then what populations imply, hubs, or a hub's targets.
type row struct {
	v      *View
	kind   graph.Kind
	direct bool // direct-only assignments may be followed
	edges  []graph.Edge
	more   [2][]uint32
}

func (v *View) row(s uint32) row {
	n, ok := v.node(s)
	if !ok {
		return row{v: v, more: [2][]uint32{v.hubs[s-uint32(v.g.NumNodes()+len(v.split))].to}}
	}
	kind := v.g.ID(n).Kind
	r := row{v: v, kind: kind, direct: kind != graph.Group || s != n, edges: v.g.Out(n)}
	if v.h != nil || v.crowds != nil {
		r.more = v.more(s, n, kind)
	}
	return r
}

// len returns how many successors there may be.
func (r *row) len() int { return len(r.edges) + len(r.more[0]) + len(r.more[1]) }

// at returns successor i, if it counts in this view.
func (r *row) at(i int) (state uint32, ok bool) {
	if i < len(r.edges) {
		return r.edge(r.edges[i])
	}
	i -= len(r.edges)
	if i < len(r.more[0]) {
		return r.more[0][i], true
	}
	return r.more[1][i-len(r.more[0])], true
}

func (r *row) edge(e graph.Edge) (state uint32, ok bool) {
	v, k := r.v, e.Kind()
	if ModeOf(k) > v.mode || !v.holds[e.TermsIndex()] || e.DirectOnly() && !r.direct {
		return 0, false
	}
	if v.after == nil {
		return e.To, true
	}
	return v.enter(e.To, ArrivalBy(k, r.kind)), true
}

// hides reports whether going from state s to state t is a hidden grant, and
// which gap hides it.
func (v *View) hides(s, t uint32) (gap uint32, hidden bool) {
	if v.h == nil {
		return 0, false
	}
	base := uint32(v.g.NumNodes() + len(v.split))
	if s >= base && !v.hubs[s-base].outward {
		n, _ := v.node(t)
		return v.h.into[v.hubs[s-base].kind][n], true
	}
	if t >= base && v.hubs[t-base].outward {
		return v.h.outOf[v.hubs[t-base].kind][s], true
	}
	return 0, false
}

// Holds reports whether node n holds anything, in whatever mode.
func (v *View) Holds(n uint32) bool {
	for _, e := range v.g.Out(n) {
		if v.holds[e.TermsIndex()] {
			return true
		}
	}
	if v.h == nil {
		return false
	}
	for _, k := range hideable() {
		if _, ok := v.h.outOf[k][n]; ok || k.From(v.g.ID(n).Kind) && len(v.h.into[k]) > 0 {
			return true
		}
	}
	return false
}
