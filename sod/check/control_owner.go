// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// controlOwners finds those who answer for a control, a compensating control or an
// acceptance, and have left.
func (r *run) controlOwners() {
	var order []graph.ID
	roles := map[graph.ID][]string{}
	answers := func(id graph.ID, format string, args ...any) {
		if id.IsZero() {
			return
		}
		if roles[id] == nil {
			order = append(order, id)
		}
		roles[id] = append(roles[id], fmt.Sprintf(format, args...))
	}
	for _, c := range r.policy.Controls {
		answers(c.Owner, "owner of control %s", c.ID)
	}
	for _, c := range r.policy.Compensating {
		answers(c.Owner, "owner of compensating control %s", c.ID)
	}
	for _, a := range r.policy.Accepted {
		if a.Expires.Includes(r.asOf) {
			answers(a.ApprovedBy, "approver of an acceptance of %s", a.Rule+a.Check)
		}
	}
	left := sod.Leavers(r.g, r.asOf)
	for _, id := range order {
		switch has, known, why := left(id); {
		case has:
			r.take(id, found("%s: %s", some(roles[id]), why))
		case !known:
			r.take(id, verdict{unsure: why, gaps: []gap{r.teller(id)}})
		}
	}
}

// teller names what would have to be read to tell whether somebody left.
func (r *run) teller(id graph.ID) gap {
	if id.Kind == graph.Identity {
		return gap{Source: id.Source, Dataset: graph.Identities}
	}
	if n, ok := r.g.Find(id); ok && len(r.owners[n]) > 0 {
		return gap{Source: r.g.ID(r.owners[n][0]).Source, Dataset: graph.Identities}
	}
	return gap{Source: id.Source, Dataset: graph.Accounts}
}

// some joins the first few words.
func some(words []string) string {
	if more := len(words) - 3; more > 0 {
		return strings.Join(words[:3], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(words, ", ")
}
