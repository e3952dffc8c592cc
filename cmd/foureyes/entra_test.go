// SPDX-License-Identifier: Apache-2.0

//go:build !noentra

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/fixtures/fixturetest"
	"github.com/foureyes-iga/foureyes/fixtures/graphapi"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
)

// cast is who takes part in the tenant below.
const (
	eve, otto, nell, ann    = "00000000-0000-4000-8000-0000000000e1", "00000000-0000-4000-8000-0000000000e2", "00000000-0000-4000-8000-0000000000e3", "00000000-0000-4000-8000-0000000000e4"
	developers, deployers   = "00000000-0000-4000-8000-0000000000d1", "00000000-0000-4000-8000-0000000000d2"
	inner, outer            = "00000000-0000-4000-8000-0000000000d3", "00000000-0000-4000-8000-0000000000d4"
	pipeline, pipelineApp   = "00000000-0000-4000-8000-0000000000a1", "00000000-0000-4000-8000-0000000000a2"
	ledger, write, deploy   = "00000000-0000-4000-8000-0000000000b1", "00000000-0000-4000-8000-0000000000b2", "00000000-0000-4000-8000-0000000000b3"
	operate, tenantOfLedger = "00000000-0000-4000-8000-0000000000b4", "00000000-0000-4000-8000-000000000001"
)

// ledgerTenant is a tenant in which people who may write the ledger come near to
// deploying it in four ways.
func ledgerTenant() *graphapi.Tenant {
	user := func(id, name string) graphapi.Object {
		return graphapi.Object{"id": id, "userPrincipalName": name + "@example.com", "displayName": name, "accountEnabled": true, "userType": "Member", "employeeId": "E-" + name}
	}
	group := func(id, name string) graphapi.Object {
		return graphapi.Object{"id": id, "displayName": name, "securityEnabled": true, "mailEnabled": false, "groupTypes": []any{}}
	}
	right := func(id, value string) any {
		return map[string]any{"id": id, "value": value, "displayName": value, "isEnabled": true, "allowedMemberTypes": []any{"User", "Application"}}
	}
	assigned := func(id, kind, principal, role string) graphapi.Object {
		return graphapi.Object{"id": id, "principalId": principal, "principalType": kind, "resourceId": ledger, "resourceDisplayName": "Ledger", "appRoleId": role}
	}
	return &graphapi.Tenant{
		ID: tenantOfLedger, DisplayName: "Example",
		Users:  []graphapi.Object{user(eve, "eve"), user(otto, "otto"), user(nell, "nell"), user(ann, "ann")},
		Groups: []graphapi.Object{group(developers, "ledger developers"), group(deployers, "ledger deployers"), group(inner, "shift"), group(outer, "operations")},
		ServicePrincipals: []graphapi.Object{
			{"id": ledger, "appId": ledger, "displayName": "Ledger", "accountEnabled": true, "appRoles": []any{right(write, "Ledger.Write"), right(deploy, "Ledger.Deploy"), right(operate, "Ledger.Operate")}},
			{"id": pipeline, "appId": pipelineApp, "displayName": "Release pipeline", "accountEnabled": true, "appRoles": []any{}},
		},
		Applications: []graphapi.Object{{"id": pipelineApp, "appId": pipelineApp, "displayName": "Release pipeline"}},
		AppRoleAssignments: []graphapi.Object{
			assigned("1", "Group", developers, write), assigned("2", "Group", deployers, deploy),
			assigned("3", "ServicePrincipal", pipeline, deploy), assigned("4", "Group", outer, operate),
		},
		Members:           map[string][]string{developers: {eve, otto, nell, ann}, outer: {inner, ann}, inner: {nell}},
		ApplicationOwners: map[string][]string{pipelineApp: {otto}},
		GroupEligibilityScheduleInstances: []graphapi.Object{
			{"id": "eligible", "groupId": deployers, "principalId": eve, "accessId": "member", "memberType": "direct", "startDateTime": "2026-01-01T00:00:00Z"},
		},
		SecurityDefaults: graphapi.Object{"id": "00000000-0000-0000-0000-000000000005", "isEnabled": false},
	}
}

const ledgerPolicy = `
version: 1
name: Ledger
duties:
  - {id: develop, title: Write the ledger, holds: [{source: entra, kind: entitlement, name: "Ledger: Ledger.Write"}]}
  - {id: deploy, title: Deploy the ledger, holds: [{source: entra, kind: entitlement, name: "Ledger: Ledger.Deploy"}]}
  - {id: operate, title: Operate the ledger, holds: [{source: entra, kind: entitlement, name: "Ledger: Ledger.Operate"}]}
rules:
  - {id: DEV-DEPLOY, severity: critical, conflict: [develop, deploy]}
  - {id: DEV-OPERATE, severity: critical, conflict: [develop, operate]}
`

// serveTenant serves a tenant and writes a configuration that reads it.
func serveTenant(t *testing.T, described *graphapi.Tenant) (folder string) {
	t.Helper()
	api, err := graphapi.New(described, graphapi.Options{RequireToken: true})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(api)
	t.Cleanup(web.Close)
	t.Setenv("GRAPH_TOKEN", api.Token())
	folder = t.TempDir()
	config := fmt.Sprintf("sources:\n  - {name: entra, type: entra, tenant: %s, endpoint: %q, plaintext: true, credential: {static_token_env: GRAPH_TOKEN}}\n", described.ID, web.URL)
	for name, text := range map[string]string{"foureyes.yaml": config, "policy.yaml": ledgerPolicy} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// expect runs the program, and fails the test when the exit code is another one.
func expect(t *testing.T, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	w := world{args: append([]string{"foureyes"}, args...), stdin: strings.NewReader(""), stdout: &out, stderr: &err, clock: scriptClock, env: os.Getenv}
	if got := run(w); got != want {
		t.Fatalf("foureyes %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, want, out.String(), err.String())
	}
	return out.String(), err.String()
}

// found returns rule, mode and the names of subjects of what analyze found.
func found(t *testing.T, text string) []string {
	t.Helper()
	var report struct {
		Findings []struct {
			Rule, Mode string
			Subjects   []string
		}
	}
	if err := json.Unmarshal([]byte(text), &report); err != nil {
		t.Fatal(err)
	}
	names := strings.NewReplacer("account:entra/"+eve, "eve", "account:entra/"+otto, "otto", "account:entra/"+nell, "nell", "account:entra/"+ann, "ann", "account:entra/"+pipeline, "pipeline")
	var all []string
	for _, f := range report.Findings {
		all = append(all, names.Replace(f.Rule+" "+f.Mode+" "+strings.Join(f.Subjects, " ")))
	}
	return all
}

// Eve may become a deployer through PIM for Groups; Otto owns the application that
// deploys; Ann is in the group that operates; Nell only in a group within it, which
// an app role does not reach.
func TestWaysToDeploy(t *testing.T) {
	folder := serveTenant(t, ledgerTenant())
	snapshot, policy := filepath.Join(folder, "snapshot"), filepath.Join(folder, "policy.yaml")
	expect(t, 0, "collect", "--config", filepath.Join(folder, "foureyes.yaml"), "--out", snapshot)

	out, _ := expect(t, 3, "analyze", "--format", "json", "--mode", "attainable", "--policy", policy, snapshot)
	want := []string{"DEV-DEPLOY eligible eve", "DEV-DEPLOY attainable otto", "DEV-OPERATE standing ann"}
	if got := found(t, out); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	out, _ = expect(t, 3, "analyze", "--format", "json", "--mode", "standing", "--policy", policy, snapshot)
	if got := found(t, out); !slices.Equal(got, want[2:]) {
		t.Errorf("standing: found %q, want %q", got, want[2:])
	}
}

// Without the right to read eligibility, Eve is no finding and no clean either.
func TestEligibilityThatIsNotReadable(t *testing.T) {
	described := ledgerTenant()
	described.Permissions = []string{"User.Read.All", "Group.Read.All", "Application.Read.All", "RoleManagement.Read.Directory", "Organization.Read.All"}
	folder := serveTenant(t, described)
	config, snapshot, policy := filepath.Join(folder, "foureyes.yaml"), filepath.Join(folder, "snapshot"), filepath.Join(folder, "policy.yaml")
	expect(t, 4, "collect", "--config", config, "--out", snapshot)

	out, _ := expect(t, 3, "analyze", "--format", "json", "--policy", policy, snapshot)
	var report struct {
		NotAssessed []struct{ Rule, Mode string } `json:"not_assessed"`
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(report.NotAssessed, func(n struct{ Rule, Mode string }) bool { return n.Rule == "DEV-DEPLOY" && n.Mode == "eligible" }) {
		t.Errorf("DEV-DEPLOY is not said to be unassessed in eligible mode: %s", out)
	}

	out, _ = expect(t, 4, "source", "test", "--config", config, "entra")
	for _, right := range []string{"PrivilegedEligibilitySchedule.Read.AzureADGroup", "AuditLog.Read.All", "Policy.Read.All"} {
		if !strings.Contains(out, right) {
			t.Errorf("source test does not name %s:\n%s", right, out)
		}
	}
}

// The configuration of a source is checked before anybody is asked.
func TestWrongConfiguration(t *testing.T) {
	for settings, want := range map[string]string{
		"tenant: x": "want the tenant's id or one of its domains",
		"tenant: example.com, credential: {client_id: a}":                                                                     "choose one of",
		"tenant: example.com, endpoint: \"http://127.0.0.1:1\", credential: {static_token_env: GRAPH_TOKEN}":                  "needs plaintext: true",
		"tenant: example.com, endpoint: \"http://graph.example.com\", plaintext: true, credential: {static_token_env: TOKEN}": "only addresses of this machine",
		"tenant: example.com, colour: red, credential: {managed_identity: true}":                                              "colour",
		"tenant: example.com, attributes: {employee_id: nickname}, credential: {managed_identity: true}":                      "extensionAttribute1",
	} {
		config := filepath.Join(t.TempDir(), "foureyes.yaml")
		if err := os.WriteFile(config, []byte("sources:\n  - {name: entra, type: entra, "+settings+"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, said := expect(t, 1, "collect", "--config", config, "--out", filepath.Join(t.TempDir(), "snapshot")); !strings.Contains(said, want) {
			t.Errorf("%s: said %q, want %q", settings, said, want)
		}
	}
}

// The facts of the demo company's tenant, which a program without Entra ID reads,
// are those that the connector reads of it.
func TestDemoTenantIsItsFacts(t *testing.T) {
	c, err := tenantCollector()
	if err != nil {
		t.Fatal(err)
	}
	var b graph.Builder
	for f, err := range c.Collect(t.Context(), connectors.Want{}) {
		if err == nil {
			err = b.Add(f)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var got bytes.Buffer
	if err := facts.Export(&got, b.Graph()); err != nil {
		t.Fatal(err)
	}
	fixturetest.Golden(t, "../../../fixtures/demo/entra.jsonl", got.Bytes())
	for _, cov := range b.Graph().Coverage() {
		if !cov.State.Whole() {
			t.Errorf("%s is %s: %s", cov.Dataset, cov.State, cov.Reason)
		}
	}
}
