// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// A standingAccess tells who holds privileged groups and roles at all times though they
// could be activated when they are needed.
type standingAccess struct {
	*world
	things [3][]uint32 // by place
	view   *reach.View
	held   *reach.Closure
	hidden []hiding

	activations bool // something in the graph was activated
}

// The places of what is privileged.
const (
	activatable = iota // in a source that tells who could activate what
	uncertain          // in one of which that was not read
	oddlyMarked        // in either, and nobody knows the word that says whether it is privileged
)

// privileged finds accounts of people and guests that hold, standing, what is privileged
// in a source in which people could be made eligible for it.
func (r *run) privileged() {
	things, odd, blind := r.privilegedThings()
	if blind != "" {
		r.rows["\n"] = &sod.NotAssessed{Rule: r.check.Name, Reason: blind}
	}
	s := newStandingAccess(r.world, r.policy, things, odd)
	r.accounts(s.of)
	r.unread(graph.Accounts, graph.Groups)
}

// privilegedThings returns the groups, roles and rights that are marked as privileged or
// in the control plane, and others whose mark is no word; blind says why there may be more
// of which nobody told.
func (r *run) privilegedThings() (things, odd []uint32, blind string) {
	things = sod.Match(r.g, r.policy.ControlPlane)
	if len(r.policy.ControlPlane) > 0 && len(things) == 0 {
		blind = "the control plane matches nothing"
	}
	for _, kind := range []graph.Kind{graph.Group, graph.Role, graph.Entitlement} {
		lo, hi := r.g.Range(kind)
		for n := lo; n < hi; n++ {
			if mark, _ := r.g.Word(n, "privileged"); mark == "true" {
				things = append(things, n)
			} else if r.odd(n, "privileged") != "" {
				odd = append(odd, n)
			}
		}
	}
	if len(things) == 0 && blind == "" {
		blind = "nothing says what is privileged: the policy has no control_plane, and no source marks its groups and roles"
	}
	slices.Sort(things)
	things = slices.Compact(things)
	odd = slices.DeleteFunc(odd, func(n uint32) bool {
		_, sure := slices.BinarySearch(things, n)
		return sure
	})
	return things, odd, blind
}

func newStandingAccess(w *world, p *sod.Policy, things, odd []uint32) *standingAccess {
	s := &standingAccess{world: w}
	for _, n := range things {
		if w.state(w.g.ID(n).Source, graph.Eligibility) == graph.Complete {
			s.place(n, activatable)
		} else {
			s.place(n, uncertain)
		}
	}
	for _, n := range odd {
		s.place(n, oddlyMarked)
	}
	if len(slices.Concat(s.things[:]...)) == 0 {
		return s
	}
	s.view = reach.At(w.g, w.asOf, reach.Standing)
	s.held = s.view.Close(s.things[:])
	s.hidden = w.hidings(s.view, p, s.things[:])
	s.activations = slices.ContainsFunc(w.g.AllTerms(), isActivated)
	return s
}

// place keeps a thing at a place, unless its source has nothing that could be activated.
func (s *standingAccess) place(n uint32, at int) {
	id := s.g.ID(n)
	if s.state(id.Source, graph.Eligibility) != graph.NotApplicable && id.Kind != graph.Account && id.Kind != graph.Identity {
		s.things[at] = append(s.things[at], n)
	}
}

// of judges one enabled account.
func (s *standingAccess) of(n uint32) verdict {
	kind := s.kind(n)
	if s.view == nil || kind != "person" && kind != "guest" && kind != "" {
		return clear()
	}
	v := s.judge(n)
	if kind == "" {
		return s.ofType(n, v, "an account of a person or a guest")
	}
	return v
}

func (s *standingAccess) judge(n uint32) verdict {
	for place := range s.things {
		if !s.held.Has(n, place) {
			continue
		}
		all := s.holds(n, place)
		switch {
		case len(all) == 0: // all of it was activated
		case place == activatable:
			return found("it holds %s at all times, and could be made eligible", s.labels(all))
		case place == oddlyMarked:
			id := s.g.ID(all[0])
			return unsure(id.Source, describedBy(id.Kind), "it holds %s at all times, and whether that is privileged is not known%s", id, s.odd(all[0], "privileged"))
		default:
			source := s.g.ID(all[0]).Source
			return unsure(source, graph.Eligibility, "it holds what is privileged at all times, and whether it could be made eligible in %s was not read (%s)", source, s.state(source, graph.Eligibility))
		}
	}
	for place := range s.things {
		for _, h := range s.hidden {
			if h.may.Has(n, place) && !s.held.Has(n, place) {
				return h.doubt(n, place, "it may hold what is privileged at all times")
			}
		}
	}
	return clear()
}

// holds lists what an account holds of a place, but for what it activated.
func (s *standingAccess) holds(n uint32, place int) (all []uint32) {
	start := s.view.Start(n)
	seen, todo := map[reach.Place]bool{start: true}, []reach.Place{start}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		from := s.view.Node(at)
		if _, is := slices.BinarySearch(s.things[place], from); is && !slices.Contains(all, from) {
			all = append(all, from)
		}
		for step := range s.view.Steps(at) {
			if !seen[step.To] && (step.Implied || !s.activations || !s.activated(from, s.view.Node(step.To), step.Kind)) {
				seen[step.To] = true
				todo = append(todo, step.To)
			}
		}
	}
	return all
}

// activated reports whether one thing holds another only since somebody activated it.
func (s *standingAccess) activated(from, to uint32, kind graph.GrantKind) bool {
	for _, e := range s.g.Out(from) {
		if e.To == to && e.Kind() == kind && s.g.Terms(e).Holds(s.asOf) && !isActivated(s.g.Terms(e)) {
			return false
		}
	}
	return true
}

func isActivated(t graph.Terms) bool {
	return t.Via != "" && slices.Contains(strings.Split(t.Via, "; "), "activated")
}

// labels names the first few of some things: "role:entra/r1 (Global Administrator)".
func (w *world) labels(nodes []uint32) string {
	var all []string
	for _, n := range nodes[:min(len(nodes), 3)] {
		text := w.g.ID(n).String()
		if name := w.g.Name(n); name != "" {
			text = fmt.Sprintf("%s (%s)", text, name)
		}
		all = append(all, text)
	}
	if more := len(nodes) - len(all); more > 0 {
		return strings.Join(all, ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(all, ", ")
}
