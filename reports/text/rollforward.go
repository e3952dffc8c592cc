// SPDX-License-Identifier: Apache-2.0

package text

import (
	"fmt"
	"strings"

	"github.com/foureyes-iga/foureyes/reports"
)

// rollForward carries each count from the earlier snapshot to this one.
func (p *printer) rollForward(r *reports.RollForward) {
	if r == nil {
		return
	}
	p.list("POPULATION, carried forward", len(r.Populations), func(i int) string { return population(r.Populations[i]) })
	p.list("NEW PLACES", len(r.Places), func(i int) string { return r.Places[i].Label() + ": " + r.Places[i].Holds() })
}

func population(x reports.Population) string {
	s := fmt.Sprintf("%s, %s: %s before", x.Source, x.Of, reports.Number(x.Before))
	if flow := x.Flow(); flow != "" {
		s += "; " + flow
	}
	s += fmt.Sprintf("; %s now, %s", reports.Number(x.After), x.Ties())
	if x.Moved > 0 {
		s += "; " + reports.Number(x.Moved) + " moved"
	}
	return s + strings.TrimSuffix("; not sure: "+x.Unsure, "; not sure: ")
}
