// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
	"github.com/foureyes-iga/foureyes/graph"
)

// chooseGroups finds the groups that matter to the people who are asked about: those
// to which leads what they hold, and those through which somebody has a role, because
// whoever has one is reset by few. When any question is refused, or these are half of
// all groups, all groups are asked.
func (r *reading) chooseGroups(ctx context.Context) error {
	if r.want.Concerns == nil || len(r.want.EmployeeIDs) == 0 || !r.tenant.Whole(tenant.PartGroups) {
		return nil
	}
	u := r.lookUpward()
	for _, find := range []func(context.Context) (bool, error){u.climb, u.descend} {
		if whole, err := find(ctx); err != nil || !whole {
			return err
		}
	}
	if 2*len(u.groups) < len(r.tenant.Groups) {
		r.groups = u.groups
	}
	return nil
}

// An ascent goes from the accounts of people to all groups that they come to.
type ascent struct {
	*reading
	own    map[graph.ID]bool       // accounts that may be theirs
	leads  map[graph.ID][]graph.ID // what is known to lead on, from which to what
	at     map[graph.ID]bool       // what was come to
	asked  map[graph.ID]bool
	groups map[string]bool // to be read
}

// lookUpward takes what is known by now: everything but who is in groups and owns
// them.
func (r *reading) lookUpward() *ascent {
	u := &ascent{reading: r, own: map[graph.ID]bool{}, leads: map[graph.ID][]graph.ID{}, at: map[graph.ID]bool{}, asked: map[graph.ID]bool{}, groups: map[string]bool{}}
	r.mapAttributes()
	var things []graph.Node
	var controls []graph.Grant
	for f := range r.tenant.Facts() {
		switch f := f.(type) {
		case graph.Node:
			if f.ID.Kind == graph.Account || f.ID.Kind == graph.Group {
				things = append(things, f)
			}
		case graph.Grant:
			u.leads[f.From] = append(u.leads[f.From], f.To)
			if f.Kind == graph.Controls && f.To.Kind == graph.Account {
				controls = append(controls, f)
			}
		}
	}
	u.begin(things, controls)
	return u
}

// begin finds what concerns the people, with the accounts that they control, and all
// populations, which everybody is in.
func (u *ascent) begin(things []graph.Node, controls []graph.Grant) {
	for grown := true; grown; {
		grown = false
		for _, n := range things {
			population := n.ID.Kind == graph.Group && strings.HasPrefix(n.ID.Key, "~")
			if !u.at[n.ID] && (population || u.want.Concerns(n)) {
				u.at[n.ID], u.own[n.ID], grown = true, n.ID.Kind == graph.Account, true
			}
		}
		for _, g := range controls {
			if u.own[g.From] && !u.own[g.To] {
				u.at[g.To], u.own[g.To], grown = true, true, true
			}
		}
	}
}

// follow goes wherever what is known leads, but through accounts of others.
func (u *ascent) follow() {
	stack := slices.Collect(maps.Keys(u.at))
	for len(stack) > 0 {
		id := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if id.Kind == graph.Account && !u.own[id] {
			continue
		}
		for _, to := range u.leads[id] {
			if !u.at[to] {
				u.at[to] = true
				stack = append(stack, to)
			}
		}
	}
}

// climb asks everything that was come to for the groups that it is in, owns or may
// activate, until nothing is added. It is false when that cannot be known.
func (u *ascent) climb(ctx context.Context) (bool, error) {
	for {
		u.follow()
		var keys []string
		for _, id := range slices.SortedFunc(maps.Keys(u.at), graph.ID.Compare) {
			if kind := u.kindOf(id); kind != "" && !u.asked[id] {
				u.asked[id] = true
				keys = append(keys, kind+" "+id.Key)
			}
		}
		if len(keys) == 0 || 2*len(u.groups) >= len(u.tenant.Groups) {
			return true, nil
		}
		if whole, err := u.askUpward(ctx, keys); err != nil || !whole {
			return false, err
		}
	}
}

// kindOf returns the type of what can be asked for its groups, and notes the groups
// that are to be read. Users in the recycle bin are in none.
func (u *ascent) kindOf(id graph.ID) string {
	_, isGroup := u.tenant.Groups[id.Key]
	_, isPrincipal := u.tenant.ServicePrincipals[id.Key]
	switch {
	case id.Source != u.opts.Source:
	case id.Kind == graph.Group && isGroup:
		u.groups[id.Key] = true
		return "group"
	case id.Kind == graph.Account && u.own[id] && isPrincipal:
		return "servicePrincipal"
	case id.Kind == graph.Account && u.own[id] && u.isLive(id.Key):
		return "user"
	}
	return ""
}

// askUpward puts the questions about things, which are given as type and id.
func (u *ascent) askUpward(ctx context.Context, keys []string) (bool, error) {
	owning := slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return strings.HasPrefix(k, "group ") })
	objects := models.CreateDirectoryObjectCollectionResponseFromDiscriminatorValue
	related := func(property string) func(string) query {
		return func(key string) query {
			kind, id, _ := strings.Cut(key, " ")
			q := asking("/"+collectionOf(kind)+"/%s/"+property, objects, fields("id"), top("999"))(id)
			q.item = bareObject
			return q
		}
	}
	byPrincipal := func(what string) string { return "/identityGovernance/privilegedAccess/group/" + what }
	toObject := eachAs(func(_ *tenant.Tenant, key string, o models.DirectoryObjectable) { u.lead(key, refOf(o)) })
	for _, s := range []struct {
		keys []string
		survey
	}{
		{keys, survey{q: related("memberOf"), take: toObject}},
		{owning, survey{q: related("ownedObjects"), take: toObject}},
		{keys, survey{q: func(key string) query {
			_, id, _ := strings.Cut(key, " ")
			return query{path: byPrincipal("eligibilityScheduleInstances"), params: []param{filtered("principalId eq '" + id + "'")}, factory: models.CreatePrivilegedAccessGroupEligibilityScheduleInstanceCollectionResponseFromDiscriminatorValue}
		}, take: eachAs(func(_ *tenant.Tenant, key string, i models.PrivilegedAccessGroupEligibilityScheduleInstanceable) {
			u.lead(key, tenant.Ref{ID: objectID(i.GetGroupId()), Type: "group"})
		})}},
		{keys, survey{q: func(key string) query {
			_, id, _ := strings.Cut(key, " ")
			return query{path: byPrincipal("assignmentScheduleInstances"), params: []param{filtered("principalId eq '" + id + "'")}, factory: models.CreatePrivilegedAccessGroupAssignmentScheduleInstanceCollectionResponseFromDiscriminatorValue}
		}, take: eachAs(func(_ *tenant.Tenant, key string, i models.PrivilegedAccessGroupAssignmentScheduleInstanceable) {
			u.lead(key, tenant.Ref{ID: objectID(i.GetGroupId()), Type: "group"})
		})}},
	} {
		if whole, err := u.put(ctx, s.survey, s.keys); err != nil || !whole {
			return false, err
		}
	}
	return true, nil
}

// put puts a question about each of the keys. It is false when any was not answered.
func (u *ascent) put(ctx context.Context, s survey, keys []string) (bool, error) {
	p := &poll{survey: s, failed: map[string]*refusal{}, kinds: map[kind]int{}}
	_, err := u.ask(ctx, p, keys)
	return len(p.failed) == 0 && p.asked == len(keys), err
}

// lead notes that something leads to a group. One that was not listed is told by
// those who look for strangers.
func (u *ascent) lead(key string, to tenant.Ref) {
	kind, id, _ := strings.Cut(key, " ")
	from := u.id(graph.Account, id)
	if kind == "group" {
		from = u.id(graph.Group, id)
	}
	if _, isGroup := u.tenant.Groups[to.ID]; isGroup {
		u.leads[from] = append(u.leads[from], u.id(graph.Group, to.ID))
	}
}

// descend adds the groups through which somebody has a role, with the groups in them.
func (u *ascent) descend(ctx context.Context) (bool, error) {
	next := u.roleGroups()
	for len(next) > 0 {
		for _, id := range next {
			u.groups[id] = true
		}
		inner := map[string]bool{}
		note := func(id string) {
			if _, isGroup := u.tenant.Groups[id]; isGroup && !u.groups[id] {
				inner[id] = true
			}
		}
		members := survey{q: func(id string) query {
			q := asking("/groups/%s/members", models.CreateDirectoryObjectCollectionResponseFromDiscriminatorValue, fields("id"), top("999"))(id)
			q.item = bareObject
			return q
		}, take: eachAs(func(_ *tenant.Tenant, _ string, o models.DirectoryObjectable) { note(objectID(o.GetId())) })}
		eligible := survey{
			q: byGroup("eligibilityScheduleInstances", models.CreatePrivilegedAccessGroupEligibilityScheduleInstanceCollectionResponseFromDiscriminatorValue),
			take: eachAs(func(_ *tenant.Tenant, group string, i models.PrivilegedAccessGroupEligibilityScheduleInstanceable) {
				note(groupEligibilityOf(group, i).Principal.ID)
			})}
		for _, s := range []survey{members, eligible} {
			if whole, err := u.put(ctx, s, next); err != nil || !whole {
				return false, err
			}
		}
		next = slices.Sorted(maps.Keys(inner))
	}
	return true, nil
}

// roleGroups lists the groups that have a role, or to which roles may be assigned.
func (u *ascent) roleGroups() []string {
	all := map[string]bool{}
	add := func(r tenant.Ref) {
		if _, isGroup := u.tenant.Groups[r.ID]; isGroup {
			all[r.ID] = true
		}
	}
	for _, x := range u.tenant.RoleAssignments {
		add(x.Principal)
	}
	for _, x := range u.tenant.RoleInstances {
		add(x.Principal)
	}
	for _, x := range u.tenant.RoleEligibilities {
		add(x.Principal)
	}
	for id, g := range u.tenant.Groups {
		if g.RoleAssignable != nil && *g.RoleAssignable {
			all[id] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}
