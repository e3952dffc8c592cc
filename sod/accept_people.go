// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"fmt"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// people answers whether those on whom an acceptance rests are still there.
type people struct {
	g      *graph.Graph // nil: nobody is known
	asOf   time.Time
	owners map[uint32][]uint32 // account → all who own it at the moment; nil until asked for
}

func newPeople(g *graph.Graph, asOf time.Time) *people { return &people{g: g, asOf: asOf} }

// A presence says whether somebody is still there.
type presence uint8

const (
	here presence = iota
	left
	unsure
)

// presence tells whether somebody left, and how that is known. Not knowing makes
// nobody a leaver.
func (p *people) presence(id graph.ID) (presence, string) {
	if p.g == nil {
		return here, "" // there is nothing to look them up in
	}
	n, ok := p.g.Find(id)
	switch {
	case id.Kind == graph.Identity && (!ok || !p.g.Described(n)):
		return p.absent(id)
	case id.Kind == graph.Identity:
		return p.employed(n)
	case !ok:
		return unsure, "it is not in the snapshot"
	case id.Kind != graph.Account || len(p.ownersOf(n)) == 0:
		return unsure, "it is not known whose it is"
	}
	return p.anyOf(p.ownersOf(n))
}

// Leavers tells of somebody whom a policy names, a person or an account, whether they
// have left at a moment, whether that can be told, and how: as acceptances are judged.
func Leavers(g *graph.Graph, asOf time.Time) func(graph.ID) (has, known bool, why string) {
	p := newPeople(g, asOf)
	return func(id graph.ID) (has, known bool, why string) {
		is, why := p.presence(id)
		return is == left, is != unsure, why
	}
}

// absent judges a person whom nobody described: a leaver, when the source of
// people was read to the end.
func (p *people) absent(id graph.ID) (presence, string) {
	if st := p.g.State(id.Source, graph.Identities); st != graph.Complete {
		return unsure, fmt.Sprintf("not in what was read of %s (identities: %s)", id.Source, st)
	}
	if slices.ContainsFunc(p.g.Gaps(), func(g graph.Gap) bool { return g.About == id && g.Dataset.Includes(graph.Identities) }) {
		return unsure, "it is there and was not read"
	}
	return left, "is not in " + string(id.Source)
}

// employed tells what human resources say. An end that is still to come is theirs
// to know.
func (p *people) employed(n uint32) (presence, string) {
	status, known := p.g.Word(n, "status")
	switch {
	case !known:
		return unsure, "the status is not known"
	case status == "terminated" && !p.endsLater(n):
		return left, "has left"
	}
	return here, ""
}

func (p *people) endsLater(n uint32) bool {
	text, _ := p.g.Attr(n, "end_date")
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if end, err := time.Parse(layout, text); err == nil {
			return end.After(p.asOf)
		}
	}
	return false
}

// anyOf judges an account by those who own it: one who is there is enough.
func (p *people) anyOf(owners []uint32) (presence, string) {
	worst, reason := left, ""
	for _, o := range owners {
		is, why := p.presence(p.g.ID(o))
		if is == here {
			return here, ""
		}
		if reason == "" || is == unsure {
			worst, reason = is, p.label(p.g.ID(o))+" "+why
		}
	}
	return worst, reason
}

// same reports whether a and b are one person: equal, an account and who owns it,
// or two accounts of one.
func (p *people) same(a, b graph.ID) bool {
	if a == b {
		return true
	}
	return slices.ContainsFunc(p.persons(a), func(id graph.ID) bool { return slices.Contains(p.persons(b), id) })
}

// persons returns the identity itself, or those who own the account: whoever has
// accounts that belong together, too, because it is one, known or not.
func (p *people) persons(id graph.ID) []graph.ID {
	if id.Kind != graph.Account || p.g == nil {
		return []graph.ID{id}
	}
	n, ok := p.g.Find(id)
	if !ok {
		return nil
	}
	var all []graph.ID
	for _, o := range p.heldBy(n) {
		all = append(all, p.g.ID(o))
	}
	return all
}

// OwnersOf returns all who own an account at a moment, in order, be they known or not.
func OwnersOf(g *graph.Graph, account uint32, asOf time.Time) (owners []graph.ID) {
	for _, n := range newPeople(g, asOf).heldBy(account) {
		owners = append(owners, g.ID(n))
	}
	return owners
}

// ownersOf lists the people who own an account: identities, in order.
func (p *people) ownersOf(account uint32) (known []uint32) {
	for _, n := range p.heldBy(account) {
		if p.g.ID(n).Kind == graph.Identity {
			known = append(known, n)
		}
	}
	return known
}

// heldBy lists all who own an account, in order.
func (p *people) heldBy(account uint32) []uint32 {
	if p.owners == nil {
		p.owners = map[uint32][]uint32{}
		for n := range p.g.Owners() {
			for _, e := range p.g.Out(n) {
				if e.Kind() == graph.Owns && p.g.Terms(e).Holds(p.asOf) {
					p.owners[e.To] = append(p.owners[e.To], n)
				}
			}
		}
	}
	return p.owners[account]
}

// label names somebody: "Ana Ruiz (identity:hr/E1001)".
func (p *people) label(id graph.ID) string {
	if p.g != nil {
		if n, ok := p.g.Find(id); ok && p.g.Name(n) != "" {
			return fmt.Sprintf("%s (%s)", p.g.Name(n), id)
		}
	}
	return id.String()
}
