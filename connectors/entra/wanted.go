// SPDX-License-Identifier: Apache-2.0

package entra

import (
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
