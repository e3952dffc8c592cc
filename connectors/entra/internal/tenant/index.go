// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"cmp"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// An index finds what records name, as far as the records themselves do not.
type index struct {
	users, groups []string                   // ids in order
	registered    map[string]bool            // app ids of applications of this tenant
	principals    map[string][]string        // app id → ids of service principals
	windows       map[pair][]GroupInstance   // active memberships with an end
	ownership     map[pair][]GroupInstance   // active ownerships with an end
	eligible      map[string][]GroupInstance // group → who may become a member
	restricted    map[string]bool            // ids in restricted administrative units
}

// A pair is who is in what.
type pair struct{ in, who string }

func (s *story) index() index {
	x := index{
		users:      sorted(s.t.Users),
		groups:     sorted(s.t.Groups),
		registered: map[string]bool{},
		principals: map[string][]string{},
		windows:    map[pair][]GroupInstance{},
		ownership:  map[pair][]GroupInstance{},
		eligible:   map[string][]GroupInstance{},
		restricted: map[string]bool{},
	}
	for _, app := range s.t.Applications {
		x.registered[fold(app.AppID)] = true
	}
	for _, id := range sorted(s.t.ServicePrincipals) {
		if app := fold(s.t.ServicePrincipals[id].AppID); app != "" {
			x.principals[app] = append(x.principals[app], id)
		}
	}
	for _, id := range sorted(s.t.GroupInstances) {
		i := s.t.GroupInstances[id]
		at := pair{fold(i.Group), fold(i.Principal.ID)}
		switch {
		case !direct(i.Member):
		case isOwner(i.Access):
			x.ownership[at] = append(x.ownership[at], i)
		default:
			x.windows[at] = append(x.windows[at], i)
		}
	}
	for _, id := range sorted(s.t.GroupEligibility) {
		if i := s.t.GroupEligibility[id]; direct(i.Member) && !isOwner(i.Access) {
			x.eligible[fold(i.Group)] = append(x.eligible[fold(i.Group)], i)
		}
	}
	for unit, refs := range s.t.UnitMembers {
		if is(s.t.Units[unit].Restricted) {
			for _, r := range refs {
				x.restricted[fold(r.ID)] = true
			}
		}
	}
	return x
}

// direct reports whether a schedule instance is a grant of its own. One of unknown
// kind is taken for one: what stands and is told twice does no harm.
func direct(member string) bool {
	return !strings.EqualFold(member, "Group") && !strings.EqualFold(member, "Inherited")
}

func isOwner(access string) bool { return strings.EqualFold(access, "owner") }

// holder returns whom a ref names: an account, a group, or something unresolved.
// It is false for what cannot hold anything: a contact.
func (s *story) holder(r Ref) (id graph.ID, ok bool) {
	key := fold(r.ID)
	switch k := s.t.kind(key); {
	case k == graph.Account || k == graph.Group:
		return s.id(k, key), true
	case key == "" || isContact(r):
		return graph.ID{}, false
	case strings.EqualFold(r.Type, "device"):
		s.devices[key] = true
		return s.account(key), true
	}
	s.stranger(key, cmp.Or(r.Type, s.t.Late[key]))
	return s.id(graph.Unresolved, key), true
}

// stranger notes that nothing answers to an id. Of several types that Graph gave,
// the first in order is kept.
func (s *story) stranger(key, object string) {
	if was, known := s.unresolved[key]; !known || was == "" || object != "" && object < was {
		s.unresolved[key] = object
	}
}

// kind says what an id is as far as it was read; zero is unknown.
func (t *Tenant) kind(id string) graph.Kind {
	if _, ok := t.Users[id]; ok {
		return graph.Account
	}
	if _, ok := t.Groups[id]; ok {
		return graph.Group
	}
	if _, ok := t.ServicePrincipals[id]; ok {
		return graph.Account
	}
	return 0
}

func isContact(r Ref) bool { return strings.EqualFold(r.Type, "orgContact") }

// everybodyIn returns the ids of all that are in a group, directly or through
// other groups, besides the groups themselves; with eligible, also who may become
// a member. It does not tell that members of some group are not known: see known.
func (s *story) everybodyIn(group string, eligible bool) map[string]bool {
	return s.everybodyBy(group, through{eligible: eligible, mail: true})
}

func (s *story) everybodyBy(group string, by through) map[string]bool {
	all, seen := map[string]bool{}, map[string]bool{}
	s.walk(group, by, seen, func(r Ref) { all[fold(r.ID)] = true })
	return all
}

// through says by what somebody may be in a group, besides membership: by what could be
// activated, and by distribution groups within others, which are in no token.
type through struct{ eligible, mail bool }

func (s *story) walk(group string, by through, seen map[string]bool, visit func(Ref)) {
	stack := []string{group}
	for len(stack) > 0 {
		g := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[g] {
			continue
		}
		seen[g] = true
		refs := s.t.Members[g]
		if by.eligible {
			for _, i := range s.seen.eligible[g] {
				refs = append(slices.Clip(refs), i.Principal)
			}
		}
		for _, r := range refs {
			id := fold(r.ID)
			_, isGroup := s.t.Groups[id]
			switch {
			case !isGroup:
				visit(r)
			case by.mail || !s.t.leftOut(r, s.t.Groups[g].kind()):
				stack = append(stack, id)
			}
		}
	}
}

// alone reports whether a ref that was not listed is certainly no group that has
// members, whatever else it is: of another type, or gone.
func (s *story) alone(r Ref) bool {
	late, isThere := s.t.Late[fold(r.ID)]
	kind := cmp.Or(r.Type, late)
	return !isThere && s.t.whole(PartStrangers) ||
		kind != "" && !strings.EqualFold(kind, "group") && !strings.EqualFold(kind, "directoryObject")
}

// known reports whether all members of a group, of the groups in it and of those
// that could be in it were read.
func (s *story) known(group string) bool {
	if !s.t.whole(PartMembers) || !s.t.whole(PartGroups) {
		return false
	}
	seen, all := map[string]bool{}, true
	s.walk(group, through{eligible: true, mail: true}, seen, func(r Ref) {
		all = all && (s.t.kind(fold(r.ID)) != 0 || s.alone(r))
	})
	for g := range seen {
		_, read := s.t.Members[g]
		all = all && read && !s.gapsAt[gapAt{s.group(g), graph.Memberships}] && !s.gapsAt[gapAt{s.group(g), graph.All}]
	}
	return all
}
