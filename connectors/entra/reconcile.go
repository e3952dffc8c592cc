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
	var refs []tenant.Ref
	for _, id := range ids {
		refs = append(refs, tenant.Ref{ID: id, Type: r.listedAs(id)})
	}
	_, err := r.objects(ctx, refs, func(string, models.DirectoryObjectable) {}, func(id string, refused *refusal) {
		if refused.kind == gone {
			missing = append(missing, id)
		}
	})
	slices.Sort(missing)
	return missing, err
}

// listedAs returns the type of an object by the list that it is in.
func (r *reading) listedAs(id string) string {
	switch {
	case in(r.tenant.Groups)(id):
		return "group"
	case in(r.tenant.ServicePrincipals)(id):
		return "servicePrincipal"
	case in(r.tenant.Applications)(id):
		return "application"
	}
	return ""
}

// objects asks for single objects of the directory, each among those of its type:
// only what is of no known type takes the right to read the whole directory.
func (r *reading) objects(ctx context.Context, refs []tenant.Ref, found func(string, models.DirectoryObjectable), refused func(string, *refusal)) (tally, error) {
	if len(refs) == 0 {
		return tally{}, nil
	}
	types := map[string]string{}
	var ids []string
	for _, ref := range refs {
		types[ref.ID], ids = ref.Type, append(ids, ref.ID)
	}
	p := &poll{failed: map[string]*refusal{}, kinds: map[kind]int{}, survey: survey{
		q: func(id string) query {
			return query{path: among(types[id]) + url.PathEscape(id), factory: models.CreateDirectoryObjectFromDiscriminatorValue, object: true}
		},
		take: eachAs(func(_ *tenant.Tenant, id string, o models.DirectoryObjectable) { found(id, o) }),
	}}
	took, err := r.ask(ctx, p, ids)
	for _, id := range slices.Sorted(maps.Keys(p.failed)) {
		refused(id, p.failed[id])
	}
	return took, err
}

// among returns where the objects of a type are.
func among(kind string) string {
	switch kind {
	case "user", "group", "servicePrincipal", "application":
		return "/" + kind + "s/"
	}
	return "/directoryObjects/"
}

// strangers asks for everybody who is named and was not listed. One who is there
// was made since, or the lists are not complete.
func (r *reading) strangers(ctx context.Context) error {
	unanswered := 0
	refs, types := r.tenant.Strangers(), map[string]string{}
	for _, ref := range refs {
		types[ref.ID] = ref.Type
	}
	took, err := r.objects(ctx, refs, func(id string, o models.DirectoryObjectable) {
		r.late = append(r.late, tenant.Ref{ID: id, Type: cmp.Or(kindOf(o.GetOdataType()), types[id])})
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
	return nil
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
		got := distinct(r.tenant.Members[id])
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

func distinct(refs []tenant.Ref) int {
	ids := map[string]bool{}
	for _, ref := range refs {
		ids[ref.ID] = true
	}
	return len(ids)
}

func (r *reading) memberships() int {
	n := 0
	for _, refs := range r.tenant.Members {
		n += distinct(refs)
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
