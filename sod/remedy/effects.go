// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"fmt"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/whatif"
)

// Change is what the plan does to a graph.
func (p *Plan) Change() (c whatif.Change) {
	for i, r := range p.Revoke {
		c = append(c, whatif.Step{Where: fmt.Sprintf("step %d of the plan", i+1), Remove: true, Fact: graph.Grant{From: r.From, To: r.To, Kind: r.Kind}})
	}
	return c
}

// try judges the graph afresh as the plan leaves it. That a finding is still there is a
// mistake of ours.
func (p *Plan) try(g *graph.Graph, policy *sod.Policy) (err error) {
	rules := *policy
	rules.Checks = nil
	if p.After, err = whatif.Prepare(g, &rules, p.AsOf).Try(p.Change()); err != nil {
		return err
	}
	gone := map[string]bool{}
	was := map[string]sod.Status{}
	for _, f := range p.After.Before.Report.Findings {
		gone[f.ID], was[f.ID] = true, f.Status
	}
	for _, f := range p.After.After.Report.Findings {
		gone[f.ID] = false
		if (f.Kind == "sod" || f.Kind == "critical") && f.Status == sod.Open && was[f.ID] == sod.Accepted {
			p.Reopens = append(p.Reopens, f.ID)
		}
	}
	for _, f := range p.Targets {
		if !gone[f.ID] {
			return fmt.Errorf("the plan leaves finding %s of %s: this is a mistake in foureyes, please report it", f.ID, f.Subjects[0])
		}
	}
	return nil
}

// Creates lists the findings that are there afterwards and were not before: somebody may
// then lack what a rule requires.
func (p *Plan) Creates() []sod.Finding {
	return missing(p.After.After.Report.Findings, p.After.Before.Report.Findings)
}

// ClearsBesides lists the findings that are gone afterwards and that the plan was not
// made for.
func (p *Plan) ClearsBesides() []sod.Finding {
	return missing(missing(p.After.Before.Report.Findings, p.After.After.Report.Findings), p.Targets)
}

// missing lists the findings that are not among others.
func missing(all, others []sod.Finding) (left []sod.Finding) {
	known := map[string]bool{}
	for _, f := range others {
		known[f.ID] = true
	}
	for _, f := range all {
		if !known[f.ID] {
			left = append(left, f)
		}
	}
	return left
}

// IsForAll reports whether the plan is about every finding that any plan clears.
func (p *Plan) IsForAll() bool { return p.open == len(p.Targets)+len(p.Stuck) }

// A Loss is what a subject no longer comes to after a plan, and what it still comes to
// of what lies behind the revoked grants.
type Loss struct {
	Subject graph.ID
	Meant   []graph.ID // lost, and counted for a duty of a finding of it
	Lost    []graph.ID // besides: groups, roles and entitlements, in order
	Remains []graph.ID
}

// Losses tells for every subject that can use a revoked grant, in the modes of the plan,
// what it loses and what is left, in ID order. Subjects of which there is nothing to
// tell are left out.
func (p *Plan) Losses(g *graph.Graph, policy *sod.Policy) (all []Loss) {
	if len(p.Revoke) == 0 {
		return nil
	}
	l := newLosing(p, g, policy)
	for _, n := range sod.Subjects(g, p.AsOf) {
		if _, ok := slices.BinarySearch(l.concerned, n); ok {
			if x := l.of(n); len(x.Meant)+len(x.Lost)+len(x.Remains) > 0 {
				all = append(all, x)
			}
		}
	}
	return all
}

type losing struct {
	g         *graph.Graph
	view      *reach.View
	cut       map[grantKey]bool
	concerned []uint32
	meant     map[graph.ID][]uint32 // by subject: what its findings are about
}

func newLosing(p *Plan, g *graph.Graph, policy *sod.Policy) *losing {
	l := &losing{g: g, view: reach.At(g, p.AsOf, p.Mode), cut: map[grantKey]bool{}, meant: map[graph.ID][]uint32{}}
	var holders []uint32
	for _, r := range p.Revoke {
		from, _ := g.Find(r.From)
		to, _ := g.Find(r.To)
		l.cut[grantKey{from, to, r.Kind}] = true
		holders = append(holders, from)
	}
	l.concerned = l.view.Back().To(holders)
	counting := sod.Counting(g, policy, p.AsOf)
	for i := range p.Targets {
		duties, _, _ := counting(&p.Targets[i])
		for _, d := range duties {
			l.meant[p.Targets[i].Subjects[0]] = append(l.meant[p.Targets[i].Subjects[0]], d.Nodes...)
		}
	}
	return l
}

// of compares what a subject comes to with and without the plan.
func (l *losing) of(n uint32) Loss {
	x := Loss{Subject: l.g.ID(n)}
	before, behind := l.reach(n, nil)
	after, _ := l.reach(n, l.cut)
	meant := l.meant[x.Subject]
	for _, node := range before {
		if k := l.g.ID(node).Kind; k != graph.Group && k != graph.Role && k != graph.Entitlement {
			continue
		}
		_, left := slices.BinarySearch(after, node)
		switch {
		case !left && slices.Contains(meant, node):
			x.Meant = append(x.Meant, l.g.ID(node))
		case !left:
			x.Lost = append(x.Lost, l.g.ID(node))
		case left && behind[node]:
			x.Remains = append(x.Remains, l.g.ID(node))
		}
	}
	return x
}

// reach walks from a subject over what is not cut. It tells the nodes in order, and which
// of them lie behind a grant of the plan.
func (l *losing) reach(n uint32, cut map[grantKey]bool) (nodes []uint32, behind map[uint32]bool) {
	seen := map[reach.Place]bool{}
	behind = map[uint32]bool{}
	queue := []reach.Place{l.view.Start(n)}
	var past []reach.Place
	for i := 0; i < len(queue); i++ {
		from := l.view.Node(queue[i])
		nodes = append(nodes, from)
		for step := range l.view.Steps(queue[i]) {
			key := grantKey{from, l.view.Node(step.To), step.Kind}
			if !step.Implied && l.cut[key] {
				past = append(past, step.To)
			}
			if !seen[step.To] && (step.Implied || !cut[key]) {
				seen[step.To] = true
				queue = append(queue, step.To)
			}
		}
	}
	l.follow(past, behind)
	slices.Sort(nodes)
	return slices.Compact(nodes), behind
}

// follow notes all that places lead to.
func (l *losing) follow(queue []reach.Place, into map[uint32]bool) {
	seen := map[reach.Place]bool{}
	for i := 0; i < len(queue); i++ {
		into[l.view.Node(queue[i])] = true
		for step := range l.view.Steps(queue[i]) {
			if !seen[step.To] {
				seen[step.To] = true
				queue = append(queue, step.To)
			}
		}
	}
}

// A Point says what the first steps of a plan come to.
type Point struct{ Steps, Cost, Findings int }

// Curve returns what is cleared after each step, beginning with none.
func (p *Plan) Curve() []Point {
	all := []Point{{}}
	for i, r := range p.Revoke {
		last := all[i]
		all = append(all, Point{i + 1, last.Cost + r.Cost, last.Findings + len(r.Clears)})
	}
	return all
}
