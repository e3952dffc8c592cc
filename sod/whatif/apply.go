// SPDX-License-Identifier: Apache-2.0

package whatif

import (
	"fmt"
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
	return p.graph(func(uint32) bool { return true })
}

// graph makes the changed graph of the chosen nodes of the old one, their grants
// and what the change adds.
func (p *patch) graph(chosen func(n uint32) bool) (*graph.Graph, error) {
	var b graph.Builder
	for n := range uint32(p.g.NumNodes()) {
		if !chosen(n) || p.gone[p.g.ID(n)] {
			continue
		}
		if err := p.copyNode(&b, n); err != nil {
			return nil, err
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(p.nodes), graph.ID.Compare) {
		if err := b.Add(p.nodes[id]); err != nil {
			return nil, err
		}
	}
	for n := range uint32(p.g.NumNodes()) {
		if !chosen(n) || len(p.g.Out(n)) == 0 || p.gone[p.g.ID(n)] {
			continue
		}
		if err := p.copyGrants(&b, n); err != nil {
			return nil, err
		}
	}
	for _, a := range p.added {
		if err := b.Add(a.Grant); err != nil {
			return nil, fmt.Errorf("%s: %w", a.where, err)
		}
	}
	return p.finish(&b)
}

func (p *patch) copyNode(b *graph.Builder, n uint32) error {
	id := p.g.ID(n)
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

// finish adds what is told of the sources.
func (p *patch) finish(b *graph.Builder) (*graph.Graph, error) {
	var rest []graph.Fact
	for _, gap := range p.g.Gaps() {
		if !p.gone[gap.About] {
			rest = append(rest, gap)
		}
	}
	for _, use := range p.g.Uses() {
		if !p.gone[use.Account] && !p.gone[use.Entitlement] {
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
			return nil, err
		}
	}
	return b.Graph(), nil
}
