// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"fmt"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// Unread is a reason for not knowing: one thing that could not be read, or one dataset of a
// source that is not whole.
type Unread struct {
	About   graph.ID     // the thing; zero for a whole dataset
	Source  graph.Source // the source of a whole dataset
	Dataset graph.Dataset
	Reason  string // "denied", "partial: no end line", …
}

// String names what was not read: an ID, or source/dataset.
func (u Unread) String() string {
	if u.About.IsZero() {
		return string(u.Source) + "/" + string(u.Dataset)
	}
	return u.About.String()
}

// Explain says in words what was not read, and why.
func (u Unread) Explain() string {
	what := fmt.Sprintf("%s of %s", u.Dataset, u.Source)
	if !u.About.IsZero() {
		what = fmt.Sprintf("%s of %s", u.Dataset, u.About)
		if u.Dataset == graph.All {
			what = "everything about " + u.About.String()
		}
	}
	if u.Reason == "" {
		return what + " not read"
	}
	return what + " not read: " + u.Reason
}

// hideable lists the kinds of grants that a gap may hide.
func hideable() []graph.GrantKind {
	return []graph.GrantKind{graph.Assigned, graph.Contains, graph.Controls, graph.Eligible, graph.Member}
}

// UnreadGrants lists what may hide grants of g: every gap, and every dataset of
// grants that is not whole, in order.
func UnreadGrants(g *graph.Graph) []Unread {
	var all []Unread
	for _, s := range g.Sources() {
		for _, d := range []graph.Dataset{graph.Memberships, graph.Assignments, graph.Eligibility, graph.Control} {
			if st := g.State(s, d); !st.Whole() {
				all = append(all, Unread{Source: s, Dataset: d, Reason: StateReason(g, s, d)})
			}
		}
	}
	for _, gap := range g.Gaps() {
		all = append(all, Unread{About: gap.About, Dataset: gap.Dataset, Reason: gap.Reason})
	}
	return all
}

// StateReason says why a dataset is not whole: its state, and the reasons that
// its records give.
func StateReason(g *graph.Graph, s graph.Source, d graph.Dataset) string {
	worst := g.State(s, d)
	text := worst.String()
	found := false
	for _, c := range g.Coverage() {
		if c.Source != s || !c.Dataset.Includes(d) {
			continue
		}
		found = true
		if c.State == worst && c.Reason != "" {
			return text + ", " + c.Reason
		}
	}
	if !found {
		text += ", no coverage record"
	}
	return text
}

// Hidden is what may exist behind gaps: for each kind of grant, the nodes into
// which and out of which some may be hidden, and by which gap.
type Hidden struct {
	unread []Unread
	into   [graph.Owns + 1]map[uint32]uint32 // node → index in unread
	outOf  [graph.Owns + 1]map[uint32]uint32
}

// Hide works out what the given gaps may hide in g.
func Hide(g *graph.Graph, unread []Unread) *Hidden {
	h := &Hidden{unread: unread}
	for _, k := range hideable() {
		h.into[k], h.outOf[k] = map[uint32]uint32{}, map[uint32]uint32{}
	}
	bySource := map[graph.Source][]uint32{}
	for i, u := range unread {
		if u.About.IsZero() {
			bySource[u.Source] = append(bySource[u.Source], uint32(i))
		} else {
			h.hideAt(g, u, uint32(i))
		}
	}
	if len(bySource) == 0 {
		return h
	}
	for n := range uint32(g.NumNodes()) {
		id := g.ID(n)
		for _, i := range bySource[id.Source] {
			h.hideInto(n, id.Kind, unread[i].Dataset, i)
		}
	}
	return h
}

// Empty reports whether nothing can be hidden.
func (h *Hidden) Empty() bool {
	for _, k := range hideable() {
		if len(h.into[k]) > 0 || len(h.outOf[k]) > 0 {
			return false
		}
	}
	return true
}

func (h *Hidden) hideAt(g *graph.Graph, u Unread, i uint32) {
	n, ok := g.Find(u.About)
	if !ok {
		return
	}
	holder := u.About.Kind == graph.Identity || u.About.Kind == graph.Account
	if !holder {
		h.hideInto(n, u.About.Kind, u.Dataset, i)
		return
	}
	for _, k := range hideable() {
		switch {
		case !u.Dataset.Hides(k):
		case k == graph.Controls:
			h.hideIntoKind(n, u.About.Kind, k, i)
		case k.From(u.About.Kind):
			h.outOf[k][n] = keepFirst(h.outOf[k], n, i)
		}
	}
}

func (h *Hidden) hideInto(n uint32, kind graph.Kind, d graph.Dataset, i uint32) {
	for _, k := range hideable() {
		if d.Hides(k) {
			h.hideIntoKind(n, kind, k, i)
		}
	}
}

func (h *Hidden) hideIntoKind(n uint32, kind graph.Kind, k graph.GrantKind, i uint32) {
	if k.To(kind) {
		h.into[k][n] = keepFirst(h.into[k], n, i)
	}
}

// keepFirst prefers the gap that comes first in the list, whatever the order in
// which they are met.
func keepFirst(m map[uint32]uint32, n, i uint32) uint32 {
	if was, ok := m[n]; ok {
		return min(was, i)
	}
	return i
}

// nodes returns the keys of m in order.
func nodes(m map[uint32]uint32) []uint32 {
	all := make([]uint32, 0, len(m))
	for n := range m {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}
