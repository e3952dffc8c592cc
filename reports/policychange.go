// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// A PolicyChange is something that an earlier policy says otherwise, or not at all.
type PolicyChange struct {
	What string // such as "rule"
	Name string
	How  string // "added", "removed" or "changed"
}

// PolicyChanges lists what became different from one policy to the next, kind by kind.
func PolicyChanges(was, now *sod.Policy) (all []PolicyChange) {
	all = append(all, changed("application", was.Apps, now.Apps, func(a sod.Application) string { return a.ID })...)
	all = append(all, changed("vendor", was.Vendors, now.Vendors, func(v sod.Vendor) string { return v.ID })...)
	all = append(all, changed("control", was.Controls, now.Controls, func(c sod.Control) string { return c.ID })...)
	all = append(all, changed("duty", was.Duties, now.Duties, func(d sod.Duty) string { return d.ID })...)
	all = append(all, changed("rule", was.Rules, now.Rules, func(r sod.Rule) string { return r.ID })...)
	all = append(all, changed("check", was.Checks, now.Checks, func(c sod.Check) string { return c.Name })...)
	all = append(all, changed("compensating control", was.Compensating, now.Compensating, func(c sod.CompensatingControl) string { return c.ID })...)
	all = append(all, changed("accepted risk", was.Accepted, now.Accepted, acceptanceName)...)
	all = append(all, changed("accepted gap", was.AcceptedGaps, now.AcceptedGaps, gapName)...)
	for _, x := range []struct {
		name     string
		was, now any
	}{{"control plane", was.ControlPlane, now.ControlPlane}, {"mode", was.Mode, now.Mode}, {"approvals", was.Approved, now.Approved}, {"name", was.Name, now.Name}} {
		if !reflect.DeepEqual(x.was, x.now) {
			all = append(all, PolicyChange{"policy", x.name, "changed"})
		}
	}
	return all
}

func acceptanceName(a sod.Acceptance) string {
	var subjects []string
	for _, s := range a.Subjects {
		subjects = append(subjects, s.String())
	}
	return a.Rule + a.Check + " of " + strings.Join(subjects, ", ")
}

func gapName(g sod.AcceptedGap) string {
	if g.About != (graph.ID{}) {
		return g.About.String()
	}
	return fmt.Sprintf("%s/%s", g.Source, g.Dataset)
}

// changed compares two lists by name, in the order of the names. Of several with one name
// the first of each side are compared, then the second.
func changed[T any](what string, was, now []T, name func(T) string) (all []PolicyChange) {
	older, newer := byName(was, name), byName(now, name)
	var names []string
	for n := range older {
		names = append(names, n)
	}
	for n := range newer {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range slices.Compact(names) {
		a, b := older[n], newer[n]
		for i := range max(len(a), len(b)) {
			switch {
			case i >= len(a):
				all = append(all, PolicyChange{what, n, "added"})
			case i >= len(b):
				all = append(all, PolicyChange{what, n, "removed"})
			case !reflect.DeepEqual(a[i], b[i]):
				all = append(all, PolicyChange{what, n, "changed"})
			}
		}
	}
	return all
}

func byName[T any](list []T, name func(T) string) map[string][]T {
	all := map[string][]T{}
	for _, x := range list {
		all[name(x)] = append(all[name(x)], x)
	}
	return all
}
