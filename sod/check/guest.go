// SPDX-License-Identifier: Apache-2.0

package check

import (
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// guest finds accounts of guests that nobody answers for, or that have not signed in
// for longer than after.
func (w *world) guest(n uint32, after time.Duration) verdict {
	kind := w.kind(n)
	if kind != "guest" && kind != "" && w.odd(n, "type") == "" {
		return clear()
	}
	v := w.worse(w.sponsored(n), w.stale(n, after))
	if kind != "guest" {
		return w.ofType(n, v, "a guest")
	}
	return v
}

// worse joins two verdicts: what is found, or else what cannot be told, or nothing.
func (w *world) worse(a, b verdict) verdict {
	switch {
	case a.found != "" && b.found != "":
		return found("%s; %s", a.found, b.found)
	case a.found != "":
		return a
	case b.found != "" || a.unsure == "":
		return b
	}
	return a
}

// ofType judges an account of which it is not known whether it is of the type that a
// check is about: it is not assessed where it would be a finding, or may be one.
func (w *world) ofType(n uint32, v verdict, what string) verdict {
	if v.found == "" {
		return v
	}
	return unsure(w.g.ID(n).Source, graph.Accounts, "it is not known whether it is %s%s", what, w.odd(n, "type"))
}

// sponsored finds that no sponsor, owner or person answers for a guest. No attribute
// that names a sponsor is not "none": only a source that says so knows.
func (w *world) sponsored(n uint32) verdict {
	if len(w.owners[n]) > 0 {
		return w.ofOwners(w.owners[n])
	}
	id, sponsors := w.g.ID(n), w.g.AttrValues(n, "sponsor")
	if named := slices.Concat(sponsors, w.g.AttrValues(n, "owner")); len(named) > 0 {
		v := w.ofDeclared(id.Source, named)
		if v.found != "" && sponsors == nil {
			return unsure(id.Source, graph.Accounts, "its owner is gone, and whether it has a sponsor is not known")
		}
		return v
	}
	switch v := w.unreadOf(id, graph.Accounts); {
	case v.unsure != "":
		return v
	case sponsors == nil:
		return unsure(id.Source, graph.Accounts, "no owner is declared, and whether it has a sponsor is not known")
	}
	return found("a guest without a sponsor or an owner")
}
