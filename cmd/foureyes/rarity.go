// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// rarities say of what one subject holds how many peers hold it too, a line for each.
type rarities struct {
	subject graph.ID
	lines   map[[2]graph.ID]string // by holder and thing
}

// rarity says how many peers of a path's subject hold what the path begins with; "" when
// that is not known. It asks once for all that the subject holds.
func (j *judged) rarity(p reach.Path) string {
	if len(p.Nodes) < 2 || p.Nodes[0].Kind != graph.Identity {
		return ""
	}
	if j.peers.subject != p.Nodes[0] {
		j.peers = j.raritiesOf(p.Nodes[0])
	}
	at := 0
	if p.Kinds[0] == graph.Owns && len(p.Nodes) > 2 {
		at = 1
	}
	return j.peers.lines[[2]graph.ID{p.Nodes[at], p.Nodes[at+1]}]
}

func (j *judged) raritiesOf(subject graph.ID) rarities {
	r := rarities{subject: subject, lines: map[[2]graph.ID]string{}}
	paths := j.firstSteps(subject)
	for i, all := range check.PeersOn(j.graph, j.report.AsOf, paths) {
		text := ""
		for _, p := range all {
			text += "      " + reports.Display(p.String()) + "\n"
		}
		if text == "" {
			continue // such as control, beside a grant that gives the same thing
		}
		last := len(paths[i].Nodes) - 1
		r.lines[[2]graph.ID{paths[i].Nodes[last-1], paths[i].Nodes[last]}] = text
	}
	return r
}

// firstSteps are the paths to all that a person holds, with an account or without one.
func (j *judged) firstSteps(subject graph.ID) (all []reach.Path) {
	n, _ := j.graph.Find(subject)
	for _, e := range j.graph.Out(n) {
		to := j.graph.ID(e.To)
		if e.Kind() != graph.Owns {
			all = append(all, reach.Path{Nodes: []graph.ID{subject, to}, Kinds: []graph.GrantKind{e.Kind()}})
			continue
		}
		for _, f := range j.graph.Out(e.To) {
			all = append(all, reach.Path{Nodes: []graph.ID{subject, to, j.graph.ID(f.To)}, Kinds: []graph.GrantKind{graph.Owns, f.Kind()}})
		}
	}
	return all
}
