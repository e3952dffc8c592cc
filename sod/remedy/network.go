// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// A network is the places from which the subjects of targets come to duties, and the
// steps between them. What leads to no duty of any target is left out.
type network struct {
	places []reach.Place // by state
	first  []int32       // by state: where its arcs begin
	arcs   []arc
	labels [][]int32 // by state: the labels that it is of
}

// An arc is a step of a path.
type arc struct {
	to    int32
	grant int32 // the candidate; -1: what no plan revokes
	kind  graph.GrantKind
}

func (n *network) out(s int32) []arc { return n.arcs[n.first[s]:n.first[s+1]] }

// A networkBuilder follows all that subjects reach, and then keeps what leads to a duty.
type networkBuilder struct {
	m      *model
	at     map[reach.Place]int32
	places []reach.Place
	out    [][]arc
	marks  map[int32][]int32 // by state: labels of what has no place in the graph
	exists map[int32]int32   // by state of something unresolved: its label
	label  map[labelKey]int32
	nodes  map[uint32][]int32 // by node: labels
	count  int32
	grant  map[grantKey]int32
}

type labelKey struct{ duty, same, value string }

func newNetworkBuilder(m *model) *networkBuilder {
	return &networkBuilder{m: m, at: map[reach.Place]int32{}, marks: map[int32][]int32{}, exists: map[int32]int32{}, label: map[labelKey]int32{}, nodes: map[uint32][]int32{}, grant: map[grantKey]int32{}}
}

// target takes in a finding.
func (b *networkBuilder) target(f *sod.Finding, counting func(*sod.Finding) ([]sod.Counted, int, bool)) target {
	subject, _ := b.m.g.Find(f.Subjects[0])
	known := len(b.places)
	t := target{finding: f, start: b.state(b.m.view.Start(subject)), exists: -1}
	duties, allowed, _ := counting(f)
	t.allowed = allowed
	same := ""
	for _, r := range b.m.p.Rules {
		if r.ID == f.Rule && f.Same != "" {
			same = r.Same
		}
	}
	for _, d := range duties {
		t.labels = append(t.labels, b.labelOf(labelKey{d.Duty, same, f.Same}, d.Nodes))
		t.duties = append(t.duties, d.Duty)
	}
	if f.Subjects[0].Kind == graph.Unresolved {
		t.exists = b.existence(t.start, subject)
	}
	for s := known; s < len(b.places); s++ {
		b.follow(int32(s))
	}
	return t
}

func (b *networkBuilder) state(p reach.Place) int32 {
	if s, ok := b.at[p]; ok {
		return s
	}
	s := int32(len(b.places))
	b.at[p] = s
	b.places = append(b.places, p)
	b.out = append(b.out, nil)
	return s
}

func (b *networkBuilder) labelOf(k labelKey, nodes []uint32) int32 {
	if l, ok := b.label[k]; ok {
		return l
	}
	l := b.newLabel()
	b.label[k] = l
	for _, n := range nodes {
		b.nodes[n] = append(b.nodes[n], l)
	}
	return l
}

func (b *networkBuilder) newLabel() int32 { b.count++; return b.count - 1 }

// nowhere is the place of what proves that something unresolved holds anything.
const nowhere = ^reach.Place(0)

// existence returns a label that something unresolved holds by whatever it is granted:
// without any grant it is no subject.
func (b *networkBuilder) existence(start int32, n uint32) int32 {
	if l, ok := b.exists[start]; ok {
		return l
	}
	l := b.newLabel()
	b.exists[start] = l
	for _, e := range b.m.g.Out(n) {
		if !b.m.g.Terms(e).Holds(b.m.asOf) {
			continue
		}
		s := int32(len(b.places))
		b.places, b.out = append(b.places, nowhere), append(b.out, nil)
		b.marks[s] = []int32{l}
		b.add(start, arc{s, b.grantOf(n, e.To, e.Kind()), e.Kind()})
	}
	return l
}

// follow adds the steps from a state, and what they lead to.
func (b *networkBuilder) follow(s int32) {
	if b.places[s] == nowhere {
		return
	}
	from, granted := b.m.view.Node(b.places[s]), -1 // granted is how many arcs are grants
	for step := range b.m.view.Steps(b.places[s]) {
		g := int32(-1)
		if !step.Implied {
			g = b.grantOf(from, b.m.view.Node(step.To), step.Kind)
		}
		a := arc{b.state(step.To), g, step.Kind}
		if step.Implied { // revoking a grant that says the same makes no difference
			same := func(other arc) bool { return other.grant >= 0 && other.to == a.to && other.kind == a.kind }
			if granted < 0 {
				granted = len(b.out[s])
			}
			if i := slices.IndexFunc(b.out[s][:granted], same); i >= 0 {
				b.out[s][i] = a
				continue
			}
		}
		b.add(s, a)
	}
}

func (b *networkBuilder) add(s int32, a arc) {
	if all := b.out[s]; len(all) == 0 || all[len(all)-1] != a { // facts of one grant follow each other
		b.out[s] = append(all, a)
	}
}

// grantOf returns the candidate of a grant; -1 when it is not of the scope.
func (b *networkBuilder) grantOf(from, to uint32, k graph.GrantKind) int32 {
	if !b.m.scope.Has(b.m.g.ID(from).Kind, k) {
		return -1
	}
	key := grantKey{from, to, k}
	if i, ok := b.grant[key]; ok {
		return i
	}
	i := int32(len(b.m.grants))
	b.m.grants = append(b.m.grants, candidate{from: from, to: to, kind: k})
	b.grant[key] = i
	return i
}

// build keeps the states that lead to a label, and the grants between them.
func (b *networkBuilder) build() *network {
	labels := make([][]int32, len(b.places))
	for s, p := range b.places {
		labels[s] = b.marks[int32(s)]
		if p != nowhere {
			labels[s] = b.nodes[b.m.view.Node(p)]
		}
	}
	lives := b.living(labels)
	n := &network{places: b.places, labels: labels, first: make([]int32, len(b.places)+1)}
	kept := make([]int32, len(b.m.grants))
	var grants []candidate
	for s := range b.places {
		for _, a := range b.out[s] {
			if !lives[s] || !lives[a.to] {
				continue
			}
			if a.grant >= 0 {
				if kept[a.grant] == 0 {
					grants = append(grants, b.m.grants[a.grant])
					kept[a.grant] = int32(len(grants))
				}
				a.grant = kept[a.grant] - 1
			}
			n.arcs = append(n.arcs, a)
		}
		n.first[s+1] = int32(len(n.arcs))
	}
	b.m.grants = grants
	return n
}

// living tells which states lead to a label.
func (b *networkBuilder) living(labels [][]int32) []bool {
	into := make([][]int32, len(b.places))
	for s, arcs := range b.out {
		for _, a := range arcs {
			into[a.to] = append(into[a.to], int32(s))
		}
	}
	lives := make([]bool, len(b.places))
	var queue []int32
	see := func(s int32) {
		if !lives[s] {
			lives[s] = true
			queue = append(queue, s)
		}
	}
	for s := range labels {
		if len(labels[s]) > 0 {
			see(int32(s))
		}
	}
	for i := 0; i < len(queue); i++ {
		for _, s := range into[queue[i]] {
			see(s)
		}
	}
	return lives
}
