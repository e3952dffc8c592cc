// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
	"github.com/foureyes-iga/foureyes/graph"
)

// absent returns which of the ids no object of the directory has.
func (r *reading) absent(ctx context.Context, ids []string) ([]string, error) {
	var missing []string
	_, err := r.objects(ctx, ids, func(string, models.DirectoryObjectable) {}, func(id string, refused *refusal) {
		if refused.kind == gone {
			missing = append(missing, id)
		}
	})
	slices.Sort(missing)
	return missing, err
}

// objects asks for single objects of the directory.
func (r *reading) objects(ctx context.Context, ids []string, found func(string, models.DirectoryObjectable), refused func(string, *refusal)) (tally, error) {
	if len(ids) == 0 {
		return tally{}, nil
	}
	p := &poll{failed: map[string]*refusal{}, kinds: map[kind]int{}, survey: survey{
		q: func(id string) query {
			return query{path: "/directoryObjects/" + url.PathEscape(id), factory: models.CreateDirectoryObjectFromDiscriminatorValue, object: true}
		},
		take: eachAs(func(_ *tenant.Tenant, id string, o models.DirectoryObjectable) { found(id, o) }),
	}}
	took, err := r.ask(ctx, p, ids)
	for _, id := range slices.Sorted(maps.Keys(p.failed)) {
		refused(id, p.failed[id])
	}
	return took, err
}

// strangers asks for everybody who is named and was not listed. One who is there
// was made since, or the lists are not complete.
func (r *reading) strangers(ctx context.Context) error {
	unanswered := 0
	ids := r.tenant.Strangers()
	took, err := r.objects(ctx, ids, func(id string, o models.DirectoryObjectable) {
		r.late = append(r.late, tenant.Ref{ID: id, Type: kindOf(o.GetOdataType())})
	}, func(_ string, refused *refusal) {
		if refused.kind != gone {
			unanswered++
		}
	})
	if err != nil {
		return err
	}
	slices.SortFunc(r.late, func(a, b tenant.Ref) int { return strings.Compare(a.ID, b.ID) })
	p := tenant.Part{Name: tenant.PartStrangers, Query: "GET /directoryObjects/{id}", State: graph.Complete, Requests: took.requests, Pages: took.pages, Items: len(r.late), Bytes: took.bytes}
	if unanswered > 0 {
		p.State, p.Reason = graph.Partial, fmt.Sprintf("not answered: %d", unanswered)
	}
	r.tenant.Read(p)
	return r.devices(ctx)
}

// devices reads the names of devices, when groups have any for members. Nothing
// depends on a name, so that nothing is less complete without it.
func (r *reading) devices(ctx context.Context) error {
	if !r.tenant.HasDevices() {
		return nil
	}
	q := query{path: "/devices", params: []param{fields("id,displayName"), top("999")}, factory: models.CreateDeviceCollectionResponseFromDiscriminatorValue, types: typed("#microsoft.graph.device")}
	_, err := r.client.list(ctx, q, nil, func(item serialization.Parsable) error {
		if d, ok := item.(models.Deviceable); ok {
			r.tenant.Devices[objectID(d.GetId())] = tenant.Device{ID: objectID(d.GetId()), Name: text(d.GetDisplayName())}
		}
		return nil
	})
	if _, _, bearable := stateOf("devices", err); err != nil && !bearable {
		return err
	}
	return nil
}

// identify makes sure that the answers are of the configured tenant.
func (r *reading) identify(ctx context.Context) error {
	q := query{path: "/organization", params: []param{fields("id,displayName,verifiedDomains")}, factory: models.CreateOrganizationCollectionResponseFromDiscriminatorValue}
	_, err := r.client.list(ctx, q, nil, func(item serialization.Parsable) error {
		if o, ok := item.(models.Organizationable); ok {
			r.tenant.ID, r.tenant.Name = objectID(o.GetId()), text(o.GetDisplayName())
		}
		return nil
	})
	if _, _, bearable := stateOf("organization", err); err != nil && !bearable {
		return err
	}
	for _, id := range []string{r.tenant.ID, strings.ToLower(r.claims.tid)} {
		if want := strings.ToLower(r.cfg.Tenant); isGUID(want) && id != "" && id != want {
			return fmt.Errorf("tenant %s is configured, and tenant %s answers", want, id)
		}
	}
	r.tenant.ID = cmp.Or(r.tenant.ID, strings.ToLower(r.claims.tid))
	return nil
}

// isGUID reports whether a tenant is named by its id, not by a domain.
func isGUID(s string) bool { return !strings.Contains(s, ".") }

// A delta follows what changes in one collection while it is read.
type delta struct {
	name    string // users, groups, servicePrincipals
	factory serialization.ParsableFactory
	link    string // where to ask at the end; empty when Graph gave none
	changed map[string]bool
}

// startDeltas marks the beginning: what changes from here on is told at the end.
// https://learn.microsoft.com/graph/delta-query-overview
func (r *reading) startDeltas(ctx context.Context) error {
	r.deltas = []*delta{
		{name: "users", factory: models.CreateUserCollectionResponseFromDiscriminatorValue},
		{name: "groups", factory: models.CreateGroupCollectionResponseFromDiscriminatorValue},
		{name: "servicePrincipals", factory: models.CreateServicePrincipalCollectionResponseFromDiscriminatorValue},
	}
	for _, d := range r.deltas {
		q := query{path: "/" + d.name + "/delta", params: []param{{"$deltatoken", "latest"}, fields(deltaFields(d.name))}, factory: d.factory}
		took, err := r.client.list(ctx, q, func() {}, func(serialization.Parsable) error { return nil })
		if _, _, bearable := stateOf(d.name, err); err != nil && !bearable {
			return err
		}
		if err == nil {
			d.link = took.delta
		}
	}
	return nil
}

func deltaFields(name string) string {
	if name == "groups" {
		return "id,members,owners"
	}
	return "id"
}

// endDeltas asks what changed since the beginning.
func (r *reading) endDeltas(ctx context.Context) error {
	for _, d := range r.deltas {
		if d.link == "" {
			continue
		}
		changed := map[string]bool{}
		q := query{link: d.link, path: "/" + d.name + "/delta", factory: d.factory}
		_, err := r.client.list(ctx, q, func() { clear(changed) }, func(item serialization.Parsable) error {
			if o, ok := item.(models.DirectoryObjectable); ok {
				changed[objectID(o.GetId())] = true
			}
			return nil
		})
		if _, _, bearable := stateOf(d.name, err); err != nil && !bearable {
			return err
		}
		if err == nil {
			d.changed = changed
		}
	}
	r.markLate()
	return nil
}

// markLate tells who is there, was not listed, and did not change meanwhile: of
// somebody who was made while lists were read, no list can be expected to know.
func (r *reading) markLate() {
	for _, d := range r.deltas {
		for _, id := range r.lateOf(d.name) {
			r.tenant.Late[id] = typeIn(d.name)
		}
	}
}

// typeIn names the type of a collection's objects.
func typeIn(collection string) string { return strings.TrimSuffix(collection, "s") }

// drift returns what changed in a collection while it was read, and whether that
// is known.
func (r *reading) drift(name string) (map[string]bool, bool) {
	for _, d := range r.deltas {
		if d.name == name {
			return d.changed, d.changed != nil
		}
	}
	return nil, false
}

// totals counts the collections by another way. The index that counts lags, so a
// count is asked again when it differs.
// https://learn.microsoft.com/graph/aad-advanced-queries
func (r *reading) totals(ctx context.Context) error {
	for _, c := range []struct {
		part, name string
		got        func() int
	}{
		{tenant.PartUsers, "users", func() int { return r.live() }},
		{tenant.PartGroups, "groups", func() int { return len(r.tenant.Groups) }},
		{tenant.PartPrincipals, "servicePrincipals", func() int { return len(r.tenant.ServicePrincipals) }},
		{tenant.PartApplications, "applications", func() int { return len(r.tenant.Applications) }},
	} {
		p, ok := r.tenant.Part(c.part)
		if !ok || p.State != graph.Complete {
			continue
		}
		if err := r.total(ctx, p, c.name, c.got()); err != nil {
			return err
		}
	}
	r.balanceSignIns()
	return nil
}

// balanceSignIns holds the list of sign-ins, which is one of users, against the
// users.
func (r *reading) balanceSignIns() {
	p, ok := r.tenant.Part(tenant.PartSignIns)
	if !ok || p.State != graph.Complete {
		return
	}
	changed, _ := r.drift("users")
	p.Expected, p.Method, p.Drift = graph.CountOf(r.live()), "users that were listed", len(changed)
	r.tenant.Read(p)
}

// live counts the users that are not deleted.
func (r *reading) live() int {
	n := 0
	for _, u := range r.tenant.Users {
		if u.Deleted.IsZero() {
			n++
		}
	}
	return n
}

func (r *reading) total(ctx context.Context, p tenant.Part, name string, got int) error {
	n, err := r.client.count(ctx, "/"+name)
	if err == nil && n != got {
		n, err = r.client.count(ctx, "/"+name)
	}
	if err != nil {
		if _, _, bearable := stateOf(p.Name, err); !bearable {
			return err
		}
		p.State, p.Reason = graph.Partial, fmt.Sprintf("could not be counted: %v", err)
		r.tenant.Read(p)
		return nil
	}
	p.Items, p.Expected, p.Method = got, graph.CountOf(n), "GET /"+name+"/$count"
	changed, known := r.drift(name)
	p.Drift = len(changed)
	if !known {
		p.Notes = append(p.Notes, "what changed meanwhile is not known")
	}
	if late := r.lateOf(name); len(late) > 0 {
		p.State, p.Reason = graph.Partial, fmt.Sprintf("%d are there and were not listed, such as %s; collect again", len(late), late[0])
	}
	r.tenant.Read(p)
	return nil
}

// lateOf returns who is there, was not listed, and did not change meanwhile.
func (r *reading) lateOf(name string) []string {
	changed, _ := r.drift(name)
	var late []string
	for _, o := range r.late {
		if o.Type == typeIn(name) && !changed[o.ID] {
			late = append(late, o.ID)
		}
	}
	return late
}

// recheckMembers counts the members of each group by another way, and reads once
// more those where the numbers differ.
func (r *reading) recheckMembers(ctx context.Context) error {
	p, ok := r.tenant.Part(tenant.PartMembers)
	if !ok || p.State != graph.Complete {
		return nil
	}
	wrong, total, took, err := r.countMembers(ctx, groupIDs(r.tenant))
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		if err := r.readAgain(ctx, slices.Sorted(maps.Keys(wrong))); err != nil {
			return err
		}
		if wrong, _, _, err = r.countMembers(ctx, slices.Sorted(maps.Keys(wrong))); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(wrong)) {
		r.tenant.Withheld(r.id(graph.Group, id), graph.Memberships, wrong[id])
	}
	// Groups that show too few are gaps. The rest of a difference is the lag of the
	// index that counts, which is one of time.
	p.Items, p.Expected, p.Method = r.memberships(), graph.CountOf(total), "GET /groups/{id}/members?$count=true"
	if p.Drift = max(total-p.Items, p.Items-total); p.Drift > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("groups whose count stayed above what they show: %d", len(wrong)))
	}
	p.Requests += took.requests
	r.tenant.Read(p)
	return nil
}

// countMembers returns what is wrong with groups, and how many members are counted
// in all. That more came than are counted is the lag of the index, and harmless.
func (r *reading) countMembers(ctx context.Context, ids []string) (wrong map[string]string, total int, took tally, err error) {
	wrong = map[string]string{}
	subs := func(yield func(sub) bool) {
		for _, id := range ids {
			if !yield(sub{id, query{path: "/groups/" + url.PathEscape(id) + "/members"}}) {
				return
			}
		}
	}
	took, err = r.client.counts(ctx, subs, func(id string, n int, err error) error {
		got := len(r.tenant.Members[id])
		switch {
		case err != nil:
			if _, reason, bearable := stateOf(tenant.PartMembers, err); bearable {
				wrong[id] = "its members could not be counted: " + reason
				return nil
			}
			return err
		case n > got:
			wrong[id] = fmt.Sprintf("Graph counts %d members and shows %d", n, got)
		}
		total += n
		return nil
	})
	return wrong, total, took, err
}

func (r *reading) memberships() int {
	n := 0
	for _, refs := range r.tenant.Members {
		n += len(refs)
	}
	return n
}

// readAgain reads the members of some groups once more.
func (r *reading) readAgain(ctx context.Context, ids []string) error {
	for _, s := range r.surveys() {
		if s.part == tenant.PartMembers {
			p := &poll{survey: s, failed: map[string]*refusal{}, kinds: map[kind]int{}}
			_, err := r.ask(ctx, p, ids)
			return err
		}
	}
	return nil
}
