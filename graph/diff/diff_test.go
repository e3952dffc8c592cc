// SPDX-License-Identifier: Apache-2.0

package diff_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/diff"
)

var noon = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)

func graphOf(t *testing.T, facts ...graph.Fact) *graph.Graph {
	t.Helper()
	var b graph.Builder
	for _, f := range facts {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph()
}

func person(key string, attrs ...string) graph.Node {
	n := graph.Node{ID: graph.ID{Kind: graph.Identity, Source: "hr", Key: key}, Name: "P" + key}
	for i := 0; i < len(attrs); i += 2 {
		n.Attrs.Set(attrs[i], attrs[i+1])
	}
	return n
}

// Who joined, left and moved: by what human resources say, and with their secrets
// kept.
func TestPeople(t *testing.T) {
	whole := graph.Coverage{Source: "hr", Dataset: graph.All, State: graph.Complete}
	for name, tt := range map[string]struct {
		old, new               graph.Fact
		joins, leaves, departs int
	}{
		"came":                              {whole, person("1", "status", "active"), 1, 0, 0},
		"came, and is about to begin":       {whole, person("1", "status", "pending"), 1, 0, 0},
		"came, and had left already":        {whole, person("1", "status", "terminated", "end_date", "2026-01-01"), 0, 0, 0},
		"went":                              {person("1", "status", "active"), whole, 0, 1, 0},
		"went, and had left before":         {person("1", "status", "terminated"), whole, 0, 0, 0},
		"left":                              {person("1", "status", "active"), person("1", "status", "terminated"), 0, 1, 0},
		"left, and the day has passed":      {person("1", "status", "active"), person("1", "status", "terminated", "end_date", "2026-10-01"), 0, 1, 0},
		"has a last day of work ahead":      {person("1", "status", "active"), person("1", "status", "terminated", "last_day_worked", "2026-12-31"), 0, 0, 0},
		"worked for the last time":          {person("1", "status", "active"), person("1", "status", "terminated", "last_day_worked", "2026-09-30"), 0, 1, 0},
		"gave notice":                       {person("1", "status", "active"), person("1", "status", "terminated", "end_date", "2026-12-31"), 0, 0, 0},
		"went on leave":                     {person("1", "status", "active"), person("1", "status", "leave"), 0, 0, 0},
		"came back":                         {person("1", "status", "terminated"), person("1", "status", "active"), 1, 0, 0},
		"moved":                             {person("1", "status", "active", "department", "A"), person("1", "status", "active", "department", "B"), 0, 0, 1},
		"a department that was not known":   {person("1", "status", "active"), person("1", "status", "active", "department", "B"), 0, 0, 0},
		"left, which is no move":            {person("1", "status", "active", "title", "A"), person("1", "status", "terminated", "title", "B"), 0, 1, 0},
		"of unknown status, and still here": {person("1", "title", "A"), person("1", "title", "B"), 0, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := diff.Compare(graphOf(t, tt.old, whole), graphOf(t, tt.new, whole), noon.AddDate(0, -3, 0), noon)
			if got, want := [3]int{len(d.Joiners), len(d.Leavers), len(d.Movers)}, [3]int{tt.joins, tt.leaves, tt.departs}; got != want {
				t.Errorf("joiners, leavers, movers: got %v, want %v", got, want)
			}
		})
	}
}

// What is missing where not everything was read may be there all the same.
func TestUnsure(t *testing.T) {
	a := graph.Node{ID: graph.ID{Kind: graph.Account, Source: "corp", Key: "a"}}
	g := graph.Grant{From: a.ID, To: graph.ID{Kind: graph.Group, Source: "corp", Key: "g"}, Kind: graph.Member}
	whole := graph.Coverage{Source: "corp", Dataset: graph.All, State: graph.Complete}
	some := graph.Coverage{Source: "corp", Dataset: graph.Accounts, State: graph.Partial}
	gap := graph.Gap{About: g.To, Dataset: graph.Memberships}
	d := diff.Compare(graphOf(t, a, g, whole), graphOf(t, gap, whole, some), noon, noon)
	if len(d.Accounts.Removed) != 1 || d.Accounts.Removed[0].Unsure != "accounts of corp not completely read: partial" {
		t.Errorf("accounts removed: %+v", d.Accounts.Removed)
	}
	removed := slices.Collect(d.Grants[graph.Member].Removed.All())
	if len(removed) != 1 || removed[0].Unsure != "memberships of group:corp/g not read" {
		t.Errorf("grants removed: %+v", removed)
	}
	d = diff.Compare(graphOf(t, a, g, whole), graphOf(t, whole), noon, noon)
	if d.Accounts.Removed[0].Unsure != "" || slices.Collect(d.Grants[graph.Member].Removed.All())[0].Unsure != "" {
		t.Error("all was read, and it is not sure")
	}
}

// Random graphs are compared by sets of facts, which is slow and plain.
func TestGrantsAgainstSets(t *testing.T) {
	different := 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		older, newer := randomGraph(t, r), randomGraph(t, r)
		d := diff.Compare(older, newer, noon, noon)
		for _, k := range graph.GrantKinds() {
			for side, pair := range map[string][2]*graph.Graph{"added": {newer, older}, "removed": {older, newer}} {
				list := d.Grants[k].Added
				if side == "removed" {
					list = d.Grants[k].Removed
				}
				var got []graph.Grant
				for g := range list.All() {
					got = append(got, g.Grant)
				}
				want := without(pair[0], pair[1], k)
				different += len(want)
				if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("seed %d: %s %s (-want +got):\n%s", seed, k, side, diff)
				}
			}
		}
	}
	if different == 0 {
		t.Fatal("no grant was different")
	}
}

func randomGraph(t *testing.T, r *rand.Rand) *graph.Graph {
	t.Helper()
	var all []graph.Fact
	for range r.IntN(12) {
		g := graph.Grant{
			From: graph.ID{Kind: graph.Group, Source: "corp", Key: fmt.Sprint(r.IntN(3))},
			To:   graph.ID{Kind: graph.Group, Source: "corp", Key: fmt.Sprint(r.IntN(3))}, Kind: graph.Member,
		}
		if r.IntN(2) == 0 {
			g.To.Kind, g.Kind, g.DirectOnly = graph.Role, graph.Assigned, r.IntN(2) == 0
		}
		if r.IntN(3) == 0 {
			g.UntilTime = noon
		}
		if r.IntN(3) == 0 {
			g.Via = "rule"
		}
		all = append(all, g)
	}
	return graphOf(t, all...)
}

// without lists the grants of a whose facts b does not have.
func without(a, b *graph.Graph, k graph.GrantKind) (out []graph.Grant) {
	fact := func(g graph.Grant) graph.Grant { g.Since, g.Via = time.Time{}, ""; return g }
	there := map[graph.Grant]bool{}
	for g := range b.Grants() {
		there[fact(g)] = true
	}
	for g := range a.Grants() {
		if g.Kind == k && !there[fact(g)] {
			out = append(out, g)
		}
	}
	return out
}
