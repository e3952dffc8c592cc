// SPDX-License-Identifier: Apache-2.0

package reports

// A Remediation is the least-cost way out, as a packet tells it. The certificate stands in
// the plan that foureyes remedy writes.
type Remediation struct {
	Verdict string
	Scope   string
	Steps   []RemediationStep
	Curve   []CurvePoint
	Blocked []PlanBlock
}

// A RemediationStep is one grant to revoke.
type RemediationStep struct {
	Number   int
	From, To Thing
	Verb     string
	Cost     int
	Clears   []int // the lines of the findings that are gone then
	Owners   []Thing
}

// A CurvePoint says what the first steps cost, and how many of the findings are left.
type CurvePoint struct{ Steps, Cost, Left int }

// RemediationOf takes from a plan what a packet tells, with the lines of its findings.
func RemediationOf(plan *Plan, lines map[string]int) *Remediation {
	out := &Remediation{Verdict: plan.Verdict(), Scope: plan.Options.Scope.String(), Blocked: plan.Blocked}
	for _, s := range plan.Steps {
		step := RemediationStep{Number: s.Number, From: s.From, To: s.To, Verb: verb(s.Kind), Cost: s.Cost, Owners: s.Owners}
		for _, id := range s.Clears {
			step.Clears = append(step.Clears, lines[id])
		}
		out.Steps = append(out.Steps, step)
	}
	for _, p := range plan.Curve() {
		out.Curve = append(out.Curve, CurvePoint{p.Steps, p.Cost, len(plan.Targets) - p.Findings})
	}
	return out
}
