// SPDX-License-Identifier: Apache-2.0

package reports_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/internal/reportstest"
	"github.com/foureyes-iga/foureyes/sod"
)

// authentication makes a packet of facts and returns what it tells.
func authentication(t *testing.T, facts ...graph.Fact) []reports.Authentication {
	t.Helper()
	var b graph.Builder
	for _, f := range facts {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return reportstest.Packet(t, reports.Input{
		Graph: b.Graph(), Policy: &sod.Policy{}, Report: &sod.Report{AsOf: reportstest.AsOf(), Mode: reach.Standing},
	}).Authentication
}

// node is an account; attributes are "key=value", and "key" alone an empty list.
func node(t *testing.T, id string, pairs ...string) graph.Node {
	n := graph.Node{ID: reportstest.ID(t, id), Name: strings.ToUpper(id[strings.Index(id, "/")+1:])}
	for _, p := range pairs {
		if key, value, ok := strings.Cut(p, "="); ok {
			n.Attrs.Set(key, value)
		} else {
			n.Attrs.Set(key)
		}
	}
	return n
}

func run(source graph.Source, details ...string) graph.SourceRun {
	r := graph.SourceRun{Source: source, Connector: fmt.Sprint("c", len(details))}
	for _, d := range details {
		key, values, _ := strings.Cut(d, " = ")
		r.Details.Set(key, strings.Split(values, " | ")...)
	}
	return r
}

// TestNothingIsTold has every way in which no source tells anything: there is no
// chapter then.
func TestNothingIsTold(t *testing.T) {
	for name, facts := range map[string][]graph.Fact{
		"no accounts":                  {run("hr", "server = x")},
		"accounts without attributes":  {run("corp", "server = x"), node(t, "account:corp/a", "status=enabled")},
		"a detail that only looks so":  {run("corp", "authentication method = simple", "authentication:x = y"), node(t, "account:corp/a")},
		"an attribute of another kind": {node(t, "identity:hr/a", "password_expires=never")},
	} {
		t.Run(name, func(t *testing.T) {
			if got := authentication(t, facts...); got != nil {
				t.Errorf("told: %+v", got)
			}
		})
	}
}

func TestPolicies(t *testing.T) {
	got := authentication(t,
		run("corp", "server = dc1", "authentication: default = minimum length: 7 | no label | url: ldap://x: y", "authentication: fine = applies to: group:corp/g | applies to: group:corp/gone"),
		run("corp", "server = dc2", "authentication: default = minimum length: 7 | no label | url: ldap://x: y", "authentication: fine = applies to: group:corp/other", "authentication = not read: cn=config is not shown"),
		node(t, "group:corp/g"), node(t, "account:erp/a"), node(t, "identity:hr/e"))
	want := []reports.Authentication{
		{
			Source: "corp",
			Policies: []reports.AuthPolicy{
				{Name: "default", Settings: []reports.Setting{{Label: "minimum length", Value: "7"}, {Value: "no label"}, {Label: "url", Value: "ldap://x: y"}}},
				{Name: "fine", Settings: []reports.Setting{{Label: "applies to", Value: "group:corp/g", Name: "G"}, {Label: "applies to", Value: "group:corp/gone"}}},
				{Name: "fine", Settings: []reports.Setting{{Label: "applies to", Value: "group:corp/other"}}},
			},
			NotRead: []string{"not read: cn=config is not shown"},
		},
		{Source: "erp", Others: 1, StatusUnknown: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("authentication (-want +got):\n%s", diff)
	}
	if got, want := got[0].Policies[1].String(), "fine: applies to G (group:corp/g), applies to group:corp/gone"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestReasonIsMissing keeps that policies were not read, though nobody says why.
func TestReasonIsMissing(t *testing.T) {
	r := graph.SourceRun{Source: "corp"}
	r.Details.Set("authentication")
	got := authentication(t, r)
	if len(got) != 1 || len(got[0].NotRead) != 1 || got[0].Policies != nil {
		t.Errorf("got %+v", got)
	}
}

func TestTallies(t *testing.T) {
	got := authentication(t,
		node(t, "account:corp/a", "status=enabled", "password_expires=never", "password_required=false", "password_set=never"),
		node(t, "account:corp/b", "status=enabled", "password_required=true", "password_set=2026-01-01T00:00:00Z"),
		node(t, "account:corp/c", "status=disabled", "password_expires=never", "password_required"),
		node(t, "account:corp/d", "preauthentication=false"),
		node(t, "account:corp/e", "status=locked"),
		node(t, "account:erp/a", "status=enabled", "delegation=constrained"),
		graph.Grant{From: reportstest.ID(t, "account:erp/named"), To: reportstest.ID(t, "group:erp/g"), Kind: graph.Member})
	if len(got) != 2 || got[0].Enabled != 2 || got[0].Others != 3 || got[0].StatusUnknown != 1 || got[1].StatusUnknown != 1 {
		t.Fatalf("got %+v", got)
	}
	var lines []string
	for _, a := range got {
		for _, x := range a.Tallies {
			lines = append(lines, fmt.Sprint(a.Source, " ", x.Attribute, " ", x.Told, " ", x.Enabled, x.Others, len(x.Examples)))
		}
	}
	want := []string{ // enabled and unknown, others and unknown, examples
		"corp password_expires true {1 1} {1 2} 1",
		"corp password_required true {1 0} {0 2} 1",
		"corp preauthentication true {0 2} {1 2} 0",
		"corp delegation false {0 2} {0 3} 0",
		"erp password_expires false {0 1} {0 1} 0",
		"erp password_required false {0 1} {0 1} 0",
		"erp preauthentication false {0 1} {0 1} 0",
		"erp delegation true {0 0} {0 1} 0",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("tallies (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]reports.Thing{{ID: reportstest.ID(t, "account:corp/a"), Name: "A"}}, got[0].Tallies[0].Examples); diff != "" {
		t.Errorf("examples (-want +got):\n%s", diff)
	}
}

func TestExamplesAreTheFirst(t *testing.T) {
	var facts []graph.Fact
	for i := range 45 {
		status := []string{"status=enabled", "status=disabled"}[i%2]
		facts = append(facts, node(t, fmt.Sprintf("account:corp/a%02d", 44-i), status, "password_expires=never"))
	}
	x := authentication(t, facts...)[0].Tallies[0]
	if x.Enabled.Count != 23 || x.Others.Count != 22 || len(x.Examples) != 20 {
		t.Fatalf("%d enabled, %d others, %d examples", x.Enabled.Count, x.Others.Count, len(x.Examples))
	}
	if first, last := x.Examples[0].ID.Key, x.Examples[19].ID.Key; first != "a00" || last != "a38" {
		t.Errorf("examples from %s to %s, want a00 to a38", first, last)
	}
}

// TestDetailsAreToldOnce holds the details of the company's sources together with
// the datasets that they are true of.
func TestDetailsAreToldOnce(t *testing.T) {
	for _, s := range company(t).Sources {
		if s.Name != "corp" {
			continue
		}
		for _, d := range s.Runs[0].Details {
			if strings.HasPrefix(d.Key, "authentication") {
				t.Errorf("the run tells %q, which has a chapter of its own", d.Key)
			}
		}
		var got []string
		for _, a := range s.Asked {
			var keys []string
			for _, d := range a.Details {
				keys = append(keys, d.Key)
			}
			got = append(got, fmt.Sprint(a.Datasets, " ", keys))
		}
		want := []string{
			"[accounts groups memberships] [server bind identity base referrals second count]",
			"[accounts] [filter attributes pages entries]",
			"[groups memberships] [filter attributes pages entries]",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("details (-want +got):\n%s", diff)
		}
		return
	}
	t.Fatal("the company has no source corp")
}
