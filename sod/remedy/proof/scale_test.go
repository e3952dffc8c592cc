// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"os"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/sod/remedy"
	"github.com/foureyes-iga/foureyes/sod/remedy/proof"
)

// TestManyAccounts checks the plan for everybody of a large company.
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
			file, is := planFor(t, g, p, synth.AsOf(), remedy.Options{Scope: scope})
			solved := time.Now()
			v, err := proof.Check(is, file)
			if err != nil || !v.Optimal() {
				t.Fatalf("%+v: %v", v, err)
			}
			t.Logf("%d accounts, %d grants, %d bytes: made in %s, checked in %s: %+v", accounts, g.NumGrants(), len(file), solved.Sub(began).Round(time.Millisecond), time.Since(solved).Round(time.Millisecond), *v)
		})
	}
}
