// SPDX-License-Identifier: Apache-2.0

package check

import (
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// breakglass judges the accounts that are declared for the day when nothing else
// works, whatever their status.
func (r *run) breakglass() {
	declared := map[graph.Source]int{}
	glass := func(n uint32) bool {
		kind, _ := r.g.Word(n, "type")
		return kind == "breakglass"
	}
	lo, hi := r.g.Range(graph.Account)
	for n := lo; n < hi; n++ {
		if glass(n) {
			declared[r.g.ID(n).Source]++
		}
	}
	if len(declared) == 0 {
		r.rows["\n"] = &sod.NotAssessed{Rule: r.check.Name, Reason: "no account is declared as a break-glass account"}
	}
	r.each(graph.Account, func(n uint32) verdict {
		switch {
		case glass(n):
			return r.glass(n, declared[r.g.ID(n).Source])
		case r.odd(n, "type") != "":
			return r.ofType(n, r.glass(n, 1+declared[r.g.ID(n).Source]), "a break-glass account")
		}
		return clear()
	})
	r.unread(graph.Accounts)
}

// glass judges a break-glass account, one of so many of its source.
func (r *run) glass(n uint32, declared int) verdict {
	return r.worse(r.worse(r.alone(n, declared), r.usable(n)), r.opened(n, r.check.Within))
}

// alone finds that an account is the only one of its source: when it fails, too,
// nothing is left.
func (w *world) alone(n uint32, declared int) verdict {
	id := w.g.ID(n)
	if declared > 1 {
		return clear()
	}
	if v := w.unreadOf(graph.ID{Source: id.Source}, graph.Accounts); v.unsure != "" {
		return v
	}
	return found("the only break-glass account declared in %s", id.Source)
}

// usable finds that nobody could use an account.
func (w *world) usable(n uint32) verdict {
	switch status, known := w.g.Word(n, "status"); {
	case !known:
		return unsure(w.g.ID(n).Source, graph.Accounts, "it is not known whether the account is enabled%s", w.odd(n, "status"))
	case status != "enabled":
		return found("it is %s, and nobody could use it", status)
	}
	return clear()
}

// opened finds that an account was used within a time.
func (w *world) opened(n uint32, within time.Duration) verdict {
	id, since := w.g.ID(n), w.asOf.Add(-within)
	switch signIns := w.g.AttrValues(n, "last_sign_in"); {
	case signIns == nil && w.state(id.Source, graph.SignIn) == graph.NotApplicable:
		return unsure(id.Source, graph.SignIn, "%s records no sign-ins", id.Source)
	case len(signIns) == 0:
		v := w.unreadOf(id, graph.SignIn)
		if v.unsure == "" && signIns == nil {
			return unsure(id.Source, graph.SignIn, "no sign-in is recorded, which does not prove that there was none")
		}
		return v
	}
	if v := w.used(n); v.unsure != "" {
		return v
	}
	at, _ := w.moment(n, "last_sign_in")
	if !at.Before(since) {
		return found("last used on %s", at.Format(time.DateOnly))
	}
	if more, known := w.uncertainty(n); !known || !at.Add(more).Before(since) {
		return unsure(id.Source, graph.SignIn, "the last sign-in is only known to within its uncertainty")
	}
	return w.unreadOf(id, graph.SignIn)
}
