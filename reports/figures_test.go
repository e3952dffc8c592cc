// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
)

// Every enabled account is in one bar of a figure, and what is not known is not "none".
func TestFigures(t *testing.T) {
	var b graph.Builder
	add := func(f graph.Fact) {
		t.Helper()
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	for key, attrs := range map[string][]string{
		"corp/a": {"status", "enabled", "type", "person", "mfa", "enforced", "last_sign_in", "2026-09-30T00:00:00Z"},
		"corp/b": {"status", "enabled", "type", "person", "mfa", "none"}, "corp/c": {"status", "enabled", "type", "person"},
		"corp/d": {"status", "enabled", "type", "service", "mfa", "none"}, "corp/e": {"status", "enabled"}, // whose it is nobody knows
		"corp/f": {"status", "disabled", "type", "person"}, "corp/g": {"type", "person"},
		"bank/a": {"status", "enabled", "type", "person"},
	} {
		id, err := graph.ParseID("account:" + key)
		if err != nil {
			t.Fatal(err)
		}
		n := graph.Node{ID: id}
		for i := 0; i < len(attrs); i += 2 {
			n.Attrs.Set(attrs[i], attrs[i+1])
		}
		add(n)
	}
	add(graph.Coverage{Source: "corp", Dataset: graph.All, State: graph.Complete})
	add(graph.Coverage{Source: "bank", Dataset: graph.MFA, State: graph.NotApplicable})
	build := builder{in: Input{Graph: b.Graph()}, packet: &Packet{AsOf: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)}}
	build.figures()
	var got [][]int
	for _, f := range build.packet.Figures {
		var counts []int
		for _, bar := range f.Bars {
			counts = append(counts, bar.Count)
		}
		got = append(got, counts)
	}
	want := [][]int{{1, 0, 0, 0, 0, 0, 0, 5}, {1, 0, 0, 1, 0, 1, 1}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("bars (-want +got):\n%s", d)
	}
}
