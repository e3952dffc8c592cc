// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/connectortest"
	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
	"github.com/foureyes-iga/foureyes/fixtures/graphapi"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
)

const tenantID = "7f3c0a52-51d5-4d39-9a53-2b1f0f9f6f01"

func testNow() time.Time { return time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC) }

// serve starts a server of a tenant, and a connector that reads it and does not
// wait where Graph asks it to.
func serve(t testing.TB, described *graphapi.Tenant, o graphapi.Options) (*Collector, *graphapi.Server) {
	t.Helper()
	if described.ID == "" {
		described.ID, described.DisplayName = tenantID, "Example"
	}
	o.RequireToken = true
	api, err := graphapi.New(described, o)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(api)
	t.Cleanup(web.Close)
	return collectorOf(t, web.URL, api.Token(), described.ID), api
}

func collectorOf(t testing.TB, endpoint, token, tenant string) *Collector {
	t.Helper()
	t.Setenv("FOUREYES_TEST_TOKEN", token)
	cfg := Config{Tenant: tenant, Endpoint: endpoint, Plaintext: true, Credential: CredentialConfig{StaticTokenEnv: "FOUREYES_TEST_TOKEN"}}
	c, err := New(cfg, connectors.Options{Source: "world", Now: testNow()})
	if err != nil {
		t.Fatal(err)
	}
	pretend(c.client)
	return c
}

// pretend gives a client a clock that only waiting moves.
func pretend(c *client) {
	c.pacer.pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
}

// readAll returns all facts, and fails the test when the source breaks.
func readAll(t testing.TB, c *Collector) []graph.Fact {
	t.Helper()
	var all []graph.Fact
	for f, err := range c.Collect(t.Context(), connectors.Want{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

func graphOf(t testing.TB, all []graph.Fact) *graph.Graph {
	t.Helper()
	var b graph.Builder
	for _, f := range all {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph()
}

// lines writes facts as a facts file does, sorted.
func lines(all []graph.Fact) []string {
	var out []string
	for _, f := range all {
		out = append(out, string(facts.Append(nil, f)))
	}
	slices.Sort(out)
	return out
}

func TestEmptyTenant(t *testing.T) {
	c, api := serve(t, &graphapi.Tenant{}, graphapi.Options{})
	g := graphOf(t, readAll(t, c))
	for _, d := range graph.Datasets() {
		if s := g.State("world", d); !s.Whole() {
			t.Errorf("%s is %s", d, s)
		}
	}
	if v := api.Violations(); len(v) > 0 {
		t.Errorf("asked for what Graph does not have:\n%s", strings.Join(v, "\n"))
	}
	for _, cov := range g.Coverage() {
		if cov.Reason != "" {
			t.Logf("%s: %s", cov.Dataset, cov.Reason)
		}
	}
}

// The guide names every right that the connector may ask for.
func TestGuideNamesEveryRight(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "guides", "entra.md"))
	if err != nil {
		t.Fatal(err)
	}
	parts := []string{tenant.PartUsers, tenant.PartPrincipals, tenant.PartGroups, tenant.PartMembers, tenant.PartRoles, tenant.PartRoleAssignments, tenant.PartRoleInstances, tenant.PartAppRoles,
		tenant.PartConsents, tenant.PartPackages, tenant.PartPackageHolders, tenant.PartRoleEligibility, tenant.PartGroupEligible, tenant.PartGroupInstances, tenant.PartActivations,
		tenant.PartGroupOwners, tenant.PartAppOwners, tenant.PartSPOwners, tenant.PartApplications, tenant.PartFederated, tenant.PartUnits, tenant.PartUnitMembers, tenant.PartSignIns,
		tenant.PartRegistrations, tenant.PartPolicies, tenant.PartDefaults, tenant.PartDeleted, tenant.PartSponsors, tenant.PartMailboxes, tenant.PartAudits, tenant.PartLicences}
	for _, part := range parts {
		if r := rights(part); !strings.Contains(string(guide), "| `"+r.permission+"` |") || r.licence != "" && !strings.Contains(string(guide), strings.TrimPrefix(r.licence, "Entra ID ")) {
			t.Errorf("%s: %+v is not in the guide", part, r)
		}
	}
}

// For years, Graph left service principals out of the members of groups.
func TestMembersThatGroupsDoNotShow(t *testing.T) {
	robot, group := guid(graph.ID{Kind: graph.Account, Key: "robot"}), guid(graph.ID{Kind: graph.Group, Key: "g"})
	c, _ := serve(t, &graphapi.Tenant{
		Groups:            []graphapi.Object{{"id": group, "displayName": "g", "securityEnabled": true, "mailEnabled": false, "groupTypes": []any{}}},
		ServicePrincipals: []graphapi.Object{{"id": robot, "appId": robot, "displayName": "robot", "accountEnabled": true}},
		Members:           map[string][]string{group: {robot}},
	}, graphapi.Options{OmitServicePrincipals: true})
	want := `{"fact":"grant","from":"account:world/` + robot + `","to":"group:world/` + group + `","kind":"member"}`
	if all := lines(readAll(t, c)); !slices.Contains(all, want) {
		t.Errorf("missing %s", want)
	}
}

// A page size that Graph refuses is left to Graph.
func TestPageSizeThatIsRefused(t *testing.T) {
	c, _ := serve(t, tenantOf(connectortest.Standard().Without([]connectortest.Feature{connectortest.Identities, connectortest.UnresolvedMembers})), graphapi.Options{})
	inner := c.client.http.Transport
	c.client.http.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.RawQuery, "signInActivity") && strings.Contains(r.URL.RawQuery, "top=") {
			body := `{"error":{"code":"Request_BadRequest","message":"page size too large"}}`
			return &http.Response{StatusCode: 400, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		}
		return inner.RoundTrip(r)
	})
	if s := graphOf(t, readAll(t, c)).State("world", graph.SignIn); s != graph.Complete {
		t.Errorf("sign-in is %s", s)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A guest without a sponsor is told to have none, and not as one of whom nothing is
// known.
func TestGuestWithoutSponsor(t *testing.T) {
	boss, alone, sponsored := guid(graph.ID{Kind: graph.Account, Key: "boss"}), guid(graph.ID{Kind: graph.Account, Key: "alone"}), guid(graph.ID{Kind: graph.Account, Key: "sponsored"})
	user := func(id, kind string) graphapi.Object {
		return graphapi.Object{"id": id, "userPrincipalName": id + "@example.com", "displayName": id, "userType": kind, "accountEnabled": true}
	}
	c, _ := serve(t, &graphapi.Tenant{
		Users:    []graphapi.Object{user(boss, "Member"), user(alone, "Guest"), user(sponsored, "Guest")},
		Sponsors: map[string][]string{sponsored: {boss}},
	}, graphapi.Options{})
	g := graphOf(t, readAll(t, c))
	for id, want := range map[string][]string{alone: {}, sponsored: {"account:world/" + boss}, boss: nil} {
		n, _ := g.Find(graph.ID{Kind: graph.Account, Source: "world", Key: id})
		if got := g.AttrValues(n, "sponsor"); !slices.Equal(got, want) || (got == nil) != (want == nil) {
			t.Errorf("%s: sponsors %#v, want %#v", id, got, want)
		}
	}
}
