// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/graph/view"
	"github.com/foureyes-iga/foureyes/sod"
)

// built makes a graph of facts, in which every node of before stays. Without is a
// grant that is left out, in all its windows.
func built(t *testing.T, facts []graph.Fact, before *graph.Graph, without view.Edge) *graph.Graph {
	t.Helper()
	b := &graph.Builder{}
	described := map[graph.ID]bool{}
	for _, f := range facts {
		if n, ok := f.(graph.Node); ok {
			described[n.ID] = true
		}
		if g, ok := f.(graph.Grant); ok && (view.Edge{From: g.From, To: g.To, Kind: g.Kind}) == without {
			continue
		}
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	for n := range uint32(before.NumNodes()) {
		if id := before.ID(n); !described[id] {
			if err := b.Add(graph.Node{ID: id}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b.Graph()
}

// holding lists the duties of a rule that a subject holds, evaluated anew.
func holding(g *graph.Graph, j *judged, subject graph.ID, r sod.Rule) (held []string) {
	nodes := sod.DutyNodes(g, j.policy)
	c := reach.At(g, j.report.AsOf, j.policy.Mode).Close(nodes)
	n, _ := g.Find(subject)
	for _, d := range r.Duties {
		if c.Has(n, d) {
			held = append(held, j.policy.Duties[d].ID)
		}
	}
	return held
}

// What explain says of a world without a grant is what an evaluation of that world
// finds: of every grant, also of those that it says nothing of.
func TestWithoutIsExact(t *testing.T) {
	told, remains, implied, paths := 0, 0, 0, 0
	for seed := range uint64(250) {
		facts, policy, asOf := synth.Small(seed)
		g := built(t, facts, (&graph.Builder{}).Graph(), view.Edge{})
		j := &judged{graph: g, policy: policy, report: sod.Evaluate(g, policy, asOf)}
		grants := map[view.Edge]*graph.Graph{}
		for _, f := range facts {
			if x, ok := f.(graph.Grant); ok && x.Kind != graph.Owns {
				e := view.Edge{From: x.From, To: x.To, Kind: x.Kind}
				if grants[e] == nil {
					grants[e] = built(t, facts, g, e)
				}
			}
		}
		for n := range uint32(g.NumNodes()) {
			subject := g.ID(n)
			for _, r := range policy.Rules {
				parts, _ := j.waysOf(subject, r)
				losses, more := j.losses(parts[0])
				if more > 0 {
					t.Fatal("a small world has too many grants")
				}
				for e, after := range grants {
					before, now := holding(g, j, subject, r), holding(after, j, subject, r)
					gone := slices.DeleteFunc(slices.Clone(before), func(d string) bool { return slices.Contains(now, d) })
					l := lossNamed(losses, e)
					if strings.Join(l.gone, " ") != strings.Join(gone, " ") {
						t.Fatalf("seed %d, %s, %s, without %v: told %q vanish, evaluated %q", seed, subject, r.ID, e, l.gone, gone)
					}
					if len(gone) == 0 {
						continue
					}
					told++
					var left []string
					for _, x := range l.left {
						left = append(left, x.duty)
						remains++
						if !slices.ContainsFunc(sod.DutyNodes(after, policy)[dutyNumber(policy, x.duty)], func(n uint32) bool { return after.ID(n) == x.through.End() }) || x.through.Nodes[0] != subject || x.through.Mode() > policy.Mode {
							t.Fatalf("seed %d: %s remains through %v, which does not lead there", seed, x.duty, x.through)
						}
						if !holdsStep(after, x.through) {
							implied++
						}
					}
					if strings.Join(left, " ") != strings.Join(now, " ") {
						t.Fatalf("seed %d, %s, %s, without %v: told %q remain, evaluated %q", seed, subject, r.ID, e, left, now)
					}
				}
				for _, l := range losses {
					if grants[l.grant] == nil {
						t.Fatalf("seed %d: %v is no grant", seed, l.grant)
					}
				}
				for _, x := range parts[0] {
					paths += len(x.paths)
				}
			}
		}
	}
	if told < 200 || remains < 50 || implied < 20 || paths < 1000 {
		t.Errorf("%d grants without which a duty vanishes, %d duties that remain (%d by what is implied), %d paths: the worlds are too tame", told, remains, implied, paths)
	}
}

func lossNamed(all []loss, e view.Edge) loss {
	if i := slices.IndexFunc(all, func(l loss) bool { return l.grant == e }); i >= 0 {
		return all[i]
	}
	return loss{}
}

func dutyNumber(p *sod.Policy, id string) int {
	return slices.IndexFunc(p.Duties, func(d sod.Duty) bool { return d.ID == id })
}

// holdsStep reports whether grants say every step of a path.
func holdsStep(g *graph.Graph, p reach.Path) bool {
	for i, k := range p.Kinds {
		from, _ := g.Find(p.Nodes[i])
		to, _ := g.Find(p.Nodes[i+1])
		if !slices.ContainsFunc(g.Out(from), func(e graph.Edge) bool { return e.To == to && e.Kind() == k }) {
			return false
		}
	}
	return true
}

// When paths are cut, what vanishes is still told exactly.
func TestWithoutIsExactWhenCut(t *testing.T) {
	b := &graph.Builder{}
	grant := func(from, to string, kind graph.GrantKind) {
		ids := []graph.ID{{}, {}}
		for i, s := range []string{from, to} {
			id, err := graph.ParseID(s)
			if err != nil {
				t.Fatal(err)
			}
			ids[i] = id
		}
		if err := b.Add(graph.Grant{From: ids[0], To: ids[1], Kind: kind}); err != nil {
			t.Fatal(err)
		}
	}
	grant("account:c/a", "group:c/all", graph.Member)
	for i := range maxPaths + 50 {
		grant("group:c/all", fmt.Sprintf("group:c/g%03d", i), graph.Member)
		grant(fmt.Sprintf("group:c/g%03d", i), "role:c/r", graph.Assigned)
	}
	grant("account:c/a", "group:c/z", graph.Member) // a longer way past all of them
	grant("group:c/z", "group:c/z2", graph.Member)
	grant("group:c/z2", "group:c/z3", graph.Member)
	grant("group:c/z3", "role:c/r", graph.Assigned)
	grant("role:c/r", "entitlement:c/e", graph.Contains)
	p := &sod.Policy{Mode: reach.Standing}
	for _, s := range []string{"entitlement:c/e", "group:c/all"} {
		x, err := sod.ParseIDPattern(s)
		if err != nil {
			t.Fatal(err)
		}
		p.Duties = append(p.Duties, sod.Duty{ID: s[strings.Index(s, "/")+1:], Holds: []sod.Selector{{ID: &x}}})
	}
	p.Rules = []sod.Rule{{ID: "R", Severity: sod.Low, Kind: sod.ConflictRule, Duties: []int{0, 1}}}
	g := b.Graph()
	j := &judged{graph: g, policy: p, report: sod.Evaluate(g, p, time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC))}
	account, _ := graph.ParseID("account:c/a")
	parts, _ := j.waysOf(account, p.Rules[0])
	if x := parts[0][0]; len(x.paths) != maxPaths || !x.cut {
		t.Fatalf("%d paths, cut %t", len(x.paths), x.cut)
	}
	losses, _ := j.losses(parts[0])
	var got []string
	for _, l := range losses {
		text := l.grant.To.Key + " gone: " + strings.Join(l.gone, ",")
		for _, x := range l.left {
			text += fmt.Sprintf(" left: %s by %d", x.duty, len(x.through.Kinds))
		}
		got = append(got, text)
	}
	if want := []string{"all gone: all left: e by 5", "e gone: e left: all by 1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
