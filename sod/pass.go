// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"cmp"
	"iter"
	"maps"
	"math/bits"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// maxLabels bounds the labels of a pass, and so the memory of its closures, but for
// a rule that needs more by itself.
const maxLabels = 1024

// A pass judges some of the rules over one set of labels.
type pass struct {
	*evaluation
	rules  []scoped
	labels [][]uint32 // nodes
	index  map[labelKey]int
	sides  map[sideKey]side
	proven []level // by mode from Standing

	about [][]uint64 // by label of a whole rule: the rules that ask for it, as bits
}

// A scoped rule is a rule with the instances in which it counts: one, or with Same
// one for each value.
type scoped struct {
	*Rule
	whole     instance // whatever the value: whoever does not break it breaks no instance
	instances []instance
}

// An instance is a rule with the labels of its duties, within one value of its Same.
type instance struct {
	*Rule
	value  string
	labels []int // by place in Duties
	masks  []mask
}

// A mask is those of an instance's labels that it asks for in one word of a closure's
// row.
type mask struct {
	word int
	bits uint64
}

// newInstance takes one label for each duty of the rule.
func newInstance(r *Rule, value string, labels []int) instance {
	i := instance{Rule: r, value: value, labels: labels}
	words := map[int]uint64{}
	for _, label := range labels[:r.asked()] {
		words[label/64] |= 1 << (label % 64)
	}
	for _, word := range slices.Sorted(maps.Keys(words)) {
		i.masks = append(i.masks, mask{word, words[word]})
	}
	return i
}

// A labelKey says what a label stands for: the nodes of a duty, or those of them that
// count within a value.
type labelKey struct {
	sideKey
	value string
}

type sideKey struct {
	duty int
	same string
}

// A side is the nodes of a duty by the values of an attribute.
type side struct {
	byValue map[string][]uint32
	unknown []uint32 // without the attribute: they count within every value
}

// A level is what one view shows: what is proven in a mode, or what is possible
// behind gaps.
type level struct {
	view    *reach.View
	closure *reach.Closure
	maps    *reach.Maps
}

func levelOf(c *reach.Closure, v *reach.View) level { return level{v, c, c.Maps()} }

func (p *pass) level(v *reach.View) level { return levelOf(v.Close(p.labels), v) }

// passes yields the rules that are evaluated, as many at a time as labels allow.
func (e *evaluation) passes() iter.Seq[*pass] {
	return func(yield func(*pass) bool) {
		for rest := e.rules; len(rest) > 0; {
			p := &pass{evaluation: e, index: map[labelKey]int{}, sides: map[sideKey]side{}}
			n := 0
			for n < len(rest) && (n == 0 || len(p.labels) < maxLabels) {
				p.admit(rest[n])
				n++
			}
			rest = rest[n:]
			p.indexRules()
			p.closeAll()
			if !yield(p) {
				return
			}
		}
	}
}

// closeAll closes the graph in every mode.
func (p *pass) closeAll() {
	for i, c := range reach.CloseModes(p.views, p.labels) {
		p.proven = append(p.proven, levelOf(c, p.views[i]))
	}
}

// indexRules notes which rules ask for which label, so that a subject is held only
// against the rules that are about anything it holds.
func (p *pass) indexRules() {
	p.about = make([][]uint64, len(p.labels))
	for i, r := range p.rules {
		if r.Kind == PeopleRule {
			continue
		}
		for _, label := range r.whole.labels[:r.asked()] {
			if p.about[label] == nil {
				p.about[label] = make([]uint64, (len(p.rules)+63)/64)
			}
			p.about[label][i/64] |= 1 << (i % 64)
		}
	}
}

// concerned calls do with each rule that asks for anything a subject holds, in order:
// no other can be broken by it. The scratch is for reuse.
func (p *pass) concerned(l level, subject uint32, scratch []uint64, do func(r *scoped)) {
	clear(scratch)
	for w, word := range l.closure.Row(subject) {
		for ; word != 0; word &= word - 1 {
			for i, rules := range p.about[w*64+bits.TrailingZeros64(word)] {
				scratch[i] |= rules
			}
		}
	}
	for i, rules := range scratch {
		for ; rules != 0; rules &= rules - 1 {
			do(&p.rules[i*64+bits.TrailingZeros64(rules)])
		}
	}
}

func (p *pass) scratch() []uint64 { return make([]uint64, (len(p.rules)+63)/64) }

// admit gives labels to a rule.
func (p *pass) admit(r *Rule) {
	var labels []int
	for _, d := range r.Duties {
		labels = append(labels, p.label(labelKey{sideKey: sideKey{duty: d}}))
	}
	s := scoped{Rule: r, whole: newInstance(r, "", labels)}
	for _, v := range p.values(r) {
		s.instances = append(s.instances, p.within(r, v)...)
	}
	if r.Same == "" || s.instances == nil && len(p.values(r)) == 0 {
		s.instances = []instance{s.whole} // none of its nodes has a value: they all may have the same
	}
	p.rules = append(p.rules, s)
}

// within returns the instance of a rule within one value, unless nobody could break
// it because too few of its duties match anything there.
func (p *pass) within(r *Rule, value string) []instance {
	live := 0
	for _, d := range r.Duties[:r.asked()] {
		side := p.side(sideKey{d, r.Same})
		if len(side.byValue[value])+len(side.unknown) > 0 {
			live++
		}
	}
	if !r.brokenBy(live, true) {
		return nil
	}
	var labels []int
	for _, d := range r.Duties {
		labels = append(labels, p.label(labelKey{sideKey{d, r.Same}, value}))
	}
	return []instance{newInstance(r, value, labels)}
}

// values returns the values of a rule's Same that any of its nodes has, in order.
func (p *pass) values(r *Rule) []string {
	if r.Same == "" {
		return nil
	}
	all := map[string]bool{}
	for _, d := range r.Duties {
		for v := range p.side(sideKey{d, r.Same}).byValue {
			all[v] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func (p *pass) side(k sideKey) side {
	if s, ok := p.sides[k]; ok {
		return s
	}
	s := side{byValue: map[string][]uint32{}}
	for _, n := range p.duties[k.duty] {
		values := knownValues(p.g, n, k.same)
		if len(values) == 0 {
			s.unknown = append(s.unknown, n)
		}
		for i, v := range values {
			if !slices.Contains(values[:i], v) {
				s.byValue[v] = append(s.byValue[v], n)
			}
		}
	}
	p.sides[k] = s
	return s
}

func (p *pass) label(k labelKey) int {
	if i, ok := p.index[k]; ok {
		return i
	}
	nodes := p.duties[k.duty]
	if k.same != "" {
		s := p.side(k.sideKey)
		nodes = slices.Concat(s.byValue[k.value], s.unknown)
		slices.Sort(nodes)
	}
	i := len(p.labels)
	p.labels = append(p.labels, nodes)
	p.index[k] = i
	return i
}

// judges reports whether a rule's Where lets it judge a subject.
func (e *evaluation) judges(r *Rule, subject uint32) bool {
	_, out := r.LeavesOut(e.g, subject)
	return !out
}

// LeavesOut reports whether a rule's Where leaves out a subject, and because of which
// attribute: it is known, and no pattern for it matches a value. What is unknown of a
// subject clears nobody.
func (r *Rule) LeavesOut(g *graph.Graph, subject uint32) (attr string, out bool) {
	attr, _ = LeftOut(r.Where, func(key string) []string { return g.AttrValues(subject, key) })
	return attr, attr != ""
}

// LeftOut holds attributes against the patterns of a where: out is an attribute that is
// known and of which no value matches, "" when there is none. Unknown is one of which
// nothing is known: whether it leaves out cannot be told.
func LeftOut(where []AttrPattern, valuesOf func(key string) []string) (out, unknown string) {
	for i, a := range where {
		if i > 0 && where[i-1].Key == a.Key {
			continue
		}
		values := notBlank(valuesOf(a.Key))
		matches := func(b AttrPattern) bool {
			return b.Key == a.Key && slices.ContainsFunc(values, Glob(b.Pattern).Match)
		}
		switch {
		case len(values) == 0:
			unknown = cmp.Or(unknown, a.Key)
		case !slices.ContainsFunc(where, matches):
			return a.Key, unknown
		}
	}
	return "", unknown
}

// AnyMatches reports whether anything has a value of an attribute that a where lets in.
func AnyMatches(g *graph.Graph, where []AttrPattern, key string) bool {
	for n := range uint32(g.NumNodes()) {
		for _, v := range g.AttrValues(n, key) {
			if slices.ContainsFunc(where, func(a AttrPattern) bool { return v != "" && a.Key == key && Glob(a.Pattern).Match(v) }) {
				return true
			}
		}
	}
	return false
}

// knownValues returns the values of an attribute that a rule counts by. An empty text
// is what many exports write where nothing is known.
func knownValues(g *graph.Graph, n uint32, key string) []string {
	return notBlank(g.AttrValues(n, key))
}

func notBlank(values []string) []string {
	if !slices.Contains(values, "") {
		return values
	}
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
}

// exists reports whether a node is a subject at a level: something unresolved is one
// only while it holds anything.
func (p *pass) exists(l level, subject uint32) bool {
	return p.idOf(subject).Kind != graph.Unresolved || l.view.Holds(subject)
}
