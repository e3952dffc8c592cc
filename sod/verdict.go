// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"fmt"
	"maps"
	"math/bits"
	"runtime"
	"slices"
	"sync"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// The kinds of findings of rules.
const (
	kindSoD       = "sod"
	kindCritical  = "critical"
	kindCollusion = "collusion"
	kindRequires  = "requires"
)

func (k RuleKind) findingKind() string {
	switch k {
	case CriticalRule:
		return kindCritical
	case PeopleRule:
		return kindCollusion
	case RequiresRule:
		return kindRequires
	}
	return kindSoD
}

// brokenBy is the only place that decides a rule: by how many of the duties that it
// asks for are held in the mode in question, and whether what it requires is lacking
// in standing mode. Those of a people rule are held by several subjects together.
func (r *Rule) brokenBy(held int, lacks bool) bool {
	switch r.Kind {
	case AtMostRule:
		return held > r.Limit
	case RequiresRule:
		return held == 1 && lacks
	}
	return held == len(r.Duties)
}

// asked returns how many of a rule's duties, from the first, are looked for; one that
// is required is lacking.
func (r *Rule) asked() int {
	if r.Kind == RequiresRule {
		return 1
	}
	return len(r.Duties)
}

// held counts the duties that a subject holds of those that an instance asks for.
func (i *instance) held(c *reach.Closure, subject uint32) int {
	n, row := 0, c.Row(subject)
	for _, m := range i.masks {
		n += bits.OnesCount64(row[m.word] & m.bits)
	}
	return n
}

// breaks reports whether a subject breaks an instance at a level.
func (p *pass) breaks(l level, i *instance, subject uint32) bool {
	lacks := i.Kind == RequiresRule && !p.proven[0].closure.Has(subject, i.labels[1])
	return i.brokenBy(i.held(l.closure, subject), lacks) && p.exists(l, subject)
}

// mayBreak reports whether a subject could break an instance of a rule, going by all
// nodes of its duties, whatever their values.
func (p *pass) mayBreak(l level, r *scoped, subject uint32) bool {
	return r.brokenBy(r.whole.held(l.closure, subject), true) && p.judges(r.Rule, subject)
}

// A breach is an instance that a subject breaks, and the strongest level at which it
// does.
type breach struct {
	in      *instance
	subject uint32
	at      int
	paths   []reach.Path // by place of what is asked for; the zero Path where it is not held
}

// judge finds, for each subject and instance, the strongest mode in which it is
// broken. The subjects are parted among the processors; breaches stay in their order.
func (p *pass) judge() {
	share := max(len(p.subjects)/runtime.GOMAXPROCS(0)+1, minShare)
	parts := make([][]breach, (len(p.subjects)+share-1)/share)
	var all sync.WaitGroup
	i := 0
	for some := range slices.Chunk(p.subjects, share) {
		into := &parts[i]
		all.Go(func() { *into = p.breaches(some) })
		i++
	}
	all.Wait()
	found := slices.Concat(parts...)
	p.prove(found)
	for _, b := range found {
		p.findings = append(p.findings, p.finding(b))
	}
}

// prove gives breaches their paths: for each duty the shortest one in the strongest mode
// in which it is held. It goes label by label, because the trails to one take more memory
// than all paths.
func (p *pass) prove(found []breach) {
	type spot struct{ breach, place int }
	spots := make([]map[int][]spot, len(p.proven)) // by level, then by label
	for i := range found {
		b := &found[i]
		b.paths = make([]reach.Path, b.in.asked())
		for place, label := range b.in.labels[:b.in.asked()] {
			at := slices.IndexFunc(p.proven[:b.at+1], func(l level) bool { return l.closure.Has(b.subject, label) })
			if at < 0 {
				continue
			}
			if spots[at] == nil {
				spots[at] = map[int][]spot{}
			}
			spots[at][label] = append(spots[at][label], spot{i, place})
		}
	}
	for at, labels := range spots {
		p.proven[at].maps.Each(slices.Sorted(maps.Keys(labels)), func(label int, t *reach.Trails) {
			for _, s := range labels[label] {
				found[s.breach].paths[s.place], _ = t.From(found[s.breach].subject) // it is held
			}
		})
	}
}

// minShare is how many subjects are worth a thread.
const minShare = 1 << 12

func (p *pass) breaches(subjects []uint32) (all []breach) {
	weakest, scratch := p.proven[len(p.proven)-1], p.scratch()
	for _, s := range subjects {
		p.concerned(weakest, s, scratch, func(r *scoped) {
			if !p.mayBreak(weakest, r, s) {
				return
			}
			for i := range r.instances {
				in := &r.instances[i]
				at := slices.IndexFunc(p.proven, func(l level) bool { return p.breaks(l, in, s) })
				if at >= 0 {
					all = append(all, breach{in: in, subject: s, at: at})
				}
			}
		})
	}
	return all
}

// finding tells a breach: its witness is a path for each duty that is held.
func (p *pass) finding(b breach) Finding {
	i, mode := b.in, p.proven[b.at].view.Mode()
	f := Finding{
		Kind: i.Kind.findingKind(), Rule: i.ID, Severity: i.SeverityIn(mode), Mode: mode,
		Subjects: []graph.ID{p.idOf(b.subject)}, Same: i.value,
	}
	for place, path := range b.paths { // what is lacking has no path
		if path.Nodes != nil {
			f.Witness = append(f.Witness, Witness{Duty: p.p.Duties[i.Duties[place]].ID, Path: path})
		}
	}
	f.Detail = p.detail(i, f)
	return f
}

func (p *pass) path(l level, subject uint32, label int) (reach.Path, bool) {
	if !l.closure.Has(subject, label) {
		return reach.Path{}, false
	}
	return l.maps.To(label).From(subject)
}

// detail says in words what a finding's subjects and paths do not.
func (p *pass) detail(i *instance, f Finding) string {
	text := ""
	switch i.Kind {
	case AtMostRule:
		text = fmt.Sprintf("holds %d of %d duties; at most %d allowed", len(f.Witness), len(i.Duties), i.Limit)
	case RequiresRule:
		text = fmt.Sprintf("holds %s without %s", p.p.Duties[i.Duties[0]].words(), p.p.Duties[i.Duties[1]].words())
	}
	return i.scope(text)
}

// scope adds the value within which a rule is broken.
func (i *instance) scope(text string) string {
	switch {
	case i.value == "":
		return text
	case text == "":
		return fmt.Sprintf("within %s %s", i.Same, i.value)
	}
	return fmt.Sprintf("%s, within %s %s", text, i.Same, i.value)
}

// words names a duty: its title, or its ID.
func (d Duty) words() string {
	if d.Title != "" {
		return fmt.Sprintf("%q", d.Title)
	}
	return d.ID
}
