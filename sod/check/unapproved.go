// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// unapproved finds grants into what matters, made within a time before the moment that
// is judged, for which nobody else said yes before they were made.
func (r *run) unapproved() {
	matter := r.matter(graph.Group, graph.Role, graph.Entitlement)
	if !anySure(matter) {
		r.rows["\n"] = &sod.NotAssessed{Rule: r.check.Name, Reason: "nothing is in a duty, in an application or privileged"}
	}
	requests := newRequestIndex(r.world, r.check.Requests)
	for n := range uint32(r.g.NumNodes()) {
		edges := r.g.Out(n)
		for len(edges) > 0 { // those into one thing follow each other
			to := edges[0].To
			more := slices.IndexFunc(edges, func(e graph.Edge) bool { return e.To != to })
			if more < 0 {
				more = len(edges)
			}
			if c, in := matter[to]; in {
				r.takeGrant(n, to, c, r.approved(requests, n, edges[:more]))
			}
			edges = edges[more:]
		}
	}
	r.unseenGrants(matter)
	r.unread(graph.Accounts, graph.Groups)
}

// takeGrant notes the verdict on what one thing holds of another. Both are subjects of
// the finding, so that it is told, and accepted, by itself.
func (r *run) takeGrant(holder, thing uint32, c weight, v verdict) {
	id := r.g.ID(holder)
	if to := r.g.ID(thing); v.found != "" && c.odd != "" {
		v = unsure(to.Source, describedBy(to.Kind), "it is not known whether what it was given, %s, is privileged%s", to, c.odd)
	}
	v = r.scoped(id, v)
	switch {
	case v.unsure != "":
		r.addUnknown(id, v)
	case v.found != "":
		r.findings = append(r.findings, sod.Finding{Kind: r.check.Name, Rule: r.check.Name, Severity: r.check.Severity,
			Subjects: []graph.ID{id, r.g.ID(thing)}, Detail: c.why + ": " + v.found})
	}
}

// approved judges the grants by which one thing holds another: the worst counts.
func (r *run) approved(x *requestIndex, holder uint32, edges []graph.Edge) verdict {
	worst := clear()
	for _, e := range edges {
		if e.Kind() == graph.Owns || e.Kind() == graph.Controls {
			continue
		}
		if v := r.approvedGrant(x, holder, e); v.found != "" || worst.found == "" && v.unsure != "" {
			worst = v
		}
	}
	return worst
}

func (r *run) approvedGrant(x *requestIndex, holder uint32, e graph.Edge) verdict {
	since, start := r.g.Terms(e).Since, r.asOf.Add(-r.check.Within)
	target := r.g.ID(e.To)
	if !since.IsZero() && (!since.After(start) || since.After(r.asOf)) {
		return clear() // of another time
	}
	people, otherwise := r.behind(holder)
	dated := since
	if since.IsZero() { // approved before the time that is judged: it was made later, or is not judged
		dated = start
	}
	v := r.best(x, holder, people, e.To, dated)
	switch {
	case since.IsZero() && (v.found != "" || v.unsure != ""):
		return unsure(target.Source, datasetOf(e.Kind()), "when %s was given is not known", gift(e.Kind()))
	case v.found != "" && otherwise.unsure != "" && x.namesPeople(e.To):
		return unsure(otherwise.gaps[0].Source, otherwise.gaps[0].Dataset, "whose account it is is not known, and requests for what it got name people")
	case v.found != "":
		return found("%s was given%s on %s: %s", gift(e.Kind()), r.toWhom(people), since.Format(time.DateOnly), v.found)
	}
	return v
}

// behind returns the people to whom a holder belongs, or what hides them.
func (r *run) behind(holder uint32) (people []uint32, otherwise verdict) {
	switch r.g.ID(holder).Kind {
	case graph.Identity:
		return []uint32{holder}, clear()
	case graph.Account:
		people, _, otherwise = r.whose(holder)
	}
	return people, otherwise
}

func (r *run) toWhom(people []uint32) string {
	if len(people) == 0 {
		return ""
	}
	return " to " + r.label(people[0])
}

// gift names what a grant of a kind gives.
func gift(k graph.GrantKind) string {
	switch k {
	case graph.Member:
		return "membership"
	case graph.Eligible:
		return "eligibility"
	}
	return "it"
}

// datasetOf names the dataset that tells of grants of a kind.
func datasetOf(k graph.GrantKind) graph.Dataset {
	switch k {
	case graph.Member:
		return graph.Memberships
	case graph.Eligible:
		return graph.Eligibility
	}
	return graph.Assignments
}

// best judges a grant by the request that speaks most for it.
func (r *run) best(x *requestIndex, holder uint32, people []uint32, thing uint32, since time.Time) verdict {
	best := found("there is no approved request for it")
	rank := 0
	for _, i := range x.matching(holder, people, thing) {
		q := x.all[i]
		is, why := x.approverOf(q, holder, people)
		late := q.After(since)
		switch {
		case !late && is == somebodyElse:
			return clear()
		case !late && is == cannotTell && rank < 3:
			rank, best = 3, unsure(r.g.ID(holder).Source, graph.Accounts, "%s", why)
			best.gaps = nil // it may be in no source at all
		case !late && is == themselves && rank < 2:
			rank, best = 2, found("%s was approved by who got it", called(q))
		case late && rank < 1:
			rank, best = 1, found("%s was approved %s after", called(q), span(q.Approved.Sub(since)))
		}
	}
	return best
}

// matching lists the requests that name a holder, or their people, and a thing, in the
// order of the export.
func (x *requestIndex) matching(holder uint32, people []uint32, thing uint32) (all []int) {
	requests := x.of(thing)
	if len(requests) == 0 {
		return nil
	}
	keys := map[string]bool{}
	for _, n := range slices.Concat([]uint32{holder}, people) {
		for _, key := range x.w.calledBy(n) {
			keys[key] = true
		}
	}
	for key := range keys {
		all = append(all, requests[key]...)
	}
	slices.Sort(all)
	return all
}

// namesPeople reports whether a request for a thing names somebody by something else
// than an ID.
func (x *requestIndex) namesPeople(thing uint32) bool {
	for key := range x.of(thing) {
		if id, err := graph.ParseID(key); err != nil || id.Kind == graph.Identity {
			return true
		}
	}
	return false
}

// called names a request: its reference, and where it stands.
func called(q sod.Request) string {
	if q.Ref == "" {
		return "the request at " + q.Place
	}
	return fmt.Sprintf("request %s (%s)", q.Ref, q.Place)
}

func span(d time.Duration) string {
	if d < 24*time.Hour {
		return "less than a day"
	}
	return days(d)
}

// unseenGrants tells of which things that matter it was not read who holds them, and of
// whom it was not read what they hold.
func (r *run) unseenGrants(matter map[uint32]weight) {
	for _, n := range slices.Sorted(maps.Keys(matter)) {
		id := r.g.ID(n)
		for _, d := range intoOf(id.Kind) {
			if v := r.unreadOf(id, d); v.unsure != "" {
				v.unsure = "who was given it may not have been read: " + v.unsure
				r.addUnknown(id, v)
			}
		}
	}
	if len(matter) == 0 {
		return
	}
	for _, g := range r.g.Gaps() {
		holds := g.Dataset.Hides(graph.Member) || g.Dataset.Hides(graph.Assigned) || g.Dataset.Hides(graph.Eligible)
		if holds && (g.About.Kind == graph.Account || g.About.Kind == graph.Identity) {
			r.addUnknown(g.About, verdict{unsure: "it was not read what it was given", gaps: []gap{{About: g.About, Dataset: g.Dataset, Reason: g.Reason}}})
		}
	}
}

// intoOf lists the datasets that tell who holds things of a kind.
func intoOf(k graph.Kind) []graph.Dataset {
	switch k {
	case graph.Group:
		return []graph.Dataset{graph.Memberships, graph.Eligibility}
	case graph.Role:
		return []graph.Dataset{graph.Assignments, graph.Eligibility}
	}
	return []graph.Dataset{graph.Assignments}
}
