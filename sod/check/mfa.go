// SPDX-License-Identifier: Apache-2.0

package check

import (
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// mfa finds accounts of people whose second factor is known to be weaker than wanted.
func (r *run) mfa() {
	var p *privilege
	if !r.check.All {
		p = newPrivilege(r.world, r.policy)
		if why := p.blind(r.policy); why != "" {
			r.rows["\n"] = &sod.NotAssessed{Rule: r.check.Name, Reason: why}
		}
	}
	r.accounts(func(n uint32) verdict { return r.factor(n, p) })
}

// factor judges one account; with p only one that is privileged.
func (r *run) factor(n uint32, p *privilege) verdict {
	id, kind := r.g.ID(n), r.kind(n)
	state, known := r.g.Word(n, "mfa")
	if kind != "person" && kind != "" || known && enough(state, r.check.AtLeast) {
		return clear()
	}
	scope := found("it is enabled")
	if p != nil {
		scope = p.of(n)
	}
	switch {
	case scope.found == "" && scope.unsure == "":
		return clear()
	case !known:
		return r.factorUnknown(n)
	case scope.unsure != "":
		return scope
	case kind == "":
		return unsure(id.Source, graph.Accounts, "it is not known whether it is an account of a person%s", r.odd(n, "type"))
	case state != "none": // it may be that more is demanded of it than was read
		if v := r.unreadOf(id, graph.MFA); v.unsure != "" {
			return v
		}
	}
	return found("second factor: %s, and %s is wanted, for %s", state, r.check.AtLeast, scope.found)
}

func (r *run) factorUnknown(n uint32) verdict {
	id, odd := r.g.ID(n), r.odd(n, "mfa")
	if odd == "" && r.state(id.Source, graph.MFA) == graph.NotApplicable {
		return unsure(id.Source, graph.MFA, "%s tells no second factors", id.Source)
	}
	if v := r.unreadOf(id, graph.MFA); v.unsure != "" {
		return v
	}
	return unsure(id.Source, graph.MFA, "its second factors are not known%s", odd)
}

// enough reports whether a known state of second factors is what is wanted, or more.
func enough(state, want string) bool {
	return slices.Index(factors(), state) >= slices.Index(factors(), want)
}

// factors lists the states of second factors, from the weakest.
func factors() []string {
	return []string{"none", "registered", "capable", "enforced", "not-applicable"}
}

// kind returns the type of an account; "" when it is not known. One that is linked to
// a person is of a person unless its source says otherwise.
func (w *world) kind(n uint32) string {
	if kind, known := w.g.Word(n, "type"); known {
		return kind
	}
	if len(w.owners[w.main(n)]) > 0 {
		return "person"
	}
	return ""
}
