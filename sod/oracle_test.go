// SPDX-License-Identifier: Apache-2.0

package sod_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// The oracle decides by trying: it grows sets of arrivals until nothing changes,
// and for gaps it tries every choice of hidden grants. It shares no code with
// packages reach and sod but their value types.

var noon = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)

// A tiny is a small world in which everything is spelled out.
type tiny struct {
	facts  []graph.Fact
	policy *sod.Policy
}

type arrival struct {
	at     graph.ID
	direct bool
}

func (w tiny) grants() (all []graph.Grant) {
	for _, f := range w.facts {
		if g, ok := f.(graph.Grant); ok {
			all = append(all, g)
		}
	}
	return all
}

// nodes lists everything that a snapshot of the world has as a node.
func (w tiny) nodes() []graph.ID {
	seen := map[graph.ID]bool{}
	for _, f := range w.facts {
		switch f := f.(type) {
		case graph.Node:
			seen[f.ID] = true
		case graph.Grant:
			seen[f.From], seen[f.To] = true, true
		case graph.Gap:
			seen[f.About] = true
		}
	}
	var all []graph.ID
	for id := range seen {
		all = append(all, id)
	}
	slices.SortFunc(all, func(a, b graph.ID) int { return strings.Compare(a.String(), b.String()) })
	return all
}

func holdsAt(g graph.Grant, t time.Time) bool {
	if !g.FromTime.IsZero() && t.Before(g.FromTime) {
		return false
	}
	return g.UntilTime.IsZero() || t.Before(g.UntilTime)
}

func allowed(k graph.GrantKind, m reach.Mode) bool {
	switch k {
	case graph.Eligible:
		return m >= reach.Eligible
	case graph.Controls:
		return m >= reach.Attainable
	}
	return true
}

func reached(from graph.ID, grants []graph.Grant, m reach.Mode) map[graph.ID]bool {
	have := map[arrival]bool{{from, false}: true}
	for changed := true; changed; {
		changed = false
		for _, g := range grants {
			if !holdsAt(g, noon) || !allowed(g.Kind, m) {
				continue
			}
			direct, any := have[arrival{g.From, true}], have[arrival{g.From, true}] || have[arrival{g.From, false}]
			if !any || g.DirectOnly && g.From.Kind == graph.Group && !direct {
				continue
			}
			to := arrival{g.To, g.Kind == graph.Controls || (g.Kind == graph.Member || g.Kind == graph.Eligible) && g.From.Kind == graph.Account}
			if !have[to] {
				have[to] = true
				changed = true
			}
		}
	}
	ends := map[graph.ID]bool{}
	for a := range have {
		ends[a.at] = true
	}
	return ends
}

func isPopulation(id graph.ID) bool {
	return id.Kind == graph.Group && (id.Key == "~all" || id.Key == "~authenticated")
}

// implied spells out what populations mean: each account of the source is a member,
// and whoever controls the population controls each account of the source.
func implied(nodes []graph.ID, grants []graph.Grant) (all []graph.Grant) {
	for _, population := range nodes {
		for _, account := range nodes {
			if !isPopulation(population) || account.Kind != graph.Account || account.Source != population.Source {
				continue
			}
			all = append(all, graph.Grant{From: account, To: population, Kind: graph.Member})
			for _, g := range grants {
				if g.To == population && g.Kind == graph.Controls {
					all = append(all, graph.Grant{From: g.From, To: account, Kind: graph.Controls, Terms: g.Terms})
				}
			}
		}
	}
	return all
}

func subjects(nodes []graph.ID, grants []graph.Grant) (all []graph.ID) {
	for _, id := range nodes {
		is := id.Kind == graph.Identity || id.Kind == graph.Somebody || id.Kind == graph.Account
		for _, g := range grants {
			if g.Kind == graph.Owns && g.To == id && holdsAt(g, noon) {
				is = false
			}
			if id.Kind == graph.Unresolved && g.From == id && holdsAt(g, noon) {
				is = true
			}
		}
		if is {
			all = append(all, id)
		}
	}
	return all
}

func (w tiny) state(s graph.Source, d graph.Dataset) graph.State {
	worst := graph.State(0)
	for _, f := range w.facts {
		if c, ok := f.(graph.Coverage); ok && c.Source == s && (c.Dataset == d || c.Dataset == graph.All) {
			worst = max(worst, c.State)
		}
	}
	if worst == 0 {
		return graph.Partial
	}
	return worst
}

var datasetOf = map[graph.GrantKind]graph.Dataset{graph.Member: graph.Memberships, graph.Assigned: graph.Assignments,
	graph.Contains: graph.Assignments, graph.Eligible: graph.Eligibility, graph.Controls: graph.Control}

// Which gaps count: those that nobody accepted, the others, or all.
func openGaps(accepted bool) bool     { return !accepted }
func acceptedGaps(accepted bool) bool { return accepted }
func allGaps(bool) bool               { return true }

// hidden lists every grant that may exist behind the gaps that count.
func (w tiny) hidden(counts func(accepted bool) bool) (all []graph.Grant) {
	nodes := w.nodes()
	for k, dataset := range datasetOf {
		for _, from := range nodes {
			for _, to := range nodes {
				g := graph.Grant{From: from, To: to, Kind: k}
				if g.Check() == nil && w.mayHide(g, dataset, counts) {
					all = append(all, g)
				}
			}
		}
	}
	return all
}

func (w tiny) mayHide(g graph.Grant, dataset graph.Dataset, counts func(accepted bool) bool) bool {
	if st := w.state(g.To.Source, dataset); st != graph.Complete && st != graph.NotApplicable {
		if counts(w.accepted(graph.ID{}, g.To.Source, dataset)) {
			return true
		}
	}
	for _, f := range w.facts {
		gap, ok := f.(graph.Gap)
		if !ok || gap.Dataset != dataset && gap.Dataset != graph.All || !counts(w.accepted(gap.About, "", "")) {
			continue
		}
		person := gap.About.Kind == graph.Identity || gap.About.Kind == graph.Account
		if person && dataset != graph.Control {
			if gap.About == g.From {
				return true
			}
		} else if gap.About == g.To {
			return true
		}
	}
	return false
}

func (w tiny) accepted(about graph.ID, s graph.Source, d graph.Dataset) bool {
	for _, a := range w.policy.AcceptedGaps {
		if !about.IsZero() && a.About == about || about.IsZero() && a.Source == s && (a.Dataset == d || a.Dataset == graph.All) {
			return true
		}
	}
	return false
}

func (w tiny) evaluate(t *testing.T) (*graph.Graph, *sod.Report) {
	t.Helper()
	var b graph.Builder
	for _, f := range w.facts {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	g := b.Graph()
	return g, sod.Evaluate(g, w.policy, noon)
}

// maxSubjects is how many subjects a row of the report gives as examples.
const maxSubjects = 5

func mayBeSubject(k graph.Kind) bool {
	return k == graph.Identity || k == graph.Somebody || k == graph.Account || k == graph.Unresolved
}

// randomTiny makes a world of at most eight nodes in which gaps, windows,
// direct-only assignments and cycles are frequent.
func randomTiny(seed uint64) tiny {
	r := rand.New(rand.NewPCG(seed, 7))
	kinds := []graph.Kind{graph.Identity, graph.Somebody, graph.Account, graph.Account, graph.Group, graph.Group, graph.Role, graph.Entitlement, graph.Unresolved}
	sources := []graph.Source{"a", "b"}
	var ids []graph.ID
	for i := range 4 + r.IntN(4) {
		id := graph.ID{Kind: kinds[r.IntN(len(kinds))], Source: sources[r.IntN(2)], Key: fmt.Sprint(i)}
		if id.Kind == graph.Group && r.IntN(2) == 0 {
			id.Key = []string{"~all", "~all", "~authenticated", "~none"}[r.IntN(4)]
		}
		holders := len(slices.DeleteFunc(slices.Clone(ids), func(id graph.ID) bool { return !mayBeSubject(id.Kind) }))
		if !slices.Contains(ids, id) && (holders < maxSubjects || !mayBeSubject(id.Kind)) {
			ids = append(ids, id)
		}
	}
	w := tiny{policy: &sod.Policy{Mode: reach.Standing + reach.Mode(r.IntN(3))}}
	for _, id := range ids {
		if r.IntN(5) > 0 {
			w.facts = append(w.facts, describe(r, id))
		}
	}
	w.addGrants(r, ids)
	w.addCoverage(r, ids, sources)
	w.addRules(r, ids)
	return w
}

func (w *tiny) addGrants(r *rand.Rand, ids []graph.ID) {
	for range 60 {
		g := graph.Grant{From: ids[r.IntN(len(ids))], To: ids[r.IntN(len(ids))], Kind: graph.GrantKinds()[r.IntN(6)]}
		g.DirectOnly = g.Kind == graph.Assigned && r.IntN(2) == 0
		switch r.IntN(8) {
		case 0:
			g.FromTime = noon.Add(time.Duration(r.IntN(3)-1) * time.Hour)
		case 1:
			g.UntilTime = noon.Add(time.Duration(r.IntN(3)-1) * time.Hour)
		}
		if g.Check() == nil && r.IntN(3) == 0 {
			w.facts = append(w.facts, g)
		}
	}
}

func (w *tiny) addCoverage(r *rand.Rand, ids []graph.ID, sources []graph.Source) {
	for _, s := range sources {
		for _, d := range graph.Datasets() {
			st := graph.Complete
			if r.IntN(14) == 0 {
				st = graph.NotApplicable + graph.State(r.IntN(7))
			}
			w.facts = append(w.facts, graph.Coverage{Source: s, Dataset: d, State: st})
			if r.IntN(4) == 0 {
				w.policy.AcceptedGaps = append(w.policy.AcceptedGaps, sod.AcceptedGap{Source: s, Dataset: d, Until: sod.Date{Year: 2027, Month: 1, Day: 1}})
			}
		}
	}
	all := append(graph.Datasets(), graph.All)
	for range r.IntN(3) {
		about, dataset := ids[r.IntN(len(ids))], all[r.IntN(len(all))]
		if at := slices.IndexFunc(ids, isPopulation); at >= 0 && r.IntN(2) == 0 {
			about, dataset = ids[at], []graph.Dataset{graph.Control, graph.Memberships}[r.IntN(2)]
		}
		w.facts = append(w.facts, graph.Gap{About: about, Dataset: dataset, Reason: "denied"})
		if r.IntN(4) == 0 {
			w.policy.AcceptedGaps = append(w.policy.AcceptedGaps, sod.AcceptedGap{About: about, Until: sod.Date{Year: 2027, Month: 1, Day: 1}})
		}
	}
}

func (w *tiny) addRules(r *rand.Rand, ids []graph.ID) {
	for i := range 3 {
		d := sod.Duty{ID: fmt.Sprintf("d%d", i)}
		for range 1 + r.IntN(2) {
			id := ids[r.IntN(len(ids))]
			d.Holds = append(d.Holds, sod.Selector{ID: &sod.IDPattern{Kind: id.Kind, Source: id.Source, Key: sod.Glob(id.Key)}})
		}
		w.policy.Duties = append(w.policy.Duties, d)
	}
	w.policy.Rules = randomRules(r)
}

// worlds is how many random worlds a run compares.
func worlds() uint64 {
	if os.Getenv("FOUREYES_NIGHTLY") != "" {
		return 100_000
	}
	return 2000
}

// disagreement compares the engine, which sees the world through a mutation, with
// the oracle. Rows list all their subjects, because there are never more of them
// in a tiny world than a row has examples.
func (w tiny) disagreement(t *testing.T, mutate func(tiny) tiny) (string, *sod.Report) {
	t.Helper()
	_, report := mutate(w).evaluate(t)
	return cmp.Diff(w.verdicts(t), w.told(report)), report
}

func honest(w tiny) tiny { return w }

func TestEngineEqualsOracle(t *testing.T) {
	findings, unknown := 0, 0
	populations := map[graph.GrantKind]int{} // implied steps of witnesses
	for seed := range worlds() {
		w := randomTiny(seed)
		diff, report := w.disagreement(t, honest)
		if diff != "" {
			t.Fatalf("seed %d (-oracle +engine):\n%s\nfacts: %v", seed, diff, w.facts)
		}
		for _, f := range report.Findings {
			w.checkWitness(t, seed, f)
			w.countImplied(f, populations)
		}
		findings += len(report.Findings)
		unknown += len(report.NotAssessed)
	}
	if findings < 500 || unknown < 500 {
		t.Fatalf("only %d findings and %d unknown rows: the worlds are too tame to show anything", findings, unknown)
	}
	if populations[graph.Member] < 50 || populations[graph.Controls] < 20 {
		t.Errorf("only %d implied members and %d implied controls prove anything", populations[graph.Member], populations[graph.Controls])
	}
}

// countImplied counts the steps of a finding's paths that no grant explains.
func (w tiny) countImplied(f sod.Finding, into map[graph.GrantKind]int) {
	for _, wit := range f.Witness {
		for i, k := range wit.Path.Kinds {
			if impliedStep(wit.Path, i) && !slices.ContainsFunc(w.grants(), func(g graph.Grant) bool {
				return g.From == wit.Path.Nodes[i] && g.To == wit.Path.Nodes[i+1] && g.Kind == k
			}) {
				into[k]++
			}
		}
	}
}

// TestOracleNotices proves that the comparison can fail: an engine that overlooks
// any of these things is caught within a few worlds.
func TestOracleNotices(t *testing.T) {
	mutants := map[string]func(graph.Fact) (graph.Fact, bool){
		"forgets gaps": func(f graph.Fact) (graph.Fact, bool) { _, is := f.(graph.Gap); return f, !is },
		"takes partial for complete": func(f graph.Fact) (graph.Fact, bool) {
			if c, is := f.(graph.Coverage); is {
				c.State = graph.Complete
				return c, true
			}
			return f, true
		},
		"ignores windows": eachGrant(func(g *graph.Grant) bool {
			g.FromTime, g.UntilTime = time.Time{}, time.Time{}
			return true
		}),
		"ends windows too late": eachGrant(func(g *graph.Grant) bool {
			if g.UntilTime.Equal(noon) {
				g.UntilTime = time.Time{}
			}
			return true
		}),
		"begins windows too late": eachGrant(func(g *graph.Grant) bool {
			if g.FromTime.Equal(noon) {
				g.FromTime = noon.Add(time.Second)
			}
			return true
		}),
		"ignores direct_only":       eachGrant(func(g *graph.Grant) bool { g.DirectOnly = false; return true }),
		"drops direct_only":         eachGrant(func(g *graph.Grant) bool { return !g.DirectOnly }),
		"forgets controls":          eachGrant(func(g *graph.Grant) bool { return g.Kind != graph.Controls }),
		"forgets eligible":          eachGrant(func(g *graph.Grant) bool { return g.Kind != graph.Eligible }),
		"forgets ownership":         eachGrant(func(g *graph.Grant) bool { return g.Kind != graph.Owns }),
		"takes nobody for an owner": eachGrant(func(g *graph.Grant) bool { return g.From.Kind != graph.Somebody }),
		"forgets nesting":           eachGrant(func(g *graph.Grant) bool { return g.Kind != graph.Member || g.From.Kind != graph.Group }),
		"forgets role contents":     eachGrant(func(g *graph.Grant) bool { return g.Kind != graph.Contains }),
		"forgets unresolved":        eachGrant(func(g *graph.Grant) bool { return g.From.Kind != graph.Unresolved }),
	}
	for name, mutant := range mutants {
		t.Run(name, func(t *testing.T) { mustNotice(t, func(w tiny) tiny { return w.with(mutant) }) })
	}
}

func mustNotice(t *testing.T, mutate func(tiny) tiny) {
	t.Helper()
	for seed := range uint64(1000) {
		if diff, _ := randomTiny(seed).disagreement(t, mutate); diff != "" {
			return
		}
	}
	t.Error("the mutant survived 1000 worlds")
}

func eachGrant(change func(*graph.Grant) bool) func(graph.Fact) (graph.Fact, bool) {
	return func(f graph.Fact) (graph.Fact, bool) {
		g, is := f.(graph.Grant)
		if !is {
			return f, true
		}
		keep := change(&g)
		return g, keep
	}
}

// with returns the world with each fact changed or, when keep is false, left out.
func (w tiny) with(change func(graph.Fact) (fact graph.Fact, keep bool)) tiny {
	var facts []graph.Fact
	for _, f := range w.facts {
		if f, keep := change(f); keep {
			facts = append(facts, f)
		}
	}
	w.facts = facts
	return w
}

// checkWitness walks the paths of a finding again, grant by grant.
func (w tiny) checkWitness(t *testing.T, seed uint64, f sod.Finding) {
	t.Helper()
	w.checkWitnesses(t, seed, f)
	for _, wit := range f.Witness {
		p := wit.Path
		if p.Mode() > f.Mode || !slices.Contains(f.Subjects, p.Nodes[0]) || !w.matchesDuty(wit.Duty, p.End()) {
			t.Fatalf("seed %d: %s %s: witness %v does not prove it", seed, f.Rule, f.Subjects, p)
		}
		direct := false
		for i, k := range p.Kinds {
			from, to := p.Nodes[i], p.Nodes[i+1]
			if !impliedStep(p, i) && !slices.ContainsFunc(w.grants(), func(g graph.Grant) bool {
				return g.From == from && g.To == to && g.Kind == k && holdsAt(g, noon) &&
					(!g.DirectOnly || from.Kind != graph.Group || direct)
			}) {
				t.Fatalf("seed %d: %s %s: no grant %s → %s (%s) for a path", seed, f.Rule, f.Subjects, from, to, k)
			}
			direct = k == graph.Controls || (k == graph.Member || k == graph.Eligible) && from.Kind == graph.Account
		}
	}
}

// impliedStep reports whether a population alone explains step i of a path.
func impliedStep(p reach.Path, i int) bool {
	from, to := p.Nodes[i], p.Nodes[i+1]
	if from.Source != to.Source {
		return false
	}
	if p.Kinds[i] == graph.Member {
		return from.Kind == graph.Account && isPopulation(to)
	}
	return p.Kinds[i] == graph.Controls && isPopulation(from) && to.Kind == graph.Account && i > 0 && p.Kinds[i-1] == graph.Controls
}

func (w tiny) matchesDuty(id string, n graph.ID) bool {
	for i, d := range w.policy.Duties {
		if d.ID == id {
			return w.matches(i, n)
		}
	}
	return false
}
