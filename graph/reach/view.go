// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// A View is a graph at one moment, with the edges of one mode and the stronger
// ones, and possibly with edges that gaps may hide. It never changes.
//
// A View walks over states. Each node is a state. A group that holds a
// direct-only assignment is two: its own number when a path came to it through
// another group, and a direct state when the path's last grant made its holder a
// direct member. Behind gaps there are hubs: a hub stands for "any holder whose
// hidden grant leads to any of these", so that possible edges cost no more than
// nodes.
type View struct {
	g     *graph.Graph
	mode  Mode
	holds []bool   // by terms: does the window include the moment
	split []uint32 // nodes with a direct state; state NumNodes+i is that of split[i]
	after []uint32 // node → its direct state, 0 if none; nil when split is empty
	hubs  []hub
	leads hubLeads
	h     *Hidden
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
	return &w
}

// Mode returns the weakest mode of the view's edges.
func (v *View) Mode() Mode { return v.mode }

func (v *View) splitGroups() {
	lo, hi := v.g.Range(graph.Group)
	for n := lo; n < hi; n++ {
		for _, e := range v.g.Out(n) {
			if e.DirectOnly() {
				v.split = append(v.split, n)
				break
			}
		}
	}
	if len(v.split) == 0 {
		return
	}
	v.after = make([]uint32, v.g.NumNodes())
	for i, n := range v.split {
		v.after[n] = uint32(v.g.NumNodes() + i)
	}
}

// addInwardHubs adds the hubs through which any holder may have a grant of kind k
// into the nodes whose holders are hidden. Where it matters whether the holder
// becomes a direct member, there are two.
func (v *View) addInwardHubs(k graph.GrantKind) {
	if len(v.h.into[k]) == 0 {
		return
	}
	targets := nodes(v.h.into[k])
	for _, direct := range []bool{false, true} {
		var from []graph.Kind
		for kind := graph.Account; kind <= graph.Unresolved; kind++ {
			if k.From(kind) && arrivesDirect(k, kind) == direct {
				from = append(from, kind)
			}
		}
		if len(from) > 0 {
			v.addHub(hub{kind: k, to: v.states(targets, direct)}, from)
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
	at := v.addHub(hub{kind: k, outward: true, to: v.states(targets, true)}, nil)
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
func (v *View) states(nodes []uint32, direct bool) []uint32 {
	to := make([]uint32, len(nodes))
	for i, n := range nodes {
		to[i] = v.enter(n, direct)
	}
	return to
}

func (v *View) enter(n uint32, direct bool) uint32 {
	if direct && v.after != nil && v.after[n] != 0 {
		return v.after[n]
	}
	return n
}

// arrivesDirect reports whether a grant of kind k from a thing of this kind into
// a group makes its holder a direct member, or lets it become one.
func arrivesDirect(k graph.GrantKind, from graph.Kind) bool {
	switch k {
	case graph.Member, graph.Eligible:
		return from == graph.Account
	case graph.Controls:
		return true
	}
	return false
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
// [row.edge], then hubs or a hub's targets.
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
	if v.h != nil {
		r.more = [2][]uint32{v.leads.byKind[kind], v.leads.byNode[n]}
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
	return v.enter(e.To, arrivesDirect(k, r.kind)), true
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
