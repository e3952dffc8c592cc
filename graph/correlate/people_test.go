// SPDX-License-Identifier: Apache-2.0

package correlate_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/correlate"
)

func matchBy(t *testing.T, r correlate.Rules, facts ...graph.Fact) (grants []string, result correlate.Result) {
	t.Helper()
	var b graph.Builder
	for _, f := range facts {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	result, err := correlate.Match(&b, r)
	if err != nil {
		t.Fatal(err)
	}
	for g := range b.Graph().Grants() {
		grants = append(grants, fmt.Sprintf("%s %s %s %s", g.From, g.Kind, g.To, g.Via))
	}
	slices.Sort(grants)
	return grants, result
}

func link(t *testing.T, account, identity string) correlate.Link {
	return correlate.Link{Account: node(t, account).ID, Identity: node(t, identity).ID}
}

func TestConfirmed(t *testing.T) {
	ana, ben := node(t, "identity:hr/1", "employee_id", "1"), node(t, "identity:hr/2", "employee_id", "2")
	owned := graph.Grant{From: ben.ID, To: node(t, "account:corp/given").ID, Kind: graph.Owns}
	keyless, keyed := node(t, "account:corp/a"), node(t, "account:corp/b", "employee_id", "2")
	loose := link(t, "account:corp/gone", "identity:hr/1")
	against := []correlate.Link{link(t, "account:corp/b", "identity:hr/1"), link(t, "account:corp/given", "identity:hr/1")}
	grants, r := matchBy(t, correlate.Rules{Confirmed: append([]correlate.Link{link(t, "account:corp/a", "identity:hr/1"), loose}, against...)},
		ana, ben, keyless, keyed, owned, node(t, "account:corp/second", "parent", "account:corp/a"))
	want := []string{
		"identity:hr/1 owns account:corp/a confirmed match",
		"identity:hr/1 owns account:corp/b confirmed match", // and told, because the key says otherwise
		"identity:hr/1 owns account:corp/second second account of corp/a",
		"identity:hr/2 owns account:corp/given ", // a source's own word stands
	}
	if diff := cmp.Diff(want, grants); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(correlate.Result{Loose: []correlate.Link{loose}, Against: against}, r); diff != "" {
		t.Errorf("to look at (-want +got):\n%s", diff)
	}
}

// What two identities of one person hold and own is held by one subject, and a key that
// both carry is not ambiguous.
func TestSamePerson(t *testing.T) {
	employee, contractor := node(t, "identity:hr/1", "employee_id", "1"), node(t, "identity:ext/C9", "employee_id", "C9")
	again := node(t, "identity:old/1", "employee_id", "1")
	role := graph.Grant{From: contractor.ID, To: node(t, "role:erp/pay").ID, Kind: graph.Assigned}
	owned := graph.Grant{From: contractor.ID, To: node(t, "account:vpn/x").ID, Kind: graph.Owns}
	same := []correlate.Same{{Person: employee.ID, Also: []graph.ID{contractor.ID, again.ID}}, {Person: node(t, "identity:hr/99").ID, Also: []graph.ID{node(t, "identity:ext/98").ID}}}
	grants, r := matchBy(t, correlate.Rules{Same: same}, employee, contractor, again, role, owned,
		node(t, "account:corp/a", "employee_id", "1"), node(t, "account:corp/b", "employee_id", "C9"),
		node(t, "account:vpn/admin", "parent", "account:vpn/x"))
	want := []string{
		"identity:ext/C9 assigned role:erp/pay ",
		"identity:ext/C9 owns account:vpn/x ",
		"identity:hr/1 assigned role:erp/pay same person as ext/C9",
		"identity:hr/1 owns account:corp/a correlated by employee_id",
		"identity:hr/1 owns account:corp/b correlated by employee_id",
		"identity:hr/1 owns account:vpn/admin second account of vpn/x", // although ext/C9 comes first
		"identity:hr/1 owns account:vpn/x same person as ext/C9",
	}
	if diff := cmp.Diff(want, grants); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(correlate.Result{}, r); diff != "" {
		t.Errorf("to look at (-want +got):\n%s", diff)
	}
}
