// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/diff"
)

// leaver finds accounts whose people have left, longer ago than within. Who is not in
// a complete list of people is no leaver: the check "orphaned" judges that.
func (w *world) leaver(account uint32, within time.Duration) verdict {
	people, linked, otherwise := w.whose(account)
	if people == nil {
		return otherwise
	}
	var last tenure
	left, others := 0, 0
	for _, n := range people {
		switch t := w.tenure(n); {
		case t.unsure != "":
			return verdict{unsure: t.unsure, gaps: []gap{t.gap}}
		case t.state == employed && linked:
			return clear() // one who is there is enough
		case t.state == employed:
			others++
		case t.state == departed:
			left++
			if left == 1 || t.end.After(last.end) {
				last = t
			}
		}
	}
	switch {
	case left == 0:
		return clear()
	case others > 0:
		return unsure(w.g.ID(account).Source, graph.Accounts, "its employee id is that of somebody who has left and of somebody who has not")
	case !last.end.IsZero() && w.asOf.Before(last.end.Add(within)):
		return clear()
	case last.end.IsZero():
		return found("%s has left, on a day that is not known", w.label(last.who))
	}
	return found("%s left on %s, %s before %s", w.label(last.who), last.end.Format(time.DateOnly), days(w.asOf.Sub(last.end)), w.asOf.Format(time.DateOnly))
}

// days tells a span in whole days.
func days(d time.Duration) string {
	if n := int(d.Hours() / 24); n != 1 {
		return fmt.Sprintf("%d days", n)
	}
	return "1 day"
}

// whose returns the people to whom an account belongs. When it is linked to nobody, but
// its employee id is carried by some, it may be theirs. When there are none, otherwise
// is what a check about its people says.
func (w *world) whose(account uint32) (people []uint32, linked bool, otherwise verdict) {
	n := w.main(account)
	source := w.g.ID(n).Source
	kind, _ := w.g.Word(n, "type")
	if owners := w.owners[n]; len(owners) > 0 {
		return owners, true, clear()
	}
	if kind == "system" || needsOwner(kind) {
		return nil, false, clear() // to be handed over, not to be closed: "orphaned" judges who answers for it
	}
	if named := w.g.AttrValues(n, "owner"); len(named) > 0 {
		return w.named(source, named)
	}
	key, ok := w.g.Attr(n, "employee_id")
	switch carriers := w.carriers[key]; {
	case ok && len(carriers) > 0:
		return carriers, false, clear()
	case ok:
		if v := w.nobody(source, key); v.unsure != "" {
			return nil, false, v
		}
		return nil, false, clear() // "orphaned" finds it
	case kind == "guest":
		return nil, false, clear() // of another company's people
	}
	return nil, false, unsure(source, graph.Accounts, "it is not known whose account it is")
}

// named returns the people that an attribute names as owners: themselves, or by an
// account of theirs.
func (w *world) named(source graph.Source, owners []string) (people []uint32, linked bool, otherwise verdict) {
	for _, text := range owners {
		id, err := graph.ParseID(text)
		if err != nil {
			return nil, false, unsure(source, graph.Accounts, "the declared owner is not an ID")
		}
		n, ok := w.g.Find(id)
		switch {
		case ok && id.Kind == graph.Identity:
			people = append(people, n)
		case ok && id.Kind == graph.Account && len(w.owners[w.main(n)]) > 0:
			people = append(people, w.owners[w.main(n)]...)
		case id.Kind == graph.Identity:
			if st, why := w.absent(id); st == notKnown {
				return nil, false, unsure(id.Source, graph.Identities, "%s", why)
			}
		default:
			return nil, false, unsure(source, graph.Accounts, "it is not known who the declared owner is")
		}
	}
	return people, true, clear()
}

// A tenure says whether somebody works here, by what human resources tell.
type tenure struct {
	state  employment
	end    time.Time // when somebody who departed ended; zero when that is not known
	who    uint32
	unsure string // why it cannot be told; empty when it can
	gap    gap
}

type employment uint8

const (
	unlisted employment = iota // not in a list of people that was read to the end
	employed
	departed
)

// tenure tells whether a person has left. That an end is still to come, somebody on
// leave and somebody yet to begin have not left.
func (w *world) tenure(n uint32) tenure {
	t := tenure{who: n, gap: gap{Source: w.g.ID(n).Source, Dataset: graph.Identities}}
	if !w.g.Described(n) {
		if st, why := w.absent(w.g.ID(n)); st == notKnown {
			t.unsure = why
		}
		return t
	}
	left, known := diff.Left(w.g, n, w.asOf)
	end, dated := diff.LastDay(w.g, n)
	over := dated && !end.After(w.asOf) && !w.beganAfter(n, end)
	switch {
	case left || !known && over:
		t.state = departed
		if dated {
			t.end = end
		}
	case !known && !dated:
		t.unsure = "the status of the owner is not known"
	case over && w.contradicted(n):
		t.unsure = "people are told to be employed whose end date is over"
	default:
		t.state = employed
	}
	return t
}

// contradicted reports whether somebody has an end date and is told to be employed. (To
// have worked for the last time is no contradiction: so have those on leave.)
func (w *world) contradicted(n uint32) bool {
	status, _ := w.g.Word(n, "status")
	_, ends := w.g.Attr(n, "end_date")
	return ends && (status == "active" || status == "leave")
}

// beganAfter reports whether somebody came back after an end.
func (w *world) beganAfter(n uint32, end time.Time) bool {
	start, ok := w.moment(n, "start_date")
	return ok && start.After(end)
}
