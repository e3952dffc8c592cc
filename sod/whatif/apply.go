// SPDX-License-Identifier: Apache-2.0

package whatif

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// Apply returns the graph as it would be after the change. Removing a grant leaves
// both its ends; with a node go its grants, its gaps and its uses.
func Apply(g *graph.Graph, c Change) (*graph.Graph, error) {
	p, err := patchOf(g, c)
	if err != nil {
		return nil, err
	}
	return p.everything()
}

// everything makes the changed graph.
func (p *patch) everything() (*graph.Graph, error) {
	all := func(yield func(uint32) bool) {
		for n := range uint32(p.g.NumNodes()) {
			if !yield(n) {
				return
			}
		}
	}
	return p.graph(all, func(uint32) bool { return true })
}

// graph makes the changed graph of some nodes of the old one, with all that they
// hold, and of what the change brings.
func (p *patch) graph(nodes iter.Seq[uint32], has func(n uint32) bool) (*graph.Graph, error) {
	var b graph.Builder
	for n := range nodes {
		if err := p.copyNode(&b, n); err != nil {
			return nil, err
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(p.nodes), graph.ID.Compare) {
		if err := b.Add(p.nodes[id]); err != nil {
			return nil, err
		}
	}
	for n := range nodes {
		if err := p.copyGrants(&b, n); err != nil {
			return nil, err
		}
	}
	for _, a := range p.added {
		if err := b.Add(a.Grant); err != nil {
			return nil, fmt.Errorf("%s: %w", a.where, err)
		}
	}
	if err := p.copyRest(&b, has); err != nil {
		return nil, err
	}
	return b.Graph(), nil
}

func (p *patch) copyNode(b *graph.Builder, n uint32) error {
	id := p.g.ID(n)
	if p.gone[id] {
		return nil
	}
	if _, err := b.Number(id); err != nil {
		return err
	}
	if _, anew := p.nodes[id]; anew || !p.g.Described(n) {
		return nil
	}
	return b.Add(p.g.Node(n))
}

func (p *patch) copyGrants(b *graph.Builder, n uint32) error {
	changed := len(p.gone)+len(p.cut) > 0
	for _, e := range p.g.Out(n) {
		if changed && !p.keeps(n, e) {
			continue
		}
		if err := b.Add(p.g.Grant(n, e)); err != nil {
			return err
		}
	}
	return nil
}

// copyRest adds the gaps and uses of some nodes, and what is told of the sources.
func (p *patch) copyRest(b *graph.Builder, has func(n uint32) bool) error {
	var rest []graph.Fact
	stays := func(id graph.ID) bool {
		n, ok := p.g.Find(id)
		return ok && has(n) && !p.gone[id]
	}
	for _, gap := range p.g.Gaps() {
		if stays(gap.About) {
			rest = append(rest, gap)
		}
	}
	for _, use := range p.g.Uses() {
		if stays(use.Account) && !p.gone[use.Entitlement] {
			rest = append(rest, use)
		}
	}
	for _, c := range p.g.Coverage() {
		rest = append(rest, c)
	}
	for _, r := range p.g.Runs() {
		rest = append(rest, r)
	}
	for _, f := range rest {
		if err := b.Add(f); err != nil {
			return err
		}
	}
	return nil
}
