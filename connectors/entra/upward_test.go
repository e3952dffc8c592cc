// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/connectors"
	sources "github.com/foureyes-iga/foureyes/connectors/collect"
	"github.com/foureyes-iga/foureyes/fixtures/graphapi"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/correlate"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// elsewhere is a source of facts.
type elsewhere []graph.Fact

func (s elsewhere) Collect(context.Context, connectors.Want) iter.Seq2[graph.Fact, error] {
	return func(yield func(graph.Fact, error) bool) {
		for _, f := range s {
			if !yield(f, nil) {
				return
			}
		}
	}
}

// A firm is a tenant made by chance, and what other sources tell of its people: some
// are linked to their users by the employee id, some by an address, some through an
// account on premises, some because somebody said so; of some only a rule says whose
// they are.
type firm struct {
	*rand.Rand
	*graphapi.Tenant
	others elsewhere
	link   correlate.Rules
	rules  []sources.Rule
}

const firmUsers, firmGroups = 60, 90

func newFirm(seed uint64) *firm {
	f := &firm{Rand: rand.New(rand.NewPCG(seed, 1)), Tenant: graphapi.Synthetic(seed, firmUsers, firmGroups, 160), link: correlate.Rules{Keys: []string{"employee_id", "mail"}}}
	for i, u := range f.Users {
		f.person(i, u)
	}
	for i := range firmUsers / 4 {
		f.grants(i)
	}
	for _, s := range []graph.Source{"hr", "ad"} {
		f.others = append(f.others, graph.Coverage{Source: s, Dataset: graph.All, State: graph.Complete})
	}
	f.rules = []sources.Rule{
		{Source: "world", Name: "*6@synthetic.example", Type: "service", Owner: "identity:hr/P38"},
		{Source: "world", Name: "*9@synthetic.example", Parent: graph.ID{Kind: graph.Account, Source: "world", Key: f.user(43)}.String()},
	}
	return f
}

func (f *firm) user(i int) string  { return f.Users[i]["id"].(string) }
func (f *firm) group(i int) string { return f.Groups[i]["id"].(string) }
func (f *firm) anyUser() string    { return f.user(f.IntN(len(f.Users))) }
func (f *firm) anyGroup() string   { return f.group(f.IntN(len(f.Groups))) }

func (f *firm) person(i int, u graphapi.Object) {
	who, account := graph.ID{Kind: graph.Identity, Source: "hr", Key: fmt.Sprintf("P%d", i)}, graph.ID{Kind: graph.Account, Source: "world", Key: u["id"].(string)}
	n := graph.Node{ID: who, Name: fmt.Sprint(u["displayName"])}
	n.Attrs.Set("employee_id", fmt.Sprintf("E%06d", i))
	n.Attrs.Set("status", "active")
	switch i % 5 {
	case 1:
		delete(u, "employeeId")
		if i%10 == 1 {
			n.Attrs.Set("mail", fmt.Sprint(u["mail"]))
		}
	case 2:
		delete(u, "employeeId")
		f.onPremises(i, u)
	case 3:
		delete(u, "employeeId")
		f.link.Confirmed = append(f.link.Confirmed, correlate.Link{Account: account, Identity: who})
	case 4:
		delete(u, "employeeId")
		if i%10 == 4 {
			f.others = append(f.others, graph.Grant{From: who, To: account, Kind: graph.Owns})
		}
	}
	f.others = append(f.others, n)
}

// onPremises lets a user be synchronised from an account of Active Directory.
func (f *firm) onPremises(i int, u graphapi.Object) {
	sid := fmt.Sprintf("S-1-5-21-9-9-9-%d", i)
	u["onPremisesSyncEnabled"], u["onPremisesSecurityIdentifier"] = true, sid
	n := graph.Node{ID: graph.ID{Kind: graph.Account, Source: "ad", Key: fmt.Sprint(i)}, Name: fmt.Sprintf("u%d", i)}
	n.Attrs.Set("employee_id", fmt.Sprintf("E%06d", i))
	n.Attrs.Set("sid", sid)
	n.Attrs.Set("status", "enabled")
	f.others = append(f.others, n)
}

// grants adds what chance does not make: ways that lead through something else than
// memberships of users.
func (f *firm) grants(i int) {
	instance := func(principal, access string) graphapi.Object {
		return graphapi.Object{"id": fmt.Sprintf("extra-%d-%d", i, f.IntN(1e9)), "groupId": f.anyGroup(), "principalId": principal, "accessId": access, "memberType": "direct", "startDateTime": "2026-01-01T00:00:00Z"}
	}
	switch i % 6 {
	case 0:
		g := f.anyGroup()
		f.GroupOwners[g] = append(f.GroupOwners[g], f.anyUser())
	case 1:
		f.GroupEligibilityScheduleInstances = append(f.GroupEligibilityScheduleInstances, instance(f.anyUser(), "owner"), instance(f.anyGroup(), "member"))
	case 2:
		f.AppRoleAssignments = append(f.AppRoleAssignments, graphapi.Object{"id": fmt.Sprint("group-role-", i), "appRoleId": "00000000-0000-4000-8000-00000000a001", "principalId": f.anyGroup(), "principalType": "Group",
			"resourceId": f.ServicePrincipals[0]["id"], "resourceDisplayName": "Robot 0"})
	case 3:
		sp, g := fmt.Sprint(f.ServicePrincipals[f.IntN(len(f.ServicePrincipals))]["id"]), f.anyGroup()
		f.GroupOwners[g] = append(f.GroupOwners[g], sp)
		f.ServicePrincipalOwners[sp] = []string{f.anyUser()}
	case 4:
		f.others = append(f.others, graph.Grant{From: graph.ID{Kind: graph.Account, Source: "ad", Key: "2"}, To: graph.ID{Kind: graph.Group, Source: "world", Key: f.anyGroup()}, Kind: graph.Member})
	case 5:
		f.RoleAssignments = append(f.RoleAssignments, graphapi.Object{"id": fmt.Sprint("more-", i), "principalId": f.anyGroup(), "roleDefinitionId": f.RoleDefinitions[3]["id"], "directoryScopeId": "/"})
	}
}

// collect asks the connector, and tells how many requests that took.
func (f *firm) collect(t *testing.T, c *Collector, api *graphapi.Server, want connectors.Want) (*graph.Graph, int) {
	t.Helper()
	before := len(api.Requests())
	r, err := sources.Run(t.Context(), sources.Plan{
		Jobs:     []sources.Job{{Name: "world", Collector: c, Last: true}, {Name: "hr", Collector: f.others}},
		Classify: f.rules, Link: f.link, Want: want, Now: testNow(),
	})
	if err != nil || len(r.Failed) > 0 {
		t.Fatal(err, r.Failed)
	}
	return r.Graph, len(api.Requests()) - before
}

// TestOnePersonIsAskedAboutAsAll holds what is told of one person when only he is
// asked about, against what is told when everything is read.
func TestOnePersonIsAskedAboutAsAll(t *testing.T) {
	people, narrow, reached, ties := 0, 0, 0, map[check.Tie]int{}
	for seed := range uint64(6) {
		f := newFirm(seed)
		c, api := serve(t, f.Tenant, graphapi.Options{})
		whole, most := f.collect(t, c, api, connectors.Want{})
		for i := range firmUsers {
			q := check.Question{EmployeeID: fmt.Sprintf("E%06d", i), AsOf: testNow()}
			want, err := check.LeaverOf(whole, q)
			if err != nil {
				t.Fatal(err)
			}
			less, requests := f.collect(t, c, api, connectors.Want{EmployeeIDs: []string{q.EmployeeID}, Without: []graph.Dataset{graph.MFA, graph.SignIn}, Undated: true})
			got, err := check.LeaverOf(less, q)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(anyTime(want), anyTime(got)); diff != "" {
				t.Fatalf("seed %d, %s: (-everything +asked about)\n%s", seed, q.EmployeeID, diff)
			}
			people++
			for _, x := range want.Logins {
				ties[x.Tie]++
				reached += len(x.Access)
			}
			if less.State("world", graph.Memberships) == graph.NotRequested {
				narrow++
				if requests >= most {
					t.Errorf("seed %d, %s: %d requests, and %d for everything", seed, q.EmployeeID, requests, most)
				}
			}
		}
		if v := api.Violations(); len(v) > 0 {
			t.Fatalf("asked for what Graph does not have:\n%s", strings.Join(v, "\n"))
		}
	}
	t.Logf("%d people, %d of them asked about alone, ties %v, %d things reached", people, narrow, ties, reached)
	if 3*narrow < 2*people || reached < 3*people || len(ties) < 2 {
		t.Errorf("%d people, %d of them asked about alone, ties %v, %d things reached: not enough to tell", people, narrow, ties, reached)
	}
}

// anyTime takes out of an answer since when grants are known to hold.
func anyTime(l *check.Leaver) *check.Leaver {
	for i := range l.Logins {
		for j := range l.Logins[i].Access {
			l.Logins[i].Access[j].First.Since = time.Time{}
		}
		for j := range l.Logins[i].Grants {
			l.Logins[i].Grants[j].Since = time.Time{}
		}
	}
	return l
}

// TestRefusedUpward: when a question about the person is refused, everything is read,
// and what cannot be told is what cannot be told then.
func TestRefusedUpward(t *testing.T) {
	for _, path := range []string{"/users/*/memberOf", "/groups/*/memberOf", "/users/*/ownedObjects", "/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"} {
		f := newFirm(1)
		c, api := serve(t, f.Tenant, graphapi.Options{})
		api.Inject(graphapi.Fault{Name: "403", Path: path, Times: graphapi.Forever})
		want := connectors.Want{EmployeeIDs: []string{"E000041"}, Undated: true}
		g, _ := f.collect(t, c, api, want)
		for _, d := range []graph.Dataset{graph.Memberships, graph.Control, graph.Eligibility} {
			if s := g.State("world", d); s == graph.NotRequested {
				t.Errorf("%s is refused, and %s is %s", path, d, s)
			}
		}
		if api.Struck("403") == 0 {
			t.Errorf("%s was not asked", path)
		}
	}
}

// TestConcerning: nothing is said of people who were not asked about.
func TestConcerning(t *testing.T) {
	f := newFirm(2)
	c, api := serve(t, f.Tenant, graphapi.Options{})
	g, _ := f.collect(t, c, api, connectors.Want{EmployeeIDs: []string{"E000041"}})
	if s := g.State("world", graph.Memberships); s != graph.NotRequested {
		t.Fatalf("memberships are %s", s)
	}
	for id, want := range map[string]bool{"E000041": false, "E000043": true} {
		l, err := check.LeaverOf(g, check.Question{EmployeeID: id, AsOf: testNow()})
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.ContainsFunc(l.CannotTell, func(d check.Doubt) bool { return d.Dataset == graph.Memberships && d.Source == "world" }); got != want {
			t.Errorf("%s: doubts %+v", id, l.CannotTell)
		}
	}
}
