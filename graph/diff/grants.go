// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"iter"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// Grants are the grants of one kind that came and went.
type Grants struct{ Added, Removed List }

// A List is some grants of one graph that the other one does not have.
type List struct {
	of, without *graph.Graph
	refs        []ref
}

// A ref is a grant in twelve bytes: two large graphs may differ in all of theirs.
type ref struct {
	from uint32
	edge graph.Edge
}

// Len returns how many grants there are.
func (l List) Len() int { return len(l.refs) }

// All yields the grants, in order.
func (l List) All() iter.Seq[Grant] {
	return func(yield func(Grant) bool) {
		if len(l.refs) == 0 {
			return
		}
		u := newUnread(l.without)
		for _, r := range l.refs {
			g := Grant{Grant: l.of.Grant(r.from, r.edge), FromName: l.of.Name(r.from), ToName: l.of.Name(r.edge.To)}
			g.Unsure = u.grant(g.Grant)
			if !yield(g) {
				return
			}
		}
	}
}

// A Grant is one that came or went.
type Grant struct {
	graph.Grant
	FromName, ToName string
	Unsure           string // why it may be in both graphs; "" when it is not
}

func (l *List) add(of, without *graph.Graph, from uint32, e graph.Edge) {
	l.of, l.without = of, without
	l.refs = append(l.refs, ref{from, e})
}

// grants walks through the rows of both graphs.
func (c *comparison) grants() {
	i, j := uint32(0), uint32(0)
	for int(i) < c.old.NumNodes() || int(j) < c.new.NumNodes() {
		switch order(c.old, i, c.new, j) {
		case -1:
			c.rows(i, c.old.Out(i), j, nil)
			i++
		case 1:
			c.rows(i, nil, j, c.new.Out(j))
			j++
		default:
			c.rows(i, c.old.Out(i), j, c.new.Out(j))
			i++
			j++
		}
	}
}

// rows compares what one holder holds in both graphs.
// Which accounts belong together, of nobody known, follows from what they are, and is
// left out.
func (c *comparison) rows(i uint32, before []graph.Edge, j uint32, after []graph.Edge) {
	found := len(before) > 0 && c.old.ID(i).Kind == graph.Somebody || len(after) > 0 && c.new.ID(j).Kind == graph.Somebody
	if found || c.same(before, after) {
		return
	}
	there := make(map[key]bool, len(before))
	for _, e := range before {
		there[keyOf(c.old, e)] = true
	}
	for _, e := range after {
		k := keyOf(c.new, e)
		if !there[k] {
			c.Grants[e.Kind()].Added.add(c.new, c.old, j, e)
		}
		delete(there, k)
	}
	for _, e := range before {
		if there[keyOf(c.old, e)] {
			c.Grants[e.Kind()].Removed.add(c.old, c.new, i, e)
		}
	}
}

// same is the common case, quickly.
func (c *comparison) same(before, after []graph.Edge) bool {
	if len(before) != len(after) {
		return false
	}
	for i, e := range before {
		f := after[i]
		if e.Kind() != f.Kind() || e.DirectOnly() != f.DirectOnly() || c.old.ID(e.To) != c.new.ID(f.To) {
			return false
		}
		a, b := c.old.Terms(e), c.new.Terms(f)
		if !a.FromTime.Equal(b.FromTime) || !a.UntilTime.Equal(b.UntilTime) {
			return false
		}
	}
	return true
}

// A key is what makes two grants of one holder the same fact.
type key struct {
	to     graph.ID
	kind   graph.GrantKind
	direct bool
	window [2]time.Time // in UTC, as graphs keep them
}

func keyOf(g *graph.Graph, e graph.Edge) key {
	t := g.Terms(e)
	return key{g.ID(e.To), e.Kind(), e.DirectOnly(), [2]time.Time{t.FromTime, t.UntilTime}}
}
