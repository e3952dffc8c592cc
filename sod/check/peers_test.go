// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// rarity is what is told of the path of identity hr/1 by account corp/1 to group g.
func rarity(t *testing.T, lines string) string {
	t.Helper()
	p := reach.Path{Kinds: []graph.GrantKind{graph.Owns, graph.Member}}
	for _, text := range []string{"identity:hr/1", "account:corp/1", "group:corp/g"} {
		id, err := graph.ParseID(text)
		if err != nil {
			t.Fatal(err)
		}
		p.Nodes = append(p.Nodes, id)
	}
	var said []string
	for _, x := range check.PeersOn(build(t, lines), asOf, []reach.Path{p})[0] {
		said = append(said, x.String())
	}
	return strings.Join(said, "; ")
}

// A number is exact only when all that it rests on was read, and is never told of a place
// that is not known.
func TestPeersOn(t *testing.T) {
	me := person("1", `"status":"active","department":"Audit"`) + holder("1", "g")
	one := strings.Replace(staff("Audit", 3, ""), `"account:corp/A2","kind":"owns"}`, `"account:corp/A2","kind":"owns"}`+"\n"+strings.TrimSpace(member("A2", "g", "")), 1)
	world := whole + ledger + one + me
	gap := func(about, dataset string) string {
		return fmt.Sprintf(`{"fact":"gap","about":%q,"dataset":%q,"reason":"denied"}`+"\n", about, dataset)
	}
	for _, x := range []struct{ name, world, want string }{
		{"exact", world, "held by 1 of 3 peers in department Audit"},
		{"on leave or about to leave", strings.Replace(strings.Replace(world, "active", "leave", 1), `"active"`, `"terminated","end_date":"2026-12-31"`, 1), "held by 1 of 3 peers in department Audit"},
		{"left", strings.Replace(world, "active", "terminated", 1), "held by 1 of 2 peers in department Audit"},
		{"no department", strings.ReplaceAll(world, `"department":"Audit"`, `"cost_centre":"7"`), ""},
		{"alone", whole + ledger + me, ""},
		{"title and manager too", strings.ReplaceAll(world, `"department":"Audit"`, `"department":"Audit","title":"Clerk","manager":"identity:hr/A0"`), "held by 1 of 3 peers in department Audit, title Clerk; held by 1 of 3 peers in department Audit; held by 1 of 3 peers in the team of PA0"},
		{"people are not whole", world + coverage("hr", "identities", "partial"), "held by at least 1 of at least 3 peers in department Audit"},
		{"somebody may be there", world + person("x", `"department":"Audit"`), "held by at least 1 of at least 3 peers in department Audit"},
		{"memberships are not whole", world + coverage("corp", "memberships", "partial"), "held by at least 1 of 3 peers in department Audit"},
		{"assignments are not, which are not of groups", world + coverage("corp", "assignments", "partial"), "held by 1 of 3 peers in department Audit"},
		{"the group was not read", world + gap("group:corp/g", "memberships"), "held by at least 1 of 3 peers in department Audit"},
		{"another group was not read", world + gap("group:corp/h", "memberships"), "held by 1 of 3 peers in department Audit"},
		{"a peer's account was not read", world + gap("account:corp/A1", "memberships"), "held by at least 1 of 3 peers in department Audit"},
	} {
		t.Run(x.name, func(t *testing.T) {
			if diff := cmp.Diff(x.want, rarity(t, x.world)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
