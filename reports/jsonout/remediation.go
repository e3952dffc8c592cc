// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
)

type remediation struct {
	Verdict string            `json:"verdict"`
	Scope   string            `json:"scope"`
	Steps   []remediationStep `json:"steps"`
	Curve   []curvePoint      `json:"curve"`
	Blocked []string          `json:"blocked"`
}

type remediationStep struct {
	Step   int        `json:"step"`
	From   graph.ID   `json:"from"`
	To     graph.ID   `json:"to"`
	Cost   int        `json:"cost"`
	Lines  []int      `json:"lines"`
	Owners []graph.ID `json:"owners"`
}

type curvePoint struct {
	Steps int `json:"steps"`
	Cost  int `json:"cost"`
	Left  int `json:"left"`
}

func remediationOf(r *reports.Remediation) *remediation {
	if r == nil {
		return nil
	}
	out := &remediation{Verdict: r.Verdict, Scope: r.Scope, Steps: []remediationStep{}, Curve: []curvePoint{}, Blocked: []string{}}
	for _, s := range r.Steps {
		out.Steps = append(out.Steps, remediationStep{s.Number, s.From.ID, s.To.ID, s.Cost, some(s.Clears), some(ids(s.Owners))})
	}
	for _, p := range r.Curve {
		out.Curve = append(out.Curve, curvePoint(p))
	}
	for _, b := range r.Blocked {
		out.Blocked = append(out.Blocked, b.ID)
	}
	return out
}
