// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// maxChanges is how many changes stand at one thing.
const maxChanges = 100

// A history is what the audit log tells of grants.
type history struct {
	roles   scopedRoles
	given   map[pair]time.Time  // when somebody last got something that was not taken since
	changes map[string][]string // by the id of a group, a role or a holder, the oldest first
}

// past reads the audit log. What did not succeed changed nothing.
func (s *story) past() history {
	h := history{roles: s.roles, given: map[pair]time.Time{}, changes: map[string][]string{}}
	entries := make([]Audit, 0, len(s.t.Audits))
	for _, a := range s.t.Audits {
		if !isNot(a.Succeeded) && !a.At.IsZero() {
			entries = append(entries, a)
		}
	}
	slices.SortFunc(entries, func(a, b Audit) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.ID, b.ID))
	})
	names := s.roleNames()
	for _, a := range entries {
		target, holder := s.targetOf(a, names), fold(a.Holder.ID)
		if target == "" || holder == "" {
			continue
		}
		at := pair{target, holder}
		switch {
		case !a.standing():
		case a.Removed:
			delete(h.given, at)
		default:
			h.given[at] = a.At
		}
		h.note(target, a, s.called(holder))
		h.note(holder, a, preposition(a)+s.called(target))
	}
	return h
}

// standing reports whether an entry speaks of a member, not of an owner or of one who
// could become a member: these are other grants of the same two.
func (a Audit) standing() bool {
	activity := strings.ToLower(a.Activity)
	return !strings.Contains(activity, "owner") && !strings.Contains(activity, "eligible")
}

func preposition(a Audit) string {
	if a.Removed {
		return "from "
	}
	return "to "
}

// note writes a change down. Entries come in order.
func (h *history) note(at string, a Audit, whom string) {
	what := "added"
	if a.Removed {
		what = "removed"
	}
	line := fmt.Sprintf("%s %s %s", a.At.UTC().Format(time.RFC3339), what, whom)
	if by := cmp.Or(a.By, a.ByID); by != "" {
		line += " by " + text(by)
	}
	if a.Succeeded == nil {
		line += " (whether it succeeded is not told)"
	}
	h.changes[at] = append(h.changes[at], line)
}

// roleNames returns the ids of roles by their names and templates, as the log may
// call them. A name that two roles have is of neither.
func (s *story) roleNames() map[string]string {
	names := map[string]string{}
	for _, id := range sorted(s.t.Roles) {
		r := s.t.Roles[id]
		if _, twice := names[r.Name]; twice {
			names[r.Name] = ""
		} else {
			names[r.Name] = id
		}
	}
	for _, id := range sorted(s.t.Roles) {
		names[fold(s.t.Roles[id].TemplateID)] = id
	}
	return names
}

func (s *story) targetOf(a Audit, names map[string]string) string {
	id := fold(a.Target.ID)
	if _, isRole := s.t.Roles[id]; isRole || s.t.kind(id) != 0 {
		return id
	}
	if role := names[id]; role != "" && id != "" {
		return role
	}
	if role := names[a.TargetName]; role != "" && strings.Contains(strings.ToLower(a.Target.Type), "role") {
		return role
	}
	return id
}

// called returns the ID of a thing that the log names; one that is not there now is
// unresolved.
func (s *story) called(id string) string {
	if k := s.t.kind(id); k != 0 {
		return s.id(k, id).String()
	}
	if _, ok := s.t.Roles[id]; ok {
		return s.roleID(scoped(id, everywhere)).String()
	}
	return s.id(graph.Unresolved, id).String()
}

// since returns when a grant that stands was made; zero is unknown.
func (h history) since(from, to graph.ID) time.Time {
	if len(h.given) == 0 {
		return time.Time{}
	}
	if r, ok := h.roles[to]; ok {
		return h.given[pair{r.role, from.Key}]
	}
	return h.given[pair{to.Key, from.Key}]
}

// tellChanges lists what the audit log says of a thing, the latest where there is
// much.
func (s *story) tellChanges(a *attributes, id string) {
	lines := s.history.changes[id]
	if len(lines) == 0 {
		return
	}
	if n := len(lines) - maxChanges; n > 0 {
		lines = append([]string{fmt.Sprintf("%d earlier changes", n)}, lines[n:]...)
	}
	a.Set("changes", lines...)
}
