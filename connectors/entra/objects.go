// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
	"github.com/foureyes-iga/foureyes/graph"
)

// A survey puts the same question about many objects.
type survey struct {
	part    string
	base    string // the part that lists the objects
	dataset graph.Dataset
	besides graph.Dataset                                // another that it tells of; may be empty
	ids     func(t *tenant.Tenant) []string              // of the objects
	about   func(t *tenant.Tenant, id string) []graph.ID // what is withheld when it is; nil is all of the part
	q       func(id string) query
	begin   func(t *tenant.Tenant, id string)
	take    func(t *tenant.Tenant, id string, item serialization.Parsable) error
	end     func(t *tenant.Tenant, id string) // all came; may be nil
	forget  func(t *tenant.Tenant, id string) // the object does not exist any more; may be nil
}

// surveys are all questions about single objects.
func (r *reading) surveys() []survey {
	group := func(_ *tenant.Tenant, id string) []graph.ID { return []graph.ID{r.id(graph.Group, id)} }
	forgetGroup := func(t *tenant.Tenant, id string) { delete(t.Groups, id) }
	forgetPrincipal := func(t *tenant.Tenant, id string) { delete(t.ServicePrincipals, id) }
	forgetApplication := func(t *tenant.Tenant, id string) { delete(t.Applications, id) }
	return []survey{
		links(tenant.PartMembers, tenant.PartGroups, graph.Memberships, "/groups/%s/members", r.groupIDs, group, func(t *tenant.Tenant) tenant.Links { return t.Members }, forgetGroup),
		links(tenant.PartGroupOwners, tenant.PartGroups, graph.Control, "/groups/%s/owners", r.groupIDs, group, func(t *tenant.Tenant) tenant.Links { return t.GroupOwners }, forgetGroup),
		links(tenant.PartSPOwners, tenant.PartPrincipals, graph.Control, "/servicePrincipals/%s/owners", principalIDs, r.principal, func(t *tenant.Tenant) tenant.Links { return t.SPOwners }, forgetPrincipal),
		links(tenant.PartAppOwners, tenant.PartApplications, graph.Control, "/applications/%s/owners", applicationIDs, r.accountOfApp, func(t *tenant.Tenant) tenant.Links { return t.AppOwners }, forgetApplication),
		{part: tenant.PartSPOwned, base: tenant.PartPrincipals, dataset: graph.Control, ids: principalIDs, about: nil, forget: forgetPrincipal,
			q: func(id string) query {
				q := asking("/servicePrincipals/%s/ownedObjects", models.CreateDirectoryObjectCollectionResponseFromDiscriminatorValue, fields("id"), top("999"))(id)
				q.item = bareObject
				return q
			},
			take: eachAs(func(t *tenant.Tenant, id string, o models.DirectoryObjectable) { owns(t, id, objectID(o.GetId())) })},
		links(tenant.PartUnitMembers, tenant.PartUnits, graph.Control, "/directory/administrativeUnits/%s/members", unitIDs, nil, func(t *tenant.Tenant) tenant.Links { return t.UnitMembers }, nil),
		{part: tenant.PartAppRoles, base: tenant.PartPrincipals, dataset: graph.Assignments, ids: principalIDs, about: nil, forget: forgetPrincipal,
			q: asking("/servicePrincipals/%s/appRoleAssignedTo", models.CreateAppRoleAssignmentCollectionResponseFromDiscriminatorValue, top("999")),
			take: eachAs(func(t *tenant.Tenant, _ string, a models.AppRoleAssignmentable) {
				t.AppRoleAssignment[text(a.GetId())] = appRoleAssignmentOf(a)
			})},
		{part: tenant.PartFederated, base: tenant.PartApplications, dataset: graph.Control, ids: applicationIDs, about: r.accountOfApp, forget: forgetApplication,
			q:     asking("/applications/%s/federatedIdentityCredentials", models.CreateFederatedIdentityCredentialCollectionResponseFromDiscriminatorValue),
			begin: func(t *tenant.Tenant, id string) { setFederated(t, id, nil) },
			take: eachAs(func(t *tenant.Tenant, id string, f models.FederatedIdentityCredentialable) {
				if more := federatedOf(f); !slices.Contains(t.Applications[id].Federated, more) {
					setFederated(t, id, append(t.Applications[id].Federated, more))
				}
			})},
		{part: tenant.PartGroupEligible, base: tenant.PartGroups, dataset: graph.Eligibility, besides: graph.Control, ids: r.onboardable, about: group, forget: forgetGroup,
			q: byGroup("eligibilityScheduleInstances", models.CreatePrivilegedAccessGroupEligibilityScheduleInstanceCollectionResponseFromDiscriminatorValue),
			take: eachAs(func(t *tenant.Tenant, group string, i models.PrivilegedAccessGroupEligibilityScheduleInstanceable) {
				t.GroupEligibility[text(i.GetId())] = groupEligibilityOf(group, i)
			})},
		{part: tenant.PartGroupInstances, base: tenant.PartGroups, dataset: graph.Memberships, ids: r.onboardable, about: nil, forget: forgetGroup,
			q: byGroup("assignmentScheduleInstances", models.CreatePrivilegedAccessGroupAssignmentScheduleInstanceCollectionResponseFromDiscriminatorValue),
			take: eachAs(func(t *tenant.Tenant, group string, i models.PrivilegedAccessGroupAssignmentScheduleInstanceable) {
				t.GroupInstances[text(i.GetId())] = groupInstanceOf(group, i)
			})},
	}
}

func (r *reading) id(k graph.Kind, key string) graph.ID {
	return graph.ID{Kind: k, Source: r.opts.Source, Key: key}
}

// principal returns the account of a service principal and the rights that it
// offers, which its owners control, too.
func (r *reading) principal(t *tenant.Tenant, id string) []graph.ID {
	all := []graph.ID{r.id(graph.Account, id)}
	for _, role := range t.ServicePrincipals[id].AppRoles {
		all = append(all, r.id(graph.Entitlement, id+"/"+role.ID))
	}
	return all
}

// accountOfApp returns the service principals of an application of this tenant.
func (r *reading) accountOfApp(t *tenant.Tenant, id string) []graph.ID {
	var all []graph.ID
	app := t.Applications[id].AppID
	for _, sp := range principalIDs(t) {
		if app != "" && t.ServicePrincipals[sp].AppID == app {
			all = append(all, r.id(graph.Account, sp))
		}
	}
	return all
}

// groupIDs lists the groups that are asked about.
func (r *reading) groupIDs(t *tenant.Tenant) []string {
	ids := slices.Sorted(maps.Keys(t.Groups))
	if r.groups == nil {
		return ids
	}
	return slices.DeleteFunc(ids, func(id string) bool { return !r.groups[id] })
}

func principalIDs(t *tenant.Tenant) []string   { return slices.Sorted(maps.Keys(t.ServicePrincipals)) }
func applicationIDs(t *tenant.Tenant) []string { return slices.Sorted(maps.Keys(t.Applications)) }
func unitIDs(t *tenant.Tenant) []string        { return slices.Sorted(maps.Keys(t.Units)) }

// onboardable are the groups that PIM for Groups can manage: those of this cloud
// that no rule fills. What is not known of a group is asked.
// https://learn.microsoft.com/entra/id-governance/privileged-identity-management/concept-pim-for-groups
func (r *reading) onboardable(t *tenant.Tenant) []string {
	return slices.DeleteFunc(r.groupIDs(t), func(id string) bool {
		g := t.Groups[id]
		synced := g.OnPremises.Synced != nil && *g.OnPremises.Synced
		mail := g.MailEnabled != nil && *g.MailEnabled && g.Types != nil && !slices.Contains(g.Types, "Unified")
		return synced || mail || slices.Contains(g.Types, "DynamicMembership")
	})
}

func asking(path string, factory serialization.ParsableFactory, params ...param) func(id string) query {
	return func(id string) query {
		return query{path: fmt.Sprintf(path, url.PathEscape(id)), params: params, factory: factory}
	}
}

func byGroup(what string, factory serialization.ParsableFactory) func(id string) query {
	return func(id string) query {
		return query{path: "/identityGovernance/privilegedAccess/group/" + what, params: []param{filtered("groupId eq '" + id + "'")}, factory: factory}
	}
}

// eachAs makes a function that takes items of one type of the SDK.
func eachAs[M any](take func(t *tenant.Tenant, id string, m M)) func(*tenant.Tenant, string, serialization.Parsable) error {
	return func(t *tenant.Tenant, id string, item serialization.Parsable) error {
		m, ok := item.(M)
		if !ok {
			return fmt.Errorf("an item is a %T", item)
		}
		take(t, id, m)
		return nil
	}
}

// links is the survey of a relation to other objects.
func links(part, base string, d graph.Dataset, path string, ids func(*tenant.Tenant) []string, about func(*tenant.Tenant, string) []graph.ID,
	of func(*tenant.Tenant) tenant.Links, forget func(*tenant.Tenant, string)) survey {
	return survey{
		part: part, base: base, dataset: d, ids: ids, about: about, forget: forget,
		q: func(id string) query {
			return query{path: fmt.Sprintf(path, url.PathEscape(id)), params: []param{fields("id"), top("999")}, factory: models.CreateDirectoryObjectCollectionResponseFromDiscriminatorValue, item: bareObject}
		},
		begin: func(t *tenant.Tenant, id string) { of(t)[id] = []tenant.Ref{} },
		take: eachAs(func(t *tenant.Tenant, id string, o models.DirectoryObjectable) {
			of(t)[id] = append(of(t)[id], refOf(o))
		}),
		end: func(t *tenant.Tenant, id string) { of(t)[id] = once(of(t)[id]) },
	}
}

// once drops references that came twice.
func once(refs []tenant.Ref) []tenant.Ref {
	seen := make(map[string]bool, len(refs))
	return slices.DeleteFunc(refs, func(r tenant.Ref) bool {
		twice := seen[r.ID]
		seen[r.ID] = true
		return twice
	})
}

// owns notes that a service principal owns something: v1.0 does not show service
// principals among the owners of groups.
// https://learn.microsoft.com/graph/api/group-list-owners
func owns(t *tenant.Tenant, principal, thing string) {
	_, isGroup := t.Groups[thing]
	owner := tenant.Ref{ID: principal, Type: "servicePrincipal"}
	if isGroup && !slices.ContainsFunc(t.GroupOwners[thing], func(r tenant.Ref) bool { return r.ID == principal }) {
		t.GroupOwners[thing] = append(t.GroupOwners[thing], owner)
	}
}

// bareObject makes a directory object of any type: what is asked of it is its id.
func bareObject(serialization.ParseNode) (serialization.Parsable, error) {
	return models.NewDirectoryObject(), nil
}

func setFederated(t *tenant.Tenant, id string, all []tenant.Federated) {
	a := t.Applications[id]
	a.Federated = all
	t.Applications[id] = a
}

// perObject puts all questions about single objects. Which groups are asked may follow
// from the others; what service principals own comes after the owners of groups, which
// it adds to.
func (r *reading) perObject(ctx context.Context) error {
	var last []survey
	for _, s := range r.surveys() {
		if s.base == tenant.PartGroups || s.part == tenant.PartSPOwned {
			last = append(last, s)
		} else if err := r.survey(ctx, s); err != nil {
			return err
		}
	}
	if err := r.chooseGroups(ctx); err != nil {
		return err
	}
	for _, s := range last {
		if err := r.survey(ctx, s); err != nil {
			return err
		}
	}
	return r.mailboxes(ctx)
}

// A poll is a survey in progress.
type poll struct {
	survey
	asked    int // of the ids of the last round, those before this one were
	answered int
	failed   map[string]*refusal // by id
	kinds    map[kind]int
}

// hopeless is how many refusals of one kind, and nothing else, end a survey: then
// the right to ask is missing, not one object withheld.
const hopeless = 20

// givesUp reports whether there is no point in asking on.
func (p *poll) givesUp() bool {
	return p.answered == 0 && max(p.kinds[denied], p.kinds[unlicensed]) >= hopeless
}

func (r *reading) survey(ctx context.Context, s survey) error {
	p := &poll{survey: s, failed: map[string]*refusal{}, kinds: map[kind]int{}}
	ids := s.ids(r.tenant)
	took, err := r.ask(ctx, p, ids)
	if rest := ids[p.asked:]; err == nil && len(rest) > 0 && p.answered > 0 {
		// Answers that were under way came when it had given up.
		var more tally
		more, err = r.ask(ctx, p, rest)
		took = took.plus(more)
	}
	if err != nil {
		return err
	}
	if err := r.lookForGone(ctx, p); err != nil {
		return err
	}
	r.recordPoll(p, len(ids), took)
	return nil
}

// ask puts the question about each of the ids. Answers are stored under the lock,
// because the next questions are taken while others are answered.
func (r *reading) ask(ctx context.Context, p *poll, ids []string) (tally, error) {
	begin := func(id string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if p.begin != nil {
			p.begin(r.tenant, id)
		}
	}
	for _, id := range ids {
		begin(id)
	}
	return r.client.each(ctx, r.subs(p, ids), handler{
		begin: begin,
		take: func(id string, item serialization.Parsable) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			return p.take(r.tenant, id, item)
		},
		done: func(id string, err error) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			if err == nil && p.end != nil {
				p.end(r.tenant, id)
			}
			return p.done(id, err)
		},
	})
}

func (r *reading) subs(p *poll, ids []string) iter.Seq[sub] {
	more := func(i int) bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		p.asked = i
		return !p.givesUp()
	}
	return func(yield func(sub) bool) {
		for i, id := range ids {
			if !more(i) || !yield(sub{id, p.q(id)}) {
				return
			}
		}
		p.asked = len(ids)
	}
}

func (p *poll) done(id string, err error) error {
	var refused *refusal
	switch {
	case err == nil:
		p.answered++
	case !errors.As(err, &refused) || refused.kind == expired:
		return err
	default:
		p.failed[id] = refused
		p.kinds[refused.kind]++
	}
	return nil
}

// lookForGone asks once more for objects that were not found: only one that does
// not exist any more is forgotten. Everything else stays withheld.
func (r *reading) lookForGone(ctx context.Context, p *poll) error {
	if p.forget == nil {
		return nil
	}
	kind := map[string]string{tenant.PartGroups: "group", tenant.PartPrincipals: "servicePrincipal", tenant.PartApplications: "application"}[p.base]
	var refs []tenant.Ref
	for _, id := range slices.Sorted(maps.Keys(p.failed)) {
		if p.failed[id].kind == gone {
			refs = append(refs, tenant.Ref{ID: id, Type: kind})
		}
	}
	missing, err := r.absent(ctx, refs)
	for _, id := range missing {
		delete(p.failed, id)
		p.forget(r.tenant, id)
	}
	return err
}

// recordPoll keeps how a survey went. A right that is missing makes the part what
// it is; one object that is withheld is a gap, and leaves the part alone.
func (r *reading) recordPoll(p *poll, of int, took tally) {
	part := tenant.Part{Name: p.part, Query: strings.ReplaceAll(p.q("{id}").String(), url.PathEscape("{id}"), "{id}"), State: graph.Complete, Requests: took.requests, Pages: took.pages, Items: took.items - took.duplicates, Bytes: took.bytes}
	part.Notes = append(part.Notes, fmt.Sprintf("objects asked: %d of %d", p.answered+len(p.failed), of))
	all := p.answered == 0 && len(p.failed) > 0
	for _, id := range slices.Sorted(maps.Keys(p.failed)) {
		state, reason, _ := stateOf(p.part, p.failed[id])
		var about []graph.ID
		if p.about != nil && !all {
			about = p.about(r.tenant, id)
		}
		if len(about) == 0 && state > part.State {
			part.State, part.Reason = state, reason
		}
		for _, thing := range about {
			r.tenant.Withheld(thing, p.dataset, reason)
			if p.besides != "" {
				r.tenant.Withheld(thing, p.besides, reason)
			}
		}
	}
	r.tenant.Read(part)
}

// inherit makes what was asked about the objects of a list no more complete than
// the list.
func (r *reading) inherit(context.Context) error {
	for _, s := range r.surveys() {
		p, ok := r.tenant.Part(s.part)
		if ok && p.State == graph.Complete && !r.tenant.Whole(s.base) {
			p.State, p.Reason = graph.Partial, "not all could be asked, because of the "+s.base
			r.tenant.Read(p)
		}
	}
	return nil
}

// mailboxes asks for the purpose of mailboxes that may not be a person's: those of
// users who cannot sign in or have no licence. Without the permission it is not
// asked, because it only tells kinds of accounts apart.
func (r *reading) mailboxes(ctx context.Context) error {
	wanted := r.may("MailboxSettings.Read") || r.may("MailboxSettings.ReadWrite")
	if r.cfg.Mailboxes != nil {
		wanted = *r.cfg.Mailboxes
	}
	if !wanted {
		r.tenant.Read(tenant.Part{Name: tenant.PartMailboxes, State: graph.NotRequested})
		return nil
	}
	p := &poll{failed: map[string]*refusal{}, kinds: map[kind]int{}, survey: survey{
		part: tenant.PartMailboxes,
		q: func(id string) query {
			return query{path: "/users/" + url.PathEscape(id) + "/mailboxSettings", params: []param{fields("userPurpose")}, factory: models.CreateMailboxSettingsFromDiscriminatorValue, object: true}
		},
		take: eachAs(func(t *tenant.Tenant, id string, m models.MailboxSettingsable) { t.Mailboxes[id] = purposeOf(m) }),
	}}
	ids := mailboxIDs(r.tenant)
	took, err := r.ask(ctx, p, ids)
	if err != nil {
		return err
	}
	maps.DeleteFunc(p.failed, func(_ string, refused *refusal) bool { return refused.kind == gone }) // a user without a mailbox
	r.recordPoll(p, len(ids), took)
	return nil
}

func mailboxIDs(t *tenant.Tenant) []string {
	var ids []string
	for id, u := range t.Users {
		idle := u.Enabled != nil && !*u.Enabled || u.Licensed != nil && !*u.Licensed
		if u.Mail != "" && u.Deleted.IsZero() && idle {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
