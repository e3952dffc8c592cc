// SPDX-License-Identifier: Apache-2.0

package collect_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/connectors/collect"
	"github.com/foureyes-iga/foureyes/graph"
)

// company has so many accounts in corp, all in one group, with a dataset in a state.
func company(t *testing.T, accounts int, memberships graph.State) *graph.Graph {
	t.Helper()
	b := &graph.Builder{}
	add := func(f graph.Fact) {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	staff := graph.ID{Kind: graph.Group, Source: "corp", Key: "staff"}
	add(graph.Node{ID: staff})
	for _, d := range graph.Datasets() {
		state := graph.Complete
		if d == graph.Memberships {
			state = memberships
		}
		add(graph.Coverage{Source: "corp", Dataset: d, State: state})
	}
	for i := range accounts {
		id := graph.ID{Kind: graph.Account, Source: "corp", Key: fmt.Sprint(i)}
		add(graph.Node{ID: id})
		add(graph.Grant{From: id, To: staff, Kind: graph.Member})
	}
	return b.Graph()
}

func TestShrunk(t *testing.T) {
	for _, tt := range []struct {
		before, now int
		state       graph.State
		want        []string // classes
	}{
		{1000, 1000, graph.Complete, nil},
		{1000, 2000, graph.Complete, nil},
		{1000, 950, graph.Complete, nil}, // fifty are not more than fifty
		{1000, 949, graph.Complete, []string{"accounts", "member grants"}},
		{4000, 3920, graph.Complete, nil}, // two in a hundred are not more
		{4000, 3919, graph.Complete, []string{"accounts", "member grants"}},
		{60, 0, graph.Complete, []string{"accounts", "member grants"}},
		{40_000, 39_500, graph.Complete, nil}, // five hundred, and less than two in a hundred
		{40_000, 39_499, graph.Complete, []string{"accounts", "member grants"}},
		{1000, 500, graph.Partial, []string{"accounts"}}, // that memberships are missing is told
	} {
		var got []string
		for _, s := range collect.NewGuard(company(t, tt.before, graph.Complete)).Shrunk(company(t, tt.now, tt.state)) {
			got = append(got, s.Class)
			if s.Source != "corp" || s.Before != tt.before || s.Now != tt.now {
				t.Errorf("%+v", s)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("from %d to %d, memberships %s (-want +got):\n%s", tt.before, tt.now, tt.state, diff)
		}
	}
}

// A source that is not there any more shrank to nothing.
func TestSourceIsGone(t *testing.T) {
	if got := collect.NewGuard(company(t, 100, graph.Complete)).Shrunk(&graph.Graph{}); len(got) != 2 {
		t.Errorf("got %v, want its accounts and memberships", got)
	}
}
