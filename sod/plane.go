// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// controlPlane lists the subjects that hold any of the control plane, and the findings
// of which a path leads through it.
func (e *evaluation) controlPlane() (holders []Holder, findings map[string]bool) {
	plane := Match(e.g, e.p.ControlPlane)
	if len(plane) == 0 {
		return nil, nil
	}
	p := &pass{evaluation: e, labels: [][]uint32{plane}} // a pass without rules
	p.closeAll()
	for _, s := range e.subjects {
		at := slices.IndexFunc(p.proven, func(l level) bool { return l.closure.Has(s, 0) && p.exists(l, s) })
		if at < 0 {
			continue
		}
		path, _ := p.path(p.proven[at], s, 0)
		holders = append(holders, Holder{e.idOf(s), p.proven[at].view.Mode(), path})
	}
	slices.SortFunc(holders, func(a, b Holder) int { return a.Subject.Compare(b.Subject) })
	findings = map[string]bool{}
	through := func(id graph.ID) bool {
		n, _ := e.g.Find(id)
		_, in := slices.BinarySearch(plane, n)
		return in
	}
	for _, f := range e.findings {
		if slices.ContainsFunc(f.Witness, func(w Witness) bool { return slices.ContainsFunc(w.Path.Nodes, through) }) {
			findings[f.ID] = true
		}
	}
	return holders, findings
}
