// SPDX-License-Identifier: Apache-2.0

package sod_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

func isContainer(id graph.ID) bool { return id.Kind == graph.Group || id.Kind == graph.Role }

// probe returns what somebody reaches who has nothing but the container: directly, or
// by way of a group that is in it.
func (w tiny) probe(container graph.ID, direct bool, grants []graph.Grant, m reach.Mode) map[graph.ID]bool {
	probe := graph.ID{Kind: graph.Account, Source: "probe", Key: "p"}
	kind := graph.Assigned
	if container.Kind == graph.Group {
		kind = graph.Member
	}
	if !direct && container.Kind == graph.Group {
		probe.Kind = graph.Group
	}
	edges := slices.Concat(grants, implied(w.nodes(), grants), []graph.Grant{{From: probe, To: container, Kind: kind}})
	return reached(probe, edges, m)
}

// gives reports whether a container by itself gives all sides of a rule.
func (w tiny) gives(r sod.Rule, value string, container graph.ID, direct bool, grants []graph.Grant, m reach.Mode) bool {
	if r.Kind == sod.PeopleRule {
		r.Kind = sod.ConflictRule
	}
	in := instance{w, r, value, w.nodes(), map[reach.Mode]map[graph.ID]map[graph.ID]bool{m: {container: w.probe(container, direct, grants, m)}}}
	return in.breaks(container, m)
}

// passesOn reports whether a container gives all sides only as another one does that
// it leads to and that does not lead back.
func (w tiny) passesOn(r sod.Rule, value string, container graph.ID, m reach.Mode) bool {
	all := slices.Concat(w.grants(), implied(w.nodes(), w.grants()))
	return slices.ContainsFunc(all, func(g graph.Grant) bool {
		direct := g.Kind == graph.Controls
		return g.From == container && isContainer(g.To) && holdsAt(g, noon) && allowed(g.Kind, m) &&
			w.gives(r, value, g.To, direct, w.grants(), m) && !w.probe(g.To, direct, w.grants(), m)[container]
	})
}

func (w tiny) roleVerdicts() []string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, r := range w.policy.Rules {
		if r.Kind == sod.CriticalRule || r.Kind == sod.RequiresRule || w.dead(r, w.nodes()) {
			continue
		}
		for _, value := range w.values(r) {
			for _, c := range slices.DeleteFunc(w.nodes(), func(id graph.ID) bool { return !isContainer(id) }) {
				found := false
				for m := reach.Standing; m <= w.policy.Mode; m++ {
					if w.gives(r, value, c, true, w.grants(), m) {
						if !found && !w.passesOn(r, value, c, m) {
							add("finding %s %s %s in %q", m, r.ID, c, value)
						}
						found = true
					} else if may := func(counts func(bool) bool) bool {
						return w.gives(r, value, c, true, append(w.grants(), w.hidden(counts)...), m)
					}; may(allGaps) {
						add("not-assessed %s %s %s accepted=%t", m, r.ID, c, may(acceptedGaps) && !may(openGaps))
					}
				}
			}
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

func roleTold(r *sod.Report) []string {
	var lines []string
	for _, f := range r.Findings {
		if f.Kind == sod.RoleConflict {
			lines = append(lines, fmt.Sprintf("finding %s %s %s in %q", f.Mode, f.Rule, text(f.Subjects), f.Same))
		}
	}
	for _, n := range r.NotAssessed {
		for _, s := range n.Examples {
			if isContainer(s) {
				lines = append(lines, fmt.Sprintf("not-assessed %s %s %s accepted=%t", n.Mode, n.Rule, s, n.Accepted))
			}
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// TestRoleConflictsEqualOracle holds the check of groups and roles against somebody
// who has just one of them, tried out.
func TestRoleConflictsEqualOracle(t *testing.T) {
	findings := 0
	for seed := range worlds() / 2 {
		w := randomTiny(seed)
		w.policy.Checks = []sod.Check{{Name: sod.RoleConflict}}
		g, _ := w.evaluate(t)
		report := sod.EvaluateEach(g, w.policy, noon, nil)
		if diff := cmp.Diff(w.roleVerdicts(), roleTold(report)); diff != "" {
			t.Fatalf("seed %d (-oracle +engine):\n%s\nfacts: %v\nrules: %v", seed, diff, w.facts, w.policy.Rules)
		}
		for _, f := range report.Findings {
			if f.Kind == sod.RoleConflict {
				findings++
				if f.Cause.IsZero() || len(f.Witness) == 0 || f.Witness[0].Path.Nodes[0] != f.Subjects[0] {
					t.Fatalf("seed %d: %+v has no proof that begins at it", seed, f)
				}
			}
		}
	}
	if findings < 100 {
		t.Errorf("only %d findings", findings)
	}
}
