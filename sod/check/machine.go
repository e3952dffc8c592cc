// SPDX-License-Identifier: Apache-2.0

package check

import (
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// shared finds accounts that several use and nobody is declared to answer for.
func (w *world) shared(n uint32) verdict { return w.unowned(n, "shared") }

// service finds service accounts that nobody answers for or, when after is not zero,
// that have a credential older than that.
func (w *world) service(n uint32, after time.Duration) verdict {
	v := w.unowned(n, "service")
	switch {
	case after == 0:
		return v
	case w.kind(n) == "service":
		return w.worse(v, w.credential(n, after))
	case w.odd(n, "type") != "":
		return w.worse(v, w.ofType(n, w.credential(n, after), "a service account"))
	}
	return v
}

// unowned finds that nobody is declared to own an account of a type. Whether the owner
// is still there is the matter of the check "orphaned".
func (w *world) unowned(n uint32, what string) verdict {
	id, kind := w.g.ID(n), w.kind(n)
	if kind != what && kind != "" || len(w.owners[w.main(n)]) > 0 || len(w.g.AttrValues(w.main(n), "owner")) > 0 {
		return clear()
	}
	if v := w.unreadOf(id, graph.Accounts); v.unsure != "" {
		return v
	}
	v := found("a %s account without an owner", what)
	if kind == "" {
		return w.ofType(n, v, "a "+what+" account")
	}
	return v
}

// credential finds that an account has a password, or another credential, that is
// older than after. Of secrets and certificates only the end is told.
func (w *world) credential(n uint32, after time.Duration) verdict {
	source := w.g.ID(n).Source
	told := false
	for _, key := range []string{"password_set", "password_changed"} {
		text, ok := w.g.Attr(n, key)
		if !ok {
			continue
		}
		told = true
		at, dated := w.moment(n, key)
		switch {
		case dated && at.Before(w.asOf.Add(-after)):
			return found("its password was set on %s, %s before %s", at.Format(time.DateOnly), days(w.asOf.Sub(at)), w.asOf.Format(time.DateOnly))
		case !dated && text != "never":
			return unsure(source, graph.Accounts, "when its password was set cannot be read")
		}
	}
	credentials := w.g.AttrValues(n, "credentials")
	for _, c := range credentials {
		_, until, ends := strings.Cut(c, " until ")
		end, err := time.Parse(time.DateOnly, until)
		if !ends || err != nil || w.asOf.Before(end.AddDate(0, 0, 1)) {
			return unsure(source, graph.Accounts, "how old its secrets and certificates are is not told")
		}
	}
	if !told && credentials == nil {
		return unsure(source, graph.Accounts, "how old its credentials are is not told")
	}
	return clear()
}
