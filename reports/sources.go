// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

const maxExamples = 5

func (b *builder) sources() {
	g := b.in.Graph
	at := map[graph.Source]int{}
	for i, s := range g.Sources() {
		at[s] = i
		out := Source{Name: s}
		out.Datasets, out.Silent = datasets(g, s)
		out.Asked = asked(g, s, out.Datasets)
		b.packet.Sources = append(b.packet.Sources, out)
	}
	for _, r := range g.Runs() {
		s := &b.packet.Sources[at[r.Source]]
		_, rest := AuthenticationOf(r.Details)
		s.Runs = append(s.Runs, Run{Connector: r.Connector, Started: r.Started, Ended: r.Ended, Details: inOrder(rest)})
	}
	b.countNodes(at)
	b.groupGaps(at)
}

// datasets returns the records of a source, and the datasets of which none speaks.
func datasets(g *graph.Graph, s graph.Source) (told []Dataset, silent []graph.Dataset) {
	order := append(graph.Datasets(), graph.All)
	for _, c := range g.Coverage() {
		if c.Source == s {
			told = append(told, Dataset{c.Dataset, c.State, c.Received, c.Expected, c.Method, tie(c), c.Reason})
		}
	}
	for _, d := range graph.Datasets() {
		if !slices.ContainsFunc(told, func(x Dataset) bool { return x.Dataset.Includes(d) }) {
			silent = append(silent, d)
		}
	}
	slices.SortStableFunc(told, func(x, y Dataset) int {
		return cmp.Compare(slices.Index(order, x.Dataset), slices.Index(order, y.Dataset))
	})
	return told, silent
}

// tie says how what came compares with what should have come.
func tie(c graph.Coverage) string {
	got, ok := c.Received.Get()
	want, ok2 := c.Expected.Get()
	switch {
	case c.State == graph.NotApplicable, c.State == graph.NotRequested:
		return ""
	case !ok || !ok2:
		return "no second count"
	case got == want:
		return "the counts agree"
	case got < want:
		return fmt.Sprintf("%s missing", Number(int(want-got)))
	}
	return fmt.Sprintf("%s more than expected", Number(int(got-want)))
}

func (b *builder) countNodes(at map[graph.Source]int) {
	g := b.in.Graph
	type key struct {
		source graph.Source
		kind   graph.Kind
	}
	count := map[key]int{}
	for n := range uint32(g.NumNodes()) {
		id := g.ID(n)
		if g.Described(n) {
			count[key{id.Source, id.Kind}]++
		} else {
			b.packet.Sources[at[id.Source]].Named++
		}
	}
	for _, k := range []graph.Kind{graph.Identity, graph.Account, graph.Group, graph.Role, graph.Entitlement, graph.Unresolved} {
		for i := range b.packet.Sources {
			s := &b.packet.Sources[i]
			if n := count[key{s.Name, k}]; n > 0 {
				s.Kinds = append(s.Kinds, KindCount{k, n})
			}
		}
	}
}

func (b *builder) groupGaps(at map[graph.Source]int) {
	for _, gap := range b.in.Graph.Gaps() {
		s := &b.packet.Sources[at[gap.About.Source]]
		i := slices.IndexFunc(s.Gaps, func(x GapGroup) bool { return x.Dataset == gap.Dataset && x.Reason == gap.Reason })
		if i < 0 {
			i = len(s.Gaps)
			s.Gaps = append(s.Gaps, GapGroup{Dataset: gap.Dataset, Reason: gap.Reason})
		}
		group := &s.Gaps[i]
		group.Count++
		if len(group.Examples) < maxExamples {
			group.Examples = append(group.Examples, b.thing(gap.About))
		}
	}
}
