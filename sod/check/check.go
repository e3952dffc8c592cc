// SPDX-License-Identifier: Apache-2.0

// Package check judges accounts one by one: is somebody answerable for it, is it
// still used.
//
// Each check has three verdicts: finding, clear, not assessed. Only accounts that
// are known to be enabled can be findings; one whose status is unknown is not
// assessed when it would be a finding if it were enabled. A verdict that rests on
// the absence of something needs the complete dataset that would show it.
//
// [LeaverOf] answers another question, about one person: what of their access lives.
package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// Names lists the checks that exist.
func Names() []string { return []string{"orphaned", sod.RoleConflict, "stale", "uncorrelated"} }

// Judge runs the checks that the policy lists. It is a [sod.Judge].
func Judge(g *graph.Graph, p *sod.Policy, asOf time.Time) ([]sod.Finding, []sod.NotAssessed) {
	return judgeAll(g, p, asOf, 5)
}

// JudgeEach is [Judge] with rows that name every one of their accounts as examples.
func JudgeEach(g *graph.Graph, p *sod.Policy, asOf time.Time) ([]sod.Finding, []sod.NotAssessed) {
	return judgeAll(g, p, asOf, g.NumNodes())
}

func judgeAll(g *graph.Graph, p *sod.Policy, asOf time.Time, examples int) ([]sod.Finding, []sod.NotAssessed) {
	checks := slices.DeleteFunc(slices.Clone(p.Checks), func(c sod.Check) bool {
		return c.Name == sod.RoleConflict // it is about groups and roles: package sod judges it
	})
	if len(checks) == 0 {
		return nil, nil
	}
	w := newWorld(g, asOf)
	var findings []sod.Finding
	var unknown []sod.NotAssessed
	for _, c := range checks {
		run := run{world: w, policy: p, check: c, examples: examples, rows: map[string]*sod.NotAssessed{}}
		run.all(w.judge(c))
		findings = append(findings, run.findings...)
		unknown = append(unknown, run.unknown()...)
	}
	return findings, unknown
}

// A verdict on one account. The zero verdict is clear.
type verdict struct {
	found  string // what was found; empty when nothing
	unsure string // why it cannot be told; empty when it can
	gap    reach.Unread
}

func clear() verdict { return verdict{} }

func found(format string, args ...any) verdict {
	return verdict{found: fmt.Sprintf(format, args...)}
}

func unsure(s graph.Source, d graph.Dataset, format string, args ...any) verdict {
	return verdict{unsure: fmt.Sprintf(format, args...), gap: reach.Unread{Source: s, Dataset: d}}
}

// A judgement says how one enabled account stands.
type judgement func(account uint32) verdict

func (w *world) judge(c sod.Check) judgement {
	switch c.Name {
	case "orphaned":
		return w.orphaned
	case "stale":
		return func(n uint32) verdict { return w.stale(n, c.After) }
	case "uncorrelated":
		return w.uncorrelated
	}
	panic("check: unknown check " + c.Name) // the policy's reader refuses it
}

// A run is one check over all accounts.
type run struct {
	*world
	policy   *sod.Policy
	check    sod.Check
	examples int // how many a row names
	findings []sod.Finding
	rows     map[string]*sod.NotAssessed
}

func (r *run) all(judge judgement) {
	lo, hi := r.g.Range(graph.Account)
	for n := lo; n < hi; n++ {
		v := r.ifEnabled(n, judge)
		switch {
		case v.unsure != "":
			r.addUnknown(n, v)
		case v.found != "":
			r.findings = append(r.findings, sod.Finding{Kind: r.check.Name, Rule: r.check.Name,
				Severity: r.check.Severity, Subjects: []graph.ID{r.g.ID(n)}, Detail: v.found})
		}
	}
	if row, ok := sod.UnreadSubjects(r.g, r.policy, r.asOf, graph.Accounts); ok {
		row.Rule = r.check.Name
		r.rows[""] = &row
	}
}

// ifEnabled judges an account as far as its status allows.
func (r *run) ifEnabled(n uint32, judge judgement) verdict {
	status, known := r.g.Attr(n, "status")
	if known && status != "enabled" {
		return clear()
	}
	v := judge(n)
	if !known && v.found != "" {
		return unsure(r.g.ID(n).Source, graph.Accounts, "%s; it is not known whether the account is enabled", r.check.Name)
	}
	return v
}

func (r *run) addUnknown(n uint32, v verdict) {
	key := v.gap.String() + "\n" + v.unsure
	row := r.rows[key]
	if row == nil {
		row = &sod.NotAssessed{Rule: r.check.Name, Gaps: []string{v.gap.String()}, Reason: v.unsure,
			Accepted: r.policy.Accepts(v.gap, r.asOf)}
		r.rows[key] = row
	}
	row.Subjects++
	if len(row.Examples) < r.examples {
		row.Examples = append(row.Examples, r.g.ID(n))
	}
}

func (r *run) unknown() []sod.NotAssessed {
	var all []sod.NotAssessed
	for _, row := range r.rows {
		all = append(all, *row)
	}
	slices.SortFunc(all, func(a, b sod.NotAssessed) int {
		return cmp.Or(slices.Compare(a.Gaps, b.Gaps), strings.Compare(a.Reason, b.Reason))
	})
	return all
}
