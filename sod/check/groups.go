// SPDX-License-Identifier: Apache-2.0

package check

import (
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// groups judges the groups that matter. When none does, nothing is judged, which is
// not clean.
func (r *run) groups(judge judgement) {
	matter := r.matter(graph.Group)
	if !anySure(matter) {
		r.rows["\n"] = &sod.NotAssessed{Rule: r.check.Name, Reason: "no group is in a duty, in an application or privileged"}
	}
	r.each(graph.Group, func(n uint32) verdict {
		c, in := matter[n]
		if !in || reach.IsPopulation(r.g.ID(n)) {
			return clear()
		}
		v := judge(n)
		if v.found == "" {
			return v
		}
		if c.odd != "" {
			return unsure(r.g.ID(n).Source, graph.Groups, "it is not known whether it is privileged%s", c.odd)
		}
		return found("%s: %s", c.why, v.found)
	})
	r.unread(graph.Groups)
}

// A weight is why a thing matters, or that it may.
type weight struct {
	why string
	odd string // what its mark says, when that is no word, and nothing else tells that it matters
}

// anySure reports whether anything is known to matter.
func anySure(matter map[uint32]weight) bool {
	for _, c := range matter {
		if c.odd == "" {
			return true
		}
	}
	return false
}

// matter says of each thing of some kinds that is in a duty, in an application or
// privileged, or of which the last cannot be told, which of these it is.
func (r *run) matter(kinds ...graph.Kind) map[uint32]weight {
	all := map[uint32]weight{}
	add := func(nodes []uint32, why string) {
		for _, n := range nodes {
			if _, told := all[n]; !told && slices.Contains(kinds, r.g.ID(n).Kind) {
				all[n] = weight{why: why}
			}
		}
	}
	for i, nodes := range sod.DutyNodes(r.g, r.policy) {
		add(nodes, "in duty "+r.policy.Duties[i].ID)
	}
	for _, a := range r.policy.Apps {
		if a.InScope {
			add(sod.Match(r.g, a.Entitlements), "in application "+a.ID)
		}
	}
	add(sod.Match(r.g, r.policy.ControlPlane), "in the control plane")
	for _, k := range kinds {
		lo, hi := r.g.Range(k)
		for n := lo; n < hi; n++ {
			if mark, _ := r.g.Word(n, "privileged"); mark == "true" {
				add([]uint32{n}, "privileged")
			}
			if _, told := all[n]; !told && r.odd(n, "privileged") != "" {
				all[n] = weight{odd: r.odd(n, "privileged")}
			}
		}
	}
	return all
}

// dormant returns how groups are judged that nobody is in, or will be, or could
// activate.
func (r *run) dormant() judgement {
	full := r.entered(func(e graph.Edge, _ graph.Kind) bool {
		until := r.g.Terms(e).UntilTime
		return (e.Kind() == graph.Member || e.Kind() == graph.Eligible) && (until.IsZero() || until.After(r.asOf))
	})
	doubt := r.unreadMember()
	return func(n uint32) verdict {
		if full[n] {
			return clear()
		}
		for _, d := range []graph.Dataset{graph.Memberships, graph.Eligibility} {
			if v := r.unreadOf(r.g.ID(n), d); v.unsure != "" {
				return v
			}
		}
		if doubt.unsure != "" {
			return doubt
		}
		return found("nobody is in it")
	}
}

// unreadMember finds somebody of whom it was not read which groups they are in: it may
// be any.
func (w *world) unreadMember() verdict {
	hides := func(g graph.Gap) bool {
		return g.About.Kind == graph.Account && (g.Dataset.Hides(graph.Member) || g.Dataset.Hides(graph.Eligible))
	}
	i := slices.IndexFunc(w.g.Gaps(), hides)
	if i < 0 {
		return clear()
	}
	g := w.g.Gaps()[i]
	return verdict{unsure: "it was not read of every account which groups it is in", gaps: []gap{{About: g.About, Dataset: g.Dataset, Reason: g.Reason}}}
}

// ownerless returns how groups are judged that nobody answers for: no owner is named
// who is there, and no person or account controls it.
func (r *run) ownerless() judgement {
	controlled := r.entered(func(e graph.Edge, from graph.Kind) bool {
		return e.Kind() == graph.Controls && (from == graph.Identity || from == graph.Account) && r.g.Terms(e).Holds(r.asOf)
	})
	return func(n uint32) verdict {
		id, owners := r.g.ID(n), r.g.AttrValues(n, "owner")
		v := found("it has no owner, and nobody controls it")
		if len(owners) > 0 {
			v = r.ofDeclared(id.Source, owners)
		}
		if controlled[n] || v.found == "" && v.unsure == "" {
			return clear()
		}
		if !r.g.Described(n) {
			return unsure(id.Source, graph.Groups, "it is only named, and nothing is known of it")
		}
		for _, d := range []graph.Dataset{graph.Groups, graph.Control} {
			if v := r.unreadOf(id, d); v.unsure != "" {
				return v
			}
		}
		return v
	}
}

// entered says of each node whether a grant leads to it that counts.
func (w *world) entered(counts func(e graph.Edge, from graph.Kind) bool) []bool {
	is := make([]bool, w.g.NumNodes())
	for n := range uint32(w.g.NumNodes()) {
		kind := w.g.ID(n).Kind
		for _, e := range w.g.Out(n) {
			if counts(e, kind) {
				is[e.To] = true
			}
		}
	}
	return is
}
