// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/foureyes-iga/foureyes/graph"
)

// DutyNodes returns, for each duty of p, the numbers of the nodes that it
// matches, in order.
func DutyNodes(g *graph.Graph, p *Policy) [][]uint32 {
	lists := make([][]Selector, len(p.Duties))
	for i, d := range p.Duties {
		lists[i] = d.Holds
	}
	return matchAll(g, lists)
}

// Match returns the numbers of the nodes that any of the selectors matches, in
// order.
func Match(g *graph.Graph, selectors []Selector) []uint32 {
	return matchAll(g, [][]Selector{selectors})[0]
}

// matchAll returns the matches of each list of selectors. Those that name one ID look
// it up, and the others go over the nodes together.
func matchAll(g *graph.Graph, lists [][]Selector) [][]uint32 {
	found := make([][]uint32, len(lists))
	byKind := map[graph.Kind][]*matcher{}
	for i, selectors := range lists {
		for _, s := range selectors {
			m := newMatcher(s, i)
			if n, one, ok := m.single(g); one {
				if ok {
					found[i] = append(found[i], n)
				}
				continue
			}
			for _, k := range m.kinds() {
				byKind[k] = append(byKind[k], m)
			}
		}
	}
	for k, all := range byKind {
		lo, hi := g.Range(k)
		for i, nodes := range matchRange(g, all, len(lists), lo, hi) {
			found[i] = append(found[i], nodes...)
		}
	}
	for i := range found {
		slices.Sort(found[i])
		found[i] = slices.Compact(found[i])
	}
	return found
}

// matchRange holds a range of nodes against matchers, and its parts side by side.
func matchRange(g *graph.Graph, all []*matcher, lists int, lo, hi uint32) [][]uint32 {
	share := max((hi-lo)/uint32(runtime.GOMAXPROCS(0))+1, minShare)
	var parts [][][]uint32
	var workers sync.WaitGroup
	for ; lo < hi; lo += min(share, hi-lo) {
		found := make([][]uint32, lists)
		parts = append(parts, found)
		from, to := lo, min(lo+share, hi)
		workers.Go(func() {
			for n := from; n < to; n++ {
				c := candidate{g: g, n: n, id: g.ID(n)}
				for _, m := range all {
					if m.matches(&c) {
						found[m.list] = append(found[m.list], n)
					}
				}
			}
		})
	}
	workers.Wait()
	found := make([][]uint32, lists)
	for _, part := range parts {
		for i, nodes := range part {
			found[i] = append(found[i], nodes...)
		}
	}
	return found
}

// A candidate is a node that matchers look at.
type candidate struct {
	g     *graph.Graph
	n     uint32
	id    graph.ID
	name  string
	named bool // name was looked up
}

// nameOf returns the name of a node that is described.
func (c *candidate) nameOf() string {
	if !c.named {
		c.name, c.named = c.g.Name(c.n), true
	}
	return c.name
}

// A matcher is a selector that is ready for many nodes, and the list it is of.
type matcher struct {
	Selector
	list      int
	key, name runs
}

func newMatcher(s Selector, list int) *matcher {
	m := &matcher{Selector: s, list: list, name: Glob(s.Name).parts()}
	if s.ID != nil {
		m.key = s.ID.Key.parts()
	}
	return m
}

// single returns the one node that a selector can match, when there is but one.
func (m *matcher) single(g *graph.Graph) (n uint32, one, ok bool) {
	if m.ID == nil {
		return 0, false, false
	}
	key, one := m.ID.Key.Literal()
	if !one {
		return 0, false, false
	}
	n, ok = g.Find(graph.ID{Kind: m.ID.Kind, Source: m.ID.Source, Key: key})
	return n, true, ok && m.matches(&candidate{g: g, n: n, id: g.ID(n)})
}

// kinds lists the kinds of nodes that the selector can match. Groups, roles and
// entitlements make up duties; others count only when a selector asks for them.
func (m *matcher) kinds() []graph.Kind {
	switch {
	case m.isZero():
		return nil
	case m.ID != nil:
		return []graph.Kind{m.ID.Kind}
	case m.Kind != 0:
		return []graph.Kind{m.Kind}
	}
	return []graph.Kind{graph.Group, graph.Role, graph.Entitlement}
}

func (m *matcher) matches(c *candidate) bool {
	switch {
	case m.ID != nil && (m.ID.Kind != c.id.Kind || m.ID.Source != c.id.Source || !m.key.match(c.id.Key)),
		m.Source != "" && m.Source != c.id.Source,
		m.Kind != 0 && m.Kind != c.id.Kind,
		m.Name != "" && !(c.g.Described(c.n) && m.name.match(c.nameOf())):
		return false
	}
	return m.under(c.g, c.n) && m.attrs(c.g, c.n) && !m.excepts(c)
}

func (s Selector) isZero() bool {
	return s.ID == nil && s.Source == "" && s.Kind == 0 && s.Name == "" && s.Under == "" && len(s.Attrs) == 0
}

func (s Selector) under(g *graph.Graph, n uint32) bool {
	if s.Under == "" {
		return true
	}
	dn, ok := g.Attr(n, "dn")
	return ok && Under(dn, s.Under)
}

func (s Selector) attrs(g *graph.Graph, n uint32) bool {
	for _, a := range s.Attrs {
		if !slices.ContainsFunc(g.AttrValues(n, a.Key), Glob(a.Pattern).Match) {
			return false
		}
	}
	return true
}

func (m *matcher) excepts(c *candidate) bool {
	return slices.ContainsFunc(m.Except, func(pattern string) bool {
		if p, err := ParseIDPattern(pattern); err == nil {
			return p.Match(c.id)
		}
		return Glob(pattern).Match(c.nameOf())
	})
}

// Under reports whether the distinguished name dn is base or lies below it.
// Letter case and spaces around separators do not matter (RFC 4514).
func Under(dn, base string) bool {
	have, want := splitDN(dn), splitDN(base)
	if len(want) == 0 || len(have) < len(want) {
		return false
	}
	return slices.Equal(have[len(have)-len(want):], want)
}

// splitDN returns the parts of a distinguished name, folded; escaped separators
// do not separate.
func splitDN(dn string) []string {
	var parts []string
	start := 0
	for i := 0; i < len(dn); i++ {
		switch dn[i] {
		case '\\':
			i++ // whatever follows is part of the value
		case ',', ';':
			parts = append(parts, foldRDN(dn[start:i]))
			start = i + 1
		}
	}
	parts = append(parts, foldRDN(dn[start:]))
	return slices.DeleteFunc(parts, func(p string) bool { return p == "" })
}

func foldRDN(rdn string) string {
	if strings.TrimSpace(rdn) == "" {
		return ""
	}
	name, value, _ := strings.Cut(rdn, "=")
	return graph.Fold(strings.TrimSpace(name) + "=" + strings.Join(strings.Fields(value), " "))
}
