// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"context"
	"fmt"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
	"github.com/foureyes-iga/foureyes/graph"
)

// isWanted reports whether a part is to be read. What may be left out are reports: no
// access hides behind them, and Graph answers five times in ten seconds, page after
// page.
func (r *reading) isWanted(part string) bool {
	switch part {
	case tenant.PartSignIns:
		return !r.want.Leaves(graph.SignIn)
	case tenant.PartRegistrations, tenant.PartPolicies, tenant.PartDefaults:
		return !r.want.Leaves(graph.MFA)
	case tenant.PartAudits:
		return !r.want.Undated
	}
	return true
}

// leaveOut records that a part is not read, if nobody wants it.
func (r *reading) leaveOut(part string) bool {
	if r.isWanted(part) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tenant.Read(tenant.Part{Name: part, State: graph.NotRequested, Reason: "nobody asked for it"})
	return true
}

// tellConcerning says of what was asked about some groups only whom it concerns.
func (r *reading) tellConcerning(context.Context) error {
	if r.groups == nil {
		return nil
	}
	for _, name := range []string{tenant.PartMembers, tenant.PartGroupOwners, tenant.PartGroupEligible, tenant.PartGroupInstances} {
		if p, ok := r.tenant.Part(name); ok && r.tenant.Whole(name) {
			p.State, p.Concerning = graph.NotRequested, r.want.EmployeeIDs
			p.Reason = fmt.Sprintf("asked of %d of %d groups: those to which leads what the people who were asked about hold, and those that have roles", len(r.groups), len(r.tenant.Groups))
			r.tenant.Read(p)
		}
	}
	return nil
}
