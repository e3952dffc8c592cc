// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/graph/view"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
)

// How much explain tells.
const (
	maxPaths   = 200 // for one duty
	maxValues  = 20  // of a rule with same
	maxWithout = 100 // grants that are on every path
)

// A way is how a subject holds one duty: every minimal path, unless it was cut.
type way struct {
	duty   string
	within string // "company_code 1000"; "" whatever the value
	around *view.View
	paths  []view.Way
	cut    bool
}

// called names the duty, and the value within which it is told.
func (x way) called() string {
	if x.within == "" {
		return x.duty
	}
	return x.duty + " within " + x.within
}

// waysOf returns how a subject holds the duties of a rule: once, or for a rule with
// same for each of the values that what it holds has. More counts values left out.
func (j *judged) waysOf(subject graph.ID, r sod.Rule) (parts [][]way, more int) {
	if j.dutyNodes == nil {
		j.dutyNodes = sod.DutyNodes(j.graph, j.policy)
	}
	values := j.valuesOf(subject, r)
	if len(values) > maxValues {
		values, more = values[:maxValues], len(values)-maxValues
	}
	if len(values) == 0 {
		return [][]way{j.waysWithin(subject, r, "")}, 0
	}
	for _, value := range values {
		parts = append(parts, j.waysWithin(subject, r, value))
	}
	return parts, more
}

// valuesOf returns the values of a rule's Same that what the subject holds of its
// duties has, or the one of the finding that was asked for.
func (j *judged) valuesOf(subject graph.ID, r sod.Rule) []string {
	if r.Same == "" || j.value != "" {
		return slices.DeleteFunc([]string{j.value}, func(v string) bool { return v == "" })
	}
	n, _ := j.graph.Find(subject)
	reached := reach.At(j.graph, j.report.AsOf, j.policy.Mode).Reached(n)
	var values []string
	for _, d := range r.Duties {
		for _, node := range j.dutyNodes[d] {
			if _, held := slices.BinarySearch(reached, node); held {
				values = append(values, j.graph.AttrValues(node, r.Same)...)
			}
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

func (j *judged) waysWithin(subject graph.ID, r sod.Rule, value string) (ways []way) {
	for _, d := range r.Duties {
		x := way{duty: j.policy.Duties[d].ID}
		var targets []graph.ID
		for _, n := range j.dutyNodes[d] {
			values := j.graph.AttrValues(n, r.Same)
			if value == "" || len(values) == 0 || slices.Contains(values, value) {
				targets = append(targets, j.graph.ID(n))
			}
		}
		if value != "" {
			x.within = r.Same + " " + value
		}
		x.around = view.Around(j.graph, j.report.AsOf, j.policy.Mode, subject, targets)
		x.paths, x.cut = x.around.Paths(maxPaths)
		ways = append(ways, x)
	}
	return ways
}

// A loss is what becomes of the duties of a rule without one grant.
type loss struct {
	grant view.Edge
	gone  []string
	left  []remaining
}

// A remaining duty is one that is held without the grant, through a path.
type remaining struct {
	duty    string
	through reach.Path
}

// losses returns, for each grant without which some duty vanishes, what vanishes and
// what remains. Who owns an account is no grant that anybody takes away, and what a
// population implies is none at all. More counts grants on every path that were not
// looked at.
func (j *judged) losses(ways []way) (all []loss, more int) {
	var seen []view.Edge
	for _, x := range ways {
		if len(x.paths) == 0 {
			continue
		}
		for _, e := range x.paths[0].Edges {
			e = view.Edge{From: e.From, To: e.To, Kind: e.Kind}
			if e.Kind == graph.Owns || slices.Contains(seen, e) || !onAll(e, x.paths) || !j.isGrant(e) {
				continue
			}
			if len(seen) == maxWithout {
				more++
				continue
			}
			seen = append(seen, e)
			if l := lossOf(e, ways); len(l.gone) > 0 {
				all = append(all, l)
			}
		}
	}
	return all, more
}

func onAll(e view.Edge, paths []view.Way) bool {
	return !slices.ContainsFunc(paths, func(p view.Way) bool { return !p.Takes(e) })
}

// isGrant reports whether a fact says so.
func (j *judged) isGrant(e view.Edge) bool {
	from, ok := j.graph.Find(e.From)
	to, ok2 := j.graph.Find(e.To)
	return ok && ok2 && slices.ContainsFunc(j.graph.Out(from), func(g graph.Edge) bool {
		return g.To == to && g.Kind() == e.Kind
	})
}

// lossOf says what becomes of duties that are held without a grant. Paths that are
// told may do without it; only when all need it is another one looked for, which may
// be one that was cut off, or one that a population implies.
func lossOf(e view.Edge, ways []way) loss {
	l := loss{grant: e}
	for _, x := range ways {
		if len(x.paths) == 0 && !x.cut {
			continue
		}
		if i := slices.IndexFunc(x.paths, func(p view.Way) bool { return !p.Takes(e) }); i >= 0 {
			l.left = append(l.left, remaining{x.called(), x.paths[i].Path})
		} else if other, ok := x.around.Without(e); ok {
			l.left = append(l.left, remaining{x.called(), other.Path})
		} else {
			l.gone = append(l.gone, x.called())
		}
	}
	return l
}

func (j *judged) tellWithout(w io.Writer, ways []way) {
	all, more := j.losses(ways)
	for _, l := range all {
		text := "  without " + j.pathText(reach.Path{Nodes: []graph.ID{l.grant.From, l.grant.To}, Kinds: []graph.GrantKind{l.grant.Kind}}) + ": " + strings.Join(l.gone, ", ")
		text += [2]string{" vanishes", " vanish"}[min(len(l.gone)-1, 1)]
		for _, r := range l.left {
			text += "; " + r.duty + " remains through " + j.pathText(r.through)
		}
		fmt.Fprintln(w, reports.Display(text))
	}
	if more > 0 {
		fmt.Fprintf(w, "  … and %s on every path told, not looked at\n", reports.Plural(more, "more grant"))
	}
}
