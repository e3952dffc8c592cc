// SPDX-License-Identifier: Apache-2.0

package correlate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/correlate"
)

func node(t *testing.T, id string, attrs ...string) graph.Node {
	t.Helper()
	parsed, err := graph.ParseID(id)
	if err != nil {
		t.Fatal(err)
	}
	n := graph.Node{ID: parsed}
	for i := 0; i < len(attrs); i += 2 {
		n.Attrs.Set(attrs[i], attrs[i+1])
	}
	return n
}

func TestMatch(t *testing.T) {
	owned := graph.Grant{From: node(t, "identity:hr/9").ID, To: node(t, "account:corp/given").ID, Kind: graph.Owns}
	lesser := graph.Grant{From: node(t, "identity:hr/8").ID, To: owned.To, Kind: graph.Owns}
	tests := []struct {
		name      string
		keys      []string
		facts     []graph.Fact
		owns      []string
		ambiguous int
	}{
		{"employee id", nil, []graph.Fact{node(t, "identity:hr/1", "employee_id", "1"), node(t, "account:corp/a", "employee_id", "1")},
			[]string{"identity:hr/1 account:corp/a correlated by employee_id"}, 0},
		{"order of facts does not matter", nil, []graph.Fact{node(t, "account:corp/a", "employee_id", "1"), node(t, "identity:hr/1", "employee_id", "1")},
			[]string{"identity:hr/1 account:corp/a correlated by employee_id"}, 0},
		{"leading zeros differ", nil, []graph.Fact{node(t, "identity:hr/1", "employee_id", "01"), node(t, "account:corp/a", "employee_id", "1")}, nil, 0},
		{"letter case differs", nil, []graph.Fact{node(t, "identity:hr/1", "employee_id", "e1"), node(t, "account:corp/a", "employee_id", "E1")}, nil, 0},
		{"ambiguous is not picked", nil, []graph.Fact{node(t, "identity:hr/1", "employee_id", "1"), node(t, "identity:ext/1", "employee_id", "1"),
			node(t, "account:corp/a", "employee_id", "1")}, nil, 1},
		{"an ambiguous first key is not rescued by the second", []string{"employee_id", "sid"}, []graph.Fact{
			node(t, "identity:hr/1", "employee_id", "1", "sid", "S"), node(t, "identity:ext/1", "employee_id", "1"),
			node(t, "account:corp/a", "employee_id", "1", "sid", "S")}, nil, 1},
		{"the second key when the first matches nobody", []string{"employee_id", "sid"}, []graph.Fact{
			node(t, "identity:hr/1", "sid", "S"), node(t, "account:corp/a", "employee_id", "7", "sid", "S")},
			[]string{"identity:hr/1 account:corp/a correlated by sid"}, 0},
		{"empty keys match nothing", nil, []graph.Fact{node(t, "identity:hr/1", "employee_id", ""), node(t, "account:corp/a", "employee_id", "")}, nil, 0},
		{"explicit ownership stands", nil, []graph.Fact{node(t, "identity:hr/1", "employee_id", "1"), node(t, "account:corp/given", "employee_id", "1"), owned},
			[]string{"identity:hr/9 account:corp/given "}, 0},
		{"of several owners the least counts for second accounts", nil, []graph.Fact{owned, lesser, node(t, "account:corp/b", "parent", "account:corp/given")},
			[]string{"identity:hr/8 account:corp/b second account of corp/given", "identity:hr/8 account:corp/given ", "identity:hr/9 account:corp/given "}, 0},
		{"system accounts are nobody's", nil, []graph.Fact{node(t, "identity:hr/1", "employee_id", "1"), node(t, "account:corp/a", "employee_id", "1", "type", "system")}, nil, 0},
		{"second accounts follow the main one", nil, []graph.Fact{node(t, "account:corp/c", "parent", "account:corp/b"), node(t, "account:corp/b", "parent", "account:corp/a"),
			node(t, "identity:hr/1", "employee_id", "1"), node(t, "account:corp/a", "employee_id", "1")},
			[]string{"identity:hr/1 account:corp/a correlated by employee_id", "identity:hr/1 account:corp/b second account of corp/a", "identity:hr/1 account:corp/c second account of corp/b"}, 0},
		{"a cloud account follows the one it is synchronised from", nil, []graph.Fact{node(t, "identity:hr/1", "employee_id", "1"),
			node(t, "account:ad/a", "employee_id", "1", "sid", "S-1-5-21-7"), node(t, "account:entra/x", "on_premises_sid", "S-1-5-21-7")},
			[]string{"identity:hr/1 account:ad/a correlated by employee_id", "identity:hr/1 account:entra/x synchronised from ad/a"}, 0},
		{"by the immutable id when no identifier fits", nil, []graph.Fact{node(t, "identity:hr/1", "employee_id", "1"),
			node(t, "account:ad/g-1", "employee_id", "1", "sid", "S-1-5-21-7"), node(t, "account:entra/x", "on_premises_sid", "S-1-5-21-8", "object_guid", "g-1")},
			[]string{"identity:hr/1 account:ad/g-1 correlated by employee_id", "identity:hr/1 account:entra/x synchronised from ad/g-1"}, 0},
		{"an identifier that two accounts have names nobody", nil, []graph.Fact{node(t, "identity:hr/1", "employee_id", "1"),
			node(t, "account:ad/a", "employee_id", "1", "sid", "S-1-5-21-7"), node(t, "account:ad/b", "sid", "S-1-5-21-7"), node(t, "account:entra/x", "on_premises_sid", "S-1-5-21-7", "object_guid", "a")},
			[]string{"identity:hr/1 account:ad/a correlated by employee_id"}, 0},
		{"mail and login are no keys", nil, []graph.Fact{node(t, "identity:hr/1", "employee_id", "1"),
			node(t, "account:ad/a", "employee_id", "1", "sid", "S-1-5-21-7", "mail", "a@x", "upn", "a@x"), node(t, "account:entra/x", "mail", "a@x", "upn", "a@x")},
			[]string{"identity:hr/1 account:ad/a correlated by employee_id"}, 0},
		{"an own key goes before the account on premises", nil, []graph.Fact{node(t, "identity:hr/1", "employee_id", "1"), node(t, "identity:hr/2", "employee_id", "2"),
			node(t, "account:ad/a", "employee_id", "1", "sid", "S-1-5-21-7"), node(t, "account:entra/x", "employee_id", "2", "on_premises_sid", "S-1-5-21-7")},
			[]string{"identity:hr/1 account:ad/a correlated by employee_id", "identity:hr/2 account:entra/x correlated by employee_id"}, 0},
		{"a circle of parents ends", nil, []graph.Fact{node(t, "account:corp/a", "parent", "account:corp/b"), node(t, "account:corp/b", "parent", "account:corp/a")},
			[]string{"somebody:corp/a account:corp/a second account of corp/b, of nobody known", "somebody:corp/a account:corp/b second account of corp/a, of nobody known"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ambiguous := match(t, tt.keys, tt.facts)
			if diff := cmp.Diff(tt.owns, got); diff != "" {
				t.Errorf("ownerships (-want +got):\n%s", diff)
			}
			if len(ambiguous) != tt.ambiguous {
				t.Errorf("got %v, want %d ambiguous", ambiguous, tt.ambiguous)
			}
		})
	}
}

// match returns every ownership after Match, which is the same when the facts come
// in the opposite order, and how many accounts are ambiguous.
func match(t *testing.T, keys []string, facts []graph.Fact) (owns []string, ambiguous []correlate.Ambiguity) {
	t.Helper()
	owns, ambiguous = matchInOrder(t, keys, facts)
	facts = slices.Clone(facts)
	slices.Reverse(facts)
	again, doubts := matchInOrder(t, keys, facts)
	if diff := cmp.Diff(owns, again) + cmp.Diff(ambiguous, doubts); diff != "" {
		t.Errorf("in the opposite order (-first +opposite):\n%s", diff)
	}
	return owns, ambiguous
}

func matchInOrder(t *testing.T, keys []string, facts []graph.Fact) (owns []string, ambiguous []correlate.Ambiguity) {
	t.Helper()
	var b graph.Builder
	for _, f := range facts {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	r, err := correlate.Match(&b, correlate.Rules{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	ambiguous = r.Ambiguous
	for g := range b.Graph().Grants() {
		owns = append(owns, fmt.Sprintf("%s %s %s", g.From, g.To, g.Via))
	}
	return owns, ambiguous
}

// TestTogether holds who gets accounts that belong together and that nobody owns. It
// catches a match that joins what somebody owns, that parts a chain, that joins through
// an account of the system, or that lets a source say who is behind an account.
func TestTogether(t *testing.T) {
	twin := []graph.Fact{node(t, "account:ad/a", "sid", "S-1-5-21-7"), node(t, "account:entra/x", "on_premises_sid", "S-1-5-21-7")}
	tests := []struct {
		name      string
		facts     []graph.Fact
		owns      []string
		ambiguous int
		unlinked  int
	}{
		{"an account and the one on premises", twin, []string{"somebody:ad/a: ad/a entra/x"}, 0, 2},
		{"a chain, named after the main one", []graph.Fact{node(t, "account:corp/a", "parent", "account:corp/b"), node(t, "account:corp/b", "parent", "account:corp/z"), node(t, "account:corp/z"), node(t, "account:corp/alone")},
			[]string{"somebody:corp/z: corp/a corp/b corp/z"}, 0, 4},
		{"two seconds of one", []graph.Fact{node(t, "account:corp/a", "parent", "account:corp/z"), node(t, "account:erp/b", "parent", "account:corp/z"), node(t, "account:corp/z")},
			[]string{"somebody:corp/z: corp/a corp/z erp/b"}, 0, 3},
		{"a circle and what follows it", []graph.Fact{node(t, "account:corp/c", "parent", "account:corp/b"), node(t, "account:corp/b", "parent", "account:corp/c"), node(t, "account:corp/a", "parent", "account:corp/b")},
			[]string{"somebody:corp/a: corp/a corp/b corp/c"}, 0, 3},
		{"two that nothing leads on from", []graph.Fact{node(t, "account:ad-b/g"), node(t, "account:ad-a/g"), node(t, "account:ad-a/1", "sid", "S-1"), node(t, "account:ad-b/1", "sid", "S-2"), node(t, "account:a/x", "object_guid", "g")},
			[]string{"somebody:ad-a/g: a/x ad-a/g ad-b/g"}, 0, 5},
		{"of a person the person's", []graph.Fact{node(t, "identity:hr/1", "employee_id", "1"), node(t, "account:corp/a", "employee_id", "1"), node(t, "account:corp/b", "parent", "account:corp/a")},
			[]string{"identity:hr/1: corp/a corp/b"}, 0, 0},
		{"a main account is not its second account's owner's", []graph.Fact{node(t, "identity:hr/1", "employee_id", "1"), node(t, "account:corp/a"), node(t, "account:corp/b", "parent", "account:corp/a", "employee_id", "1"), node(t, "account:corp/c", "parent", "account:corp/a")},
			[]string{"identity:hr/1: corp/b", "somebody:corp/a: corp/a corp/c"}, 0, 2},
		{"what may be of several people belongs together all the same", []graph.Fact{node(t, "identity:hr/1", "employee_id", "1"), node(t, "identity:ext/1", "employee_id", "1"), node(t, "account:corp/a", "employee_id", "1"), node(t, "account:corp/b", "parent", "account:corp/a")},
			[]string{"somebody:corp/a: corp/a corp/b"}, 1, 2},
		{"not through an account of the system", []graph.Fact{node(t, "account:corp/a", "parent", "account:corp/s"), node(t, "account:corp/b", "parent", "account:corp/s"), node(t, "account:corp/s", "type", "system")}, nil, 0, 2},
		{"nor through what is no account or not there", []graph.Fact{node(t, "group:corp/g"), node(t, "account:corp/a", "parent", "group:corp/g"), node(t, "account:corp/b", "parent", "account:corp/gone"), node(t, "account:corp/c", "parent", "account:corp/c")}, nil, 0, 3},
		{"no source says who is behind an account", append(slices.Clone(twin), graph.Grant{From: node(t, "somebody:corp/forged").ID, To: node(t, "account:corp/f").ID, Kind: graph.Owns}, node(t, "account:corp/g", "parent", "account:corp/f")),
			[]string{"somebody:ad/a: ad/a entra/x", "somebody:corp/f: corp/f corp/g", "somebody:corp/forged: corp/f"}, 0, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all, ambiguous := match(t, nil, tt.facts)
			var got []string
			for _, line := range all {
				part := strings.Fields(strings.ReplaceAll(line, "account:", ""))
				if last := len(got) - 1; last >= 0 && strings.HasPrefix(got[last], part[0]+":") {
					got[last] += " " + part[1]
				} else {
					got = append(got, part[0]+": "+part[1])
				}
			}
			if diff := cmp.Diff(tt.owns, got); diff != "" {
				t.Errorf("ownerships (-want +got):\n%s", diff)
			}
			var b graph.Builder
			for _, f := range tt.facts {
				if err := b.Add(f); err != nil {
					t.Fatal(err)
				}
			}
			r, err := correlate.Match(&b, correlate.Rules{})
			if err != nil {
				t.Fatal(err)
			}
			q := correlate.Propose(b.Graph(), nil, correlate.Limits{})
			if len(ambiguous) != tt.ambiguous || r.Unlinked != tt.unlinked || q.Unlinked != tt.unlinked {
				t.Errorf("%d ambiguous, %d unlinked, %d in the queue; want %d and %d", len(ambiguous), r.Unlinked, q.Unlinked, tt.ambiguous, tt.unlinked)
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	const people = 100_000
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		var facts graph.Builder
		for i := range people {
			attrs := graph.Attrs{{Key: "employee_id", Values: []string{fmt.Sprint(i)}}}
			for _, id := range []graph.ID{{Kind: graph.Identity, Source: "hr", Key: fmt.Sprint(i)}, {Kind: graph.Account, Source: "corp", Key: fmt.Sprint(i)}} {
				if err := facts.Add(graph.Node{ID: id, Attrs: attrs}); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.StartTimer()
		if _, err := correlate.Match(&facts, correlate.Rules{}); err != nil {
			b.Fatal(err)
		}
	}
}
