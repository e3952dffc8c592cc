// SPDX-License-Identifier: Apache-2.0

package diff_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/diff"
)

func account(key string, attrs ...string) graph.Node {
	n := graph.Node{ID: graph.ID{Kind: graph.Account, Source: "corp", Key: key}, Name: key}
	for i := 0; i < len(attrs); i += 2 {
		n.Attrs.Set(attrs[i], attrs[i+1])
	}
	return n
}

func owns(person, key string) graph.Grant {
	return graph.Grant{From: graph.ID{Kind: graph.Identity, Source: "hr", Key: person}, To: graph.ID{Kind: graph.Account, Source: "corp", Key: key}, Kind: graph.Owns}
}

// Each count is carried from one snapshot to the next.
func TestPopulation(t *testing.T) {
	whole := []graph.Fact{
		graph.Coverage{Source: "hr", Dataset: graph.All, State: graph.Complete}, graph.Coverage{Source: "corp", Dataset: graph.All, State: graph.Complete},
	}
	older := graphOf(t, append(whole,
		person("stays", "status", "active", "department", "A"), person("leaves", "status", "active"), person("gone", "status", "active"),
		person("returns", "status", "terminated"), person("unknown"), person("left", "status", "terminated"),
		account("kept", "status", "enabled"), account("off", "status", "enabled"), account("on", "status", "disabled"), account("gone", "status", "enabled"),
		owns("stays", "kept"), owns("leaves", "off"), owns("gone", "gone"),
	)...)
	newer := graphOf(t, append(whole,
		person("stays", "status", "active", "department", "B"), person("leaves", "status", "terminated"), person("returns", "status", "active"),
		person("unknown"), person("left", "status", "terminated"), person("new", "status", "pending"), person("new-and-left", "status", "terminated"),
		account("kept", "status", "enabled"), account("off", "status", "disabled"), account("on", "status", "enabled"), account("new"),
		owns("stays", "kept"), owns("new", "on"),
	)...)
	want := []diff.Population{
		{Source: "corp", Of: diff.Accounts, Before: 4, Added: 1, Gone: 1, After: 4},
		{Source: "corp", Of: diff.EnabledAccounts, Before: 3, Begun: 1, Ended: 1, Gone: 1, After: 2},
		{Source: "corp", Of: diff.NobodysAccounts, Before: 1, Added: 1, Begun: 1, Ended: 1, After: 2},
		{Source: "hr", Of: diff.People, Before: 4, Added: 1, Begun: 1, Ended: 1, Gone: 1, After: 4, Moved: 1},
	}
	got := diff.Compare(older, newer, noon, noon).Populations
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("populations (-want +got):\n%s", d)
	}
	for _, p := range got {
		if !p.Ties() {
			t.Errorf("%s of %s do not tie: %+v", p.Of, p.Source, p)
		}
	}
}

// A count that was not read whole says so.
func TestPopulationUnsure(t *testing.T) {
	some := graph.Coverage{Source: "hr", Dataset: graph.Identities, State: graph.Partial}
	whole := graph.Coverage{Source: "hr", Dataset: graph.All, State: graph.Complete}
	p := person("1", "status", "active")
	for want, sides := range map[string][2]graph.Coverage{
		"": {whole, whole}, "identities of hr not completely read: partial": {whole, some},
		"identities of hr not completely read: partial, before":                       {some, whole},
		"identities of hr not completely read: partial, and neither were they before": {some, some},
	} {
		all := diff.Compare(graphOf(t, p, sides[0]), graphOf(t, p, sides[1]), noon, noon).Populations
		if len(all) != 1 || all[0].Unsure != want {
			t.Errorf("got %+v, want %q", all, want)
		}
	}
}

// Whatever becomes of whom, every count ties out.
func TestPopulationTies(t *testing.T) {
	flows := 0
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 7))
		d := diff.Compare(randomPeople(t, r), randomPeople(t, r), noon, noon)
		for _, p := range d.Populations {
			flows += p.Added + p.Begun + p.Ended + p.Gone
			if !p.Ties() {
				t.Fatalf("seed %d: %s of %s do not tie: %+v", seed, p.Of, p.Source, p)
			}
		}
	}
	if flows == 0 {
		t.Fatal("nothing was different")
	}
}

func randomPeople(t *testing.T, r *rand.Rand) *graph.Graph {
	var all []graph.Fact
	statuses := []string{"active", "terminated", "leave"}
	for i := range 6 {
		key := fmt.Sprint(i)
		if r.IntN(3) > 0 {
			all = append(all, person(key, "status", statuses[r.IntN(3)]))
		}
		if r.IntN(3) > 0 {
			all = append(all, account(key, "status", []string{"enabled", "disabled", ""}[r.IntN(3)]))
			if r.IntN(2) == 0 {
				all = append(all, owns(fmt.Sprint(r.IntN(6)), key))
			}
		}
	}
	return graphOf(t, all...)
}

// What is new is told with what lies in it, and of a new source only the source.
func TestPlaces(t *testing.T) {
	whole := graph.Coverage{Source: "corp", Dataset: graph.All, State: graph.Complete}
	group := func(source, key string, attrs ...string) graph.Node {
		n := graph.Node{ID: graph.ID{Kind: graph.Group, Source: graph.Source(source), Key: key}, Name: key}
		for i := 0; i < len(attrs); i += 2 {
			n.Attrs.Set(attrs[i], attrs[i+1])
		}
		return n
	}
	role := graph.Node{ID: graph.ID{Kind: graph.Entitlement, Source: "corp", Key: "app/admin"}}
	older := graphOf(t, whole, group("corp", "a", "dn", "CN=a,OU=Old,DC=x"))
	newer := graphOf(t, whole, group("corp", "a", "dn", "CN=a,ou=old,dc=x"),
		group("corp", "b", "dn", `CN=b\,c,OU=New,DC=x`, "application", "ledger"), account("u", "dn", "CN=u,OU=New,DC=x"),
		account("app", "type", "service"), role, group("cloud", "g", "dn", "CN=g,OU=Other"), graph.Node{ID: graph.ID{Kind: graph.Somebody, Source: "cloud", Key: "u"}, Name: "whoever is behind u"},
		graph.Grant{From: graph.ID{Kind: graph.Identity, Source: "elsewhere", Key: "named"}, To: graph.ID{Kind: graph.Account, Source: "corp", Key: "u"}, Kind: graph.Owns})
	var got []string
	for _, p := range diff.Compare(older, newer, noon, noon).Places {
		var things []string
		for _, n := range p.Things {
			things = append(things, newer.ID(n).String())
		}
		got = append(got, fmt.Sprintf("%s %s %q: %d %v%s", p.Source, p.Kind, p.Name, p.Accounts, things, p.Unsure))
	}
	want := []string{
		`cloud source "": 0 [group:cloud/g]`,
		`corp application "app": 0 [entitlement:corp/app/admin]`,
		`corp application "ledger": 0 [group:corp/b]`,
		`corp organisational unit "OU=New,DC=x": 1 [group:corp/b]`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("places (-want +got):\n%s", d)
	}
}
