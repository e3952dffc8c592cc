// SPDX-License-Identifier: Apache-2.0

package whatif

import (
	"errors"
	"fmt"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Change is what is done to a graph, in order.
type Change []Step

// A Step adds or removes one node or grant. Removing a node removes its grants,
// removing a grant every one with the same ends and kind, whatever its window.
type Step struct {
	Where  string // where it is written, such as change.jsonl:3; for messages
	Remove bool
	Fact   graph.Fact // a [graph.Node] or a [graph.Grant]
}

// A link is what a removal names of a grant.
type link struct {
	from, to graph.ID
	kind     graph.GrantKind
}

func linkOf(g graph.Grant) link { return link{g.From, g.To, g.Kind} }

func (l link) touches(id graph.ID) bool { return l.from == id || l.to == id }

// A patch is what a change comes to for one graph: what of the graph is gone, and
// what is there besides.
type patch struct {
	g     *graph.Graph
	gone  map[graph.ID]bool // nodes of g; one may be described anew in nodes
	cut   map[link]bool     // grants of g
	nodes map[graph.ID]graph.Node
	added []addition
}

// An addition is a grant that is added, and where that is written.
type addition struct {
	graph.Grant
	where string
}

// patchOf follows the steps of a change. Errors say where they are written.
func patchOf(g *graph.Graph, c Change) (*patch, error) {
	p := &patch{g: g, gone: map[graph.ID]bool{}, cut: map[link]bool{}, nodes: map[graph.ID]graph.Node{}}
	for _, s := range c {
		if err := p.take(s); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Where, err)
		}
	}
	for _, a := range p.added {
		if err := errors.Join(p.mayEnd(a.From), p.mayEnd(a.To)); err != nil {
			return nil, fmt.Errorf("%s: %w", a.where, err)
		}
	}
	return p, nil
}

func (p *patch) take(s Step) error {
	switch f := s.Fact.(type) {
	case graph.Node:
		if f.ID.Kind == graph.Somebody {
			return fmt.Errorf("%s: which accounts belong together is found, not told", f.ID)
		}
		if s.Remove {
			return p.removeNode(f.ID)
		}
		return p.addNode(f)
	case graph.Grant:
		if f.From.Kind == graph.Somebody {
			return fmt.Errorf("%s owns %s: which accounts belong together is found, not told", f.From, f.To)
		}
		if s.Remove {
			return p.removeGrant(linkOf(f))
		}
		if err := f.Check(); err != nil {
			return err
		}
		p.added = append(p.added, addition{f, s.Where})
		return nil
	}
	return fmt.Errorf("a change is of nodes and grants, not of %T", s.Fact)
}

// mayEnd refuses a grant to or from something that nobody described: a typo must
// not read as harmless. Only what is unresolved comes without a description.
func (p *patch) mayEnd(id graph.ID) error {
	if p.has(id) || id.Kind == graph.Unresolved {
		return nil
	}
	return fmt.Errorf("%s is not in the snapshot; a change that brings it in adds it as a node", id)
}

// has reports whether a thing is there by now.
func (p *patch) has(id graph.ID) bool {
	if _, ok := p.nodes[id]; ok {
		return true
	}
	if id.Kind == graph.Unresolved && slices.ContainsFunc(p.added, func(a addition) bool { return linkOf(a.Grant).touches(id) }) {
		return true
	}
	_, ok := p.g.Find(id)
	return ok && !p.gone[id]
}

// described returns what is known of a thing by now.
func (p *patch) described(id graph.ID) (graph.Node, bool) {
	if n, ok := p.nodes[id]; ok {
		return n, true
	}
	at, ok := p.g.Find(id)
	if !ok || p.gone[id] || !p.g.Described(at) {
		return graph.Node{}, false
	}
	return p.g.Node(at), true
}

func (p *patch) addNode(n graph.Node) error {
	if err := n.ID.Check(); err != nil {
		return err
	}
	was, ok := p.described(n.ID)
	switch {
	case !ok:
		p.nodes[n.ID] = n
	case was.Name != n.Name || !was.Attrs.Equal(n.Attrs):
		return fmt.Errorf("%s is there already, and described otherwise: remove it first, with its grants, or compare whole snapshots", n.ID)
	}
	return nil
}

func (p *patch) removeNode(id graph.ID) error {
	if !p.has(id) {
		return fmt.Errorf("%s is not in the snapshot", id)
	}
	delete(p.nodes, id)
	if _, ok := p.g.Find(id); ok {
		p.gone[id] = true
	}
	p.added = slices.DeleteFunc(p.added, func(a addition) bool { return linkOf(a.Grant).touches(id) })
	return nil
}

func (p *patch) removeGrant(l link) error {
	for _, id := range []graph.ID{l.from, l.to} {
		if !p.has(id) {
			return fmt.Errorf("%s is not in the snapshot", id)
		}
	}
	before := len(p.added)
	p.added = slices.DeleteFunc(p.added, func(a addition) bool { return linkOf(a.Grant) == l })
	inGraph := p.inGraph(l)
	if !inGraph && len(p.added) == before {
		return fmt.Errorf("%s holds no %s grant of %s", l.from, l.kind, l.to)
	}
	if inGraph {
		p.cut[l] = true
	}
	return nil
}

// inGraph reports whether the graph has such a grant that is not gone yet.
func (p *patch) inGraph(l link) bool {
	from, ok := p.g.Find(l.from)
	to, ok2 := p.g.Find(l.to)
	if !ok || !ok2 || p.gone[l.from] || p.gone[l.to] || p.cut[l] {
		return false
	}
	return slices.ContainsFunc(p.g.Out(from), func(e graph.Edge) bool { return e.To == to && e.Kind() == l.kind })
}

// keeps reports whether edge e of node n is still there.
func (p *patch) keeps(n uint32, e graph.Edge) bool {
	from, to := p.g.ID(n), p.g.ID(e.To)
	return !p.gone[from] && !p.gone[to] && !p.cut[link{from, to, e.Kind()}]
}
