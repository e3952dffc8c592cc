// SPDX-License-Identifier: Apache-2.0

package check

import (
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// scoped is a verdict as far as the check's where lets it judge a thing. What would be
// found of one of which the where cannot tell is not assessed: not knowing clears nobody,
// and a check that goes over every account must not call those findings that it may not
// be about.
func (r *run) scoped(id graph.ID, v verdict) verdict {
	if len(r.check.Where) == 0 || v.found == "" && v.unsure == "" {
		return v
	}
	out, unknown := r.leftOut(id)
	switch {
	case out != "":
		return clear()
	case unknown != "" && v.found != "":
		return unsure(id.Source, describedBy(id.Kind), "%s; it would be a finding, and whether it is one that is judged (%s) is not known", r.check.Name, unknown)
	}
	return v
}

// leftOut holds the attributes of a thing against the check's where, as
// [sod.LeftOut] tells: those of an account with those of its people.
func (r *run) leftOut(id graph.ID) (out, unknown string) {
	n, ok := r.g.Find(id)
	if !ok {
		return "", r.check.Where[0].Key
	}
	nodes := []uint32{n}
	if id.Kind == graph.Account {
		people, _, _ := r.whose(n)
		nodes = append(append(nodes, r.main(n)), people...)
	}
	return sod.LeftOut(r.check.Where, func(key string) (all []string) {
		for _, n := range nodes {
			all = append(all, r.g.AttrValues(n, key)...)
		}
		return all
	})
}

// anyOf reports whether the where lets the check judge one of several things that a
// finding is about, and whether it may.
func (r *run) anyOf(ids []graph.ID) (in, perhaps bool) {
	if len(r.check.Where) == 0 {
		return true, true
	}
	for _, id := range ids {
		out, unknown := r.leftOut(id)
		in = in || out == "" && unknown == ""
		perhaps = perhaps || out == ""
	}
	return in, perhaps
}

// describedBy names the dataset that describes things of a kind.
func describedBy(k graph.Kind) graph.Dataset {
	switch k {
	case graph.Identity:
		return graph.Identities
	case graph.Account:
		return graph.Accounts
	}
	return graph.Groups
}

// doubtScope adds a row when a where lets nothing in: a slip of the pen must not read
// as clean.
func (r *run) doubtScope() {
	for i, a := range r.check.Where {
		if i > 0 && r.check.Where[i-1].Key == a.Key || sod.AnyMatches(r.g, r.check.Where, a.Key) {
			continue
		}
		r.rows["\nwhere "+a.Key] = &sod.NotAssessed{Rule: r.check.Name, Reason: "where " + a.Key + " matches nothing: no account, person, group or role has " + patterns(r.check.Where, a.Key)}
	}
}

// patterns tells what a where wants of an attribute: "DE or AT".
func patterns(where []sod.AttrPattern, key string) string {
	var all []string
	for _, a := range where {
		if a.Key == key && !slices.Contains(all, a.Pattern) {
			all = append(all, a.Pattern)
		}
	}
	return strings.Join(all, " or ")
}
