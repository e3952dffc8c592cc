// SPDX-License-Identifier: Apache-2.0

package whatif

import (
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// An acceptance counts while those are there on whom it rests, and none of them is one
// of its subjects under another name. So whoever approves decides about subjects that
// do not lead to him.

// people lists on whom an acceptance rests, and its subjects.
func (b *Base) people(a *sod.Acceptance) []graph.ID {
	all := append(slices.Clone(a.Subjects), a.ApprovedBy)
	for _, c := range b.p.Compensating {
		if c.ID == a.CompensatingControl {
			all = append(all, c.Owner)
		}
	}
	return all
}

// findPeople lists the nodes of all on whom an acceptance rests, and of those who own
// their accounts.
func (b *Base) findPeople() (all []uint32) {
	is := map[uint32]bool{}
	for i := range b.p.Accepted {
		for _, id := range b.people(&b.p.Accepted[i]) {
			if n, ok := b.g.Find(id); ok {
				is[n] = true
			}
		}
	}
	if len(is) == 0 {
		return nil
	}
	for n := range b.g.Owners() {
		owns := func(e graph.Edge) bool { return e.Kind() == graph.Owns && is[e.To] }
		if !is[n] && slices.ContainsFunc(b.g.Out(n), owns) {
			all = append(all, n)
		}
	}
	for n := range is {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

// noteAccepted notes the subjects of the acceptances that rest on somebody whom the
// change concerns: who comes, goes or is described anew, and accounts that change
// hands.
func (t *trial) noteAccepted() {
	if len(t.p.Accepted) == 0 {
		return
	}
	concerned := map[graph.ID]bool{}
	person := func(id graph.ID) {
		concerned[id] = true
		for _, account := range t.ownedBy(id) {
			concerned[t.Base.g.ID(account)] = true
		}
	}
	for id := range t.gone {
		person(id)
	}
	for id := range t.nodes {
		person(id)
	}
	for l := range t.cut {
		if l.kind == graph.Owns {
			concerned[l.to] = true
		}
	}
	for _, a := range t.added {
		if a.Kind == graph.Owns {
			concerned[a.To] = true
		}
	}
	for i := range t.p.Accepted {
		a := &t.p.Accepted[i]
		if slices.ContainsFunc(t.Base.people(a), func(id graph.ID) bool { return concerned[id] }) {
			for _, s := range a.Subjects {
				t.note(s)
			}
		}
	}
}
