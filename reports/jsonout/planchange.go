// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
)

// PlanChange writes a plan as a change file, which "foureyes whatif" takes: what a plan
// comes to can be looked at before anything is done.
func PlanChange(w io.Writer, p *reports.Plan) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, r := range p.Revoke {
		line := struct {
			Change string          `json:"change"`
			Fact   string          `json:"fact"`
			From   graph.ID        `json:"from"`
			To     graph.ID        `json:"to"`
			Kind   graph.GrantKind `json:"kind"`
		}{"remove", "grant", r.From, r.To, r.Kind}
		if err := e.Encode(line); err != nil {
			return fmt.Errorf("change: %w", err)
		}
	}
	return nil
}
