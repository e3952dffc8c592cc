// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Figure counts the enabled accounts by one thing, as plain bars.
type Figure struct {
	Title string
	Note  string // what the bars leave out, or how they are to be read
	Bars  []Bar  // every one, also those that count nothing
}

// A Bar is one count of a figure.
type Bar struct {
	Label   string
	Count   int
	Unknown bool // it counts what could not be told
}

// Total counts all that the figure speaks of.
func (f Figure) Total() (n int) {
	for _, b := range f.Bars {
		n += b.Count
	}
	return n
}

// figures counts the enabled accounts of the snapshot.
func (b *builder) figures() {
	g := b.in.Graph
	uses, factors := newTally(bandNames()), newTally(factorNames())
	others, owned := 0, ownedAccounts(g)
	lo, hi := g.Range(graph.Account)
	for n := lo; n < hi; n++ {
		if status, _ := g.Word(n, "status"); status != "enabled" {
			others++
			continue
		}
		s := g.ID(n).Source
		uses.add(int(lastUseOf(g, n, b.packet.AsOf).latest), g.State(s, graph.SignIn))
		if kind, _ := g.Word(n, "type"); kind == "person" || kind == "" && owned[n] {
			factors.add(factorOf(g, n), g.State(s, graph.MFA))
		}
	}
	note := Plural(others, "account") + " that are not known to be enabled are left out."
	b.packet.Figures = []Figure{
		{"Enabled accounts by their last sign-in", "Where a source is not exact, the latest moment that it allows counts. " + note, uses.bars()},
		{"Enabled accounts of people by second factor", "Enforced: somebody without it is refused; capable and registered: it is there, and nothing shows that it is demanded.", factors.bars()},
	}
}

// ownedAccounts tells which accounts are linked to a person.
func ownedAccounts(g *graph.Graph) map[uint32]bool {
	all := map[uint32]bool{}
	lo, hi := g.Range(graph.Identity)
	for n := lo; n < hi; n++ {
		for _, e := range g.Out(n) {
			if e.Kind() == graph.Owns {
				all[e.To] = true
			}
		}
	}
	return all
}

func factorNames() []string {
	return []string{"not known", "enforced", "capable", "registered", "none", "not-applicable"}
}

// factorOf returns which of the names an account's second factor has.
func factorOf(g *graph.Graph, n uint32) int {
	state, _ := g.Word(n, "mfa")
	return max(0, slices.Index(factorNames(), state))
}

// A figureTally counts under names, of which the first is what is not known.
type figureTally struct {
	names  []string
	counts []int
	silent int // not known, and their sources record no such thing
}

func newTally(names []string) *figureTally {
	return &figureTally{names: names, counts: make([]int, len(names))}
}

func (t *figureTally) add(i int, s graph.State) {
	if i == 0 && s == graph.NotApplicable {
		t.silent++
		return
	}
	t.counts[i]++
}

// bars makes a bar of each count, what is not known last.
func (t *figureTally) bars() (bars []Bar) {
	for i, n := range t.counts[1:] {
		bars = append(bars, Bar{Label: t.names[1+i], Count: n})
	}
	return append(bars, Bar{"not recorded by the source", t.silent, true}, Bar{t.names[0], t.counts[0], true})
}
