// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"fmt"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// This file checks what the plan leaves.

// cleared judges the graph without what is revoked.
func (c *checker) cleared() error {
	cut := map[grant]bool{}
	for _, s := range c.plan.Revoke {
		cut[s.grant] = true
	}
	after, err := without(c.g, cut)
	if err != nil {
		return err
	}
	then := c.judge(after)
	left, reopened := map[string]bool{}, []string{}
	for _, f := range then {
		left[f.ID] = true
		if c.accepted[f.ID] && f.Status == sod.Open {
			reopened = append(reopened, f.ID)
		}
	}
	for _, id := range c.plan.Clears {
		if left[id] {
			return fmt.Errorf("finding %s is still there after the plan", id)
		}
	}
	if !slices.Equal(reopened, c.plan.Reopens) {
		return fmt.Errorf("it reopens %s, and says %s", strings.Join(reopened, ", "), strings.Join(c.plan.Reopens, ", "))
	}
	return c.besides(then, left)
}

// besides checks what else comes and goes.
func (c *checker) besides(then []sod.Finding, left map[string]bool) error {
	was := map[string]bool{}
	var creates, clears []finding
	for _, f := range c.all {
		was[f.ID] = true
		if !left[f.ID] && !slices.Contains(c.own[f.Subjects[0]], f.ID) {
			clears = append(clears, told(f))
		}
	}
	for _, f := range then {
		if !was[f.ID] {
			creates = append(creates, told(f))
		}
	}
	same := func(a, b finding) bool {
		return a.Finding == b.Finding && a.Kind == b.Kind && a.Rule == b.Rule && a.Status == b.Status && slices.Equal(a.Subjects, b.Subjects)
	}
	if !slices.EqualFunc(creates, c.plan.Creates, same) || !slices.EqualFunc(clears, c.plan.Besides, same) {
		return fmt.Errorf("it creates %v and clears %v besides, and says %v and %v", creates, clears, c.plan.Creates, c.plan.Besides)
	}
	return c.inTurn()
}

func told(f sod.Finding) finding { return finding{f.ID, f.Kind, f.Rule, f.Status, f.Subjects} }

// inTurn checks that each finding is cleared by the step that says so, and by none
// before it.
func (c *checker) inTurn() error {
	step := map[grant]int{}
	told := map[string]bool{}
	for i, s := range c.plan.Revoke {
		step[s.grant] = i
	}
	breaks := func(f *sod.Finding, last int) bool { // when all steps up to one are taken
		return c.breaks(f, func(g grant) bool { at, planned := step[g]; return !planned || at > last })
	}
	for i, s := range c.plan.Revoke {
		before := -1
		for _, id := range s.Clears {
			place, clears := c.place[id]
			if !clears || told[id] || place <= before || breaks(c.before[id], i) || !breaks(c.before[id], i-1) {
				return fmt.Errorf("step %d does not clear finding %s, or not in this place", i+1, id)
			}
			before, told[id] = place, true
		}
	}
	if len(told) != len(c.plan.Clears) {
		return fmt.Errorf("the steps clear %d findings, and the plan %d", len(told), len(c.plan.Clears))
	}
	return nil
}

// breaks reports whether a finding is there when of all grants those that pass are.
func (c *checker) breaks(f *sod.Finding, pass func(grant) bool) bool {
	reached, holds := c.walk(f, pass, func(grant) {})
	duties, allowed, _ := c.counting(f)
	held := 0
	for _, d := range duties {
		if slices.ContainsFunc(d.Nodes, func(n uint32) bool { return reached[n] }) {
			held++
		}
	}
	return held > allowed && (holds || f.Subjects[0].Kind != graph.Unresolved)
}

// walk tells what the subject of a finding comes to by grants that pass, and whether it
// holds any. It calls do with each of them that is met.
func (c *checker) walk(f *sod.Finding, pass func(grant) bool, do func(grant)) (reached map[uint32]bool, holds bool) {
	start, _ := c.g.Find(f.Subjects[0])
	seen := map[spot]bool{{start, nested}: true}
	queue := []spot{{start, nested}}
	reached = map[uint32]bool{}
	for i := 0; i < len(queue); i++ {
		s := queue[i]
		from := c.g.ID(s.node)
		reached[s.node] = true
		c.onward(s, func(to uint32, k graph.GrantKind, isImplied bool) {
			g := grant{from, c.g.ID(to), k}
			if !isImplied && !pass(g) {
				return
			}
			if !isImplied {
				holds = holds || s.node == start
				do(g)
			}
			next := spot{to, entryBy(k, from, g.To)}
			if weakness(k) <= int(c.policy.Mode) && !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		})
	}
	return reached, holds
}

// without copies a graph but for some grants, whatever their windows.
func without(g *graph.Graph, cut map[grant]bool) (*graph.Graph, error) {
	var b graph.Builder
	b.Grow(g.NumNodes())
	var all []graph.Fact
	for n := range uint32(g.NumNodes()) {
		if _, err := b.Number(g.ID(n)); err != nil {
			return nil, err
		}
		if g.Described(n) {
			if err := b.Add(g.Node(n)); err != nil {
				return nil, err
			}
		}
	}
	for n := range uint32(g.NumNodes()) {
		for _, e := range g.Out(n) {
			if cut[grant{g.ID(n), g.ID(e.To), e.Kind()}] {
				continue
			}
			if err := b.AddEdge(n, e.To, e.Kind(), g.Terms(e)); err != nil {
				return nil, err
			}
		}
	}
	for _, x := range g.Gaps() {
		all = append(all, x)
	}
	for _, x := range g.Uses() {
		all = append(all, x)
	}
	for _, x := range g.Coverage() {
		all = append(all, x)
	}
	for _, x := range g.Runs() {
		all = append(all, x)
	}
	for _, f := range all {
		if err := b.Add(f); err != nil {
			return nil, err
		}
	}
	return b.Graph(), nil
}
