// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// DutyNodes returns, for each duty of p, the numbers of the nodes that it
// matches, in order.
func DutyNodes(g *graph.Graph, p *Policy) [][]uint32 {
	all := make([][]uint32, len(p.Duties))
	for i, d := range p.Duties {
		all[i] = Match(g, d.Holds)
	}
	return all
}

// Match returns the numbers of the nodes that any of the selectors matches, in
// order.
func Match(g *graph.Graph, selectors []Selector) []uint32 {
	var found []uint32
	for _, s := range selectors {
		found = s.appendMatches(found, g)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func (s Selector) appendMatches(found []uint32, g *graph.Graph) []uint32 {
	if s.ID != nil {
		if key, ok := s.ID.Key.Literal(); ok {
			n, known := g.Find(graph.ID{Kind: s.ID.Kind, Source: s.ID.Source, Key: key})
			if known && s.matches(g, n) {
				found = append(found, n)
			}
			return found
		}
	}
	lo, hi := uint32(0), uint32(g.NumNodes())
	if kind := s.kind(); kind != 0 {
		lo, hi = g.Range(kind)
	}
	for n := lo; n < hi; n++ {
		if s.matches(g, n) {
			found = append(found, n)
		}
	}
	return found
}

func (s Selector) kind() graph.Kind {
	if s.ID != nil {
		return s.ID.Kind
	}
	return s.Kind
}

func (s Selector) matches(g *graph.Graph, n uint32) bool {
	id := g.ID(n)
	switch {
	case s.isZero():
		return false
	case s.ID != nil && !s.ID.Match(id),
		s.Source != "" && s.Source != id.Source,
		s.Kind != 0 && s.Kind != id.Kind,
		s.ID == nil && s.Kind == 0 && !isDutyKind(id.Kind),
		s.Name != "" && !(g.Described(n) && Glob(s.Name).Match(g.Name(n))):
		return false
	}
	return s.under(g, n) && s.attrs(g, n) && !s.excepts(g, n)
}

// isDutyKind reports whether things of this kind make up duties. Others count only
// when a selector asks for them.
func isDutyKind(k graph.Kind) bool {
	return k == graph.Group || k == graph.Role || k == graph.Entitlement
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

func (s Selector) excepts(g *graph.Graph, n uint32) bool {
	return slices.ContainsFunc(s.Except, func(pattern string) bool {
		if p, err := ParseIDPattern(pattern); err == nil {
			return p.Match(g.ID(n))
		}
		return Glob(pattern).Match(g.Name(n))
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
	return strings.ToLower(strings.TrimSpace(name) + "=" + strings.Join(strings.Fields(value), " "))
}
