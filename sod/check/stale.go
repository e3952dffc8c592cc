// SPDX-License-Identifier: Apache-2.0

package check

import (
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// stale finds accounts whose last sign-in is longer ago than after. A recorded
// sign-in may lie later than it says, by its uncertainty: only when even the
// latest possible moment is too long ago is the account stale.
func (w *world) stale(n uint32, after time.Duration) verdict {
	source := w.g.ID(n).Source
	limit := w.asOf.Add(-after)
	at, known := w.moment(n, "last_sign_in")
	if !known {
		return w.neverSeen(n, source, limit)
	}
	if !at.Before(limit) {
		return clear()
	}
	uncertainty, known := w.uncertainty(n)
	latest := at.Add(uncertainty)
	switch {
	case !known:
		return unsure(source, graph.SignIn, "how exact the last sign-in is cannot be read")
	case !latest.Before(limit):
		return unsure(source, graph.SignIn, "the last sign-in is only known to within its uncertainty")
	}
	if v := w.unreadOf(w.g.ID(n), graph.SignIn); v.unsure != "" {
		return v
	}
	return found("last sign-in %s, more than %d days before %s", latest.Format(time.DateOnly), int(after.Hours()/24), w.asOf.Format(time.DateOnly))
}

// neverSeen judges an account without a known sign-in. That is not "never": only
// an account that is younger than the limit is clear.
func (w *world) neverSeen(n uint32, source graph.Source, limit time.Time) verdict {
	if created, known := w.moment(n, "created"); known && !created.Before(limit) {
		return clear()
	}
	if w.state(source, graph.SignIn) == graph.NotApplicable {
		return unsure(source, graph.SignIn, "%s records no sign-ins", source)
	}
	if v := w.unreadOf(w.g.ID(n), graph.SignIn); v.unsure != "" {
		return v
	}
	return unsure(source, graph.SignIn, "no sign-in is recorded, which does not prove that there was none")
}

// neverUsed finds accounts that were made longer ago than after and have never signed
// in, as their source says: it tells a last sign-in and that there is none.
func (w *world) neverUsed(n uint32, after time.Duration) verdict {
	id, limit := w.g.ID(n), w.asOf.Add(-after)
	created, dated := w.moment(n, "created")
	kind, _ := w.g.Word(n, "type")
	if kind == "breakglass" || dated && !created.Before(limit) {
		return clear() // it is for a day that may never come, or made of late
	}
	switch signIns := w.g.AttrValues(n, "last_sign_in"); {
	case signIns == nil:
		return w.neverSeen(n, id.Source, limit)
	case len(signIns) > 0:
		return w.used(n)
	case !dated:
		return unsure(id.Source, graph.Accounts, "it never signed in, and when it was made is not known")
	}
	if v := w.unreadOf(id, graph.SignIn); v.unsure != "" {
		return v
	}
	return found("made on %s, %s before %s, and never used", created.Format(time.DateOnly), days(w.asOf.Sub(created)), w.asOf.Format(time.DateOnly))
}

// used judges an account that has a last sign-in: one that a source puts where it
// knows of attempts only is none.
func (w *world) used(n uint32) verdict {
	source := w.g.ID(n).Source
	if _, ok := w.moment(n, "last_sign_in"); !ok {
		return unsure(source, graph.SignIn, "the last sign-in cannot be read")
	}
	if _, attempted := w.g.Attr(n, "last_sign_in_attempt"); attempted {
		return unsure(source, graph.SignIn, "only attempts to sign in are recorded")
	}
	return clear()
}

// moment reads an attribute that is a time or a day.
func (w *world) moment(n uint32, key string) (time.Time, bool) {
	text, ok := w.g.Attr(n, key)
	if !ok {
		return time.Time{}, false
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// uncertainty reads how much later than recorded the last sign-in may be; an
// account without that attribute has an exact one.
func (w *world) uncertainty(n uint32) (d time.Duration, known bool) {
	text, ok := w.g.Attr(n, "last_sign_in_uncertainty")
	if !ok {
		return 0, true
	}
	d, err := graph.ParseDuration(text)
	return d, err == nil
}
