// SPDX-License-Identifier: Apache-2.0

// Package check judges accounts, people and groups one by one: is somebody answerable
// for it, is it still used, has its owner left.
//
// Each check has three verdicts: finding, clear, not assessed. Of accounts only those
// that are known to be enabled can be findings; one whose status is unknown is not
// assessed when it would be a finding if it were enabled. A verdict that rests on
// the absence of something needs the complete dataset that would show it.
//
// [LeaverOf] answers another question, about one person: what of their access lives.
//
// What human resources alone should know is used and not told: that somebody will
// leave or begin, and when.
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
func Names() []string {
	return []string{
		"breakglass", "control-owner", "dormant-group", "duplicate-identity", "guest", "leaver", "mfa",
		"mover", "never-used", "orphaned", "ownerless", "prehire", "privileged", sod.RoleConflict, "service", "shared", "stale",
		"unapproved-grant", "uncorrelated", "vendor",
	}
}

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
		return c.Name == sod.RoleConflict && len(c.Where) == 0 // it is about groups and roles: package sod judges it
	})
	if len(checks) == 0 {
		return nil, nil
	}
	w := newWorld(g, asOf)
	var findings []sod.Finding
	var unknown []sod.NotAssessed
	for _, c := range checks {
		run := run{world: w, policy: p, check: c, examples: examples, findings: findings, rows: map[string]*sod.NotAssessed{}}
		if c.Name != sod.RoleConflict {
			run.all()
		}
		run.doubtScope()
		findings = run.findings
		unknown = append(unknown, run.unknown()...)
	}
	return findings, unknown
}

// A verdict on one account. The zero verdict is clear.
type verdict struct {
	found  string // what was found; empty when nothing
	unsure string // why it cannot be told; empty when it can
	gaps   []gap
}

// A gap is what would have to be read to tell.
type gap = reach.Unread

func clear() verdict { return verdict{} }

func found(format string, args ...any) verdict {
	return verdict{found: fmt.Sprintf(format, args...)}
}

func unsure(s graph.Source, d graph.Dataset, format string, args ...any) verdict {
	return verdict{unsure: fmt.Sprintf(format, args...), gaps: []gap{{Source: s, Dataset: d}}}
}

// A judgement says how one thing stands: an enabled account, a person, a group.
type judgement func(n uint32) verdict

// account returns how the run's check judges an enabled account; nil when there is no
// such check.
func (r *run) account() judgement {
	switch c := r.check; c.Name {
	case "leaver":
		return func(n uint32) verdict { return r.leaver(n, c.Within) }
	case "orphaned":
		return r.orphaned
	case "stale":
		return func(n uint32) verdict { return r.stale(n, c.After) }
	case "uncorrelated":
		return r.uncorrelated
	case "prehire":
		return func(n uint32) verdict { return r.prehire(n, c.Within) }
	case "never-used":
		return func(n uint32) verdict { return r.neverUsed(n, c.After) }
	case "guest":
		return func(n uint32) verdict { return r.guest(n, c.After) }
	case "shared":
		return r.shared
	case "service":
		return func(n uint32) verdict { return r.service(n, c.After) }
	}
	return nil
}

// A run is one check over all that it is about.
type run struct {
	*world
	policy   *sod.Policy
	check    sod.Check
	examples int           // how many a row names
	findings []sod.Finding // of the checks before, too
	rows     map[string]*sod.NotAssessed
}

func (r *run) all() {
	switch r.check.Name {
	case "breakglass":
		r.breakglass()
	case "control-owner":
		r.controlOwners()
	case "dormant-group":
		r.groups(r.dormant())
	case "duplicate-identity":
		r.duplicates()
	case "mfa":
		r.mfa()
	case "mover":
		r.movers()
	case "ownerless":
		r.groups(r.ownerless())
	case "privileged":
		r.privileged()
	case "unapproved-grant":
		r.unapproved()
	case "vendor":
		r.vendors()
	default:
		judge := r.account()
		if judge == nil { // the policy's reader refuses it; whoever makes a policy otherwise is not told "clear"
			r.rows[""] = &sod.NotAssessed{Rule: r.check.Name, Reason: "this program has no check of that name"}
			return
		}
		r.accounts(judge)
	}
}

// accounts judges every account that is enabled.
func (r *run) accounts(judge judgement) {
	r.each(graph.Account, func(n uint32) verdict { return r.ifEnabled(n, judge) })
	r.unread(graph.Accounts)
}

// each judges everything of a kind.
func (r *run) each(k graph.Kind, judge judgement) {
	lo, hi := r.g.Range(k)
	for n := lo; n < hi; n++ {
		r.take(r.g.ID(n), judge(n))
	}
}

// take notes a verdict.
func (r *run) take(id graph.ID, v verdict) {
	v = r.scoped(id, v)
	switch {
	case v.unsure != "":
		r.addUnknown(id, v)
	case v.found != "":
		r.findings = append(r.findings, sod.Finding{Kind: r.check.Name, Rule: r.check.Name,
			Severity: r.check.Severity, Subjects: []graph.ID{id}, Detail: v.found})
	}
}

// unread tells of what nobody may have seen at all.
func (r *run) unread(datasets ...graph.Dataset) {
	if row, ok := sod.UnreadSubjects(r.g, r.policy, r.asOf, datasets...); ok {
		row.Rule = r.check.Name
		r.rows[""] = &row
	}
}

// ifEnabled judges an account as far as its status allows.
func (r *run) ifEnabled(n uint32, judge judgement) verdict {
	able := r.enabled[n-r.accountsAt]
	if able == notEnabled {
		return clear()
	}
	v := judge(n)
	if able == abilityUnknown && v.found != "" {
		return unsure(r.g.ID(n).Source, graph.Accounts, "%s; it is not known whether the account is enabled%s", r.check.Name, r.odd(n, "status"))
	}
	return v
}

func (r *run) addUnknown(id graph.ID, v verdict) {
	var names []string
	for _, gap := range v.gaps {
		names = append(names, gap.String())
	}
	slices.Sort(names)
	names = slices.Compact(names)
	key := strings.Join(names, "\n") + "\n" + v.unsure
	row := r.rows[key]
	if row == nil {
		row = &sod.NotAssessed{Rule: r.check.Name, Gaps: names, Reason: v.unsure, Accepted: r.accepts(v.gaps)}
		r.rows[key] = row
	}
	row.Subjects++
	if len(row.Examples) < r.examples {
		row.Examples = append(row.Examples, id)
	}
}

// accepts reports whether somebody accepted every gap.
func (r *run) accepts(gaps []gap) bool {
	open := func(g gap) bool { return !r.policy.Accepts(g, r.asOf) }
	return len(gaps) > 0 && !slices.ContainsFunc(gaps, open)
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
