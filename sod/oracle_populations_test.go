// SPDX-License-Identifier: Apache-2.0

package sod_test

import (
	"slices"
	"testing"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// spell returns a mutation that turns populations into ordinary groups and spells
// out in grants what each means for each account.
func spell(meaning func(population, account graph.ID) []graph.Grant) func(tiny) tiny {
	return func(w tiny) tiny {
		nodes := w.nodes()
		for _, p := range nodes {
			for _, a := range nodes {
				if isPopulation(p) && a.Kind == graph.Account {
					for _, g := range meaning(p, a) {
						w.facts = append(slices.Clip(w.facts), g)
					}
				}
			}
		}
		return w.plain()
	}
}

func membersOfSource(p, a graph.ID) []graph.Grant {
	if a.Source != p.Source {
		return nil
	}
	return []graph.Grant{{From: a, To: p, Kind: graph.Member}}
}

// TestPopulationsSpelledOut shows that what the mutants below are caught for is what
// they spell, not that they spell.
func TestPopulationsSpelledOut(t *testing.T) {
	for seed := range uint64(400) {
		w := randomTiny(seed)
		w.policy.Mode = min(w.policy.Mode, reach.Eligible) // who controls a population may be hidden
		if diff, _ := w.disagreement(t, spell(membersOfSource)); diff != "" {
			t.Fatalf("seed %d (-oracle +engine):\n%s", seed, diff)
		}
	}
}

// TestOracleNoticesPopulations catches engines that think otherwise of populations.
func TestOracleNoticesPopulations(t *testing.T) {
	for name, mutate := range map[string]func(tiny) tiny{
		"has no members": spell(func(_, _ graph.ID) []graph.Grant { return nil }),
		"has the accounts of every source": spell(func(p, a graph.ID) []graph.Grant {
			return []graph.Grant{{From: a, To: p, Kind: graph.Member}}
		}),
		"gives its controller no accounts": spell(membersOfSource),
		"gives its members all accounts": spell(func(p, a graph.ID) []graph.Grant {
			all := membersOfSource(p, a)
			for _, g := range all {
				all = append(all, graph.Grant{From: g.To, To: g.From, Kind: graph.Controls})
			}
			return all
		}),
		"has a membership that ends": spell(func(p, a graph.ID) []graph.Grant {
			return []graph.Grant{{From: a, To: p, Kind: graph.Member, Terms: graph.Terms{UntilTime: noon}}}
		}),
		"has eligible members": spell(func(p, a graph.ID) []graph.Grant {
			return []graph.Grant{{From: a, To: p, Kind: graph.Eligible}}
		}),
	} {
		t.Run(name, func(t *testing.T) { mustNotice(t, mutate) })
	}
}

// plain returns the world with populations under names that mean nothing.
func (w tiny) plain() tiny {
	rename := func(id graph.ID) graph.ID {
		if isPopulation(id) {
			id.Key = "was " + id.Key
		}
		return id
	}
	w = w.with(func(f graph.Fact) (graph.Fact, bool) {
		switch f := f.(type) {
		case graph.Node:
			f.ID = rename(f.ID)
			return f, true
		case graph.Grant:
			f.From, f.To = rename(f.From), rename(f.To)
			return f, true
		case graph.Gap:
			f.About = rename(f.About)
			return f, true
		}
		return f, true
	})
	p := *w.policy
	p.AcceptedGaps = slices.Clone(p.AcceptedGaps)
	for i := range p.AcceptedGaps {
		p.AcceptedGaps[i].About = rename(p.AcceptedGaps[i].About)
	}
	p.Duties = slices.Clone(p.Duties)
	for i := range p.Duties {
		p.Duties[i].Holds = slices.Clone(p.Duties[i].Holds)
		for j, s := range p.Duties[i].Holds {
			id := rename(graph.ID{Kind: s.ID.Kind, Source: s.ID.Source, Key: string(s.ID.Key)})
			p.Duties[i].Holds[j].ID = &sod.IDPattern{Kind: id.Kind, Source: id.Source, Key: sod.Glob(id.Key)}
		}
	}
	w.policy = &p
	return w
}
