// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"fmt"

	"github.com/foureyes-iga/foureyes/graph"
)

func (s *story) packageID(id string) graph.ID {
	return s.id(graph.Role, "access-package/"+fold(id))
}

// packageNodes tells the bundles of entitlement management, and what nobody may
// have besides.
func (s *story) packageNodes(yield teller) bool {
	for _, id := range sorted(s.t.Packages) {
		p := s.t.Packages[id]
		var a attributes
		a.text("description", p.Description)
		if p.Incompatible != nil || p.IncompatibleGroups != nil {
			others := []string{}
			for _, other := range p.Incompatible {
				others = append(others, s.packageID(other).String())
			}
			for _, g := range p.IncompatibleGroups {
				others = append(others, s.group(fold(g)).String())
			}
			a.Set("incompatible_with", others...)
		}
		if !yield(graph.Node{ID: s.packageID(id), Name: named(p.Name, id), Attrs: a.Attrs}) {
			return false
		}
	}
	return true
}

// packageHolders tells to whom access packages were delivered.
func (s *story) packageHolders(yield teller) bool {
	nameless := map[string]int{} // by package
	for _, id := range sorted(s.t.PackageHolders) {
		x := s.t.PackageHolders[id]
		from, ok := s.holder(Ref{x.Holder, "user"})
		if !ok {
			nameless[fold(x.Package)]++
			continue
		}
		if !s.grant(yield, from, s.packageID(x.Package), graph.Assigned, graph.Terms{}) {
			return false
		}
	}
	if !s.t.whole(PartPackageHolders) { // what a package gives is read where it is given
		for _, p := range sorted(s.t.Packages) {
			if !s.gap(yield, s.packageID(p), graph.Assignments, PartPackageHolders+": "+s.unreadWhy(PartPackageHolders)) {
				return false
			}
		}
	}
	for _, p := range sorted(nameless) {
		reason := fmt.Sprintf("delivered to people whose id is not shown: %d", nameless[p])
		if !s.gap(yield, s.packageID(p), graph.Assignments, reason) {
			return false
		}
	}
	return true
}

// unreadWhy says why a part was not read whole.
func (s *story) unreadWhy(name string) string {
	if p := s.t.parts[name]; p != nil && p.why() != "" {
		return p.why()
	}
	return "not read"
}
