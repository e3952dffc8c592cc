// SPDX-License-Identifier: Apache-2.0

package check

import (
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// A requestIndex finds what was approved: for a thing, by who was to get it.
type requestIndex struct {
	w         *world
	all       []sod.Request
	literal   map[string][]int // by an ID or name that means one thing
	patterns  []int
	things    map[uint32]beneficiaries
	approvers map[string][]uint32 // accounts and people, by what names them
}

// beneficiaries are the requests for one thing, by what names who was to get it.
type beneficiaries map[string][]int

func newRequestIndex(w *world, all []sod.Request) *requestIndex {
	x := &requestIndex{w: w, all: all, literal: map[string][]int{}, things: map[uint32]beneficiaries{}, approvers: map[string][]uint32{}}
	for i, q := range all {
		if text, one := sod.Glob(q.Access).Literal(); one {
			x.literal[text] = append(x.literal[text], i)
		} else {
			x.patterns = append(x.patterns, i)
		}
		x.approvers[spelled(q.Approver)] = nil
	}
	for _, kind := range []graph.Kind{graph.Account, graph.Identity} {
		lo, hi := w.g.Range(kind)
		for n := lo; n < hi; n++ {
			for _, key := range w.calledBy(n) {
				if known, asked := x.approvers[key]; asked && !slices.Contains(known, n) {
					x.approvers[key] = append(known, n)
				}
			}
		}
	}
	return x
}

// spelled is a text as it is looked up: an ID as it is, and anything else whatever the
// case of its letters from a to z.
func spelled(text string) string {
	if _, err := graph.ParseID(text); err == nil {
		return text
	}
	return "~" + strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

// calledBy lists what may name something in a request. The names of people are left
// out: several may have one.
func (w *world) calledBy(n uint32) []string {
	id := w.g.ID(n)
	all := []string{id.String()}
	if name := w.g.Name(n); name != "" && id.Kind != graph.Identity {
		all = append(all, spelled(name))
	}
	if id.Kind != graph.Account && id.Kind != graph.Identity {
		return all
	}
	for _, key := range []string{"employee_id", "upn", "mail"} {
		if text, _ := w.g.Attr(n, key); text != "" {
			all = append(all, spelled(text))
		}
	}
	return all
}

// of returns the requests for a thing.
func (x *requestIndex) of(thing uint32) beneficiaries {
	if known, ok := x.things[thing]; ok {
		return known
	}
	id, name := x.w.g.ID(thing), x.w.g.Name(thing)
	all := slices.Clone(x.literal[id.String()])
	if name != "" && name != id.String() {
		all = append(all, x.literal[name]...)
	}
	for _, i := range x.patterns {
		if p, err := sod.ParseIDPattern(x.all[i].Access); err == nil && p.Match(id) || err != nil && name != "" && sod.Glob(x.all[i].Access).Match(name) {
			all = append(all, i)
		}
	}
	found := beneficiaries{}
	for _, i := range all {
		key := spelled(x.all[i].Beneficiary)
		found[key] = append(found[key], i)
	}
	x.things[thing] = found
	return found
}

// An approver is who said yes, seen from who got something.
type approver uint8

const (
	somebodyElse approver = iota
	themselves
	cannotTell
)

// approverOf tells whether a request was approved by somebody other than the holder,
// and why not. Somebody whom nobody can identify cannot be shown to be another person.
func (x *requestIndex) approverOf(q sod.Request, holder uint32, people []uint32) (approver, string) {
	candidates := x.approvers[spelled(q.Approver)]
	if len(candidates) == 0 {
		return cannotTell, "who approved it is not in the snapshot"
	}
	is := make([]approver, len(candidates))
	why := ""
	for i, c := range candidates {
		var because string
		if is[i], because = x.w.apart(c, holder, people); because != "" {
			why = because
		}
	}
	first := is[0]
	if slices.ContainsFunc(is, func(a approver) bool { return a != first }) {
		return cannotTell, "who approved it may be one of several, and one of them is who got it"
	}
	return first, why
}

// apart tells whether an approver is somebody other than the holder of a grant, through
// any account of that person.
func (w *world) apart(who, holder uint32, people []uint32) (approver, string) {
	theirs := []uint32{who}
	if w.g.ID(who).Kind == graph.Account {
		theirs, _, _ = w.whose(who)
	}
	kind, _ := w.g.Word(holder, "type")
	switch {
	case who == holder || slices.ContainsFunc(theirs, func(n uint32) bool { return w.among(n, people) }):
		return themselves, ""
	case len(theirs) == 0:
		return cannotTell, "whose account approved it is not known"
	case len(people) == 0 && w.g.ID(holder).Kind == graph.Account && kind != "guest" && kind != "system" && !needsOwner(kind):
		return cannotTell, "whose account got it is not known"
	}
	return somebodyElse, ""
}

// among reports whether somebody is one of some people, be it under another ID with the
// same employee id.
func (w *world) among(n uint32, people []uint32) bool {
	key, has := w.g.Attr(n, "employee_id")
	return slices.ContainsFunc(people, func(p uint32) bool {
		other, _ := w.g.Attr(p, "employee_id")
		return p == n || has && key != "" && other == key
	})
}
