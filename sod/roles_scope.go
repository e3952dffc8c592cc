// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"fmt"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// containersOf lists the groups and roles that the check's Where does not leave out.
func (p *pass) containersOf(c Check) []uint32 {
	if len(c.Where) == 0 {
		return p.containers
	}
	return slices.DeleteFunc(slices.Clone(p.containers), func(s uint32) bool {
		n, _ := p.g.Find(p.idOf(s))
		out, _ := c.leftOut(p.g, n)
		return out != ""
	})
}

func (c *Check) leftOut(g *graph.Graph, n uint32) (out, unknown string) {
	return LeftOut(c.Where, func(key string) []string { return g.AttrValues(n, key) })
}

// scopeRows tell of how many groups and roles it is not known whether they are judged.
type scopeRows []NotAssessed

// take notes a finding of a group or role of which it is not known whether the check's
// Where leaves it out, and reports whether it is such a one.
func (rows *scopeRows) take(g *graph.Graph, c Check, f Finding) bool {
	n, _ := g.Find(f.Subjects[0])
	_, attr := c.leftOut(g, n)
	if attr == "" {
		return false
	}
	gap := reach.Unread{Source: f.Subjects[0].Source, Dataset: graph.Groups}.String()
	row := NotAssessed{Rule: f.Rule, Mode: f.Mode, Gaps: []string{gap}, Same: f.Same,
		Reason: fmt.Sprintf("role-conflict: it would be a finding, and whether it is one that is judged (%s) is not known", attr)}
	i := slices.IndexFunc(*rows, func(r NotAssessed) bool {
		return r.Rule == row.Rule && r.Mode == row.Mode && r.Same == row.Same && r.Gaps[0] == gap && r.Reason == row.Reason
	})
	if i < 0 {
		i = len(*rows)
		*rows = append(*rows, row)
	}
	r := &(*rows)[i]
	r.Subjects++
	if len(r.Examples) < maxExamples {
		r.Examples = append(r.Examples, f.Subjects[0])
	}
	return true
}
