// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/remedy"
)

// A Plan says what to revoke so that findings are gone, resolved for readers.
type Plan struct {
	*remedy.Plan
	Snapshot SnapshotInfo
	Policy   PolicyInfo
	Steps    []PlanStep // in the order in which to take them
	ByPerson []PlanShare
	ByOwner  []PlanShare
	Blocked  []PlanBlock
	Losses   []PlanLoss // by subject
	After    *WhatIf    // what else is otherwise afterwards
}

// A PlanStep is a grant to revoke.
type PlanStep struct {
	Number   int // from 1
	From, To Thing
	Kind     graph.GrantKind
	Cost     int
	Concern  int      // how many subjects can use the grant
	Clears   []string // findings that are gone after this step, and were not before it
	For      []string // findings that it is there for
	Persons  []Thing  // whose it is: nobody, when it is a group's or a role's
	Owners   []Thing  // whom to ask; empty when nobody is known
	Remedy
}

// A PlanShare is the steps that concern one person, or that one owner decides about.
type PlanShare struct {
	Who   Thing // zero: nobody is known
	Steps []int // indexes
}

// A PlanBlock is a finding that nothing clears that may be revoked.
type PlanBlock struct {
	ID, Rule string
	Subject  Thing
	Kept     []PlanGrant // why, of the grants that the scope has; none: nothing on its paths is in the scope
}

// A PlanGrant is a grant that must stay.
type PlanGrant struct {
	From, To Thing
	Kind     graph.GrantKind
}

// A PlanLoss is what a subject loses of what its findings are about and besides, and what
// it keeps by other ways of what lies behind the grants that are revoked.
type PlanLoss struct {
	Who                  Thing
	Meant, Lost, Remains []Thing
}

// PlanInput is what a [Plan] is made from.
type PlanInput struct {
	Graph    *graph.Graph
	Policy   *sod.Policy
	Snapshot SnapshotInfo
	Plan     *remedy.Plan
}

// NewPlan resolves a plan.
func NewPlan(in PlanInput) (*Plan, error) {
	if in.Graph == nil || in.Policy == nil || in.Plan == nil {
		return nil, errors.New("plan: graph, policy and plan are all needed")
	}
	after, err := NewWhatIf(in.Policy, in.Snapshot, in.Plan.After)
	if err != nil {
		return nil, err
	}
	b := planBuilder{PlanInput: in, changer: newChanger(in.Graph, in.Policy)}
	out := &Plan{Plan: in.Plan, Snapshot: in.Snapshot, Policy: after.Policy, After: after}
	persons := b.personsOf()
	for i, r := range in.Plan.Revoke {
		out.Steps = append(out.Steps, b.step(i+1, r, persons))
	}
	out.ByPerson = shares(out.Steps, func(s PlanStep) []Thing { return s.Persons }, false)
	out.ByOwner = shares(out.Steps, func(s PlanStep) []Thing { return s.Owners }, true)
	for _, s := range in.Plan.Stuck {
		out.Blocked = append(out.Blocked, b.block(s))
	}
	for _, l := range in.Plan.Losses(in.Graph, in.Policy) {
		out.Losses = append(out.Losses, PlanLoss{b.thing(l.Subject), b.things(l.Meant), b.things(l.Lost), b.things(l.Remains)})
	}
	return out, nil
}

type planBuilder struct {
	PlanInput
	changer
}

// personsOf lists, by account that a step takes something from, who owns it.
func (b *planBuilder) personsOf() map[graph.ID][]graph.ID {
	of := map[graph.ID][]graph.ID{}
	for _, r := range b.Plan.Revoke {
		if r.From.Kind == graph.Account {
			of[r.From] = nil
		}
	}
	for n := range b.Graph.Owners() {
		for _, e := range b.Graph.Out(n) {
			account := b.Graph.ID(e.To)
			if _, asked := of[account]; asked && e.Kind() == graph.Owns && b.Graph.Terms(e).Holds(b.Plan.AsOf) {
				of[account] = append(of[account], b.Graph.ID(n))
			}
		}
	}
	return of
}

func (b *planBuilder) step(number int, r remedy.Revocation, persons map[graph.ID][]graph.ID) PlanStep {
	s := PlanStep{
		Number: number, From: b.thing(r.From), To: b.thing(r.To), Kind: r.Kind, Cost: r.Cost, Concern: r.Concern,
		Clears: r.Clears, For: r.For, Remedy: b.remove(b.told(r.Grant)),
	}
	switch owners := persons[r.From]; {
	case len(owners) > 0:
		s.Persons = b.things(owners)
	case r.From.Kind != graph.Group && r.From.Kind != graph.Role && r.From.Kind != graph.Entitlement:
		s.Persons = []Thing{s.From}
	}
	for _, named := range [][]graph.ID{b.owners(r.To), b.owners(r.From), b.appOwner(r.To), b.appOwner(r.From)} {
		if named = slices.DeleteFunc(named, b.isGone); len(named) > 0 {
			s.Owners = b.things(named)
			break
		}
	}
	return s
}

func (b *planBuilder) isGone(id graph.ID) bool {
	n, ok := b.Graph.Find(id)
	return id.IsZero() || ok && employmentOf(b.Graph, n, b.Plan.AsOf) == "left"
}

// told returns the first fact that tells a grant that exists.
func (b *planBuilder) told(r remedy.Grant) graph.Grant {
	from, _ := b.Graph.Find(r.From)
	for _, e := range b.Graph.Out(from) {
		if g := b.Graph.Grant(from, e); g.To == r.To && g.Kind == r.Kind && g.Holds(b.Plan.AsOf) {
			return g
		}
	}
	return graph.Grant{From: r.From, To: r.To, Kind: r.Kind}
}

func (b *planBuilder) block(s remedy.Stuck) PlanBlock {
	out := PlanBlock{ID: s.Finding.ID, Rule: s.Finding.Rule, Subject: b.thing(s.Finding.Subjects[0])}
	for _, g := range s.Kept {
		out.Kept = append(out.Kept, PlanGrant{b.thing(g.From), b.thing(g.To), g.Kind})
	}
	return out
}

// shares sorts steps by people, those with the most first. Steps of nobody come last,
// where those are wanted.
func shares(steps []PlanStep, of func(PlanStep) []Thing, nobody bool) (all []PlanShare) {
	at := map[graph.ID]int{}
	for i, s := range steps {
		people := of(s)
		if len(people) == 0 && nobody {
			people = []Thing{{}}
		}
		for _, t := range people {
			if _, known := at[t.ID]; !known {
				at[t.ID] = len(all)
				all = append(all, PlanShare{Who: t})
			}
			all[at[t.ID]].Steps = append(all[at[t.ID]].Steps, i)
		}
	}
	slices.SortFunc(all, func(a, b PlanShare) int {
		return cmp.Or(zeroLast(a.Who, b.Who), cmp.Compare(len(b.Steps), len(a.Steps)), a.Who.ID.Compare(b.Who.ID))
	})
	return all
}

func zeroLast(a, b Thing) int {
	switch {
	case a.ID.IsZero() == b.ID.IsZero():
		return 0
	case a.ID.IsZero():
		return 1
	}
	return -1
}

// Verdict says in one sentence what the plan comes to.
func (p *Plan) Verdict() string {
	parts := []string{}
	switch {
	case len(p.Targets) == 0:
		parts = append(parts, "nothing to clear")
	case p.Optimal():
		parts = append(parts, fmt.Sprintf("%s to revoke for %d, proved to be the least, %s cleared", Plural(len(p.Steps), "grant"), p.Cost, Plural(len(p.Targets), "finding")))
	default:
		parts = append(parts, fmt.Sprintf("%s to revoke for %d, NOT PROVED to be the least: nothing below %d does, %s cleared", Plural(len(p.Steps), "grant"), p.Cost, p.Bound, Plural(len(p.Targets), "finding")))
	}
	if n := len(p.Blocked); n > 0 {
		parts = append(parts, Plural(n, "finding")+" that nothing clears that may be revoked")
	}
	if n := len(p.Reopens); n > 0 {
		parts = append(parts, Plural(n, "acceptance")+" to be given anew, because less is held than was approved")
	}
	return strings.Join(parts, "; ")
}

// ModeText tells in which modes findings are cleared.
func (p *Plan) ModeText() string {
	if p.Mode == reach.Standing {
		return p.Mode.String()
	}
	return p.Mode.String() + " and stronger"
}

// CurvePoints tells for each step, beginning with none, what is cleared at what cost so far;
// of long plans not every step.
func (p *Plan) CurvePoints(most int) []remedy.Point {
	all := p.Curve()
	if len(all) <= most {
		return all
	}
	var some []remedy.Point
	for i := range most {
		some = append(some, all[i*(len(all)-1)/(most-1)])
	}
	return some
}

// Besides lists the findings that are gone afterwards and that the plan was not made for.
func (p *Plan) Besides() (all []Finding) {
	meant := map[string]bool{}
	for _, f := range p.Targets {
		meant[f.ID] = true
	}
	for _, r := range p.After.Removed {
		if !meant[r.ID] {
			all = append(all, r.Finding)
		}
	}
	return all
}
