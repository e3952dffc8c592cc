// SPDX-License-Identifier: Apache-2.0

//go:build !noentra

package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/collect"
	"github.com/foureyes-iga/foureyes/fixtures"
	"github.com/foureyes-iga/foureyes/fixtures/graphapi"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// bothWays collects everything, and for people what leaver wants about them, and holds
// the answers against each other.
func bothWays(t *testing.T, folder string, effective time.Time, people int) {
	t.Helper()
	whole := gathered(t, folder, connectors.Want{})
	asked, living, narrow := 0, 0, 0
	lo, hi := whole.Range(graph.Identity)
	for n := lo; n < hi && asked < people; n++ {
		id, _ := whole.Attr(n, "employee_id")
		q := check.Question{EmployeeID: id, AsOf: scriptClock(), Effective: effective}
		want, err := check.LeaverOf(whole, q)
		if err != nil || len(want.Logins) == 0 && n%4 > 0 {
			continue // two carry it, or there is little to tell
		}
		a := asking{}
		a.question = q
		less := gathered(t, folder, a.want())
		if less.State("entra", graph.MFA) != graph.NotRequested || (less.State("entra", graph.SignIn) == graph.NotRequested) != effective.IsZero() {
			t.Errorf("second factors are %s, sign-ins %s", less.State("entra", graph.MFA), less.State("entra", graph.SignIn))
		}
		got, err := check.LeaverOf(less, q)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(anyTime(want), anyTime(got)); diff != "" {
			t.Fatalf("%s: (-everything +what is wanted):\n%s", id, diff)
		}
		asked++
		living += len(want.Logins)
		if less.State("entra", graph.Memberships) == graph.NotRequested {
			narrow++
		}
	}
	t.Logf("%d people with %d accounts, %d of them asked about narrowly", asked, living, narrow)
	if asked < people || 3*living < people || 2*narrow < people {
		t.Errorf("%d people with %d accounts, %d of them asked about narrowly, are not enough to tell", asked, living, narrow)
	}
}

func gathered(t *testing.T, folder string, want connectors.Want) *graph.Graph {
	t.Helper()
	now := scriptClock()
	cfg, all, err := jobs(filepath.Join(folder, "foureyes.yaml"), now, scriptClock, nil)
	if err != nil {
		t.Fatal(err)
	}
	result, err := collect.Run(t.Context(), collect.Plan{Jobs: all, Classify: cfg.Classify, Link: cfg.Link, Now: now, Want: want})
	if err != nil || len(result.Failed) > 0 {
		t.Fatalf("%v %v", err, result.Failed)
	}
	return result.Graph
}

// anyTime takes out of an answer since when grants are known to hold, which nobody is
// told.
func anyTime(l *check.Leaver) *check.Leaver {
	out := *l
	out.Logins = slices.Clone(l.Logins)
	for i := range out.Logins {
		x := &out.Logins[i]
		x.Access, x.Grants = slices.Clone(x.Access), slices.Clone(x.Grants)
		for j := range x.Access {
			x.Access[j].First.Since = time.Time{}
		}
		for j := range x.Grants {
			x.Grants[j].Since = time.Time{}
		}
	}
	return &out
}

// TestLeaverNeedsNoReports: what leaver leaves out changes no answer about the people of
// the demo company. The connector holds itself against tenants that chance made.
func TestLeaverNeedsNoReports(t *testing.T) {
	text, err := fs.ReadFile(fixtures.Demo(), "entra.json")
	if err != nil {
		t.Fatal(err)
	}
	described, err := graphapi.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	folder := serveTenant(t, described)
	feed, err := fs.ReadFile(fixtures.Demo(), "hr.csv")
	if err != nil {
		t.Fatal(err)
	}
	save(t, filepath.Join(folder, "hr.csv"), string(feed))
	addPeople(t, folder, "EmpNo")
	bothWays(t, folder, time.Time{}, 12)
	bothWays(t, folder, scriptClock().AddDate(0, -3, 0), 2)
}

// addPeople adds the feed of people to a configuration that has a tenant.
func addPeople(t *testing.T, folder, column string) {
	t.Helper()
	path := filepath.Join(folder, "foureyes.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	save(t, path, string(text)+fmt.Sprintf("  - {name: hr, type: hr, path: hr.csv, delimiter: \";\", columns: {employee_id: %s, name: Name, status: Status}, values: {status: {A: active, L: leave, P: pending, T: terminated}}}\n", column))
}
