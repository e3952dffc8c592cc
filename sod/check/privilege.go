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

// privilege tells which accounts are privileged: those that their source marks, and
// those that hold anything of the policy's control plane.
type privilege struct {
	*world
	plane  []uint32
	views  []*reach.View // by mode
	held   []*reach.Closure
	ways   []*reach.Maps
	hidden []hiding
	marks  map[graph.Source]bool // sources that tell of any account whether it is privileged
}

// hiding is what some things unread may hide of the control plane.
type hiding struct {
	unread []gap
	may    *reach.Closure
	ways   *reach.Maps
}

func newPrivilege(w *world, p *sod.Policy) *privilege {
	v := &privilege{world: w, plane: sod.Match(w.g, p.ControlPlane), marks: map[graph.Source]bool{}}
	lo, hi := w.g.Range(graph.Account)
	for n := lo; n < hi; n++ {
		if _, told := w.g.Word(n, "privileged"); told {
			v.marks[w.g.ID(n).Source] = true
		}
	}
	if len(v.plane) == 0 {
		return v
	}
	for m := reach.Standing; m <= p.Mode; m++ {
		v.views = append(v.views, reach.At(w.g, w.asOf, m))
	}
	v.held = reach.CloseModes(v.views, [][]uint32{v.plane})
	for _, c := range v.held {
		v.ways = append(v.ways, c.Maps())
	}
	v.hidden = v.hidings(v.views[len(v.views)-1], p, [][]uint32{v.plane})
	return v
}

// hidings tells what may be hidden of the ways to some labels: by what nobody accepted,
// by what somebody did, and, since what needs both is not accepted, by all.
func (w *world) hidings(v *reach.View, p *sod.Policy, labels [][]uint32) (all []hiding) {
	var open, accepted []gap
	for _, u := range reach.UnreadGrants(w.g) {
		if p.Accepts(u, w.asOf) {
			accepted = append(accepted, u)
		} else {
			open = append(open, u)
		}
	}
	for _, unread := range [][]gap{open, accepted, slices.Concat(open, accepted)} {
		if h := reach.Hide(w.g, unread); !h.Empty() {
			may := v.Behind(h).Close(labels)
			all = append(all, hiding{unread, may, may.Maps()})
		}
	}
	return all
}

// doubt says what hides whether a node leads to a label.
func (h *hiding) doubt(n uint32, label int, what string) verdict {
	doubt := verdict{unsure: what}
	var why []string
	for _, i := range h.ways.Gaps(h.ways.To(label).Gaps(n)) {
		doubt.gaps = append(doubt.gaps, h.unread[i])
		why = append(why, h.unread[i].Explain())
	}
	if len(why) > 3 {
		why = append(why[:3], fmt.Sprintf("and %d more", len(why)-3))
	}
	doubt.unsure += ": " + strings.Join(why, "; ")
	return doubt
}

// of finds that an account is privileged, and by what.
func (v *privilege) of(n uint32) verdict {
	source := v.g.ID(n).Source
	mark, told := v.g.Word(n, "privileged")
	if mark == "true" {
		return found("it is marked as privileged")
	}
	if why := v.holds(n); why != "" {
		return found("%s", why)
	}
	if doubt := v.mayHold(n); doubt.unsure != "" {
		return doubt
	}
	if odd := v.odd(n, "privileged"); odd != "" || !told && v.marks[source] {
		return unsure(source, graph.Accounts, "it is not known whether the account is privileged%s", odd)
	}
	return clear()
}

// holds says what an account holds of the control plane, by itself or by what its
// people hold without an account; "" for nothing.
func (v *privilege) holds(n uint32) string {
	for i, view := range v.views {
		if v.held[i].Has(n, 0) {
			return v.tell(i, n)
		}
		for _, owner := range v.owners[n] {
			for _, e := range v.g.Out(owner) {
				if e.Kind() != graph.Owns && reach.ModeOf(e.Kind()) <= view.Mode() && v.g.Terms(e).Holds(v.asOf) && v.held[i].Has(view.AsHeld(e.To), 0) {
					return v.tell(i, view.AsHeld(e.To))
				}
			}
		}
	}
	return ""
}

func (v *privilege) tell(mode int, from uint32) string {
	path, _ := v.ways[mode].To(0).From(from)
	end := path.End()
	n, _ := v.g.Find(end)
	return fmt.Sprintf("it holds %s (%s), %s", end, v.g.Name(n), v.views[mode].Mode())
}

// mayHold says what hides whether an account holds anything of the control plane.
func (v *privilege) mayHold(n uint32) verdict {
	for _, h := range v.hidden {
		if !h.may.Has(n, 0) {
			continue
		}
		return h.doubt(n, 0, "it may hold the control plane")
	}
	for _, owner := range v.owners[n] {
		for _, g := range v.gaps[v.g.ID(owner)] {
			if g.Dataset.Hides(graph.Assigned) && len(v.plane) > 0 {
				return verdict{unsure: "its owner may hold the control plane", gaps: []gap{{About: g.About, Dataset: g.Dataset, Reason: g.Reason}}}
			}
		}
	}
	return clear()
}

// blind says why nobody could be found to be privileged; "" when somebody could.
func (v *privilege) blind(p *sod.Policy) string {
	switch {
	case len(v.plane) > 0 || len(p.ControlPlane) == 0 && len(v.marks) > 0:
		return ""
	case len(p.ControlPlane) > 0:
		return "the control plane matches nothing"
	}
	return "nothing says who is privileged: the policy has no control_plane, and no source marks its accounts"
}
