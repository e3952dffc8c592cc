// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"fmt"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/diff"
	"github.com/foureyes-iga/foureyes/sod"
)

// A RollForward carries the population of an earlier snapshot forward to this one,
// and says which places are new.
type RollForward struct {
	From        SnapshotInfo
	Populations []Population
	Places      []Place
}

// A Population is one count of one source, carried forward.
type Population diff.Population

// Ties says in words whether the counts tie out.
func (p Population) Ties() string {
	if diff.Population(p).Ties() {
		return "ties out"
	}
	return "DOES NOT TIE OUT"
}

// Flow tells what lies between the two counts: "1 new, 2 left". Nothing is "".
func (p Population) Flow() string {
	began, ended := "back", "left"
	switch p.Of {
	case diff.EnabledAccounts:
		began, ended = "enabled since", "no longer enabled"
	case diff.NobodysAccounts:
		began, ended = "no longer linked", "linked since"
	}
	var parts []string
	for _, x := range []struct {
		n    int
		what string
	}{{p.Added, "new"}, {p.Begun, began}, {p.Ended, ended}, {p.Gone, "no longer listed"}} {
		if x.n > 0 {
			parts = append(parts, Number(x.n)+" "+x.what)
		}
	}
	return strings.Join(parts, ", ")
}

// A Place is a source, application or organisational unit that is new.
type Place struct {
	Source   graph.Source
	Kind     diff.PlaceKind
	Name     string // "" of a source
	Accounts int
	Things   int         // groups, roles and entitlements
	Covered  graph.Count // how many of these a duty, an application or the control plane of the policy names; unknown without a policy
	Unsure   string
}

// Uncovered reports whether the policy is known to say nothing of the place.
func (p Place) Uncovered() bool {
	n, known := p.Covered.Get()
	return known && n == 0 && (p.Things > 0 || p.Kind == diff.SourcePlace && p.Accounts > 0)
}

// Label names the place: "application ledger of corp".
func (p Place) Label() string {
	if p.Name == "" {
		return fmt.Sprintf("%s %s", p.Kind, p.Source)
	}
	return fmt.Sprintf("%s %s of %s", p.Kind, p.Name, p.Source)
}

// Holds tells what lies in the place, and how much of it the policy covers.
func (p Place) Holds() string {
	var parts []string
	if p.Accounts > 0 {
		parts = append(parts, Plural(p.Accounts, "account"))
	}
	switch {
	case p.Things == 1:
		parts = append(parts, "1 group, role or entitlement")
	case p.Things > 1:
		parts = append(parts, Number(p.Things)+" groups, roles and entitlements")
	}
	n, known := p.Covered.Get()
	switch {
	case !known:
	case p.Uncovered():
		parts = append(parts, "NOTHING of it is in the policy")
	case p.Things > 0:
		parts = append(parts, Number(int(n))+" of them in the policy")
	}
	return strings.Join(parts, ", ") + unlessSure(p.Unsure)
}

func unlessSure(why string) string {
	if why == "" {
		return ""
	}
	return "; it may not be new (" + why + ")"
}

// RollForwardOf resolves a comparison with an earlier snapshot. Policy may be nil.
func RollForwardOf(d *diff.Diff, from SnapshotInfo, newer *graph.Graph, p *sod.Policy) *RollForward {
	r := &RollForward{From: from}
	for _, x := range d.Populations {
		r.Populations = append(r.Populations, Population(x))
	}
	named := namedBy(newer, p)
	for _, x := range d.Places {
		place := Place{Source: x.Source, Kind: x.Kind, Name: x.Name, Accounts: x.Accounts, Things: len(x.Things), Unsure: x.Unsure}
		if p != nil {
			n := 0
			for _, thing := range x.Things {
				if named[thing] {
					n++
				}
			}
			place.Covered = graph.CountOf(n)
		}
		r.Places = append(r.Places, place)
	}
	return r
}

// namedBy returns what the duties, the applications and the control plane of a policy
// match.
func namedBy(g *graph.Graph, p *sod.Policy) map[uint32]bool {
	all := map[uint32]bool{}
	if p == nil {
		return all
	}
	selectors := p.ControlPlane
	for _, a := range p.Apps {
		selectors = append(selectors[:len(selectors):len(selectors)], a.Entitlements...)
	}
	for _, nodes := range append(sod.DutyNodes(g, p), sod.Match(g, selectors)) {
		for _, n := range nodes {
			all[n] = true
		}
	}
	return all
}

// Uncovered lists the new places of which the policy says nothing.
func (r *RollForward) Uncovered() (all []Place) {
	for _, p := range r.Places {
		if p.Uncovered() {
			all = append(all, p)
		}
	}
	return all
}
