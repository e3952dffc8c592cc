// SPDX-License-Identifier: Apache-2.0

package view

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	small "github.com/dominikbraun/graph"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// MaxEdges is how many edges a view may have. Nobody can read a larger picture.
const MaxEdges = 2000

// ErrTooLarge is returned (wrapped) for a view of more than [MaxEdges] edges.
// Choose fewer targets.
var ErrTooLarge = errors.New("the neighbourhood is too large for a picture")

// An Edge is a grant in a view.
type Edge struct {
	From, To   graph.ID
	Kind       graph.GrantKind
	DirectOnly bool // reaches only direct members of the group it leaves
	Implied    bool // by a population group; out of it, only for who controls it
}

func compareEdges(x, y Edge) int {
	return cmp.Or(x.From.Compare(y.From), x.To.Compare(y.To), cmp.Compare(x.Kind, y.Kind), compareBool(x.DirectOnly, y.DirectOnly), compareBool(x.Implied, y.Implied))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// A Part says what a node is in a view.
type Part uint8

// The parts.
const (
	Between Part = iota // on the way
	Subject             // where paths begin
	Target              // where paths end
)

// A Node is a thing in a view.
type Node struct {
	ID   graph.ID
	Name string // "" is unknown
	Part Part
}

// A View is the neighbourhood of a finding. It never changes.
type View struct {
	nodes []Node // in order of ID
	edges []Edge // in order, each once
	at    map[graph.ID]int
	ends  map[graph.ID]bool // the targets, also those that are subjects
	note  string            // what a reader of the picture must know
}

// Noted returns the view with a note that its pictures show.
func (v *View) Noted(note string) *View {
	noted := *v
	noted.note = note
	return &noted
}

// New makes a view of these edges, in any order and more than once, and of the
// subjects and targets even when no edge joins them. A thing that is subject and
// target at once is shown as a subject. Name returns what a thing is called; it
// may be nil.
func New(subjects, targets []graph.ID, edges []Edge, name func(graph.ID) string) (*View, error) {
	told := slices.Clone(edges)
	slices.SortFunc(told, compareEdges)
	told = slices.CompactFunc(told, func(x, y Edge) bool {
		y.Implied = x.Implied // a grant that is told says all that is implied
		return x == y
	})
	if len(told) > MaxEdges {
		return nil, fmt.Errorf("%w: %d grants, at most %d", ErrTooLarge, len(told), MaxEdges)
	}
	return of(subjects, targets, told, name), nil
}

// of makes a view of any size of edges that are in order, each once.
func of(subjects, targets []graph.ID, edges []Edge, name func(graph.ID) string) *View {
	if name == nil {
		name = func(graph.ID) string { return "" }
	}
	v := &View{edges: edges, at: map[graph.ID]int{}, ends: map[graph.ID]bool{}}
	for _, id := range targets {
		v.ends[id] = true
	}
	ids := slices.Concat(subjects, targets)
	for _, e := range v.edges {
		ids = append(ids, e.From, e.To)
	}
	slices.SortFunc(ids, graph.ID.Compare)
	for i, id := range slices.Compact(ids) {
		v.at[id] = i
		v.nodes = append(v.nodes, Node{ID: id, Name: name(id), Part: partOf(id, subjects, v.ends)})
	}
	return v
}

func partOf(id graph.ID, subjects []graph.ID, targets map[graph.ID]bool) Part {
	switch {
	case slices.Contains(subjects, id):
		return Subject
	case targets[id]:
		return Target
	}
	return Between
}

// OfPaths makes a view of the paths of a finding: they begin at its subjects and
// end at its targets.
func OfPaths(paths []reach.Path, name func(graph.ID) string) (*View, error) {
	var subjects, targets []graph.ID
	var edges []Edge
	for _, p := range paths {
		if len(p.Nodes) == 0 || len(p.Kinds) != len(p.Nodes)-1 {
			return nil, fmt.Errorf("path of %d nodes and %d kinds: want one kind between every two nodes", len(p.Nodes), len(p.Kinds))
		}
		subjects = append(subjects, p.Nodes[0])
		targets = append(targets, p.End())
		for i, k := range p.Kinds {
			edges = append(edges, Edge{From: p.Nodes[i], To: p.Nodes[i+1], Kind: k})
		}
	}
	return New(subjects, targets, edges, name)
}

// Nodes returns the nodes in order of ID. The caller must not change them.
func (v *View) Nodes() []Node { return v.nodes }

// Edges returns the edges in order. The caller must not change them.
func (v *View) Edges() []Edge { return v.edges }

// Graph returns the view as a directed graph of a general library, for its
// algorithms. Grants of several kinds between the same two nodes are one edge,
// whose data are the [Edge] values in order.
func (v *View) Graph() (small.Graph[graph.ID, Node], error) {
	g := small.New(func(n Node) graph.ID { return n.ID }, small.Directed())
	for _, n := range v.nodes {
		if err := g.AddVertex(n); err != nil {
			return nil, fmt.Errorf("%s: %w", n.ID, err)
		}
	}
	for _, run := range v.bundles() {
		if err := g.AddEdge(run[0].From, run[0].To, small.EdgeData(run)); err != nil {
			return nil, fmt.Errorf("%s → %s: %w", run[0].From, run[0].To, err)
		}
	}
	return g, nil
}

// bundles groups the edges that join the same two nodes in the same direction.
func (v *View) bundles() [][]Edge {
	var all [][]Edge
	for i := 0; i < len(v.edges); {
		j := i + 1
		for j < len(v.edges) && v.edges[j].From == v.edges[i].From && v.edges[j].To == v.edges[i].To {
			j++
		}
		all = append(all, v.edges[i:j:j])
		i = j
	}
	return all
}

// label is the text of a bundle of edges.
func label(run []Edge) string {
	text := ""
	for i, e := range run {
		if i > 0 {
			text += ", "
		}
		text += e.Kind.String()
		if e.DirectOnly {
			text += " (direct only)"
		}
	}
	return text
}

// mode is the strongest mode of a bundle of edges.
func mode(run []Edge) reach.Mode {
	m := reach.Attainable
	for _, e := range run {
		m = min(m, reach.ModeOf(e.Kind))
	}
	return m
}
