// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/reports"
)

// A way is how a subject holds one duty: every path, unless it was cut.
type way struct {
	duty  string
	paths []reach.Path
	cut   bool
}

// A step is a grant on a path.
type step struct {
	from, to graph.ID
	kind     graph.GrantKind
}

func stepsOf(p reach.Path) (all []step) {
	for i, k := range p.Kinds {
		all = append(all, step{p.Nodes[i], p.Nodes[i+1], k})
	}
	return all
}

// tellWithout says, of each grant without which some duty vanishes, which ones
// vanish and which remain, and through what. Who owns an account is no grant that
// anybody takes away, and what a population implies is none at all.
func (j *judged) tellWithout(w io.Writer, ways []way) {
	var told []step
	for _, one := range ways {
		if one.cut || len(one.paths) == 0 {
			continue // there may be more ways
		}
		for _, s := range stepsOf(one.paths[0]) {
			if s.kind != graph.Owns && !slices.Contains(told, s) && onAll(s, one.paths) && j.isGrant(s) {
				told = append(told, s)
				j.tellStep(w, s, ways)
			}
		}
	}
}

func onAll(s step, paths []reach.Path) bool { return len(past(s, paths)) == 0 }

// past returns the paths that do without a grant.
func past(s step, paths []reach.Path) []reach.Path {
	return slices.DeleteFunc(slices.Clone(paths), func(p reach.Path) bool { return slices.Contains(stepsOf(p), s) })
}

// isGrant reports whether a fact says so.
func (j *judged) isGrant(s step) bool {
	from, ok := j.graph.Find(s.from)
	to, ok2 := j.graph.Find(s.to)
	return ok && ok2 && slices.ContainsFunc(j.graph.Out(from), func(e graph.Edge) bool {
		return e.To == to && e.Kind() == s.kind
	})
}

func (j *judged) tellStep(w io.Writer, s step, ways []way) {
	var gone, left []string
	for _, one := range ways {
		rest := past(s, one.paths)
		switch {
		case len(one.paths) == 0:
		case len(rest) > 0:
			left = append(left, one.duty+" remains through "+j.pathText(rest[0]))
		case one.cut:
			left = append(left, "whether "+one.duty+" remains cannot be told")
		default:
			gone = append(gone, one.duty)
		}
	}
	text := fmt.Sprintf("  without %s: %s", j.pathText(reach.Path{Nodes: []graph.ID{s.from, s.to}, Kinds: []graph.GrantKind{s.kind}}), strings.Join(gone, ", "))
	text += [2]string{" vanishes", " vanish"}[min(len(gone)-1, 1)]
	for _, l := range left {
		text += "; " + l
	}
	fmt.Fprintln(w, reports.Display(text))
}
