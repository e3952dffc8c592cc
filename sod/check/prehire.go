// SPDX-License-Identifier: Apache-2.0

package check

import (
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// prehire finds accounts that are enabled before the first day of those whose they
// are, earlier than within before it. When that day is, is not told.
func (w *world) prehire(account uint32, within time.Duration) verdict {
	people, linked, otherwise := w.whose(account)
	if people == nil {
		return otherwise
	}
	early, others := verdict{}, 0
	for _, n := range people {
		switch v := w.notBegun(n, within); {
		case v.unsure != "":
			return v
		case v.found != "":
			early = v
		case linked:
			return clear() // one who may use it is enough
		default:
			others++
		}
	}
	if early.found != "" && others > 0 {
		return unsure(w.g.ID(account).Source, graph.Accounts, "its employee id is that of somebody who has not begun and of somebody who has")
	}
	return early
}

// notBegun finds that a person has not begun, and will not do so within a time.
func (w *world) notBegun(n uint32, within time.Duration) verdict {
	people := w.g.ID(n).Source
	if !w.g.Described(n) {
		if st, why := w.absent(w.g.ID(n)); st == notKnown {
			return unsure(people, graph.Identities, "%s", why)
		}
		return clear() // "orphaned" finds it
	}
	status, known := w.g.Word(n, "status")
	start, dated := w.moment(n, "start_date")
	switch {
	case dated && start.After(w.asOf.Add(within)):
		return found("%s has not begun yet", w.label(n))
	case dated && status == "pending" && !start.After(w.asOf):
		return unsure(people, graph.Identities, "people are told to be yet to begin whose first day is over")
	case !dated && status == "pending":
		return unsure(people, graph.Identities, "the first day of somebody yet to begin is not known")
	case !dated && !known:
		return unsure(people, graph.Identities, "neither the status nor the first day of the owner is known")
	}
	return clear()
}
