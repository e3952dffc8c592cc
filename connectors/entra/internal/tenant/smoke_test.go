// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"testing"

	"github.com/foureyes-iga/foureyes/graph"
)

func TestSmoke(t *testing.T) {
	yes := true
	x := &Tenant{Source: "corp", Users: map[string]User{"u1": {ID: "u1", UPN: "a@b", Enabled: &yes}}, Groups: map[string]Group{"g1": {ID: "g1"}},
		Members: Links{"g1": {{ID: "u1", Type: "user"}, {ID: "x", Type: "user"}}},
		Roles:   map[string]Role{"r1": {ID: "r1", Name: "R"}}, RoleAssignments: map[string]RoleAssignment{"a": {ID: "a", Role: "r1", Scope: "/", Principal: Ref{"u1", "user"}}}}
	var b graph.Builder
	for f := range x.Facts() {
		if err := b.Add(f); err != nil {
			t.Error(err)
		}
		t.Log(f)
	}
}
