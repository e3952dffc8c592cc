// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// order is that in which an auditor asks: of whom, by whom, what, what came, when,
// and how that was checked. Details without a place here follow by their names.
func order() []string {
	return []string{
		"server", "server identity", "vendor", "tls", "bind identity", "dialect",
		"file", "sha256", "extracted_by", "extracted_at", "how", "as_of",
		"base", "filter", "attributes",
		"pages", "entries", "bytes", "referrals",
		"started", "ended", "changed during the run",
		"second count", "canaries", "permission probes",
	}
}

func inOrder(details graph.Attrs) []Detail {
	var out []Detail
	for _, a := range details {
		out = append(out, Detail(a))
	}
	known := order()
	rank := func(d Detail) int {
		if i := slices.Index(known, d.Key); i >= 0 {
			return i
		}
		return len(known)
	}
	slices.SortStableFunc(out, func(x, y Detail) int { return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(x.Key, y.Key)) })
	return out
}

// asked tells each detail of a source's records once, with all the datasets whose
// records have it, so that nobody must guess of which it is true.
func asked(g *graph.Graph, s graph.Source, told []Dataset) []Asked {
	of := map[string][]graph.Dataset{} // by detail
	var details graph.Attrs
	for _, d := range datasetNames(told) {
		for _, c := range g.Coverage() {
			if c.Source != s || c.Dataset != d {
				continue
			}
			for _, a := range c.Details {
				key := detailKey(a)
				if of[key] == nil {
					details = append(details, a)
				}
				if !slices.Contains(of[key], d) {
					of[key] = append(of[key], d)
				}
			}
		}
	}
	var out []Asked
	for _, d := range inOrder(details) {
		all := of[detailKey(graph.Attr(d))]
		i := slices.IndexFunc(out, func(x Asked) bool { return slices.Equal(x.Datasets, all) })
		if i < 0 {
			i = len(out)
			out = append(out, Asked{Datasets: all})
		}
		out[i].Details = append(out[i].Details, d)
	}
	return out
}

func detailKey(a graph.Attr) string { return fmt.Sprintf("%q %q", a.Key, a.Values) }

// datasetNames returns the datasets of records, each once, in their order.
func datasetNames(told []Dataset) []graph.Dataset {
	var all []graph.Dataset
	for _, t := range told {
		if !slices.Contains(all, t.Dataset) {
			all = append(all, t.Dataset)
		}
	}
	return all
}
