// SPDX-License-Identifier: Apache-2.0

package remedy_test

import (
	"os"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/sod/remedy"
)

// TestManyAccounts finds a proved plan for everybody of a large company. The aim is a minute.
func TestManyAccounts(t *testing.T) {
	accounts := 20_000
	if os.Getenv("FOUREYES_NIGHTLY") != "" {
		accounts = 1_000_000
	}
	c := synth.Org(accounts, 1)
	g, p := c.Graph(), c.Policy()
	for _, scope := range []remedy.Scope{remedy.Assignments, remedy.Structure} {
		t.Run(scope.String(), func(t *testing.T) {
			began := time.Now()
			plan, err := remedy.Solve(t.Context(), g, p, synth.AsOf(), remedy.Options{Scope: scope})
			if err != nil {
				t.Fatal(err)
			}
			took := time.Since(began)
			t.Logf("%d accounts, %d grants: %d findings cleared by %d revocations for %d, bound %d, in %s",
				accounts, g.NumGrants(), len(plan.Targets), len(plan.Revoke), plan.Cost, plan.Bound, took.Round(time.Millisecond))
			if !plan.Optimal() || len(plan.Stuck) > 0 || len(plan.Targets) == 0 {
				t.Errorf("it is not proved, or %d are stuck", len(plan.Stuck))
			}
		})
	}
}
