// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// EvaluateEach is [Evaluate] for the subjects that only chooses; nil chooses all.
// The rows of what is not assessed name every one of their subjects as examples.
// Findings tell no own changes: the graph may be a part, without all owners.
func EvaluateEach(g *graph.Graph, p *Policy, asOf time.Time, only func(graph.ID) bool, judges ...Judge) *Report {
	e := newEvaluation(g, p, asOf)
	e.each = true
	if only != nil {
		left := func(n uint32) bool { return !only(e.idOf(n)) }
		e.subjects, e.containers = slices.DeleteFunc(slices.Clone(e.everyone), left), slices.DeleteFunc(e.containers, left)
	}
	return e.report(judges)
}
