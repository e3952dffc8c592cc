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

// absent returns which of the refs nothing of their type answers to.
func (r *reading) absent(ctx context.Context, refs []tenant.Ref) (missing []string, _ error) {
	l, err := r.lookFor(ctx, refs)
	for _, ref := range refs {
		if l.gone[ref.ID] {
			missing = append(missing, ref.ID)
		}
	}
	return missing, err
}

// A lookout is what became of looking for single objects.
type lookout struct {
	there map[string]string // type by id
	gone  map[string]bool   // nothing answers
	took  tally
}

// lookFor asks for single objects, by the type that is known of them or else by each
// type that can hold something: so it takes no more rights than the lists do.
func (r *reading) lookFor(ctx context.Context, refs []tenant.Ref) (lookout, error) {
	l := lookout{there: map[string]string{}, gone: map[string]bool{}}
	var keys []string
	for _, ref := range refs {
		types := []string{ref.Type}
		if collectionOf(ref.Type) == "" {
			types = []string{"group", "servicePrincipal", "user"}
		}
		for _, kind := range types {
			keys = append(keys, kind+" "+ref.ID)
		}
	}
	if len(keys) == 0 {
		return l, nil
	}
	p := &poll{failed: map[string]*refusal{}, kinds: map[kind]int{}, survey: survey{
		q: func(key string) query {
			kind, id, _ := strings.Cut(key, " ")
			return query{path: "/" + collectionOf(kind) + "/" + url.PathEscape(id), params: []param{fields("id")}, factory: models.CreateDirectoryObjectFromDiscriminatorValue, item: bareObject, object: true}
		},
		take: func(_ *tenant.Tenant, key string, _ serialization.Parsable) error {
			kind, id, _ := strings.Cut(key, " ")
			l.there[id] = kind
			return nil
		},
	}}
	took, err := r.ask(ctx, p, keys)
	l.took = took
	for _, ref := range refs {
		asked := slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return !strings.HasSuffix(k, " "+ref.ID) })
		l.gone[ref.ID] = !slices.ContainsFunc(asked, func(k string) bool { return p.failed[k] == nil || p.failed[k].kind != gone })
	}
	return l, err
}

// collectionOf names the collection of a type that can hold something; empty for
// others.
func collectionOf(kind string) string {
	switch kind {
	case "user", "group", "servicePrincipal", "application":
		return kind + "s"
	}
	return ""
}

// strangers asks for everybody who is named and was not listed. One who is there
// was made since, or the lists are not complete.
func (r *reading) strangers(ctx context.Context) error {
	refs := r.tenant.Strangers()
	l, err := r.lookFor(ctx, refs)
	if err != nil {
		return err
	}
	unanswered := 0
	for _, ref := range refs {
		switch kind, there := l.there[ref.ID]; {
		case there:
			r.late = append(r.late, tenant.Ref{ID: ref.ID, Type: kind})
		case !l.gone[ref.ID]:
			unanswered++
		}
	}
	p := tenant.Part{Name: tenant.PartStrangers, Query: "GET /users/{id}, /groups/{id}, /servicePrincipals/{id}", State: graph.Complete, Requests: l.took.requests, Pages: l.took.pages, Items: len(r.late), Bytes: l.took.bytes}
	if unanswered > 0 {
		p.State, p.Reason = graph.Partial, fmt.Sprintf("not answered: %d; it may take Directory.Read.All", unanswered)
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
	var domains []string
	_, err := r.client.list(ctx, q, nil, func(item serialization.Parsable) error {
		if o, ok := item.(models.Organizationable); ok {
			r.tenant.ID, r.tenant.Name = objectID(o.GetId()), text(o.GetDisplayName())
			for _, d := range o.GetVerifiedDomains() {
				if d != nil {
					domains = append(domains, strings.ToLower(text(d.GetName())))
				}
			}
		}
		return nil
	})
	if _, _, bearable := stateOf("organization", err); err != nil && !bearable {
		return err
	}
	want := strings.ToLower(r.cfg.Tenant)
	for _, id := range []string{r.tenant.ID, strings.ToLower(r.claims.tid)} {
		if isGUID(want) && id != "" && id != want {
			return fmt.Errorf("tenant %s is configured, and tenant %s answers", want, id)
		}
	}
	// A managed identity brings the token of its own tenant, whatever is configured.
	if !isGUID(want) && len(domains) > 0 && !slices.Contains(domains, want) {
		return fmt.Errorf("tenant %s is configured, and tenant %s answers, which has no such domain", want, r.tenant.ID)
	}
	r.tenant.ID = cmp.Or(r.tenant.ID, strings.ToLower(r.claims.tid))
	return nil
}

// isGUID reports whether a tenant is named by its id, not by a domain.
func isGUID(s string) bool { return !strings.Contains(s, ".") }

// totals counts the collections by another way. The index that counts lags, so a
// count is asked again when it differs.
// https://learn.microsoft.com/graph/aad-advanced-queries
func (r *reading) totals(ctx context.Context) error {
	for _, c := range []struct {
		part, name string
		got        int
		listed     func(id string) bool
	}{
		{tenant.PartUsers, "users", r.live(), r.isLive},
		{tenant.PartGroups, "groups", len(r.tenant.Groups), in(r.tenant.Groups)},
		{tenant.PartPrincipals, "servicePrincipals", len(r.tenant.ServicePrincipals), in(r.tenant.ServicePrincipals)},
		{tenant.PartApplications, "applications", len(r.tenant.Applications), in(r.tenant.Applications)},
	} {
		p, ok := r.tenant.Part(c.part)
		if !ok || p.State != graph.Complete {
			continue
		}
		if err := r.total(ctx, p, c.name, c.got, c.listed); err != nil {
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
	shorter, longer := r.delta("users").explains(r.isLive)
	p.Expected, p.Method, p.Drift = graph.CountOf(r.live()), "users that were listed", max(shorter, longer)
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

func (r *reading) isLive(id string) bool {
	u, ok := r.tenant.Users[id]
	return ok && u.Deleted.IsZero()
}

func in[V any](m map[string]V) func(id string) bool {
	return func(id string) bool { _, ok := m[id]; return ok }
}

func (r *reading) total(ctx context.Context, p tenant.Part, name string, got int, listed func(id string) bool) error {
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
	d := r.delta(name)
	shorter, longer := d.explains(listed)
	if p.Drift = shorter; got > n {
		p.Drift = longer
	}
	if d.changed == nil {
		p.Notes = append(p.Notes, "what changed meanwhile is not known")
	}
	if late := r.lateOf(name); len(late) > 0 {
		p.State, p.Reason = graph.Partial, fmt.Sprintf("%d are there and were not listed, such as %s; collect again", len(late), late[0])
	}
	r.tenant.Read(p)
	return nil
}

// recheckMembers counts the members of each group by another way, and reads once
// more those where the numbers differ.
func (r *reading) recheckMembers(ctx context.Context) error {
	p, ok := r.tenant.Part(tenant.PartMembers)
	if !ok || p.State != graph.Complete {
		return nil
	}
	wrong, total, took, err := r.countMembers(ctx, r.groupIDs(r.tenant))
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
	for _, id := range r.groupIDs(r.tenant) {
		n += len(r.tenant.Members[id])
	}
	return n
}

// readAgain reads the members of some groups once more, from the index that counts:
// only there does v1.0 show service principals. What came before stays.
// https://learn.microsoft.com/graph/api/group-list-members
func (r *reading) readAgain(ctx context.Context, ids []string) error {
	for _, s := range r.surveys() {
		if s.part != tenant.PartMembers {
			continue
		}
		ask := s.q
		s.begin = nil
		s.q = func(id string) query {
			q := ask(id)
			q.eventual = true
			q.params = append(q.params, param{"$count", "true"})
			return q
		}
		p := &poll{survey: s, failed: map[string]*refusal{}, kinds: map[kind]int{}}
		_, err := r.ask(ctx, p, ids)
		return err
	}
	return nil
}

// crossCheckPrincipals holds the members of groups against the groups that service
// principals say they are in: for years, Graph left them out of lists of members.
// What is missing there is added, as it is proven here.
// https://learn.microsoft.com/graph/api/group-list-members
func (r *reading) crossCheckPrincipals(ctx context.Context) error {
	missing := 0
	p := &poll{failed: map[string]*refusal{}, kinds: map[kind]int{}, survey: survey{
		part: tenant.PartPrincipalGroups, base: tenant.PartPrincipals, dataset: graph.Memberships,
		q: asking("/servicePrincipals/%s/memberOf", models.CreateDirectoryObjectCollectionResponseFromDiscriminatorValue, fields("id"), top("999")),
		take: eachAs(func(t *tenant.Tenant, id string, o models.DirectoryObjectable) {
			group := refOf(o)
			_, known := t.Groups[group.ID]
			if known && !slices.ContainsFunc(t.Members[group.ID], func(m tenant.Ref) bool { return m.ID == id }) {
				t.Members[group.ID] = append(t.Members[group.ID], tenant.Ref{ID: id, Type: "servicePrincipal"})
				missing++
			}
		}),
	}}
	ids := principalIDs(r.tenant)
	took, err := r.ask(ctx, p, ids)
	if err != nil {
		return err
	}
	r.recordPoll(p, len(ids), took)
	if part, ok := r.tenant.Part(tenant.PartPrincipalGroups); ok {
		part.Notes = append(part.Notes, fmt.Sprintf("memberships that the groups did not show: %d", missing))
		r.tenant.Read(part)
	}
	return nil
}
