// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Use says whether an account was used after the end. The zero Use was not asked
// for: no end was named, or it is still to come.
type Use struct {
	Answer string // "yes", "no" or "cannot-tell"
	Why    string
}

// use answers by the sign-in and the uses of rights that are recorded. That nothing is
// recorded is no proof that there was nothing.
func (l *leaving) use(n uint32) Use {
	if l.Effective.IsZero() || l.Effective.After(l.AsOf) {
		return Use{}
	}
	id := l.g.ID(n)
	for _, u := range l.g.Uses() {
		if u.Account == id && u.At.After(l.Effective) {
			return Use{"yes", fmt.Sprintf("%s was used on %s (%s)", u.Entitlement, stamp(u.At), u.Ref)}
		}
	}
	at, known := l.moment(n, "last_sign_in")
	if known && at.After(l.Effective) {
		return Use{"yes", "a sign-in is recorded on " + stamp(at)}
	}
	if why := l.cannotTellUse(n, at, known); why != "" {
		return Use{"cannot-tell", why}
	}
	return Use{"no", "the last sign-in was on " + stamp(at) + l.within(n)}
}

// cannotTellUse says why an account of which no use after the end is recorded may have
// been used all the same; "" when it was not.
func (l *leaving) cannotTellUse(n uint32, at time.Time, known bool) string {
	s := l.g.ID(n).Source
	uncertainty, exact := l.uncertainty(n)
	st := l.g.State(s, graph.SignIn)
	switch {
	case st == graph.NotApplicable:
		return fmt.Sprintf("%s records no sign-ins", s)
	case !st.Whole():
		return fmt.Sprintf("sign-ins of %s are not completely read (%s)", s, st)
	case l.stale(s) != "":
		return l.stale(s)
	case !known:
		return "no sign-in is recorded, which does not prove that there was none"
	case !exact:
		return "how exact the last sign-in is cannot be read"
	case at.Add(uncertainty).After(l.Effective):
		return fmt.Sprintf("the last sign-in was on %s, or up to %s later", stamp(at), l.g.Node(n).Attrs.Values("last_sign_in_uncertainty")[0])
	}
	return ""
}

// within tells the uncertainty of a sign-in, when it has one.
func (l *leaving) within(n uint32) string {
	if text, ok := l.g.Attr(n, "last_sign_in_uncertainty"); ok {
		return ", or up to " + text + " later"
	}
	return ""
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// stale says why a source tells nothing of the time after the end; "" when it does, or
// when that is not asked.
func (l *leaving) stale(s graph.Source) string {
	if l.Effective.IsZero() || l.Effective.After(l.AsOf) {
		return ""
	}
	switch at := Moment(l.g, s); {
	case at.IsZero():
		return "when " + string(s) + " was read is not known, so that it may be from before the end"
	case at.Before(l.Effective):
		return "what was read of " + string(s) + " is of " + stamp(at) + ", from before the end"
	}
	return ""
}

// Moment returns of when the data of a source is: the end of its reading, or what its
// export says of itself when that is earlier. Zero is unknown.
func Moment(g *graph.Graph, s graph.Source) time.Time {
	return momentBy(g, s, func(r graph.SourceRun) time.Time { return r.Ended })
}

// begun returns from when on the data of a source is: the start of its reading, or what
// its export says of itself when that is earlier. Whatever was read was so then or
// later. Zero is unknown.
func begun(g *graph.Graph, s graph.Source) time.Time {
	return momentBy(g, s, func(r graph.SourceRun) time.Time {
		if r.Ended.IsZero() {
			return time.Time{}
		}
		return r.Started
	})
}

func momentBy(g *graph.Graph, s graph.Source, edge func(graph.SourceRun) time.Time) time.Time {
	var at time.Time
	earlier := func(t time.Time) {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	for _, r := range g.Runs() {
		if r.Source != s {
			continue
		}
		if edge(r).IsZero() {
			return time.Time{}
		}
		earlier(edge(r))
		said(r.Details, "extracted_at", earlier)
	}
	if at.IsZero() {
		return at
	}
	for _, c := range g.Coverage() {
		if c.Source == s {
			said(c.Details, "as_of", earlier)
		}
	}
	return at
}

// said calls do with the times of a detail.
func said(details graph.Attrs, key string, do func(time.Time)) {
	for _, text := range details.Values(key) {
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			do(t)
		}
	}
}
