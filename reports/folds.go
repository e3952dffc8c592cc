// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// A Fold says in which chapter an open finding is told, where it is not told by
// itself. Every finding keeps its line, and data formats list all of them.
type Fold string

// The folds. A finding that could be in several is in the first.
const (
	Unfolded    Fold = ""
	ByPlane     Fold = "control plane" // [Packet.ControlPlane]: whoever controls everything breaks every rule
	ByCause     Fold = "attainable"    // [Packet.Attainable]: one grant lets many reach much
	ByRuleWhole Fold = "flaw"          // [Packet.Flaws]: a rule that so many break is not about persons
)

// A Holder is somebody who holds the control plane, and what is told of him there.
type Holder struct {
	Subject
	Mode  reach.Mode
	Path  Witness
	Rules []string // of the findings that lead through the control plane
	Lines []int
}

// An Attainable is what stands behind findings that are attainable only.
type Attainable struct {
	Cause    Thing // what controls something, or is controlled
	Subjects int
	Rules    []string
	Lines    []int // in order; the first is the example
}

// A Flaw is a rule that more than a fifth of the people break.
type Flaw struct {
	Rule       string
	People, Of int
	Causes     []CauseCount // how many findings each, the largest first
	Lines      []int
}

// A CauseCount counts what stands behind one thing.
type CauseCount struct {
	Thing
	Count int
}

// A rule is told as a flaw of design when more than one in flawPart of the people break
// it, and flawLeast of them at the least.
const (
	flawPart  = 5
	flawLeast = 10
)

// fold decides where findings are told, and makes those chapters.
func (b *builder) fold() {
	p := b.packet
	b.planeHolders()
	flaws := b.flaws()
	for i := range p.Findings {
		f := &p.Findings[i]
		switch {
		case f.Status != sod.Open:
		case b.byPlane(*f):
			f.Fold = ByPlane
			b.tellHolders(*f)
		case f.Mode == reach.Attainable && f.Kind != "collusion":
			f.Fold = ByCause
		case flaws[f.Rule] > 0:
			f.Fold = ByRuleWhole
		}
	}
	b.attainable()
	b.tellFlaws(flaws)
}

// byPlane reports whether a finding is told with the control plane: it leads through it,
// and one of its subjects stands there. A group or role that breaks a rule does not.
func (b *builder) byPlane(f Finding) bool {
	return b.in.Report.ByPlane[f.ID] && slices.ContainsFunc(f.Subjects, func(s Subject) bool { return b.holder(s.ID) != nil })
}

func (b *builder) holder(id graph.ID) *Holder {
	all := b.packet.ControlPlane
	i, ok := slices.BinarySearchFunc(all, id, func(h Holder, id graph.ID) int { return h.ID.Compare(id) })
	if !ok {
		return nil
	}
	return &all[i]
}

// tellHolders notes a finding at those of its subjects who hold the control plane.
func (b *builder) tellHolders(f Finding) {
	for _, s := range f.Subjects {
		if h := b.holder(s.ID); h != nil {
			h.Rules, h.Lines = with(h.Rules, f.Rule), append(h.Lines, f.Line)
		}
	}
}

// flaws counts, for each rule that more than a fifth of the people break, how many do, by
// what is told neither of the control plane nor as attainable.
func (b *builder) flaws() map[string]int {
	who := map[string]map[graph.ID]bool{}
	for _, f := range b.packet.Findings {
		if f.Status != sod.Open || f.Kind == "collusion" || b.byPlane(f) || f.Mode == reach.Attainable || f.Mode == 0 {
			continue
		}
		if who[f.Rule] == nil {
			who[f.Rule] = map[graph.ID]bool{}
		}
		for _, s := range f.Subjects {
			if s.ID.Kind == graph.Identity {
				who[f.Rule][s.ID] = true
			}
		}
	}
	flaws := map[string]int{}
	for rule, people := range who {
		if n := len(people); n >= flawLeast && n*flawPart > b.packet.Summary.Identities {
			flaws[rule] = n
		}
	}
	return flaws
}

// planeHolders takes over who holds the control plane, in ID order.
func (b *builder) planeHolders() {
	for _, h := range b.in.Report.ControlPlane {
		path, _ := b.witness(sod.Witness{Duty: "control plane", Path: h.Path}) // it is a path of the engine
		b.packet.ControlPlane = append(b.packet.ControlPlane, Holder{Subject: b.subject(h.Subject), Mode: h.Mode, Path: path})
	}
}

// with adds what is not there yet.
func with(all []string, s string) []string {
	if slices.Contains(all, s) {
		return all
	}
	return append(all, s)
}

func (b *builder) attainable() {
	all := map[graph.ID]*Attainable{}
	who := map[graph.ID]map[graph.ID]bool{}
	for _, f := range b.packet.Findings {
		if f.Fold != ByCause {
			continue
		}
		by := f.lever()
		a := all[by.ID]
		if a == nil {
			a = &Attainable{Cause: by}
			all[by.ID], who[by.ID] = a, map[graph.ID]bool{}
		}
		a.Rules, a.Lines = with(a.Rules, f.Rule), append(a.Lines, f.Line)
		for _, s := range f.Subjects {
			who[by.ID][s.ID] = true
		}
	}
	for id, a := range all {
		a.Subjects = len(who[id])
		b.packet.Attainable = append(b.packet.Attainable, *a)
	}
	slices.SortFunc(b.packet.Attainable, func(x, y Attainable) int {
		return cmp.Or(cmp.Compare(len(y.Lines), len(x.Lines)), x.Cause.ID.Compare(y.Cause.ID))
	})
}

// lever returns what lets somebody obtain more than is his: the group, role or right
// that controls something, or what somebody controls in person.
func (f Finding) lever() Thing {
	for _, w := range f.Witness {
		i := slices.IndexFunc(w.Grants, func(g Grant) bool { return g.Kind == graph.Controls })
		if i < 0 {
			continue
		}
		if k := w.Nodes[i].ID.Kind; k == graph.Identity || k == graph.Account {
			i++
		}
		return w.Nodes[i]
	}
	return f.Cause
}

func (b *builder) tellFlaws(people map[string]int) {
	for _, f := range b.packet.Findings {
		if f.Fold != ByRuleWhole {
			continue
		}
		n := len(b.packet.Flaws)
		if n == 0 || b.packet.Flaws[n-1].Rule != f.Rule {
			b.packet.Flaws = append(b.packet.Flaws, Flaw{Rule: f.Rule, People: people[f.Rule], Of: b.packet.Summary.Identities})
			n++
		}
		flaw := &b.packet.Flaws[n-1]
		flaw.Lines = append(flaw.Lines, f.Line)
		flaw.Causes = counted(flaw.Causes, f.Cause)
	}
	for i := range b.packet.Flaws {
		sortCounts(b.packet.Flaws[i].Causes)
	}
}

// counted counts one more of a thing.
func counted(all []CauseCount, t Thing) []CauseCount {
	i := slices.IndexFunc(all, func(c CauseCount) bool { return c.ID == t.ID })
	if i < 0 {
		return append(all, CauseCount{t, 1})
	}
	all[i].Count++
	return all
}

// sortCounts puts the most first.
func sortCounts(all []CauseCount) {
	slices.SortFunc(all, func(x, y CauseCount) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), x.ID.Compare(y.ID))
	})
}

// FlawOf returns the flaw of design that a rule shows; nil when it shows none.
func (p *Packet) FlawOf(rule string) *Flaw {
	i := slices.IndexFunc(p.Flaws, func(f Flaw) bool { return f.Rule == rule })
	if i < 0 {
		return nil
	}
	return &p.Flaws[i]
}

// Says tells the flaw in a sentence.
func (f Flaw) Says() string {
	return fmt.Sprintf("%s of %s people break it: that is a flaw in the design of access, not of persons. Change what stands behind it.", Number(f.People), Number(f.Of))
}

// Says tells in a sentence what somebody could reach: "43 subjects could reach what
// breaks 118 rules".
func (a Attainable) Says() string {
	return fmt.Sprintf("%s could reach what breaks %s", Plural(a.Subjects, "subject"), Plural(len(a.Rules), "rule"))
}

// FoldedByPlane counts the findings that are told with the control plane.
func (p *Packet) FoldedByPlane() int {
	n := 0
	for _, f := range p.Findings {
		if f.Fold == ByPlane {
			n++
		}
	}
	return n
}

// CouldHold counts who could obtain the control plane, by the first group or role
// on the way, the most first.
func CouldHold(holders []Holder) []CauseCount {
	var all []CauseCount
	for _, h := range holders {
		if h.Mode != reach.Attainable {
			continue
		}
		by := h.Path.Nodes[len(h.Path.Nodes)-1]
		if i := slices.IndexFunc(h.Path.Nodes, func(t Thing) bool { return t.ID.Kind == graph.Group || t.ID.Kind == graph.Role }); i >= 0 {
			by = h.Path.Nodes[i]
		}
		all = counted(all, by)
	}
	sortCounts(all)
	return all
}
