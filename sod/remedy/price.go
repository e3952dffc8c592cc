// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// prices counts whom grants concern: the subjects that can arrive at a grant's holder so
// that they may use it, in all modes, while nothing is revoked.
type prices struct {
	m       *model
	view    *reach.View
	counter *reach.Counter
	known   map[priceKey]int
}

type priceKey struct {
	node   uint32
	direct bool
}

// price gives every candidate its cost.
func (m *model) price() {
	m.prices = &prices{m: m, view: reach.At(m.g, m.asOf, reach.Attainable), known: map[priceKey]int{}}
	if len(m.grants) > 0 {
		m.prices.counter = m.prices.view.Back().Counter(sod.Subjects(m.g, m.asOf))
	}
	for i := range m.grants {
		c := &m.grants[i]
		rule := m.tariff.Rule(c.from, c.to, c.kind)
		c.keep = rule != nil && rule.Keep
		c.concern = m.prices.concern(c)
		c.cost = rule.Price(max(c.concern, 1))
	}
}

func (p *prices) concern(c *candidate) int {
	key := priceKey{c.from, p.onlyDirect(c)}
	if n, ok := p.known[key]; ok {
		return n
	}
	places := p.view.Places(c.from)
	if key.direct {
		places = places[1:]
	}
	n := p.counter.Arrive(places)
	p.known[key] = n
	return n
}

// onlyDirect reports whether only direct members of the holder may use a grant.
func (p *prices) onlyDirect(c *candidate) bool {
	g := p.m.g
	return g.ID(c.from).Kind == graph.Group && !slices.ContainsFunc(g.Out(c.from), func(e graph.Edge) bool {
		return e.To == c.to && e.Kind() == c.kind && !e.DirectOnly() && g.Terms(e).Holds(p.m.asOf)
	})
}
