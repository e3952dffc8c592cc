// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/fixtures/graphapi"
	"github.com/foureyes-iga/foureyes/graph"
)

// least is the least number of requests by which Graph tells all that the
// connector tells of a tenant: each list in its largest pages, each question about
// single objects in batches of twenty, and each control once. What the pages of
// one object bring beyond the first is in batches, too.
func least(d *graphapi.Tenant) int {
	pages := func(n, size int) int { return max(1, (n+size-1)/size) }
	batches := func(n int) int { return (n + 19) / 20 }
	onboardable, more := 0, 0
	for _, g := range d.Groups {
		kinds, _ := g["groupTypes"].([]any)
		synced, _ := g["onPremisesSyncEnabled"].(bool)
		mail, _ := g["mailEnabled"].(bool)
		dynamic, unified := has(kinds, "DynamicMembership"), has(kinds, "Unified")
		if !dynamic && !synced && (!mail || unified) {
			onboardable++
		}
	}
	for _, members := range d.Members {
		more += pages(len(members), 999) - 1
	}
	guests := 0
	for _, u := range d.Users {
		if u["userType"] == "Guest" {
			guests++
		}
	}
	lists := pages(len(d.Users), 999) + pages(len(d.Users), 500) + pages(guests, 999) + pages(len(d.Registrations), 999) + pages(len(d.DeletedUsers), 999) +
		pages(len(d.Groups), 999) + pages(len(d.ServicePrincipals), 999) + pages(len(d.Applications), 999) + pages(len(d.PermissionGrants), 999) + pages(len(d.DirectoryAudits), 999) +
		11 // short ones: organization, licences, units, roles, assignments, instances, eligibility, activation, policies, defaults, packages
	groups, software := len(d.Groups), len(d.ServicePrincipals)
	perObject := 3*batches(groups) + 2*batches(onboardable) + 3*batches(software) + 2*batches(len(d.Applications)) + batches(len(d.AdministrativeUnits)) + batches(more)
	const controls = 3 + 3 + 4 // deltas at both ends, counts
	return lists + perObject + controls
}

func has(all []any, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}

// BenchmarkTenant reads a tenant of 50,000 users, 10,000 groups and 500,000
// memberships from a server in another process, which takes 5 ms for an answer.
func BenchmarkTenant(b *testing.B) {
	described := largeTenant()
	fewest := least(described)
	described = nil
	address, token := startLarge(b)
	asked := 0
	for b.Loop() {
		c := collectorOf(b, address, token, graphapi.Synthetic(1, 0, 0, 0).ID)
		runtime.GC()
		peak := watchHeap(b.Context())
		got := map[string]int{}
		for f, err := range c.Collect(b.Context(), connectors.Want{}) {
			if err != nil {
				b.Fatal(err)
			}
			count(got, f)
		}
		b.ReportMetric(float64(peak())/1e6, "MB-peak")
		b.ReportMetric(float64(got["member"]), "memberships")
		total := requestsAt(b, address)
		b.ReportMetric(float64(total-asked), "requests")
		b.ReportMetric(float64(total-asked)/float64(fewest), "times-least")
		asked = total
	}
}

func requestsAt(t testing.TB, address string) (n int) {
	t.Helper()
	res, err := http.Get(address + "/requests")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := fmt.Fscan(res.Body, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func count(got map[string]int, f graph.Fact) {
	if g, ok := f.(graph.Grant); ok {
		got[g.Kind.String()]++
	}
}

// outer counts what went over the wire: a batch is one request.
func outer(api *graphapi.Server) int {
	n := 0
	for _, r := range api.Requests() {
		if !r.Inner {
			n++
		}
	}
	return n
}

// watchHeap samples how much memory is in use, and returns how to learn the most.
func watchHeap(ctx context.Context) func() uint64 {
	var most atomic.Uint64
	ctx, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), m.HeapInuse))
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return func() uint64 { stop(); <-done; return most.Load() }
}

// A smaller tenant must not take more requests in proportion, nor ask anything
// that Graph does not have.
func TestRequestsAreFew(t *testing.T) {
	described := graphapi.Synthetic(2, 2_500, 500, 12_000)
	c, api := serve(t, described, graphapi.Options{})
	readAll(t, c)
	got, want := outer(api), least(described)
	if float64(got) > 1.2*float64(want) {
		t.Errorf("%d requests, and %d would do", got, want)
	}
	if v := api.Violations(); len(v) > 0 {
		t.Errorf("asked for what Graph does not have:\n%s", strings.Join(v, "\n"))
	}
}
